/* SPDX-License-Identifier: Apache-2.0
 * A console fed to a stream in chunks, and reports compared: for the stream's test and the fuzzer.
 */
#pragma once

#include "oops/stream.h"

#include <string.h>

/* What the stream may hold for @n_noise noise bytes, as oops.h promises. */
#define MEMORY_MAX       (2 << 20)
#define MEMORY_MAX_NOISE (16 << 20)

/* The size of the next chunk, at least 1. */
typedef gsize (*NextChunk)(gpointer user);

static inline void take_events(OopsStream *stream, GPtrArray *reports, guint *n_begun, gsize *began)
{
    OopsEvent event;

    while (oops_stream_next(stream, &event)) {
        if (event.report) {
            g_assert_cmpuint(reports->len, <, *n_begun);
            g_assert_cmpuint(event.report->start, ==, event.start);
            g_assert_cmpuint(began[reports->len], ==, event.start);
            g_ptr_array_add(reports, event.report);
        } else {
            g_assert_cmpuint(*n_begun, <, 100);
            began[(*n_begun)++] = event.start;
        }
    }
}

/* The reports of @console, array of OopsReport. Each chunk lies in memory of its own, so that the
 * sanitizer sees its ends. */
static inline GPtrArray *feed(const OopsReader *reader, const char *console, gsize n,
                              NextChunk next_chunk, gpointer user)
{
    g_autoptr(OopsStream) stream = oops_stream_new(reader);
    GPtrArray *reports = g_ptr_array_new_with_free_func((GDestroyNotify)oops_report_free);
    gsize began[100];
    guint n_begun = 0;

    for (gsize at = 0; at < n;) {
        gsize wanted = next_chunk(user), n_chunk = MIN(wanted, n - at);
        g_autofree char *chunk = g_memdup2(console + at, n_chunk);

        oops_stream_feed(stream, chunk, n_chunk);
        g_assert_cmpuint(stream_memory(stream), <=, MEMORY_MAX_NOISE);
        take_events(stream, reports, &n_begun, began);
        at += n_chunk;
    }
    oops_stream_close(stream);
    take_events(stream, reports, &n_begun, began);
    g_assert_cmpuint(reports->len, ==, n_begun);
    return reports;
}

static inline gsize whole(gpointer user)
{
    return G_MAXSIZE;
}

static inline void assert_same_frames(const OopsReport *a, const OopsReport *b)
{
    g_assert_cmpuint(a->stacks->len, ==, b->stacks->len);
    for (guint i = 0; i < a->stacks->len; i++) {
        const OopsStack *one = a->stacks->pdata[i], *other = b->stacks->pdata[i];

        g_assert_cmpstr(one->label, ==, other->label);
        g_assert_cmpuint(one->frames->len, ==, other->frames->len);
        for (guint j = 0; j < one->frames->len; j++) {
            const OopsFrame *x = one->frames->pdata[j], *y = other->frames->pdata[j];

            g_assert_cmpstr(x->function, ==, y->function);
            g_assert_cmpstr(x->module, ==, y->module);
            g_assert_cmpuint(x->offset, ==, y->offset);
            g_assert_cmpuint(x->size, ==, y->size);
            g_assert_cmpint(x->reliable, ==, y->reliable);
        }
    }
}

static inline void assert_same_report(const OopsReport *a, const OopsReport *b, gboolean whole_too)
{
    g_assert_cmpstr(a->title, ==, b->title);
    g_assert_cmpstrv(a->alt_titles, b->alt_titles);
    g_assert_cmpstr(a->type, ==, b->type);
    g_assert_cmpstr(a->frame, ==, b->frame);
    g_assert_cmpuint(a->start, ==, b->start);
    g_assert_cmpuint(a->skip, ==, b->skip);
    g_assert_cmpstr(a->text, ==, b->text);
    g_assert_cmpuint(a->text_prefix, ==, b->text_prefix);
    g_assert_cmpint(a->has_executor, ==, b->has_executor);
    g_assert_cmpuint(a->executor_proc, ==, b->executor_proc);
    g_assert_cmpuint(a->executor_id, ==, b->executor_id);
    assert_same_frames(a, b);
    if (whole_too) {
        g_assert_cmpstr(a->corrupted_reason, ==, b->corrupted_reason);
        g_assert_cmpint(a->suppressed, ==, b->suppressed);
        g_assert_cmpint(a->panicked, ==, b->panicked);
        g_assert_cmpuint(a->end, ==, b->end);
    }
}

/* @whole_too: also what is known only when the whole console is. */
static inline void assert_same(const GPtrArray *a, const GPtrArray *b, gboolean whole_too)
{
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++) {
        assert_same_report(a->pdata[i], b->pdata[i], whole_too);
    }
}
