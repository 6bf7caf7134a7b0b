/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops: what is found out about the crashes of a console.
 */
#include "cli/crashes.h"

#include <string.h>

static void crash_free(Crash *crash)
{
    oops_report_free(crash->report);
    g_free(crash->guilty_file);
    g_free(crash);
}

CrashFile *crash_file_new(const char *path)
{
    CrashFile *file = g_new0(CrashFile, 1);

    file->path = path;
    file->crashes = g_ptr_array_new_with_free_func((GDestroyNotify)crash_free);
    return file;
}

void crash_file_free(CrashFile *file)
{
    if (!file) {
        return;
    }
    g_ptr_array_unref(file->crashes);
    g_free(file);
}

void crash_blame(Crash *crash, const OopsReader *reader)
{
    const OopsReport *report = crash->report;

    g_free(crash->guilty_file);
    crash->guilty_file = oops_guilty_file(reader, report->text, report->text_prefix, report->title);
}

/* A line between context and oops: the symbolizer leaves it, and it tells how long the context is
 * then. The two stay one text, since "Kernel Offset:" in the oops is for both. */
#define MARK "\x1d\n"

static char *mark_context(const OopsReport *report)
{
    g_autofree char *context = g_strndup(report->text, report->text_prefix);

    return g_strconcat(context, MARK, report->text + report->text_prefix, NULL);
}

static void set_text(OopsReport *report, const char *marked)
{
    const char *mark = strstr(marked, MARK);
    g_autofree char *context = g_strndup(marked, mark ? mark - marked : 0);

    g_free(report->text);
    report->text = g_strconcat(context, mark ? mark + strlen(MARK) : marked, NULL);
    report->text_prefix = strlen(context);
}

gboolean crashes_symbolize(const GPtrArray *crashes, const SymbolsFiles *files, guint *n_lined,
                           guint *n_lineless, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) symbolized = NULL;

    for (guint i = 0; i < crashes->len; i++) {
        g_ptr_array_add(texts, mark_context(((Crash *)crashes->pdata[i])->report));
    }
    g_ptr_array_add(texts, NULL);
    symbolized = symbols_reports_apart(files, (const char *const *)texts->pdata, error);
    for (guint i = 0; symbolized && i < crashes->len; i++) {
        const char *before = texts->pdata[i];
        gboolean lined = !g_str_equal(before, symbolized[i]);

        *n_lined += lined;
        *n_lineless += !lined && strstr(before, "+0x");
        set_text(((Crash *)crashes->pdata[i])->report, symbolized[i]);
    }
    return symbolized != NULL;
}
