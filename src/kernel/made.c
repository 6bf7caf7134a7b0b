/* SPDX-License-Identifier: Apache-2.0
 * Which revisions were built under one config: DIR/.made/CLASS/COMMIT is a link to the entry of
 * each, so that all of them are known by one listing, without a look into the trees.
 *
 * A class is the config and what chooses compilers. It says less than a key: fixes that went in
 * beside are not in it. So what is found here most probably exists, which is enough to know what a
 * build will cost.
 */
#include <unistd.h>

#include "kernel/build.h"
#include "kernel/recipe.h"

static void add(GChecksum *checksum, const char *text)
{
    g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text) + 1);
}

/* Owned by the caller. */
static char *class_of(const KernelBuilder *builder)
{
    const Toolchains *toolchains = builder->options.toolchains;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    recipe_add_config(checksum, builder->config_text);
    add(checksum, builder->options.without_debug_info ? "without debug information" : "");
    add(checksum, toolchains->forced ? toolchains->forced->compiler_name : "auto");
    add(checksum, compiler_family_name(toolchains->family));
    add(checksum, toolchains->linker_name);
    return g_strdup(g_checksum_get_string(checksum));
}

static char *class_dir(const KernelBuilder *builder)
{
    g_autofree char *class = class_of(builder);

    return g_build_filename(builder->store->dir, ".made", class, NULL);
}

void build_note_made(const Build *build, const Kernel *kernel)
{
    g_autofree char *dir = NULL, *path = NULL, *target = NULL;

    /* What fails is no cheap experiment, but none. */
    if (kernel->status != KERNEL_BUILT || !variant_is_plain(build->name)) {
        return;
    }
    dir = class_dir(build->builder);
    path = g_build_filename(dir, build->name, NULL);
    target = g_strdup_printf("../../%.2s/%s", kernel->key, kernel->key);
    g_mkdir_with_parents(dir, 0777);
    if (symlink(target, path) != 0) { /* what is there may lead to an entry that is gone */
        unlink(path);
        (void)!symlink(target, path);
    }
}

char **kernel_builder_made(const KernelBuilder *builder)
{
    g_autoptr(GStrvBuilder) made = g_strv_builder_new();
    g_autofree char *path = class_dir(builder);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *commit;

    while (dir && (commit = g_dir_read_name(dir))) {
        g_autofree char *entry = g_build_filename(path, commit, NULL);

        if (g_file_test(entry, G_FILE_TEST_IS_DIR)) { /* of what its link leads to */
            g_strv_builder_add(made, commit);
        }
    }
    return g_strv_builder_end(made);
}
