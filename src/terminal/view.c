/* SPDX-License-Identifier: Apache-2.0
 * The loop of the view: look at the job, draw, take keys.
 */
#include "terminal/terminal.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal/tty.h"

#define LOOK_MS 500
/* The whole evidence is read no more often; and of a large job, where it takes a while, for no more
 * than a tenth of the time. */
#define READ_MS    2000
#define READ_SHARE 10
/* How long it can be read what became of a key. */
#define MESSAGE_MS 4000
/* The end of a console that is quoted. */
#define EXCERPT_BYTES (64 << 10)

struct View {
    ViewOptions options;
    Store *store;
    char *job_dir;
    Scene scene;
    Tty *tty;
    GMainLoop *loop;
    ViewEnd end;

    /* What the scene borrows. */
    Report *job, *tested;
    Live *live;
    char *answer, *excerpt, *excerpt_of, *message;
    gint64 said_ms;       /* when @message was said */
    gint64 live_stamp_us; /* of the file */
    gint64 read_ms;       /* when the evidence is read again at the earliest, */
    gint64 tested_at_ms;  /* and Live.at_ms of then */
    char *quoted;         /* which revision and trial the excerpt is of */
};

/* --- Looking --------------------------------------------------------------------------------- */

static gint64 now_ms(void)
{
    return g_get_real_time() / 1000;
}

static gint64 file_stamp_us(const View *view)
{
    g_autofree char *path = g_build_filename(view->job_dir, "live", NULL);
    struct stat status;

    return stat(path, &status) == 0
               ? status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000 +
                     (gint64)status.st_ino % 1000
               : 0;
}

/* What cannot be read now stays as it was: the next look may be luckier. */
static void look_at_live(View *view)
{
    gint64 stamp_us = file_stamp_us(view);
    Live *live = stamp_us != view->live_stamp_us ? live_read(view->job_dir, NULL) : NULL;

    if (live) {
        live_free(view->live);
        view->live = live;
        view->live_stamp_us = stamp_us;
    }
}

static gboolean look_at_job(View *view, GError **error)
{
    g_autoptr(JobRow) row = store_read_job(view->store, view->options.job, error);
    Report *job = row ? report_load_summary(view->store, row, error) : NULL;

    if (!job) {
        return FALSE;
    }
    report_free(view->job);
    view->job = job;
    return TRUE;
}

/* Its text needs the whole evidence. */
static gboolean look_at_answer(View *view, GError **error)
{
    g_autoptr(Report) whole = NULL;

    if (!view->job->answer) {
        g_clear_pointer(&view->answer, g_free);
        return TRUE;
    }
    if (view->answer) {
        return TRUE;
    }
    whole = report_load(view->store, view->job->row, error);
    view->answer = whole ? report_text(whole, view->options.named_state_dir) : NULL;
    return view->answer != NULL;
}

/* Who has not chosen another one stays with the newest. */
static void choose_newest(View *view, const Report *tested)
{
    guint n_before = view->tested ? view->tested->revisions->len : 0;

    if (view->scene.chosen + 1 >= n_before && tested->revisions->len > n_before) {
        view->scene.chosen = tested->revisions->len - 1;
    }
}

static gboolean look_at_tested(View *view, GError **error)
{
    gint64 at_ms = view->live ? view->live->at_ms : 0, begun_ms = now_ms();
    Report *tested;

    if (view->scene.page != PAGE_DETAIL ||
        (view->tested && (at_ms == view->tested_at_ms || begun_ms < view->read_ms))) {
        return TRUE;
    }
    tested = report_load(view->store, view->job->row, error);
    if (!tested) {
        return FALSE;
    }
    choose_newest(view, tested);
    report_free(view->tested);
    view->tested = tested;
    view->read_ms = now_ms() + MAX(READ_MS, (now_ms() - begun_ms) * READ_SHARE);
    view->tested_at_ms = at_ms;
    return TRUE;
}

/* --- The excerpt ----------------------------------------------------------------------------- */

/* The trial that is quoted: the last crash, else the last one. */
static const TrialRow *choose_trial(const ReportRevision *revision)
{
    const TrialRow *last = NULL;

    for (guint i = 0; i < revision->trials->len; i++) {
        const TrialRow *trial = revision->trials->pdata[i];

        if (!last || last->kind != OUTCOME_CRASH || trial->kind == OUTCOME_CRASH) {
            last = trial;
        }
    }
    return last;
}

/* The end of @console, from the beginning of a line. Owned by the caller. */
static char *last_lines(const char *console)
{
    gsize n = strlen(console);
    const char *from = n > EXCERPT_BYTES ? strchr(console + n - EXCERPT_BYTES, '\n') : NULL;

    return g_strdup(from ? from + 1 : console + n - MIN(n, EXCERPT_BYTES));
}

/* Of a crash the beginning tells most, of a console the end. */
static void quote(View *view, const TrialRow *trial)
{
    g_autoptr(GBytes) console = NULL;

    view->scene.quotes_end = !trial->report;
    view->scene.n_scrolled = trial->report ? 0 : G_MAXUINT;
    if (trial->report) {
        view->excerpt = g_strdup(trial->report + MIN(trial->report_prefix, strlen(trial->report)));
        view->excerpt_of = g_strdup("Its last crash:");
        return;
    }
    console = store_console(trial, NULL);
    if (console && g_bytes_get_size(console)) {
        view->excerpt = last_lines(g_bytes_get_data(console, NULL));
        view->excerpt_of = g_strdup("What its last trial printed:");
    }
}

static void look_at_chosen(View *view)
{
    const GPtrArray *revisions = view->tested ? view->tested->revisions : NULL;
    const ReportRevision *chosen = revisions && view->scene.chosen < revisions->len
                                       ? revisions->pdata[view->scene.chosen]
                                       : NULL;
    const TrialRow *trial = chosen ? choose_trial(chosen) : NULL;
    g_autofree char *wanted = chosen
                                  ? g_strdup_printf("%s %" G_GINT64_FORMAT,
                                                    chosen->decision->commit, trial ? trial->id : 0)
                                  : NULL;

    if (view->scene.page != PAGE_DETAIL || g_strcmp0(wanted, view->quoted) == 0) {
        return;
    }
    g_clear_pointer(&view->excerpt, g_free);
    g_clear_pointer(&view->excerpt_of, g_free);
    g_free(view->quoted);
    view->quoted = g_steal_pointer(&wanted);
    if (trial) {
        quote(view, trial);
    }
}

/* --- Showing --------------------------------------------------------------------------------- */

static void draw(View *view)
{
    g_autoptr(Screen) screen = tty_new_screen(view->tty);
    Scene *scene = &view->scene;

    scene->live = view->live;
    scene->job = view->job;
    scene->tested = view->tested;
    scene->excerpt = view->excerpt;
    scene->excerpt_of = view->excerpt_of;
    scene->answer = view->answer;
    scene->message = view->message;
    scene->now_ms = now_ms();
    scene->is_paused = live_is_paused(view->job_dir);
    scene_draw(scene, screen);
    tty_show(view->tty, screen);
}

static void say(View *view, char *message)
{
    g_free(view->message);
    view->message = message;
    view->said_ms = now_ms();
}

static void quit(View *view, ViewEnd end)
{
    view->end = end;
    if (view->loop) {
        g_main_loop_quit(view->loop);
    }
}

void view_end(View *view)
{
    quit(view, VIEW_OVER);
}

/* One look at all that may have changed. */
static gboolean look(View *view, GError **error)
{
    gboolean had_answer = view->answer != NULL;

    look_at_live(view);
    if (!look_at_job(view, error) || !look_at_answer(view, error) || !look_at_tested(view, error)) {
        return FALSE;
    }
    look_at_chosen(view);
    if (view->answer && !had_answer && view->scene.page == PAGE_OVERVIEW) {
        view->scene.page = PAGE_ANSWER;
    }
    /* One's own ends with its process, which may be telling others of the answer (--webhook). */
    if (!view->options.is_own && view->scene.is_stopping && !view->job->is_worked_on) {
        quit(view, VIEW_OVER);
    }
    return TRUE;
}

static void look_and_draw(View *view)
{
    g_autoptr(GError) error = NULL;

    if (view->message && now_ms() - view->said_ms > MESSAGE_MS) {
        say(view, NULL);
    }
    if (!look(view, &error)) {
        say(view, g_strdup(error->message));
    }
    draw(view);
}

static gboolean on_time(gpointer data)
{
    look_and_draw(data);
    return G_SOURCE_CONTINUE;
}

/* --- Keys ------------------------------------------------------------------------------------ */

static void stop(View *view)
{
    char *trouble = view->options.stop(view->options.data);

    view->scene.is_stopping = !trouble;
    say(view, trouble);
}

static void pause_or_go_on(View *view)
{
    gboolean pause = !live_is_paused(view->job_dir);
    g_autoptr(GError) error = NULL;

    if (live_pause(view->job_dir, pause, &error)) {
        say(view, g_strdup(pause ? "asked to pause" : "asked to go on"));
    } else {
        say(view, g_strdup(error->message));
    }
}

static void press(View *view, ScenePress press)
{
    g_autoptr(Screen) screen = tty_new_screen(view->tty);

    say(view, NULL);
    switch (scene_press(&view->scene, press, screen->n_rows)) {
    case WISH_NOTHING:
        break;
    case WISH_PAUSE:
        pause_or_go_on(view);
        break;
    case WISH_STOP:
        stop(view);
        break;
    case WISH_LEAVE:
        quit(view, view->job->answer ? VIEW_OVER : VIEW_LEFT);
        break;
    }
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
    View *view = data;
    ScenePress pressed;

    if (condition & (G_IO_HUP | G_IO_ERR)) {
        quit(view, VIEW_GONE);
        return G_SOURCE_CONTINUE;
    }
    while ((pressed = tty_read(view->tty)) != PRESS_NOTHING) {
        press(view, pressed);
    }
    look_and_draw(view);
    return G_SOURCE_CONTINUE;
}

static gboolean on_interrupt(gpointer data)
{
    press(data, PRESS_STOP);
    look_and_draw(data);
    return G_SOURCE_CONTINUE;
}

static gboolean on_terminate(gpointer data)
{
    View *view = data;

    if (view->options.is_own) {
        stop(view);
    } else {
        quit(view, VIEW_LEFT);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_hangup(gpointer data)
{
    quit(data, VIEW_GONE);
    return G_SOURCE_CONTINUE;
}

static gboolean on_resize(gpointer data)
{
    draw(data);
    return G_SOURCE_CONTINUE;
}

/* --- Life ------------------------------------------------------------------------------------ */

View *view_new(const ViewOptions *options, GError **error)
{
    g_autoptr(View) view = g_new0(View, 1);

    view->options = *options;
    view->scene.is_own = options->is_own;
    view->scene.state_dir = options->named_state_dir;
    view->store = store_open(options->state_dir, STORE_READ, error);
    if (!view->store) {
        return NULL;
    }
    view->job_dir = store_job_dir(view->store, options->job);
    return look(view, error) ? g_steal_pointer(&view) : NULL;
}

void view_free(View *view)
{
    if (!view) {
        return;
    }
    g_clear_pointer(&view->tty, tty_free);
    report_free(view->job);
    report_free(view->tested);
    live_free(view->live);
    g_free(view->answer);
    g_free(view->excerpt);
    g_free(view->excerpt_of);
    g_free(view->message);
    g_free(view->quoted);
    g_free(view->job_dir);
    store_free(view->store);
    g_free(view);
}

gboolean view_run(View *view, ViewEnd *ret_end, GError **error)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    /* Before ncurses, which leaves signals alone that somebody listens to. */
    const guint sources[] = {
        g_unix_signal_add(SIGINT, on_interrupt, view),
        g_unix_signal_add(SIGTERM, on_terminate, view),
        g_unix_signal_add(SIGHUP, on_hangup, view),
        g_unix_signal_add(SIGWINCH, on_resize, view),
        g_timeout_add(LOOK_MS, on_time, view),
        g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, view),
    };

    view->tty = tty_new(error);
    if (view->tty) {
        view->loop = loop;
        draw(view);
        g_main_loop_run(loop);
        view->loop = NULL;
        *ret_end = view->end;
    }
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_source_remove(sources[i]);
    }
    if (!view->tty) {
        return FALSE;
    }
    g_clear_pointer(&view->tty, tty_free);
    return TRUE;
}
