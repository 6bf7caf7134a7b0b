/* SPDX-License-Identifier: Apache-2.0
 * Options that guard source files, in little trees.
 */
#include <string.h>

#include "kernel/condition.h"
#include "kernel/kernel.h"

/* A tree: "path", "text", ..., NULL. */
static GBytes *read_tree(const char *path, gpointer data)
{
    for (const char *const *file = data; *file; file += 2) {
        if (strcmp(*file, path) == 0) {
            return g_bytes_new_static(file[1], strlen(file[1]));
        }
    }
    return NULL;
}

/* "A B !C | A ?": each way, with '?' where something is unknown. Owned by the caller. */
static char *guards_text(const KbuildGuards *guards)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < guards->ways->len; i++) {
        const KbuildWay *way = guards->ways->pdata[i];

        g_string_append(text, i ? " |" : "");
        for (char **option = way->on; *option; option++) {
            g_string_append_printf(text, " %s", *option + strlen("CONFIG_"));
        }
        for (char **option = way->off; *option; option++) {
            g_string_append_printf(text, " !%s", *option + strlen("CONFIG_"));
        }
        g_string_append(text, way->is_sure ? "" : " ?");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void assert_guards(const char *const *tree, const char *path, const char *wanted)
{
    g_autoptr(Kbuild) kbuild = kbuild_new(read_tree, (gpointer)tree);
    g_autoptr(KbuildGuards) guards = kbuild_guards(kbuild, path);
    g_autofree char *text = guards_text(guards);

    g_assert_cmpstr(text, ==, wanted);
}

/* As since Linux 5.17. */
#define TOP                                                                                        \
    "Makefile",                                                                                    \
        "ARCH ?= $(SUBARCH)\n"                                                                     \
        "ifneq ($(sub_make_done),1)\nneed-sub-make := 1\nendif\n"                                  \
        "ifeq ($(need-sub-make),)\n"                                                               \
        "core-y :=\ndrivers-y :=\nlibs-y := lib/\n"                                                \
        "include $(srctree)/arch/$(SRCARCH)/Makefile\n"                                            \
        "ifeq ($(KBUILD_EXTMOD),)\n"                                                               \
        "export ARCH_LIB := $(filter %/, $(libs-y))\n"                                             \
        "export ARCH_DRIVERS := $(drivers-y) $(drivers-m)\n"                                       \
        "endif\nendif\n",                                                                          \
        "arch/x86/Makefile",                                                                       \
        "ifeq ($(CONFIG_X86_32),y)\n  BITS := 32\nelse\n  BITS := 64\nendif\n"                     \
        "libs-y += arch/x86/lib/\n"                                                                \
        "drivers-$(CONFIG_PCI) += arch/x86/pci/\n"                                                 \
        "install:\n\t$(Q)$(CONFIG_SHELL) install := x\n",                                          \
        "Kbuild",                                                                                  \
        "obj-y += arch/$(SRCARCH)/ $(ARCH_LIB) kernel/\nobj-$(CONFIG_NET)\t+= net/\n"              \
        "obj-y += $(ARCH_DRIVERS) drivers/\n"

static const char *const smc_tree[] = {
    TOP,
    "net/Makefile",
    "obj-$(CONFIG_SMC) += smc/ # and more\nifneq ($(CONFIG_NET_A),)\nobj-y += a/\nendif\n",
    "net/smc/Makefile",
    "ccflags-y += -I$(src)\n"
    "obj-$(CONFIG_SMC)\t+= smc.o\nobj-$(CONFIG_SMC_DIAG)\t+= smc_diag.o\n"
    "smc-y := af_smc.o \\\n\tsmc_pnet.o\nsmc-$(CONFIG_SYSCTL) += smc_sysctl.o\n"
    "smc-objs += old.o\nsmc-$(CONFIG_FAR) += sub/far.o\n",
    NULL,
};

static void test_composites(void)
{
    assert_guards(smc_tree, "net/smc/af_smc.c", " NET SMC");
    assert_guards(smc_tree, "net/smc/smc_pnet.c", " NET SMC");
    assert_guards(smc_tree, "net/smc/smc_sysctl.c", " NET SMC SYSCTL");
    assert_guards(smc_tree, "net/smc/old.S", " NET SMC");
    assert_guards(smc_tree, "net/smc/sub/far.c", " FAR NET SMC");
    assert_guards(smc_tree, "net/smc/smc_diag.c", " NET SMC SMC_DIAG");
    /* It is no file of its own. */
    assert_guards(smc_tree, "net/smc/smc.c", "");
    assert_guards(smc_tree, "net/smc/smc.h", "");
    assert_guards(smc_tree, "net/smc/nothing.c", "");
    assert_guards(smc_tree, "../net/smc/af_smc.c", "");
    assert_guards(smc_tree, "", "");
}

static const char *const block_tree[] = {
    TOP,
    "drivers/Makefile",
    "obj-y += base/ $(here)/deep/er/\nhere := sub\nobj-$(CONFIG_LOOP) += ../drivers/\n",
    "drivers/base/Makefile",
    "ifeq ($(CONFIG_A),y)\nobj-y += a.o\nelse ifdef CONFIG_B\nobj-y += b.o\nelse\nobj-y += c.o\n"
    "endif\n"
    "ifneq ($(filter y,$(CONFIG_A) $(CONFIG_B)),)\n\tobj-y += either.o\nendif\n"
    "ifeq ($(CONFIG_A)$(CONFIG_B),yy)\n obj-y += both.o\nendif\n"
    "ifeq ($(CONFIG_A),m)\nobj-m += module.o\nendif\n"
    "obj-$(subst m,y,$(CONFIG_A)) += subst.o\n"
    "obj-$(if $(CONFIG_A),$(CONFIG_B)) += if.o\n"
    "obj-$(or $(CONFIG_A),$(CONFIG_B)) += or.o\n"
    "obj-$(CONFIG_A)-$(CONFIG_B) += odd.o\n"
    "obj-y += bits_$(BITS).o\n"
    "ifeq ($(CONFIG_NUMBER),64)\nobj-y += number.o\nendif\n"
    "ifeq ($(shell uname),Linux)\nobj-$(CONFIG_A) += shell.o\nendif\n"
    "ifdef nothing\nobj-y += never.o\nendif\n"
    "obj-$(CONFIG_A) += $(late)\nlate = late.o $(addprefix x/,$(addsuffix .o,one two))\n"
    "list := p q\nobj-y += $(list:=.o) $(patsubst %,r/%.o,$(list))\n"
    "obj-y += $(foreach f,$(list),each_$(f).o)\n"
    "obj-$(CONFIG_TWICE) += twice.o\nobj-$(CONFIG_AGAIN) += twice.o\n"
    "a.o: obj-y := rule.o\n\tobj-y += recipe.o\ndefine x\nobj-y += define.o\nendef\n"
    "lib-$(CONFIG_A) += lib.o\nextra-y := extra.o\nsubdir-$(CONFIG_A) += subdir\n",
    "drivers/base/subdir/Makefile",
    "obj-y += s.o\ninclude $(srctree)/$(src)/more.mk\ninclude $(obj)/gone.mk\n",
    "drivers/base/subdir/more.mk",
    "obj-$(CONFIG_MORE) += more.o\n",
    "drivers/sub/deep/er/Makefile",
    "ignored\n",
    "drivers/sub/deep/er/Kbuild",
    "obj-y += e.o\n",
    "arch/x86/pci/Makefile",
    "obj-y += i386.o\n",
    "arch/x86/lib/Makefile",
    "lib-y += copy.o\n",
    "arch/x86/Kbuild",
    "obj-$(CONFIG_KVM) += kvm/\n",
    "arch/x86/kvm/Makefile",
    "KVM := ../../../virt/kvm\nkvm-y += $(KVM)/kvm_main.o x86.o\nobj-$(CONFIG_KVM) += kvm.o\n",
    NULL,
};

static void test_blocks(void)
{
    static const struct {
        const char *path, *wanted;
    } cases[] = {
        {"drivers/base/a.c", " A"},
        {"drivers/base/b.c", " B !A"},
        {"drivers/base/c.c", " !A !B"},
        {"drivers/base/either.c", " A | B"},
        {"drivers/base/both.c", " A B"},
        {"drivers/base/module.c", ""},
        {"drivers/base/subst.c", " A"},
        {"drivers/base/if.c", " A B"},
        {"drivers/base/or.c", " A | B"},
        {"drivers/base/odd.c", ""},
        {"drivers/base/bits_64.c", " !X86_32"},
        {"drivers/base/bits_32.c", " X86_32"},
        {"drivers/base/number.c", " ?"},
        {"drivers/base/shell.c", " A ?"},
        {"drivers/base/never.c", ""},
        {"drivers/base/late.c", " A"},
        {"drivers/base/x/two.c", " A"},
        {"drivers/base/q.c", ""},
        {"drivers/base/r/p.c", ""},
        {"drivers/base/each_q.c", ""},
        {"drivers/base/twice.c", " TWICE | AGAIN"},
        {"drivers/base/rule.c", ""},
        {"drivers/base/recipe.c", ""},
        {"drivers/base/define.c", ""},
        {"drivers/base/lib.c", " A"},
        {"drivers/base/subdir/s.c", " A"},
        {"drivers/base/subdir/more.c", " A MORE"},
        {"arch/x86/pci/i386.c", " PCI"},
        {"arch/x86/kvm/x86.c", " KVM"},
        {"virt/kvm/kvm_main.c", " KVM"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_guards(block_tree, cases[i].path, cases[i].wanted);
    }
}

static void test_always(void)
{
    static const char *const paths[] = {"drivers/base/q.c",        "drivers/base/r/p.c",
                                        "drivers/base/each_q.c",   "drivers/base/extra.c",
                                        "drivers/sub/deep/er/e.c", "arch/x86/lib/copy.c"};

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(Kbuild) kbuild = kbuild_new(read_tree, (gpointer)block_tree);
        g_autoptr(KbuildGuards) guards = kbuild_guards(kbuild, paths[i]);
        g_autoptr(GHashTable) config = config_values("");
        g_auto(GStrv) needed = kbuild_needed(guards, config);

        g_assert_cmpuint(guards->ways->len, ==, 1);
        g_assert_cmpint(kbuild_is_compiled(guards, config), ==, KBUILD_YES);
        g_assert_cmpuint(g_strv_length(needed), ==, 0);
    }
}

/* Before Linux 5.17 the top Makefile had the lists. */
static void test_old_top(void)
{
    static const char *const tree[] = {
        "Makefile",
        "ifeq ($(KBUILD_SRC),)\nifeq (\"$(origin O)\", \"command line\")\nKBUILD_OUTPUT := $(O)\n"
        "endif\nskip-makefile := 1\nendif\n"
        "ifeq ($(skip-makefile),)\n"
        "ifeq ($(mixed-targets),1)\nelse\n"
        "ifeq ($(KBUILD_EXTMOD),)\ncore-y := usr/\ndrivers-y := drivers/ sound/\nendif\n"
        "net-y := net/\ninclude arch/$(SRCARCH)/Makefile\n"
        "core-$(CONFIG_BLOCK) += block/\n"
        "endif\nendif\n",
        "arch/x86/Makefile",
        "head-y := arch/x86/kernel/head_$(BITS).o\ncore-y += arch/x86/\n"
        "drivers-$(CONFIG_PCI) += arch/x86/pci/\n",
        "net/Makefile",
        "obj-$(CONFIG_NET) += socket.o\n",
        "block/Makefile",
        "obj-y := bio.o\n",
        "arch/x86/pci/Makefile",
        "obj-y += i386.o\n",
        NULL,
    };

    assert_guards(tree, "net/socket.c", " NET");
    assert_guards(tree, "block/bio.c", " BLOCK");
    assert_guards(tree, "arch/x86/pci/i386.c", " PCI");
}

static void test_configs(void)
{
    g_autoptr(Kbuild) kbuild = kbuild_new(read_tree, (gpointer)block_tree);
    static const struct {
        const char *path, *config;
        KbuildAnswer answer;
        const char *needed;
    } cases[] = {
        {"drivers/base/either.c", "CONFIG_A=y\n", KBUILD_YES, "CONFIG_A"},
        {"drivers/base/either.c", "CONFIG_A=y\nCONFIG_B=m\n", KBUILD_YES, ""},
        {"drivers/base/either.c", "CONFIG_A=n\n# CONFIG_B is not set\n", KBUILD_NO, ""},
        {"drivers/base/b.c", "CONFIG_A=y\nCONFIG_B=y\n", KBUILD_NO, ""},
        {"drivers/base/b.c", "CONFIG_B=y\n", KBUILD_YES, "CONFIG_B"},
        {"drivers/base/shell.c", "CONFIG_A=y\n", KBUILD_UNKNOWN, "CONFIG_A"},
        {"drivers/base/shell.c", "", KBUILD_NO, ""},
        {"drivers/base/nothing.c", "", KBUILD_UNKNOWN, ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GHashTable) config = config_values(cases[i].config);
        g_autoptr(KbuildGuards) guards = kbuild_guards(kbuild, cases[i].path);
        g_auto(GStrv) needed = kbuild_needed(guards, config);
        g_autofree char *text = g_strjoinv(" ", needed);

        g_assert_cmpint(kbuild_is_compiled(guards, config), ==, cases[i].answer);
        g_assert_cmpstr(text, ==, cases[i].needed);
    }
}

/* --- Conditions ------------------------------------------------------------------------------ */

#define N_OPTIONS 5

/* The truth of a condition, by its literals: 0, 1, or 2 for unknown. */
typedef struct Truth {
    guint on; /* bits */
    int product, sum;
} Truth;

static void take_literal(LiteralKind kind, const char *option, gpointer data)
{
    Truth *truth = data;
    guint bit = option ? 1U << (option[0] - 'A') : 0;

    if (kind == LITERAL_END) {
        truth->sum = truth->sum == 1 || truth->product == 1 ? 1 : MAX(truth->sum, truth->product);
        truth->product = 1;
    } else if (kind == LITERAL_UNKNOWN) {
        truth->product = truth->product == 0 ? 0 : 2;
    } else if ((kind == LITERAL_ON) != ((truth->on & bit) != 0)) {
        truth->product = 0;
    }
}

static int truth_of(const Conditions *conditions, Condition condition, guint on)
{
    Truth truth = {.on = on, .product = 1};

    condition_foreach(conditions, condition, take_literal, &truth);
    return truth.sum;
}

static int not3(int a)
{
    return a == 2 ? 2 : !a;
}

static int and3(int a, int b)
{
    return a == 0 || b == 0 ? 0 : MAX(a, b);
}

/* Random sums of sums keep their truth under all configurations; where the sum was weakened,
 * "unknown" may stand for either, never the wrong one. */
static void test_conditions(void)
{
    static const char *const names[N_OPTIONS] = {"A", "B", "C", "D", "E"};
    GRand *rand = g_rand_new_with_seed(1);
    guint n_unknown = 0;

    for (guint round = 0; round < 300; round++) {
        g_autoptr(Conditions) conditions = conditions_new();
        Condition pool[40];
        int truths[40][1 << N_OPTIONS];

        for (guint i = 0; i < G_N_ELEMENTS(pool); i++) {
            guint a = i ? g_rand_int_range(rand, 0, (gint32)i) : 0,
                  b = i ? g_rand_int_range(rand, 0, (gint32)i) : 0;
            guint kind = i <= N_OPTIONS ? 3 : g_rand_int_range(rand, 0, 3);

            pool[i] = kind == 0        ? condition_and(conditions, pool[a], pool[b])
                      : kind == 1      ? condition_or(conditions, pool[a], pool[b])
                      : kind == 2      ? condition_not(conditions, pool[a])
                      : i == N_OPTIONS ? CONDITION_UNKNOWN
                                       : condition_on(conditions, names[i]);
            for (guint on = 0; on < 1 << N_OPTIONS; on++) {
                int wanted = kind == 0        ? and3(truths[a][on], truths[b][on])
                             : kind == 1      ? not3(and3(not3(truths[a][on]), not3(truths[b][on])))
                             : kind == 2      ? not3(truths[a][on])
                             : i == N_OPTIONS ? 2
                                              : (int)(on >> i & 1);
                int truth = truth_of(conditions, pool[i], on);

                /* What excludes itself is false, also where we know neither half. */
                if (truth != wanted) {
                    g_assert_true(truth == 2 || wanted == 2);
                    n_unknown += truth == 2;
                }
                truths[i][on] = truth;
            }
        }
    }
    g_test_message("weakened: %u", n_unknown);
    g_rand_free(rand);
}

/* Folders that all mention each other, as no tree has them but an enemy's: there are more ways from
 * the top to a file than can be followed. */
static GBytes *read_tangle(const char *path, gpointer data)
{
    static const char folders[] = "obj-y += ../a/ ../b/ ../c/ ../d/ ../e/ ../f/ ../g/ ../h/ x.o\n";
    static const char top[] = "obj-y += a/\n";
    gboolean is_top = strcmp(path, "Kbuild") == 0;

    if (!is_top && !(strlen(path) == strlen("a/Makefile") && g_str_has_suffix(path, "/Makefile"))) {
        return NULL;
    }
    return is_top ? g_bytes_new_static(top, strlen(top))
                  : g_bytes_new_static(folders, strlen(folders));
}

static void test_tangle(void)
{
    g_autoptr(Kbuild) kbuild = kbuild_new(read_tangle, NULL);
    g_autoptr(KbuildGuards) guards = NULL;
    g_autofree char *text = NULL;

    kbuild_read_all(kbuild);
    guards = kbuild_guards(kbuild, "h/x.c");
    text = guards_text(guards);
    g_assert_cmpstr(text, ==, " ?");
}

/* Sums that grow: each line doubles what the one before it says, until nothing is known. */
static void test_doubled(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *tree[] = {TOP, "drivers/Makefile", NULL, NULL};

    for (guint i = 0; i < 300; i++) {
        g_string_append_printf(text,
                               "ifeq ($(CONFIG_A%u)$(CONFIG_B%u),yy)\nx%u := $(x%u) $(CONFIG_C%u)\n"
                               "else\nx%u := $(x%u) $(CONFIG_D%u)\nendif\n"
                               "ifneq ($(x%u),)\nobj-y += x.o\nendif\n",
                               i, i, i + 1, i, i, i + 1, i, i, i + 1);
    }
    tree[G_N_ELEMENTS(tree) - 2] = text->str;
    assert_guards(tree, "drivers/x.c", "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kbuild/composites", test_composites);
    g_test_add_func("/kbuild/blocks", test_blocks);
    g_test_add_func("/kbuild/always", test_always);
    g_test_add_func("/kbuild/old-top", test_old_top);
    g_test_add_func("/kbuild/configs", test_configs);
    g_test_add_func("/kbuild/tangle", test_tangle);
    g_test_add_func("/kbuild/doubled", test_doubled);
    g_test_add_func("/kbuild/conditions", test_conditions);
    return g_test_run();
}
