/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops: a console goes through the stream. It may have gigabytes, or be written right now,
 * so only its last half megabyte is kept, which tells the line numbers of reports.
 */
#include "cli/crashes.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1 << 16)
/* A report is known to begin when its first line and the next one are there, so 264 KB and what is
 * read at once behind its begin at most. */
#define N_CHUNKS 8
/* A console that says nothing for so long is at the end of its report. Kernels print reports at
 * once, and slow serial lines without a pause; those who watch a console wait so much longer. */
#define QUIET_MS 2000

typedef struct Chunk {
    char *bytes;     /* NULL: not used yet */
    gsize n;         /* fed */
    guint64 from;    /* offset in the console */
    guint64 n_lines; /* newlines before */
} Chunk;

struct CrashIntake {
    int fd;
    const OopsReader *reader;
    OopsStream *stream;
    guint64 base; /* where in the console the stream begins */
    OopsUnprefix unprefix;
    Chunk chunks[N_CHUNKS];
    guint i_chunk; /* that is filled now */
    gsize n_left;  /* bytes behind those fed, which wait for the rest of their line */
    GQueue lines;  /* of guint64: where the reports begin that have not ended */
};

CrashIntake *crash_intake_new(const char *path, const OopsReader *reader, GError **error)
{
    gboolean is_stdin = g_str_equal(path, "-");
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    CrashIntake *intake;

    if (fd < 0) {
        g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno), g_strerror(errno));
        return NULL;
    }
    intake = g_new0(CrashIntake, 1);
    intake->fd = fd;
    intake->reader = reader;
    intake->stream = oops_stream_new(reader);
    intake->chunks[0].bytes = g_malloc(CHUNK);
    g_queue_init(&intake->lines);
    return intake;
}

void crash_intake_free(CrashIntake *intake)
{
    if (!intake) {
        return;
    }
    close(intake->fd);
    oops_stream_free(intake->stream);
    for (guint i = 0; i < N_CHUNKS; i++) {
        g_free(intake->chunks[i].bytes);
    }
    g_queue_clear_full(&intake->lines, g_free);
    g_free(intake);
}

static guint64 count_newlines(const char *bytes, gsize n)
{
    guint64 n_lines = 0;

    for (gsize i = 0; i < n; i++) {
        n_lines += bytes[i] == '\n';
    }
    return n_lines;
}

/* The line, from 1, that has the byte at @offset of the console. 0: not known any more. */
static guint64 line_of(const CrashIntake *intake, guint64 offset)
{
    for (guint i = 0; i < N_CHUNKS; i++) {
        const Chunk *chunk = &intake->chunks[i];

        if (chunk->bytes && offset >= chunk->from && offset - chunk->from < chunk->n) {
            return chunk->n_lines + count_newlines(chunk->bytes, offset - chunk->from) + 1;
        }
    }
    return 0;
}

/* The reports that the stream has found go to @file. */
static void take_reports(CrashIntake *intake, CrashFile *file, gboolean closed)
{
    OopsEvent event;

    while (oops_stream_next(intake->stream, &event)) {
        guint64 line;

        if (!event.report) {
            line = line_of(intake, intake->base + event.start);
            g_queue_push_tail(&intake->lines, g_memdup2(&line, sizeof(line)));
        } else {
            g_autofree guint64 *begin = g_queue_pop_head(&intake->lines);
            Crash *crash = g_new0(Crash, 1);

            if (closed) {
                oops_stream_complete(intake->stream, event.report);
            }
            event.report->start += intake->base;
            event.report->skip += intake->base;
            event.report->end += intake->base;
            crash->report = event.report;
            crash->line = *begin;
            g_ptr_array_add(file->crashes, crash);
        }
    }
}

/* All reports have ended: either the console has, or it is quiet. */
static void end_stream(CrashIntake *intake, CrashFile *file)
{
    guint n_before = file->crashes->len;

    oops_stream_close(intake->stream);
    take_reports(intake, file, TRUE);
    for (guint i = 0; i < n_before && intake->base == 0; i++) {
        oops_stream_complete(intake->stream, ((Crash *)file->crashes->pdata[i])->report);
    }
}

/* The current chunk is full: make the next one current. */
static void next_chunk(CrashIntake *intake)
{
    const Chunk *chunk = &intake->chunks[intake->i_chunk];
    Chunk *next;

    intake->i_chunk = (intake->i_chunk + 1) % N_CHUNKS;
    next = &intake->chunks[intake->i_chunk];
    if (!next->bytes) {
        next->bytes = g_malloc(CHUNK);
    }
    memcpy(next->bytes, chunk->bytes + chunk->n, intake->n_left);
    next->n = 0;
    next->from = chunk->from + chunk->n;
    next->n_lines = chunk->n_lines + count_newlines(chunk->bytes, chunk->n);
}

/* @n bytes more have come into the current chunk: feed what can be. A serial line brings a few at
 * a time, so the chunk goes on until it is full. */
static void feed(CrashIntake *intake, gsize n, gboolean is_last)
{
    Chunk *chunk = &intake->chunks[intake->i_chunk];
    char *begin = chunk->bytes + chunk->n;
    gsize n_done;

    n += intake->n_left;
    n_done = oops_unprefix(&intake->unprefix, begin, n, is_last);
    oops_stream_feed(intake->stream, begin, n_done);
    chunk->n += n_done;
    intake->n_left = n - n_done;
    if (chunk->n + intake->n_left == CHUNK) {
        next_chunk(intake);
    }
}

/* Is there a report that waits for its end, and does nothing come? */
static gboolean is_quiet(const CrashIntake *intake)
{
    struct pollfd poll_fd = {.fd = intake->fd, .events = POLLIN};

    return intake->lines.length > 0 && poll(&poll_fd, 1, QUIET_MS) == 0;
}

/* The program that reads what begins with @bytes, if it is compressed; or NULL. */
static const char *decompressor(const char *bytes, gsize n)
{
    static const struct {
        const char *magic, *program;
    } kinds[] = {
        {"\x1f\x8b", "zcat"},
        {"\xfd"
         "7zXZ",
         "xzcat"},
        {"\x28\xb5\x2f\xfd", "zstdcat"},
        {"BZh", "bzcat"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        gsize n_magic = strlen(kinds[i].magic);

        if (n >= n_magic && memcmp(bytes, kinds[i].magic, n_magic) == 0) {
            return kinds[i].program;
        }
    }
    return NULL;
}

CrashIntakeState crash_intake_step(CrashIntake *intake, CrashFile *file, gboolean follow,
                                   GError **error)
{
    const Chunk *chunk = &intake->chunks[intake->i_chunk];
    gsize n_held = chunk->n + intake->n_left;
    const char *program;
    gssize n;

    if (follow && is_quiet(intake)) {
        end_stream(intake, file);
        oops_stream_free(intake->stream);
        intake->stream = oops_stream_new(intake->reader);
        intake->base = chunk->from + chunk->n;
        return CRASH_INTAKE_MORE;
    }
    do {
        n = read(intake->fd, chunk->bytes + n_held, CHUNK - n_held);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno), g_strerror(errno));
        return CRASH_INTAKE_FAILED;
    }
    program = chunk->from + n_held == 0 ? decompressor(chunk->bytes, n) : NULL;
    if (program) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "compressed: read it with '%s ... | firstbad oops'", program);
        return CRASH_INTAKE_FAILED;
    }
    feed(intake, n, n == 0);
    take_reports(intake, file, FALSE);
    if (n == 0) {
        end_stream(intake, file);
    }
    return n == 0 ? CRASH_INTAKE_END : CRASH_INTAKE_MORE;
}

CrashFile *crash_file_read(const char *path, const OopsReader *reader, GError **error)
{
    g_autoptr(CrashIntake) intake = crash_intake_new(path, reader, error);
    g_autoptr(CrashFile) file = crash_file_new(path);
    CrashIntakeState state = intake ? CRASH_INTAKE_MORE : CRASH_INTAKE_FAILED;

    while (state == CRASH_INTAKE_MORE) {
        state = crash_intake_step(intake, file, FALSE, error);
    }
    return state == CRASH_INTAKE_END ? g_steal_pointer(&file) : NULL;
}
