// SPDX-License-Identifier: Apache-2.0
// Numbers and names for people, as the program writes them elsewhere.

export const count = (n, one, many = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** 0.987 as "98.7 %"; never "100 %" or "0 %" of what is neither. */
export function percent(p) {
    if (p > 0 && p < 0.001) {
        return "less than 0.1 %";
    }
    if (p < 1 && p > 0.999) {
        return "more than 99.9 %";
    }
    return `${(100 * p).toFixed(p === 0 || p === 1 || (p > 0.1 && p < 0.9) ? 0 : 1)} %`;
}

export function duration(ms) {
    const s = Math.round(ms / 1000);

    if (ms < 10000) {
        return `${(ms / 1000).toFixed(1)} s`;
    }
    if (s < 60) {
        return `${s} s`;
    }
    if (s < 3600) {
        return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
    }
    return `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, "0")} min`;
}

/** What a revision is called where there is little room. */
export const short = (commit) => commit.slice(0, 12);
export const nodeName = (node) => node.label || short(node.commit);

/** How often what was seen: "10 no crash, 3 crash of this bug". */
export function tally(node, outcomes) {
    const seen = { "other-crash": "other" };
    const parts = [];

    for (const [name, { text }] of Object.entries(outcomes)) {
        const n = node[seen[name] || name];

        if (n) {
            parts.push(`${n} × ${text}`);
        }
    }
    if (node.broken) {
        parts.push(`${node.broken} × did not run`);
    }
    return parts.length ? parts.join(", ") : "no trials";
}
