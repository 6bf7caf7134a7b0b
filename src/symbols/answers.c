/* SPDX-License-Identifier: Apache-2.0 */
#include "symbols/answers.h"

#include <string.h>

#include "symbols/internal.h"

static const char *const names[] = {
    [SYMBOLS_UNKNOWN] = "unknown", [SYMBOLS_NO] = "no", [SYMBOLS_YES] = "yes"};

const char *answer_name(SymbolsAnswer answer)
{
    return names[answer];
}

char **answers_split(const char *bytes, gsize n_bytes, guint n)
{
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
    const char *end = bytes + n_bytes, *nul;
    guint n_found = 0;

    for (; bytes < end && (nul = memchr(bytes, '\0', end - bytes)); bytes = nul + 1) {
        g_strv_builder_add(texts, bytes);
        n_found++;
    }
    return bytes == end && n_found == n ? g_strv_builder_end(texts) : NULL;
}

SymbolsAnswer *answers_facts(char **texts, guint n)
{
    g_autofree SymbolsAnswer *parsed = g_new0(SymbolsAnswer, n + 1);

    for (guint i = 0; i < n; i++) {
        guint k = 0;

        while (k < G_N_ELEMENTS(names) && !g_str_equal(texts[i], names[k])) {
            k++;
        }
        if (k == G_N_ELEMENTS(names)) {
            return NULL;
        }
        parsed[i] = (SymbolsAnswer)k;
    }
    return g_steal_pointer(&parsed);
}

SymbolsChange *answers_change(const char *text)
{
    g_autoptr(GStrvBuilder) functions = g_strv_builder_new(), variables = g_strv_builder_new();
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    SymbolsChange *change = g_new0(SymbolsChange, 1);

    for (char **line = lines; *line; line++) {
        g_autofree char *name = **line ? clean_name(*line + 1) : NULL;

        if (**line == DIFFERS_FUNCTION) {
            g_strv_builder_add(functions, name);
        } else if (**line == DIFFERS_VARIABLE) {
            g_strv_builder_add(variables, name);
        }
    }
    change->functions = g_strv_builder_end(functions);
    change->variables = g_strv_builder_end(variables);
    return change;
}
