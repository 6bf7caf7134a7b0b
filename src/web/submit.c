/* SPDX-License-Identifier: Apache-2.0
 * A new job from a form: its fields become the keys of a job file, files that came along lie in a
 * folder until the request has copies of them.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "process/process.h"
#include "web/private.h"

/* Keys of the job file that the form has fields of. */
static const char *const keys[] = {"name",  "tree",  "start", "good", "config",
                                   "repro", "title", "build", "test"};
/* Those that may come along as files. */
static const char *const file_keys[] = {"config", "repro"};

void get_submit(WebCall *call)
{
    reply_page(call, MHD_HTTP_OK, page_submit(&call->place, NULL, NULL));
}

/* What a form says, to be shown again. */
static GHashTable *values_of(const WebCall *call)
{
    GHashTable *values = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, call->fields);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        g_hash_table_insert(values, name, ((GString *)value)->str);
    }
    return values;
}

/* Its name as the browser gave it tells what kind of reproducer it is; nothing else of it is
 * believed. Owned by the caller. */
static char *safe_name(const char *given)
{
    const char *slash = strrchr(given, '/'), *backslash = strrchr(given, '\\');
    const char *base = MAX(slash, backslash) ? MAX(slash, backslash) + 1 : given;
    char *name = g_strndup(base, 100);

    g_strcanon(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", '_');
    if (!*name || *name == '.') {
        g_free(name);
        return g_strdup("file");
    }
    return name;
}

/* Put the files that came along below @folder; *spec names them. */
static gboolean take_files(const WebCall *call, const char *folder, JobSpec *spec, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(file_keys); i++) {
        g_autofree char *field = g_strconcat(file_keys[i], "-file", NULL);
        const GString *bytes = g_hash_table_lookup(call->fields, field);
        const char *given = g_hash_table_lookup(call->file_names, field);
        g_autofree char *name = given ? safe_name(given) : NULL;
        g_autofree char *dir = g_build_filename(folder, file_keys[i], NULL),
                        *path = name ? g_build_filename(dir, name, NULL) : NULL;

        /* A browser sends an empty one where none was chosen. */
        if (!bytes || !bytes->len || !path || !page_submit_has_field(spec->kind, file_keys[i])) {
            continue;
        }
        if (g_mkdir(dir, 0700) != 0) {
            g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "--%s: the file: %s",
                        file_keys[i], g_strerror(errno));
            return FALSE;
        }
        if (!g_file_set_contents_full(path, bytes->str, (gssize)bytes->len,
                                      G_FILE_SET_CONTENTS_NONE, 0600, error) ||
            !job_spec_set(spec, file_keys[i], path, "/", error)) {
            g_prefix_error(error, "--%s: the file: ", file_keys[i]);
            return FALSE;
        }
    }
    return TRUE;
}

/* A path of the form is one of the server, where there is no folder that it could start from. */
static gboolean check_path(const char *key, const char *value, GError **error)
{
    gboolean is_path = g_str_equal(key, "tree") ||
                       g_strv_contains((const char *const[]){"config", "repro", NULL}, key);

    if (is_path && *value != '/') {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--%s: '%s' is not an absolute path", key, value);
        return FALSE;
    }
    return TRUE;
}

static gboolean take_fields(const WebCall *call, JobSpec *spec, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *value = g_strstrip(g_strdup(call_field(call, keys[i])));

        /* What was written before another kind was chosen does not count. */
        if (!page_submit_has_field(spec->kind, keys[i])) {
            continue;
        }
        if (*value && (!check_path(keys[i], value, error) ||
                       !job_spec_set(spec, keys[i], value, "/", error))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Lines as a job file has them. */
static gboolean take_more(const WebCall *call, JobSpec *spec, GError **error)
{
    g_autofree char *text = g_strconcat("[job]\n", call_field(call, "more"), "\n", NULL);

    if (!job_spec_read(spec, text, "/", error)) {
        if (!g_str_has_prefix((*error)->message, "--")) {
            g_prefix_error(error, "--more: ");
        }
        return FALSE;
    }
    /* It can take as long as a clone does. */
    if (spec->fetch) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--fetch: is done by 'firstbad %s --queue --fetch' only", spec->kind);
        return FALSE;
    }
    return TRUE;
}

/* The job that the form describes, checked; *ret_priority is that of it. */
static JobSpec *read_form(const WebCall *call, const char *folder, gint64 *ret_priority,
                          GError **error)
{
    const char *kind = call_field(call, "kind"), *priority = call_field(call, "priority");
    static const char *const kinds[] = {"cause", "fix", "run", NULL};
    g_autoptr(JobSpec) spec = NULL;

    *ret_priority = 0;
    if (!g_strv_contains(kinds, kind)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "--kind: '%s' is none", kind);
        return NULL;
    }
    if (*priority &&
        !g_ascii_string_to_signed(priority, 10, -1000000, 1000000, ret_priority, error)) {
        g_prefix_error(error, "--priority: ");
        return NULL;
    }
    spec = job_spec_new(kind);
    if (job_spec_is_run(spec)) {
        spec->trial_timeout_s = 0; /* as `firstbad run` has it */
    }
    return take_fields(call, spec, error) && take_more(call, spec, error) &&
                   take_files(call, folder, spec, error) && job_check_spec(spec, error)
               ? g_steal_pointer(&spec)
               : NULL;
}

void post_submit(WebCall *call)
{
    const char *state_dir = call->web->options->state_dir;
    g_autofree char *folder = g_dir_make_tmp("firstbad-upload-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(JobSpec) spec = NULL;
    gint64 priority;

    if (!folder) {
        reply_error(call, MHD_HTTP_INTERNAL_SERVER_ERROR, "No folder for files can be made.");
        return;
    }
    spec = read_form(call, folder, &priority, &error);
    if (spec && spool_put_job(state_dir, spec, priority, &error)) {
        reply_go_to(call, "/");
    } else {
        g_autoptr(GHashTable) values = values_of(call);

        reply_page(call, MHD_HTTP_BAD_REQUEST,
                   page_submit(&call->place, error ? error->message : NULL, values));
    }
    process_remove_tree(folder);
}
