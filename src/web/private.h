/* SPDX-License-Identifier: Apache-2.0
 * A call to the server and what answers it. Private to web/.
 */
#pragma once

#include <microhttpd.h>

#include "page/page.h"
#include "web/web.h"

/* A body may be so long: with a config and a reproducer, and without. */
#define UPLOAD_MOST (16 << 20)
#define FORM_MOST   (64 << 10)

typedef struct Link Link;

struct Web {
    const WebOptions *options;
    struct MHD_Daemon *daemon;
    char *address, *token, *token_path;
    char *cookie;     /* the name of the one that has the token */
    GPtrArray *hosts; /* of char *: what a Host header may say */
    GMutex lock;      /* of those below */
    GCond stopped;
    gboolean is_stopping;
    guint n_streams; /* of events */
    GCond has_place;
    guint n_at_work;  /* calls that are being answered */
    GPtrArray *links; /* of Link, one for each connection */
    guint clock;      /* the source that looks at them */
    /* Processor time: above our share; all of it, and the clock, when that was weighed. */
    gint64 spent_us, cpu_us, weighed_us;
};

/* What came, and what goes back. Handlers fill the latter. */
typedef struct WebCall {
    Web *web;
    struct MHD_Connection *connection;
    const char *path;
    char *args[2];          /* what stood in the path's places; NULL behind the last */
    gboolean may_be_named;  /* it reads: a job's name in place of its number leads to its page */
    GHashTable *fields;     /* of a form: name -> GString; files under their field's name */
    GHashTable *file_names; /* of files: name -> what the browser called the file */
    PagePlace place;
    /* The reply; a page unless type says otherwise. */
    guint status; /* 200 */
    const char *type;
    GBytes *body;
    char *location, *cookie;     /* headers; NULL: none */
    const char *download;        /* name for a file; NULL: it is shown */
    gboolean is_packed;          /* the body is, by gzip */
    gboolean is_lasting;         /* may be kept for ever */
    gboolean is_last;            /* the connection ends with it */
    struct MHD_Response *stream; /* in place of a body */
} WebCall;

/* --- What a call brings (call.c) --- */

/* The argument of the query of that name, as bytes; NULL: none. */
const char *call_query(const WebCall *call, const char *name);
/* The same as a number from 0; 0 where it is none. */
guint call_query_number(const WebCall *call, const char *name);
/* What the form has under @name; "" where it has nothing. */
const char *call_field(const WebCall *call, const char *name);
/* The number in the path's place @i; -1: it is none. */
gint64 call_number(const WebCall *call, guint i);

/* --- Replies (call.c) --- */

/* A page; @body is taken. */
void reply_page(WebCall *call, guint status, GBytes *body);
/* @text, taken, as plain text. */
void reply_text(WebCall *call, char *text);
/* @json, taken. */
void reply_json(WebCall *call, json_t *json);
/* To our own @path, with another method: after something was done. */
void reply_go_to(WebCall *call, const char *path);
/* A page that says what went wrong. */
void reply_error(WebCall *call, guint status, const char *text);
void reply_failure(WebCall *call, const GError *error);

/* --- Who may (guard.c) --- */

/* Read the token of @state_dir, or make one. FALSE: others could read it. */
gboolean guard_load_token(const char *state_dir, char **ret_token, char **ret_path, GError **error);
gboolean guard_is_token(const char *token, const char *given);
/* The names that @web is known by when it listens at @host and @port. */
GPtrArray *guard_hosts(const char *host, guint16 port, const char *const *more);
gboolean guard_knows_host(const GPtrArray *hosts, const char *host);
/* Does a page of ours send this form? @origin: of its header, or NULL. */
gboolean guard_is_own_origin(const char *origin, const char *host);

/* --- Limits (limits.c) --- */

void limits_start(Web *web);
/* No connection may be left. */
void limits_stop(Web *web);
/* The library asks whether a connection may be, and says what became of it. */
enum MHD_Result link_may_begin(void *data, const struct sockaddr *socket, socklen_t n_socket);
void link_on_change(void *data, struct MHD_Connection *connection, void **ret_link,
                    enum MHD_ConnectionNotificationCode what);
/* From now on @connection has the time of a call, and that for taking @n_bytes. */
void link_give_time(Web *web, struct MHD_Connection *connection, gsize n_bytes);
/* It has sent @n_bytes: it has the time for that, too. */
void link_add_time(Web *web, struct MHD_Connection *connection, gsize n_bytes);
/* It has all time while it is we who work. */
void link_stop_clock(Web *web, struct MHD_Connection *connection);
/* Where we used more than our share, the thread of this connection waits, and from now on has only
 * what others on the machine leave, which cannot be undone. Then FALSE: this call shall be its
 * last. */
gboolean link_be_fair(Web *web);
/* How far the server is above its share, when it was @spent_us above it, and then used @used_us of
 * the processors in @passed_us. Pure. */
gint64 limits_weigh(gint64 spent_us, gint64 used_us, gint64 passed_us);
/* Wait for a place among those who work. FALSE: there was none for long, or the server stops. */
gboolean place_take(Web *web);
void place_leave(Web *web);

/* --- Routes (routes.c) --- */

typedef void (*WebFunc)(WebCall *call);
typedef struct Route {
    const char *method; /* GET stands for HEAD, too */
    const char *path;   /* a "*" is a place that one part of a path fills */
    WebFunc func;
    gboolean needs_token;
    guint most_bytes;  /* of its body */
    gboolean is_light; /* done at once: it waits for nobody's work */
} Route;
/* NULL: there is none. *ret_args: what stood in the places, owned by the caller. *ret_is_path:
 * there is one with another method. */
const Route *route_find(const char *method, const char *path, char *ret_args[2],
                        gboolean *ret_is_path);

/* --- What is read (read.c, printed.c, events.c) --- */

void get_jobs(WebCall *call);
void get_jobs_json(WebCall *call);
void get_job(WebCall *call);
void get_job_file(WebCall *call);
void get_job_json(WebCall *call);
void get_job_text(WebCall *call);
void get_job_log(WebCall *call);
void get_pictures(WebCall *call);
void get_revision(WebCall *call);
void get_trial(WebCall *call);
void get_build_log(WebCall *call);
void get_events(WebCall *call);
void get_asset(WebCall *call);

/* --- What is asked for (ask.c, submit.c) --- */

void get_login(WebCall *call);
void post_login(WebCall *call);
void post_logout(WebCall *call);
void get_submit(WebCall *call);
void post_submit(WebCall *call);
void post_cancel(WebCall *call);
void post_pause(WebCall *call);
void post_verdict(WebCall *call);

/* The store, opened for this call; NULL: the reply says why not. */
Store *call_open_store(WebCall *call);
/* The job whose number is in the path's first place; NULL: likewise, or leads to the job of that
 * name. */
JobRow *call_find_job(WebCall *call, Store *store);
Report *call_load_report(WebCall *call, Store *store);
