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
    while (line_take(line, " ")) {
    }
}

/* "[ T123]" or "[   C0]" */
static gboolean take_caller(Line *line, Line *ret_caller)
{
    Line rest = *line;

    if (!line_take(&rest, "[")) {
        return FALSE;
    }
    take_blanks(&rest);
    if ((!line_take(&rest, "T") && !line_take(&rest, "C")) || take_digits(&rest) == 0 ||
        !line_take(&rest, "]")) {
        return FALSE;
    }
    *ret_caller = (Line){line->s, rest.s - line->s};
    *line = rest;
    return TRUE;
}

/* Optional "** 5 printk messages dropped ** ", "host login: " and "<6>", in this order. */
static void take_noise(Line *line, gboolean may_login)
{
    static const char login[] = " login: ";
    Line rest = *line;
    const char *found;

    if (line_take(&rest, "** ") && take_digits(&rest) > 0 &&
        line_take(&rest, " printk messages dropped ** ")) {
        *line = rest;
    }
    while (may_login &&
           (found = memmem(line->s, MIN(line->n, LINE_MAX_LOOK), login, sizeof(login) - 1))) {
        *line = (Line){found + sizeof(login) - 1, line->n - (found + sizeof(login) - 1 - line->s)};
    }
    rest = *line;
    if (line_take(&rest, "<") && take_digits(&rest) > 0 && line_take(&rest, ">")) {
        *line = rest;
    }
}

static Context read_context(Line line, gboolean may_login)
{
    Context context = {0};

    take_noise(&line, may_login);
    if (!line_take(&line, "[")) {
        return context;
    }
    take_blanks(&line);
    if (take_digits(&line) == 0 || !line_take(&line, ".") || take_digits(&line) == 0 ||
        !line_take(&line, "]")) {
        return context;
    }
    take_caller(&line, &context.caller);
    if (!line_take(&line, " ")) {
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

/* " ? " in front of a function, or " (unreliable)" behind it. Each line of a stack comes here, and
 * memmem() would make a table each time. */
static gboolean is_questionable(Line line)
{
    static const char unreliable[] = " (unreliable)";
    gsize n_look = MIN(line.n, LINE_MAX_LOOK);
    const char *s = line.s, *end = line.s + n_look;

    while ((s = memchr(s, '?', end - s))) {
        if (s > line.s && s[-1] == ' ' && s + 1 < end && s[1] == ' ') {
            return !memchr(line.s, '<', n_look) || !bytes_contain(line.s, n_look, "<EOI>");
        }
        s++;
    }
    return line.n >= sizeof(unreliable) - 1 && line.s[line.n - 1] == ')' &&
           memcmp(line.s + line.n - (sizeof(unreliable) - 1), unreliable, sizeof(unreliable) - 1) ==
               0;
}

/* @may_login: " login: " may stand in it. */
static ConsoleLine read_line(Line line, gboolean may_login)
{
    ConsoleLine read = {.text = line, .context = read_context(line, may_login)};
    const char *end;

    if (!read.context.stamped) {
        return read;
    }
    for (end = line.s; end[0] != ']' || end[1] != ' '; end++) {
    }
    read.text = (Line){end + 2, line.n - (end + 2 - line.s)};
    read.questionable = is_questionable(read.text);
    return read;
}

const Kind *console_kind_of_line(const OopsReader *reader, Line line, ScanSet words)
{
    for (gsize i = 0; i < reader->n_kinds; i++) {
        const Kind *kind = &reader->kinds[i];

        if (words & SCAN_BIT(i) &&
            !(kind->except && pattern_in(kind->except, line.s, MIN(line.n, LINE_MAX_LOOK)))) {
            return kind;
        }
    }
    return NULL;
}

/* Does one of the @words in a line come in the middle of reports? Then the line does, whatever else
 * it looks like: "Internal error: Oops - BUG: 0 [#1]" begins no second report. */
gboolean console_words_follow(const OopsReader *reader, ScanSet words)
{
    for (gsize i = 0; i < reader->n_kinds; i++) {
        if (words & SCAN_BIT(i) && reader->kinds[i].family->follows) {
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
        read = read_line(line, TRUE);
        if (read.text.n > 0 && !read.questionable && same_context(read.context, context)) {
            g_ptr_array_add(lines, g_strndup(read.text.s, read.text.n));
        }
    }
    for (guint i = lines->len; i > 0; i--) {
        g_string_append_printf(out, "%s\n", (char *)lines->pdata[i - 1]);
    }
}

/* Memory for texts: what most of them need. */
#define TEXT_ABOUT   16384
#define PREFIX_ABOUT 1024

/* A region being read. */
typedef struct RegionReading {
    Region *region;
    Context context;   /* of the header line */
    gboolean all_cpus; /* lines of interrupts belong to it, too */
    guint n_lines, cut;
} RegionReading;

/* FALSE: @line and what follows do not belong to the region. */
static gboolean add_line(RegionReading *reading, Line line, guint marks)
{
    Region *region = reading->region;
    ConsoleLine read = read_line(line, marks & MARK_LOGIN);
    PrintedLine printed = {read.text, marks, read.questionable};

    reading->all_cpus |= (marks & MARK_ALL_CPUS) != 0;
    if (!same_context(read.context, reading->context) &&
        !(reading->all_cpus && caller_is(read.context, 'C'))) {
        return TRUE;
    }
    if (read.questionable) {
        g_array_append_val(region->printed, printed);
        return TRUE;
    }
    reading->n_lines += !(marks & MARK_INLINED && line_is_inlined(line));
    if (reading->n_lines >= reading->cut && marks & MARK_SECOND) {
        return FALSE;
    }
    if (!(marks & MARK_TAINT)) {
        g_array_append_val(region->printed, printed);
        line_append(region->text, read.text);
        text_add(&region->plain, read.text, marks);
    }
    return TRUE;
}

void region_read(const OopsReader *reader, const Window *window, const Header *header, gsize from,
                 gsize second, gsize end, Region *ret_region)
{
    const char *body = window_at(window, header->start);
    gsize n = end - header->start, at = 0, start;
    Marker marker = marker_begin(reader, body, n);
    gsize n_about = MIN(n, TEXT_ABOUT);
    Region region = {.text = g_string_sized_new(n_about + PREFIX_ABOUT),
                     .printed = g_array_sized_new(FALSE, FALSE, sizeof(PrintedLine), 128)};
    RegionReading reading = {.region = &region, .cut = LINES_BEFORE_CUT};
    guint n_before_second = 0;
    Line line;

    text_begin(&region.plain, reader, n_about);
    second -= header->start;
    for (start = at; line_next(body, n, &at, &line); start = at) {
        guint marks = marker_until(&marker, at);

        if (start == 0) {
            reading.context = read_line(line, TRUE).context;
            read_prefix(window, from, header->start, reading.context, region.text);
            region.n_prefix = region.text->len;
            reading.cut = marks & MARK_KMSAN ? LINES_BEFORE_CUT_KMSAN : LINES_BEFORE_CUT;
        }
        if (start == second) {
            n_before_second = region.plain.lines->len;
        }
        if (!add_line(&reading, line, marks)) {
            break;
        }
    }
    region.n_title = region.plain.lines->len;
    region.stamped = reading.context.stamped;
    if (reading.context.caller.n == 0 && start > second) {
        region.n_title = n_before_second;
    }
    *ret_region = region;
}

void region_clear(Region *region)
{
    if (region->text) {
        g_string_free(region->text, TRUE);
    }
    g_clear_pointer(&region->printed, g_array_unref);
    text_clear(&region->plain);
}
