// SPDX-License-Identifier: Apache-2.0
// The data of the pictures (docs/JSON.md, pictures), with what several of them want to know of it.

import {outcomesOf} from "./kinds.js";

/** From the page itself, which is one file then; else from the server. */
export async function loadPictures(main) {
    const isRun = main.dataset.words === "run";
    const inline = document.getElementById("pictures-data");

    if (inline) {
        return prepare(JSON.parse(inline.textContent), isRun);
    }
    const answer = await fetch(main.dataset.pictures);
    if (!answer.ok) {
        throw new Error(`the server says ${answer.status}`);
    }
    return prepare(await answer.json(), isRun);
}

/** Where this page leads to for each revision: commit -> address. */
function findAddresses() {
    const addresses = new Map();

    document.querySelectorAll("#revisions-table tr[data-commit]").forEach((row) => {
        const link = row.querySelector("a[href]");

        if (link) {
            addresses.set(row.dataset.commit, link.getAttribute("href"));
        }
    });
    return addresses;
}

/** A row of pictures.trials as an object. */
const makeTrial = ({outcomes, titles}) => ([node, outcome, title, ms, restored, id]) => ({
    node,
    outcome: outcomes[outcome],
    title: titles[title] ?? null,
    ms,
    restored: restored === 1,
    id
});

/** A row of pictures.time as an object. */
const makeSpan = ({begun_ms, kinds, hows}) => ([kind, node, lane, from_ms, ms, how]) => ({
    kind: kinds[kind],
    node,
    lane,
    begun_ms: begun_ms + from_ms,
    ended_ms: begun_ms + from_ms + ms,
    how: hows[how] ?? null
});

/**
 * {moments, bins, graph, sessions, trials, spans, outcomes, failed}; node(commit) and
 * address(commit), of its page, are null where there is none.
 */
export function prepare(
    {bins, moments, graph, trials, time, cost}, isRun = false, addresses = findAddresses()) {
    const nodes = new Map(graph.nodes.map((node) => [node.commit, node]));

    return {
        bins,
        moments,
        graph,
        sessions: cost.sessions,
        outcomes: outcomesOf(isRun),
        failed: isRun ? "failed" : "crashed",  // what a trial has done that is bad
        trials: trials.rows.map(makeTrial(trials)),
        spans: time.rows.map(makeSpan(time)),
        node: (commit) => nodes.get(commit) || null,
        address: (commit) => addresses.get(commit) || null,
    };
}
