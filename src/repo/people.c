/* SPDX-License-Identifier: Apache-2.0
 * People named in texts. The rules: specs/crash-report.md, section 11, "Recipients".
 */
#include "repo/people.h"

#include <string.h>

#define KERNEL_LIST "linux-kernel@vger.kernel.org"

/* They need not hear of a bug: lists that only collect patches. */
static const char *const ignored[] = {"stable@vger.kernel.org", "stable@kernel.org", NULL};

/* Blanks and what cannot stand in an address that we would ever write to. */
static gboolean is_address(const char *text)
{
    const char *at = strchr(text, '@');

    return at && at != text && at[1] != '\0' && !strchr(at + 1, '@') &&
           text[strcspn(text, " \t\r\n<>()[],;:\\\"")] == '\0';
}

char *people_address(const char *text)
{
    const char *open = strrchr(text, '<');
    const char *close = open ? strchr(open, '>') : NULL;
    g_autofree char *address = NULL;

    address = close ? g_strndup(open + 1, (gsize)(close - open - 1)) : g_strdup(text);
    g_strstrip(address);
    return is_address(address) ? g_steal_pointer(&address) : NULL;
}

/* Is "Signed-off-by", "Reviewed-by", "Reported-and-tested-by", ... the key of people who answer
 * for a change? */
static gboolean is_answering_key(const char *key)
{
    g_autofree char *lower = g_ascii_strdown(key, -1);
    g_auto(GStrv) words = NULL;

    if (!g_str_has_suffix(lower, "-by")) {
        return FALSE;
    }
    words = g_strsplit(lower, "-", -1);
    return g_str_equal(lower, "signed-off-by") ||
           g_strv_contains((const char *const *)words, "reviewed") ||
           g_strv_contains((const char *const *)words, "acked") ||
           g_strv_contains((const char *const *)words, "tested");
}

static gboolean has_address(const GPtrArray *addresses, const char *address)
{
    for (guint i = 0; i < addresses->len; i++) {
        if (g_ascii_strcasecmp(addresses->pdata[i], address) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

char **people_of_message(const char *message)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();

    for (char **line = lines; *line; line++) {
        gsize n_key = strspn(*line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
        g_autofree char *key = g_strndup(*line, n_key);
        g_autofree char *address = NULL;

        if ((*line)[n_key] != ':' || !is_answering_key(key)) {
            continue;
        }
        address = people_address(*line + n_key + 1);
        if (address && !has_address(addresses, address) && !g_strv_contains(ignored, address)) {
            g_ptr_array_add(addresses, g_steal_pointer(&address));
        }
    }
    g_ptr_array_add(addresses, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&addresses), FALSE);
}

void recipient_free(Recipient *recipient)
{
    if (!recipient) {
        return;
    }
    g_free(recipient->name);
    g_free(recipient->address);
    g_free(recipient);
}

int recipient_compare(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Recipient *const *)a)->address, (*(Recipient *const *)b)->address);
}

/* Where the parenthesised group at the end of @line begins ("(open list:INPUT (KEYBOARD)...)"), or
 * NULL. Syzbot's reader knows one group inside of it and no more, and so do we: one list of
 * recipients for one crash. */
static const char *find_role(const char *line)
{
    const char *end = line + strlen(line);
    guint depth = 0;

    while (end > line && g_ascii_isspace(end[-1])) {
        end--;
    }
    for (const char *cursor = end; cursor-- > line;) {
        if (*cursor == ')') {
            depth++;
        } else if (*cursor == '(') {
            depth--;
        }
        if (depth == 0) {
            return *cursor == '(' ? cursor : NULL;
        }
        if (depth > 2) {
            return NULL;
        }
    }
    return NULL;
}

/* @line without its role, as a person; NULL when it is not "Name <address>" or "address". */
static Recipient *parse_recipient(const char *line, const char *role)
{
    g_autofree char *who = g_strstrip(g_strndup(line, (gsize)(role - line)));
    const char *open = strrchr(who, '<');
    char *address = open && !g_str_has_suffix(who, ">") ? NULL : people_address(who);
    Recipient *recipient;

    if (!address) {
        return NULL;
    }
    recipient = g_new0(Recipient, 1);
    recipient->address = address;
    recipient->name = g_strstrip(g_strndup(who, open ? (gsize)(open - who) : 0));
    if (*recipient->name == '"') {
        /* A quoted name: the quotes are not part of it. */
        gsize n = strlen(recipient->name);

        memmove(recipient->name, recipient->name + 1, n);
        if (n >= 2 && recipient->name[n - 2] == '"') {
            recipient->name[n - 2] = '\0';
        }
    }
    return recipient;
}

GPtrArray *people_of_maintainers(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *people = g_ptr_array_new_with_free_func((GDestroyNotify)recipient_free);
    Recipient *kernel_list = NULL;
    gboolean other_list = FALSE;

    for (char **line = lines; *line; line++) {
        const char *role = find_role(*line);
        Recipient *recipient = role ? parse_recipient(*line, role) : NULL;

        if (!recipient) {
            continue;
        }
        g_ptr_array_add(people, recipient);
        if (g_ascii_strcasecmp(recipient->address, KERNEL_LIST) == 0) {
            kernel_list = recipient;
            continue;
        }
        other_list |= strstr(role, "list") != NULL;
        recipient->to =
            strstr(role, "list") || strstr(role, "maintainer") || strstr(role, "supporter");
    }
    if (kernel_list) {
        kernel_list->to = !other_list;
    }
    g_ptr_array_sort(people, recipient_compare);
    return people;
}
