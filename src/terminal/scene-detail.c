/* SPDX-License-Identifier: Apache-2.0
 * The other pages: revisions tested, lines of a text, help.
 */
#include "terminal/scene.h"

#include <string.h>

/* Of a line that is quoted. */
#define MOST_BYTES 16384

/* --- Revisions tested ------------------------------------------------------------------------ */

static ScreenStyle verdict_style(const char *verdict)
{
    return g_str_equal(verdict, "good")   ? STYLE_GOOD
           : g_str_equal(verdict, "bad")  ? STYLE_BAD
           : g_str_equal(verdict, "skip") ? STYLE_SKIP
                                          : STYLE_DIM;
}

static gboolean has_failed_build(const ReportRevision *revision)
{
    return revision->kernel && revision->kernel->kernel->status == KERNEL_FAILED;
}

/* Release or subject, behind what was done to it. Owned by the caller. */
static char *title(const ReportRevision *revision)
{
    const DecisionRow *decision = revision->decision;
    g_autofree char *variant = variant_title(decision->commit);
    const char *patches = strchr(variant, ' ');

    return g_strconcat(patches ? patches + 1 : "", patches ? ": " : "",
                       decision->label ? decision->label : decision->subject, NULL);
}

static void draw_counts(Screen *screen, guint row, guint column, const ReportRevision *revision)
{
    const guint counts[] = {revision->n_ok, revision->n_crash,
                            revision->n_doubtful + revision->n_other_crash,
                            revision->n_broken + revision->n_unreached};

    if (has_failed_build(revision)) {
        screen_put(screen, row, column, column + 20, STYLE_DIM, "does not build");
        return;
    }
    if (revision->same_as) {
        screen_printf(screen, row, column, column + 24, STYLE_DIM, "kernel of %.12s",
                      revision->same_as->decision->commit);
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        screen_printf(screen, row, column + i * 6, column + i * 6 + 5,
                      counts[i] ? STYLE_PLAIN : STYLE_DIM, "%5u", counts[i]);
    }
}

static void draw_revision(Screen *screen, guint row, const ReportRevision *revision,
                          gboolean is_chosen)
{
    g_autofree char *what = title(revision);

    screen_put_char(screen, row, 1, STYLE_STRONG, is_chosen ? 0x25b8 : ' ', is_chosen ? '>' : ' ');
    scene_put_id(screen, row, 3, revision->decision->commit);
    screen_put(screen, row, 16, 17, STYLE_DIM, revision->is_inferred ? "~" : "");
    screen_put(screen, row, 17, 24, verdict_style(revision->verdict), revision->verdict);
    draw_counts(screen, row, 25, revision);
    screen_put(screen, row, 50, screen->n_columns, STYLE_PLAIN, what);
    if (is_chosen) {
        screen_fill_row(screen, row, STYLE_CHOSEN);
    }
}

/* The chosen one is among them, in the middle where it can be. */
static void draw_list(const Scene *scene, Screen *screen, guint row, guint n_rows)
{
    const GPtrArray *revisions = scene->tested->revisions;
    guint chosen = MIN(scene->chosen, revisions->len - 1);
    guint first = chosen - MIN(chosen, n_rows / 2);

    first = MIN(first, revisions->len - MIN(revisions->len, n_rows));
    for (guint i = 0; i < n_rows && first + i < revisions->len; i++) {
        draw_revision(screen, row + i, revisions->pdata[first + i], first + i == chosen);
    }
}

/* --- The chosen one -------------------------------------------------------------------------- */

/* Titles of its crashes, each with how often it came: "TITLE (3)". Owned by the caller. */
static char *describe_crashes(const ReportRevision *revision)
{
    g_autoptr(GPtrArray) titles = g_ptr_array_new();
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < revision->trials->len; i++) {
        const TrialRow *trial = revision->trials->pdata[i];
        guint n;

        if (!trial->title || trial->kind == OUTCOME_OK) {
            continue;
        }
        n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, trial->title));
        if (n == 0) {
            g_ptr_array_add(titles, trial->title);
        }
        g_hash_table_insert(counts, trial->title, GUINT_TO_POINTER(n + 1));
    }
    for (guint i = 0; i < titles->len; i++) {
        g_string_append_printf(text, "%s%s (%u)", i ? "; " : "", (char *)titles->pdata[i],
                               GPOINTER_TO_UINT(g_hash_table_lookup(counts, titles->pdata[i])));
    }
    return g_string_free(text, FALSE);
}

/* What there is to know of it in one line. Owned by the caller. */
static char *describe_revision(const ReportRevision *revision)
{
    if (revision->said) {
        return g_strdup_printf("%s on your word%s%s", revision->said, revision->note ? ": " : "",
                               revision->note ? revision->note : "");
    }
    if (has_failed_build(revision)) {
        return g_strdup(revision->kernel->kernel->first_error);
    }
    if (revision->same_as) {
        return g_strdup_printf("not tried: its kernel is that of %.12s",
                               revision->same_as->decision->commit);
    }
    if (revision->unreached_why) {
        return g_strdup(revision->unreached_why);
    }
    return describe_crashes(revision);
}

/* What is above the quoted text: two rows on the chosen revision, one on the text. */
#define CHOSEN_ROWS 3

static void draw_chosen(const Scene *scene, Screen *screen, guint row, guint end)
{
    guint n = scene->tested->revisions->len, column;
    const ReportRevision *revision = scene->tested->revisions->pdata[MIN(scene->chosen, n - 1)];
    g_autofree char *name = title(revision), *what = describe_revision(revision);

    column = screen_printf(screen, row, 1, screen->n_columns, STYLE_STRONG, "%.12s  ",
                           revision->decision->commit);
    screen_put(screen, row, column, screen->n_columns, STYLE_PLAIN, name);
    if (row + 1 < end) {
        screen_put(screen, row + 1, 1, screen->n_columns, verdict_style(revision->verdict), what);
    }
    if (scene->excerpt && row + CHOSEN_ROWS < end) {
        screen_put(screen, row + 2, 1, screen->n_columns, STYLE_DIM, scene->excerpt_of);
        scene_draw_lines(scene, screen, row + CHOSEN_ROWS, end, 1, scene->excerpt);
    }
}

/* Of the @n_rows below the heading, two in five have revisions. */
static guint count_list_rows(const Scene *scene, guint n_rows)
{
    return scene->tested ? MIN(scene->tested->revisions->len, MAX(n_rows * 2 / 5, 1)) : 0;
}

void scene_draw_detail(const Scene *scene, Screen *screen, guint row, guint end)
{
    guint n_rows = end > row ? end - row : 0, n_list;

    if (n_rows < 2) {
        return;
    }
    screen_printf(screen, row, 3, screen->n_columns, STYLE_STRONG,
                  "Tested        Verdict   ok %s other  none  Release or subject",
                  job_spec_is_run(scene->job->spec) ? " fail" : "crash");
    row++;
    if (!scene->tested || scene->tested->revisions->len == 0) {
        screen_put(screen, row, 3, screen->n_columns, STYLE_DIM,
                   scene->tested ? "none yet" : "reading ...");
        return;
    }
    n_list = count_list_rows(scene, n_rows - 1);
    draw_list(scene, screen, row, n_list);
    row += n_list;
    if (row + 2 < end) {
        draw_chosen(scene, screen, row + 1, end);
    }
}

/* --- Lines ----------------------------------------------------------------------------------- */

guint scene_most_scrolled(const Scene *scene, guint n_rows)
{
    const char *text = scene->page == PAGE_ANSWER ? scene->answer : scene->excerpt;
    guint n_lines = 0, n_body = n_rows - MIN(n_rows, 2), n_above = 0;

    if (scene->page == PAGE_DETAIL && n_body > 0) {
        n_above = 1 + count_list_rows(scene, n_body - 1) + 1 + CHOSEN_ROWS;
    }
    n_body -= MIN(n_body, n_above);
    for (; text && *text; n_lines++) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return n_lines - MIN(n_lines, n_body);
}

/* Its beginning, behind @n lines. */
static const char *skip_lines(const char *text, guint n)
{
    for (const char *next; n > 0 && (next = strchr(text, '\n')); n--) {
        text = next + 1;
    }
    return text;
}

void scene_draw_lines(const Scene *scene, Screen *screen, guint row, guint end, guint column,
                      const char *text)
{
    guint most = scene_most_scrolled(scene, screen->n_rows);
    const char *at = text ? skip_lines(text, MIN(scene->n_scrolled, most)) : "";

    for (; row < end && *at; row++) {
        gsize n = strcspn(at, "\n");
        /* Consoles have carriage returns. */
        gsize n_shown = n > 0 && at[n - 1] == '\r' ? n - 1 : n;
        g_autofree char *line = g_strndup(at, MIN(n_shown, MOST_BYTES));

        screen_put(screen, row, column, screen->n_columns, STYLE_PLAIN, line);
        at += n + (at[n] == '\n');
    }
}

void scene_draw_help(const Scene *scene, Screen *screen, guint row, guint end)
{
    static const char *const lines[][2] = {
        {"q", "leave the view; the job goes on ('firstbad watch' comes back)"},
        {"^C", "stop the job; all that was finished is kept ('firstbad resume')"},
        {"p", "pause: what is under way ends, nothing is begun; again: go on"},
        {"d, Tab", "revisions tested, their crashes and consoles; again: back"},
        {"up, down", "choose a revision (k, j; Home, End)"},
        {"PgUp, PgDn", "scroll the crash or console below (b, space)"},
        {"?", "this page"},
        {"", ""},
        {"Range", "belief over the revisions, oldest left; below, what is left"},
        {"Suspects", "the most probable culprits, and how probable each is"},
        {"Now", "what each machine does, and for how long"},
        {"Left", "time to the answer, if all goes as with jobs like this one"},
        {"ok, crash", "trials without and with the bug (fail)"},
        {"other, none", "crashes that are others, or may be; no boot, or bug out of reach"},
        {"~", "a verdict by what all revisions showed, not by its own trials"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(lines) && row < end; i++, row++) {
        screen_put(screen, row, 2, 13, STYLE_STRONG, lines[i][0]);
        screen_put(screen, row, 14, screen->n_columns, STYLE_PLAIN, lines[i][1]);
    }
}
