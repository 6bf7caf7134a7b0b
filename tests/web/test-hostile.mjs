// SPDX-License-Identifier: Apache-2.0
// What strangers write: names of jobs, subjects, authors, what a test prints. It is read as text,
// in each page and in the one file; nothing of it runs, nothing is asked for elsewhere.

import assert from "node:assert/strict";
import {writeFileSync} from "node:fs";
import {join} from "node:path";
import test, {after, before} from "node:test";
import {pathToFileURL} from "node:url";

import {assertAccessible, assertFits, assertQuiet, drawn, launch, openPage} from "./browser.mjs";
import {startService} from "./service.mjs";

const evil =
    "</title></pre></script><script>alert(1)</script><img src=http://192.0.2.1/x onerror=alert(2)><style>*{display:none}</style><a href=javascript:alert(3)>x</a>&lt;\"'";
const N = 12, BAD = 7;
let browser, service;
const printed = `\\033[31m\\033]0;x\\007\\u202e\\377\\000${"<b>".repeat(1000)}`;
const command = `printf '%s\\n' '${evil.replaceAll("'", "")}'; printf '${printed}'; test ! -e bad`;
before(async () => {
    browser = await launch();
    service = await startService(Array.from({length: N}, (_, i) => `${i} ${evil}`), BAD);
    service.ask(
        "run", "--repo", service.repo, "--good", `main~${N - 1}`, "--bad", "main", "--name", evil,
        "--test", command);
});
after(async () => {
    await browser.close();
    await service.stop();
});

/** What only a stranger could have brought. */
async function assertHarmless(page, text) {
    assert.equal(
        await page.locator("img, style:not(head style), iframe, object, embed, base").count(), 0,
        page.url());
    assert.equal(
        await page.locator("script:not([type='application/json'])").count(), 1, page.url());
    assert.equal(
        await page.locator("a[href^='javascript:' i], [onerror], [onload], [onclick]").count(), 0,
        page.url());
    assert.ok(
        (await page.locator("body").textContent()).includes(text), `${page.url()} tells ${text}`);
    assertQuiet(page);
}

test("no page of the server runs what strangers wrote", async () => {
    const page = await openPage(browser, service.url);

    await page.goto(service.url);
    await assertHarmless(page, "alert(1)");
    await page.goto(new URL("/jobs/1", service.url).href);
    await drawn(page);
    await assertHarmless(page, evil.slice(0, 60));
    for (const link
             of [page.locator("#picture-graph li a.id").first(),
                 page.getByRole("link", {name: "console"}).first()]) {
        await link.click();
        await page.waitForLoadState();
        await assertHarmless(page, "");
    }
    await page.context().close();
});

/** The address of the one file. */
function writeFile() {
    const path = join(service.work, "report.html");

    writeFileSync(path, service.ask("report", "--html", "1"));
    return pathToFileURL(path).href;
}

test("nor does the one file", async () => {
    const url = writeFile();
    const page = await openPage(browser, url);

    await page.goto(url);
    await drawn(page);
    assert.ok(await page.locator("#picture-belief svg").count() > 0);
    await page.locator("#picture-trials .pane svg").hover({position: {x: 146, y: 11}});
    await assertHarmless(page, evil.slice(0, 60));
    await page.context().close();
});

test("the one file is read without scripts, too, and by all", async () => {
    const url = writeFile();

    for (const options of [{}, {javaScriptEnabled: false}]) {
        const page = await openPage(browser, url, options);

        await page.goto(url);
        assert.match(await page.locator("#answer").textContent(), /First bad commit/);
        assert.ok(await page.locator("#revisions-table tbody tr").count() > 3);
        if (options.javaScriptEnabled !== false) {
            await drawn(page);
            await assertAccessible(page);
            await assertFits(page);
        }
        assertQuiet(page);
        await page.context().close();
    }
});
