/* SPDX-License-Identifier: Apache-2.0
 * What `git bisect log` prints: a person's bisection.
 *
 *     # fixed: [830b3c68c1fb...] Linux 6.1
 *     # bad: [4fe89d07dcc2...] Linux 6.0
 *     git bisect start '--term-new=fixed' '--term-old=bad' 'HEAD' 'v6.0'
 *     # fixed: [d358e5254674...] Merge tag ...
 *     git bisect fixed d358e5254674...
 *
 * The commands count; but what "start" names are names of that person's repository, whose ids stand
 * in the comments before it. Without these only full ids are taken, and releases, the first as bad
 * and the others as good.
 */
#include "parsers.h"

#include <string.h>

/* Longer than any bisection. */
#define MAX_WORDS 500

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

/* The terms at hand, and the comments since the last command. */
typedef struct Terms {
    char *bad, *good;
    GPtrArray *comments; /* of char *: "TERM ID" */
} Terms;

static void terms_clear(Terms *terms)
{
    g_free(terms->bad);
    g_free(terms->good);
    g_ptr_array_unref(terms->comments);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Terms, terms_clear)

static Verdict verdict_of(const Terms *terms, const char *term)
{
    static const char *const bad[] = {"bad", "new", NULL}, *const good[] = {"good", "old", NULL};

    return g_str_equal(term, terms->bad)    ? VERDICT_BAD
           : g_str_equal(term, terms->good) ? VERDICT_GOOD
           : g_strv_contains(bad, term)     ? VERDICT_BAD
           : g_strv_contains(good, term)    ? VERDICT_GOOD
           : g_str_equal(term, "skip")      ? VERDICT_SKIP
                                            : VERDICT_UNKNOWN;
}

/* Is @revision a name that can be looked up? What begins with '-' is an option. */
static gboolean is_revision(const char *revision)
{
    return *revision && *revision != '-' && strlen(revision) <= 200;
}

static void add_word(GitLog *log, const char *commit, Verdict verdict)
{
    GitWord *word;

    if (!is_revision(commit)) {
        return;
    }
    if (log->words->len >= MAX_WORDS) {
        log->n_left_out++;
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

/* A name that means the same in every repository of a kernel. */
static gboolean is_everywhere(const char *revision)
{
    return g_regex_match_simple(
        "^([0-9a-f]{40}|[0-9a-f]{64}|v[0-9]+[.][0-9]+([.][0-9]+)*(-rc[0-9]+)?)$", revision, 0, 0);
}

/* Sets @word where it is an option for a term, whose value may be the next word. Gives the last
 * word that was used; NULL: it is none. */
static char **take_term(Terms *terms, char **word)
{
    static const struct {
        const char *option;
        gboolean is_bad;
    } options[] = {
        {"--term-new", TRUE}, {"--term-bad", TRUE}, {"--term-old", FALSE}, {"--term-good", FALSE}};

    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        const char *value =
            g_str_has_prefix(*word, options[i].option) ? *word + strlen(options[i].option) : NULL;
        gboolean is_next = value && !*value && word[1];

        if (value && (*value == '=' || is_next)) {
            set_term(options[i].is_bad ? &terms->bad : &terms->good, is_next ? word[1] : value + 1);
            return word + is_next;
        }
    }
    return NULL;
}

/* "start": a log begins anew. */
static void take_start(GitLog *log, Terms *terms, char **words)
{
    g_autoptr(GPtrArray) named = g_ptr_array_new();

    g_ptr_array_set_size(log->words, 0);
    g_clear_pointer(&log->bad, g_free);
    g_clear_pointer(&log->good, g_free);
    for (; *words && !g_str_equal(*words, "--"); words++) {
        char **used = take_term(terms, words);

        if (used) {
            words = used;
        } else if (is_revision(*words)) {
            g_ptr_array_add(named, *words);
        }
    }
    for (guint i = 0; i < terms->comments->len; i++) {
        g_auto(GStrv) comment = g_strsplit(terms->comments->pdata[i], " ", 2);

        if (verdict_of(terms, comment[0]) != VERDICT_UNKNOWN) {
            add_word(log, comment[1], verdict_of(terms, comment[0]));
        }
    }
    for (guint i = 0; log->words->len == 0 && i < named->len; i++) {
        if (!is_everywhere(named->pdata[i])) {
            return;
        }
    }
    for (guint i = 0, n = log->words->len; n == 0 && i < named->len; i++) {
        add_word(log, named->pdata[i], i == 0 ? VERDICT_BAD : VERDICT_GOOD);
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
    Verdict verdict = verdict_of(terms, words[0]);

    if (g_str_equal(words[0], "start")) {
        take_start(log, terms, words + 1);
    } else if (verdict != VERDICT_UNKNOWN) {
        for (char **commit = words + 1; *commit; commit++) {
            add_word(log, *commit, verdict);
        }
    }
    g_ptr_array_set_size(terms->comments, 0);
}

/* "# TERM: [ID] subject". */
static void take_comment(Terms *terms, const char *line)
{
    g_autoptr(GRegex) regex = g_regex_new("^# ([^ :]+): \\[([0-9a-f]{40,64})\\]", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    if (terms->comments->len < MAX_WORDS && g_regex_match(regex, line, 0, &match)) {
        g_autofree char *term = g_match_info_fetch(match, 1), *id = g_match_info_fetch(match, 2);

        g_ptr_array_add(terms->comments, g_strconcat(term, " ", id, NULL));
    }
}

/* A line as git writes it, each word in quotes or not. */
static void take_line(GitLog *log, Terms *terms, const char *line)
{
    g_autofree char *bare = g_strstrip(g_strdup(line));
    g_auto(GStrv) words = NULL;

    if (*bare == '#') {
        take_comment(terms, bare);
    } else if (g_str_has_prefix(bare, "git bisect ") &&
               g_shell_parse_argv(bare + strlen("git bisect "), NULL, &words, NULL)) {
        take_command(log, terms, words);
    }
}

GitLog *git_log_read(const char *text, GError **error)
{
    g_autoptr(GitLog) log = g_new0(GitLog, 1);
    g_autofree char *unquoted = syzbot_unquote(text);
    g_auto(Terms) terms = {.bad = g_strdup("bad"),
                           .good = g_strdup("good"),
                           .comments = g_ptr_array_new_with_free_func(g_free)};
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
