/* SPDX-License-Identifier: Apache-2.0
 * What a job has to do with others: those that found the same bug, and those it began with.
 */
#include "report/known.h"

char *report_job_name(gint64 job, const char *name)
{
    return g_strdup_printf("job %" G_GINT64_FORMAT " (%s)", job, name);
}

char *report_same_bug(const Report *report)
{
    const JobName *oldest = report->same_bug->len ? report->same_bug->pdata[0] : NULL;
    g_autofree char *name = oldest ? report_job_name(oldest->id, oldest->name) : NULL;

    if (!oldest || report->same_bug->len == 1) {
        return oldest ? g_strconcat("same bug as ", name, NULL) : NULL;
    }
    return g_strdup_printf("same bug as %s and %u more", name, report->same_bug->len - 1);
}

char *report_begun_with(const Report *report)
{
    const char *culprit = report->answer ? report->answer->culprit : NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < report->known->len; i++) {
        const KnownBug *known = report->known->pdata[i];
        g_autofree char *name = report_job_name(known->job, known->name);
        gboolean is_other = culprit && !g_str_equal(culprit, known->culprit);

        g_string_append_printf(text, "%s%s, with the same crash, found %.12s%s", i ? "; " : "",
                               name, known->culprit, is_other ? ", which is not this one's" : "");
    }
    return text->len ? g_strdup_printf("It began with what is known: %s.", text->str) : NULL;
}

json_t *report_same_bug_json(const Report *report)
{
    json_t *array = json_array();

    for (guint i = 0; i < report->same_bug->len; i++) {
        const JobName *other = report->same_bug->pdata[i];

        json_array_append_new(array, json_pack("{s:I, s:o}", "id", (json_int_t)other->id, "job",
                                               job_text_json(other->name)));
    }
    return array;
}

json_t *report_known_json(const Report *report)
{
    json_t *array = json_array();

    for (guint i = 0; i < report->known->len; i++) {
        const KnownBug *known = report->known->pdata[i];

        json_array_append_new(array, json_pack("{s:I, s:o, s:s, s:f}", "id", (json_int_t)known->job,
                                               "job", job_text_json(known->name), "culprit",
                                               known->culprit, "chance", known->chance));
    }
    return array;
}
