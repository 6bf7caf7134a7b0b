/* SPDX-License-Identifier: Apache-2.0
 * A crash report: all it says of the bug is its title and the functions of its stacks. The commit,
 * the config and a reproducer are to be asked for.
 */
#include "parsers.h"

/* A report stands in the first part of a console that it is worth to look through for it. */
gboolean crash_is(const IntakeSource *source)
{
    g_autoptr(OopsReport) report = oops_find(source->reader, source->text, source->n, 0);

    return report != NULL;
}

gboolean crash_read(const IntakeSource *source, Intake *intake)
{
    g_autofree char *text = g_strdup(source->text);
    OopsUnprefix unprefix = {0};
    g_autoptr(OopsReport) report = NULL;
    g_autoptr(OopsIdentity) identity = NULL;
    g_autofree char *functions = NULL;

    oops_unprefix(&unprefix, text, source->n, TRUE);
    report = oops_find(source->reader, text, source->n, 0);
    if (!report) {
        return FALSE;
    }
    identity = oops_identity_new(source->reader, report);
    functions = g_strjoinv(" ", identity->functions);
    /* A damaged one is called so: no crash of ours would be. */
    if (!report->corrupted_reason) {
        intake_say(intake, INTAKE_TITLE, report->title, -1);
        intake_say(intake, INTAKE_FUNCTIONS, functions, -1);
    }
    return TRUE;
}

void crash_take(const IntakeSource *source, Intake *intake)
{
    crash_read(source, intake);
}
