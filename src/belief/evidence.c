/* SPDX-License-Identifier: Apache-2.0
 * Evidence as text: what trials showed, in lines that people and scripts write.
 */
#include "belief/belief.h"

#include <string.h>

/* Of one revision; rates_likelihood() keeps what it worked out for each count. */
#define MOST_TRIALS 10000
/* COMMIT CRASHES OKS skip */
#define MOST_WORDS 4
/* As much of a word as an error quotes. */
#define QUOTED_LENGTH 20

/* A line without its comment. */
typedef struct EvidenceLine {
    guint number; /* from 1 */
    guint n_words;
    const char *words[MOST_WORDS + 1]; /* one too many is kept, to be refused */
} EvidenceLine;

G_GNUC_PRINTF(3, 4)
static gboolean refuse(const EvidenceLine *line, GError **error, const char *format, ...)
{
    g_autofree char *reason = NULL;
    va_list args;

    va_start(args, format);
    reason = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "line %u: %s", line->number, reason);
    return FALSE;
}

static gboolean refuse_word(const EvidenceLine *line, const char *word, const char *what_it_is_not,
                            GError **error)
{
    g_autofree char *quoted = g_utf8_make_valid(word, (gssize)strnlen(word, QUOTED_LENGTH));

    return refuse(line, error, "'%s' is not %s", quoted, what_it_is_not);
}

/* Cuts @text up. */
static void split_line(char *text, guint number, EvidenceLine *ret_line)
{
    EvidenceLine line = {.number = number};
    char *rest = NULL;

    text[strcspn(text, "#")] = '\0';
    for (char *word = strtok_r(text, " \t\r", &rest); word != NULL && line.n_words <= MOST_WORDS;
         word = strtok_r(NULL, " \t\r", &rest)) {
        line.words[line.n_words++] = word;
    }
    *ret_line = line;
}

static gboolean read_count(const EvidenceLine *line, guint i, guint *ret_count, GError **error)
{
    guint64 count = 0;

    if (!g_ascii_string_to_unsigned(line->words[i], 10, 0, MOST_TRIALS, &count, NULL)) {
        return refuse_word(line, line->words[i], "a number of trials from 0 to 10000", error);
    }
    *ret_count = (guint)count;
    return TRUE;
}

static gboolean means_skip(const char *word)
{
    return g_str_equal(word, "skip") || g_str_equal(word, "-");
}

/* All words but the first. */
static gboolean read_counts(const EvidenceLine *line, Tally *ret_tally, GError **error)
{
    Tally tally = {0};
    guint n = line->n_words;

    if (n > MOST_WORDS || (n == MOST_WORDS && !g_str_equal(line->words[3], "skip"))) {
        return refuse_word(line, line->words[n - 1], "'skip', and nothing else may follow", error);
    }
    if (n < 3 && !(n == 2 && g_str_equal(line->words[1], "skip"))) {
        return refuse(line, error, "wanted: COMMIT CRASHES OKS, or COMMIT skip");
    }
    gboolean has_counts = n > 2 && !(means_skip(line->words[1]) && means_skip(line->words[2]));
    if (has_counts &&
        (!read_count(line, 1, &tally.n_crash, error) || !read_count(line, 2, &tally.n_ok, error))) {
        return FALSE;
    }
    tally.untestable = !has_counts || n == MOST_WORDS;
    *ret_tally = tally;
    return TRUE;
}

static gboolean read_line(const EvidenceLine *line, guint n_revisions, Tally *tallies,
                          GError **error)
{
    guint64 commit = 0;
    Tally tally = {0};

    if (line->n_words == 0 || g_str_equal(line->words[0], "commit")) {
        return TRUE;
    }
    if (!g_ascii_string_to_unsigned(line->words[0], 10, 0, n_revisions - 1, &commit, NULL)) {
        g_autofree char *wanted = g_strdup_printf("a commit from 0 to %u", n_revisions - 1);

        return refuse_word(line, line->words[0], wanted, error);
    }
    if (!read_counts(line, &tally, error)) {
        return FALSE;
    }
    tally.n_crash += tallies[commit].n_crash;
    tally.n_ok += tallies[commit].n_ok;
    if (tally.n_crash + tally.n_ok > MOST_TRIALS) {
        return refuse(line, error, "more than %u trials of commit %s", MOST_TRIALS, line->words[0]);
    }
    tally.untestable = tally.untestable || tallies[commit].untestable;
    tallies[commit] = tally;
    return TRUE;
}

Tally *evidence_parse(const char *text, gsize length, guint n_revisions, GError **error)
{
    g_autofree Tally *tallies = g_new0(Tally, n_revisions);
    const char *end = text + length;
    guint number = 1;

    for (const char *at = text; at < end; number++) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));
        gsize n = (gsize)((newline != NULL ? newline : end) - at);
        g_autofree char *copy = g_strndup(at, n);
        EvidenceLine line = {.number = number};

        if (strlen(copy) < n) {
            refuse(&line, error, "a zero byte: this is no text");
            return NULL;
        }
        split_line(copy, number, &line);
        if (!read_line(&line, n_revisions, tallies, error)) {
            return NULL;
        }
        at = newline != NULL ? newline + 1 : end;
    }
    return g_steal_pointer(&tallies);
}
