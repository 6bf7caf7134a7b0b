/* SPDX-License-Identifier: Apache-2.0
 * Who should hear of a crash.
 *
 * Of a culprit: its author and those who answered for it in the trailers; when that is hardly
 * anybody, the tree is asked as well. Of a file: the tree alone. The tree answers by its own
 * get_maintainer.pl; where that cannot be (no perl, no script, it fails, no checkout), by its
 * MAINTAINERS, which we read ourselves.
 */
#include <string.h>

#include "process/process.h"
#include "repo/git.h"
#include "repo/people.h"
#include "repo/script.h"
#include "repo/tree.h"

/* This many from the trailers, or fewer, and the tree is asked for the commit. */
#define FEW_PEOPLE 2
/* With fewer from the script, it is asked again with blame. */
#define MIN_OF_PATCH 3
#define MIN_OF_PATH  2

/* No more of a patch is shown to the tree. */
#define N_PATCH_MAX (16 << 20)

/* A query being answered. */
typedef struct Asking {
    const RecipientsQuery *query;
    TreePlace place;
    SourceTree tree;
    Maintainers *maintainers; /* once needed */
    GHashTable *known;        /* address, lower case -> Recipient in @found */
    Recipients *found;
} Asking;

static void asking_clear(Asking *asking)
{
    maintainers_free(asking->maintainers);
    g_clear_pointer(&asking->known, g_hash_table_unref);
    recipients_free(asking->found);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asking, asking_clear)

void recipients_free(Recipients *recipients)
{
    if (!recipients) {
        return;
    }
    g_ptr_array_unref(recipients->people);
    g_free(recipients->script_failure);
    g_free(recipients);
}

static gboolean is_to(const Recipients *recipients, const char *address)
{
    for (guint i = 0; i < recipients->people->len; i++) {
        const Recipient *person = recipients->people->pdata[i];

        if (person->to && g_ascii_strcasecmp(person->address, address) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

char **recipients_addresses(const Recipients *recipients, gboolean to)
{
    g_autoptr(GStrvBuilder) addresses = g_strv_builder_new();

    for (guint i = 0; i < recipients->people->len; i++) {
        const Recipient *person = recipients->people->pdata[i];

        if (!person->to == !to && (to || !is_to(recipients, person->address))) {
            g_strv_builder_add(addresses, person->address);
        }
    }
    return g_strv_builder_end(addresses);
}

/* --- The list -------------------------------------------------------------------------------- */

/* Add somebody who is not there, or what is new of who is: his name, and that he is to. */
static void add_person(Asking *asking, const char *name, const char *address, gboolean to)
{
    g_autofree char *key = g_ascii_strdown(address, -1);
    Recipient *person = g_hash_table_lookup(asking->known, key);

    if (!person) {
        person = g_new0(Recipient, 1);
        person->address = g_strdup(address);
        person->name = g_strdup(name);
        g_ptr_array_add(asking->found->people, person);
        g_hash_table_insert(asking->known, g_steal_pointer(&key), person);
    } else if (!*person->name) {
        g_free(person->name);
        person->name = g_strdup(name);
    }
    person->to |= to;
}

/* Add whom the tree names for a commit: in lower case, as its own people. */
static void add_of_commit(Asking *asking, const GPtrArray *people)
{
    for (guint i = 0; i < people->len; i++) {
        const Recipient *person = people->pdata[i];
        g_autofree char *lower = g_ascii_strdown(person->address, -1);

        add_person(asking, person->name, lower, person->to);
    }
}

/* Add whom the tree names for a file. An address that it names twice, a list as To and once more
 * under another name as Cc, stays so, as in other readers of the script. */
static void add_of_file(Asking *asking, const GPtrArray *people)
{
    g_autoptr(GPtrArray) fresh = g_ptr_array_new();

    for (guint i = 0; i < people->len; i++) {
        Recipient *person = people->pdata[i];
        g_autofree char *key = g_ascii_strdown(person->address, -1);

        if (!g_hash_table_contains(asking->known, key)) {
            g_ptr_array_add(fresh, person);
        } else {
            add_person(asking, person->name, person->address, person->to);
        }
    }
    for (guint i = 0; i < fresh->len; i++) {
        const Recipient *person = fresh->pdata[i];
        g_autofree char *key = g_ascii_strdown(person->address, -1);
        const Recipient *known = g_hash_table_lookup(asking->known, key);

        if (known && !known->to != !person->to) {
            g_hash_table_remove(asking->known, key);
        }
        add_person(asking, person->name, person->address, person->to);
    }
}

static void add_author_and_trailers(Asking *asking, const CommitInfo *info)
{
    g_autofree char *author = people_address(info->author_email);

    if (author) {
        g_autofree char *lower = g_ascii_strdown(author, -1);

        add_person(asking, info->author_name, lower, TRUE);
    }
    for (char **email = info->trailer_emails; *email; email++) {
        g_autofree char *lower = g_ascii_strdown(*email, -1);

        add_person(asking, "", lower, TRUE);
    }
}

/* --- The tree -------------------------------------------------------------------------------- */

/* What the tree is asked about: a patch, or a file or folder. */
typedef struct Question {
    const char *patch;
    const char *path;
} Question;

/* May the script see what @question names? It hands names on to a shell. */
static gboolean check_names(const Question *question, GError **error)
{
    g_auto(GStrv) named = question->patch ? maintainers_patch_files(question->patch)
                                          : g_strsplit(question->path, "\n", 1);

    for (char **name = named; *name; name++) {
        if (!maintainer_script_takes(*name)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
                        "a name like '%s' is not safe with " MAINTAINER_SCRIPT, *name);
            return FALSE;
        }
    }
    return TRUE;
}

static char *run_script(const Asking *asking, const Question *question, gboolean blame,
                        GError **error)
{
    const RecipientsQuery *query = asking->query;
    const char *of_patch[] = {"--git-min-percent=20", blame ? "--git-blame" : NULL, NULL};
    const char *of_path[] = {"--git-min-percent=15",
                             query->keywords ? "--keywords" : "--nokeywords",
                             "-f",
                             question->path,
                             blame ? "--git-blame" : NULL,
                             NULL};

    return maintainer_script_ask(query->repo, query->sources, question->patch ? of_patch : of_path,
                                 question->patch, error);
}

/* Whom the tree's script names. NULL: it cannot say. */
static GPtrArray *ask_script(Asking *asking, const Question *question, GError **error)
{
    guint n_min = question->patch ? MIN_OF_PATCH : MIN_OF_PATH;
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) people = NULL;

    if (!asking->query->sources) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    MAINTAINER_SCRIPT " needs a tree that is checked out");
        return NULL;
    }
    text = check_names(question, error) ? run_script(asking, question, FALSE, error) : NULL;
    people = text ? people_of_maintainers(text) : NULL;
    if (people && people->len < n_min && asking->query->repo) {
        g_autofree char *blamed = run_script(asking, question, TRUE, NULL);

        if (blamed) {
            g_ptr_array_unref(people);
            people = people_of_maintainers(blamed);
        }
    }
    asking->found->asked_script |= people != NULL;
    return g_steal_pointer(&people);
}

/* Read the tree's MAINTAINERS, once. */
static gboolean read_maintainers(Asking *asking, GError **error)
{
    g_autoptr(GBytes) text = NULL, mailmap = NULL;

    if (asking->maintainers) {
        return TRUE;
    }
    text = asking->tree.read("MAINTAINERS", &asking->place);
    mailmap = asking->tree.read(".mailmap", &asking->place);
    if (!text) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "the tree has no MAINTAINERS at its top");
        return FALSE;
    }
    asking->maintainers = maintainers_new(text, mailmap, &asking->tree);
    return TRUE;
}

/* Whom the tree's MAINTAINERS names. NULL: there is none. */
static GPtrArray *ask_maintainers(Asking *asking, const Question *question, GError **error)
{
    g_autofree char *text = NULL;

    if (!read_maintainers(asking, error)) {
        return NULL;
    }
    text = question->patch
               ? maintainers_of_patch(asking->maintainers, question->patch)
               : maintainers_of_file(asking->maintainers, question->path, asking->query->keywords);
    asking->found->asked_file = TRUE;
    return people_of_maintainers(text);
}

/* Whom the tree names: array of Recipient, empty when it cannot say and need not. */
static GPtrArray *ask_tree(Asking *asking, const Question *question, GError **error)
{
    RecipientsBy by = asking->query->by;
    g_autoptr(GError) failure = NULL;
    GPtrArray *people = NULL;

    if (by != RECIPIENTS_BY_FILE) {
        people = ask_script(asking, question, by == RECIPIENTS_BY_SCRIPT ? error : &failure);
        if (people || by == RECIPIENTS_BY_SCRIPT) {
            return people;
        }
        g_free(asking->found->script_failure);
        asking->found->script_failure = g_strdup(failure->message);
    }
    people = ask_maintainers(asking, question, by == RECIPIENTS_BY_FILE ? error : NULL);
    return people || by == RECIPIENTS_BY_FILE ? people : people_of_maintainers("");
}

/* --- The questions --------------------------------------------------------------------------- */

static gboolean ask_for_commit(Asking *asking, GError **error)
{
    const Repo *repo = asking->query->repo;
    g_autoptr(CommitInfo) info = repo_commit_info(repo, asking->query->commit, error);
    g_autofree char *patch = NULL;
    g_autoptr(GPtrArray) people = NULL;

    if (!info) {
        return FALSE;
    }
    add_author_and_trailers(asking, info);
    if (asking->found->people->len > FEW_PEOPLE) {
        return TRUE;
    }
    /* As `git show`, but plumbing reads none of diff.noprefix, diff.mnemonicPrefix, diff.orderFile,
     * diff.context, ...: the script needs "+++ b/FILE". */
    patch = git_ask(git_place(repo),
                    GIT("diff-tree", "--pretty=email", "--patch", "--cc", "--root", "--always",
                        "--find-renames", "--no-notes", "--no-ext-diff", "--no-textconv", info->id),
                    NULL);
    /* A partial clone that cannot get it, or a change of nearly everything, which is an import and
     * no bug: the trailers have to do. */
    if (!patch || strlen(patch) > N_PATCH_MAX) {
        return TRUE;
    }
    people = ask_tree(asking, &(Question){.patch = patch}, error);
    if (people) {
        add_of_commit(asking, people);
    }
    return people != NULL;
}

/* @file as a path below the top of the tree, a folder's with '/' at its end; NULL when it is not
 * there. Owned by the caller. */
static char *path_in_tree(const Asking *asking, const char *file, GError **error)
{
    const char *sources = asking->query->sources;
    g_autofree char *clean = g_canonicalize_filename(file, "/");
    g_autofree char *top = sources ? g_canonicalize_filename(sources, NULL) : NULL;
    const char *path = clean + 1;
    TreeEntry entry;

    if (g_path_is_absolute(file) && top && g_str_has_prefix(clean, top) &&
        clean[strlen(top)] == '/') {
        path = clean + strlen(top) + 1;
    }
    entry = *path ? tree_entry(&asking->place, path) : TREE_NOTHING;
    if (entry == TREE_NOTHING) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s is not in the tree %s%s", file,
                    sources ? "" : "of ", sources ? sources : asking->place.commit);
        return NULL;
    }
    return g_strconcat(path, entry == TREE_FOLDER ? "/" : "", NULL);
}

static gboolean ask_for_file(Asking *asking, const char *file, GError **error)
{
    g_autofree char *path = path_in_tree(asking, file, error);
    g_autoptr(GPtrArray) people = path ? ask_tree(asking, &(Question){.path = path}, error) : NULL;

    if (people) {
        add_of_file(asking, people);
    }
    return people != NULL;
}

Recipients *repo_recipients(const RecipientsQuery *query, GError **error)
{
    g_auto(Asking) asking = {.query = query};

    asking.place =
        (TreePlace){.repo = query->repo, .sources = query->sources, .commit = query->tree};
    asking.tree = tree_at(&asking.place);
    asking.found = g_new0(Recipients, 1);
    asking.found->people = g_ptr_array_new_with_free_func((GDestroyNotify)recipient_free);
    asking.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (query->commit && !ask_for_commit(&asking, error)) {
        return NULL;
    }
    for (const char *const *file = query->files; file && *file; file++) {
        if (!ask_for_file(&asking, *file, error)) {
            return NULL;
        }
    }
    g_ptr_array_sort(asking.found->people, recipient_compare);
    return g_steal_pointer(&asking.found);
}
