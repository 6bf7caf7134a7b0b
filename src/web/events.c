/* SPDX-License-Identifier: Apache-2.0
 * A job as it goes on, by server-sent events: the thread of the connection looks at the store and
 * at what the coordinator says of itself twice a second, and sends what is new.
 */
#include <string.h>

#include "web/private.h"

/* Readers at once; each has a thread. */
#define MOST_STREAMS 48
#define LOOK_MS      500
/* Nothing was to be sent for so long: a comment finds out whether somebody still listens. */
#define QUIET_MS 15000

typedef struct Stream {
    Web *web;
    Store *store;
    gint64 job;
    char *last;          /* the last state that was sent, as JSON */
    gint64 sent_us;      /* when anything was */
    gboolean is_over;    /* the job is done, and that was sent */
    GString *out;        /* not yet sent */
    gboolean has_looked; /* once at least: from then on it waits before it looks again */
} Stream;

static void stream_free(gpointer data)
{
    Stream *stream = data;

    g_mutex_lock(&stream->web->lock);
    stream->web->n_streams--;
    g_mutex_unlock(&stream->web->lock);
    g_clear_pointer(&stream->store, store_free);
    g_string_free(stream->out, TRUE);
    g_free(stream->last);
    g_free(stream);
}

/* What is being done with the job now, and how much was; no fields of it where nobody works on it.
 */
static void add_live(const Stream *stream, json_t *state)
{
    g_autofree char *dir = store_job_dir(stream->store, stream->job);
    g_autoptr(Live) live =
        store_is_worked_on(stream->store, stream->job) ? live_read(dir, NULL) : NULL;

    json_object_set_new(state, "live", live ? live_to_json(live) : json_null());
    if (live) {
        json_object_set_new(state, "kernels", json_integer(live->n_kernels));
        json_object_set_new(state, "trials", json_integer(live->n_trials));
    }
}

static const char *state_word(const Stream *stream, const JobRow *row)
{
    if (row->state != JOB_RUNNING) {
        return job_state_name(row->state);
    }
    return store_is_worked_on(stream->store, stream->job) ? "working" : "stopped";
}

/* The state of the job; NULL: it cannot be read now. */
static char *read_state(Stream *stream)
{
    g_autoptr(JobRow) row = store_read_job(stream->store, stream->job, NULL);
    json_t *state;
    char *text;

    if (!row) {
        return NULL;
    }
    stream->is_over = row->state != JOB_RUNNING && row->state != JOB_QUEUED;
    state = json_pack("{s:s, s:s, s:b}", "state", state_word(stream, row), "phase", row->phase,
                      "is_done", stream->is_over);
    add_live(stream, state);
    text = json_dumps(state, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(state);
    return text;
}

/* Put what is new into stream->out. */
static void look(Stream *stream)
{
    g_autofree char *state = read_state(stream);
    gint64 now_us = g_get_monotonic_time();

    if (state && g_strcmp0(state, stream->last) != 0) {
        /* JSON has no newline of its own. */
        g_string_append_printf(stream->out, "event: live\ndata: %s\n\n", state);
        g_free(stream->last);
        stream->last = g_steal_pointer(&state);
        stream->sent_us = now_us;
    } else if (now_us - stream->sent_us >= QUIET_MS * 1000) {
        g_string_append(stream->out, ": nothing new\n\n");
        stream->sent_us = now_us;
    }
}

/* FALSE: the server stops. */
static gboolean wait_a_moment(Web *web)
{
    gint64 until_us = g_get_monotonic_time() + LOOK_MS * 1000;
    gboolean goes_on;

    g_mutex_lock(&web->lock);
    while (!web->is_stopping && g_cond_wait_until(&web->stopped, &web->lock, until_us)) {
    }
    goes_on = !web->is_stopping;
    g_mutex_unlock(&web->lock);
    return goes_on;
}

/* The library asks for more; it may wait, since the connection has its own thread. */
static ssize_t read_stream(void *data, uint64_t position, char *buffer, size_t n_most)
{
    Stream *stream = data;
    gsize n;

    while (!stream->out->len) {
        if (stream->is_over || (stream->has_looked && !wait_a_moment(stream->web))) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        stream->has_looked = TRUE;
        look(stream);
    }
    n = MIN(n_most, stream->out->len);
    memcpy(buffer, stream->out->str, n);
    g_string_erase(stream->out, 0, (gssize)n);
    return (ssize_t)n;
}

/* FALSE: there are too many. */
static gboolean take_place(Web *web)
{
    gboolean has_place;

    g_mutex_lock(&web->lock);
    has_place = web->n_streams < MOST_STREAMS;
    web->n_streams += has_place;
    g_mutex_unlock(&web->lock);
    return has_place;
}

void get_events(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);
    g_autoptr(JobRow) row = store ? call_find_job(call, store) : NULL;
    Stream *stream;

    if (!row) {
        return;
    }
    if (!take_place(call->web)) {
        reply_error(call, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many follow jobs already.");
        return;
    }
    stream = g_new0(Stream, 1);
    *stream = (Stream){.web = call->web,
                       .store = g_steal_pointer(&store),
                       .job = row->id,
                       .sent_us = g_get_monotonic_time(),
                       .out = g_string_new(NULL)};
    call->status = MHD_HTTP_OK;
    call->type = "text/event-stream";
    call->stream =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 8192, read_stream, stream, stream_free);
}
