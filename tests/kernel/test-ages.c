/* SPDX-License-Identifier: Apache-2.0
 * A history through the ages: revisions of a tiny tree that say they are old kernels, and build
 * with the compiler, the flags and the options of their time only. A choice that is made once, or
 * by tags that a clone may not have, fails on some; the tables build all.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "scratch.h"
#include "tiny.h"

/* No tags but these names. What each revision needs stands in its main.c: COMPILER is defined by
 * the compilers below. */
static const char history[] =
    "age() { sed -i \"s/^VERSION = .*/VERSION = $1/; s/^PATCHLEVEL = .*/PATCHLEVEL = $2/\" "
    "Makefile; }\n"
    "needs() { sed -i '/^#if.*COMPILER/,/^#endif/d' main.c; "
    "printf '#if %s\\n#error %s\\n#endif\\n' \"$1\" \"$2\" | cat - main.c >new; mv new main.c; }\n"
    "echo CONFIG_UBSAN >>Kconfig\n"
    "age 4 14; needs 'COMPILER > 9' 'the compiler is too new'\n"
    "git add .; commit old; git tag old\n"
    "age 5 2; needs 'COMPILER > 9 && !defined(MENDED)' 'this wants a flag'\n"
    "git add .; commit middle; git tag middle\n"
    "age 6 1; needs 'COMPILER < 9' 'the compiler is too old'\n"
    "git add .; commit new; git tag new\n"
    "age 3 5; needs 'COMPILER > 9' 'the compiler is too new'\n"
    "printf 'oldconfig:\\n\\tread a; read b; read c; test -z \"$$a$$b$$c\"\\n"
    "\\tsh conf.sh $(O)/$(KCONFIG_CONFIG)\\n' >>Makefile\n"
    "sed -i 's/^olddefconfig:/nothing:/' Makefile\n"
    "git add .; commit ancient; git tag ancient\n"
    "cd ..; mkdir bin\n"
    "for n in 8 30; do\n"
    "printf '#!/bin/sh\\ncase $1 in --version) echo \"gcc-%d (Test) %d.1.0\";; "
    "*) exec gcc -DCOMPILER=%d \"$@\";; esac\\n' $n $n $n >bin/gcc-$n; chmod +x bin/gcc-$n; done\n"
    "echo CONFIG_UBSAN=y >>config\n";

static const char table[] = "[gcc ..v4.19]\nwanted=8\naccepted=5..9\nreason=r\n"
                            "[gcc v5.0..]\nwanted=30\naccepted=9..\nreason=r\n"
                            "[flags mend]\nkernels=v5.0..v5.4\nwith=gcc 10..\nCC=-DMENDED\n"
                            "reason=r\n";
static const char no_flags[] = "[gcc ..]\nwanted=30\naccepted=5..\nreason=r\n";
static const char options[] = "[UBSAN]\nkernels=..v5.2\nreason=it is broken\n";

typedef struct Fixture {
    Scratch scratch;
    Repo *repo;
    KernelStore *store;
    char *config, *table, *no_flags, *options, *slot;
    char *path; /* PATH */
} Fixture;

static char *write_file(Fixture *fixture, const char *name, const char *text)
{
    char *path = scratch_path(&fixture->scratch, name);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void set_up(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *bin = NULL, *repo = NULL, *store = NULL, *out = NULL, *path = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    out = scratch_sh(&fixture->scratch, "%s%s", tiny_tree, history);
    bin = scratch_path(&fixture->scratch, "bin");
    repo = scratch_path(&fixture->scratch, "repo");
    store = scratch_path(&fixture->scratch, "store");
    fixture->path = g_strdup(g_getenv("PATH"));
    path = g_strconcat(bin, ":", fixture->path, NULL);
    g_setenv("PATH", path, TRUE);
    fixture->repo = repo_open(repo, NULL);
    fixture->store = kernel_store_open(store, NULL);
    fixture->config = scratch_path(&fixture->scratch, "config");
    fixture->table = write_file(fixture, "table", table);
    fixture->no_flags = write_file(fixture, "no-flags", no_flags);
    fixture->options = write_file(fixture, "options", options);
    fixture->slot = scratch_path(&fixture->scratch, "slot");
    g_assert_nonnull(fixture->repo);
    g_assert_nonnull(fixture->store);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    g_setenv("PATH", fixture->path, TRUE);
    kernel_store_free(fixture->store);
    repo_free(fixture->repo);
    g_free(fixture->config);
    g_free(fixture->table);
    g_free(fixture->no_flags);
    g_free(fixture->options);
    g_free(fixture->slot);
    g_free(fixture->path);
    scratch_tear_down(&fixture->scratch, NULL);
}

static Toolchains *find(const Fixture *fixture, const char *compiler, const char *table_path)
{
    g_autoptr(GError) error = NULL;
    Toolchains *toolchains = toolchains_new(compiler, NULL, table_path, fixture->options, &error);

    g_assert_no_error(error);
    g_clear_pointer(&toolchains->ccache_dir, g_free);
    return toolchains;
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static Kernel *build(const Fixture *fixture, const Toolchains *toolchains, const char *commit)
{
    KernelBuildOptions build_options = {
        .toolchains = toolchains, .config = fixture->config, .n_jobs = 2};
    g_autoptr(GError) error = NULL;
    g_autoptr(KernelBuilder) builder =
        kernel_builder_new(fixture->repo, fixture->store, fixture->slot, &build_options, &error);
    g_autoptr(GAsyncResult) res = NULL;
    Kernel *kernel = NULL;

    g_assert_no_error(error);
    kernel_build_async(builder, commit, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    kernel_build_finish(builder, res, &kernel, &error);
    g_assert_no_error(error);
    g_test_message("%s: %s; %s", commit, kernel->compiler,
                   kernel->first_error ? kernel->first_error : "built");
    return kernel;
}

/* Does @commit build? With NULL for @message it must. */
static void assert_build(const Fixture *fixture, const Toolchains *toolchains, const char *commit,
                         const char *message)
{
    g_autoptr(Kernel) kernel = build(fixture, toolchains, commit);

    if (message) {
        g_assert_nonnull(strstr(kernel->first_error, message));
    } else {
        g_assert_cmpstr(kernel->first_error, ==, NULL);
    }
}

/* What a fixed choice gives: revisions are skipped in whole stretches. */
static void test_fixed(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Toolchains) old = find(fixture, "gcc-8", fixture->no_flags);
    g_autoptr(Toolchains) new = find(fixture, "gcc-30", fixture->no_flags);

    assert_build(fixture, old, "old", NULL);
    assert_build(fixture, old, "middle", NULL);
    assert_build(fixture, old, "new", "the compiler is too old");
    assert_build(fixture, new, "old", "the compiler is too new");
    assert_build(fixture, new, "middle", "this wants a flag");
    assert_build(fixture, new, "new", NULL);
}

static void test_by_table(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Toolchains) toolchains = find(fixture, "auto", fixture->table);
    g_autoptr(Kernel) old = build(fixture, toolchains, "old");
    g_autoptr(Kernel) middle = build(fixture, toolchains, "middle");
    g_autoptr(Kernel) new = build(fixture, toolchains, "new");
    g_autoptr(Kernel) again = build(fixture, toolchains, "middle");

    g_assert_cmpstr(old->first_error, ==, NULL);
    g_assert_cmpstr(middle->first_error, ==, NULL);
    g_assert_cmpstr(new->first_error, ==, NULL);
    g_assert_true(g_str_has_prefix(old->compiler, "gcc-8 (Test) 8.1.0, GNU ld"));
    g_assert_true(g_str_has_prefix(middle->compiler, "gcc-30 (Test) 30.1.0, GNU ld"));
    g_assert_cmpstr(middle->compiler, ==, new->compiler);
    g_assert_true(again->reused);
    g_assert_cmpstr(again->compiler, ==, middle->compiler);
    g_assert_cmpstr(again->notes[0], ==, middle->notes[0]);
}

/* The option is off where it is broken, which is told and is no loss; elsewhere it is kept. */
static void test_options(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Toolchains) toolchains = find(fixture, "auto", fixture->table);
    g_autoptr(Kernel) middle = build(fixture, toolchains, "middle");
    g_autoptr(Kernel) new = build(fixture, toolchains, "new");
    g_autofree char *unpacked = scratch_path(&fixture->scratch, "unpacked");
    g_autofree char *config = NULL, *kept = NULL;

    g_assert_cmpstr(middle->notes[0], ==, "CONFIG_UBSAN is off in kernels ..v5.2: it is broken");
    g_assert_false(g_strv_contains((const char *const *)middle->lost_options, "CONFIG_UBSAN=y"));
    g_assert_true(kernel_unpack(middle, "config", unpacked, NULL));
    g_assert_true(g_file_get_contents(unpacked, &config, NULL, NULL));
    g_assert_nonnull(strstr(config, "# CONFIG_UBSAN is not set\n"));
    g_assert_null(new->notes[0]);
    g_assert_true(kernel_unpack(new, "config", unpacked, NULL));
    g_assert_true(g_file_get_contents(unpacked, &kept, NULL, NULL));
    g_assert_nonnull(strstr(kept, "CONFIG_UBSAN=y\n"));
}

/* Before 3.7 there is no olddefconfig, and oldconfig asks. */
static void test_oldconfig(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Toolchains) toolchains = find(fixture, "auto", fixture->table);

    assert_build(fixture, toolchains, "ancient", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/ages/" name, Fixture, NULL, set_up, test, tear_down)
    ADD("fixed-choice-fails", test_fixed);
    ADD("table-builds-all", test_by_table);
    ADD("options", test_options);
    ADD("oldconfig", test_oldconfig);
    return g_test_run();
}
