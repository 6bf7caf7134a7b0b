/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops --json.
 */
#include "cli/crashes.h"

/* 0 is null. */
static json_t *line_json(guint64 line)
{
    return line ? json_integer((json_int_t)line) : json_null();
}

/* NULL is null. What was not UTF-8 has U+FFFD in its place. */
static json_t *string_json(const char *string)
{
    g_autofree char *valid = NULL;

    if (!string) {
        return json_null();
    }
    if (!g_utf8_validate(string, -1, NULL)) {
        valid = g_utf8_make_valid(string, -1);
    }
    return json_string_nocheck(valid ? valid : string);
}

static json_t *strings_json(char **strings)
{
    json_t *array = json_array();

    for (gsize i = 0; strings[i]; i++) {
        json_array_append_new(array, string_json(strings[i]));
    }
    return array;
}

/* JSON's numbers end where those that a hostile console may print go on. */
static json_t *number_json(guint64 number)
{
    return json_integer((json_int_t)MIN(number, G_MAXINT64));
}

/* "foo.cold-0x5/0x1f" is 5 before its function. */
static json_t *offset_json(guint64 offset)
{
    return json_integer((json_int_t)offset);
}

static json_t *frames_json(const GPtrArray *frames)
{
    json_t *array = json_array();

    for (guint i = 0; i < frames->len; i++) {
        const OopsFrame *frame = frames->pdata[i];

        json_t *object = json_object();

        json_object_set_new_nocheck(object, "function", string_json(frame->function));
        json_object_set_new_nocheck(object, "module", string_json(frame->module));
        json_object_set_new_nocheck(object, "offset", offset_json(frame->offset));
        json_object_set_new_nocheck(object, "size", number_json(frame->size));
        json_object_set_new_nocheck(object, "reliable", json_boolean(frame->reliable));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *stacks_json(const GPtrArray *stacks)
{
    json_t *array = json_array();

    for (guint i = 0; i < stacks->len; i++) {
        const OopsStack *stack = stacks->pdata[i];

        json_array_append_new(array, json_pack("{s:o, s:o}", "label", string_json(stack->label),
                                               "frames", frames_json(stack->frames)));
    }
    return array;
}

/* What of the crash is compared with others. */
static json_t *identity_json(const OopsIdentity *identity)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "title", string_json(identity->title), "alt",
                     strings_json(identity->alt_titles), "type", string_json(identity->type),
                     "frame", string_json(identity->frame), "functions",
                     strings_json(identity->functions));
}

static json_t *executor_json(const OopsReport *report)
{
    if (!report->has_executor) {
        return json_null();
    }
    return json_pack("{s:o, s:o}", "proc", number_json(report->executor_proc), "id",
                     number_json(report->executor_id));
}

static void add_crash(json_t *object, const Crash *crash, const OopsReader *reader)
{
    const OopsReport *report = crash->report;
    g_autoptr(OopsIdentity) identity = oops_identity_new(reader, report);
    json_t *fields = json_pack(
        "{s:b, s:o, s:o, s:o, s:b, s:o, s:b, s:b, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o}",
        "crash", TRUE, "title", string_json(report->title), "alt", strings_json(report->alt_titles),
        "type", string_json(report->type), "corrupted", report->corrupted_reason != NULL,
        "corrupted_reason", string_json(report->corrupted_reason), "suppressed", report->suppressed,
        "panicked", report->panicked, "frame", string_json(report->frame), "guilty_file",
        string_json(crash->guilty_file), "line", line_json(crash->line), "start",
        (json_int_t)report->start, "end", (json_int_t)report->end, "report",
        string_json(report->text), "identity", identity_json(identity), "executor",
        executor_json(report), "stacks", stacks_json(report->stacks));

    json_object_update_new(object, fields);
}

static void add_no_crash(json_t *object)
{
    json_object_update_new(
        object,
        json_pack("{s:b, s:n, s:[], s:n, s:b, s:n, s:b, s:b, s:n, s:n, s:n, s:n, s:n, s:n,"
                  " s:n, s:n, s:[]}",
                  "crash", FALSE, "title", "alt", "type", "corrupted", FALSE, "corrupted_reason",
                  "suppressed", FALSE, "panicked", FALSE, "frame", "guilty_file", "line", "start",
                  "end", "report", "identity", "executor", "stacks"));
}

static json_t *others_json(const GPtrArray *crashes)
{
    json_t *array = json_array();

    for (guint i = 1; i < crashes->len; i++) {
        const Crash *crash = crashes->pdata[i];
        const OopsReport *report = crash->report;

        json_array_append_new(
            array,
            json_pack("{s:o, s:o, s:o, s:I, s:b}", "title", string_json(report->title), "type",
                      string_json(report->type), "line", line_json(crash->line), "start",
                      (json_int_t)report->start, "corrupted", report->corrupted_reason != NULL));
    }
    return array;
}

json_t *crash_file_json(const CrashFile *file, const OopsReader *reader, gboolean all)
{
    json_t *object = json_pack("{s:o}", "file", string_json(file->path));

    if (file->crashes->len > 0) {
        add_crash(object, file->crashes->pdata[0], reader);
    } else {
        add_no_crash(object);
    }
    json_object_set_new(object, "n_reports", json_integer(file->crashes->len));
    if (all) {
        json_object_set_new(object, "others", others_json(file->crashes));
    }
    return object;
}
