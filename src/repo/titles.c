/* SPDX-License-Identifier: Apache-2.0
 * Which commits have a title, and what a revision contains.
 *
 * A fix has one id in mainline and another in each stable tree, but one title. `git log --grep`
 * reads the whole history for each question, and `merge-base --is-ancestor` too, where there is no
 * commit graph. So the history is read once: one `git log` of all refs, from which ids, parents and
 * a sum of each title stay. 1,000,000 commits take git 11 s and us as much again, once a job; then
 * a question takes 20 ms for a new revision (bench-titles).
 */
#include <string.h>

#include "repo/git.h"

/* An id begins with these bytes; more are not needed to tell commits apart. */
#define ID_BYTES 20

struct Titles {
    guint n;
    guint8 (*ids)[ID_BYTES];
    guint64 *sums;    /* of titles */
    guint32 *by_id;   /* commits, sorted */
    guint32 *by_sum;  /* the same by title, and then by age, newest first */
    guint32 *offsets; /* n + 1: where the parents of each begin */
    guint32 *parents;
    guint64 *within; /* bits: what the revision asked of last contains */
    gint64 revision; /* that one; -1: none yet */
};

void titles_free(Titles *titles)
{
    if (!titles) {
        return;
    }
    g_free(titles->ids);
    g_free(titles->sums);
    g_free(titles->by_id);
    g_free(titles->by_sum);
    g_free(titles->offsets);
    g_free(titles->parents);
    g_free(titles->within);
    g_free(titles);
}

/* FNV-1a: of two million titles hardly two have the same. */
static guint64 sum_of(const char *title, gsize n)
{
    guint64 sum = 14695981039346656037u;

    for (gsize i = 0; i < n; i++) {
        sum = (sum ^ (guint8)title[i]) * 1099511628211u;
    }
    return sum;
}

/* The bytes of an id of at least @n_digits hex digits at @text. FALSE where there are fewer. */
static gboolean read_id(const char *text, guint n_digits, guint8 id[ID_BYTES])
{
    memset(id, 0, ID_BYTES);
    for (guint i = 0; i < n_digits; i++) {
        gint digit = g_ascii_xdigit_value(text[i]);

        if (digit < 0) {
            return FALSE;
        }
        id[i / 2] = (guint8)(id[i / 2] | digit << (i % 2 ? 0 : 4));
    }
    return TRUE;
}

/* --- Reading --------------------------------------------------------------------------------- */

static gint compare_ids(gconstpointer a, gconstpointer b, gpointer data)
{
    const Titles *titles = data;

    return memcmp(titles->ids[*(const guint32 *)a], titles->ids[*(const guint32 *)b], ID_BYTES);
}

static gint compare_sums(gconstpointer a, gconstpointer b, gpointer data)
{
    const Titles *titles = data;
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

    if (titles->sums[left] != titles->sums[right]) {
        return titles->sums[left] < titles->sums[right] ? -1 : 1;
    }
    return left < right ? -1 : left > right;
}

static guint32 *sorted(Titles *titles, GCompareDataFunc compare)
{
    guint32 *commits = g_new(guint32, titles->n);

    for (guint32 i = 0; i < titles->n; i++) {
        commits[i] = i;
    }
    g_qsort_with_data(commits, (gint)titles->n, sizeof *commits, compare, titles);
    return commits;
}

/* The commits whose ids begin with the @n_digits of @id: how many, and the first in by_id. */
static guint find_prefix(const Titles *titles, const guint8 id[ID_BYTES], guint n_digits,
                         guint *ret_first)
{
    guint low = 0, high = titles->n, n = 0;
    guint8 mask = n_digits % 2 ? 0xf0 : 0xff;
    gsize n_bytes = (n_digits + 1) / 2;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (memcmp(titles->ids[titles->by_id[middle]], id, ID_BYTES) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_first = low;
    for (; low < titles->n; low++, n++) {
        const guint8 *other = titles->ids[titles->by_id[low]];

        if (memcmp(other, id, n_bytes - 1) != 0 || (other[n_bytes - 1] & mask) != id[n_bytes - 1]) {
            break;
        }
    }
    return n;
}

/* A line of git's: "ID PARENT PARENT", a tab, the title. */
typedef struct Line {
    const char *ids, *tab, *end;
} Line;

static gboolean next_line(const char **at, const char *end, Line *ret_line)
{
    const char *line = *at, *newline;

    if (line >= end) {
        return FALSE;
    }
    newline = memchr(line, '\n', (gsize)(end - line));
    newline = newline ? newline : end;
    *ret_line = (Line){line, memchr(line, '\t', (gsize)(newline - line)), newline};
    *at = newline + 1;
    return ret_line->tab != NULL;
}

static void read_parents(Titles *titles, const Line *line, GArray *parents)
{
    const char *at = line->ids;

    while ((at = memchr(at, ' ', (gsize)(line->tab - at)))) {
        guint8 id[ID_BYTES];
        guint first;

        at++;
        /* A shallow history does not hold them all. */
        if (line->tab - at >= 2 * ID_BYTES && read_id(at, 2 * ID_BYTES, id) &&
            find_prefix(titles, id, 2 * ID_BYTES, &first)) {
            g_array_append_val(parents, titles->by_id[first]);
        }
    }
}

/* @text: the lines of all commits. */
static Titles *parse(const char *text, gsize length)
{
    Titles *titles = g_new0(Titles, 1);
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, ID_BYTES);
    g_autoptr(GArray) sums = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(guint32));
    const char *end = text + length, *at = text;
    Line line;

    while (next_line(&at, end, &line)) {
        guint64 sum = sum_of(line.tab + 1, (gsize)(line.end - line.tab - 1));
        guint8 id[ID_BYTES];

        read_id(line.ids, 2 * ID_BYTES, id);
        g_array_append_val(ids, id);
        g_array_append_val(sums, sum);
    }
    titles->n = ids->len;
    titles->revision = -1;
    titles->ids = (guint8(*)[ID_BYTES])g_array_free(g_steal_pointer(&ids), FALSE);
    titles->sums = (guint64 *)g_array_free(g_steal_pointer(&sums), FALSE);
    titles->by_id = sorted(titles, compare_ids);
    titles->by_sum = sorted(titles, compare_sums);
    titles->offsets = g_new0(guint32, titles->n + 1);
    titles->within = g_new0(guint64, titles->n / 64 + 1);
    at = text;
    for (guint32 i = 0; next_line(&at, end, &line); i++) {
        read_parents(titles, &line, parents);
        titles->offsets[i + 1] = parents->len;
    }
    titles->parents = (guint32 *)g_array_free(g_steal_pointer(&parents), FALSE);
    return titles;
}

Titles *repo_read_titles(const Repo *repo, const char *const *tips, GError **error)
{
    static const char *const log[] = {"log",
                                      "--all",
                                      "--no-decorate",
                                      "--no-show-signature",
                                      "--no-notes",
                                      "--no-mailmap",
                                      "--format=tformat:%H %P%x09%s"};
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_autoptr(ProcessResult) result = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(log); i++) {
        g_ptr_array_add(args, (gpointer)log[i]);
    }
    for (; *tips; tips++) {
        g_ptr_array_add(args, (gpointer)*tips);
    }
    g_ptr_array_add(args, (gpointer) "--");
    g_ptr_array_add(args, NULL);
    result = git_must(git_place(repo), (const char *const *)args->pdata, error);
    return result ? parse(result->out, result->n_out) : NULL;
}

/* --- Asking ---------------------------------------------------------------------------------- */

/* The commit whose id begins with @id (at least 7 digits), or -1: none, or several. */
static gint64 find_id(const Titles *titles, const char *id)
{
    guint n_digits = (guint)MIN(strlen(id), 2 * ID_BYTES), first;
    guint8 bytes[ID_BYTES];

    if (n_digits < 7 || !read_id(id, n_digits, bytes) ||
        find_prefix(titles, bytes, n_digits, &first) != 1) {
        return -1;
    }
    return titles->by_id[first];
}

gboolean titles_know(const Titles *titles, const char *commit)
{
    return find_id(titles, commit) >= 0;
}

/* Mark what @revision contains, itself too. */
static void mark(Titles *titles, guint32 revision)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));

    if (titles->revision == revision) {
        return;
    }
    memset(titles->within, 0, (titles->n / 64 + 1) * sizeof *titles->within);
    titles->revision = revision;
    g_array_append_val(open, revision);
    while (open->len) {
        guint32 commit = g_array_index(open, guint32, open->len - 1);

        g_array_set_size(open, open->len - 1);
        if (titles->within[commit / 64] >> commit % 64 & 1) {
            continue;
        }
        titles->within[commit / 64] |= (guint64)1 << commit % 64;
        g_array_append_vals(open, titles->parents + titles->offsets[commit],
                            titles->offsets[commit + 1] - titles->offsets[commit]);
    }
}

static gboolean contains(Titles *titles, const char *revision, guint32 commit)
{
    gint64 found = find_id(titles, revision);

    if (found < 0) {
        return FALSE;
    }
    mark(titles, (guint32)found);
    return titles->within[commit / 64] >> commit % 64 & 1;
}

/* Where the commits of @title begin in by_sum. */
static guint find_title(const Titles *titles, const char *title, guint64 *ret_sum)
{
    guint64 sum = sum_of(title, strlen(title));
    guint low = 0, high = titles->n;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (titles->sums[titles->by_sum[middle]] < sum) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_sum = sum;
    return low;
}

gboolean titles_contain_id(Titles *titles, const char *revision, const char *id)
{
    gint64 commit = find_id(titles, id);

    return commit >= 0 && contains(titles, revision, (guint32)commit);
}

gboolean titles_contain(Titles *titles, const char *revision, const char *title)
{
    guint64 sum;

    for (guint i = find_title(titles, title, &sum);
         i < titles->n && titles->sums[titles->by_sum[i]] == sum; i++) {
        if (contains(titles, revision, titles->by_sum[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *id_text(const Titles *titles, guint32 commit)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < ID_BYTES; i++) {
        g_string_append_printf(text, "%02x", titles->ids[commit][i]);
    }
    return g_string_free(text, FALSE);
}

char **titles_find(const Titles *titles, const char *title)
{
    g_autoptr(GStrvBuilder) ids = g_strv_builder_new();
    guint64 sum;

    for (guint i = find_title(titles, title, &sum);
         i < titles->n && titles->sums[titles->by_sum[i]] == sum; i++) {
        g_autofree char *id = id_text(titles, titles->by_sum[i]);

        g_strv_builder_add(ids, id);
    }
    return g_strv_builder_end(ids);
}
