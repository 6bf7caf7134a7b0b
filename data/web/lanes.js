// SPDX-License-Identifier: Apache-2.0
// The graph of tested revisions as rows and lanes, newest first, as `git log --graph` has them.
// Pure.
//
// A row is a node, or stands for a *fold*: what lies in a straight line, has one verdict, and would
// only fill the screen. Rows are numbered from the top. Every edge is kept in a lane from its newer
// node down to its older one, so lines cross only where a lane ends.

/** Fold what is longer than this; its first and last node stay. */
export const LONGEST_RUN = 5;

/** Parents and children of each node: arrays of arrays of node numbers. */
export function relatives(graph) {
    const parents = graph.nodes.map(() => []);
    const children = graph.nodes.map(() => []);

    for (const [older, newer] of graph.edges) {
        parents[newer].push(older);
        children[older].push(newer);
    }
    return {parents, children};
}

/**
 * Node numbers in the order of their rows: none above a newer one; else by place in the range,
 * which not all have.
 */
function newestFirst(nodes, {parents, children}) {
    const waits = children.map((list) => list.length);
    const free = nodes.map((_, i) => i).filter((i) => waits[i] === 0);
    const order = [];

    while (free.length) {
        const next = free.reduce((best, i) => (nodes[i].index > nodes[best].index ? i : best));

        free.splice(free.indexOf(next), 1);
        order.push(next);
        free.push(...parents[next].filter((parent) => --waits[parent] === 0));
    }
    return order;
}

/** Can @older be folded with @newer, the row above? */
function continues(nodes, {parents, children}, newer, older) {
    return parents[newer].length === 1 && parents[newer][0] === older &&
        children[older].length === 1 && nodes[newer].verdict === nodes[older].verdict;
}

const stands = (node) => node.is_culprit || node.is_start;

/**
 * Rows: of {node} or {fold: [node numbers]}, those of @open (a set of the first node of a fold)
 * unfolded.
 */
export function foldRows(graph, related, open) {
    const order = newestFirst(graph.nodes, related);
    const rows = [];

    for (let i = 0; i < order.length;) {
        let end = i + 1;

        while (end < order.length && continues(graph.nodes, related, order[end - 1], order[end]) &&
               !stands(graph.nodes[order[end - 1]]) && !stands(graph.nodes[order[end]])) {
            end++;
        }
        if (end - i > LONGEST_RUN && !open.has(order[i + 1])) {
            rows.push(
                {node: order[i]}, {fold: order.slice(i + 1, end - 1)}, {node: order[end - 1]});
        } else {
            rows.push(...order.slice(i, end).map((node) => ({node})));
        }
        i = end;
    }
    return rows;
}

/** The first lane that is free from now on. */
function freeLane(lanes) {
    const lane = lanes.indexOf(null);

    return lane < 0 ? lanes.length : lane;
}

/**
 * The lane down to @parent from lane @own: one that leads there and is not farther right; its own;
 * or another.
 */
function laneTo(lanes, parent, own) {
    const known = lanes.indexOf(parent);
    const ownIsFree = lanes[own] === null || lanes[own] === undefined;

    if (known >= 0 && (known < own || !ownIsFree)) {
        return known;
    }
    return ownIsFree ? own : freeLane(lanes);
}

/**
 * {lane: of each row, edges: of {from, to (rows), lane, isFolded}, n: how many lanes}.
 */
export function layOut(rows, {parents}) {
    const rowOf = new Map();
    const lanes = [];  // which node each lane leads down to, or null
    const result = {lane: [], edges: [], n: 1};

    rows.forEach((row, i) => (row.fold || [row.node]).forEach((node) => rowOf.set(node, i)));
    rows.forEach((row, i) => {
        const first = row.fold ? row.fold[0] : row.node;
        const last = row.fold ? row.fold[row.fold.length - 1] : row.node;
        let own = lanes.indexOf(first);

        own = own < 0 ? freeLane(lanes) : own;
        lanes.forEach((wanted, lane) => {
            if (wanted === first) {
                lanes[lane] = null;
            }
        });
        parents[last].forEach((parent) => {
            const lane = laneTo(lanes, parent, own);
            const to = rowOf.get(parent);

            lanes[lane] = parent;
            result.edges.push({from: i, to, lane, isFolded: Boolean(row.fold || rows[to].fold)});
        });
        if (lanes[own] === undefined) {
            lanes[own] = null;
        }
        result.lane.push(own);
        result.n = Math.max(result.n, lanes.length);
    });
    return result;
}
