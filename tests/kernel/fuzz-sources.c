/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any text as the list of what a kernel was made of, asked for each of its lines,
 * and as the Makefile at the top of its tree.
 */
#include <stdint.h>
#include <string.h>

#include "kernel/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *text = g_strndup((const char *)data, n);
    g_autoptr(Sources) sources = sources_parse(text, strlen(text));
    g_autofree char *rest = sources_makefile(text);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 100);

    for (char **line = lines; *line; line++) {
        double share = sources_share(sources, *line);

        g_assert_cmpint(sources_touch(sources, *line, PATH_MODIFIED), <, N_TOUCHES);
        g_assert_true(share >= 0 && share <= 1);
    }
    g_assert_cmpuint(strlen(rest), <=, strlen(text) + 1);
    return 0;
}
