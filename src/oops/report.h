/* SPDX-License-Identifier: Apache-2.0
 * A report from its place on the console.
 */
#pragma once

#include "oops/console.h"

typedef struct ReportPlace {
    const Header *header;
    gsize from;   /* what comes before belongs to an earlier report */
    gsize second; /* where another crash begins that is not part of this report */
    gsize end;    /* nothing behind belongs to it */
    gsize last;   /* end of the last header line before @end */
} ReportPlace;

/* All but what the console says as a whole: @suppressed, @panicked, @end. */
OopsReport *report_read(const OopsReader *reader, const Window *window, const ReportPlace *place);
