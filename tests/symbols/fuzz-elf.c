/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: a vmlinux of any bytes, read at home; the seed is a small one.
 *
 * elfutils is not ours and has no sanitizer in it; what it does wrong ends here as a signal, and in
 * the product as an error of the process apart. With -fork=1 -ignore_crashes=1 the fuzzer goes on
 * behind such a find.
 */
#include "symbols/symbols.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char report[] = " outer+0x5/0x50\nRIP: 0010:main+0x4/0x9\n outer+0x30/0x50\n"
                                 " [<0000000000401010>]\n 0x0000000000401020\n";
    static const char *const source_dirs[] = {"/src", NULL};
    int fd = memfd_create("vmlinux", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *signature = NULL, *text = NULL;
    g_autoptr(SymbolsChange) change = NULL;
    g_autoptr(Symbols) symbols = NULL;

    g_assert_true(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    signature = symbols_signature(fd, NULL);
    g_assert_true(!signature || strlen(signature) == 64);
    symbols = symbols_open(path, source_dirs, NULL);
    if (symbols) {
        text = symbols_report(symbols, report);
        g_assert_cmpuint(strlen(text), >=, strlen(report));
        symbols_has_function(symbols, "inner");
        symbols_has_source(symbols, "outer.c");
        change = symbols_compare(symbols, symbols);
        g_assert_true(!*change->functions && !*change->variables);
    }
    g_clear_pointer(&symbols, symbols_free);
    close(fd);
    return 0;
}
