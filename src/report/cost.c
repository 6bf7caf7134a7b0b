/* SPDX-License-Identifier: Apache-2.0
 * The sums of cost.h. One sweep over the beginnings and ends of all spans: O(n log n) in their
 * number.
 */
#include "report/cost.h"

gboolean cost_is_build(const SpanRow *span)
{
    return g_str_equal(span->kind, "build");
}

gboolean cost_is_trial(const SpanRow *span)
{
    return g_str_equal(span->kind, "trial");
}

guint64 cost_within(const SpanRow *span, gint64 from_ms, gint64 to_ms)
{
    gint64 begun_ms = MAX(span->begun_ms, from_ms), ended_ms = MIN(span->ended_ms, to_ms);

    return ended_ms > begun_ms ? (guint64)(ended_ms - begun_ms) : 0;
}

/* A clock that was set back makes no time. */
static guint64 length(const SpanRow *span)
{
    return cost_within(span, span->begun_ms, span->ended_ms);
}

/* --- Sessions -------------------------------------------------------------------------------- */

static int by_begin(gconstpointer a, gconstpointer b)
{
    const SpanRow *const *x = a, *const *y = b;

    return ((*x)->begun_ms > (*y)->begun_ms) - ((*x)->begun_ms < (*y)->begun_ms);
}

/* Each begins with its "setup", and ends with the last that was begun in it. @spans by begin. */
static GArray *find_sessions(const GPtrArray *spans)
{
    GArray *sessions = g_array_new(FALSE, FALSE, sizeof(CostSession));

    for (guint i = 0; i < spans->len; i++) {
        const SpanRow *span = spans->pdata[i];
        CostSession *last;

        if (i == 0 || g_str_equal(span->kind, "setup")) {
            CostSession session = {.begun_ms = span->begun_ms, .ended_ms = span->begun_ms};

            g_array_append_val(sessions, session);
        }
        last = &g_array_index(sessions, CostSession, sessions->len - 1);
        last->ended_ms = MAX(last->ended_ms, span->ended_ms);
    }
    return sessions;
}

/* --- Parts ----------------------------------------------------------------------------------- */

typedef struct Edge {
    gint64 at_ms;
    const SpanRow *span;
    gboolean is_end;
} Edge;

/* What ends comes before what begins then. */
static int compare_edges(gconstpointer a, gconstpointer b)
{
    const Edge *x = a, *y = b;

    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return y->is_end - x->is_end;
}

static GArray *list_edges(const GPtrArray *spans)
{
    GArray *edges = g_array_new(FALSE, FALSE, sizeof(Edge));

    for (guint i = 0; i < spans->len; i++) {
        const SpanRow *span = spans->pdata[i];

        if (length(span)) {
            Edge pair[] = {{span->begun_ms, span, FALSE}, {span->ended_ms, span, TRUE}};

            g_array_append_vals(edges, pair, G_N_ELEMENTS(pair));
        }
    }
    g_array_sort(edges, compare_edges);
    return edges;
}

static void add_part(Cost *cost, const char *name, guint64 ms)
{
    CostPart part = {.name = name, .ms = ms};

    for (guint i = 0; i < cost->parts->len; i++) {
        CostPart *known = &g_array_index(cost->parts, CostPart, i);

        if (g_str_equal(known->name, name)) {
            known->ms += ms;
            return;
        }
    }
    g_array_append_val(cost->parts, part);
}

/* What is going on. */
typedef struct Now {
    guint n_builds, n_trials;
    GPtrArray *own; /* of SpanRow: what the coordinator does itself */
} Now;

static const char *part_of(const Now *now)
{
    if (now->n_builds) {
        return now->n_trials ? PART_BOTH : PART_BUILD;
    }
    if (now->n_trials) {
        return PART_TRIAL;
    }
    /* The innermost. */
    return now->own->len ? ((const SpanRow *)now->own->pdata[now->own->len - 1])->kind : NULL;
}

static void pass_edge(Now *now, const Edge *edge)
{
    int step = edge->is_end ? -1 : 1;

    if (cost_is_build(edge->span)) {
        now->n_builds = (guint)((int)now->n_builds + step);
    } else if (cost_is_trial(edge->span)) {
        now->n_trials = (guint)((int)now->n_trials + step);
    } else if (edge->is_end) {
        g_ptr_array_remove(now->own, (gpointer)edge->span);
    } else {
        g_ptr_array_add(now->own, (gpointer)edge->span);
    }
}

static void divide(Cost *cost, const GPtrArray *spans)
{
    g_autoptr(GArray) edges = list_edges(spans);
    g_autoptr(GPtrArray) own = g_ptr_array_new();
    Now now = {.own = own};
    guint64 parts_ms = 0;

    add_part(cost, PART_BUILD, 0);
    add_part(cost, PART_TRIAL, 0);
    add_part(cost, PART_BOTH, 0);
    for (guint i = 0; i < edges->len; i++) {
        const Edge *edge = &g_array_index(edges, Edge, i);
        guint64 ms = i ? (guint64)(edge->at_ms - edge[-1].at_ms) : 0;
        const char *part = part_of(&now);

        if (part) {
            add_part(cost, part, ms);
            parts_ms += ms;
        }
        pass_edge(&now, edge);
    }
    for (guint i = 0; i < cost->sessions->len; i++) {
        const CostSession *session = &g_array_index(cost->sessions, CostSession, i);

        cost->wall_ms += (guint64)(session->ended_ms - session->begun_ms);
    }
    /* Every span lies in a session. Sessions overlap only where the clock was set back. */
    add_part(cost, PART_REST, cost->wall_ms > parts_ms ? cost->wall_ms - parts_ms : 0);
    cost->wall_ms = MAX(cost->wall_ms, parts_ms);
}

/* --- Uses ------------------------------------------------------------------------------------ */

static int compare_ms(gconstpointer a, gconstpointer b)
{
    guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

    return (x > y) - (x < y);
}

static CostUse count_use(const GPtrArray *spans, const char *kind, const char *how)
{
    CostUse use = {.kind = kind, .how = how};
    g_autoptr(GArray) lengths = g_array_new(FALSE, FALSE, sizeof(guint64));

    for (guint i = 0; i < spans->len; i++) {
        const SpanRow *span = spans->pdata[i];
        guint64 ms = length(span);

        if (g_str_equal(span->kind, kind) && g_strcmp0(span->how, how) == 0) {
            use.sum_ms += ms;
            g_array_append_val(lengths, ms);
        }
    }
    use.n = lengths->len;
    if (use.n) {
        g_array_sort(lengths, compare_ms);
        use.median_ms = g_array_index(lengths, guint64, use.n / 2);
    }
    return use;
}

/* Of all that is @kind, each how in the order it first ended. */
static void count_uses(Cost *cost, const GPtrArray *spans, const char *kind)
{
    guint first = cost->uses->len;

    for (guint i = 0; i < spans->len; i++) {
        const SpanRow *span = spans->pdata[i];
        gboolean is_known = !g_str_equal(span->kind, kind);

        for (guint j = first; !is_known && j < cost->uses->len; j++) {
            is_known = g_strcmp0(g_array_index(cost->uses, CostUse, j).how, span->how) == 0;
        }
        if (!is_known) {
            CostUse use = count_use(spans, kind, span->how);

            g_array_append_val(cost->uses, use);
        }
    }
}

/* --- Groups ---------------------------------------------------------------------------------- */

static CostGroup *find_group(GArray *groups, const char *name)
{
    CostGroup group = {.name = name};

    for (guint i = 0; i < groups->len; i++) {
        CostGroup *known = &g_array_index(groups, CostGroup, i);

        if (g_strcmp0(known->name, name) == 0) {
            return known;
        }
    }
    g_array_append_val(groups, group);
    return &g_array_index(groups, CostGroup, groups->len - 1);
}

static void add_to_group(CostGroup *group, const SpanRow *span)
{
    if (cost_is_build(span)) {
        group->n_builds++;
        group->build_ms += length(span);
    } else if (cost_is_trial(span)) {
        group->n_trials++;
        group->trial_ms += length(span);
    } else {
        group->own_ms += length(span);
    }
}

/* --- Savings --------------------------------------------------------------------------------- */

static guint64 saved(guint n, guint64 without_ms, guint64 with_ms)
{
    return without_ms > with_ms ? n * (without_ms - with_ms) : 0;
}

static void add_saving(Cost *cost, const char *what, guint n, guint64 ms)
{
    CostSaving saving = {.what = what, .n = n, .ms = ms};

    if (ms) {
        g_array_append_val(cost->savings, saving);
    }
}

/* The medians are what one more of the kind would have cost. */
static void estimate_savings(Cost *cost, const GPtrArray *spans, guint n_spared)
{
    CostUse first = count_use(spans, "build", "first"),
            incremental = count_use(spans, "build", "incremental"),
            stored = count_use(spans, "build", "store"), shared = count_use(spans, "build", "same"),
            booted = count_use(spans, "trial", "booted"),
            restored = count_use(spans, "trial", "restored");
    guint64 build_ms = incremental.n ? incremental.median_ms : first.median_ms;
    guint64 trial_ms = restored.n ? restored.median_ms : booted.median_ms;

    add_saving(cost, "store", stored.n, saved(stored.n, build_ms, stored.median_ms));
    add_saving(cost, "shared", shared.n, saved(shared.n, build_ms, shared.median_ms));
    if (first.n) {
        add_saving(cost, "incremental", incremental.n,
                   saved(incremental.n, first.median_ms, incremental.median_ms));
    }
    if (booted.n) {
        add_saving(cost, "restored", restored.n,
                   saved(restored.n, booted.median_ms, restored.median_ms));
    }
    add_saving(cost, "same", n_spared, n_spared * trial_ms);
}

/* --- All ------------------------------------------------------------------------------------- */

static GArray *new_array(gsize size)
{
    return g_array_new(FALSE, FALSE, (guint)size);
}

Cost *cost_sum(const GPtrArray *spans, guint n_spared)
{
    g_autoptr(GPtrArray) begun = g_ptr_array_new();
    Cost *cost = g_new0(Cost, 1);

    for (guint i = 0; i < spans->len; i++) {
        g_ptr_array_add(begun, spans->pdata[i]);
    }
    g_ptr_array_sort(begun, by_begin);
    cost->sessions = find_sessions(begun);
    cost->parts = new_array(sizeof(CostPart));
    cost->uses = new_array(sizeof(CostUse));
    cost->phases = new_array(sizeof(CostGroup));
    cost->revisions = new_array(sizeof(CostGroup));
    cost->savings = new_array(sizeof(CostSaving));
    divide(cost, begun);
    count_uses(cost, spans, "build");
    count_uses(cost, spans, "trial");
    for (guint i = 0; i < begun->len; i++) {
        const SpanRow *span = begun->pdata[i];

        if (cost_is_build(span)) {
            cost->n_build_lanes = MAX(cost->n_build_lanes, span->lane + 1);
        } else if (cost_is_trial(span)) {
            cost->n_trial_lanes = MAX(cost->n_trial_lanes, span->lane + 1);
        }
        add_to_group(find_group(cost->phases, span->phase), span);
        if (span->commit) {
            add_to_group(find_group(cost->revisions, span->commit), span);
        }
    }
    estimate_savings(cost, spans, n_spared);
    return cost;
}

void cost_free(Cost *cost)
{
    if (!cost) {
        return;
    }
    g_array_unref(cost->sessions);
    g_array_unref(cost->parts);
    g_array_unref(cost->uses);
    g_array_unref(cost->phases);
    g_array_unref(cost->revisions);
    g_array_unref(cost->savings);
    g_free(cost);
}
