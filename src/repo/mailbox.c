/* SPDX-License-Identifier: Apache-2.0
 * Mailboxes and .mailmap. What comes out is what scripts/get_maintainer.pl of Linux 6.1 prints for
 * the same text: bytes count as they do for Perl, so letters beyond ASCII make a name be quoted.
 */
#include "repo/mailbox.h"

#include <string.h>

void mailbox_clear(Mailbox *mailbox)
{
    g_clear_pointer(&mailbox->name, g_free);
    g_clear_pointer(&mailbox->address, g_free);
}

/* @text without blanks at its ends, and without a quote at either end. Owned by the caller. */
static char *unquote(const char *text)
{
    g_autofree char *bare = g_strstrip(g_strdup(text));
    gsize n = strlen(bare);
    gsize skip = *bare == '"' ? 1 : 0;

    if (n > skip && bare[n - 1] == '"') {
        bare[n - 1] = '\0';
    }
    return g_strdup(bare + skip);
}

/* @name in quotes when something in it must be. Owned by the caller. */
static char *quote(const char *name)
{
    g_autofree char *bare = unquote(name);
    g_autoptr(GString) quoted = g_string_new("\"");
    gboolean plain = TRUE;

    for (const char *c = bare; *c; c++) {
        plain &= g_ascii_isalnum(*c) || strchr("_ -", *c) != NULL;
        if (*c == '"' && (c == bare || c[-1] != '\\')) {
            g_string_append_c(quoted, '\\');
        }
        g_string_append_c(quoted, *c);
    }
    if (plain) {
        return g_steal_pointer(&bare);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(g_steal_pointer(&quoted), FALSE);
}

Mailbox mailbox_new(const char *name, const char *address)
{
    return (Mailbox){.name = quote(name), .address = g_strstrip(g_strdup(address))};
}

Mailbox mailbox_parse(const char *text)
{
    const char *open = strchr(text, '<');
    const char *close = open ? strrchr(open, '>') : NULL;
    const char *at = strrchr(text, '@');
    g_autofree char *name = NULL, *address = NULL;

    if (close && close > open + 1 && memchr(open + 2, '@', (gsize)(close - open - 2))) {
        name = g_strndup(text, (gsize)(open - text));
        address = g_strndup(open + 1, (gsize)(close - open - 1));
    } else if (at && at > text) {
        address = g_strndup(text, (gsize)(at - text) + strcspn(at, " \t\r\n\f\v"));
    }
    return mailbox_new(name ? name : "", address ? address : "");
}

char *mailbox_format(const Mailbox *mailbox)
{
    return *mailbox->name ? g_strdup_printf("%s <%s>", mailbox->name, mailbox->address)
                          : g_strdup(mailbox->address);
}

/* --- Lists ----------------------------------------------------------------------------------- */

/* RFC 822's atoms: all but blanks and these. */
#define SPECIALS "()<>@,;:\\\".[]"

/* The end of the atoms and quoted strings at @text. */
static const char *skip_phrase(const char *text)
{
    for (;;) {
        gsize n_atom;

        text += strspn(text, " \t");
        n_atom = strcspn(text, SPECIALS " \t\r\n");
        if (n_atom) {
            text += n_atom;
        } else if (*text == '"') {
            const char *end = text + 1;

            while (*end && *end != '"') {
                end += *end == '\\' && end[1] ? 2 : 1;
            }
            if (!*end) {
                return text;
            }
            text = end + 1;
        } else {
            return text;
        }
    }
}

/* The end of "local.part@domain" at @text, or NULL. */
static const char *skip_address(const char *text)
{
    for (gboolean domain = FALSE;; text++) {
        gsize n = strcspn(text, SPECIALS " \t\r\n");

        if (!n) {
            return NULL;
        }
        text += n;
        if (*text == '@' && !domain) {
            domain = TRUE;
        } else if (*text != '.') {
            return domain ? text : NULL;
        }
    }
}

/* Is @text, of blanks around it free, "phrase <address>" or "address"? */
static gboolean is_mailbox(const char *text)
{
    const char *end = skip_address(text);

    if (!end) {
        text = skip_phrase(text);
        end = *text == '<' ? skip_address(text + 1) : NULL;
        end = end && *end == '>' ? end + 1 : NULL;
    }
    return end && *end == '\0';
}

char **mailbox_split(const char *text)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    gboolean quoted = FALSE, valid = TRUE;
    guint depth = 0;
    g_autoptr(GString) part = g_string_new(NULL);

    for (const char *c = text;; c++) {
        quoted ^= *c == '"' && (c == text || c[-1] != '\\');
        if (*c == '\0' || (*c == ',' && !quoted && depth == 0)) {
            g_strstrip(part->str);
            valid &= is_mailbox(part->str);
            g_strv_builder_add(builder, part->str);
            g_string_truncate(part, 0);
            if (*c == '\0') {
                break;
            }
        } else if (*c == '(' && !quoted) {
            depth++; /* A comment is not part of it. */
        } else if (depth == 0) {
            g_string_append_c(part, *c);
        } else if (*c == ')' && !quoted) {
            depth--;
        }
    }
    if (valid) {
        g_auto(GStrv) parts = g_strv_builder_end(builder);

        if (g_strv_length(parts) > 1) {
            return g_steal_pointer(&parts);
        }
    }
    return g_strdupv((char *[]){(char *)text, NULL});
}

/* --- .mailmap -------------------------------------------------------------------------------- */

struct Mailmap {
    /* By address, or by "Name <address>" for entries that are about one name of an address. */
    GHashTable *names, *addresses;
};

/* One line of .mailmap taken apart: up to two "name <address>". */
typedef struct Entry {
    char *names[2], *addresses[2];
    guint n;
} Entry;

static void entry_clear(Entry *entry)
{
    for (guint i = 0; i < G_N_ELEMENTS(entry->names); i++) {
        g_free(entry->names[i]);
        g_free(entry->addresses[i]);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Entry, entry_clear)

static void read_entry(const char *line, Entry *ret_entry)
{
    while (ret_entry->n < G_N_ELEMENTS(ret_entry->names)) {
        const char *open = strchr(line, '<');
        const char *close = open ? strchr(open, '>') : NULL;

        if (!close) {
            return;
        }
        ret_entry->names[ret_entry->n] = g_strstrip(g_strndup(line, (gsize)(open - line)));
        ret_entry->addresses[ret_entry->n++] = g_strndup(open + 1, (gsize)(close - open - 1));
        line = close + 1;
    }
}

static void take_line(Mailmap *mailmap, const char *line)
{
    g_auto(Entry) entry = {0};
    g_auto(Mailbox) real = {0};
    g_autofree char *wrong = NULL;

    read_entry(line, &entry);
    if (entry.n == 0) {
        return;
    }
    real = mailbox_new(entry.names[0], entry.addresses[0]);
    if (entry.n == 1) {
        wrong = g_strdup(real.address);
    } else if (*entry.names[1]) {
        g_auto(Mailbox) mailbox = mailbox_new(entry.names[1], entry.addresses[1]);

        wrong = mailbox_format(&mailbox);
    } else {
        wrong = g_strdup(entry.addresses[1]);
    }
    if (*real.name) {
        g_hash_table_insert(mailmap->names, g_strdup(wrong), g_strdup(real.name));
    }
    if (entry.n > 1) {
        g_hash_table_insert(mailmap->addresses, g_strdup(wrong), g_strdup(real.address));
    }
}

Mailmap *mailmap_new(const char *text)
{
    Mailmap *mailmap = g_new0(Mailmap, 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    mailmap->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    mailmap->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (char **line = lines; *line; line++) {
        char *comment = strchr(*line, '#');

        if (comment) {
            *comment = '\0';
        }
        take_line(mailmap, *line);
    }
    return mailmap;
}

void mailmap_free(Mailmap *mailmap)
{
    if (!mailmap) {
        return;
    }
    g_hash_table_unref(mailmap->names);
    g_hash_table_unref(mailmap->addresses);
    g_free(mailmap);
}

Mailbox mailmap_apply(const Mailmap *mailmap, const Mailbox *mailbox)
{
    g_autofree char *whole = mailbox_format(mailbox);
    const char *name = g_hash_table_lookup(mailmap->names, whole);
    const char *address = g_hash_table_lookup(mailmap->addresses, whole);

    if (!name && !address) {
        name = g_hash_table_lookup(mailmap->names, mailbox->address);
        address = g_hash_table_lookup(mailmap->addresses, mailbox->address);
    }
    return mailbox_new(name ? name : mailbox->name, address ? address : mailbox->address);
}
