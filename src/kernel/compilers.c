/* SPDX-License-Identifier: Apache-2.0
 * Which programs build, asked once.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/recipe.h"
#include "kernel/toolchains-private.h"
#include "process/process.h"

/* Names that are looked for: gcc, gcc-4.9, gcc-5 and so on. */
#define OLDEST_MAJOR 4
#define NEWEST_MAJOR 40

static void toolchain_free(gpointer data)
{
    Toolchain *toolchain = data;

    g_free(toolchain->compiler);
    g_free(toolchain->compiler_name);
    g_free(toolchain->llvm_dir);
    g_free(toolchain->llvm_linker_name);
    g_free(toolchain);
}

void toolchains_free(Toolchains *toolchains)
{
    if (!toolchains) {
        return;
    }
    g_ptr_array_unref(toolchains->installed);
    g_free(toolchains->linker_name);
    g_free(toolchains->ccache_dir);
    g_free(toolchains->ccache_max_size);
    toolchain_table_free(toolchains->table);
    option_table_free(toolchains->options);
    g_free(toolchains);
}

/* First line that @program prints for --version. */
static char *ask_version(const char *program, GError **error)
{
    const char *argv[] = {program, "--version", NULL};
    g_autofree char *text = process_ask(NULL, argv, error);

    if (!text) {
        g_prefix_error(error, "%s does not run (is it installed?): ", program);
        return NULL;
    }
    return g_strndup(text, strcspn(text, "\n"));
}

/* --- ccache ---------------------------------------------------------------------------------- */

/* A setting of the user's ccache. Only asked for: builds run without his settings. */
static char *ask_ccache(const char *setting)
{
    const char *argv[] = {"ccache", "--get-config", setting, NULL};

    return process_ask(NULL, argv, NULL);
}

/* The folder of ccache when it can run @compiler and keep what it makes, else NULL: builds then go
 * without. */
static char *find_ccache_dir(const char *compiler)
{
    /* As in builds, see recipe_env(). */
    const char *run[] = {"env", RECIPE_CCACHE_CONFIG, "ccache", compiler, "--version", NULL};
    g_autofree char *works = process_ask(NULL, run, NULL);
    g_autofree char *dir = works ? ask_ccache("cache_dir") : NULL;

    if (!dir || g_mkdir_with_parents(dir, 0777) != 0 || access(dir, W_OK | X_OK) != 0) {
        return NULL;
    }
    return g_steal_pointer(&dir);
}

/* --- compilers ------------------------------------------------------------------------------- */

static const char *const llvm_tools[] = {
    "ld.lld",       "llvm-ar",      "llvm-nm",      "llvm-strip",
    "llvm-objcopy", "llvm-objdump", "llvm-readelf", NULL};

/* The tools of the LLVM that clang @program belongs to lie beside the real program, under names
 * without version. */
static char *find_llvm_dir(const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);
    g_autofree char *real = path ? realpath(path, NULL) : NULL;
    g_autofree char *dir = real ? g_path_get_dirname(real) : NULL;

    for (const char *const *tool = llvm_tools; dir && *tool; tool++) {
        g_autofree char *there = g_build_filename(dir, *tool, NULL);

        if (!g_file_test(there, G_FILE_TEST_IS_EXECUTABLE)) {
            return NULL;
        }
    }
    return g_steal_pointer(&dir);
}

static Toolchain *probe(const char *compiler, GError **error)
{
    g_autofree char *name = ask_version(compiler, error);
    Toolchain *toolchain;

    if (!name) {
        return NULL;
    }
    toolchain = g_new0(Toolchain, 1);
    toolchain->family = strstr(name, "clang") ? FAMILY_CLANG : FAMILY_GCC;
    toolchain->version = version_of_tool(name);
    toolchain->compiler = g_strdup(compiler);
    toolchain->compiler_name = g_steal_pointer(&name);
    if (toolchain->family == FAMILY_CLANG) {
        g_autofree char *dir = find_llvm_dir(compiler);
        g_autofree char *lld = dir ? g_build_filename(dir, "ld.lld", NULL) : NULL;

        toolchain->llvm_linker_name = lld ? ask_version(lld, NULL) : NULL;
        toolchain->llvm_dir = toolchain->llvm_linker_name ? g_steal_pointer(&dir) : NULL;
    }
    return toolchain;
}

/* What a compiler says behind its own name: gcc and gcc-12 are one. */
static const char *behind_name(const Toolchain *toolchain)
{
    const char *space = strchr(toolchain->compiler_name, ' ');

    return toolchain->family == FAMILY_GCC && space ? space : toolchain->compiler_name;
}

static const Toolchain *find_same(const GPtrArray *installed, const Toolchain *toolchain)
{
    for (guint i = 0; i < installed->len; i++) {
        const Toolchain *other = installed->pdata[i];

        if (other->family == toolchain->family &&
            g_str_equal(behind_name(other), behind_name(toolchain))) {
            return other;
        }
    }
    return NULL;
}

/* Add the compiler called @program, if it is there and not known by a shorter name. */
static void add_if_there(GPtrArray *installed, const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);
    Toolchain *toolchain = path ? probe(program, NULL) : NULL;

    if (toolchain && find_same(installed, toolchain)) {
        toolchain_free(toolchain);
    } else if (toolchain) {
        g_ptr_array_add(installed, toolchain);
    }
}

/* Distributions that have several versions give each a name in PATH. */
static void find_installed(GPtrArray *installed)
{
    add_if_there(installed, "gcc");
    add_if_there(installed, "clang");
    for (guint minor = 6; minor < 10; minor++) {
        g_autofree char *gcc = g_strdup_printf("gcc-4.%u", minor);

        add_if_there(installed, gcc);
    }
    for (guint major = OLDEST_MAJOR; major <= NEWEST_MAJOR; major++) {
        g_autofree char *gcc = g_strdup_printf("gcc-%u", major);
        g_autofree char *clang = g_strdup_printf("clang-%u", major);

        add_if_there(installed, gcc);
        add_if_there(installed, clang);
    }
}

/* The config was made by clang. */
static gboolean is_clang_config(const char *config)
{
    return config && (g_str_has_prefix(config, "CONFIG_CC_IS_CLANG=y") ||
                      strstr(config, "\nCONFIG_CC_IS_CLANG=y"));
}

/* Set what builds everything. */
static gboolean force(Toolchains *toolchains, const char *compiler, GError **error)
{
    Toolchain *forced = probe(compiler, error);

    if (!forced) {
        return FALSE;
    }
    g_ptr_array_add(toolchains->installed, forced);
    toolchains->forced = forced;
    toolchains->family = forced->family;
    return TRUE;
}

/* Find what there is to choose from. */
static gboolean choose_family(Toolchains *toolchains, const char *config, GError **error)
{
    gboolean found = FALSE;

    find_installed(toolchains->installed);
    toolchains->family = is_clang_config(config) ? FAMILY_CLANG : FAMILY_GCC;
    for (guint i = 0; i < toolchains->installed->len; i++) {
        const Toolchain *toolchain = toolchains->installed->pdata[i];

        found = found || toolchain->family == toolchains->family;
    }
    if (!found) {
        const char *name = compiler_family_name(toolchains->family);

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "no %s is installed%s: apt-get install %s, or name another compiler with "
                    "--compiler",
                    name,
                    toolchains->family == FAMILY_CLANG ? ", which the config was made with" : "",
                    name);
    }
    return found;
}

static Version tool_version(const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);
    g_autofree char *said = path ? ask_version(program, NULL) : NULL;

    return said ? version_of_tool(said) : 0;
}

Toolchains *toolchains_new(const char *compiler, const char *config, const char *table_path,
                           const char *options_path, GError **error)
{
    g_autoptr(Toolchains) toolchains = g_new0(Toolchains, 1);

    toolchains->installed = g_ptr_array_new_with_free_func(toolchain_free);
    toolchains->table = toolchain_table_read(table_path, error);
    if (!toolchains->table) {
        g_prefix_error(error, "--toolchains: ");
        return NULL;
    }
    toolchains->options = option_table_read(options_path, error);
    if (!toolchains->options) {
        g_prefix_error(error, "--options: ");
        return NULL;
    }
    if (!(g_str_equal(compiler, "auto") ? choose_family(toolchains, config, error)
                                        : force(toolchains, compiler, error))) {
        return NULL;
    }
    toolchains->linker_name = ask_version("ld", error);
    if (!toolchains->linker_name) {
        return NULL;
    }
    toolchains->binutils = version_of_tool(toolchains->linker_name);
    toolchains->pahole = tool_version("pahole");
    toolchains->ccache_dir = find_ccache_dir(toolchains_host_compiler(toolchains));
    toolchains->ccache_max_size = toolchains->ccache_dir ? ask_ccache("max_size") : NULL;
    return g_steal_pointer(&toolchains);
}
