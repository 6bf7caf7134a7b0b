// SPDX-License-Identifier: Apache-2.0
// What the pictures work out before anything is drawn.

import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import test from "node:test";

import {makeClock, ticks} from "../../data/web/clock.js";
import {binOf, level, rectangles, releaseMarks} from "../../data/web/heat.js";
import {foldRows, layOut, relatives} from "../../data/web/lanes.js";

import {briefName, duration, percent, short, tally} from "../../data/web/text.js";
import {outcomes, outcomesOf} from "../../data/web/kinds.js";
import {graphOf} from "./world.mjs";

/**
 * A graph from "older-newer older-newer ...", nodes in the order of their letters; those in @bad
 * are bad.
 */
function graph(edges, bad = "") {
    const names = [...new Set(edges.replace(/[- ]/g, ""))].sort();

    return {
        nodes: names.map(
            (name, index) => ({commit: name, index, verdict: bad.includes(name) ? "bad" : "good"})),
        edges: edges.split(" ").map((edge) => edge.split("-").map((name) => names.indexOf(name))),
    };
}

/** Rows as a text: "f e [3] a". */
function rowsOf(g, open = new Set()) {
    return foldRows(g, relatives(g), open)
        .map((row) => (row.fold ? `[${row.fold.length}]` : g.nodes[row.node].commit))
        .join(" ");
}

test("rows: newest first", () => {
    assert.equal(rowsOf(graph("a-b b-c")), "c b a");
});

test("rows: a long line of one verdict is folded, its ends stay", () => {
    assert.equal(rowsOf(graph("a-b b-c c-d d-e e-f f-g g-h", "h")), "h g [5] a");
    assert.equal(rowsOf(graph("a-b b-c c-d d-e e-f", "f")), "f e d c b a");
});

test("rows: a fold that was opened is there", () => {
    const g = graph("a-b b-c c-d d-e e-f f-g");

    assert.equal(rowsOf(g), "g [5] a");
    assert.equal(rowsOf(g, new Set([5])), "g f e d c b a");
});

test("rows: culprit and start are never folded", () => {
    const g = graph("a-b b-c c-d d-e e-f f-g g-h h-i i-j j-k k-l k-m");

    g.nodes[6].is_culprit = true;
    assert.match(rowsOf(g), /\bg\b/);
});

test("rows: no fold over a fork or a merge", () => {
    assert.equal(rowsOf(graph("a-b b-c c-d d-e e-f f-g c-x")), "x g f e d c b a");
});

test("rows: five hundred in a line are few", () => {
    const g = graphOf(500, 300);

    assert.ok(foldRows(g, relatives(g), new Set()).length <= 8);
});

function lanesOf(edges) {
    const g = graph(edges);
    const related = relatives(g);

    return layOut(foldRows(g, related, new Set()), related);
}

test("lanes: a line has one", () => {
    const laid = lanesOf("a-b b-c");

    assert.deepEqual(laid.lane, [0, 0, 0]);
    assert.equal(laid.n, 1);
});

test("lanes: a merge has two, and the second ends where they meet", () => {
    // d merges b and c, both on a
    const laid = lanesOf("a-b a-c b-d c-d");

    assert.equal(laid.n, 2);
    assert.deepEqual(laid.lane, [0, 1, 0, 0]);
    assert.equal(laid.edges.length, 4);
});

test("lanes: no edge runs through a node that is not its end", () => {
    for (const branch of [3, 7, 9]) {
        const g = graphOf(60, 30, branch);
        const related = relatives(g);
        const laid = layOut(foldRows(g, related, new Set()), related);

        for (const edge of laid.edges) {
            for (let row = edge.from + 1; row < edge.to; row++) {
                assert.notEqual(
                    laid.lane[row], edge.lane, `row ${row}, edge ${edge.from} to ${edge.to}`);
            }
        }
    }
});

test("heat: levels grow with the probability", () => {
    assert.equal(level(0), -1);
    assert.equal(level(0.0001), 0);
    assert.equal(level(0.3), 4);
    assert.equal(level(1), 5);
});

test("heat: neighbours of one level are one rectangle", () => {
    const levels = rectangles([{shares: [[3, 0.1], [4, 0.11], [5, 0.6], [7, 0.1]]}]);

    assert.deepEqual(levels[3], [{step: 0, low: 3, high: 5}, {step: 0, low: 7, high: 8}]);
    assert.deepEqual(levels[5], [{step: 0, low: 5, high: 6}]);
});

test("heat: bins of the range, nothing outside", () => {
    assert.equal(binOf(0, 1000, 200), 0);
    assert.equal(binOf(999, 1000, 200), 199);
    assert.equal(binOf(-1, 1000, 200), null);
    assert.equal(binOf(null, 1000, 200), null);
});

test("heat: names of releases keep apart", () => {
    const nodes = graphOf(60, 30).nodes;
    const bins = releaseMarks(nodes, 300, 200, 30).map((mark) => mark.bin);

    assert.ok(bins.length >= 3);
    bins.slice(1).forEach((bin, i) => assert.ok(bins[i] - bin >= 30));
});

test("clock: what lies between sessions is cut out", () => {
    const clock =
        makeClock([{begun_ms: 1000, ended_ms: 2000}, {begun_ms: 900000, ended_ms: 901500}]);

    assert.equal(clock.total, 2500);
    assert.equal(clock.worked(1500), 500);
    assert.equal(clock.worked(5000), 1000);
    assert.equal(clock.worked(900500), 1500);
    assert.deepEqual(clock.pauses, [1000]);
});

test("clock: ticks are lengths that people count in", () => {
    assert.deepEqual(ticks(3 * 3600e3, 4), [0, 3600e3, 7200e3, 10800e3]);
    assert.ok(ticks(40 * 86400e3, 6).length <= 8);
});

test("text: what is neither sure nor impossible is never told so", () => {
    assert.equal(percent(0.99999), "99.9 %");
    assert.equal(percent(1), "99.9 %");
    assert.equal(percent(0.00001), "less than 0.1 %");
    assert.equal(percent(0), "0 %");
    assert.equal(percent(0.5), "50 %");
    assert.equal(duration(3725000), "1 h 02 min");
    assert.equal(tally({ok: 3, crash: 1}, outcomes), "3 × no crash, 1 × crash of this bug");
    assert.equal(tally({ok: 3, crash: 1}, outcomesOf(true)), "3 × passed, 1 × failed");
});

test("text: a revision with a commit taken back is not called as the revision is", () => {
    const a = "a1".repeat(20), b = "b2".repeat(20);

    assert.equal(short(a), "a1a1a1a1a1a1");
    assert.equal(short(`${a}-${b}`), "a1a1a1a1a1a1 without b2b2b2b2b2b2");
    assert.equal(short(`${a}-${b}+${a}`), "a1a1a1a1a1a1 without b2b2b2b2b2b2 with a1a1a1a1a1a1");
    assert.equal(briefName({commit: `${a}-${b}`}), "without b2b2b2b");
    assert.equal(briefName({commit: a}), "a1a1a1a1a1a1");
});

/** Relative luminance of "#rrggbb" or "#rgb", as WCAG has it. */
function luminance(colour) {
    const digits =
        colour.length === 4 ? [...colour.slice(1)].map((c) => c + c).join("") : colour.slice(1);
    const [r, g, b] = [0, 2, 4]
                          .map((i) => parseInt(digits.slice(i, i + 2), 16) / 255)
                          .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));

    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("colours: each ink can be read on each ground, by day and by night", () => {
    const sheet = readFileSync(new URL("../../data/web/style.css", import.meta.url), "utf8");
    const [day, night] = [...sheet.matchAll(/:root \{([^}]*)\}/g)].map(
        ([, rules]) => Object.fromEntries([...rules.matchAll(/--([\w-]+): (#[0-9a-f]+);/g)].map(
            ([, name, colour]) => [name, colour])));
    const inks = ["ink", "quiet", "link", "good", "bad", "skip", "other", "doubtful"];

    for (const colours of [day, {...day, ...night}]) {
        for (const ground of Object.keys(colours).filter((name) => /ground|raised/.test(name))) {
            for (const ink of inks) {
                const [light, dark] =
                    [luminance(colours[ground]), luminance(colours[ink])].sort((a, b) => b - a);

                assert.ok(
                    (light + 0.05) / (dark + 0.05) >= 4.5,
                    `${ink} ${colours[ink]} on ${ground} ${colours[ground]}`);
            }
        }
    }
    assert.notEqual(day.ground, night.ground);
});
