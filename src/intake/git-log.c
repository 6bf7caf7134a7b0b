/* SPDX-License-Identifier: Apache-2.0
 * What `git bisect log` prints: a person's bisection.
 *
 *     git bisect start '--term-new=fixed' 'v6.2' 'v6.1'
 *     # bad: [d358e5254674...] Merge tag ...
 *     git bisect bad d358e5254674...
 *
 * The commands count, the comments say the same to people. Where "start" has the revisions itself,
 * the first is bad and the others are good.
 */
#include "parsers.h"

#include <string.h>

/* Longer than any bisection. */
#define MAX_WORDS 5000

static void git_word_free(GitWord *word)
{
    g_free(word->commit);
    g_free(word);
}

void git_log_free(GitLog *log)
{
    if (!log) {
        return;
    }
    g_ptr_array_unref(log->words);
    g_free(log->bad);
    g_free(log->good);
    g_free(log);
}

gboolean git_log_is(const IntakeSource *source)
{
    return g_regex_match_simple("^[> \t]*git bisect (start|good|bad|old|new|skip)\\b", source->text,
                                G_REGEX_MULTILINE, 0);
}

/* The terms at hand. */
typedef struct Terms {
    char *bad, *good;
} Terms;

static void terms_clear(Terms *terms)
{
    g_free(terms->bad);
    g_free(terms->good);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Terms, terms_clear)

/* Is @revision a name that can be looked up? What begins with '-' is an option. */
static gboolean is_revision(const char *revision)
{
    return *revision && *revision != '-' && strlen(revision) <= 200;
}

static void add_word(GitLog *log, const char *commit, Verdict verdict)
{
    GitWord *word;

    if (!is_revision(commit) || log->words->len >= MAX_WORDS) {
        return;
    }
    word = g_new0(GitWord, 1);
    word->commit = g_strdup(commit);
    word->verdict = verdict;
    g_ptr_array_add(log->words, word);
    if (verdict == VERDICT_BAD && !log->bad) {
        log->bad = g_strdup(commit);
    } else if (verdict == VERDICT_GOOD && !log->good) {
        log->good = g_strdup(commit);
    }
}

static void set_term(char **term, const char *word)
{
    g_free(*term);
    *term = g_strdup(word);
}

/* "start": a log begins anew. */
static void take_start(GitLog *log, Terms *terms, char **words)
{
    gboolean is_first = TRUE;

    g_ptr_array_set_size(log->words, 0);
    g_clear_pointer(&log->bad, g_free);
    g_clear_pointer(&log->good, g_free);
    for (; *words && !g_str_equal(*words, "--"); words++) {
        const char *equals = strchr(*words, '=');

        if (g_str_has_prefix(*words, "--term-new=") || g_str_has_prefix(*words, "--term-bad=")) {
            set_term(&terms->bad, equals + 1);
        } else if (g_str_has_prefix(*words, "--term-old=") ||
                   g_str_has_prefix(*words, "--term-good=")) {
            set_term(&terms->good, equals + 1);
        } else if (is_revision(*words)) {
            add_word(log, *words, is_first ? VERDICT_BAD : VERDICT_GOOD);
            is_first = FALSE;
        }
    }
}

static gboolean is_mending(const char *term)
{
    static const char *const words[] = {"fixed", "fast", "mended", "working", "works", NULL};

    return g_strv_contains(words, term);
}

/* The words behind "git bisect". */
static void take_command(GitLog *log, Terms *terms, char **words)
{
    const char *command = words[0];
    Verdict verdict = g_str_equal(command, terms->bad) || g_str_equal(command, "bad") ||
                              g_str_equal(command, "new")
                          ? VERDICT_BAD
                      : g_str_equal(command, terms->good) || g_str_equal(command, "good") ||
                              g_str_equal(command, "old")
                          ? VERDICT_GOOD
                      : g_str_equal(command, "skip") ? VERDICT_SKIP
                                                     : VERDICT_UNKNOWN;

    if (g_str_equal(command, "start")) {
        take_start(log, terms, words + 1);
        return;
    }
    for (char **commit = words + 1; verdict != VERDICT_UNKNOWN && *commit; commit++) {
        add_word(log, *commit, verdict);
    }
}

/* A line as git writes it, each word in quotes or not. */
static void take_line(GitLog *log, Terms *terms, const char *line)
{
    g_autofree char *bare = g_strstrip(g_strdup(line));
    g_auto(GStrv) words = NULL;
    const char *rest = bare;

    if (!g_str_has_prefix(rest, "git bisect ")) {
        return;
    }
    rest += strlen("git bisect ");
    if (g_shell_parse_argv(rest, NULL, &words, NULL)) {
        take_command(log, terms, words);
    }
}

GitLog *git_log_read(const char *text, GError **error)
{
    g_autoptr(GitLog) log = g_new0(GitLog, 1);
    g_autofree char *unquoted = syzbot_unquote(text);
    g_auto(Terms) terms = {.bad = g_strdup("bad"), .good = g_strdup("good")};
    char *rest = unquoted;

    log->words = g_ptr_array_new_with_free_func((GDestroyNotify)git_word_free);
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        take_line(log, &terms, line);
    }
    log->is_fix = is_mending(terms.bad);
    if (log->words->len == 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "no log of git bisect: nothing is called good or bad in it");
        return NULL;
    }
    return g_steal_pointer(&log);
}

void git_log_take(const IntakeSource *source, Intake *intake)
{
    g_autoptr(GitLog) log = git_log_read(source->text, NULL);

    if (!log) {
        return;
    }
    intake_hold(intake, INTAKE_BISECT_LOG, source->bytes);
    intake->is_fix = log->is_fix;
    /* Of a fix "bad" is what has it. */
    if (log->bad) {
        intake_say(intake, log->is_fix ? INTAKE_GOOD : INTAKE_START, log->bad, -1);
    }
    if (log->good) {
        intake_say(intake, log->is_fix ? INTAKE_START : INTAKE_GOOD, log->good, -1);
    }
}
