/* SPDX-License-Identifier: Apache-2.0
 * Which function is to blame: the recipes of the formats, carried out on the lines of a report.
 *
 * A recipe walks down the lines once, part after part, never back. A pattern part goes on to the
 * line it matches; a stack part collects the functions of a stack trace until another stack starts
 * or the next part matches. Each stack gives one key frame, what patterns captured before it
 * included.
 */
#include "oops/reader.h"
#include "oops/names.h"

#include <string.h>

/* Lines behind the start of a stack within which a frame must come. */
#define LINES_TO_A_FRAME 15
/* A stack that has fewer lines than these up to the end of the report was cut off. */
#define LINES_OF_A_STACK 2
/* Names that a pattern may capture in a line. */
#define CAPTURES_MAX 4

static gboolean is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* "[<pc>] foo.isra.0+0x10/0x20": the name is what comes before the first "." or "+", and "+0x" must
 * follow somewhere in the word; or "-0x": what a call behind the end of "foo.cold" returns to. */
static gboolean frame_name(Line line, Line *ret_name)
{
    gsize begin = 0, end, plus;

    while (begin < line.n && g_ascii_isspace(line.s[begin])) {
        begin++;
    }
    for (guint i = 0; i < 2; i++) {
        begin += line_skip_address((Line){line.s + begin, line.n - begin});
    }
    for (end = begin; end < line.n && is_name(line.s[end]); end++) {
    }
    for (plus = end; plus < line.n && (is_name(line.s[plus]) || line.s[plus] == '.'); plus++) {
    }
    if (end == begin || plus + 2 >= line.n || (line.s[plus] != '+' && line.s[plus] != '-') ||
        memcmp(line.s + plus + 1, "0x", 2) != 0) {
        return FALSE;
    }
    *ret_name = (Line){line.s + begin, end - begin};
    return TRUE;
}

/* The names of the functions that a line of a stack trace has: 0, 1, or on arm 2. */
static guint line_names(const OopsReader *reader, Line line, guint marks, Match *match,
                        Line names[2])
{
    if (frame_name(line, &names[0])) {
        return 1;
    }
    if (!(marks & MARK_FROM) || !pattern_match(reader->frame_pair, line.s, line.n, 0, match)) {
        return 0;
    }
    names[0].s = match_group(match, 1, &names[0].n);
    names[1].s = match_group(match, 2, &names[1].n);
    return 2;
}

/* The function that generic code called, when a CPU was found busy: what is above it is where the
 * CPU happened to be. */
static const char *pick_stall(const OopsReader *reader, const GPtrArray *frames, Match *match)
{
    for (guint i = 0; i < frames->len; i++) {
        const char *name = names_strip_syscall(frames->pdata[i]);

        if (!list_has(reader->generic_callers, name, strlen(name), match)) {
            continue;
        }
        if (i == 0 || strstr(name, "smp_call_function")) {
            return frames->pdata[i];
        }
        return frames->pdata[i - 1];
    }
    return NULL;
}

/* Who waits: below the scheduler and the lock; but the great locks are the cause themselves. */
static const char *pick_hung(const OopsReader *reader, const GPtrArray *frames, Match *match)
{
    for (guint i = 0; i < frames->len; i++) {
        const char *name = frames->pdata[i];

        if (strstr(name, "rtnl_lock") || names_wait_for_rcu(name)) {
            return name;
        }
    }
    for (guint i = 0; i < frames->len; i++) {
        const char *name = frames->pdata[i];

        if (!list_has(reader->waiting, name, strlen(name), match)) {
            return name;
        }
    }
    return NULL;
}

/* A recipe being carried out. */
typedef struct Walk {
    const OopsReader *reader;
    const Rule *rule;
    const Text *text;
    gsize begin;     /* what comes before this offset does not count */
    guint next_line; /* index */
    Match *match;
    GPtrArray *candidates; /* for the next key frame */
    GPtrArray *keys;
    gboolean whole;
} Walk;

static const char *pick(const Walk *walk)
{
    const GPtrArray *frames = walk->candidates;

    switch (walk->rule->format->pick) {
    case PICK_STALL:
        return pick_stall(walk->reader, frames, walk->match);
    case PICK_HUNG:
        return pick_hung(walk->reader, frames, walk->match);
    case PICK_FIRST:
        break;
    }
    return frames->len ? frames->pdata[0] : NULL;
}

static gboolean to_blame(Walk *walk, Line name)
{
    const Rule *rule = walk->rule;

    if (name.n == 0 || (rule->skip && list_has(rule->skip, name.s, name.n, walk->match))) {
        return FALSE;
    }
    return !list_has(walk->reader->never_blamed, name.s, name.n, walk->match) ||
           (rule->keep && list_has(rule->keep, name.s, name.n, walk->match));
}

static void walk_offer_one(Walk *walk, Line name)
{
    g_autofree char *owned = NULL, *readable = NULL;

    if (name.n > 1 && name.s[0] == '_' && (name.s[1] == 'R' || name.s[1] == 'Z')) {
        owned = g_strndup(name.s, name.n);
        readable = names_demangle(owned);
        name = readable ? (Line){readable, strlen(readable)} : name;
    }
    if (to_blame(walk, name)) {
        g_ptr_array_add(walk->candidates, g_strndup(name.s, name.n));
    }
}

static void walk_offer(Walk *walk, const Line *names, guint n_names)
{
    for (guint i = 0; i < n_names; i++) {
        if (walk->candidates->len > 0 && walk->rule->format->pick == PICK_FIRST) {
            return; /* the first has been found */
        }
        walk_offer_one(walk, names[i]);
    }
}

/* Does @line match? Then what it captures is offered. */
static gboolean walk_match(Walk *walk, const Pattern *pattern, Line line)
{
    Line names[CAPTURES_MAX];
    guint n_names;

    if (!pattern_match(pattern, line.s, line.n, 0, walk->match)) {
        return FALSE;
    }
    n_names = MIN(match_n_groups(walk->match) - 1, CAPTURES_MAX);
    for (guint i = 0; i < n_names; i++) {
        names[i].s = match_group(walk->match, i + 1, &names[i].n);
    }
    walk_offer(walk, names, n_names);
    return TRUE;
}

static void walk_close(Walk *walk)
{
    const char *key = pick(walk);

    if (!key) {
        key = "corrupted";
        walk->whole = FALSE;
    }
    g_ptr_array_add(walk->keys, g_strdup(key));
    g_ptr_array_set_size(walk->candidates, 0);
}

/* The next line, and what is known of it. Of the first, only a part may count. */
static gboolean walk_line(Walk *walk, Line *ret_line, guint *ret_marks, guint *ret_starts)
{
    const TextLine *line;
    gsize skipped;

    if (walk->next_line >= walk->text->n_lines) {
        return FALSE;
    }
    line = &walk->text->lines[walk->next_line++];
    skipped = walk->begin > line->at ? MIN(walk->begin - line->at, line->n) : 0;
    *ret_line = (Line){walk->text->s + line->at + skipped, line->n - skipped};
    *ret_marks = line->marks;
    *ret_starts = skipped && line->starts ? text_starts(walk->reader, *ret_line) : line->starts;
    return TRUE;
}

/* A frame of fault injection: somebody made an allocation fail, this stack is not the crash's. */
static gboolean walk_injected(Walk *walk, Line line, guint marks)
{
    if (!(marks & MARK_INJECTED) ||
        !pattern_match(walk->reader->injected, line.s, line.n, 0, walk->match)) {
        return FALSE;
    }
    walk->whole = FALSE;
    return TRUE;
}

static void walk_pattern(Walk *walk, const Part *part)
{
    guint marks, starts;
    Line line;

    while (walk_line(walk, &line, &marks, &starts)) {
        if (walk_injected(walk, line, marks) || walk_match(walk, part->pattern, line)) {
            return;
        }
    }
}

/* Returns TRUE when the stack ended where the part @next matched. */
static gboolean walk_stack(Walk *walk, const Part *next)
{
    guint marks, starts;
    Line line;

    while (walk_line(walk, &line, &marks, &starts)) {
        Line names[2];

        if (walk_injected(walk, line, marks) || starts) {
            return FALSE;
        }
        if (next && !next->stack && walk_match(walk, next->pattern, line)) {
            return TRUE;
        }
        walk_offer(walk, names, line_names(walk->reader, line, marks, walk->match, names));
    }
    return FALSE;
}

/* The index of the line that has offset @at. */
static guint line_at(const Text *text, gsize at)
{
    guint low = 0, high = text->n_lines;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (text->lines[middle].at + text->lines[middle].n < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static gboolean walk_recipe(const Recipe *recipe, const Walk *begin, GPtrArray **ret_frames)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(g_free);
    Walk walk = *begin;
    guint n_stacks = 0;

    walk.next_line = line_at(walk.text, walk.begin);
    walk.candidates = candidates;
    walk.keys = g_ptr_array_new_with_free_func(g_free);
    walk.whole = TRUE;
    for (gsize i = 0; i < recipe->n_parts; i++) {
        const Part *part = &recipe->parts[i];

        if (!part->stack) {
            walk_pattern(&walk, part);
            continue;
        }
        if (n_stacks++ > 0) {
            walk_close(&walk);
        }
        if (walk_stack(&walk, i + 1 < recipe->n_parts ? part + 1 : NULL)) {
            i++;
        }
    }
    walk_close(&walk);
    *ret_frames = walk.keys;
    return walk.whole;
}

gboolean frames_find(const OopsReader *reader, const Rule *rule, const Text *text, gsize begin,
                     Match *match, GPtrArray **ret_frames)
{
    g_autoptr(GPtrArray) frames = NULL, others = NULL;
    const Walk walk = {
        .reader = reader, .rule = rule, .text = text, .begin = begin, .match = match};
    gboolean whole = walk_recipe(&rule->frames, &walk, &frames);

    if (!whole && rule->frames_else.n_parts > 0) {
        whole = walk_recipe(&rule->frames_else, &walk, &others);
        if (whole || g_str_equal(frames->pdata[0], "corrupted")) {
            *ret_frames = g_steal_pointer(&others);
            return whole;
        }
    }
    *ret_frames = g_steal_pointer(&frames);
    return whole;
}

/* Looks at what follows the start of a stack, from line @i on. */
static const char *stack_corrupted(const OopsReader *reader, const Text *text, guint i,
                                   Match *match)
{
    gboolean framed = FALSE, ended = FALSE;
    guint n_lines = 0;

    for (; n_lines < LINES_TO_A_FRAME && i < text->n_lines; i++) {
        const TextLine *line = &text->lines[i];
        Line names[2];

        n_lines++;
        ended |= line->starts != 0;
        framed |= !ended && (line->marks & MARK_NO_STACK ||
                             line_names(reader, (Line){text->s + line->at, line->n}, line->marks,
                                        match, names) > 0);
        if (framed && n_lines >= LINES_OF_A_STACK) {
            break;
        }
    }
    if (n_lines < LINES_OF_A_STACK) {
        return "call trace is missed";
    }
    return framed ? NULL : "no frames in a stack trace";
}

const char *frames_corrupted(const OopsReader *reader, const Text *text)
{
    g_autoptr(Match) match = match_new();
    gboolean framed = FALSE;
    guint seen = 0;

    for (guint i = 0; i < text->n_lines; i++) {
        guint starts = text->lines[i].starts & ~seen;
        const char *reason;

        seen |= starts;
        if (!starts) {
            continue;
        }
        reason = stack_corrupted(reader, text, i + 1, match);
        framed |= !reason;
        if (reason && starts != 1 << STACK_START_STATUS) {
            return reason;
        }
    }
    return framed ? NULL : "no stack trace in report";
}
