// SPDX-License-Identifier: Apache-2.0
// What verdicts and outcomes are called and drawn as: a shape each, so that no colour has to be
// told from another one. A shape is the rest of an SVG path behind its middle; so thousands of them
// are one path.

const circle = "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0";
const diamond = "m0 -4.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z";
const square = "m-3 -3h6v6h-6z";
const triangle = "m0 -4l4 7h-8z";
const cross = "m-3 -3l6 6m0 -6l-6 6";
const plus = "m-3.5 0h7m-3.5 -3.5v7";
const dash = "m-3 0h6";

export const verdicts = {
    good: {text: "good", shape: circle},
    bad: {text: "bad", shape: diamond},
    skip: {text: "skip: cannot be told", shape: cross},
    unknown: {text: "not decided", shape: circle},
};

export const outcomes = {
    "ok": {text: "no crash", shape: circle},
    "crash": {text: "crash of this bug", shape: diamond},
    "doubtful": {text: "crash, perhaps of this bug", shape: triangle},
    "other-crash": {text: "crash of another bug", shape: square},
    "unreached": {text: "could not have shown the bug", shape: triangle},
    "boot-failed": {text: "did not boot", shape: plus},
    "basic-failed": {text: "booted, but runs nothing", shape: cross},
    "infra": {text: "our machine failed", shape: dash},
};

// Of a run, which has a test and no guest.
const runOutcomes = {
    ...outcomes,
    "ok": {text: "passed", shape: circle},
    "crash": {text: "failed", shape: diamond},
    "basic-failed": {text: "cannot be tested", shape: cross},
};
export const outcomesOf = (isRun) => isRun ? runOutcomes : outcomes;
