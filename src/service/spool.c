/* SPDX-License-Identifier: Apache-2.0
 * Requests to a service, as files that appear by one rename. What a request brings along lies
 * beside it, in a folder that is whole before.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "process/process.h"
#include "service/service.h"

#define SPOOL   "spool"
#define REQUEST "request"
#define SUFFIX  ".request"
#define FILES   ".files"
#define INPUTS  "inputs" /* as job_take_inputs() has it */
/* No copying takes so long. */
#define OLD_S 86400

static const char *const wishes[] = {[SPOOL_JOB] = "job",
                                     [SPOOL_CANCEL] = "cancel",
                                     [SPOOL_VERDICT] = "verdict",
                                     [SPOOL_RESUME] = "resume"};

const char *spool_wish_name(SpoolWish wish)
{
    return wishes[wish];
}

void spool_request_clear(SpoolRequest *request)
{
    g_free(request->id);
    g_free(request->submitter);
    g_free(request->job);
    g_free(request->kind);
    g_free(request->spec);
    g_free(request->name);
    g_free(request->revision);
    g_free(request->verdict);
    g_free(request->note);
    *request = (SpoolRequest){0};
}

static void put(GKeyFile *file, const char *key, const char *text)
{
    if (text) {
        g_key_file_set_string(file, REQUEST, key, text);
    }
}

/* The path of what is in the spool of @state_dir under @id. Owned by the caller. */
static char *path_of(const char *state_dir, const char *id, const char *suffix)
{
    g_autofree char *name = g_strconcat(id, suffix, NULL);

    return g_build_filename(state_dir, SPOOL, name, NULL);
}

/* By their ids requests are in the order in which they came. */
static void name_request(SpoolRequest *request)
{
    g_autofree char *uuid = g_uuid_string_random();

    if (!request->id) {
        request->id = g_strdup_printf("%020" G_GINT64_FORMAT "-%s", g_get_real_time(), uuid);
    }
}

static gboolean make_folder(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot make %s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

char *spool_make_folder(const char *state_dir, SpoolRequest *request, GError **error)
{
    g_autofree char *path = NULL;

    name_request(request);
    path = path_of(state_dir, request->id, FILES);
    return make_folder(path, error) ? g_steal_pointer(&path) : NULL;
}

gboolean spool_put(const char *state_dir, SpoolRequest *request, GError **error)
{
    g_autofree char *folder = g_build_filename(state_dir, SPOOL, NULL);
    g_autofree char *path = NULL, *text = NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();

    if (!request->submitter) {
        request->submitter = g_strdup(g_get_user_name());
    }
    name_request(request);
    put(file, "wish", wishes[request->wish]);
    put(file, "id", request->id);
    put(file, "submitter", request->submitter);
    put(file, "job", request->job);
    put(file, "kind", request->kind);
    put(file, "spec", request->spec);
    put(file, "name", request->name);
    put(file, "revision", request->revision);
    put(file, "verdict", request->verdict);
    put(file, "note", request->note);
    g_key_file_set_int64(file, REQUEST, "priority", request->priority);
    text = g_key_file_to_data(file, NULL, NULL);
    path = path_of(state_dir, request->id, SUFFIX);
    return make_folder(folder, error) &&
           g_file_set_contents_full(path, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}

gboolean spool_put_job(const char *state_dir, JobSpec *spec, gint64 priority, GError **error)
{
    g_auto(SpoolRequest) request = {.kind = g_strdup(spec->kind), .priority = priority};
    g_autofree char *folder = NULL;

    if (!spec->name) {
        spec->name = g_strdup_printf("%s-%.12s", spec->kind, spec->start);
    }
    request.name = g_strdup(spec->name);
    folder = spool_make_folder(state_dir, &request, error);
    if (folder && job_take_inputs(spec, folder, error)) {
        request.spec = job_spec_write(spec);
    }
    if (!request.spec || !spool_put(state_dir, &request, error)) {
        spool_remove_files(state_dir, request.id);
        return FALSE;
    }
    return TRUE;
}

/* There mostly is none, which costs no program. */
static void remove_if_there(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        process_remove_tree(path);
    }
}

gboolean spool_move_files(const char *state_dir, const char *id, const char *job_dir,
                          GError **error)
{
    g_autofree char *folder = path_of(state_dir, id, FILES);
    g_autofree char *from = g_build_filename(folder, INPUTS, NULL),
                    *to = g_build_filename(job_dir, INPUTS, NULL);

    /* What is there was moved before, or the job was taken up by hand. */
    if (g_file_test(from, G_FILE_TEST_EXISTS) && !g_file_test(to, G_FILE_TEST_EXISTS) &&
        g_rename(from, to) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot move %s to %s: %s",
                    from, to, g_strerror(errno));
        return FALSE;
    }
    remove_if_there(folder);
    return TRUE;
}

void spool_remove_files(const char *state_dir, const char *id)
{
    g_autofree char *folder = path_of(state_dir, id, FILES);

    remove_if_there(folder);
}

void spool_remove_inputs(const char *job_dir)
{
    g_autofree char *inputs = g_build_filename(job_dir, INPUTS, NULL);

    remove_if_there(inputs);
}

void spool_sweep(const char *state_dir, gint64 now_s)
{
    g_autofree char *folder = g_build_filename(state_dir, SPOOL, NULL);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *id =
            g_str_has_suffix(name, FILES) ? g_strndup(name, strlen(name) - strlen(FILES)) : NULL;
        g_autofree char *request = id ? path_of(state_dir, id, SUFFIX) : NULL;
        gint64 made_s = g_ascii_strtoll(name, NULL, 10) / G_USEC_PER_SEC;

        if (id && made_s < now_s - OLD_S && !g_file_test(request, G_FILE_TEST_EXISTS)) {
            spool_remove_files(state_dir, id);
        }
    }
}

gboolean spool_is_taken(const char *state_dir, const char *id)
{
    g_autofree char *path = path_of(state_dir, id, SUFFIX);

    return !g_file_test(path, G_FILE_TEST_EXISTS);
}

gboolean spool_find_job(const char *state_dir, const char *name, SpoolRequest *ret_request)
{
    g_auto(GStrv) paths = spool_list(state_dir);

    for (guint i = g_strv_length(paths); i-- > 0;) {
        SpoolRequest request = {0};

        if (spool_read(paths[i], &request, NULL) && request.wish == SPOOL_JOB &&
            (!name || g_str_equal(request.name, name))) {
            *ret_request = request;
            return TRUE;
        }
        spool_request_clear(&request);
    }
    return FALSE;
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

/* What @file wishes; FALSE: nothing that we know. */
static gboolean read_wish(GKeyFile *file, SpoolWish *ret_wish)
{
    g_autofree char *word = g_key_file_get_string(file, REQUEST, "wish", NULL);

    for (guint i = 0; word && i < G_N_ELEMENTS(wishes); i++) {
        if (g_str_equal(word, wishes[i])) {
            *ret_wish = (SpoolWish)i;
            return TRUE;
        }
    }
    /* As firstbad 0.1 wrote it. */
    *ret_wish = g_key_file_get_boolean(file, REQUEST, "cancel", NULL) ? SPOOL_CANCEL : SPOOL_JOB;
    return word == NULL;
}

/* Has it all that is needed? */
static gboolean is_whole(const SpoolRequest *request)
{
    if (!request->id || !request->submitter) {
        return FALSE;
    }
    switch (request->wish) {
    case SPOOL_JOB:
        return request->kind && request->spec && request->name;
    case SPOOL_CANCEL:
    case SPOOL_RESUME:
        return request->job != NULL;
    case SPOOL_VERDICT:
        return request->job && request->revision && request->verdict;
    }
    return FALSE;
}

static char *get(GKeyFile *file, const char *key)
{
    return g_key_file_get_string(file, REQUEST, key, NULL);
}

gboolean spool_read(const char *path, SpoolRequest *ret_request, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) failed = NULL;
    SpoolRequest *request = ret_request;

    *request = (SpoolRequest){0};
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &failed)) {
        if (failed->domain != G_KEY_FILE_ERROR) {
            g_propagate_prefixed_error(error, g_steal_pointer(&failed), "%s: ", path);
            return FALSE;
        }
    } else if (read_wish(file, &request->wish)) {
        request->id = get(file, "id");
        request->submitter = get(file, "submitter");
        request->job = get(file, "job");
        request->kind = get(file, "kind");
        request->spec = get(file, "spec");
        request->name = get(file, "name");
        request->revision = get(file, "revision");
        request->verdict = get(file, "verdict");
        request->note = get(file, "note");
        request->priority = g_key_file_get_int64(file, REQUEST, "priority", NULL);
    }
    if (is_whole(request)) {
        return TRUE;
    }
    spool_request_clear(request);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is no request", path);
    return FALSE;
}
