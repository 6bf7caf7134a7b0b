// SPDX-License-Identifier: Apache-2.0
// What the pages do beside being read: pictures, and following a job. Everything else works without
// scripts.

import {showBelief} from "./belief.js";
import {showCost} from "./cost.js";
import {loadPictures} from "./data.js";
import {make} from "./draw.js";
import {showGraph} from "./graph.js";
import {follow, followList, followRequests} from "./live.js";
import {showTrials} from "./trials.js";

const pictures = [
    ["picture-belief", showBelief, (data) => data.moments.length > 0],
    ["picture-graph", showGraph, (data) => data.graph.nodes.length > 0],
    ["picture-trials", showTrials, (data) => data.trials.length > 0],
    ["picture-cost", showCost, (data) => data.spans.length > 0],
];

/** Draw @data; gives a function that draws newer data. */
function showPictures() {
    const shown = new Map();

    return (data) => {
        for (const [id, show, hasData] of pictures) {
            const box = document.querySelector(`#${id} .picture`);

            if (!box) {
                continue;
            }
            if (shown.has(id)) {
                shown.get(id)(data);
            } else if (!hasData(data)) {
                box.replaceChildren(
                    make("p", {className: "quiet"}, "There is nothing to draw yet."));
            } else {
                shown.set(id, show(box, data));
            }
        }
    };
}

async function start() {
    const main = document.getElementById("main");
    const section = document.getElementById("pictures");
    const trouble = make("p", {className: "complaint"});
    const show = showPictures();
    const refresh = async () => {
        if (!section) {
            return;
        }
        try {
            show(await loadPictures(main));
            trouble.remove();
        } catch (error) {
            trouble.textContent = `The pictures cannot be shown: ${error.message}`;
            section.append(trouble);
        }
        section.dataset.drawn = "yes";  // for tests; as the mark
        performance.mark("drawn");
    };

    await refresh();
    if (main && main.dataset.events) {
        follow(main.dataset.events, refresh);
    } else if (main && main.dataset.job) {
        followRequests();
    }
}

if (document.body.classList.contains("page-jobs")) {
    followList();
}
start();
