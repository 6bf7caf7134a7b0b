// SPDX-License-Identifier: Apache-2.0
// Belief over the history as a few levels of darkness. Pure.

/** Least probability of a bin for each level, darkest last. */
export const LEVELS = [0, 0.002, 0.01, 0.05, 0.2, 0.5];

export const level = (p) => LEVELS.findLastIndex((least) => p > least);

/**
 * For each level the rectangles {step, low, high} (bins, high excluded) that have it: neighbours in
 * a step are one.
 */
export function rectangles(moments) {
    const levels = LEVELS.map(() => []);

    moments.forEach((moment, step) => {
        let last = null;

        for (const [bin, p] of moment.shares) {
            const here = level(p);

            if (here < 0) {
                continue;
            }
            if (last && last.level === here && last.rectangle.high === bin) {
                last.rectangle.high++;
            } else {
                last = {level: here, rectangle: {step, low: bin, high: bin + 1}};
                levels[here].push(last.rectangle);
            }
        }
    });
    return levels;
}

/** The bin of revision @index of a range of @n; null where it lies outside. */
export function binOf(index, n, bins) {
    return index == null || index < 0 || n <= 0 ? null :
                                                  Math.min(bins - 1, Math.floor(index * bins / n));
}

/**
 * Names of releases at the side of the history: {text, bin}, from the newest on, none nearer
 * than @gap bins.
 */
export function releaseMarks(nodes, n, bins, gap) {
    const marks = [];

    for (const node of [...nodes].sort((a, b) => b.index - a.index)) {
        const bin = node.label ? binOf(node.index, n, bins) : null;

        if (bin !== null && (!marks.length || marks[marks.length - 1].bin - bin >= gap)) {
            marks.push({text: node.label, bin});
        }
    }
    return marks;
}
