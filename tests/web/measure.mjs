// SPDX-License-Identifier: Apache-2.0
// How long the page of a job takes in Chromium until it can be read, and until its pictures stand;
// and what it weighs: tests/web/prepare FOLDER measure.mjs, with $FIRSTBAD and $STATE_DIR, the
// folder of a store, whose job $JOB (1) is looked at.

import {spawn} from "node:child_process";
import {createInterface} from "node:readline";

import {drawn, launch, openPage} from "./browser.mjs";

const server = spawn(
    process.env.FIRSTBAD,
    ["serve", "--listen", "127.0.0.1:0", "--state-dir", process.env.STATE_DIR],
    {stdio: ["ignore", "pipe", "inherit"]});
const url =
    await new Promise((found) => createInterface({input: server.stdout}).once("line", found));
const browser = await launch();

for (let i = 0; i < 3; i++) {
    const page = await openPage(browser, url);
    const session = await page.context().newCDPSession(page);
    let bytes = 0;

    await session.send("Network.enable");
    session.on("Network.loadingFinished", (event) => {
        bytes += event.encodedDataLength;
    });
    await page.goto(new URL(`/jobs/${process.env.JOB || 1}`, url).href);
    await drawn(page);
    const times = await page.evaluate(() => {
        const [navigation] = performance.getEntriesByType("navigation");
        const paint = performance.getEntriesByName("first-contentful-paint")[0];
        const [data] = performance.getEntriesByType("resource")
                           .filter((entry) => entry.name.endsWith("pictures.json"));

        return {
            painted: paint ? paint.startTime : NaN,
            read: navigation.domContentLoadedEventEnd,
            data: data.responseEnd,
            drawn: performance.getEntriesByName("drawn")[0].startTime
        };
    });
    const told = Object.entries(times).map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`);

    console.log(`# ${told.join(", ")}, ${(bytes / 1024).toFixed(0)} KiB`);
    await page.context().close();
}
await browser.close();
server.kill();
