/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops: from a file to its crash reports.
 */
#include "cli/crashes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "symbols/symbols.h"

#define PIECE (1 << 16)

static void crash_free(Crash *crash)
{
    oops_report_free(crash->report);
    g_free(crash->guilty_file);
    g_free(crash);
}

void crash_file_free(CrashFile *file)
{
    if (!file) {
        return;
    }
    g_ptr_array_unref(file->crashes);
    g_free(file);
}

/* A console in memory that may be written to. */
typedef struct Bytes {
    char *bytes;
    gsize n;
    GMappedFile *map; /* a copy on write of the file, else the bytes are owned */
} Bytes;

static void bytes_clear(Bytes *bytes)
{
    if (bytes->map) {
        g_mapped_file_unref(bytes->map);
    } else {
        g_free(bytes->bytes);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bytes, bytes_clear)

static gboolean fail(GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno), g_strerror(errno));
    return FALSE;
}

/* All that comes from @fd, which is no regular file. */
static gboolean read_pipe(int fd, Bytes *ret_bytes, GError **error)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    gsize n_all = 0;
    gssize n;

    do {
        g_byte_array_set_size(all, n_all + PIECE);
        n = read(fd, all->data + n_all, PIECE);
        if (n < 0 && errno != EINTR) {
            return fail(error);
        }
        n_all += MAX(n, 0);
    } while (n != 0);
    ret_bytes->bytes = (char *)g_byte_array_free(g_steal_pointer(&all), FALSE);
    ret_bytes->n = n_all;
    return TRUE;
}

static gboolean read_fd(int fd, Bytes *ret_bytes, GError **error)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return fail(error);
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) {
        return read_pipe(fd, ret_bytes, error);
    }
    ret_bytes->map = g_mapped_file_new_from_fd(fd, TRUE, error);
    if (!ret_bytes->map) {
        return FALSE;
    }
    ret_bytes->bytes = g_mapped_file_get_contents(ret_bytes->map);
    ret_bytes->n = g_mapped_file_get_length(ret_bytes->map);
    return TRUE;
}

static gboolean read_bytes(const char *path, Bytes *ret_bytes, GError **error)
{
    gboolean is_stdin = g_str_equal(path, "-"), good;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return fail(error);
    }
    good = read_fd(fd, ret_bytes, error);
    if (!is_stdin) {
        close(fd);
    }
    return good;
}

/* Move *at on to @to, and *line with it. */
static void count_lines(const char *bytes, gsize to, gsize *at, guint64 *line)
{
    const char *newline;

    while (*at < to && (newline = memchr(bytes + *at, '\n', to - *at))) {
        *at = newline + 1 - bytes;
        (*line)++;
    }
}

CrashFile *crash_file_read(const char *path, const OopsReader *reader, gboolean all, GError **error)
{
    g_auto(Bytes) console = {0};
    g_autoptr(GPtrArray) reports = NULL;
    OopsUnprefix unprefix = {0};
    CrashFile *file;
    guint64 line = 1;
    gsize at = 0;

    if (!read_bytes(path, &console, error)) {
        return NULL;
    }
    oops_unprefix(&unprefix, console.bytes, console.n, TRUE);
    reports = oops_find_all(reader, console.bytes, console.n);
    file = g_new0(CrashFile, 1);
    file->path = path;
    file->crashes = g_ptr_array_new_with_free_func((GDestroyNotify)crash_free);
    file->n_told = all ? reports->len : MIN(reports->len, 1);
    g_ptr_array_set_free_func(reports, NULL);
    for (guint i = 0; i < reports->len; i++) {
        Crash *crash = g_new0(Crash, 1);

        crash->report = reports->pdata[i];
        count_lines(console.bytes, crash->report->start, &at, &line);
        crash->line = line;
        g_ptr_array_add(file->crashes, crash);
    }
    return file;
}

void crash_file_blame(CrashFile *file, const OopsReader *reader)
{
    for (guint i = 0; i < file->n_told; i++) {
        Crash *crash = file->crashes->pdata[i];

        g_free(crash->guilty_file);
        crash->guilty_file = oops_guilty_file(reader, crash->report->text,
                                              crash->report->text_prefix, crash->report->title);
    }
}

gboolean crash_files_symbolize(const GPtrArray *files, const char *vmlinux, const char *source_dir,
                               GError **error)
{
    g_autofree char *absolute = source_dir ? g_canonicalize_filename(source_dir, NULL) : NULL;
    const char *source_dirs[] = {absolute, NULL};
    g_autoptr(Symbols) symbols = symbols_open(vmlinux, source_dirs, error);

    if (!symbols) {
        return FALSE;
    }
    for (guint i = 0; i < files->len; i++) {
        const CrashFile *file = files->pdata[i];

        for (guint k = 0; k < file->n_told; k++) {
            OopsReport *report = ((Crash *)file->crashes->pdata[k])->report;
            g_autofree char *context = g_strndup(report->text, report->text_prefix);
            g_autofree char *before = symbols_report(symbols, context);
            g_autofree char *oops = symbols_report(symbols, report->text + report->text_prefix);

            g_free(report->text);
            report->text_prefix = strlen(before);
            report->text = g_strconcat(before, oops, NULL);
        }
    }
    return TRUE;
}
