/* SPDX-License-Identifier: Apache-2.0
 * What of the tests of others is told.
 */
#pragma once

#include "report/report.h"

/* The runs of each revision together. Array of ReportForeign, owned by the caller. */
GPtrArray *report_sum_foreign(const Report *report);
/* Nothing where there are none. */
void report_add_foreign(GString *text, const Report *report);
/* The same as comments of the bisection log: what others saw is no test of ours. */
void report_add_foreign_log(GString *log, const Report *report);
json_t *report_foreign_json(const Report *report);
