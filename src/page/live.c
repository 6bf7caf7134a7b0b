/* SPDX-License-Identifier: Apache-2.0
 * What is under way: a script writes the same from events.
 */
#include "page/parts.h"

static void add_suspects(Html *html, const PagePlace *place, const Report *report, const Live *live)
{
    static const char *const columns[] = {"Probability", "Commit", "Subject", NULL};

    open_table(html, "live-suspects", "Most probable now", columns);
    for (guint i = 0; i < live->suspects->len; i++) {
        const LiveSuspect *suspect = live->suspects->pdata[i];

        html_open(html, "tr", NULL);
        html_open(html, "td", "class", "number", NULL);
        html_print(html, "%.1f %%", MIN(suspect->p * 100, 99.9));
        html_close(html);
        html_open(html, "td", NULL);
        add_id(html, place, report, suspect->commit ? suspect->commit : "");
        html_text(html, suspect->or_older ? " or older" : "");
        html_close(html);
        html_open(html, "td", NULL);
        html_cut(html, suspect->subject ? suspect->subject : "", 120);
        html_close(html);
        html_close(html);
    }
    close_table(html);
}

static void add_works(Html *html, const Live *live)
{
    html_open(html, "ul", "id", "live-works", NULL);
    for (guint i = 0; i < live->works->len; i++) {
        const LiveWork *work = live->works->pdata[i];
        guint64 ms = (guint64)MAX(live->at_ms - work->begun_ms, 0);
        g_autofree char *time = report_duration(ms);

        html_open(html, "li", NULL);
        html_text(html, work->text);
        html_print(html, ", for %s", time);
        html_close(html);
    }
    html_close(html);
}

/* Newest first. */
static void add_events(Html *html, const Live *live)
{
    html_open(html, "ul", "id", "live-events", NULL);
    for (guint i = live->events->len; i-- > 0;) {
        const LiveEvent *event = live->events->pdata[i];

        html_open(html, "li", NULL);
        add_time(html, event->at_ms / 1000);
        html_text(html, " ");
        html_cut(html, event->text ? event->text : "", 300);
        html_close(html);
    }
    html_close(html);
}

static void add_left(Html *html, const Live *live)
{
    html_open(html, "p", "id", "live-left", NULL);
    if (live->n_revisions) {
        html_print(html, "%u of %u revisions left, %.1f bits. ", live->n_left,
                   live->n_revisions - 1, live->bits); /* without the good end */
    }
    if (live->has_left) {
        g_autofree char *median = report_duration((guint64)(live->left_s * 1000)),
                        *low = report_duration((guint64)(live->left_low_s * 1000)),
                        *high = report_duration((guint64)(live->left_high_s * 1000));

        html_print(html, "About %s more (%s to %s).", median, low, high);
    }
    html_close(html);
}

void add_live(Html *html, const PagePlace *place, const Report *report, const Live *live)
{
    g_autoptr(Live) nothing = live_new();
    const Live *shown = live ? live : nothing;

    open_section(html, "live", live ? NULL : HIDDEN, "What is being done");
    html_leaf(html, "p", shown->is_paused ? "paused" : shown->phase, "id", "live-phase", NULL);
    html_leaf(html, "p", shown->doing, "id", "live-doing", NULL);
    add_works(html, shown);
    add_left(html, shown);
    add_suspects(html, place, report, shown);
    add_events(html, shown);
    html_close(html);
}
