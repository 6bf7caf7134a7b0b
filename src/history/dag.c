/* SPDX-License-Identifier: Apache-2.0
 * DAG files: a commit graph as text. Read in one pass; 1.3 million lines take some 50 ms.
 */
#include "history-private.h"

#include <string.h>

/* Linux has 1.3 million commits. */
#define MOST_LINES (G_GUINT64_CONSTANT(1) << 24)
/* As much of a word as an error quotes. */
#define QUOTED_LENGTH 20

typedef struct DagReader {
    const char *at; /* what is read next */
    const char *end;
    guint32 revision; /* of the line that is being read */
    GArray *offsets;  /* of guint32, as history_new() wants them */
    GArray *parents;
} DagReader;

static gboolean is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static gboolean line_ends(const DagReader *reader)
{
    return reader->at == reader->end || *reader->at == '\n';
}

G_GNUC_PRINTF(3, 4)
static gboolean refuse(const DagReader *reader, GError **error, const char *format, ...)
{
    g_autofree char *reason = NULL;
    va_list args;

    va_start(args, format);
    reason = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "line %u (commit %u): %s",
                reader->revision + 1, reader->revision, reason);
    return FALSE;
}

/* The word from @word on is no parent. */
static gboolean refuse_word(const DagReader *reader, const char *word, GError **error)
{
    const char *end = word;

    while (end < reader->end && *end != '\n' && !is_blank(*end) && end - word < QUOTED_LENGTH) {
        end++;
    }
    g_autofree char *quoted = g_utf8_make_valid(word, end - word);
    return refuse(reader, error, "'%s' is not the number of an earlier commit", quoted);
}

static gboolean read_parent(DagReader *reader, GError **error)
{
    const char *word = reader->at;
    guint64 number = 0;

    while (!line_ends(reader) && g_ascii_isdigit(*reader->at)) {
        number = MIN(number * 10 + (guint64)(*reader->at - '0'), MOST_LINES);
        reader->at++;
    }
    gboolean is_number = reader->at > word && (line_ends(reader) || is_blank(*reader->at));
    if (!is_number || number >= reader->revision) {
        return refuse_word(reader, word, error);
    }
    guint32 parent = (guint32)number;
    g_array_append_val(reader->parents, parent);
    return TRUE;
}

static gboolean read_line(DagReader *reader, GError **error)
{
    for (;;) {
        while (!line_ends(reader) && is_blank(*reader->at)) {
            reader->at++;
        }
        if (line_ends(reader)) {
            break;
        }
        if (reader->revision == 0) {
            return refuse(reader, error, "the first commit is the baseline and has no parents");
        }
        if (!read_parent(reader, error)) {
            return FALSE;
        }
    }
    reader->at += reader->at < reader->end; /* the newline */
    g_array_append_val(reader->offsets, reader->parents->len);
    return TRUE;
}

History *history_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(GArray) offsets = g_array_new(FALSE, TRUE, sizeof(guint32));
    g_autoptr(GArray) parents = g_array_new(FALSE, FALSE, sizeof(guint32));
    DagReader reader = {
        .at = text,
        .end = text + length,
        .offsets = offsets,
        .parents = parents,
    };

    if (length == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "no commits: it is empty");
        return NULL;
    }
    if (length > G_MAXUINT32) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "larger than 4 GiB");
        return NULL;
    }
    g_array_set_size(offsets, 1);
    while (reader.at < reader.end) {
        if (reader.revision == MOST_LINES) {
            refuse(&reader, error, "too many commits: at most %" G_GUINT64_FORMAT, MOST_LINES);
            return NULL;
        }
        if (!read_line(&reader, error)) {
            return NULL;
        }
        reader.revision++;
    }
    return history_new(reader.revision, (const guint32 *)(const void *)offsets->data,
                       (const guint32 *)(const void *)parents->data);
}
