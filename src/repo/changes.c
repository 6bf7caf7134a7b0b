/* SPDX-License-Identifier: Apache-2.0
 * What the revisions of a range change and say, one after the other.
 *
 * `git diff-tree --stdin` is asked of a thousand commits at a time, so memory is bounded by what
 * these say, whatever the range. Names of changed files need only trees: 2,500 commits of a kernel
 * take about a second, and a clone without blobs will do. What a partial clone lacks is not
 * fetched: tree by tree that would take hours.
 */
#include <string.h>

#include "repo/git.h"

#define N_COMMITS_AT_ONCE 1024

/* Shorter ids in messages are taken for words. */
#define MIN_ID_DIGITS 8

gboolean range_is_merge(const Range *range, guint32 revision)
{
    const GPtrArray *outside = g_hash_table_lookup(range->outside, GUINT_TO_POINTER(revision));

    return outside ? outside->len > 1 : history_is_merge(range->history, revision);
}

/* --- Ids in messages ------------------------------------------------------------------------- */

static gint compare_ids(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ids of @range, sorted. */
static GPtrArray *sort_ids(const Range *range)
{
    GPtrArray *ids = g_ptr_array_new();

    for (char **commit = range->commits; *commit; commit++) {
        g_ptr_array_add(ids, *commit);
    }
    g_ptr_array_sort(ids, compare_ids);
    return ids;
}

/* The revision whose id alone begins with the @n digits at @text, or 0. */
static guint32 find_short(const Range *range, const GPtrArray *ids, const char *text, gsize n)
{
    guint low = 0, high = ids->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (strncmp(ids->pdata[middle], text, n) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == ids->len || strncmp(ids->pdata[low], text, n) != 0 ||
        (low + 1 < ids->len && strncmp(ids->pdata[low + 1], text, n) == 0)) {
        return 0;
    }
    return (guint32)range_find(range, ids->pdata[low]);
}

/* Each line of @message that begins with @head and an id: the revisions before @revision that are
 * meant. Between the two may be a line break. */
static void find_named(const Range *range, const GPtrArray *ids, const char *message,
                       const char *head, guint32 revision, GArray *named)
{
    g_array_set_size(named, 0);
    for (const char *line = message; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (g_ascii_strncasecmp(line, head, strlen(head)) == 0) {
            const char *id = line + strlen(head);
            gsize n;
            guint32 found;

            id += strspn(id, " \t\n");
            n = strspn(id, "0123456789abcdef");
            found = n >= MIN_ID_DIGITS ? find_short(range, ids, id, n) : 0;
            if (found && found < revision) {
                g_array_append_val(named, found);
            }
        }
    }
}

/* --- git's output ---------------------------------------------------------------------------- */

/* The commit's own fields, each ended by a NUL; the one that begins them is an empty field, which
 * no file is called. */
#define FORMAT "--format=%x00%H%x00%an%x00%ae%x00%B%x00"

/* Files until the next empty field that an id follows, each behind what is said of it. git puts a
 * newline before the first. */
static void take_files(GitFields *fields, const char *next_id, GPtrArray *files, GArray *how)
{
    gboolean after_empty = FALSE;
    const char *field;

    g_ptr_array_set_size(files, 0);
    g_array_set_size(how, 0);
    while ((field = fields->at) < fields->end) {
        PathChange change;

        if (after_empty && next_id && strcmp(field, next_id) == 0) {
            return;
        }
        git_next_field(fields);
        after_empty = !*field;
        field += *field == '\n' && files->len == 0;
        if (git_parse_raw(field, &change)) {
            const char *file = git_next_field(fields);

            g_ptr_array_add(files, (gpointer)(file ? file : ""));
            g_array_append_val(how, change);
        }
    }
}

/* What a walk keeps from commit to commit. */
typedef struct Walk {
    const Range *range;
    GPtrArray *ids;
    GPtrArray *files;
    GArray *how; /* of PathChange, of each */
    GArray *fixed, *reverted;
    ChangeFunc func;
    gpointer user_data;
} Walk;

static gboolean tell_of(Walk *walk, GitFields *fields, guint32 revision, const char *next_id)
{
    const char *id = git_next_field(fields);
    Change change = {.revision = revision};

    while (id && !*id) {
        id = git_next_field(fields);
    }
    change.author_name = git_next_field(fields);
    change.author_email = git_next_field(fields);
    change.message = git_next_field(fields);
    if (!id || !change.message || strcmp(id, walk->range->commits[revision]) != 0) {
        return FALSE;
    }
    take_files(fields, next_id, walk->files, walk->how);
    find_named(walk->range, walk->ids, change.message, "Fixes:", revision, walk->fixed);
    find_named(walk->range, walk->ids, change.message, "This reverts commit", revision,
               walk->reverted);
    change.n_files = walk->files->len;
    change.files = (const char *const *)walk->files->pdata;
    change.how = (const PathChange *)(gconstpointer)walk->how->data;
    change.n_fixed = walk->fixed->len;
    change.fixed = (const guint32 *)(gconstpointer)walk->fixed->data;
    change.n_reverted = walk->reverted->len;
    change.reverted = (const guint32 *)(gconstpointer)walk->reverted->data;
    walk->func(&change, walk->user_data);
    return TRUE;
}

/* @revisions: of one git. */
static gboolean walk_some(const Repo *repo, Walk *walk, const GArray *revisions, GError **error)
{
    g_autoptr(GString) input = g_string_new(NULL);
    g_autoptr(ProcessResult) result = NULL;
    GitPlace place = git_place(repo);
    GitFields fields;

    for (guint i = 0; i < revisions->len; i++) {
        g_string_append(input, walk->range->commits[g_array_index(revisions, guint32, i)]);
        g_string_append_c(input, '\n');
    }
    place.offline = TRUE;
    place.input = input->str;
    result = git_must(place,
                      GIT("diff-tree", "--stdin", "-r", "--root", "--always", "--no-renames",
                          "--raw", "-z", FORMAT),
                      error);
    if (!result) {
        return FALSE;
    }
    fields = (GitFields){.at = result->out, .end = result->out + result->n_out};
    for (guint i = 0; i < revisions->len; i++) {
        guint32 revision = g_array_index(revisions, guint32, i);
        const char *next_id = i + 1 < revisions->len
                                  ? walk->range->commits[g_array_index(revisions, guint32, i + 1)]
                                  : NULL;

        if (!tell_of(walk, &fields, revision, next_id)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "git diff-tree: said nothing of %.12s", walk->range->commits[revision]);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean repo_walk_changes(const Repo *repo, const Range *range, ChangeFunc func,
                           gpointer user_data, GError **error)
{
    g_autoptr(GPtrArray) ids = sort_ids(range), files = g_ptr_array_new();
    g_autoptr(GArray) how = g_array_new(FALSE, FALSE, sizeof(PathChange)),
                      fixed = g_array_new(FALSE, FALSE, sizeof(guint32)),
                      reverted = g_array_new(FALSE, FALSE, sizeof(guint32)),
                      revisions = g_array_new(FALSE, FALSE, sizeof(guint32));
    Walk walk = {.range = range,
                 .ids = ids,
                 .files = files,
                 .how = how,
                 .fixed = fixed,
                 .reverted = reverted,
                 .func = func,
                 .user_data = user_data};
    guint n = history_size(range->history);

    for (guint32 r = 1; r < n; r++) {
        if (!range_is_merge(range, r)) {
            g_array_append_val(revisions, r);
        }
        if (revisions->len == N_COMMITS_AT_ONCE || (r == n - 1 && revisions->len)) {
            if (!walk_some(repo, &walk, revisions, error)) {
                return FALSE;
            }
            g_array_set_size(revisions, 0);
        }
    }
    return TRUE;
}

GHashTable *repo_commits_of(const Repo *repo, const char *name, GError **error)
{
    const char *dots = strstr(name, "..");
    g_autofree char *until = repo_resolve(repo, dots ? dots + strlen("..") : name, error);
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *from_name = dots ? g_strndup(name, (gsize)(dots - name)) : NULL;
    g_autofree char *from = NULL, *not_from = NULL, *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!until) {
        return NULL;
    }
    if (!dots) {
        g_hash_table_add(ids, g_steal_pointer(&until));
        return g_steal_pointer(&ids);
    }
    from = repo_resolve(repo, from_name, error);
    if (!from) {
        return NULL;
    }
    not_from = g_strconcat("^", from, NULL);
    text = git_ask(git_place(repo), GIT("rev-list", until, not_from), error);
    lines = text ? g_strsplit(text, "\n", -1) : NULL;
    if (!lines) {
        return NULL;
    }
    for (char **line = lines; *line && **line; line++) {
        g_hash_table_add(ids, g_strdup(*line));
    }
    return g_steal_pointer(&ids);
}
