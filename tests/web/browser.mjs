// SPDX-License-Identifier: Apache-2.0
// Pages in a real Chromium, watched: a test fails where a page asks for what is not its server's,
// complains, opens a dialog, or breaks a rule of accessibility.

import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const require = createRequire(`${process.env.FIRSTBAD_WEB_MODULES}/`);
const {chromium} = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const WIDE = {
    width: 1280,
    height: 900
};
export const PHONE = {
    width: 390,
    height: 844
};

export const launch = () => chromium.launch({
    executablePath: process.env.FIRSTBAD_CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});

/** A page of its own context. page.troubles lists what it did that it should not. */
export async function openPage(browser, origin, options = {}) {
    const context = await browser.newContext({viewport: WIDE, ...options});
    context.setDefaultTimeout(60000);  // of a busy machine
    const page = await context.newPage();
    const troubles = [];

    page.troubles = troubles;
    page.on("dialog", (dialog) => {
        troubles.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) {
            troubles.push(`console: ${message.text()}`);
        }
    });
    page.on("request", (request) => {
        if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) {
            troubles.push(`request to ${request.url()}`);
        }
    });
    return page;
}

/** Until the pictures stand. */
export const drawn = (page) => page.waitForSelector("#pictures[data-drawn]", {state: "attached"});

/** No finding of axe-core. */
export async function assertAccessible(page) {
    await page.evaluate(axe);
    const {violations} =
        await page.evaluate(() => window.axe.run(document, {resultTypes: ["violations"]}));

    const findings = violations.map(({id, impact, nodes}) => {
        const where = nodes.slice(0, 3).map((node) => node.target.join(" "));

        return `${id} (${impact}): ${where.join("; ")}`;
    });

    assert.deepEqual(findings, [], page.url());
}

/** Nothing sticks out to the side: only boxes made for it scroll. */
export async function assertFits(page) {
    const [inner, outer] = await page.evaluate(
        () => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);

    assert.ok(inner <= outer, `${page.url()}: ${inner} px wide in a window of ${outer}`);
}

export function assertQuiet(page) {
    assert.deepEqual(page.troubles.slice(0, 3), []);
}
