/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs through the ages: tiny trees that build like kernels, by our builder and its tables,
 * with the compilers, options and fixes of their time. Only the guest is played: it shows the bug
 * where the kernel has it in its bytes. The reference works with the same builder, without the
 * tables.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "../kernel/tiny.h"
#include "reference.h"
#include "job/job.h"
#include "scratch.h"
#include "symbols/symbols.h"

/* c0 ... c8, of which c2 brought the bug. Kernels before v5.3 need an old compiler (COMPILER is
 * what the compilers below define) and cannot have CONFIG_A, those since then need a new one. */
static const char ages[] =
    "age() { sed -i \"s/^VERSION = .*/VERSION = $1/; s/^PATCHLEVEL = .*/PATCHLEVEL = $2/\" "
    "Makefile; }\n"
    "needs() { sed -i '/^#if.*COMPILER/,/^#endif/d' main.c; "
    "printf '#if %s\\n#error %s\\n#endif\\n' \"$1\" \"$2\" | cat - main.c >new; mv new main.c; }\n"
    "next() { tick; git add .; git commit -q --allow-empty -m \"$1\"; git tag $1; }\n"
    "sed -i 's|(KCFLAGS)|(KCFLAGS) $$(sed -n s/CONFIG_A=y/-DOPTION_A/p .config)|' Makefile\n"
    "age 4 19; needs 'COMPILER > 9 || defined(OPTION_A)' 'too new for this kernel'\n"
    "next c0; git tag v4.19; next c1\n"
    "echo 'const char bug[] = \"THE BUG\";' >>other.c; next c2\n"
    "next c3; age 5 0; next c4; git tag v5.0; next c5\n"
    "age 5 3; needs 'COMPILER < 9' 'too old for this kernel'; next c6; git tag v5.3\n"
    "next c7; next c8\n";

/* The same without ages. c3 does not build, until c6 mends it; c4 brought the bug. */
static const char storm[] =
    "next() { tick; git add .; git commit -q --allow-empty -m \"$1\"; git tag $1; }\n"
    "age() { sed -i \"s/^VERSION = .*/VERSION = $1/; s/^PATCHLEVEL = .*/PATCHLEVEL = $2/\" "
    "Makefile; }\n"
    "age 5 10; next c0; git tag v5.10; next c1; next c2\n"
    "echo 'int broken = gone;' >broken.h; echo '#include \"broken.h\"' >>main.c\n"
    "next c3\n"
    "echo 'const char bug[] = \"THE BUG\";' >>other.c; next c4\n"
    "next c5; echo 'int broken;' >broken.h; next c6; next c7; next c8\n";

/* c1 brought the bug, which shows only where a new compiler built it: since v5.3. */
static const char shown[] =
    "next() { tick; git add .; git commit -q --allow-empty -m \"$1\"; git tag $1; }\n"
    "age() { sed -i \"s/^VERSION = .*/VERSION = $1/; s/^PATCHLEVEL = .*/PATCHLEVEL = $2/\" "
    "Makefile; }\n"
    "age 5 2; next c0; git tag v5.2\n"
    "printf '#if COMPILER > 9\\nconst char bug[] = \"THE BUG\";\\n#endif\\n' >>other.c; next c1\n"
    "next c2; next c3; next c4; age 5 3; next c5; next c6; next c7; next c8\n";

/* The same where s1, on a branch from before v5.3, brought the bug: c5 merges it. */
static const char shown_by_merge[] =
    "next() { tick; git add .; git commit -q --allow-empty -m \"$1\"; git tag $1; }\n"
    "age() { sed -i \"s/^VERSION = .*/VERSION = $1/; s/^PATCHLEVEL = .*/PATCHLEVEL = $2/\" "
    "Makefile; }\n"
    "age 5 2; next c0; git tag v5.2; git branch side\n"
    "next c1; next c2; age 5 3; next c3; next c4; git checkout -q side\n"
    "printf '#if COMPILER > 9\\nconst char bug[] = \"THE BUG\";\\n#endif\\n' >>other.c\n"
    "next s1; next s2; git checkout -q main; tick; git merge -q --no-ff -m c5 side; git tag c5\n"
    "next c6; next c7; next c8\n";

/* Compilers that say how old they are. */
static const char compilers[] =
    "cd ..; mkdir bin\n"
    "for n in 8 30; do\n"
    "printf '#!/bin/sh\\ncase $1 in --version) echo \"gcc-%d (Test) %d.1.0\";; "
    "*) exec gcc -DCOMPILER=%d \"$@\";; esac\\n' $n $n $n >bin/gcc-$n; chmod +x bin/gcc-$n; done\n";

static const char table[] = "[gcc ..v5.2]\nwanted=8\naccepted=5..9\nreason=r\n"
                            "[gcc v5.3..]\nwanted=30\naccepted=9..\nreason=r\n";
static const char one_compiler[] = "[gcc ..]\nwanted=30\naccepted=5..\nreason=r\n";
static const char options[] = "[A]\nkernels=..v5.2\nreason=it does not build\n";
/* The reference's own know nothing of A. */
static const char no_options[] = "[UBSAN]\nkernels=..v5.2\nreason=r\n";
static const char backports[] = "[mend]\ntitle=c6\nbreaks-title=c3\nreason=it does not build\n";

typedef struct Fixture {
    Scratch scratch;
    char *tree, *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer history)
{
    g_autofree char *bin = NULL, *path = NULL, *out = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    out = scratch_sh(&fixture->scratch, "%s%s%s", tiny_tree, (const char *)history, compilers);
    bin = scratch_path(&fixture->scratch, "bin");
    fixture->path = g_strdup(g_getenv("PATH"));
    path = g_strconcat(bin, ":", fixture->path, NULL);
    g_setenv("PATH", path, TRUE);
    fixture->tree = scratch_path(&fixture->scratch, "repo");
}

static void tear_down(Fixture *fixture, gconstpointer history)
{
    g_setenv("PATH", fixture->path, TRUE);
    g_free(fixture->path);
    g_free(fixture->tree);
    scratch_tear_down(&fixture->scratch, NULL);
}

/* --- The farm -------------------------------------------------------------------------------- */

/* What is built by. */
typedef struct Means {
    const char *compiler, *table, *options, *backports; /* NULL: none */
    const char *const *roots; /* as the user gives them; NULL: guests need none */
} Means;

/* The builder as it is, and guests that are played. */
typedef struct AgesFarm {
    Farm base;
    Repo *repo;
    KernelStore *store;
    Toolchains *toolchains;
    GPtrArray *backports;
    KernelBuilder *builder;
    char *unpacked;
    const char *const *roots;
} AgesFarm;

static void ages_build(Farm *farm, const char *commit, GCancellable *cancellable,
                       GAsyncReadyCallback done, gpointer user_data)
{
    kernel_build_async(((AgesFarm *)farm)->builder, commit, cancellable, done, user_data);
}

static gboolean ages_build_finish(Farm *farm, GAsyncResult *res, Kernel **ret_kernel,
                                  GError **error)
{
    return kernel_build_finish(((AgesFarm *)farm)->builder, res, ret_kernel, error);
}

/* The first root for @commit's kernel; NULL for none. */
static const char *root_for(const AgesFarm *farm, const char *name)
{
    g_autofree char *commit = variant_commit(name);
    g_autoptr(GBytes) bytes = repo_read_file(farm->repo, commit, "Makefile", NULL);
    Version version = version_of_makefile(g_bytes_get_data(bytes, NULL));

    for (const char *const *root = farm->roots; *root; root++) {
        VersionSpan span;
        const char *path = farm_root_path(*root, &span);

        if (version_span_has(&span, version)) {
            return path;
        }
    }
    return NULL;
}

/* The libc of today's root needs a kernel of today, that of the old one any. */
static gboolean can_start(const AgesFarm *farm, const char *name, const Kernel *kernel)
{
    const char *root = farm->roots ? root_for(farm, name) : NULL;

    return !farm->roots || (root && (g_str_equal(root, "old") || strstr(kernel->compiler, "30.")));
}

static gboolean has_bug(const AgesFarm *farm, const Kernel *kernel)
{
    g_autofree char *bytes = NULL;
    gsize n;

    g_assert_true(kernel_unpack(kernel, "vmlinux", farm->unpacked, NULL));
    g_assert_true(g_file_get_contents(farm->unpacked, &bytes, &n, NULL));
    return memmem(bytes, n, "THE BUG", strlen("THE BUG")) != NULL;
}

static void ages_trial(Farm *base, const char *commit, const Kernel *kernel,
                       GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    AgesFarm *farm = (AgesFarm *)base;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, user_data);
    Outcome *outcome = g_new0(Outcome, 1);

    outcome->run_ms = 1000;
    outcome->kind = OUTCOME_OK;
    if (!can_start(farm, commit, kernel)) {
        outcome->kind = OUTCOME_BASIC_FAILED;
        outcome->title = g_strdup("FATAL: kernel too old");
    } else if (has_bug(farm, kernel)) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = g_strdup("WARNING in other");
        outcome->report = g_new0(OopsReport, 1);
        outcome->report->title = g_strdup(outcome->title);
        outcome->report->alt_titles = g_new0(char *, 1);
        outcome->report->text = g_strdup("Call Trace:\n other+0x1/0x2\n");
    }
    g_task_return_pointer(task, outcome, (GDestroyNotify)outcome_free);
}

static gboolean ages_trial_finish(Farm *base, GAsyncResult *res, Outcome **ret_outcome,
                                  GError **error)
{
    *ret_outcome = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_outcome != NULL;
}

static const char *ages_worktree(Farm *farm)
{
    return NULL;
}

static const char *const *ages_prefixes(Farm *farm)
{
    return kernel_builder_source_prefixes(((AgesFarm *)farm)->builder);
}

static void ages_free(Farm *base)
{
    AgesFarm *farm = (AgesFarm *)base;

    kernel_builder_free(farm->builder);
    kernel_store_free(farm->store);
    toolchains_free(farm->toolchains);
    g_clear_pointer(&farm->backports, g_ptr_array_unref);
    repo_free(farm->repo);
    g_free(farm->unpacked);
    g_free(farm);
}

static const FarmOps ages_ops = {.build_async = ages_build,
                                 .build_finish = ages_build_finish,
                                 .trial_async = ages_trial,
                                 .trial_finish = ages_trial_finish,
                                 .worktree = ages_worktree,
                                 .source_prefixes = ages_prefixes,
                                 .free = ages_free};

static char *write_file(const Fixture *fixture, const char *name, const char *text)
{
    char *path = scratch_path(&fixture->scratch, name);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static Farm *make_farm(const Fixture *fixture, const Means *means)
{
    AgesFarm *farm = g_new0(AgesFarm, 1);
    g_autofree char *config = write_file(fixture, "config", "CONFIG_A=y\n"),
                    *table_path = write_file(fixture, "table", means->table),
                    *options_path = write_file(fixture, "options", means->options),
                    *store = scratch_path(&fixture->scratch, "store"),
                    *slot = scratch_path(&fixture->scratch, "slot");
    g_autoptr(GError) error = NULL;

    farm->base = (Farm){
        .ops = &ages_ops, .n_trials_at_once = 1, .expected_build_s = 60, .expected_trial_s = 2};
    farm->roots = means->roots;
    farm->unpacked = scratch_path(&fixture->scratch, "unpacked");
    farm->repo = repo_open(fixture->tree, &error);
    g_assert_no_error(error);
    farm->store = kernel_store_open(store, &error);
    g_assert_no_error(error);
    farm->toolchains = toolchains_new(means->compiler, NULL, table_path, options_path, &error);
    g_assert_no_error(error);
    g_clear_pointer(&farm->toolchains->ccache_dir, g_free);
    if (means->backports) {
        g_autofree char *path = write_file(fixture, "backports", means->backports);

        farm->backports = backports_read(path, &error);
        g_assert_no_error(error);
    }
    KernelBuildOptions build_options = {.toolchains = farm->toolchains,
                                        .config = config,
                                        .backports = farm->backports,
                                        .n_jobs = 2};
    farm->builder = kernel_builder_new(farm->repo, farm->store, slot, &build_options, &error);
    g_assert_no_error(error);
    return &farm->base;
}

/* --- Answers --------------------------------------------------------------------------------- */

/* The reference's, with @means. Owned by the caller. */
static ReferenceAnswer *ask_reference(const Fixture *fixture, const Means *means)
{
    g_autofree char *start = scratch_sh(&fixture->scratch, "cd repo; id c8");
    g_autoptr(Farm) farm = make_farm(fixture, means);
    ReferenceJob job = {.farm = farm, .tree = fixture->tree, .start = start};

    return reference_bisect(&job);
}

/* Ours, with @means. Owned by the caller. */
static Answer *ask_us(const Fixture *fixture, const Means *means)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *state = scratch_path(&fixture->scratch, "state"), *text = NULL;
    g_autoptr(Farm) farm = make_farm(fixture, means);
    g_autoptr(Store) store = store_open(state, STORE_WRITE, &error);
    g_autoptr(Repo) repo = repo_open(fixture->tree, &error);
    g_autoptr(JobSpec) spec = job_spec_new("cause");
    g_autoptr(Job) job = NULL;
    Answer *answer = NULL;
    gint64 id;

    g_assert_no_error(error);
    spec->start = scratch_sh(&fixture->scratch, "cd repo; id c8");
    text = job_spec_write(spec);
    store_add_job(store, "job", "cause", text, 0, &id, &error);
    g_assert_no_error(error);
    job = job_new(id, spec, repo, store, farm, &error);
    g_assert_no_error(error);
    job_carry_out(job, NULL, NULL, NULL, &answer, &error);
    g_assert_no_error(error);
    g_test_message("%s %s", answer_kind_name(answer->kind), answer->reason);
    return answer;
}

static void assert_culprit(const Fixture *fixture, const Means *means, const char *name)
{
    g_autoptr(Answer) answer = ask_us(fixture, means);
    g_autofree char *wanted = scratch_sh(&fixture->scratch, "cd repo; id %s", name);

    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, wanted);
}

static void assert_reference(const Fixture *fixture, const Means *means, ReferenceKind kind)
{
    g_autoptr(ReferenceAnswer) answer = ask_reference(fixture, means);

    g_assert_cmpint(answer->kind, ==, kind);
}

/* --- Histories ------------------------------------------------------------------------------- */

/* One compiler for all builds either the old or the new kernels. */
static void test_compilers(Fixture *fixture, gconstpointer history)
{
    const Means ours = {.compiler = "auto", .table = table, .options = options};
    const Means newest = {.compiler = "gcc-30", .table = one_compiler, .options = options};
    const Means oldest = {.compiler = "gcc-8", .table = one_compiler, .options = options};

    assert_reference(fixture, &newest, REFERENCE_ERROR); /* no release that is good */
    assert_reference(fixture, &oldest, REFERENCE_NOT_REPRODUCED);
    assert_culprit(fixture, &ours, "c2");
}

/* The right compilers, but an option that is broken in old kernels. */
static void test_options(Fixture *fixture, gconstpointer history)
{
    const Means ours = {.compiler = "auto", .table = table, .options = options};
    const Means theirs = {.compiler = "auto", .table = table, .options = no_options};

    assert_reference(fixture, &theirs, REFERENCE_ERROR);
    assert_culprit(fixture, &ours, "c2");
}

/* A root file system of today does not start on old kernels. */
static void test_roots(Fixture *fixture, gconstpointer history)
{
    static const char *const one[] = {"new", NULL}, *const each[] = {"..v5.2=old", "new", NULL};
    const Means theirs = {.compiler = "auto", .table = table, .options = options, .roots = one};
    const Means ours = {.compiler = "auto", .table = table, .options = options, .roots = each};

    assert_reference(fixture, &theirs, REFERENCE_ERROR);
    assert_culprit(fixture, &ours, "c2");
}

/* The bug is among what does not build, unless with a fix from later on. */
static void test_backports(Fixture *fixture, gconstpointer history)
{
    const Means theirs = {.compiler = "gcc-30", .table = one_compiler, .options = no_options};
    const Means ours = {
        .compiler = "gcc-30", .table = one_compiler, .options = no_options, .backports = backports};
    g_autoptr(ReferenceAnswer) misled = ask_reference(fixture, &theirs);

    g_assert_cmpint(misled->kind, ==, REFERENCE_SET);
    g_assert_cmpuint(misled->n_left, ==, 4);
    assert_culprit(fixture, &ours, "c4");
}

/* The first to crash is the first of a new compiler, which did nothing to the bug: c5 cannot be it,
 * and says so in its check that holds @why. */
static void assert_refuted(const Fixture *fixture, const char *why)
{
    const Means means = {.compiler = "auto", .table = table, .options = no_options};
    g_autofree char *first = scratch_sh(&fixture->scratch, "cd repo; id c5");
    g_autoptr(ReferenceAnswer) misled = ask_reference(fixture, &means);
    g_autoptr(Answer) answer = ask_us(fixture, &means);
    gboolean is_said = FALSE;

    g_assert_cmpint(misled->kind, ==, REFERENCE_CULPRIT);
    g_assert_cmpstr(misled->commit, ==, first);
    g_assert_cmpint(answer->kind, ==, ANSWER_SET);
    g_assert_cmpfloat(answer->confidence, ==, 0);
    for (guint i = 0; i < answer->checks->len; i++) {
        const char *check = answer->checks->pdata[i];

        is_said |= g_str_has_prefix(check, "failed: ") && strstr(check, why);
    }
    g_assert_true(is_said);
}

static void test_other_compiler(Fixture *fixture, gconstpointer history)
{
    assert_refuted(fixture, "another compiler");
}

int main(int argc, char **argv)
{
    if (argc > 1 && g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
#define ADD(name, history, test)                                                                   \
    g_test_add("/job/ages/" name, Fixture, history, set_up, test, tear_down)
    ADD("compilers", ages, test_compilers);
    ADD("options", ages, test_options);
    ADD("roots", ages, test_roots);
    ADD("backports", storm, test_backports);
    ADD("other-compiler", shown, test_other_compiler);
    ADD("other-compiler-by-merge", shown_by_merge, test_other_compiler);
#undef ADD
    return g_test_run();
}
