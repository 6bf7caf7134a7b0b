/* SPDX-License-Identifier: Apache-2.0
 * Titles: which format names a crash, and how the name is written.
 */
#include "oops/reader.h"
#include "oops/names.h"

#include <string.h>

#define TITLE_MAX 120
/* Rewriting only shortens in practice: no need to work on more of a hostile line than this. */
#define RAW_TITLE_MAX 4096
/* Rewrites are repeated until nothing changes. Real titles need one or two rounds. */
#define ROUNDS_MAX 64
/* Headers of one family that are looked at in a report. */
#define HEADERS_MAX 1000

/* A way to write the names of functions: as titles have them (without prefix of a system call, and
 * one name for functions that do the same), or without just this prefix. */
typedef struct Spelling {
    gboolean common;
    const char *without;
} Spelling;

static const char *spell(const char *frame, OopsPick picked, Spelling how)
{
    if (how.common) {
        return picked == PICK_STALL && strstr(frame, "smp_call_function") ? "smp_call_function"
               : picked == PICK_HUNG && names_wait_for_rcu(frame)         ? "synchronize_rcu"
                                                                  : names_strip_syscall(frame);
    }
    if (how.without && g_str_has_prefix(frame, how.without)) {
        return frame + strlen(how.without);
    }
    return frame;
}

/* Fill "$1", "$F" and "$F2" of @template. */
static char *render(const char *template, OopsPick picked, GPtrArray *captures, GPtrArray *frames,
                    Spelling how)
{
    GString *out = g_string_new(NULL);

    for (const char *s = template; *s; s++) {
        if (s[0] == '$' && s[1] == 'F') {
            guint i = s[2] == '2' ? 1 : 0;

            g_string_append(out,
                            i < frames->len ? spell(frames->pdata[i], picked, how) : "corrupted");
            s += 1 + i;
        } else if (s[0] == '$' && g_ascii_isdigit(s[1])) {
            guint i = g_ascii_digit_value(s[1]);

            g_string_append(out, i < captures->len ? captures->pdata[i] : "");
            s++;
        } else {
            g_string_append_c(out, *s);
        }
    }
    return g_string_free(out, FALSE);
}

static void add_alt(Naming *naming, char *alt)
{
    if (g_ptr_array_find_with_equal_func(naming->alts, alt, g_str_equal, NULL)) {
        g_free(alt);
        return;
    }
    g_ptr_array_add(naming->alts, alt);
}

static gboolean any_has_prefix(const GPtrArray *frames, const char *prefix)
{
    for (guint i = 0; i < frames->len; i++) {
        if (g_str_has_prefix(frames->pdata[i], prefix)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Older kernels, other compilers and other architectures spell the same system call differently:
 * all spellings are alternatives. */
static void render_all(Naming *naming, const OopsFormat *format, GPtrArray *captures,
                       GPtrArray *frames)
{
    const char *const *prefixes = names_syscall_prefixes();

    naming->title =
        render(format->text, format->pick, captures, frames, (Spelling){.common = TRUE});
    if (format->alt) {
        add_alt(naming,
                render(format->alt, format->pick, captures, frames, (Spelling){.common = TRUE}));
    }
    for (gsize i = 0; frames->len > 0; i++) {
        Spelling how = {.without = i > 0 ? prefixes[i - 1] : NULL};

        if (i > 0 && !prefixes[i - 1]) {
            break;
        }
        if (how.without && !any_has_prefix(frames, how.without)) {
            continue; /* nothing is spelled otherwise */
        }
        add_alt(naming, render(format->text, format->pick, captures, frames, how));
        if (format->alt) {
            add_alt(naming, render(format->alt, format->pick, captures, frames, how));
        }
    }
}

/* @rule matched as @match says: name the crash by it, unless its fuller pattern does not match. */
static void apply(const OopsReader *reader, const Rule *rule, const Text *text, Match *match,
                  Naming *naming)
{
    const OopsFormat *format = rule->format;
    g_autoptr(GPtrArray) captures = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) frames = NULL;
    gsize begin;

    if (rule->report && !pattern_match(rule->report, text->s, text->n, 0, match)) {
        return;
    }
    begin = match_begin(match);
    for (guint i = 0; i < match_n_groups(match); i++) {
        gsize n;
        const char *group = match_group(match, i, &n);

        char *capture = g_strndup(group, n);
        char *readable = names_demangle(capture);

        g_ptr_array_add(captures, readable ? readable : capture);
        g_free(readable ? capture : NULL);
    }
    naming->corrupted = NULL;
    naming->frameless = FALSE;
    naming->rule = rule;
    if (rule->frames.n_parts == 0) {
        frames = g_ptr_array_new();
    } else if (!frames_find(reader, rule, text, begin, match, &frames)) {
        naming->corrupted = "extracted no frames";
        naming->frameless = g_str_equal(frames->pdata[0], "corrupted");
    }
    g_free(naming->title);
    render_all(naming, format, captures, frames);
    if (format->flags & ALWAYS_CORRUPTED) {
        naming->corrupted = "report format is marked as corrupted";
    }
}

/* Where the header of @kind stands in @text. Array of offsets. */
static GArray *find_headers(const Kind *kind, const Text *text)
{
    GArray *places = g_array_new(FALSE, FALSE, sizeof(gsize));
    const char *header = kind->family->header;
    gsize n_header = strlen(header);

    for (guint i = 0; i < text->n_lines && places->len < HEADERS_MAX; i++) {
        const TextLine *line = &text->lines[i];
        const char *s = text->s + line->at, *end = s + line->n;

        while (line->marks & MARK_HEADER && places->len < HEADERS_MAX &&
               (s = memmem(s, end - s, header, n_header))) {
            gsize at = s - text->s;

            g_array_append_val(places, at);
            s++;
        }
    }
    return places;
}

/* The first match of the title of @rule. One that begins with the header is tried where that is,
 * and nowhere behind @best. */
static gboolean match_title(const Rule *rule, const Text *text, const GArray *headers, gsize best,
                            Match *match)
{
    if (!rule->led) {
        return pattern_match(rule->title, text->s, text->n, 0, match) && match_begin(match) <= best;
    }
    for (guint i = 0; i < headers->len && g_array_index(headers, gsize, i) <= best; i++) {
        if (pattern_match(rule->title, text->s, text->n, g_array_index(headers, gsize, i), match)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean naming_find(const OopsReader *reader, const Kind *kind, const Text *text, Match *match,
                     Naming *ret_naming)
{
    g_autoptr(GArray) headers = find_headers(kind, text);
    Naming naming = {.alts = g_ptr_array_new_with_free_func(g_free)};
    gboolean matched = FALSE;
    gsize best = G_MAXSIZE;

    if (headers->len == 0) {
        naming_clear(&naming);
        return FALSE;
    }
    for (gsize i = 0; i < kind->n_rules; i++) {
        const Rule *rule = &kind->rules[i];
        gsize begin;

        if (!match_title(rule, text, headers, best, match)) {
            continue;
        }
        begin = match_begin(match);
        if (begin == best && naming.title) {
            continue;
        }
        if (begin < best) {
            g_clear_pointer(&naming.title, g_free);
            naming.rule = NULL;
        }
        best = begin;
        matched = TRUE;
        apply(reader, rule, text, match, &naming);
    }
    if (!naming.title) {
        const char *header = text->s + g_array_index(headers, gsize, 0);
        const char *end = memchr(header, '\n', text->s + text->n - header);

        naming.title = g_strndup(header, end ? end - header : text->s + text->n - header);
        naming.corrupted = matched ? "matched title but not report regexp" : NULL;
    }
    *ret_naming = naming;
    return TRUE;
}

void naming_clear(Naming *naming)
{
    g_clear_pointer(&naming->title, g_free);
    g_clear_pointer(&naming->alts, g_ptr_array_unref);
}

static char *rewrite(const Rewrite *rewrite, char *title, Match *match)
{
    for (guint i = 0; i < ROUNDS_MAX; i++) {
        char *changed = pattern_replace(rewrite->pattern, title, rewrite->by, match);

        if (!changed || g_str_equal(changed, title)) {
            g_free(changed);
            break;
        }
        g_free(title);
        title = changed;
    }
    return title;
}

/* Printable ASCII of the first TITLE_MAX bytes, one blank between words. */
static char *printable(const char *title)
{
    gsize n = strnlen(title, TITLE_MAX);
    g_autoptr(GString) out = g_string_new(NULL);

    for (gsize i = 0; i < n; i++) {
        char c = title[i] == '\t' ? ' ' : title[i];

        if (!g_ascii_isprint(c) || (c == ' ' && (out->len == 0 || out->str[out->len - 1] == ' '))) {
            continue;
        }
        g_string_append_c(out, c);
    }
    return g_strchomp(g_string_free(g_steal_pointer(&out), FALSE));
}

/* Numbers and addresses are what differs: without a digit, and without six letters in a row that
 * may be an address, there is nothing to rewrite. */
static gboolean may_differ(const char *title)
{
    guint n_hex = 0;

    for (; *title; title++) {
        n_hex = g_ascii_isxdigit(*title) ? n_hex + 1 : 0;
        if (g_ascii_isdigit(*title) || n_hex >= 6) {
            return TRUE;
        }
    }
    return FALSE;
}

char *title_clean(const OopsReader *reader, const char *raw, Match *match)
{
    g_autofree char *title = g_strndup(raw, RAW_TITLE_MAX);

    for (gsize i = 0; i < reader->n_rewrites && may_differ(title); i++) {
        title = rewrite(&reader->rewrites[i], g_steal_pointer(&title), match);
    }
    return printable(title);
}

char *title_frame(const char *title)
{
    const char *in = g_strrstr(title, " in ");
    gsize n = 0;

    if (!in) {
        return g_strdup("");
    }
    in += strlen(" in ");
    if (in[0] == '<') {
        const char *end = strchr(in, '>');

        n = end ? end - in + 1 : 0;
    }
    while (g_ascii_isalnum(in[n]) || in[n] == '_' || in[n] == ':') {
        n++;
    }
    return g_strndup(in, n);
}
