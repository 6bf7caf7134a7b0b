/* SPDX-License-Identifier: Apache-2.0
 * An outcome on its way from one process to another: a line of JSON, a newline, the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "guest/guest.h"

/* A console is cut to GuestSpec.console_limit, and no report is longer than that: a file beyond it
 * is not one of ours. */
#define MOST_BYTES (64 << 20)

/* --- Writing --------------------------------------------------------------------------------- */

/* @text from anybody; NULL is null. */
static json_t *text_json(const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

    return valid ? json_string(valid) : json_null();
}

static json_t *list_json(char **texts)
{
    json_t *array = json_array();

    for (char **text = texts; text && *text; text++) {
        json_array_append_new(array, text_json(*text));
    }
    return array;
}

static json_t *report_json(const Outcome *outcome)
{
    const OopsReport *report = outcome->report;

    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:b, s:b, s:o}", "title",
                     text_json(report->title), "alt", list_json(report->alt_titles), "type",
                     text_json(report->type), "text", text_json(report->text), "prefix",
                     (json_int_t)report->text_prefix, "corrupted",
                     text_json(report->corrupted_reason), "suppressed", report->suppressed,
                     "panicked", report->panicked, "functions",
                     list_json(outcome->identity ? outcome->identity->functions : NULL));
}

/* Owned by the caller. */
static char *head_of(const Outcome *outcome)
{
    json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:I, s:I, s:i, s:i}", "kind",
                               outcome_kind_name(outcome->kind), "title", text_json(outcome->title),
                               "report", outcome->report ? report_json(outcome) : json_null(),
                               "output", text_json(outcome->output), "calls",
                               text_json(outcome->calls), "restored", outcome->restored, "boot_ms",
                               (json_int_t)outcome->boot_ms, "run_ms", (json_int_t)outcome->run_ms,
                               "repro_exit", outcome->repro_exit, "n_runs", (int)outcome->n_runs);
    char *dumped = json_dumps(object, JSON_COMPACT), *line = g_strdup(dumped);

    free(dumped);
    json_decref(object);
    return line;
}

static gboolean fail(GError **error, const char *path)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "writing %s: %s", path,
                g_strerror(errno));
    return FALSE;
}

gboolean outcome_write(const Outcome *outcome, const char *path, GError **error)
{
    g_autofree char *uuid = g_uuid_string_random();
    g_autofree char *temporary = g_strdup_printf("%s.%s", path, uuid);
    g_autofree char *head = head_of(outcome);
    g_autoptr(GString) bytes = g_string_new(head);
    gsize n_console = 0;
    gboolean good;

    g_string_append_c(bytes, '\n');
    if (outcome->console) {
        const char *console = g_bytes_get_data(outcome->console, &n_console);

        g_string_append_len(bytes, console, (gssize)n_console);
    }
    if (!g_file_set_contents_full(temporary, bytes->str, (gssize)bytes->len,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, error)) {
        return FALSE;
    }
    good = link(temporary, path) == 0 || errno == EEXIST || fail(error, path);
    g_unlink(temporary);
    return good;
}

/* --- Reading --------------------------------------------------------------------------------- */

static gboolean damaged(GError **error, const char *path, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, what);
    return FALSE;
}

static char *text_of(json_t *object, const char *key)
{
    return g_strdup(json_string_value(json_object_get(object, key)));
}

static guint64 number_of(json_t *object, const char *key)
{
    return (guint64)MAX(json_integer_value(json_object_get(object, key)), 0);
}

/* NULL-terminated, owned by the caller. */
static char **texts_of(json_t *object, const char *key)
{
    json_t *array = json_object_get(object, key), *value;
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
    size_t i;

    json_array_foreach(array, i, value)
    {
        if (json_is_string(value)) {
            g_strv_builder_add(texts, json_string_value(value));
        }
    }
    return g_strv_builder_end(texts);
}

static void read_report(json_t *object, Outcome *outcome)
{
    g_auto(GStrv) functions = texts_of(object, "functions");
    g_autofree char *names = g_strjoinv(" ", functions);
    OopsReport *report = g_new0(OopsReport, 1);

    report->title = text_of(object, "title");
    report->alt_titles = texts_of(object, "alt");
    report->type = text_of(object, "type");
    report->text = text_of(object, "text");
    report->text_prefix = number_of(object, "prefix");
    report->corrupted_reason = text_of(object, "corrupted");
    report->suppressed = json_is_true(json_object_get(object, "suppressed"));
    report->panicked = json_is_true(json_object_get(object, "panicked"));
    report->stacks = g_ptr_array_new();
    outcome->report = report;
    outcome->identity = oops_identity_of_title(report->title, names);
    report->frame = g_strdup(outcome->identity->frame);
}

/* Is all there that nobody asks for again? */
static gboolean is_whole(const Outcome *outcome)
{
    const OopsReport *report = outcome->report;

    return (!report || (report->title && report->type && report->text &&
                        report->text_prefix <= strlen(report->text))) &&
           (outcome->kind != OUTCOME_CRASH || report) &&
           (outcome->kind == OUTCOME_OK || outcome->title);
}

static Outcome *read_head(json_t *object, const char *path, GError **error)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    json_t *report = json_object_get(object, "report");
    g_autoptr(Outcome) outcome = g_new0(Outcome, 1);

    if (!kind || !outcome_kind_parse(kind, &outcome->kind)) {
        damaged(error, path, "no kind of an outcome");
        return NULL;
    }
    if (json_is_object(report) && json_is_string(json_object_get(report, "title"))) {
        read_report(report, outcome);
    }
    outcome->title = text_of(object, "title");
    outcome->output = text_of(object, "output");
    outcome->calls = text_of(object, "calls");
    outcome->restored = json_is_true(json_object_get(object, "restored"));
    outcome->boot_ms = number_of(object, "boot_ms");
    outcome->run_ms = number_of(object, "run_ms");
    outcome->repro_exit = (int)json_integer_value(json_object_get(object, "repro_exit"));
    outcome->n_runs = (guint)number_of(object, "n_runs");
    if (!is_whole(outcome)) {
        damaged(error, path, "an outcome with parts missing");
        return NULL;
    }
    return g_steal_pointer(&outcome);
}

/* The file's bytes: a regular one of not too many, whatever stands there. */
static GBytes *read_bytes(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    g_autoptr(GMappedFile) file = NULL;
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
    } else if (!S_ISREG(status.st_mode) || status.st_size > MOST_BYTES) {
        damaged(error, path, "not an outcome");
    } else {
        file = g_mapped_file_new_from_fd(fd, FALSE, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    return file ? g_mapped_file_get_bytes(file) : NULL;
}

Outcome *outcome_read(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = read_bytes(path, error);
    gsize n_bytes = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    const char *end = text ? memchr(text, '\n', n_bytes) : NULL;
    gsize n_head = end ? (gsize)(end - text) : 0;
    json_t *object = end ? json_loadb(text, n_head, 0, NULL) : NULL;
    Outcome *outcome = NULL;

    if (json_is_object(object)) {
        outcome = read_head(object, path, error);
    } else if (bytes) {
        damaged(error, path, "no JSON in its first line");
    }
    if (outcome) {
        /* A copy: the file goes away, and may be cut while it is mapped. */
        outcome->console = g_bytes_new(text + n_head + 1, n_bytes - n_head - 1);
    }
    json_decref(object);
    return outcome;
}
