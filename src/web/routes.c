/* SPDX-License-Identifier: Apache-2.0
 * Which address is what.
 */
#include <string.h>

#include "web/private.h"

#define MOST_ARGS 2

static const Route routes[] = {
    {"GET", "/", get_jobs},
    {"GET", "/jobs.json", get_jobs_json},
    {"GET", "/jobs/*", get_job},
    {"GET", "/jobs/*/report.html", get_job_file},
    {"GET", "/jobs/*/events", get_events, .is_light = TRUE},
    {"GET", "/jobs/*/pictures.json", get_pictures},
    {"GET", "/jobs/*/report.json", get_job_json},
    {"GET", "/jobs/*/report.txt", get_job_text},
    {"GET", "/jobs/*/log", get_job_log},
    {"GET", "/jobs/*/revisions/*", get_revision},
    {"GET", "/jobs/*/revisions/*/build.log", get_build_log},
    {"GET", "/jobs/*/trials/*", get_trial},
    {"GET", "/assets/*/*", get_asset, .is_light = TRUE},
    {"GET", "/login", get_login, .is_light = TRUE},
    {"GET", "/submit", get_submit, .is_light = TRUE},
    {"POST", "/login", post_login, FALSE, 4096, .is_light = TRUE},
    {"POST", "/logout", post_logout, TRUE, 4096, .is_light = TRUE},
    {"POST", "/submit", post_submit, TRUE, UPLOAD_MOST},
    {"POST", "/jobs/*/pause", post_pause, TRUE, FORM_MOST, .is_light = TRUE},
    {"POST", "/jobs/*/cancel", post_cancel, TRUE, FORM_MOST, .is_light = TRUE},
    {"POST", "/jobs/*/verdict", post_verdict, TRUE, FORM_MOST},
    {"POST", "/jobs/*/revisions/*/verdict", post_verdict, TRUE, FORM_MOST},
};

/* Where a job is called by its name, which may have slashes in it, where no other route fits. */
#define JOBS "/jobs/"
static const Route named_job = {"GET", JOBS "*", get_job};

/* Part by part; what a "*" stands for goes to @ret_args. */
static gboolean fits(const char *pattern, const char *path, char *ret_args[MOST_ARGS])
{
    g_auto(GStrv) wanted = g_strsplit(pattern, "/", -1), given = g_strsplit(path, "/", -1);
    guint n = g_strv_length(wanted), n_args = 0;

    if (g_strv_length(given) != n) {
        return FALSE;
    }
    for (guint i = 0; i < n; i++) {
        if (g_str_equal(wanted[i], "*") ? !*given[i] : !g_str_equal(wanted[i], given[i])) {
            return FALSE;
        }
    }
    for (guint i = 0; i < n; i++) {
        if (g_str_equal(wanted[i], "*")) {
            ret_args[n_args++] = g_steal_pointer(&given[i]);
        }
    }
    /* What was not taken behind one that was. */
    for (guint i = 0; i < n; i++) {
        g_clear_pointer(&given[i], g_free);
    }
    return TRUE;
}

const Route *route_find(const char *method, const char *path, char *ret_args[MOST_ARGS],
                        gboolean *ret_is_path)
{
    const char *wanted = g_str_equal(method, "HEAD") ? "GET" : method;

    *ret_is_path = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
        char *args[MOST_ARGS] = {0};

        if (!fits(routes[i].path, path, args)) {
            continue;
        }
        *ret_is_path = TRUE;
        if (g_str_equal(routes[i].method, wanted)) {
            memcpy(ret_args, args, sizeof args);
            return &routes[i];
        }
        for (guint a = 0; a < MOST_ARGS; a++) {
            g_free(args[a]);
        }
    }
    if (!*ret_is_path && g_str_has_prefix(path, JOBS) && path[strlen(JOBS)] &&
        g_str_equal(named_job.method, wanted)) {
        *ret_is_path = TRUE;
        ret_args[0] = g_strdup(path + strlen(JOBS));
        return &named_job;
    }
    return NULL;
}
