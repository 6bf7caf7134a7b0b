/* SPDX-License-Identifier: Apache-2.0
 * How a kernel is made, so that the same source gives the same bytes anywhere, at any time.
 *
 * What would leak into the kernel, and what is done about it:
 *  - time, user, host, number of the build: KBUILD_BUILD_*;
 *  - the commit: LOCALVERSION_AUTO is off (config.c) and LOCALVERSION is given, so that
 *    scripts/setlocalversion does not ask git;
 *  - the release number: "Linux 6.1.187" changes one line of the Makefile, and should be the no-op
 *    that it is. SUBLEVEL=0 EXTRAVERSION= on the command line keep "6.1.0" for the whole series;
 *    user space still sees a version that it can read. Before 3.0 the third number meant more, and
 *    is left alone;
 *  - the folder: the build folder lies in the source folder, so that kbuild calls it ".." and no
 *    absolute path reaches __FILE__; debug information is mapped to the tree's own names
 *    (-fdebug-prefix-map, which ccache knows not to hash);
 *  - a fresh signing key, a fresh seed for structure randomisation: fixed ones.
 *
 * Only the image and vmlinux are made. Modules would have no way into our guests, so what the
 * config has as modules is built in (config.c).
 */
#include "kernel/recipe.h"

#include <string.h>

#include "kernel/built.h"

/* Count up when any of this changes what comes out. */
#define RECIPE_VERSION "6"

void recipe_add_config(GChecksum *checksum, const char *config)
{
    for (const char *line = config, *end; *line; line = *end ? end + 1 : end) {
        end = strchrnul(line, '\n');
        if (g_str_has_prefix(line, "CONFIG_") || g_str_has_prefix(line, "# CONFIG_")) {
            g_checksum_update(checksum, (const guchar *)line, end - line);
            g_checksum_update(checksum, (const guchar *)"\n", 1);
        }
    }
    g_checksum_update(checksum, (const guchar *)"", 1);
}

char *recipe_key(const char *tree_id, const char *config, const char *changes, const Choice *choice)
{
    const char *parts[] = {RECIPE_VERSION, tree_id, choice->key, changes};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        /* With their NULs, so that no two lists run together to the same bytes. */
        g_checksum_update(checksum, (const guchar *)parts[i], (gssize)strlen(parts[i]) + 1);
    }
    recipe_add_config(checksum, config);
    return g_strdup(g_checksum_get_string(checksum));
}

/* The image is unpacked a few times and then forgotten, so it is not packed well: without these
 * kbuild (5.9 and later, older ones do not look) asks for level 9. What stands behind the program
 * there becomes $0 and the like, and is of no effect. */
#define FAST_GZIP "KGZIP=sh -c 'exec gzip -n -f -1'"
#define FAST_LZ4  "LZ4=sh -c 'exec lz4 -l -1 - -'"

/* ccache runs the preprocessor before it misses, which is a fifth of a build from nothing, unless
 * it may go by the list of headers that the compiler writes. It does not see then what the
 * assembler reads beside: that may be asked for in assembler files, and in the few C files that say
 * so. This is make's text, which it works out for each compilation, of the file $<. */
#define CCACHE_OF_C                                                                                \
    "$(if $(filter %.c,$<),$(if $(findstring .incbin,$(file <$<)),,CCACHE_DEPEND=1 ))ccache "

/* NAME=PROGRAM WORDS, by way of @ccache where that is to be had. */
static void add_compiler(GStrvBuilder *argv, const char *name, const char *ccache,
                         const KernelBuildOptions *options, const Choice *choice, FlagPlace place)
{
    g_autofree char *word = g_strconcat(name, "=", options->toolchains->ccache_dir ? ccache : "",
                                        choice->toolchain->compiler, choice->words[place], NULL);

    g_strv_builder_add(argv, word);
}

/* LLVM=1, and each tool by its path: a kernel's Makefile would take those of another version. */
static void add_llvm(GStrvBuilder *argv, const Choice *choice)
{
    static const struct {
        const char *name, *program;
    } tools[] = {
        {"HOSTLD", "ld.lld"},        {"AR", "llvm-ar"},           {"HOSTAR", "llvm-ar"},
        {"NM", "llvm-nm"},           {"STRIP", "llvm-strip"},     {"OBJCOPY", "llvm-objcopy"},
        {"OBJDUMP", "llvm-objdump"}, {"READELF", "llvm-readelf"},
    };
    const char *dir = choice->toolchain->llvm_dir;
    g_autofree char *ld = g_strconcat("LD=", dir, "/ld.lld", choice->words[FLAG_LD], NULL);

    g_strv_builder_add_many(argv, "LLVM=1", ld, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tools); i++) {
        g_autofree char *word = g_strconcat(tools[i].name, "=", dir, "/", tools[i].program, NULL);

        g_strv_builder_add(argv, word);
    }
}

/* @flags: more of them for all compilations. */
static char **make_with(const Slot *slot, const KernelBuildOptions *options, const Choice *choice,
                        const char *flags, const char *const *targets)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_auto(GStrv) words = g_strsplit(choice->words[FLAG_MAKE], " ", -1);
    g_autofree char *jobs = g_strdup_printf("-j%u", MAX(options->n_jobs, 1));
    g_autofree char *maps =
        g_strdup_printf("-fdebug-prefix-map=%s=. -fdebug-prefix-map=../=", slot->obj_dir);
    g_autofree char *kcflags =
        g_strconcat("KCFLAGS=", maps, choice->words[FLAG_KCFLAGS], flags, NULL);
    g_autofree char *kaflags =
        g_strconcat("KAFLAGS=", maps, choice->words[FLAG_KAFLAGS], flags, NULL);

    g_strv_builder_add_many(argv, "make", "O=" REPO_WORKTREE_SCRATCH, NULL);
    if (!options->job_server) { /* else -j would be a server of its own */
        g_strv_builder_add(argv, jobs);
    }
    add_compiler(argv, "CC", CCACHE_OF_C, options, choice, FLAG_CC);
    add_compiler(argv, "HOSTCC", "ccache ", options, choice, FLAG_HOSTCC);
    if (choice->llvm) {
        add_llvm(argv, choice);
    } else if (*choice->words[FLAG_LD]) {
        g_autofree char *ld = g_strconcat("LD=ld", choice->words[FLAG_LD], NULL);

        g_strv_builder_add(argv, ld);
    }
    g_strv_builder_add_many(argv, kcflags, kaflags, "LOCALVERSION=-firstbad", NULL);
    for (char **word = words; *word; word++) {
        if (**word) {
            g_strv_builder_add(argv, *word);
        }
    }
    g_strv_builder_add_many(argv, FAST_GZIP, FAST_LZ4, NULL);
    if (version_major(choice->kernel) >= 3) {
        g_strv_builder_add_many(argv, "SUBLEVEL=0", "EXTRAVERSION=", NULL);
    }
    g_strv_builder_addv(argv, (const char **)targets);
    return g_strv_builder_end(argv);
}

char **recipe_make(const Slot *slot, const KernelBuildOptions *options, const Choice *choice,
                   const char *const *targets)
{
    return make_with(slot, options, choice, "", targets);
}

char **recipe_make_objects(const Slot *slot, const KernelBuildOptions *options,
                           const Choice *choice, const char *const *objects)
{
    g_autoptr(GStrvBuilder) targets = g_strv_builder_new();
    g_auto(GStrv) all = NULL;

    g_strv_builder_add(targets, "-k");
    g_strv_builder_addv(targets, (const char **)objects);
    all = g_strv_builder_end(targets);
    /* Lines and inlined calls; no types and no variables, which take longer and nobody asks for. */
    return make_with(slot, options, choice, " -g1", (const char *const *)all);
}

char **recipe_configure(const Slot *slot, const KernelBuildOptions *options, const Choice *choice)
{
    /* olddefconfig came with 3.7. Before, oldconfig asks, and an empty line is the default. */
    gboolean old = choice->kernel && choice->kernel < version_of_kernel("v3.7");
    const char *targets[] = {"KCONFIG_CONFIG=" RECIPE_NEW_CONFIG,
                             old ? "oldconfig" : "olddefconfig", NULL};
    g_auto(GStrv) make = recipe_make(slot, options, choice, targets);
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

    if (old) {
        g_strv_builder_add_many(argv, "sh", "-c", "yes '' | \"$@\"", "sh", NULL);
    }
    g_strv_builder_addv(argv, (const char **)make);
    return g_strv_builder_end(argv);
}

char **recipe_env(const Slot *slot, const Toolchains *toolchains)
{
    /* clang-format off */
    static const char *const fixed[] = {
        /* The kernel's Makefile takes LC_ALL out again; messages must be English to be read. */
        "LC_ALL=C", "LANG=C", "LC_CTYPE", "LC_MESSAGES", "LANGUAGE", "TZ=UTC", "TERM=dumb",
        "KBUILD_BUILD_VERSION=1", "KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970",
        "KBUILD_BUILD_USER=firstbad", "KBUILD_BUILD_HOST=firstbad",
        /* The user's own habits are not the kernel's. */
        "ARCH", "CROSS_COMPILE", "LLVM", "LLVM_IAS", "KBUILD_OUTPUT", "KBUILD_EXTMOD",
        "KBUILD_VERBOSE", "KBUILD_CFLAGS", "KCPPFLAGS", "KCFLAGS", "KAFLAGS", "KRUSTFLAGS",
        "HOSTCFLAGS", "HOSTLDFLAGS", "CFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH", "C_INCLUDE_PATH",
        "LIBRARY_PATH", "KCONFIG_CONFIG", "KCONFIG_ALLCONFIG", "KCONFIG_OVERWRITECONFIG",
        "KCONFIG_NOSILENTUPDATE", "KCONFIG_SEED", "LOCALVERSION", "KERNELRELEASE", "KERNELVERSION",
        "SOURCE_DATE_EPOCH", "INSTALL_PATH", "INSTALL_MOD_PATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL",
        "MAKEFILES", "GNUMAKEFLAGS", "V", "C", "W", "O", "M",
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE",
        "CCACHE_PREFIX", "CCACHE_DISABLE", "CCACHE_READONLY", "CCACHE_RECACHE", "CCACHE_SLOPPINESS",
        "CCACHE_DEPEND",
        RECIPE_CCACHE_CONFIG,
        "CCACHE_NOHASHDIR=1", /* slots share; debug information is mapped */
        /* A hit reads some 700 headers again to know them; their hashes are kept by inode and
         * time. */
        "CCACHE_INODECACHE=1",
        NULL,
    };
    /* clang-format on */
    g_autoptr(GStrvBuilder) env = g_strv_builder_new();

    g_strv_builder_addv(env, (const char **)fixed);
    g_strv_builder_add(env, slot->mark);
    if (toolchains->ccache_dir) {
        g_autofree char *dir = g_strconcat("CCACHE_DIR=", toolchains->ccache_dir, NULL);
        g_autofree char *base = g_strconcat("CCACHE_BASEDIR=", slot->src_dir, NULL);
        /* In the one folder of ccache's that a boxed build can write. */
        g_autofree char *temporary =
            g_strconcat("CCACHE_TEMPDIR=", toolchains->ccache_dir, "/tmp", NULL);

        g_strv_builder_add_many(env, dir, base, temporary, NULL);
    }
    /* The one setting that we honour, lest ccache throw away what the user wants to keep. */
    if (toolchains->ccache_max_size) {
        g_autofree char *size = g_strconcat("CCACHE_MAXSIZE=", toolchains->ccache_max_size, NULL);

        g_strv_builder_add(env, size);
    }
    return g_strv_builder_end(env);
}

#define SEED "scripts/basic/randstruct.seed"
#define HASH "include/generated/randstruct_hash.h"

gboolean recipe_fix_randstruct(const Slot *slot, GError **error)
{
    g_autofree char *seed = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "firstbad", -1);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, seed, -1);
    g_autofree char *seed_path = g_build_filename(slot->obj_dir, SEED, NULL);
    g_autofree char *seed_text = g_strconcat(seed, "\n", NULL);
    g_autofree char *hash_text = g_strdup_printf("#define RANDSTRUCT_HASHED_SEED \"%s\"\n", hash);

    /* Trees before 5.19 make theirs elsewhere, and have no such file. */
    if (!g_file_test(seed_path, G_FILE_TEST_EXISTS)) {
        return TRUE;
    }
    return built_write(slot, SEED, seed_text, error) && built_write(slot, HASH, hash_text, error);
}
