/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: consoles of any bytes, cut anywhere.
 *
 *     CC=clang meson setup --native-file build-dev.ini -Dfuzzers=true build-fuzz
 *     build-fuzz/tests/oops/fuzz-console -dict=tests/oops/console.dict FOLDER tests/oops/corpus
 *
 * The first two bytes of an input say how the rest is cut into chunks. In other builds this is a
 * program that runs the target on the files of tests/oops/corpus.
 */
#include "feed.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Compiling the rules for each input would take most of the time. */
static OopsReader *reader;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    reader = oops_reader_new();
    return 0;
}

static void check_stacks(const OopsReport *report)
{
    for (guint i = 0; i < report->stacks->len; i++) {
        const OopsStack *stack = report->stacks->pdata[i];

        g_assert_true(g_utf8_validate(stack->label, -1, NULL));
        g_assert_cmpuint(stack->frames->len, >, 0);
        for (guint j = 0; j < stack->frames->len; j++) {
            const OopsFrame *frame = stack->frames->pdata[j];

            g_assert_true(frame->function[0] && g_str_is_ascii(frame->function));
            g_assert_true(!frame->module || frame->module[0]);
        }
    }
}

static void check_report(const OopsReport *report, size_t n)
{
    char **files = oops_stack_files(reader, report->text, report->text_prefix);
    char *guilty = oops_guilty_file(reader, report->text, report->text_prefix, report->title);

    g_free(guilty);
    g_strfreev(files);
    check_stacks(report);
    g_assert_cmpuint(report->start, <, report->skip);
    g_assert_cmpuint(report->skip, <=, report->end);
    g_assert_cmpuint(report->end, <=, n);
    g_assert_cmpuint(strlen(report->title), <=, 120);
    g_assert_true(g_utf8_validate(report->text, -1, NULL));
    g_assert_cmpuint(report->text_prefix, <=, strlen(report->text));
}

/* A small generator: the chunks of an input are always the same. */
static gsize next_chunk(gpointer user)
{
    guint32 *state = user;

    *state = *state * 1664525 + 1013904223;
    return 1 + (*state >> 16) % (*state & 0x80 ? 16 : 4096);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    guint32 state = n >= 2 ? data[0] | data[1] << 8 : 0;
    size_t n_head = MIN(n, 2);
    g_autofree char *console = g_memdup2(data + n_head, n - n_head);
    g_autoptr(GPtrArray) reports = NULL, streamed = NULL, chunked = NULL;
    g_autoptr(OopsReport) first = NULL;

    n -= n_head;
    reports = oops_find_all(reader, console, n);
    first = oops_find(reader, console, n, 0);
    streamed = feed(reader, console, n, whole, NULL);
    chunked = feed(reader, console, n, next_chunk, &state);
    assert_same(streamed, chunked, TRUE);
    assert_same(streamed, reports, n <= 1 << 18);
    g_assert_cmpint(!first, ==, reports->len == 0);
    for (guint i = 0; i < reports->len; i++) {
        check_report(reports->pdata[i], n);
    }
    return 0;
}

#ifndef WITH_LIBFUZZER
static void test_file(gconstpointer path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize n = 0;

    g_file_get_contents(path, &bytes, &n, &error);
    g_assert_no_error(error);
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, n);
}

int main(int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;

    g_test_init(&argc, &argv, NULL);
    LLVMFuzzerInitialize(&argc, &argv);
    folder = g_test_build_filename(G_TEST_DIST, "tests", "oops", "corpus", NULL);
    dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *test = g_strconcat("/oops/fuzz-corpus/", name, NULL);

        g_test_add_data_func_full(test, g_build_filename(folder, name, NULL), test_file, g_free);
    }
    return g_test_run();
}
#endif
