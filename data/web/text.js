// SPDX-License-Identifier: Apache-2.0
// Numbers and names for people, as the program writes them elsewhere.

export const count = (n, one, many = one + "s") =>
    `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** 0.987 as "98.7 %"; nothing that was measured is sure or impossible. */
export function percent(p) {
    if (p > 0 && p < 0.001) {
        return "less than 0.1 %";
    }
    const shown = Math.min(100 * p, 99.9);

    return `${shown.toFixed(shown === 0 || (shown > 10 && shown < 90) ? 0 : 1)} %`;
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

const changes = {
    "-": " without ",
    "+": " with ",
    "@": " under config "
};

/** How far a search has come: revisions of a range of @n, and what belief does not know yet. */
export const leftOf = (left, n, bits) =>
    `${left.toLocaleString("en")} of ${count(n, "revision")} left, ${bits.toFixed(1)} bits`;

/**
 * What a revision is called: 12 digits; of a variant (kernel/variant.h) also what is changed in
 * it.
 */
export const short = (commit) => commit.replace(
    /\s*([-+@]?)\s*([0-9a-f]{1,12})[0-9a-f]*/g, (_, change, id) => (changes[change] || "") + id);
export const nodeName = (node) => node.label || short(node.commit);
/** The same where there is little room: of a variant only what is changed, in seven digits. */
export function briefName(node) {
    const change = short(node.commit).match(/^[0-9a-f]{12} ((?:without|with|under) .*)$/);

    return node.label ||
        (change ? change[1].replace(/([0-9a-f]{7})[0-9a-f]{5}/g, "$1") : short(node.commit));
}

/** How often what was seen: "10 no crash, 3 crash of this bug". */
export function tally(node, outcomes) {
    const seen = {"other-crash": "other"};
    const parts = [];

    for (const [name, {text}] of Object.entries(outcomes)) {
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
