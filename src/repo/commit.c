/* SPDX-License-Identifier: Apache-2.0
 * What is said of one commit.
 */
#include <string.h>

#include "repo/people.h"
#include "repo/git.h"

void commit_info_free(CommitInfo *info)
{
    if (!info) {
        return;
    }
    g_free(info->id);
    g_free(info->subject);
    g_free(info->author_name);
    g_free(info->author_email);
    g_strfreev(info->parents);
    g_strfreev(info->files);
    g_free(info->message);
    g_strfreev(info->trailer_emails);
    g_free(info);
}

/* The fields of one `git diff-tree -z`, in order; then come the changed files. */
enum { FIELD_ID, FIELD_PARENTS, FIELD_NAME, FIELD_EMAIL, FIELD_TIME, FIELD_MESSAGE, N_FIELDS };
#define FORMAT "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%B%x00"

/* Take the text up to the next NUL. */
static char *take_field(const char **cursor, const char *end)
{
    gsize n = strnlen(*cursor, (gsize)(end - *cursor));
    char *field = g_utf8_make_valid(*cursor, (gssize)n);

    *cursor = MIN(*cursor + n + 1, end);
    return field;
}

static char **take_files(const char *cursor, const char *end)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new();

    /* git ends the header with a NUL and begins the list with a newline. */
    while (cursor < end && (*cursor == '\0' || *cursor == '\n')) {
        cursor++;
    }
    while (cursor < end) {
        gsize n = strnlen(cursor, (gsize)(end - cursor));

        /* Bytes, not text: git's names go back to git. */
        g_ptr_array_add(files, g_strndup(cursor, n));
        cursor += n + 1;
    }
    g_ptr_array_add(files, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&files), FALSE);
}

CommitInfo *repo_commit_info(const Repo *repo, const char *commit, GError **error)
{
    g_autofree char *id = repo_resolve(repo, commit, error);
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(CommitInfo) info = NULL;
    g_autofree char *parents = NULL, *author_time = NULL;
    const char *cursor, *end;

    if (id) {
        /* --cc: of a merge only the files that differ from all its parents. */
        result = git_must(git_place(repo),
                          GIT("diff-tree", "--root", "--cc", "-r", "--always", "--no-renames",
                              "--name-only", "-z", FORMAT, id),
                          error);
    }
    if (!result) {
        return NULL;
    }
    cursor = result->out;
    end = result->out + result->n_out;
    info = g_new0(CommitInfo, 1);
    info->id = take_field(&cursor, end);
    parents = take_field(&cursor, end);
    info->parents = g_strsplit(parents, " ", -1);
    info->author_name = take_field(&cursor, end);
    info->author_email = take_field(&cursor, end);
    author_time = take_field(&cursor, end);
    info->author_time = g_ascii_strtoll(author_time, NULL, 10);
    info->message = g_strchomp(take_field(&cursor, end));
    info->subject = g_strndup(info->message, strcspn(info->message, "\n"));
    info->files = take_files(cursor, end);
    info->trailer_emails = people_of_message(info->message);
    return g_steal_pointer(&info);
}

char **repo_last_changes(const Repo *repo, const char *commit, const char *const *files,
                         guint n_most, GError **error)
{
    g_autofree char *most = g_strdup_printf("--max-count=%u", n_most), *text = NULL;
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    const char *const begin[] = {"rev-list", "--no-merges", most, commit, "--", NULL};

    for (const char *const *arg = begin; *arg; arg++) {
        g_ptr_array_add(args, (gpointer)*arg);
    }
    for (; *files; files++) {
        g_ptr_array_add(args, (gpointer)*files);
    }
    g_ptr_array_add(args, NULL);
    text = git_ask(git_place(repo), (const char *const *)args->pdata, error);
    if (!text) {
        return NULL;
    }
    return *text ? g_strsplit(text, "\n", -1) : g_new0(char *, 1);
}

char **repo_subjects(const Repo *repo, const char *const *ids, GError **error)
{
    guint n_ids = g_strv_length((char **)ids);
    g_autofree char *input = g_strjoinv("\n", (char **)ids);
    g_auto(GStrv) subjects = g_new0(char *, n_ids + 1);
    g_autoptr(ProcessResult) result = NULL;
    GitPlace place = git_place(repo);
    const char *message;

    if (!n_ids) {
        return g_steal_pointer(&subjects);
    }
    /* Not repo_commit_info(): it compares the trees of the commit and of all its parents. */
    place.input = input;
    result = git_must(
        place, GIT("rev-list", "--no-walk=unsorted", "--stdin", "--format=format:%x00%B"), error);
    if (!result) {
        return NULL;
    }
    /* Before each NUL rev-list says "commit ID". */
    message = memchr(result->out, '\0', result->n_out);
    for (guint i = 0; i < n_ids; i++) {
        if (!message) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "git rev-list told of %u commits, asked for %u", i, n_ids);
            return NULL;
        }
        message++;
        subjects[i] = g_utf8_make_valid(message, (gssize)strcspn(message, "\n"));
        message = memchr(message, '\0', (gsize)(result->out + result->n_out - message));
    }
    return g_steal_pointer(&subjects);
}

char *repo_subject(const Repo *repo, const char *commit, GError **error)
{
    g_autofree char *id = repo_resolve(repo, commit, error);
    const char *ids[] = {id, NULL};
    g_auto(GStrv) subjects = id ? repo_subjects(repo, ids, error) : NULL;

    return subjects ? g_steal_pointer(&subjects[0]) : NULL;
}

char *repo_show_stat(const Repo *repo, const char *commit, GError **error)
{
    g_autofree char *id = repo_resolve(repo, commit, error);
    g_autofree char *text = NULL;

    if (id) {
        /* What `git bisect` itself runs. */
        text = git_ask(git_place(repo),
                       GIT("diff-tree", "--pretty=medium", "--stat", "--summary", "--cc", "--root",
                           "--always", "--no-notes", id),
                       error);
    }
    return text ? g_utf8_make_valid(text, -1) : NULL;
}

char *repo_show_diff(const Repo *repo, const char *commit, gsize most_bytes, GError **error)
{
    g_autofree char *id = repo_resolve(repo, commit, error);
    g_autofree char *text = NULL;
    char *end;

    if (id) {
        text = git_ask(git_place(repo),
                       GIT("diff-tree", "--no-commit-id", "-p", "--cc", "--root", "--no-ext-diff",
                           "--no-textconv", "-M", id),
                       error);
    }
    if (!text) {
        return NULL;
    }
    if (strlen(text) > most_bytes) {
        text[most_bytes] = '\0';
        end = strrchr(text, '\n');
        *(end ? end : text) = '\0';
        end = g_strconcat(text, "\n[the rest is left out]", NULL);
        g_free(text);
        text = end;
    }
    return g_utf8_make_valid(text, -1);
}
