/* SPDX-License-Identifier: Apache-2.0
 * The farm of `firstbad run`: what its commands see, and what their ends mean.
 */
#include "farm/farm.h"

#include <signal.h>

#include "../repo/scratch.h"

/* A repository `repo` with commits `one` and `two`, each a file n that says so. */
typedef struct Fixture {
    Scratch scratch;
    Repo *repo;
    char *path, *work_dir, *one, *two;
    CommandFarmOptions options;
    Farm *farm;
} Fixture;

static char *sh(const Fixture *fixture, const char *script)
{
    return scratch_sh(&fixture->scratch, "%s", script);
}

/* A new life of the coordinator, with today's options. */
static void open_farm(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&fixture->farm, farm_free);
    fixture->farm = command_farm_new(fixture->repo, &fixture->options, &error);
    g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    out = sh(fixture, "mkdir work; new repo; cd repo; commit one n one; commit two n two");
    fixture->path = scratch_path(&fixture->scratch, "repo");
    fixture->work_dir = scratch_path(&fixture->scratch, "work");
    fixture->repo = repo_open(fixture->path, &error);
    g_assert_no_error(error);
    fixture->one = repo_resolve(fixture->repo, "HEAD~1", NULL);
    fixture->two = repo_resolve(fixture->repo, "HEAD", NULL);
    fixture->options = (CommandFarmOptions){
        .test_command = "true", .work_dir = fixture->work_dir, .run_dir = fixture->path};
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    g_clear_pointer(&fixture->farm, farm_free);
    repo_free(fixture->repo);
    g_free(fixture->path);
    g_free(fixture->work_dir);
    g_free(fixture->one);
    g_free(fixture->two);
    scratch_tear_down(&fixture->scratch, NULL);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static GAsyncResult *wait_for(GAsyncResult **res)
{
    while (!*res) {
        g_main_context_iteration(NULL, TRUE);
    }
    return *res;
}

static Kernel *build(const Fixture *fixture, const char *commit, GError **error)
{
    g_autoptr(GAsyncResult) res = NULL;
    Kernel *kernel = NULL;

    fixture->farm->ops->build_async(fixture->farm, commit, NULL, keep_result, &res);
    fixture->farm->ops->build_finish(fixture->farm, wait_for(&res), &kernel, error);
    return kernel;
}

static void assert_builds(const Fixture *fixture, const char *commit)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Kernel) kernel = build(fixture, commit, &error);

    g_assert_no_error(error);
    g_assert_cmpint(kernel->status, ==, KERNEL_BUILT);
}

static Outcome *try(const Fixture *fixture, const char *commit, GError **error)
{
    const Kernel kernel = {.status = KERNEL_BUILT};
    g_autoptr(GAsyncResult) res = NULL;
    Outcome *outcome = NULL;

    fixture->farm->ops->trial_async(fixture->farm, commit, &kernel, NULL, keep_result, &res);
    fixture->farm->ops->trial_finish(fixture->farm, wait_for(&res), &outcome, error);
    return outcome;
}

static void assert_outcome(const Fixture *fixture, const char *commit, OutcomeKind kind)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Outcome) outcome = try(fixture, commit, &error);

    g_assert_no_error(error);
    g_assert_cmpint(outcome->kind, ==, kind);
}

static void test_exit_codes(Fixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *command;
        OutcomeKind kind;
    } cases[] = {
        {"exit 0", OUTCOME_OK},      {"exit 1", OUTCOME_CRASH},
        {"exit 127", OUTCOME_CRASH}, {"exit 125", OUTCOME_BASIC_FAILED},
        {"exit 128", OUTCOME_INFRA}, {"kill -9 $$", OUTCOME_INFRA},
        {"exit 137", OUTCOME_INFRA}, {"sh -c 'kill -15 $$'; exit $?", OUTCOME_INFRA},
        {"exit 255", OUTCOME_INFRA}, {"kill -ABRT $$", OUTCOME_CRASH},
        {"exit 139", OUTCOME_CRASH}, {"sh -c 'kill -SEGV $$'; exit $?", OUTCOME_CRASH},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        fixture->options.test_command = cases[i].command;
        open_farm(fixture);
        assert_outcome(fixture, fixture->one, cases[i].kind);
    }
}

static void test_build_exit_codes(Fixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *command, *says;
        gboolean of_revision; /* else of our machine */
    } cases[] = {
        {"exit 1", "exited with 1", TRUE},
        {"exit 127", "exited with 127: a command was not found", TRUE},
        {"echo 'a.c:1: error: no' >&2; exit 2", "exited with 2: a.c:1: error: no", TRUE},
        {"echo one; echo last; exit 3", "exited with 3: last", TRUE},
        {"echo one; echo last >&2; exit 3", "exited with 3: last", TRUE},
        {"echo 'a.c:1:2: error: no'; printf '    1 | int\\n      |  ^~~\\n' >&2; exit 1",
         "exited with 1: a.c:1:2: error: no", TRUE},
        {"echo 'checking: sh: foo: not found'; echo 'boom, cannot go on' >&2; exit 2",
         "exited with 2: boom, cannot go on", TRUE},
        {"echo '   12 | int x'; exit 1", "exited with 1:    12 | int x", TRUE},
        {"exit 139", "exited with 139 (Segmentation fault)", TRUE},
        {"exit 125", "the build command asks to skip it (125)", TRUE},
        {"exit 128", "exited with 128", FALSE},
        {"kill -9 $$", "was killed by signal 9", FALSE},
        {"sleep 60", "took longer than", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Kernel) kernel = NULL;

        fixture->options.build_command = cases[i].command;
        fixture->options.timeout_ms = g_str_has_prefix(cases[i].command, "sleep") ? 50 : 0;
        open_farm(fixture);
        kernel = build(fixture, fixture->one, &error);
        if (cases[i].of_revision) {
            g_assert_no_error(error);
            g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
            g_assert_true(g_str_has_prefix(kernel->first_error, cases[i].says));
        } else {
            g_assert_null(kernel);
            g_assert_nonnull(strstr(error->message, cases[i].says));
        }
    }
}

/* A machine that fails once is not worth a word. */
static void test_build_again(Fixture *fixture, gconstpointer unused)
{
    fixture->options.build_command = "test -e ../again || { touch ../again; kill -9 $$; }";
    open_farm(fixture);
    assert_builds(fixture, fixture->one);
}

/* Takes a lock, which goes on to a child in a session of its own. */
#define LEAVE_CHILD                                                                                \
    "exec 9>../lock; flock -n 9 || exit 1; setsid sh -c 'echo >../up; exec sleep 60' & "           \
    "while ! test -e ../up; do :; done; rm ../up"

/* What a command leaves in the background would work beside the next. */
static void test_leftovers(Fixture *fixture, gconstpointer unused)
{
    const char *argv[] = {"sleep", "60", NULL};
    g_autofree char *worktree = g_build_filename(fixture->work_dir, "worktree", NULL);
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_autoptr(GSubprocess) orphan = NULL;
    g_autoptr(GError) error = NULL;

    fixture->options.build_command = fixture->options.test_command = LEAVE_CHILD;
    open_farm(fixture);
    assert_builds(fixture, fixture->one);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
    /* Of a life that was killed. */
    g_subprocess_launcher_set_cwd(launcher, worktree);
    g_subprocess_launcher_setenv(launcher, "FIRSTBAD_JOB_DIR", fixture->work_dir, TRUE);
    orphan = g_subprocess_launcher_spawnv(launcher, argv, &error);
    g_assert_no_error(error);
    open_farm(fixture);
    g_subprocess_wait(orphan, NULL, NULL);
    g_assert_cmpint(g_subprocess_get_term_sig(orphan), ==, SIGKILL);
}

/* Commands work where they are, also when a git hook started us. */
static void test_environment(Fixture *fixture, gconstpointer unused)
{
    fixture->options.test_command = "test $(git rev-parse HEAD) = $FIRSTBAD_COMMIT";
    open_farm(fixture);
    g_setenv("GIT_DIR", "/nonexistent", TRUE);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
    g_unsetenv("GIT_DIR");
}

/* A build that leaves `built` as it found n; the file `broken` makes it end in the middle. */
#define BUILD           "rm -f built; test ! -e ../../broken || kill -9 $$; cp n built"
#define BUILT           "cmp n built"
#define BROKEN(fixture) g_free(sh(fixture, "touch broken"))
#define MENDED(fixture) g_free(sh(fixture, "rm broken"))

/* Only what was built to the end in this life is tried without being built again. */
static void test_half_built(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Outcome) none = NULL;

    fixture->options.build_command = BUILD;
    fixture->options.test_command = BUILT;
    open_farm(fixture);
    assert_builds(fixture, fixture->one);
    assert_builds(fixture, fixture->two);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
    assert_builds(fixture, fixture->two);
    BROKEN(fixture);
    none = try(fixture, fixture->one, &error);
    g_assert_null(none);
    g_assert_nonnull(error);
    MENDED(fixture);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
    /* kill -9 in the middle of a build: this farm is forgotten with what it knew. */
    BROKEN(fixture);
    g_clear_error(&error);
    none = try(fixture, fixture->two, &error);
    g_assert_null(none);
    MENDED(fixture);
    open_farm(fixture);
    assert_outcome(fixture, fixture->two, OUTCOME_OK);
}

/* Without a checkout, going back to a revision means to build it again all the same. */
static void test_no_checkout(Fixture *fixture, gconstpointer unused)
{
    fixture->options.no_checkout = TRUE;
    fixture->options.build_command = "echo $FIRSTBAD_COMMIT >../built";
    fixture->options.test_command = "test $(cat ../built) = $FIRSTBAD_COMMIT";
    open_farm(fixture);
    assert_builds(fixture, fixture->one);
    assert_builds(fixture, fixture->two);
    assert_outcome(fixture, fixture->two, OUTCOME_OK);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
}

/* A command whose folder is taken away finds nothing in it, which is no verdict. */
static void test_gone(Fixture *fixture, gconstpointer unused)
{
    fixture->options.test_command = "rm -rf \"$PWD\"; exit 127";
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Outcome) none = NULL;

        open_farm(fixture);
        none = try(fixture, fixture->one, &error);
        g_assert_null(none);
        g_assert_nonnull(strstr(error->message, "where the test command ran, is gone"));
        fixture->options.test_command = "rm -rf \"$PWD\"";
    }
    fixture->options.test_command = "true";
    open_farm(fixture);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
}

/* The worktree is registered in the user's repository while there is work, and no longer. */
static void test_done(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *during = NULL, *after = NULL;

    open_farm(fixture);
    assert_outcome(fixture, fixture->one, OUTCOME_OK);
    during = sh(fixture, "git -C repo worktree list | wc -l; ls work");
    g_assert_cmpstr(during, ==, "2\nworktree");
    farm_done(fixture->farm);
    after = sh(fixture, "git -C repo worktree list | wc -l; ls work");
    g_assert_cmpstr(after, ==, "1");
    /* Without a checkout there is none, and the repository is not ours to take away. */
    fixture->options.no_checkout = TRUE;
    open_farm(fixture);
    farm_done(fixture->farm);
    g_free(after);
    after = sh(fixture, "cat repo/n");
    g_assert_cmpstr(after, ==, "two");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/command/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("exit-codes", test_exit_codes);
    ADD("build-exit-codes", test_build_exit_codes);
    ADD("build-again", test_build_again);
    ADD("leftovers", test_leftovers);
    ADD("environment", test_environment);
    ADD("half-built", test_half_built);
    ADD("no-checkout", test_no_checkout);
    ADD("gone", test_gone);
    ADD("done", test_done);
    return g_test_run();
}
