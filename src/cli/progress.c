/* SPDX-License-Identifier: Apache-2.0
 * What a person sees while a job works: on a terminal one line that is drawn anew, elsewhere plain
 * lines.
 */
#include "cli/cli.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 80

struct ProgressLine {
    gboolean terminal;
    gint64 start_us;
    guint redraw_source;
    char *phase, *doing, *best; /* what the live line shows */
    guint n_left, n_kernels, n_trials;
    double best_p;
};

static guint terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
                                                                       : DEFAULT_COLUMNS;
}

/* "search 2:41 | 412 left, 341adeec9ada 12 % | building 6533e558c650 | 7 kernels, 31 trials". Owned
 * by the caller. */
static GString *compose(const ProgressLine *line, gboolean with_best)
{
    gint64 s = (g_get_monotonic_time() - line->start_us) / G_USEC_PER_SEC;
    GString *text = g_string_new(line->phase ? line->phase : "starting");

    g_string_append_printf(text, " %" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT, s / 60, s % 60);
    if (line->n_left) {
        g_string_append_printf(text, " | %u left", line->n_left);
    }
    if (with_best && line->best && line->n_left && line->best_p >= 0.01) {
        g_string_append_printf(text, ", %.12s %.0f %%", line->best, line->best_p * 100);
    }
    if (line->doing) {
        g_string_append_printf(text, " | %s", line->doing);
    }
    g_string_append_printf(text, " | %u kernel%s, %u trial%s", line->n_kernels,
                           line->n_kernels == 1 ? "" : "s", line->n_trials,
                           line->n_trials == 1 ? "" : "s");
    return text;
}

/* Where the terminal is narrow, what is under way is worth more than the most probable culprit;
 * what is cut off comes last. */
static void draw(ProgressLine *line)
{
    guint columns = terminal_columns();
    g_autoptr(GString) text = compose(line, TRUE);

    if (text->len >= columns) {
        g_string_free(text, TRUE);
        text = compose(line, FALSE);
    }
    if (text->len >= columns) {
        g_string_truncate(text, columns - 1);
    }
    g_printerr("\r\033[K%s", text->str);
}

static gboolean redraw(gpointer data)
{
    draw(data);
    return G_SOURCE_CONTINUE;
}

ProgressLine *progress_line_new(gboolean plain)
{
    ProgressLine *line = g_new0(ProgressLine, 1);
    const char *term = g_getenv("TERM");

    line->terminal = !plain && isatty(STDERR_FILENO) && g_strcmp0(term, "dumb") != 0;
    line->start_us = g_get_monotonic_time();
    if (line->terminal) {
        line->redraw_source = g_timeout_add_seconds(1, redraw, line);
    }
    return line;
}

void progress_line_free(ProgressLine *line)
{
    if (!line) {
        return;
    }
    if (line->redraw_source) {
        g_source_remove(line->redraw_source);
        g_printerr("\r\033[K");
    }
    g_free(line->phase);
    g_free(line->doing);
    g_free(line->best);
    g_free(line);
}

void progress_line_say(ProgressLine *line, const char *text)
{
    g_autofree char *shown = report_clean_line(text);

    g_printerr("%s%s\n", line->terminal ? "\r\033[K" : "", shown);
}

static void set(char **member, const char *value)
{
    g_free(*member);
    *member = value ? report_clean_line(value) : NULL;
}

void progress_line_show(const JobProgress *progress, gpointer data)
{
    ProgressLine *line = data;

    set(&line->phase, job_phase_name(progress->phase));
    set(&line->doing, progress->doing);
    set(&line->best, progress->best);
    line->n_left = progress->n_left;
    line->best_p = progress->best_p;
    line->n_kernels = progress->n_kernels;
    line->n_trials = progress->n_trials;
    if (progress->line) {
        progress_line_say(line, progress->line);
    } else if (!line->terminal && progress->begun &&
               g_str_has_prefix(progress->begun, "building")) {
        progress_line_say(line, progress->begun);
    }
    if (line->terminal) {
        draw(line);
    }
}
