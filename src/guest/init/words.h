/* SPDX-License-Identifier: Apache-2.0
 * The words between our PID 1 and its host, one line each, on the second serial port.
 *
 *     firstbad-guest 1 init    first line: PID 1 runs
 *     ready                    a trivial program ran, and PID 1 waits for its orders: "go" below
 *     failed TEXT              the guest cannot do its part; nothing follows
 *     run K                    the reproducer starts for the K-th time, from 1
 *     out TEXT                 a line that the reproducer printed
 *     tick                     once a second while it runs: PID 1 still answers
 *     trace K                  from here on its system calls are counted
 *     call NR ITEMS RESULT N   so far N calls of number NR had this RESULT: an errno, 0 when they
 *                              succeeded, "-" for all that were entered. ITEMS is what makes the
 *                              call a thing of its own (shapes.h): numbers and strings with a "
 *                              before them, with commas between; "-" when there is none, "*" when
 *                              there are too many. A row that is new is sent before the call goes
 * on traced HOW               that was all: "whole" when the reproducer ended by itself, "cut" when
 *                              time was up
 *     exit K STATUS            it ended: 0..255, or -1 when a signal or its time ended it
 *     end                      all runs are done and the settling time is over
 *
 * Anything else is ignored, and nothing can take a stage back: the reproducer can reach this port.
 */
#pragma once

#define WORD_HELLO  "firstbad-guest 1 init"
#define WORD_READY  "ready"
#define WORD_FAILED "failed "
#define WORD_RUN    "run "
#define WORD_OUT    "out "
#define WORD_TICK   "tick"
#define WORD_TRACE  "trace "
#define WORD_CALL   "call "
#define WORD_TRACED "traced "
#define WORD_EXIT   "exit "
#define WORD_END    "end"

/* In "call" and "traced" lines. */
#define NO_ITEMS       "-"
#define OTHER_ITEMS    "*"
#define RESULT_ENTERED "-"
#define TRACED_WHOLE   "whole"
#define TRACED_CUT     "cut"

/* For all numbers so high that no kernel knows them. */
#define UNKNOWN_CALL 999999U
/* Added to the number of a call that is not one of x86-64 (int 0x80, say). */
#define FOREIGN_CALLS 1000000U

/* Rows of a trace: so many are told apart, and as many again of the calls as a whole. */
#define TRACE_ROWS 512
/* Bytes of ITEMS. */
#define TRACE_ITEMS_MAX 80
/* What tracing may take; then the run goes on without. Also the time of a run that is made only to
 * be traced. */
#define TRACE_LIMIT_MS 5000

/* Bytes of "out" lines before PID 1 says that there is more. */
#define OUTPUT_LIMIT 16384

/* What PID 1 puts into the kernel's log just before the first run, so that the console by itself
 * tells what belongs to the boot and what to the reproducer. */
#define MARK_REPRO "firstbad: the reproducer starts"

/* What it prints on the console when there is nobody to talk to. */
#define MARK_NO_PORT "firstbad: no second serial port (CONFIG_SERIAL_8250)"

/* The one line from the host: "go runs=5 time_ms=30000 ..." (orders.h). */
#define WORD_GO             "go "
#define ORDER_RUNS          "runs="
#define ORDER_TIME_MS       "time_ms="
#define ORDER_SETTLE_MS     "settle_ms="
#define ORDER_PANIC_ON_WARN "panic_on_warn=" /* 1 or 0 */
#define ORDER_TRACE         "trace="         /* past the last run: one more is made for it */
#define ORDER_CLOCK_MS      "clock_ms="
#define ORDER_SEED          "seed=" /* hexadecimal, SEED_BYTES */
