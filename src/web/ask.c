/* SPDX-License-Identifier: Apache-2.0
 * What a person asks for of jobs that are there; the token shown and taken back.
 */
#include <string.h>

#include "web/private.h"

/* --- The token ------------------------------------------------------------------------------- */

#define COOKIE_S (30 * 86400)

void get_login(WebCall *call)
{
    reply_page(call, MHD_HTTP_OK, page_login(&call->place, NULL));
}

static void set_cookie(WebCall *call, const char *value, guint seconds)
{
    call->cookie = g_strdup_printf("%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%u",
                                   call->web->cookie, value, seconds);
}

void post_login(WebCall *call)
{
    g_autofree char *given = g_strstrip(g_strdup(call_field(call, "token")));

    if (!guard_is_token(call->web->token, given)) {
        reply_page(call, MHD_HTTP_FORBIDDEN, page_login(&call->place, "That is not the token."));
        return;
    }
    set_cookie(call, call->web->token, COOKIE_S);
    reply_go_to(call, "/");
}

void post_logout(WebCall *call)
{
    set_cookie(call, "", 0);
    reply_go_to(call, "/login");
}

/* --- Requests -------------------------------------------------------------------------------- */

static char *path_of(gint64 job)
{
    return g_strdup_printf("/jobs/%" G_GINT64_FORMAT, job);
}

/* Nobody takes it where no daemon works; the page of jobs says so. */
static void put(WebCall *call, SpoolRequest *request, gint64 job)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of(job);

    request->job = g_strdup_printf("%" G_GINT64_FORMAT, job);
    if (spool_put(call->web->options->state_dir, request, &error)) {
        reply_go_to(call, path);
    } else {
        reply_failure(call, error);
    }
}

void post_cancel(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);
    g_autoptr(JobRow) row = store ? call_find_job(call, store) : NULL;
    g_auto(SpoolRequest) request = {.wish = SPOOL_CANCEL};
    g_autofree char *path = row ? path_of(row->id) : NULL;

    if (!row) {
        return;
    }
    if (!store_can_cancel(row)) {
        reply_error(call, MHD_HTTP_CONFLICT, "The job has ended.");
    } else if (store_stop_foreground(store, row->id)) {
        reply_go_to(call, path);
    } else {
        put(call, &request, row->id);
    }
}

/* That needs no daemon: whoever works on the job looks. */
void post_pause(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);
    g_autoptr(JobRow) row = store ? call_find_job(call, store) : NULL;
    g_autofree char *dir = row ? store_job_dir(store, row->id) : NULL;
    g_autofree char *path = row ? path_of(row->id) : NULL;
    gboolean pause = g_str_equal(call_field(call, "do"), "pause");
    g_autoptr(GError) error = NULL;

    if (!row) {
        return;
    }
    if (row->state != JOB_RUNNING && row->state != JOB_QUEUED) {
        reply_error(call, MHD_HTTP_CONFLICT, "The job has ended.");
        return;
    }
    if (!pause && !g_str_equal(call_field(call, "do"), "go-on")) {
        reply_error(call, MHD_HTTP_BAD_REQUEST, "Say pause or go-on.");
    } else if (live_pause(dir, pause, &error)) {
        reply_go_to(call, path);
    } else {
        reply_failure(call, error);
    }
}

static gboolean is_verdict(const char *word)
{
    static const char *const words[] = {"good", "bad", "skip", "clear", NULL};

    return g_strv_contains(words, word);
}

/* The id of @revision in the tree of the job of @row, or of one that the job tested. Owned by the
 * caller. */
static char *find_revision(const JobRow *row, const char *revision, GError **error)
{
    g_autoptr(JobSpec) spec = job_spec_new(row->kind);
    g_autoptr(Repo) repo = NULL;

    if (!variant_is_plain(revision)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "only revisions have verdicts, and '%s' is none", revision);
        return NULL;
    }
    repo = job_spec_read(spec, row->spec, "/", error) ? repo_open(spec->tree, error) : NULL;
    return repo ? repo_resolve(repo, revision, error) : NULL;
}

/* Of the revision of the path, or of the form. */
void post_verdict(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);
    g_autoptr(JobRow) row = store ? call_find_job(call, store) : NULL;
    g_autoptr(GError) error = NULL;
    const char *verdict = call_field(call, "verdict"), *note = call_field(call, "note");
    const char *revision = call->args[1] ? call->args[1] : call_field(call, "revision");
    g_auto(SpoolRequest) request = {.wish = SPOOL_VERDICT};

    if (!row) {
        return;
    }
    if (!is_verdict(verdict)) {
        reply_error(call, MHD_HTTP_BAD_REQUEST, "A verdict is good, bad, skip or clear.");
        return;
    }
    request.revision = find_revision(row, revision, &error);
    if (!request.revision) {
        reply_error(call, MHD_HTTP_BAD_REQUEST, error->message);
        return;
    }
    request.verdict = g_strdup(verdict);
    request.note = *note ? g_utf8_make_valid(note, -1) : NULL;
    put(call, &request, row->id);
}
