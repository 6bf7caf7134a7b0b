/* SPDX-License-Identifier: Apache-2.0
 * Requests to a service, as files that appear by one rename.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "service/service.h"

#define SPOOL   "spool"
#define REQUEST "request"
#define SUFFIX  ".request"

void spool_request_clear(SpoolRequest *request)
{
    g_free(request->id);
    g_free(request->submitter);
    g_free(request->job);
    g_free(request->kind);
    g_free(request->spec);
    g_free(request->name);
    *request = (SpoolRequest){0};
}

static void put(GKeyFile *file, const char *key, const char *text)
{
    if (text) {
        g_key_file_set_string(file, REQUEST, key, text);
    }
}

gboolean spool_put(const char *state_dir, SpoolRequest *request, GError **error)
{
    g_autofree char *folder = g_build_filename(state_dir, SPOOL, NULL);
    g_autofree char *uuid = g_uuid_string_random();
    g_autofree char *name = NULL, *path = NULL, *text = NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();

    g_free(request->submitter);
    request->submitter = g_strdup(g_get_user_name());
    g_free(request->id);
    /* By name they are in the order in which they came. */
    request->id = g_strdup_printf("%020" G_GINT64_FORMAT "-%s", g_get_real_time(), uuid);
    g_key_file_set_boolean(file, REQUEST, "cancel", request->is_cancel);
    put(file, "id", request->id);
    put(file, "submitter", request->submitter);
    put(file, "job", request->job);
    put(file, "kind", request->kind);
    put(file, "spec", request->spec);
    put(file, "name", request->name);
    g_key_file_set_int64(file, REQUEST, "priority", request->priority);
    text = g_key_file_to_data(file, NULL, NULL);
    name = g_strconcat(request->id, SUFFIX, NULL);
    path = g_build_filename(folder, name, NULL);
    if (g_mkdir_with_parents(folder, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot make %s: %s", folder,
                    g_strerror(errno));
        return FALSE;
    }
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **spool_list(const char *state_dir)
{
    g_autofree char *folder = g_build_filename(state_dir, SPOOL, NULL);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        if (g_str_has_suffix(name, SUFFIX)) {
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
        }
    }
    g_ptr_array_sort(paths, compare_paths);
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE);
}

gboolean spool_read(const char *path, SpoolRequest *ret_request, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    SpoolRequest *request = ret_request;

    *request = (SpoolRequest){0};
    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL)) {
        request->is_cancel = g_key_file_get_boolean(file, REQUEST, "cancel", NULL);
        request->id = g_key_file_get_string(file, REQUEST, "id", NULL);
        request->submitter = g_key_file_get_string(file, REQUEST, "submitter", NULL);
        request->job = g_key_file_get_string(file, REQUEST, "job", NULL);
        request->kind = g_key_file_get_string(file, REQUEST, "kind", NULL);
        request->spec = g_key_file_get_string(file, REQUEST, "spec", NULL);
        request->name = g_key_file_get_string(file, REQUEST, "name", NULL);
        request->priority = g_key_file_get_int64(file, REQUEST, "priority", NULL);
    }
    if (request->id && request->submitter &&
        (request->is_cancel ? request->job != NULL
                            : request->kind && request->spec && request->name)) {
        return TRUE;
    }
    spool_request_clear(request);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is no request", path);
    return FALSE;
}
