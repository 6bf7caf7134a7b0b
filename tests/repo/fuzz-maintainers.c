/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: MAINTAINERS, .mailmap, names of files, bindings and patches of any bytes, as
 * parts of one input.
 */
#include <stdint.h>
#include <string.h>

#include "repo/mailbox.h"
#include "repo/maintainers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The parts of an input, with a line "=" between two. */
enum { INPUT_MAINTAINERS, INPUT_MAILMAP, INPUT_FILE, INPUT_CONTENT, N_INPUTS };

static gboolean input_is_folder(const char *path, gpointer parts)
{
    return strlen(path) % 2;
}

static GBytes *input_read(const char *path, gpointer parts)
{
    const char *content = ((char **)parts)[INPUT_CONTENT];

    return g_bytes_new(content, strlen(content));
}

/* All questions are asked; the answers have whole lines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autofree char *text = g_strndup((const char *)data, n);
    g_auto(GStrv) split = g_strsplit(text, "\n=\n", N_INPUTS);
    char *parts[N_INPUTS] = {(char *)"", (char *)"", (char *)"", (char *)""};
    g_autoptr(GBytes) maintainers_text = NULL, mailmap = NULL;
    g_autoptr(Maintainers) maintainers = NULL;
    g_autofree char *of_file = NULL, *of_patch = NULL;
    SourceTree tree = {input_is_folder, input_read, parts};

    for (guint i = 0; split[i]; i++) {
        parts[i] = split[i];
    }
    maintainers_text = g_bytes_new(parts[INPUT_MAINTAINERS], strlen(parts[INPUT_MAINTAINERS]));
    mailmap = g_bytes_new(parts[INPUT_MAILMAP], strlen(parts[INPUT_MAILMAP]));
    maintainers = maintainers_new(maintainers_text, mailmap, &tree);
    of_file = maintainers_of_file(maintainers, parts[INPUT_FILE], TRUE);
    of_patch = maintainers_of_patch(maintainers, parts[INPUT_CONTENT]);
    g_assert_true(!*of_file || g_str_has_suffix(of_file, ")\n"));
    g_assert_true(!*of_patch || g_str_has_suffix(of_patch, ")\n"));
    return 0;
}
