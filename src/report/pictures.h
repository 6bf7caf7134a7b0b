/* SPDX-License-Identifier: Apache-2.0
 * What the pictures of a job are drawn from.
 */
#pragma once

#include "report/report.h"

/* So many moments and trials at most: what is left out are moments and trials between others. */
#define PICTURES_MOMENTS 150
#define PICTURES_TRIALS  10000
/* Belief as it narrowed, the graph of what was tried, all trials, and where the time went, from
 * @report and its moments: docs/JSON.md describes it. Owned by the caller. */
json_t *report_pictures_json(const Report *report);
