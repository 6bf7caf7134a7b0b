/* SPDX-License-Identifier: Apache-2.0
 * The ends of a job's range before any work: are they there, and how do they lie to each other?
 */
#include "job/private.h"

static gboolean resolve(const Repo *repo, char **revision, const char *option, GError **error)
{
    char *id = repo_resolve(repo, *revision, error);

    if (!id) {
        g_prefix_error(error, "%s: ", option);
        return FALSE;
    }
    g_free(*revision);
    *revision = id;
    return TRUE;
}

/* Do @a and @b have a common ancestor? @option names the one that is wrong if not. */
static gboolean check_related(const Repo *repo, const char *a, const char *b, const char *option,
                              const char *other, GError **error)
{
    g_auto(GStrv) bases = repo_merge_bases(repo, a, b, error);

    return bases &&
           (bases[0] || job_invalid(error, "%s: %.12s and %s share no history%s", option, a, other,
                                    repo_is_shallow(repo)
                                        ? " (the repository is shallow: git fetch --unshallow)"
                                        : ""));
}

/* A good end need not be behind the start (of a fix: ahead of it): their merge bases stand for it.
 */
static gboolean check_good(const Repo *repo, const JobSpec *spec, GError **error)
{
    gboolean is_run = job_spec_is_run(spec);
    const char *start_option = is_run ? "--bad" : "--start";
    const char *older = spec->fix ? spec->start : spec->good,
               *newer = spec->fix ? spec->good : spec->start;
    gboolean behind;

    if (g_str_equal(spec->good, spec->start)) {
        return job_invalid(error, "--good: is the same commit as %s", start_option);
    }
    if (!repo_is_ancestor(repo, newer, older, &behind, error)) {
        return FALSE;
    }
    if (behind && spec->fix) {
        return job_invalid(
            error,
            "--good: is older than %s: what is searched is where the bug was mended; "
            "where it came in is for %s",
            start_option, is_run ? "'firstbad run' without --fix" : "'firstbad cause'");
    }
    if (behind) {
        return job_invalid(
            error,
            "--good: is newer than %s: are they the wrong way round? (what is searched "
            "is where a bug came in; where it was mended is for 'firstbad %s')",
            start_option, is_run ? "run --fix" : "fix");
    }
    return check_related(repo, spec->good, spec->start, "--good", start_option, error);
}

/* What brought the bug, as far as that is known: the start has it. */
static gboolean check_culprit(const Repo *repo, JobSpec *spec, GError **error)
{
    gboolean behind;

    if (!spec->culprit) {
        return TRUE;
    }
    if (!spec->fix) {
        return job_invalid(error, "--culprit: is for the search of a fix");
    }
    if (!resolve(repo, &spec->culprit, "--culprit", error) ||
        !repo_is_ancestor(repo, spec->culprit, spec->start, &behind, error)) {
        return FALSE;
    }
    return behind ||
           job_invalid(error,
                       "--culprit: %.12s is not behind the start, which has the bug without it",
                       spec->culprit);
}

static gboolean check_release_options(const JobSpec *spec, GError **error)
{
    static const char *const kinds[] = {"auto", "final", "stable", "rc", NULL};
    ReleaseKind unused;

    if (!g_strv_contains(kinds, spec->releases)) {
        return job_invalid(error, "--releases: '%s' is none of auto, final, stable, rc",
                           spec->releases);
    }
    return !spec->oldest || release_name_parse(spec->oldest, &unused) ||
           job_invalid(error, "--oldest: '%s' is not the name of a release, such as v5.4",
                       spec->oldest);
}

static gboolean check_releases(const Repo *repo, const JobSpec *spec, GError **error)
{
    g_autoptr(GPtrArray) releases = repo_release_tags_behind(repo, spec->start, error);

    if (!releases) {
        return FALSE;
    }
    releases_select(releases, spec->releases, spec->oldest);
    if (releases->len == 0) {
        g_autofree char *flaw = repo_history_flaw(repo);

        return job_invalid(
            error,
            "--good: there is no release tag (vX.Y) behind the start%s%s: fetch the tags, or name "
            "a revision that does not crash%s%s%s",
            spec->oldest ? " and not behind --oldest " : "", spec->oldest ? spec->oldest : "",
            flaw ? " (" : "", flaw ? flaw : "", flaw ? ")" : "");
    }
    return TRUE;
}

/* Where a commit that was rewritten may be. */
static const char *tip_of(const JobSpec *spec)
{
    return spec->fix ? spec->good : "HEAD";
}

/* Take the one of @found for the start, and remember to say so. */
static gboolean take_found(JobSpec *spec, char **found, const char *how, GError **error)
{
    if (g_strv_length(found) > 1) {
        g_autofree char *all = g_strjoinv(" ", found);

        return job_invalid(
            error, "--start: several commits in the history of %s have that title, name one: %s",
            tip_of(spec), all);
    }
    g_free(spec->rewritten);
    spec->rewritten = g_strdup_printf(
        "the start is %.12s, which in the history of %.12s %s%s%s", found[0], tip_of(spec), how,
        spec->start ? " as the one given, " : "", spec->start ? spec->start : "");
    g_free(spec->start);
    spec->start = g_strdup(found[0]);
    return TRUE;
}

/* The start by its title, where its id is not known here. */
static gboolean find_titled(const Repo *repo, JobSpec *spec, GError **error)
{
    g_auto(GStrv) found = NULL;

    if (!repo_find_rewritten(repo, NULL, spec->start_title, tip_of(spec), &found, error)) {
        return FALSE;
    }
    if (!found[0]) {
        return job_invalid(error,
                           "--start-title: no commit of the last five years of %s is called '%s'",
                           tip_of(spec), spec->start_title);
    }
    return take_found(spec, found, "has the same title", error);
}

/* The start of a fix, where it is here but not behind good: with the same title and patch it may be
 * there under another id. If not, or if that is not clear, merge bases have to do. */
static gboolean find_again(const Repo *repo, JobSpec *spec, GError **error)
{
    g_auto(GStrv) found = NULL;
    gboolean behind;

    if (!repo_is_ancestor(repo, spec->start, spec->good, &behind, error)) {
        return FALSE;
    }
    if (behind) {
        return TRUE;
    }
    if (!repo_find_rewritten(repo, spec->start, NULL, spec->good, &found, error)) {
        return FALSE;
    }
    return g_strv_length(found) != 1 ||
           take_found(spec, found, "has the same title and patch", error);
}

static gboolean resolve_start(const Repo *repo, JobSpec *spec, GError **error)
{
    const char *option = job_spec_is_run(spec) ? "--bad" : "--start";
    g_autoptr(GError) unknown = NULL;

    if (spec->start && resolve(repo, &spec->start, option, &unknown)) {
        return !spec->fix || find_again(repo, spec, error);
    }
    if (!spec->start_title) {
        g_propagate_error(error, g_steal_pointer(&unknown));
        return FALSE;
    }
    return find_titled(repo, spec, error);
}

/* A try has no range: the start is only what its revision is compared with. */
static gboolean check_tried(const Repo *repo, JobSpec *spec, GError **error)
{
    if (!resolve(repo, &spec->tried, "REV", error)) {
        return FALSE;
    }
    if (!spec->start) {
        spec->start = g_strdup(spec->tried);
    }
    return resolve(repo, &spec->start, "--start", error);
}

gboolean ends_check(const Repo *repo, JobSpec *spec, GError **error)
{
    if (spec->tried) {
        return check_tried(repo, spec, error);
    }
    if (spec->fix && !spec->good) {
        spec->good = g_strdup("HEAD");
    }
    if ((spec->good && !resolve(repo, &spec->good, "--good", error)) ||
        !resolve_start(repo, spec, error) || !check_culprit(repo, spec, error) ||
        !check_release_options(spec, error)) {
        return FALSE;
    }
    return spec->good ? check_good(repo, spec, error) : check_releases(repo, spec, error);
}

gboolean job_fetch(JobSpec *spec, const char *state_dir, GError **error)
{
    g_autoptr(Repo) repo = NULL;
    g_auto(GStrv) urls = NULL;
    g_autofree char *sum = NULL, *name = NULL, *folder = NULL;

    if (!spec->fetch || !spec->tree) {
        return TRUE;
    }
    repo = repo_open(spec->tree, error);
    if (!repo) {
        g_prefix_error(error, "--tree: ");
        return FALSE;
    }
    urls = g_strsplit(spec->fetch, ";", -1);
    sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, repo_git_dir(repo), -1);
    name = g_strdup_printf("%.12s.git", sum);
    folder = g_build_filename(state_dir, "trees", name, NULL);
    if (!repo_fetch_beside(repo, (const char *const *)urls, folder, error)) {
        g_prefix_error(error, "--fetch: ");
        return FALSE;
    }
    g_free(spec->tree);
    spec->tree = g_steal_pointer(&folder);
    return TRUE;
}
