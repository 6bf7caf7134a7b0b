// SPDX-License-Identifier: Apache-2.0
// Make the screenshots of docs/dashboard anew: docs/dashboard/capture. A job of `firstbad run` on a
// history of 800 commits is begun and watched; with $STATE_DIR, of job $JOB there the answer and
// the crash, too.

import {spawn} from "node:child_process";
import {createInterface} from "node:readline";

import {drawn, launch, openPage, PHONE, WIDE} from "./browser.mjs";
import {startService} from "./service.mjs";
import {dice} from "./world.mjs";

const folder = process.env.PICTURES;
const areas = [
    "net/smc", "tls", "tcp", "bpf", "sched", "mm", "ext4", "xfs", "nvme", "usb", "drm/i915", "kvm"
];
const verbs = [
    "fix a leak of", "check the size of", "do not sleep with", "take a reference to", "drop unused",
    "lock before"
];
const nouns =
    ["sockets", "the waitqueue", "buffers", "pages", "the queue", "descriptors", "timers"];

function makeSubjects(n) {
    const next = dice(7);
    const one = (list) => list[Math.floor(next() * list.length)];

    return Array.from({length: n}, () => `${one(areas)}: ${one(verbs)} ${one(nouns)}`);
}

/** Crashes in two of three runs. */
const flaky =
    `sleep 0.2; test -e bad || exit 0; set -- $(date +%N | cksum); [ $(($1 % 3)) -eq 0 ] || { echo 'refcount_t: saturated; leaking memory.'; exit 1; }`;

const browser = await launch();

/** One look at @path of the server at @url; @settle(page) before. */
async function look(url, path, name, options, settle = () => {}) {
    const page = await openPage(browser, url, options);

    await page.goto(new URL(path, url).href);
    if (/\/jobs\/\d+$/.test(path)) {
        await drawn(page);
    }
    await settle(page);
    await page.screenshot({path: `${folder}/${name}.png`});
    await page.context().close();
}
const scrollTo = (selector) => (page) =>
    page.locator(selector).evaluate((element) => element.scrollIntoView());
const sides = [
    ["1280-light", {viewport: WIDE}], ["1280-dark", {viewport: WIDE, colorScheme: "dark"}],
    ["390-light", {viewport: PHONE}], ["390-dark", {viewport: PHONE, colorScheme: "dark"}]
];

async function captureRun() {
    const service = await startService(makeSubjects(800), 540);
    const queue = (name, test, ...more) => service.ask(
        "run", "--queue", "--repo", service.repo, "--good", "main~799", "--bad", "main", "--name",
        name, "--test", test, ...more);
    const page = await openPage(browser, service.url);

    queue("tls-selftests", "test ! -e bad");
    queue("smc-wakeup", flaky, "--build", "sleep 0.3");
    queue("kvm-unit", "test ! -e bad");
    service.startDaemon();
    await page.goto(new URL("/jobs/2", service.url).href).catch(() => {});
    while (!(await page.locator("#live-works li").count()) ||
           !/search/.test(await page.locator("#live-phase").textContent())) {
        await page.waitForTimeout(500);
        await page.goto(new URL("/jobs/2", service.url).href);
    }
    await page.waitForTimeout(3000);
    await look(service.url, "/jobs/2", "live-1280-light", {viewport: WIDE});
    await look(service.url, "/jobs/2", "live-390-dark", {viewport: PHONE, colorScheme: "dark"});
    await page.locator("#answer:not(.answer-none)").waitFor({timeout: 300000});
    for (const [side, options] of sides) {
        await look(service.url, "/jobs/2", `pictures-${side}`, options, async (shown) => {
            await shown.getByRole("slider").press("Home");
            for (let i = 0; i < 7; i++) {
                await shown.getByRole("slider").press("ArrowRight");
            }
            await scrollTo("#pictures")(shown);
        });
    }
    await look(service.url, "/", "jobs-1280-light", {viewport: WIDE});
    await service.stop();
}

async function captureKernel() {
    const server = spawn(
        process.env.FIRSTBAD,
        ["serve", "--listen", "127.0.0.1:0", "--state-dir", process.env.STATE_DIR],
        {stdio: ["ignore", "pipe", "inherit"]});
    const url =
        await new Promise((found) => createInterface({input: server.stdout}).once("line", found));
    const path = `/jobs/${process.env.JOB}`;

    for (const [side, options] of sides) {
        await look(url, path, `answer-${side}`, options);
    }
    await look(url, path, "crash-1280-light", {viewport: WIDE}, scrollTo("#crash"));
    server.kill();
}

await captureRun();
if (process.env.STATE_DIR) {
    await captureKernel();
}
await browser.close();
