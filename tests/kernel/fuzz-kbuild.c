/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: Kbuild and Kconfig files of any bytes.
 *
 *     build-fuzz/tests/kernel/fuzz-kbuild -max_len=8192 FOLDER
 *
 * An input is a tree: files between NUL bytes. In other builds this is a program that runs the
 * target on inputs of its own.
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

#ifndef WITH_LIBFUZZER
/* A tree is six files, so a NUL ends each but the last. */
#define INPUT(text)                                                                                \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }

static void test_inputs(void)
{
    static const struct {
        const char *text;
        gsize n;
    } inputs[] = {
        INPUT(""),
        INPUT("\0\0\0\0\0"),
        INPUT("core-y := a/\0obj-y += a/\0\0obj-$(CONFIG_A) += x.o b/\0obj-y += c.o\0obj-y:=m.o"),
        INPUT("\0obj-y += a/ a/ ./a/ ../a/\0\0obj-y += ../a/ / b/\0obj-y += ../ ../b/\0"),
        INPUT("\0obj-y += a/\0\0x = $(y)$(y)\ny = $(z)$(z)\nz = $(x)$(x)\nobj-y += $(x)\0\0"),
        INPUT("\0obj-y += a/\0\0x = $(foreach x,a b,$(x)) $(foreach y,$(x),$(y))\n"
              "obj-y += $(x)\0\0"),
        INPUT("\0obj-y += a/\0\0include a/Kbuild a/more.mk\nobj-y += x.o\0\0include a/more.mk"),
        INPUT("\0obj-y += a/\0\0a := $(subst a,aaaaaaaaaaaaaaaa,aaaaaaaaaaaaaaaa)\n"
              "a := $(subst a,$(a),$(a))\na := $(subst a,$(a),$(a))\nobj-y += $(a).o\0\0"),
        INPUT(
            "\0obj-y += a/\0\0obj-$(CONFIG_A)$(CONFIG_B)$(CONFIG_C)$(CONFIG_D)$(CONFIG_E) += x.o\n"
            "$(if $(\0ifeq ($(x\0"),
        INPUT("config A\n\tdepends on ((((((((((A && !(B || C=\"\n\tif\nendmenu\nendif\nmenu\n"),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(inputs); i++) {
        LLVMFuzzerTestOneInput((const uint8_t *)inputs[i].text, inputs[i].n);
    }
}

/* Sums that grow: each line doubles what the one before it says. */
static void test_long_sums(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_len(text, "\0obj-y += a/\0\0", sizeof "\0obj-y += a/\0\0" - 1);
    for (guint i = 0; i < 300; i++) {
        g_string_append_printf(text,
                               "ifeq ($(CONFIG_A%u)$(CONFIG_B%u),yy)\nx%u := $(x%u) $(CONFIG_C%u)\n"
                               "else\nx%u := $(x%u) $(CONFIG_D%u)\nendif\n"
                               "ifneq ($(x%u),)\nobj-y += x.o\nendif\n",
                               i, i, i + 1, i, i, i + 1, i, i, i + 1);
    }
    LLVMFuzzerTestOneInput((const uint8_t *)text->str, text->len);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kbuild/fuzz/inputs", test_inputs);
    g_test_add_func("/kbuild/fuzz/long-sums", test_long_sums);
    return g_test_run();
}
#endif
