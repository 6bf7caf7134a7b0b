/* SPDX-License-Identifier: Apache-2.0
 * Looking ahead: which later commit mends what a revision fails by.
 *
 * The commits between the failing revision and one that works are asked three things: whom does
 * their "Fixes:" name, whose revert are they, and what do they touch and speak of. What broke it
 * lies in the *window*, the commits that the failing revision contains and an older sound one does
 * not. Each sign has points by how seldom it comes by chance, as in a log of odds; a commit that
 * has next to none is no candidate.
 *
 * Cost: three walks of git's, one of them by path; some seconds for 100,000 commits.
 */
#include <string.h>

#include "repo/git.h"

/* So much of a window is read; a breakage that is older has no name for us. */
#define MAX_WINDOW "20000"
/* Less than this is chance: a touched file alone is, where files are touched every week. */
#define MIN_POINTS 3.0
/* Digits that an id in a message has at least; by so many the window is sorted. */
#define MIN_ID_DIGITS 8

void mend_candidate_free(MendCandidate *candidate)
{
    if (!candidate) {
        return;
    }
    g_free(candidate->commit);
    g_free(candidate->title);
    g_free(candidate->breaks);
    g_free(candidate->why);
    g_free(candidate);
}

/* What may have broken it. */
typedef struct Window {
    GHashTable *by_id;    /* first digits of the id -> id */
    GHashTable *by_title; /* title -> id */
    GHashTable *touching; /* set of ids: those that touch the file */
    gboolean is_whole;    /* a sound revision bounds it */
} Window;

static void window_clear(Window *window)
{
    g_clear_pointer(&window->touching, g_hash_table_unref);
    g_clear_pointer(&window->by_title, g_hash_table_unref);
    g_clear_pointer(&window->by_id, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Window, window_clear)

/* One git log: its fields, each ended by a NUL. NULL on failure. */
static ProcessResult *ask_log(const Repo *repo, const GPtrArray *args, GError **error)
{
    GitPlace place = git_place(repo);

    place.offline = TRUE;
    return git_must(place, (const char *const *)args->pdata, error);
}

static GPtrArray *log_args(const char *format)
{
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);
    static const char *const always[] = {"log",        "-z",           "--no-decorate",
                                         "--no-notes", "--no-mailmap", "--no-show-signature"};

    for (guint i = 0; i < G_N_ELEMENTS(always); i++) {
        g_ptr_array_add(args, g_strdup(always[i]));
    }
    g_ptr_array_add(args, g_strdup(format));
    return args;
}

static void add_range(GPtrArray *args, const char *from, const char *to)
{
    g_ptr_array_add(args, g_strdup(to ? to : "--all"));
    if (from) {
        g_ptr_array_add(args, g_strconcat("^", from, NULL));
    }
}

static void add_end(GPtrArray *args, const char *file)
{
    g_ptr_array_add(args, g_strdup("--"));
    if (file) {
        g_ptr_array_add(args, g_strdup(file));
    }
    g_ptr_array_add(args, NULL);
}

/* --- The window ------------------------------------------------------------------------------ */

static gboolean read_touching(const Repo *repo, const MendQuery *query, Window *window,
                              GError **error)
{
    g_autoptr(GPtrArray) args = log_args("--format=%H");
    g_autoptr(ProcessResult) result = NULL;
    GitFields fields;
    const char *id;

    g_ptr_array_add(args, g_strdup("--max-count=200"));
    add_range(args, query->sound, query->failing);
    add_end(args, query->file);
    result = ask_log(repo, args, error);
    if (!result) {
        return FALSE;
    }
    fields = (GitFields){result->out, result->out + result->n_out};
    while ((id = git_next_field(&fields))) {
        g_hash_table_add(window->touching, g_strdup(id));
    }
    return TRUE;
}

static gboolean read_window(const Repo *repo, const MendQuery *query, Window *window,
                            GError **error)
{
    g_autoptr(GPtrArray) args = log_args("--format=%H%x00%s");
    g_autoptr(ProcessResult) result = NULL;
    GitFields fields;
    const char *id, *title;

    window->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    window->by_title = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    window->touching = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    window->is_whole = query->sound != NULL;
    g_ptr_array_add(args, g_strdup("--max-count=" MAX_WINDOW));
    add_range(args, query->sound, query->failing);
    add_end(args, NULL);
    result = ask_log(repo, args, error);
    if (!result) {
        return FALSE;
    }
    fields = (GitFields){result->out, result->out + result->n_out};
    while ((id = git_next_field(&fields)) && (title = git_next_field(&fields))) {
        g_hash_table_insert(window->by_id, g_strndup(id, MIN_ID_DIGITS), g_strdup(id));
        g_hash_table_insert(window->by_title, g_strdup(title), g_strdup(id));
    }
    return !query->file || read_touching(repo, query, window, error);
}

/* The commit of the window that @text names: by its id, or by what stands in ("...") behind it, as
 * a commit of a stable tree has the id of another one's. */
static const char *named_in_window(const Window *window, const char *text)
{
    gsize n = strspn(text, "0123456789abcdef");
    g_autofree char *key = NULL, *title = NULL;
    const char *found, *open, *close;

    if (n < MIN_ID_DIGITS) {
        return NULL;
    }
    key = g_strndup(text, MIN_ID_DIGITS);
    found = g_hash_table_lookup(window->by_id, key);
    if (found && strncmp(found, text, n) != 0) {
        found = NULL;
    }
    open = text + n + strspn(text + n, " ");
    close = g_str_has_prefix(open, "(\"") ? strstr(open, "\")") : NULL;
    if (found || !close) {
        return found;
    }
    title = g_strndup(open + 2, (gsize)(close - open - 2));
    return g_hash_table_lookup(window->by_title, g_strdelimit(title, "\n", ' '));
}

/* The commit of the window that a line of @message that begins with @head names. */
static const char *find_named(const Window *window, const char *message, const char *head)
{
    const char *found = NULL;

    for (const char *line = message; line && !found; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (g_ascii_strncasecmp(line, head, strlen(head)) == 0) {
            const char *id = line + strlen(head);

            found = named_in_window(window, id + strspn(id, " \t\n"));
        }
    }
    return found;
}

/* --- Points ---------------------------------------------------------------------------------- */

/* A word of C, not a part of one. */
static gboolean has_word(const char *text, const char *word)
{
    gsize n = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        gboolean begins = at == text || !(g_ascii_isalnum(at[-1]) || at[-1] == '_');

        if (begins && !g_ascii_isalnum(at[n]) && at[n] != '_') {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean speaks_of_builds(const char *text)
{
    static const char *const words[] = {"build",      "compil",
                                        "link error", "undefined reference",
                                        "fix boot",   "implicit declaration",
                                        "undeclared"};
    g_autofree char *lower = g_ascii_strdown(text, -1);

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strstr(lower, words[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Whom it names as broken. *ret_why says how. */
static double points_of_named(const Window *window, const char *message, const char **ret_breaks,
                              const char **ret_why)
{
    const char *reverted = find_named(window, message, "This reverts commit");
    const char *fixed = reverted ? reverted : find_named(window, message, "Fixes:");

    *ret_breaks = fixed;
    if (!fixed) {
        return 0;
    }
    if (g_hash_table_contains(window->touching, fixed)) {
        *ret_why = reverted ? "it takes back a commit that touches the file of the error"
                            : "its Fixes: names a commit that touches the file of the error";
        return 5;
    }
    *ret_why = reverted ? "it takes back a commit from before the error"
                        : "its Fixes: names a commit from before the error";
    return window->is_whole ? 3 : 1;
}

/* What it speaks of. */
static double points_of_message(const MendQuery *query, const char *message, const char **ret_why)
{
    g_autofree char *name = query->file ? g_path_get_basename(query->file) : NULL;
    double points = speaks_of_builds(message) ? 1.5 : 0;

    for (const char *const *word = query->words; word && *word; word++) {
        if (has_word(message, *word)) {
            *ret_why = "its message names what the error names";
            points += 2.5;
            break;
        }
    }
    if (name && strstr(message, name)) {
        points += 1.5;
    }
    return points;
}

/* The candidate, or NULL where there is too little. @touches: the file of the error. */
static MendCandidate *judge(const Window *window, const MendQuery *query, const char *id,
                            const char *title, const char *message, gboolean touches)
{
    const char *why = touches ? "it touches the file of the error and speaks of builds" : NULL,
               *breaks;
    double points = touches ? 2 : 0;
    MendCandidate *candidate;

    points += points_of_message(query, message, &why);
    points += points_of_named(window, message, &breaks, &why);
    if (points < MIN_POINTS || !why) {
        return NULL;
    }
    candidate = g_new0(MendCandidate, 1);
    candidate->commit = g_strdup(id);
    candidate->title = g_strdup(title);
    candidate->breaks = g_strdup(breaks);
    candidate->why = g_strdup(why);
    candidate->points = points;
    return candidate;
}

/* --- The look -------------------------------------------------------------------------------- */

/* Sets *@ret_ids to those between failing and tip that touch the file. */
static gboolean read_touching_later(const Repo *repo, const MendQuery *query, GHashTable *ids,
                                    GError **error)
{
    g_autoptr(GPtrArray) args = log_args("--format=%H");
    g_autoptr(ProcessResult) result = NULL;
    GitFields fields;
    const char *id;

    if (!query->file) {
        return TRUE;
    }
    g_ptr_array_add(args, g_strdup("--no-merges"));
    add_range(args, query->failing, query->tip);
    add_end(args, query->file);
    result = ask_log(repo, args, error);
    if (!result) {
        return FALSE;
    }
    fields = (GitFields){result->out, result->out + result->n_out};
    while ((id = git_next_field(&fields))) {
        g_hash_table_add(ids, g_strdup(id));
    }
    return TRUE;
}

/* Judge those that git log with @args tells of, but for those that are in @seen already. */
static gboolean judge_log(const Repo *repo, const MendQuery *query, const Window *window,
                          const GPtrArray *args, GHashTable *touching, GHashTable *seen,
                          GPtrArray *candidates, GError **error)
{
    g_autoptr(ProcessResult) result = ask_log(repo, args, error);
    GitFields fields;
    const char *id, *title, *message;

    if (!result) {
        return FALSE;
    }
    fields = (GitFields){result->out, result->out + result->n_out};
    while ((id = git_next_field(&fields)) && (title = git_next_field(&fields)) &&
           (message = git_next_field(&fields))) {
        MendCandidate *candidate;

        if (!g_hash_table_add(seen, g_strdup(id))) {
            continue;
        }
        candidate = judge(window, query, id, title, message, g_hash_table_contains(touching, id));
        if (candidate) {
            candidate->age = g_hash_table_size(seen);
            g_ptr_array_add(candidates, candidate);
        }
    }
    return TRUE;
}

/* By points; of equals the older one, which is told later. */
static gint compare_candidates(gconstpointer a, gconstpointer b)
{
    const MendCandidate *left = *(const MendCandidate *const *)a,
                        *right = *(const MendCandidate *const *)b;

    if (left->points != right->points) {
        return left->points > right->points ? -1 : 1;
    }
    return left->age > right->age ? -1 : left->age < right->age;
}

/* Those that touch the file; and those whose message names something of the error, or a commit as
 * broken. */
static gboolean judge_all(const Repo *repo, const MendQuery *query, const Window *window,
                          GPtrArray *candidates, GError **error)
{
    static const char format[] = "--format=%H%x00%s%x00%B";
    g_autoptr(GPtrArray) by_file = log_args(format), by_message = log_args(format);
    g_autoptr(GHashTable) touching = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    g_ptr_array_add(by_message, g_strdup("--no-merges"));
    g_ptr_array_add(by_message, g_strdup("--fixed-strings"));
    g_ptr_array_add(by_message, g_strdup("--grep=Fixes:"));
    g_ptr_array_add(by_message, g_strdup("--grep=This reverts commit"));
    for (const char *const *word = query->words; word && *word; word++) {
        g_ptr_array_add(by_message, g_strconcat("--grep=", *word, NULL));
    }
    add_range(by_message, query->failing, query->tip);
    add_end(by_message, NULL);
    if (!read_touching_later(repo, query, touching, error) ||
        !judge_log(repo, query, window, by_message, touching, seen, candidates, error)) {
        return FALSE;
    }
    if (!query->file) {
        return TRUE;
    }
    g_ptr_array_add(by_file, g_strdup("--no-merges"));
    add_range(by_file, query->failing, query->tip);
    add_end(by_file, query->file);
    return judge_log(repo, query, window, by_file, touching, seen, candidates, error);
}

/* Where one commit alone lies between, it is the one, whatever it says. */
static gboolean judge_edge(const Repo *repo, const MendQuery *query, GPtrArray *candidates,
                           GError **error)
{
    g_autoptr(GPtrArray) args = log_args("--format=%H%x00%s");
    g_autoptr(ProcessResult) result = NULL;
    const char *id, *title;
    GitFields fields;

    g_ptr_array_add(args, g_strdup("--no-merges"));
    g_ptr_array_add(args, g_strdup("--max-count=2"));
    add_range(args, query->failing, query->tip);
    add_end(args, NULL);
    result = ask_log(repo, args, error);
    if (!result) {
        return FALSE;
    }
    fields = (GitFields){result->out, result->out + result->n_out};
    id = git_next_field(&fields);
    title = id ? git_next_field(&fields) : NULL;
    if (title && !git_next_field(&fields)) {
        MendCandidate *candidate = g_new0(MendCandidate, 1);

        candidate->commit = g_strdup(id);
        candidate->title = g_strdup(title);
        candidate->why = g_strdup("it is where the error ends");
        candidate->points = MIN_POINTS;
        g_ptr_array_add(candidates, candidate);
    }
    return TRUE;
}

GPtrArray *repo_find_mends(const Repo *repo, const MendQuery *query, GError **error)
{
    g_autoptr(GPtrArray) candidates =
        g_ptr_array_new_with_free_func((GDestroyNotify)mend_candidate_free);
    g_auto(Window) window = {0};

    if (!read_window(repo, query, &window, error) ||
        !judge_all(repo, query, &window, candidates, error) ||
        (candidates->len == 0 && !judge_edge(repo, query, candidates, error))) {
        return NULL;
    }
    g_ptr_array_sort(candidates, compare_candidates);
    if (candidates->len > query->max_candidates) {
        g_ptr_array_set_size(candidates, (gint)query->max_candidates);
    }
    return g_steal_pointer(&candidates);
}
