/* SPDX-License-Identifier: Apache-2.0
 * The table of fixes, and which of them a revision gets.
 */
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/picks.h"
#include "scratch.h"

/* --- The table ------------------------------------------------------------------------------- */

static const Backport *named(const GPtrArray *backports, const char *name)
{
    for (guint i = 0; i < backports->len; i++) {
        const Backport *backport = backports->pdata[i];

        if (g_str_equal(backport->name, name)) {
            return backport;
        }
    }
    return NULL;
}

static GPtrArray *read_table(const Scratch *scratch, const char *text, GError **error)
{
    g_autofree char *path = scratch_path(scratch, "backports.ini");

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return backports_read(path, error);
}

static void test_own(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) own = backports_read(NULL, &error);
    g_autoptr(GHashTable) titles = g_hash_table_new(g_str_hash, g_str_equal);

    g_assert_no_error(error);
    g_assert_cmpuint(own->len, >=, 10);
    for (guint i = 0; i < own->len; i++) {
        const Backport *backport = own->pdata[i];

        g_assert_true(g_hash_table_add(titles, backport->title));
        g_assert_true(backport->breaks || !backport_fits(backport, 0));
        g_assert_null(strchr(backport->reason, '\n'));
    }
    g_assert_true(named(own, "kvm-wait")->seen_at_run);
    g_assert_false(named(own, "acpi-include")->seen_at_run);
    g_assert_true(backport_fits(named(own, "objtool-symbol-table"), version_of_kernel("v5.11")));
    g_assert_false(backport_fits(named(own, "objtool-symbol-table"), version_of_kernel("v5.12")));
    g_assert_false(backport_fits(named(own, "objtool-symbol-table"), 0));
    g_assert_true(backport_fits(named(own, "acpi-include"), 0));
}

static void test_given(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) own = backports_read(NULL, &error);
    g_autoptr(GPtrArray) all = read_table(scratch,
                                          "[mine]\ntitle = x: a; b \\ `c`\nreason=it fails\n"
                                          "[kvm-wait]\nuse = no\n"
                                          "[cad-pid]\ntitle=mine instead\nreason=mine\n",
                                          &error);

    g_assert_no_error(error);
    g_assert_cmpuint(all->len, ==, own->len);
    g_assert_cmpstr(named(all, "mine")->title, ==, "x: a; b \\ `c`");
    g_assert_null(named(all, "kvm-wait"));
    g_assert_cmpstr(named(all, "cad-pid")->title, ==, "mine instead");
}

static void test_errors(Scratch *scratch, gconstpointer unused)
{
    static const char *const cases[][2] = {
        {"[x]\nreason = r\n", "[x] title: is missing"},
        {"[x]\ntitle = t\n", "[x] reason: is missing"},
        {"[x]\ntitle = t\nreason = r\ncommit = HEAD\n", "[x] commit: is no id"},
        {"[x]\ntitle = t\nreason = r\nbreaks = 1234567\n", "[x] breaks: is no id"},
        {"[x]\ntitle = t\nreason = r\nkernels = old\n", "[x] kernels: is no span"},
        {"[x]\ntitle = t\nreason = r\nseen = never\n", "[x] seen: is neither"},
        {"[x]\ntitle = t\nreason = r\nspan = v5.1\n", "[x] span: no such key"},
        {"title = t\n", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(read_table(scratch, cases[i][0], &error));
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(error->message, "backports.ini: "));
        g_assert_nonnull(strstr(error->message, cases[i][1]));
    }
}

/* --- What a revision gets -------------------------------------------------------------------- */

/* base, broken (line 5 of f), later, mended (line 5 is right again), start. `stable` leaves at
 * broken, and has the fix with more context changed; `far` leaves at later and has changed line 5,
 * so that the fix does not apply there. */
static const char history[] =
    "new repo && cd repo; seq 9 >f; echo 'VERSION = 5' >Makefile; echo 'PATCHLEVEL = 3' "
    ">>Makefile\n"
    "edit() { sed -i \"$2\" f; git add f; commit \"$1\"; }\n"
    "git add f Makefile; commit base; git tag base\n"
    "edit 'x: break it' s/5/broken/; git tag broken; git branch stable\n"
    "edit 'x: later' s/9/later/; git tag later\n"
    "edit 'x: mend it' s/broken/mended/; git tag mended; edit 'x: start' s/1/start/; git tag "
    "start\n"
    "git checkout -qb far later; edit 'x: on far' s/broken/broken-far/; git tag far\n"
    "git checkout -q stable; edit 'x: on stable' s/4/stable/; git tag stable-broken\n"
    "edit 'x: mend it' s/broken/mended/; git tag stable-mended; git checkout -q main\n";

typedef struct Fixture {
    Scratch scratch;
    Repo *repo;
    Backport *backport;
    const char *start;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    path = scratch_path(&fixture->scratch, "repo");
    g_free(scratch_sh(&fixture->scratch, "%s", history));
    fixture->repo = repo_open(path, NULL);
    g_assert_nonnull(fixture->repo);
    fixture->backport = g_new0(Backport, 1);
    fixture->backport->title = g_strdup("x: mend it");
    fixture->backport->breaks_title = g_strdup("x: break it");
    fixture->backport->reason = g_strdup("it is broken");
    version_span_parse("..", &fixture->backport->kernels);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    backport_free(fixture->backport);
    repo_free(fixture->repo);
    scratch_tear_down(&fixture->scratch, NULL);
}

/* Line 5 of f as @name is built, then '|' and what is said of the fix. Owned by the caller. */
static char *picked(const Fixture *fixture, const char *name)
{
    static const char *const none[] = {NULL};
    g_autoptr(GPtrArray) backports = g_ptr_array_new();
    g_autofree char *id = repo_resolve(fixture->repo, name, NULL), *line = NULL;
    g_autofree char *start =
        fixture->start ? repo_resolve(fixture->repo, fixture->start, NULL) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Picks) picks = NULL;
    Picked result = {0};
    char *text;

    g_ptr_array_add(backports, fixture->backport);
    picks = picks_new(fixture->repo, backports, start);
    picks_apply(picks, id, id, none, &result, &error);
    g_assert_no_error(error);
    line = scratch_sh(&fixture->scratch, "cd repo; git show %s:f | sed -n 5p", result.commit);
    text = g_strdup_printf("%s|%s%s", line, result.patches[0] ? result.patches[0] : "",
                           result.unpatched[0] ? result.unpatched[0] : "");
    picked_clear(&result);
    return text;
}

#define ASSERT_PICKED(fixture, name, expected)                                                     \
    do {                                                                                           \
        g_autofree char *text = picked(fixture, name);                                             \
        g_assert_true(g_pattern_match_simple(expected, text));                                     \
    } while (0)

/* Only where it is broken and not mended; by title, so in the stable branch, too. */
static void test_wanted(Fixture *fixture, gconstpointer unused)
{
    ASSERT_PICKED(fixture, "base", "5|");
    ASSERT_PICKED(fixture, "broken", "mended|???????????? (\"x: mend it\"): it is broken");
    ASSERT_PICKED(fixture, "later", "mended|*: it is broken");
    ASSERT_PICKED(fixture, "mended", "mended|");
    ASSERT_PICKED(fixture, "start", "mended|");
    ASSERT_PICKED(fixture, "stable-broken", "mended|*: it is broken");
    ASSERT_PICKED(fixture, "stable-mended", "mended|");
}

static void test_by_id(Fixture *fixture, gconstpointer unused)
{
    g_clear_pointer(&fixture->backport->breaks_title, g_free);
    fixture->backport->breaks = repo_resolve(fixture->repo, "later", NULL);
    fixture->backport->commit = repo_resolve(fixture->repo, "mended", NULL);
    ASSERT_PICKED(fixture, "broken", "broken|");
    ASSERT_PICKED(fixture, "later", "mended|*: it is broken");
    ASSERT_PICKED(fixture, "stable-broken", "broken|");
    /* The id alone says that the fix is in, where its title is another. */
    g_free(fixture->backport->title);
    fixture->backport->title = g_strdup("x: another title");
    ASSERT_PICKED(fixture, "mended", "mended|");
    ASSERT_PICKED(fixture, "later", "mended|*: it is broken");
}

static void test_kernels(Fixture *fixture, gconstpointer unused)
{
    version_span_parse("v5.4..", &fixture->backport->kernels);
    ASSERT_PICKED(fixture, "broken", "broken|");
    version_span_parse("..v5.3", &fixture->backport->kernels);
    ASSERT_PICKED(fixture, "broken", "mended|*: it is broken");
}

static void test_not_applied(Fixture *fixture, gconstpointer unused)
{
    ASSERT_PICKED(fixture, "far",
                  "broken-far|the fix \"x: mend it\" is wanted, but * conflict in f");
    g_free(fixture->backport->title);
    fixture->backport->title = g_strdup("x: nowhere");
    ASSERT_PICKED(fixture, "broken",
                  "broken|the fix \"x: nowhere\" is wanted, but the repository does not have it*");
}

/* In one line, whatever their number. */
static void test_nowhere(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) backports = g_ptr_array_new_with_free_func((GDestroyNotify)backport_free);
    g_autofree char *id = repo_resolve(fixture->repo, "later", NULL);
    const char *none[] = {NULL};
    g_autoptr(Picks) picks = NULL;
    Picked result = {0};

    for (guint i = 0; i < 3; i++) {
        g_autofree char *title = g_strdup_printf("x: nowhere %u", i);

        g_ptr_array_add(backports, backport_new(title, NULL, id, "it is broken"));
    }
    picks = picks_new(fixture->repo, backports, NULL);
    g_assert_true(picks_apply(picks, id, id, none, &result, NULL));
    g_assert_cmpstr(result.unpatched[0], ==,
                    "the fixes \"x: nowhere 0\", \"x: nowhere 1\" and \"x: nowhere 2\" are "
                    "wanted, but the repository does not have them: fetch them");
    g_assert_null(result.unpatched[1]);
    picked_clear(&result);
}

/* What the start crashes with may be what the fix is for. */
static void test_bug_of_the_start(Fixture *fixture, gconstpointer unused)
{
    fixture->start = "later";
    ASSERT_PICKED(fixture, "broken", "mended|*: it is broken");
    fixture->backport->seen_at_run = TRUE;
    ASSERT_PICKED(fixture, "broken", "broken|");
    fixture->start = "start";
    ASSERT_PICKED(fixture, "broken", "mended|*: it is broken");
}

/* Where the history is cut off, the fix may be in under no title: what changes nothing is no fix.
 */
static void test_tarball(Fixture *fixture, gconstpointer unused)
{
    g_free(scratch_sh(&fixture->scratch, "cd repo; git checkout -q --orphan import start\n"
                                         "commit import; git tag import; git checkout -q main"));
    g_clear_pointer(&fixture->backport->breaks_title, g_free);
    ASSERT_PICKED(fixture, "import", "mended|");
}

/* What a variant adds by itself is not added again. */
static void test_except(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) backports = g_ptr_array_new();
    g_autofree char *id = repo_resolve(fixture->repo, "broken", NULL),
                    *fix = repo_resolve(fixture->repo, "mended", NULL);
    const char *except[] = {fix, NULL};
    g_autoptr(Picks) picks = NULL;
    Picked result = {0};

    fixture->backport->commit = g_strdup(fix);
    g_ptr_array_add(backports, fixture->backport);
    picks = picks_new(fixture->repo, backports, NULL);
    g_assert_true(picks_apply(picks, id, id, except, &result, NULL));
    g_assert_cmpstr(result.commit, ==, id);
    g_assert_null(result.patches[0]);
    picked_clear(&result);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD_TABLE(name, function)                                                                  \
    g_test_add("/kernel/backports/" name, Scratch, NULL, scratch_set_up, function,                 \
               scratch_tear_down)
#define ADD(name, function)                                                                        \
    g_test_add("/kernel/picks/" name, Fixture, NULL, set_up, function, tear_down)
    ADD_TABLE("own", test_own);
    ADD_TABLE("given", test_given);
    ADD_TABLE("errors", test_errors);
    ADD("wanted", test_wanted);
    ADD("by-id", test_by_id);
    ADD("kernels", test_kernels);
    ADD("not-applied", test_not_applied);
    ADD("nowhere", test_nowhere);
    ADD("bug-of-the-start", test_bug_of_the_start);
    ADD("tarball", test_tarball);
    ADD("except", test_except);
#undef ADD
#undef ADD_TABLE
    return g_test_run();
}
