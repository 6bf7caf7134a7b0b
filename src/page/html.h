/* SPDX-License-Identifier: Apache-2.0
 * A document in HTML, written from its begin to its end.
 *
 *     Html *html = html_new();
 *     html_open(html, "p", "class", "reason", NULL);
 *     html_text(html, answer->reason);
 *     html_close(html);
 *     return html_finish(html);
 *
 * Text and values of attributes are bytes from anybody: subjects, consoles, names of jobs. They are
 * escaped here and nowhere else, and nothing here takes markup, so what strangers wrote cannot
 * become any: '<', '>', '&' and quotes are written as references; U+FFFD stands for what is no
 * UTF-8, for control characters but newline and tab, and for characters that turn the direction of
 * text or do not show. An address that a reader could follow must be one of ours or begin with
 * http:, https: or mailto:; "#" stands for any other. Names of elements and attributes are ours: a
 * wrong one is a programmer's mistake and ends the program.
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

typedef struct Html Html;

/* With the doctype. */
Html *html_new(void);
void html_free(Html *html);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Html, html_free)
/* The document; all elements must be closed. @html is freed. */
GBytes *html_finish(Html *html);

/* Begin the element @tag with attributes: names and values, NULL behind the last. A value NULL
 * leaves its attribute out, an empty one is written as the name alone. An element that has no
 * content (meta, link, input, br) must not be closed. */
#define html_open(html, tag, ...)                                                                  \
    html_open_with(html, tag, (const char *const[]){__VA_ARGS__, NULL})
void html_open_with(Html *html, const char *tag, const char *const *attributes);
/* End the element that was begun last. */
void html_close(Html *html);

void html_text(Html *html, const char *bytes);
/* @n_bytes of them, in which a NUL is a control character like others. */
void html_bytes(Html *html, const char *bytes, gsize n_bytes);
/* At most @n_most characters; with "..." where there are more. */
void html_cut(Html *html, const char *bytes, guint n_most);
void html_print(Html *html, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A whole element with nothing but @text (NULL: none) in it. */
#define html_leaf(html, tag, text, ...)                                                            \
    html_leaf_with(html, tag, text, (const char *const[]){__VA_ARGS__, NULL})
void html_leaf_with(Html *html, const char *tag, const char *text, const char *const *attributes);

/* Data for scripts: <script type="application/json" id="@id">. @json is taken. */
void html_data(Html *html, const char *id, json_t *json);
/* A style sheet or a script of our own, as it is. A sequence that would end the element is a
 * programmer's mistake. */
void html_asset(Html *html, const char *tag, GBytes *asset);
