/* SPDX-License-Identifier: Apache-2.0
 * The farm of quick-farm.h, and its history.
 */
#include "quick-farm.h"

#include <string.h>

#include "process/process.h"

#define N_CONSOLE 30000
#define TITLE     "KASAN: use-after-free Read in smc_release"
#define FUNCTIONS "smc_release sock_close __fput"

/* --- The history ----------------------------------------------------------------------------- */

char *quick_ask(const char *const *argv, const char *cwd, const char *input)
{
    ProcessSpec spec = {
        .argv = argv, .cwd = cwd, .input = input, .n_input = input ? strlen(input) : 0};
    g_autoptr(ProcessResult) result = NULL;

    if (!process_run(&spec, &result, NULL) || !process_succeeded(result)) {
        g_error("%s %s failed: %s", argv[0], argv[1], result ? result->err : "");
    }
    return g_steal_pointer(&result->out);
}

static void write_history(const char *tree, guint n)
{
    const char *init[] = {"git", "init", "-q", tree, NULL},
               *import[] = {"git", "fast-import", "--quiet", NULL};
    g_autoptr(GString) stream = g_string_new(NULL);

    g_free(quick_ask(init, NULL, NULL));
    for (guint i = 0; i < n; i++) {
        g_autofree char *message = g_strdup_printf("net: change %u\n", i);

        g_string_append_printf(
            stream,
            "commit refs/heads/main\ncommitter A <a@example.org> %u +0000\ndata %zu\n%s"
            "M 644 inline net/d%u/f%u.c\ndata 5\n%04u\n\n",
            1700000000 + i, strlen(message), message, i % 31, i % 997, i % 10000);
    }
    g_free(quick_ask(import, tree, stream->str));
}

static GBytes *make_console(void)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed(1);
    char *text = g_malloc(N_CONSOLE);

    for (gsize i = 0; i < N_CONSOLE; i++) {
        text[i] = i % 72 == 71 ? '\n' : (char)('a' + g_rand_int_range(dice, 0, 16));
    }
    return g_bytes_new_take(text, N_CONSOLE);
}

QuickWorld *quick_world_new(const char *tree, guint n)
{
    const char *list[] = {"git", "rev-list", "--reverse", "main", NULL};
    QuickWorld *world = g_new0(QuickWorld, 1);
    g_autofree char *ids = NULL;

    if (!g_file_test(tree, G_FILE_TEST_EXISTS)) {
        write_history(tree, n);
    }
    ids = g_strchomp(quick_ask(list, tree, NULL));
    world->ids = g_strsplit(ids, "\n", -1);
    world->n = g_strv_length(world->ids);
    world->index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < world->n; i++) {
        g_hash_table_insert(world->index, world->ids[i], GUINT_TO_POINTER(i + 1));
    }
    world->console = make_console();
    return world;
}

void quick_world_free(QuickWorld *world)
{
    g_hash_table_unref(world->index);
    g_strfreev(world->ids);
    g_bytes_unref(world->console);
    g_free(world);
}

/* --- What revisions are ---------------------------------------------------------------------- */

static guint number_of(const QuickFarm *farm, const char *name)
{
    g_autofree char *commit = variant_commit(name);

    return GPOINTER_TO_UINT(g_hash_table_lookup(farm->world->index, commit)) - 1;
}

/* A number in 0..1 that belongs to a revision; @of: one of several. */
static double share_of(const QuickFarm *farm, guint number, guint of)
{
    guint32 seed[] = {farm->options.seed, number, of};
    g_autoptr(GRand) dice = g_rand_new_with_seed_array(seed, G_N_ELEMENTS(seed));

    return g_rand_double(dice);
}

/* Questions to share_of(); trials are the rest. */
enum { IS_BROKEN, LIES, FIRST_TRIAL };

static gboolean is_end(const QuickFarm *farm, guint number)
{
    return number == 0 || number + 1 == farm->world->n;
}

static gboolean is_broken(const QuickFarm *farm, guint number)
{
    return !is_end(farm, number) && number != farm->options.culprit &&
           number + 1 != farm->options.culprit &&
           share_of(farm, number, IS_BROKEN) < farm->options.broken;
}

/* Does a revision behave as those on its side of the culprit? */
static gboolean is_honest(const QuickFarm *farm, guint number)
{
    return is_end(farm, number) || share_of(farm, number, LIES) >= farm->options.lies;
}

/* Without the culprit none has the bug. */
static gboolean has_bug(const QuickFarm *farm, const char *name)
{
    g_autofree char *without =
        variant_without(farm->world->ids[farm->world->n - 1], farm->world->ids[farm->options.culprit]);
    guint number = number_of(farm, name);

    return !g_str_equal(name, without) &&
           (number >= farm->options.culprit) == is_honest(farm, number);
}

static void add_crash(Outcome *outcome)
{
    outcome->kind = OUTCOME_CRASH;
    outcome->title = g_strdup(TITLE);
    outcome->identity = oops_identity_of_title(TITLE, FUNCTIONS);
    outcome->report = g_new0(OopsReport, 1);
    outcome->report->title = g_strdup(TITLE);
    outcome->report->alt_titles = g_new0(char *, 1);
    outcome->report->text = g_strnfill(3000, 'x');
}

Outcome *quick_outcome(const QuickFarm *farm, const char *name, guint number)
{
    Outcome *outcome = g_new0(Outcome, 1);

    outcome->run_ms = 1000;
    outcome->console = g_bytes_ref(farm->world->console);
    outcome->origin = g_strdup_printf("%s/%u", name, number);
    if (farm->base.trace != TRACE_NONE) {
        outcome->calls = g_strdup("traced whole\nsocket(AF_SMC, SOCK_STREAM) ok 1\n");
    }
    if (has_bug(farm, name) &&
        share_of(farm, number_of(farm, name), FIRST_TRIAL + number) < farm->options.rate) {
        add_crash(outcome);
    }
    return outcome;
}

/* --- The farm -------------------------------------------------------------------------------- */

static void begin_work(QuickFarm *farm)
{
    if (farm->on_work) {
        farm->on_work(farm, farm->data);
    }
}

static void quick_build(Farm *base, const char *commit, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer data)
{
    QuickFarm *farm = (QuickFarm *)base;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, data);
    guint number = number_of(farm, commit);
    Kernel *kernel = g_new0(Kernel, 1);

    farm->n_builds++;
    begin_work(farm);
    kernel->key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, commit, -1);
    kernel->build_ms = 60000;
    if (is_broken(farm, number)) {
        kernel->status = KERNEL_FAILED;
        kernel->first_error = g_strdup_printf("net/smc/f%u.c:1:2: error: no", number % 7);
    } else {
        kernel->signature = g_strdup(kernel->key);
    }
    g_task_return_pointer(task, kernel, (GDestroyNotify)kernel_free);
}

static gboolean quick_build_finish(Farm *base, GAsyncResult *res, Kernel **ret_kernel,
                                   GError **error)
{
    *ret_kernel = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_kernel != NULL;
}

/* The number of the next trial of @name that the store has not. */
static guint next_number(QuickFarm *farm, const char *name)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(farm->numbers, name));
    g_autofree char *origin = g_strdup_printf("%s/%u", name, number);

    while (g_hash_table_contains(farm->counted, origin)) {
        g_free(origin);
        origin = g_strdup_printf("%s/%u", name, ++number);
    }
    g_hash_table_insert(farm->numbers, g_strdup(name), GUINT_TO_POINTER(number + 1));
    return number;
}

static void quick_trial(Farm *base, const char *commit, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer data)
{
    QuickFarm *farm = (QuickFarm *)base;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, data);

    farm->n_trials++;
    begin_work(farm);
    g_task_return_pointer(task, quick_outcome(farm, commit, next_number(farm, commit)),
                          (GDestroyNotify)outcome_free);
}

static gboolean quick_trial_finish(Farm *base, GAsyncResult *res, Outcome **ret_outcome,
                                   GError **error)
{
    *ret_outcome = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_outcome != NULL;
}

static void quick_counted(Farm *base, const char *origin)
{
    g_hash_table_add(((QuickFarm *)base)->counted, g_strdup(origin));
}

static const char *quick_worktree(Farm *base)
{
    return NULL;
}

static const char *const *quick_prefixes(Farm *base)
{
    static const char *const none[] = {NULL};

    return none;
}

static void quick_free(Farm *base)
{
    QuickFarm *farm = (QuickFarm *)base;

    g_hash_table_unref(farm->numbers);
    g_hash_table_unref(farm->counted);
    g_free(farm);
}

static const FarmOps quick_ops = {.build_async = quick_build,
                                  .build_finish = quick_build_finish,
                                  .trial_async = quick_trial,
                                  .trial_finish = quick_trial_finish,
                                  .counted = quick_counted,
                                  .worktree = quick_worktree,
                                  .source_prefixes = quick_prefixes,
                                  .free = quick_free};

QuickFarm *quick_farm_new(const QuickWorld *world, const QuickOptions *options)
{
    QuickFarm *farm = g_new0(QuickFarm, 1);

    farm->base = (Farm){
        .ops = &quick_ops, .n_trials_at_once = 2, .expected_build_s = 60, .expected_trial_s = 2};
    farm->world = world;
    farm->options = *options;
    farm->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    farm->counted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return farm;
}
