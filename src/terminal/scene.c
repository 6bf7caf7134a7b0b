/* SPDX-License-Identifier: Apache-2.0
 * The frame of the view: banner, status, keys; and what keys do.
 */
#include "terminal/scene.h"

char *scene_clock(gint64 ms)
{
    gint64 s = MAX(ms, 0) / 1000;

    if (s >= 3600) {
        return g_strdup_printf("%" G_GINT64_FORMAT ":%02d:%02d", s / 3600, (int)(s / 60 % 60),
                               (int)(s % 60));
    }
    return g_strdup_printf("%d:%02d", (int)(s / 60), (int)(s % 60));
}

void scene_put_id(Screen *screen, guint row, guint column, const char *commit)
{
    screen_printf(screen, row, column, column + SCENE_ID_WIDTH, STYLE_PLAIN, "%.*s", SCENE_ID_WIDTH,
                  commit ? commit : "");
}

gboolean scene_is_at_work(const Scene *scene)
{
    return !scene->job->answer && scene->job->is_worked_on;
}

/* --- Banner ---------------------------------------------------------------------------------- */

/* Owned by the caller. */
static char *describe_state(const Scene *scene)
{
    const Report *job = scene->job;
    g_autofree char *clock = NULL;

    if (job->answer) {
        return g_strdup_printf("done: %s", answer_kind_name(job->answer->kind));
    }
    if (!job->is_worked_on && scene->is_own) {
        return g_strdup("starting");
    }
    if (!job->is_worked_on) {
        return g_strdup(job->row->state == JOB_RUNNING ? "stopped"
                                                       : job_state_name(job->row->state));
    }
    if (!scene->live) {
        return g_strdup(job->row->phase);
    }
    clock = scene_clock(scene->now_ms - scene->live->began_ms);
    return g_strdup_printf("%s%s %s", scene->is_paused ? "PAUSED, " : "",
                           scene->live->phase ? scene->live->phase : "starting", clock);
}

static void draw_banner(const Scene *scene, Screen *screen)
{
    g_autofree char *state = describe_state(scene), *counts = NULL, *right = NULL;
    guint end;

    if (scene->live) {
        counts = g_strdup_printf(", %u kernel%s, %u trial%s", scene->live->n_kernels,
                                 scene->live->n_kernels == 1 ? "" : "s", scene->live->n_trials,
                                 scene->live->n_trials == 1 ? "" : "s");
    }
    right = g_strconcat(state, counts, " ", NULL);
    screen_fill_row(screen, 0, STYLE_BANNER);
    end = screen_put_right(screen, 0, 0, screen->n_columns, STYLE_BANNER, right);
    screen_printf(screen, 0, 1, end > 2 ? end - 2 : 0, STYLE_BANNER, "%s %s", scene->job->row->kind,
                  scene->job->row->name);
}

/* --- Status: how long, or why not ------------------------------------------------------------ */

/* Nobody waits for longer. */
#define MOST_S (1000 * 86400.0)

/* Without the seconds that nobody knows. Owned by the caller. */
static char *about(double s)
{
    guint64 min = (guint64)((CLAMP(s, 0, MOST_S) + 30) / 60);

    if (s < 90) {
        return g_strdup_printf("%.0f s", MAX(s, 0));
    }
    if (min < 60) {
        return g_strdup_printf("%" G_GUINT64_FORMAT " min", min);
    }
    return min < 48 * 60 ? g_strdup_printf("%" G_GUINT64_FORMAT " h %02" G_GUINT64_FORMAT " min",
                                           min / 60, min % 60)
                         : g_strdup_printf("%" G_GUINT64_FORMAT " days", (min + 720) / 1440);
}

/* As it will be told anew when what is under way has ended. Owned by the caller. */
static char *describe_time_left(const Scene *scene)
{
    const Live *live = scene->live;
    double since_s = (double)MAX(scene->now_ms - live->at_ms, 0) / 1000;
    double gone_s = MIN(since_s, live->left_running_s);
    double share = live->left_s > 0 ? (live->left_s - gone_s) / live->left_s : 0;
    g_autofree char *most = NULL, *low = NULL, *high = NULL;

    if (!live->has_left) {
        return g_strdup("not known yet");
    }
    most = about(live->left_s * share);
    low = about(live->left_low_s * share);
    high = about(live->left_high_s * share);
    return g_strdup_printf("about %s; in 8 of 10 cases %s to %s", most, low, high);
}

/* Owned by the caller. */
static char *describe_halt(const Scene *scene)
{
    const JobRow *row = scene->job->row;
    g_autofree char *resume = report_command("resume", row->name, scene->state_dir);

    switch (row->state) {
    case JOB_QUEUED:
        return g_strdup("waits in the queue of 'firstbad daemon'");
    case JOB_CANCELLED:
        return g_strdup("cancelled");
    case JOB_FAILED:
        return g_strdup(row->error);
    default:
        if (scene->is_own) {
            return g_strdup("starting");
        }
        return g_strdup_printf("nobody works on it; go on with: %s", resume);
    }
}

static void draw_status(const Scene *scene, Screen *screen, guint row)
{
    g_autofree char *text = NULL;

    if (!scene_is_at_work(scene)) {
        text = describe_halt(scene);
        screen_put(screen, row, 1, screen->n_columns, STYLE_STRONG, text);
    } else if (scene->is_stopping) {
        screen_put(screen, row, 1, screen->n_columns, STYLE_STRONG,
                   "stopping: all that was finished is kept");
    } else if (scene->is_paused) {
        screen_put(screen, row, 1, screen->n_columns, STYLE_STRONG,
                   "paused: what is under way ends, nothing is begun; p goes on");
    } else if (scene->live) {
        text = describe_time_left(scene);
        screen_put(screen, row, 1, 10, STYLE_STRONG, "Left");
        screen_put(screen, row, 11, screen->n_columns, STYLE_PLAIN, text);
    }
}

/* --- Keys ------------------------------------------------------------------------------------ */

static const char *describe_keys(const Scene *scene)
{
    if (scene->asks_stop) {
        return "Stop the job? It can be resumed.   y stop   any other key: go on watching";
    }
    switch (scene->page) {
    case PAGE_HELP:
        return "any key: back";
    case PAGE_ANSWER:
        return "q end   up, down, PgUp, PgDn scroll   d detail   ? help";
    case PAGE_DETAIL:
        return "d back   up, down choose   PgUp, PgDn scroll   q leave   ? help";
    case PAGE_OVERVIEW:
        break;
    }
    return scene_is_at_work(scene) ? "q leave it running   d detail   p pause   ^C stop   ? help"
                                   : "q leave   d detail   ? help";
}

static void draw_keys(const Scene *scene, Screen *screen, guint row)
{
    screen_fill_row(screen, row, STYLE_BANNER);
    screen_put(screen, row, 1, screen->n_columns, STYLE_BANNER,
               scene->message && !scene->asks_stop ? scene->message : describe_keys(scene));
}

/* The banner is worth most, then the keys. */
void scene_draw(const Scene *scene, Screen *screen)
{
    guint end = screen->n_rows;

    if (screen->n_rows == 0 || screen->n_columns == 0) {
        return;
    }
    draw_banner(scene, screen);
    if (end > 1) {
        draw_keys(scene, screen, --end);
    }
    if (end > 3 && scene->page == PAGE_OVERVIEW) {
        draw_status(scene, screen, --end);
    }
    switch (scene->page) {
    case PAGE_OVERVIEW:
        scene_draw_overview(scene, screen, 1, end);
        break;
    case PAGE_DETAIL:
        scene_draw_detail(scene, screen, 1, end);
        break;
    case PAGE_ANSWER:
        scene_draw_lines(scene, screen, 1, end, 0, scene->answer);
        break;
    case PAGE_HELP:
        scene_draw_help(scene, screen, 1, end);
        break;
    }
}

/* --- What keys do ---------------------------------------------------------------------------- */

static guint moved(guint at, gint64 by)
{
    return (guint)CLAMP((gint64)at + by, 0, G_MAXINT);
}

static void choose(Scene *scene, gint64 by)
{
    guint n = scene->tested ? scene->tested->revisions->len : 0;

    scene->chosen = n > 0 ? MIN(moved(scene->chosen, by), n - 1) : 0;
    scene->n_scrolled = 0;
}

static void scroll(Scene *scene, gint64 by, guint n_rows)
{
    guint most = scene_most_scrolled(scene, n_rows);

    scene->n_scrolled = MIN(moved(MIN(scene->n_scrolled, most), by), most);
}

/* Up and down go through revisions where there are some, else through lines. */
static void go(Scene *scene, ScenePress press, guint n_rows)
{
    gboolean is_page = press == PRESS_PAGE_UP || press == PRESS_PAGE_DOWN;
    gboolean is_back = press == PRESS_UP || press == PRESS_PAGE_UP || press == PRESS_FIRST;
    gint64 by = press == PRESS_FIRST || press == PRESS_LAST ? G_MAXINT
                : is_page                                   ? MAX(n_rows / 2, 1)
                                                            : 1;

    if (scene->page == PAGE_DETAIL && !is_page) {
        choose(scene, is_back ? -by : by);
    } else {
        scroll(scene, is_back ? -by : by, n_rows);
    }
}

static void show_page(Scene *scene, ScenePage page)
{
    if (scene->page != PAGE_HELP) {
        scene->page_before = scene->page;
    }
    scene->page = page;
    scene->n_scrolled = page == PAGE_DETAIL && scene->quotes_end ? G_MAXUINT : 0;
}

static ScenePage home(const Scene *scene)
{
    return scene->answer ? PAGE_ANSWER : PAGE_OVERVIEW;
}

static SceneWish press_stop(Scene *scene)
{
    if (!scene_is_at_work(scene) && !scene->is_own) {
        return WISH_LEAVE;
    }
    scene->asks_stop = !scene->is_own;
    return scene->is_own ? WISH_STOP : WISH_NOTHING;
}

SceneWish scene_press(Scene *scene, ScenePress press, guint n_rows)
{
    if (press == PRESS_NOTHING) {
        return WISH_NOTHING;
    }
    if (scene->asks_stop) {
        scene->asks_stop = FALSE;
        return press == PRESS_YES || press == PRESS_STOP ? WISH_STOP : WISH_NOTHING;
    }
    if (scene->page == PAGE_HELP && press != PRESS_STOP) {
        show_page(scene, scene->page_before);
        return WISH_NOTHING;
    }
    switch (press) {
    case PRESS_DETAIL:
        show_page(scene, scene->page == PAGE_DETAIL ? home(scene) : PAGE_DETAIL);
        break;
    case PRESS_BACK:
        if (scene->page == home(scene)) {
            return scene->answer ? WISH_LEAVE : WISH_NOTHING;
        }
        show_page(scene, home(scene));
        break;
    case PRESS_HELP:
        show_page(scene, PAGE_HELP);
        break;
    case PRESS_PAUSE:
        return scene_is_at_work(scene) ? WISH_PAUSE : WISH_NOTHING;
    case PRESS_QUIT:
        return WISH_LEAVE;
    case PRESS_STOP:
        return press_stop(scene);
    case PRESS_OTHER: /* an answer is left by any key that does nothing else */
        return scene->page == PAGE_ANSWER ? WISH_LEAVE : WISH_NOTHING;
    default:
        go(scene, press, n_rows);
        break;
    }
    return WISH_NOTHING;
}
