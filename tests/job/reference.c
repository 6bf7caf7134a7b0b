/* SPDX-License-Identifier: Apache-2.0
 * The reference's bisection. Section numbers are those of shared/specs/syzkaller-bisection.md.
 */
#include "reference.h"

#include <math.h>
#include <string.h>

#include "process/process.h"
#include "sim/rules.h"

/* 1.4, 1.5 */
#define RUNS            10
#define RUNS_WHEN_FLAKY 20 /* and of the start */
#define FLAKY_BELOW     0.5
#define BELIEVED_FROM   0.66
/* 1.3: this release and older ones are not tried. */
#define TOO_OLD "v4.18"

typedef struct Reference {
    const ReferenceJob *job;
    char *tree; /* a clone, where git may bisect */
    ReferenceAnswer *answer;
    GHashTable *verdicts;   /* commit -> GitVerdict + 1 */
    GHashTable *signatures; /* commit -> of its kernel; "" where it does not build */
    gboolean is_flaky;
    double crash_rate, confidence;
} Reference;

void reference_answer_free(ReferenceAnswer *answer)
{
    if (answer) {
        g_free(answer->commit);
        g_free(answer->why);
        g_free(answer);
    }
}

/* --- git ------------------------------------------------------------------------------------- */

/* *ret_status NULL: it must succeed. What it prints, owned by the caller. */
static char *run_git(const Reference *reference, const char *const *arguments, int *ret_status)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(ProcessResult) result = NULL;
    ProcessSpec spec;

    g_ptr_array_add(argv, (gpointer) "git");
    g_ptr_array_add(argv, (gpointer) "-C");
    g_ptr_array_add(argv, reference->tree);
    for (; *arguments; arguments++) {
        g_ptr_array_add(argv, (gpointer)*arguments);
    }
    g_ptr_array_add(argv, NULL);
    spec = (ProcessSpec){.argv = (const char *const *)argv->pdata};
    g_assert_true(process_run(&spec, &result, NULL));
    if (ret_status) {
        *ret_status = result->exit_status;
    } else if (!process_succeeded(result)) {
        g_error("git %s: %s", (const char *)argv->pdata[3], result->err);
    }
    return g_strchomp(g_strdup(result->out));
}

#define GIT(reference, ...) run_git(reference, (const char *const[]){__VA_ARGS__, NULL}, NULL)

/* Lines of what git prints. */
static char **split(char *text)
{
    char **lines = *text ? g_strsplit(text, "\n", -1) : g_new0(char *, 1);

    g_free(text);
    return lines;
}

static gboolean is_ancestor(const Reference *reference, const char *old, const char *new)
{
    int status;

    g_free(run_git(reference, (const char *const[]){"merge-base", "--is-ancestor", old, new, NULL},
                   &status));
    return status == 0;
}

/* --- A test (1.4) ---------------------------------------------------------------------------- */

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static GAsyncResult *wait_for(GAsyncResult **res)
{
    while (!*res) {
        g_main_context_iteration(NULL, TRUE);
    }
    return *res;
}

static Kernel *build(Farm *farm, const char *name)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    Kernel *kernel = NULL;

    farm->ops->build_async(farm, name, NULL, keep_result, &res);
    farm->ops->build_finish(farm, wait_for(&res), &kernel, &error);
    g_assert_no_error(error);
    return kernel;
}

/* It looks at no name of a crash, and knows of no reproducer that says it could not try. */
static void run(Farm *farm, const char *name, const Kernel *kernel, guint n_runs, Runs *runs)
{
    for (guint i = 0; i < n_runs; i++) {
        g_autoptr(GAsyncResult) res = NULL;
        g_autoptr(Outcome) outcome = NULL;
        g_autoptr(GError) error = NULL;

        farm->ops->trial_async(farm, name, kernel, NULL, keep_result, &res);
        farm->ops->trial_finish(farm, wait_for(&res), &outcome, &error);
        g_assert_no_error(error);
        switch (outcome->kind) {
        case OUTCOME_OK:
        case OUTCOME_UNREACHED:
            runs->n_ok++;
            break;
        case OUTCOME_CRASH:
            runs->n_crashed++;
            break;
        case OUTCOME_BOOT_FAILED:
        case OUTCOME_BASIC_FAILED:
            runs->n_broken++;
            break;
        case OUTCOME_INFRA:
            runs->n_infra++;
            break;
        }
    }
}

/* Good verdicts are doubted (1.5), bad ones never. */
static void learn(Reference *reference, const Runs *runs, gboolean is_step, GitVerdict verdict)
{
    double share = rules_crash_share(runs), rate = reference->crash_rate;

    if (verdict == GIT_BAD) {
        reference->is_flaky |= share < FLAKY_BELOW;
        reference->crash_rate = is_step ? MIN(rate, (rate + share) / 2) : share;
    } else if (verdict == GIT_GOOD && is_step) {
        reference->confidence *= 1 - pow(1 - rate, runs->n_ok);
    }
}

static char *name_of(const Reference *reference, const char *commit)
{
    const char *suffix = reference->job->suffix;

    return g_strconcat(commit, suffix ? suffix : "", NULL);
}

/* The signature of @commit's kernel, "" where it does not build. */
static const char *signature_of(Reference *reference, const char *commit, Kernel **ret_kernel)
{
    g_autofree char *name = name_of(reference, commit);
    g_autoptr(Kernel) kernel = build(reference->job->farm, name);
    gboolean is_built = kernel->status == KERNEL_BUILT;
    char *signature = g_strdup(!is_built ? "" : kernel->signature ? kernel->signature : commit);

    reference->answer->n_builds++;
    g_hash_table_insert(reference->signatures, g_strdup(commit), signature);
    if (ret_kernel) {
        *ret_kernel = g_steal_pointer(&kernel);
    }
    return signature;
}

static GitVerdict test_anew(Reference *reference, const char *commit, gboolean is_step)
{
    gboolean is_first = g_hash_table_size(reference->verdicts) == 0;
    guint n_runs = is_first || reference->is_flaky ? RUNS_WHEN_FLAKY : RUNS;
    g_autofree char *name = name_of(reference, commit);
    g_autoptr(Kernel) kernel = NULL;
    GitVerdict verdict = GIT_SKIP;
    Runs runs = {0};

    if (!*signature_of(reference, commit, &kernel)) {
        return GIT_SKIP;
    }
    run(reference->job->farm, name, kernel, n_runs, &runs);
    reference->answer->n_trials += n_runs;
    g_assert_true(rules_syzkaller(&runs, reference->is_flaky, &verdict));
    learn(reference, &runs, is_step, verdict);
    return verdict;
}

/* What was tested before is known. */
static GitVerdict test(Reference *reference, const char *commit, gboolean is_step)
{
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(reference->verdicts, commit));

    if (!known) {
        known = test_anew(reference, commit, is_step) + 1;
        g_hash_table_insert(reference->verdicts, g_strdup(commit), GUINT_TO_POINTER(known));
    }
    return (GitVerdict)(known - 1);
}

/* --- The config (1.6) ------------------------------------------------------------------------ */

/* Runs that may be spent on it. */
#define MOST_RUNS 5
/* Chunks at first. */
#define N_CHUNKS 3
/* A config with which it crashes more rarely than this, and than before, is not taken. */
#define RARELY (1.0 / 3)

/* Put @options (of char *) into a config but those from @from to @to; its "@ID". */
static char *write_config(const Farm *farm, const GPtrArray *options, guint from, guint to)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *id = NULL, *path = NULL;

    for (guint i = 0; i < options->len; i++) {
        if (i < from || i >= to) {
            g_string_append_printf(text, "%s\n", (char *)options->pdata[i]);
        }
    }
    id = g_compute_checksum_for_string(G_CHECKSUM_SHA1, text->str, -1);
    path = g_build_filename(farm->config_dir, id, NULL);
    g_mkdir_with_parents(farm->config_dir, 0700);
    g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
    return g_strconcat("@", id, NULL);
}

/* Does @start crash with the config @suffix? *ret_share: of its runs. */
static gboolean crashes_with(Farm *farm, const char *start, const char *suffix, double *ret_share)
{
    g_autofree char *name = g_strconcat(start, suffix, NULL);
    g_autoptr(Kernel) kernel = build(farm, name);
    GitVerdict verdict = GIT_SKIP;
    Runs runs = {0};

    if (kernel->status == KERNEL_BUILT) {
        run(farm, name, kernel, RUNS, &runs);
        g_assert_true(rules_syzkaller(&runs, FALSE, &verdict));
    }
    *ret_share = rules_crash_share(&runs);
    return verdict == GIT_BAD;
}

char *reference_minimise(Farm *farm, const char *start)
{
    g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL, *suffix = NULL;
    double share, share_here;
    gboolean crashes;

    g_assert_true(g_file_get_contents(farm->config, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_str_has_suffix(*line, "=y")) {
            g_ptr_array_add(options, g_strdup(*line));
        }
    }
    suffix = write_config(farm, options, 0, 0);
    crashes = crashes_with(farm, start, suffix, &share);
    g_assert_true(crashes);
    guint from = 0, n = (options->len + N_CHUNKS - 1) / N_CHUNKS;
    for (guint i = 0; i < MOST_RUNS && from < options->len; i++) {
        guint to = MIN(from + n, options->len);
        g_autofree char *smaller = write_config(farm, options, from, to);

        if (crashes_with(farm, start, smaller, &share_here) &&
            !(share_here < RARELY && share_here < share)) {
            g_ptr_array_remove_range(options, from, to - from);
            g_free(suffix);
            suffix = g_steal_pointer(&smaller);
        } else {
            from = to;
        }
    }
    return g_steal_pointer(&suffix);
}

/* --- The ends (1.3) -------------------------------------------------------------------------- */

static void answer(Reference *reference, ReferenceKind kind, const char *commit, const char *why)
{
    reference->answer->kind = kind;
    reference->answer->commit = g_strdup(commit);
    reference->answer->why = g_strdup(why);
}

/* pickReleaseTags: two stable ones, then final ones, ever fewer, and always the oldest. */
static char **pick_releases(const Reference *reference)
{
    const char *start = reference->job->start;
    g_auto(GStrv) tags = split(GIT(reference, "tag", "--list", "v*.*", "--merged", start,
                                   "--no-contains", start, "--sort=-version:refname"));
    g_autoptr(GPtrArray) stable = g_ptr_array_new(), final = g_ptr_array_new();
    g_autoptr(GStrvBuilder) picked = g_strv_builder_new();

    for (char **tag = tags; *tag && !g_str_equal(*tag, TOO_OLD); tag++) {
        const char *dot = strchr(*tag, '.');

        if (!strstr(*tag, "-rc")) {
            g_ptr_array_add(strchr(dot + 1, '.') ? stable : final, *tag);
        }
    }
    for (guint i = 0; i < stable->len; i++) {
        if (i < 2 || (stable->len > 5 && i == stable->len / 2)) {
            g_strv_builder_add(picked, stable->pdata[i]);
        }
    }
    for (guint i = 0; i < final->len; i++) {
        if (i < 3 || i + 1 == final->len || (i < 11 && i % 2 == 1) || (i >= 11 && i % 3 == 2)) {
            g_strv_builder_add(picked, final->pdata[i]);
        }
    }
    return g_strv_builder_end(picked);
}

/* Walk from release to release until one is good. NULL: answered. */
static char *find_good(Reference *reference)
{
    const char *given[] = {reference->job->good, NULL};
    g_auto(GStrv) releases = *given ? g_strdupv((char **)given) : pick_releases(reference);
    g_autofree char *last_bad = NULL;
    GitVerdict verdict = GIT_SKIP;

    for (char **release = releases; *release; release++) {
        g_autofree char *revision = g_strconcat(*release, "^{commit}", NULL);
        g_autofree char *commit = GIT(reference, "rev-parse", revision);

        verdict = test(reference, commit, FALSE);
        if (verdict == GIT_GOOD) {
            return g_steal_pointer(&commit);
        }
        if (verdict == GIT_BAD) {
            g_free(last_bad);
            last_bad = g_steal_pointer(&commit);
        }
    }
    if (verdict == GIT_BAD) {
        answer(reference, REFERENCE_OLDER, last_bad, NULL);
    } else {
        answer(reference, REFERENCE_ERROR, NULL,
               "the oldest tested release had kernel build, boot or test errors");
    }
    return NULL;
}

/* HEAD has to be good, and where the start is not behind it, there has to be one merge base, which
 * is bad. What the bisection begins at; NULL: answered. */
static char *find_bad(Reference *reference)
{
    const ReferenceJob *job = reference->job;
    g_auto(GStrv) bases = NULL;

    if (test(reference, job->good, FALSE) != GIT_GOOD) {
        answer(reference, REFERENCE_NOT_FIXED, job->good, NULL);
        return NULL;
    }
    if (is_ancestor(reference, job->start, job->good)) {
        return g_strdup(job->start);
    }
    bases = split(GIT(reference, "merge-base", "--all", job->start, job->good));
    if (g_strv_length(bases) != 1) {
        answer(reference, REFERENCE_ERROR, NULL, "expected a single merge base");
        return NULL;
    }
    if (test(reference, bases[0], FALSE) != GIT_BAD) {
        answer(reference, REFERENCE_ERROR, NULL, "no known bad commit");
        return NULL;
    }
    return g_strdup(bases[0]);
}

/* --- The search (1.5, 1.8) ------------------------------------------------------------------- */

/* Did @commit have the bug at all? By a revision behind it that crashed, or else by where it and
 * the start part. A merge base that cannot be tested counts as one without the bug (1.12: the
 * branch that would skip is dead). */
static gboolean had_bug(Reference *reference, const char *commit)
{
    g_auto(GStrv) bases = NULL;
    GHashTableIter iter;
    gpointer tested, verdict;

    g_hash_table_iter_init(&iter, reference->verdicts);
    while (g_hash_table_iter_next(&iter, &tested, &verdict)) {
        if (GPOINTER_TO_UINT(verdict) == GIT_BAD + 1 && is_ancestor(reference, tested, commit)) {
            return TRUE;
        }
    }
    bases = split(GIT(reference, "merge-base", "--all", commit, reference->job->start));
    for (char **base = bases; *base; base++) {
        if (test(reference, *base, FALSE) == GIT_BAD) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What git is told of @commit. Of a fix "bad" is the newer half, too, so all is the other way
 * round; what never had the bug is taken for what crashes. */
static const char *term_for(Reference *reference, const char *commit)
{
    gboolean is_fix = reference->job->is_fix;
    GitVerdict verdict =
        is_fix && !had_bug(reference, commit) ? GIT_BAD : test(reference, commit, TRUE);

    return verdict == GIT_SKIP ? "skip" : (verdict == GIT_BAD) == (is_fix != 0) ? "good" : "bad";
}

/* Why nobody would be told that @commit is the culprit, or NULL. */
static const char *doubt(Reference *reference, const char *commit)
{
    g_autofree char *line = GIT(reference, "rev-list", "--parents", "-n1", commit),
                    *releases = GIT(reference, "tag", "--list", "v*.*", "--points-at", commit);
    g_auto(GStrv) ids = g_strsplit(line, " ", -1);
    const char *own, *parent;

    if (g_strv_length(ids) > 2) {
        return "a merge";
    }
    if (*releases) {
        return "a release";
    }
    own = g_hash_table_lookup(reference->signatures, commit);
    parent = ids[1] ? g_hash_table_lookup(reference->signatures, ids[1]) : "";
    parent = parent ? parent : signature_of(reference, ids[1], NULL);
    if (own && *own && g_str_equal(own, parent)) {
        return "its kernel is its parent's";
    }
    return reference->confidence < BELIEVED_FROM ? "the good verdicts may be chance" : NULL;
}

/* After all but skipped ones are tested, git lists what is left. */
static guint count_left(const char *out)
{
    guint n = 0;

    for (const char *at = strstr(out, "could be any of:\n"); at; at = strchr(at + 1, '\n')) {
        n += strspn(at + 1, "0123456789abcdef") == 40;
    }
    return n;
}

/* What git bisect says to @argument; *ret_over: that it has come to an end. */
static char *bisect(const Reference *reference, const char *verb, const char *a, const char *b,
                    gboolean *ret_over)
{
    int status;
    char *out = run_git(reference, (const char *const[]){"bisect", verb, a, b, NULL}, &status);

    *ret_over = status != 0 || strstr(out, " is the first bad commit") != NULL;
    g_assert_cmpint(status, <=, 2); /* 2: only skipped ones are left */
    return out;
}

/* Read, since a storm has hundreds of steps and a process takes its time. */
static char *next_commit(const Reference *reference)
{
    g_autofree char *path = g_build_filename(reference->tree, "BISECT_HEAD", NULL);
    char *commit = NULL;

    g_assert_true(g_file_get_contents(path, &commit, NULL, NULL));
    return g_strchomp(commit);
}

static void search(Reference *reference, const char *newer, const char *older)
{
    gboolean is_over = FALSE;
    g_autofree char *out = NULL;

    g_free(GIT(reference, "bisect", "start", "--no-checkout"));
    g_free(GIT(reference, "bisect", "bad", newer));
    out = bisect(reference, "good", older, NULL, &is_over);
    while (!is_over) {
        g_autofree char *commit = next_commit(reference);

        g_free(out);
        out = bisect(reference, term_for(reference, commit), commit, NULL, &is_over);
    }
    if (strstr(out, " is the first bad commit")) {
        g_autofree char *commit = GIT(reference, "rev-parse", "refs/bisect/bad");

        answer(reference, REFERENCE_CULPRIT, commit, doubt(reference, commit));
    } else {
        answer(reference, REFERENCE_SET, NULL, NULL);
        reference->answer->n_left = count_left(out);
    }
}

static void find(Reference *reference)
{
    const ReferenceJob *job = reference->job;
    g_autofree char *other = NULL;

    if (test(reference, job->start, FALSE) != GIT_BAD) {
        answer(reference, REFERENCE_NOT_REPRODUCED, NULL, NULL);
        return;
    }
    other = job->is_fix ? find_bad(reference) : find_good(reference);
    if (other) {
        search(reference, job->is_fix ? job->good : job->start, other);
    }
}

/* Of the job's tree, which has no checkout either. */
static char *clone_tree(const ReferenceJob *job)
{
    char *folder = g_dir_make_tmp("firstbad-reference-XXXXXX", NULL);
    const char *make[] = {"git", "clone", "-q", "--bare", "--shared", job->tree, folder, NULL};
    const char *detach[] = {"git",        "-C",   folder,     "update-ref",
                            "--no-deref", "HEAD", job->start, NULL};
    g_autoptr(GError) error = NULL;

    g_free(process_ask(NULL, make, &error));
    g_assert_no_error(error);
    g_free(process_ask(NULL, detach, &error));
    g_assert_no_error(error);
    return folder;
}

ReferenceAnswer *reference_bisect(const ReferenceJob *job)
{
    Reference reference = {
        .job = job,
        .tree = clone_tree(job),
        .answer = g_new0(ReferenceAnswer, 1),
        .verdicts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .signatures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .confidence = 1,
    };

    const char *remove[] = {"rm", "-rf", reference.tree, NULL};

    find(&reference);
    g_free(process_ask(NULL, remove, NULL));
    g_free(reference.tree);
    g_hash_table_unref(reference.verdicts);
    g_hash_table_unref(reference.signatures);
    return reference.answer;
}
