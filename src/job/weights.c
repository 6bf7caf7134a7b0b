/* SPDX-License-Identifier: Apache-2.0
 * The user's own weights of revisions.
 *
 * His file names revisions as he likes, and ranges of them; what the job keeps are ids. So neither
 * a branch that moves nor a change of his file makes a resumed job another one.
 */
#include "job/private.h"

#include <math.h>
#include <string.h>

/* The words of @line, without its comment. NULL-terminated, owned by the caller. */
static char **words_of(const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();

    for (char **word = words; *word && **word != '#'; word++) {
        if (**word) {
            g_ptr_array_add(kept, g_strdup(*word));
        }
    }
    g_ptr_array_add(kept, NULL);
    return (char **)g_ptr_array_steal(kept, NULL);
}

static gboolean parse_weight(const char *text, double *ret_weight)
{
    char *end;
    double weight = g_ascii_strtod(text, &end);

    if (end == text || *end || !isnormal(weight) || weight < 0) {
        return FALSE;
    }
    *ret_weight = weight;
    return TRUE;
}

static void append_weights(GString *out, const Repo *repo, const char *line, GError **error)
{
    g_auto(GStrv) words = words_of(line);
    g_autoptr(GHashTable) commits = NULL;
    GHashTableIter iter;
    const char *id;
    double weight;

    if (!words[0]) {
        return;
    }
    if (!words[1] || words[2] || !parse_weight(words[1], &weight)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "'%s' is not a revision (or REV1..REV2) and a number above 0", line);
        return;
    }
    commits = repo_commits_of(repo, words[0], error);
    if (!commits) {
        return;
    }
    g_hash_table_iter_init(&iter, commits);
    while (g_hash_table_iter_next(&iter, (gpointer *)&id, NULL)) {
        g_string_append_printf(out, "%s %s\n", id, words[1]);
    }
}

char *weights_resolve(const Repo *repo, const char *path, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *bytes = NULL, *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &bytes, NULL, error)) {
        g_prefix_error(error, "--prior: ");
        return NULL;
    }
    text = g_utf8_make_valid(bytes, -1);
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        GError *why = NULL;

        append_weights(out, repo, lines[i], &why);
        if (why) {
            g_propagate_prefixed_error(error, why, "--prior: %s:%u: ", path, i + 1);
            return NULL;
        }
    }
    return g_strdup(out->str);
}

char *weights_path(const char *job_dir)
{
    return g_build_filename(job_dir, "inputs", "weights", NULL);
}

gboolean weights_read(const char *path, const Range *range, CommitFacts *facts, guint *ret_n_inside,
                      guint *ret_n_outside, GError **error)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, error)) {
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    *ret_n_inside = *ret_n_outside = 0;
    for (char **line = lines; *line && **line; line++) {
        g_auto(GStrv) words = words_of(*line);
        gint64 revision = words[0] ? range_find(range, words[0]) : -1;
        double weight;

        if (revision > 0 && words[1] && parse_weight(words[1], &weight)) {
            facts[revision].log_weight += log(weight);
            (*ret_n_inside)++;
        } else {
            (*ret_n_outside)++;
        }
    }
    return TRUE;
}
