/* SPDX-License-Identifier: Apache-2.0
 * What the files of `firstbad audit` share.
 */
#pragma once

#include "audit/audit.h"
#include "cli/cli.h"

/* What our own model makes of the tests of @log, for people as above. */
char *rejudged_text(const Repo *repo, const Rejudged *rejudged);

/* What happened, and what to think of it, for people: 80 columns, clean of what could steer a
 * terminal; with colours where @has_colour. Owned by the caller. */
char *audit_text(const BisectLog *log, const Audit *audit, gboolean has_colour);
