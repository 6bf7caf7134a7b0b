/* SPDX-License-Identifier: Apache-2.0
 * The text of a variant, taken apart and put together.
 */
#include "kernel/variant.h"

#include <string.h>

#define MARKS "-+@"

void variant_free(Variant *variant)
{
    if (!variant) {
        return;
    }
    g_free(variant->commit);
    g_strfreev(variant->reverts);
    g_strfreev(variant->picks);
    g_free(variant->config);
    g_free(variant);
}

/* Cut the id off that @text begins with; NULL when there is none. */
static char *take_id(const char **text)
{
    gsize n = strspn(*text, "0123456789abcdef");
    char *id = (n == 40 || n == 64) && (!(*text)[n] || strchr(MARKS, (*text)[n]))
                   ? g_strndup(*text, n)
                   : NULL;

    *text += n;
    return id;
}

Variant *variant_parse(const char *text)
{
    g_autoptr(Variant) variant = g_new0(Variant, 1);
    g_autoptr(GStrvBuilder) reverts = g_strv_builder_new();
    g_autoptr(GStrvBuilder) picks = g_strv_builder_new();

    variant->commit = take_id(&text);
    while (variant->commit && *text) {
        char mark = *text++;
        g_autofree char *id = take_id(&text);

        if (!id || variant->config) {
            return NULL; /* the config comes last */
        }
        if (mark == '@') {
            variant->config = g_steal_pointer(&id);
        } else {
            g_strv_builder_add(mark == '-' ? reverts : picks, id);
        }
    }
    if (!variant->commit) {
        return NULL;
    }
    variant->reverts = g_strv_builder_end(reverts);
    variant->picks = g_strv_builder_end(picks);
    return g_steal_pointer(&variant);
}

gboolean variant_is_plain(const char *text)
{
    return !strpbrk(text, MARKS);
}

char *variant_commit(const char *text)
{
    return g_strndup(text, strcspn(text, MARKS));
}

static const char *mark_word(char mark)
{
    return mark == '-' ? "without" : mark == '+' ? "with" : "under config";
}

char *variant_title(const char *text)
{
    GString *title = g_string_new(NULL);
    char last = 0;

    g_string_append_printf(title, "%.12s", text);
    for (text = strpbrk(text, MARKS); text; text = strpbrk(text + 1, MARKS)) {
        gboolean goes_on = *text == last;

        g_string_append_printf(title, "%s %s%s%.12s", last ? " and" : "",
                               goes_on ? "" : mark_word(*text), goes_on ? "" : " ", text + 1);
        last = *text;
    }
    return g_string_free(title, FALSE);
}

char *variant_configured(const char *text, const char *config)
{
    gsize n = strcspn(text, "@");

    return config ? g_strdup_printf("%.*s@%s", (int)n, text, config) : g_strndup(text, n);
}

/* @mark and @commit go before the config, if there is one. */
static char *insert(const char *text, gsize at, char mark, const char *commit)
{
    return g_strdup_printf("%.*s%c%s%s", (int)at, text, mark, commit, text + at);
}

char *variant_without(const char *text, const char *commit)
{
    return insert(text, strcspn(text, "+@"), '-', commit);
}

char *variant_with(const char *text, const char *commit)
{
    return insert(text, strcspn(text, "@"), '+', commit);
}
