/* SPDX-License-Identifier: Apache-2.0
 * A world for whole jobs. Its farm answers at once; its commits are written by git fast-import.
 */
#include "world.h"

#include <glib/gstdio.h>
#include <string.h>

#include "process/process.h"

/* --- The farm -------------------------------------------------------------------------------- */

/* Of the commit that @name is or is a variant of. */
static guint index_of(const SimFarm *farm, const char *name)
{
    g_autofree char *commit = variant_commit(name);
    guint i = 0;

    while (!g_str_equal(farm->commits[i], commit)) {
        i++;
    }
    return i;
}

static gboolean is_hidden(const SimFarm *farm, const char *name)
{
    guint i = index_of(farm, name);

    return i >= farm->hidden_first && i <= farm->hidden_last;
}

/* Is the bug in @name, a commit or one without others, or with others? */
static gboolean has_bug(const SimFarm *farm, const char *name)
{
    g_autoptr(Variant) variant = variant_parse(name);
    guint i = index_of(farm, name);
    gboolean is_away = FALSE;

    for (char **revert = variant->reverts; *revert; revert++) {
        is_away |= g_str_equal(*revert, farm->commits[farm->first_bad]);
    }
    for (char **pick = variant->picks; *pick; pick++) {
        is_away |= g_str_equal(*pick, farm->commits[farm->last_bad + 1]) && !farm->needs_more;
    }
    return (i >= farm->first_bad && i <= farm->last_bad && !is_away) || i >= farm->second_cause;
}

/* What a trace of @name says: where the bug is hidden, its socket is not there. */
static char *calls_of(const SimFarm *farm, const char *name)
{
    return is_hidden(farm, name) && !farm->traces_lie
               ? g_strdup_printf("traced whole\nsocket(AF_SMC, SOCK_STREAM) %s 1\n",
                                 farm->error ? farm->error : "EAFNOSUPPORT")
               : g_strdup("traced whole\nsocket(AF_SMC, SOCK_STREAM) ok 1\n");
}

static gboolean must_stop(const SimFarm *farm, GTask *task)
{
    if (farm->stop_after && farm->n_builds + farm->n_trials >= farm->stop_after) {
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped by the test");
        return TRUE;
    }
    return FALSE;
}

/* A file of an entry in the kernel store, which has it as it is. */
static void give_part(const SimFarm *farm, Kernel *kernel, const char *name, const char *bytes,
                      gsize n)
{
    g_autofree char *dir = g_build_filename(farm->kernels, kernel->key, NULL);
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *ini_path = g_build_filename(dir, "kernel.ini", NULL);
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, n);
    g_autoptr(GKeyFile) ini = g_key_file_new();

    g_mkdir_with_parents(dir, 0700);
    g_key_file_load_from_file(ini, ini_path, G_KEY_FILE_NONE, NULL);
    g_key_file_set_string(ini, "sha256", name, sum);
    g_assert_true(g_key_file_save_to_file(ini, ini_path, NULL));
    g_assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
    g_free(kernel->dir);
    kernel->dir = g_steal_pointer(&dir);
}

static void give_vmlinux(const SimFarm *farm, Kernel *kernel, const char *file)
{
    g_autofree char *bytes = NULL;
    gsize n;

    g_assert_true(g_file_get_contents(file, &bytes, &n, NULL));
    give_part(farm, kernel, "vmlinux", bytes, n);
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
    if (farm->patch && i >= farm->patch_first && i <= farm->patch_last) {
        const char *patches[] = {farm->patch, NULL};

        kernel->patches = g_strdupv((char **)patches);
    }
    if (!variant_is_plain(commit) && i >= farm->needed_from) {
        kernel->status = KERNEL_FAILED;
        kernel->first_error = g_strdup("net/smc.c:1:2: error: undeclared");
    }
    if (kernel->status == KERNEL_BUILT) {
        kernel->signature =
            g_strdup(i && i == farm->same_as_parent ? farm->commits[i - 1] : commit);
    }
    if (kernel->signature && farm->hidden_is_one && is_hidden(farm, commit)) {
        g_free(kernel->signature);
        kernel->signature = g_strdup(farm->commits[farm->hidden_first]);
    }
    if (kernel->status == KERNEL_BUILT && farm->config_of) {
        const char *config = farm->config_of(i);

        give_part(farm, kernel, "config", config, strlen(config));
    }
    if (kernel->status == KERNEL_BUILT && farm->vmlinux_of) {
        give_vmlinux(farm, kernel, farm->vmlinux_of(i));
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
    outcome->calls = base->trace != TRACE_NONE ? calls_of(farm, commit) : NULL;
    if (farm->n_trials <= farm->infra_first) {
        outcome->kind = OUTCOME_INFRA;
        outcome->title = g_strdup("no memory");
    } else if (i == farm->unbootable) {
        outcome->kind = OUTCOME_BOOT_FAILED;
        outcome->title = g_strdup("no output from test machine");
    } else if (i == farm->late && farm->n_late_oks > 0) {
        farm->n_late_oks--;
    } else if (has_bug(farm, commit) && !is_hidden(farm, commit)) {
        outcome->kind = farm->bad_outcome ? farm->bad_outcome : OUTCOME_CRASH;
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
        outcome->kind =
            is_hidden(farm, commit) && farm->repro_says_so ? OUTCOME_UNREACHED : OUTCOME_OK;
    }
    if (outcome->kind == OUTCOME_CRASH) {
        outcome->report = g_new0(OopsReport, 1);
        outcome->report->title = g_strdup(outcome->title);
        outcome->report->alt_titles = g_new0(char *, 1);
        outcome->report->text =
            g_strdup(farm->report ? farm->report : "Call Trace:\n foo+0x1/0x2\n");
        outcome->identity =
            farm->functions ? oops_identity_of_title(outcome->title, farm->functions) : NULL;
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

/* --- The repository -------------------------------------------------------------------------- */

#define TOUCHES_TLS(i) ((i) % 20 == 17)
/* Where commits are apart, this one changes documentation only. */
#define DOCUMENTATION(i) ((i) == 31 ? "Documentation/" : "")
/* The code that has the bug. */
#define CODE_SINCE 3
#define CODE_FILE  "net/smc/core.c"
#define CODE       "int smc_release(struct sock *sk)\n{\n\treturn 0;\n}\n"
/* What a submodule points to. */
#define NO_COMMIT "0123456789012345678901234567890123456789"
/* Of net/tls/ alone. */
#define MAINTAINERS                                                                                \
    "TLS\nM:\tT Ls <tls@example.org>\nR:\tA Person <a@example.org>\nL:\tnet@example.org\n"         \
    "S:\tMaintained\nF:\tnet/tls/\n"

char *world_git(const World *world, const char *a, const char *b, const char *c)
{
    const char *argv[] = {"git", "-C", world->tree, a, b, c, NULL};
    GError *error = NULL;
    char *out = process_ask(NULL, argv, &error);

    g_assert_no_error(error);
    return out;
}

static void add_file(GString *stream, const char *path, const char *text)
{
    g_string_append_printf(stream, "M 644 inline %s\ndata %zu\n%s\n", path, strlen(text), text);
}

/* Writes f at each commit, or where they are @apart, a file of its own. */
static void init(World *world, gboolean apart)
{
    g_autoptr(GString) stream = g_string_new(NULL);
    g_autofree char *ids = NULL;
    g_auto(GStrv) lines = NULL;

    *world = (World){.folder = g_dir_make_tmp("firstbad-job-XXXXXX", NULL)};
    world->tree = g_build_filename(world->folder, "tree", NULL);
    world->state = g_build_filename(world->folder, "state", NULL);
    world->kernels = g_build_filename(world->folder, "kernels", NULL);
    g_mkdir(world->tree, 0700);
    g_free(world_git(world, "init", "-q", "."));
    for (guint i = 0; i < N_COMMITS; i++) {
        g_autofree char *message = g_strdup_printf("net: change %u\n", i);

        g_string_append_printf(
            stream,
            "commit refs/heads/main\ncommitter A Person <a@example.org> %u +0000\ndata %zu\n%s"
            "M 644 inline %sf%.0u\ndata 3\n%03u\n",
            1700000000 + i, strlen(message), message, apart ? DOCUMENTATION(i) : "", apart ? i : 0,
            i);
        if (i == 0) {
            g_string_append_printf(stream, "M 644 inline MAINTAINERS\ndata %zu\n%s\n",
                                   strlen(MAINTAINERS), MAINTAINERS);
            g_string_append_printf(stream, "M 160000 %s net/sub.c\n", NO_COMMIT);
            add_file(stream, "Kbuild", "obj-$(CONFIG_NET) += net/\n");
            add_file(stream, "net/Makefile",
                     "obj-$(CONFIG_TLS) += tls/\nobj-$(CONFIG_SMC) += smc/\n");
            add_file(stream, "net/smc/Makefile", "obj-y += core.o\n");
            add_file(stream, "net/tls/Makefile", "obj-y += main.o\n");
        }
        if (i == 20) {
            add_file(stream, "net/Kconfig",
                     "menuconfig TLS\n\ttristate \"TLS\"\n\tdepends on INET\n");
        }
        if (i == CODE_SINCE) {
            g_string_append_printf(stream, "M 644 inline " CODE_FILE "\ndata %zu\n%s\n",
                                   strlen(CODE), CODE);
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
    ids = world_git(world, "rev-list", "--reverse", "main");
    lines = g_strsplit(ids, "\n", -1);
    for (guint i = 0; i < N_COMMITS; i++) {
        world->commits[i] = g_strdup(lines[i]);
    }
    world->farm = (SimFarm){.base = {.ops = &sim_ops,
                                     .n_trials_at_once = 2,
                                     .expected_build_s = 60,
                                     .expected_trial_s = 2},
                            .commits = (const char *const *)world->commits,
                            .kernels = world->kernels,
                            .last_bad = G_MAXUINT,
                            .second_cause = G_MAXUINT,
                            .needed_from = G_MAXUINT,
                            .hidden_first = G_MAXUINT,
                            .other_crash_at = G_MAXUINT,
                            .unbootable = G_MAXUINT,
                            .late = G_MAXUINT,
                            .title = "WARNING: refcount bug in sk_psock_get"};
}

void world_init(World *world)
{
    init(world, FALSE);
}

void world_init_apart(World *world)
{
    init(world, TRUE);
}

void world_clear(World *world)
{
    const char *argv[] = {"rm", "-rf", world->folder, NULL};

    g_free(process_ask(NULL, argv, NULL));
    for (guint i = 0; i < N_COMMITS; i++) {
        g_free(world->commits[i]);
    }
    g_free(world->folder);
    g_free(world->tree);
    g_free(world->state);
    g_free(world->kernels);
    if (world->said) {
        g_string_free(world->said, TRUE);
    }
}

/* --- Its job --------------------------------------------------------------------------------- */

static void write_down(const JobProgress *progress, gpointer data)
{
    const World *world = data;

    if (world->said && progress->line) {
        g_string_append_printf(world->said, "%s\n", progress->line);
    }
}

Answer *world_work(World *world, const char *good, const char *title)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(world->state, STORE_WRITE, &error);
    g_autoptr(Repo) repo = repo_open(world->tree, &error);
    g_autoptr(JobSpec) spec = job_spec_new(world->is_fix ? "fix" : "cause");
    g_autofree char *text = NULL;
    g_autoptr(Job) job = NULL;
    Answer *answer = NULL;
    const char *name = world->name ? world->name : "job";
    guint start = world->start ? world->start : world->is_fix ? 1 : N_COMMITS - 1;
    gint64 id;

    g_assert_no_error(error);
    spec->start = g_strdup(world->commits[start]);
    spec->no_known_bugs = world->no_known_bugs;
    spec->good = g_strdup(good);
    spec->title = g_strdup(title);
    spec->suspects = g_strdup(world->suspects);
    spec->no_revert_test = world->no_revert_test;
    spec->minimise = world->minimise;
    spec->title_match = g_strdup(world->title_match);
    if (world->bug) {
        job_spec_set(spec, "bug", world->bug, "/", NULL);
    }
    spec->watched_options = g_strdup(world->watched_options);
    spec->max_trials = world->max_trials ? world->max_trials : spec->max_trials;
    spec->max_kernels = world->max_kernels;
    spec->max_time_s = world->max_time_s;
    text = job_spec_write(spec);
    if (store_add_job(store, name, spec->kind, text, 0, &id, NULL) && world->foreign) {
        store_begin(store, &error);
        store_end(store, store_set_foreign(store, id, world->foreign, &error), &error);
    }
    g_autoptr(JobRow) row = store_find_job(store, name, &error);
    g_assert_no_error(error);
    job = job_new(row->id, spec, repo, store, &world->farm.base, &error);
    g_assert_no_error(error);
    if (!job_carry_out(job, write_down, world, NULL, &answer, &error)) {
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
    return answer;
}

Answer *world_work_once(World *world, const char *good)
{
    Answer *answer = world_work(world, good, NULL);

    g_assert_nonnull(answer);
    return answer;
}

/* --- The reference's ------------------------------------------------------------------------- */

ReferenceAnswer *world_reference(const World *world, const char *good)
{
    SimFarm farm = world->farm; /* with counts of its own */
    ReferenceJob job = {.farm = &farm.base,
                        .tree = world->tree,
                        .start = world->commits[world->is_fix ? 1 : N_COMMITS - 1],
                        .good = good,
                        .is_fix = world->is_fix};

    return reference_bisect(&job);
}

void world_misleads_reference(const World *world, const char *good, guint index)
{
    g_autoptr(ReferenceAnswer) answer = world_reference(world, good);

    g_assert_cmpint(answer->kind, ==, REFERENCE_CULPRIT);
    g_assert_cmpstr(answer->commit, ==, world->commits[index]);
    g_assert_cmpstr(answer->why, ==, NULL);
}
