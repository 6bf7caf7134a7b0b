/* SPDX-License-Identifier: Apache-2.0
 * Release tags: which of them lie behind a commit, and which is newer.
 */
#include <string.h>

#include "repo/git.h"

/* "v2.6.32.5" has most. */
#define MAX_NUMBERS 4
#define TAG_FORMAT                                                                                 \
    "--format=%(refname:strip=2) %(objecttype) %(objectname) %(*objecttype) %(*objectname)"

void release_tag_free(ReleaseTag *tag)
{
    if (!tag) {
        return;
    }
    g_free(tag->name);
    g_free(tag->commit);
    g_free(tag);
}

/* What a tag's name says. */
typedef struct Version {
    guint64 numbers[MAX_NUMBERS]; /* missing ones are 0 */
    guint n;
    guint64 rc; /* G_MAXUINT64: it is none, so that it comes after all of its own */
} Version;

/* The end of the number at @digits, or NULL where there is none. */
static const char *read_number(const char *digits, guint64 *ret_number)
{
    char *end;

    if (!g_ascii_isdigit(*digits)) {
        return NULL;
    }
    *ret_number = g_ascii_strtoull(digits, &end, 10);
    return end;
}

/* "vX.Y[.Z[.W]]" or "vX.Y[.Z]-rcN"; FALSE for any other name. */
static gboolean parse_version(const char *name, Version *ret_version)
{
    Version version = {.rc = G_MAXUINT64};
    const char *cursor = name;

    if (*cursor != 'v') {
        return FALSE;
    }
    do {
        cursor =
            version.n < MAX_NUMBERS ? read_number(cursor + 1, &version.numbers[version.n++]) : NULL;
    } while (cursor && *cursor == '.');
    if (cursor && g_str_has_prefix(cursor, "-rc")) {
        cursor = read_number(cursor + strlen("-rc"), &version.rc);
    }
    if (!cursor || *cursor || version.n < 2) {
        return FALSE;
    }
    *ret_version = version;
    return TRUE;
}

int release_name_compare(const char *a, const char *b)
{
    Version of_a = {0}, of_b = {0};

    parse_version(a, &of_a);
    parse_version(b, &of_b);
    for (guint i = 0; i < MAX_NUMBERS; i++) {
        if (of_a.numbers[i] != of_b.numbers[i]) {
            return of_a.numbers[i] > of_b.numbers[i] ? -1 : 1;
        }
    }
    if (of_a.rc != of_b.rc) {
        return of_a.rc > of_b.rc ? -1 : 1;
    }
    return strcmp(a, b);
}

/* Up to 2.6 a final release had three numbers. */
gboolean release_name_parse(const char *name, ReleaseKind *ret_kind)
{
    Version version;

    if (!parse_version(name, &version)) {
        return FALSE;
    }
    *ret_kind = version.rc != G_MAXUINT64                        ? RELEASE_RC
                : version.n <= (version.numbers[0] < 3 ? 3U : 2) ? RELEASE_FINAL
                                                                 : RELEASE_STABLE;
    return TRUE;
}

static int compare_tags(gconstpointer a, gconstpointer b)
{
    return release_name_compare((*(ReleaseTag *const *)a)->name, (*(ReleaseTag *const *)b)->name);
}

/* The commit of a tag from what for-each-ref says: a light tag is the commit itself, an annotated
 * one knows it, and a tag of a tag has to be asked for. NULL without error: not a commit. */
static char *peel(const Repo *repo, char **fields, GError **error)
{
    const char *type = fields[1], *id = fields[2], *target_type = fields[3], *target = fields[4];

    if (g_str_equal(type, "commit")) {
        return g_strdup(id);
    }
    if (g_str_equal(target_type, "commit")) {
        return g_strdup(target);
    }
    return g_str_equal(target_type, "tag") ? repo_resolve(repo, id, error) : NULL;
}

GPtrArray *repo_release_tags_behind(const Repo *repo, const char *commit, GError **error)
{
    g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func((GDestroyNotify)release_tag_free);
    g_autofree char *id = repo_resolve(repo, commit, error);
    g_autofree char *merged = id ? g_strconcat("--merged=", id, NULL) : NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (id) {
        text = git_ask(git_place(repo), GIT("for-each-ref", merged, TAG_FORMAT, "refs/tags/v*"),
                       error);
    }
    if (!text) {
        return NULL;
    }
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        /* A ref's name has no blanks. */
        g_auto(GStrv) fields = g_strsplit(*line, " ", 5);
        ReleaseKind kind;
        g_autoptr(GError) local_error = NULL;
        g_autofree char *tagged = NULL;

        if (g_strv_length(fields) != 5 || !release_name_parse(fields[0], &kind)) {
            continue;
        }
        tagged = peel(repo, fields, &local_error);
        if (local_error) {
            g_propagate_error(error, g_steal_pointer(&local_error));
            return NULL;
        }
        if (tagged && !g_str_equal(tagged, id)) {
            ReleaseTag *tag = g_new0(ReleaseTag, 1);

            tag->name = g_strdup(fields[0]);
            tag->commit = g_steal_pointer(&tagged);
            tag->kind = kind;
            g_ptr_array_add(tags, tag);
        }
    }
    g_ptr_array_sort(tags, compare_tags);
    return g_steal_pointer(&tags);
}
