/* SPDX-License-Identifier: Apache-2.0
 * Makefiles that want too much of this machine, and a machine that ends what they run: real make,
 * in its box.
 *
 * FIRSTBAD_TEST_OOM=yes, in a control group of 600 MB: the kernel kills a compiler for its memory.
 */
#include <string.h>
#include <unistd.h>

#include "fixture.h"

/* The commit @name, whose image needs @commands, lines of a rule. */
static void commit_rule(const Fixture *fixture, const char *name, const char *commands)
{
    g_autofree char *out = scratch_sh(
        &fixture->scratch,
        "cd repo; git checkout -q base; sed -i 's,^bzImage:.*,&\\n%s,' Makefile; git add .; "
        "commit %s; git tag %s",
        commands, name, name);
}

static void check_base_builds(const Fixture *fixture)
{
    g_autoptr(Kernel) kernel = build(fixture->builder, "base");

    g_assert_cmpstr(kernel->first_error, ==, NULL);
}

/* Whoever is killed from outside is no fault of the revision, wherever in the build he stands. */
static void test_killed(Fixture *fixture, gconstpointer unused)
{
    static const char *const signals[] = {"KILL", "TERM"};
    static const char *const victims[] = {
        "\\tkill -%s $$$$",                                /* the program of a rule */
        "\\tsh -c \"kill -%s \\\\$$\\\\$$\"",              /* one below it */
        "\\tsh -c \"kill -%s \\\\$$PPID\"; sleep 1000",    /* the shell of the rule */
        "\\t+$(MAKE) -f deeper.mk deeper HOW=%s || false", /* the program of a make further down */
    };
    g_autofree char *out =
        sh(fixture, "cd repo; printf 'deeper:\\n\\tkill -$(HOW) $$$$\\n' >deeper.mk; git add .; "
                    "git commit -q --amend --no-edit; git tag -f base");

    for (guint s = 0; s < G_N_ELEMENTS(signals); s++) {
        for (guint v = 0; v < G_N_ELEMENTS(victims); v++) {
            g_autofree char *name = g_strdup_printf("killed-%u-%u", s, v);
            g_auto(GStrv) halves = g_strsplit(victims[v], "%s", 2);
            g_autofree char *rule = g_strconcat(halves[0], signals[s], halves[1], NULL);
            g_autoptr(GError) error = NULL;

            commit_rule(fixture, name, rule);
            g_autoptr(Kernel) kernel = try_build(fixture->builder, name, &error);
            g_test_message("%s: %s", rule, error ? error->message : kernel->first_error);
            g_assert_null(kernel);
            g_assert_error(error, G_IO_ERROR, G_IO_ERROR_FAILED);
        }
    }
    check_base_builds(fixture);
}

/* A compiler that wants more memory than there is. */
static void commit_large(const Fixture *fixture)
{
    g_autofree char *out =
        sh(fixture, "cd repo; printf '#define A(x) x,x,x,x,x,x,x,x,x,x\nint other(void) { static "
                    "const int a[] = {A(A(A(A(A(A(A(1)))))))}; return a[0]; }\n' >other.c; git "
                    "add .; commit large; git tag large");
}

/* Refused by a limit: known as such, and worth another try when it may have more. */
static void test_memory(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) kernel = NULL;

    commit_large(fixture);
    fixture->options.memory_limit_bytes = 200 << 20;
    reopen_slot(fixture);
    kernel = build(fixture->builder, "large");
    g_test_message("%s", kernel->first_error);
    g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
    g_assert_cmpuint(kernel->failed_at_bytes, ==, 200 << 20);
    check_base_builds(fixture);
}

/* Killed by the kernel, who leaves us alone: nothing is known of the revision. */
static void test_oom(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) kernel = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_getenv("FIRSTBAD_TEST_OOM")) {
        g_test_skip("FIRSTBAD_TEST_OOM is not set");
        return;
    }
    commit_large(fixture);
    kernel = try_build(fixture->builder, "large", &error);
    g_assert_null(kernel);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "memory ran out"));
    check_base_builds(fixture);
}

/* Output without end, which is no text: its head and tail are kept, and the time limit holds. */
static void test_output(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = scratch_path(&fixture->scratch, "log");
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;
    gsize n_log;

    commit_rule(fixture, "long",
                "\\t@head -c 1 /dev/zero; seq 8000000; echo \"main.c:1:1: error: at last\"; false");
    g_autoptr(Kernel) failed = build(fixture->builder, "long");
    g_assert_cmpstr(failed->first_error, ==, "main.c:1:1: error: at last");
    g_assert_true(kernel_unpack(failed, "build.log", path, &error));
    g_assert_true(g_file_get_contents(path, &log, &n_log, NULL));
    g_assert_cmpuint(n_log, <, 4 << 20);
    g_assert_nonnull(strstr(log, " bytes left out]"));

    commit_rule(fixture, "endless", "\\tyes");
    fixture->options.timeout_ms = 2000;
    reopen_slot(fixture);
    g_autoptr(Kernel) endless = build(fixture->builder, "endless");
    g_assert_cmpuint(endless->failed_at_ms, ==, 2000);
    fixture->options.timeout_ms = 0;
    reopen_slot(fixture);
    check_base_builds(fixture);
}

/* A file that is larger than any of a kernel: sparse here. What is left of it goes. */
static void test_file(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = NULL;

    commit_rule(fixture, "grows",
                "\\thead -c 1M /dev/zero >$(O)/grown; dd if=/dev/zero of=$(O)/grown bs=1M seek=17k "
                "count=1 conv=notrunc");
    g_autoptr(Kernel) kernel = build(fixture->builder, "grows");
    g_test_message("%s", kernel->first_error);
    g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
    check_base_builds(fixture);
    out = sh(fixture, "ls slot/src/.firstbad | grep -c grown || true");
    g_assert_cmpstr(out, ==, "0");
}

/* Many processes that mean to outlive the build, and hold its output open. */
static void test_processes(Fixture *fixture, gconstpointer unused)
{
    const int mark = 100000 + getpid();
    g_autofree char *rule = g_strdup_printf(
        "\\tfor i in $$(seq 100); do setsid sh -c \"setsid sleep %d \\& sleep %d\" \\& done; false",
        mark, mark);
    g_autofree char *out = NULL;

    if (*kernel_builder_unboxed(fixture->builder)) {
        g_test_skip(kernel_builder_unboxed(fixture->builder));
        return;
    }
    commit_rule(fixture, "many", rule);
    g_autoptr(Kernel) kernel = build(fixture->builder, "many");
    g_assert_cmpint(kernel->status, ==, KERNEL_FAILED);
    out = scratch_sh(&fixture->scratch, "pgrep -cfx 'sleep %d' || true", mark);
    g_assert_cmpstr(out, ==, "0");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)
    ADD("/hostile/killed", test_killed);
    ADD("/hostile/memory", test_memory);
    ADD("/hostile/oom", test_oom);
    ADD("/hostile/output", test_output);
    ADD("/hostile/file", test_file);
    ADD("/hostile/processes", test_processes);
    return g_test_run();
}
