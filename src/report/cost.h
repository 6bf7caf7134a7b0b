/* SPDX-License-Identifier: Apache-2.0
 * Where the time of a job went: sums over its spans (store/store.h), as values. Pure.
 *
 * A *session* is the work of one process on the job; what lies between two of them is nobody's
 * time. The wall time is the sum of the sessions, and the *parts* add up to it: each millisecond
 * belongs to one.
 */
#pragma once

#include "store/store.h"

/* The first three parts. What the coordinator did itself while nothing was built or tried is a part
 * of its own, named by SpanRow.kind; the last part, "rest", has no span: deciding and storing. */
#define PART_BUILD "build" /* only building */
#define PART_TRIAL "trial" /* only testing */
#define PART_BOTH  "both"
#define PART_REST  "rest"
typedef struct CostPart {
    const char *name;
    guint64 ms;
} CostPart;

/* Spans of one kind, and of one SpanRow.how. */
typedef struct CostUse {
    const char *kind, *how; /* how: NULL as there */
    guint n;
    guint64 sum_ms, median_ms; /* of one lane's time */
} CostUse;

/* Spans of one phase or one revision. */
typedef struct CostGroup {
    const char *name; /* phase, NULL before the first; or commit */
    guint n_builds, n_trials;
    guint64 build_ms, trial_ms, own_ms; /* sums over lanes; own: the coordinator's */
} CostGroup;

/* What reuse spared, by the job's own figures; an estimate. */
typedef struct CostSaving {
    const char *what; /* "store": kernels that were there; "shared": by their sources;
                         "incremental": objects of the build before; "restored": boots; "same":
                         trials of a kernel that had them already */
    guint n;          /* builds or trials */
    guint64 ms;       /* of one lane's time */
} CostSaving;

typedef struct CostSession {
    gint64 begun_ms, ended_ms;
} CostSession;

typedef struct Cost {
    guint64 wall_ms;
    GArray *sessions;           /* of CostSession, in order */
    GArray *parts;              /* of CostPart; none is left out */
    GArray *uses;               /* of CostUse, builds first */
    GArray *phases, *revisions; /* of CostGroup, in the order they began */
    GArray *savings;            /* of CostSaving; those that are none are left out */
    guint n_build_lanes, n_trial_lanes;
} Cost;

/* Trials that were not run since the kernel had some already: @n_spared. Strings belong to @spans
 * (of SpanRow, in the order they ended). */
Cost *cost_sum(const GPtrArray *spans, guint n_spared);
void cost_free(Cost *cost);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cost, cost_free)

gboolean cost_is_build(const SpanRow *span);
gboolean cost_is_trial(const SpanRow *span);
/* Of @span, the milliseconds between @from_ms and @to_ms. */
guint64 cost_within(const SpanRow *span, gint64 from_ms, gint64 to_ms);
