/* SPDX-License-Identifier: Apache-2.0
 * Who should hear of a culprit.
 *
 * Its author and those who answered for it in the trailers; when that is hardly anybody, the tree's
 * own get_maintainer.pl is asked as well (always the tree's own: it changes with the tree). Without
 * perl or the script, or when it fails, the trailers have to do: too few recipients is not an
 * error.
 */
#include <string.h>
#include <unistd.h>

#include "process/process.h"
#include "repo/git.h"
#include "repo/people.h"

/* This many from the trailers, or fewer, and the script is asked; fewer than MIN_ASKED from it, and
 * it is asked again with blame. */
#define FEW_PEOPLE        2
#define MIN_ASKED         3
#define SCRIPT            "scripts/get_maintainer.pl"
#define SCRIPT_TIMEOUT_MS (120 * 1000)

/* What the script prints for @patch; NULL when it could not. */
static char *ask_script(const Repo *repo, const char *worktree, const char *patch, gboolean blame)
{
    const char *argv[] = {"perl", SCRIPT, "--git-min-percent=20", blame ? "--git-blame" : NULL,
                          NULL};
    /* Perl's hashes come in random order unless told. git_env() has our git settings. */
    static const char *const perl_env[] = {"PERL_HASH_SEED=0", "PERL_PERTURB_KEYS=0", NULL};
    g_autoptr(GStrvBuilder) env = g_strv_builder_new();
    g_auto(GStrv) all_env = NULL;
    g_autoptr(GStrvBuilder) readable = g_strv_builder_new();
    g_auto(GStrv) git_folders = repo_git_folders(repo), all_readable = NULL, boxed = NULL;
    g_autoptr(Sandbox) sandbox = sandbox_new();
    ProcessSpec spec = {
        .cwd = worktree, .input = patch, .n_input = strlen(patch), .timeout_ms = SCRIPT_TIMEOUT_MS};
    g_autoptr(ProcessResult) result = NULL;

    g_strv_builder_addv(readable, (const char **)git_folders);
    g_strv_builder_add(readable, worktree);
    all_readable = g_strv_builder_end(readable);
    boxed = sandbox_wrap(sandbox, argv, worktree, (const char *const *)all_readable, NULL);
    spec.argv = (const char *const *)boxed;
    g_strv_builder_addv(env, (const char **)git_env());
    g_strv_builder_addv(env, (const char **)perl_env);
    all_env = g_strv_builder_end(env);
    spec.env = (const char *const *)all_env;
    if (!process_run(&spec, &result, NULL) || !process_succeeded(result)) {
        return NULL;
    }
    return g_steal_pointer(&result->out);
}

/* What the script of @worktree says of @commit. Array of Maintainer. */
static GPtrArray *ask_tree(const Repo *repo, const char *commit, const char *worktree)
{
    g_autofree char *script = worktree ? g_build_filename(worktree, SCRIPT, NULL) : NULL;
    g_autofree char *patch = NULL, *text = NULL;
    g_autoptr(GPtrArray) people = NULL;

    if (script && g_file_test(script, G_FILE_TEST_IS_REGULAR)) {
        /* As `git show`, but plumbing reads none of diff.noprefix, diff.mnemonicPrefix,
         * diff.orderFile, diff.context, ...: the script needs "+++ b/FILE". */
        patch =
            git_ask(git_place(repo),
                    GIT("diff-tree", "--pretty=email", "--patch", "--cc", "--root", "--always",
                        "--find-renames", "--no-notes", "--no-ext-diff", "--no-textconv", commit),
                    NULL);
    }
    if (!patch) {
        return people_of_maintainers("");
    }
    text = ask_script(repo, worktree, patch, FALSE);
    people = people_of_maintainers(text ? text : "");
    if (text && people->len < MIN_ASKED) {
        g_autofree char *blamed = ask_script(repo, worktree, patch, TRUE);

        if (blamed) {
            g_ptr_array_unref(people);
            people = people_of_maintainers(blamed);
        }
    }
    return g_steal_pointer(&people);
}

static char **sorted_keys(GHashTable *set)
{
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(set), (GCompareFunc)strcmp);
    GStrvBuilder *builder = g_strv_builder_new();
    char **list;

    for (GList *key = keys; key; key = key->next) {
        g_strv_builder_add(builder, key->data);
    }
    list = g_strv_builder_end(builder);
    g_strv_builder_unref(builder);
    return list;
}

gboolean repo_recipients(const Repo *repo, const char *commit, const char *worktree, char ***ret_to,
                         char ***ret_cc, GError **error)
{
    g_autoptr(CommitInfo) info = repo_commit_info(repo, commit, error);
    g_autoptr(GHashTable) to = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) cc = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *author = NULL;

    if (!info) {
        return FALSE;
    }
    author = people_address(info->author_email);
    if (author) {
        g_hash_table_add(to, g_ascii_strdown(author, -1));
    }
    for (char **email = info->trailer_emails; *email; email++) {
        g_hash_table_add(to, g_ascii_strdown(*email, -1));
    }
    if (g_hash_table_size(to) <= FEW_PEOPLE) {
        g_autoptr(GPtrArray) people = ask_tree(repo, info->id, worktree);

        for (guint i = 0; i < people->len; i++) {
            const Maintainer *maintainer = people->pdata[i];

            g_hash_table_add(maintainer->to ? to : cc, g_ascii_strdown(maintainer->address, -1));
        }
    }
    for (GList *keys = g_hash_table_get_keys(to), *key = keys; key; key = key->next) {
        g_hash_table_remove(cc, key->data);
        if (!key->next) {
            g_list_free(keys);
        }
    }
    *ret_to = sorted_keys(to);
    *ret_cc = sorted_keys(cc);
    return TRUE;
}
