/* SPDX-License-Identifier: Apache-2.0
 * What the files that read a log share.
 */
#pragma once

#include "audit/audit.h"

/* An empty one, RESULT_UNFINISHED. */
BisectLog *bisect_log_new(void);
void logged_run_free(LoggedRun *run);

/* What a run is that the log tells as @kind with @title: the machine's faults are found out. */
RunKind logged_run_kind(RunKind kind, const char *title);

/* Take a line of what git shows of the culprit. */
void log_take_commit_line(BisectLog *log, const char *line);

/* All is read: count the runs, say what each test came to. */
void bisect_log_conclude(BisectLog *log);
