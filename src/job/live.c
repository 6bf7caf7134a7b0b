/* SPDX-License-Identifier: Apache-2.0
 * The file "live" of a job's folder, and the mark "paused" beside it.
 */
#include "job/live.h"

#include <glib/gstdio.h>

#include "job/job.h"

#define LIVE_FILE   "live"
#define PAUSED_FILE "paused"
/* Nobody's file is longer by far. */
#define MAX_BYTES (4 << 20)

static void suspect_free(LiveSuspect *suspect)
{
    g_free(suspect->commit);
    g_free(suspect->subject);
    g_free(suspect);
}

static void work_free(LiveWork *work)
{
    g_free(work->commit);
    g_free(work->text);
    g_free(work);
}

static void event_free(LiveEvent *event)
{
    g_free(event->text);
    g_free(event);
}

Live *live_new(void)
{
    Live *live = g_new0(Live, 1);

    live->shares = g_array_new(FALSE, TRUE, sizeof(double));
    live->suspects = g_ptr_array_new_with_free_func((GDestroyNotify)suspect_free);
    live->works = g_ptr_array_new_with_free_func((GDestroyNotify)work_free);
    live->events = g_ptr_array_new_with_free_func((GDestroyNotify)event_free);
    return live;
}

void live_free(Live *live)
{
    if (!live) {
        return;
    }
    g_free(live->phase);
    g_free(live->doing);
    g_array_unref(live->shares);
    g_ptr_array_unref(live->suspects);
    g_ptr_array_unref(live->works);
    g_ptr_array_unref(live->events);
    g_free(live);
}

LiveSuspect *live_add_suspect(Live *live, const char *commit, const char *subject, double p)
{
    LiveSuspect *suspect = g_new0(LiveSuspect, 1);

    *suspect = (LiveSuspect){.commit = g_strdup(commit), .subject = g_strdup(subject), .p = p};
    g_ptr_array_add(live->suspects, suspect);
    return suspect;
}

LiveWork *live_add_work(Live *live, const char *commit, const char *text, gint64 begun_ms)
{
    LiveWork *work = g_new0(LiveWork, 1);

    *work = (LiveWork){.commit = g_strdup(commit), .text = g_strdup(text), .begun_ms = begun_ms};
    g_ptr_array_add(live->works, work);
    return work;
}

void live_add_event(Live *live, gint64 at_ms, const char *text)
{
    LiveEvent *event = g_new0(LiveEvent, 1);

    *event = (LiveEvent){.at_ms = at_ms, .text = g_strdup(text)};
    g_ptr_array_add(live->events, event);
    if (live->events->len > LIVE_EVENTS) {
        g_ptr_array_remove_index(live->events, 0);
    }
}

/* --- As JSON --------------------------------------------------------------------------------- */

static json_t *suspects_json(const Live *live)
{
    json_t *array = json_array();

    for (guint i = 0; i < live->suspects->len; i++) {
        const LiveSuspect *suspect = live->suspects->pdata[i];

        json_array_append_new(array, json_pack("{s:o, s:o, s:f, s:b}", "commit",
                                               job_text_json(suspect->commit), "subject",
                                               job_text_json(suspect->subject), "p", suspect->p,
                                               "or_older", suspect->or_older));
    }
    return array;
}

static json_t *works_json(const Live *live)
{
    json_t *array = json_array();

    for (guint i = 0; i < live->works->len; i++) {
        const LiveWork *work = live->works->pdata[i];

        json_array_append_new(
            array, json_pack("{s:b, s:o, s:o, s:I, s:i}", "is_build", work->is_build, "commit",
                             job_text_json(work->commit), "text", job_text_json(work->text),
                             "begun_ms", (json_int_t)work->begun_ms, "lane", (int)work->lane));
    }
    return array;
}

static json_t *events_json(const Live *live)
{
    json_t *array = json_array();

    for (guint i = 0; i < live->events->len; i++) {
        const LiveEvent *event = live->events->pdata[i];

        json_array_append_new(array, json_pack("{s:I, s:o}", "at_ms", (json_int_t)event->at_ms,
                                               "text", job_text_json(event->text)));
    }
    return array;
}

static json_t *shares_json(const Live *live)
{
    json_t *array = json_array();

    for (guint i = 0; i < live->shares->len; i++) {
        json_array_append_new(array, json_real(g_array_index(live->shares, double, i)));
    }
    return array;
}

json_t *live_to_json(const Live *live)
{
    return json_pack(
        "{s:I, s:I, s:o, s:b, s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:o, s:o, s:o, s:o,"
        " s:b, s:f, s:f, s:f, s:f}",
        "at_ms", (json_int_t)live->at_ms, "began_ms", (json_int_t)live->began_ms, "phase",
        job_text_json(live->phase), "is_paused", live->is_paused, "doing",
        job_text_json(live->doing), "n_kernels", (int)live->n_kernels, "n_trials",
        (int)live->n_trials, "n_revisions", (int)live->n_revisions, "n_left", (int)live->n_left,
        "first_left", (int)live->first_left, "last_left", (int)live->last_left, "bits", live->bits,
        "older", live->older, "shares", shares_json(live), "suspects", suspects_json(live), "works",
        works_json(live), "events", events_json(live), "has_left", live->has_left, "left_s",
        live->left_s, "left_low_s", live->left_low_s, "left_high_s", live->left_high_s,
        "left_running_s", live->left_running_s);
}

gboolean live_write(const Live *live, const char *job_dir, GError **error)
{
    g_autofree char *path = g_build_filename(job_dir, LIVE_FILE, NULL),
                    *new_path = g_strconcat(path, ".new", NULL);
    json_t *object = live_to_json(live);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
    /* Without a flush, for which guests and builds would have to wait. */
    gboolean done =
        g_file_set_contents_full(new_path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);

    if (done && g_rename(new_path, path) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        done = FALSE;
    }
    free(text);
    json_decref(object);
    return done;
}

static char *get_text(const json_t *object, const char *key)
{
    return g_strdup(json_string_value(json_object_get(object, key)));
}

static guint get_count(const json_t *object, const char *key)
{
    return (guint)CLAMP(json_integer_value(json_object_get(object, key)), 0, G_MAXINT);
}

static gint64 get_ms(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static double get_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static gboolean get_truth(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static void read_lists(Live *live, const json_t *object)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(object, "shares"), i, item)
    {
        double share = json_number_value(item);

        g_array_append_val(live->shares, share);
    }
    json_array_foreach(json_object_get(object, "suspects"), i, item)
    {
        LiveSuspect *suspect = live_add_suspect(live, NULL, NULL, get_number(item, "p"));

        suspect->commit = get_text(item, "commit");
        suspect->subject = get_text(item, "subject");
        suspect->or_older = get_truth(item, "or_older");
    }
    json_array_foreach(json_object_get(object, "works"), i, item)
    {
        LiveWork *work = live_add_work(live, NULL, NULL, get_ms(item, "begun_ms"));

        work->commit = get_text(item, "commit");
        work->text = get_text(item, "text");
        work->is_build = get_truth(item, "is_build");
        work->lane = get_count(item, "lane");
    }
    json_array_foreach(json_object_get(object, "events"), i, item)
    {
        live_add_event(live, get_ms(item, "at_ms"),
                       json_string_value(json_object_get(item, "text")));
    }
}

static void read_numbers(Live *live, const json_t *object)
{
    live->at_ms = get_ms(object, "at_ms");
    live->began_ms = get_ms(object, "began_ms");
    live->phase = get_text(object, "phase");
    live->is_paused = get_truth(object, "is_paused");
    live->doing = get_text(object, "doing");
    live->n_kernels = get_count(object, "n_kernels");
    live->n_trials = get_count(object, "n_trials");
    live->n_revisions = get_count(object, "n_revisions");
    live->n_left = get_count(object, "n_left");
    live->first_left = get_count(object, "first_left");
    live->last_left = get_count(object, "last_left");
    live->bits = get_number(object, "bits");
    live->older = get_number(object, "older");
    live->has_left = get_truth(object, "has_left");
    live->left_s = get_number(object, "left_s");
    live->left_low_s = get_number(object, "left_low_s");
    live->left_high_s = get_number(object, "left_high_s");
    live->left_running_s = get_number(object, "left_running_s");
}

Live *live_read(const char *job_dir, GError **error)
{
    g_autofree char *path = g_build_filename(job_dir, LIVE_FILE, NULL), *text = NULL;
    g_autoptr(GError) failure = NULL;
    g_autoptr(Live) live = NULL;
    json_error_t flaw;
    json_t *object;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, &failure)) {
        gboolean is_missing = g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT);

        g_set_error_literal(error, G_IO_ERROR,
                            is_missing ? G_IO_ERROR_NOT_FOUND : G_IO_ERROR_FAILED,
                            failure->message);
        return NULL;
    }
    object = length < MAX_BYTES ? json_loadb(text, length, 0, &flaw) : NULL;
    if (!object) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is damaged", path);
        return NULL;
    }
    live = live_new();
    read_numbers(live, object);
    read_lists(live, object);
    json_decref(object);
    return g_steal_pointer(&live);
}

/* --- Pause ----------------------------------------------------------------------------------- */

gboolean live_is_paused(const char *job_dir)
{
    g_autofree char *path = g_build_filename(job_dir, PAUSED_FILE, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

gboolean live_pause(const char *job_dir, gboolean pause, GError **error)
{
    g_autofree char *path = g_build_filename(job_dir, PAUSED_FILE, NULL);

    if (pause) {
        return g_file_set_contents(path, "", 0, error);
    }
    if (g_unlink(path) != 0 && errno != ENOENT) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}
