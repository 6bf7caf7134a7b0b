/* SPDX-License-Identifier: Apache-2.0
 * What syzbot writes of a crash, in all its years.
 *
 *     2017         "syzkaller hit the following crash on ID", then URL/BRANCH; files are attached
 *     early 2018   "syzbot hit the following crash on upstream commit", ID (DATE), title; links,
 * each on the line behind its name since 2018   "HEAD commit:    ID TITLE.." and links behind their
 * names a bisection  the same with "start commit:"; it says which commit it ended with
 *
 * What is known by its name is the table `keys`; a mail of people who quote it has '>' before it.
 */
#include "parsers.h"

#include <string.h>

typedef enum KeyKind {
    KEY_COMMIT, /* ID TITLE */
    KEY_TREE,   /* NAME, or URL BRANCH */
    KEY_TEXT,
    KEY_LINK,
    KEY_ADDRESS, /* the address in it */
} KeyKind;

static const struct {
    const char *name;
    IntakeItem item;
    KeyKind kind;
} keys[] = {
    {"HEAD commit:", INTAKE_START, KEY_COMMIT},
    {"start commit:", INTAKE_START, KEY_COMMIT},
    {"git tree:", INTAKE_TREE, KEY_TREE},
    {"kernel config:", INTAKE_CONFIG, KEY_LINK},
    {"C reproducer:", INTAKE_REPRO_C, KEY_LINK},
    {"syz repro:", INTAKE_REPRO_SYZ, KEY_LINK},
    {"syzkaller reproducer:", INTAKE_REPRO_SYZ, KEY_LINK},
    {"compiler:", INTAKE_COMPILER, KEY_TEXT},
    {"userspace arch:", INTAKE_ARCH, KEY_TEXT},
    {"bisection log:", INTAKE_BISECT_LOG, KEY_LINK},
    {"dashboard link:", INTAKE_DASHBOARD, KEY_LINK},
    {"syzbot dashboard link:", INTAKE_DASHBOARD, KEY_LINK},
    {"Reported-by:", INTAKE_REPORTED_BY, KEY_ADDRESS},
};

/* Files that came with a mail, if it is whole. */
static const struct {
    const char *sentence;
    IntakeItem item;
} attached[] = {
    {".config is attached", INTAKE_CONFIG},
    {"syzkaller reproducer is attached", INTAKE_REPRO_SYZ},
    {"C reproducer is attached", INTAKE_REPRO_C},
};

/* --- Quotes ---------------------------------------------------------------------------------- */

/* How much of @line are marks of a mail that quotes it. */
static gsize quote_length(const char *line)
{
    gsize n = strspn(line, "> \t");

    while (n > 0 && line[n - 1] != '>') {
        n--;
    }
    return n > 0 && line[n] == ' ' ? n + 1 : n;
}

char *syzbot_unquote(const char *text)
{
    GString *bare = g_string_sized_new(strlen(text) + 1);

    for (const char *line = text; *line;) {
        const char *end = strchrnul(line, '\n');
        gsize n_quote = MIN(quote_length(line), (gsize)(end - line));

        g_string_append_len(bare, line + n_quote, end - line - (gssize)n_quote);
        if (bare->len && bare->str[bare->len - 1] == '\r') {
            g_string_truncate(bare, bare->len - 1);
        }
        g_string_append_len(bare, end, *end ? 1 : 0);
        line = *end ? end + 1 : end;
    }
    return g_string_free(bare, FALSE);
}

/* --- Titles ---------------------------------------------------------------------------------- */

char *syzbot_title(const char *subject)
{
    static const char *const marks[] = {"re:", "fwd:", "fw:", "aw:"};
    const char *title = subject;
    g_autoptr(GRegex) number = NULL;
    gboolean found = TRUE;

    while (found) {
        found = FALSE;
        title += strspn(title, " \t");
        for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
            if (g_ascii_strncasecmp(title, marks[i], strlen(marks[i])) == 0) {
                title += strlen(marks[i]);
                found = TRUE;
            }
        }
        if (*title == '[' && strchr(title, ']')) {
            title = strchr(title, ']') + 1;
            found = TRUE;
        }
    }
    number = g_regex_new("\\s*\\(\\d+\\)\\s*$", 0, 0, NULL);
    return g_strstrip(g_regex_replace_literal(number, title, -1, 0, "", 0, NULL));
}

/* --- Values ---------------------------------------------------------------------------------- */

static gsize id_length(const char *text)
{
    gsize n = strspn(text, "0123456789abcdef");

    return n >= 8 && n <= 40 && !g_ascii_isalnum(text[n]) ? n : 0;
}

/* "d358e5254674 Merge tag 'x' of git://git..": a title that was cut finds nothing. */
static void take_commit(Intake *intake, IntakeItem item, const char *value)
{
    gsize n = id_length(value);

    if (n == 0) {
        return;
    }
    intake_say(intake, item, value, (gssize)n);
    if (!g_str_has_suffix(value, "..")) {
        intake_say(intake, INTAKE_START_TITLE, value + n, -1);
    }
}

static void take_tree(Intake *intake, const char *value)
{
    gsize n = strcspn(value, " \t");

    intake_say(intake, INTAKE_TREE, value, (gssize)n);
    intake_link(intake, INTAKE_TREE, value, (gssize)n);
    intake_say(intake, INTAKE_BRANCH, value + n, -1);
}

static void take_address(Intake *intake, IntakeItem item, const char *value)
{
    g_autoptr(GRegex) regex = g_regex_new("[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    if (g_regex_match(regex, value, 0, &match)) {
        g_autofree char *address = g_match_info_fetch(match, 0);

        intake_say(intake, item, address, -1);
    }
}

static void take_value(Intake *intake, guint key, const char *value)
{
    switch (keys[key].kind) {
    case KEY_COMMIT:
        take_commit(intake, keys[key].item, value);
        break;
    case KEY_TREE:
        take_tree(intake, value);
        break;
    case KEY_TEXT:
        intake_say(intake, keys[key].item, value, -1);
        break;
    case KEY_LINK:
        intake_link(intake, keys[key].item, value, -1);
        break;
    case KEY_ADDRESS:
        take_address(intake, keys[key].item, value);
        break;
    }
}

/* --- Lines ----------------------------------------------------------------------------------- */

static gint find_key(const char *line)
{
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (g_ascii_strncasecmp(line, keys[i].name, strlen(keys[i].name)) == 0) {
            return (gint)i;
        }
    }
    return -1;
}

/* A value may stand alone on the line behind its name. */
static gboolean take_keys(char *const *lines, Intake *intake)
{
    gboolean found = FALSE;

    for (; *lines; lines++) {
        gint key = find_key(*lines);
        const char *value = key >= 0 ? *lines + strlen(keys[key].name) : "";

        value += strspn(value, " \t");
        if (key >= 0 && !*value && lines[1]) {
            value = lines[1];
        }
        if (key >= 0) {
            take_value(intake, (guint)key, value);
            found = found || keys[key].kind == KEY_COMMIT;
        }
        for (guint i = 0; i < G_N_ELEMENTS(attached); i++) {
            if (g_str_has_prefix(*lines, attached[i].sentence)) {
                intake_say(intake, attached[i].item, "attached to the mail that syzbot sent", -1);
            }
        }
    }
    return found;
}

/* "git://git.kernel.org/.../linux.git/master" */
static void take_tree_path(Intake *intake, const char *url)
{
    const char *end = strstr(url, ".git/");

    gssize n = end ? end + (gssize)strlen(".git") - url : -1;

    intake_say(intake, INTAKE_TREE, url, n);
    intake_link(intake, INTAKE_TREE, url, n);
    if (end) {
        intake_say(intake, INTAKE_BRANCH, end + strlen(".git/"), -1);
    }
}

/* The sentences of 2017 and early 2018. */
static gboolean take_sentence(const char *text, Intake *intake)
{
    g_autoptr(GRegex) regex =
        g_regex_new("the following crash on\\s+(?:(\\S+) commit\\s+)?([0-9a-f]{40})"
                    "(?:\\s+\\([^)\\n]*\\))?\\s+(\\S[^\\n]*)",
                    0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *tree = NULL, *commit = NULL, *rest = NULL;

    if (!g_regex_match(regex, text, 0, &match)) {
        return FALSE;
    }
    tree = g_match_info_fetch(match, 1);
    commit = g_match_info_fetch(match, 2);
    rest = g_match_info_fetch(match, 3);
    intake_say(intake, INTAKE_START, commit, -1);
    if (g_regex_match_simple("^[a-z]+://", rest, 0, 0)) {
        take_tree_path(intake, g_strchomp(rest));
    } else {
        intake_say(intake, INTAKE_TREE, tree, -1);
        intake_say(intake, INTAKE_START_TITLE, rest, -1);
    }
    return TRUE;
}

/* "The issue was bisected to:", "syzbot has bisected this bug to:", then "commit ID". */
static void take_culprit(const char *text, Intake *intake)
{
    g_autoptr(GRegex) regex =
        g_regex_new("bisected (?:this \\w+ )?to:\\s+commit ([0-9a-f]{40})", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    if (g_regex_match(regex, text, 0, &match)) {
        g_autofree char *commit = g_match_info_fetch(match, 1);

        intake_say(intake, INTAKE_CULPRIT, commit, -1);
    }
}

gboolean syzbot_read(const char *text, Intake *intake)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gboolean has_sentence = take_sentence(text, intake);
    gboolean has_keys = take_keys(lines, intake);

    take_culprit(text, intake);
    return has_sentence || has_keys;
}
