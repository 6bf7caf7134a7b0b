/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs on a real little repository and a farm in memory: every ending, and a stop after every
 * step.
 */
#include "job/job.h"

#include <glib/gstdio.h>
#include <string.h>

#include "process/process.h"
#include "report/report.h"

/* --- A world in memory ----------------------------------------------------------------------- */

typedef struct SimFarm {
    Farm base;
    const char *const *commits; /* ids, oldest first */
    guint first_bad;            /* index; commits before it are good */
    guint last_bad;             /* commits after it are good again; G_MAXUINT: none is */
    const guint *unbuildable;   /* indexes, ended by G_MAXUINT; or NULL */
    guint same_as_parent;       /* this commit's kernel is its parent's; 0: none's */
    const char *title;          /* of the crash */
    guint n_titles;             /* a bad commit crashes under so many in turn; 0: under one */
    guint other_crash_at;       /* index of a commit that crashes otherwise; G_MAXUINT: none */
    const char *passing_title;  /* another bug crashes every second trial of these commits: */
    guint passing_first, passing_last;
    guint unbootable;   /* index of a commit that never boots; G_MAXUINT: none */
    guint late;         /* index of a bad commit that does not crash at first; G_MAXUINT */
    guint n_late_oks;   /* how often it still does not */
    gboolean reuses;    /* all kernels are there already */
    guint infra_first;  /* so many first trials fail by the machine's fault */
    const char *report; /* of a crash; NULL: one without source files */
    guint stop_after;   /* stop with an error after so many builds and trials; 0: never */
    guint n_builds, n_trials;
} SimFarm;

static guint index_of(const SimFarm *farm, const char *commit)
{
    guint i = 0;

    while (!g_str_equal(farm->commits[i], commit)) {
        i++;
    }
    return i;
}

static gboolean must_stop(const SimFarm *farm, GTask *task)
{
    if (farm->stop_after && farm->n_builds + farm->n_trials >= farm->stop_after) {
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped by the test");
        return TRUE;
    }
    return FALSE;
}

static void sim_build(Farm *base, const char *commit, GCancellable *cancellable,
                      GAsyncReadyCallback done, gpointer user_data)
{
    SimFarm *farm = (SimFarm *)base;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, user_data);
    guint i = index_of(farm, commit);
    Kernel *kernel;

    if (must_stop(farm, task)) {
        return;
    }
    farm->n_builds++;
    kernel = g_new0(Kernel, 1);
    kernel->key = g_strdup(commit);
    kernel->build_ms = 10000;
    kernel->reused = farm->reuses;
    for (const guint *bad = farm->unbuildable; bad && *bad != G_MAXUINT; bad++) {
        if (*bad == i) {
            kernel->status = KERNEL_FAILED;
            kernel->first_error = g_strdup("net/smc.c:1:2: error: no");
        }
    }
    if (kernel->status == KERNEL_BUILT) {
        kernel->signature = g_strdup(farm->commits[i && i == farm->same_as_parent ? i - 1 : i]);
    }
    g_task_return_pointer(task, kernel, (GDestroyNotify)kernel_free);
}

static gboolean sim_build_finish(Farm *base, GAsyncResult *res, Kernel **ret_kernel, GError **error)
{
    *ret_kernel = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_kernel != NULL;
}

static void sim_trial(Farm *base, const char *commit, const Kernel *kernel,
                      GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    SimFarm *farm = (SimFarm *)base;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, user_data);
    guint i = index_of(farm, commit);
    Outcome *outcome;

    if (must_stop(farm, task)) {
        return;
    }
    farm->n_trials++;
    outcome = g_new0(Outcome, 1);
    outcome->run_ms = 1000;
    if (farm->n_trials <= farm->infra_first) {
        outcome->kind = OUTCOME_INFRA;
        outcome->title = g_strdup("no memory");
    } else if (i == farm->unbootable) {
        outcome->kind = OUTCOME_BOOT_FAILED;
        outcome->title = g_strdup("no output from test machine");
    } else if (i == farm->late && farm->n_late_oks > 0) {
        farm->n_late_oks--;
    } else if (i >= farm->first_bad && i <= farm->last_bad) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = farm->n_titles ? g_strdup_printf("KASAN: use-after-free Read in f%u_",
                                                          farm->n_trials % farm->n_titles)
                                        : g_strdup(farm->title);
    } else if (i == farm->other_crash_at) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = g_strdup("KASAN: use-after-free Read in ext4_foo");
    } else if (farm->passing_title && i >= farm->passing_first && i <= farm->passing_last &&
               farm->n_trials % 2 == 0) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = g_strdup(farm->passing_title);
    } else {
        outcome->kind = OUTCOME_OK;
    }
    if (outcome->kind == OUTCOME_CRASH) {
        outcome->report = g_new0(OopsReport, 1);
        outcome->report->title = g_strdup(outcome->title);
        outcome->report->alt_titles = g_new0(char *, 1);
        outcome->report->text =
            g_strdup(farm->report ? farm->report : "Call Trace:\n foo+0x1/0x2\n");
    }
    g_task_return_pointer(task, outcome, (GDestroyNotify)outcome_free);
}

static gboolean sim_trial_finish(Farm *base, GAsyncResult *res, Outcome **ret_outcome,
                                 GError **error)
{
    *ret_outcome = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_outcome != NULL;
}

static const char *sim_worktree(Farm *base)
{
    return NULL;
}

static const char *const *sim_prefixes(Farm *base)
{
    static const char *const none[] = {NULL};

    return none;
}

static const FarmOps sim_ops = {.build_async = sim_build,
                                .build_finish = sim_build_finish,
                                .trial_async = sim_trial,
                                .trial_finish = sim_trial_finish,
                                .worktree = sim_worktree,
                                .source_prefixes = sim_prefixes};

/* --- A repository of a line of commits, every tenth a release -------------------------------- */

#define N_COMMITS 61
/* Three commits touch net/tls/main.c: 17, 37, 57. */
#define TOUCHES_TLS(i) ((i) % 20 == 17)
/* What a submodule points to. */
#define NO_COMMIT "0123456789012345678901234567890123456789"
/* Of all of them. */
#define MAINTAINERS                                                                                \
    "TLS\nM:\tT Ls <tls@example.org>\nR:\tA Person <a@example.org>\nL:\tnet@example.org\n"         \
    "S:\tMaintained\nF:\tnet/tls/\n"

typedef struct World {
    char *folder, *tree, *state;
    char *commits[N_COMMITS + 1];
    guint max_trials; /* as the user's; 0: the default */
    guint max_kernels, max_time_s;
    const char *suspects;
    GString *said; /* lines of progress, where wanted */
    SimFarm farm;
} World;

static char *git(const char *tree, const char *a, const char *b, const char *c)
{
    const char *argv[] = {"git", "-C", tree, a, b, c, NULL};
    GError *error = NULL;
    char *out = process_ask(NULL, argv, &error);

    g_assert_no_error(error);
    return out;
}

static void world_init(World *world)
{
    g_autoptr(GString) stream = g_string_new(NULL);
    g_autofree char *ids = NULL;
    g_auto(GStrv) lines = NULL;

    *world = (World){.folder = g_dir_make_tmp("firstbad-job-XXXXXX", NULL)};
    world->tree = g_build_filename(world->folder, "tree", NULL);
    world->state = g_build_filename(world->folder, "state", NULL);
    g_mkdir(world->tree, 0700);
    g_free(git(world->tree, "init", "-q", "."));
    for (guint i = 0; i < N_COMMITS; i++) {
        g_autofree char *message = g_strdup_printf("net: change %u\n", i);

        g_string_append_printf(
            stream,
            "commit refs/heads/main\ncommitter A Person <a@example.org> %u +0000\ndata %zu\n%s"
            "M 644 inline f\ndata 3\n%03u\n",
            1700000000 + i, strlen(message), message, i);
        if (i == 0) {
            g_string_append_printf(stream, "M 644 inline MAINTAINERS\ndata %zu\n%s\n",
                                   strlen(MAINTAINERS), MAINTAINERS);
            g_string_append_printf(stream, "M 160000 %s net/sub.c\n", NO_COMMIT);
        }
        if (TOUCHES_TLS(i)) {
            g_string_append_printf(stream, "M 644 inline net/tls/main.c\ndata 3\n%03u\n", i);
        }
        if (i % 10 == 0) {
            g_string_append_printf(stream, "reset refs/tags/v5.%u\nfrom refs/heads/main\n\n",
                                   i / 10);
        }
    }
    const char *argv[] = {"git", "fast-import", "--quiet", NULL};
    ProcessSpec spec = {
        .argv = argv, .cwd = world->tree, .input = stream->str, .n_input = stream->len};
    g_autoptr(ProcessResult) result = NULL;
    g_assert_true(process_run(&spec, &result, NULL) && process_succeeded(result));
    ids = git(world->tree, "rev-list", "--reverse", "main");
    lines = g_strsplit(ids, "\n", -1);
    for (guint i = 0; i < N_COMMITS; i++) {
        world->commits[i] = g_strdup(lines[i]);
    }
    world->farm = (SimFarm){.base = {.ops = &sim_ops,
                                     .n_trials_at_once = 2,
                                     .expected_build_s = 60,
                                     .expected_trial_s = 2},
                            .commits = (const char *const *)world->commits,
                            .last_bad = G_MAXUINT,
                            .other_crash_at = G_MAXUINT,
                            .unbootable = G_MAXUINT,
                            .late = G_MAXUINT,
                            .title = "WARNING: refcount bug in sk_psock_get"};
}

static void world_clear(World *world)
{
    const char *argv[] = {"rm", "-rf", world->folder, NULL};

    g_free(process_ask(NULL, argv, NULL));
    for (guint i = 0; i < N_COMMITS; i++) {
        g_free(world->commits[i]);
    }
    g_free(world->folder);
    g_free(world->tree);
    g_free(world->state);
    if (world->said) {
        g_string_free(world->said, TRUE);
    }
}

static void write_down(const JobProgress *progress, gpointer data)
{
    const World *world = data;

    if (world->said && progress->line) {
        g_string_append_printf(world->said, "%s\n", progress->line);
    }
}

/* Work on the world's only job, made when missing, until the answer or a stop (NULL). */
static Answer *work(World *world, const char *good, const char *title)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_WRITE, &error);
    g_autoptr(Repo) repo = repo_open(world->tree, &error);
    g_autoptr(JobSpec) spec = job_spec_new("cause");
    g_autofree char *text = NULL;
    g_autoptr(Job) job = NULL;
    Answer *answer = NULL;
    gint64 id = 1;

    g_assert_no_error(error);
    spec->start = g_strdup(world->commits[N_COMMITS - 1]);
    spec->good = g_strdup(good);
    spec->title = g_strdup(title);
    spec->suspects = g_strdup(world->suspects);
    spec->max_trials = world->max_trials ? world->max_trials : spec->max_trials;
    spec->max_kernels = world->max_kernels;
    spec->max_time_s = world->max_time_s;
    text = job_spec_write(spec);
    store_add_job(store, "job", "cause", text, 0, &id, NULL);
    job = job_new(1, spec, "gcc", repo, store, &world->farm.base, &error);
    g_assert_no_error(error);
    if (!job_carry_out(job, write_down, world, NULL, &answer, &error)) {
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
    return answer;
}

static Answer *work_once(World *world, const char *good)
{
    Answer *answer = work(world, good, NULL);

    g_assert_nonnull(answer);
    return answer;
}

/* --- Endings --------------------------------------------------------------------------------- */

static void test_culprit_by_releases(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    g_assert_cmpfloat(answer->confidence, >, 0.95);
    g_assert_cmpuint(answer->checks->len, ==, 3);
    /* Start, v5.5, v5.4, v5.3, then some of the 30 revisions up to the start. */
    g_assert_cmpuint(world.farm.n_builds, <=, 4 + 6);
    g_assert_nonnull(strstr(answer->culprit_show, "change 37"));
    world_clear(&world);
}

static void test_culprit_by_good(void)
{
    for (guint first_bad = 1; first_bad < N_COMMITS; first_bad += 7) {
        World world;

        world_init(&world);
        world.farm.first_bad = first_bad;
        g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
        g_assert_cmpstr(answer->culprit, ==, world.commits[first_bad]);
        g_assert_cmpuint(world.farm.n_builds, <=, 2 + 8);
        world_clear(&world);
    }
}

/* The crash names a file that three revisions touch: the first of these to be tried leaves one or
 * two of them. A suspect that is wrong costs little, and one that means nothing is said. */
static void test_prior(void)
{
    static const char report[] = "earlier f:1\nWARNING: x\n tls_read+0x1/0x2 net/tls/main.c:5\n";
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.report = report;
    world.said = g_string_new(NULL);
    g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 4);
    g_assert_nonnull(strstr(world.said->str, "prior: 3 of 60 revisions touch one of the 1 source "
                                             "files in the crash's stack"));
    world_clear(&world);
}

static void assert_people(const Answer *answer, const char *want_to, const char *want_cc)
{
    g_autofree char *to = g_strjoinv(" ", answer->to), *cc = g_strjoinv(" ", answer->cc);

    g_assert_cmpstr(to, ==, want_to);
    g_assert_cmpstr(cc, ==, want_cc);
}

/* The people of the file to blame hear of it, too: beside the culprit's, or alone. */
static void test_recipients(void)
{
    static const guint unbuildable[] = {34, 35, 36, 37, G_MAXUINT};

    for (guint with_culprit = 0; with_culprit < 2; with_culprit++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 36;
        world.farm.unbuildable = with_culprit ? NULL : unbuildable;
        world.farm.report = "WARNING: x\n tls_read+0x1/0x2 net/tls/main.c:5\n";
        g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
        g_assert_cmpint(answer->kind, ==, with_culprit ? ANSWER_CULPRIT : ANSWER_SET);
        assert_people(answer,
                      with_culprit ? "a@example.org net@example.org tls@example.org"
                                   : "net@example.org tls@example.org",
                      with_culprit ? "" : "a@example.org");
        world_clear(&world);
    }
}

/* A file that the console names and that the tree lacks, or that is none there, is nobody's. */
static void test_recipients_of_no_file(void)
{
    static const char *const reports[] = {"WARNING: x\n foo+0x1/0x2 net/none.c:5\n",
                                          "WARNING: x\n foo+0x1/0x2 net/sub.c:5\n"};

    for (guint i = 0; i < G_N_ELEMENTS(reports); i++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 36;
        world.farm.report = reports[i];
        g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
        assert_people(answer, "a@example.org", "");
        world_clear(&world);
    }
}

static void test_wrong_suspects(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 31;
    world.suspects = "net/tls/;no/such/file";
    world.said = g_string_new(NULL);
    g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[31]);
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 8 + 3);
    g_assert_nonnull(strstr(world.said->str, "--suspect net/tls/: 3 revisions, together 4"));
    g_assert_nonnull(strstr(world.said->str, "--suspect no/such/file: no revision of the range"));
    g_assert_nonnull(strstr(world.said->str, "prior: the crash of the start names no source file"));
    world_clear(&world);
}

static void test_unbuildable_neighbours_make_a_set(void)
{
    static const guint unbuildable[] = {34, 35, 36, 37, G_MAXUINT};
    World world;

    world_init(&world);
    world.farm.first_bad = 36;
    world.farm.unbuildable = unbuildable;
    g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_SET);
    g_assert_null(answer->culprit);
    g_assert_cmpuint(answer->candidates->len, ==, 5); /* 34..38: 33 is good, 38 is bad */
    world_clear(&world);
}

static void test_same_kernel_is_never_named(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 36;
    world.farm.same_as_parent = 36;
    g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
    g_assert_cmpstr(answer->culprit, !=, world.commits[36]);
    world_clear(&world);
}

static void test_start_does_not_crash(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 1000;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_NOT_REPRODUCED);
    g_assert_nonnull(strstr(answer->reason, "did not crash"));
    g_assert_cmpuint(world.farm.n_trials, ==, 40);
    world_clear(&world);
}

static void test_start_crashes_otherwise(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 10;
    g_autoptr(Answer) answer = work(&world, NULL, "KASAN: use-after-free Read in foo");
    g_assert_cmpint(answer->kind, ==, ANSWER_NOT_REPRODUCED);
    g_assert_nonnull(strstr(answer->reason, "another crash"));
    world_clear(&world);
}

static void test_start_does_not_build(void)
{
    static const guint unbuildable[] = {N_COMMITS - 1, G_MAXUINT};
    World world;

    world_init(&world);
    world.farm.unbuildable = unbuildable;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_UNTESTABLE);
    g_assert_nonnull(strstr(answer->reason, "net/smc.c:1:2: error: no"));
    world_clear(&world);
}

static void test_good_crashes(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 5;
    g_autoptr(Answer) answer = work_once(&world, world.commits[20]);
    g_assert_cmpint(answer->kind, ==, ANSWER_GOOD_CRASHES);
    world_clear(&world);
}

/* Another bug, in all that is older than the culprit: of any relation to the bug, it is not the
 * answer. */
static void test_passing_bug(void)
{
    static const char *const titles[] = {"possible deadlock in ext4_foo",
                                         "KASAN: use-after-free Read in ext4_foo",
                                         "WARNING: refcount bug in ext4_foo"};

    for (guint i = 0; i < G_N_ELEMENTS(titles); i++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 37;
        world.farm.passing_title = titles[i];
        world.farm.passing_first = 8;
        world.farm.passing_last = 36;
        world.said = g_string_new(NULL);
        g_autoptr(Answer) answer = work_once(&world, world.commits[0]);
        g_test_message("%s: %s", titles[i], answer->reason);
        g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
        g_assert_nonnull(
            strstr(world.said->str, i == 0 ? " with another crash" : " with a doubtful crash"));
        world_clear(&world);
    }
}

static void test_older_than_all_releases(void)
{
    World world;

    world_init(&world);
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_OLDER);
    g_assert_cmpstr(answer->subject, ==, world.commits[0]);
    world_clear(&world);
}

static void test_another_crash_is_not_the_bug(void)
{
    /* At a release; somewhere; and just before the culprit, where it hides whether the bug is
     * there. */
    static const guint places[] = {20, 31, 36};

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 37;
        world.farm.other_crash_at = places[i];
        g_autoptr(Answer) answer = work_once(&world, NULL);
        if (places[i] == 36) {
            g_assert_cmpint(answer->kind, ==, ANSWER_SET);
            g_assert_cmpuint(answer->candidates->len, ==, 2);
        } else {
            g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
        }
        g_assert_cmpuint(world.farm.n_trials, <, 100);
        world_clear(&world);
    }
}

static void test_no_release_can_be_tested(void)
{
    static const guint releases[] = {0, 10, 20, 30, 40, 50, G_MAXUINT};
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.unbuildable = releases;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_UNTESTABLE);
    g_assert_nonnull(strstr(answer->reason, "name a --good"));
    world_clear(&world);
}

/* A memory corruption crashes here and there. */
static void test_many_titles(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.n_titles = 6;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* However few trials it is given, a release that does not boot is not good. */
static void test_unbootable_release(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 27;
    world.farm.unbootable = 30;
    world.max_trials = 2;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[27]);
    world_clear(&world);
}

static void test_unbootable_start(void)
{
    World world;

    world_init(&world);
    world.farm.unbootable = N_COMMITS - 1;
    world.max_trials = 2;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpint(answer->kind, ==, ANSWER_UNTESTABLE);
    g_assert_nonnull(strstr(answer->reason, "does not boot"));
    world_clear(&world);
}

/* v5.3 does not crash when it is tried as a release, but has the bug: the check of the commit after
 * it finds out, and the range grows. */
static void overruled_release(World *world)
{
    world->farm.first_bad = 25;
    world->farm.late = 30;
    world->farm.n_late_oks = 3;
}

static void test_overruled_release(void)
{
    World world;

    world_init(&world);
    overruled_release(&world);
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpuint(world.farm.n_late_oks, ==, 0);
    g_assert_cmpstr(answer->culprit, ==, world.commits[25]);
    world_clear(&world);
}

static void test_infra_is_repeated(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.infra_first = 3;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* --- Budgets --------------------------------------------------------------------------------- */

/* In any phase: what is known then, which never excludes the culprit; and with a larger budget the
 * job goes on as if it had not ended. */
static void test_budget_of_kernels(void)
{
    World world;
    guint n_kernels = 0;
    gboolean had_none = FALSE, had_some = FALSE;

    world_init(&world);
    world.farm.first_bad = 37;
    for (;;) {
        world.max_kernels = ++n_kernels;
        g_autoptr(Answer) answer = work_once(&world, NULL);
        gboolean holds = FALSE;

        g_assert_cmpuint(world.farm.n_builds, ==, n_kernels);
        if (!answer->by_budget) {
            g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
            break;
        }
        g_assert_cmpint(answer->kind, ==, ANSWER_SET);
        g_assert_null(answer->culprit);
        g_autofree char *said = g_strdup_printf("the budget of %u kernel%s is used up: ", n_kernels,
                                                n_kernels == 1 ? "" : "s");
        g_assert_true(g_str_has_prefix(answer->reason, said));
        for (guint i = 0; i < answer->candidates->len; i++) {
            const Candidate *candidate = answer->candidates->pdata[i];

            holds |= g_str_equal(candidate->commit, world.commits[37]);
        }
        g_assert_true(holds || answer->candidates->len == 0);
        had_none |= answer->candidates->len == 0;
        had_some |= holds;
    }
    g_assert_true(had_none && had_some);
    guint n_builds = world.farm.n_builds, n_trials = world.farm.n_trials;
    world_clear(&world);

    world_init(&world);
    world.farm.first_bad = 37;
    answer_free(work_once(&world, NULL));
    g_assert_cmpuint(world.farm.n_builds, ==, n_builds);
    g_assert_cmpuint(world.farm.n_trials, ==, n_trials);
    world_clear(&world);
}

/* Kernels that others built cost nothing. */
static void test_reused_kernels_are_free(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.reuses = TRUE;
    world.max_kernels = 1;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* The time of earlier lives counts. */
static void test_budget_of_time(void)
{
    World world;
    g_autoptr(GError) error = NULL;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.stop_after = 5;
    g_assert_null(work(&world, NULL, NULL));
    g_autoptr(Store) store = store_open(world.state, STORE_WRITE, &error);
    g_assert_true(store_add_time(store, 1, 4 * 3600 * 1000, 0, 0, &error));
    g_clear_pointer(&store, store_free);

    world.farm.stop_after = 0;
    world.max_time_s = 4 * 3600;
    g_autoptr(Answer) answer = work_once(&world, NULL);
    g_assert_true(answer->by_budget);
    g_assert_true(g_str_has_prefix(answer->reason, "the budget of 4h is used up: "));
    g_assert_cmpuint(world.farm.n_builds + world.farm.n_trials, ==, 5);

    world.max_time_s = 5 * 3600;
    g_autoptr(Answer) later = work_once(&world, NULL);
    g_assert_cmpstr(later->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* What is under way belongs to the budget, and to what is known at its end. */
static void test_budget_waits(void)
{
    g_autoptr(GHashTable) evidence = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) releases = g_ptr_array_new(), tasks = g_ptr_array_new();
    Situation situation = {.start = "start",
                           .releases = releases,
                           .n_start_trials = 5,
                           .max_trials = 20,
                           .confidence = 0.95,
                           .evidence = evidence,
                           .overruled = evidence,
                           .tasks = tasks,
                           .max_kernels = 1};
    Task task = {.commit = (char *)"other"};
    Action action;

    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    g_ptr_array_add(tasks, &task);
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_WAIT);
    task.n_trials = 3;
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_BUILD);
    situation.n_kernels = 1;
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_WAIT);
    g_ptr_array_set_size(tasks, 0);
    job_decide(&situation, &action);
    g_assert_cmpint(action.kind, ==, ACTION_ANSWER);
    g_assert_true(action.answer->by_budget);
    answer_free(action.answer);
}

static void test_durations(void)
{
    static const struct {
        const char *text;
        guint s;
        const char *back;
    } good[] = {{"90", 90, "90s"},     {"90m", 5400, "90m"}, {"4h", 14400, "4h"},
                {"48h", 172800, "2d"}, {"0", 0, "0d"},       {"1000s", 1000, "1000s"}};
    static const char *const bad[] = {"",       "m",  "4 h",      "1.5h", "-1",
                                      "4hours", "4H", "1000000d", "h4"};
    g_autoptr(JobSpec) spec = job_spec_new("cause");

    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(job_spec_set(spec, "max-time", good[i].text, "/", NULL));
        g_assert_cmpuint(spec->max_time_s, ==, good[i].s);
        g_autofree char *back = job_duration(spec->max_time_s);
        g_assert_cmpstr(back, ==, good[i].back);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(job_spec_set(spec, "max-time", bad[i], "/", &error));
        g_assert_nonnull(strstr(error->message, "is not a time such as 90m, 4h or 2d"));
    }
}

/* --- Resuming -------------------------------------------------------------------------------- */

static void culprit_by_releases(World *world)
{
    world->farm.first_bad = 37;
}

static void test_stop_after_every_step(gconstpointer make)
{
    World world;
    guint n_builds, n_trials;

    world_init(&world);
    ((void (*)(World *))make)(&world);
    answer_free(work_once(&world, NULL));
    n_builds = world.farm.n_builds;
    n_trials = world.farm.n_trials;
    world_clear(&world);

    world_init(&world);
    ((void (*)(World *))make)(&world);
    for (guint step = 1;; step++) {
        world.farm.stop_after = step;
        g_autoptr(Answer) answer = work(&world, NULL, NULL);

        if (answer) {
            g_assert_cmpstr(answer->culprit, ==, world.commits[world.farm.first_bad]);
            break;
        }
        g_assert_cmpuint(world.farm.n_builds + world.farm.n_trials, ==, step);
    }
    /* Nothing that was finished is done again; a job that is stopped after each trial starts none
     * too many. */
    g_assert_cmpuint(world.farm.n_builds, ==, n_builds);
    g_assert_cmpuint(world.farm.n_trials, <=, n_trials);
    world_clear(&world);
}

/* --- The log, read back by git --------------------------------------------------------------- */

static void test_log_replays(void)
{
    World world;
    g_autoptr(GError) error = NULL;

    world_init(&world);
    world.farm.first_bad = 37;
    answer_free(work_once(&world, NULL));
    g_autoptr(Store) store = store_open(world.state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, "job", &error);
    g_autoptr(Report) report = report_load(store, row, &error);
    g_assert_no_error(error);
    g_autofree char *replay = report_replay(report);
    g_autofree char *path = g_build_filename(world.folder, "replay", NULL);
    g_assert_true(g_file_set_contents(path, replay, -1, NULL));
    g_free(git(world.tree, "checkout", "-q", "main"));
    g_free(git(world.tree, "bisect", "replay", path));
    g_autofree char *log = git(world.tree, "bisect", "log", NULL);
    g_autofree char *found = g_strdup_printf("# first bad commit: [%s]", world.commits[37]);
    g_assert_nonnull(strstr(log, found));
    g_autofree char *text = report_text(report, NULL);
    g_assert_nonnull(strstr(text, "First bad commit"));
    json_t *json = report_json(report);
    g_assert_nonnull(json);
    g_assert_cmpstr(json_string_value(json_object_get(json_object_get(json, "answer"), "culprit")),
                    ==, world.commits[37]);
    json_decref(json);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/culprit-by-releases", test_culprit_by_releases);
    g_test_add_func("/job/culprit-by-good", test_culprit_by_good);
    g_test_add_func("/job/prior", test_prior);
    g_test_add_func("/job/recipients", test_recipients);
    g_test_add_func("/job/recipients-of-no-file", test_recipients_of_no_file);
    g_test_add_func("/job/wrong-suspects", test_wrong_suspects);
    g_test_add_func("/job/unbuildable-neighbours", test_unbuildable_neighbours_make_a_set);
    g_test_add_func("/job/same-kernel", test_same_kernel_is_never_named);
    g_test_add_func("/job/start-does-not-crash", test_start_does_not_crash);
    g_test_add_func("/job/start-crashes-otherwise", test_start_crashes_otherwise);
    g_test_add_func("/job/start-does-not-build", test_start_does_not_build);
    g_test_add_func("/job/good-crashes", test_good_crashes);
    g_test_add_func("/job/older", test_older_than_all_releases);
    g_test_add_func("/job/another-crash", test_another_crash_is_not_the_bug);
    g_test_add_func("/job/passing-bug", test_passing_bug);
    g_test_add_func("/job/no-release", test_no_release_can_be_tested);
    g_test_add_func("/job/many-titles", test_many_titles);
    g_test_add_func("/job/unbootable-release", test_unbootable_release);
    g_test_add_func("/job/unbootable-start", test_unbootable_start);
    g_test_add_func("/job/overruled-release", test_overruled_release);
    g_test_add_func("/job/infra", test_infra_is_repeated);
    g_test_add_func("/job/budget/kernels", test_budget_of_kernels);
    g_test_add_func("/job/budget/reused", test_reused_kernels_are_free);
    g_test_add_func("/job/budget/time", test_budget_of_time);
    g_test_add_func("/job/budget/waits", test_budget_waits);
    g_test_add_func("/job/budget/durations", test_durations);
    g_test_add_data_func("/job/stop-after-every-step", culprit_by_releases,
                         test_stop_after_every_step);
    g_test_add_data_func("/job/stop-after-every-step/overruled", overruled_release,
                         test_stop_after_every_step);
    g_test_add_func("/job/log-replays", test_log_replays);
    return g_test_run();
}
