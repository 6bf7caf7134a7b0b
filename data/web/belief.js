// SPDX-License-Identifier: Apache-2.0
// Belief over history, narrowing step by step. Steps go to the right, history upwards; what is
// darker is more probable. At the right stands the belief of the step that the slider has chosen,
// below how many revisions are left.

import {axisBottom, axisLeft, curveStepAfter, line, scaleLinear, scaleSymlog} from "./d3.js";
import {keepDrawn, make, makeId, makeLegend, makeSvg, onPoint} from "./draw.js";
import {binOf, rectangles, releaseMarks} from "./heat.js";
import {verdicts} from "./kinds.js";
import {count, leftOf, nodeName, percent} from "./text.js";

const LEFT = 72, HEAT = 260, OLDER = 12, CURVE = 64, GAP = 14, BOTTOM = 22, LEAST_BAR = 2.5,
      PLAY_MS = 500;

/** Where things stand at this width. */
function measure(width, data) {
    const side = Math.max(56, Math.min(180, width * 0.2));
    const right = width - side - GAP;

    return {
        right,
        side: scaleLinear().range([right + GAP, width - 4]),
        x: scaleLinear().domain([0, data.moments.length]).range([LEFT, right]),
        y: scaleLinear().domain([0, data.bins]).range([HEAT, 0]),
        olderTop: HEAT + 4,
        curveTop: HEAT + OLDER + GAP,
        height: HEAT + OLDER + GAP + CURVE + BOTTOM,
    };
}

function drawHeat(svg, data, at) {
    const width = at.x(1) - at.x(0);

    const rectanglePath = ({step, low, high}) => {
        const height = Math.max(LEAST_BAR, at.y(low) - at.y(high));
        const left = at.x(step), top = at.y((low + high) / 2) - height / 2;

        return `M${left} ${top}h${width}v${height}H${left}z`;
    };

    rectangles(data.moments).forEach((list, level) => {
        svg.append("path")
            .attr("class", `heat heat-${level + 1}`)
            .attr("d", list.map(rectanglePath).join(""));
    });
    data.moments.forEach((moment, step) => {
        if (moment.older > 0) {
            svg.append("rect")
                .attr("class", "heat")
                .attr("x", at.x(step))
                .attr("width", width)
                .attr("y", at.olderTop)
                .attr("height", OLDER)
                .attr("fill-opacity", moment.older);
        }
    });
    svg.append("rect")
        .attr("class", "frame")
        .attr("x", LEFT)
        .attr("width", at.right - LEFT)
        .attr("height", HEAT);
    svg.append("rect")
        .attr("class", "frame")
        .attr("x", LEFT)
        .attr("width", at.right - LEFT)
        .attr("y", at.olderTop)
        .attr("height", OLDER);
}

/** What was tried in each step, by its verdict. */
function drawTried(svg, data, at) {
    data.moments.forEach((moment, step) => {
        const node = moment.tried && data.node(moment.tried);
        const bin = node ? binOf(node.index, moment.n, data.bins) : null;

        if (bin !== null) {
            svg.append("path")
                .attr("class", `mark ${node.verdict}`)
                .attr(
                    "d", `M${at.x(step + 0.5)} ${at.y(bin + 0.5)}${verdicts[node.verdict].shape}`);
        }
    });
}

function drawSides(svg, data, at) {
    const n = Math.max(...data.moments.map((moment) => moment.n));
    const marks = releaseMarks(data.graph.nodes, n, data.bins, data.bins * 16 / HEAT);
    const names = svg.append("g").attr("text-anchor", "end");
    const say = (text, y) =>
        names.append("text").attr("x", LEFT - 6).attr("y", Math.max(10, y)).text(text);

    if (marks.length) {
        marks.forEach(
            ({text, bin}) => say(text.slice(0, 11), Math.min(HEAT - 4, at.y(bin + 0.5) + 4)));
    } else {
        say("newest", 10);
        say("oldest", HEAT - 2);
    }
    say("older", at.olderTop + 12);
    say("step", at.curveTop + CURVE + 16);
}

function drawLeft(svg, data, at) {
    const most = Math.max(1, ...data.moments.map((moment) => moment.left));
    const y = scaleSymlog().domain([0, most]).range([at.curveTop + CURVE, at.curveTop]);
    const curve = line().x((d) => at.x(d[0])).y((d) => y(d[1])).curve(curveStepAfter);
    const points = data.moments.map((moment, step) => [step, moment.left]);
    const steps = Math.min(data.moments.length, Math.max(2, Math.floor((at.right - LEFT) / 60)));

    points.push([points.length, points[points.length - 1][1]]);
    svg.append("g")
        .attr("transform", `translate(${LEFT},0)`)
        .call(axisLeft(y)
                  .tickValues([1, 10, 100, 1000, 10000].filter((v) => v <= most && most / v < 5000))
                  .tickFormat((v) => v.toLocaleString("en"))
                  .tickSize(3));
    svg.append("g")
        .attr("transform", `translate(0,${at.curveTop + CURVE})`)
        .call(axisBottom(at.x)
                  .ticks(steps)
                  .tickFormat((v) => (Number.isInteger(v) ? v : ""))
                  .tickSize(3));
    svg.append("text")
        .attr("x", at.right)
        .attr("y", at.curveTop + 10)
        .attr("text-anchor", "end")
        .text("revisions left");
    svg.append("path").attr("class", "curve").attr("d", curve(points));
}

/** The belief of one step, at the right. */
function drawMoment(layer, data, at, step) {
    const moment = data.moments[step];
    const most = Math.max(0.01, ...moment.shares.map(([, p]) => p));
    const x = at.side.copy().domain([0, most]);
    const bar = Math.max(LEAST_BAR, at.y(0) - at.y(1));

    layer.selectAll("*").remove();
    layer.append("rect")
        .attr("class", "now")
        .attr("x", at.x(step))
        .attr("width", Math.max(3, at.x(1) - at.x(0)))
        .attr("height", HEAT);
    layer.append("path")
        .attr("class", "heat")
        .attr(
            "d",
            moment.shares
                .map(([bin, p]) => {
                    const top = at.y(bin + 0.5) - bar / 2;
                    const right = Math.max(x(p), x(0) + 1);

                    return `M${x(0)} ${top}H${right}v${bar}H${x(0)}z`;
                })
                .join(""));
    layer.append("path").attr("class", "frame").attr("d", `M${x(0)} 0V${HEAT}`);
    layer.append("g")
        .attr("transform", `translate(0,${HEAT})`)
        .call(axisBottom(x)
                  .tickValues([0, most])
                  .tickFormat((p) => (p === 0 ? "0" : percent(p)))
                  .tickSize(3))
        .selectAll("text")
        .attr("text-anchor", (p) => (p === 0 ? "start" : "end"));
}

/** What a person reads of a step. */
function tell(data, step) {
    const moment = data.moments[step];
    const tried = moment.tried && data.node(moment.tried);
    const name = (commit) => makeId(data, commit, nodeName(data.node(commit) || {commit}));
    const left = moment.n ? leftOf(moment.left, moment.n, moment.bits) : "no range yet";
    const first = make(
        "p", {}, make("b", {}, `Step ${step + 1} of ${data.moments.length}`),
        ` (${moment.phase}): ${left}. `);

    if (moment.older > 0.0005) {
        first.append(`The bug is older than the range: ${percent(moment.older)}. `);
    }
    if (tried) {
        first.append("Tried next: ", name(tried.commit), `, ${verdicts[tried.verdict].text}.`);
    }
    const best = make("ol", {className: "best"}, ...moment.best.map(({commit, p}) => {
        const node = data.node(commit);
        const item = make("li", {}, make("b", {}, percent(p)), " ", name(commit));

        if (node && node.subject) {
            item.append(" ", make("bdi", {}, node.subject));
        }
        return item;
    }));
    return moment.best.length ?
        [first, make("p", {className: "quiet"}, "Most probable then:"), best] :
        [first];
}

/** The slider and the button; @choose(step) is called when another step is wanted. */
function makeSteering(choose) {
    const slider =
        make("input", {type: "range", min: 0, step: 1, "aria-label": "Step of the search"});
    const button = make("button", {type: "button"}, "▶ Play");
    let timer = 0;

    function stop() {
        clearInterval(timer);
        timer = 0;
        button.textContent = "▶ Play";
    }
    function advance() {
        if (Number(slider.value) >= Number(slider.max)) {
            stop();
        } else {
            choose(Number(slider.value) + 1);
        }
    }
    button.addEventListener("click", () => {
        if (timer) {
            stop();
            return;
        }
        if (Number(slider.value) >= Number(slider.max)) {
            choose(0);
        }
        button.textContent = "❚❚ Pause";
        timer = setInterval(advance, PLAY_MS);
    });
    slider.addEventListener("input", () => {
        stop();
        choose(Number(slider.value));
    });
    /** It stands at @step of @n, where @left revisions are left. */
    function say(step, n, left) {
        slider.max = n - 1;
        slider.value = step;
        slider.setAttribute(
            "aria-valuetext", `step ${step + 1} of ${n}, ${count(left, "revision")} left`);
    }
    return {say, box: make("div", {className: "steer"}, button, slider)};
}

/** Gives a function to call with newer data. */
export function showBelief(box, data) {
    const canvas = make("div");
    const telling = make("div", {className: "moment"});
    const steering = makeSteering(choose);
    let step = data.moments.length - 1;
    let redrawMoment = () => {};

    function choose(wanted) {
        step = Math.max(0, Math.min(data.moments.length - 1, wanted));
        steering.say(step, data.moments.length, data.moments[step].left);
        telling.replaceChildren(...tell(data, step));
        redrawMoment();
    }
    const draw = (width) => {
        const at = measure(width, data);
        const steps = count(data.moments.length, "step");

        canvas.replaceChildren();
        const svg = makeSvg(
            canvas, width, at.height,
            `Belief over the history in ${steps}; the table below has the numbers`);

        drawHeat(svg, data, at);
        drawTried(svg, data, at);
        drawSides(svg, data, at);
        drawLeft(svg, data, at);
        const layer = svg.append("g");
        redrawMoment = () => drawMoment(layer, data, at, step);
        redrawMoment();
        steering.box.style.width = `${at.right}px`;
        onPoint(svg, "click", (x) => choose(Math.floor(at.x.invert(x))));
    };

    box.replaceChildren(makeLegend(Object.entries(verdicts)), canvas, steering.box, telling);
    const again = keepDrawn(canvas, draw);
    choose(step);
    return (newer) => {
        const follows = step === data.moments.length - 1;

        data = newer;
        again();
        choose(follows ? data.moments.length - 1 : step);
    };
}
