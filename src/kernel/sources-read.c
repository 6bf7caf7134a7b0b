/* SPDX-License-Identifier: Apache-2.0
 * A .cmd file is a makefile that fixdep made:
 *
 *     cmd_lib/crc32.o := gcc -I../include ... -o lib/crc32.o ../lib/crc32.c
 *     source_lib/crc32.o := ../lib/crc32.c
 *     deps_lib/crc32.o := \
 *         $(wildcard include/config/64BIT) \
 *       ../include/linux/crc32.h \
 *
 * or, of what is not compiled, the first line alone: scripts, their tables, folders that compilers
 * look through. Kconfig writes one of its own (include/config/auto.conf.cmd), whose paths begin at
 * the top of the tree. All is foreign: files are opened as what a build made (built.h), links are
 * not followed, and sizes are bounded.
 *
 * The same words come a hundred times, so each is looked at once, and counted.
 */
#include "kernel/sources-read.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/built.h"
#include "repo/repo.h"

/* allyesconfig has 30,000 objects, and 1 GB of .cmd files. */
#define MAX_FILES 200000
#define MAX_BYTES (4ULL << 30)
#define MAX_DEPTH 40

#define KCONFIG_CMD "include/config/auto.conf.cmd"

/* --- Words ----------------------------------------------------------------------------------- */

/* @word as a path below the top; NULL when it is not there. Owned by the caller. */
static char *below_top(const char *word, const char *base, const char *src_dir)
{
    gsize n = strlen(src_dir);
    g_autofree char *here = g_strconcat("/", base, NULL);
    g_autofree char *full = NULL;

    if (*word == '/') {
        if (strncmp(word, src_dir, n) != 0 || word[n] != '/') {
            return NULL;
        }
        word += n + 1;
        g_clear_pointer(&here, g_free);
        here = g_strdup("/");
    }
    full = g_canonicalize_filename(word, here);
    return full[1] ? g_strdup(full + 1) : NULL;
}

/* @path, which it takes, and @n more that were made of it. */
static void add_path(GHashTable *list, char *path, guint n)
{
    n += GPOINTER_TO_UINT(g_hash_table_lookup(list, path));
    g_hash_table_replace(list, path, GUINT_TO_POINTER(n));
}

/* A word of a command: of the tree, and there. */
static void add_argument(GHashTable *list, const char *word, const char *base, const char *src_dir)
{
    g_autofree char *path = NULL, *full = NULL;
    struct stat status;

    word += g_str_has_prefix(word, "-I") ? 2 : 0;
    if (!g_str_has_prefix(word, "../") && *word != '/') {
        return;
    }
    path = below_top(word, base, src_dir);
    full = path ? g_build_filename(src_dir, path, NULL) : NULL;
    if (!full || g_str_has_prefix(path, REPO_WORKTREE_SCRATCH) || stat(full, &status) != 0) {
        return;
    }
    add_path(list, S_ISDIR(status.st_mode) ? g_strconcat(path, "/", NULL) : g_steal_pointer(&path),
             0);
}

/* What @take gets of the @n bytes at @text: its words, between any of @gaps. */
typedef void (*WordFunc)(gpointer data, char *word);
static void take_words(const char *text, gsize n, const char *gaps, WordFunc take, gpointer data)
{
    g_autofree char *copy = g_strndup(text, n);
    char *rest = copy, *word;

    while ((word = strsep(&rest, gaps))) {
        if (*word && *word != '$' && *word != '\\') {
            take(data, word);
        }
    }
}

/* A word of a list, wherever it stands. */
typedef struct Dependency {
    char *path; /* or NULL */
    guint n;    /* lists that it stands in */
} Dependency;

static void dependency_free(gpointer data)
{
    Dependency *dependency = data;

    g_free(dependency->path);
    g_free(dependency);
}

/* What is read of .cmd files that lie in one folder, or of which that does not matter. */
typedef struct Words {
    const char *base, *src_dir;
    GHashTable *list;
    GHashTable *arguments;    /* set: words of commands that were looked at */
    GHashTable *dependencies; /* word -> Dependency */
} Words;

static Words words_new(GHashTable *list, const char *base, const char *src_dir)
{
    return (Words){.base = base,
                   .src_dir = src_dir,
                   .list = list,
                   .arguments = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                   .dependencies =
                       g_hash_table_new_full(g_str_hash, g_str_equal, g_free, dependency_free)};
}

static void take_argument(gpointer data, char *word)
{
    Words *words = data;

    if (g_hash_table_add(words->arguments, g_strdup(word))) {
        add_argument(words->list, word, words->base, words->src_dir);
    }
}

static void take_dependency(gpointer data, char *word)
{
    Words *words = data;
    Dependency *dependency = g_hash_table_lookup(words->dependencies, word);

    if (!dependency) {
        dependency = g_new0(Dependency, 1);
        dependency->path = below_top(word, words->base, words->src_dir);
        g_hash_table_insert(words->dependencies, g_strdup(word), dependency);
    }
    dependency->n++;
}

/* All has been read: put the dependencies into the list. */
static void words_end(Words *words)
{
    Dependency *dependency;
    GHashTableIter iter;

    g_hash_table_iter_init(&iter, words->dependencies);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&dependency)) {
        if (dependency->path) {
            add_path(words->list, g_steal_pointer(&dependency->path), dependency->n);
        }
    }
    g_hash_table_unref(words->arguments);
    g_hash_table_unref(words->dependencies);
}

/* --- One file -------------------------------------------------------------------------------- */

#define GAPS_OF_COMMAND " \t\"'=,;()|<>`&:"
#define GAPS_OF_PATHS   " \t"

static void take_file(Words *words, const char *text)
{
    const char *end;

    for (const char *line = text; *line; line = *end ? end + 1 : end) {
        const char *value = NULL;
        gsize n;

        end = strchrnul(line, '\n');
        n = (gsize)(end - line);
        if (*line == ' ' || *line == '\t') {
            /* Options outnumber files by five to one, and are not looked at. */
            if (line[strspn(line, " \t")] != '$') {
                take_words(line, n, GAPS_OF_PATHS, take_dependency, words);
            }
        } else if (g_str_has_prefix(line, "source_")) {
            value = memmem(line, n, " := ", 4);
            if (value) {
                take_words(value + 4, (gsize)(end - value) - 4, GAPS_OF_PATHS, take_dependency,
                           words);
            }
        } else if (g_str_has_prefix(line, "cmd_") || g_str_has_prefix(line, "savedcmd_")) {
            take_words(line, n, GAPS_OF_COMMAND, take_argument, words);
        }
    }
}

static GHashTable *list_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void sources_add_cmd(GHashTable *list, const char *text, const char *base, const char *src_dir)
{
    Words words = words_new(list, base, src_dir);

    take_file(&words, text);
    words_end(&words);
}

/* --- The build folder ------------------------------------------------------------------------ */

typedef struct Reading {
    const Slot *slot;
    Words words;
    guint n_files;
    guint64 n_bytes;
    gboolean has_kconfig;
} Reading;

/* FALSE: there is more than anybody reads, or it cannot be read. */
static gboolean read_cmd(Reading *reading, const char *path)
{
    gboolean is_kconfig = g_str_equal(path, KCONFIG_CMD);
    g_autofree char *text = built_read(reading->slot, path, NULL);

    if (!text) {
        return FALSE;
    }
    reading->n_files++;
    reading->n_bytes += strlen(text);
    reading->has_kconfig |= is_kconfig;
    /* tools/ counts as a whole, so its paths, which begin anywhere, do not matter. */
    if (is_kconfig) {
        sources_add_cmd(reading->words.list, text, "", reading->slot->src_dir);
    } else if (!g_str_has_prefix(path, "tools/")) {
        take_file(&reading->words, text);
    }
    return reading->n_files <= MAX_FILES && reading->n_bytes <= MAX_BYTES;
}

/* @folder: below the build folder; "" for that itself. */
static gboolean read_folder(Reading *reading, const char *folder, guint depth)
{
    g_autofree char *full = g_build_filename(reading->slot->obj_dir, folder, NULL);
    DIR *dir = opendir(full);
    const struct dirent *entry;
    gboolean is_well = dir != NULL && depth < MAX_DEPTH, has_cmd = FALSE;

    while (is_well && (entry = readdir(dir))) {
        const char *name = entry->d_name;
        g_autofree char *path = *folder ? g_strconcat(folder, "/", name, NULL) : g_strdup(name);

        if (entry->d_type == DT_DIR && !g_str_equal(name, ".") && !g_str_equal(name, "..")) {
            is_well = read_folder(reading, path, depth + 1);
        } else if (entry->d_type == DT_REG && g_str_has_suffix(name, ".cmd")) {
            has_cmd = TRUE;
            is_well = read_cmd(reading, path);
        }
    }
    if (has_cmd && *folder) {
        add_path(reading->words.list, g_strconcat(folder, "/", NULL), 0);
    }
    if (dir) {
        closedir(dir);
    }
    return is_well;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *sources_read(const Slot *slot)
{
    g_autoptr(GHashTable) list = list_new();
    Reading reading = {.slot = slot,
                       .words = words_new(list, REPO_WORKTREE_SCRATCH, slot->src_dir)};
    gboolean is_read = read_folder(&reading, "", 0) && reading.has_kconfig;
    g_autofree char **paths = NULL;
    guint n;
    g_autoptr(GString) text = g_string_new(NULL);

    words_end(&reading.words);
    if (!is_read) {
        return NULL;
    }
    paths = (char **)g_hash_table_get_keys_as_array(list, &n);
    qsort(paths, n, sizeof *paths, compare_paths);
    for (guint i = 0; i < n; i++) {
        guint n_objects = GPOINTER_TO_UINT(g_hash_table_lookup(list, paths[i]));

        g_string_append(text, paths[i]);
        if (n_objects) {
            g_string_append_printf(text, "\t%u", n_objects);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
