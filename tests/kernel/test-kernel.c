/* SPDX-License-Identifier: Apache-2.0
 * Builds of a tiny tree that builds like a kernel: what comes out, what is stored, what is told
 * when it fails, and what happens when somebody is killed or a disk is full.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "kernel/variant.h"
#include "process/process.h"
#include "scratch.h"
#include "symbols/symbols.h"
#include "fixture.h"

static char *unpack(const Fixture *fixture, const Kernel *kernel, const char *what)
{
    g_autofree char *path = scratch_path(&fixture->scratch, "unpacked");
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    kernel_unpack(kernel, what, path, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void test_built(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) kernel = build(fixture->builder, "base");
    g_autofree char *config = unpack(fixture, kernel, "config");
    g_autofree char *log = unpack(fixture, kernel, "build.log");
    g_autofree char *same = NULL, *ini = NULL, *names = NULL;
    g_autofree char *image = unpack(fixture, kernel, "bzImage");
    const char *source_dir = kernel_builder_source_dir(fixture->builder);
    g_autofree char *main_c = g_build_filename(source_dir, "main.c", NULL);

    same = sh(fixture, "cmp unpacked slot/src/.firstbad/vmlinux; strings unpacked | grep firstbad");
    g_assert_cmpint(kernel->status, ==, KERNEL_BUILT);
    g_assert_false(kernel->reused);
    g_assert_cmpuint(strlen(kernel->key), ==, 64);
    g_assert_cmpuint(strlen(kernel->signature), ==, 64);
    g_assert_null(kernel->first_error);
    g_assert_cmpstr(config, ==, "CONFIG_A=y\n# CONFIG_LOCALVERSION_AUTO is not set\n");
    g_assert_true(g_str_has_prefix(log, "$ make "));
    g_assert_nonnull(strstr(log, "olddefconfig"));
    g_assert_nonnull(strstr(log, "\n$ make "));
    g_assert_true(g_strv_contains((const char *const *)kernel->lost_options, "CONFIG_GONE=y"));
    g_assert_true(g_strv_contains((const char *const *)kernel->lost_options, "CONFIG_PRINTK=y"));
    g_assert_false(g_strv_contains((const char *const *)kernel->lost_options, "CONFIG_A=y"));
    g_assert_true(g_file_test(main_c, G_FILE_TEST_IS_REGULAR));
    g_assert_cmpstr(same, ==, "6.1.0-firstbad Thu Jan  1 00:00:00 UTC 1970 firstbad ../main.c");
    ini = g_build_filename(kernel->dir, "kernel.ini", NULL);
    names = sh(fixture, "ls -A store/.new; ls store/*/*");
    g_assert_true(g_file_test(ini, G_FILE_TEST_IS_REGULAR));
    g_assert_cmpstr(names, ==, "build.log.zst\nbzImage.zst\nconfig\nkernel.ini\nvmlinux.zst");
}

static void assert_same(const Kernel *a, const Kernel *b)
{
    g_assert_cmpstr(a->key, ==, b->key);
    g_assert_cmpint(a->status, ==, b->status);
    g_assert_cmpstr(a->signature, ==, b->signature);
    g_assert_cmpstr(a->first_error, ==, b->first_error);
    g_assert_true(
        g_strv_equal((const char *const *)a->lost_options, (const char *const *)b->lost_options));
    g_assert_cmpstr(a->dir, ==, b->dir);
    g_assert_cmpuint(a->build_ms, ==, b->build_ms);
}

/* A commit taken back, another config: each is a kernel of its own; patches that do not apply are
 * the variant's fault. */
static void test_variants(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *ids =
        scratch_sh(&fixture->scratch,
                   "cd repo; commit more other.c 'int other(void) { return 2; }'\n"
                   "commit again other.c 'int other(void) { return 3; }'\n"
                   "mkdir ../configs; echo CONFIG_A=n >../configs/%040d\n"
                   "git rev-parse base HEAD^ HEAD",
                   0);
    g_auto(GStrv) id = g_strsplit(ids, "\n", -1);
    g_autofree char *configs = scratch_path(&fixture->scratch, "configs");
    g_autofree char *back = variant_without(id[1], id[1]), *stuck = variant_without(id[2], id[1]),
                    *other = g_strdup_printf("%s@%040d", id[0], 0);

    g_clear_pointer(&fixture->builder, kernel_builder_free);
    fixture->options.config_dir = configs;
    fixture->builder = open_slot(fixture, fixture->store, "slot");
    g_autoptr(Kernel) base = build(fixture->builder, id[0]);
    g_autoptr(Kernel) more = build(fixture->builder, id[1]);
    g_autoptr(Kernel) without = build(fixture->builder, back);
    g_autoptr(Kernel) conflict = build(fixture->builder, stuck);
    g_autoptr(Kernel) configured = build(fixture->builder, other);
    g_autofree char *config = unpack(fixture, configured, "config");

    g_assert_cmpstr(more->signature, !=, base->signature);
    g_assert_cmpstr(without->signature, ==, base->signature);
    g_assert_true(without->reused); /* the same tree */
    g_assert_cmpint(conflict->status, ==, KERNEL_FAILED);
    g_assert_nonnull(strstr(conflict->first_error, "conflict in other.c"));
    g_assert_cmpstr(configured->key, !=, base->key);
    g_assert_null(strstr(config, "CONFIG_A=y"));
}

/* A revision that lacks a fix is built with it, and the kernel says so; also when it was there. */
static void test_fix(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *ids =
        sh(fixture, "cd repo; commit break other.c 'int other(void) { return x; }'\n"
                    "commit more README text; commit 'other: mend it' other.c "
                    "'int other(void) { return 1; }'\ngit rev-parse HEAD~2 HEAD~1 HEAD");
    g_auto(GStrv) id = g_strsplit(ids, "\n", -1);
    g_autoptr(Backport) fix = backport_new("other: mend it", id[2], id[0], "x is not there");
    g_autoptr(Kernel) broken = build(fixture->builder, id[0]);
    g_autofree char *log = NULL, *expected = NULL;

    g_assert_cmpint(broken->status, ==, KERNEL_FAILED);
    kernel_builder_add_fix(fixture->builder, fix);
    g_autoptr(Kernel) mended = build(fixture->builder, id[0]),
                      more = build(fixture->builder, id[1]), again = build(fixture->builder, id[1]),
                      base = build(fixture->builder, "base");
    log = unpack(fixture, more, "build.log");
    expected = g_strdup_printf("# with %.12s (\"other: mend it\"): x is not there\n", id[2]);
    g_assert_cmpint(mended->status, ==, KERNEL_BUILT);
    g_assert_cmpstr(mended->signature, ==, base->signature);
    g_assert_cmpuint(g_strv_length(base->patches), ==, 0);
    g_assert_cmpuint(g_strv_length(more->patches), ==, 1);
    g_assert_true(g_str_has_prefix(log, expected));
    g_assert_true(again->reused);
    g_assert_cmpstr(again->patches[0], ==, more->patches[0]);
}

/* 30 revisions that do not build, one after the other: what the first one says leads to the commit
 * that mends it, which is tried as a variant, and then all of them build. */
static void test_storm(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *ids =
        sh(fixture, "cd repo; commit 'other: tidy' other.c 'int other(void) { return smc_gone; }'\n"
                    "git tag broken; for i in $(seq 30); do commit \"work $i\" README $i; done\n"
                    "git tag failing; commit \"other: bring it back\n\n"
                    "Fixes: $(git rev-parse --short=12 broken)\" other.c "
                    "'int smc_gone = 1; int other(void) { return smc_gone; }'\n"
                    "commit start README start; git rev-parse base HEAD failing~15 failing");
    g_auto(GStrv) id = g_strsplit(ids, "\n", -1);
    g_autoptr(Kernel) failed = build(fixture->builder, id[2]);
    g_autofree char *file = kernel_failure_file(failed->first_error);
    g_auto(GStrv) words = kernel_failure_words(failed->first_error);
    MendQuery query = {.failing = id[2],
                       .sound = id[0],
                       .tip = id[1],
                       .file = file,
                       .words = (const char *const *)words,
                       .max_candidates = 3};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) candidates = repo_find_mends(fixture->repo, &query, &error);

    g_assert_no_error(error);
    g_assert_cmpint(failed->status, ==, KERNEL_FAILED);
    g_assert_cmpstr(file, ==, "other.c");
    g_assert_cmpuint(candidates->len, ==, 1);
    const MendCandidate *mend = candidates->pdata[0];
    g_autofree char *variant = variant_with(id[2], mend->commit);
    g_autoptr(Backport) fix = backport_new(mend->title, mend->commit, mend->breaks, "it fails");
    g_autoptr(Kernel) tried = build(fixture->builder, variant);
    g_assert_cmpint(tried->status, ==, KERNEL_BUILT);
    kernel_builder_add_fix(fixture->builder, fix);
    g_autoptr(Kernel) same = build(fixture->builder, id[2]), last = build(fixture->builder, id[3]),
                      first = build(fixture->builder, "broken"),
                      base = build(fixture->builder, "base");
    g_assert_true(same->reused); /* the variant's tree */
    g_assert_cmpint(last->status, ==, KERNEL_BUILT);
    g_assert_cmpint(first->status, ==, KERNEL_BUILT);
    g_assert_cmpuint(g_strv_length(first->patches), ==, 1);
    g_assert_cmpuint(g_strv_length(base->patches), ==, 0);
}

/* Configured without a build; and another config in place of the user's. */
static void test_configure(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *configs = scratch_path(&fixture->scratch, "configs"), *config = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GAsyncResult) res = NULL;
    g_autofree char *base =
        sh(fixture, "mkdir configs; echo '# CONFIG_A is not set' >configs/$(printf "
                    "%064d 7); git -C repo rev-parse base");
    g_autofree char *id = g_strdup_printf("%064d", 7), *name = variant_configured(base, id);

    fixture->options.config_dir = configs;
    reopen_slot(fixture);
    kernel_configure_async(fixture->builder, name, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_true(kernel_configure_finish(fixture->builder, res, &config, &error));
    g_assert_nonnull(strstr(config, "# CONFIG_A is not set\n"));
    g_autofree char *built = sh(fixture, "cat slot/src/.firstbad/compiled 2>/dev/null || :");
    g_assert_cmpstr(built, ==, "");

    g_autoptr(Kernel) first = build(fixture->builder, "base");
    g_assert_false(first->reused);
    g_assert_true(kernel_builder_use_config(fixture->builder, id, &error));
    g_autoptr(Kernel) second = build(fixture->builder, "base"),
                      third = build(fixture->builder, name);
    g_autofree char *used = unpack(fixture, second, "config");
    g_assert_nonnull(strstr(used, "# CONFIG_A is not set\n"));
    g_assert_cmpstr(first->key, !=, second->key);
    g_assert_cmpstr(second->key, ==, third->key);
    g_assert_false(kernel_builder_use_config(fixture->builder, "none", NULL));

    /* A revision that cannot be configured. */
    g_clear_object(&res);
    g_free(sh(fixture, "cd repo; echo 'exit 1' >conf.sh; git add .; commit broken"));
    kernel_configure_async(fixture->builder, "HEAD", NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_clear_pointer(&config, g_free);
    g_assert_true(kernel_configure_finish(fixture->builder, res, &config, &error));
    g_assert_null(config);
}

static void test_stored(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) kernel = build(fixture->builder, "base");
    g_autofree char *out = sh(fixture, "rm slot/src/.firstbad/compiled");
    g_autoptr(KernelStore) store = open_store(fixture, "store");
    g_autoptr(GError) error = NULL;
    g_autoptr(Kernel) found = kernel_store_find(store, kernel->key, &error);
    g_autoptr(Kernel) again = NULL, copy = kernel_copy(kernel);

    g_assert_no_error(error);
    assert_same(found, kernel);
    assert_same(copy, kernel);
    g_assert_true(found->reused);
    again = build(fixture->builder, "base");
    assert_same(again, kernel);
    g_assert_true(again->reused);
    g_free(out);
    out = sh(fixture, "ls slot/src/.firstbad/compiled 2>/dev/null || true");
    g_assert_cmpstr(out, ==, "");
    g_assert_null(kernel_store_find(store, "00", &error));
    g_assert_no_error(error);
}

static void test_failed(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "cd repo; commit bad other.c 'int other(void) { return x; }'");
    g_autoptr(Kernel) kernel = build(fixture->builder, "HEAD");
    g_autoptr(Kernel) again = build(fixture->builder, "HEAD");
    g_autofree char *log = unpack(fixture, kernel, "build.log");
    g_autofree char *path = scratch_path(&fixture->scratch, "image");
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
    g_assert_null(kernel->signature);
    g_assert_true(g_str_has_prefix(kernel->first_error, "other.c:1:"));
    g_assert_nonnull(strstr(kernel->first_error, "error: "));
    g_assert_nonnull(strstr(log, "error: "));
    g_assert_true(again->reused);
    assert_same(again, kernel);
    g_assert_false(kernel_unpack(kernel, "bzImage", path, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    /* A later revision in the same slot is not hurt. */
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_assert_cmpint(base->status, ==, KERNEL_BUILT);
}

/* As in the kernel's own Makefile, LC_ALL is taken out; the messages stay English. */
static void test_language(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "cd repo; commit say post.sh 'echo speaks $LANG/$LC_ALL$LC_MESSAGES$LANGUAGE'");
    g_autoptr(Kernel) kernel = NULL;
    g_autofree char *log = NULL;

    g_setenv("LANG", "de_DE.UTF-8", TRUE);
    g_setenv("LC_MESSAGES", "de_DE.UTF-8", TRUE);
    g_setenv("LANGUAGE", "de", TRUE);
    kernel = build(fixture->builder, "HEAD");
    g_unsetenv("LANG");
    g_unsetenv("LC_MESSAGES");
    g_unsetenv("LANGUAGE");
    log = unpack(fixture, kernel, "build.log");
    g_assert_nonnull(strstr(log, "\nspeaks C/\n"));
}

static void test_configuration_fails(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(fixture, "cd repo; commit bad conf.sh 'echo net/Kconfig:3: syntax "
                                       "error; exit 1'");
    g_autoptr(Kernel) kernel = build(fixture->builder, "HEAD");

    g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
    g_assert_cmpstr(kernel->first_error, ==, "net/Kconfig:3: syntax error");
}

/* The key is of the tree, the config and the toolchain, and of nothing else. */
static void test_key(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(
        fixture, "cd repo; commit empty; git tag empty; commit other README text; git tag other");
    g_autoptr(GError) error = NULL;
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autoptr(Kernel) empty = build(fixture->builder, "empty");
    g_autoptr(Kernel) other = build(fixture->builder, "other");
    g_autoptr(Kernel) jobs = NULL, toolchain = NULL, config = NULL;

    g_assert_cmpstr(base->key, ==, empty->key);
    g_assert_cmpstr(base->key, !=, other->key);
    g_assert_null(try_build(fixture->builder, "nothing", &error));
    g_assert_nonnull(error);
    fixture->options.n_jobs = 7;
    fixture->options.timeout_ms = 60 * 1000;
    reopen_slot(fixture);
    jobs = build(fixture->builder, "base");
    g_assert_cmpstr(base->key, ==, jobs->key);
    g_free(fixture->toolchains->forced->compiler_name);
    fixture->toolchains->forced->compiler_name = g_strdup("gcc 1");
    toolchain = build(fixture->builder, "base");
    g_assert_cmpstr(base->key, !=, toolchain->key);
    g_free(out);
    out = sh(fixture, "echo CONFIG_B=y >>config");
    reopen_slot(fixture);
    config = build(fixture->builder, "base");
    g_assert_cmpstr(config->key, !=, toolchain->key);
}

/* Without debug information it is another kernel, unless the config has none anyway. */
static void test_without_debug_info(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(fixture, "cd repo; echo CONFIG_DEBUG_INFO >>Kconfig; git add .;"
                                       "commit kconfig; echo CONFIG_DEBUG_INFO=y >>../config");

    reopen_slot(fixture);
    g_autoptr(Kernel) with = build(fixture->builder, "HEAD");
    fixture->options.without_debug_info = TRUE;
    reopen_slot(fixture);
    g_autoptr(Kernel) without = build(fixture->builder, "HEAD");
    g_autofree char *config = unpack(fixture, without, "config");
    g_assert_cmpstr(with->key, !=, without->key);
    g_assert_nonnull(strstr(config, "# CONFIG_DEBUG_INFO is not set\n"));
    g_assert_false(
        g_strv_contains((const char *const *)without->lost_options, "CONFIG_DEBUG_INFO=y"));

    g_free(sh(fixture, "echo CONFIG_A=y >config"));
    reopen_slot(fixture);
    g_autoptr(Kernel) none = build(fixture->builder, "HEAD");
    fixture->options.without_debug_info = FALSE;
    reopen_slot(fixture);
    g_autoptr(Kernel) same = build(fixture->builder, "HEAD");
    g_assert_true(same->reused);
    g_assert_cmpstr(none->key, ==, same->key);
}

/* Where the functions of a kernel without debug information come from; and its objects once more.
 */
static void test_objects(Fixture *fixture, gconstpointer unused)
{
    static const char *const wanted[] = {"main.o", "nowhere.o", "../other.o", NULL};
    static const char *const nothing[] = {"nowhere.o", NULL};
    g_autofree char *dir = scratch_path(&fixture->scratch, "objects");
    g_autofree char *origins = NULL, *listing = NULL;
    g_autoptr(GAsyncResult) res = NULL, none = NULL;
    g_autoptr(GError) error = NULL;

    fixture->options.keeps_origins = TRUE;
    reopen_slot(fixture);
    g_autoptr(Kernel) kernel = build(fixture->builder, "base");
    origins = unpack(fixture, kernel, "origins");
    g_assert_nonnull(strstr(origins, "main.o -\n"));
    g_assert_nonnull(strstr(origins, "other.o -\n"));

    kernel_objects_async(fixture->builder, "base", wanted, dir, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_true(kernel_objects_finish(res, &error));
    g_assert_no_error(error);
    listing = sh(fixture, "ls objects");
    g_assert_cmpstr(listing, ==, "main.o");

    kernel_objects_async(fixture->builder, "base", nothing, dir, NULL, keep_result, &none);
    while (!none) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_false(kernel_objects_finish(none, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_FAILED);

    /* The folder goes on as it was. */
    g_free(listing);
    listing = sh(fixture, "cd repo; commit one other.c 'int other(void) { return 2; }'");
    g_autoptr(Kernel) next = build(fixture->builder, "HEAD");
    g_assert_nonnull(next->signature);
}

static void test_incremental(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "cd repo; commit one other.c 'int other(void) { return 2; }'");
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autoptr(Kernel) one = build(fixture->builder, "HEAD");

    g_free(out);
    out = sh(fixture, "sort slot/src/.firstbad/compiled");
    g_assert_cmpstr(out, ==, "main.c\nother.c\nother.c");
    g_assert_cmpstr(base->signature, !=, one->signature);
}

/* Configured once for revisions in which nothing differs that could say otherwise. */
static void test_configured_again(Fixture *fixture, gconstpointer unused)
{
    static const char again[] = "# configured as the revision built before\n$ make ";
    g_autofree char *out =
        sh(fixture, "cd repo; commit one other.c 'int other(void) { return 2; }'; git tag one;"
                    "mkdir ../configs net; echo CONFIG_A=n >../configs/$(printf %040d 7);"
                    "cp Kconfig net/Kconfig.net; git add .; commit two; git tag two");
    g_autofree char *configs = scratch_path(&fixture->scratch, "configs");
    g_autofree char *variant =
        scratch_sh(&fixture->scratch, "cd repo; echo $(git rev-parse one)@%040d", 7);

    fixture->options.config_dir = configs;
    reopen_slot(fixture);
    g_autoptr(Kernel) base = build(fixture->builder, "base"), one = build(fixture->builder, "one");
    g_autofree char *base_config = unpack(fixture, base, "config");
    g_autofree char *one_config = unpack(fixture, one, "config");
    g_autofree char *one_log = unpack(fixture, one, "build.log");
    g_assert_true(g_str_has_prefix(one_log, again));
    g_assert_null(strstr(one_log, "olddefconfig"));
    g_assert_cmpstr(one_config, ==, base_config);
    g_assert_true(g_strv_equal((const char *const *)one->lost_options,
                               (const char *const *)base->lost_options));
    /* Another wanted config; other Kconfig files. */
    g_autoptr(Kernel) other = build(fixture->builder, variant),
                      two = build(fixture->builder, "two");
    g_autofree char *other_log = unpack(fixture, other, "build.log");
    g_autofree char *two_log = unpack(fixture, two, "build.log");
    g_assert_nonnull(strstr(other_log, "olddefconfig"));
    g_assert_nonnull(strstr(two_log, "olddefconfig"));
}

/* A tree whose objects are not made anew when value.h changes, which both include: `value NAME
 * VALUE` writes it. */
#define STALE                                                                                      \
    "cd repo; sed -i 's,-I\\. ,-I. -I.. ,' Makefile;"                                              \
    "value() { printf \"#define NAME $1\\n#define VALUE $2\\n\" >value.h; }; value other 1;"       \
    "printf '#include \"value.h\"\\nint NAME(void) { return VALUE; }\\n' >other.c;"                \
    "printf '#include \"value.h\"\\nint NAME(void), gone(void);"                                   \
    "void _start(void) { NAME(); for (;;) ; }\\n' >main.c;"                                        \
    "git add .; commit stale; git tag stale; "

/* What another revision left makes a build fail: it is tried from nothing, once for each error. */
static void test_stale(Fixture *fixture, gconstpointer unused)
{
    static const char once_more[] = "once more, from nothing";
    g_autofree char *out =
        sh(fixture, STALE "value another 1; echo >>main.c; git add .; commit renamed; git tag "
                          "renamed; sed -i 's/NAME();/gone();/' main.c; git add .; commit gone;"
                          "git tag gone; echo >>main.c; git add .; commit more; git tag more;"
                          "commit bad other.c 'int other(void) { return x; }'; git tag bad");
    g_autoptr(Kernel) stale = build(fixture->builder, "stale"),
                      renamed = build(fixture->builder, "renamed");
    g_autofree char *renamed_log = unpack(fixture, renamed, "build.log");

    g_assert_cmpstr(stale->first_error, ==, NULL);
    g_assert_cmpstr(renamed->first_error, ==, NULL);
    g_assert_nonnull(strstr(renamed_log, once_more));
    /* An error that stays is believed, and then at once. */
    g_autoptr(Kernel) gone = build(fixture->builder, "gone"),
                      more = build(fixture->builder, "more");
    g_autofree char *gone_log = unpack(fixture, gone, "build.log");
    g_autofree char *more_log = unpack(fixture, more, "build.log");
    g_assert_nonnull(strstr(gone->first_error, "undefined reference"));
    g_assert_nonnull(strstr(gone_log, once_more));
    g_assert_nonnull(strstr(more->first_error, "undefined reference"));
    g_assert_null(strstr(more_log, once_more));
    /* And so is what a compiler says of a file of the tree. */
    g_autoptr(Kernel) bad = build(fixture->builder, "bad");
    g_autofree char *bad_log = unpack(fixture, bad, "build.log");
    g_assert_cmpint(bad->status, ==, KERNEL_FAILED);
    g_assert_null(strstr(bad_log, once_more));
}

/* With --paranoid a kernel that is another one than from nothing is found, and made anew. */
static void test_paranoid(Fixture *fixture, gconstpointer unused)
{
    /* The first tree that paranoid.c takes. */
    g_autofree char *out = sh(fixture, STALE);
    g_autoptr(KernelStore) store = open_store(fixture, "other-store");
    g_autoptr(KernelBuilder) builder = open_slot(fixture, store, "other-slot");
    guint n = 0;

    for (gboolean taken = FALSE; !taken; n++) {
        g_autofree char *tree =
            scratch_sh(&fixture->scratch,
                       "cd repo; sed -i 's/VALUE .*/VALUE %u/' value.h; git add .; commit n;"
                       "git rev-parse HEAD^{tree}",
                       n + 2);

        taken = g_str_hash(tree) % 8 == 0;
        g_assert_cmpuint(n, <, 100);
    }
    g_autoptr(Kernel) stale = build(builder, "stale"), wrong = build(builder, "HEAD");
    g_assert_cmpstr(wrong->signature, ==, stale->signature);
    g_clear_pointer(&builder, kernel_builder_free);
    g_free(sh(fixture, "rm -rf other-slot other-store; git -C repo worktree prune; mkdir -p "
                       "other-store/.new"));
    builder = open_slot(fixture, store, "other-slot");
    g_autoptr(Kernel) clean = build(builder, "HEAD");
    g_assert_cmpstr(clean->signature, !=, stale->signature);

    fixture->options.paranoid = TRUE;
    reopen_slot(fixture);
    g_autoptr(Kernel) first = build(fixture->builder, "stale"),
                      found = build(fixture->builder, "HEAD");
    g_autofree char *log = unpack(fixture, found, "build.log");
    g_assert_null(first->notes[0]);
    g_assert_true(g_str_has_prefix(found->notes[0], "paranoid: "));
    g_assert_cmpstr(found->signature, ==, clean->signature);
    g_assert_nonnull(strstr(log, "once more, from nothing"));
    /* A sound one passes. */
    g_autoptr(Kernel) again = build(fixture->builder, "base");
    g_assert_null(again->notes[0]);
}

/* Another folder, another time, incremental or not, with the user's own environment: the same. */
static void test_signature_is_stable(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "cd repo; commit one other.c 'int other(void) { return 2; }'");
    g_autoptr(KernelStore) store = open_store(fixture, "other-store");
    g_autoptr(KernelBuilder) builder = open_slot(fixture, store, "deep/in/another/slot");
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autoptr(Kernel) one = build(fixture->builder, "HEAD");
    g_autoptr(Kernel) clean = NULL;
    g_autofree char *same = NULL;

    g_setenv("KCFLAGS", "-DEVIL", TRUE);
    g_setenv("MAKEFLAGS", "LOCALVERSION=-mine", TRUE);
    g_setenv("KBUILD_BUILD_USER", "me", TRUE);
    clean = build(builder, "HEAD");
    g_unsetenv("KCFLAGS");
    g_unsetenv("MAKEFLAGS");
    g_unsetenv("KBUILD_BUILD_USER");
    g_assert_cmpstr(one->signature, ==, clean->signature);
    /* Debug information too. */
    same =
        sh(fixture, "cmp slot/src/.firstbad/vmlinux 'deep/in/another/slot/src/.firstbad/vmlinux'");
    g_assert_cmpstr(same, ==, "");
}

static void test_structure_seed_is_fixed(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(fixture, "echo CONFIG_RANDSTRUCT=y >>config");
    g_autoptr(KernelStore) store = open_store(fixture, "other-store");
    g_autoptr(KernelBuilder) builder = open_slot(fixture, store, "other-slot");
    g_autoptr(Kernel) mine = NULL, other = build(builder, "base");

    reopen_slot(fixture);
    mine = build(fixture->builder, "base");
    g_assert_cmpstr(mine->signature, ==, other->signature);
    g_free(out);
    out = sh(fixture, "grep -c . slot/src/.firstbad/include/generated/randstruct_hash.h");
    g_assert_cmpstr(out, ==, "1");
}

static Toolchains *probe_with_cache(const char *cache)
{
    g_autoptr(GError) error = NULL;
    Toolchains *toolchain = NULL;

    g_setenv("CCACHE_DIR", cache, TRUE);
    toolchain = toolchains_new("gcc", NULL, NULL, NULL, &error);
    g_unsetenv("CCACHE_DIR");
    g_assert_no_error(error);
    return toolchain;
}

static void test_ccache(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = NULL;
    g_autoptr(Kernel) plain = build(fixture->builder, "base");
    g_autofree char *cache = scratch_path(&fixture->scratch, "cache");
    g_autoptr(Toolchains) toolchain = probe_with_cache(cache);

    if (!toolchain->ccache_dir) {
        g_test_skip("ccache does not work here");
        return;
    }
    g_assert_cmpstr(toolchain->ccache_dir, ==, cache);
    fixture->options.toolchains = toolchain;
    g_autoptr(KernelStore) cold_store = open_store(fixture, "store1");
    g_autoptr(KernelStore) warm_store = open_store(fixture, "store2");
    g_autoptr(KernelBuilder) cold_builder = open_slot(fixture, cold_store, "slot1");
    g_autoptr(KernelBuilder) warm_builder = open_slot(fixture, warm_store, "slot2");
    g_autoptr(Kernel) cold = build(cold_builder, "base");
    g_autoptr(Kernel) warm = build(warm_builder, "base");

    g_assert_cmpstr(cold->signature, ==, plain->signature);
    g_assert_cmpstr(warm->signature, ==, plain->signature);
    /* The second slot took both files from the cache. */
    out = scratch_sh(&fixture->scratch,
                     "CCACHE_DIR=%s ccache --print-stats | "
                     "grep -E 'direct_cache_hit|preprocessed_cache_hit' | "
                     "awk '{ n += $2 } END { print n }'",
                     cache);
    g_assert_cmpstr(out, ==, "2");
}

/* A build may write the cache, and so what ccache reads there; and the user's own settings may name
 * places that a boxed build cannot write. */
static void test_ccache_settings(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *cache = scratch_path(&fixture->scratch, "cache");
    g_autofree char *log = NULL;
    g_autoptr(Toolchains) unspoilt = probe_with_cache(cache), toolchain = NULL;
    g_autofree char *out = NULL;
    g_autoptr(Kernel) kernel = NULL;

    if (!unspoilt->ccache_dir) {
        g_test_skip("ccache does not work here");
        return;
    }
    out = sh(fixture, "printf 'compiler = /bin/false\\nmax_size = 3G\\n' >cache/ccache.conf;"
                      "cd repo; commit say post.sh 'echo may keep $CCACHE_MAXSIZE'");
    g_setenv("CCACHE_TEMPDIR", "/proc/firstbad", TRUE);
    toolchain = probe_with_cache(cache);
    g_assert_cmpstr(toolchain->ccache_dir, ==, cache);
    fixture->options.toolchains = toolchain;
    reopen_slot(fixture);
    kernel = build(fixture->builder, "HEAD");
    g_unsetenv("CCACHE_TEMPDIR");
    g_assert_cmpstr(kernel->first_error, ==, NULL);
    log = unpack(fixture, kernel, "build.log");
    g_assert_nonnull(strstr(log, "\nmay keep 3.0G\n"));
}

/* "Linux 6.1.6" changes nothing but a number. */
static void test_release_commit_is_no_change(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "cd repo; sed -i 's/^SUBLEVEL = 5/SUBLEVEL = 6/' Makefile; git add .; commit r;"
                    "git tag r; sed -i 's/^PATCHLEVEL = 1/PATCHLEVEL = 2/' Makefile; git add .;"
                    "commit s; git tag s");
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autoptr(Kernel) release = build(fixture->builder, "r");
    g_autoptr(Kernel) series = build(fixture->builder, "s");

    g_assert_cmpstr(base->key, !=, release->key);
    g_assert_cmpstr(base->signature, ==, release->signature);
    g_assert_cmpstr(base->signature, !=, series->signature);
}

/* A revision `hang` whose build says on the FIFO `begun` that it runs, and then hangs. Half of it
 * is written by then: other.o is no object, and newer than its source. `fine` has the same other.c.
 */
#define HANG                                                                                       \
    "cd repo; commit fine other.c 'int other(void) { return 2; }'; git tag fine;"                  \
    "commit hang post.sh 'cd .firstbad; echo half >other.o; rm vmlinux; echo begun >begun; sleep " \
    "1000';"                                                                                       \
    "git tag hang; mkdir -p ../slot/src/.firstbad; mkfifo ../slot/src/.firstbad/begun"

static void test_time_limit(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(fixture, "cd repo; commit hang post.sh 'sleep 1000'; git tag hang");
    g_autoptr(Kernel) first = NULL, second = NULL, third = NULL, fourth = NULL;

    fixture->options.timeout_ms = 300;
    reopen_slot(fixture);
    first = build(fixture->builder, "hang");
    g_assert_cmpint(first->status, ==, KERNEL_FAILED);
    g_assert_cmpstr(first->first_error, ==, "build took longer than 0.3 s");
    g_assert_cmpuint(first->failed_at_ms, ==, 300);
    second = build(fixture->builder, "hang");
    g_assert_true(second->reused);
    /* More time is worth another try, and takes the place of the first. */
    fixture->options.timeout_ms = 400;
    reopen_slot(fixture);
    third = build(fixture->builder, "hang");
    g_assert_false(third->reused);
    g_assert_cmpuint(third->failed_at_ms, ==, 400);
    fourth = build(fixture->builder, "hang");
    g_assert_true(fourth->reused);
    g_assert_cmpuint(fourth->failed_at_ms, ==, 400);
}

static void test_memory(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "cd repo; say() { git checkout -q base; sed -i \"s,^bzImage:.*,&\\n\\techo $2; "
                    "false,\" Makefile; git add .; commit $1; git tag $1; };"
                    "say refused 'cc1: out of memory allocating 1 bytes';"
                    "say killed 'gcc: fatal error: Killed signal terminated program cc1'");
    g_autoptr(GError) error = NULL;
    g_autoptr(Kernel) limited = NULL;

    g_assert_null(try_build(fixture->builder, "refused", &error));
    g_assert_nonnull(strstr(error->message, "memory ran out"));
    g_clear_error(&error);
    fixture->options.memory_limit_bytes = (guint64)4 << 30;
    reopen_slot(fixture);
    limited = build(fixture->builder, "refused");
    g_assert_cmpint(limited->status, ==, KERNEL_FAILED);
    g_assert_cmpuint(limited->failed_at_bytes, ==, (guint64)4 << 30);
    /* The limit refuses memory; it does not kill. */
    g_assert_null(try_build(fixture->builder, "killed", &error));
    g_assert_nonnull(strstr(error->message, "memory ran out"));
}

/* The slot of a build that was interrupted gives what a clean one does, and keeps what is old. */
static void assert_good_after_interruption(const Fixture *fixture)
{
    g_autoptr(KernelStore) store = open_store(fixture, "clean-store");
    g_autoptr(KernelBuilder) builder = open_slot(fixture, store, "clean");
    g_autoptr(Kernel) kernel = build(fixture->builder, "fine");
    g_autoptr(Kernel) clean = build(builder, "fine");
    g_autofree char *compiled = NULL;

    g_assert_cmpstr(kernel->first_error, ==, NULL);
    g_assert_cmpstr(kernel->signature, ==, clean->signature);
    compiled = sh(fixture, "sort slot/src/.firstbad/compiled");
    g_assert_cmpstr(compiled, ==, "other.c");
}

/* In a sandbox the death of make itself is an exit code. */
static void test_killed_make(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autofree char *out = sh(fixture, "cd repo; commit fine other.c 'int other(void) { return 2; "
                                       "}'; git tag fine; commit kill post.sh 'cd .firstbad; echo "
                                       "half >other.o; rm vmlinux; kill -9 $PPID'");
    g_autoptr(GError) error = NULL;

    g_assert_null(try_build(fixture->builder, "HEAD", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "make was killed by signal 9"));
    assert_good_after_interruption(fixture);
}

static void test_cancelled(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autofree char *out = sh(fixture, HANG);
    g_autofree char *fifo = scratch_path(&fixture->scratch, "slot/src/.firstbad/begun");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    GAsyncResult *res = NULL;
    int fd = g_open(fifo, O_RDONLY | O_NONBLOCK, 0);
    GPollFD begun = {.fd = fd, .events = G_IO_IN};

    kernel_build_async(fixture->builder, "hang", cancellable, keep_result, &res);
    g_main_context_add_poll(NULL, &begun, 0);
    while (!(begun.revents & G_IO_IN)) {
        g_assert_null(res);
        g_main_context_iteration(NULL, TRUE);
    }
    g_main_context_remove_poll(NULL, &begun);
    close(fd);
    g_cancellable_cancel(cancellable);
    g_assert_null(wait_for(fixture->builder, &res, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    /* Nothing is stored, nothing runs on, and the slot is good for the next. */
    g_free(out);
    out = sh(fixture,
             "ls -A store/.new; ls -d store/*/* | wc -l; grep -lsa FIRSTBAD_SLOT=$SCRATCH/slot "
             "/proc/[0-9]*/environ || true");
    g_assert_cmpstr(out, ==, "1");
    assert_good_after_interruption(fixture);
}

/* kill -9 of a coordinator in the middle of a build: the next one takes the slot over. */
static void test_killed_coordinator(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autofree char *out = sh(fixture, HANG);
    g_autofree char *fifo = scratch_path(&fixture->scratch, "slot/src/.firstbad/begun");
    const char *argv[] = {"/proc/self/exe", "--build", fixture->scratch.dir, "hang", NULL};
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) child = NULL;

    g_clear_pointer(&fixture->builder, kernel_builder_free);
    child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, &error);
    g_assert_no_error(error);
    /* Blocks until the build runs. */
    g_assert_true(g_file_get_contents(fifo, &text, NULL, NULL));

    g_autofree char *slot = scratch_path(&fixture->scratch, "slot");
    g_assert_null(
        kernel_builder_new(fixture->repo, fixture->store, slot, &fixture->options, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BUSY);
    g_clear_error(&error);

    g_subprocess_force_exit(child);
    g_subprocess_wait(child, NULL, NULL);
    fixture->builder = open_slot(fixture, fixture->store, "slot");
    g_free(out);
    out = sh(fixture, "grep -lsa FIRSTBAD_SLOT=$SCRATCH/slot /proc/[0-9]*/environ || true");
    g_assert_cmpstr(out, ==, "");
    assert_good_after_interruption(fixture);
}

/* What was built before the clock was set back is newer than all that is checked out. */
static void test_clock_set_back(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(KernelStore) store = open_store(fixture, "clean-store");
    g_autoptr(KernelBuilder) builder = open_slot(fixture, store, "clean");
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autofree char *out = sh(fixture, "cd repo; commit 'other: two' other.c 'int other(void) { "
                                       "return 2; }'; cd ../slot; find src building "
                                       "-exec touch -d '1 day' {} +; touch -d '1 day' .");
    g_autoptr(Kernel) kernel = build(fixture->builder, "HEAD");
    g_autoptr(Kernel) clean = build(builder, "HEAD");

    g_assert_cmpstr(clean->signature, !=, base->signature);
    g_assert_cmpstr(kernel->signature, ==, clean->signature);
}

/* After a power cut also what was written shortly before may be empty. */
static void test_power_cut(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) base = build(fixture->builder, "base");
    g_autofree char *out =
        sh(fixture, "cd repo; commit other README text; cd ../slot; rm src/.firstbad/compiled;"
                    "find src -exec touch -d '2 hours ago' {} +; git -C src update-index --refresh;"
                    "sed -i 's/ .*/ of another boot/' building; touch -d '1 hour ago' building;"
                    "cd src/.firstbad; >other.o;"
                    "touch -d '1 hour ago 30 sec ago' other.o; touch -d '70 min ago' main.o");
    g_autoptr(Kernel) kernel = build(fixture->builder, "HEAD");

    g_assert_cmpstr(kernel->signature, ==, base->signature);
    g_free(out);
    out = sh(fixture, "sort slot/src/.firstbad/compiled");
    g_assert_cmpstr(out, ==, "other.c");
}

/* Kconfig's memory of what objects were compiled with stays, and it is made to look again. */
static void test_interrupted_kconfig(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "cd slot; echo running >building; mkdir -p src/.firstbad/include/config "
                    "src/.firstbad/include/generated; cd src/.firstbad/include; touch config/A "
                    "config/auto.conf config/auto.conf.cmd generated/autoconf.h");
    g_autoptr(Kernel) kernel = build(fixture->builder, "base");

    g_assert_cmpint(kernel->status, ==, KERNEL_BUILT);
    g_free(out);
    out = sh(fixture, "cd slot/src/.firstbad/include; ls config generated");
    g_assert_cmpstr(out, ==, "config:\nA\nauto.conf\n\ngenerated:");
}

static void test_leftovers(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *slot = scratch_path(&fixture->scratch, "slot");
    g_autofree char *mark = g_strconcat("FIRSTBAD_SLOT=", slot, NULL);
    g_autofree char *other_mark = g_strconcat(mark, "2", NULL);
    const char *argv[] = {"sleep", "1000", NULL};
    GSubprocess *children[2];

    for (int i = 0; i < 2; i++) {
        g_autoptr(GSubprocessLauncher) launcher =
            g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);

        g_subprocess_launcher_setenv(launcher, "FIRSTBAD_SLOT", (i ? other_mark : mark) + 14, TRUE);
        children[i] = g_subprocess_launcher_spawnv(launcher, argv, NULL);
    }
    reopen_slot(fixture);
    g_subprocess_wait(children[0], NULL, NULL);
    g_assert_cmpint(g_subprocess_get_term_sig(children[0]), ==, SIGKILL);
    /* That of another slot lives. */
    g_assert_nonnull(g_subprocess_get_identifier(children[1]));
    g_subprocess_force_exit(children[1]);
    g_subprocess_wait(children[1], NULL, NULL);
    g_object_unref(children[0]);
    g_object_unref(children[1]);
}

static void test_damaged_entry(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) kernel = build(fixture->builder, "base");
    g_autofree char *out =
        sh(fixture, "chmod u+w store/*/*/*; printf X | dd of=$(echo store/*/*/bz*) "
                    "bs=1 seek=99 conv=notrunc 2>/dev/null");
    g_autofree char *path = scratch_path(&fixture->scratch, "image");
    g_autoptr(GError) error = NULL;
    g_autoptr(Kernel) again = NULL, third = NULL;

    g_assert_false(kernel_unpack(kernel, "bzImage", path, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    again = build(fixture->builder, "base");
    g_assert_false(again->reused);
    g_assert_cmpstr(again->signature, ==, kernel->signature);
    g_free(out);
    out = sh(fixture, "echo '[garbage' >$(echo store/*/*/kernel.ini)");
    third = build(fixture->builder, "base");
    g_assert_false(third->reused);
}

static void test_rivals(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(KernelBuilder) rival = open_slot(fixture, fixture->store, "rival");
    g_autoptr(GError) error = NULL;
    GAsyncResult *res[2] = {NULL, NULL};
    g_autoptr(Kernel) mine = NULL, his = NULL;
    g_autofree char *out = NULL;

    kernel_build_async(fixture->builder, "base", NULL, keep_result, &res[0]);
    kernel_build_async(rival, "base", NULL, keep_result, &res[1]);
    mine = wait_for(fixture->builder, &res[0], &error);
    g_assert_no_error(error);
    his = wait_for(rival, &res[1], &error);
    g_assert_no_error(error);
    g_assert_cmpstr(mine->dir, ==, his->dir);
    g_assert_cmpstr(mine->signature, ==, his->signature);
    out = sh(fixture, "ls -A store/.new; ls store | wc -l");
    g_assert_cmpstr(out, ==, "1");
}

static void test_sweep(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out =
        sh(fixture, "mkdir store/.new/dead store/.new/alive store/.new/fresh; touch "
                    "store/.new/dead/bzImage.zst store/.new/alive/x;"
                    "touch -d yesterday store/.new/dead store/.new/alive");
    g_autofree char *alive = scratch_path(&fixture->scratch, "store/.new/alive");
    const char *argv[] = {"flock", alive, "cat", NULL};
    g_autoptr(GSubprocess) holder = NULL;
    g_autoptr(KernelStore) store = NULL;
    char byte = 'x';

    holder = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                               NULL);
    if (!holder) {
        g_test_skip("no flock program");
        return;
    }
    /* cat echoes once the lock is held. */
    g_output_stream_write(g_subprocess_get_stdin_pipe(holder), &byte, 1, NULL, NULL);
    g_input_stream_read(g_subprocess_get_stdout_pipe(holder), &byte, 1, NULL, NULL);
    store = open_store(fixture, "store");
    g_subprocess_force_exit(holder);
    g_subprocess_wait(holder, NULL, NULL);
    g_free(out);
    out = sh(fixture, "ls store/.new");
    g_assert_cmpstr(out, ==, "alive\nfresh");
}

/* A small file system on @name, full but for @n_free KB; FALSE when we may not mount. */
static gboolean mount_small(const Fixture *fixture, const char *name, const char *options)
{
    g_autofree char *dir = scratch_path(&fixture->scratch, name);

    g_mkdir_with_parents(dir, 0755);
    if (mount("firstbad-test", dir, "tmpfs", 0, options) != 0) {
        g_test_skip("no right to mount a small file system");
        return FALSE;
    }
    return TRUE;
}

static void unmount(const Fixture *fixture, const char *name)
{
    g_autofree char *dir = scratch_path(&fixture->scratch, name);

    umount2(dir, MNT_DETACH);
}

static void test_store_full(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(KernelStore) store = NULL;
    g_autoptr(KernelBuilder) builder = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL;

    if (!mount_small(fixture, "small", "size=8k")) {
        return;
    }
    store = open_store(fixture, "small");
    builder = open_slot(fixture, store, "slot2");
    g_assert_null(try_build(builder, "base", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    out = sh(fixture, "ls -A small/.new; ls small");
    g_assert_cmpstr(out, ==, "");
    unmount(fixture, "small");
}

static void test_slot_full(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Kernel) kernel = NULL;

    if (!mount_small(fixture, "slot/src/.firstbad", "size=16k")) {
        return;
    }
    reopen_slot(fixture);
    g_assert_null(try_build(fixture->builder, "base", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    out = sh(fixture, "ls -A store/.new; ls store");
    g_assert_cmpstr(out, ==, "");
    unmount(fixture, "slot/src/.firstbad");
    kernel = build(fixture->builder, "base");
    g_assert_cmpint(kernel->status, ==, KERNEL_BUILT);
}

/* What a hostile Makefile can reach. */
static void test_sandbox(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(
        fixture, "cd repo; sed -i 's,^bzImage:.*,&\\n\\t! touch main.c\\n\\t! touch ../x\\n"
                 "\\t-touch $(HOME)/firstbad-was-here\\n\\t[ $$(ls /sys/class/net | wc -l) -le 1 "
                 "] || ! ip route get 8.8.8.8\\n\\ttouch /tmp/x,' Makefile; git add .; commit s");
    g_autofree char *in_home = g_build_filename(g_get_home_dir(), "firstbad-was-here", NULL);
    g_autoptr(Kernel) kernel = NULL;

    if (*kernel_builder_unboxed(fixture->builder)) {
        g_test_skip(kernel_builder_unboxed(fixture->builder));
        return;
    }
    kernel = build(fixture->builder, "HEAD");
    g_assert_cmpstr(kernel->first_error, ==, NULL);
    g_assert_false(g_file_test(in_home, G_FILE_TEST_EXISTS));
}

/* A tree with something where builds take place: it must not lead us out, nor bring its objects. */
static void test_build_folder_in_tree(Fixture *fixture, gconstpointer unused)
{
    static const char *const makers[] = {
        "ln -s ../../outside .firstbad",
        "mkdir .firstbad; echo planted >.firstbad/main.o",
        "echo text >.firstbad",
    };
    g_autoptr(Kernel) base = build(fixture->builder, "base");

    for (gsize i = 0; i < G_N_ELEMENTS(makers); i++) {
        g_autofree char *made = scratch_sh(&fixture->scratch,
                                           "mkdir -p outside; cd repo; git checkout -q base; %s; "
                                           "git add -f .firstbad; commit planted; rm -r .firstbad",
                                           makers[i]);
        g_autoptr(Kernel) kernel = build(fixture->builder, "HEAD");
        g_autofree char *left = NULL;

        g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
        g_assert_nonnull(strstr(kernel->first_error, "'.firstbad' of its own"));
        /* What was built before is still there. */
        left = sh(fixture, "ls -A outside; sort slot/src/.firstbad/compiled");
        g_assert_cmpstr(left, ==, "main.c\nother.c");
    }
}

/* Somebody else put a link there. */
static void test_build_folder_is_link(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(fixture, "mkdir outside; echo mine >outside/file; echo running "
                                       ">slot/building; ln -s ../../outside slot/src/.firstbad");
    g_autoptr(GError) error = NULL;

    g_assert_null(try_build(fixture->builder, "base", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
    g_assert_nonnull(strstr(error->message, "slot/src/.firstbad is not a folder"));
    g_free(out);
    out = sh(fixture, "ls -A outside");
    g_assert_cmpstr(out, ==, "file");
}

/* Files that a build leaves for us to read or to replace are what it likes to make of them. */
static void test_odd_files(Fixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *script, *make, *want;
    } cases[] = {
        {"post.sh", ":", NULL},
        {"image.sh", "rm vmlinux; mkfifo vmlinux", "vmlinux is not a regular file"},
        {"image.sh", "mv vmlinux v; ln -s v vmlinux", "vmlinux is not a regular file"},
        {"image.sh", "rm arch/x86/boot/bzImage; mkfifo arch/x86/boot/bzImage",
         "arch/x86/boot/bzImage is not a regular file"},
        {"image.sh", "rm arch/x86/boot/bzImage", "arch/x86/boot/bzImage was not made"},
        {"after.sh", "rm .config.firstbad; mkfifo .config.firstbad",
         ".config.firstbad is not a regular file"},
        {"after.sh", "rm -f .config; mkfifo .config", NULL},
        {"after.sh", ">.config.firstbad", NULL},
        {"post.sh", "rm firstbad-signing-key.pem; mkfifo firstbad-signing-key.pem", NULL},
        {"basic.sh", "rm -r include; ln -s $SCRATCH/outside include", "include is not a folder"},
        {"basic.sh", "rm scripts/basic/randstruct.seed; mkfifo scripts/basic/randstruct.seed",
         NULL},
    };
    g_autofree char *out =
        sh(fixture, "echo CONFIG_RANDSTRUCT=y >>config; mkdir -p outside/generated; cd repo;"
                    "echo 'sh after.sh $1' >>conf.sh; : >after.sh; : >basic.sh; : >image.sh;"
                    "sed -i 's,^\tcp .*vmlinux.*,&\\n\tsh image.sh,; s,^bzImage: ,\tsh "
                    "basic.sh\\n&,' Makefile; git add .; commit more; git tag more");

    reopen_slot(fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *made = scratch_sh(
            &fixture->scratch, "cd repo; git checkout -q more; commit odd %s \"cd .firstbad; %s\"",
            cases[i].script, cases[i].make);
        g_autoptr(Kernel) kernel = build(fixture->builder, "HEAD");

        g_assert_cmpstr(kernel->first_error, ==, cases[i].want);
    }
    g_free(out);
    out = sh(fixture, "ls outside/generated");
    g_assert_cmpstr(out, ==, "");
}

static void test_makefile_is_link(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(fixture, "mkfifo fifo; cd repo; ln -sf ../../fifo Makefile;"
                                       "git add .; commit odd");
    g_autoptr(Kernel) kernel = NULL;

    fixture->options.timeout_ms = 300;
    reopen_slot(fixture);
    kernel = build(fixture->builder, "HEAD");
    g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
}

/* What the user has as modules is built in, or told to be lost. */
static void test_modules(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = sh(fixture, "printf 'CONFIG_A=m\\nCONFIG_GONE=m\\n' >config");
    g_autoptr(Kernel) kernel = NULL;
    g_autofree char *config = NULL;

    reopen_slot(fixture);
    kernel = build(fixture->builder, "base");
    config = unpack(fixture, kernel, "config");
    g_assert_cmpstr(config, ==, "CONFIG_A=y\n# CONFIG_LOCALVERSION_AUTO is not set\n");
    g_assert_true(g_strv_contains((const char *const *)kernel->lost_options, "CONFIG_GONE=y"));
    g_assert_false(g_strv_contains((const char *const *)kernel->lost_options, "CONFIG_A=y"));
}

static void test_odd_folder(Fixture *fixture, gconstpointer unused)
{
    static const char *const names[] = {"a b", "a:b", "a$b"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *dir = scratch_path(&fixture->scratch, names[i]);
        g_autoptr(GError) error = NULL;

        g_assert_null(
            kernel_builder_new(fixture->repo, fixture->store, dir, &fixture->options, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME);
    }
}

static void test_no_toolchain(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(toolchains_new("no-such-compiler-of-firstbad", NULL, NULL, NULL, &error));
    g_assert_nonnull(strstr(error->message, "no-such-compiler-of-firstbad does not run"));
}

/* The coordinator of test_killed_coordinator. */
static int child_build(const char *dir, const char *commit)
{
    Fixture fixture = {.scratch.dir = (char *)dir};
    g_autoptr(Kernel) kernel = NULL;

    open_all(&fixture);
    kernel = build(fixture.builder, commit);
    return 0;
}

#define ADD(name, function) g_test_add("/kernel/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    if (argc == 4 && g_str_equal(argv[1], "--build")) {
        return child_build(argv[2], argv[3]);
    }
    if (argc > 1 && g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
    ADD("built", test_built);
    ADD("variants", test_variants);
    ADD("fix", test_fix);
    ADD("storm", test_storm);
    ADD("configure", test_configure);
    ADD("stored", test_stored);
    ADD("failed", test_failed);
    ADD("language", test_language);
    ADD("configuration-fails", test_configuration_fails);
    ADD("key", test_key);
    ADD("without-debug-info", test_without_debug_info);
    ADD("objects", test_objects);
    ADD("incremental", test_incremental);
    ADD("configured-again", test_configured_again);
    ADD("stale", test_stale);
    ADD("paranoid", test_paranoid);
    ADD("signature-is-stable", test_signature_is_stable);
    ADD("structure-seed-is-fixed", test_structure_seed_is_fixed);
    ADD("ccache", test_ccache);
    ADD("ccache-settings", test_ccache_settings);
    ADD("release-commit-is-no-change", test_release_commit_is_no_change);
    ADD("time-limit", test_time_limit);
    ADD("memory", test_memory);
    ADD("killed-make", test_killed_make);
    ADD("cancelled", test_cancelled);
    ADD("killed-coordinator", test_killed_coordinator);
    ADD("power-cut", test_power_cut);
    ADD("clock-set-back", test_clock_set_back);
    ADD("interrupted-kconfig", test_interrupted_kconfig);
    ADD("leftovers", test_leftovers);
    ADD("damaged-entry", test_damaged_entry);
    ADD("rivals", test_rivals);
    ADD("sweep", test_sweep);
    ADD("store-full", test_store_full);
    ADD("slot-full", test_slot_full);
    ADD("sandbox", test_sandbox);
    ADD("build-folder-in-tree", test_build_folder_in_tree);
    ADD("build-folder-is-link", test_build_folder_is_link);
    ADD("odd-files", test_odd_files);
    ADD("makefile-is-link", test_makefile_is_link);
    ADD("modules", test_modules);
    ADD("odd-folder", test_odd_folder);
    g_test_add_func("/kernel/no-toolchain", test_no_toolchain);
    return g_test_run();
}
