/* SPDX-License-Identifier: Apache-2.0
 * What a call brings along, and its reply.
 */
#include <string.h>

#include "web/private.h"

const char *call_query(const WebCall *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

guint call_query_number(const WebCall *call, const char *name)
{
    const char *text = call_query(call, name);
    guint64 number;

    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL) ? (guint)number
                                                                                    : 0;
}

const char *call_field(const WebCall *call, const char *name)
{
    const GString *value = call->fields ? g_hash_table_lookup(call->fields, name) : NULL;

    return value ? value->str : "";
}

gint64 call_number(const WebCall *call, guint i)
{
    gint64 number;

    return call->args[i] &&
                   g_ascii_string_to_signed(call->args[i], 10, 0, G_MAXINT64, &number, NULL)
               ? number
               : -1;
}

/* --- Replies --------------------------------------------------------------------------------- */

static void reply(WebCall *call, guint status, const char *type, GBytes *body)
{
    g_clear_pointer(&call->body, g_bytes_unref);
    call->status = status;
    call->type = type;
    call->body = body;
}

void reply_page(WebCall *call, guint status, GBytes *body)
{
    reply(call, status, "text/html; charset=utf-8", body);
}

void reply_text(WebCall *call, char *text)
{
    reply(call, MHD_HTTP_OK, "text/plain; charset=utf-8", g_bytes_new_take(text, strlen(text)));
}

void reply_json(WebCall *call, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));

    json_decref(json);
    reply(call, MHD_HTTP_OK, "application/json", g_bytes_new_take(text, strlen(text)));
}

void reply_go_to(WebCall *call, const char *path)
{
    g_free(call->location);
    call->location = g_strdup(path);
    reply_page(call, MHD_HTTP_SEE_OTHER, page_message(&call->place, "Done", "Go on there.", path));
}

void reply_error(WebCall *call, guint status, const char *text)
{
    g_autofree char *title = g_strdup_printf("%u %s", status, MHD_get_reason_phrase_for(status));

    reply_page(call, status, page_message(&call->place, title, text, "/"));
}

static guint status_of(const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        return MHD_HTTP_NOT_FOUND;
    }
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)
               ? MHD_HTTP_BAD_REQUEST
               : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

void reply_failure(WebCall *call, const GError *error)
{
    reply_error(call, status_of(error), error->message);
}

/* --- The store ------------------------------------------------------------------------------- */

Store *call_open_store(WebCall *call)
{
    g_autoptr(GError) error = NULL;
    Store *store = store_open(call->web->options->state_dir, STORE_READ, &error);

    if (!store) {
        reply_failure(call, error);
    }
    return store;
}

/* The page of the job whose name is all that stands behind "/jobs/", decoded: a name may have
 * slashes, and end as the address of something of a job does. FALSE: there is none. */
static gboolean reply_go_to_named(WebCall *call, Store *store)
{
    const char *name = call->path + strlen("/jobs/");
    g_autoptr(JobRow) row = store_find_job(store, name, NULL);
    g_autofree char *path = row ? g_strdup_printf("/jobs/%" G_GINT64_FORMAT, row->id) : NULL;

    if (!row || !g_str_equal(row->name, name)) {
        return FALSE;
    }
    reply_go_to(call, path);
    return TRUE;
}

JobRow *call_find_job(WebCall *call, Store *store)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, call_number(call, 0));
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRow) row = store_find_job(store, number, &error);

    if (row && row->id == call_number(call, 0)) {
        return g_steal_pointer(&row);
    }
    if (!row && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        reply_failure(call, error);
    } else if (!call->may_be_named || !reply_go_to_named(call, store)) {
        reply_error(call, MHD_HTTP_NOT_FOUND, "There is no job of that number or name.");
    }
    return NULL;
}

Report *call_load_report(WebCall *call, Store *store)
{
    g_autoptr(JobRow) row = call_find_job(call, store);
    g_autoptr(GError) error = NULL;
    Report *report = row ? report_load(store, row, &error) : NULL;

    if (error) {
        reply_failure(call, error);
    }
    return report;
}
