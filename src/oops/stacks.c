/* SPDX-License-Identifier: Apache-2.0
 * All stack traces of a report, on every architecture.
 *
 * Kernels print so many headings that no list has them all: "Freed by task 12:", "-> #1
 * (&lock){+.+.}:", "read to 0xffff of 8 bytes by task 3 on cpu 1:". So any line that ends in a
 * colon is one, and the header of a crash; the functions up to the next one are its stack. Lines of
 * others that come between, and registers, do not end a stack. The line of the program counter is a
 * stack of its own; in the middle of a stack, where an interrupt came, it is a frame of that.
 */
#include "oops/stacks.h"

#include <string.h>

/* Frames of a report. Real ones have 20 to 500. */
#define FRAMES_MAX 5000
#define LABEL_MAX  120

typedef struct Reading {
    const OopsReader *reader;
    Match *match;
    GPtrArray *stacks;
    OopsStack *inlined; /* the stack of a register that had inlined functions only, or NULL */
    OopsStack *stack;   /* where the next frame goes, or NULL: into a new one */
    Line label;         /* the last heading */
    guint n_frames;
} Reading;

/* In one piece of memory, since there are many. */
static OopsFrame *frame_new(Line function, Line module)
{
    OopsFrame *frame = g_malloc(sizeof(*frame) + function.n + 1 + module.n + 1);
    char *strings = (char *)(frame + 1);

    *frame = (OopsFrame){.function = strings, .reliable = TRUE};
    memcpy(strings, function.s, function.n);
    strings[function.n] = '\0';
    if (module.n > 0) {
        frame->module = strings + function.n + 1;
        memcpy(frame->module, module.s, module.n);
        frame->module[module.n] = '\0';
    }
    return frame;
}

static void stack_free(OopsStack *stack)
{
    g_free(stack->label);
    g_ptr_array_unref(stack->frames);
    g_free(stack);
}

static gboolean is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '$';
}

static Line skip(Line line, gsize n)
{
    n = MIN(n, line.n);
    return (Line){line.s + n, line.n - n};
}

static Line trim(Line line)
{
    while (line.n > 0 && g_ascii_isspace(*line.s)) {
        line = skip(line, 1);
    }
    while (line.n > 0 && g_ascii_isspace(line.s[line.n - 1])) {
        line.n--;
    }
    return line;
}

/* "0x1f" */
static gboolean take_hex(Line *line, guint64 *ret_value)
{
    guint64 value = 0;
    gsize n = 2;

    if (!line_begins(*line, "0x")) {
        return FALSE;
    }
    for (; n < line->n && g_ascii_isxdigit(line->s[n]); n++) {
        value = value << 4 | g_ascii_xdigit_value(line->s[n]);
    }
    if (n == 2) {
        return FALSE;
    }
    *line = skip(*line, n);
    *ret_value = value;
    return TRUE;
}

/* " [module]" or " [module build-id]", perhaps behind " file.c:12". */
static Line read_module(Line rest)
{
    gsize n = 0;

    if (line_begins(rest, " ") && !line_begins(rest, " [")) {
        const char *blank = memchr(rest.s + 1, ' ', rest.n - 1);

        rest = blank ? skip(rest, blank - rest.s) : skip(rest, rest.n);
    }
    if (!line_begins(rest, " [")) {
        return (Line){"", 0};
    }
    rest = skip(rest, 2);
    while (n < rest.n && (g_ascii_isalnum(rest.s[n]) || rest.s[n] == '_' || rest.s[n] == '-')) {
        n++;
    }
    if (n == rest.n || (rest.s[n] != ']' && rest.s[n] != ' ')) {
        return (Line){"", 0};
    }
    return (Line){rest.s, n};
}

/* The function of "foo.isra.0+0x10/0x20 [module]", which is from @begin to @plus of @line;
 * NULL when there is none. A ".cold" part can be left backwards: "foo.cold-0x5/0x1f". */
static OopsFrame *frame_at(Line line, gsize begin, gsize plus)
{
    Line rest = skip(line, plus + 1);
    guint64 offset, size = 0;
    OopsFrame *frame;

    if (begin == plus || !take_hex(&rest, &offset)) {
        return NULL;
    }
    if (line_begins(rest, "/")) {
        rest = skip(rest, 1);
        take_hex(&rest, &size);
    }
    frame = frame_new((Line){line.s + begin, plus - begin}, read_module(rest));
    frame->offset = line.s[plus] == '-' ? -offset : offset;
    frame->size = size;
    return frame;
}

/* The first function with an offset in @line. */
static OopsFrame *frame_in(Line line)
{
    const char *s = line.s, *end = line.s + line.n;

    while ((s = memchr(s, '0', end - s))) {
        if (s > line.s && end - s > 2 && s[1] == 'x' && (s[-1] == '+' || s[-1] == '-')) {
            gsize plus = s - 1 - line.s, begin = plus;

            while (begin > 0 && is_name(line.s[begin - 1])) {
                begin--;
            }
            return frame_at(line, begin, plus);
        }
        s++;
    }
    return NULL;
}

/* Behind "[<ffffffff81a3b2c4>] " at the beginning of @line, of which ppc has two. */
static Line skip_addresses(Line line)
{
    for (guint i = 0; i < 2; i++) {
        gsize open = line.n > 0 && line.s[0] == '(';
        gsize n = line_skip_address(skip(line, open));

        if (n == 0) {
            break;
        }
        line = skip(line, open + n);
    }
    return line;
}

/* The function of "... foo file.c:12 [inline]", as symbolizers print calls that the compiler took
 * in. */
static OopsFrame *inlined_frame(Line line)
{
    const char *end = memrchr(line.s, '[', line.n);
    const char *file = end && end > line.s ? memrchr(line.s, ' ', end - 1 - line.s) : NULL,
               *begin = file;

    while (begin && begin > line.s && is_name(begin[-1])) {
        begin--;
    }
    return begin == file ? NULL : frame_new((Line){begin, file - begin}, (Line){"", 0});
}

/* The function of a line of a stack trace, or NULL. */
static OopsFrame *read_frame(const PrintedLine *printed, Line line)
{
    gboolean reliable = !printed->questionable;
    OopsFrame *frame = NULL;
    gsize n = 0;

    line = skip_addresses(line);
    if (line_begins(line, "? ")) {
        line = trim(skip(line, 2));
        reliable = FALSE;
    }
    while (n < line.n && is_name(line.s[n])) {
        n++;
    }
    if (n > 0 && n < line.n && (line.s[n] == '+' || line.s[n] == '-')) {
        frame = frame_at(line, 0, n);
    } else if (n > 0 && printed->marks & MARK_INLINED && line_is_inlined(line) &&
               memchr(line.s, ' ', line.n) == line.s + n) {
        frame = inlined_frame(line);
    }
    if (frame) {
        frame->reliable = reliable;
    }
    return frame;
}

/* The register that holds an address of code, which @line shows: "RIP", "pc"; or NULL. */
static const char *register_of(Line line)
{
    static const char *const registers[] = {
        "RIP",      "EIP", "IP", "PC is at", "LR is at", "pc :", "lr :",
        "Krnl PSW", "NIP", "LR", "epc",      "era",      "ra :", "pc  :",
    };

    for (gsize i = 0; line.n > 0 && i < G_N_ELEMENTS(registers); i++) {
        if (*line.s == *registers[i] && line_begins(line, registers[i])) {
            return registers[i];
        }
    }
    return NULL;
}

static OopsStack *begin_stack(Reading *reading, const char *label, gsize n_label)
{
    OopsStack *stack = g_new0(OopsStack, 1);
    g_autofree char *copy = NULL;

    n_label = MIN(n_label, LABEL_MAX);
    n_label -= n_label > 0 && label[n_label - 1] == ':';
    copy = g_strndup(label, n_label);
    stack->label = g_utf8_make_valid(copy, -1);
    stack->frames = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(reading->stacks, stack);
    return stack;
}

static void add_frame(Reading *reading, OopsFrame *frame)
{
    if (reading->n_frames >= FRAMES_MAX) {
        g_free(frame);
        return;
    }
    if (!reading->stack) {
        reading->stack = begin_stack(reading, reading->label.s, reading->label.n);
    }
    g_ptr_array_add(reading->stack->frames, frame);
    reading->n_frames++;
}

/* "[<pc>] (foo) from [<pc>] (bar+0x10/0x20)": the caller of the line before is the callee of this
 * one. */
static gboolean read_pair(Reading *reading, Line line)
{
    OopsFrame *caller;
    const char *name;
    gsize n;

    if (!pattern_match(reading->reader->frame_pair, line.s, line.n, 0, reading->match)) {
        return FALSE;
    }
    caller = frame_in(line);
    if (!caller) {
        return FALSE;
    }
    name = match_group(reading->match, 1, &n);
    if (!reading->stack) {
        add_frame(reading, frame_new((Line){name, n}, (Line){"", 0}));
    }
    add_frame(reading, caller);
    return TRUE;
}

/* The line of a register that points to code. In a stack it is a frame of it; else it begins one,
 * and the functions that were inlined there come in lines before. */
static gboolean read_register(Reading *reading, const PrintedLine *printed, Line line)
{
    const char *label = register_of(line);
    gboolean inlined = label && printed->marks & MARK_INLINED && line_is_inlined(line);
    OopsFrame *frame = !label ? NULL : inlined ? inlined_frame(line) : frame_in(line);
    OopsStack *stack = reading->stack;

    if (!frame) {
        return FALSE;
    }
    if (!stack) {
        reading->stack = reading->inlined ? reading->inlined
                                          : begin_stack(reading, label, strcspn(label, " :i"));
        reading->inlined = inlined ? reading->stack : NULL;
    }
    add_frame(reading, frame);
    reading->stack = stack;
    return TRUE;
}

/* What follows is of another stack. */
static gboolean is_heading(Line line, guint marks)
{
    return marks & (MARK_START | MARK_HEADER) || (line.n > 0 && line.s[line.n - 1] == ':');
}

static gboolean is_end(Line line)
{
    return line_begins(line, "</TASK>") || line_begins(line, "---[ end trace") ||
           line_begins(line, "Modules linked in");
}

/* Old kernels print "<IRQ>" in front of the first frame of an interrupt. */
static Line skip_tag(Line line)
{
    const char *close = line.n > 2 && line.s[0] == '<' ? memchr(line.s, '>', line.n) : NULL;

    return close && close - line.s < 8 ? trim(skip(line, close + 1 - line.s)) : line;
}

static void read_printed(Reading *reading, const PrintedLine *printed)
{
    Line line = trim(printed->text);
    OopsFrame *frame = read_frame(printed, skip_tag(line));

    if (frame) {
        add_frame(reading, frame);
    } else if ((printed->marks & MARK_FROM && read_pair(reading, line)) ||
               read_register(reading, printed, line)) {
        return;
    } else if (is_heading(line, printed->marks)) {
        reading->stack = NULL;
        reading->label = line;
    } else if (is_end(line)) {
        reading->stack = NULL;
    }
}

GPtrArray *stacks_read(const OopsReader *reader, const GArray *lines, Match *match)
{
    Reading reading = {.reader = reader, .match = match, .label = {"", 0}};

    reading.stacks = g_ptr_array_new_with_free_func((GDestroyNotify)stack_free);
    for (guint i = 0; i < lines->len; i++) {
        read_printed(&reading, &g_array_index(lines, PrintedLine, i));
    }
    return reading.stacks;
}
