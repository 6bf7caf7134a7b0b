/* SPDX-License-Identifier: Apache-2.0
 * The fixes that kernels were built with, each once, with the revisions that got it.
 */
#include "report/report.h"

#include <string.h>

/* Revisions named for one fix; the JSON has all. */
#define N_SHOWN 3

/* A fix and who got it. */
typedef struct Fix {
    const char *line; /* "ID ("TITLE"): REASON" */
    GPtrArray *commits;
} Fix;

static void fix_free(Fix *fix)
{
    g_ptr_array_unref(fix->commits);
    g_free(fix);
}

static Fix *find_fix(GPtrArray *fixes, const char *line)
{
    Fix *fix;

    for (guint i = 0; i < fixes->len; i++) {
        fix = fixes->pdata[i];
        if (g_str_equal(fix->line, line)) {
            return fix;
        }
    }
    fix = g_new0(Fix, 1);
    fix->line = line;
    fix->commits = g_ptr_array_new();
    g_ptr_array_add(fixes, fix);
    return fix;
}

char **report_patches(const Report *report, const char *commit)
{
    const char *lines = report_fact(report, commit, FACT_PATCHES);

    return g_strsplit(lines ? lines : "", "\n", -1);
}

void report_add_fixes(GString *text, const Report *report, const char *before)
{
    g_autoptr(GPtrArray) fixes = g_ptr_array_new_with_free_func((GDestroyNotify)fix_free);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

    for (guint i = 0; i < report->kernels->len; i++) {
        const char *commit = ((const KernelRow *)report->kernels->pdata[i])->commit;
        char **lines = report_patches(report, commit);

        g_ptr_array_add(owned, lines);
        for (; *lines; lines++) {
            g_ptr_array_add(find_fix(fixes, *lines)->commits, (gpointer)commit);
        }
    }
    for (guint i = 0; i < fixes->len; i++) {
        const Fix *fix = fixes->pdata[i];

        g_string_append_printf(text, "%s%s, at %u revision%s: ", before, fix->line,
                               fix->commits->len, fix->commits->len == 1 ? "" : "s");
        for (guint c = 0; c < MIN(fix->commits->len, N_SHOWN); c++) {
            g_string_append_printf(text, "%s%.12s", c ? ", " : "",
                                   (const char *)fix->commits->pdata[c]);
        }
        g_string_append(text, fix->commits->len > N_SHOWN ? ", ...\n" : "\n");
    }
}
