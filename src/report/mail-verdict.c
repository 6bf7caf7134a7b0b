/* SPDX-License-Identifier: Apache-2.0
 * How the mail ends: who may be at fault, in words that go with how sure it is.
 */
#include "report/mail.h"

#include <string.h>

#include "report/words.h"

/* A wrong accusation costs its receiver an afternoon: one in a hundred, and one in twenty. */
#define P_SURE     0.99
#define P_PROBABLE 0.95
/* Candidates and characters of a subject that are shown. */
#define N_CANDIDATES 10
#define TAG_SUBJECT  400

MailTone mail_tone(const Answer *answer)
{
    return answer->confidence >= P_SURE       ? TONE_SURE
           : answer->confidence >= P_PROBABLE ? TONE_PROBABLE
                                              : TONE_HINT;
}

static void add_paragraph(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_paragraph(GString *text, const char *format, ...)
{
    g_autofree char *sentence = NULL;
    va_list args;

    va_start(args, format);
    sentence = g_strdup_vprintf(format, args);
    va_end(args);
    g_string_append_c(text, '\n');
    words_add_wrapped(text, sentence, MAIL_WIDTH, 0, 0);
}

/* What `git show --stat` says before the message, and the subject. */
static void add_commit(GString *text, const Report *report, const char *commit)
{
    const char *show = report->answer->culprit_show ? report->answer->culprit_show : commit;
    const char *end = strstr(show, "\n\n");
    g_autofree char *head = g_strndup(show, end ? (gsize)(end - show) : strlen(show));
    g_autofree char *subject = report_clean_line(words_subject(report->answer->candidates, commit));

    g_string_append_c(text, '\n');
    mail_add_quote(text, head, 5);
    g_string_append_c(text, '\n');
    mail_add_quote(text, subject, 1);
}

static void add_candidates(GString *text, const GPtrArray *candidates)
{
    g_string_append_c(text, '\n');
    for (guint i = 0; i < candidates->len && i < N_CANDIDATES; i++) {
        const Candidate *candidate = candidates->pdata[i];
        g_autoptr(GString) line = g_string_new(NULL);

        g_string_append_printf(line, "%.12s", candidate->commit);
        if (candidate->probability > 0) {
            g_string_append_printf(line, "  %4.1f %%", words_percent(candidate->probability));
        }
        g_string_append_printf(line, "  %s%s", candidate->or_older ? "this or older: " : "",
                               candidate->subject ? candidate->subject : "");
        g_string_append(text, "  ");
        words_add_cut(text, line->str, MAIL_WIDTH - 2);
        g_string_append_c(text, '\n');
    }
    if (candidates->len > N_CANDIDATES) {
        g_string_append_printf(text, "  and %u more\n", candidates->len - N_CANDIDATES);
    }
}

static void add_culprit(GString *text, const Report *report)
{
    static const char *const began[] = {
        [TONE_SURE] = "It began with this commit",
        [TONE_PROBABLE] = "Most probably it began with this commit",
        [TONE_HINT] = "It may have begun with this commit, but that is a hint and no more: other "
                      "commits are not ruled out",
    };
    static const char *const mended[] = {
        [TONE_SURE] = "It was mended by this commit",
        [TONE_PROBABLE] = "Most probably it was mended by this commit",
        [TONE_HINT] = "It may have been mended by this commit, but that is a hint and no more: "
                      "other commits are not ruled out",
    };
    const Answer *answer = report->answer;
    MailTone tone = mail_tone(answer);

    add_paragraph(text, "%s (%.1f %% sure):", report->spec->fix ? mended[tone] : began[tone],
                  words_percent(answer->confidence));
    add_commit(text, report, answer->culprit);
}

static void add_set(GString *text, const Report *report)
{
    const Answer *answer = report->answer;
    const char *happened = report->spec->fix ? "mended it" : "brought it";

    if (answer->candidates->len == 1 || answer->checks->len) {
        add_paragraph(text, "Which commit %s is not known. The most probable one%s:", happened,
                      answer->checks->len ? ", which the checks do not confirm"
                                          : ", which was not checked");
    } else {
        add_paragraph(text,
                      "Which commit %s could not be told. It is one of these %u (%.1f %% sure), "
                      "and no single one is accused:",
                      happened, answer->candidates->len, words_percent(answer->confidence));
    }
    add_candidates(text, answer->candidates);
}

static void add_revealer(GString *text, const Report *report)
{
    const Answer *answer = report->answer;

    add_paragraph(text,
                  "It shows since the following commit (%.1f %% sure). Before that no kernel could "
                  "show it, so that the commit may only reveal a fault that is older:",
                  words_percent(answer->confidence));
    add_commit(text, report, answer->revealer);
    add_paragraph(text, "The fault may lie in one of these, most probable first:");
    add_candidates(text, answer->candidates);
    if (answer->older && answer->older->len) {
        add_paragraph(text, "Before those, these changed the files of the crash last:");
        add_candidates(text, answer->older);
    }
}

/* "Fixes:" asks for a commit to be answered for: only where that one is sure enough. */
static void add_trailers(GString *text, const Report *report, const MailOptions *options)
{
    const Answer *answer = report->answer;
    gboolean has_tag = answer->culprit && mail_tone(answer) != TONE_HINT;

    if (report->spec->fix || (!has_tag && !options->sender_address)) {
        return;
    }
    g_string_append(text, "\nWho mends it may add:\n\n");
    if (has_tag) {
        g_string_append_printf(text, "Fixes: %.12s (\"", answer->culprit);
        words_add_cut(text, words_subject(answer->candidates, answer->culprit), TAG_SUBJECT);
        g_string_append(text, "\")\n");
    }
    if (options->sender_address) {
        g_autofree char *name = report_clean_line(options->sender_name ? options->sender_name : "");

        g_string_append_printf(text, "Reported-by: %s%s<%s>\n", name, *name ? " " : "",
                               options->sender_address);
    }
}

void mail_add_verdict(GString *text, const Report *report, const MailOptions *options)
{
    const Answer *answer = report->answer;

    switch (answer->kind) {
    case ANSWER_CULPRIT:
        add_culprit(text, report);
        break;
    case ANSWER_REVEALER:
        add_revealer(text, report);
        break;
    case ANSWER_OLDER:
        add_paragraph(
            text,
            "Which commit brought it is not known: %.12s, the oldest that was tested, has "
            "it already.",
            answer->subject);
        break;
    case ANSWER_NOT_FIXED:
        add_paragraph(text, "It is not mended: %.12s, the newest that was tested, still has it.",
                      answer->subject);
        break;
    default:
        add_set(text, report);
        break;
    }
    add_trailers(text, report, options);
}
