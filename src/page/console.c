/* SPDX-License-Identifier: Apache-2.0
 * What a trial or a build printed, in parts: megabytes of bytes from an enemy.
 */
#include "page/parts.h"

static void add_part_link(Html *html, const char *path, const char *text, gsize offset)
{
    g_autofree char *part = g_strdup_printf("%s?from=%" G_GSIZE_FORMAT, path, offset);

    html_leaf(html, "a", text, "href", part, NULL);
    html_text(html, " ");
}

static void add_parts(Html *html, const PageConsole *console)
{
    gsize from = console->offset, end = from + console->n_bytes, n_total = console->n_total;
    g_autofree char *path = console->trial
                                ? path_of_trial(console->job, console->trial)
                                : path_of_revision(console->job, console->commit, "/build.log");
    g_autofree char *raw = g_strconcat(path, "?raw=1", NULL);

    html_open(html, "nav", "class", "parts", "aria-label", "Parts of what was printed", NULL);
    if (from > 0) {
        add_part_link(html, path, "Begin", 0);
        add_part_link(html, path, "Earlier", from - MIN(PAGE_CONSOLE_BYTES, from));
    }
    html_open(html, "span", NULL);
    html_print(html, "bytes %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, from,
               end, n_total);
    html_close(html);
    html_text(html, " ");
    if (end < n_total) {
        add_part_link(html, path, "Later", end);
        add_part_link(html, path, "End", n_total - MIN(PAGE_CONSOLE_BYTES, n_total));
    }
    html_leaf(html, "a", "All, as a file", "href", raw, NULL);
    html_close(html);
}

GBytes *page_console(const PagePlace *place, const PageConsole *console)
{
    g_autofree char *job = path_of_job(console->job, ""),
                    *revision = path_of_revision(console->job, console->commit, "");
    g_autofree char *commit = variant_title(console->commit);
    g_autofree char *what =
        console->trial ? g_strdup_printf("Console of trial %" G_GINT64_FORMAT, console->trial)
                       : g_strdup("What the build printed");
    Html *html = frame_new(place, "trial", what);

    frame_open_main(html);
    html_leaf(html, "h1", what, NULL);
    html_open(html, "p", "class", "about", NULL);
    html_text(html, "of ");
    html_leaf(html, "a", commit, "href", revision, "class", "id", NULL);
    html_text(html, ", job ");
    html_open(html, "a", "href", job, NULL);
    html_cut(html, console->job_name, 60);
    html_close(html);
    if (console->title) {
        html_text(html, ": ");
        html_cut(html, console->title, 300);
    }
    html_close(html);
    add_parts(html, console);
    html_open(html, "pre", "class", "console", "tabindex", "0", NULL);
    html_bytes(html, console->bytes, console->n_bytes);
    html_close(html);
    return frame_finish(html);
}
