/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: consoles of any bytes.
 *
 *     CC=clang meson setup -Dfuzzers=true build-fuzz
 *     build-fuzz/tests/oops/fuzz-console CORPUS-FOLDER
 */
#include "oops/oops.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Compiling the rules for each input would take most of the time. */
static OopsReader *reader;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    reader = oops_reader_new();
    return 0;
}

static void check_report(const OopsReport *report, size_t n)
{
    char **files = oops_stack_files(reader, report->text, report->text_prefix);
    char *guilty = oops_guilty_file(reader, report->text, report->text_prefix, report->title);

    g_free(guilty);
    g_strfreev(files);
    g_assert_cmpuint(report->start, <, report->skip);
    g_assert_cmpuint(report->skip, <=, report->end);
    g_assert_cmpuint(report->end, <=, n);
    g_assert_cmpuint(strlen(report->title), <=, 120);
    g_assert_cmpuint(report->text_prefix, <=, strlen(report->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(GPtrArray) reports = oops_find_all(reader, (const char *)data, n);
    g_autoptr(OopsReport) first = oops_find(reader, (const char *)data, n, 0);

    g_assert_cmpint(!first, ==, reports->len == 0);
    for (guint i = 0; i < reports->len; i++) {
        check_report(reports->pdata[i], n);
    }
    return 0;
}
