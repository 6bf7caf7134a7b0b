/* SPDX-License-Identifier: Apache-2.0
 * The head and the tail of a long text.
 */
#include "process/process.h"

#include <string.h>

struct Excerpt {
    gsize half;
    GString *head, *tail; /* the tail begins when the head is full */
    gsize n_left_out;     /* between them */
};

Excerpt *excerpt_new(gsize limit_bytes)
{
    Excerpt *excerpt = g_new0(Excerpt, 1);

    excerpt->half = limit_bytes / 2;
    excerpt->head = g_string_new(NULL);
    excerpt->tail = g_string_new(NULL);
    return excerpt;
}

void excerpt_free(Excerpt *excerpt)
{
    if (!excerpt) {
        return;
    }
    g_string_free(excerpt->head, TRUE);
    g_string_free(excerpt->tail, TRUE);
    g_free(excerpt);
}

void excerpt_add(Excerpt *excerpt, const char *bytes, gsize n_bytes)
{
    gsize n_head = MIN(n_bytes, excerpt->half - excerpt->head->len);

    g_string_append_len(excerpt->head, bytes, (gssize)n_head);
    g_string_append_len(excerpt->tail, bytes + n_head, (gssize)(n_bytes - n_head));
    /* Not before it is twice too long, so that a byte is moved once at most. */
    if (excerpt->tail->len / 2 >= excerpt->half) {
        gsize n_over = excerpt->tail->len - excerpt->half;

        g_string_erase(excerpt->tail, 0, (gssize)n_over);
        excerpt->n_left_out += n_over;
    }
}

char *excerpt_text(const Excerpt *excerpt, const char *cut, gsize *ret_n_text)
{
    gsize n_before = strcspn(cut, "#");
    GString *text = g_string_new_len(excerpt->head->str, (gssize)excerpt->head->len);
    gsize n_over = excerpt->tail->len - MIN(excerpt->tail->len, excerpt->half);
    gsize n_left_out = excerpt->n_left_out + n_over;

    if (n_left_out) {
        g_string_append_printf(text, "\n%.*s%" G_GSIZE_FORMAT "%s\n", (int)n_before, cut,
                               n_left_out, cut + n_before + 1);
    }
    g_string_append_len(text, excerpt->tail->str + n_over, (gssize)(excerpt->tail->len - n_over));
    *ret_n_text = text->len;
    return g_string_free(text, FALSE);
}
