/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: consoles of any bytes, cut anywhere.
 *
 * The first two bytes of an input say how the rest is cut into chunks.
 */
#include "feed.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Compiling the rules for each input would take most of the time. */
static OopsReader *reader;

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

    if (!reader) {
        reader = oops_reader_new();
    }
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
