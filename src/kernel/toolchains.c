/* SPDX-License-Identifier: Apache-2.0
 * The choice of a compiler, its linker and its flags for one kernel: a function of the tables, of
 * what is installed, and of the kernel's version.
 */
#include "kernel/toolchains-private.h"

const GPtrArray *toolchains_rows(const Toolchains *toolchains)
{
    return toolchains->table->rows;
}

static const ToolchainRow *find_row(const Toolchains *toolchains, Version kernel)
{
    return kernel ? toolchain_table_find(toolchains->table, toolchains->family, kernel) : NULL;
}

/* How far @toolchain is from what @row wants: less is better. Place in the list of the wanted ones,
 * then distance to the first of them among the accepted, then the same among all; of two that are
 * equally far the newer one. */
static guint badness(const ToolchainRow *row, const Toolchain *toolchain)
{
    enum { WANTED = 0, ACCEPTED = 1000, OTHER = 100000, STEP = 2 };
    guint major = version_major(toolchain->version);
    guint first = row->n_wanted ? row->wanted[0] : 0;
    guint distance = major > first ? (major - first) * STEP : (first - major) * STEP + 1;

    switch (toolchain_row_fit(row, toolchain->version)) {
    case FIT_WANTED:
        for (guint i = 0; i < row->n_wanted; i++) {
            if (row->wanted[i] == major) {
                return WANTED + i;
            }
        }
        g_assert_not_reached();
    case FIT_ACCEPTED:
        return ACCEPTED + distance;
    case FIT_NONE:
        return OTHER + distance;
    }
    g_assert_not_reached();
}

static int compare_badness(gconstpointer a, gconstpointer b, gpointer row)
{
    const Toolchain *one = *(const Toolchain *const *)a, *other = *(const Toolchain *const *)b;
    guint mine = badness(row, one), his = badness(row, other);

    return mine != his ? (mine > his) - (mine < his)
                       : (one->version < other->version) - (one->version > other->version);
}

GPtrArray *toolchains_suited(const Toolchains *toolchains, const ToolchainRow *row)
{
    GPtrArray *suited = g_ptr_array_new();

    for (guint i = 0; i < toolchains->installed->len; i++) {
        Toolchain *toolchain = toolchains->installed->pdata[i];

        if (toolchain->family == row->family &&
            toolchain_row_fit(row, toolchain->version) != FIT_NONE) {
            g_ptr_array_add(suited, toolchain);
        }
    }
    g_ptr_array_sort_with_data(suited, compare_badness, (gpointer)row);
    return suited;
}

/* Without a row the first one that was found: the distribution's own. */
static const Toolchain *find_best(const Toolchains *toolchains, const ToolchainRow *row)
{
    const Toolchain *best = toolchains->forced;

    for (guint i = 0; !toolchains->forced && i < toolchains->installed->len; i++) {
        const Toolchain *toolchain = toolchains->installed->pdata[i];

        if (toolchain->family != toolchains->family) {
            continue;
        }
        if (!best || (row && compare_badness(&toolchain, &best, (gpointer)row) < 0)) {
            best = toolchain;
        }
    }
    return best;
}

const char *toolchains_host_compiler(const Toolchains *toolchains)
{
    const Toolchain *best = find_best(toolchains, NULL);

    return best->compiler;
}

Version toolchains_oldest(const Toolchains *toolchains)
{
    Version oldest = 0;

    for (guint i = 0; i < toolchains->table->rows->len; i++) {
        const ToolchainRow *row = toolchains->table->rows->pdata[i];

        /* The row above the newest one that nothing can build. */
        if (row->family == toolchains->family && row->kernels.last > oldest &&
            toolchain_row_fit(row, find_best(toolchains, row)->version) == FIT_NONE) {
            oldest = row->kernels.last + 1;
        }
    }
    return oldest;
}

ToolVersions choice_tools(const Toolchains *toolchains, const Choice *choice)
{
    const Toolchain *toolchain = choice->toolchain;
    ToolVersions tools = {{0}};

    tools.of[toolchain->family == FAMILY_GCC ? TOOL_GCC : TOOL_CLANG] = toolchain->version;
    tools.of[TOOL_BINUTILS] = toolchains->binutils;
    tools.of[TOOL_LLD] = choice->llvm ? version_of_tool(toolchain->llvm_linker_name) : 0;
    tools.of[TOOL_PAHOLE] = toolchains->pahole;
    return tools;
}

static void choose_words(const Toolchains *toolchains, Choice *choice)
{
    ToolVersions tools = choice_tools(toolchains, choice);

    for (FlagPlace place = 0; place < N_FLAG_PLACES; place++) {
        GString *words = g_string_new(NULL);

        for (guint i = 0; i < toolchains->table->flags->len; i++) {
            const FlagRow *row = toolchains->table->flags->pdata[i];

            if (row->words[place] && when_holds(&row->when, choice->kernel, &tools)) {
                g_string_append_printf(words, " %s", row->words[place]);
            }
        }
        choice->words[place] = g_string_free(words, FALSE);
    }
}

/* "gcc 8 is wanted for v4.11..v5.8, and not installed", or NULL. */
static char *say_why(const Toolchains *toolchains, const Choice *choice, const ToolchainRow *row)
{
    const char *family = compiler_family_name(toolchains->family);

    if (!row || choice->fit == FIT_WANTED || (toolchains->forced && choice->fit == FIT_ACCEPTED)) {
        return NULL;
    }
    if (!row->n_wanted) {
        return g_strdup_printf("no %s is known to build kernels %s", family, row->name);
    }
    return g_strdup_printf("%s %u is wanted for kernels %s%s", family, row->wanted[0], row->name,
                           choice->fit == FIT_NONE ? ", and this one is not known to do" : "");
}

Choice *toolchains_choose(const Toolchains *toolchains, Version kernel)
{
    const ToolchainRow *row = find_row(toolchains, kernel);
    const Toolchain *toolchain = find_best(toolchains, row);
    Choice *choice = g_new0(Choice, 1);
    g_autofree char *why = NULL;

    choice->toolchain = toolchain;
    choice->kernel = kernel;
    /* Who does not know the kernel takes what works in all that are not very old. */
    choice->llvm = toolchain->llvm_dir && (!row || row->llvm);
    choice->fit = row ? toolchain_row_fit(row, toolchain->version) : FIT_ACCEPTED;
    choice->linker_name =
        g_strdup(choice->llvm ? toolchain->llvm_linker_name : toolchains->linker_name);
    choose_words(toolchains, choice);
    why = say_why(toolchains, choice, row);
    choice->text = g_strdup_printf("%s, %s%s%s%s", toolchain->compiler_name, choice->linker_name,
                                   why ? " (" : "", why ? why : "", why ? ")" : "");
    choice->key = g_strdup_printf("%s\n%s\nllvm %d\nCC%s\nHOSTCC%s\nLD%s\nKCFLAGS%s\nKAFLAGS%s\n"
                                  "make%s\n",
                                  toolchain->compiler_name, choice->linker_name, choice->llvm,
                                  choice->words[FLAG_CC], choice->words[FLAG_HOSTCC],
                                  choice->words[FLAG_LD], choice->words[FLAG_KCFLAGS],
                                  choice->words[FLAG_KAFLAGS], choice->words[FLAG_MAKE]);
    return choice;
}

void choice_free(Choice *choice)
{
    if (!choice) {
        return;
    }
    for (FlagPlace place = 0; place < N_FLAG_PLACES; place++) {
        g_free(choice->words[place]);
    }
    g_free(choice->linker_name);
    g_free(choice->text);
    g_free(choice->key);
    g_free(choice);
}
