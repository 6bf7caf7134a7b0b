/* SPDX-License-Identifier: Apache-2.0
 * Whole screens, as text beside this file, and what keys do. FIRSTBAD_WRITE_EXPECTED=1 writes the
 * texts anew.
 */
#include "terminal/scene.h"

#include <locale.h>
#include <string.h>

#define NOW_MS G_GINT64_CONSTANT(1764234307000) /* 2025-11-27 09:05:07 UTC */
#define BAD    "341adeec9adad0874f29a0a1af35638207352a39"
#define STEP   "22ef12195e13c5ec58320dbf99ef85059a2c0820"
#define GOOD   "df0cc57e057f18e44dac8e6c18aba47ab53202f9"

typedef struct Fixture {
    Live *live;
    Report *job, *tested;
    Scene scene;
} Fixture;

/* --- A job in the middle of its search ------------------------------------------------------- */

static void believe(Live *live)
{
    /* Most of belief in a fifth of the range, a hill with a peak, and a little elsewhere. */
    for (guint i = 0; i < LIVE_SHARES; i++) {
        double share = i == 47             ? 0.4
                       : i >= 40 && i < 60 ? 0.02 + 0.01 * (10 - ABS((gint)i - 50)) / 10
                       : i == 80           ? 0.001
                                           : 0;

        g_array_append_val(live->shares, share);
    }
    live_add_suspect(live, BAD, "net/smc: Forward wakeup to smc socket waitqueue after fallback",
                     0.412);
    live_add_suspect(live, STEP, "Merge tag 'staging-5.17-rc1' of git://git.kernel.org/staging",
                     0.17);
    live_add_suspect(live, "5d8a8b324ff48c9d9fe4f1634e33dc647d2481b4", "tls: fix a leak", 0.052);
    live_add_suspect(live, "a01994f5e5c79d3a35e5e8cf4252c7f2147323c3", "tcp: read once", 0.0009);
    live_add_suspect(live, GOOD, "Linux 5.16", 0.0004)->or_older = TRUE;
}

static Live *new_live(void)
{
    Live *live = live_new();

    live->at_ms = NOW_MS - 7000;
    live->began_ms = NOW_MS - 161000;
    live->phase = g_strdup("search");
    live->n_kernels = 7;
    live->n_trials = 41;
    live->n_revisions = 2511;
    live->n_left = 412;
    live->bits = 5.37;
    live->first_left = 1004;
    live->last_left = 1506;
    live->older = 0.0123;
    believe(live);
    live_add_work(live, STEP, "building 22ef12195e13 (v5.17-rc1~112)", NOW_MS - 72000);
    live_add_work(live, BAD, "testing 341adeec9ada: 3 ok, 1 crashed, 4 to go", NOW_MS - 8000);
    live->has_left = TRUE;
    live->left_s = 2400;
    live->left_low_s = 760;
    live->left_high_s = 7800;
    for (guint i = 0; i < 12; i++) {
        g_autofree char *text = g_strdup_printf("event %u: 22ef12195e13 is good (8 of 8 ok)", i);

        live_add_event(live, NOW_MS - (12 - i) * 61000, text);
    }
    return live;
}

static Report *new_job(const char *kind)
{
    Report *job = g_new0(Report, 1);

    job->row = g_new0(JobRow, 1);
    job->row->name = g_strdup("sk_psock_get");
    job->row->kind = g_strdup(kind);
    job->row->phase = g_strdup("search");
    job->row->state = JOB_RUNNING;
    job->spec = job_spec_new(kind);
    job->is_worked_on = TRUE;
    return job;
}

/* Rows of a revision, owned by the report. */
static ReportRevision *add_revision(Report *tested, const char *commit, const char *label,
                                    const char *subject, const char *verdict)
{
    ReportRevision *revision = g_new0(ReportRevision, 1);
    DecisionRow *decision = g_new0(DecisionRow, 1);

    *decision = (DecisionRow){
        .commit = g_strdup(commit), .label = g_strdup(label), .subject = g_strdup(subject)};
    g_ptr_array_add(tested->decisions, decision);
    revision->decision = decision;
    revision->verdict = verdict;
    revision->trials = g_ptr_array_new();
    g_ptr_array_add(tested->revisions, revision);
    return revision;
}

static void add_crash(Report *tested, ReportRevision *revision, const char *title)
{
    TrialRow *trial = g_new0(TrialRow, 1);

    trial->kind = OUTCOME_CRASH;
    trial->title = g_strdup(title);
    g_ptr_array_add(tested->trials, trial);
    g_ptr_array_add(revision->trials, trial);
}

static void revision_free(ReportRevision *revision)
{
    g_ptr_array_unref(revision->trials);
    g_free(revision);
}

static Report *new_tested(void)
{
    Report *tested = new_job("cause");
    ReportRevision *revision;

    tested->decisions = g_ptr_array_new_with_free_func((GDestroyNotify)decision_row_free);
    tested->trials = g_ptr_array_new_with_free_func((GDestroyNotify)trial_row_free);
    tested->kernels = g_ptr_array_new_with_free_func((GDestroyNotify)kernel_row_free);
    tested->revisions = g_ptr_array_new_with_free_func((GDestroyNotify)revision_free);
    revision =
        add_revision(tested, BAD, NULL, "net/smc: Forward wakeup to smc socket waitqueue", "bad");
    revision->n_ok = 3;
    revision->n_crash = 2;
    revision->n_other_crash = 1;
    add_crash(tested, revision, "WARNING: refcount bug in sk_psock_get");
    add_crash(tested, revision, "INFO: task hung in tls_sk_proto_close");
    add_crash(tested, revision, "WARNING: refcount bug in sk_psock_get");
    revision = add_revision(tested, GOOD, "v5.16", "Linux 5.16", "good");
    revision->n_ok = 40;
    revision = add_revision(tested, STEP, NULL, "Merge tag 'staging-5.17-rc1'", "skip");
    revision->n_unreached = 8;
    revision->is_inferred = TRUE;
    revision->unreached_why = "socket(AF_SMC) fails with EAFNOSUPPORT here, worked at the start";
    return tested;
}

static void set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->live = new_live();
    fixture->job = new_job("cause");
    fixture->tested = new_tested();
    fixture->scene =
        (Scene){.live = fixture->live, .job = fixture->job, .now_ms = NOW_MS, .is_own = TRUE};
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    live_free(fixture->live);
    report_free(fixture->job);
    report_free(fixture->tested);
}

/* --- Screens --------------------------------------------------------------------------------- */

static char *draw(const Scene *scene, guint n_columns, guint n_rows, gboolean is_ascii)
{
    g_autoptr(Screen) screen = screen_new(n_columns, n_rows, is_ascii);

    scene_draw(scene, screen);
    return screen_text(screen);
}

static void expect(const Scene *scene, guint n_columns, guint n_rows, gboolean is_ascii,
                   const char *name)
{
    g_autofree char *shown = draw(scene, n_columns, n_rows, is_ascii), *expected = NULL;
    g_autofree char *file = g_strdup_printf("%s-%ux%u.txt", name, n_columns, n_rows);
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "tests", "terminal", "screens", file, NULL);

    if (g_getenv("FIRSTBAD_WRITE_EXPECTED")) {
        g_assert_true(g_file_set_contents(path, shown, -1, NULL));
    }
    if (!g_file_get_contents(path, &expected, NULL, NULL) || !g_str_equal(shown, expected)) {
        g_test_message("shown:\n%s", shown);
        g_test_fail_printf("%s is another screen", path);
    }
}

static void expect_text(const Scene *scene, guint n_columns, guint n_rows, const char *text,
                        gboolean is_there)
{
    g_autofree char *shown = draw(scene, n_columns, n_rows, FALSE);

    if ((strstr(shown, text) != NULL) != is_there) {
        g_test_message("shown:\n%s", shown);
        g_test_fail_printf("'%s' is %s", text, is_there ? "not there" : "there");
    }
}

static void test_overview(Fixture *fixture, gconstpointer unused)
{
    expect(&fixture->scene, 80, 24, FALSE, "overview");
    expect(&fixture->scene, 200, 50, FALSE, "overview");
    expect(&fixture->scene, 60, 15, FALSE, "overview");
    expect(&fixture->scene, 80, 24, TRUE, "overview-ascii");
}

static void test_detail(Fixture *fixture, gconstpointer unused)
{
    fixture->scene.page = PAGE_DETAIL;
    expect_text(&fixture->scene, 80, 24, "reading ...", TRUE);
    fixture->scene.tested = fixture->tested;
    fixture->scene.excerpt_of = "Its last crash:";
    fixture->scene.excerpt = "------------[ cut here ]------------\n"
                             "refcount_t: saturated; leaking memory.\n"
                             "\033[31mRIP\033[0m: refcount_warn_saturate+0x3c/0xe7\n";
    expect(&fixture->scene, 80, 24, FALSE, "detail");
    expect(&fixture->scene, 200, 50, FALSE, "detail");
    expect(&fixture->scene, 60, 15, FALSE, "detail");
    expect(&fixture->scene, 80, 24, TRUE, "detail-ascii");
    fixture->scene.excerpt = "first\r\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\nlast\r\n";
    expect_text(&fixture->scene, 80, 24, "\n first\n", TRUE);
    fixture->scene.n_scrolled = G_MAXUINT;
    expect_text(&fixture->scene, 80, 24, "\n last\n d back", TRUE);
    scene_press(&fixture->scene, PRESS_PAGE_UP, 24);
    expect_text(&fixture->scene, 80, 24, "\n first\n", TRUE);
    fixture->scene.chosen = 2;
    expect_text(&fixture->scene, 80, 24, "fails with EAFNOSUPPORT here", TRUE);
}

static void test_help(Fixture *fixture, gconstpointer unused)
{
    fixture->scene.page = PAGE_HELP;
    expect(&fixture->scene, 80, 24, FALSE, "help");
}

static void test_states(Fixture *fixture, gconstpointer unused)
{
    Scene *scene = &fixture->scene;

    scene->is_own = FALSE;
    scene->is_paused = TRUE;
    expect_text(scene, 80, 24, "PAUSED, search 2:41", TRUE);
    expect_text(scene, 80, 24, "paused: what is under way ends", TRUE);
    scene->is_paused = fixture->live->has_left = FALSE;
    expect_text(scene, 80, 24, "not known yet", TRUE);
    scene->is_stopping = TRUE;
    expect_text(scene, 80, 24, "stopping: all that was finished is kept", TRUE);
    scene->asks_stop = TRUE;
    expect_text(scene, 80, 24, "Stop the job?", TRUE);
    scene->asks_stop = FALSE;
    scene->message = "asked to pause";
    expect_text(scene, 80, 24, "\n asked to pause\n", TRUE);

    fixture->job->is_worked_on = FALSE;
    expect_text(scene, 80, 24, "go on with: firstbad resume sk_psock_get", TRUE);
    expect_text(scene, 80, 24, "Now", FALSE); /* it is no more */
    fixture->job->row->state = JOB_FAILED;
    fixture->job->row->error = g_strdup("the disk is full");
    expect_text(scene, 80, 24, "the disk is full", TRUE);
    fixture->job->row->state = JOB_QUEUED;
    expect_text(scene, 80, 24, "waits in the queue", TRUE);
    scene->live = NULL;
    expect_text(scene, 80, 24, "queued", TRUE);
}

static void test_answer(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GString) text = g_string_new(NULL);

    fixture->scene.page = PAGE_ANSWER;
    for (guint i = 0; i < 100; i++) {
        g_string_append_printf(text, "line %u\n", i);
    }
    fixture->scene.answer = text->str;
    expect_text(&fixture->scene, 80, 24, "\nline 0\n", TRUE);
    expect_text(&fixture->scene, 80, 24, "\nline 99\n", FALSE);
    scene_press(&fixture->scene, PRESS_LAST, 24);
    expect_text(&fixture->scene, 80, 24, "\nline 99\n", TRUE);
    scene_press(&fixture->scene, PRESS_UP, 24);
    scene_press(&fixture->scene, PRESS_FIRST, 24);
    scene_press(&fixture->scene, PRESS_PAGE_DOWN, 24);
    expect_text(&fixture->scene, 80, 24, "\nline 12\n", TRUE);
    expect_text(&fixture->scene, 80, 24, "\nline 11\n", FALSE);
}

/* Whatever the size, nothing is drawn outside. */
static void test_all_sizes(Fixture *fixture, gconstpointer unused)
{
    fixture->scene.tested = fixture->tested;
    fixture->scene.excerpt = "a\nb\n";
    fixture->scene.answer = "c\n";
    for (guint page = PAGE_OVERVIEW; page <= PAGE_HELP; page++) {
        fixture->scene.page = page;
        for (guint n_columns = 0; n_columns < 90; n_columns += 1 + n_columns / 10) {
            for (guint n_rows = 0; n_rows < 40; n_rows++) {
                g_autofree char *shown = draw(&fixture->scene, n_columns, n_rows, n_rows % 2);

                g_assert_nonnull(shown);
            }
        }
    }
}

/* --- Strangers' bytes ------------------------------------------------------------------------ */

static void expect_harmless(const Scene *scene)
{
    g_autofree char *shown = draw(scene, 80, 24, FALSE);

    g_assert_true(g_utf8_validate(shown, -1, NULL));
    for (const char *at = shown; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        g_assert_true(c == '\n' ||
                      (!g_unichar_iscntrl(c) && g_unichar_type(c) != G_UNICODE_FORMAT));
    }
}

static void test_hostile(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *megabyte = g_strnfill(1 << 20, '\a');
    const char *const evil[] = {"\033[2J\033]0;title\a",
                                "\xff\xfe\xc2",
                                "\u202etxt.exe",
                                "a\nb\nc\nd",
                                "e\xcc\x81\xcc\x81\xcc\x81",
                                "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2",
                                "%s%n%1000d",
                                megabyte};

    fixture->scene.tested = fixture->tested;
    for (guint i = 0; i < G_N_ELEMENTS(evil); i++) {
        g_autoptr(Live) live = new_live();
        LiveSuspect *suspect = live_add_suspect(live, evil[i], evil[i], 0.99);

        g_ptr_array_insert(live->suspects, 0,
                           g_ptr_array_steal_index(live->suspects, live->suspects->len - 1));
        suspect->or_older = TRUE;
        live_add_work(live, evil[i], evil[i], NOW_MS);
        live_add_event(live, NOW_MS, evil[i]);
        live->doing = g_strdup(evil[i]);
        g_free(live->phase);
        live->phase = g_strdup(evil[i]);
        g_free(fixture->job->row->name);
        fixture->job->row->name = g_strdup(evil[i]);
        fixture->scene.live = live;
        fixture->scene.message = evil[i];
        fixture->scene.excerpt = fixture->scene.excerpt_of = fixture->scene.answer = evil[i];
        add_crash(fixture->tested, fixture->tested->revisions->pdata[0], evil[i]);
        for (guint page = PAGE_OVERVIEW; page <= PAGE_HELP; page++) {
            fixture->scene.page = page;
            expect_harmless(&fixture->scene);
        }
    }
}

/* What a newer or damaged file may say. */
static void test_odd_numbers(Fixture *fixture, gconstpointer unused)
{
    Live *live = fixture->live;

    live->first_left = G_MAXINT;
    live->last_left = 3;
    live->n_revisions = 1;
    g_array_index(live->shares, double, 0) = -5;
    g_array_index(live->shares, double, 1) = 1e300;
    live->left_s = -1e300;
    live->left_low_s = 1e300;
    live->left_high_s = 1e9;
    live->began_ms = G_MAXINT64;
    ((LiveSuspect *)live->suspects->pdata[0])->p = 1e9;
    ((LiveEvent *)live->events->pdata[11])->at_ms = G_MAXINT64;
    expect_text(&fixture->scene, 80, 24, "Suspects", TRUE);
    g_array_set_size(live->shares, 0);
    expect_text(&fixture->scene, 80, 24, "Suspects", TRUE);
}

/* Time that goes by takes off what is under way, and no more when that takes longer. */
static void test_time_left(Fixture *fixture, gconstpointer unused)
{
    Scene *scene = &fixture->scene;

    fixture->live->at_ms = NOW_MS;
    fixture->live->left_running_s = 600;
    expect_text(scene, 80, 24, "about 40 min; in 8 of 10 cases 13 min to 2 h 10 min", TRUE);
    scene->now_ms = NOW_MS + 300000;
    expect_text(scene, 80, 24, "about 35 min; in 8 of 10 cases 11 min to 1 h 54 min", TRUE);
    scene->now_ms = NOW_MS + 3000000;
    expect_text(scene, 80, 24, "about 30 min; in 8 of 10 cases 10 min to 1 h 38 min", TRUE);
}

/* --- Keys ------------------------------------------------------------------------------------ */

static void test_stop(Fixture *fixture, gconstpointer unused)
{
    Scene *scene = &fixture->scene;

    g_assert_cmpint(scene_press(scene, PRESS_STOP, 24), ==, WISH_STOP);
    scene->is_own = FALSE;
    g_assert_cmpint(scene_press(scene, PRESS_STOP, 24), ==, WISH_NOTHING);
    g_assert_true(scene->asks_stop);
    g_assert_cmpint(scene_press(scene, PRESS_QUIT, 24), ==, WISH_NOTHING); /* that is a no */
    g_assert_false(scene->asks_stop);
    scene_press(scene, PRESS_STOP, 24);
    g_assert_cmpint(scene_press(scene, PRESS_YES, 24), ==, WISH_STOP);
    fixture->job->is_worked_on = FALSE;
    g_assert_cmpint(scene_press(scene, PRESS_STOP, 24), ==, WISH_LEAVE);
    scene->is_own = TRUE; /* it has not begun yet */
    g_assert_cmpint(scene_press(scene, PRESS_STOP, 24), ==, WISH_STOP);
}

static void test_pages(Fixture *fixture, gconstpointer unused)
{
    Scene *scene = &fixture->scene;

    scene->tested = fixture->tested;
    scene_press(scene, PRESS_DETAIL, 24);
    g_assert_cmpint(scene->page, ==, PAGE_DETAIL);
    scene_press(scene, PRESS_UP, 24);
    g_assert_cmpuint(scene->chosen, ==, 0);
    scene_press(scene, PRESS_LAST, 24);
    scene_press(scene, PRESS_DOWN, 24);
    g_assert_cmpuint(scene->chosen, ==, 2);
    scene_press(scene, PRESS_HELP, 24);
    g_assert_cmpint(scene->page, ==, PAGE_HELP);
    g_assert_cmpint(scene_press(scene, PRESS_QUIT, 24), ==, WISH_NOTHING);
    g_assert_cmpint(scene->page, ==, PAGE_DETAIL);
    g_assert_cmpint(scene_press(scene, PRESS_BACK, 24), ==, WISH_NOTHING);
    g_assert_cmpint(scene->page, ==, PAGE_OVERVIEW);
    g_assert_cmpint(scene_press(scene, PRESS_OTHER, 24), ==, WISH_NOTHING);
    g_assert_cmpint(scene_press(scene, PRESS_PAUSE, 24), ==, WISH_PAUSE);
    g_assert_cmpint(scene_press(scene, PRESS_QUIT, 24), ==, WISH_LEAVE);
    scene->answer = "it is done\n";
    scene->page = PAGE_ANSWER;
    g_assert_cmpint(scene_press(scene, PRESS_OTHER, 24), ==, WISH_LEAVE);
    g_assert_cmpint(scene_press(scene, PRESS_BACK, 24), ==, WISH_LEAVE);
}

int main(int argc, char **argv)
{
    g_setenv("TZ", "UTC", TRUE);
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/scene/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("overview", test_overview);
    ADD("detail", test_detail);
    ADD("help", test_help);
    ADD("states", test_states);
    ADD("answer", test_answer);
    ADD("all-sizes", test_all_sizes);
    ADD("hostile", test_hostile);
    ADD("odd-numbers", test_odd_numbers);
    ADD("time-left", test_time_left);
    ADD("stop", test_stop);
    ADD("pages", test_pages);
    return g_test_run();
}
