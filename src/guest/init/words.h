/* SPDX-License-Identifier: Apache-2.0
 * The words between our PID 1 and its host, one line each, on the second serial port.
 *
 *     firstbad-guest 1 init    first line: PID 1 runs
 *     basic ok                 a trivial program ran
 *     failed TEXT              the guest cannot do its part; nothing follows
 *     run K                    the reproducer starts for the K-th time, from 1
 *     out TEXT                 a line that the reproducer printed
 *     tick                     once a second while it runs: PID 1 still answers
 *     exit K STATUS            it ended: 0..255, or -1 when a signal or its time ended it
 *     end                      all runs are done and the settling time is over
 *
 * Anything else is ignored, and nothing can take a stage back: the reproducer can reach this port.
 */
#pragma once

#define WORD_HELLO    "firstbad-guest 1 init"
#define WORD_BASIC_OK "basic ok"
#define WORD_FAILED   "failed "
#define WORD_RUN      "run "
#define WORD_OUT      "out "
#define WORD_TICK     "tick"
#define WORD_EXIT     "exit "
#define WORD_END      "end"

/* Bytes of "out" lines before PID 1 says that there is more. */
#define OUTPUT_LIMIT 16384

/* What PID 1 puts into the kernel's log just before the first run, so that the console by itself
 * tells what belongs to the boot and what to the reproducer. */
#define MARK_REPRO "firstbad: the reproducer starts"

/* What it prints on the console when there is nobody to talk to. */
#define MARK_NO_PORT "firstbad: no second serial port (CONFIG_SERIAL_8250)"

/* Arguments of PID 1, after "--" on the kernel's command line. */
#define ARG_RUNS          "runs="      /* 0: until time is up */
#define ARG_TIME_MS       "time_ms="   /* for all runs together */
#define ARG_SETTLE_MS     "settle_ms=" /* after the last run */
#define ARG_PANIC_ON_WARN "panic_on_warn"
