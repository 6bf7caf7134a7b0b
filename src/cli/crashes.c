/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops: what is found out about the crashes of a console.
 */
#include "cli/crashes.h"

#include <string.h>

#include "symbols/symbols.h"

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

gboolean crashes_symbolize(const GPtrArray *crashes, const char *vmlinux, const char *source_dir,
                           GError **error)
{
    g_autofree char *absolute = source_dir ? g_canonicalize_filename(source_dir, NULL) : NULL;
    const char *source_dirs[] = {absolute, NULL};
    g_autoptr(Symbols) symbols = symbols_open(vmlinux, source_dirs, error);

    for (guint i = 0; symbols && i < crashes->len; i++) {
        OopsReport *report = ((Crash *)crashes->pdata[i])->report;
        g_autofree char *context = g_strndup(report->text, report->text_prefix);
        g_autofree char *before = symbols_report(symbols, context);
        g_autofree char *oops = symbols_report(symbols, report->text + report->text_prefix);

        g_free(report->text);
        report->text_prefix = strlen(before);
        report->text = g_strconcat(before, oops, NULL);
    }
    return symbols != NULL;
}
