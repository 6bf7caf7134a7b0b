/* SPDX-License-Identifier: Apache-2.0
 * What a kernel was made of, from .cmd files as kbuild writes them; which changes can touch it; and
 * builds that are none, of a tiny tree with a kbuild of its own.
 */
#include <string.h>

#include "fixture.h"
#include "kernel/kernel.h"
#include "kernel/sources-read.h"

/* --- The list -------------------------------------------------------------------------------- */

/* Of Linux 6.1.192, shortened. */
static const char ctype_cmd[] =
    "cmd_lib/ctype.o := ccache gcc -Wp,-MMD,lib/.ctype.o.d -nostdinc -I../arch/x86/include "
    "-I./arch/x86/include/generated -I/TREE/include -include ../include/linux/kconfig.h "
    "-DKBUILD_BASENAME='\"ctype\"' -c -o lib/ctype.o ../lib/ctype.c   ; ./tools/objtool/objtool "
    "--hacks=jump_label  lib/ctype.o\n"
    "\n"
    "source_lib/ctype.o := ../lib/ctype.c\n"
    "\n"
    "deps_lib/ctype.o := \\\n"
    "  ../include/linux/kconfig.h \\\n"
    "    $(wildcard include/config/CPU_BIG_ENDIAN) \\\n"
    "  include/generated/autoconf.h \\\n"
    "  ./arch/x86/include/generated/asm/rwonce.h \\\n"
    "  /TREE/include/linux/ctype.h \\\n"
    "  /usr/include/stdio.h \\\n"
    "\n"
    "lib/ctype.o: $(deps_lib/ctype.o)\n"
    "\n"
    "$(deps_lib/ctype.o):\n"
    "\n"
    "lib/ctype.o: $(wildcard ./tools/objtool/objtool)\n";

/* A command without a compiler, of 6.1 and (with its other name) of 6.6. */
static const char syscalls_cmd[] =
    "savedcmd_arch/x86/include/generated/asm/syscalls_64.h := sh ../scripts/syscalltbl.sh --abis "
    "common,64 ../arch/x86/entry/syscalls/syscall_64.tbl ../not-there "
    "arch/x86/include/generated/asm/syscalls_64.h\n";

static const char auto_conf_cmd[] = "deps_config := \\\n"
                                    "\tlib/kunit/Kconfig \\\n"
                                    "\tKconfig\n"
                                    "\n"
                                    "include/config/auto.conf: \\\n"
                                    "\t$(deps_config)\n"
                                    "\n"
                                    "ifneq \"$(CC)\" \"gcc\"\n"
                                    "include/config/auto.conf: FORCE\n"
                                    "endif\n";

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What @cmd names, sorted, with blanks between. */
static char *list_of(const char *cmd, const char *base, const char *src_dir)
{
    g_autoptr(GHashTable) list = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) parts = g_strsplit(cmd, "/TREE", -1);
    g_autofree char *text = g_strjoinv(src_dir, parts);
    g_autofree char **paths = NULL;
    guint n;

    sources_add_cmd(list, text, base, src_dir);
    paths = (char **)g_hash_table_get_keys_as_array(list, &n);
    qsort(paths, n, sizeof *paths, compare_paths);
    return g_strjoinv(" ", paths);
}

static void test_list(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *top = scratch_path(scratch, "tree");
    g_autofree char *out = scratch_sh(
        scratch, "mkdir -p tree/lib tree/scripts tree/include/linux tree/arch/x86/include "
                 "tree/arch/x86/entry/syscalls && cd tree && touch lib/ctype.c "
                 "include/linux/kconfig.h scripts/syscalltbl.sh "
                 "arch/x86/entry/syscalls/syscall_64.tbl");
    g_autofree char *compiled = list_of(ctype_cmd, ".firstbad", top);
    g_autofree char *made = list_of(syscalls_cmd, ".firstbad", top);
    g_autofree char *kconfig = list_of(auto_conf_cmd, "", top);

    g_assert_cmpstr(compiled, ==,
                    ".firstbad/arch/x86/include/generated/asm/rwonce.h "
                    ".firstbad/include/generated/autoconf.h arch/x86/include/ include/ "
                    "include/linux/ctype.h include/linux/kconfig.h lib/ctype.c");
    g_assert_cmpstr(made, ==, "arch/x86/entry/syscalls/syscall_64.tbl scripts/syscalltbl.sh");
    g_assert_cmpstr(kconfig, ==, "Kconfig lib/kunit/Kconfig");
}

/* How many lists a file stands in. */
static void test_counts(void)
{
    g_autoptr(GHashTable) list = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    sources_add_cmd(list, "source_a.o := ../a.c\n\ndeps_a.o := \\\n  ../all.h \\\n", ".firstbad",
                    "/nowhere");
    sources_add_cmd(list, "source_b.o := ../b.c\n\ndeps_b.o := \\\n  ../all.h \\\n", ".firstbad",
                    "/nowhere");
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(list, "all.h")), ==, 2);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(list, "b.c")), ==, 1);
}

/* --- The rule -------------------------------------------------------------------------------- */

/* A kernel without tools/, samples/ and rust/. */
static const char small_list[] = ".firstbad/arch/x86/include/generated/asm/rwonce.h\n"
                                 ".firstbad/lib/crc32table.h\n"
                                 "Kconfig\n"
                                 "arch/x86/entry/syscalls/syscall_64.tbl\n"
                                 "arch/x86/kernel/head_64.S\n"
                                 "drivers/base/core.c\n"
                                 "include/linux/ctype.h\n"
                                 "lib/\n"
                                 "lib/ctype.c\n"
                                 "lib/kunit/Kconfig\n"
                                 "net/smc/\n"
                                 "samples/Kconfig\n"
                                 "scripts/syscalltbl.sh\n";

static const struct {
    const char *path;
    PathChange how;
    Touch touch;
} rules[] = {
    {"lib/ctype.c", PATH_MODIFIED, TOUCH_SOURCE},
    {"include/linux/ctype.h", PATH_NEW, TOUCH_SOURCE}, /* it went */
    {"lib/kunit/Kconfig", PATH_MODIFIED, TOUCH_SOURCE},
    {"arch/arm/Kconfig", PATH_MODIFIED, TOUCH_NOT},
    {"lib/crc32.c", PATH_MODIFIED, TOUCH_NOT},
    {"net/tipc/core.h", PATH_MODIFIED, TOUCH_NOT},
    {"README", PATH_MODIFIED, TOUCH_NOT},
    {"drivers/x/README.rst", PATH_NEW, TOUCH_NOT},
    {"Documentation/conf.py", PATH_MODIFIED, TOUCH_NOT},
    /* makefiles: not those of what is never looked into */
    {"Makefile", PATH_MODIFIED, TOUCH_MAKE},
    {"net/smc/Makefile", PATH_MODIFIED, TOUCH_MAKE},
    {"drivers/gpu/drm/amd/acp/Makefile", PATH_NEW, TOUCH_MAKE}, /* others include it */
    {"arch/x86/Makefile_32.cpu", PATH_MODIFIED, TOUCH_MAKE},
    {"include/asm-generic/Kbuild", PATH_MODIFIED, TOUCH_MAKE},
    {"arch/arm/Makefile", PATH_MODIFIED, TOUCH_NOT},
    {"samples/Makefile", PATH_MODIFIED, TOUCH_NOT},
    {"Documentation/Makefile", PATH_MODIFIED, TOUCH_NOT},
    {"tools/objtool/Makefile", PATH_MODIFIED, TOUCH_NOT},
    {"rust/Makefile", PATH_MODIFIED, TOUCH_MAKE},
    /* programs */
    {"scripts/mod/modpost.c", PATH_MODIFIED, TOUCH_SCRIPT},
    {"scripts/checkpatch.pl", PATH_MODIFIED, TOUCH_NOT},
    {"tools/objtool/check.c", PATH_MODIFIED, TOUCH_NOT},
    /* in place of another */
    {"arch/x86/include/asm/rwonce.h", PATH_NEW, TOUCH_IN_PLACE},
    {"net/tipc/ctype.h", PATH_NEW, TOUCH_IN_PLACE},
    {"net/tipc/other.h", PATH_NEW, TOUCH_NOT},
    {"net/tipc/other.h", PATH_MODIFIED, TOUCH_NOT},
    {"net/smc/errata/abi.h", PATH_NEW, TOUCH_IN_PLACE},      /* __has_include */
    {"include/uapi/bits/types.h", PATH_NEW, TOUCH_IN_PLACE}, /* of the system */
    {"lib/crc32table.c", PATH_NEW, TOUCH_IN_PLACE},
    {"lib/ctype.S", PATH_NEW, TOUCH_IN_PLACE},
    {"net/smc/core.c", PATH_NEW, TOUCH_IN_PLACE},
    {"net/tipc/core.c", PATH_NEW, TOUCH_NOT},
    {"net/smc/new.c", PATH_NEW, TOUCH_NOT},
    /* no sources */
    {"kernel/time/timeconst.bc", PATH_MODIFIED, TOUCH_ODD},
    {"net/wireless/certs/sforshee.hex", PATH_NEW, TOUCH_ODD},
    {"lib/crc64.c_shipped", PATH_MODIFIED, TOUCH_ODD},
    {"arch/x86/configs/x86_64_defconfig", PATH_MODIFIED, TOUCH_NOT},
    {"arch/arm/boot/dts/x.dts", PATH_MODIFIED, TOUCH_NOT},
    {"localversion-rt", PATH_NEW, TOUCH_ODD},
    {"net/tipc/.gitattributes", PATH_NEW, TOUCH_ODD},
    {"net/tipc/link.c", PATH_LINK, TOUCH_ODD},
    {"include/generated/autoconf.h", PATH_NEW, TOUCH_ODD},
};

static void test_rule(void)
{
    g_autoptr(Sources) sources = sources_parse(small_list, strlen(small_list));

    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        Touch touch = sources_touch(sources, rules[i].path, rules[i].how);

        if (touch != rules[i].touch) {
            g_error("%s: %d, not %d", rules[i].path, touch, rules[i].touch);
        }
    }
}

/* What is built of tools/, samples/ and rust/ counts as far as it is; and some scripts read all
 * headers. */
static void test_parts(void)
{
    static const char list[] = "kernel/gen_kheaders.sh\nrust/core.o\nsamples/kobject/\n"
                               "tools/objtool/\nlib/a.c\n";
    g_autoptr(Sources) sources = sources_parse(list, strlen(list));

    g_assert_cmpint(sources_touch(sources, "tools/objtool/check.c", PATH_MODIFIED), ==,
                    TOUCH_SCRIPT);
    g_assert_cmpint(sources_touch(sources, "tools/lib/string.c", PATH_MODIFIED), ==, TOUCH_SCRIPT);
    g_assert_cmpint(sources_touch(sources, "tools/perf/perf.c", PATH_MODIFIED), ==, TOUCH_NOT);
    g_assert_cmpint(sources_touch(sources, "samples/Makefile", PATH_MODIFIED), ==, TOUCH_MAKE);
    g_assert_cmpint(sources_touch(sources, "rust/bindgen_parameters", PATH_MODIFIED), ==,
                    TOUCH_SCRIPT);
    g_assert_cmpint(sources_touch(sources, "include/net/smc.h", PATH_MODIFIED), ==, TOUCH_SOURCE);
    g_assert_cmpint(sources_touch(sources, "net/smc/smc.h", PATH_MODIFIED), ==, TOUCH_NOT);
}

static void test_share(void)
{
    static const char list[] = "include/linux/kconfig.h\t40\nlib/\nlib/a.c\t1\nlib/Kconfig\n";
    g_autoptr(Sources) sources = sources_parse(list, strlen(list)),
                       old = sources_parse(small_list, strlen(small_list));

    g_assert_cmpfloat(sources_share(sources, "include/linux/kconfig.h"), ==, 1);
    g_assert_cmpfloat(sources_share(sources, "lib/a.c"), ==, 1 / 40.0);
    g_assert_cmpfloat(sources_share(sources, "lib/Kconfig"), ==, 0);
    g_assert_cmpfloat(sources_share(sources, "lib/b.c"), ==, 0);
    g_assert_cmpfloat(sources_share(old, "lib/crc32.c"), ==, 0);
    g_assert_cmpint(sources_touch(sources, "lib/a.c", PATH_MODIFIED), ==, TOUCH_SOURCE);
}

static void test_makefile(void)
{
    g_autofree char *five = sources_makefile("VERSION = 6\nSUBLEVEL = 5\nEXTRAVERSION =\nall:\n"),
                    *six = sources_makefile("VERSION = 6\nSUBLEVEL = 6\nEXTRAVERSION = -x\nall:\n"),
                    *shell = sources_makefile("VERSION = 6\nSUBLEVEL = $(shell x)\nall:\n"),
                    *old = sources_makefile("VERSION = 2\nSUBLEVEL = 5\nall:\n"),
                    *older = sources_makefile("VERSION = 2\nSUBLEVEL = 4\nall:\n");

    g_assert_cmpstr(five, ==, six);
    g_assert_cmpstr(five, !=, shell);
    g_assert_cmpstr(old, !=, older);
}

/* Any bytes: nothing is read beyond them. */
static void test_odd_lists(void)
{
    static const char *const lists[] = {"",  "\n",         "/",          "//\n",
                                        "a", "\n\na/\n/a", ".firstbad/", "a//b\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(Sources) sources = sources_parse(lists[i], strlen(lists[i]));

        sources_touch(sources, "", PATH_NEW);
        sources_touch(sources, "/", PATH_NEW);
        sources_touch(sources, "arch/", PATH_NEW);
        sources_touch(sources, "tools/", PATH_NEW);
    }
}

/* --- Builds ---------------------------------------------------------------------------------- */

/* The tiny tree with .cmd files. */
static const char with_cmd[] =
    "cd repo\n"
    "sed -i '/c -o \\$\\*.o/d; /^.(O).%.o:/s/$/ FORCE/; s/^all: /FORCE:\\n&/' Makefile\n"
    "cat >>Makefile <<'EOF'\n"
    "\tcd $(O) && $(CC) $(KCFLAGS) $(SAID) -I. -I../include -MMD -MF .$*.o.d -g -ffreestanding "
    "-fno-pie -c -o $*.o ../$<\n"
    "\t(echo 'source_$*.o := ../$<'; echo 'deps_$*.o := \\'; sed 's/^[^:]*: */  /' $(O)/.$*.o.d) "
    ">$(O)/.$*.o.cmd\n"
    "\tmkdir -p $(O)/include/config\n"
    "\tprintf 'deps_config := \\\\\\n\\tKconfig\\n' >$(O)/include/config/auto.conf.cmd\n"
    "EOF\n"
    "mkdir -p include unused; echo '#define ONE 1' >include/one.h; echo 'int unused;' "
    ">unused/unused.c; : >unused/two.h\n"
    "printf '#include \"one.h\"\\nint other(void) { return ONE; }\\n' >other.c\n"
    "git add .; commit cmd; git tag cmd\n"
    "step() { git add -A .; commit $1; git tag $1; }\n"
    "echo 'int more;' >>unused/unused.c; echo 2 >unused/two.h; echo >MAINTAINERS; step none\n"
    "sed -i 's/^SUBLEVEL = 5/SUBLEVEL = 6/' Makefile; step release\n"
    "echo '#define ONE 2' >include/one.h; step two\n"
    "echo '#define ONE 1' >include/one.h; step back\n"
    "echo '#define ONE 1' >include/other.h; step new\n"
    "echo '#define ONE 3' >one.h; step shadow\n"
    "git rm -q one.h include/other.h; echo '# CONFIG' >>Makefile; step make\n"
    "git checkout -q back; git checkout -qb side; echo 'int side;' >>unused/unused.c; step side\n"
    "git checkout -q main; git merge -q -m merge side; git tag merge\n";

static void set_up_history(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *out = NULL;

    set_up(fixture, unused);
    out = sh(fixture, with_cmd);
}

static Kernel *build_named(const Fixture *fixture, const char *name)
{
    g_autofree char *id = repo_resolve(fixture->repo, name, NULL);
    Kernel *kernel = build(fixture->builder, id);

    g_assert_cmpint(kernel->status, ==, KERNEL_BUILT);
    return kernel;
}

/* @name is built, or is the same as the kernel of @as. */
static Kernel *build_as(Fixture *fixture, const char *name, const char *as)
{
    Kernel *kernel = build_named(fixture, name);
    g_autofree char *id = as ? repo_resolve(fixture->repo, as, NULL) : NULL;

    g_assert_cmpstr(kernel->same_as, ==, id);
    g_assert_cmpint(kernel->reused, ==, as != NULL);
    return kernel;
}

/*      release---two---back---new---shadow---make---merge
 *     /                    \                    /
 *    none---cmd             side---------------'          */
static void test_builds(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) cmd = build_as(fixture, "cmd", NULL);
    g_autoptr(Kernel) none = build_as(fixture, "none", "cmd");
    g_autoptr(Kernel) release = build_as(fixture, "release", "cmd");
    g_autoptr(Kernel) two = build_as(fixture, "two", NULL);
    g_autoptr(Kernel) back = build_as(fixture, "back", "cmd"); /* whole trees are compared */
    g_autoptr(Kernel) new = build_as(fixture, "new", NULL);    /* near: nobody knows */
    g_autoptr(Kernel) shadow = build_as(fixture, "shadow", NULL);
    g_autoptr(Kernel) make = build_as(fixture, "make", NULL);
    g_autoptr(Kernel) merge = build_as(fixture, "merge", "make");
    g_autoptr(Kernel) side = build_as(fixture, "side", "cmd");
    g_autofree char *image = scratch_path(&fixture->scratch, "image");
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(cmd->signature, ==, none->signature);
    g_assert_cmpstr(cmd->signature, !=, two->signature);
    g_assert_cmpstr(cmd->signature, ==, new->signature);
    g_assert_cmpstr(cmd->signature, !=, shadow->signature);
    g_assert_cmpstr(merge->signature, ==, make->signature);
    /* The entry is whole, and once there it is found as any other. */
    kernel_unpack(merge, "vmlinux", image, &error);
    g_assert_no_error(error);
    g_autoptr(Kernel) again = build_as(fixture, "merge", "make");
    g_autoptr(Sources) sources = kernel_sources(again);
    g_assert_nonnull(sources);
    g_assert_cmpint(sources_touch(sources, "include/one.h", PATH_MODIFIED), ==, TOUCH_SOURCE);
}

/* Under another config nothing is the same; and it can be forbidden, for checks. */
static void test_ways(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) cmd = build_as(fixture, "cmd", NULL);
    g_autofree char *out = scratch_sh(&fixture->scratch, "sed -i /CONFIG_A=/d config");

    reopen_slot(fixture);
    g_autoptr(Kernel) other = build_as(fixture, "none", NULL);
    g_autoptr(Kernel) release = build_as(fixture, "release", "none");
    kernel_builder_build_same(fixture->builder);
    g_autoptr(Kernel) side = build_as(fixture, "side", NULL);
    g_assert_cmpstr(side->signature, ==, cmd->signature);
    /* What was shared before is built after all, and stays so. */
    g_autoptr(Kernel) built = build_as(fixture, "release", NULL);
    g_assert_cmpstr(built->signature, ==, release->signature);
    reopen_slot(fixture);
    g_autoptr(Kernel) found = build_named(fixture, "release");
    g_assert_true(found->reused && !found->same_as);
}

/* A damaged list, and none: the kernel is built. */
static void test_damage(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Kernel) cmd = build_as(fixture, "cmd", NULL);
    g_autofree char *broken = scratch_sh(&fixture->scratch, "echo x >>'%s'/sources.zst", cmd->dir);
    g_autoptr(Kernel) none = build_as(fixture, "none", NULL);
    g_autofree char *gone =
        scratch_sh(&fixture->scratch,
                   "rm -f slot/src/.firstbad/include/config/auto.conf.cmd; rm '%s'/so*", none->dir);
    g_autoptr(Kernel) two = build_as(fixture, "two", NULL);
    g_autoptr(Kernel) back = build_as(fixture, "back", NULL);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/sources/list", Scratch, NULL, scratch_set_up, test_list, scratch_tear_down);
    g_test_add_func("/sources/counts", test_counts);
    g_test_add_func("/sources/rule", test_rule);
    g_test_add_func("/sources/parts", test_parts);
    g_test_add_func("/sources/share", test_share);
    g_test_add_func("/sources/makefile", test_makefile);
    g_test_add_func("/sources/odd-lists", test_odd_lists);
    g_test_add("/same/builds", Fixture, NULL, set_up_history, test_builds, tear_down);
    g_test_add("/same/ways", Fixture, NULL, set_up_history, test_ways, tear_down);
    g_test_add("/same/damage", Fixture, NULL, set_up_history, test_damage, tear_down);
    return g_test_run();
}
