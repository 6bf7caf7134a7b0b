/* SPDX-License-Identifier: Apache-2.0
 * Lines of words.
 */
#include "report/words.h"

#include "report/report.h"

void words_add_cut(GString *text, const char *bytes, guint width)
{
    g_autofree char *clean = report_clean_line(bytes), *cut = NULL;

    if (g_utf8_strlen(clean, -1) <= width) {
        g_string_append(text, clean);
        return;
    }
    cut = g_utf8_substring(clean, 0, width - 3);
    g_string_append_printf(text, "%s...", cut);
}

void words_add_wrapped(GString *text, const char *sentence, guint width, guint first, guint others)
{
    g_autofree char *clean = report_clean_line(sentence);
    g_auto(GStrv) words = g_strsplit(clean, " ", -1);
    glong column = first;

    g_string_append_printf(text, "%*s", (int)first, "");
    for (char **word = words; *word; word++) {
        glong n = g_utf8_strlen(*word, -1);

        if (word > words && column + 1 + n > width) {
            g_string_append_printf(text, "\n%*s", (int)others, "");
            column = others;
        } else if (word > words) {
            g_string_append_c(text, ' ');
            column++;
        }
        g_string_append(text, *word);
        column += n;
    }
    g_string_append_c(text, '\n');
}

double words_percent(double probability)
{
    return MIN(probability * 100, 99.9);
}

const char *words_subject(const GPtrArray *candidates, const char *commit)
{
    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = candidates->pdata[i];

        if (candidate->subject && g_strcmp0(candidate->commit, commit) == 0) {
            return candidate->subject;
        }
    }
    return "";
}
