// SPDX-License-Identifier: Apache-2.0
// The commit graph of what was tested, newest first: an ordered list with the lanes at its left.
// Long straight lines of one verdict are folded.

import {keepDrawn, make, makeId, makeLegend, makeSvg} from "./draw.js";
import {verdicts} from "./kinds.js";
import {foldRows, layOut, relatives} from "./lanes.js";
import {count, nodeName, tally} from "./text.js";

const ROW = 28, MOST_LANES_WIDTH = 0.35;
// Where a row has no room for a subject, the answer has lines below it (@media of the style sheet).
const NARROW = window.matchMedia("(max-width: 40rem)"), LINE_CHARACTERS = 28;

/** How many lines the @row has. */
function linesOf(row, data) {
    const node = row.fold ? null : data.graph.nodes[row.node];

    if (!NARROW.matches || !node || !node.is_culprit) {
        return 1;
    }
    return (node.subject || "").length > LINE_CHARACTERS ? 3 : 2;
}

/** The middle of the first line of each row, and the end of all as one more. */
function middlesOf(rows, data) {
    const middles = [ROW / 2];

    rows.forEach((row, i) => middles.push(middles[i] + linesOf(row, data) * ROW));
    return middles;
}

/** From a row down its lane to an older row. */
function edgePath(edge, lane, x, middles) {
    const bend = ROW / 2;
    const [from, to, at] = [x(lane[edge.from]), x(lane[edge.to]), x(edge.lane)];
    const top = middles[edge.from], bottom = middles[edge.to];
    const down = from === at ? "" : `C${from} ${top + bend} ${at} ${top + bend} ${at} ${top + ROW}`;
    const last = to === at ?
        `V${bottom}` :
        `V${bottom - ROW}C${at} ${bottom - bend} ${to} ${bottom - bend} ${to} ${bottom}`;

    // Two rows that touch have no room for both bends.
    return edge.to - edge.from === 1 ? `M${from} ${top}L${to} ${bottom}` :
                                       `M${from} ${top}${down}${last}`;
}

function drawLanes(box, rows, laid, data, width) {
    const pitch = Math.min(16, width * MOST_LANES_WIDTH / laid.n);
    const x = (lane) => 10 + lane * pitch;
    const middles = middlesOf(rows, data);
    const svg = makeSvg(box, 20 + (laid.n - 1) * pitch, middles[rows.length] - ROW / 2, "");

    laid.edges.forEach(
        (edge) => svg.append("path")
                      .attr("d", edgePath(edge, laid.lane, x, middles))
                      .attr("class", edge.isFolded ? "edge folded" : "edge"));
    rows.forEach((row, i) => {
        const verdict = data.graph.nodes[row.fold ? row.fold[0] : row.node].verdict;

        svg.append("path")
            .attr("class", `mark ${verdict}`)
            .attr("d", `M${x(laid.lane[i])} ${middles[i]}${verdicts[verdict].shape}`);
    });
    return 20 + (laid.n - 1) * pitch;
}

function nodeRow(data, node) {
    const n = node.ok + node.crash;
    const item = make(
        "li", {title: [node.commit, node.subject, tally(node, data.outcomes)].join("\n")},
        makeId(data, node.commit, nodeName(node)),
        make("span", {className: `verdict verdict-${node.verdict}`}, node.verdict),
        make("bdi", {className: "subject"}, node.subject || ""),
        make("span", {className: "runs"}, n ? `${node.crash} of ${n} ${data.failed}` : ""));

    if (node.is_culprit) {
        item.className = "culprit";
        item.append(make("b", {}, "the answer"));
    } else if (node.is_start) {
        item.append(make("b", {}, "start"));
    }
    return item;
}

function foldRow(data, fold, unfold) {
    const verdict = data.graph.nodes[fold[0]].verdict;
    const button = make(
        "button", {type: "button"},
        `${count(fold.length, "more revision")}, ${verdicts[verdict].text}`);

    button.addEventListener("click", unfold);
    return make("li", {}, button);
}

/** Gives a function to call with newer data. */
export function showGraph(box, data) {
    const pane = make("div", {
        className: "pane",
        tabIndex: 0,
        role: "region",
        "aria-label": "Tested revisions, newest first"
    });
    const open = new Set();  // first nodes of the folds that somebody wanted to see
    let again = () => {};

    const draw = (width) => {
        const related = relatives(data.graph);
        const rows = foldRows(data.graph, related, open);
        const laid = layOut(rows, related);
        const list = make("ol");
        const graph = make("div", {className: "graph"}, list);
        const indent = drawLanes(graph, rows, laid, data, width);

        rows.forEach((row) => {
            const item = row.fold ? foldRow(data, row.fold, () => {
                open.add(row.fold[0]);
                again();
            }) : nodeRow(data, data.graph.nodes[row.node]);

            item.style.height = `${linesOf(row, data) * ROW}px`;
            item.style.paddingLeft = `${indent + 6}px`;
            list.append(item);
        });
        pane.replaceChildren(graph);
    };

    box.replaceChildren(makeLegend(Object.entries(verdicts)), pane);
    again = keepDrawn(pane, draw);
    return (newer) => {
        data = newer;
        again();
    };
}
