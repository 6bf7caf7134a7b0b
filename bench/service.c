/* SPDX-License-Identifier: Apache-2.0
 * Many jobs through the real service: spool, queue, store, coordinator and git history are those of
 * `firstbad daemon`; the farm of each job answers at once. bench/service puts these together:
 *
 *     bench-service --queue N   queue N jobs, of five submitters and three priorities
 *     bench-service --serve     work until nothing is left; figures at the end
 *     bench-service --check     a line for each job; exit 1 if an answer is without the culprit
 *     bench-service --fill N    N more trials, of 100 to a job; then what the service asks, timed
 *
 * All with --dir DIR, in which history (tree) and state folder (state) are made or found;
 * --commits,
 * --rate, --broken: as bench-coordinator has them (1000, 1, 0.05); --at-once N (16).
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "quick-farm.h"
#include "service/service.h"

#define N_SUBMITTERS 5
#define SOLVED_KIND  "cause crash"
#define N_PRIORITIES 3

typedef struct Options {
    int n_commits, n_at_once, n_queue, n_fill;
    double rate, broken;
    gboolean serve, check;
    char *dir;
} Options;

typedef struct Bench {
    const Options *options;
    char *tree, *state;
    QuickWorld *world;
    /* Of --serve: */
    gint64 begun_us, taken_us, worked_us; /* 0: not yet */
    guint n_to_take, n_taken, n_begun, n_ended, n_builds, n_trials;
} Bench;

static double since(gint64 begun_us, gint64 now_us)
{
    return (double)(now_us - begun_us) / 1e6;
}

/* --- The jobs -------------------------------------------------------------------------------- */

/* What job @name, "job-17", is about. */
static QuickOptions options_of(const Bench *bench, const char *name)
{
    guint seed = (guint)g_ascii_strtoull(name + strlen("job-"), NULL, 10);

    return (QuickOptions){.culprit = 2 + seed * 7919 % (bench->world->n - 4),
                          .rate = bench->options->rate,
                          .broken = bench->options->broken,
                          .seed = seed};
}

static void queue_job(const Bench *bench, guint number)
{
    g_autoptr(JobSpec) spec = job_spec_new("cause");
    g_auto(SpoolRequest) request = {.kind = g_strdup("cause")};
    g_autoptr(GError) error = NULL;

    spec->tree = g_strdup(bench->tree);
    spec->good = g_strdup(bench->world->ids[0]);
    spec->start = g_strdup(bench->world->ids[bench->world->n - 1]);
    spec->name = g_strdup_printf("job-%u", number);
    request.name = g_strdup(spec->name);
    request.spec = job_spec_write(spec);
    request.submitter = g_strdup_printf("user-%u", number % N_SUBMITTERS);
    request.priority = number / N_SUBMITTERS % N_PRIORITIES;
    if (!spool_put(bench->state, &request, &error)) {
        g_error("%s", error->message);
    }
}

static int queue_all(const Bench *bench)
{
    gint64 begun_us = g_get_monotonic_time();

    for (int i = 0; i < bench->options->n_queue; i++) {
        queue_job(bench, (guint)i);
    }
    printf("%d jobs queued in %.2f s\n", bench->options->n_queue,
           since(begun_us, g_get_monotonic_time()));
    return 0;
}

/* --- The service ----------------------------------------------------------------------------- */

/* The world of one job. */
typedef struct OneJob {
    Bench *bench;
    Repo *repo;
    QuickFarm *farm;
} OneJob;

static void one_job_free(gpointer data)
{
    OneJob *one = data;

    one->bench->n_builds += one->farm->n_builds;
    one->bench->n_trials += one->farm->n_trials;
    farm_free(&one->farm->base);
    repo_free(one->repo);
    g_free(one);
}

static void on_work(QuickFarm *farm, gpointer data)
{
    Bench *bench = data;

    if (!bench->worked_us) {
        bench->worked_us = g_get_monotonic_time();
    }
}

/* ServiceOpenFunc */
static gboolean open_world(const JobRow *row, const JobSpec *spec, const char *state_dir,
                           const char *job_dir, gpointer user_data, ServiceWorld *ret_world,
                           GError **error)
{
    Bench *bench = user_data;
    const QuickOptions options = options_of(bench, row->name);
    Repo *repo = repo_open(spec->tree, error);
    OneJob *one;

    if (!repo) {
        return FALSE;
    }
    one = g_new0(OneJob, 1);
    *one = (OneJob){bench, repo, quick_farm_new(bench->world, &options)};
    one->farm->on_work = on_work;
    one->farm->data = bench;
    *ret_world = (ServiceWorld){repo, &one->farm->base, one, one_job_free};
    /* cppcheck-suppress memleak ; ret_world has it */
    return TRUE;
}

/* ServiceSayFunc */
static void on_say(const char *line, gpointer user_data)
{
    Bench *bench = user_data;

    if (g_str_has_suffix(line, " goes on") && ++bench->n_taken == bench->n_to_take) {
        bench->taken_us = g_get_monotonic_time();
    }
    bench->n_begun += g_str_has_suffix(line, " begins");
    bench->n_ended += strstr(line, " has ended: ") != NULL;
    if (strstr(line, "tried again") || strstr(line, "given up")) {
        puts(line);
    }
}

/* How many an earlier service was at work on. */
static guint count_running(Store *store)
{
    g_autoptr(GPtrArray) queue = store_queue(store, NULL);
    guint n = 0;

    for (guint i = 0; i < queue->len; i++) {
        n += ((const QueuedJob *)queue->pdata[i])->was_running;
    }
    return n;
}

static void tell(const Bench *bench)
{
    double wall_s = since(bench->begun_us, g_get_monotonic_time());
    struct rusage own, git;

    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &git);
    printf("%u jobs ended in %.1f s: %.2f jobs/s, %.1f trials/s (%u builds, %u trials); CPU %.1f s "
           "user, %.1f s system, %.0f s git; peak %ld MiB\n",
           bench->n_ended, wall_s, bench->n_ended / wall_s, bench->n_trials / wall_s,
           bench->n_builds, bench->n_trials,
           (double)own.ru_utime.tv_sec + (double)own.ru_utime.tv_usec / 1e6,
           (double)own.ru_stime.tv_sec + (double)own.ru_stime.tv_usec / 1e6,
           (double)(git.ru_utime.tv_sec + git.ru_stime.tv_sec), own.ru_maxrss / 1024);
}

/* Told as soon as it is known: this process may be killed. */
static gboolean tell_restart(gpointer data)
{
    const Bench *bench = data;

    if (!bench->worked_us || (bench->n_to_take && !bench->taken_us)) {
        return G_SOURCE_CONTINUE;
    }
    printf("start: %u taken up after %.2f s, the first does something after %.2f s\n",
           bench->n_to_take, bench->taken_us ? since(bench->begun_us, bench->taken_us) : 0,
           since(bench->begun_us, bench->worked_us));
    fflush(stdout);
    return G_SOURCE_REMOVE;
}

static int serve(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(bench->state, STORE_WRITE, &error);
    const ServiceOptions options = {.state_dir = bench->state,
                                    .n_at_once = (guint)bench->options->n_at_once,
                                    .until_idle = TRUE,
                                    .open = open_world,
                                    .say = on_say,
                                    .user_data = bench};

    if (!store) {
        g_error("%s", error->message);
    }
    bench->n_to_take = count_running(store);
    g_timeout_add(100, tell_restart, bench);
    if (!service_run(store, &options, NULL, &error)) {
        g_error("%s", error->message);
    }
    tell(bench);
    return 0;
}

/* --- What came out --------------------------------------------------------------------------- */

/* How the answer of a job stands to the known culprit. Where revisions around it do not build, it
 * can only be one of a set. */
typedef enum Judgement { NAMED, AMONG, WRONG, N_JUDGEMENTS } Judgement;
static const char *const judgement_names[] = {"named", "among", "wrong"};

static Judgement judge(const Answer *answer, const char *culprit)
{
    if (answer && g_strcmp0(answer->culprit, culprit) == 0) {
        return NAMED;
    }
    for (guint i = 0; answer && !answer->culprit && i < answer->candidates->len; i++) {
        if (g_str_equal(((const Candidate *)answer->candidates->pdata[i])->commit, culprit)) {
            return AMONG;
        }
    }
    return WRONG;
}

static Judgement check_job(const Bench *bench, Store *store, const JobRow *row)
{
    const QuickOptions options = options_of(bench, row->name);
    g_autoptr(Answer) answer = row->answer ? answer_from_json(row->answer, NULL) : NULL;
    g_autoptr(GPtrArray) trials = store_trials(store, row->id, NULL),
                         kernels = store_kernels(store, row->id, NULL);
    Judgement judgement = judge(answer, bench->world->ids[options.culprit]);

    printf("%s %s %s %.12s %u kernels, %u trials\n", row->name, job_state_name(row->state),
           judgement_names[judgement], answer && answer->culprit ? answer->culprit : "-",
           kernels->len, trials->len);
    return judgement;
}

static int check(const Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(bench->state, STORE_READ, &error);
    g_autoptr(GPtrArray) rows = store ? store_list_jobs(store, &error) : NULL;
    guint n[N_JUDGEMENTS] = {0};

    if (!rows) {
        g_error("%s", error->message);
    }
    for (guint i = 0; i < rows->len; i++) {
        n[check_job(bench, store, rows->pdata[i])]++;
    }
    fprintf(stderr, "%u jobs: culprit named in %u, in a set in %u, wrong in %u\n", rows->len,
            n[NAMED], n[AMONG], n[WRONG]);
    return n[WRONG] == 0 ? 0 : 1;
}

/* --- A large store --------------------------------------------------------------------------- */

#define N_OF_JOB  100
#define N_KERNELS 20

/* One of 8 KB, as ours are. Owned by the caller. */
static char *make_answer(const QuickFarm *farm)
{
    g_autofree char *report = g_strnfill(8000, 'x');

    return g_strdup_printf("{\"kind\": \"culprit\", \"culprit\": \"%s\", \"crash_report\": \"%s\"}",
                           farm->world->ids[farm->options.culprit], report);
}

/* What it built and found, as a job of ours leaves it. */
static void fill_kernels(Store *store, const QuickFarm *farm, gint64 job)
{
    g_autoptr(SolvedRow) solved = solved_row_new();
    Kernel kernel = {.status = KERNEL_BUILT, .dir = (char *)"/nowhere"};

    for (guint i = 0; i < N_KERNELS; i++) {
        kernel.key = kernel.signature = farm->world->ids[i];
        g_assert_true(store_put_kernel(store, job, farm->world->ids[i], &kernel, NULL));
    }
    solved->job = job;
    solved->kind = g_strdup(SOLVED_KIND);
    solved->culprit = g_strdup(farm->world->ids[farm->options.culprit]);
    solved_row_add_face(solved, "KASAN: use-after-free Read in foo", NULL, FALSE, FALSE, 9);
    solved_row_add_face(solved, "WARNING in bar", NULL, FALSE, FALSE, 1);
    g_assert_true(store_put_solved(store, solved, NULL, NULL));
}

/* A job that is done, with N_OF_JOB trials of the farm's. */
static gint64 fill_job(Store *store, const QuickFarm *farm, guint number)
{
    g_autofree char *name = g_strdup_printf("filled-%u", number), *answer = make_answer(farm);
    g_autofree char *spec =
        g_strdup_printf("[job]\nstart=%s\n", farm->world->ids[farm->world->n - 1]);
    gint64 id;

    g_assert_true(store_add_job(store, name, "cause", spec, 0, &id, NULL));
    g_assert_true(store_set_job(store, id, JOB_DONE, "done", answer, NULL, NULL));
    fill_kernels(store, farm, id);
    for (guint i = 0; i < N_OF_JOB; i++) {
        g_autoptr(Outcome) outcome =
            quick_outcome(farm, farm->world->ids[farm->world->n - 1 - i / 10], i);

        g_clear_pointer(&outcome->console, g_bytes_unref);
        g_assert_true(
            store_put_trial(store, id, farm->world->ids[i / 10], "key", outcome, 0, NULL));
    }
    return id;
}

/* As many as may be lost at once: what a flush each would cost is known. */
static void fill(const Bench *bench, Store *store, guint n_jobs)
{
    const QuickOptions options = {.culprit = bench->world->n / 2, .rate = 0.3, .seed = 1};
    QuickFarm *farm = quick_farm_new(bench->world, &options);
    g_autoptr(GPtrArray) there = store_list_jobs(store, NULL);

    for (guint i = 0; i < n_jobs; i++) {
        if (i % 100 == 0) {
            g_assert_true(store_begin(store, NULL));
        }
        fill_job(store, farm, there->len + i);
        if (i % 100 == 99 || i + 1 == n_jobs) {
            g_assert_true(store_end(store, TRUE, NULL));
        }
    }
    farm_free(&farm->base);
}

static void time_of(const char *what, gint64 begun_us, guint n)
{
    printf("%-40s %8.3f ms\n", what, since(begun_us, g_get_monotonic_time()) * 1000 / n);
}

#define TIMED(what, n, statement)                                                                  \
    do {                                                                                           \
        gint64 begun_us = g_get_monotonic_time();                                                  \
        for (guint i = 0; i < (n); i++) {                                                          \
            statement;                                                                             \
        }                                                                                          \
        time_of(what, begun_us, n);                                                                \
    } while (0)

/* What the service and its jobs ask the store for. */
static void time_queries(const Bench *bench, Store *store)
{
    const QuickOptions options = {.culprit = 1, .rate = 1};
    QuickFarm *farm = quick_farm_new(bench->world, &options);
    g_autoptr(GPtrArray) rows = store_list_jobs(store, NULL);
    const JobRow *middle = rows->pdata[rows->len / 2];
    gint64 new_id;

    TIMED("store_queue", 20, g_ptr_array_unref(store_queue(store, NULL)));
    TIMED("store_usage", 20, g_hash_table_unref(store_usage(store, 0, 1, 86400, NULL)));
    TIMED("store_find_job", 5, job_row_free(store_find_job(store, middle->name, NULL)));
    TIMED("store_read_job", 20, job_row_free(store_read_job(store, middle->id, NULL)));
    TIMED("store_kernels of a job", 20, g_ptr_array_unref(store_kernels(store, middle->id, NULL)));
    TIMED("store_trials of a job (100)", 20,
          g_ptr_array_unref(store_trials(store, middle->id, NULL)));
    TIMED("store_list_jobs", 3, g_ptr_array_unref(store_list_jobs(store, NULL)));
    TIMED("store_job_counts", 3, g_hash_table_unref(store_job_counts(store, NULL)));
    TIMED("store_wanted_kernels", 20, g_hash_table_unref(store_wanted_kernels(store, NULL)));
    TIMED("store_solved", 3, g_ptr_array_unref(store_solved(store, SOLVED_KIND, 0, NULL)));
    TIMED("store_submit_job", 10, {
        g_autofree char *submission = g_uuid_string_random();

        store_submit_job(store, submission, "user", 0, middle->name, "cause", "[job]\n", 0, &new_id,
                         NULL);
    });
    TIMED("store_add_usage", 20, store_add_usage(store, "user", 0, 1, NULL));
    TIMED("store_begin_job", 20, store_begin_job(store, middle->id, NULL));
    new_id = fill_job(store, farm, 1000000000);
    TIMED("store_put_trial without console", 100, {
        g_autoptr(Outcome) outcome = quick_outcome(farm, bench->world->ids[5], 1000 + i);

        g_clear_pointer(&outcome->console, g_bytes_unref);
        store_put_trial(store, new_id, bench->world->ids[5], "key", outcome, 0, NULL);
    });
    farm_free(&farm->base);
}

static int fill_and_ask(const Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(bench->state, STORE_WRITE, &error);

    if (!store) {
        g_error("%s", error->message);
    }
    fill(bench, store, (guint)bench->options->n_fill / N_OF_JOB);
    time_queries(bench, store);
    return 0;
}

/* --- Main ------------------------------------------------------------------------------------ */

static gboolean read_options(int argc, char **argv, Options *options)
{
    const GOptionEntry entries[] = {
        {"commits", 0, 0, G_OPTION_ARG_INT, &options->n_commits, "Length of the history", "N"},
        {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &options->rate, "Chance that a trial crashes", "P"},
        {"broken", 0, 0, G_OPTION_ARG_DOUBLE, &options->broken, "Of the revisions", "SHARE"},
        {"at-once", 0, 0, G_OPTION_ARG_INT, &options->n_at_once, "Jobs at work", "N"},
        {"queue", 0, 0, G_OPTION_ARG_INT, &options->n_queue, "Queue jobs", "N"},
        {"serve", 0, 0, G_OPTION_ARG_NONE, &options->serve, "Work on them", NULL},
        {"check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Check them", NULL},
        {"fill", 0, 0, G_OPTION_ARG_INT, &options->n_fill, "More trials", "N"},
        {"dir", 0, 0, G_OPTION_ARG_FILENAME, &options->dir, "Where all lies", "DIR"},
        {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_add_main_entries(context, entries, NULL);
    return g_option_context_parse(context, &argc, &argv, NULL) && options->dir &&
           options->n_commits >= 10;
}

static int carry_out(Bench *bench)
{
    if (bench->options->n_queue) {
        return queue_all(bench);
    }
    if (bench->options->n_fill) {
        return fill_and_ask(bench);
    }
    return bench->options->serve ? serve(bench) : check(bench);
}

int main(int argc, char **argv)
{
    Options options = {.n_commits = 1000, .n_at_once = 16, .rate = 1, .broken = 0.05};
    Bench bench = {.options = &options, .begun_us = g_get_monotonic_time()};
    g_autofree char *full = NULL;
    int code;

    mallopt(M_TRIM_THRESHOLD, 16 << 20); /* as src/cli/main.c does */
    mallopt(M_TOP_PAD, 1 << 20);
    if (!read_options(argc, argv, &options)) {
        return 2;
    }
    full = g_canonicalize_filename(options.dir, NULL); /* jobs are told of the tree */
    bench.tree = g_build_filename(full, "tree", NULL);
    bench.state = g_build_filename(options.dir, "state", NULL);
    bench.world = quick_world_new(bench.tree, (guint)options.n_commits);
    code = carry_out(&bench);
    quick_world_free(bench.world);
    g_free(bench.tree);
    g_free(bench.state);
    g_free(options.dir);
    return code;
}
