/* SPDX-License-Identifier: Apache-2.0
 * The places of the pictures, each with a table of what it shows. A script draws them from the data
 * of report_pictures_json().
 */
#include "page/parts.h"
#include "report/report.h"

/* <figure> up to its table. */
static void open_picture(Html *html, const char *name, const char *caption)
{
    g_autofree char *id = g_strconcat("picture-", name, NULL);

    html_open(html, "figure", "id", id, NULL);
    html_leaf(html, "figcaption", caption, NULL);
    html_leaf(html, "div", NULL, "class", "picture", "data-picture", name, NULL);
}

static void open_alternative(Html *html)
{
    html_open(html, "details", "class", "table", NULL);
    html_leaf(html, "summary", "As a table", NULL);
}

static void add_step(Html *html, const PagePlace *place, const Report *report,
                     const DecisionRow *decision)
{
    html_open(html, "tr", NULL);
    html_open(html, "td", NULL);
    add_id(html, place, report, decision->commit);
    html_close(html);
    html_leaf(html, "td", decision->phase, NULL);
    html_open(html, "td", "class", "number", NULL);
    if (decision->n_left) {
        html_print(html, "%u", decision->n_left);
    }
    html_close(html);
    html_open(html, "td", "class", "number", NULL);
    if (decision->n_left) {
        html_print(html, "%.2f", decision->bits);
    }
    html_close(html);
    html_open(html, "td", NULL);
    if (decision->best) {
        add_id(html, place, report, decision->best);
        html_print(html, " %.1f %%", MIN(decision->best_p * 100, 99.9));
    }
    html_close(html);
    html_close(html);
}

static void add_belief(Html *html, const PagePlace *place, const Report *report)
{
    static const char *const columns[] = {"Revision chosen",    "Phase",
                                          "Candidates before",  "Bits of doubt before",
                                          "Most probable then", NULL};

    open_picture(html, "belief", "Belief over the history, step by step");
    open_alternative(html);
    open_table(html, "belief-table", "Each step of the search", columns);
    for (guint i = 0; i < report->decisions->len; i++) {
        add_step(html, place, report, report->decisions->pdata[i]);
    }
    close_table(html);
    html_close(html);
    html_close(html);
}

/* Of those whose table is that of the revisions. */
static void add_of_revisions(Html *html, const char *name, const char *caption)
{
    open_picture(html, name, caption);
    html_open(html, "p", "class", "alternative", NULL);
    html_leaf(html, "a", "The same as a table: revisions tested", "href", "#revisions", NULL);
    html_close(html);
    html_close(html);
}

/* A row: @what took @ms; @amount stands between them. */
static void add_amount(Html *html, const char *what, const char *how, const char *amount,
                       guint64 ms)
{
    g_autofree char *time = report_duration(ms);

    html_open(html, "tr", NULL);
    html_open(html, "th", "scope", "row", NULL);
    html_text(html, what);
    if (how) {
        html_print(html, ", %s", how);
    }
    html_close(html);
    html_leaf(html, "td", amount, "class", "number", NULL);
    html_leaf(html, "td", time, "class", "number", NULL);
    html_close(html);
}

static void add_parts(Html *html, const Cost *cost)
{
    static const char *const columns[] = {"Part of the wall time", "Share", "Time", NULL};

    open_table(html, "cost-parts", "Parts of the wall time", columns);
    for (guint i = 0; i < cost->parts->len; i++) {
        const CostPart *part = &g_array_index(cost->parts, CostPart, i);

        if (part->ms) {
            g_autofree char *share =
                g_strdup_printf("%.1f %%", 100.0 * (double)part->ms / (double)cost->wall_ms);

            add_amount(html, part->name, NULL, share, part->ms);
        }
    }
    close_table(html);
}

static void add_uses(Html *html, const Cost *cost)
{
    static const char *const columns[] = {"Of the machines' time", "Number", "Time", NULL};

    open_table(html, "cost-uses", "What machines did", columns);
    for (guint i = 0; i < cost->uses->len; i++) {
        const CostUse *use = &g_array_index(cost->uses, CostUse, i);
        g_autofree char *number = g_strdup_printf("%u", use->n);

        add_amount(html, use->kind, use->how, number, use->sum_ms);
    }
    close_table(html);
}

static void add_cost(Html *html, const Report *report)
{
    g_autoptr(Cost) cost = report_cost(report);

    open_picture(html, "cost", "Where the time went");
    open_alternative(html);
    add_parts(html, cost);
    add_uses(html, cost);
    html_close(html);
    html_close(html);
}

void add_pictures(Html *html, const PagePlace *place, const Report *report)
{
    open_section(html, "pictures", NULL, "How it was found");
    html_leaf(html, "noscript", "The pictures need scripts; all that they show is in the tables.",
              NULL);
    add_belief(html, place, report);
    add_of_revisions(html, "graph", "The history that was tested");
    add_of_revisions(html, "trials", "Trials of each revision, by outcome");
    add_cost(html, report);
    html_close(html);
}
