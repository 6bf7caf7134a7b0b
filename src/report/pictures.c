/* SPDX-License-Identifier: Apache-2.0
 * The data of the pictures: of moments, places and trials, as the store keeps them.
 */
#include "report/pictures.h"

#include <stdlib.h>
#include <string.h>

#define PICTURES_VERSION 1

/* --- Belief ---------------------------------------------------------------------------------- */

/* "BIN:THOUSANDTHS ..." as pairs of a bin and a probability. */
static json_t *shares_json(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    json_t *array = json_array();

    for (char **word = words; *word; word++) {
        const char *colon = strchr(*word, ':');

        if (colon) {
            json_array_append_new(array,
                                  json_pack("[i, f]", atoi(*word), atoi(colon + 1) / 1000.0));
        }
    }
    return array;
}

static json_t *suspects_json(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    json_t *array = json_array();

    for (char **word = words; *word; word++) {
        char *colon = strchr(*word, ':');

        if (colon) {
            *colon = '\0';
            json_array_append_new(array, json_pack("{s:o, s:f}", "commit", job_text_json(*word),
                                                   "p", atoi(colon + 1) / 1000.0));
        }
    }
    return array;
}

static json_t *moment_json(const MomentRow *row)
{
    return json_pack("{s:I, s:i, s:i, s:o, s:i, s:i, s:f, s:f, s:o, s:o, s:o}", "at_ms",
                     (json_int_t)row->at_ms, "kernels", (int)row->n_kernels, "trials",
                     (int)row->n_trials, "phase", job_text_json(row->phase), "n",
                     (int)row->n_revisions, "left", (int)row->n_left, "bits", row->bits, "older",
                     row->older, "tried", job_text_json(row->tried), "shares",
                     shares_json(row->shares), "best", suspects_json(row->suspects));
}

/* Every so many of @n, so that at most @n_most are left. */
static guint stride(guint n, guint n_most)
{
    return MAX((n + n_most - 1) / n_most, 1);
}

static json_t *moments_json(const Report *report)
{
    guint n = report->moments->len, step = stride(n, PICTURES_MOMENTS);
    json_t *array = json_array();

    for (guint i = 0; i < n; i++) {
        /* The last one is the answer's. */
        if ((n - 1 - i) % step == 0) {
            json_array_append_new(array, moment_json(report->moments->pdata[i]));
        }
    }
    return array;
}

/* --- The graph of what was tried ------------------------------------------------------------- */

/* Nodes as numbers of @report->revisions; an edge leads from the older one. */
typedef struct Graph {
    GHashTable *node_of; /* commit -> node + 1 */
    GArray **after;      /* of each node, of guint: those that come next */
    gint64 *index;       /* of each in the range; -1: not known */
    guint n;
} Graph;

static void graph_clear(Graph *graph)
{
    for (guint i = 0; i < graph->n; i++) {
        g_array_unref(graph->after[i]);
    }
    g_free(graph->after);
    g_free(graph->index);
    g_clear_pointer(&graph->node_of, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Graph, graph_clear)

static void add_edge(Graph *graph, guint older, guint newer)
{
    g_array_append_val(graph->after[older], newer);
}

/* What its FACT_PLACE says of @node. */
static void read_place(Graph *graph, guint node, const char *place)
{
    g_auto(GStrv) words = g_strsplit(place, " ", -1);

    if (!words[0] || !words[1]) {
        return;
    }
    graph->index[node] = g_ascii_strtoll(words[0], NULL, 10);
    for (char **word = words + 2; *word; word++) {
        gpointer other = g_hash_table_lookup(graph->node_of, **word ? *word + 1 : "");

        if (other && **word == '-') {
            add_edge(graph, GPOINTER_TO_UINT(other) - 1, node);
        } else if (other && **word == '+') {
            add_edge(graph, node, GPOINTER_TO_UINT(other) - 1);
        }
    }
}

static void graph_load(const Report *report, Graph *graph)
{
    graph->n = report->revisions->len;
    graph->node_of = g_hash_table_new(g_str_hash, g_str_equal);
    graph->after = g_new(GArray *, graph->n);
    graph->index = g_new(gint64, graph->n);
    for (guint i = 0; i < graph->n; i++) {
        const ReportRevision *revision = report->revisions->pdata[i];

        graph->after[i] = g_array_new(FALSE, FALSE, sizeof(guint));
        graph->index[i] = -1;
        g_hash_table_insert(graph->node_of, revision->decision->commit, GUINT_TO_POINTER(i + 1));
    }
    for (guint i = 0; i < report->facts->len; i++) {
        const FactRow *fact = report->facts->pdata[i];
        gpointer node = g_hash_table_lookup(graph->node_of, fact->commit);

        if (node && g_str_equal(fact->kind, FACT_PLACE)) {
            read_place(graph, GPOINTER_TO_UINT(node) - 1, fact->text);
        }
    }
}

/* Is there a way from @from to @to but by the edge itself? All indices grow along edges. */
static gboolean is_led_around(const Graph *graph, guint from, guint to, guint8 *seen)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(guint));

    memset(seen, 0, graph->n);
    for (guint i = 0; i < graph->after[from]->len; i++) {
        guint next = g_array_index(graph->after[from], guint, i);

        if (next != to) {
            g_array_append_val(stack, next);
        }
    }
    while (stack->len > 0) {
        guint node = g_array_index(stack, guint, stack->len - 1);

        g_array_set_size(stack, stack->len - 1);
        if (node == to) {
            return TRUE;
        }
        if (seen[node] || graph->index[node] > graph->index[to]) {
            continue;
        }
        seen[node] = TRUE;
        g_array_append_vals(stack, graph->after[node]->data, graph->after[node]->len);
    }
    return FALSE;
}

static json_t *edges_json(const Graph *graph)
{
    g_autofree guint8 *seen = g_new0(guint8, MAX(graph->n, 1));
    json_t *array = json_array();

    for (guint from = 0; from < graph->n; from++) {
        for (guint i = 0; i < graph->after[from]->len; i++) {
            guint to = g_array_index(graph->after[from], guint, i);

            if (!is_led_around(graph, from, to, seen)) {
                json_array_append_new(array, json_pack("[i, i]", (int)from, (int)to));
            }
        }
    }
    return array;
}

static json_t *node_json(const Report *report, const Graph *graph, guint node)
{
    const ReportRevision *revision = report->revisions->pdata[node];
    const DecisionRow *decision = revision->decision;
    const char *culprit = report->answer ? report->answer->culprit : NULL;

    return json_pack("{s:s, s:I, s:o, s:o, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:b}",
                     "commit", decision->commit, "index", (json_int_t)graph->index[node], "label",
                     job_text_json(decision->label), "subject", job_text_json(decision->subject),
                     "verdict", revision->verdict, "ok", (int)revision->n_ok, "crash",
                     (int)revision->n_crash, "doubtful", (int)revision->n_doubtful, "other",
                     (int)revision->n_other_crash, "broken", (int)revision->n_broken, "unreached",
                     (int)revision->n_unreached, "infra", (int)revision->n_infra, "is_culprit",
                     g_strcmp0(culprit, decision->commit) == 0, "is_start",
                     g_str_equal(report->spec->start, decision->commit));
}

static json_t *graph_json(const Report *report, const Graph *graph)
{
    json_t *nodes = json_array();

    for (guint i = 0; i < graph->n; i++) {
        json_array_append_new(nodes, node_json(report, graph, i));
    }
    return json_pack("{s:o, s:o}", "nodes", nodes, "edges", edges_json(graph));
}

/* --- Trials ---------------------------------------------------------------------------------- */

/* Texts that many rows share: a row has the number of its own. */
typedef struct Names {
    GHashTable *number_of;
    json_t *array; /* owned by who takes it */
} Names;

static void names_init(Names *names)
{
    names->number_of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    names->array = json_array();
}

/* -1: of NULL. */
static int names_number(Names *names, const char *name)
{
    gpointer number;

    if (!name) {
        return -1;
    }
    if (!g_hash_table_lookup_extended(names->number_of, name, NULL, &number)) {
        number = GINT_TO_POINTER((int)json_array_size(names->array));
        g_hash_table_insert(names->number_of, g_strdup(name), number);
        json_array_append_new(names->array, job_text_json(name));
    }
    return GPOINTER_TO_INT(number);
}

static json_t *names_take(Names *names)
{
    g_clear_pointer(&names->number_of, g_hash_table_unref);
    return g_steal_pointer(&names->array);
}

static json_t *trials_json(const Report *report)
{
    guint step = stride(report->trials->len, PICTURES_TRIALS), n = 0;
    g_auto(Sought) sought = {0};
    json_t *rows = json_array();
    Names outcomes, titles;

    names_init(&outcomes);
    names_init(&titles);
    sought_learn(report->spec, report->trials, &sought);
    for (guint node = 0; node < report->revisions->len; node++) {
        const ReportRevision *revision = report->revisions->pdata[node];

        for (guint i = 0; i < revision->trials->len; i++) {
            const TrialRow *trial = revision->trials->pdata[i];

            if (n++ % step == 0) {
                json_array_append_new(
                    rows, json_pack("[i, i, i, I, i, I]", (int)node,
                                    names_number(&outcomes, report_trial_word(trial, &sought)),
                                    names_number(&titles, trial->title), (json_int_t)trial->run_ms,
                                    (int)trial->restored, (json_int_t)trial->id));
            }
        }
    }
    return json_pack("{s:o, s:o, s:o}", "outcomes", names_take(&outcomes), "titles",
                     names_take(&titles), "rows", rows);
}

/* --- Time ------------------------------------------------------------------------------------ */

/* So much of all the time is too little to be seen between two trials. */
#define UNSEEN_PART 2000

/* One that goes on from @before, as far as can be seen. */
static gboolean goes_on(const SpanRow *before, const SpanRow *span, gint64 unseen_ms)
{
    return before && before->lane == span->lane && g_str_equal(before->kind, span->kind) &&
           g_strcmp0(before->commit, span->commit) == 0 && g_strcmp0(before->how, span->how) == 0 &&
           span->begun_ms - before->ended_ms <= unseen_ms;
}

/* The spans of @lane and @kind, those that go on taken together. */
typedef struct Lane {
    SpanRow whole; /* what was taken together so far; of rows that live on */
    gboolean is_open;
} Lane;

static void lane_close(Lane *lane, GHashTable *node_of, gint64 begun_ms, Names *kinds, Names *hows,
                       json_t *rows)
{
    const SpanRow *span = &lane->whole;
    gpointer node;

    if (!lane->is_open) {
        return;
    }
    node = span->commit ? g_hash_table_lookup(node_of, span->commit) : NULL;
    json_array_append_new(rows, json_pack("[i, i, i, I, I, i]", names_number(kinds, span->kind),
                                          GPOINTER_TO_INT(node) - 1, (int)span->lane,
                                          (json_int_t)(span->begun_ms - begun_ms),
                                          (json_int_t)(span->ended_ms - span->begun_ms),
                                          names_number(hows, span->how)));
    lane->is_open = FALSE;
}

static json_t *time_json(const Report *report, const Graph *graph)
{
    g_autoptr(GHashTable) lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    gint64 begun_ms = G_MAXINT64, ended_ms = 0;
    json_t *rows = json_array();
    Names kinds, hows;
    GHashTableIter iter;
    gpointer lane;

    names_init(&kinds);
    names_init(&hows);
    for (guint i = 0; i < report->spans->len; i++) {
        const SpanRow *span = report->spans->pdata[i];

        begun_ms = MIN(begun_ms, span->begun_ms);
        ended_ms = MAX(ended_ms, span->ended_ms);
    }
    begun_ms = MIN(begun_ms, ended_ms);
    for (guint i = 0; i < report->spans->len; i++) {
        const SpanRow *span = report->spans->pdata[i];
        char *name = g_strdup_printf("%s %u", span->kind, span->lane);
        Lane *of = g_hash_table_lookup(lanes, name);

        if (of) {
            g_free(name);
        } else {
            g_hash_table_insert(lanes, name, of = g_new0(Lane, 1));
        }
        if (of->is_open && goes_on(&of->whole, span, (ended_ms - begun_ms) / UNSEEN_PART)) {
            of->whole.ended_ms = span->ended_ms;
            continue;
        }
        lane_close(of, graph->node_of, begun_ms, &kinds, &hows, rows);
        *of = (Lane){.whole = *span, .is_open = TRUE};
    }
    g_hash_table_iter_init(&iter, lanes);
    while (g_hash_table_iter_next(&iter, NULL, &lane)) {
        lane_close(lane, graph->node_of, begun_ms, &kinds, &hows, rows);
    }
    return json_pack("{s:I, s:I, s:o, s:o, s:o}", "begun_ms", (json_int_t)begun_ms, "ended_ms",
                     (json_int_t)ended_ms, "kinds", names_take(&kinds), "hows", names_take(&hows),
                     "rows", rows);
}

json_t *report_pictures_json(const Report *report)
{
    json_t *cost = report_cost_json(report);
    g_auto(Graph) graph = {0};

    graph_load(report, &graph);
    json_object_del(cost, "spans"); /* "time" has them, in less room */
    json_object_del(cost, "revisions");
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "version", PICTURES_VERSION, "bins",
                     MOMENT_BINS, "moments", moments_json(report), "graph",
                     graph_json(report, &graph), "trials", trials_json(report), "time",
                     time_json(report, &graph), "cost", cost);
}
