// SPDX-License-Identifier: Apache-2.0
// A daemon and a server of one state folder, and a repository for jobs of the kind `run`.

import assert from "node:assert/strict";
import {execFileSync, spawn} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";

const firstbad = process.env.FIRSTBAD;

/** Commits of @subjects, oldest first; the file `bad` is there from number @bad on. */
function makeRepo(dir, subjects, bad) {
    const lines = [];

    subjects.forEach((subject, i) => {
        const author = `${i === bad ? subject : "A"} <a@example.org> ${1700000000 + i} +0000`;

        lines.push(
            "commit refs/heads/main", `author ${author.replace(/[<>](?!a@|\s*\d)/g, "")}`,
            `committer A <a@example.org> ${1700000000 + i} +0000`,
            `data ${Buffer.byteLength(subject)}`, subject, "M 644 inline n",
            `data ${String(i).length}`, String(i));
        if (i === bad) {
            lines.push("M 644 inline bad", "data 3", "yes");
        }
    });
    execFileSync("git", ["init", "--quiet", dir]);
    execFileSync("git", ["-C", dir, "fast-import", "--quiet"], {input: `${lines.join("\n")}\n`});
    execFileSync("git", ["-C", dir, "symbolic-ref", "HEAD", "refs/heads/main"]);
}

/** The first line that @child prints which begins with @start. */
function firstLine(child, start) {
    return new Promise((found, lost) => {
        createInterface({
            input: child.stdout
        }).on("line", (line) => line.startsWith(start) && found(line));
        child.on(
            "exit", (code) => lost(new Error(`it ended with ${code} before it said '${start}'`)));
    });
}

/** Ask @child to end; how it did. */
function end(child) {
    return new Promise((ended) => {
        if (child.exitCode !== null || child.signalCode !== null) {
            ended(child.exitCode);
            return;
        }
        child.on("exit", ended);
        child.kill("SIGTERM");
    });
}

/** A state folder with a server; @subjects and @bad: of the repository beside it. */
export async function startService(subjects, bad) {
    const work = mkdtempSync(join(tmpdir(), "firstbad-web-"));
    const env = {
        ...process.env,
        FIRSTBAD_STATE_DIR: join(work, "state"),
        HOME: work,
        LC_ALL: "C.UTF-8",
        GIT_CONFIG_NOSYSTEM: "1"
    };
    const run = (...args) => spawn(firstbad, args, {env, stdio: ["ignore", "pipe", "inherit"]});
    const children = [];

    makeRepo(join(work, "repo"), subjects, bad);
    const server = run("serve", "--listen", "127.0.0.1:0");
    children.push(server);
    const url = (await firstLine(server, "http://")).trim();

    return {
        url,
        work,
        repo: join(work, "repo"),
        token: readFileSync(join(work, "state/web-token"), "utf8").trim(),
        /** The program itself, to its end; what it prints. */
        ask: (...args) => execFileSync(
            firstbad, args, {env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"]}),
        startDaemon: () => children.push(run("daemon")),
        /** A test command that waits until open() is called. */
        gate: (name) => ({
            test: `until [ -e ${work}/${name} ]; do sleep 0.1; done; echo tried; test ! -e bad`,
            open: () => writeFileSync(join(work, name), "")
        }),
        /** Both end as they should: what a sanitizer finds at the end is a failure, too. */
        stop: async () => {
            const codes = await Promise.all(children.map(end));

            rmSync(work, {recursive: true, force: true});
            assert.deepEqual(codes, children.map(() => 0));
        },
    };
}
