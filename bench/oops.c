/* SPDX-License-Identifier: Apache-2.0
 * How fast are consoles read?
 *
 *     build/bench/bench-oops [FOLDER...]
 *
 * Prints, for one core: what a reader costs to make; a console without a crash, in GB/s; a console
 * of 1 MB with a crash at its end, in ms; and all files of the folders (consoles of the corpora),
 * the first report of each, in MB/s. Processor time, since machines are shared; each figure is the
 * median of several runs.
 */
#include "oops/oops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median time that @work takes, in seconds. */
static double measure(void (*work)(gpointer user), gpointer user)
{
    double times[ROUNDS];

    for (guint i = 0; i < ROUNDS; i++) {
        double began = now_s();

        work(user);
        times[i] = now_s() - began;
    }
    qsort(times, ROUNDS, sizeof(*times), compare);
    return times[ROUNDS / 2];
}

typedef struct Work {
    OopsReader *reader;
    GString *console;
    gboolean crashes;
    GPtrArray *files; /* of GBytes */
} Work;

static void make_reader(gpointer user)
{
    oops_reader_free(oops_reader_new());
}

/* A small call of `firstbad oops`: a new reader, one report. */
static void read_once(gpointer user)
{
    const Work *work = user;
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(OopsReport) report = oops_find(reader, work->console->str, work->console->len, 0);

    g_assert_nonnull(report);
}

static void read_console(gpointer user)
{
    const Work *work = user;
    g_autoptr(OopsReport) report =
        oops_find(work->reader, work->console->str, work->console->len, 0);

    g_assert_cmpint(work->crashes, ==, report != NULL);
}

static void feed_console(gpointer user)
{
    const Work *work = user;
    g_autoptr(OopsStream) stream = oops_stream_new(work->reader);
    OopsEvent event;

    for (gsize at = 0; at < work->console->len; at += 4096) {
        oops_stream_feed(stream, work->console->str + at, MIN(4096, work->console->len - at));
    }
    oops_stream_close(stream);
    g_assert_cmpint(work->crashes, ==, oops_stream_next(stream, &event));
}

static void read_files(gpointer user)
{
    const Work *work = user;

    for (guint i = 0; i < work->files->len; i++) {
        gsize n;
        const char *console = g_bytes_get_data(work->files->pdata[i], &n);
        g_autoptr(OopsReport) report = oops_find(work->reader, console, n, 0);
    }
}

/* What kernels print while nothing happens. */
static void append_quiet(GString *console, gsize n, const char *newline)
{
    for (guint i = 0; console->len < n; i++) {
        g_string_append_printf(console,
                               "[%5u.%06u][    T%u] pci 0000:00:%02x.0: BAR %u: assigned [mem "
                               "0x%08x-0x%08x 64bit pref]%s",
                               i / 1000, i % 1000000, i % 9000, i % 64, i % 6, i * 4096,
                               i * 4096 + 4095, newline);
        g_string_append_printf(console,
                               "[%5u.%06u][    T1] usb %u-1: New USB device found, "
                               "idVendor=%04x, idProduct=0001, bcdDevice= 1.00%s",
                               i / 1000, i % 1000000, i % 9, i % 65536, newline);
        g_string_append_printf(console,
                               "[%5u.%06u][ T%u] systemd[1]: Started Network Name Resolution "
                               "(attempt %u).%s",
                               i / 1000, i % 1000000, 1000 + i % 999, i, newline);
    }
}

static void append_crash(GString *console)
{
#define AT "[  100.000000][ T5980] "
    g_string_append(console,
                    AT "BUG: KASAN: slab-use-after-free in poke+0x10/0x20\n" AT
                       "Read of size 8 at addr ffff888012345678 by task syz.0.17/5980\n" AT "\n" AT
                       "CPU: 0 UID: 0 PID: 5980 Comm: syz.0.17 Not tainted 6.12.0 #1\n" AT
                       "Call Trace:\n" AT " <TASK>\n" AT " dump_stack_lvl+0x241/0x360\n" AT
                       " print_report+0x169/0x550\n" AT " kasan_report+0x143/0x180\n");
    for (guint i = 0; i < 20; i++) {
        g_string_append_printf(console, AT " poke_%u+0x10/0x20\n", i);
    }
    g_string_append(console, AT " do_syscall_64+0x1/0x2\n" AT
                                " entry_SYSCALL_64_after_hwframe+0x1/0x2\n" AT " </TASK>\n");
#undef AT
}

static gsize add_files(GPtrArray *files, const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    gsize n_bytes = 0, n;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        char *content;

        if ((g_str_has_suffix(name, ".log") || g_str_has_suffix(name, ".txt")) &&
            g_file_get_contents(path, &content, &n, NULL)) {
            g_ptr_array_add(files, g_bytes_new_take(content, n));
            n_bytes += n;
        }
    }
    return n_bytes;
}

int main(int argc, char **argv)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GString) console = g_string_new(NULL);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    Work work = {reader, console, FALSE, files};
    gsize n_bytes = 0;

    append_crash(console);
    work.crashes = TRUE;
    printf("reader made                    %7.2f ms\n", measure(make_reader, NULL) * 1e3);
    printf("reader made, one report read   %7.2f ms\n", measure(read_once, &work) * 1e3);

    work.crashes = FALSE;
    g_string_truncate(console, 0);
    append_quiet(console, 64 << 20, "\n");
    printf("no crash, in one buffer        %7.2f GB/s\n",
           (double)console->len / measure(read_console, &work) / 1e9);
    printf("no crash, chunks of 4 KB       %7.2f GB/s\n",
           (double)console->len / measure(feed_console, &work) / 1e9);
    g_string_truncate(console, 0);
    append_quiet(console, 64 << 20, "\r\n");
    printf("no crash, carriage returns     %7.2f GB/s\n",
           (double)console->len / measure(read_console, &work) / 1e9);

    work.crashes = TRUE;
    g_string_truncate(console, 0);
    append_quiet(console, 1000000, "\n");
    append_crash(console);
    printf("1 MB, a crash at the end       %7.2f ms\n", measure(read_console, &work) * 1e3);

    for (int i = 1; i < argc; i++) {
        n_bytes += add_files(files, argv[i]);
    }
    if (files->len > 0) {
        printf("%u files of %.1f MB          %7.1f MB/s\n", files->len, (double)n_bytes / 1e6,
               (double)n_bytes / measure(read_files, &work) / 1e6);
    }
    return 0;
}
