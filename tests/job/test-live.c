/* SPDX-License-Identifier: Apache-2.0
 * What a job leaves for those who look at it: the live file, moments of belief, places, pictures.
 */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/left.h"
#include "job/live.h"
#include "report/pictures.h"
#include "world.h"

#define CULPRIT 37

static char *job_dir(const World *world)
{
    return g_build_filename(world->state, "jobs", "1", NULL);
}

static Report *load(const World *world)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_READ, &error);
    g_autoptr(JobRow) row = store ? store_find_job(store, NULL, &error) : NULL;
    Report *report = row ? report_load(store, row, &error) : NULL;

    g_assert_no_error(error);
    return report;
}

static guint sum_of(const char *shares)
{
    g_auto(GStrv) words = g_strsplit(shares, " ", -1);
    guint sum = 0;

    for (char **word = words; *word; word++) {
        sum += (guint)atoi(strchr(*word, ':') + 1);
    }
    return sum;
}

/* One for the range, one for each revision that was chosen since, one for the end. */
static void test_moments(void)
{
    World world;
    g_autoptr(Report) report = NULL;
    const MomentRow *first, *last;

    world_init(&world);
    world.farm.first_bad = CULPRIT;
    answer_free(world_work_once(&world, world.commits[1]));
    report = load(&world);
    g_assert_cmpuint(report->moments->len, >=, 5);
    first = report->moments->pdata[0];
    last = report->moments->pdata[report->moments->len - 1];
    g_assert_null(first->tried);
    g_assert_null(last->tried);
    g_assert_cmpuint(first->n_revisions, ==, N_COMMITS - 1);
    g_assert_cmpuint(first->n_left, >, 40);
    g_assert_cmpuint(last->n_left, ==, 1);
    g_assert_true(first->bits > 4 && last->bits < 0.1);
    g_assert_true(g_str_has_prefix(last->suspects, world.commits[CULPRIT]));
    g_assert_true(first->left_low_s <= first->left_s && first->left_s <= first->left_high_s);
    for (guint i = 0; i < report->moments->len; i++) {
        const MomentRow *row = report->moments->pdata[i];
        double sum = sum_of(row->shares) + row->older * 1000;

        /* Each of up to 59 shares is rounded. */
        g_assert_cmpfloat_with_epsilon(sum, 1000, 30);
    }
    world_clear(&world);
}

static json_t *get(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    g_assert_nonnull(value);
    return value;
}

/* In a line of commits the graph is a line: each edge joins neighbours, though places were found in
 * the order of the search. */
static void test_graph_of_a_line(void)
{
    World world;
    g_autoptr(Report) report = NULL;
    json_t *pictures, *nodes, *edges, *edge;
    guint n_placed = 0;
    size_t i;

    world_init(&world);
    world.farm.first_bad = CULPRIT;
    answer_free(world_work_once(&world, world.commits[1]));
    report = load(&world);
    pictures = report_pictures_json(report);
    nodes = get(get(pictures, "graph"), "nodes");
    edges = get(get(pictures, "graph"), "edges");
    for (i = 0; i < json_array_size(nodes); i++) {
        json_t *node = json_array_get(nodes, i);
        json_int_t index = json_integer_value(get(node, "index"));

        n_placed += index >= 0;
        if (index >= 0) {
            g_assert_cmpstr(json_string_value(get(node, "commit")), ==, world.commits[index + 1]);
        }
    }
    g_assert_cmpuint(n_placed, >=, 5);
    g_assert_cmpuint(json_array_size(edges), ==, n_placed - 1);
    json_array_foreach(edges, i, edge)
    {
        size_t older = (size_t)json_integer_value(json_array_get(edge, 0)),
               newer = (size_t)json_integer_value(json_array_get(edge, 1));
        json_int_t from = json_integer_value(get(json_array_get(nodes, older), "index")),
                   to = json_integer_value(get(json_array_get(nodes, newer), "index"));

        g_assert_cmpint(from, <, to);
        for (size_t j = 0; j < json_array_size(nodes); j++) {
            json_int_t between = json_integer_value(get(json_array_get(nodes, j), "index"));

            g_assert_true(between <= from || between >= to);
        }
    }
    json_decref(pictures);
    world_clear(&world);
}

/* Every trial is a row, whose numbers mean something. */
static void test_rows(void)
{
    World world;
    g_autoptr(Report) report = NULL;
    json_t *pictures, *trials, *row;
    guint n_crashes = 0;
    size_t i;

    world_init(&world);
    world.farm.first_bad = CULPRIT;
    answer_free(world_work_once(&world, world.commits[1]));
    report = load(&world);
    pictures = report_pictures_json(report);
    trials = get(pictures, "trials");
    json_array_foreach(get(trials, "rows"), i, row)
    {
        size_t outcome = (size_t)json_integer_value(json_array_get(row, 1));
        json_int_t title = json_integer_value(json_array_get(row, 2));
        const char *name = json_string_value(json_array_get(get(trials, "outcomes"), outcome));

        g_assert_nonnull(name);
        g_assert_true((title >= 0) == g_str_equal(name, "crash"));
        n_crashes += title >= 0;
    }
    g_assert_cmpuint(i, <=, report->n_trials);
    g_assert_cmpuint(i, >, 0);
    g_assert_cmpuint(n_crashes, >, 0);
    g_assert_cmpuint(json_array_size(get(get(pictures, "time"), "rows")), >, 0);
    json_decref(pictures);
    world_clear(&world);
}

/* What is left there at the end is the end: nothing is under way. */
static void test_live_file(void)
{
    World world;
    g_autofree char *dir = NULL;
    g_autoptr(Live) live = NULL;
    g_autoptr(GError) error = NULL;
    double sum = 0;

    world_init(&world);
    world.farm.first_bad = CULPRIT;
    dir = job_dir(&world);
    g_assert_null(live_read(dir, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_clear_error(&error);
    answer_free(world_work_once(&world, world.commits[1]));
    live = live_read(dir, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(live->n_revisions, ==, N_COMMITS - 1);
    g_assert_cmpuint(live->works->len, ==, 0);
    g_assert_cmpuint(live->n_left, ==, 1);
    g_assert_cmpuint(live->first_left, ==, CULPRIT - 1);
    g_assert_cmpuint(live->last_left, ==, CULPRIT - 1);
    g_assert_cmpuint(live->suspects->len, ==, 1);
    g_assert_cmpstr(((LiveSuspect *)live->suspects->pdata[0])->commit, ==, world.commits[CULPRIT]);
    g_assert_nonnull(((LiveSuspect *)live->suspects->pdata[0])->subject);
    g_assert_cmpuint(live->events->len, >, 3);
    g_assert_cmpuint(live->shares->len, ==, LIVE_SHARES);
    for (guint i = 0; i < live->shares->len; i++) {
        sum += g_array_index(live->shares, double, i);
    }
    g_assert_cmpfloat_with_epsilon(sum + live->older, 1, 1e-3);
    world_clear(&world);
}

/* Foreign or half a file is an error, never a crash. */
static void test_damaged_live_file(void)
{
    static const char *const texts[] = {"", "{", "[]", "{\"works\": [3, {\"lane\": -1}]}",
                                        "{\"shares\": {\"a\": 1}, \"events\": [[]], \"phase\": 7}"};
    g_autofree char *dir = g_dir_make_tmp("firstbad-live-XXXXXX", NULL),
                    *path = g_build_filename(dir, "live", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Live) live = NULL;

        g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
        live = live_read(dir, &error);
        g_assert_true((live == NULL) == (error != NULL));
        g_assert_true(i >= 2 || !live);
    }
    g_remove(path);
    g_rmdir(dir);
}

static gboolean go_on(gpointer dir)
{
    g_assert_true(live_pause(dir, FALSE, NULL));
    return G_SOURCE_REMOVE;
}

/* A paused job begins nothing, and ends as it would have. */
static void test_pause(void)
{
    World world;
    g_autofree char *dir = NULL;
    g_autoptr(Answer) answer = NULL;
    const char *paused, *goes_on, *build;

    world_init(&world);
    world.farm.first_bad = CULPRIT;
    world.said = g_string_new(NULL);
    dir = job_dir(&world);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
    g_assert_true(live_pause(dir, TRUE, NULL));
    g_assert_true(live_is_paused(dir));
    g_timeout_add(50, go_on, dir);
    answer = world_work_once(&world, world.commits[1]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[CULPRIT]);
    paused = strstr(world.said->str, "paused: ");
    goes_on = strstr(world.said->str, "the job goes on");
    build = strstr(world.said->str, "built");
    g_assert_true(paused && goes_on && build);
    g_assert_true(paused < goes_on && goes_on < build);
    g_assert_true(live_pause(dir, FALSE, NULL)); /* once more is no error */
    g_string_free(world.said, TRUE);
    world.said = NULL;
    world_clear(&world);
}

/* More doubt takes longer; what has been done of it takes less; and there is always a spread. */
static void test_left(void)
{
    LeftInputs inputs = {.bits = 7.6,
                         .kernel_s = 30,
                         .trial_s = 1,
                         .n_trials = 5,
                         .n_check_kernels = 1,
                         .n_check_trials = 15,
                         .crash_rate = 1};
    Left long_one, short_one, flaky_one;

    left_of(&inputs, &long_one);
    g_assert_cmpfloat_with_epsilon(long_one.s, 8 * 35 + 30 + 15, 1e-6);
    inputs.crash_rate = 0.3;
    left_of(&inputs, &flaky_one);
    g_assert_true(flaky_one.s > long_one.s);
    inputs.crash_rate = 1;
    inputs.bits = 3.8;
    left_of(&inputs, &short_one);
    g_assert_true(short_one.s < long_one.s);
    g_assert_true(short_one.low_s < short_one.s && short_one.s < short_one.high_s);
    inputs.spent_s = 1000;
    left_of(&inputs, &short_one);
    g_assert_true(short_one.s >= 0 && short_one.s < 1e-9 && short_one.low_s >= 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/moments", test_moments);
    g_test_add_func("/live/graph-of-a-line", test_graph_of_a_line);
    g_test_add_func("/live/rows", test_rows);
    g_test_add_func("/live/file", test_live_file);
    g_test_add_func("/live/damaged-file", test_damaged_live_file);
    g_test_add_func("/live/pause", test_pause);
    g_test_add_func("/live/left", test_left);
    return g_test_run();
}
