// SPDX-License-Identifier: Apache-2.0
// What the pictures share: a canvas, a legend, a line of detail, and drawing anew when there is
// another width.

import {select} from "./d3.js";

/** An HTML element with properties and children. */
export function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);

    for (const [name, value] of Object.entries(properties)) {
        if (name.includes("-") || name === "role" || name === "for") {
            element.setAttribute(name, value);
        } else {
            element[name] = value;
        }
    }
    element.append(...children);
    return element;
}

/**
 * An SVG in @parent, as a d3 selection; @label is what a screen reader says of it, "": it is only
 * decoration.
 */
export function makeSvg(parent, width, height, label) {
    const svg = select(parent)
                    .append("svg")
                    .attr("width", width)
                    .attr("height", height)
                    .attr("viewBox", `0 0 ${width} ${height}`);

    return label ? svg.attr("role", "img").attr("aria-label", label) :
                   svg.attr("aria-hidden", "true");
}

/** A list of those @kinds that are there: of [name, {text, shape}]. */
export function makeLegend(kinds) {
    const list = make("ul", {className: "legend"});

    for (const [name, {text, shape}] of kinds) {
        const item = make("li");

        makeSvg(item, 12, 12, "")
            .append("path")
            .attr("class", `mark ${name}`)
            .attr("d", `M6 6${shape}`);
        item.append(text);
        list.append(item);
    }
    return list;
}

/**
 * Call @draw(width) now and whenever the width of @box is another one. Gives a function that draws
 * anew: for other data.
 */
export function keepDrawn(box, draw) {
    let width = 0;
    const again = () => {
        width = box.clientWidth;
        if (width > 0) {
            draw(width);
        }
    };

    new ResizeObserver(() => {
        if (Math.abs(box.clientWidth - width) > 1) {
            again();
        }
    }).observe(box);
    again();
    return again;
}

/** Call @f(x, y) of the place in @svg where an event of @type happens. */
export function onPoint(svg, type, f) {
    const node = svg.node();

    node.addEventListener(type, (event) => {
        const box = node.getBoundingClientRect();

        f(event.clientX - box.left, event.clientY - box.top);
    });
}

/** The name of a revision, as a link where it has a page. */
export function makeId(data, commit, text) {
    const href = data.address(commit);

    return href ? make("a", {className: "id", href}, text) : make("code", {className: "id"}, text);
}
