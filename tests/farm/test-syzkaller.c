/* SPDX-License-Identifier: Apache-2.0
 * syzkaller built from a checkout: a small one that stands in for it, since the real one is large.
 * Where FIRSTBAD_SYZKALLER names a real one, that is built, too.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "farm/farm.h"
#include "scratch.h"

/* A repository of its shape: two revisions, of which the second does not build; and a "go" that
 * tells what it was asked. */
static const char stand_in[] =
    "new syz; cd syz; mkdir -p tools/syz-execprog; : >tools/syz-execprog/x.go\n"
    "cat >Makefile <<'EOF'\n"
    "execprog executor:\n"
    "\tmkdir -p bin/$(TARGETOS)_$(TARGETARCH)\n"
    "\techo $@ $$GO111MODULE $$CGO_ENABLED $$GOPROXY $$(pwd | grep -o go/src/.*) "
    ">bin/$(TARGETOS)_$(TARGETARCH)/syz-$@\n"
    "EOF\n"
    "git add .; commit good; git tag good\n"
    "printf 'execprog:\\n\\t@echo \"go: go.mod requires go >= 1.99\" >&2; false\\n' >Makefile\n"
    "git add .; commit bad\n"
    "git rm -q -r tools; commit other; git tag other\n"
    "mkdir ../bin; printf '#!/bin/sh\\necho /nowhere\\n' >../bin/go; chmod +x ../bin/go\n";

static void fake_go(const Scratch *scratch)
{
    g_autofree char *bin = scratch_path(scratch, "bin");
    g_autofree char *path = g_strdup_printf("%s:%s", bin, g_getenv("PATH"));

    g_setenv("PATH", path, TRUE);
}

static void test_build(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *made = scratch_sh(scratch, "%s", stand_in);
    g_autofree char *checkout = scratch_path(scratch, "syz");
    g_autofree char *folder = scratch_path(scratch, "job/syzkaller");
    g_autofree char *execprog = NULL, *executor = NULL, *note = NULL, *text = NULL;
    g_autoptr(GError) error = NULL;

    fake_go(scratch);
    g_assert_true(syzkaller_check(checkout, "good", &error));
    g_assert_no_error(error);
    g_assert_true(syzkaller_build(checkout, "good", folder, &execprog, &executor, &note, &error));
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(note, "building syzkaller on "));
    g_assert_true(g_file_get_contents(execprog, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "execprog off 0 off go/src/github.com/google/syzkaller\n");
    g_assert_true(g_file_test(executor, G_FILE_TEST_EXISTS));
    /* Nothing of ours is left in the user's repository. */
    g_autofree char *worktrees = scratch_sh(scratch, "git -C syz worktree list | wc -l\n");
    g_assert_cmpstr(worktrees, ==, "1");

    /* What is there needs no checkout. */
    g_autofree char *again = NULL, *again_executor = NULL, *no_note = NULL;
    g_assert_true(
        syzkaller_build("/nowhere", "good", folder, &again, &again_executor, &no_note, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(again, ==, execprog);
    g_assert_null(no_note);
}

static void refuse(const char *checkout, const char *commit, const char *wanted)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(syzkaller_check(checkout, commit, &error));
    if (!strstr(error->message, wanted)) {
        g_test_message("'%s' lacks '%s'", error->message, wanted);
        g_test_fail();
    }
}

static void test_errors(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *made = scratch_sh(scratch, "%s", stand_in);
    g_autofree char *checkout = scratch_path(scratch, "syz");
    g_autofree char *folder = scratch_path(scratch, "job");
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_autofree char *execprog = NULL, *executor = NULL, *note = NULL, *tools = NULL;
    g_autoptr(GError) error = NULL;

    refuse("/nowhere", NULL, "--syzkaller: ");
    refuse(checkout, "no-such", "--syzkaller-commit: ");
    refuse(checkout, "other", "is no checkout of syzkaller");
    tools = scratch_sh(scratch, "mkdir few; ln -s $(command -v git) few/git; pwd\n");
    g_autofree char *few = scratch_path(scratch, "few");
    g_setenv("PATH", few, TRUE);
    refuse(checkout, "good", "'go' is needed: apt-get install golang");
    g_setenv("PATH", path, TRUE);
    fake_go(scratch);
    g_assert_false(
        syzkaller_build(checkout, "HEAD~1", folder, &execprog, &executor, &note, &error));
    g_assert_nonnull(strstr(error->message, "go.mod requires go >= 1.99"));
    g_assert_null(execprog);
}

static void test_real(Scratch *scratch, gconstpointer unused)
{
    const char *checkout = g_getenv("FIRSTBAD_SYZKALLER");
    g_autofree char *folder = scratch_path(scratch, "job");
    g_autofree char *program = scratch_path(scratch, "p.syz");
    g_autofree char *execprog = NULL, *executor = NULL, *note = NULL;
    g_autoptr(GError) error = NULL;

    if (!checkout) {
        g_test_skip("FIRSTBAD_SYZKALLER names no checkout of syzkaller");
        return;
    }
    syzkaller_build(checkout, "HEAD", folder, &execprog, &executor, &note, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_set_contents(program, "getpid()\n", -1, NULL));
    const ReproOptions options = {.syz_execprog = execprog, .syz_executor = executor};
    g_autoptr(Repro) repro = repro_prepare(program, &options, scratch->dir, &error);
    g_assert_no_error(error);
    g_assert_cmpint(repro->kind, ==, REPRO_SYZ);
}

/* --- Roots by kernel ------------------------------------------------------------------------- */

static void add_root(GPtrArray *roots, const char *text)
{
    FarmRoot *root = g_new0(FarmRoot, 1);

    root->archive = g_strdup(farm_root_path(text, &root->span));
    g_ptr_array_add(roots, root);
}

static const char *root_for(const GPtrArray *roots, const char *version)
{
    const FarmRoot *root = farm_root_for(roots, version_of_kernel(version));

    return root ? root->archive : NULL;
}

static void test_roots(void)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new_with_free_func((GDestroyNotify)farm_root_free);

    add_root(roots, "v4.19..v5.4=/old");
    add_root(roots, "v5.15..=/new=er");
    g_assert_cmpstr(root_for(roots, "v4.19"), ==, "/old");
    g_assert_cmpstr(root_for(roots, "v5.4.7"), ==, "/old");
    g_assert_null(root_for(roots, "v5.5"));
    g_assert_null(root_for(roots, ""));
    g_assert_cmpstr(root_for(roots, "v6.1"), ==, "/new=er");
    add_root(roots, "/any=thing");
    g_assert_cmpstr(root_for(roots, "v5.5"), ==, "/any=thing");
    g_assert_cmpstr(root_for(roots, ""), ==, "/any=thing");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/farm/roots", test_roots);
    g_test_add("/syzkaller/build", Scratch, NULL, scratch_set_up, test_build, scratch_tear_down);
    g_test_add("/syzkaller/errors", Scratch, NULL, scratch_set_up, test_errors, scratch_tear_down);
    g_test_add("/syzkaller/real", Scratch, NULL, scratch_set_up, test_real, scratch_tear_down);
    return g_test_run();
}
