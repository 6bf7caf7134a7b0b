/* SPDX-License-Identifier: Apache-2.0
 * What trials and builds printed: a part on a page, or all of it as a file.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "web/private.h"

/* All of it, as a file: a browser must not make anything of it. */
static void reply_raw(WebCall *call, GBytes *bytes)
{
    call->status = MHD_HTTP_OK;
    call->type = "application/octet-stream";
    call->download = "console.txt";
    call->body = g_bytes_ref(bytes);
}

/* The part that the call asks for, from a whole character on. */
static void choose_part(const WebCall *call, GBytes *bytes, PageConsole *console)
{
    gsize n_total, from = call_query_number(call, "from");
    const char *text = g_bytes_get_data(bytes, &n_total);

    console->n_total = n_total;
    console->offset = MIN(from, n_total);
    console->n_bytes = MIN(n_total - console->offset, PAGE_CONSOLE_BYTES);
    console->bytes = text + console->offset;
}

static void reply_printed(WebCall *call, PageConsole *console, GBytes *bytes)
{
    if (call_query_number(call, "raw")) {
        reply_raw(call, bytes);
        return;
    }
    choose_part(call, bytes, console);
    reply_page(call, MHD_HTTP_OK, page_console(&call->place, console));
}

void get_trial(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);
    g_autoptr(JobRow) row = store ? call_find_job(call, store) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(TrialRow) trial =
        row ? store_read_trial(store, row->id, call_number(call, 1), &error) : NULL;
    g_autoptr(GBytes) bytes = trial ? store_console(trial, &error) : NULL;

    if (error) {
        reply_failure(call, error);
    } else if (bytes) {
        PageConsole console = {.job = row->id,
                               .job_name = row->name,
                               .trial = trial->id,
                               .commit = trial->commit,
                               .title = trial->title};

        reply_printed(call, &console, bytes);
    }
}

/* What the build of @kernel printed. */
static GBytes *read_build_log(const Kernel *kernel, GError **error)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "firstbad-log-XXXXXX", NULL);
    char *text = NULL;
    gsize n_bytes = 0;
    int fd = g_mkstemp(path);
    gboolean is_read = fd >= 0 && kernel_unpack(kernel, "build.log", path, error) &&
                       g_file_get_contents(path, &text, &n_bytes, error);

    if (fd >= 0) {
        close(fd);
        g_unlink(path);
    } else {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot make %s: %s", path,
                    g_strerror(errno));
    }
    return is_read ? g_bytes_new_take(text, n_bytes) : NULL;
}

static const KernelRow *find_kernel(const GPtrArray *kernels, const char *commit)
{
    for (guint i = 0; i < kernels->len; i++) {
        const KernelRow *row = kernels->pdata[i];

        if (g_str_equal(row->commit, commit)) {
            return row;
        }
    }
    return NULL;
}

void get_build_log(WebCall *call)
{
    g_autoptr(Store) store = call_open_store(call);
    g_autoptr(JobRow) row = store ? call_find_job(call, store) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) kernels = row ? store_kernels(store, row->id, &error) : NULL;
    const KernelRow *kernel = kernels ? find_kernel(kernels, call->args[1]) : NULL;
    g_autoptr(GBytes) bytes = NULL;

    if (error) {
        reply_failure(call, error);
    } else if (kernels && (!kernel || !kernel->kernel->dir)) {
        reply_error(call, MHD_HTTP_NOT_FOUND, "Nothing was built of that revision.");
    } else if (kernels && !(bytes = read_build_log(kernel->kernel, &error))) {
        /* Kernels are removed when they were not used for long. */
        reply_error(call, MHD_HTTP_NOT_FOUND, error->message);
    } else if (bytes) {
        PageConsole console = {.job = row->id,
                               .job_name = row->name,
                               .commit = kernel->commit,
                               .title = kernel->kernel->first_error};

        reply_printed(call, &console, bytes);
    }
}
