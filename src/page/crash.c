/* SPDX-License-Identifier: Apache-2.0
 * A crash report, with its places in the sources as links into the tree.
 */
#include <string.h>

#include "page/parts.h"

/* Of a path that is a link; what is longer is none. */
#define PATH_MOST 200

/* The address of @line of @file at @commit. Owned by the caller. */
static char *source_path(const PagePlace *place, const char *commit, const char *file,
                         const char *line)
{
    g_autoptr(GString) url = g_string_new(place->source_url ? place->source_url : PAGE_SOURCE_URL);
    g_autofree char *escaped = g_uri_escape_string(file, "/", FALSE);

    g_string_replace(url, "{commit}", commit, 0);
    g_string_replace(url, "{line}", line, 0);
    g_string_replace(url, "{file}", escaped, 0);
    return g_string_free(g_steal_pointer(&url), FALSE);
}

static gboolean is_path(char c)
{
    return g_ascii_isalnum(c) || strchr("_-./+,", c);
}

/* The length of "net/core/skmsg.c" at @at, behind which ":" and a number stand; 0: none is here. */
static gsize path_length(const char *at, gsize *ret_n_digits)
{
    static const char *const endings[] = {".c", ".h", ".S", ".rs"};
    gsize n = 0;

    while (at[n] && is_path(at[n])) {
        n++;
    }
    *ret_n_digits = at[n] == ':' ? strspn(at + n + 1, "0123456789") : 0;
    if (*ret_n_digits == 0 || *ret_n_digits > 9 || n > PATH_MOST || *at == '/' ||
        g_strstr_len(at, (gssize)n, "..")) {
        return 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        gsize n_ending = strlen(endings[i]);

        if (n > n_ending && memcmp(at + n - n_ending, endings[i], n_ending) == 0) {
            return n;
        }
    }
    return 0;
}

/* The path of @n bytes at @at with its line; "./" before it is not part of its name. */
static void add_link(Html *html, const PagePlace *place, const char *commit, const char *at,
                     gsize n, gsize n_digits)
{
    const char *name = g_str_has_prefix(at, "./") ? at + 2 : at;
    g_autofree char *file = g_strndup(name, n - (gsize)(name - at));
    g_autofree char *line = g_strndup(at + n + 1, n_digits);
    g_autofree char *url = source_path(place, commit, file, line);

    html_open(html, "a", "href", url, "rel", "noreferrer", NULL);
    html_bytes(html, at, n + 1 + n_digits);
    html_close(html);
}

void add_crash_text(Html *html, const PagePlace *place, const char *commit, const char *text)
{
    g_autofree char *id = variant_commit(commit);
    const char *plain = text, *at = text;

    html_open(html, "pre", "class", "crash", "tabindex", "0", NULL);
    while (*at) {
        gsize n_digits = 0, n = path_length(at, &n_digits);

        if (n) {
            html_bytes(html, plain, (gsize)(at - plain));
            add_link(html, place, id, at, n, n_digits);
            at += n + 1 + n_digits;
            plain = at;
        } else {
            /* To the next word. */
            while (*at && is_path(*at)) {
                at++;
            }
            at += *at != '\0';
        }
    }
    html_text(html, plain);
    html_close(html);
}

static const char *heading_of(const Report *report)
{
    if (job_spec_is_run(report->spec)) {
        return "The failure";
    }
    return g_str_equal(report->spec->bug, bug_kind_name(BUG_BUILD)) ? "The error" : "The crash";
}

void add_crash(Html *html, const PagePlace *place, const Report *report)
{
    const Answer *answer = report->answer;
    const char *commit = answer ? answer->crash_commit : NULL;

    if (!answer || !answer->crash_title) {
        open_section(html, "crash", HIDDEN, "The crash");
        html_close(html);
        return;
    }
    commit = commit ? commit : answer->culprit ? answer->culprit : report->spec->start;
    open_section(html, "crash", NULL, heading_of(report));
    html_open(html, "p", "class", "crash-title", NULL);
    html_open(html, "strong", NULL);
    html_cut(html, answer->crash_title, 500);
    html_close(html);
    html_text(html, " at ");
    add_id(html, place, report, commit);
    html_close(html);
    if (answer->crash_report) {
        add_crash_text(html, place, commit, answer->crash_report);
    }
    html_close(html);
}
