// SPDX-License-Identifier: Apache-2.0
// The time that a job was worked on: sessions one behind the other, without what lies between them.
// Pure.

const NICE_S = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800];

/**
 * {worked(ms since the epoch) -> ms of work, total, pauses: ms of work where a session began
 * anew}.
 */
export function makeClock(sessions) {
    const known = sessions.filter((session) => session.ended_ms >= session.begun_ms);
    const pauses = [];
    const starts = [];
    let total = 0;

    for (const session of known) {
        if (total > 0) {
            pauses.push(total);
        }
        starts.push(total);
        total += session.ended_ms - session.begun_ms;
    }
    const worked = (at) => {
        let sum = 0;

        for (let i = 0; i < known.length && at >= known[i].begun_ms; i++) {
            sum = starts[i] + Math.min(at, known[i].ended_ms) - known[i].begun_ms;
        }
        return sum;
    };

    return {worked, total, pauses};
}

/** Ticks in ms, at most @n of them, at lengths that people count in. */
export function ticks(total_ms, n) {
    const step =
        1000 * (NICE_S.find((s) => total_ms / (1000 * s) <= n) || Math.ceil(total_ms / 1000 / n));
    const list = [];

    for (let at = 0; at <= total_ms; at += step) {
        list.push(at);
    }
    return list;
}
