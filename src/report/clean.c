/* SPDX-License-Identifier: Apache-2.0
 * What strangers wrote, made fit for a terminal: titles, subjects, consoles, the words of git and
 * make are bytes from anybody, and none of them may move the cursor, set a colour or turn the
 * direction of the text.
 */
#include "report/report.h"

char *report_clean(const char *bytes)
{
    g_autofree char *valid = g_utf8_make_valid(bytes, -1);
    GString *text = g_string_new(NULL);

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if ((g_unichar_iscntrl(c) && c != '\n' && c != '\t') ||
            g_unichar_type(c) == G_UNICODE_FORMAT) {
            g_string_append_c(text, '?');
        } else {
            g_string_append_unichar(text, c);
        }
    }
    return g_string_free(text, FALSE);
}

char *report_clean_line(const char *bytes)
{
    return g_strdelimit(report_clean(bytes), "\n\t", ' ');
}

char *report_shell_word(const char *word)
{
    return *word && !strpbrk(word, " \t\n'\"$\\*?&|;<>()#~`!{}[]") ? g_strdup(word)
                                                                   : g_shell_quote(word);
}

char *report_command(const char *command, const char *job, const char *state_dir)
{
    g_autofree char *name = report_shell_word(job);
    g_autofree char *folder = state_dir ? report_shell_word(state_dir) : NULL;

    return g_strconcat("firstbad ", command, " ", name, folder ? " --state-dir " : "", folder,
                       NULL);
}
