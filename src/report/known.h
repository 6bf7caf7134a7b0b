/* SPDX-License-Identifier: Apache-2.0
 * What a job has to do with others, as the reports tell it.
 */
#pragma once

#include "report/report.h"

/* Arrays of what docs/JSON.md describes under "same_bug" and "known_bugs". */
json_t *report_same_bug_json(const Report *report);
json_t *report_known_json(const Report *report);
