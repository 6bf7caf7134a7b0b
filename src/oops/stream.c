/* SPDX-License-Identifier: Apache-2.0
 * The stream: a console goes by, reports come out.
 *
 * One scan over the bytes finds the words that begin a report or say something about the console;
 * lines are looked at only where such a word is, and where a report is open. A hit waits until its
 * line and the next one are whole, since printk says there whether the line is only printed again.
 * Hits are decided in order, so all that comes out depends on the bytes alone, and not on how they
 * came. A report is read when nothing that is still to come can belong to it. The window holds the
 * console from before the oldest open report on.
 *
 * What bounds the memory: a report has at most BODY_MAX bytes, a line is cut after so many, and
 * context reaches back PREFIX_MAX.
 */
#include "oops/stream.h"
#include "oops/report.h"

#include <string.h>

/* A console with more is a machine gone mad; what comes after tells nothing new. */
#define REPORTS_MAX 100
/* So much is scanned at once, while it is in the cache. */
#define PIECE (1 << 16)
/* The window is moved when so much can go. */
#define DROP_STEP (1 << 17)
/* How far around its word the pattern of a note is looked for. */
#define NOTE_LOOK 512

/* A report that has begun. */
typedef struct Open {
    guint header; /* its index */
    gsize from;   /* where the header line before it ends */
    gboolean lost;
} Open;

struct OopsStream {
    const OopsReader *reader;
    Window window;
    gboolean closed;
    ScanHit hit;      /* offsets of @hit count from @window.from */
    gsize scan_again; /* where the next scan begins: of a word at the end, only a part has come */
    gsize behind;     /* end of the last line with a hit */

    gboolean pending;    /* there is a hit whose lines are not whole yet: */
    gsize line, line_to; /* its line begins; no newline before */

    GArray *headers; /* of Header: all from the oldest open report on */
    GArray *open;    /* of Open */
    guint n_begun, n_max;
    gsize last_end, last_raw_end; /* end of the last header line that begins a report */
    gsize notes[N_NOTES];         /* where each was said first, or G_MAXSIZE */
    gsize lost, raw_lost;         /* behind where NOTE_LOST was said last, or 0 */
    GQueue events;                /* of OopsEvent */
};

static void event_free(OopsEvent *event)
{
    oops_report_free(event->report);
    g_free(event);
}

static OopsStream *stream_new(const OopsReader *reader, guint n_max)
{
    OopsStream *stream = g_new0(OopsStream, 1);

    stream->reader = reader;
    stream->n_max = n_max;
    window_init(&stream->window);
    stream->headers = g_array_new(FALSE, FALSE, sizeof(Header));
    stream->open = g_array_new(FALSE, FALSE, sizeof(Open));
    for (guint i = 0; i < N_NOTES; i++) {
        stream->notes[i] = G_MAXSIZE;
    }
    g_queue_init(&stream->events);
    return stream;
}

OopsStream *oops_stream_new(const OopsReader *reader)
{
    return stream_new(reader, REPORTS_MAX);
}

void oops_stream_free(OopsStream *stream)
{
    if (!stream) {
        return;
    }
    window_clear(&stream->window);
    g_array_unref(stream->headers);
    g_array_unref(stream->open);
    g_queue_clear_full(&stream->events, (GDestroyNotify)event_free);
    g_free(stream);
}

gsize stream_memory(const OopsStream *stream)
{
    return sizeof(*stream) + window_memory(&stream->window) +
           stream->headers->len * sizeof(Header) + stream->open->len * sizeof(Open);
}

static void push_event(OopsStream *stream, const Header *header, OopsReport *report)
{
    OopsEvent event = {header->raw_start, header->raw_end, report};

    g_queue_push_tail(&stream->events, g_memdup2(&event, sizeof(event)));
}

static const Header *header_at(const OopsStream *stream, guint i)
{
    return &g_array_index(stream->headers, Header, i);
}

/* The report that began first ends. */
static void end_report(OopsStream *stream)
{
    const Open *open = &g_array_index(stream->open, Open, 0);
    const Header *header = header_at(stream, open->header);
    ReportPlace place = {header, open->from, G_MAXSIZE,
                         MIN(header->start + BODY_MAX, stream->window.to), header->end};
    gsize raw_end = header->raw_end;
    OopsReport *report;

    for (guint i = open->header + 1; i < stream->headers->len; i++) {
        const Header *later = header_at(stream, i);

        if (later->start >= place.end) {
            break;
        }
        if (!later->follows) {
            place.second = MIN(place.second, later->start);
        }
        if (later->kind->n_rules > 0) {
            place.last = later->end;
            raw_end = later->raw_end;
        }
    }
    report = report_read(stream->reader, &stream->window, &place);
    report->end = raw_end;
    report->panicked = stream->notes[NOTE_PANICKED] < place.end;
    report->suppressed = stream->notes[NOTE_SUPPRESSED] < place.end;
    if (open->lost && !report->corrupted_reason) {
        report->corrupted_reason = g_strdup("the console was lost");
    }
    push_event(stream, header, report);
    g_array_remove_index(stream->open, 0);
}

/* End the reports to which nothing from @decided on can belong. */
static void end_reports(OopsStream *stream, gsize decided)
{
    while (stream->open->len > 0) {
        const Open *open = &g_array_index(stream->open, Open, 0);

        if (decided < header_at(stream, open->header)->start + BODY_MAX) {
            return;
        }
        end_report(stream);
    }
}

/* A symbolized console repeats the header line for each inlined call: "BUG: ... in foo file.h:12
 * [inline]". They are one header. */
static gboolean continues_header(OopsStream *stream, const Header *header)
{
    Header *before;

    if (stream->headers->len == 0) {
        return FALSE;
    }
    before = &g_array_index(stream->headers, Header, stream->headers->len - 1);
    if (before->end != header->start || before->kind != header->kind || !before->inlined) {
        return FALSE;
    }
    before->end = header->end;
    before->raw_end = header->raw_end;
    return TRUE;
}

static void note(OopsStream *stream, const OopsNoteRule *rule, gsize at)
{
    stream->notes[rule->note] = MIN(stream->notes[rule->note], at);
    if (rule->note != NOTE_LOST) {
        return;
    }
    stream->lost = at + 1;
    stream->raw_lost = window_raw(&stream->window, at) + 1;
    for (guint i = 0; i < stream->open->len; i++) {
        Open *open = &g_array_index(stream->open, Open, i);

        open->lost |= at < header_at(stream, open->header)->start + BODY_MAX;
    }
}

/* One of @words, at @at of @line, may say something about the console. */
static void read_notes(OopsStream *stream, Line line, gsize at, ScanSet words)
{
    const OopsReader *reader = stream->reader;
    gsize begin = at > NOTE_LOOK ? at - NOTE_LOOK : 0, end = MIN(line.n, at + NOTE_LOOK);

    for (gsize i = 0; i < n_note_rules; i++) {
        const OopsNoteRule *rule = &note_rules[i];

        if (words & SCAN_BIT(reader->n_kinds + i) &&
            (!rule->pattern || (stream->notes[rule->note] == G_MAXSIZE &&
                                pattern_in(reader->notes[i], line.s + begin, end - begin)))) {
            note(stream, rule, stream->line + at);
        }
    }
}

static void begin_report(OopsStream *stream, const Header *header)
{
    Open open = {stream->headers->len - 1, stream->last_end, stream->lost > stream->last_end};

    if (header->kind->n_rules == 0) {
        return;
    }
    if (stream->n_begun < stream->n_max) {
        stream->n_begun++;
        g_array_append_val(stream->open, open);
        push_event(stream, header, NULL);
    }
}

/* The line of the hit is whole, up to @end; @next is the one behind it. */
static void decide(OopsStream *stream, gsize end, Line next)
{
    const Window *window = &stream->window;
    Line line = {window_at(window, stream->line), end - stream->line};
    Header header = {.start = stream->line, .end = end};
    ScanSet words = 0;

    line.n -= line.n > 0 && line.s[line.n - 1] == '\n';
    do {
        gsize at = stream->hit.begin + window->from - stream->line;

        words |= at < LINE_MAX_LOOK ? stream->hit.words : 0;
        read_notes(stream, line, at, stream->hit.words);
    } while (scan_next(stream->reader->scan, window->bytes, end - window->from, &stream->hit));
    stream->behind = stream->scan_again = end;
    header.kind = console_kind_of_line(stream->reader, line, words);
    if (!header.kind) {
        return;
    }
    header.follows = console_words_follow(stream->reader, words);
    header.inlined =
        bytes_contain(window_at(window, header.start), end - header.start, " [inline]\n");
    header.raw_start = window_raw(window, header.start);
    header.raw_end = window_raw(window, header.end);
    if (!continues_header(stream, &header)) {
        if (bytes_contain(next.s, next.n, "** replaying previous printk message **")) {
            return;
        }
        g_array_append_val(stream->headers, header);
        begin_report(stream, &header);
    }
    if (header.kind->n_rules > 0) {
        stream->last_end = header.end;
        stream->last_raw_end = header.raw_end;
    }
}

/* The end of the line that begins at @line: behind its newline, or where it is cut. 0: more has to
 * come. @looked: there is no newline before. */
static gsize line_end(OopsStream *stream, gsize line, gsize looked, gsize n_max)
{
    const Window *window = &stream->window;
    gsize cut = MIN(line + n_max, window->to);
    const char *newline =
        cut > looked ? memchr(window_at(window, looked), '\n', cut - looked) : NULL;

    if (newline) {
        return newline + 1 - window->bytes + window->from;
    }
    return cut == line + n_max || stream->closed ? cut : 0;
}

/* The start of the line that has the hit. When that is far away, the hit itself: the line is not
 * one of printk's. */
static gsize line_start(const OopsStream *stream)
{
    const Window *window = &stream->window;
    gsize at = stream->hit.begin + window->from, from = MAX(stream->behind, window->from);
    const char *newline = memrchr(window_at(window, from), '\n', at - from);
    gsize start = newline ? newline + 1 - window->bytes + window->from : from;

    return at - start < LINE_MAX_LOOK ? start : at;
}

/* Find the next hit. FALSE when there is none in what has come. */
static gboolean find_hit(OopsStream *stream)
{
    const Window *window = &stream->window;
    gsize n = window->to - window->from, longest = stream->reader->longest;

    stream->hit.next = stream->scan_again - window->from;
    if (!scan_next(stream->reader->scan, window->bytes, n, &stream->hit)) {
        stream->scan_again = MAX(stream->scan_again, window->to - MIN(n, longest));
        return FALSE;
    }
    stream->line = line_start(stream);
    stream->line_to = stream->hit.begin + window->from;
    stream->pending = TRUE;
    return TRUE;
}

/* Decide all hits that can be. */
static void step(OopsStream *stream)
{
    const Window *window = &stream->window;
    gsize back = LINE_MAX_LOOK + stream->reader->longest;

    while (stream->pending || find_hit(stream)) {
        gsize end = line_end(stream, stream->line, stream->line_to, BODY_MAX), next_end;

        end_reports(stream, stream->line);
        if (end == 0) {
            stream->line_to = window->to;
            return;
        }
        stream->line_to = end - 1;
        next_end = line_end(stream, end, end, LINE_MAX_LOOK);
        if (next_end == 0) {
            return;
        }
        decide(stream, end, (Line){window_at(window, end), next_end - end});
        stream->pending = FALSE;
    }
    /* The line of a hit to come may begin so much before it. */
    end_reports(stream,
                stream->closed ? G_MAXSIZE : stream->scan_again - MIN(stream->scan_again, back));
}

/* Forget what is no more needed. */
static void drop(OopsStream *stream)
{
    gsize from = stream->pending ? stream->line : stream->scan_again, n_headers;

    n_headers = stream->headers->len > 0 ? stream->headers->len - 1 : 0;
    if (stream->open->len > 0) {
        n_headers = g_array_index(stream->open, Open, 0).header;
        from = MIN(from, header_at(stream, n_headers)->start);
    }
    from = from > PREFIX_MAX + LINE_MAX_LOOK ? from - PREFIX_MAX - LINE_MAX_LOOK : 0;
    if (from < stream->window.from + DROP_STEP) {
        return;
    }
    stream->hit.begin -= from - stream->window.from;
    stream->hit.next -= from - stream->window.from;
    window_drop(&stream->window, from);
    g_array_remove_range(stream->headers, 0, n_headers);
    for (guint i = 0; i < stream->open->len; i++) {
        g_array_index(stream->open, Open, i).header -= n_headers;
    }
}

void oops_stream_feed(OopsStream *stream, const char *bytes, gsize n_bytes)
{
    g_return_if_fail(!stream->closed);
    while (n_bytes > 0) {
        gsize n = MIN(n_bytes, PIECE);

        window_add(&stream->window, bytes, n);
        step(stream);
        drop(stream);
        bytes += n;
        n_bytes -= n;
    }
}

void oops_stream_close(OopsStream *stream)
{
    if (!stream->closed) {
        stream->closed = TRUE;
        step(stream);
    }
}

gboolean oops_stream_next(OopsStream *stream, OopsEvent *ret_event)
{
    g_autofree OopsEvent *event = g_queue_pop_head(&stream->events);

    if (event) {
        *ret_event = *event;
    }
    return event != NULL;
}

void oops_stream_complete(const OopsStream *stream, OopsReport *report)
{
    g_return_if_fail(stream->closed);
    report->end = stream->last_raw_end;
    report->suppressed = stream->notes[NOTE_SUPPRESSED] != G_MAXSIZE;
    report->panicked = stream->notes[NOTE_PANICKED] != G_MAXSIZE;
    if (stream->raw_lost > report->start && !report->corrupted_reason) {
        report->corrupted_reason = g_strdup("the console was lost");
    }
}

/* The first @n_max reports of a whole console. They know what was said after them, too. */
static GPtrArray *find_reports(const OopsReader *reader, const char *console, gsize n_console,
                               guint n_max)
{
    g_autoptr(OopsStream) stream = stream_new(reader, n_max);
    GPtrArray *reports = g_ptr_array_new_with_free_func((GDestroyNotify)oops_report_free);
    OopsEvent event;

    oops_stream_feed(stream, console, n_console);
    oops_stream_close(stream);
    while (oops_stream_next(stream, &event)) {
        if (!event.report) {
            continue;
        }
        oops_stream_complete(stream, event.report);
        g_ptr_array_add(reports, event.report);
    }
    return reports;
}

OopsReport *oops_find(const OopsReader *reader, const char *console, gsize n_console, gsize from)
{
    g_autoptr(GPtrArray) reports = NULL;
    OopsReport *report;

    g_return_val_if_fail(from <= n_console, NULL);
    /* An empty console may be NULL, to which nothing can be added. */
    reports = find_reports(reader, from ? console + from : console, n_console - from, 1);
    if (reports->len == 0) {
        return NULL;
    }
    report = g_ptr_array_steal_index(reports, 0);
    report->start += from;
    report->skip += from;
    report->end += from;
    return report;
}

GPtrArray *oops_find_all(const OopsReader *reader, const char *console, gsize n_console)
{
    return find_reports(reader, console, n_console, REPORTS_MAX);
}
