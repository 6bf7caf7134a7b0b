/* SPDX-License-Identifier: Apache-2.0
 * The service's queue: who comes next, requests as files, and what the store keeps of both. The
 * loop itself is run from outside (tests/cli/test-daemon.sh).
 */
#include <glib/gstdio.h>
#include <string.h>

#include "scratch.h"
#include "service/service.h"

#define NOW_S 1000000

/* "ID SUBMITTER PRIORITY NOT_BEFORE [running]" a line. */
static GPtrArray *queue_of(const char *text)
{
    GPtrArray *queue = g_ptr_array_new_with_free_func((GDestroyNotify)queued_job_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; **line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", -1);
        QueuedJob *job = g_new0(QueuedJob, 1);

        job->id = g_ascii_strtoll(words[0], NULL, 10);
        job->submitter = g_strdup(words[1]);
        job->priority = g_ascii_strtoll(words[2], NULL, 10);
        job->not_before_s = g_ascii_strtoll(words[3], NULL, 10);
        job->was_running = words[4] != NULL;
        g_ptr_array_add(queue, job);
    }
    return queue;
}

/* The ids in the order in which they begin, none of them ending. */
static char *order_of(const char *text, GHashTable *used, double most_s)
{
    g_autoptr(GPtrArray) queue = queue_of(text);
    const Rules rules = {most_s};
    g_autoptr(GString) order = g_string_new(NULL);
    gint next;

    while ((next = service_choose(queue, used, used, &rules, NOW_S)) >= 0) {
        const QueuedJob *job = queue->pdata[next];

        g_string_append_printf(order, "%d ", (int)job->id);
        g_ptr_array_remove_index(queue, (guint)next);
    }
    return g_string_free(g_steal_pointer(&order), FALSE);
}

static void test_choose(void)
{
    double ann = 500, bob = 10;
    g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *age = order_of("1 ann 0 0\n2 ann 0 0\n3 ann 0 0\n", used, 0);
    g_autofree char *priority = order_of("1 ann 0 0\n2 ann 7 0\n3 ann -1 0\n", used, 0);
    g_autofree char *running = order_of("1 ann 9 0\n2 bob 0 0 running\n", used, 0);
    g_autofree char *later = order_of("1 ann 0 1000001\n2 ann 0 1000000\n", used, 0);
    g_autofree char *set_back = order_of("1 ann 0 1086400\n", used, 0);

    g_assert_cmpstr(age, ==, "1 2 3 ");
    g_assert_cmpstr(priority, ==, "2 1 3 ");
    g_assert_cmpstr(set_back, ==, "1 ");
    g_assert_cmpstr(running, ==, "2 1 ");
    g_assert_cmpstr(later, ==, "2 ");

    g_hash_table_insert(used, (char *)"ann", &ann);
    g_hash_table_insert(used, (char *)"bob", &bob);
    g_autofree char *fair = order_of("1 ann 0 0\n2 bob 0 0\n3 new 0 0\n", used, 0);
    g_autofree char *budget = order_of("1 ann 0 0\n2 bob 0 0\n", used, 400);
    g_assert_cmpstr(fair, ==, "3 2 1 ");
    g_assert_cmpstr(budget, ==, "2 ");
}

/* The order in which a reader sees the queue, and why each waits. */
static void test_waiting(void)
{
    double ann = 500, bob = 10;
    g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) queue = queue_of("1 ann 9 0\n2 bob 0 1000001\n3 bob 0 0\n4 new 0 0\n"
                                          "5 bob 1 0\n6 bob 0 0 running\n");
    const Rules rules = {400};
    const struct {
        gint64 id;
        QueueWait wait;
    } wanted[] = {{6, WAIT_TURN}, {5, WAIT_TURN},   {4, WAIT_TURN},
                  {3, WAIT_TURN}, {1, WAIT_BUDGET}, {2, WAIT_RETRY}};

    g_hash_table_insert(used, (char *)"ann", &ann);
    g_hash_table_insert(used, (char *)"bob", &bob);
    service_sort(queue, used, used, &rules, NOW_S);
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        const QueuedJob *job = queue->pdata[i];

        g_assert_cmpint(job->id, ==, wanted[i].id);
        g_assert_cmpint(service_wait(job, used, &rules, NOW_S), ==, wanted[i].wait);
    }
}

/* Later each time, and not for ever. */
static void test_retry(void)
{
    guint n = 1;

    g_assert_cmpuint(service_retry_s(1), ==, 60);
    for (; service_retry_s(n + 1); n++) {
        g_assert_cmpuint(service_retry_s(n + 1), ==, 2 * service_retry_s(n));
        g_assert_cmpuint(n, <, 20);
    }
}

static void test_spool(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *state = scratch_path(scratch, "state");
    g_autoptr(GError) error = NULL;
    g_auto(SpoolRequest) request = {.kind = g_strdup("run"),
                                    .spec = g_strdup("[job]\nname=a;b\n"),
                                    .name = g_strdup("one"),
                                    .priority = -3};
    g_auto(SpoolRequest) cancel = {.wish = SPOOL_CANCEL, .job = g_strdup("7")}, read = {0};
    g_auto(SpoolRequest) word = {.wish = SPOOL_VERDICT,
                                 .job = g_strdup("7"),
                                 .revision = g_strdup("v6.1"),
                                 .verdict = g_strdup("bad"),
                                 .note = g_strdup("I saw it\nthere")};

    g_assert_true(spool_put(state, &request, &error));
    g_assert_true(spool_put(state, &cancel, &error));
    g_auto(GStrv) paths = spool_list(state);
    g_assert_cmpuint(g_strv_length(paths), ==, 2);
    g_assert_true(spool_read(paths[0], &read, &error));
    g_assert_cmpstr(read.spec, ==, request.spec);
    g_assert_cmpstr(read.id, ==, request.id);
    g_assert_cmpint(read.priority, ==, -3);
    spool_request_clear(&read);
    g_assert_true(spool_read(paths[1], &read, &error));
    g_assert_cmpint(read.wish, ==, SPOOL_CANCEL);
    g_assert_cmpstr(read.job, ==, "7");
    spool_request_clear(&read);
    g_assert_true(spool_put(state, &word, &error));
    g_auto(GStrv) more = spool_list(state);
    g_assert_true(spool_read(more[2], &read, &error));
    g_assert_cmpint(read.wish, ==, SPOOL_VERDICT);
    g_assert_cmpstr(read.revision, ==, "v6.1");
    g_assert_cmpstr(read.verdict, ==, "bad");
    g_assert_cmpstr(read.note, ==, "I saw it\nthere");
    spool_request_clear(&read);
    g_auto(SpoolRequest) resume = {.wish = SPOOL_RESUME, .job = g_strdup("7")};
    g_assert_true(spool_put(state, &resume, &error));
    g_auto(GStrv) all = spool_list(state);
    g_assert_true(spool_read(all[3], &read, &error));
    g_assert_cmpint(read.wish, ==, SPOOL_RESUME);
    spool_request_clear(&read);
    g_assert_false(spool_is_taken(state, resume.id));
    g_unlink(all[3]);
    g_assert_true(spool_is_taken(state, resume.id));
    /* Only new jobs have names. */
    g_assert_false(spool_find_job(state, "two", &read));
    g_assert_true(spool_find_job(state, NULL, &read));
    g_assert_cmpstr(read.id, ==, request.id);
    spool_request_clear(&read);
    /* As an older firstbad wrote it. */
    g_assert_true(g_file_set_contents(
        paths[1], "[request]\ncancel=true\nid=x\nsubmitter=y\njob=7\n", -1, NULL));
    g_assert_true(spool_read(paths[1], &read, &error));
    g_assert_cmpint(read.wish, ==, SPOOL_CANCEL);
    spool_request_clear(&read);
    /* A newer one may wish for more. */
    g_assert_true(g_file_set_contents(paths[1], "[request]\nwish=pizza\nid=x\nsubmitter=y\njob=7\n",
                                      -1, NULL));
    g_assert_false(spool_read(paths[1], &read, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    g_clear_error(&error);
    /* What is none. */
    g_assert_true(g_file_set_contents(paths[0], "[request]\nid=x\nsubmitter=y\n", -1, NULL));
    g_assert_false(spool_read(paths[0], &read, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* What comes along with a request becomes the job's, once; what nobody asked for goes. */
static void test_files(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *state = scratch_path(scratch, "state"), *job = scratch_path(scratch, "job");
    g_autofree char *kept = g_build_filename(job, "inputs", "config", NULL), *text = NULL;
    g_auto(SpoolRequest) request = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = spool_make_folder(state, &request, &error);
    g_autofree char *inputs = g_build_filename(folder, "inputs", NULL);
    g_autofree char *config = g_build_filename(inputs, "config", NULL);

    g_assert_cmpint(g_mkdir_with_parents(inputs, 0700), ==, 0);
    g_assert_cmpint(g_mkdir_with_parents(job, 0700), ==, 0);
    g_assert_true(g_file_set_contents(config, "then", -1, NULL));
    spool_sweep(state, g_get_real_time() / G_USEC_PER_SEC);
    g_assert_true(g_file_test(config, G_FILE_TEST_EXISTS));
    for (guint i = 0; i < 2; i++) {
        g_assert_true(spool_move_files(state, request.id, job, &error));
    }
    g_assert_true(g_file_get_contents(kept, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "then");
    g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
    spool_remove_inputs(job);
    g_assert_false(g_file_test(kept, G_FILE_TEST_EXISTS));
    /* Whoever made it died long ago. */
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    spool_sweep(state, g_get_real_time() / G_USEC_PER_SEC + 100000);
    g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
}

static void test_store(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *state = scratch_path(scratch, "state");
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(state, STORE_WRITE, &error);
    g_autoptr(GPtrArray) queue = NULL, left = NULL;
    g_autoptr(GHashTable) used = NULL;
    const QueuedJob *job;
    gboolean is_done;
    gint64 id;

    /* Taken twice, as by a service that was killed in between: there once. */
    for (guint i = 0; i < 2; i++) {
        g_assert_true(
            store_submit_job(store, "s1", "ann", 2, "job", "run", "[job]\n", 5, &id, &error));
    }
    g_assert_true(store_submit_job(store, "s2", "bob", 0, "job", "run", "[job]\n", 6, &id, &error));
    queue = store_queue(store, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(queue->len, ==, 2);
    job = queue->pdata[1];
    g_assert_cmpstr(job->name, ==, "job-2");
    g_assert_cmpstr(job->submitter, ==, "bob");
    g_assert_false(job->was_running);

    g_assert_true(store_begin_job(store, 1, &error));
    g_assert_true(store_requeue_job(store, 2, 99, 3, "no disk", &error));
    left = store_queue(store, &error);
    job = left->pdata[0];
    g_assert_true(job->was_running);
    job = left->pdata[1];
    g_assert_cmpuint(job->n_failures, ==, 3);
    g_assert_cmpint(job->not_before_s, ==, 99);
    g_assert_cmpstr(job->error, ==, "no disk");

    g_assert_true(store_cancel_job(store, 2, &is_done, &error));
    g_assert_false(is_done);
    g_assert_true(store_cancel_job(store, 2, &is_done, &error));
    g_assert_true(is_done);

    g_assert_true(store_add_usage(store, "ann", NOW_S, 4000, &error));
    g_assert_true(store_add_usage(store, "ann", NOW_S, 2000, &error));
    g_assert_true(store_add_usage(store, "ann", NOW_S - 86400, 8000, &error));
    used = store_usage(store, 0, NOW_S, 86400, &error);
    g_assert_cmpfloat_with_epsilon(*(double *)g_hash_table_lookup(used, "ann"), 10, 0.3);
    g_assert_null(g_hash_table_lookup(used, "bob"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/choose", test_choose);
    g_test_add_func("/service/waiting", test_waiting);
    g_test_add_func("/service/retry", test_retry);
    g_test_add("/service/spool", Scratch, NULL, scratch_set_up, test_spool, scratch_tear_down);
    g_test_add("/service/files", Scratch, NULL, scratch_set_up, test_files, scratch_tear_down);
    g_test_add("/service/store", Scratch, NULL, scratch_set_up, test_store, scratch_tear_down);
    return g_test_run();
}
