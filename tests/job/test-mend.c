/* SPDX-License-Identifier: Apache-2.0
 * Skip storms: 300 neighbouring revisions that do not build, or do not boot, mended later; whole
 * jobs on a real little repository and a farm in memory, whose storm ends where the mend is added.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "job/job.h"
#include "process/process.h"
#include "reference.h"

/* A line of commits: broken at FIRST, mended at END. */
#define N_COMMITS   700
#define STORM_FIRST 200
#define STORM_END   500
/* What may be spent on a storm. */
#define MOST_SPENT 8

/* How the mend tells what it is. */
typedef enum MendStyle {
    MEND_FIXES,    /* "Fixes:" names what broke it */
    MEND_TITLE,    /* the same by title, with another id */
    MEND_MESSAGE,  /* it speaks of the error */
    MEND_REVERT,   /* it takes back what broke it */
    MEND_HIDDEN,   /* another file, no word */
    MEND_MISLEADS, /* "Fixes:", and so does a commit before it that mends nothing */
} MendStyle;

typedef struct StormFarm {
    Farm base;
    char *commits[N_COMMITS];
    GHashTable *index; /* commit -> number + 1 */
    guint first_bad;
    guint start, good; /* the ends of the job */
    gboolean at_boot;
    guint n_storms;          /* one after the other, by the same revisions; 0: one */
    guint n_adopted;         /* so often the mend was adopted */
    guint n_builds, n_spent; /* of these, builds in the storm that told nothing of the bug */
    guint stop_after;        /* stop with an error after so many builds and trials; 0: never */
    guint n_trials;
} StormFarm;

typedef struct World {
    char *folder, *tree, *state;
    GString *said;
    StormFarm farm;
} World;

/* --- The farm -------------------------------------------------------------------------------- */

static guint number_of(const StormFarm *farm, const char *name)
{
    g_autofree char *commit = variant_commit(name);
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(farm->index, commit));

    g_assert_cmpuint(number, >, 0);
    return number - 1;
}

static gboolean is_broken(const StormFarm *farm, const char *name)
{
    guint number = number_of(farm, name);
    gboolean is_inside = number >= STORM_FIRST && number < STORM_END;

    return is_inside && farm->n_adopted < MAX(farm->n_storms, 1) &&
           !strstr(name, farm->commits[STORM_END]);
}

static gboolean must_stop(const StormFarm *farm, GTask *task)
{
    if (farm->stop_after && farm->n_builds + farm->n_trials >= farm->stop_after) {
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped by the test");
        return TRUE;
    }
    return FALSE;
}

static void storm_build(Farm *base, const char *name, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data)
{
    StormFarm *farm = (StormFarm *)base;
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, user_data);
    gboolean broken = is_broken(farm, name);
    Kernel *kernel;

    if (must_stop(farm, task)) {
        return;
    }
    kernel = g_new0(Kernel, 1);
    kernel->key = g_strconcat(name, broken ? "" : " works", NULL);
    kernel->build_ms = 10000;
    farm->n_builds++;
    farm->n_spent += broken;
    if (broken && !farm->at_boot && farm->n_adopted == 0) {
        kernel->status = KERNEL_FAILED;
        kernel->first_error = g_strdup_printf(
            "net/smc.c:%u:2: error: ‘smc_gone’ undeclared (first use in this function)",
            number_of(farm, name));
    } else {
        kernel->signature = g_strdup_printf("%s%u", broken ? "broken" : "", number_of(farm, name));
    }
    g_task_return_pointer(task, kernel, (GDestroyNotify)kernel_free);
}

static gboolean storm_build_finish(Farm *base, GAsyncResult *res, Kernel **ret_kernel,
                                   GError **error)
{
    *ret_kernel = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_kernel != NULL;
}

static void storm_trial(Farm *base, const char *name, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    StormFarm *farm = (StormFarm *)base;
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, user_data);
    Outcome *outcome;

    if (must_stop(farm, task)) {
        return;
    }
    farm->n_trials++;
    outcome = g_new0(Outcome, 1);
    outcome->run_ms = 1000;
    if (g_str_has_prefix(kernel->signature, "broken")) {
        outcome->kind = OUTCOME_BOOT_FAILED;
        outcome->title = g_strdup("general protection fault in smc_gone");
    } else if (number_of(farm, name) >= farm->first_bad) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = g_strdup("WARNING: refcount bug in sk_psock_get");
    } else {
        outcome->kind = OUTCOME_OK;
    }
    g_task_return_pointer(task, outcome, (GDestroyNotify)outcome_free);
}

static gboolean storm_trial_finish(Farm *base, GAsyncResult *res, Outcome **ret_outcome,
                                   GError **error)
{
    *ret_outcome = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_outcome != NULL;
}

static void storm_add_fix(Farm *base, const Backport *fix)
{
    StormFarm *farm = (StormFarm *)base;

    g_assert_cmpstr(fix->commit, ==, farm->commits[STORM_END]);
    farm->n_adopted++;
    g_assert_cmpuint(farm->n_adopted, <=, MAX(farm->n_storms, 1));
}

static const char *storm_worktree(Farm *base)
{
    return NULL;
}

static const char *const *storm_prefixes(Farm *base)
{
    static const char *const none[] = {NULL};

    return none;
}

static const FarmOps storm_ops = {.build_async = storm_build,
                                  .build_finish = storm_build_finish,
                                  .trial_async = storm_trial,
                                  .trial_finish = storm_trial_finish,
                                  .add_fix = storm_add_fix,
                                  .worktree = storm_worktree,
                                  .source_prefixes = storm_prefixes};

/* --- The repository -------------------------------------------------------------------------- */

static char *git(const World *world, const char *input, const char *a, const char *b, const char *c)
{
    const char *argv[] = {"git", "-C", world->tree, a, b, c, NULL};
    ProcessSpec spec = {.argv = argv, .input = input, .n_input = input ? strlen(input) : 0};
    g_autoptr(ProcessResult) result = NULL;

    g_assert_true(process_run(&spec, &result, NULL) && process_succeeded(result));
    return g_strchomp(g_strdup(result->out));
}

static void add_commit(GString *stream, guint number, const char *message, const char *file)
{
    g_string_append_printf(stream,
                           "commit refs/heads/main\ncommitter A <a@example.org> %u +0000\n"
                           "data %zu\n%s\n",
                           1700000000 + number, strlen(message), message);
    g_string_append_printf(stream, "M 644 inline %s\ndata 4\n%04u\n", file, number);
}

/* The one that mends, by what it says. */
static char *mend_message(MendStyle style, const char *broke)
{
    switch (style) {
    case MEND_FIXES:
    case MEND_MISLEADS:
        return g_strdup_printf("net/smc: bring it back\n\nFixes: %.12s (\"net/smc: tidy\")\n",
                               broke);
    case MEND_TITLE:
        return g_strdup("net/smc: bring it back\n\nFixes: 0123456789ab (\"net/smc: tidy\")\n");
    case MEND_MESSAGE:
        return g_strdup("net/smc: declare smc_gone\n\nIt does not build without.\n");
    case MEND_REVERT:
        return g_strdup_printf("Revert \"net/smc: tidy\"\n\nThis reverts commit %s.\n", broke);
    case MEND_HIDDEN:
        break;
    }
    return g_strdup("misc: some work\n");
}

static void import(World *world, MendStyle style)
{
    g_autoptr(GString) first = g_string_new(NULL), rest = g_string_new(NULL);
    g_autofree char *broke = NULL, *mends = NULL, *ids = NULL;
    g_auto(GStrv) lines = NULL;

    for (guint i = 0; i <= STORM_FIRST; i++) {
        gboolean breaks = i == STORM_FIRST;

        add_commit(first, i, breaks ? "net/smc: tidy\n" : "net: some work\n",
                   breaks || i == 10 ? "net/smc.c" : "f");
    }
    g_free(git(world, first->str, "fast-import", "--quiet", NULL));
    broke = git(world, NULL, "rev-parse", "main", NULL);
    mends = mend_message(style, broke);
    g_string_append(rest, "reset refs/heads/main\nfrom refs/heads/main^0\n\n");
    for (guint i = STORM_FIRST + 1; i < N_COMMITS; i++) {
        if (i == STORM_END) {
            add_commit(rest, i, mends, style == MEND_HIDDEN ? "g" : "net/smc.c");
        } else if (i == STORM_END - 20 && style == MEND_MISLEADS) {
            add_commit(rest, i, mends, "net/smc.c");
        } else {
            add_commit(rest, i, i % 50 ? "net: some work\n" : "net/smc: some work\n",
                       i % 50 ? "f" : "net/smc.c");
        }
    }
    g_free(git(world, rest->str, "fast-import", "--quiet", NULL));
    ids = git(world, NULL, "rev-list", "--reverse", "main");
    lines = g_strsplit(ids, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, N_COMMITS);
    world->farm.index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < N_COMMITS; i++) {
        world->farm.commits[i] = g_strdup(lines[i]);
        g_hash_table_insert(world->farm.index, world->farm.commits[i], GUINT_TO_POINTER(i + 1));
    }
}

static void world_init(World *world, MendStyle style)
{
    *world =
        (World){.folder = g_dir_make_tmp("firstbad-mend-XXXXXX", NULL), .said = g_string_new(NULL)};
    world->tree = g_build_filename(world->folder, "tree", NULL);
    world->state = g_build_filename(world->folder, "state", NULL);
    g_mkdir(world->tree, 0700);
    g_free(git(world, NULL, "init", "-q", "."));
    world->farm.base = (Farm){
        .ops = &storm_ops, .n_trials_at_once = 2, .expected_build_s = 60, .expected_trial_s = 2};
    world->farm.start = N_COMMITS - 1;
    import(world, style);
}

static void world_clear(World *world)
{
    const char *argv[] = {"rm", "-rf", world->folder, NULL};

    g_free(process_ask(NULL, argv, NULL));
    for (guint i = 0; i < N_COMMITS; i++) {
        g_free(world->farm.commits[i]);
    }
    g_hash_table_unref(world->farm.index);
    g_string_free(world->said, TRUE);
    g_free(world->folder);
    g_free(world->tree);
    g_free(world->state);
}

/* --- Its job --------------------------------------------------------------------------------- */

static void write_down(const JobProgress *progress, gpointer data)
{
    const World *world = data;

    if (progress->line) {
        g_string_append_printf(world->said, "%s\n", progress->line);
    }
}

/* Work on the world's only job until the answer, or a stop (NULL). */
static Answer *work(World *world)
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
    spec->start = g_strdup(world->farm.commits[world->farm.start]);
    spec->good = g_strdup(world->farm.commits[world->farm.good]);
    spec->no_revert_test = TRUE;
    text = job_spec_write(spec);
    store_add_job(store, "job", "cause", text, 0, &id, NULL);
    world->farm.n_adopted = 0; /* a farm that is made anew knows nothing */
    job = job_new(1, spec, repo, store, &world->farm.base, &error);
    g_assert_no_error(error);
    if (!job_carry_out(job, write_down, world, NULL, &answer, &error)) {
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
    return answer;
}

static gboolean holds(const Answer *answer, const char *commit)
{
    for (guint i = 0; i < answer->candidates->len; i++) {
        if (g_str_equal(((const Candidate *)answer->candidates->pdata[i])->commit, commit)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Before the storm, inside it, and after it. */
static const guint culprits[] = {190, 350, 520};

static gboolean is_inside(guint culprit)
{
    return culprit >= STORM_FIRST && culprit < STORM_END;
}

/* --- A mend that can be found ---------------------------------------------------------------- */

/* The culprit is found wherever it is, and the storm costs what the look-ahead cost. */
static void check_found(MendStyle style, gboolean at_boot)
{
    World world;

    world_init(&world, style);
    /* How the mend was found matters no more once it is. */
    for (guint i = style == MEND_FIXES ? 0 : 1; i < (style == MEND_FIXES ? 3 : 2); i++) {
        const char *argv[] = {"rm", "-rf", world.state, NULL};

        world.farm.first_bad = culprits[i];
        world.farm.at_boot = at_boot;
        world.farm.n_builds = world.farm.n_spent = 0;
        g_free(process_ask(NULL, argv, NULL));
        g_autoptr(Answer) answer = work(&world);
        g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
        g_assert_cmpstr(answer->culprit, ==, world.farm.commits[culprits[i]]);
        g_assert_cmpuint(world.farm.n_spent, <=, MOST_SPENT);
        g_test_message("culprit %u: %u builds, %u of them spent on the storm", culprits[i],
                       world.farm.n_builds, world.farm.n_spent);
    }
    world_clear(&world);
}

/* The reference has no way out of a storm: it builds every revision in it, and has no answer. */
static void test_reference(void)
{
    World world;

    world_init(&world, MEND_FIXES);
    world.farm.first_bad = 350;
    StormFarm farm = world.farm;
    ReferenceJob job = {.farm = &farm.base,
                        .tree = world.tree,
                        .start = world.farm.commits[N_COMMITS - 1],
                        .good = world.farm.commits[0]};
    g_autoptr(ReferenceAnswer) misled = reference_bisect(&job);
    g_assert_cmpint(misled->kind, ==, REFERENCE_SET);
    g_assert_cmpuint(misled->n_left, >, STORM_END - STORM_FIRST);
    g_assert_cmpuint(farm.n_spent, ==, STORM_END - STORM_FIRST);
    g_autoptr(Answer) answer = work(&world);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.farm.commits[350]);
    g_assert_cmpuint(world.farm.n_spent, <=, MOST_SPENT);
    world_clear(&world);
}

static void test_found(gconstpointer style)
{
    check_found(GPOINTER_TO_INT(style), FALSE);
}

static void test_found_at_boot(gconstpointer style)
{
    check_found(GPOINTER_TO_INT(style), TRUE);
}

/* --- Where nothing else is left to do --------------------------------------------------------- */

/* Where an end fails, there is nothing to do beside the try of a mend, and yet the answer waits for
 * it: it would stop the try, which would be asked for again, for ever. */
static void check_waited_for(guint start, guint good, guint first_bad, gboolean at_boot)
{
    World world;

    world_init(&world, MEND_MESSAGE);
    world.farm.start = start;
    world.farm.good = good;
    world.farm.first_bad = first_bad;
    world.farm.at_boot = at_boot;
    world.farm.base.n_slots = 1;  /* so that it is asked what to do beside a build */
    world.farm.stop_after = 2000; /* builds and trials: for ever */
    g_autoptr(Answer) answer = work(&world);
    g_assert_nonnull(answer);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.farm.commits[first_bad]);
    g_assert_cmpuint(world.farm.n_spent, <=, MOST_SPENT);
    world_clear(&world);
}

static void test_start(void)
{
    check_waited_for(STORM_END - 20, 0, 350, FALSE);
}

static void test_good(void)
{
    check_waited_for(STORM_END + 1, STORM_END - 3, STORM_END - 1, TRUE);
}

/* What is built with the mend does not boot, and the same commit seems to mend that, too: each of
 * the two storms adopts it once. */
static void test_two_storms(void)
{
    World world;

    world_init(&world, MEND_MESSAGE);
    world.farm.first_bad = 350;
    world.farm.n_storms = 2;
    world.farm.stop_after = 2000;
    g_autoptr(Answer) answer = work(&world);
    g_assert_nonnull(answer);
    g_assert_cmpstr(answer->culprit, ==, world.farm.commits[350]);
    g_assert_cmpuint(world.farm.n_adopted, ==, 2);
    world_clear(&world);
}

/* --- None that can be found ------------------------------------------------------------------ */

static void test_not_found(gconstpointer at_boot)
{
    World world;

    world_init(&world, MEND_HIDDEN);
    for (guint i = at_boot ? 1 : 0; i < (at_boot ? 2 : G_N_ELEMENTS(culprits)); i++) {
        const char *argv[] = {"rm", "-rf", world.state, NULL};

        world.farm.first_bad = culprits[i];
        world.farm.at_boot = GPOINTER_TO_INT(at_boot);
        world.farm.n_builds = world.farm.n_spent = 0;
        g_free(process_ask(NULL, argv, NULL));
        g_autoptr(Answer) answer = work(&world);
        g_assert_true(holds(answer, world.farm.commits[culprits[i]]));
        g_assert_cmpint(answer->kind, ==, is_inside(culprits[i]) ? ANSWER_SET : ANSWER_CULPRIT);
        g_assert_cmpuint(world.farm.n_spent, <=, MOST_SPENT);
        if (is_inside(culprits[i])) {
            g_assert_cmpuint(answer->candidates->len, <=, STORM_END - STORM_FIRST + 40);
            g_assert_nonnull(strstr(answer->reason, "smc_gone"));
            g_assert_nonnull(strstr(answer->reason, "no commit was found that mends it"));
        }
        g_test_message("culprit %u: %u builds, %u of them spent on the storm, %u candidates",
                       culprits[i], world.farm.n_builds, world.farm.n_spent,
                       answer->candidates->len);
    }
    world_clear(&world);
}

/* --- Stops ----------------------------------------------------------------------------------- */

/* What was looked up, tried and adopted is known to a job that is stopped again and again.
 */
static void test_stops(gconstpointer at_boot)
{
    World world;
    guint n_builds;

    world_init(&world, MEND_FIXES);
    world.farm.first_bad = 350;
    world.farm.at_boot = GPOINTER_TO_INT(at_boot);
    answer_free(work(&world));
    n_builds = world.farm.n_builds;
    world_clear(&world);

    world_init(&world, MEND_FIXES);
    world.farm.first_bad = 350;
    world.farm.at_boot = GPOINTER_TO_INT(at_boot);
    for (guint step = 1;; step += 12) {
        world.farm.stop_after = step;
        g_autoptr(Answer) answer = work(&world);

        if (answer) {
            g_assert_cmpstr(answer->culprit, ==, world.farm.commits[350]);
            break;
        }
    }
    g_assert_cmpuint(world.farm.n_builds, ==, n_builds);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/mend/reference", test_reference);
    g_test_add_data_func("/job/mend/fixes", GINT_TO_POINTER(MEND_FIXES), test_found);
    g_test_add_data_func("/job/mend/title", GINT_TO_POINTER(MEND_TITLE), test_found);
    g_test_add_data_func("/job/mend/message", GINT_TO_POINTER(MEND_MESSAGE), test_found);
    g_test_add_data_func("/job/mend/revert", GINT_TO_POINTER(MEND_REVERT), test_found);
    g_test_add_data_func("/job/mend/misleads", GINT_TO_POINTER(MEND_MISLEADS), test_found);
    g_test_add_data_func("/job/mend/boot", GINT_TO_POINTER(MEND_MESSAGE), test_found_at_boot);
    g_test_add_func("/job/mend/start", test_start);
    g_test_add_func("/job/mend/good", test_good);
    g_test_add_func("/job/mend/two-storms", test_two_storms);
    g_test_add_data_func("/job/mend/not-found", GINT_TO_POINTER(FALSE), test_not_found);
    g_test_add_data_func("/job/mend/not-found-boot", GINT_TO_POINTER(TRUE), test_not_found);
    g_test_add_data_func("/job/mend/stop", GINT_TO_POINTER(FALSE), test_stops);
    g_test_add_data_func("/job/mend/stop-boot", GINT_TO_POINTER(TRUE), test_stops);
    return g_test_run();
}
