/* SPDX-License-Identifier: Apache-2.0
 * How long the pages of the dashboard take, and how large they are: of a job with many revisions
 * and trials, and of a list of many jobs. The store is made in DIR when it is not there yet, so
 * that `firstbad serve --state-dir DIR` can show it to a browser.
 *
 *     bench-page DIR [REVISIONS [TRIALS [JOBS]]]
 */
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "page/page.h"

#define N_TIMES 5

typedef struct Sizes {
    guint n_revisions, n_trials, n_jobs;
} Sizes;

/* An id for revision @r; revision 0 is the oldest. */
static char *id_of(guint r)
{
    g_autofree char *text = g_strdup_printf("revision %u", r);

    return g_compute_checksum_for_string(G_CHECKSUM_SHA1, text, -1);
}

static const char crash_title[] = "KASAN: slab-use-after-free Read in sk_psock_get";

/* Some 3 KB, as they are. */
static char *make_report(guint number)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "BUG: %s\nRead of size 8 at addr ffff88810%07x by task repro/%u\n",
                           crash_title, number, number % 30000);
    for (guint i = 0; i < 40; i++) {
        g_string_append_printf(text, " function_%u+0x%x/0x%x net/core/file_%u.c:%u\n", i,
                               i * 16 + 7, i * 32 + 64, i % 7, 100 + i * 3);
    }
    return g_string_free(text, FALSE);
}

/* The bug came with the revision in the middle. */
static gboolean has_bug(const Sizes *sizes, guint r)
{
    return r >= sizes->n_revisions / 2;
}

static void put_revision(Store *store, gint64 job, const Sizes *sizes, guint r)
{
    g_autofree char *commit = id_of(r), *before = id_of(r ? r - 1 : 0);
    g_autofree char *subject =
        g_strdup_printf("net/smc: change %u of <many> & \"various\" things that need a line", r);
    g_autofree char *place = g_strdup_printf("%u %u -%s", r, sizes->n_revisions, before);
    g_autofree char *signature = g_strdup_printf("%064x", r);
    DecisionRow decision = {.phase = (char *)"search",
                            .commit = commit,
                            .label = r % 50 ? NULL : (char *)"v6.1",
                            .subject = subject,
                            .n_left = sizes->n_revisions - r,
                            .bits = 9.0 * (sizes->n_revisions - r) / sizes->n_revisions,
                            .best = before,
                            .best_p = 0.25};
    Kernel kernel = {.key = signature,
                     .status = KERNEL_BUILT,
                     .signature = signature,
                     .compiler = (char *)"gcc (Debian 12.2.0-14) 12.2.0, GNU ld 2.40",
                     .build_ms = 90000};

    g_assert_true(store_put_decision(store, job, &decision, NULL));
    g_assert_true(store_set_verdict(store, job, commit, has_bug(sizes, r) ? "bad" : "good", NULL));
    g_assert_true(store_put_kernel(store, job, commit, &kernel, NULL));
    g_assert_true(store_put_fact(store, job, commit, FACT_PLACE, place, NULL));
}

static void put_trial(Store *store, gint64 job, const Sizes *sizes, guint number)
{
    guint r = sizes->n_revisions - 1 - number % sizes->n_revisions;
    gboolean crashes = has_bug(sizes, r) && (number / sizes->n_revisions) % 5 < 4;
    g_autofree char *commit = id_of(r), *text = crashes ? make_report(number) : NULL;
    OopsReport report = {.title = (char *)crash_title, .text = text};
    Outcome outcome = {.kind = crashes ? OUTCOME_CRASH : OUTCOME_OK,
                       .title = crashes ? (char *)crash_title : NULL,
                       .report = crashes ? &report : NULL,
                       .run_ms = 2000 + number % 700,
                       .restored = number % 3 != 0};
    gint64 at_ms = 1764230000000 + (gint64)number * 3000;
    SpanRow span = {.kind = (char *)"trial",
                    .phase = (char *)"search",
                    .commit = commit,
                    .how = outcome.restored ? (char *)"restored" : (char *)"booted",
                    .lane = number % 4,
                    .begun_ms = at_ms,
                    .ended_ms = at_ms + 2500};

    store_put_span(store, job, &span);
    g_assert_true(store_put_trial(store, job, commit, commit, &outcome, at_ms / 1000, NULL));
}

static void put_moment(Store *store, gint64 job, const Sizes *sizes, guint r)
{
    g_autofree char *tried = id_of(r), *suspects = g_strdup_printf("%s:250", tried);
    g_autoptr(GString) shares = g_string_new(NULL);
    MomentRow row = {.at_ms = 1764230000000 + (gint64)r * 60000,
                     .phase = (char *)"search",
                     .tried = tried,
                     .n_kernels = r,
                     .n_trials = r * 20,
                     .n_revisions = sizes->n_revisions,
                     .n_left = sizes->n_revisions - r,
                     .bits = 9.0 * (sizes->n_revisions - r) / sizes->n_revisions,
                     .suspects = suspects,
                     .left_s = -1};

    for (guint bin = 0; bin < MOMENT_BINS; bin++) {
        g_string_append_printf(shares, "%s%u:5", bin ? " " : "", bin);
    }
    row.shares = shares->str;
    g_assert_true(store_put_moment(store, job, &row, NULL));
}

static char *make_answer(const Sizes *sizes)
{
    Answer *answer = g_new0(Answer, 1);
    g_autofree char *culprit = id_of(sizes->n_revisions / 2);
    Candidate *candidate = candidate_new(culprit, 0.991);
    json_t *json;
    char *text;

    answer->kind = ANSWER_CULPRIT;
    answer->confidence = 0.991;
    answer->culprit = g_strdup(culprit);
    candidate->subject = g_strdup("net/smc: the one");
    answer->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    g_ptr_array_add(answer->candidates, candidate);
    answer->checks = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(answer->checks, g_strdup("passed: the culprit crashes (16 of 20 trials)"));
    answer->culprit_show =
        g_strdup("commit X\nAuthor: A <a@example.org>\n\n    net/smc: the one\n");
    answer->crash_title = g_strdup(crash_title);
    answer->crash_report = make_report(1);
    json = answer_to_json(answer);
    text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(json);
    answer_free(answer);
    return text;
}

static void add_job(Store *store, const Sizes *sizes, guint number, const char *answer)
{
    g_autofree char *name = g_strdup_printf("job-%u", number),
                    *start = id_of(sizes->n_revisions - 1);
    g_autoptr(JobSpec) spec = job_spec_new("cause");
    g_autofree char *text = NULL;
    gint64 id;

    spec->name = g_strdup(name);
    spec->tree = g_strdup("/linux");
    spec->start = g_strdup(start);
    text = job_spec_write(spec);
    g_assert_true(store_add_job(store, name, "cause", text, 1764230000, &id, NULL));
    g_assert_true(store_set_job(store, id, JOB_DONE, "done", answer, NULL, NULL));
}

/* The large job is the first. */
static void make_store(const char *dir, const Sizes *sizes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(dir, STORE_WRITE, &error);
    g_autofree char *answer = make_answer(sizes);

    g_assert_no_error(error);
    g_assert_true(store_begin(store, &error));
    for (guint i = 0; i < sizes->n_jobs; i++) {
        add_job(store, sizes, i + 1, answer);
    }
    for (guint r = sizes->n_revisions; r-- > 0;) {
        put_revision(store, 1, sizes, r);
        put_moment(store, 1, sizes, sizes->n_revisions - 1 - r);
    }
    for (guint i = 0; i < sizes->n_trials; i++) {
        put_trial(store, 1, sizes, i);
    }
    g_assert_true(store_end(store, TRUE, &error));
}

/* --- Measuring ------------------------------------------------------------------------------- */

/* A page, made from the store as a call of the server makes it. */
typedef GBytes *(*MakeFunc)(Store *store);

static Report *load(Store *store)
{
    g_autoptr(JobRow) row = store_read_job(store, 1, NULL);
    g_autoptr(GError) error = NULL;
    Report *report = report_load(store, row, &error);

    g_assert_no_error(error);
    return report;
}

static GBytes *make_job(Store *store)
{
    g_autoptr(Report) report = load(store);

    return page_job(&(PagePlace){0}, &(PageJob){.report = report});
}

static GBytes *make_revision(Store *store)
{
    g_autoptr(Report) report = load(store);

    return page_revision(&(PagePlace){0}, report, report->revisions->pdata[0], 0);
}

static GBytes *make_pictures(Store *store)
{
    g_autoptr(Report) report = load(store);
    json_t *json = report_pictures_json(report);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));

    json_decref(json);
    return g_bytes_new_take(text, strlen(text));
}

static GBytes *make_list_of(Store *store, const char *text)
{
    JobFilter filter = {.text = text, .n_most = PAGE_JOBS_MOST};
    PageJobs jobs = {.filter = &filter,
                     .jobs = g_ptr_array_new_with_free_func((GDestroyNotify)report_free)};
    GBytes *page;

    jobs.rows = store_find_jobs(store, &filter, &jobs.n_found, NULL);
    for (guint i = 0; i < jobs.rows->len; i++) {
        g_ptr_array_add(jobs.jobs, report_load_summary(store, jobs.rows->pdata[i], NULL));
    }
    page = page_jobs(&(PagePlace){0}, &jobs);
    g_ptr_array_unref(jobs.jobs);
    g_ptr_array_unref(jobs.rows);
    return page;
}

static GBytes *make_list(Store *store)
{
    return make_list_of(store, NULL);
}

static GBytes *make_search(Store *store)
{
    return make_list_of(store, "no such text");
}

static void measure(const char *dir, const char *what, MakeFunc make)
{
    double least_ms = G_MAXDOUBLE;
    gsize n_bytes = 0;

    for (guint i = 0; i < N_TIMES; i++) {
        gint64 begun_us = g_get_monotonic_time();
        g_autoptr(Store) store = store_open(dir, STORE_READ, NULL);
        g_autoptr(GBytes) page = make(store);

        least_ms = MIN(least_ms, (double)(g_get_monotonic_time() - begun_us) / 1000);
        n_bytes = g_bytes_get_size(page);
    }
    g_print("%-10s %7.0f ms (the best of %d) %8.0f KiB\n", what, least_ms, N_TIMES,
            (double)n_bytes / 1024);
}

int main(int argc, char **argv)
{
    const Sizes sizes = {bench_number(argc, argv, 2, 500), bench_number(argc, argv, 3, 10000),
                         bench_number(argc, argv, 4, 10000)};
    g_autofree char *path = argc > 1 ? g_build_filename(argv[1], "firstbad.db", NULL) : NULL;

    if (!path || !sizes.n_revisions || !sizes.n_jobs) {
        g_printerr("usage: bench-page DIR [REVISIONS [TRIALS [JOBS]]]\n");
        return EXIT_FAILURE;
    }
    g_mkdir_with_parents(argv[1], 0700);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        make_store(argv[1], &sizes);
    }
    g_print("%u revisions, %u trials; %u jobs\n", sizes.n_revisions, sizes.n_trials, sizes.n_jobs);
    measure(argv[1], "job", make_job);
    measure(argv[1], "revision", make_revision);
    measure(argv[1], "pictures", make_pictures);
    measure(argv[1], "list", make_list);
    measure(argv[1], "search", make_search);
    return EXIT_SUCCESS;
}
