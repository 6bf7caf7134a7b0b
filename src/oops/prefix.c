/* SPDX-License-Identifier: Apache-2.0
 * Consoles that came through another program: journald, syslog, dmesg, /dev/kmsg, a mail.
 *
 * They put words of their own before each line, and some drop printk's time. The prefix is
 * rewritten in place into what a serial console has, "[TIME][CALLER] ", and the rest of it becomes
 * NULs, which mean nothing in a console. So no line moves, and offsets of lines stay those of the
 * input. Colours (dmesg --color, grep) become NULs, too, at the head of a line behind the rest of
 * it.
 */
#include "oops/reader.h"

#include <string.h>

/* How much of a line a prefix may take. */
#define PREFIX_LOOK 256
/* No colour is longer. */
#define COLOUR_MOST 24
/* When so many lines have been seen and most have no prefix, it is a plain console. */
#define LINES_TO_DECIDE 1000

#define DIGITS "0123456789"

/* What stands before the text of a line. */
typedef struct Foreign {
    gboolean is_log;   /* a program wrote it that marks each line */
    gboolean is_other; /* and this line is not the kernel's */
    Line stamp;        /* "[   12.345678]", or empty: not printed, or not as printk does */
    Line caller;       /* "T123" or "C0", or empty */
} Foreign;

static gsize take_any(Line *line, const char *chars)
{
    gsize n = 0;

    while (n < line->n && line->s[n] && strchr(chars, line->s[n])) {
        n++;
    }
    line->s += n;
    line->n -= n;
    return n;
}

/* @form: 'A' is a capital, 'a' a small letter, '9' a digit, '_' a digit or a blank; all else is
 * itself. */
static gboolean take_form(Line *line, const char *form)
{
    gsize n = strlen(form);

    if (line->n < n) {
        return FALSE;
    }
    for (gsize i = 0; i < n; i++) {
        char c = line->s[i];

        if (!(form[i] == 'A'   ? g_ascii_isupper(c)
              : form[i] == 'a' ? g_ascii_islower(c)
              : form[i] == '9' ? g_ascii_isdigit(c)
              : form[i] == '_' ? g_ascii_isdigit(c) || c == ' '
                               : c == form[i])) {
            return FALSE;
        }
    }
    line->s += n;
    line->n -= n;
    return TRUE;
}

/* "12.345678" */
static gboolean take_seconds(Line *line)
{
    return take_any(line, DIGITS) > 0 && line_take(line, ".") && take_any(line, DIGITS) > 0;
}

/* "[   12.345678]" */
static gboolean take_stamp(Line *line, Line *ret_stamp)
{
    Line rest = *line;

    if (!line_take(&rest, "[")) {
        return FALSE;
    }
    take_any(&rest, " ");
    if (!take_seconds(&rest) || !line_take(&rest, "]")) {
        return FALSE;
    }
    *ret_stamp = (Line){line->s, rest.s - line->s};
    *line = rest;
    return TRUE;
}

/* The other times of dmesg: "[Thu Nov 26 03:42:18 2026]" (-T), "[Nov26 03:42]" and "[  +0.000012]"
 * (-e), "[   12.345678 <    0.000012>]" (-d), "2026-11-26T03:42:18,345678+00:00" (iso). */
static gboolean take_dmesg_time(Line *line)
{
    Line rest = *line;

    if (take_form(&rest, "9999-99-99T99:99:99,999999")) {
        take_any(&rest, "+-:" DIGITS);
    } else if (line_take(&rest, "[")) {
        if (!take_form(&rest, "Aaa Aaa _9 99:99:99 9999") && !take_form(&rest, "Aaa_9 99:99")) {
            gboolean since;

            take_any(&rest, " ");
            since = line_take(&rest, "+");
            if (!take_seconds(&rest)) {
                return FALSE;
            }
            if (!since) {
                if (!line_take(&rest, " <")) {
                    return FALSE;
                }
                take_any(&rest, " ");
                if (!take_seconds(&rest) || !line_take(&rest, ">")) {
                    return FALSE;
                }
            }
        }
        if (!line_take(&rest, "]")) {
            return FALSE;
        }
    } else {
        return FALSE;
    }
    if (rest.n > 0 && *rest.s != ' ') {
        return FALSE;
    }
    *line = rest;
    return TRUE;
}

/* "HOST PROGRAM[PID]: " behind the time of a log. The time may have a zone behind it. */
static gboolean take_program(Line *line, gboolean *ret_is_kernel)
{
    Line rest = *line;

    for (guint i = 0; i < 3; i++) {
        Line word = rest;

        while (rest.n > 0 && *rest.s != ' ') {
            rest.s++;
            rest.n--;
        }
        word.n = rest.s - word.s;
        if (word.n == 0) {
            return FALSE;
        }
        if (i > 0 && word.s[word.n - 1] == ':') {
            line_take(&rest, " ");
            *ret_is_kernel = line_take(&word, "kernel:") && word.n == 0;
            *line = rest;
            return TRUE;
        }
        if (!line_take(&rest, " ")) {
            return FALSE;
        }
    }
    return FALSE;
}

/* What syslog and journalctl put before a line: "Nov 26 03:42:18 host kernel: ". */
static gboolean take_syslog(Line *line, Foreign *foreign)
{
    static const char *const times[] = {"Aaa _9 99:99:99", "9999-99-99T99:99:99",
                                        "Aaa 9999-99-99 99:99:99", "9999999999."};
    gboolean is_kernel = FALSE, is_time = FALSE;
    Line rest = *line, stamp;

    if (take_stamp(&rest, &stamp)) {
        /* journalctl -o short-monotonic; but "[   12.345678] usb 1-1: new device" is the kernel's.
         */
        if (!line_take(&rest, " ") || !take_program(&rest, &is_kernel) || !is_kernel) {
            return FALSE;
        }
        *line = rest;
        foreign->stamp = stamp;
        return TRUE;
    }
    for (gsize i = 0; !is_time && i < G_N_ELEMENTS(times); i++) {
        is_time = take_form(&rest, times[i]);
    }
    take_any(&rest, ".+-:Z" DIGITS);
    if (!is_time || !line_take(&rest, " ") || !take_program(&rest, &is_kernel)) {
        return FALSE;
    }
    foreign->is_other = !is_kernel;
    *line = rest;
    return TRUE;
}

/* A record of /dev/kmsg: "4,123,456789,-,caller=T12;". */
static gboolean take_kmsg(Line *line, Foreign *foreign)
{
    static const char caller[] = ",caller=";
    Line rest = *line;
    const char *end, *found;

    for (guint i = 0; i < 3; i++) {
        if (take_any(&rest, DIGITS) == 0 || !line_take(&rest, ",")) {
            return FALSE;
        }
    }
    end = memchr(rest.s, ';', rest.n);
    if (!end) {
        return FALSE;
    }
    found = memmem(rest.s, end - rest.s, caller, sizeof(caller) - 1);
    if (found) {
        Line rest_caller = {found + sizeof(caller) - 1, end - (found + sizeof(caller) - 1)};

        foreign->caller.s = rest_caller.s;
        if (line_take(&rest_caller, "T") || line_take(&rest_caller, "C")) {
            take_any(&rest_caller, DIGITS);
        }
        foreign->caller.n = rest_caller.s - foreign->caller.s;
    }
    *line = (Line){end + 1, rest.n - (end + 1 - rest.s)};
    return TRUE;
}

/* dmesg -x: "kern  :warn  : " */
static gboolean take_level(Line *line)
{
    if (line->n < 15 || line->s[6] != ':' || memcmp(line->s + 13, ": ", 2) != 0) {
        return FALSE;
    }
    for (guint i = 0; i < 13; i++) {
        if (i != 6 && !g_ascii_islower(line->s[i]) && line->s[i] != ' ') {
            return FALSE;
        }
    }
    line->s += 15;
    line->n -= 15;
    return TRUE;
}

/* "[    T1]" right behind the time, as printk has it; or " [    T1]", as dmesg prints it. */
static gboolean take_caller(Line *line, Line *ret_caller, gboolean *ret_is_apart)
{
    Line rest = *line, caller;
    gboolean is_apart = line_take(&rest, " ");

    if (!line_take(&rest, "[")) {
        return FALSE;
    }
    take_any(&rest, " ");
    caller = rest;
    if ((!line_take(&rest, "T") && !line_take(&rest, "C")) || take_any(&rest, DIGITS) == 0) {
        return FALSE;
    }
    caller.n = rest.s - caller.s;
    if (!line_take(&rest, "]")) {
        return FALSE;
    }
    *ret_caller = caller;
    *ret_is_apart = is_apart;
    *line = rest;
    return TRUE;
}

/* "> > ": quotation marks of a mail. */
static void take_quotes(Line *line)
{
    Line rest = *line;

    while (take_any(&rest, ">") > 0 && line_take(&rest, " ")) {
        *line = rest;
    }
}

/* What stands before the text of the kernel, to which @line is moved. */
static Foreign read_foreign(Line *line)
{
    Foreign foreign = {0};
    gboolean is_apart = FALSE;
    Line rest;

    foreign.is_log = take_syslog(line, &foreign) || take_kmsg(line, &foreign) || take_level(line);
    rest = *line;
    if (foreign.stamp.n == 0) {
        gboolean is_dmesg = take_dmesg_time(&rest);

        if (is_dmesg || take_stamp(&rest, &foreign.stamp)) {
            gboolean has_caller = take_caller(&rest, &foreign.caller, &is_apart);

            foreign.is_log |= is_dmesg || (has_caller && is_apart);
            if (line_take(&rest, " ")) {
                *line = rest;
            } else {
                foreign.stamp.n = foreign.caller.n = 0;
            }
        }
    }
    return foreign;
}

/* @begin .. @text := "[TIME][CALLER] ", and NULs. */
static void rewrite(char *begin, const char *text, const Foreign *foreign)
{
    char made[PREFIX_LOOK];
    gsize n_old = text - begin;
    Line stamp = foreign->stamp.n > 0 ? foreign->stamp : (Line){"[0.0]", 5};
    Line caller = foreign->caller;
    gsize n = g_snprintf(made, sizeof(made), "%.*s%s%.*s%s ", (int)stamp.n, stamp.s,
                         caller.n > 0 ? "[" : "", (int)caller.n, caller.n > 0 ? caller.s : "",
                         caller.n > 0 ? "]" : "");

    if (n <= n_old && n < sizeof(made)) {
        memcpy(begin, made, n);
        memset(begin + n, 0, n_old - n);
    }
}

/* The length of the colour that @n @bytes begin with: "ESC [ 1 ; 31 m", or the "ESC [ K" that grep
 * puts beside them. 0: none. *ret_is_cut: it may be one whose end is to come. */
static gsize take_colour(const char *bytes, gsize n, gboolean *ret_is_cut)
{
    Line line = {bytes, MIN(n, COLOUR_MOST)};
    gboolean begins = line_take(&line, "\033") && (line.n == 0 || line_take(&line, "["));

    take_any(&line, ";" DIGITS);
    *ret_is_cut = begins && line.n == 0 && n < COLOUR_MOST;
    return begins && (line_take(&line, "m") || line_take(&line, "K")) ? line.s - bytes : 0;
}

/* Make NULs of colours. Returns how many of @n bytes are done: one may be cut at the end, of which
 * the rest is to come unless @is_last. */
static gsize blank_colours(char *bytes, gsize n, gboolean is_last)
{
    char *end = bytes + n, *at = memchr(bytes, '\033', n);

    while (at) {
        gboolean is_cut;
        gsize n_colour = take_colour(at, end - at, &is_cut);

        if (is_cut && !is_last) {
            return at - bytes;
        }
        memset(at, 0, n_colour);
        at += MAX(n_colour, 1);
        at = memchr(at, '\033', end - at);
    }
    return n;
}

/* Move the NULs of @n @bytes behind all others. */
static void gather_nuls(char *bytes, gsize n)
{
    char *first = memchr(bytes, 0, n), *to = first;

    for (const char *from = first; from && from < bytes + n; from++) {
        if (*from) {
            *to++ = *from;
        }
    }
    if (first) {
        memset(to, 0, bytes + n - to);
    }
}

/* The line that begins at @begin, without its end; @n: what is there of it. */
static void read_head(OopsUnprefix *state, char *begin, gsize n, gboolean is_coloured)
{
    char *text;
    Line line = {begin, MIN(n, PREFIX_LOOK)};
    Foreign foreign;

    if (n == 0 || *begin == '\r') {
        return;
    }
    state->n_lines++;
    if (is_coloured) {
        gather_nuls(begin, line.n);
    }
    take_quotes(&line);
    /* A prompt looks the same, but is not followed by a crash. */
    memset(begin, 0, line.s - begin);
    text = begin + (line.s - begin);
    foreign = read_foreign(&line);
    state->n_logged += foreign.is_log;
    if (foreign.is_log && state->n_logged * 2 >= state->n_lines) {
        state->in_other = foreign.is_other;
        rewrite(text, line.s, &foreign);
    }
}

gsize oops_unprefix(OopsUnprefix *state, char *bytes, gsize n, gboolean is_last)
{
    gsize at = 0;

    while (at < n) {
        char *newline;
        gsize end, n_blanked;
        gboolean is_coloured;

        if (state->n_lines >= LINES_TO_DECIDE && state->n_logged * 2 < state->n_lines) {
            return at + blank_colours(bytes + at, n - at, is_last);
        }
        newline = memchr(bytes + at, '\n', n - at);
        end = newline ? (gsize)(newline - bytes) : n;
        if (!state->in_line && !newline && !is_last && end - at < PREFIX_LOOK + COLOUR_MOST) {
            return at;
        }
        is_coloured = memchr(bytes + at, '\033', MIN(end - at, PREFIX_LOOK)) != NULL;
        n_blanked = blank_colours(bytes + at, end - at, newline || is_last);
        if (!state->in_line) {
            read_head(state, bytes + at, n_blanked, is_coloured);
        }
        if (state->in_other) {
            memset(bytes + at, 0, n_blanked);
        }
        state->in_line = !newline;
        if (at + n_blanked < end) {
            return at + n_blanked;
        }
        state->in_other &= state->in_line;
        at = newline ? end + 1 : n;
    }
    return n;
}
