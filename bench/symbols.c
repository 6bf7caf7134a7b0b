/* SPDX-License-Identifier: Apache-2.0
 * Symbolize the frames of a kernel: bench-symbols FRAMES.tsv [VMLINUX]. Opening and all frames, one
 * report each, with the file out of the page cache and then in it, and how many are exact; then
 * what the first question about a function or a file costs, and the next ones.
 *
 * bench-symbols --compare BEFORE AFTER: what differs between two kernels, and what that costs.
 */
#include "symbols/symbols.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../tests/symbols/frames.h"

static double seconds_since(gint64 start_us)
{
    return (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
}

/* Drop @path from the page cache; it is clean, as nobody writes to it. */
static void forget(const char *path)
{
    int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    g_close(fd, NULL);
}

static Symbols *open_or_die(const char *vmlinux)
{
    g_autoptr(GError) error = NULL;
    Symbols *symbols = symbols_open(vmlinux, NULL, &error);

    if (!symbols) {
        fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
    return symbols;
}

/* Answers are kept and looked at when the clock has stopped. */
static void symbolize(const char *state, const char *vmlinux, char **rows)
{
    g_autoptr(GPtrArray) got = g_ptr_array_new_with_free_func(g_free);
    gint64 start = g_get_monotonic_time();
    clock_t cpu = clock();
    g_autoptr(Symbols) symbols = open_or_die(vmlinux);
    double opened = seconds_since(start), all;
    guint n_exact = 0;

    for (gsize i = 1; rows[i] && *rows[i]; i++) {
        g_autofree char *frame = g_strndup(rows[i], strcspn(rows[i], "\t"));

        g_ptr_array_add(got, symbols_report(symbols, frame));
    }
    all = seconds_since(start);
    cpu = clock() - cpu;
    for (guint i = 0; i < got->len; i++) {
        g_auto(GStrv) cells = g_strsplit(rows[i + 1], "\t", -1);
        g_autofree char *wanted = frames_wanted(cells[0], cells[2]);

        n_exact += g_str_equal(got->pdata[i], wanted);
        if (!g_str_equal(got->pdata[i], wanted) && g_getenv("VERBOSE")) {
            printf("wanted\n%s\ngot\n%s\n", wanted, (char *)got->pdata[i]);
        }
    }
    printf("%s: %u of %u exact, open %.2f s, all %.2f s (CPU %.2f s)\n", state, n_exact, got->len,
           opened, all, (double)cpu / CLOCKS_PER_SEC);
}

static void ask(const char *vmlinux)
{
    g_autoptr(Symbols) symbols = open_or_die(vmlinux);
    gint64 start = g_get_monotonic_time();
    const guint n = 10000;

    symbols_has_source(symbols, "no/such/file.c");
    printf("facts: the first %.2f s", seconds_since(start));
    start = g_get_monotonic_time();
    for (guint i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("no_such_function_%u", i);

        symbols_has_function(symbols, name);
    }
    printf(", then %.2f us each\n", seconds_since(start) / n * 1e6);
}

static int compare(const char *before, const char *after)
{
    gint64 start_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    g_autoptr(Symbols) old = symbols_open(before, NULL, &error);
    g_autoptr(Symbols) new = old ? symbols_open(after, NULL, &error) : NULL;
    g_autoptr(SymbolsChange) change = new ? symbols_compare(old, new) : NULL;
    double seconds = seconds_since(start_us);

    if (!change) {
        fprintf(stderr, "%s\n", error->message);
        return EXIT_FAILURE;
    }
    printf("%u functions, %u variables, %.2f s (CPU %.2f s)\n", g_strv_length(change->functions),
           g_strv_length(change->variables), seconds, (double)clock() / CLOCKS_PER_SEC);
    for (char **name = change->functions; *name; name++) {
        printf("%s()\n", *name);
    }
    for (char **name = change->variables; *name; name++) {
        printf("%s\n", *name);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *vmlinux = argc > 2 ? argv[2] : frames_vmlinux();
    g_autofree char *table = NULL;
    g_auto(GStrv) rows = NULL;

    if (argc == 4 && g_str_equal(argv[1], "--compare")) {
        return compare(argv[2], argv[3]);
    }
    if (argc < 2 || !g_file_get_contents(argv[1], &table, NULL, NULL)) {
        fprintf(stderr, "usage: bench-symbols FRAMES.tsv [VMLINUX]\n"
                        "       bench-symbols --compare BEFORE AFTER\n");
        return EXIT_FAILURE;
    }
    rows = g_strsplit(table, "\n", -1);
    forget(vmlinux);
    symbolize("cold", vmlinux, rows);
    symbolize("warm", vmlinux, rows);
    ask(vmlinux);
    return EXIT_SUCCESS;
}
