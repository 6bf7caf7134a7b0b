/* SPDX-License-Identifier: Apache-2.0
 * All stack traces of a report.
 */
#pragma once

#include "oops/console.h"

/* The stacks that @lines (of PrintedLine) have. Array of OopsStack, owned by the caller. */
GPtrArray *stacks_read(const OopsReader *reader, const GArray *lines, Match *match);
