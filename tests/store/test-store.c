/* SPDX-License-Identifier: Apache-2.0
 * The store: what is put in comes out, in order; one writer; messages that help.
 */
#include "store/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/process.h"

typedef struct Fixture {
    char *folder;
    Store *store;
    gint64 job;
    gint enough; /* ends ask_on() */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    fixture->folder = g_dir_make_tmp("firstbad-store-XXXXXX", NULL);
    fixture->store = store_open(fixture->folder, STORE_WRITE, &error);
    g_assert_no_error(error);
    g_assert_true(
        store_add_job(fixture->store, "bug", "cause", "[job]\n", 17, &fixture->job, NULL));
}

static void tear_down_folder(const char *folder)
{
    const char *argv[] = {"rm", "-rf", folder, NULL};

    g_free(process_ask(NULL, argv, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    g_clear_pointer(&fixture->store, store_free);
    tear_down_folder(fixture->folder);
    g_free(fixture->folder);
}

static void test_jobs(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRow) row = NULL;
    gint64 id;

    g_assert_false(store_add_job(fixture->store, "bug", "cause", "", 0, &id, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS);
    g_assert_nonnull(strstr(error->message, "a job named 'bug' already"));
    g_clear_error(&error);
    g_assert_true(store_set_job(fixture->store, fixture->job, JOB_DONE, "done", "{}", NULL, NULL));
    g_assert_true(store_add_time(fixture->store, fixture->job, 5, 3, 2, NULL));
    g_assert_true(store_add_time(fixture->store, fixture->job, 5, 3, 2, NULL));
    row = store_find_job(fixture->store, "1", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(row->name, ==, "bug");
    g_assert_cmpint(row->state, ==, JOB_DONE);
    g_assert_cmpuint(row->total_ms, ==, 10);
    g_assert_cmpuint(row->build_ms, ==, 6);
    g_assert_null(store_find_job(fixture->store, "other", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "there are: bug"));
    g_clear_error(&error);
    g_assert_null(store_read_job(fixture->store, 7, &error));
    g_assert_nonnull(error);
}

static void test_failure_keeps_the_answer(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(JobRow) row = NULL, copy = NULL;

    g_assert_true(
        store_set_job(fixture->store, fixture->job, JOB_RUNNING, "check", "{}", NULL, NULL));
    g_assert_true(store_fail_job(fixture->store, fixture->job, "no disk", NULL));
    row = store_read_job(fixture->store, fixture->job, NULL);
    copy = job_row_copy(row);
    g_assert_cmpint(copy->state, ==, JOB_FAILED);
    g_assert_cmpstr(copy->phase, ==, "check");
    g_assert_cmpstr(copy->answer, ==, "{}");
    g_assert_cmpstr(copy->error, ==, "no disk");
}

static void test_kernels(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) rows = NULL;
    Kernel built = {.key = (char *)"k1",
                    .status = KERNEL_BUILT,
                    .signature = (char *)"s1",
                    .compiler = (char *)"gcc 12",
                    .build_ms = 7};
    Kernel failed = {.key = (char *)"k2",
                     .status = KERNEL_FAILED,
                     .compiler = (char *)"gcc 11",
                     .first_error = (char *)"x.c:1: error: no"};
    const KernelRow *row;

    g_assert_true(store_put_kernel(fixture->store, fixture->job, "b", &failed, NULL));
    g_assert_true(store_put_kernel(fixture->store, fixture->job, "a", &failed, NULL));
    g_assert_true(store_put_kernel(fixture->store, fixture->job, "b", &built, NULL));
    rows = store_kernels(fixture->store, fixture->job, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
    row = rows->pdata[0];
    g_assert_cmpstr(row->commit, ==, "b");
    g_assert_cmpstr(row->kernel->signature, ==, "s1");
    g_assert_cmpstr(row->kernel->compiler, ==, "gcc 12");
    g_assert_null(row->kernel->first_error);
    g_assert_cmpuint(row->kernel->build_ms, ==, 7);
    row = rows->pdata[1];
    g_assert_cmpint(row->kernel->status, ==, KERNEL_FAILED);
    g_assert_cmpstr(row->kernel->first_error, ==, "x.c:1: error: no");
}

static void test_trials(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) rows = NULL;
    char *alt[] = {(char *)"bad-access in f", NULL};
    OopsReport report = {.title = (char *)"KASAN: x",
                         .alt_titles = alt,
                         .text = (char *)"context\noops\n",
                         .text_prefix = 8};
    g_autoptr(GBytes) console = g_bytes_new_static("\0\1\2 console", 11);
    Outcome crash = {.kind = OUTCOME_CRASH,
                     .title = report.title,
                     .report = &report,
                     .console = console,
                     .run_ms = 9};
    Outcome fine = {.kind = OUTCOME_OK, .restored = TRUE};
    const TrialRow *row;

    g_assert_true(store_put_trial(fixture->store, fixture->job, "c", "k", &crash, 1, NULL));
    g_assert_true(store_put_trial(fixture->store, fixture->job, "c", "k", &fine, 2, NULL));
    rows = store_trials(fixture->store, fixture->job, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
    row = rows->pdata[0];
    g_assert_cmpint(row->kind, ==, OUTCOME_CRASH);
    g_assert_cmpstr(row->alt_titles[0], ==, "bad-access in f");
    g_assert_cmpstr(row->report + row->report_prefix, ==, "oops\n");
    g_assert_true(g_file_test(row->console_path, G_FILE_TEST_EXISTS));
    g_assert_false(row->restored);
    row = rows->pdata[1];
    g_assert_cmpint(row->kind, ==, OUTCOME_OK);
    g_assert_true(row->restored);
    g_assert_null(row->title);
    g_assert_null(row->console_path);
}

/* Make the store one of version 1, as firstbad wrote before a trial had an identity. */
static void make_old(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "firstbad.db", NULL);
    sqlite3 *db = NULL;

    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db,
                                 "ALTER TABLE trial DROP COLUMN functions;"
                                 "ALTER TABLE trial DROP COLUMN calls;"
                                 "ALTER TABLE trial DROP COLUMN restored;"
                                 "DROP INDEX trial_of_origin;"
                                 "ALTER TABLE trial DROP COLUMN origin;"
                                 "DROP TABLE fact;"
                                 "DROP TABLE span; DROP TABLE moment; DROP TABLE foreign_run;"
                                 "DROP TABLE solved;"
                                 "DROP TABLE face;"
                                 "DROP INDEX job_of_submission;"
                                 "DROP INDEX job_in_queue;"
                                 "DROP TABLE usage;"
                                 "ALTER TABLE job DROP COLUMN submitter;"
                                 "ALTER TABLE job DROP COLUMN submission;"
                                 "ALTER TABLE job DROP COLUMN priority;"
                                 "ALTER TABLE job DROP COLUMN not_before_s;"
                                 "ALTER TABLE job DROP COLUMN n_failures;"
                                 "PRAGMA user_version = 1;",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    sqlite3_close(db);
}

static void assert_trials(Store *store, gint64 job, guint n)
{
    g_autoptr(GPtrArray) rows = store_trials(store, job, NULL);

    g_assert_cmpuint(rows->len, ==, n);
    for (guint i = 0; i < n; i++) {
        const TrialRow *row = rows->pdata[i];

        g_assert_cmpstr(row->title, ==, "WARNING in f");
        g_assert_cmpstr(row->functions, ==, i == 0 ? NULL : "f g h");
    }
}

static void assert_n_facts(Store *store, gint64 job, guint n)
{
    g_autoptr(GPtrArray) rows = store_facts(store, job, NULL);

    g_assert_cmpuint(rows->len, ==, n);
}

static void assert_n_spans(Store *store, gint64 job, guint n)
{
    g_autoptr(GPtrArray) rows = store_spans(store, job, NULL);

    g_assert_cmpuint(rows->len, ==, n);
}

static void assert_n_same(Store *store, gint64 job, guint n)
{
    g_autoptr(GPtrArray) names = store_same_bug(store, job, NULL);

    g_assert_cmpuint(names->len, ==, n);
}

static void assert_n_foreign(Store *store, gint64 job, guint n)
{
    g_autoptr(GPtrArray) rows = store_foreign(store, job, NULL);

    g_assert_cmpuint(rows->len, ==, n);
}

/* What others saw: as it was put, apart from trials, and taken over by another job. */
static void test_foreign(Fixture *fixture, gconstpointer unused)
{
    ForeignRow crash = {(char *)"c", (char *)"syzbot",      NULL, OUTCOME_CRASH,
                        7,           (char *)"WARNING in f"},
               quiet = {(char *)"d", (char *)"syzbot", (char *)"v5.0", OUTCOME_OK, 3, NULL};
    g_autoptr(GPtrArray) rows = g_ptr_array_new(), none = g_ptr_array_new();
    const StoreKeep keep = {.job = fixture->job}, only = {.job = fixture->job, .only = "c"};
    gint64 whole, part;

    g_ptr_array_add(rows, &crash);
    g_ptr_array_add(rows, &quiet);
    for (guint i = 0; i < 2; i++) {
        g_assert_true(store_begin(fixture->store, NULL));
        g_assert_true(store_end(fixture->store,
                                store_set_foreign(fixture->store, fixture->job, rows, NULL), NULL));
    }
    g_autoptr(GPtrArray) read = store_foreign(fixture->store, fixture->job, NULL);
    const ForeignRow *first = read->pdata[0], *second = read->pdata[1];
    g_assert_cmpuint(read->len, ==, 2);
    g_assert_cmpstr(first->commit, ==, "c");
    g_assert_cmpstr(first->title, ==, "WARNING in f");
    g_assert_cmpuint(first->n, ==, 7);
    g_assert_cmpstr(second->label, ==, "v5.0");
    g_assert_cmpint(second->kind, ==, OUTCOME_OK);
    g_autoptr(GPtrArray) trials = store_trials(fixture->store, fixture->job, NULL);
    g_assert_cmpuint(trials->len, ==, 0);
    g_assert_true(store_add_job_from(fixture->store, "whole", "cause", "", 1, &keep, &whole, NULL));
    g_assert_true(store_add_job_from(fixture->store, "part", "try", "", 1, &only, &part, NULL));
    assert_n_foreign(fixture->store, whole, 2);
    assert_n_foreign(fixture->store, part, 0);
    g_assert_true(store_set_foreign(fixture->store, fixture->job, none, NULL));
    assert_n_foreign(fixture->store, fixture->job, 0);
    assert_n_foreign(fixture->store, whole, 2);
}

/* An old store is read as it is, and brought up to date by who writes. */
static void test_old_store(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(OopsIdentity) identity = oops_identity_of_title("WARNING in f", "f g h");
    Outcome crash = {.kind = OUTCOME_CRASH, .title = identity->title, .identity = identity};
    g_autoptr(GError) error = NULL;

    g_assert_true(store_put_trial(fixture->store, fixture->job, "c", "k", &crash, 1, NULL));
    g_clear_pointer(&fixture->store, store_free);
    make_old(fixture->folder);
    for (guint i = 0; i < 2; i++) {
        fixture->store = store_open(fixture->folder, STORE_READ, &error);
        g_assert_no_error(error);
        assert_trials(fixture->store, fixture->job, 1);
        assert_n_facts(fixture->store, fixture->job, 0);
        assert_n_spans(fixture->store, fixture->job, 0);
        assert_n_same(fixture->store, fixture->job, 0);
        assert_n_foreign(fixture->store, fixture->job, 0);
        g_clear_pointer(&fixture->store, store_free);
    }
    fixture->store = store_open(fixture->folder, STORE_WRITE, &error);
    g_assert_no_error(error);
    assert_trials(fixture->store, fixture->job, 1);
    store_put_span(fixture->store, fixture->job, &(SpanRow){.kind = (char *)"trial"});
    g_assert_true(store_put_trial(fixture->store, fixture->job, "d", "k", &crash, 1, NULL));
    assert_trials(fixture->store, fixture->job, 2);
    assert_n_spans(fixture->store, fixture->job, 1);
}

static void assert_n_trials(Store *store, gint64 job, guint n, guint64 total_ms)
{
    g_autoptr(GPtrArray) rows = store_trials(store, job, NULL);
    g_autoptr(JobRow) row = store_read_job(store, job, NULL);

    g_assert_cmpuint(rows->len, ==, n);
    g_assert_cmpuint(row->total_ms, ==, total_ms);
}

/* All of it or nothing; spans wait for what is kept. */
static void test_together(Fixture *fixture, gconstpointer unused)
{
    Outcome fine = {.kind = OUTCOME_OK};

    for (guint keep = 0; keep < 2; keep++) {
        store_put_span(fixture->store, fixture->job, &(SpanRow){.kind = (char *)"trial"});
        g_assert_true(store_begin(fixture->store, NULL));
        g_assert_true(store_put_trial(fixture->store, fixture->job, "c", "k", &fine, 1, NULL));
        g_assert_true(store_put_trial(fixture->store, fixture->job, "d", "k", &fine, 1, NULL));
        g_assert_true(store_add_time(fixture->store, fixture->job, 5, 0, 5, NULL));
        g_assert_cmpint(store_end(fixture->store, (gboolean)keep, NULL), ==, keep);
        assert_n_trials(fixture->store, fixture->job, 2 * keep, 5 * keep);
        assert_n_spans(fixture->store, fixture->job, 2 * keep);
    }
    g_clear_pointer(&fixture->store, store_free);
    fixture->store = store_open(fixture->folder, STORE_READ, NULL);
    assert_n_trials(fixture->store, fixture->job, 2, 5);
}

static void test_facts(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) rows = NULL;
    const FactRow *row;

    g_assert_true(store_put_fact(fixture->store, fixture->job, "c", "drift", "A", NULL));
    g_assert_true(store_put_fact(fixture->store, fixture->job, "c", "reach", "B", NULL));
    g_assert_true(store_put_fact(fixture->store, fixture->job, "d", "reach", "C", NULL));
    g_assert_true(store_put_fact(fixture->store, fixture->job, "c", "drift", "again", NULL));
    g_assert_true(store_put_fact(fixture->store, fixture->job, "d", "reach", NULL, NULL));
    rows = store_facts(fixture->store, fixture->job, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
    row = rows->pdata[0];
    g_assert_cmpstr(row->commit, ==, "c");
    g_assert_cmpstr(row->kind, ==, "drift");
    g_assert_cmpstr(row->text, ==, "again");
    row = rows->pdata[1];
    g_assert_cmpstr(row->kind, ==, "reach");
    g_assert_cmpstr(row->text, ==, "B");
    assert_n_facts(fixture->store, fixture->job + 1, 0);
}

/* A span waits for a row, and is there with it, for readers too; what waits at the end is written
 * then. */
static void test_spans(Fixture *fixture, gconstpointer unused)
{
    const SpanRow trial = {.kind = (char *)"trial",
                           .phase = (char *)"search",
                           .commit = (char *)"c",
                           .how = (char *)"booted",
                           .lane = 2,
                           .begun_ms = 30,
                           .ended_ms = 40};
    const SpanRow setup = {.kind = (char *)"setup", .ended_ms = 5};
    g_autoptr(Store) reader = store_open(fixture->folder, STORE_READ, NULL);
    g_autoptr(GPtrArray) rows = NULL;
    const SpanRow *row;

    store_put_span(fixture->store, fixture->job, &trial);
    store_put_span(fixture->store, fixture->job, &setup);
    assert_n_spans(reader, fixture->job, 0);
    g_assert_true(store_put_fact(fixture->store, fixture->job, "c", "reach", "A", NULL));
    assert_n_spans(reader, fixture->job, 2);
    g_assert_true(store_put_fact(fixture->store, fixture->job, "c", "reach", "B", NULL));
    assert_n_spans(reader, fixture->job + 1, 0);
    rows = store_spans(reader, fixture->job, NULL);
    g_assert_cmpuint(rows->len, ==, 2);
    row = rows->pdata[0]; /* the first that ended */
    g_assert_cmpstr(row->kind, ==, "setup");
    g_assert_null(row->phase);
    g_assert_null(row->commit);
    g_assert_null(row->how);
    row = rows->pdata[1];
    g_assert_cmpstr(row->kind, ==, "trial");
    g_assert_cmpstr(row->phase, ==, "search");
    g_assert_cmpstr(row->commit, ==, "c");
    g_assert_cmpstr(row->how, ==, "booted");
    g_assert_cmpuint(row->lane, ==, 2);
    g_assert_cmpint(row->begun_ms, ==, 30);
    g_assert_cmpint(row->ended_ms, ==, 40);
    store_put_span(fixture->store, fixture->job, &trial);
    g_clear_pointer(&fixture->store, store_free);
    assert_n_spans(reader, fixture->job, 3);
}

/* A row that cannot be written leaves its spans waiting for the next one. */
/* A job that is done and named @culprit, as one of the bugs @number. Its number. */
static gint64 put_solved(Store *store, const char *name, const char *culprit, gint64 number,
                         const GArray *same)
{
    g_autoptr(SolvedRow) row = solved_row_new();
    const char *alts[] = {"bad-access in f", "other", NULL};
    gint64 job;

    g_assert_true(store_add_job(store, name, "cause", "[job]\n", 17, &job, NULL));
    row->job = job;
    row->kind = g_strdup("cause crash");
    row->culprit = g_strdup(culprit);
    row->confidence = 0.99;
    row->bug = number;
    solved_row_add_face(row, "WARNING in f", (char *const *)alts, TRUE, FALSE, 9);
    solved_row_add_face(row, "WARNING in g", NULL, FALSE, TRUE, 1);
    g_assert_true(store_begin(store, NULL));
    g_assert_true(store_put_solved(store, row, same, NULL));
    g_assert_true(store_set_job(store, job, JOB_DONE, "done", "{}", NULL, NULL));
    g_assert_true(store_end(store, TRUE, NULL));
    return job;
}

static void test_solved(Fixture *fixture, gconstpointer unused)
{
    Store *store = fixture->store;
    gint64 a = put_solved(store, "a", "c1", 0, NULL), b = put_solved(store, "b", "c2", 0, NULL);
    g_autoptr(GPtrArray) rows = store_solved(store, "cause crash", b, NULL);
    g_autoptr(GPtrArray) none = store_solved(store, "fix crash", b, NULL);
    g_autoptr(GArray) same = g_array_new(FALSE, FALSE, sizeof(gint64));
    const SolvedRow *row = rows->pdata[0];
    const FaceRow *face = row->faces->pdata[0];

    g_assert_cmpuint(none->len, ==, 0);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_cmpint(row->job, ==, a);
    g_assert_cmpstr(row->name, ==, "a");
    g_assert_cmpstr(row->culprit, ==, "c1");
    g_assert_cmpfloat(row->confidence, ==, 0.99);
    g_assert_cmpuint(row->faces->len, ==, 2);
    g_assert_cmpstr(face->alt_titles[1], ==, "other");
    g_assert_true(face->corrupted && !face->suppressed);
    g_assert_cmpuint(face->n, ==, 9);
    assert_n_same(store, a, 0);

    /* One that is of both bugs makes them one. */
    g_array_append_vals(same, (const gint64[]){1, 2}, 2);
    gint64 c = put_solved(store, "c", "c1", 1, same);
    assert_n_same(store, a, 2);
    assert_n_same(store, b, 2);
    assert_n_same(store, c, 2);
    g_assert_true(store_reopen_job(store, b, "[job]\n", NULL));
    assert_n_same(store, a, 1);
    assert_n_same(store, b, 0);
    g_assert_true(store_drop_solved(store, c, NULL));
    assert_n_same(store, a, 0);
}

static void test_span_of_a_failed_row(Fixture *fixture, gconstpointer unused)
{
    const gint64 no_job = fixture->job + 1;
    g_autoptr(GError) error = NULL;

    store_put_span(fixture->store, fixture->job, &(SpanRow){.kind = (char *)"build"});
    g_assert_false(store_put_fact(fixture->store, no_job, "c", "reach", "A", &error));
    g_assert_nonnull(error);
    assert_n_spans(fixture->store, fixture->job, 0);
    g_assert_true(store_put_fact(fixture->store, fixture->job, "c", "reach", "A", NULL));
    assert_n_spans(fixture->store, fixture->job, 1);
}

static void test_decisions_are_kept_once(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) rows = NULL;
    DecisionRow first = {.phase = (char *)"range",
                         .commit = (char *)"c",
                         .label = (char *)"v6.1",
                         .subject = (char *)"Linux 6.1"};
    DecisionRow again = {.phase = (char *)"search", .commit = (char *)"c", .n_left = 5};
    const DecisionRow *row;

    g_assert_true(store_put_decision(fixture->store, fixture->job, &first, NULL));
    g_assert_true(store_put_decision(fixture->store, fixture->job, &again, NULL));
    g_assert_true(store_set_verdict(fixture->store, fixture->job, "c", "bad", NULL));
    rows = store_decisions(fixture->store, fixture->job, NULL);
    g_assert_cmpuint(rows->len, ==, 1);
    row = rows->pdata[0];
    g_assert_cmpstr(row->phase, ==, "range");
    g_assert_cmpstr(row->label, ==, "v6.1");
    g_assert_cmpstr(row->verdict, ==, "bad");
}

static volatile sig_atomic_t n_interrupts;

static void count_interrupt(int signal_number)
{
    n_interrupts++;
}

/* We are the coordinator ourselves. */
static void test_stop_coordinator(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Store) reader = store_open(fixture->folder, STORE_READ, NULL);

    signal(SIGINT, count_interrupt);
    g_assert_false(store_stop_coordinator(reader, 7));
    store_work_on(fixture->store, (const gint64[]){7, getpid()}, 2);
    g_assert_true(store_stop_coordinator(reader, 7));
    g_assert_cmpint(n_interrupts, ==, 1);
    g_assert_false(store_stop_coordinator(reader, 12));
    /* The next one has not said yet what it works on. */
    g_clear_pointer(&fixture->store, store_free);
    g_assert_false(store_stop_coordinator(reader, 7));
    fixture->store = store_open(fixture->folder, STORE_WRITE, NULL);
    g_assert_false(store_is_worked_on(reader, 7));
    g_assert_false(store_stop_coordinator(reader, 7));
    g_assert_cmpint(n_interrupts, ==, 1);
    signal(SIGINT, SIG_DFL);
}

static void test_one_writer(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) reader = NULL;
    g_autofree char *who = NULL;

    g_assert_null(store_open(fixture->folder, STORE_WRITE, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BUSY);
    who = g_strdup_printf("(process %d)", (int)getpid());
    g_assert_nonnull(strstr(error->message, who));
    g_clear_error(&error);
    reader = store_open(fixture->folder, STORE_READ, &error);
    g_assert_no_error(error);
    g_assert_nonnull(reader);
    g_assert_false(store_is_worked_on(reader, 12));
    store_work_on(fixture->store, (const gint64[]){12}, 1);
    store_work_on(fixture->store, (const gint64[]){7, 120}, 2);
    g_assert_true(store_is_worked_on(reader, 7));
    g_assert_true(store_is_worked_on(fixture->store, 120));
    g_assert_false(store_is_worked_on(reader, 12));
    g_clear_pointer(&fixture->store, store_free);
    g_assert_false(store_is_worked_on(reader, 7));
}

/* A coordinator that was killed when it had just begun a program: the child has its lock, and no
 * more than a moment to live. */
static void test_held_by_dead(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    pid_t pid;

    g_clear_pointer(&fixture->store, store_free);
    pid = fork();
    if (pid == 0) {
        Store *store = store_open(fixture->folder, STORE_WRITE, NULL);

        if (store && fork() == 0) {
            g_usleep(300000);
        }
        _exit(store ? 0 : 1);
    }
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    fixture->store = store_open(fixture->folder, STORE_WRITE, &error);
    g_assert_no_error(error);
}

static gpointer ask_on(gpointer fixture)
{
    g_autoptr(Store) reader = store_open(((Fixture *)fixture)->folder, STORE_READ, NULL);

    while (!g_atomic_int_get(&((Fixture *)fixture)->enough)) {
        store_is_worked_on(reader, 1);
    }
    return NULL;
}

/* A reader that asks just when a coordinator starts does not get into its way. */
static void test_asking_takes_no_lock(Fixture *fixture, gconstpointer unused)
{
    GThread *asker = g_thread_new("asker", ask_on, fixture);

    for (guint i = 0; i < 600; i++) {
        g_autoptr(GError) error = NULL;

        g_clear_pointer(&fixture->store, store_free);
        fixture->store = store_open(fixture->folder, STORE_WRITE, &error);
        g_assert_no_error(error);
    }
    g_atomic_int_set(&fixture->enough, TRUE);
    g_thread_join(asker);
}

/* A queue that cannot be read takes nothing, whatever the caller's memory holds. */
static void test_submission_without_queue(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(fixture->folder, "firstbad.db", NULL);
    g_autoptr(GError) error = NULL;
    sqlite3 *db = NULL;
    gint64 id = 77;

    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db,
                                 "DROP INDEX job_of_submission; DROP INDEX job_in_queue;"
                                 "ALTER TABLE job DROP COLUMN submission",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    sqlite3_close(db);
    g_assert_false(
        store_submit_job(fixture->store, "s1", "ann", 0, "job", "run", "[job]\n", 5, &id, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

static void test_damaged(void)
{
    g_autofree char *folder = g_dir_make_tmp("firstbad-store-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "firstbad.db", NULL);
    g_autofree char *lock = g_build_filename(folder, "lock", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_null(store_open(folder, STORE_READ, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(path, "this is no database, and never was one", -1, NULL));
    g_assert_null(store_open(folder, STORE_WRITE, &error));
    g_assert_nonnull(error);
    g_unlink(path);
    g_unlink(lock);
    g_rmdir(folder);
}

/* Are there files of a database in @folder? */
static gboolean has_database(const char *folder)
{
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        if (g_str_has_prefix(name, "firstbad.db")) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A folder that is taken away is not made anew in part, and what came in its place is let be. */
static void test_folder_gone(Fixture *fixture, gconstpointer unused)
{
    const Outcome outcome = {.kind = OUTCOME_OK, .console = g_bytes_new_static("ok", 2)};
    g_autoptr(GError) error = NULL;
    g_autofree char *job_dir = NULL;
    g_autoptr(Store) other = NULL;
    g_autoptr(GPtrArray) jobs = NULL;
    gint64 id;

    g_assert_true(store_is_there(fixture->store, &error));
    tear_down_folder(fixture->folder);
    g_assert_false(store_is_there(fixture->store, &error));
    g_assert_nonnull(strstr(error->message, "was taken away"));
    g_clear_error(&error);
    g_assert_false(store_set_job(fixture->store, fixture->job, JOB_DONE, "done", "{}", NULL, NULL));
    g_assert_false(
        store_put_trial(fixture->store, fixture->job, "c0ffee", "key", &outcome, 1, &error));
    g_assert_nonnull(strstr(error->message, "was taken away"));
    job_dir = store_job_dir(fixture->store, fixture->job);
    g_assert_false(g_file_test(fixture->folder, G_FILE_TEST_EXISTS));

    /* Another coordinator's, which has written what is still in its WAL. */
    g_clear_error(&error);
    other = store_open(fixture->folder, STORE_WRITE, &error);
    g_assert_no_error(error);
    g_assert_true(store_add_job(other, "other", "cause", "[job]\n", 17, &id, &error));
    g_assert_false(store_is_there(fixture->store, NULL));
    g_clear_pointer(&fixture->store, store_free);
    g_assert_true(store_add_job(other, "next", "cause", "[job]\n", 18, &id, &error));
    g_clear_pointer(&other, store_free);
    other = store_open(fixture->folder, STORE_READ, &error);
    jobs = store_list_jobs(other, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(jobs->len, ==, 2);
    g_bytes_unref(outcome.console);
}

static void test_folder_gone_at_end(Fixture *fixture, gconstpointer unused)
{
    tear_down_folder(fixture->folder);
    g_assert_cmpint(g_mkdir(fixture->folder, 0700), ==, 0);
    g_clear_pointer(&fixture->store, store_free);
    g_assert_false(has_database(fixture->folder));
}

/* Readers are told who works there. */
static void test_holder(Fixture *fixture, gconstpointer unused)
{
    const gint64 jobs[] = {17, 4};
    g_autofree char *lock = NULL, *text = NULL;
    g_autoptr(GError) error = NULL;
    StoreHolder holder;
    int fd;

    g_assert_true(store_find_holder(fixture->folder, &holder));
    g_assert_false(holder.is_service);
    g_assert_cmpint(holder.pid, ==, getpid());
    g_assert_cmpint(holder.job, ==, 0);
    store_work_on(fixture->store, jobs, 2);
    g_assert_true(store_find_holder(fixture->folder, &holder));
    g_assert_cmpint(holder.job, ==, 17);
    g_assert_true(holder.is_alone);
    g_assert_false(store_has_service(fixture->folder));
    store_be_service(fixture->store);
    g_assert_true(store_find_holder(fixture->folder, &holder));
    g_assert_true(holder.is_service);
    g_assert_cmpint(holder.job, ==, 0);
    store_work_on(fixture->store, jobs, 2);
    g_assert_true(store_find_holder(fixture->folder, &holder));
    g_assert_true(holder.is_service);
    g_assert_cmpint(holder.job, ==, 17);
    g_assert_false(holder.is_alone);
    g_assert_true(store_has_service(fixture->folder));
    g_assert_true(store_is_worked_on(fixture->store, 17));
    g_assert_true(store_is_worked_on(fixture->store, 4));
    g_assert_false(store_stop_foreground(fixture->store, 17));
    g_assert_null(store_open(fixture->folder, STORE_WRITE, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BUSY);
    g_assert_true(g_str_has_prefix(error->message, "a firstbad daemon works in "));
    /* As an earlier version wrote it, which may be of a service: it is not stopped with all its
     * jobs. */
    lock = g_build_filename(fixture->folder, "lock", NULL);
    text = g_strdup_printf("pid=%d 17 4 ", (int)getpid());
    fd = open(lock, O_WRONLY | O_TRUNC | O_CLOEXEC);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
    close(fd);
    g_assert_true(store_find_holder(fixture->folder, &holder));
    g_assert_cmpint(holder.job, ==, 17);
    g_assert_false(holder.is_alone || holder.is_service);
    g_assert_false(store_stop_foreground(fixture->store, 17));
    g_clear_pointer(&fixture->store, store_free);
    g_assert_false(store_find_holder(fixture->folder, &holder));
}

/* A coordinator that found no room leaves a file that is no store yet. */
static void test_no_store_yet(void)
{
    g_autofree char *folder = g_dir_make_tmp("firstbad-store-XXXXXX", NULL),
                    *path = g_build_filename(folder, "firstbad.db", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = NULL;

    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_null(store_open(folder, STORE_READ, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_true(store_is_usable(folder, &error));
    g_assert_no_error(error);
    store = store_open(folder, STORE_WRITE, &error);
    g_assert_no_error(error);
    g_clear_pointer(&store, store_free);
    store = store_open(folder, STORE_READ, &error);
    g_assert_no_error(error);
    g_clear_pointer(&store, store_free);
    tear_down_folder(folder);
}

/* Where there can be no folder there are not "no jobs yet". */
static void test_no_folder(void)
{
    g_autofree char *folder = g_dir_make_tmp("firstbad-store-XXXXXX", NULL),
                    *file = g_build_filename(folder, "file", NULL),
                    *below = g_build_filename(file, "state", NULL),
                    *missing = g_build_filename(folder, "a", "b", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(file, "", 0, NULL));
    for (guint i = 0; i < 2; i++) {
        g_assert_null(store_open(i ? file : below, STORE_READ, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
        g_clear_error(&error);
        g_assert_false(store_is_usable(i ? file : below, &error));
        g_assert_nonnull(strstr(error->message, "is no folder"));
        g_clear_error(&error);
    }
    g_assert_false(store_is_usable("/proc/state", &error));
    g_clear_error(&error);
    g_assert_true(store_is_usable(missing, &error));
    g_assert_no_error(error);
    g_assert_cmpint(g_access(missing, F_OK), !=, 0);
    tear_down_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/store/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("jobs", test_jobs);
    ADD("failure-keeps-the-answer", test_failure_keeps_the_answer);
    ADD("kernels", test_kernels);
    ADD("trials", test_trials);
    ADD("together", test_together);
    ADD("facts", test_facts);
    ADD("old", test_old_store);
    ADD("foreign", test_foreign);
    ADD("spans", test_spans);
    ADD("solved", test_solved);
    ADD("span-of-a-failed-row", test_span_of_a_failed_row);
    ADD("decisions", test_decisions_are_kept_once);
    ADD("submission-without-queue", test_submission_without_queue);
    ADD("one-writer", test_one_writer);
    ADD("held-by-dead", test_held_by_dead);
    ADD("stop-coordinator", test_stop_coordinator);
    ADD("asking-takes-no-lock", test_asking_takes_no_lock);
    ADD("holder", test_holder);
    ADD("folder-gone", test_folder_gone);
    ADD("folder-gone-at-end", test_folder_gone_at_end);
#undef ADD
    g_test_add_func("/store/damaged", test_damaged);
    g_test_add_func("/store/no-store-yet", test_no_store_yet);
    g_test_add_func("/store/no-folder", test_no_folder);
    return g_test_run();
}
