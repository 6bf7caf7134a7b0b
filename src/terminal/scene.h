/* SPDX-License-Identifier: Apache-2.0
 * The view of a job as a value: what is known, where the person is in it, and the screen that this
 * makes. Pure; private to terminal/.
 *
 * Pages:
 *   overview  phase, the range and its belief, suspects, what each machine does, what happened
 *   detail    revisions tested with counts; of the chosen one its crash or console
 *   answer    the report, once the job is done
 *   help      keys and what is shown
 */
#pragma once

#include "job/job.h"
#include "report/report.h"
#include "terminal/screen.h"

typedef enum ScenePage { PAGE_OVERVIEW, PAGE_DETAIL, PAGE_ANSWER, PAGE_HELP } ScenePage;

typedef struct Scene {
    /* What is known; borrowed. */
    const Live *live;       /* NULL: nobody told */
    const Report *job;      /* as report_load_summary() has it */
    const Report *tested;   /* whole, for the page of details; NULL: not read yet */
    const char *excerpt;    /* of the chosen revision, lines; NULL: nothing to quote */
    const char *excerpt_of; /* what the excerpt is; NULL without one */
    gboolean quotes_end;    /* of the excerpt the end is seen first */
    const char *answer;     /* the report as text; NULL: no answer yet */
    const char *message;    /* about what was pressed last; NULL: none */
    const char *state_dir;  /* as report_command() wants it */
    gint64 now_ms;          /* since the epoch */
    gboolean is_paused;   /* as live_is_paused() has it: who waits for a trial tells nothing new */
    gboolean is_stopping; /* it was asked to */
    gboolean is_own;      /* the job was begun from here: to stop it needs no question */

    /* Where the person is; moved by scene_press(). */
    ScenePage page, page_before; /* help goes back to this */
    guint chosen;                /* of the revisions tested */
    guint n_scrolled;   /* lines of excerpt or answer above what is seen; too many: to the end */
    gboolean asks_stop; /* "Stop it?" was asked */
} Scene;

void scene_draw(const Scene *scene, Screen *screen);

typedef enum ScenePress {
    PRESS_NOTHING,
    PRESS_UP,
    PRESS_DOWN,
    PRESS_PAGE_UP,
    PRESS_PAGE_DOWN,
    PRESS_FIRST,
    PRESS_LAST,
    PRESS_DETAIL,
    PRESS_PAUSE,
    PRESS_HELP,
    PRESS_QUIT,
    PRESS_STOP,
    PRESS_YES,
    PRESS_BACK,
    PRESS_OTHER,
} ScenePress;

/* What the person wants of who shows the scene. */
typedef enum SceneWish {
    WISH_NOTHING,
    WISH_PAUSE, /* or to go on */
    WISH_STOP,
    WISH_LEAVE,
} SceneWish;
/* @n_rows: of the screen. */
SceneWish scene_press(Scene *scene, ScenePress press, guint n_rows);

/* Is the job being worked on? Of one that is not, what each machine did last is no news. */
gboolean scene_is_at_work(const Scene *scene);

/* The pages (scene-detail.c). They have the rows from @row to before @end. */
void scene_draw_detail(const Scene *scene, Screen *screen, guint row, guint end);
void scene_draw_lines(const Scene *scene, Screen *screen, guint row, guint end, guint column,
                      const char *text);
/* The lines above what is seen when the last one is, on a screen of @n_rows. */
guint scene_most_scrolled(const Scene *scene, guint n_rows);
void scene_draw_help(const Scene *scene, Screen *screen, guint row, guint end);
/* The overview (scene-overview.c). */
void scene_draw_overview(const Scene *scene, Screen *screen, guint row, guint end);

/* The first digits of a commit's id (NULL: none). */
#define SCENE_ID_WIDTH 12
void scene_put_id(Screen *screen, guint row, guint column, const char *commit);

/* "2:41", "1:02:41". Owned by the caller. */
char *scene_clock(gint64 ms);
