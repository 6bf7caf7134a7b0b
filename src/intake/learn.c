/* SPDX-License-Identifier: Apache-2.0
 * A bisection log into the store: what somebody else found out, before our own job begins.
 *
 * Of syzbot's log each run becomes a foreign run, which is a hint (job/foreign.c); of git's each
 * word becomes a person's verdict, which counts. Both ends of git's are left out: they are the
 * job's own, and tried by it. The log's checksum is kept as a fact, so that a job that is resumed,
 * and one that took all this over from another, learns nothing twice, and what a person has taken
 * back stays so.
 */
#include <string.h>

#include "parsers.h"

/* What becomes of a log. */
typedef struct Lesson {
    const Repo *repo;
    const JobSpec *spec;
    GPtrArray *rows;     /* of ForeignRow */
    GHashTable *words;   /* id -> GINT_TO_POINTER(Verdict) */
    GHashTable *unknown; /* set of commits that the tree lacks */
    GHashTable *known;   /* name -> id */
    guint n_tests, n_left_out;
} Lesson;

static void lesson_clear(Lesson *lesson)
{
    g_ptr_array_unref(lesson->rows);
    g_hash_table_unref(lesson->words);
    g_hash_table_unref(lesson->unknown);
    g_hash_table_unref(lesson->known);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lesson, lesson_clear)

static void lesson_init(Lesson *lesson, const JobSpec *spec, const Repo *repo)
{
    *lesson = (Lesson){.repo = repo, .spec = spec};
    lesson->rows = g_ptr_array_new_with_free_func((GDestroyNotify)foreign_row_free);
    lesson->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    lesson->unknown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    lesson->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* The id of @name in the tree, or NULL. Owned by the lesson. */
static const char *find(Lesson *lesson, const char *name)
{
    char *id = g_hash_table_lookup(lesson->known, name);

    if (id || g_hash_table_contains(lesson->unknown, name)) {
        return id;
    }
    id = repo_resolve(lesson->repo, name, NULL);
    if (id) {
        g_hash_table_insert(lesson->known, g_strdup(name), id);
    } else {
        g_hash_table_add(lesson->unknown, g_strdup(name));
    }
    return id;
}

/* --- Of syzbot ------------------------------------------------------------------------------- */

/* FALSE: it tells nothing of a kernel. */
static gboolean outcome_of(RunKind run, OutcomeKind *ret_kind)
{
    switch (run) {
    case RUN_OK:
        *ret_kind = OUTCOME_OK;
        return TRUE;
    case RUN_CRASH:
        *ret_kind = OUTCOME_CRASH;
        return TRUE;
    case RUN_BOOT:
        *ret_kind = OUTCOME_BOOT_FAILED;
        return TRUE;
    case RUN_BASIC:
        *ret_kind = OUTCOME_BASIC_FAILED;
        return TRUE;
    default:
        return FALSE;
    }
}

static void add_run(Lesson *lesson, const LoggedTest *test, const LoggedRun *run, const char *id,
                    const char *source)
{
    OutcomeKind kind;
    ForeignRow *row;

    if (!outcome_of(run->kind, &kind)) {
        return;
    }
    row = g_new0(ForeignRow, 1);
    row->commit = g_strdup(id);
    row->source = g_strdup(source);
    row->label = g_strdup(test->release);
    row->kind = kind;
    row->n = run->n;
    row->title = g_strdup(run->title);
    g_ptr_array_add(lesson->rows, row);
}

/* A log of ours names no syzkaller. */
static void read_syzbot(Lesson *lesson, const BisectLog *log)
{
    const char *source = log->syzkaller ? "syzbot" : "log";

    for (guint i = 0; i < log->tests->len; i++) {
        const LoggedTest *test = log->tests->pdata[i];
        const char *id = test->runs->len ? find(lesson, test->commit) : NULL;

        lesson->n_tests += id != NULL;
        for (guint k = 0; id && k < test->runs->len; k++) {
            add_run(lesson, test, test->runs->pdata[k], id, source);
        }
    }
}

/* --- Of git ---------------------------------------------------------------------------------- */

/* To git "bad" is what has the fix, where that is looked for. */
static Verdict our_verdict(const GitLog *log, Verdict said)
{
    if (!log->is_fix || said == VERDICT_SKIP) {
        return said;
    }
    return said == VERDICT_BAD ? VERDICT_GOOD : VERDICT_BAD;
}

static void read_git(Lesson *lesson, const GitLog *log)
{
    lesson->n_left_out = log->n_left_out;
    for (guint i = 0; i < log->words->len; i++) {
        const GitWord *word = log->words->pdata[i];
        const char *id = find(lesson, word->commit);

        if (id && g_strcmp0(id, lesson->spec->start) != 0 &&
            g_strcmp0(id, lesson->spec->good) != 0) {
            g_hash_table_insert(lesson->words, g_strdup(id),
                                GINT_TO_POINTER(our_verdict(log, word->verdict)));
        }
    }
}

/* --- The store ------------------------------------------------------------------------------- */

static gboolean read_log(Lesson *lesson, const char *text, gsize n, GError **error)
{
    const IntakeSource source = {.text = text, .n = n};
    g_autoptr(BisectLog) log = NULL;
    g_autoptr(GitLog) git_log = NULL;

    if (syzbot_log_is(&source)) {
        log = bisect_log_read(text, n, error);
        if (log) {
            read_syzbot(lesson, log);
        }
        return log != NULL;
    }
    git_log = git_log_read(text, error);
    if (git_log) {
        read_git(lesson, git_log);
    }
    return git_log != NULL;
}

/* The note of verdicts that are a log's. */
#define NOTE "git bisect"

/* What was learned before: the commit that has FACT_LEARNED (the start of then; NULL: nothing was),
 * its text, and whether the log had words. */
typedef struct Learned {
    char *commit, *sum;
    gboolean has_words;
} Learned;

static void learned_clear(Learned *learned)
{
    g_free(learned->commit);
    g_free(learned->sum);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Learned, learned_clear)

static gboolean find_learned(Store *store, gint64 id, Learned *ret_learned, GError **error)
{
    g_autoptr(GPtrArray) facts = store_facts(store, id, error);

    for (guint i = 0; facts && i < facts->len; i++) {
        const FactRow *fact = facts->pdata[i];

        if (g_str_equal(fact->kind, FACT_LEARNED)) {
            g_free(ret_learned->commit);
            g_free(ret_learned->sum);
            ret_learned->commit = g_strdup(fact->commit);
            ret_learned->sum = g_strdup(fact->text);
        } else if (g_str_equal(fact->kind, FACT_VERDICT_NOTE) && g_str_equal(fact->text, NOTE)) {
            ret_learned->has_words = TRUE;
        }
    }
    return facts != NULL;
}

/* In place of what the log before said. */
static gboolean keep_words(Store *store, gint64 id, const Lesson *lesson, const Learned *before,
                           GError **error)
{
    guint n = g_hash_table_size(lesson->words), i = 0;
    g_autoptr(JobRow) row = NULL;
    g_autofree const char **commits = g_new0(const char *, n + 1);
    g_autofree Verdict *verdicts = g_new0(Verdict, n + 1);
    gpointer verdict;
    GHashTableIter iter;

    if (n == 0 && !before->has_words) {
        return TRUE;
    }
    g_hash_table_iter_init(&iter, lesson->words);
    for (; g_hash_table_iter_next(&iter, (gpointer *)&commits[i], &verdict); i++) {
        verdicts[i] = (Verdict)GPOINTER_TO_INT(verdict);
    }
    row = store_read_job(store, id, error);
    return row && job_say_verdicts(store, row, lesson->repo, commits, verdicts, NOTE, error);
}

/* In one transaction: a process that dies has learned all or nothing. */
static gboolean keep(Store *store, gint64 id, Lesson *lesson, const Learned *before,
                     const char *sum, GError **error)
{
    return store_begin(store, error) &&
           store_end(store,
                     store_set_foreign(store, id, lesson->rows, error) &&
                         keep_words(store, id, lesson, before, error) &&
                         (!before->commit ||
                          store_put_fact(store, id, before->commit, FACT_LEARNED, NULL, error)) &&
                         store_put_fact(store, id, lesson->spec->start, FACT_LEARNED, sum, error),
                     error);
}

static void tell(const Lesson *lesson, GPtrArray *notes)
{
    guint n_words = g_hash_table_size(lesson->words), n_gone = g_hash_table_size(lesson->unknown);

    if (lesson->n_tests) {
        g_ptr_array_add(notes,
                        g_strdup_printf("--bisect-log: %u tests of others are hints where to "
                                        "look; what is answered rests on trials of our own",
                                        lesson->n_tests));
    }
    if (n_words) {
        g_ptr_array_add(notes, g_strdup_printf("--bisect-log: %u revisions are taken for what the "
                                               "log says, as by 'firstbad verdict'",
                                               n_words));
    }
    if (lesson->n_left_out) {
        g_ptr_array_add(notes, g_strdup_printf("--bisect-log: it is longer than any bisection: its "
                                               "last %u words are left out",
                                               lesson->n_left_out));
    }
    if (n_gone) {
        g_ptr_array_add(
            notes, g_strdup_printf("--bisect-log: %u of its commits are not in the tree", n_gone));
    }
}

gboolean intake_learn(Store *store, gint64 id, const JobSpec *spec, const char *job_dir,
                      const Repo *repo, GPtrArray *notes, GError **error)
{
    g_autofree char *path = NULL, *bytes = NULL, *text = NULL, *sum = NULL;
    g_auto(Learned) before = {0};
    g_auto(Lesson) lesson = {0};
    gsize n = 0;

    lesson_init(&lesson, spec, repo);
    if (!find_learned(store, id, &before, error)) {
        return FALSE;
    }
    if (!spec->bisect_log) {
        return !before.commit || keep(store, id, &lesson, &before, NULL, error);
    }
    path = job_take_input(spec, "bisect-log", job_dir, error);
    if (!path || !g_file_get_contents(path, &bytes, &n, error)) {
        return FALSE;
    }
    sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, n);
    if (g_strcmp0(sum, before.sum) == 0 && g_strcmp0(before.commit, spec->start) == 0) {
        return TRUE;
    }
    text = g_utf8_make_valid(bytes, (gssize)n);
    if (!read_log(&lesson, text, strlen(text), error)) {
        g_prefix_error(error, "--bisect-log: %s: ", path);
        return FALSE;
    }
    if (!keep(store, id, &lesson, &before, sum, error)) {
        return FALSE;
    }
    tell(&lesson, notes);
    return TRUE;
}

gboolean intake_check_log(const JobSpec *spec, GError **error)
{
    g_autofree char *bytes = NULL, *text = NULL;
    IntakeSource source = {0};
    gsize n = 0;

    if (!spec->bisect_log) {
        return TRUE;
    }
    if (!g_file_get_contents(spec->bisect_log, &bytes, &n, error)) {
        g_prefix_error(error, "--bisect-log: ");
        return FALSE;
    }
    text = g_utf8_make_valid(bytes, (gssize)n);
    source.text = text;
    source.n = strlen(text);
    if (syzbot_log_is(&source) || git_log_is(&source)) {
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "--bisect-log: %s is neither a bisection log of syzbot's nor of git's",
                spec->bisect_log);
    return FALSE;
}
