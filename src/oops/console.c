/* SPDX-License-Identifier: Apache-2.0
 * From console bytes to the text of a report: it takes the lines that the same task or CPU printed.
 * With CONFIG_PRINTK_CALLER each line says who printed it, and consoles mix them.
 */
#include "oops/console.h"

#include <string.h>

/* Context lines in front of a report; more when we know that the same task printed them. */
#define PREFIX_LINES      5
#define PREFIX_LINES_TASK 50
/* A second stack, of the panic or lock report that an oops caused, is not wanted when the report
 * has this many lines already. */
#define LINES_BEFORE_CUT       23
#define LINES_BEFORE_CUT_KMSAN 17

/* Who printed a line: nobody said, the console with a time stamp only, or a task or CPU. */
typedef struct Context {
    gboolean stamped;
    Line caller; /* "[ T123]", or empty */
} Context;

typedef struct ConsoleLine {
    Line text; /* stripped */
    Context context;
    gboolean questionable; /* an address found on the stack, perhaps not a real frame */
} ConsoleLine;

static gboolean take(Line *line, const char *word)
{
    gsize n = strlen(word);

    if (line->n < n || memcmp(line->s, word, n) != 0) {
        return FALSE;
    }
    line->s += n;
    line->n -= n;
    return TRUE;
}

static gsize take_digits(Line *line)
{
    gsize n = 0;

    while (n < line->n && g_ascii_isdigit(line->s[n])) {
        n++;
    }
    line->s += n;
    line->n -= n;
    return n;
}

static void take_blanks(Line *line)
{
    while (take(line, " ")) {
    }
}

/* "[ T123]" or "[   C0]" */
static gboolean take_caller(Line *line, Line *ret_caller)
{
    Line rest = *line;

    if (!take(&rest, "[")) {
        return FALSE;
    }
    take_blanks(&rest);
    if ((!take(&rest, "T") && !take(&rest, "C")) || take_digits(&rest) == 0 || !take(&rest, "]")) {
        return FALSE;
    }
    *ret_caller = (Line){line->s, rest.s - line->s};
    *line = rest;
    return TRUE;
}

/* Optional "** 5 printk messages dropped ** ", "host login: " and "<6>", in this order. */
static void take_noise(Line *line)
{
    static const char login[] = " login: ";
    Line rest = *line;
    const char *found;

    if (take(&rest, "** ") && take_digits(&rest) > 0 &&
        take(&rest, " printk messages dropped ** ")) {
        *line = rest;
    }
    while ((found = memmem(line->s, MIN(line->n, LINE_MAX_LOOK), login, sizeof(login) - 1))) {
        *line = (Line){found + sizeof(login) - 1, line->n - (found + sizeof(login) - 1 - line->s)};
    }
    rest = *line;
    if (take(&rest, "<") && take_digits(&rest) > 0 && take(&rest, ">")) {
        *line = rest;
    }
}

static Context read_context(Line line)
{
    Context context = {0};

    take_noise(&line);
    if (!take(&line, "[")) {
        return context;
    }
    take_blanks(&line);
    if (take_digits(&line) == 0 || !take(&line, ".") || take_digits(&line) == 0 ||
        !take(&line, "]")) {
        return context;
    }
    take_caller(&line, &context.caller);
    if (!take(&line, " ")) {
        context.caller = (Line){0};
        return context;
    }
    context.stamped = TRUE;
    return context;
}

static gboolean same_context(Context a, Context b)
{
    return a.stamped == b.stamped && a.caller.n == b.caller.n &&
           (a.caller.n == 0 || memcmp(a.caller.s, b.caller.s, a.caller.n) == 0);
}

static gboolean caller_is(Context context, char what)
{
    return context.caller.n > 0 && memchr(context.caller.s, what, context.caller.n);
}

static ConsoleLine read_line(Line line)
{
    ConsoleLine read = {.text = line, .context = read_context(line)};
    static const char unreliable[] = " (unreliable)";
    const char *end;
    gsize n;

    if (!read.context.stamped) {
        return read;
    }
    end = memmem(line.s, line.n, "] ", 2);
    read.text = (Line){end + 2, line.n - (end + 2 - line.s)};
    n = read.text.n;
    read.questionable =
        (bytes_contain(read.text.s, MIN(n, LINE_MAX_LOOK), " ? ") &&
         !bytes_contain(read.text.s, MIN(n, LINE_MAX_LOOK), "<EOI>")) ||
        (n >= sizeof(unreliable) - 1 && memcmp(read.text.s + n - (sizeof(unreliable) - 1),
                                               unreliable, sizeof(unreliable) - 1) == 0);
    return read;
}

const Kind *console_kind_of_line(const OopsReader *reader, Line line, guint64 words)
{
    for (gsize i = 0; i < reader->n_kinds; i++) {
        const Kind *kind = &reader->kinds[i];

        if (words & (guint64)1 << i &&
            !(kind->except && pattern_in(kind->except, line.s, MIN(line.n, LINE_MAX_LOOK)))) {
            return kind;
        }
    }
    return NULL;
}

/* Does one of the @words in a line come in the middle of reports? Then the line does, whatever else
 * it looks like: "Internal error: Oops - BUG: 0 [#1]" begins no second report. */
gboolean console_words_follow(const OopsReader *reader, guint64 words)
{
    for (gsize i = 0; i < reader->n_kinds; i++) {
        if (words & (guint64)1 << i && reader->kinds[i].family->follows) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The last lines of the same @context between @from and @to, in order. */
static void read_prefix(const Window *window, gsize from, gsize to, Context context, GString *out)
{
    const char *bytes = window->bytes;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    guint wanted = caller_is(context, 'T') ? PREFIX_LINES_TASK : PREFIX_LINES;

    from = MAX(from, to > PREFIX_MAX ? to - PREFIX_MAX : 0);
    from = MAX(from, window->from) - window->from;
    to -= window->from;
    while (to > from && lines->len < wanted) {
        const char *newline = to - 1 > from ? memrchr(bytes + from, '\n', to - 1 - from) : NULL;
        gsize start = newline ? (gsize)(newline + 1 - bytes) : from, at = start;
        ConsoleLine read;
        Line line;

        line_next(bytes, to, &at, &line);
        to = start;
        read = read_line(line);
        if (read.text.n > 0 && !read.questionable && same_context(read.context, context)) {
            g_ptr_array_add(lines, g_strndup(read.text.s, read.text.n));
        }
    }
    for (guint i = lines->len; i > 0; i--) {
        g_string_append_printf(out, "%s\n", (char *)lines->pdata[i - 1]);
    }
}

static gboolean begins_second_stack(Line line)
{
    return bytes_contain(line.s, line.n, "Kernel panic - not syncing") ||
           bytes_contain(line.s, line.n, "WARNING: possible circular locking dependency detected");
}

void region_read(const Window *window, const Header *header, gsize from, gsize second, gsize end,
                 Region *ret_region)
{
    const char *body = window_at(window, header->start);
    gsize n = end - header->start, at = 0, start;
    gsize n_before_second = 0;
    guint n_lines = 0, cut = LINES_BEFORE_CUT;
    gboolean all_cpus = FALSE;
    Region region = {.text = g_string_new(NULL)};
    Context context = {0};
    Line line;

    second -= header->start;
    for (start = at; line_next(body, n, &at, &line); start = at) {
        ConsoleLine read = read_line(line);

        if (start == 0) {
            context = read.context;
            read_prefix(window, from, header->start, context, region.text);
            region.n_prefix = region.text->len;
            if (bytes_contain(line.s, line.n, "BUG: KMSAN:")) {
                cut = LINES_BEFORE_CUT_KMSAN;
            }
        }
        if (start == second) {
            n_before_second = region.text->len - region.n_prefix;
        }
        all_cpus |= bytes_contain(line.s, line.n, "Sending NMI from CPU");
        if (read.questionable ||
            (!same_context(read.context, context) && !(all_cpus && caller_is(read.context, 'C')))) {
            continue;
        }
        n_lines += !line_is_inlined(line);
        if (n_lines >= cut && begins_second_stack(line)) {
            break;
        }
        if (!bytes_contain(line.s, line.n, "Disabling lock debugging due to kernel taint")) {
            g_string_append_len(region.text, read.text.s, read.text.n);
            g_string_append_c(region.text, '\n');
        }
    }
    region.n_title = region.text->len - region.n_prefix;
    region.stamped = context.stamped;
    if (context.caller.n == 0 && start > second) {
        region.n_title = n_before_second;
    }
    *ret_region = region;
}
