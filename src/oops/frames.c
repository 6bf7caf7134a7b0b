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

static gboolean is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* The end of a "[<ffffffff81a3b2c4>] " or "[c00000007a3efa20] " group at the beginning of @line, or
 * 0. */
static gsize skip_address(Line line)
{
    gsize at = 1;

    if (line.n < 2 || line.s[0] != '[') {
        return 0;
    }
    at += line.s[at] == '<';
    while (at < line.n && g_ascii_isxdigit(line.s[at])) {
        at++;
    }
    at += at < line.n && line.s[at] == '>';
    if (at + 1 >= line.n || line.s[at] != ']' || line.s[at + 1] != ' ') {
        return 0;
    }
    for (at += 2; at < line.n && line.s[at] == ' '; at++) {
    }
    return at;
}

/* "[<pc>] foo.isra.0+0x10/0x20": the name is what comes before the first "." or "+", and "+0x" must
 * follow somewhere in the word; or "-0x": what a call behind the end of "foo.cold" returns to. */
static char *frame_name(Line line)
{
    gsize begin = 0, end, plus;

    while (begin < line.n && g_ascii_isspace(line.s[begin])) {
        begin++;
    }
    for (guint i = 0; i < 2; i++) {
        begin += skip_address((Line){line.s + begin, line.n - begin});
    }
    for (end = begin; end < line.n && is_name(line.s[end]); end++) {
    }
    for (plus = end; plus < line.n && (is_name(line.s[plus]) || line.s[plus] == '.'); plus++) {
    }
    if (end == begin || plus + 2 >= line.n || (line.s[plus] != '+' && line.s[plus] != '-') ||
        memcmp(line.s + plus + 1, "0x", 2) != 0) {
        return NULL;
    }
    return g_strndup(line.s + begin, end - begin);
}

gboolean frames_of_line(const OopsReader *reader, Line line, GPtrArray *names)
{
    g_autoptr(GMatchInfo) info = NULL;
    char *name = frame_name(line);

    if (name) {
        g_ptr_array_add(names, name);
        return TRUE;
    }
    if (!bytes_contain(line.s, line.n, " from ") ||
        !g_regex_match_full(reader->frame_pair, line.s, line.n, 0, 0, &info, NULL)) {
        return FALSE;
    }
    g_ptr_array_add(names, g_match_info_fetch(info, 1));
    g_ptr_array_add(names, g_match_info_fetch(info, 2));
    return TRUE;
}

/* The function that generic code called, when a CPU was found busy: what is above it is where the
 * CPU happened to be. */
static const char *pick_stall(const OopsReader *reader, const GPtrArray *frames)
{
    for (guint i = 0; i < frames->len; i++) {
        const char *name = names_strip_syscall(frames->pdata[i]);

        if (!pattern_in(reader->generic_callers, name, strlen(name))) {
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
static const char *pick_hung(const OopsReader *reader, const GPtrArray *frames)
{
    for (guint i = 0; i < frames->len; i++) {
        const char *name = frames->pdata[i];

        if (strstr(name, "rtnl_lock") || names_wait_for_rcu(name)) {
            return name;
        }
    }
    for (guint i = 0; i < frames->len; i++) {
        const char *name = frames->pdata[i];

        if (!pattern_in(reader->waiting, name, strlen(name))) {
            return name;
        }
    }
    return NULL;
}

static const char *pick(const OopsReader *reader, OopsPick how, const GPtrArray *frames)
{
    switch (how) {
    case PICK_STALL:
        return pick_stall(reader, frames);
    case PICK_HUNG:
        return pick_hung(reader, frames);
    case PICK_FIRST:
        break;
    }
    return frames->len ? frames->pdata[0] : NULL;
}

/* A recipe being carried out. */
typedef struct Walk {
    const OopsReader *reader;
    const Rule *rule;
    const char *text;
    gsize n, at;
    GPtrArray *candidates; /* for the next key frame */
    GPtrArray *keys;
    gboolean whole;
} Walk;

static gboolean to_blame(const OopsReader *reader, const Rule *rule, const char *name, gsize n)
{
    if (n == 0 || (rule->skip && pattern_in(rule->skip, name, n))) {
        return FALSE;
    }
    return !pattern_in(reader->never_blamed, name, n) ||
           (rule->keep && pattern_in(rule->keep, name, n));
}

static void walk_offer(Walk *walk, const char *name)
{
    g_autofree char *readable = names_demangle(name);

    name = readable ? readable : name;
    if (to_blame(walk->reader, walk->rule, name, strlen(name))) {
        g_ptr_array_add(walk->candidates, g_strdup(name));
    }
}

/* Does @line match? Then what it captures is offered. */
static gboolean walk_match(Walk *walk, const GRegex *pattern, Line line)
{
    g_autoptr(GMatchInfo) info = NULL;

    if (!g_regex_match_full(pattern, line.s, line.n, 0, 0, &info, NULL)) {
        return FALSE;
    }
    for (int i = 1; i < g_match_info_get_match_count(info); i++) {
        g_autofree char *name = g_match_info_fetch(info, i);

        walk_offer(walk, name);
    }
    return TRUE;
}

static void walk_close(Walk *walk)
{
    const char *key = pick(walk->reader, walk->rule->format->pick, walk->candidates);

    if (!key) {
        key = "corrupted";
        walk->whole = FALSE;
    }
    g_ptr_array_add(walk->keys, g_strdup(key));
    g_ptr_array_set_size(walk->candidates, 0);
}

/* A frame of fault injection: somebody made an allocation fail, this stack is not the crash's. */
static gboolean walk_injected(Walk *walk, Line line)
{
    if (!bytes_contain(line.s, line.n, " should_fail") ||
        !pattern_in(walk->reader->injected, line.s, line.n)) {
        return FALSE;
    }
    walk->whole = FALSE;
    return TRUE;
}

static void walk_pattern(Walk *walk, const Part *part)
{
    Line line;

    while (line_next(walk->text, walk->n, &walk->at, &line)) {
        if (walk_injected(walk, line) || walk_match(walk, part->pattern, line)) {
            return;
        }
    }
}

/* Returns TRUE when the stack ended where the part @next matched. */
static gboolean walk_stack(Walk *walk, const Part *next)
{
    Line line;

    while (line_next(walk->text, walk->n, &walk->at, &line)) {
        g_autoptr(GPtrArray) names = NULL;

        if (walk_injected(walk, line) || pattern_in(walk->reader->stack_start, line.s, line.n)) {
            return FALSE;
        }
        if (next && !next->stack && walk_match(walk, next->pattern, line)) {
            return TRUE;
        }
        names = g_ptr_array_new_with_free_func(g_free);
        frames_of_line(walk->reader, line, names);
        for (guint i = 0; i < names->len; i++) {
            walk_offer(walk, names->pdata[i]);
        }
    }
    return FALSE;
}

static gboolean walk_recipe(const OopsReader *reader, const Rule *rule, const Recipe *recipe,
                            const char *text, gsize n, GPtrArray **ret_frames)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(g_free);
    Walk walk = {reader, rule, text, n, 0, candidates, g_ptr_array_new_with_free_func(g_free),
                 TRUE};
    guint n_stacks = 0;

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

gboolean frames_find(const OopsReader *reader, const Rule *rule, const char *text, gsize n,
                     GPtrArray **ret_frames)
{
    g_autoptr(GPtrArray) frames = NULL, others = NULL;
    gboolean whole = walk_recipe(reader, rule, &rule->frames, text, n, &frames);

    if (!whole && rule->frames_else.n_parts > 0) {
        whole = walk_recipe(reader, rule, &rule->frames_else, text, n, &others);
        if (whole || g_str_equal(frames->pdata[0], "corrupted")) {
            *ret_frames = g_steal_pointer(&others);
            return whole;
        }
    }
    *ret_frames = g_steal_pointer(&frames);
    return whole;
}

/* Looks at what follows the start of a stack. */
static const char *stack_corrupted(const OopsReader *reader, const char *text, gsize n, gsize at)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    gboolean framed = FALSE, ended = FALSE;
    guint n_lines = 0;
    Line line;

    while (n_lines < LINES_TO_A_FRAME && line_next(text, n, &at, &line)) {
        n_lines++;
        ended |= pattern_in(reader->stack_start, line.s, line.n);
        if (!ended && (frames_of_line(reader, line, names) ||
                       bytes_contain(line.s, line.n, "(stack is not available)"))) {
            framed = TRUE;
        }
        if (framed && n_lines >= LINES_OF_A_STACK) {
            break;
        }
    }
    if (n_lines < LINES_OF_A_STACK) {
        return "call trace is missed";
    }
    return framed ? NULL : "no frames in a stack trace";
}

const char *frames_corrupted(const OopsReader *reader, const char *text, gsize n)
{
    gboolean seen[STACK_STARTS] = {FALSE}, framed = FALSE;
    gsize at = 0;
    Line line;

    while (line_next(text, n, &at, &line)) {
        for (guint i = 0; i < STACK_STARTS; i++) {
            const char *reason;

            if (seen[i] || !pattern_in(reader->stack_starts[i], line.s, line.n)) {
                continue;
            }
            seen[i] = TRUE;
            reason = stack_corrupted(reader, text, n, at);
            framed |= !reason;
            if (reason && i != STACK_START_STATUS) {
                return reason;
            }
        }
    }
    return framed ? NULL : "no stack trace in report";
}
