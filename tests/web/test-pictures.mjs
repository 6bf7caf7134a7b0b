// SPDX-License-Identifier: Apache-2.0
// The pictures in a browser: drawn, steered by mouse and keyboard, fit for a telephone, of large
// jobs, of hostile names.

import assert from "node:assert/strict";
import test, {after, before} from "node:test";

import {assertAccessible, assertFits, assertQuiet, drawn, launch, openPage, PHONE} from "./browser.mjs";
import {serveFixture} from "./fixture.mjs";
import {picturesOf} from "./world.mjs";

let browser, fixture;
before(async () => {
    browser = await launch();
    fixture = await serveFixture(picturesOf());
});
after(async () => {
    await browser.close();
    fixture.close();
});

async function show(pictures, options) {
    fixture.set(pictures);
    const page = await openPage(browser, fixture.url, options);

    await page.goto(fixture.url);
    await drawn(page);
    return page;
}
const slider = (page) => page.getByRole("slider", {name: "Step of the search"});
const step = (page) => page.locator(".moment b").first().textContent();

test("all four are drawn, with nothing to complain of", async () => {
    const page = await show(picturesOf());

    for (const name of ["belief", "graph", "trials", "cost"]) {
        assert.ok(await page.locator(`#picture-${name} svg`).count() > 0, name);
    }
    await assertAccessible(page);
    await assertFits(page);
    assertQuiet(page);
    await page.context().close();
});

test("the slider goes through time by keyboard", async () => {
    const page = await show(picturesOf({moments: 31}));

    assert.equal(await step(page), "Step 31 of 31");
    await slider(page).press("ArrowLeft");
    assert.equal(await step(page), "Step 30 of 31");
    await slider(page).press("Home");
    assert.equal(await step(page), "Step 1 of 31");
    assert.match(
        await slider(page).getAttribute("aria-valuetext"), /^step 1 of 31, [\d,]+ revisions left$/);
    await page.context().close();
});

test("each step shows another belief, and links what was tried", async () => {
    const page = await show(picturesOf());
    const bars = () => page.locator("#picture-belief path.heat").last().getAttribute("d");

    await slider(page).press("Home");
    const first = await bars();
    await slider(page).press("End");
    assert.notEqual(await bars(), first);
    await slider(page).press("Home");
    assert.match(
        await page.locator(".moment a.id").first().getAttribute("href"),
        /^\/jobs\/1\/revisions\/[0-9a-f]{40}$/);
    await page.context().close();
});

test("it plays to the end, and stops", async () => {
    const page = await show(picturesOf({moments: 4}));

    await page.clock.install();
    await page.getByRole("button", {name: "Play"}).click();
    assert.equal(await step(page), "Step 1 of 4");
    await page.clock.runFor(600);
    assert.equal(await step(page), "Step 2 of 4");
    await page.clock.runFor(10000);
    assert.equal(await step(page), "Step 4 of 4");
    assert.ok(await page.getByRole("button", {name: "Play"}).isVisible());
    await page.context().close();
});

test("a fold opens", async () => {
    const page = await show(picturesOf({nodes: 60}));
    const rows = page.locator("#picture-graph li");
    const before = await rows.count();

    await page.locator("#picture-graph li button").first().press("Enter");
    assert.ok(await rows.count() > before);
    await page.context().close();
});

test("pointing at a trial tells of it", async () => {
    const page = await show(picturesOf());
    const svg = page.locator("#picture-trials .pane svg");

    await svg.hover({position: {x: 146, y: 11}});
    assert.match(await page.locator("#picture-trials .detail").textContent(), /trial \d+, /);
    await page.context().close();
});

test("as wide as a telephone", async () => {
    const page = await show(picturesOf({nodes: 60, branch: 7}), {viewport: PHONE});

    await assertFits(page);
    await assertAccessible(page);
    await page.context().close();
});

test("500 revisions and 10,000 trials", async () => {
    const page = await show(picturesOf({nodes: 500, trials: 10000, moments: 150, branch: 9}));

    assert.ok(await page.locator("#picture-trials .pane svg *").count() < 2500);
    await assertFits(page);
    assertQuiet(page);
    await page.context().close();
});

test("names from strangers stay text", async () => {
    const pictures = picturesOf();
    const hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";

    pictures.graph.nodes.forEach((node) => {
        node.subject = node.label = hostile;
    });
    pictures.trials.titles = [hostile];
    const page = await show(pictures);

    await page.locator("#picture-trials .pane svg").hover({position: {x: 146, y: 11}});
    assert.equal(await page.locator("#pictures img, #pictures script").count(), 0);
    assertQuiet(page);
    await page.context().close();
});

test("a job without a range yet, or without anything", async () => {
    const nothing = {
        version: 1,
        bins: 200,
        moments: [],
        graph: {nodes: [], edges: []},
        trials: {outcomes: [], titles: [], rows: []},
        time: {begun_ms: 0, ended_ms: 0, kinds: [], hows: [], rows: []},
        cost: {sessions: []}
    };
    const early = picturesOf({moments: 1});

    early
        .moments[0] = {...early.moments[0], n: 0, left: 0, bits: 0, older: 0, shares: [], best: []};
    for (const pictures of [nothing, early]) {
        const page = await show(pictures);

        assertQuiet(page);
        await page.context().close();
    }
});

test("without their data the page says so", async () => {
    const page = await openPage(browser, fixture.url);

    await page.route("**/pictures.json", (route) => route.fulfill({status: 500}));
    await page.goto(fixture.url);
    await drawn(page);
    assert.match(
        await page.locator("#pictures .complaint").textContent(),
        /cannot be shown: the server says 500/);
    await page.context().close();
});
