/* SPDX-License-Identifier: Apache-2.0
 * What commands read and write that work on files instead of jobs.
 */
#include <errno.h>
#include <gio/gunixinputstream.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

GBytes *cli_read_input(const char *path, GError **error)
{
    g_autoptr(GOutputStream) bytes = NULL;
    g_autoptr(GInputStream) input = NULL;
    char *text;
    gsize length;

    /* Stdin may be anything: /dev/stdin cannot be opened where it is a socket. */
    if (!g_str_equal(path, "-")) {
        return g_file_get_contents(path, &text, &length, error) ? g_bytes_new_take(text, length)
                                                                : NULL;
    }
    input = g_unix_input_stream_new(STDIN_FILENO, FALSE);
    bytes = g_memory_output_stream_new_resizable();
    if (g_output_stream_splice(bytes, input, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) <
        0) {
        return NULL;
    }
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(bytes));
}

static gboolean fail_writing(const char *path, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path,
                g_strerror(errno));
    return FALSE;
}

gboolean cli_write_output(const char *path, const char *text, GError **error)
{
    struct stat status;

    if (lstat(path, &status) || S_ISREG(status.st_mode)) {
        return g_file_set_contents(path, text, -1, error);
    }
    FILE *out = fopen(path, "we");
    if (!out) {
        return fail_writing(path, error);
    }
    gboolean written = fputs(text, out) >= 0;
    return (fclose(out) == 0 && written) || fail_writing(path, error);
}

/* Is stdout a pipe or socket that nobody reads any more? */
static gboolean has_no_reader(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int cli_end_output(int code)
{
    gboolean has_failed = ferror(stdout);

    errno = EIO; /* where what failed before can be written now */
    if ((fflush(stdout) == 0 && !has_failed) || has_no_reader()) {
        return code;
    }
    cli_complain("stdout: not all could be written: %s", g_strerror(errno));
    /* That is told once. */
    if (!freopen("/dev/null", "we", stdout)) {
        clearerr(stdout);
    }
    return MAX(code, EXIT_MACHINE);
}

History *cli_read_history(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = cli_read_input(path, error);
    gsize length = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    History *history = bytes ? history_parse(text, length, error) : NULL;

    if (!history) {
        g_prefix_error(error, "--dag: %s%s", bytes ? path : "", bytes ? ": " : "");
    }
    return history;
}
