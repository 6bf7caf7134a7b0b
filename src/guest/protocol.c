/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/protocol.h"

#include <string.h>

#include "guest/init/words.h"
#include "guest/names.h"

#define LINE_MAX_BYTES 512
#define TRACED_BROKEN  "broken"
#define MAX_ERRNO      4095

Protocol *protocol_new(void)
{
    Protocol *protocol = g_new0(Protocol, 1);

    protocol->last_exit = -1;
    protocol->traced = TRACED_BROKEN;
    protocol->output = g_string_new(NULL);
    protocol->line = g_string_new(NULL);
    return protocol;
}

void protocol_free(Protocol *protocol)
{
    if (!protocol) {
        return;
    }
    g_free(protocol->failure);
    calls_free(protocol->calls);
    g_string_free(protocol->output, TRUE);
    g_string_free(protocol->line, TRUE);
    g_free(protocol);
}

static char *printable(const char *text)
{
    return g_strcanon(g_strdup(text),
                      " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                      "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
                      '?');
}

static void take_run(Protocol *protocol, const char *rest)
{
    guint64 k;

    if ((protocol->stage == STAGE_READY || protocol->stage == STAGE_REPRO) &&
        g_ascii_string_to_unsigned(rest, 10, 1, G_MAXUINT, &k, NULL) &&
        k == protocol->n_runs + 1ULL) {
        protocol->n_runs = (guint)k;
        protocol->stage = STAGE_REPRO;
    }
}

static void take_exit(Protocol *protocol, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 2);
    guint64 k;
    gint64 status;

    if (protocol->stage == STAGE_REPRO && g_strv_length(words) == 2 &&
        g_ascii_string_to_unsigned(words[0], 10, 1, G_MAXUINT, &k, NULL) && k == protocol->n_runs &&
        g_ascii_string_to_signed(words[1], 10, -1, 255, &status, NULL)) {
        protocol->last_exit = (int)status;
    }
}

/* The first trace counts. */
static void take_trace(Protocol *protocol, const char *rest)
{
    guint64 k;

    if (protocol->stage == STAGE_REPRO && !protocol->calls &&
        g_ascii_string_to_unsigned(rest, 10, 1, G_MAXUINT, &k, NULL) && k == protocol->n_runs) {
        protocol->calls = calls_new();
    }
}

/* Is the trace under way? */
static gboolean is_tracing(const Protocol *protocol)
{
    return protocol->stage == STAGE_REPRO && protocol->calls &&
           strcmp(protocol->traced, TRACED_BROKEN) == 0;
}

static void take_call(Protocol *protocol, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 5);
    guint64 number, result = 0, count;

    if (!is_tracing(protocol) || g_strv_length(words) != 4 || !*words[1] ||
        strlen(words[1]) > TRACE_ITEMS_MAX ||
        !g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXUINT32, &number, NULL) ||
        !g_ascii_string_to_unsigned(words[3], 10, 1, G_MAXINT64, &count, NULL)) {
        return;
    }
    gboolean entered = strcmp(words[2], RESULT_ENTERED) == 0;
    if (entered || g_ascii_string_to_unsigned(words[2], 10, 0, MAX_ERRNO, &result, NULL)) {
        g_autofree char *items = printable(words[1]);
        g_autofree char *name = names_of_call((guint32)number, items);

        calls_note(protocol->calls, name, entered ? CALLS_ENTERED : (int)result, count);
    }
}

static void take_traced(Protocol *protocol, const char *rest)
{
    if (is_tracing(protocol) && strcmp(rest, TRACED_WHOLE) == 0) {
        protocol->traced = TRACED_WHOLE;
    } else if (is_tracing(protocol) && strcmp(rest, TRACED_CUT) == 0) {
        protocol->traced = TRACED_CUT;
    }
}

static void take_line(Protocol *protocol, const char *line)
{
    if (strcmp(line, WORD_HELLO) == 0) {
        protocol->stage = MAX(protocol->stage, STAGE_INIT);
    } else if (strcmp(line, WORD_READY) == 0 && protocol->stage == STAGE_INIT) {
        protocol->stage = STAGE_READY;
    } else if (g_str_has_prefix(line, WORD_RUN)) {
        take_run(protocol, line + strlen(WORD_RUN));
    } else if (g_str_has_prefix(line, WORD_TRACE)) {
        take_trace(protocol, line + strlen(WORD_TRACE));
    } else if (g_str_has_prefix(line, WORD_CALL)) {
        take_call(protocol, line + strlen(WORD_CALL));
    } else if (g_str_has_prefix(line, WORD_TRACED)) {
        take_traced(protocol, line + strlen(WORD_TRACED));
    } else if (g_str_has_prefix(line, WORD_EXIT)) {
        take_exit(protocol, line + strlen(WORD_EXIT));
    } else if (strcmp(line, WORD_END) == 0 && protocol->stage >= STAGE_READY) {
        protocol->stage = STAGE_DONE;
    } else if (g_str_has_prefix(line, WORD_FAILED) && !protocol->failure &&
               protocol->stage >= STAGE_INIT && protocol->stage < STAGE_DONE) {
        protocol->failure = printable(line + strlen(WORD_FAILED));
    } else if (g_str_has_prefix(line, WORD_OUT)) {
        g_autofree char *text = printable(line + strlen(WORD_OUT));

        if (protocol->output->len + strlen(text) < OUTPUT_LIMIT + LINE_MAX_BYTES) {
            g_string_append(protocol->output, text);
            g_string_append_c(protocol->output, '\n');
        }
    }
}

void protocol_feed(Protocol *protocol, const char *bytes, gsize n_bytes)
{
    for (gsize i = 0; i < n_bytes; i++) {
        if (bytes[i] == '\n') {
            if (protocol->line->len <= LINE_MAX_BYTES) {
                take_line(protocol, protocol->line->str);
            }
            g_string_truncate(protocol->line, 0);
        } else if (bytes[i] != '\r' && bytes[i] != '\0' && protocol->line->len <= LINE_MAX_BYTES) {
            g_string_append_c(protocol->line, bytes[i]);
        }
    }
}
