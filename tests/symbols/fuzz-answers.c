/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: anything that the process which reads a vmlinux might answer, once a vmlinux
 * has taken it over. The first byte says how many answers are waited for.
 */
#include <stdint.h>
#include <string.h>

#include "symbols/answers.h"
#include "symbols/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Each is a word that can stand in a line of a report. */
static void check_names(char *const *names)
{
    for (; *names; names++) {
        g_assert_true(g_utf8_validate(*names, -1, NULL) && !strpbrk(*names, "\n\r\t\033"));
    }
}

static void check_texts(char **texts, guint n)
{
    g_autofree SymbolsAnswer *facts = answers_facts(texts, n);

    for (guint i = 0; i < n; i++) {
        g_autoptr(SymbolsChange) change = answers_change(texts[i]);
        Origins *origins = origins_parse(texts[i]);

        check_names(change->functions);
        check_names(change->variables);
        for (guint64 address = 1; address; address <<= 1) {
            const Origin *origin = origins_find(origins, address);

            g_assert_true(!origin || origin->object);
        }
        origins_free(origins);
        g_assert_true(!facts || strcmp(answer_name(facts[i]), texts[i]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    guint n_wanted = n ? data[0] % 8 : 0;
    g_auto(GStrv) texts = n ? answers_split((const char *)data + 1, n - 1, n_wanted) : NULL;

    if (texts) {
        g_assert_cmpuint(g_strv_length(texts), ==, n_wanted);
        check_texts(texts, n_wanted);
    }
    return 0;
}
