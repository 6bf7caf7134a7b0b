/* SPDX-License-Identifier: Apache-2.0
 * The store as a reader of pages asks it: some of many jobs, one trial of many; and a job that
 * waits again.
 */
#include "store/store.h"

#include "process/process.h"

typedef struct Fixture {
    char *folder;
    Store *store;
    gint64 job;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->folder = g_dir_make_tmp("firstbad-store-XXXXXX", NULL);
    fixture->store = store_open(fixture->folder, STORE_WRITE, NULL);
    g_assert_true(
        store_add_job(fixture->store, "bug", "cause", "[job]\n", 17, &fixture->job, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    const char *argv[] = {"rm", "-rf", fixture->folder, NULL};

    g_clear_pointer(&fixture->store, store_free);
    g_free(process_ask(NULL, argv, NULL));
    g_free(fixture->folder);
}

/* The names of the jobs that fit, with blanks between them. */
static char *found_by(Store *store, const JobFilter *filter, guint n_found)
{
    guint n;
    g_autoptr(GPtrArray) rows = store_find_jobs(store, filter, &n, NULL);
    GString *names = g_string_new(NULL);

    g_assert_cmpuint(n, ==, n_found);
    for (guint i = 0; i < rows->len; i++) {
        g_string_append_printf(names, "%s%s", i ? " " : "", ((JobRow *)rows->pdata[i])->name);
    }
    return g_string_free(names, FALSE);
}

static void test_find(Fixture *fixture, gconstpointer unused)
{
    Store *store = fixture->store;
    gint64 id;

    g_assert_true(store_add_job(store, "run-1", "run", "[job]\ntest=it's 100%\n", 1, &id, NULL));
    g_assert_true(store_add_job(store, "fix", "fix", "[job]\n", 1, &id, NULL));
    g_assert_true(store_set_job(store, id, JOB_DONE, "done", "{\"culprit\": \"AbC\"}", NULL, NULL));
    g_autofree char *all = found_by(store, &(JobFilter){.n_most = 9}, 3);
    g_autofree char *part = found_by(store, &(JobFilter){.n_most = 1, .first = 1}, 3);
    g_autofree char *behind = found_by(store, &(JobFilter){.n_most = 1, .first = 7}, 3);
    g_autofree char *kind = found_by(store, &(JobFilter){.n_most = 9, .kind = "fix"}, 1);
    g_autofree char *state =
        found_by(store, &(JobFilter){.n_most = 9, .has_state = TRUE, .state = JOB_RUNNING}, 2);
    g_autofree char *text = found_by(store, &(JobFilter){.n_most = 9, .text = "aBc"}, 1);
    g_autofree char *plain = found_by(store, &(JobFilter){.n_most = 9, .text = "T's 100%"}, 1);
    g_autofree char *none = found_by(store, &(JobFilter){.n_most = 9, .text = "%"}, 1);
    g_autofree char *several =
        found_by(store, &(JobFilter){.n_most = 9, .text = "b", .kind = "fix"}, 1);

    g_assert_cmpstr(all, ==, "fix run-1 bug");
    g_assert_cmpstr(part, ==, "run-1");
    g_assert_cmpstr(behind, ==, "");
    g_assert_cmpstr(kind, ==, "fix");
    g_assert_cmpstr(state, ==, "run-1 bug");
    g_assert_cmpstr(text, ==, "fix");
    g_assert_cmpstr(plain, ==, "run-1");
    g_assert_cmpstr(none, ==, "run-1");
    g_assert_cmpstr(several, ==, "fix");
}

static void test_one_trial(Fixture *fixture, gconstpointer unused)
{
    static const char printed[] = "before\0behind";
    g_autoptr(GBytes) console = g_bytes_new_static(printed, sizeof printed - 1);
    Outcome outcome = {.kind = OUTCOME_OK, .console = console};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) kept = NULL;
    g_autoptr(TrialRow) row = NULL;
    gint64 other;

    g_assert_true(store_add_job(fixture->store, "other", "cause", "[job]\n", 1, &other, NULL));
    g_assert_true(store_put_trial(fixture->store, fixture->job, "c", "k", &outcome, 0, NULL));
    row = store_read_trial(fixture->store, fixture->job, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(row->commit, ==, "c");
    kept = store_console(row, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(kept, console));
    g_assert_null(store_read_trial(fixture->store, other, 1, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* A job that was nobody's becomes somebody's, and waits. */
static void test_queue_again(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GPtrArray) before = store_queue(fixture->store, NULL);
    g_autoptr(GPtrArray) queue = NULL;

    g_assert_cmpuint(before->len, ==, 0);
    g_assert_true(store_queue_job(fixture->store, fixture->job, "ann", NULL));
    g_assert_true(store_queue_job(fixture->store, fixture->job, "bob", NULL));
    queue = store_queue(fixture->store, NULL);
    g_assert_cmpuint(queue->len, ==, 1);
    g_assert_cmpstr(((QueuedJob *)queue->pdata[0])->submitter, ==, "ann");
    g_assert_false(((QueuedJob *)queue->pdata[0])->was_running);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/find/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("jobs", test_find);
    ADD("trial", test_one_trial);
    ADD("queue-again", test_queue_again);
    return g_test_run();
}
