/* SPDX-License-Identifier: Apache-2.0
 * What a change consists of: whether any of it can make another kernel at all.
 *
 * A path says most of it. Of C sources that say nothing by their paths both sides are read and
 * compared as a compiler sees them, without comments and blanks. One file of code makes the whole
 * change code, so mostly one file is read.
 */
#include <string.h>

#include "repo/git.h"

/* --- By its path ----------------------------------------------------------------------------- */

static const struct {
    const char *path; /* a folder where it ends in '/', else a file */
    ChangePart part;
} known_paths[] = {
    {"Documentation/", CHANGE_DOCUMENTATION},
    {"LICENSES/", CHANGE_DOCUMENTATION},
    {"CREDITS", CHANGE_DOCUMENTATION},
    {"COPYING", CHANGE_DOCUMENTATION},
    {"MAINTAINERS", CHANGE_DOCUMENTATION},
    {"README", CHANGE_DOCUMENTATION},
    {".mailmap", CHANGE_DOCUMENTATION},
    {".get_maintainer.ignore", CHANGE_DOCUMENTATION},
    /* The rest of tools/ may be part of a build: objtool, include. So may samples/ be of a kernel.
     */
    {"tools/testing/", CHANGE_TESTS},
    {"tools/perf/", CHANGE_TESTS},
};

static gboolean is_config(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    return g_str_has_prefix(name, "Kconfig") || g_str_has_suffix(name, "defconfig") ||
           g_str_has_suffix(name, ".config");
}

ChangePart change_part_of_path(const char *path)
{
    for (guint i = 0; i < G_N_ELEMENTS(known_paths); i++) {
        gsize n = strlen(known_paths[i].path);

        if (strncmp(path, known_paths[i].path, n) == 0 &&
            (known_paths[i].path[n - 1] == '/' || !path[n])) {
            return known_paths[i].part;
        }
    }
    if (g_str_has_prefix(path, "arch/") && strchr(path + strlen("arch/"), '/') &&
        !g_str_has_prefix(path, "arch/x86/")) {
        return CHANGE_OTHER_ARCH;
    }
    return is_config(path) ? CHANGE_CONFIG : CHANGE_CODE;
}

/* --- By what it says ------------------------------------------------------------------------- */

/* A C source on its way through strip_comments(). */
typedef struct Stripper {
    const char *at, *end;
    GString *out;
    gboolean has_blank;    /* before what comes next */
    gboolean is_directive; /* in a line of the preprocessor, where blanks and newlines count */
    gboolean at_line_begin;
} Stripper;

static gboolean begins(const Stripper *stripper, const char *text)
{
    gsize n = strlen(text);

    return (gsize)(stripper->end - stripper->at) >= n && memcmp(stripper->at, text, n) == 0;
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || c == '.';
}

static char last_of(const GString *out)
{
    return out->len ? out->str[out->len - 1] : '\n';
}

/* A blank that parts two words, or two signs that together might be a third ("a + +b"). */
static gboolean is_blank_needed(const Stripper *stripper, char next)
{
    char last = last_of(stripper->out);

    return last != '\n' && (stripper->is_directive || is_word(last) == is_word(next));
}

static void put(Stripper *stripper, const char *text, gsize n)
{
    if (stripper->has_blank && is_blank_needed(stripper, *text)) {
        g_string_append_c(stripper->out, ' ');
    }
    stripper->has_blank = stripper->at_line_begin = FALSE;
    g_string_append_len(stripper->out, text, (gssize)n);
}

static void skip_to(Stripper *stripper, const char *what)
{
    while (stripper->at < stripper->end && !begins(stripper, what)) {
        stripper->at++;
    }
}

/* A string or a character; one that is not ended (#error don't) ends with its line. */
static void take_literal(Stripper *stripper)
{
    const char *start = stripper->at, quote = *stripper->at++;

    while (stripper->at < stripper->end && *stripper->at != quote && *stripper->at != '\n') {
        stripper->at += *stripper->at == '\\' && stripper->at + 1 < stripper->end ? 2 : 1;
    }
    stripper->at += stripper->at < stripper->end && *stripper->at == quote;
    put(stripper, start, (gsize)(stripper->at - start));
}

static void take_newline(Stripper *stripper)
{
    if (stripper->is_directive) {
        g_string_append_c(stripper->out, '\n');
    }
    stripper->is_directive = FALSE;
    stripper->has_blank = stripper->at_line_begin = TRUE;
    stripper->at++;
}

static void take_hash(Stripper *stripper)
{
    if (stripper->at_line_begin) {
        if (last_of(stripper->out) != '\n') {
            g_string_append_c(stripper->out, '\n');
        }
        stripper->is_directive = TRUE;
    }
    put(stripper, stripper->at++, 1);
}

char *change_strip_comments(const char *text, gsize n)
{
    Stripper stripper = {
        .at = text, .end = text + n, .out = g_string_sized_new(n), .at_line_begin = TRUE};

    while (stripper.at < stripper.end) {
        if (begins(&stripper, "/*")) {
            stripper.at += 2;
            skip_to(&stripper, "*/");
            stripper.at = MIN(stripper.at + 2, stripper.end);
            stripper.has_blank = TRUE;
        } else if (begins(&stripper, "//")) {
            skip_to(&stripper, "\n");
        } else if (begins(&stripper, "\\\n")) {
            stripper.at += 2;
            stripper.has_blank = TRUE;
        } else if (*stripper.at == '"' || *stripper.at == '\'') {
            take_literal(&stripper);
        } else if (*stripper.at == '\n') {
            take_newline(&stripper);
        } else if (g_ascii_isspace(*stripper.at)) {
            stripper.has_blank = TRUE;
            stripper.at++;
        } else if (*stripper.at == '#') {
            take_hash(&stripper);
        } else {
            put(&stripper, stripper.at++, 1);
        }
    }
    return g_string_free(stripper.out, FALSE);
}

/* The Makefile at the top without the version: lines "SUBLEVEL = 12" at its head. */
static char *strip_version(const char *text, gsize n)
{
    static const char *const names[] = {"VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION",
                                        "NAME"};
    g_autofree char *copy = g_strndup(text, n);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    GString *out = g_string_new(NULL);

    for (char **line = lines; *line; line++) {
        gsize n_name = strcspn(*line, " =");
        gboolean is_version = FALSE;

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
            is_version |= strlen(names[i]) == n_name && strncmp(*line, names[i], n_name) == 0;
        }
        if (!is_version) {
            g_string_append_printf(out, "%s\n", *line);
        }
    }
    return g_string_free(out, FALSE);
}

typedef char *(*StripFunc)(const char *text, gsize n);

static char *stripped_file(const Repo *repo, const char *commit, const char *path, StripFunc strip,
                           GError **error)
{
    g_autoptr(GBytes) bytes = repo_read_file(repo, commit, path, error);
    gsize n = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &n) : NULL;

    return bytes ? strip(text ? text : "", n) : NULL;
}

/* *ret_same: is @path of both commits the same, once stripped? */
static gboolean compare(const Repo *repo, const char *parent, const char *commit, const char *path,
                        StripFunc strip, gboolean *ret_same, GError **error)
{
    g_autofree char *old = stripped_file(repo, parent, path, strip, error);
    g_autofree char *new = old ? stripped_file(repo, commit, path, strip, error) : NULL;

    if (!new) {
        return FALSE;
    }
    *ret_same = g_str_equal(old, new);
    return TRUE;
}

static gboolean is_c(const char *path)
{
    return g_str_has_suffix(path, ".c") || g_str_has_suffix(path, ".h") ||
           g_str_has_suffix(path, ".S");
}

/* The part of @path, which is in both and of which the path says nothing. */
static gboolean part_of_text(const Repo *repo, const char *parent, const char *commit,
                             const char *path, ChangePart *ret_part, GError **error)
{
    gboolean is_version = g_str_equal(path, "Makefile"), same = FALSE;

    if ((is_version || is_c(path)) &&
        !compare(repo, parent, commit, path, is_version ? strip_version : change_strip_comments,
                 &same, error)) {
        return FALSE;
    }
    *ret_part = !same ? CHANGE_CODE : is_version ? CHANGE_RELEASE : CHANGE_COMMENTS;
    return TRUE;
}

/* --- The whole change ------------------------------------------------------------------------ */

/* One entry of `git diff-tree --raw -z`: ":100644 100644 ID ID M", and the path. */
static gboolean is_plain_edit(const char *entry)
{
    return g_str_has_prefix(entry, ":100644 100644 ") && g_str_has_suffix(entry, " M");
}

gboolean repo_change_parts(const Repo *repo, const char *commit, guint *ret_parts,
                           char ***ret_sources, GError **error)
{
    g_autofree char *parent = g_strconcat(commit, "^1", NULL);
    g_autoptr(ProcessResult) result =
        git_must(git_place(repo),
                 GIT("diff-tree", "--raw", "-r", "-z", "--no-renames", parent, commit), error);
    g_autoptr(GStrvBuilder) sources = g_strv_builder_new();
    guint parts = 0;
    const char *at, *end;

    if (!result) {
        return FALSE;
    }
    end = result->out + result->n_out;
    for (at = result->out; at < end && *at == ':';) {
        const char *entry = at, *path = at + strlen(at) + 1;
        ChangePart part;

        if (path >= end) {
            break;
        }
        at = path + strlen(path) + 1;
        part = change_part_of_path(path);
        if (part == CHANGE_CODE) {
            g_strv_builder_add(sources, path);
            if (is_plain_edit(entry) && !(parts & CHANGE_CODE) &&
                !part_of_text(repo, parent, commit, path, &part, error)) {
                return FALSE;
            }
        }
        parts |= part;
    }
    *ret_parts = parts;
    *ret_sources = g_strv_builder_end(sources);
    return TRUE;
}

char *change_parts_name(guint parts)
{
    static const struct {
        ChangePart part;
        const char *name;
    } names[] = {
        {CHANGE_CODE, "code"},
        {CHANGE_CONFIG, "what can be configured"},
        {CHANGE_COMMENTS, "comments"},
        {CHANGE_DOCUMENTATION, "documentation"},
        {CHANGE_OTHER_ARCH, "other architectures"},
        {CHANGE_TESTS, "tests"},
        {CHANGE_RELEASE, "the release number"},
    };
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (parts & names[i].part) {
            gboolean is_last = !(parts & ~(names[i].part | (names[i].part - 1)));

            g_string_append_printf(text, "%s%s",
                                   !text->len ? ""
                                   : is_last  ? " and "
                                              : ", ",
                                   names[i].name);
        }
    }
    return g_string_free(text, FALSE);
}
