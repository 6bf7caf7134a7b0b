/* SPDX-License-Identifier: Apache-2.0
 * A page of syzbot's dashboard: of one bug, with a table of its crashes.
 *
 * Saved as HTML it has the links; saved as text by a browser or copied from one, it has the commits
 * and no links. Both are read as text, in which a link stands behind what is linked.
 *
 *     KASAN: slab-use-after-free Read in foo
 *     Status: upstream: reported C repro on 2025/01/05 12:00
 *     Reported-by: syzbot+0123456789abcdef0123@syzkaller.appspotmail.com
 *     Cause bisection: introduced by (bisect log <URL>) :
 *     commit ...
 *     Sample crash report:
 *     ...
 *     Crashes (12):
 *     MANAGER  TIME  KERNEL  COMMIT <URL>  SYZKALLER <URL>  .config <URL>  log  report  syz  C  ...
 *
 * Of the crashes the one with the best reproducer is taken, and of those the first, the newest.
 */
#include "parsers.h"

#include <string.h>

gboolean page_is(const IntakeSource *source)
{
    return g_regex_match_simple("\\A\\s*<(!doctype|html)", source->text, G_REGEX_CASELESS, 0) ||
           (g_regex_match_simple("^Status: ", source->text, G_REGEX_MULTILINE, 0) &&
            strstr(source->text, "\nSample crash report:"));
}

/* A row of the table of crashes. */
static const char row_pattern[] =
    "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d\\s+(\\S[^\\t\\n]*?)\\s+([0-9a-f]{8,40})\\b";

/* "https://git.kernel.org/.../linux.git/log/?id=ID", ".../commit/ID": the tree, and the whole id.
 */
static void take_commit_link(Intake *intake, const char *link)
{
    g_autoptr(GRegex) regex = g_regex_new(
        "^(.+?)/(?:log|commits?|tree)/(?:\\?(?:h=[^&]*&)?id=)?([0-9a-f]{40})$", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *tree = NULL, *id = NULL;

    if (!g_regex_match(regex, link, 0, &match)) {
        return;
    }
    tree = g_match_info_fetch(match, 1);
    id = g_match_info_fetch(match, 2);
    if (g_str_has_suffix(tree, "google/syzkaller")) {
        intake_say(intake, INTAKE_SYZKALLER, id, -1);
        return;
    }
    intake_say(intake, INTAKE_START, id, -1);
    intake_link(intake, INTAKE_TREE, tree, -1);
}

static void take_link(Intake *intake, const char *link)
{
    static const struct {
        const char *part;
        IntakeItem item;
    } files[] = {{"/x/.config", INTAKE_CONFIG},       {"tag=KernelConfig", INTAKE_CONFIG},
                 {"/x/repro.c?", INTAKE_REPRO_C},     {"tag=ReproC&", INTAKE_REPRO_C},
                 {"/x/repro.syz", INTAKE_REPRO_SYZ},  {"tag=ReproSyz", INTAKE_REPRO_SYZ},
                 {"/x/bisect.txt", INTAKE_BISECT_LOG}};

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        if (strstr(link, files[i].part)) {
            intake_link(intake, files[i].item, link, -1);
            return;
        }
    }
    take_commit_link(intake, link);
}

static void take_links(Intake *intake, const char *line)
{
    for (const char *at = strchr(line, '<'); at; at = strchr(at, '<')) {
        gsize n = strcspn(++at, "> ");
        g_autofree char *link = g_strndup(at, n);

        if (at[n] == '>') {
            take_link(intake, link);
        }
        at += n;
    }
}

/* A text copy tells by a word what there is. */
static void take_words(Intake *intake, const char *rest)
{
    if (g_regex_match_simple("\\bsyz\\b", rest, 0, 0)) {
        intake_say(intake, INTAKE_REPRO_SYZ, "linked as \"syz\" on the page", -1);
    }
    if (g_regex_match_simple("\\sC(\\s|$)", rest, 0, 0)) {
        intake_say(intake, INTAKE_REPRO_C, "linked as \"C\" on the page", -1);
    }
    intake_say(intake, INTAKE_CONFIG, "linked as \".config\" on the page", -1);
}

/* 0: no reproducer, 1: of syzkaller's, 2: in C. */
static guint row_level(const Intake *row)
{
    const IntakeFact *c = &row->of[INTAKE_REPRO_C], *syz = &row->of[INTAKE_REPRO_SYZ];

    return c->link || c->text ? 2 : syz->link || syz->text ? 1 : 0;
}

/* The crash of @line; NULL: it is none. */
static Intake *read_row(const char *line)
{
    g_autoptr(GRegex) regex = g_regex_new(row_pattern, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *tree = NULL, *commit = NULL;
    Intake *row;
    gint end;

    if (!g_regex_match(regex, line, 0, &match)) {
        return NULL;
    }
    row = intake_new();
    tree = g_match_info_fetch(match, 1);
    commit = g_match_info_fetch(match, 2);
    g_match_info_fetch_pos(match, 2, NULL, &end);
    take_links(row, line);
    if (!strchr(line + end, '<')) {
        take_words(row, line + end);
    }
    intake_say(row, INTAKE_START, commit, -1);
    intake_say(row, INTAKE_TREE, tree, -1);
    return row;
}

static void read_rows(char *const *lines, Intake *intake)
{
    g_autoptr(Intake) best = NULL;

    for (; *lines; lines++) {
        Intake *row = read_row(*lines);

        if (row && (!best || row_level(row) > row_level(best))) {
            g_clear_pointer(&best, intake_free);
            best = g_steal_pointer(&row);
        }
        g_clear_pointer(&row, intake_free);
    }
    if (best) {
        intake_merge(intake, best);
    }
}

/* Behind "Cause bisection: introduced by (bisect log <URL>) :" stands "commit ID". */
static void read_bisection(const char *line, const char *next, Intake *intake)
{
    if (!g_str_has_prefix(line, "Cause bisection:")) {
        return;
    }
    for (const char *at = strchr(line, '<'); at; at = strchr(at + 1, '<')) {
        intake_link(intake, INTAKE_BISECT_LOG, at + 1, (gssize)strcspn(at + 1, "> "));
    }
    if (next && g_str_has_prefix(next, "commit ")) {
        intake_say(intake, INTAKE_CULPRIT, next + strlen("commit "), -1);
    }
}

/* The title stands above the line "Status:". */
static void read_head(char *const *lines, Intake *intake)
{
    const char *above = NULL;

    for (; *lines; lines++) {
        if (g_str_has_prefix(*lines, "Status:") && above) {
            g_autofree char *title = syzbot_title(above);

            intake_say(intake, INTAKE_TITLE, title, -1);
        }
        if (g_str_has_prefix(*lines, "Sample crash report:")) {
            return;
        }
        read_bisection(*lines, lines[1], intake);
        above = **lines ? *lines : above;
    }
}

void page_read(const IntakeSource *source, Intake *intake)
{
    gboolean is_html = g_regex_match_simple("\\A\\s*<", source->text, 0, 0);
    g_autofree char *text =
        is_html ? text_of_html(source->text, source->n) : g_strdup(source->text);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *report = strstr(text, "\nSample crash report:");
    g_autofree char *crash = g_strdup(report);

    for (char **line = lines; *line; line++) {
        g_strchomp(*line);
    }
    if (crash) {
        char *table = strstr(crash, "\nCrashes (");
        IntakeSource of_crash = {.reader = source->reader, .text = crash};

        if (table) {
            *table = '\0';
        }
        of_crash.n = strlen(crash);
        crash_read(&of_crash, intake);
    }
    read_head(lines, intake);
    read_rows(lines, intake);
    syzbot_read(text, intake);
}
