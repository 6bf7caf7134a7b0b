/* SPDX-License-Identifier: Apache-2.0
 * Reports with lines of source: each "func+0xOFF/0xSIZE" gets its " file:line", and the calls that
 * were inlined there come before it on lines of their own.
 *
 * A kernel that could not name an address (no kallsyms) prints it bare. It is named first, in the
 * form of old kernels, which printed both: "0xffffffff81000123" becomes
 * "[<ffffffff81000123>] func+0x23/0x40", and goes on like any other. Such a kernel may have been
 * moved (KASLR); its panic then ends with "Kernel Offset: 0x1c000000 from 0xffffffff81000000".
 */
#include "symbols/internal.h"

#include <string.h>

/* " (0010:func.isra.0+0x10/0x20 [module buildid])"; what follows says whether it has a line
 * already. */
#define FUNCTION                                                                                   \
    "[ \\t]\\(?(?:[0-9a-f]{4}:)?(?<name>[a-zA-Z0-9_.]+)\\+0x(?<offset>[0-9a-f]+)/"                 \
    "0x(?<size>[0-9a-f]+)"                                                                         \
    "(?<module> \\[(?<modname>[^ \\]]+)(?: (?<buildid>[0-9a-f]+))?\\])?"                           \
    "(?! [^ ]+\\.[a-zA-Z]+:-?[0-9])"

/* A bare address, where a kernel would print a function: behind one of these words, or on a line of
 * its own behind time, "? " and "[<address>]". Names of groups may stand twice. */
#define HEX   "[0-9a-f]{8,16}"
#define STAMP "(?:<[0-9]+>)?(?:\\[[^]<]*\\])*"
#define WORDS                                                                                      \
    "(?:IP: (?:[0-9a-f]{4}:)?|(?:pc|lr|epc|ra) : |(?:NIP|LR) \\[" HEX "\\] |\\bis at |\\bat:? |"   \
    "\\bin )"
#define BARE                                                                                       \
    "(?J)(?:^" STAMP "[ \\t]*(?:\\? )?(?<whole>0x(?<address>" HEX "))[ \\t]*$|"                    \
    "^.*?" WORDS "(?<whole>0x(?<address>" HEX "))(?=$|[ \\t)])|"                                   \
    "^.*\\[<(?<address>" HEX ")>\\] *(?:\\? )?\\(?(?<whole>(?:0x" HEX ")?)\\)?[ \\t]*$)"

#define OFFSET "Kernel Offset: 0x([0-9a-f]{1,16}) from"

struct Patterns {
    GRegex *function, *bare, *offset;
};

/* The place in a line that speaks of an address, and what is to be said of it. */
typedef struct Mention {
    int start, end;  /* what is replaced by @shown */
    int rest;        /* where the line goes on */
    char *shown;     /* func+0xOFF/0xSIZE, and what comes before it on each line of ours */
    gsize n_before;  /* how much of it that is */
    char *module;    /* "" for the kernel itself */
    char *build_id;  /* "" when it is not told */
    guint64 address; /* of the instruction */
} Mention;

static void mention_clear(Mention *mention)
{
    g_free(mention->shown);
    g_free(mention->module);
    g_free(mention->build_id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mention, mention_clear)

/* A report, being symbolized. */
typedef struct Rewrite {
    const Patterns *patterns;
    const Lookup *lookup;
    guint64 kernel_offset; /* where it ran, less where it was linked to run */
    GString *out;
    gsize n_max; /* of @out */
    gboolean is_full;
} Rewrite;

Patterns *patterns_new(void)
{
    const GRegexCompileFlags flags = G_REGEX_RAW | G_REGEX_OPTIMIZE;
    Patterns *patterns = g_new0(Patterns, 1);

    patterns->function = g_regex_new(FUNCTION, flags, 0, NULL);
    patterns->bare = g_regex_new(BARE, flags, 0, NULL);
    patterns->offset = g_regex_new(OFFSET, flags, 0, NULL);
    g_assert(patterns->function && patterns->bare && patterns->offset);
    return patterns;
}

void patterns_free(Patterns *patterns)
{
    if (!patterns) {
        return;
    }
    g_regex_unref(patterns->function);
    g_regex_unref(patterns->bare);
    g_regex_unref(patterns->offset);
    g_free(patterns);
}

gsize symbolized_max(gsize n)
{
    return 16 * n + (1 << 20);
}

/* The registers name the instruction itself; stacks name where it will go on, which can be the next
 * line, or the next function. */
static gboolean names_instruction(const char *line, int n_head)
{
    static const char *const registers[] = {"IP:", "NIP ", "pc :", "PC is at "};
    g_autofree char *head = g_strndup(line, n_head);

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

    return digits && g_ascii_string_to_unsigned(digits, 16, 0, G_MAXUINT64, ret_number, NULL);
}

static char *fetch(const GMatchInfo *info, const char *group)
{
    g_autofree char *text = g_match_info_fetch_named(info, group);

    return g_strdup(text ? text : "");
}

static gboolean find_function(const Rewrite *rewrite, const char *line, Mention *mention)
{
    const Lookup *lookup = rewrite->lookup;
    g_autoptr(GMatchInfo) info = NULL;
    g_autofree char *name = NULL;
    guint64 offset, size, address;

    /* It is in few lines, and a regular expression takes a while to see that. */
    if (!strstr(line, "+0x") || !g_regex_match(rewrite->patterns->function, line, 0, &info)) {
        return FALSE;
    }
    name = fetch(info, "name");
    mention->module = fetch(info, "modname");
    mention->build_id = fetch(info, "buildid");
    g_match_info_fetch_named_pos(info, "name", &mention->start, NULL);
    g_match_info_fetch_named_pos(info, "size", NULL, &mention->end);
    g_match_info_fetch_pos(info, 0, NULL, &mention->rest);
    mention->shown = g_strndup(line + mention->start, mention->end - mention->start);
    if (!fetch_hex(info, "offset", &offset) || !fetch_hex(info, "size", &size) || offset > size ||
        !lookup->symbol(lookup->data, mention->module, mention->build_id, name, size, &address)) {
        return FALSE;
    }
    address += offset;
    mention->address =
        names_instruction(line, mention->start) || offset == 0 ? address : address - 1;
    return TRUE;
}

static gboolean find_bare(const Rewrite *rewrite, const char *line, Mention *mention)
{
    const Lookup *lookup = rewrite->lookup;
    g_autoptr(GMatchInfo) info = NULL;
    g_autofree char *digits = NULL, *whole = NULL;
    guint64 printed, start, size;
    const char *name;
    gboolean in_brackets;

    if ((!strstr(line, "0x") && !strstr(line, "[<")) ||
        !g_regex_match(rewrite->patterns->bare, line, 0, &info) ||
        !fetch_hex(info, "address", &printed)) {
        return FALSE;
    }
    digits = fetch(info, "address");
    g_match_info_fetch_named_pos(info, "whole", &mention->start, &mention->end);
    mention->rest = mention->end;
    mention->address = printed - rewrite->kernel_offset;
    if (!names_instruction(line, mention->start)) {
        mention->address--;
    }
    if (!lookup->name(lookup->data, mention->address, &name, &start, &size)) {
        return FALSE;
    }
    in_brackets = g_strstr_len(line, mention->start, "[<") != NULL;
    mention->module = g_strdup("");
    mention->build_id = g_strdup("");
    mention->shown = in_brackets ? g_strdup(line[mention->start - 1] == ' ' ? "" : " ")
                                 : g_strdup_printf("[<%s>] ", digits);
    mention->n_before = strlen(mention->shown);
    whole = g_strdup_printf("%s%s+0x%" G_GINT64_MODIFIER "x/0x%" G_GINT64_MODIFIER "x",
                            mention->shown, name, printed - rewrite->kernel_offset - start, size);
    g_free(mention->shown);
    mention->shown = g_steal_pointer(&whole);
    return TRUE;
}

static void append_calls(Rewrite *rewrite, const char *line, const Mention *mention,
                         const GPtrArray *places)
{
    GString *out = rewrite->out;

    for (guint i = 0; i + 1 < places->len; i++) {
        const Place *place = places->pdata[i];

        g_string_append_len(out, line, mention->start);
        g_string_append_len(out, mention->shown, (gssize)mention->n_before);
        g_string_append_printf(out, "%s %s:%d [inline]\n", place->function, place->file,
                               place->line);
    }
}

static void append_line(Rewrite *rewrite, const char *line)
{
    const Lookup *lookup = rewrite->lookup;
    gsize n_before = rewrite->out->len;
    g_autoptr(GPtrArray) places = NULL;
    g_auto(Mention) mention = {0};
    GString *out = rewrite->out;
    const Place *last;
    gboolean is_bare = FALSE;

    if (rewrite->is_full) {
        g_string_append(out, line);
        return;
    }
    if (!find_function(rewrite, line, &mention)) {
        mention_clear(&mention);
        mention = (Mention){0};
        is_bare = find_bare(rewrite, line, &mention);
        if (!is_bare) {
            g_string_append(out, line);
            return;
        }
    }
    places = lookup->places(lookup->data, mention.module, mention.build_id, mention.address);
    if (places->len == 0 && !is_bare) {
        g_string_append(out, line);
        return;
    }
    append_calls(rewrite, line, &mention, places);
    g_string_append_len(out, line, mention.start);
    g_string_append(out, mention.shown);
    if (places->len > 0) {
        last = places->pdata[places->len - 1];
        g_string_append_printf(out, " %s:%d", last->file, last->line);
    }
    if (*mention.module && places->len > 0) {
        g_string_append_printf(out, " [%s]", mention.module);
    }
    g_string_append(out, line + mention.rest);
    if (out->len > rewrite->n_max) {
        rewrite->is_full = TRUE;
        g_string_truncate(out, n_before);
        g_string_append(out, line);
    }
}

/* 0 for a kernel that was not moved, or does not say so. */
static guint64 kernel_offset(const Patterns *patterns, const char *report)
{
    g_autoptr(GMatchInfo) info = NULL;
    g_autofree char *digits = NULL;
    guint64 offset = 0;

    if (strstr(report, "Kernel Offset: ") && g_regex_match(patterns->offset, report, 0, &info)) {
        digits = g_match_info_fetch(info, 1);
        g_ascii_string_to_unsigned(digits, 16, 0, G_MAXUINT64, &offset, NULL);
    }
    return offset;
}

char *symbolize_text(const Patterns *patterns, const Lookup *lookup, const char *report)
{
    g_auto(GStrv) lines = g_strsplit(report, "\n", -1);
    gsize n = strlen(report);
    Rewrite rewrite = {
        .patterns = patterns,
        .lookup = lookup,
        .kernel_offset = kernel_offset(patterns, report),
        .out = g_string_sized_new(n + n / 2),
        .n_max = symbolized_max(n) - n,
    };

    for (gsize i = 0; lines[i]; i++) {
        if (i > 0) {
            g_string_append_c(rewrite.out, '\n');
        }
        append_line(&rewrite, lines[i]);
    }
    return g_string_free(rewrite.out, FALSE);
}
