/* SPDX-License-Identifier: Apache-2.0
 * Which paths differ between two trees, for many pairs of them.
 *
 * `git diff-tree --stdin` takes a pair a line and says first which one it speaks of. It reads only
 * the folders that differ: two neighbours of a kernel take 0.4 ms, 2,500 commits apart 40 ms.
 */
#include <string.h>

#include "repo/git.h"

#define N_PAIRS_AT_ONCE 256

gboolean git_parse_raw(const char *field, PathChange *ret_how)
{
    g_auto(GStrv) words = *field == ':' ? g_strsplit(field + 1, " ", -1) : NULL;

    if (!words || g_strv_length(words) != 5) {
        return FALSE;
    }
    if (g_str_has_prefix(words[0], "12") || g_str_has_prefix(words[0], "16") ||
        g_str_has_prefix(words[1], "12") || g_str_has_prefix(words[1], "16")) {
        *ret_how = PATH_LINK;
    } else {
        *ret_how = *words[4] == 'A' || *words[4] == 'D' ? PATH_NEW : PATH_MODIFIED;
    }
    return TRUE;
}

/* The next string until a NUL, or a newline in the line that begins a pair of trees; NULL at the
 * end. */
static const char *next_field(char **at, const char *end)
{
    char *field = *at;
    gsize n;

    if (field >= end) {
        return NULL;
    }
    n = *field == ':' ? strlen(field) : strcspn(field, "\n");
    field[n] = '\0';
    *at = field + n + 1;
    return field;
}

/* Of @n pairs, the first of which is @first. FALSE: it is not what was asked for. */
static gboolean tell(const TreePair *pairs, guint first, guint n, char *at, const char *end,
                     DifferenceFunc func, gpointer user_data)
{
    guint n_begun = 0;
    const char *field;

    while ((field = next_field(&at, end))) {
        PathChange how;

        if (git_parse_raw(field, &how)) {
            const char *path = at;

            if (at >= end || n_begun == 0) {
                return FALSE;
            }
            at += strlen(at) + 1;
            func(first + n_begun - 1, path, how, user_data);
        } else if (n_begun == n || !g_str_has_prefix(field, pairs[first + n_begun].one)) {
            return FALSE;
        } else {
            n_begun++;
        }
    }
    return n_begun == n;
}

gboolean repo_walk_differences(const Repo *repo, const TreePair *pairs, guint n_pairs,
                               DifferenceFunc func, gpointer user_data, GError **error)
{
    for (guint first = 0; first < n_pairs; first += N_PAIRS_AT_ONCE) {
        guint n = MIN(n_pairs - first, N_PAIRS_AT_ONCE);
        g_autoptr(GString) input = g_string_new(NULL);
        g_autoptr(ProcessResult) result = NULL;
        GitPlace place = git_place(repo);

        for (guint i = first; i < first + n; i++) {
            g_string_append_printf(input, "%s %s\n", pairs[i].one, pairs[i].other);
        }
        place.offline = TRUE;
        place.input = input->str;
        result = git_must(
            place, GIT("diff-tree", "--stdin", "-r", "--always", "--no-renames", "--raw", "-z"),
            error);
        if (!result) {
            return FALSE;
        }
        if (!tell(pairs, first, n, result->out, result->out + result->n_out, func, user_data)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "git diff-tree: did not say what differs");
            return FALSE;
        }
    }
    return TRUE;
}
