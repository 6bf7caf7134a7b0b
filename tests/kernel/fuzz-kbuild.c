/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: Kbuild and Kconfig files of any bytes.
 * An input is a tree: files between NUL bytes.
 */
#include <stdint.h>
#include <string.h>

#include "kernel/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Where the files of the input lie. */
static const char *const paths[] = {"Makefile", "Kbuild",       "arch/x86/Makefile",
                                    "a/Kbuild", "a/b/Makefile", "a/more.mk"};

typedef struct Input {
    const char *data;
    gsize n;
} Input;

static GBytes *read_input(const char *path, gpointer data)
{
    const Input *input = data;
    gsize start = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(paths) && start <= input->n; i++) {
        const char *end = memchr(input->data + start, 0, input->n - start);
        gsize length = end ? (gsize)(end - input->data) - start : input->n - start;

        if (strcmp(paths[i], path) == 0) {
            return g_bytes_new(input->data + start, length);
        }
        start += length + 1;
    }
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    Input input = {.data = (const char *)data, .n = n};
    g_autoptr(Kbuild) kbuild = kbuild_new(read_input, &input);
    g_autoptr(GHashTable) config = config_values("CONFIG_A=y\nCONFIG_B=m\nCONFIG_N=7\n");
    static const char *const wanted[] = {"a/b/c.c", "a/x.c", "arch/x86/kernel/y.S"};

    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autoptr(KbuildGuards) guards = kbuild_guards(kbuild, wanted[i]);
        g_auto(GStrv) needed = kbuild_needed(guards, config);
        KbuildAnswer answer = kbuild_is_compiled(guards, config);

        /* What a file needs is on where it is compiled. */
        for (char **option = needed; *option; option++) {
            g_assert_true(answer == KBUILD_UNKNOWN || g_hash_table_contains(config, *option));
        }
    }
    kbuild_read_all(kbuild);

    g_autoptr(KconfigEntry) entry = kconfig_find(input.data, n, "A");
    for (char **expression = entry ? entry->depends : NULL; expression && *expression;
         expression++) {
        g_strfreev(kconfig_unmet(*expression, config));
    }
    g_strfreev(kconfig_source_depends(input.data, n, "a/Kconfig"));
    return 0;
}
