/* SPDX-License-Identifier: Apache-2.0
 * A git repository through its plumbing. We read the user's repository and add worktrees of our
 * own; his checkout, index, HEAD and branches are never touched. Works on bare, partial and linked
 * repositories.
 */
#pragma once

#include <gio/gio.h>

#include "history/history.h"

typedef struct Repo Repo;

/* @path: a worktree, a .git folder or a bare repository. */
Repo *repo_open(const char *path, GError **error);
/* Let files pass through the filters and merge drivers that the repository's own settings name, as
 * git does: for whoever runs the user's own programs in it anyway. By default only those are run
 * that the user and the machine have set. */
void repo_run_filters(Repo *repo);
void repo_free(Repo *repo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repo, repo_free)

/* The repository's common git folder, absolute. */
const char *repo_git_dir(const Repo *repo);

/* The folders that a git in one of our worktrees has to read, for a sandbox: the common git folder
 * and those it borrows objects from (`git clone --shared`, `--reference`). NULL-terminated, owned
 * by the caller. */
char **repo_git_folders(const Repo *repo);

/* Full commit id of @revision (any name git knows; one that begins with '-' is refused). Errors say
 * what git knows instead (shallow, no such revision). Owned by the caller. */
char *repo_resolve(const Repo *repo, const char *revision, GError **error);

/* Is the commit of that full id here? Nothing is fetched. */
gboolean repo_has_commit(const Repo *repo, const char *id);

/* The tree id of @commit. Owned by the caller. */
char *repo_tree_id(const Repo *repo, const char *commit, GError **error);

/* *ret_yes: is @ancestor the same as or behind @descendant? */
gboolean repo_is_ancestor(const Repo *repo, const char *ancestor, const char *descendant,
                          gboolean *ret_yes, GError **error);

/* How many commits @newer has (itself too) that @older has not, counted up to @most. Both are
 * ids. -1: @error. */
gint64 repo_count_commits(const Repo *repo, const char *older, const char *newer, guint most,
                          GError **error);

/* Merge bases of two commits, all of them. NULL-terminated, owned by the caller; empty when there
 * is none. */
char **repo_merge_bases(const Repo *repo, const char *a, const char *b, GError **error);

/* Is the repository shallow? Then old commits are missing, and messages should say so. */
gboolean repo_is_shallow(const Repo *repo);

/* Fetch from @urls ("URL": all branches, or "URL#REF"; NULL-terminated) into a bare repository of
 * our own at @folder, made when missing. It borrows the objects of @repo, which is only read, and
 * has its refs and HEAD; what was fetched is below refs/remotes/. A partial clone: files come when
 * they are checked out. */
gboolean repo_fetch_beside(const Repo *repo, const char *const *urls, const char *folder,
                           GError **error);

/* A commit that has another id in the history of @tip, by its title there: of those of the last
 * five years. @commit: its old id, where that is here; then only one with the same patch is it.
 * @title: NULL where it is to be taken from @commit. *ret_found: ids, newest first,
 * NULL-terminated, owned by the caller; empty where there is none. */
gboolean repo_find_rewritten(const Repo *repo, const char *commit, const char *title,
                             const char *tip, char ***ret_found, GError **error);

/* What keeps the history of @repo from being the whole and true one, and what to do, as one
 * sentence without a full stop: it is shallow, commits are grafted or replaced. NULL: nothing.
 * Owned by the caller. */
char *repo_history_flaw(const Repo *repo);

/* The range good..bad as a graph. */
typedef struct Range {
    History *history;    /* revision 0 is @good */
    char **commits;      /* id of each revision; commits[0] is @good; n entries and a NULL */
    GHashTable *outside; /* revision -> GPtrArray: ids of all its parents, where some are outside */
    GHashTable *index;   /* id -> GUINT_TO_POINTER(revision) */
} Range;
void range_free(Range *range);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Range, range_free)
/* All commits reachable from @bad and not from @good, oldest first, topologically sorted, @bad
 * last. @good must be an ancestor of @bad. A range that a shallow repository holds only in part is
 * refused. One `git rev-list` call. */
Range *repo_load_range(const Repo *repo, const char *good, const char *bad, GError **error);
/* The same for a @tip that need not be ahead of the ends: all commits reachable from it and from
 * none of @ends (NULL-terminated ids, at least one). Revision 0 stands for all that is behind the
 * ends; commits[0] is the first of them. A range of nothing is refused. */
Range *repo_load_range_beyond(const Repo *repo, const char *const *ends, const char *tip,
                              GError **error);
/* Ids of the parents of @revision, also of those outside the range, for which revision 0 stands in
 * the graph. The strings belong to @range, the array of const char * to the caller. */
GPtrArray *range_parents(const Range *range, guint32 revision);
/* Revision of @commit, or -1. */
gint64 range_find(const Range *range, const char *commit);
/* Does @revision merge, be it from outside the range? There the graph has but one parent. */
gboolean range_is_merge(const Range *range, guint32 revision);

/* A revision of a range and a parent of it outside the range. */
typedef struct RootEdge {
    guint32 revision, root;
} RootEdge;
/* Where a range grows from: the commits outside that are parents of its revisions. */
typedef struct Roots {
    guint n;
    char **commits;       /* ids, parents first; n and a NULL */
    RevisionSet **behind; /* of each, those behind it and itself */
    GArray *edges;        /* of RootEdge, by revision */
    GHashTable *index;    /* id -> GUINT_TO_POINTER(root) */
} Roots;
void roots_free(Roots *roots);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Roots, roots_free)
Roots *repo_range_roots(const Repo *repo, const Range *range, GError **error);
/* Root of that id, or -1. */
gint64 roots_find(const Roots *roots, const char *commit);

/* How a path differs between two trees, of which none comes first: to be new or to be gone is one
 * thing. A file that was renamed is two paths. */
typedef enum PathChange {
    PATH_MODIFIED, /* also by its mode */
    PATH_NEW,      /* only one of them has it */
    PATH_LINK,     /* a link or a submodule, in one of them at least */
} PathChange;

/* Two commits, or two trees: full ids. */
typedef struct TreePair {
    const char *one, *other;
} TreePair;
/* @pair: its number. @path is valid during the call. */
typedef void (*DifferenceFunc)(guint pair, const char *path, PathChange how, gpointer user_data);
/* Tell @func of each path that differs between the trees of each of @pairs, in order. Nothing is
 * fetched: see repo_walk_changes(). */
gboolean repo_walk_differences(const Repo *repo, const TreePair *pairs, guint n_pairs,
                               DifferenceFunc func, gpointer user_data, GError **error);

/* What one revision of a range changes and says. Bytes as git has them; valid during the call. */
typedef struct Change {
    guint32 revision;
    const char *author_name, *author_email;
    const char *message; /* whole */
    guint n_files;
    const char *const *files; /* paths changed; of a file that was renamed, both */
    const PathChange *how;    /* of each */
    guint n_fixed, n_reverted;
    const guint32 *fixed;    /* earlier revisions of the range that its "Fixes:" lines name */
    const guint32 *reverted; /* and "This reverts commit" */
} Change;
typedef void (*ChangeFunc)(const Change *change, gpointer user_data);
/* Tell @func of each revision but 0 and those that merge, in order. Nothing is fetched: where a
 * partial clone lacks trees it is an error, which may come after @func was told of some. */
gboolean repo_walk_changes(const Repo *repo, const Range *range, ChangeFunc func,
                           gpointer user_data, GError **error);
/* Ids of the commits that @name names: "REV", or "REV1..REV2", those behind the second and not
 * behind the first. A set of strings, owned by the caller. */
GHashTable *repo_commits_of(const Repo *repo, const char *name, GError **error);

/* What a change consists of, seen from a kernel for x86, which is what our guests run. */
typedef enum ChangePart {
    CHANGE_CODE = 1 << 0,
    CHANGE_CONFIG = 1 << 1,   /* Kconfig, defconfigs: what can be on, and is */
    CHANGE_COMMENTS = 1 << 2, /* comments and blanks of C sources */
    CHANGE_DOCUMENTATION = 1 << 3,
    CHANGE_OTHER_ARCH = 1 << 4,
    CHANGE_TESTS = 1 << 5,   /* tests, and tools that no build needs */
    CHANGE_RELEASE = 1 << 6, /* the version in the Makefile at the top */
} ChangePart;
/* What no kernel for x86 can differ by. */
#define CHANGE_PARTS_OUTSIDE (CHANGE_DOCUMENTATION | CHANGE_OTHER_ARCH | CHANGE_TESTS)
/* By the path alone: CHANGE_CODE where it says nothing. */
ChangePart change_part_of_path(const char *path);
/* All parts of @commit against its first parent, or'ed; 0: it changes nothing. Once some of it is
 * code, it is not looked for comments any more. *ret_sources: the files that may be code, by their
 * paths; NULL-terminated, owned by the caller. */
gboolean repo_change_parts(const Repo *repo, const char *commit, guint *ret_parts,
                           char ***ret_sources, GError **error);
/* "comments and documentation", for people. Owned by the caller. */
char *change_parts_name(guint parts);
/* @text, @n bytes of C, as a compiler takes it: two sources that differ in comments and blanks only
 * give the same. Any bytes will do. Owned by the caller. */
char *change_strip_comments(const char *text, gsize n);

typedef enum ReleaseKind {
    RELEASE_FINAL,  /* v6.1, v2.6.32 */
    RELEASE_STABLE, /* v6.1.187, v2.6.32.5 */
    RELEASE_RC,     /* v6.2-rc1 */
} ReleaseKind;

/* A release tag behind a commit. */
typedef struct ReleaseTag {
    char *name;   /* "v6.1.187" */
    char *commit; /* peeled */
    ReleaseKind kind;
} ReleaseTag;
void release_tag_free(ReleaseTag *tag);
/* Release tags that are strict ancestors of @commit, newest version first. Array of ReleaseTag,
 * owned by the caller. */
GPtrArray *repo_release_tags_behind(const Repo *repo, const char *commit, GError **error);
/* Comparison of version tags, newest first, for g_ptr_array_sort(): -1 when @a is newer. By
 * numbers: v6.1.9 is older than v6.1.10; v6.1-rc8 is older than v6.1. */
int release_name_compare(const char *a, const char *b);
/* Is @name that of a release, and of which kind? */
gboolean release_name_parse(const char *name, ReleaseKind *ret_kind);

/* What is said of a commit. */
typedef struct CommitInfo {
    char *id, *subject;
    char *author_name, *author_email;
    gint64 author_time; /* seconds since the epoch */
    char **parents;     /* ids */
    char **files;  /* paths changed (of a merge: those that differ from all parents, so none when
                      it merely joins) */
    char *message; /* whole, trailing newline trimmed */
    char **trailer_emails; /* of Signed-off-by, Reviewed-by, Acked-by, Tested-by (also
                              Reported-and-tested-by): as written, without duplicates and without
                              stable lists */
} CommitInfo;
void commit_info_free(CommitInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CommitInfo, commit_info_free)
CommitInfo *repo_commit_info(const Repo *repo, const char *commit, GError **error);
/* The newest @n_most commits behind @commit, itself included, that changed one of @files; merges
 * are not asked. NULL-terminated, owned by the caller. */
char **repo_last_changes(const Repo *repo, const char *commit, const char *const *files,
                         guint n_most, GError **error);
/* First line of @commit's message. Owned by the caller. */
char *repo_subject(const Repo *repo, const char *commit, GError **error);
/* The same of many commits, all different, by their full ids (NULL-terminated), in that order: one
 * git for all. NULL-terminated, owned by the caller. */
char **repo_subjects(const Repo *repo, const char *const *ids, GError **error);
/* Id, author, date, message and diffstat of @commit: what `git bisect` prints after "is the first
 * bad commit". Without a last newline, owned by the caller. */
char *repo_show_stat(const Repo *repo, const char *commit, GError **error);
/* What @commit changes, as `git show` has it: of a merge what differs from all parents. What is
 * behind the first @most_bytes is left out, from a whole line on, and a line says so. UTF-8, owned
 * by the caller. */
char *repo_show_diff(const Repo *repo, const char *commit, gsize most_bytes, GError **error);
/* *ret_yes: has @tree (a commit or a tree) something at @path, a file, a folder or a link? */
gboolean repo_has_path(const Repo *repo, const char *tree, const char *path, gboolean *ret_yes,
                       GError **error);
/* *ret_yes: do the trees @one and @other differ in paths that match one of @pathspecs
 * ("*Kconfig*", "scripts"; NULL-terminated)? */
gboolean repo_differ(const Repo *repo, const char *one, const char *other,
                     const char *const *pathspecs, gboolean *ret_yes, GError **error);
/* Paths of @commit that match @pathspec ("*Kconfig*") and have a line that matches the extended
 * regular expression @regex. NULL-terminated, owned by the caller. */
char **repo_find_lines(const Repo *repo, const char *commit, const char *regex,
                       const char *pathspec, GError **error);
/* One file of @commit. Owned by the caller. */
GBytes *repo_read_file(const Repo *repo, const char *commit, const char *path, GError **error);

/* A person or list that should hear of a crash. */
typedef struct Recipient {
    char *name; /* may be empty */
    char *address;
    gboolean to; /* else cc */
} Recipient;

/* Who in a tree knows who they are. */
typedef enum RecipientsBy {
    RECIPIENTS_BY_ANY,    /* the script, or where it cannot say, MAINTAINERS */
    RECIPIENTS_BY_SCRIPT, /* the tree's own scripts/get_maintainer.pl */
    RECIPIENTS_BY_FILE    /* MAINTAINERS, read by ourselves */
} RecipientsBy;

/* What is asked. A culprit's author and those who answered for it in its trailers come first; when
 * those are two or fewer, who the tree names for its patch, too; then who it names for each of the
 * files. Rules: specs/crash-report.md, section 11. */
typedef struct RecipientsQuery {
    const Repo *repo;         /* of the tree; NULL: it is none of git's */
    const char *sources;      /* folder with the tree; NULL: its objects are read from @repo */
    const char *tree;         /* without @sources: the commit whose tree it is */
    const char *commit;       /* the culprit, or NULL */
    const char *const *files; /* to blame, below the top of the tree, NULL-terminated; or NULL */
    RecipientsBy by;
    gboolean keywords; /* also those who ask for files with certain words (K: of MAINTAINERS) */
} RecipientsQuery;

typedef struct Recipients {
    GPtrArray *people;     /* of Recipient, sorted by address; each once, unless the tree names one
                              under two names for the same file, as to and as cc */
    gboolean asked_script; /* the tree's script has said who */
    gboolean asked_file;   /* MAINTAINERS has */
    char *script_failure;  /* why the script has not, where it was to; or NULL */
} Recipients;
void recipients_free(Recipients *recipients);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recipients, recipients_free)

/* A tree that cannot say who is no error, with RECIPIENTS_BY_ANY: what the trailers give has to do.
 * A file that is not there is G_IO_ERROR_NOT_FOUND. */
Recipients *repo_recipients(const RecipientsQuery *query, GError **error);
/* Addresses of those @recipients that are to, or that are only cc. NULL-terminated, owned by the
 * caller. */
char **recipients_addresses(const Recipients *recipients, gboolean to);

/* The titles (first lines of messages) of a history, and which commit contains which: one change
 * has another id in each tree, but one title. */
typedef struct Titles Titles;
/* Of all that any ref or any of @tips (ids, NULL-terminated) leads to; what a shallow history does
 * not hold is in none. One `git log`: some twenty seconds for 1,000,000 commits. */
Titles *repo_read_titles(const Repo *repo, const char *const *tips, GError **error);
void titles_free(Titles *titles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Titles, titles_free)
/* Is @commit (an id) among those read? */
gboolean titles_know(const Titles *titles, const char *commit);
/* Is there a commit called @title, or the one of @id (or its beginning), in @revision's history, it
 * included? Milliseconds for a new revision, nothing for the same one again. */
gboolean titles_contain(Titles *titles, const char *revision, const char *title);
gboolean titles_contain_id(Titles *titles, const char *revision, const char *id);
/* The commits called @title, newest first. NULL-terminated, owned by the caller. */
char **titles_find(const Titles *titles, const char *title);

/* What a revision fails by, for repo_find_mends(). */
typedef struct MendQuery {
    const char *failing;      /* the revision (ids here) */
    const char *sound;        /* an older one, contained in it, that does not fail so; or NULL */
    const char *tip;          /* a later one that does not, which contains it; NULL: any ref */
    const char *file;         /* that the error names, or NULL */
    const char *const *words; /* names in it, NULL-terminated */
    guint max_candidates;
} MendQuery;
typedef struct MendCandidate {
    char *commit, *title;
    char *breaks; /* the commit that it mends, where it says so; or NULL */
    char *why;    /* for people: what speaks for it */
    double points;
    guint age; /* among the others: more is older */
} MendCandidate;
void mend_candidate_free(MendCandidate *candidate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendCandidate, mend_candidate_free)
/* Commits between failing and tip that may mend it, most probable first: by whom their "Fixes:"
 * names, what they take back, touch and speak of. Nothing is fetched. Array of MendCandidate, maybe
 * empty, owned by the caller. */
GPtrArray *repo_find_mends(const Repo *repo, const MendQuery *query, GError **error);

/* @commit with the changes of other commits taken back (@reverts) and added (@picks), in this
 * order; both NULL-terminated, or NULL. *ret_patched is a commit of the same tree wherever it is
 * made, on top of @commit; no ref names it, so git may throw it away one day, and it can be made
 * again. Of a merge the changes are those to its first parent. Where one does not apply
 * *ret_patched is NULL, and *ret_conflict says which and where, for people. Nothing but the object
 * store is written. */
gboolean repo_patch(const Repo *repo, const char *commit, const char *const *reverts,
                    const char *const *picks, char **ret_patched, char **ret_conflict,
                    GError **error);

/* A folder of this name at the top of a worktree belongs to the caller (build output): never
 * cleaned away. Below the sources, so that compilers see them as "../". */
#define REPO_WORKTREE_SCRATCH ".firstbad"

/* A worktree of our own at @path, detached; made when missing, mended when half-made. Safe after
 * kill -9. A folder with other things in it, or another repository's worktree, is refused. What a
 * killed `git worktree add` left in the repository (of whoever) is removed: git falls over it. */
gboolean repo_worktree_prepare(const Repo *repo, const char *path, GError **error);
/* Check @commit out in it; files that do not differ keep their time stamps; changed ones are put
 * back. Files that git does not know are left, but for those of a switch that was killed. */
gboolean repo_worktree_switch(const Repo *repo, const char *path, const char *commit,
                              GError **error);
/* The same in the default main context: a kernel's checkout takes seconds. */
void repo_worktree_switch_async(const Repo *repo, const char *path, const char *commit,
                                GCancellable *cancellable, GAsyncReadyCallback done,
                                gpointer user_data);
gboolean repo_worktree_switch_finish(GAsyncResult *res, GError **error);
/* The commit that was checked out in it last, owned by the caller; NULL when none was. */
char *repo_worktree_commit(const char *path);
/* So many files differ between two commits; -1 where git cannot say. */
gint64 repo_count_changed(const Repo *repo, const char *a, const char *b);
/* Take it away, with all that is in it. Nothing there is no error. */
gboolean repo_worktree_remove(const Repo *repo, const char *path, GError **error);
