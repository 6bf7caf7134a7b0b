// SPDX-License-Identifier: Apache-2.0
// Every trial is a mark in the row of its revision, in the order in which they ran; the newest
// revision is on top. All marks of one outcome are one path, so ten thousand cost nothing.

import {keepDrawn, make, makeLegend, makeSvg, onPoint} from "./draw.js";
import {briefName, count, duration, nodeName} from "./text.js";

const PITCH = 10, LINE = 11, PAD = 5;

/** Trials by revision: of {node, trials}, newest first. */
function byRevision(data) {
    const of = new Map();

    data.trials.forEach((trial) => {
        if (!of.has(trial.node)) {
            of.set(trial.node, []);
        }
        of.get(trial.node).push(trial);
    });
    const place = (i) => data.graph.nodes[i].index;

    return [...of]
        .sort(([a], [b]) => place(b) - place(a) || b - a)
        .map(([node, trials]) => ({node: data.graph.nodes[node], trials}));
}

/** Where each row begins, and each trial stands. */
function place(rows, left, width) {
    const a_line = Math.max(1, Math.floor((width - left - PAD) / PITCH));
    let top = 0;

    rows.forEach((row) => {
        row.top = top;
        row.dots = row.trials.map((trial, i) => ({
                                      trial,
                                      x: left + PITCH / 2 + (i % a_line) * PITCH,
                                      y: top + PAD + LINE / 2 + Math.floor(i / a_line) * LINE,
                                  }));
        top += Math.ceil(row.trials.length / a_line) * LINE + 2 * PAD;
        row.bottom = top;
    });
    return top;
}

function drawMarks(svg, rows, {outcomes}) {
    const paths = Object.fromEntries(Object.keys(outcomes).map((name) => [name, []]));

    rows.forEach((row) => row.dots.forEach(({trial, x, y}) => {
        (paths[trial.outcome] || paths.infra)
            .push(`M${x} ${y}${(outcomes[trial.outcome] || outcomes.infra).shape}`);
    }));
    for (const [name, list] of Object.entries(paths)) {
        svg.append("path").attr("class", `mark ${name}`).attr("d", list.join(""));
    }
}

function drawNames(svg, rows, data, left, width) {
    rows.forEach((row) => {
        const href = data.address(row.node.commit);
        const parent = href ? svg.append("a").attr("href", href) : svg;

        svg.append("path").attr("class", "frame").attr("d", `M0 ${row.bottom}H${width}`);
        parent.append("text")
            .attr("x", 8)
            .attr("y", row.top + PAD + 9)
            .text(briefName(row.node).slice(0, Math.floor((left - 12) / 8)));
    });
}

function tell(row, {trial}, outcomes) {
    const {text} = outcomes[trial.outcome] || {text: trial.outcome};
    const parts = [`${nodeName(row.node)}: trial ${trial.id}, ${text}`];

    if (trial.title) {
        parts.push(trial.title);
    }
    parts.push(`${duration(trial.ms)}${trial.restored ? ", from the kept guest" : ""}`);
    return parts.join("; ");
}

/** The trial under the pointer. */
function under(rows, x, y, outcomes) {
    const row = rows.find((candidate) => y < candidate.bottom);
    const dot = row &&
        row.dots.find(
            (candidate) =>
                Math.abs(candidate.x - x) <= PITCH / 2 && Math.abs(candidate.y - y) <= LINE / 2);

    return dot ? tell(row, dot, outcomes) : null;
}

function usedOutcomes(data) {
    const used = new Set(data.trials.map((trial) => trial.outcome));

    return Object.entries(data.outcomes).filter(([name]) => used.has(name));
}

/** Gives a function to call with newer data. */
export function showTrials(box, data) {
    const legend = make("div");
    const pane = make("div", {
        className: "pane",
        tabIndex: 0,
        role: "region",
        "aria-label": "Trials by revision, newest first"
    });
    const hint = "Point at a mark to read of its trial.";
    const detail = make("p", {className: "detail"}, hint);

    const draw = (width) => {
        const rows = byRevision(data);
        const left = width < 480 ? 116 : 140;
        const height = place(rows, left, width);
        const n = [count(data.trials.length, "trial"), count(rows.length, "revision")].join(" of ");
        const label = `${n}; the table below counts them`;

        legend.replaceChildren(makeLegend(usedOutcomes(data)));
        pane.replaceChildren();
        const svg = makeSvg(pane, width, Math.max(1, height), "")
                        .attr("aria-hidden", null)  // its names are links
                        .attr("role", "group")
                        .attr("aria-label", label);

        drawNames(svg, rows, data, left, width);
        drawMarks(svg, rows, data);
        onPoint(svg, "pointermove", (x, y) => {
            detail.textContent = under(rows, x, y, data.outcomes) || hint;
        });
    };

    box.replaceChildren(legend, pane, detail);
    const again = keepDrawn(pane, draw);
    return (newer) => {
        data = newer;
        again();
    };
}
