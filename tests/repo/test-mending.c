/* SPDX-License-Identifier: Apache-2.0
 * Looking ahead for what mends a revision.
 */
#include "open.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* sound, breaks (touches net/smc.c), failing, and later commits, of which @script makes some; then
 * tip. @script may use $broken. */
static Repo *open_history(const Scratch *scratch, const char *script)
{
    g_free(
        scratch_sh(scratch,
                   "new repo && cd repo; commit base net/smc.c 0; commit sound f 1; git tag sound\n"
                   "commit 'net/smc: tidy' net/smc.c 2; git tag broken; broken=$(id)\n"
                   "commit other f 3; git tag failing; commit 'net: work' g 4\n"
                   "commit 'net/smc: work' net/smc.c 5\n%s\n"
                   "commit 'net: more work' g 6; git tag tip",
                   script));
    return open_repo(scratch, "repo");
}

/* Titles of the candidates, with '|' between; and what the first one mends, behind "<". */
static char *find(const Repo *repo, const char *file, const char *const *words)
{
    g_autofree char *failing = repo_resolve(repo, "failing", NULL),
                    *sound = repo_resolve(repo, "sound", NULL),
                    *tip = repo_resolve(repo, "tip", NULL),
                    *broken = repo_resolve(repo, "broken", NULL);
    MendQuery query = {.failing = failing,
                       .sound = sound,
                       .tip = tip,
                       .file = file,
                       .words = words,
                       .max_candidates = 3};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) candidates = repo_find_mends(repo, &query, &error);
    GString *found = g_string_new(NULL);

    g_assert_no_error(error);
    for (guint i = 0; i < candidates->len; i++) {
        const MendCandidate *candidate = candidates->pdata[i];

        g_string_append_printf(found, "%s%s", i ? "|" : "", candidate->title);
        if (candidate->breaks) {
            g_assert_cmpstr(candidate->breaks, ==, broken);
            g_string_append(found, "<");
        }
    }
    return g_string_free(found, FALSE);
}

typedef struct Case {
    const char *name, *script, *file, *expected;
} Case;

static const Case cases[] = {
    {"fixes",
     "commit \"a: b\n\nFixes: $(git rev-parse --short=12 broken) (\\\"net/smc: tidy\\\")\" h 7",
     "net/smc.c", "a: b<"},
    {"short", "commit \"a: b\n\nFixes: $(git rev-parse --short=8 broken)\" h 7", "net/smc.c",
     "a: b<"},
    {"title", "commit 'a: b\n\nFixes: 0123456789ab (\"net/smc: tidy\")' h 7", "net/smc.c", "a: b<"},
    {"revert", "commit \"Revert it\n\nThis reverts commit $broken.\" net/smc.c 7", NULL,
     "Revert it<"},
    {"file", "commit 'net/smc: fix the build' net/smc.c 7", "net/smc.c", "net/smc: fix the build"},
    {"word", "commit 'net/smc: declare smc_gone' net/smc.c 7", "net/smc.c",
     "net/smc: declare smc_gone"},
    /* A word is a whole one, and a touched file alone says nothing. */
    {"nothing", "commit 'net/smc: my_smc_gone2' net/smc.c 7", "net/smc.c", ""},
    /* What names a commit from elsewhere mends something else. */
    {"others", "commit \"a: b\n\nFixes: $(git rev-parse --short=12 sound) (\\\"sound\\\")\" h 7",
     "net/smc.c", ""},
    /* Best first; of equals the older one. */
    {"order",
     "commit 'x: build fix, smc_gone' h 7; commit \"a: b\n\nFixes: $broken\" net/smc.c 8\n"
     "commit 'y: build fix, smc_gone' h 9; commit 'z: build fix, smc_gone' h 10",
     "net/smc.c", "a: b<|x: build fix, smc_gone|y: build fix, smc_gone"},
};

static void test_case(Scratch *scratch, gconstpointer data)
{
    const Case *one = data;
    g_autoptr(Repo) repo = open_history(scratch, one->script);
    g_autofree char *found = find(repo, one->file, WORDS("smc_gone"));

    g_assert_cmpstr(found, ==, one->expected);
}

/* Where the error ends between two neighbours, the second one mends it, whatever it says. */
static void test_edge(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(Repo) repo = open_history(scratch, "");
    g_autofree char *found = NULL;

    g_free(scratch_sh(scratch, "cd repo; git tag -f failing tip~1 >/dev/null"));
    found = find(repo, NULL, WORDS("nothing"));
    g_assert_cmpstr(found, ==, "net: more work");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/repo/mending/", cases[i].name, NULL);

        g_test_add(path, Scratch, &cases[i], scratch_set_up, test_case, scratch_tear_down);
    }
    g_test_add("/repo/mending/edge", Scratch, NULL, scratch_set_up, test_edge, scratch_tear_down);
    return g_test_run();
}
