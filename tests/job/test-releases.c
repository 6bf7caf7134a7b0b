/* SPDX-License-Identifier: Apache-2.0
 * Which releases a job tries, by the pure decider: a row of releases, what each shows, and the
 * order in which it asks for them until it has a range. Beside it the rule of the reference, a
 * walk.
 */
#include "job/job.h"

#include <string.h>

#define START "start"

/* What trials of a release show. */
typedef struct Row {
    GPtrArray *releases; /* of ReleaseTag, newest first; their commits are their names */
    guint first_bad;     /* index: it and all newer ones have the bug; G_MAXUINT: all have */
    const char *hides;   /* a release with the bug that does not show it, or NULL */
    const char *broken;  /* "v5.3 v5.4": they do not build; or NULL */
    GString *tried;      /* "v5.18 v5.17": in the order of their builds */
    Situation situation;
    char *good; /* where the range begins, when there is one */
} Row;

static void row_add(Row *row, const char *name)
{
    ReleaseTag *tag = g_new0(ReleaseTag, 1);

    tag->name = g_strdup(name);
    tag->commit = g_strdup(name);
    g_assert_true(release_name_parse(name, &tag->kind));
    g_ptr_array_add(row->releases, tag);
}

static void row_init(Row *row, const char *names)
{
    g_auto(GStrv) words = g_strsplit(names, " ", -1);

    *row = (Row){.releases = g_ptr_array_new_with_free_func((GDestroyNotify)release_tag_free),
                 .first_bad = G_MAXUINT,
                 .tried = g_string_new(NULL)};
    for (char **word = words; *word; word++) {
        row_add(row, *word);
    }
    row->situation = (Situation){
        .start = START,
        .releases = row->releases,
        .n_check_trials = 5,
        .n_start_trials = 5,
        .max_trials = 40,
        .confidence = 0.95,
        .n_trials_at_once = 1,
        .evidence = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                          (GDestroyNotify)revision_evidence_free),
        .overruled = g_hash_table_new(g_str_hash, g_str_equal),
    };
}

static void row_clear(Row *row)
{
    g_ptr_array_unref(row->releases);
    g_string_free(row->tried, TRUE);
    g_hash_table_unref(row->situation.evidence);
    g_hash_table_unref(row->situation.overruled);
    g_free(row->good);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

static gboolean names(const char *list, const char *name)
{
    g_auto(GStrv) words = g_strsplit(list ? list : "", " ", -1);

    return g_strv_contains((const char *const *)words, name);
}

static gboolean has_bug(const Row *row, const char *commit)
{
    for (guint i = 0; i < row->releases->len; i++) {
        const ReleaseTag *tag = row->releases->pdata[i];

        if (g_str_equal(tag->commit, commit)) {
            return i <= row->first_bad && g_strcmp0(row->hides, commit) != 0;
        }
    }
    return TRUE;
}

static void build(Row *row, const Action *action)
{
    RevisionEvidence *evidence = situation_evidence_for(&row->situation, action->commit);

    evidence->kernel = g_new0(Kernel, 1);
    evidence->kernel->signature = g_strdup(action->commit);
    if (names(row->broken, action->commit)) {
        evidence->kernel->status = KERNEL_FAILED;
    }
    if (!g_str_equal(action->commit, START)) {
        g_string_append_printf(row->tried, "%s%s", row->tried->len ? " " : "", action->commit);
        g_assert_cmpstr(action->label, ==, action->commit);
    }
}

static void try(Row *row, const Action *action)
{
    RevisionEvidence *evidence = situation_evidence_for(&row->situation, action->commit);

    if (has_bug(row, action->commit)) {
        evidence->n_crash += action->n_trials;
    } else {
        evidence->n_ok += action->n_trials;
    }
}

/* Until there is a range (NULL) or an answer. */
static Answer *row_work(Row *row)
{
    for (guint i = 0; i < 10000; i++) {
        Action action;

        job_decide(&row->situation, &action);
        switch (action.kind) {
        case ACTION_BUILD:
            build(row, &action);
            break;
        case ACTION_TRIALS:
            try(row, &action);
            break;
        case ACTION_LOAD_RANGE:
            g_free(row->good);
            row->good = g_strdup(action.commit);
            return NULL;
        case ACTION_ANSWER:
            return action.answer;
        default: /* nothing else is to be done before there is a range */
            g_assert_not_reached();
        }
    }
    g_assert_not_reached();
}

/* The reference walks from release to release until one is good (specs/syzkaller-bisection.md, 1.3;
 * its list is thinned out only beyond the third). How many it tries, and where it ends. */
static guint walk(const Row *row, const char **ret_good)
{
    guint n = 0;

    *ret_good = NULL;
    for (guint i = 0; i < row->releases->len && !*ret_good; i++) {
        const ReleaseTag *tag = row->releases->pdata[i];

        n++;
        if (!names(row->broken, tag->commit) && !has_bug(row, tag->commit)) {
            *ret_good = tag->commit;
        }
    }
    return n;
}

static guint index_of(const Row *row, const char *commit)
{
    guint i = 0;

    while (!g_str_equal(((ReleaseTag *)row->releases->pdata[i])->commit, commit)) {
        i++;
    }
    return i;
}

#define FINALS                                                                                     \
    "v5.18 v5.17 v5.16 v5.15 v5.14 v5.13 v5.12 v5.11 v5.10 v5.9 v5.8 v5.7 v5.6 v5.5 v5.4 v5.3 "    \
    "v5.2 v5.1 v5.0 v4.20"

static void test_doubling(void)
{
    g_auto(Row) row = {0};
    const char *walked;

    row_init(&row, FINALS);
    row.first_bad = index_of(&row, "v5.1");
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.tried->str, ==, "v5.18 v5.17 v5.15 v5.11 v5.3 v4.20 v5.1 v5.0");
    g_assert_cmpstr(row.good, ==, "v5.0");
    guint n_walked = walk(&row, &walked);
    g_assert_cmpuint(n_walked, ==, 19);
}

/* The first ones lie so near that they are one step, halved by none; behind them all is as before.
 */
static void test_near(void)
{
    static const struct {
        const char *first_bad, *tried, *good;
    } cases[] = {
        {NULL, "v5.14", "v5.14"},
        {"v5.17", "v5.14", "v5.14"},
        {"v5.14", "v5.14 v5.13", "v5.13"},
        {"v5.12", "v5.14 v5.13 v5.11 v5.12", "v5.11"},
        {"v5.2", "v5.14 v5.13 v5.11 v5.7 v4.20 v5.3 v5.1 v5.2", "v5.1"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Row) row = {0};

        row_init(&row, FINALS);
        row.situation.n_near = index_of(&row, "v5.14") + 1;
        row.first_bad = cases[i].first_bad ? index_of(&row, cases[i].first_bad) : 0;
        row.hides = cases[i].first_bad ? NULL : "v5.18";
        g_assert_null(row_work(&row));
        g_assert_cmpstr(row.tried->str, ==, cases[i].tried);
        g_assert_cmpstr(row.good, ==, cases[i].good);
    }
}

/* The only ones behind the start, all near, and some of them broken. */
static void test_near_and_broken(void)
{
    g_auto(Row) row = {0};

    row_init(&row, "v6.1.4 v6.1.3 v6.1.2 v6.1.1 v6.1");
    row.situation.n_near = 5;
    row.first_bad = 0;
    row.broken = "v6.1 v6.1.1";
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.tried->str, ==, "v6.1 v6.1.1 v6.1.3");
    g_assert_cmpstr(row.good, ==, "v6.1.3");
}

static void test_newest_is_good(void)
{
    g_auto(Row) row = {0};

    row_init(&row, FINALS);
    row.hides = "v5.18";
    row.first_bad = 0;
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.tried->str, ==, "v5.18");
}

/* v5.10 has the bug, but an option is off there. The walk ends at it, and looks for the culprit
 * between v5.10 and v5.11: it is lost. */
static void test_false_good(void)
{
    g_auto(Row) row = {0};
    const char *walked;

    row_init(&row, FINALS);
    row.first_bad = index_of(&row, "v5.4");
    row.hides = "v5.10";
    walk(&row, &walked);
    g_assert_cmpstr(walked, ==, "v5.10");
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.good, ==, "v5.3");
}

/* A good release that doubling meets, too, but one behind it is bad: it is no end. */
static void test_good_before_bad(void)
{
    g_auto(Row) row = {0};
    const char *walked;

    row_init(&row, FINALS);
    row.first_bad = index_of(&row, "v5.4");
    row.hides = "v5.11";
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.good, ==, "v5.11"); /* nothing says otherwise yet */
    walk(&row, &walked);
    g_assert_cmpstr(walked, ==, "v5.11"); /* nor to the walk, which ends here for good */
    g_hash_table_add(row.situation.overruled, (gpointer) "v5.11"); /* but belief will */
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.good, ==, "v5.3");
    g_assert_cmpstr(row.tried->str, ==, "v5.18 v5.17 v5.15 v5.11 v5.13 v5.12 v5.3 v5.7 v5.5 v5.4");
}

static void test_broken_neighbours(void)
{
    g_auto(Row) row = {0};

    row_init(&row, FINALS);
    row.first_bad = index_of(&row, "v5.9");
    row.broken = "v5.15 v5.14 v5.3";
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.tried->str, ==, "v5.18 v5.17 v5.15 v5.14 v5.16 v5.13 v5.7 v5.10 v5.9 v5.8");
    g_assert_cmpstr(row.good, ==, "v5.8");
}

/* Old times, in which nothing builds: a handful of builds, not one for each release. */
static void test_old_ones_do_not_build(void)
{
    g_auto(Row) row = {0};
    g_autoptr(Answer) answer = NULL;

    row_init(&row, FINALS);
    row.broken = "v5.10 v5.9 v5.8 v5.7 v5.6 v5.5 v5.4 v5.3 v5.2 v5.1 v5.0 v4.20";
    row.situation.why_no_older = "--oldest v4.20";
    answer = row_work(&row);
    g_assert_cmpint(answer->kind, ==, ANSWER_OLDER);
    g_assert_cmpstr(answer->subject, ==, "v5.11");
    g_assert_true(g_str_has_prefix(answer->reason, "v5.11 (v5.11) has the bug already: "));
    g_assert_nonnull(strstr(answer->reason, " trials; so have v5.18, v5.17, v5.15; "));
    g_assert_nonnull(strstr(answer->reason, "cannot be tested; none is older: --oldest v4.20"));
    g_assert_cmpuint(g_hash_table_size(row.situation.evidence), <=, 14);
}

static void test_all_broken(void)
{
    g_auto(Row) row = {0};
    g_autoptr(Answer) answer = NULL;

    row_init(&row, "v5.18 v5.17 v5.16");
    row.broken = "v5.18 v5.17 v5.16";
    answer = row_work(&row);
    g_assert_cmpint(answer->kind, ==, ANSWER_UNTESTABLE);
}

/* The stable branch of the start, its final release, then final ones; not one leap into old times.
 */
static void test_stable(void)
{
    g_auto(Row) row = {0};

    row_init(&row, "v6.1.9 v6.1.8 v6.1.7 v6.1.6 v6.1.5 v6.1.4 v6.1.3 v6.1.2 v6.1.1 v6.1 v6.0 v5.19 "
                   "v5.18 v5.17 v5.16 v5.15");
    row.first_bad = index_of(&row, "v6.0");
    g_assert_null(row_work(&row));
    g_assert_cmpstr(row.tried->str, ==, "v6.1.9 v6.1.8 v6.1.6 v6.1.2 v6.1 v6.0 v5.18 v5.19");
    g_assert_cmpstr(row.good, ==, "v5.19");
}

static void assert_selected(const char *all, const char *kinds, const char *oldest,
                            const char *wanted)
{
    g_auto(Row) row = {0};
    g_autoptr(GString) left = g_string_new(NULL);

    row_init(&row, all);
    releases_select(row.releases, kinds, oldest);
    for (guint i = 0; i < row.releases->len; i++) {
        g_string_append_printf(left, "%s%s", i ? " " : "",
                               ((ReleaseTag *)row.releases->pdata[i])->name);
    }
    g_assert_cmpstr(left->str, ==, wanted);
}

static void test_kinds(void)
{
    const char *stable = "v6.1.2 v6.1.1 v6.1 v6.1-rc2 v6.0.5 v6.0 v5.19-rc1";
    const char *rc = "v6.2-rc2 v6.2-rc1 v6.1 v6.1-rc2 v6.0";

    assert_selected(stable, "auto", NULL, "v6.1.2 v6.1.1 v6.1 v6.0");
    assert_selected(stable, "rc", NULL, "v6.1 v6.0");
    assert_selected(rc, "auto", NULL, "v6.2-rc2 v6.2-rc1 v6.1 v6.0");
    assert_selected(rc, "stable", NULL, "v6.1 v6.0");
    assert_selected(rc, "final", NULL, "v6.1 v6.0");
    assert_selected(rc, "auto", "v6.1", "v6.2-rc2 v6.2-rc1 v6.1");
    assert_selected("v6.1.2 v6.1.1", "auto", NULL, "v6.1.2 v6.1.1");
    assert_selected("v2.6.33-rc1 v2.6.32.1 v2.6.32 v2.6.31.7 v2.6.31", "auto", NULL,
                    "v2.6.33-rc1 v2.6.32.1 v2.6.32 v2.6.31");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/releases/doubling", test_doubling);
    g_test_add_func("/releases/near", test_near);
    g_test_add_func("/releases/near-and-broken", test_near_and_broken);
    g_test_add_func("/releases/newest-is-good", test_newest_is_good);
    g_test_add_func("/releases/false-good", test_false_good);
    g_test_add_func("/releases/good-before-bad", test_good_before_bad);
    g_test_add_func("/releases/broken-neighbours", test_broken_neighbours);
    g_test_add_func("/releases/old-ones-do-not-build", test_old_ones_do_not_build);
    g_test_add_func("/releases/all-broken", test_all_broken);
    g_test_add_func("/releases/stable", test_stable);
    g_test_add_func("/releases/kinds", test_kinds);
    return g_test_run();
}
