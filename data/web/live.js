// SPDX-License-Identifier: Apache-2.0
// A page that follows its job. What is under way comes with each event, as values; what was found
// is read from the page itself, which the server makes anew.

import {make, makeId} from "./draw.js";
import {duration, leftOf, percent, short} from "./text.js";

const LEAST_MS = 5000;  // between two readings of a page
const REFUSED_MS = 30000;
const CHANGING = [
    "main > .about", "#answer", "#live", "#culprit", "#crash", "#revisions", "#built", "#actions",
    "#picture-belief details.table", "#picture-cost details.table"
];

/* --- What is under way -------------------------------------------------------------------------
 */

const clock = (at_ms) => new Date(at_ms).toTimeString().slice(0, 8);

function say(id, text) {
    const element = document.getElementById(id);

    if (element && element.textContent !== text) {
        element.textContent = text;
    }
}

function list(id, items) {
    const element = document.getElementById(id);

    if (element) {
        element.replaceChildren(...items.map((item) => make("li", {}, item)));
    }
}

function showSuspects(suspects) {
    const body = document.querySelector("#live-suspects tbody");
    const linked = {address: () => null};

    if (body) {
        body.replaceChildren(...suspects.map(
            (suspect) => make(
                "tr", {}, make("td", {className: "number"}, percent(suspect.p)),
                make(
                    "td", {}, makeId(linked, suspect.commit, short(suspect.commit)),
                    suspect.or_older ? " or older" : ""),
                make("td", {}, make("bdi", {}, suspect.subject || "")))));
    }
}

function describeLeft(live) {
    const left =
        live.n_revisions ? `${leftOf(live.n_left, live.n_revisions - 1, live.bits)}. ` : "";
    const [median, low, high] =
        [live.left_s, live.left_low_s, live.left_high_s].map((s) => duration(1000 * s));

    return live.has_left ? `${left}About ${median} more (${low} to ${high}).` : left;
}

function showWorks(live) {
    list("live-works", live.works.map((work) => {
        const ms = Math.max(0, Date.now() - work.begun_ms);

        return `${work.text}, for ${duration(ms)}`;
    }));
}

function showLive(live) {
    document.getElementById("live").hidden = false;
    say("live-phase", live.is_paused ? `${live.phase}: paused` : live.phase);
    say("live-doing", live.doing || "");
    say("live-left", describeLeft(live));
    showWorks(live);
    list(
        "live-events", live.events.map((event) => `${clock(event.at_ms)} ${event.text}`).reverse());
    showSuspects(live.suspects);
}

/* --- What was found ----------------------------------------------------------------------------
 */

/** Put @fresh in the place of @old, unless somebody is using that; its <details> stay open. */
function replace(old, fresh) {
    if (!old || !fresh || old.outerHTML === fresh.outerHTML ||
        old.contains(document.activeElement)) {
        return;
    }
    const all = (element) => [element, ...element.querySelectorAll("*")].filter(
        (one) => one.localName === "details");
    const open = all(old).map((details) => details.open);

    all(fresh).forEach((details, i) => {
        details.open = open[i] ?? details.open;
    });
    old.replaceWith(document.adoptNode(fresh));
}

/** The server cannot be reached: the page stays as it is, and asks again. */
const isAway = () => {};
const fetchPage = async () => {
    const answer = await fetch(location.href);

    if (!answer.ok) {
        throw new Error(`${answer.status}`);  // a page about an error is none of the job
    }
    return new DOMParser().parseFromString(await answer.text(), "text/html");
};

/** What was asked of the daemon: it stands before @place only until the daemon has taken it. */
const requests = () => document.getElementById("requests");
function readRequests(fresh, place) {
    const asked = fresh.getElementById("requests");

    if (asked?.outerHTML !== requests()?.outerHTML) {
        requests()?.remove();
        place.before(...asked ? [asked] : []);
    }
}

async function readPage() {
    const fresh = await fetchPage();

    readRequests(fresh, document.getElementById("answer"));
    for (const selector of CHANGING) {
        replace(document.querySelector(selector), fresh.querySelector(selector));
    }
}

/** The server has no place for one more who follows (browsers do not try again by themselves). */
function sayRefused(is_refused) {
    document.getElementById("live-refused")?.remove();
    if (is_refused) {
        document.getElementById("live").before(make(
            "p", {id: "live-refused", role: "status"},
            `Too many follow jobs already: this page is read anew every ${REFUSED_MS / 1000} s.`));
    }
}

/** Follow the events at @address; @refresh() loads what the pictures show. */
export function follow(address, refresh) {
    let known = "", waits = false, last = 0, live = null, source = null;
    const tick = setInterval(() => live && showWorks(live), 1000);

    const readAgain = async () => {
        waits = false;
        last = Date.now();
        await readPage().then(refresh).catch(isAway);
        watchRequests();
    };
    const readSoon = (least_ms) => {
        if (!waits) {
            waits = true;
            setTimeout(readAgain, Math.max(0, last + least_ms - Date.now()));
        }
    };

    const watchRequests = () => requests() && readSoon(LEAST_MS);

    const onNews = (event) => {
        const news = JSON.parse(event.data);
        document.getElementById("main").dataset.state = news.state;
        const rows = [news.state, news.phase, news.trials, news.kernels].join();

        live = news.live;
        if (live) {
            showLive(live);
        }
        if (news.is_done) {
            source.close();
            clearInterval(tick);
            waits = false;
            readSoon(0);
        } else if (rows !== known) {
            readSoon(LEAST_MS);
        }
        known = rows;
    };
    const listen = () => {
        source = new EventSource(address);
        source.addEventListener("open", () => sayRefused(false));
        source.addEventListener("live", onNews);
        source.addEventListener("error", () => {
            known = "";  // what happens until the browser has found the server again is not told
            if (source.readyState === EventSource.CLOSED) {
                sayRefused(true);
                readSoon(0);
                setTimeout(listen, REFUSED_MS);
            }
        });
    };

    listen();
    watchRequests();
}

/**
 * Of a job that is not at work: when the daemon has taken what was asked of it, begin anew, unless
 * somebody fills in a form.
 */
export function followRequests() {
    const readAgain = async () => {
        if (!document.hidden && !document.activeElement?.form &&
            !(await fetchPage()).getElementById("requests")) {
            location.reload();
        }
    };

    if (requests()) {
        setInterval(() => readAgain().catch(isAway), LEAST_MS);
    }
}

async function readList() {
    const list = "main > .wide", parts = "main > .parts";
    const fresh = await fetchPage();

    readRequests(fresh, document.querySelector(list) || document.querySelector(parts));

    if (document.querySelector(list)) {
        replace(document.querySelector(list), fresh.querySelector(list));
    } else {
        document.querySelector(parts).before(...fresh.querySelectorAll(list));  // the first jobs
    }
    replace(document.querySelector(parts), fresh.querySelector(parts));
}

/** Keep the list of jobs as it is on the server, while somebody can see it. */
export function followList() {
    setInterval(() => document.hidden || readList().catch(isAway), LEAST_MS);
}
