// SPDX-License-Identifier: Apache-2.0
// A person's way through the dashboard: begin a job with the token, watch it to its answer, look at
// everything, cancel another one. The daemon works on real jobs meanwhile.

import assert from "node:assert/strict";
import test, {after, before} from "node:test";

import {assertAccessible, assertFits, assertQuiet, drawn, launch, openPage, PHONE} from "./browser.mjs";
import {startService} from "./service.mjs";

const N = 60, BAD = 37;
const subjects = Array.from({length: N}, (_, i) => `net: change ${i}`);
let browser, service, page;
before(async () => {
    browser = await launch();
    service = await startService(subjects, BAD);
    page = await openPage(browser, service.url);
});
after(async () => {
    await browser.close();
    await service.stop();
});

const at = (path) => new URL(path, service.url).href;
async function logIn(reader, token) {
    await reader.goto(at("/login"));
    await reader.getByLabel("Token").fill(token);
    await reader.getByRole("button", {name: "Log in"}).click();
}
async function submit(reader, name, command) {
    await reader.goto(at("/submit"));
    await reader.getByLabel("Kind").selectOption("run");
    for (const [label, value] of [
             ["Name", name], ["Tree", service.repo], ["Start", "main"], ["Good", `main~${N - 1}`],
             ["Test command", command]]) {
        await reader.getByLabel(label, {exact: true}).fill(value);
    }
    await reader.getByRole("button", {name: "Queue it"}).click();
}
/** Read the list of jobs until @name stands there, and go to its page. */
async function openJob(reader, name) {
    const link = reader.getByRole("link", {name, exact: true});

    for (let i = 0; i < 300; i++) {
        await reader.goto(at("/"));
        if (await link.count()) {
            await link.first().click();
            return;
        }
        await reader.waitForTimeout(200);
    }
    assert.fail(`the list of jobs never had ${name}`);
}
async function assertGood(reader) {
    await assertAccessible(reader);
    await assertFits(reader);
}

test("a reader without the token can ask for nothing", async () => {
    await page.goto(service.url);
    await assertGood(page);
    await page.goto(at("/submit"));
    assert.equal(await page.locator("main form").count(), 0);
    await assertGood(page);
});

test("a wrong token is refused, the right one is taken", async () => {
    await logIn(page, "0".repeat(64));
    assert.match(await page.getByRole("alert").textContent(), /not the token/);
    await assertGood(page);
    await logIn(page, service.token);
    await page.goto(at("/submit"));
    assert.equal(await page.locator("main form").count(), 1);
    await assertGood(page);
    page.troubles.length = 0;  // Chromium tells of the refusal
});

test("what is not there is told in a page like others", async () => {
    await page.goto(at("/jobs/999"));
    assert.match(await page.locator("h1").textContent(), /404/);
    await assertGood(page);
    page.troubles.length = 0;
});

test("a form that says nothing is given back, with what is wrong", async () => {
    await page.goto(at("/submit"));
    await page.getByLabel("Name", {exact: true}).fill("kept");
    await page.getByRole("button", {name: "Queue it"}).click();
    assert.match(await page.getByRole("alert").textContent(), /^Tree is missing/);
    assert.equal(await page.evaluate(() => document.activeElement.name), "tree");
    assert.equal(await page.getByLabel("Name", {exact: true}).inputValue(), "kept");
    await assertGood(page);
    page.troubles.length = 0;
});

test("the form shows what the kind of job has", async () => {
    const build = page.getByLabel("Build command"),
          config = page.getByLabel("Config", {exact: true});

    await page.goto(at("/submit"));
    assert.deepEqual([await build.isVisible(), await config.isVisible()], [false, true]);
    await page.getByLabel("Kind").selectOption("run");
    assert.deepEqual([await build.isVisible(), await config.isVisible()], [true, false]);
    assert.ok(await page.locator("#needed-good").getByText("required").isVisible());
    await assertGood(page);
});

test("a job is begun, and watched until its answer stands there", async () => {
    const gate = service.gate("first");
    const list = await openPage(browser, service.url);

    await list.goto(service.url);
    await submit(page, "first", gate.test);
    await list.locator("#requests.warning").waitFor();
    service.startDaemon();
    await list.getByRole("link", {name: "first", exact: true})
        .waitFor();  // a list that is open shows it
    await list.locator("#requests").waitFor({state: "detached"});
    assertQuiet(list);
    await list.context().close();
    await openJob(page, "first");
    await page.locator("#live-works li").first().waitFor();
    await assertGood(page);
    // Nothing is loaded anew from here on: the page itself follows.
    await page.evaluate(() => {
        window.isSame = true;
    });
    gate.open();
    await page.locator("#answer.answer-culprit").waitFor({timeout: 120000});
    assert.match(await page.locator("#answer").textContent(), new RegExp(subjects[BAD]));
    await page.locator("#picture-graph li.culprit").waitFor();
    assert.equal(await page.locator("#live").isVisible(), false);
    assert.ok(await page.evaluate(() => window.isSame));
    assertQuiet(page);
});

test("every picture is there, and the slider moves", async () => {
    await page.reload();
    await drawn(page);
    for (const name of ["belief", "graph", "trials", "cost"]) {
        assert.ok(await page.locator(`#picture-${name} svg`).count() > 0, name);
    }
    // A run has tests, and no crashes.
    assert.match(await page.locator("#picture-graph li.culprit").textContent(), /\d of \d+ failed/);
    assert.match(await page.locator("#picture-trials .legend").textContent(), /passed.*failed/);
    assert.doesNotMatch(
        await page.locator("#revisions-table").textContent(), /crash|guest|kernel/i);
    const step = page.locator(".moment b").first();
    const last = await step.textContent();
    await page.getByRole("slider").press("Home");
    assert.notEqual(await step.textContent(), last);
    await page.locator("summary").evaluateAll((all) => all.forEach((one) => {
        one.parentElement.open = true;
    }));
    await assertGood(page);
    assertQuiet(page);
});

test("from the graph to a revision, and to the console of a trial", async () => {
    await page.locator("#picture-graph li a.id").first().click();
    await page.waitForURL(/\/revisions\//);
    await assertGood(page);
    await page.getByRole("link", {name: "console"}).first().click();
    await page.waitForURL(/\/trials\//);
    await assertGood(page);
    assertQuiet(page);
});

/** A page that may not follow its job says so, and does when it may. */
async function assertRefusedIsTold(name) {
    const reader = await openPage(browser, service.url);
    const told = reader.locator("#live-refused");

    await reader.clock.install();
    await reader.route("**/events", (route) => route.fulfill({status: 503}));
    await openJob(reader, name);
    await told.waitFor();
    assert.match(await told.textContent(), /read anew every 30 s/);
    await assertGood(reader);
    await reader.unroute("**/events");
    await reader.clock.fastForward(30000);
    await told.waitFor({state: "detached"});
    await reader.context().close();
}

test(
    "another job is cancelled, and the page of one that waits follows it when it begins",
    async () => {
        const gate = service.gate("third");
        const waiting = await openPage(browser, service.url);

        await submit(page, "second", service.gate("never").test);
        await openJob(page, "second");
        await page.locator("#live-works li").first().waitFor();
        await assertRefusedIsTold("second");
        await submit(page, "third", gate.test);
        await openJob(waiting, "third");
        assert.equal(await waiting.locator("#live").isVisible(), false);
        await openJob(page, "second");
        await page.getByRole("button", {name: "Cancel this job"}).click();
        await page.locator("main[data-state=cancelled]").waitFor();
        await page.locator(".state-cancelled").waitFor();
        await waiting.locator("#live").waitFor();  // to be seen
        assert.ok((await waiting.locator("#live").boundingBox()).height > 50);
        gate.open();
        await waiting.locator("#answer.answer-culprit").waitFor({timeout: 120000});
        assertQuiet(page);
        assertQuiet(waiting);
        await waiting.context().close();
    });

/** All of each of @selector can be seen without a scroll to the side. */
async function assertInside(reader, selector) {
    for (const element of await reader.locator(selector).all()) {
        const {x, width} = await element.boundingBox();
        const own = await element.evaluate((one) => [one.scrollWidth, one.clientWidth]);

        assert.ok(x + width <= reader.viewportSize().width, `${selector} at ${x}, ${width} wide`);
        assert.ok(own[0] <= Math.max(own[1], Math.ceil(width)), `${selector} is cut: ${own}`);
    }
    assert.ok(await reader.locator(selector).first().isVisible(), selector);
}
async function assertInsidePhone(reader) {
    await assertInside(reader, "#picture-graph li.culprit > :is(b, .subject)");
    await assertInside(reader, "#revisions-table td.subject");
}

test("it is read without scripts, and as wide as a telephone", async () => {
    for (const options
             of [{javaScriptEnabled: false}, {viewport: PHONE},
                 {viewport: PHONE, colorScheme: "dark"}, {colorScheme: "dark"}]) {
        const reader = await openPage(browser, service.url, options);

        await openJob(reader, "first");
        assert.match(await reader.locator("#answer").textContent(), new RegExp(subjects[BAD]));
        assert.ok(await reader.locator("#revisions-table tbody tr").count() > 5);
        if (options.javaScriptEnabled !== false) {
            await drawn(reader);
            await assertGood(reader);
        }
        if (options.viewport) {
            await assertInsidePhone(reader);
        }
        await reader.goto(at("/"));
        await assertInside(reader, "#jobs td.found");
        // The list takes the room that its rows need.
        assert.equal(
            await reader.locator("main > .wide").evaluate((box) => getComputedStyle(box).maxHeight),
            "none");
        if (options.javaScriptEnabled !== false) {
            await assertGood(reader);
        }
        assertQuiet(reader);
        await reader.context().close();
    }
});

test("by keyboard alone: first to the text, then to all that can be used", async () => {
    await openJob(page, "first");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    const seen = new Set();
    for (let i = 0; i < 200; i++) {
        await page.keyboard.press("Tab");
        seen.add(await page.evaluate(
            () => document.activeElement.type || document.activeElement.localName));
    }
    for (const wanted of ["a", "summary", "range", "button"]) {
        assert.ok(seen.has(wanted), `${wanted} of ${[...seen]}`);
    }
});

test("a reader with the token overrules a verdict, and the job goes on", async () => {
    await openJob(page, "first");
    const bad = page.locator("#revisions-table tr", {has: page.locator(".verdict-bad")}).last();
    await bad.locator("a").first().click();
    await page.getByLabel("Why").fill("it is mine");
    await page.getByRole("button", {name: "It is good"}).click();
    await page.waitForURL(/\/jobs\/\d+$/);
    for (let i = 0; i < 300 && !(await page.getByText("on somebody's word").count()); i++) {
        await page.waitForTimeout(200);
        await page.reload();
    }
    assert.ok(await page.getByText("on somebody's word").count());
    assertQuiet(page);
});
