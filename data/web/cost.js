// SPDX-License-Identifier: Apache-2.0
// Where the time went: a row for each lane of builds and of trials, and one for what the
// coordinator did itself. Time in which nobody worked on the job is cut out. What came to nothing
// is half as high.

import {makeClock, ticks} from "./clock.js";
import {axisBottom, scaleLinear} from "./d3.js";
import {keepDrawn, make, makeSvg, onPoint} from "./draw.js";
import {duration, nodeName} from "./text.js";

const LEFT = 72, LANE = 18, PAD = 2, BOTTOM = 24;

const kinds = {
    build: "build",
    trial: "trial",
    own: "done by the coordinator itself",
    lost: "failed or cancelled build",
};

const groupOf = (span) => (span.kind === "build" || span.kind === "trial" ? span.kind : "own");
const kindOf = (span) =>
    (span.how === "failed" || span.how === "cancelled" ? "lost" : groupOf(span));

/** Lanes in order, of {name, spans}. */
function sortIntoLanes(spans) {
    const lanes = new Map();

    for (const span of spans) {
        if (span.kind !== "session") {
            const group = groupOf(span);
            const key = group === "own" ? "own" : `${group} ${span.lane + 1}`;

            if (!lanes.has(key)) {
                lanes.set(key, {
                    name: key === "own" ? "itself" : key,
                    order: ["build", "trial", "own"].indexOf(group) * 1000 + span.lane,
                    spans: [],
                });
            }
            lanes.get(key).spans.push(span);
        }
    }
    return [...lanes.values()].sort((a, b) => a.order - b.order);
}

function drawLanes(svg, lanes, clock, x) {
    const paths = {build: [], trial: [], own: [], lost: []};

    lanes.forEach((lane, i) => {
        svg.append("text")
            .attr("x", LEFT - 6)
            .attr("y", i * LANE + 13)
            .attr("text-anchor", "end")
            .text(lane.name);
        lane.spans.forEach((span) => {
            const from = x(clock.worked(span.begun_ms)).toFixed(2);
            const width = Math.max(0.75, x(clock.worked(span.ended_ms)) - from).toFixed(2);
            const kind = kindOf(span);
            const high = kind === "lost" ? (LANE - 2 * PAD) / 2 : LANE - 2 * PAD;
            const top = (i + 1) * LANE - PAD - high;

            paths[kind].push(`M${from} ${top}h${width}v${high}H${from}z`);
        });
    });
    for (const [kind, list] of Object.entries(paths)) {
        svg.append("path").attr("class", `span ${kind}`).attr("d", list.join(""));
    }
}

function drawTime(svg, lanes, clock, x) {
    const bottom = lanes.length * LANE;

    svg.append("g")
        .attr("transform", `translate(0,${bottom})`)
        .call(axisBottom(x)
                  .tickValues(ticks(clock.total, Math.max(2, (x.range()[1] - LEFT) / 90)))
                  .tickFormat(
                      (ms) =>
                          (ms === 0 ?
                               "0" :
                               duration(ms).replace(/ 00 (s|min)$/, "").replace(/\.0 s$/, " s"))));
    clock.pauses.forEach((at) => {
        svg.append("rect")
            .attr("class", "pause")
            .attr("x", x(at) - 1)
            .attr("width", 2)
            .attr("height", bottom);
    });
}

function tell(span, data) {
    const node = data.graph.nodes[span.node];
    const parts = [span.kind === "trial" ? "trials" : span.kind];

    if (node) {
        parts[0] += ` of ${nodeName(node)}`;
    }
    if (span.how) {
        parts.push(span.how);
    }
    parts.push(duration(span.ended_ms - span.begun_ms));
    return parts.join(", ");
}

/** The span nearest to the pointer in its lane, at most 3 pixels away. */
function under(lanes, clock, x, at_x, at_y) {
    const lane = lanes[Math.floor(at_y / LANE)];
    let best = null, least = 3;

    for (const span of lane ? lane.spans : []) {
        const from = x(clock.worked(span.begun_ms)), to = x(clock.worked(span.ended_ms));
        const away = Math.max(from - at_x, at_x - to, 0);

        if (away < least || (away === least && !best)) {
            [best, least] = [span, away];
        }
    }
    return best;
}

function makeKey() {
    const list = make("ul", {className: "legend"});

    for (const [kind, text] of Object.entries(kinds)) {
        const item = make("li");
        const top = kind === "lost" ? 6 : 0;

        makeSvg(item, 12, 12, "")
            .append("rect")
            .attr("class", `span ${kind}`)
            .attr("width", 12)
            .attr("y", top)
            .attr("height", 12 - top);
        item.append(text);
        list.append(item);
    }
    return list;
}

/** Gives a function to call with newer data. */
export function showCost(box, data) {
    const canvas = make("div");
    const hint = "Point at a bar to read what it was.";
    const detail = make("p", {className: "detail"}, hint);

    const draw = (width) => {
        const lanes = sortIntoLanes(data.spans);
        const clock = makeClock(data.sessions);
        const x = scaleLinear().domain([0, Math.max(1, clock.total)]).range([LEFT, width - 16]);

        const label =
            `${duration(clock.total)} of work in ${lanes.length} lanes of builds and trials`;

        canvas.replaceChildren();
        const svg = makeSvg(
            canvas, width, lanes.length * LANE + BOTTOM, `${label}; the table below has the sums`);
        drawLanes(svg, lanes, clock, x);
        drawTime(svg, lanes, clock, x);
        onPoint(svg, "pointermove", (at_x, at_y) => {
            const span = under(lanes, clock, x, at_x, at_y);

            detail.textContent = span ? tell(span, data) : hint;
        });
    };

    box.replaceChildren(makeKey(), canvas, detail);
    const again = keepDrawn(canvas, draw);
    return (newer) => {
        data = newer;
        again();
    };
}
