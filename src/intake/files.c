/* SPDX-License-Identifier: Apache-2.0
 * Files that are taken as they are: a config, a reproducer, its options, a bisection log.
 */
#include "parsers.h"

#include <string.h>

/* Where the first lines that tell what a file is have to stand. */
#define N_HEAD 65536
/* So many options make a config: fewer may stand in a mail that speaks of them. */
#define N_OPTIONS 3

/* The beginning of a file, to look for signs in. Owned by the caller. */
static char *head_of(const IntakeSource *source)
{
    return g_strndup(source->text, MIN(source->n, N_HEAD));
}

static gboolean fits(const char *pattern, const char *text)
{
    return g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0);
}

/* --- A config -------------------------------------------------------------------------------- */

/* Lines of options are all that it has, beside comments. */
gboolean config_is(const IntakeSource *source)
{
    g_autofree char *head = head_of(source);
    guint n_options = 0, n_others = 0;
    char *rest = head;

    for (char *line = strsep(&rest, "\n"); line && rest; line = strsep(&rest, "\n")) {
        g_strchomp(line);
        if (g_str_has_prefix(line, "CONFIG_") && strchr(line, '=')) {
            n_options++;
        } else if (*line && *line != '#') {
            n_others++;
        }
    }
    return n_options >= N_OPTIONS && n_others == 0;
}

void config_take(const IntakeSource *source, Intake *intake)
{
    intake_hold(intake, INTAKE_CONFIG, source->bytes);
}

/* --- Reproducers ----------------------------------------------------------------------------- */

gboolean c_is(const IntakeSource *source)
{
    return fits("^[ \t]*#[ \t]*(include[ \t]*[<\"]|define[ \t])", source->text) &&
           fits("^[^#/*\n]*\\bmain[ \t]*\\(", source->text);
}

void c_take(const IntakeSource *source, Intake *intake)
{
    intake_hold(intake, INTAKE_REPRO_C, source->bytes);
}

/* All its lines are calls, "r0 = socket$inet(0x2, ...)", or comments. */
gboolean syz_is(const IntakeSource *source)
{
    g_autofree char *head = head_of(source);
    guint n_calls = 0;
    char *rest = head;

    for (char *line = strsep(&rest, "\n"); line && (rest || source->n < N_HEAD);
         line = strsep(&rest, "\n")) {
        g_strstrip(line);
        if (!*line || *line == '#') {
            continue;
        }
        if (!fits("^(r[0-9]+ = )?[a-z_][a-z0-9_]*(\\$[A-Za-z0-9_]+)?\\(.*\\)( \\(.*\\))?$", line)) {
            return FALSE;
        }
        n_calls++;
    }
    return n_calls > 0;
}

/* syzbot begins a program with "# See ... # syzkaller commit"; the options stand there, too. */
void syz_take(const IntakeSource *source, Intake *intake)
{
    intake_hold(intake, INTAKE_REPRO_SYZ, source->bytes);
}

gboolean opts_is(const IntakeSource *source)
{
    return source->n < N_HEAD &&
           fits("\\A\\s*\\{\\s*(\"threaded\":|\"collide\":|Threaded:)", source->text);
}

void opts_take(const IntakeSource *source, Intake *intake)
{
    intake_hold(intake, INTAKE_REPRO_OPTS, source->bytes);
}

/* --- A bisection log ------------------------------------------------------------------------- */

gboolean syzbot_log_is(const IntakeSource *source)
{
    g_autofree char *head = head_of(source);

    return !mail_has_header(head) &&
           fits("^bisecting (cause commit starting from|fixing commit since) [0-9a-f]{8,40}", head);
}

/* Under which title the start crashed most often in @log, or NULL. */
static const char *usual_title(const BisectLog *log)
{
    const LoggedTest *start = log->tests->len ? log->tests->pdata[0] : NULL;
    const LoggedRun *usual = NULL;
    guint n_most = 0;

    for (guint i = 0; start && i < start->runs->len; i++) {
        guint n = 0;

        for (guint k = 0; k < start->runs->len; k++) {
            const LoggedRun *run = start->runs->pdata[k];

            n += run->kind == RUN_CRASH &&
                         g_strcmp0(run->title, ((LoggedRun *)start->runs->pdata[i])->title) == 0
                     ? run->n
                     : 0;
        }
        if (((const LoggedRun *)start->runs->pdata[i])->kind == RUN_CRASH && n > n_most) {
            usual = start->runs->pdata[i];
            n_most = n;
        }
    }
    return usual ? usual->title : NULL;
}

void syzbot_log_take(const IntakeSource *source, Intake *intake)
{
    g_autoptr(BisectLog) log = bisect_log_read(source->text, source->n, NULL);
    const char *title = log ? usual_title(log) : NULL;

    if (!log) {
        return;
    }
    intake_hold(intake, INTAKE_BISECT_LOG, source->bytes);
    intake->is_fix = log->is_fix;
    if (log->start) {
        intake_say(intake, INTAKE_START, log->start, -1);
    }
    if (title) {
        intake_say(intake, INTAKE_TITLE, title, -1);
    }
    if (log->syzkaller) {
        intake_say(intake, INTAKE_SYZKALLER, log->syzkaller, -1);
    }
    if (log->culprit) {
        intake_say(intake, INTAKE_CULPRIT, log->culprit, -1);
    }
    if (log->tests->len && ((const LoggedTest *)log->tests->pdata[0])->compiler) {
        intake_say(intake, INTAKE_COMPILER, ((LoggedTest *)log->tests->pdata[0])->compiler, -1);
    }
}
