/* SPDX-License-Identifier: Apache-2.0
 * Reports with lines of source: each "func+0xOFF/0xSIZE" gets its " file:line", and the calls that
 * were inlined there come before it on lines of their own.
 */
#include "symbols/internal.h"

#include <string.h>

/* " (0010:func.isra.0+0x10/0x20 [module buildid])"; what follows says whether it has a line
 * already. */
#define FUNCTION                                                                                   \
    "[ "                                                                                           \
    "\\t]\\(?(?:[0-9a-f]{4}:)?(?<name>[a-zA-Z0-9_.]+)\\+0x(?<offset>[0-9a-f]+)/"                   \
    "0x(?<size>[0-9a-f]+)"                                                                         \
    "(?<module> \\[(?<modname>[^ \\]]+)(?: [0-9a-f]+)?\\])?(?! [^ ]+\\.[a-zA-Z]+:-?[0-9])"

/* The registers name the instruction itself; stacks name where it will go on, which can be the next
 * line, or the next function. */
static gboolean names_instruction(const char *head)
{
    static const char *const registers[] = {"IP:", "NIP ", "pc :", "PC is at "};

    for (gsize i = 0; i < G_N_ELEMENTS(registers); i++) {
        if (strstr(head, registers[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean fetch_hex(const GMatchInfo *info, const char *group, guint64 *ret_number)
{
    g_autofree char *digits = g_match_info_fetch_named(info, group);

    return g_ascii_string_to_unsigned(digits, 16, 0, G_MAXUINT64, ret_number, NULL);
}

/* Places of the function that @info matched, or NULL. */
static GPtrArray *places_of(const Lookup *lookup, const GMatchInfo *info, const char *head)
{
    g_autofree char *name = g_match_info_fetch_named(info, "name");
    g_autofree char *module = g_match_info_fetch_named(info, "modname");
    g_autoptr(GPtrArray) places = NULL;
    guint64 offset, size, address;

    if (!fetch_hex(info, "offset", &offset) || !fetch_hex(info, "size", &size) || offset > size ||
        !lookup->symbol(lookup->data, module ? module : "", name, size, &address)) {
        return NULL;
    }
    address += offset;
    if (!names_instruction(head) && offset > 0) {
        address--;
    }
    places = lookup->places(lookup->data, module ? module : "", address);
    return places->len > 0 ? g_steal_pointer(&places) : NULL;
}

static void append_line(GString *out, const Lookup *lookup, const GRegex *function,
                        const char *line)
{
    g_autoptr(GMatchInfo) info = NULL;
    g_autoptr(GPtrArray) places = NULL;
    g_autofree char *head = NULL, *modname = NULL;
    const Place *last;
    int name, size_end, end;

    if (!g_regex_match(function, line, 0, &info)) {
        g_string_append(out, line);
        return;
    }
    g_match_info_fetch_named_pos(info, "name", &name, NULL);
    g_match_info_fetch_named_pos(info, "size", NULL, &size_end);
    g_match_info_fetch_pos(info, 0, NULL, &end);
    head = g_strndup(line, name);
    places = places_of(lookup, info, head);
    if (!places) {
        g_string_append(out, line);
        return;
    }
    for (guint i = 0; i + 1 < places->len; i++) {
        const Place *place = places->pdata[i];

        g_string_append_printf(out, "%s%s %s:%d [inline]\n", head, place->function, place->file,
                               place->line);
    }
    last = places->pdata[places->len - 1];
    g_string_append_len(out, line, size_end);
    g_string_append_printf(out, " %s:%d", last->file, last->line);
    modname = g_match_info_fetch_named(info, "modname");
    if (modname && *modname) {
        g_string_append_printf(out, " [%s]", modname);
    }
    g_string_append(out, line + end);
}

char *symbolize_text(const Lookup *lookup, const char *report)
{
    g_autoptr(GRegex) function = g_regex_new(FUNCTION, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
    g_auto(GStrv) lines = g_strsplit(report, "\n", -1);
    GString *out = g_string_new(NULL);

    g_assert(function);
    for (gsize i = 0; lines[i]; i++) {
        if (i > 0) {
            g_string_append_c(out, '\n');
        }
        append_line(out, lookup, function, lines[i]);
    }
    return g_string_free(out, FALSE);
}
