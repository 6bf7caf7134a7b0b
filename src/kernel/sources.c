/* SPDX-License-Identifier: Apache-2.0
 * The rule of sources.h. What each of its caution costs on a real range is in docs/MEASURED.md.
 */
#include "kernel/sources.h"

#include <string.h>

#define BUILT REPO_WORKTREE_SCRATCH "/"

struct Sources {
    char *text; /* the lines, each ended by a NUL */
    GHashTable
        *files; /* path -> objects compiled from it; all below point into text or are owned */
    GHashTable *names;      /* set: the last parts of these */
    GHashTable *stems;      /* set: paths until the first '.' of the last part; BUILT taken off */
    GHashTable *near;       /* set: folders that hold one of the files, or were looked into */
    GHashTable *folders;    /* set: these and all above them; the top is "" */
    gboolean packs_headers; /* all of them, whoever includes them */
    guint n_objects;        /* compiled from the file that most are: all that include kconfig.h */
};

/* --- Paths ----------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Owned by the caller. "" for what lies at the top. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return g_strndup(path, slash ? (gsize)(slash - path) : 0);
}

/* "lib/crc32" of "lib/crc32.c". Owned by the caller. */
static char *stem_of(const char *path)
{
    const char *name = last_part(path);

    return g_strndup(path, (gsize)(name - path) + strcspn(name, "."));
}

static gboolean starts_with_any(const char *text, const char *const *heads, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (g_str_has_prefix(text, heads[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean ends_with_any(const char *text, const char *const *tails, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (g_str_has_suffix(text, tails[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

#define STARTS_WITH_ANY(text, list) starts_with_any(text, list, G_N_ELEMENTS(list))
#define ENDS_WITH_ANY(text, list)   ends_with_any(text, list, G_N_ELEMENTS(list))

/* --- The list -------------------------------------------------------------------------------- */

/* @folder, which it takes, and those above. */
static void add_folder(Sources *sources, char *folder)
{
    g_hash_table_add(sources->near, g_strdup(folder));
    while (g_hash_table_add(sources->folders, folder)) {
        if (!*folder) {
            return;
        }
        folder = folder_of(folder);
    }
}

static gboolean is_kconfig(const char *path)
{
    return g_str_has_prefix(last_part(path), "Kconfig");
}

static void add_line(Sources *sources, char *line)
{
    const char *in_tree = g_str_has_prefix(line, BUILT) ? line + strlen(BUILT) : line;
    char *tab = strchr(line, '\t');
    guint n_objects = tab ? (guint)g_ascii_strtoull(tab + 1, NULL, 10) : 0;
    gsize n = tab ? (gsize)(tab - line) : strlen(line);

    line[n] = '\0';
    if (n && line[n - 1] == '/') {
        add_folder(sources, g_strndup(line, n - 1));
        return;
    }
    g_hash_table_insert(sources->files, line, GUINT_TO_POINTER(n_objects));
    sources->n_objects = MAX(sources->n_objects, n_objects);
    g_hash_table_add(sources->names, (char *)last_part(line));
    g_hash_table_add(sources->stems, stem_of(in_tree));
    /* All Kconfig files of the tree are read, whatever is on. */
    if (in_tree == line && !is_kconfig(line)) {
        add_folder(sources, folder_of(line));
    }
    sources->packs_headers |=
        g_str_has_suffix(line, "/gen_kheaders.sh") || g_str_has_suffix(line, "/headers_install.sh");
}

Sources *sources_parse(const char *text, gsize n)
{
    Sources *sources = g_new0(Sources, 1);
    char *line, *end;

    sources->text = g_strndup(text, n);
    sources->files = g_hash_table_new(g_str_hash, g_str_equal);
    sources->names = g_hash_table_new(g_str_hash, g_str_equal);
    sources->stems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sources->near = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sources->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    add_folder(sources, g_strdup(""));
    for (line = sources->text; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end) {
            *end++ = '\0';
        }
        if (*line) {
            add_line(sources, line);
        }
    }
    return sources;
}

void sources_free(Sources *sources)
{
    if (!sources) {
        return;
    }
    g_hash_table_unref(sources->files);
    g_hash_table_unref(sources->names);
    g_hash_table_unref(sources->stems);
    g_hash_table_unref(sources->near);
    g_hash_table_unref(sources->folders);
    g_free(sources->text);
    g_free(sources);
}

/* --- Parts of the tree ----------------------------------------------------------------------- */

static gboolean has_folder(const Sources *sources, const char *path, gsize n)
{
    g_autofree char *folder = g_strndup(path, n);

    return g_hash_table_contains(sources->folders, folder);
}

/* Is @path below a folder that lies in @above and was never looked into? */
static gboolean is_in_unvisited(const Sources *sources, const char *path, const char *above)
{
    const char *slash = g_str_has_prefix(path, above) ? strchr(path + strlen(above), '/') : NULL;

    return slash && !has_folder(sources, path, (gsize)(slash - path));
}

/* Parts of tools/ that what is built there shares. The rest is built by name. */
static const char *const shared_tools[] = {"tools/arch/", "tools/build/",   "tools/include/",
                                           "tools/lib/",  "tools/scripts/", "tools/Makefile"};

/* What no build of this kernel reads. */
static gboolean is_elsewhere(const Sources *sources, const char *path)
{
    static const char *const never[] = {"Documentation/", "LICENSES/"};

    if (g_str_has_prefix(path, "tools/")) {
        return !has_folder(sources, "tools", strlen("tools")) ||
               (!STARTS_WITH_ANY(path, shared_tools) && is_in_unvisited(sources, path, "tools/"));
    }
    return STARTS_WITH_ANY(path, never) || is_in_unvisited(sources, path, "arch/") ||
           (g_str_has_prefix(path, "samples/") && !has_folder(sources, "samples", 7));
}

/* Programs for people, and what people read. */
static gboolean is_for_people(const char *path)
{
    static const char *const programs[] = {"scripts/checkpatch.pl", "scripts/get_maintainer.pl",
                                           "scripts/spelling.txt",  "scripts/coccinelle/",
                                           "scripts/gdb/linux/",    "scripts/kernel-doc"};
    static const char *const names[] = {"README",   "MAINTAINERS", "CREDITS",
                                        "COPYING",  ".gitignore",  ".clang-format",
                                        ".mailmap", "TODO",        ".get_maintainer.ignore"};
    static const char *const tails[] = {".rst", ".md", "defconfig"};
    const char *name = last_part(path);

    return STARTS_WITH_ANY(path, programs) || STARTS_WITH_ANY(name, names) ||
           ENDS_WITH_ANY(name, tails) ||
           (g_str_has_suffix(name, ".config") && strstr(path, "/configs/"));
}

static gboolean is_script(const Sources *sources, const char *path)
{
    return g_str_has_prefix(path, "scripts/") ||
           g_str_has_prefix(path, "tools/") || /* what is left of it */
           (g_str_has_prefix(path, "rust/") && has_folder(sources, "rust", strlen("rust")));
}

static gboolean is_makefile(const char *name)
{
    static const char *const heads[] = {"Makefile", "Kbuild", "GNUmakefile", "makefile"};

    return STARTS_WITH_ANY(name, heads) || g_str_has_suffix(name, ".mk") ||
           g_str_has_suffix(name, ".include");
}

/* What compilers alone read, and name. */
static gboolean is_plain_source(const char *name)
{
    static const char *const tails[] = {".c", ".h", ".S", ".s", ".rs", ".cpp", ".cc"};

    return ENDS_WITH_ANY(name, tails);
}

/* A clean tree has none, and a build minds. */
static gboolean is_of_dirty_tree(const char *path)
{
    static const char *const heads[] = {".config", "include/config", "localversion", ".scmversion"};

    return STARTS_WITH_ANY(path, heads) || strstr(path, "include/generated") ||
           g_str_equal(last_part(path), ".gitattributes");
}

/* --- The rule -------------------------------------------------------------------------------- */

/* Compilers look through folders, make by the names of objects, and __has_include and $(wildcard)
 * ask what is there: mostly near what the kernel is made of. */
static gboolean is_in_place(const Sources *sources, const char *path, const char *name)
{
    g_autofree char *folder = folder_of(path);
    g_autofree char *above = folder_of(folder);
    g_autofree char *stem = stem_of(path);
    gboolean is_near =
        g_hash_table_contains(sources->near, folder) || g_hash_table_contains(sources->near, above);
    gboolean has_twin = g_hash_table_contains(sources->names, name);

    /* A header of the system's is in no list, but folders of the tree are looked through before. */
    if (g_hash_table_contains(sources->stems, stem) || g_str_has_prefix(path, "include/") ||
        strstr(path, "/include/")) {
        return TRUE;
    }
    return g_str_has_suffix(name, ".h") ? has_twin || is_near : has_twin && is_near;
}

static gboolean is_packed_header(const Sources *sources, const char *path)
{
    return sources->packs_headers && g_str_has_suffix(path, ".h") &&
           (g_str_has_prefix(path, "include/") || strstr(path, "/include/"));
}

Touch sources_touch(const Sources *sources, const char *path, PathChange how)
{
    const char *name = last_part(path);

    if (g_hash_table_contains(sources->files, path)) {
        return TOUCH_SOURCE;
    }
    if (is_elsewhere(sources, path) || is_for_people(path)) {
        return TOUCH_NOT;
    }
    if (how == PATH_LINK || is_of_dirty_tree(path)) {
        return TOUCH_ODD;
    }
    if (is_script(sources, path)) {
        return TOUCH_SCRIPT;
    }
    if (is_makefile(name)) {
        return TOUCH_MAKE;
    }
    if (is_kconfig(path)) {
        return TOUCH_NOT; /* all that are read are in the list, and these say which */
    }
    if (!is_plain_source(name)) {
        return TOUCH_ODD;
    }
    if (is_packed_header(sources, path)) {
        return TOUCH_SOURCE;
    }
    return how == PATH_NEW && is_in_place(sources, path, name) ? TOUCH_IN_PLACE : TOUCH_NOT;
}

double sources_share(const Sources *sources, const char *path)
{
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(sources->files, path));

    return sources->n_objects ? (double)n / sources->n_objects : 0;
}

/* --- The version ----------------------------------------------------------------------------- */

/* "SUBLEVEL = 5", with nothing for make to work out. */
static gboolean is_overruled(const char *line)
{
    static const char *const heads[] = {"SUBLEVEL =", "EXTRAVERSION =", "NAME ="};

    return STARTS_WITH_ANY(line, heads) && !strpbrk(line, "$\\#`");
}

char *sources_makefile(const char *makefile)
{
    g_auto(GStrv) lines = g_strsplit(makefile, "\n", -1);
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean is_old = TRUE;

    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "VERSION = ")) {
            is_old = g_ascii_strtoull(*line + strlen("VERSION = "), NULL, 10) < 3;
        }
        if (is_old || !is_overruled(*line)) {
            g_string_append(text, *line);
            g_string_append_c(text, '\n');
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
