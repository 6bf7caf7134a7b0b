/* SPDX-License-Identifier: Apache-2.0
 * The kinds of lines that bisection logs are made of, for fuzz-log.
 */
#include "../mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b,
                                 uint8_t *out, size_t n_max, unsigned seed);

#define A "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define B "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"
#define C "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
#define D "d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4"

static const char *const lines[] = {
    "bisecting cause commit starting from " A,
    "bisecting fixing commit since " A,
    "building syzkaller on 9999999999999999999999999999999999999999",
    "testing release v4.20",
    "testing current HEAD " D,
    "testing commit " A,
    "testing commit " B " with gcc (GCC) 8.1.0",
    "testing commit " C,
    "compiler: gcc (Debian 10.2.1-6) 10.2.1, GNU ld (GNU Binutils for Debian) 2.35.2",
    "kernel signature: " A "a1a1a1a1a1a1a1a1a1a1a1a1",
    "kernel signature: " B "b2b2b2b2b2b2b2b2b2b2b2b2",
    "all runs: OK",
    "all runs: crashed: KASAN: use-after-free Read in foo_read",
    "run #0: crashed: WARNING in bar_write",
    "run #1: OK",
    "run #2: boot failed: can't ssh into the instance",
    "run #3: basic kernel testing failed: no word",
    "run #4: infra problem: no disk",
    "run #5: crashed: INFO: task hung in foo",
    "failed: failed to create VM pool",
    "failed testing reproducer on " B,
    "reproducer seems to be flaky",
    "reproducer is flaky (0.10 repro chance estimate)",
    "unable to determine the verdict: 3 good runs (wanted 5), for bad wanted 5 in total, got 9",
    "# git bisect start " A " " B,
    "# git bisect good " B,
    "# git bisect bad " C,
    "# git bisect skip " D,
    "Bisecting: 1234 revisions left to test after this (roughly 10 steps)",
    "[" C "] foo: count twice",
    "parent commit " B " wasn't tested",
    "accumulated error probability: 0.25",
    "culprit signature: " A "a1a1a1a1a1a1a1a1a1a1a1a1",
    "parent  signature: " B "b2b2b2b2b2b2b2b2b2b2b2b2",
    "previous signature: " B,
    "Reproducer flagged being flaky",
    "revisions tested: 4, total time: 1h2m3.5s (build: 40m0.25s, test: 20m1s)",
    C " is the first bad commit",
    "first bad commit: " C " foo: count twice",
    "first good commit: " D " foo: count once",
    "commit " C,
    "Author: A U Thor <a@example.org>",
    "Date:   Mon Jan 7 12:00:00 2019 +0000",
    "    foo: count twice",
    "    Fixes: b2b2b2b2b2b2 (\"foo: count\")",
    ":040000 040000 1111111111111111111111111111111111111111 2222 M\tnet",
    " net/foo/foo.c | 2 +-",
    "recipients (to): [\"a@example.org\" \"b@example.org\"]",
    "recipients (cc): []",
    "cc: [\"a@example.org\"]",
    "bisection is inconclusive, the first bad commit could be any of:",
    C,
    "the crash already happened on the oldest tested release",
    "crash still not fixed/happens on the oldest tested release",
    "the crash still happens on HEAD",
    "commit msg: Linux 4.20",
    "error: the crash wasn't reproduced on the original commit",
    "crash: KASAN: use-after-free Read in foo_read",
    "net/foo/foo.c:7:1: error: expected ';' before 'return'",
    "",
    NULL,
};

static const char *const prefixes[] = {"", "> ", "# ", "2019/01/07 12:00:00 ", NULL};

static const LineKinds kinds = {lines, prefixes, 0};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t n_max, unsigned seed)
{
    return lines_mutate(&kinds, data, n, n_max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b,
                                 uint8_t *out, size_t n_max, unsigned seed)
{
    return lines_cross(&kinds, a, n_a, b, n_b, out, n_max, seed);
}
