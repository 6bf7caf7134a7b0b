/* SPDX-License-Identifier: Apache-2.0
 * What a job has to do with others, as the reports tell it.
 */
#pragma once

#include "report/report.h"

/* A sentence on the jobs whose culprits it began with, and whether these are its own, too. Owned by
 * the caller; NULL where there are none. */
char *report_begun_with(const Report *report);

/* Arrays of what docs/JSON.md describes under "same_bug" and "known_bugs". */
json_t *report_same_bug_json(const Report *report);
json_t *report_known_json(const Report *report);
