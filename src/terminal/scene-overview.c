/* SPDX-License-Identifier: Apache-2.0
 * The overview: parts one below the other, each with as many rows as there are to give.
 */
#include "terminal/scene.h"

#include <math.h>

/* From this height on there are blank rows between the parts. */
#define AIRY_ROWS 20

/* Where the text of a part begins, below and beside its heading. */
#define INDENT 3
#define HEADED 11

typedef struct Part {
    guint least, most; /* rows; most is 0 where there is nothing to show */
    guint n_rows;      /* that it gets */
    void (*draw)(const Scene *scene, Screen *screen, guint row, guint n_rows);
} Part;

/* --- The range ------------------------------------------------------------------------------- */

#define END_WIDTH 7 /* "older " and where the axis ends */

static void draw_range_heading(const Scene *scene, Screen *screen, guint row)
{
    const Live *live = scene->live;
    guint column;

    screen_put(screen, row, 1, HEADED - 1, STYLE_STRONG, "Range");
    column = screen_printf(screen, row, HEADED, screen->n_columns, STYLE_PLAIN,
                           "%u revisions, %u left (%.1f bits)", live->n_revisions - 1, live->n_left,
                           live->bits); /* without the good end */
    if (live->older >= 0.001) {
        screen_printf(screen, row, column, screen->n_columns, STYLE_PLAIN,
                      "; older than these: %.1f %%", live->older * 100);
    }
}

/* Of the share of belief between @from and @to, parts of the range from 0 to 1. */
static double share_between(const GArray *shares, double from, double to)
{
    double sum = 0, n = shares->len;

    for (guint i = (guint)(from * n); i < shares->len && i < to * n; i++) {
        double overlap = MIN(to * n, i + 1.0) - MAX(from * n, (double)i);

        sum += g_array_index(shares, double, i) * MAX(overlap, 0);
    }
    return sum;
}

/* Belief over the range, the highest column as high as there is room. */
static void draw_chart(const Live *live, Screen *screen, guint row, guint n_rows, guint column,
                       guint n_columns)
{
    g_autofree double *heights = g_new0(double, n_columns);
    double highest = 0;

    for (guint i = 0; i < n_columns; i++) {
        heights[i] =
            share_between(live->shares, (double)i / n_columns, (double)(i + 1) / n_columns);
        highest = MAX(highest, heights[i]);
    }
    for (guint i = 0; i < n_columns && highest > 0; i++) {
        double height = heights[i] / highest;

        screen_put_column(screen, row + n_rows - 1, column + i, n_rows, STYLE_BAR,
                          height >= 0.001 ? height : 0);
    }
}

/* What is left of the range: "older |-----[====]------| newer". */
static void draw_axis(const Live *live, Screen *screen, guint row, guint column, guint n_columns)
{
    double n = MAX(live->n_revisions, 1);
    guint first = (guint)(MIN(live->first_left / n, 1) * n_columns);
    guint last = (guint)(MIN(live->last_left / n, 1) * n_columns);

    for (guint i = 0; i < n_columns; i++) {
        if (i >= first && i <= last && live->n_left > 0) {
            screen_put_char(screen, row, column + i, STYLE_BAR, 0x2501, '=');
        } else {
            screen_put_char(screen, row, column + i, STYLE_DIM, 0x2500, '-');
        }
    }
    screen_put(screen, row, 1, column - 1, STYLE_DIM, "older");
    screen_put_char(screen, row, column - 1, STYLE_DIM, 0x251c, '|');
    screen_put_char(screen, row, column + n_columns, STYLE_DIM, 0x2524, '|');
    screen_put(screen, row, column + n_columns + 2, screen->n_columns, STYLE_DIM, "newer");
}

static void draw_range(const Scene *scene, Screen *screen, guint row, guint n_rows)
{
    guint column = 1 + END_WIDTH;
    guint n_columns = MAX(screen->n_columns, 2 * column + 1) - 2 * column;

    draw_range_heading(scene, screen, row);
    if (n_rows > 2) {
        draw_chart(scene->live, screen, row + 1, n_rows - 2, column, n_columns);
    }
    if (n_rows > 1) {
        draw_axis(scene->live, screen, row + n_rows - 1, column, n_columns);
    }
}

/* --- Suspects -------------------------------------------------------------------------------- */

static void draw_suspect(const Scene *scene, Screen *screen, guint row, const LiveSuspect *suspect)
{
    guint n_bar = CLAMP(screen->n_columns / 5, 6, 40), column = INDENT;
    const char *meaning = !suspect->or_older      ? ""
                          : scene->job->spec->fix ? "not mended after this: "
                                                  : "this or older: ";

    scene_put_id(screen, row, column, suspect->commit);
    column += SCENE_ID_WIDTH + 1;
    screen_put_bar(screen, row, column, n_bar, STYLE_BAR, suspect->p);
    column += n_bar + 1;
    screen_printf(screen, row, column, column + 6, STYLE_STRONG, "%4.1f %%",
                  MIN(suspect->p * 100, 99.9));
    column += 8;
    column = screen_put(screen, row, column, screen->n_columns, STYLE_DIM, meaning);
    screen_put(screen, row, column, screen->n_columns, STYLE_PLAIN, suspect->subject);
}

static void draw_suspects(const Scene *scene, Screen *screen, guint row, guint n_rows)
{
    const GPtrArray *suspects = scene->live->suspects;

    screen_put(screen, row, 1, screen->n_columns, STYLE_STRONG,
               scene->job->spec->fix ? "What may have mended it" : "Suspects");
    for (guint i = 0; i < suspects->len && i + 1 < n_rows; i++) {
        draw_suspect(scene, screen, row + 1 + i, suspects->pdata[i]);
    }
}

/* --- What is under way ----------------------------------------------------------------------- */

static void draw_work(const Scene *scene, Screen *screen, guint row, const LiveWork *work)
{
    g_autofree char *clock = scene_clock(scene->now_ms - work->begun_ms);
    guint end = screen_put_right(screen, row, INDENT, screen->n_columns - 1, STYLE_DIM, clock);

    screen_put(screen, row, INDENT, end > 2 ? end - 2 : 0, STYLE_PLAIN, work->text);
}

static void draw_works(const Scene *scene, Screen *screen, guint row, guint n_rows)
{
    const GPtrArray *works = scene->live->works;
    const char *doing = scene->live->doing;
    guint n_room = n_rows - 1, n_shown;

    screen_put(screen, row, 1, screen->n_columns, STYLE_STRONG, "Now");
    if (doing && n_room > 0) {
        screen_put(screen, ++row, INDENT, screen->n_columns, STYLE_PLAIN, doing);
        n_room--;
    }
    if (scene->is_paused && works->len == 0 && n_room > 0) {
        screen_put(screen, row + 1, INDENT, screen->n_columns, STYLE_DIM, "nothing");
    }
    n_shown = works->len > n_room && n_room > 1 ? n_room - 1 : MIN(works->len, n_room);
    for (guint i = 0; i < n_shown; i++) {
        draw_work(scene, screen, ++row, works->pdata[i]);
    }
    if (n_shown < works->len && n_room > 1) {
        screen_printf(screen, row + 1, INDENT, screen->n_columns, STYLE_DIM, "and %u more",
                      works->len - n_shown);
    }
}

/* --- What happened --------------------------------------------------------------------------- */

/* "14:05:07", local. Owned by the caller. */
static char *time_of_day(gint64 ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(ms / 1000);

    return time ? g_date_time_format(time, "%H:%M:%S") : g_strdup("?");
}

static void draw_events(const Scene *scene, Screen *screen, guint row, guint n_rows)
{
    const GPtrArray *events = scene->live->events;
    guint first = events->len - MIN(events->len, n_rows - 1);

    screen_put(screen, row, 1, screen->n_columns, STYLE_STRONG, "Lately");
    for (guint i = first; i < events->len; i++) {
        const LiveEvent *event = events->pdata[i];
        g_autofree char *time = time_of_day(event->at_ms);
        guint column = screen_put(screen, ++row, INDENT, screen->n_columns, STYLE_DIM, time);

        screen_put(screen, row, column + 2, screen->n_columns, STYLE_PLAIN, event->text);
    }
}

/* --- Together -------------------------------------------------------------------------------- */

enum { PART_RANGE, PART_SUSPECTS, PART_WORKS, PART_EVENTS, N_PARTS };

/* Which part gets a row first. */
static const guint ranks[N_PARTS] = {PART_WORKS, PART_RANGE, PART_SUSPECTS, PART_EVENTS};

static void plan(const Scene *scene, guint n_rows, Part parts[N_PARTS])
{
    const Live *live = scene->live;
    guint n_works = (live->doing != NULL) + live->works->len;
    guint n_chart = CLAMP(n_rows / 8, 1, 6);

    parts[PART_RANGE] = (Part){.least = 2, .most = 2 + n_chart, .draw = draw_range};
    parts[PART_SUSPECTS] =
        (Part){.least = 2, .most = 1 + live->suspects->len, .draw = draw_suspects};
    /* A row is kept where there is nothing for a moment, so that the rest does not jump. */
    parts[PART_WORKS] = (Part){.least = 2, .most = 1 + MAX(n_works, 1), .draw = draw_works};
    parts[PART_EVENTS] = (Part){.least = 2, .most = 1 + live->events->len, .draw = draw_events};
    if (live->n_revisions == 0) {
        parts[PART_RANGE].most = 0;
    }
    if (!scene_is_at_work(scene)) {
        parts[PART_WORKS].most = 0;
    }
    for (guint i = 0; i < N_PARTS; i++) {
        parts[i].most = parts[i].most > 1 ? parts[i].most : 0;
    }
}

/* Its least to each while there is room, then a row each in turn. What is left is returned. */
static guint share_out(Part parts[N_PARTS], guint n_rows)
{
    gboolean gave = TRUE;

    for (guint i = 0; i < N_PARTS; i++) {
        Part *part = &parts[ranks[i]];

        part->n_rows = part->most > 0 && part->least <= n_rows ? part->least : 0;
        n_rows -= part->n_rows;
    }
    while (gave) {
        gave = FALSE;
        for (guint i = 0; i < N_PARTS; i++) {
            Part *part = &parts[ranks[i]];

            if (n_rows > 0 && part->n_rows > 0 && part->n_rows < part->most) {
                part->n_rows++;
                n_rows--;
                gave = TRUE;
            }
        }
    }
    return n_rows;
}

void scene_draw_overview(const Scene *scene, Screen *screen, guint row, guint end)
{
    Part parts[N_PARTS];
    guint n_rows = end - row, n_gaps = 0;

    if (!scene->live) {
        return;
    }
    plan(scene, n_rows, parts);
    for (guint i = 0; i < N_PARTS && n_rows >= AIRY_ROWS; i++) {
        n_gaps += parts[i].most > 0;
    }
    share_out(parts, n_rows - n_gaps);
    for (guint i = 0; i < N_PARTS; i++) {
        if (parts[i].n_rows > 0) {
            row += n_gaps > 0;
            parts[i].draw(scene, screen, row, parts[i].n_rows);
            row += parts[i].n_rows;
        }
    }
}
