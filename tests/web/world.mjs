// SPDX-License-Identifier: Apache-2.0
// Data of pictures (docs/JSON.md) of a job that never was: a line of commits with side branches,
// and one culprit.

const BEGUN_MS = 1764230000000;
const commitOf = (i) => (0x100000 + i * 7919).toString(16).padStart(8, "0").repeat(5);

/** A generator of numbers in [0, 1), the same for each seed. */
export function dice(seed) {
    let state = seed >>> 0;

    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}

/**
 * @bad: the first bad of @n nodes; every @branch-th node has a second parent some nodes before it.
 */
export function graphOf(n, bad, branch = 0) {
    const nodes = [], edges = [];

    for (let i = 0; i < n; i++) {
        nodes.push({
            commit: commitOf(i),
            index: i * 5,
            label: i % 10 === 0 ? `v6.1.${170 + i / 10}` : null,
            subject: `net: change ${i} of many, with a subject of the usual length`,
            verdict: i >= bad ? "bad" : "good",
            ok: 0,
            crash: 0,
            doubtful: 0,
            other: 0,
            broken: 0,
            unreached: 0,
            infra: 0,
            is_culprit: i === bad,
            is_start: i === n - 1,
        });
        if (i > 0) {
            edges.push([i - 1, i]);
        }
        if (branch && i % branch === 0 && i > 4) {
            edges.push([i - 4, i]);
        }
    }
    return {nodes, edges};
}

const outcomes = ["ok", "crash", "doubtful", "other-crash", "unreached", "boot-failed", "infra"];
const counted = {
    "ok": "ok",
    "crash": "crash",
    "doubtful": "doubtful",
    "other-crash": "other",
    "unreached": "unreached",
    "boot-failed": "broken",
    "infra": "infra"
};

function trialsOf(graph, n, next) {
    const rows = [];

    for (let i = 0; i < n; i++) {
        const node = graph.nodes[i % graph.nodes.length];
        const is_bad = node.verdict === "bad";
        const roll = next();
        const outcome = roll > 0.97 ? "infra" :
            roll > 0.94             ? "other-crash" :
            roll > 0.92             ? "boot-failed" :
            roll > 0.9              ? "unreached" :
            is_bad && roll > 0.1    ? "crash" :
            is_bad && roll > 0.06   ? "doubtful" :
                                      "ok";

        node[counted[outcome]]++;
        rows.push([
            i % graph.nodes.length, outcomes.indexOf(outcome), outcome === "crash" ? 0 : -1,
            Math.floor(800 + 4000 * next()), next() > 0.3 ? 1 : 0, i + 1
        ]);
    }
    return {outcomes, titles: ["KASAN: use-after-free Read in sk_psock_get"], rows};
}

/** Belief that halves the range around @bad bins. */
function momentsOf(graph, n, bins, bin, next) {
    const moments = [], range = graph.nodes.length * 5;
    let low = 0, high = bins;

    for (let step = 0; step < n; step++) {
        const shares = [];

        for (let i = low; i < high; i++) {
            shares.push([i, (0.5 + next()) / (high - low)]);
        }
        const sum = shares.reduce((all, [, p]) => all + p, 0);
        const middle = Math.floor((low + high) / 2);
        const tried = graph.nodes[Math.min(
            graph.nodes.length - 1, Math.floor(middle * graph.nodes.length / bins))];

        moments.push({
            at_ms: BEGUN_MS + step * 60000,
            kernels: step,
            trials: step * 10,
            phase: step < 3 ? "range" : "search",
            n: range,
            left: Math.max(1, Math.floor(range * (high - low) / bins)),
            bits: Math.log2(Math.max(1, range * (high - low) / bins)),
            older: 0.1 / (step + 1),
            tried: step < n - 1 ? tried.commit : null,
            shares:
                shares.map(([i, p]) => [i, Number((p / sum).toFixed(3))]).filter(([, p]) => p > 0),
            best:
                graph.nodes.slice(0, 3).map((node, i) => ({commit: node.commit, p: 0.5 / (i + 1)})),
        });
        if (next() > 0.2) {
            [low, high] = bin < middle ? [low, Math.max(low + 1, middle)] : [middle, high];
        }
    }
    return moments;
}

const kinds = ["build", "trial", "range"], hows = ["first", "incremental", "failed", "restored"];

/** Builds in two lanes, trials of each meanwhile in four. */
function timeOf(n_builds, next) {
    const rows = [];
    let at = 0;

    for (let i = 0; i < n_builds; i++) {
        const ms = Math.floor(20000 + 90000 * next());

        rows.push(
            [0, i, i % 2, at, ms,
             i === 0          ? 0 :
                 next() > 0.9 ? 2 :
                                1],
            [2, -1, 0, at, 1000, -1]);
        for (let j = 0; j < 8; j++) {
            rows.push([1, i, j % 4, at + Math.floor(j * ms / 8), Math.floor(ms / 8), 3]);
        }
        at += Math.floor(ms / 2);
    }
    return {begun_ms: BEGUN_MS, ended_ms: BEGUN_MS + at + 110000, kinds, hows, rows};
}

export function picturesOf({nodes = 24, trials = 240, moments = 31, branch = 0, seed = 1} = {}) {
    const next = dice(seed);
    const bad = Math.floor(nodes * 0.6);
    const graph = graphOf(nodes, bad, branch);
    const time = timeOf(nodes, next);
    const middle = Math.floor((time.begun_ms + time.ended_ms) / 2);

    return {
        version: 1,
        bins: 200,
        moments: momentsOf(graph, moments, 200, Math.floor(200 * bad / nodes), next),
        graph,
        trials: trialsOf(graph, trials, next),
        time,
        cost: {
            sessions: [
                {begun_ms: BEGUN_MS, ended_ms: middle},
                {begun_ms: middle + 3600000, ended_ms: time.ended_ms + 3600000}
            ]
        },
    };
}
