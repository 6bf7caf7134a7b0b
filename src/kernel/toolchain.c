/* SPDX-License-Identifier: Apache-2.0
 * Which programs build, asked once.
 */
#include <string.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "kernel/recipe.h"
#include "process/process.h"

void toolchain_free(Toolchain *toolchain)
{
    if (!toolchain) {
        return;
    }
    g_free(toolchain->compiler);
    g_free(toolchain->compiler_name);
    g_free(toolchain->linker_name);
    g_free(toolchain->ccache_dir);
    g_free(toolchain->ccache_max_size);
    g_free(toolchain);
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

Toolchain *toolchain_probe(const char *compiler, GError **error)
{
    g_autoptr(Toolchain) toolchain = g_new0(Toolchain, 1);

    toolchain->compiler = g_strdup(compiler);
    toolchain->compiler_name = ask_version(compiler, error);
    toolchain->linker_name = toolchain->compiler_name ? ask_version("ld", error) : NULL;
    if (!toolchain->linker_name) {
        return NULL;
    }
    toolchain->ccache_dir = find_ccache_dir(compiler);
    toolchain->ccache_max_size = toolchain->ccache_dir ? ask_ccache("max_size") : NULL;
    return g_steal_pointer(&toolchain);
}
