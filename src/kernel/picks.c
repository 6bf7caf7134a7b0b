/* SPDX-License-Identifier: Apache-2.0
 * A fix is wanted by a revision that contains the commit that broke it and none of the fix's title.
 * Both are asked by id and by title, since the same change has another id in each stable tree.
 *
 * What the start crashes with, it crashes with as it is: a fix of something that is seen when a
 * kernel runs, and that the start lacks, may be the fix of the very bug, and hide it from the
 * search. So such a one is not picked at all.
 */
#include "kernel/picks.h"

#include "kernel/choice.h"

/* A title has a commit in mainline and others in stable trees; one of them may apply where the
 * others do not. */
#define MAX_CANDIDATES 4

struct Picks {
    const Repo *repo;
    GPtrArray *backports; /* of Backport */
    char *start;
    Titles *titles; /* NULL: not read yet */
};

void picks_free(Picks *picks)
{
    if (!picks) {
        return;
    }
    g_ptr_array_unref(picks->backports);
    g_clear_pointer(&picks->titles, titles_free);
    g_free(picks->start);
    g_free(picks);
}

Picks *picks_new(const Repo *repo, const GPtrArray *backports, const char *start)
{
    Picks *picks = g_new0(Picks, 1);

    picks->repo = repo;
    picks->backports = g_ptr_array_new_with_free_func((GDestroyNotify)backport_free);
    picks->start = g_strdup(start);
    for (guint i = 0; backports && i < backports->len; i++) {
        picks_add(picks, backports->pdata[i]);
    }
    return picks;
}

void picks_add(Picks *picks, const Backport *backport)
{
    g_ptr_array_add(picks->backports, backport_copy(backport));
}

void picked_clear(Picked *picked)
{
    g_clear_pointer(&picked->commit, g_free);
    g_clear_pointer(&picked->patches, g_strfreev);
    g_clear_pointer(&picked->unpatched, g_strfreev);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Picked, picked_clear)

/* --- Wanted ---------------------------------------------------------------------------------- */

/* Have the titles of all that @revision contains. One that no ref and not the start leads to is
 * read for with the rest. */
static gboolean know(Picks *picks, const char *revision, GError **error)
{
    if (picks->titles && titles_know(picks->titles, revision)) {
        return TRUE;
    }
    const char *tips[] = {revision, picks->start, NULL};
    g_clear_pointer(&picks->titles, titles_free);
    picks->titles = repo_read_titles(picks->repo, tips, error);
    return picks->titles != NULL;
}

static gboolean is_broken(Titles *titles, const Backport *backport, const char *revision)
{
    if (!backport->breaks && !backport->breaks_title) {
        return !backport->sound || !titles_contain_id(titles, backport->sound, revision);
    }
    return (backport->breaks && titles_contain_id(titles, revision, backport->breaks)) ||
           (backport->breaks_title && titles_contain(titles, revision, backport->breaks_title));
}

static gboolean lacks(Titles *titles, const Backport *backport, const char *revision)
{
    return is_broken(titles, backport, revision) &&
           !titles_contain(titles, revision, backport->title) &&
           !(backport->commit && titles_contain_id(titles, revision, backport->commit));
}

static gboolean is_wanted(const Picks *picks, const Backport *backport, const char *revision,
                          Version version)
{
    return backport_fits(backport, version) && lacks(picks->titles, backport, revision) &&
           !(backport->seen_at_run && picks->start && lacks(picks->titles, backport, picks->start));
}

/* --- Picked ---------------------------------------------------------------------------------- */

/* The commits that are the fix: that of the id first. */
static char **candidates_of(const Picks *picks, const Backport *backport)
{
    g_auto(GStrv) titled = titles_find(picks->titles, backport->title);
    g_autofree char *named =
        backport->commit ? repo_resolve(picks->repo, backport->commit, NULL) : NULL;
    g_autoptr(GStrvBuilder) ids = g_strv_builder_new();
    guint n = 0;

    if (named) {
        g_strv_builder_add(ids, named);
        n++;
    }
    for (char **id = titled; *id && n < MAX_CANDIDATES; id++) {
        if (g_strcmp0(*id, named) != 0) {
            g_strv_builder_add(ids, *id);
            n++;
        }
    }
    return g_strv_builder_end(ids);
}

/* What becomes of one revision. */
typedef struct Picking {
    Picks *picks;
    const char *const *except;
    char *commit; /* so far */
    GStrvBuilder *patches, *unpatched;
    GPtrArray *missing; /* of const char *: titles that the repository does not have */
} Picking;

static void say_unpatched(Picking *picking, const Backport *backport, const char *why)
{
    g_autofree char *line =
        g_strdup_printf("the fix \"%s\" is wanted, but %s", backport->title, why);

    g_strv_builder_add(picking->unpatched, line);
}

/* Put @fix on top. *ret_conflict is set where it does not apply. A fix that changes nothing is in
 * already, under another title or in a part of the history that is not here. */
static gboolean put_on_top(Picking *picking, const Backport *backport, const char *fix,
                           char **ret_conflict, GError **error)
{
    const Repo *repo = picking->picks->repo;
    const char *fixes[] = {fix, NULL};
    g_autofree char *patched = NULL, *before = NULL, *after = NULL, *line = NULL;

    if (!repo_patch(repo, picking->commit, NULL, fixes, &patched, ret_conflict, error)) {
        return FALSE;
    }
    if (*ret_conflict) {
        return TRUE;
    }
    before = repo_tree_id(repo, picking->commit, error);
    after = before ? repo_tree_id(repo, patched, error) : NULL;
    if (after && !g_str_equal(before, after)) {
        line = g_strdup_printf("%.12s (\"%s\"): %s", fix, backport->title, backport->reason);
        g_strv_builder_add(picking->patches, line);
        g_free(picking->commit);
        picking->commit = g_steal_pointer(&patched);
    }
    return after != NULL;
}

static gboolean pick(Picking *picking, const Backport *backport, GError **error)
{
    g_auto(GStrv) candidates = candidates_of(picking->picks, backport);
    g_autofree char *first_conflict = NULL;

    if (!candidates[0]) {
        g_ptr_array_add(picking->missing, backport->title);
        return TRUE;
    }
    for (char **fix = candidates; *fix; fix++) {
        g_autofree char *conflict = NULL;

        if (g_strv_contains(picking->except, *fix)) {
            return TRUE;
        }
        if (!put_on_top(picking, backport, *fix, &conflict, error)) {
            return FALSE;
        }
        if (!conflict) {
            return TRUE;
        }
        if (!first_conflict) {
            first_conflict = g_steal_pointer(&conflict);
        }
    }
    say_unpatched(picking, backport, first_conflict);
    return TRUE;
}

/* In one line: a small history has none of them. */
static void say_missing(Picking *picking)
{
    const GPtrArray *missing = picking->missing;
    g_autoptr(GString) line = g_string_new(missing->len > 1 ? "the fixes " : "the fix ");

    for (guint i = 0; i < missing->len; i++) {
        g_string_append_printf(line, "%s\"%s\"",
                               i == 0                  ? ""
                               : i + 1 == missing->len ? " and "
                                                       : ", ",
                               (const char *)missing->pdata[i]);
    }
    g_string_append(line, missing->len > 1
                              ? " are wanted, but the repository does not have them: fetch them"
                              : " is wanted, but the repository does not have it: fetch it");
    if (missing->len) {
        g_strv_builder_add(picking->unpatched, line->str);
    }
}

static gboolean pick_all(Picking *picking, const char *revision, GError **error)
{
    const GPtrArray *backports = picking->picks->backports;
    Version version;

    if (!choice_version(picking->picks->repo, revision, &version, error)) {
        return FALSE;
    }
    for (guint i = 0; i < backports->len; i++) {
        if (is_wanted(picking->picks, backports->pdata[i], revision, version) &&
            !pick(picking, backports->pdata[i], error)) {
            return FALSE;
        }
    }
    say_missing(picking);
    return TRUE;
}

gboolean picks_apply(Picks *picks, const char *revision, const char *commit,
                     const char *const *except, Picked *ret_picked, GError **error)
{
    g_autoptr(GStrvBuilder) patches = g_strv_builder_new(), unpatched = g_strv_builder_new();
    g_autoptr(GPtrArray) missing = g_ptr_array_new();
    Picking picking = {picks, except, g_strdup(commit), patches, unpatched, missing};

    if (picks->backports->len &&
        (!know(picks, revision, error) || !pick_all(&picking, revision, error))) {
        g_free(picking.commit);
        return FALSE;
    }
    *ret_picked =
        (Picked){picking.commit, g_strv_builder_end(patches), g_strv_builder_end(unpatched)};
    return TRUE;
}
