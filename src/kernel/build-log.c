/* SPDX-License-Identifier: Apache-2.0
 * The first real error line of a build's log.
 *
 * Rules are tried on each line in the order of the table. A rule has a rank: the first line of the
 * best rank is the one to quote.
 *
 * A fault of the machine beats all other lines and lets nothing be stored, so a log must not show
 * one by chance: drivers are full of "out of memory" in strings, which compilers quote in warnings.
 * Lines with gcc's margin are skipped. Older compilers quote without one, but indented, as programs
 * do not speak of such faults; and these must be said in a program's form, "who: what: why".
 */
#include "kernel/build-log.h"
#include "kernel/kernel.h"

#include <string.h>

#define MAX_QUOTE 300

/* Lower is better. */
enum { RANK_FAULT, RANK_ERROR, RANK_VAGUE, RANK_MAKE, N_RANKS };

typedef struct Rule {
    const char *pattern;
    int rank;
    LogFault fault;
} Rule;

/* What comes before the reason in a program's message: "cc1: ", "cp: error writing 'x': ",
 * "OSError: [Errno 28] ". Not in quotes, and of nothing that the build survives. */
#define SAID "^(?!.*\\b(warning|note): )[^\"]*[:\\]] '?"

/* The margin of gcc's quotes: "   45 | foo();", "      |   ^~~", "  +++ |+#include <x.h>". */
#define QUOTE_MARGIN "^ *(\\d+|\\+\\+\\+)? *\\|"

/* clang-format off */
static const Rule rules[] = {
    {SAID "(No space left on device|Disk quota exceeded|Read-only file system|(Input/output|I/O) error|"
     "Resource temporarily unavailable|Too many open files)", RANK_FAULT, LOG_FAULT_MACHINE},
    {"^\\S+: (fatal error|internal compiler error|error: unable to execute command): Killed\\b|"
     "^\\S+: .*\\bterminated with signal 9\\b|^Killed$|^\\S+: line \\d+: +\\d+ Killed |"
     "^make(\\[\\d+\\])?: \\*\\*\\* .*\\] (Killed|Error 137)$", RANK_FAULT, LOG_FAULT_KILLED},
    {SAID "(out of memory|(virtual )?memory exhausted|Cannot allocate memory)|"
     "^virtual memory exhausted: ", RANK_FAULT, LOG_FAULT_MEMORY},
    {SAID "File too large|^(.*[\\]:\\d] )?File size limit exceeded", RANK_FAULT, LOG_FAULT_SIZE},
    /* Who ends all processes of a service ends compilers, too. */
    {"^\\S+: fatal error: Terminated\\b|^\\S+: .*\\bterminated with signal 15\\b|^Terminated$|"
     "^make(\\[\\d+\\])?: \\*\\*\\* .*\\] (Terminated|Error 143)$", RANK_FAULT, LOG_FAULT_MACHINE},
    {"^bwrap: |^ccache: error: ", RANK_FAULT, LOG_FAULT_MACHINE},

    /* net/core/sock.c:12:3: error: ... of gcc and clang; "fatal error" too. */
    {"^\\S+:\\d+(:\\d+)?: (fatal )?error: ", RANK_ERROR},
    {"internal compiler error|PLEASE submit a bug report", RANK_ERROR},
    /* Assembler: "file.S:12: Error: ...", "{standard input}:12: Error: ...". */
    {"^(\\{standard input\\}|\\S+):\\d+: (Error|Fatal error): ", RANK_ERROR},
    /* Linker. */
    {"undefined reference to|multiple definition of|ld\\S*: error: |undefined symbol: ", RANK_ERROR},
    {"^\\S*\\bld(\\.\\w+)?: (?!.*(warning: |in function `|NOTE: ))", RANK_ERROR},
    {"^(ERROR: )?modpost: (?!.*missing MODULE_)|^ERROR: ", RANK_ERROR},
    {"^FAILED: |: (error|ERROR): |^error: |^Error: ", RANK_ERROR},
    /* Kconfig: "net/Kconfig:3: syntax error", unknown statements, files that are not there. */
    {"Kconfig\\S*:\\d+: *(syntax error|unknown statement|can't open file|invalid|unexpected|"
     "missing end|recursive inclusion|unterminated|'end)", RANK_ERROR},
    {"can't open file \"|recursive inclusion detected", RANK_ERROR},
    {"\\*\\*\\* No rule to make target|\\*\\*\\* missing separator|\\*\\*\\* .*\\.  Stop\\.$",
     RANK_ERROR},
    /* Scripts' own words: "*** Compiler is too old." */
    {"^\\*\\*\\* \\S", RANK_ERROR},

    {"command not found|: not found$|Segmentation fault|core dumped|Traceback \\(most recent",
     RANK_VAGUE},
    {"(cannot|can't|could not|unable to) (open|find|stat|create|execute)|: No such file or directory$|"
     ": Permission denied$", RANK_VAGUE},

    {"^make(\\[\\d+\\])?: \\*\\*\\* ", RANK_MAKE},
};
/* clang-format on */

/* The "../" away that a build folder below the sources brings, and what is too long; what else a
 * terminal would obey becomes "?". */
static char *clean(const char *line)
{
    const char *start = line;
    g_autofree char *quote = NULL;
    const char *end;

    while (g_str_has_prefix(start, "../")) {
        start += strlen("../");
    }
    quote = g_utf8_make_valid(start, (gssize)strnlen(start, MAX_QUOTE));
    /* A cut may have split a character, and made it a mark of three bytes. */
    g_utf8_validate(quote, MIN(strlen(quote), (gsize)MAX_QUOTE), &end);
    quote[end - quote] = '\0';
    for (char *c = quote; *c; c++) {
        if (g_ascii_iscntrl(*c)) {
            *c = *c == '\t' ? ' ' : '?';
        }
    }
    return g_strdup(g_strstrip(quote));
}

static GRegex *compile(const char *pattern)
{
    GRegex *regex =
        g_regex_new(pattern, G_REGEX_RAW | G_REGEX_OPTIMIZE, G_REGEX_MATCH_DEFAULT, NULL);

    g_assert(regex);
    return regex;
}

/* How lines are read: compiled once for a log. */
typedef struct Reading {
    GPtrArray *rules; /* of GRegex, as in @rules */
    GRegex *any;      /* of the rules: one look, since nearly all lines obey none */
    GRegex *colours, *margin;
} Reading;

static void reading_begin(Reading *reading)
{
    g_autoptr(GString) any = g_string_new(NULL);

    reading->rules = g_ptr_array_new_with_free_func((GDestroyNotify)g_regex_unref);
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_ptr_array_add(reading->rules, compile(rules[i].pattern));
        g_string_append_printf(any, "%s(?:%s)", i ? "|" : "", rules[i].pattern);
    }
    reading->any = compile(any->str);
    reading->colours = compile("\x1b\\[[0-9;]*[A-Za-z]|\r");
    reading->margin = compile(QUOTE_MARGIN);
}

static void reading_end(Reading *reading)
{
    g_ptr_array_unref(reading->rules);
    g_regex_unref(reading->any);
    g_regex_unref(reading->colours);
    g_regex_unref(reading->margin);
}

/* The rule better than @rank that @line obeys, or NULL. */
static const Rule *find_rule(const Reading *reading, const char *line, gboolean indented, int rank)
{
    if (!g_regex_match(reading->any, line, 0, NULL)) {
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (rules[i].rank >= rank || (rules[i].rank == RANK_FAULT && indented)) {
            continue;
        }
        if (g_regex_match(reading->rules->pdata[i], line, 0, NULL)) {
            return &rules[i];
        }
    }
    return NULL;
}

/* @line without its colours. Owned by the caller. */
static char *without_colours(const Reading *reading, const char *line)
{
    return strpbrk(line, "\x1b\r")
               ? g_regex_replace_literal(reading->colours, line, -1, 0, "", 0, NULL)
               : g_strdup(line);
}

/* What is to be quoted of @line, or NULL. Owned by the caller. */
static char *quotable(const Reading *reading, const char *plain)
{
    g_autofree char *text = clean(plain);

    return *text && !g_regex_match(reading->margin, plain, 0, NULL) ? g_steal_pointer(&text) : NULL;
}

/* The line to quote of @log, and its rank; N_RANKS: no rule has it. */
static char *find_error(const char *log, LogFault *ret_fault, int *ret_rank)
{
    g_autofree char *before = g_strdup(""), *quote = g_strdup("no output");
    int best = N_RANKS;
    Reading reading;

    *ret_fault = LOG_FAULT_SOURCE;
    reading_begin(&reading);
    while (*log && best > RANK_FAULT) {
        gsize n_line = strcspn(log, "\n");
        g_autofree char *line = g_strndup(log, n_line);

        log += log[n_line] ? n_line + 1 : n_line;
        if (g_str_equal(line, before)) {
            continue; /* `yes` in a makefile */
        }
        g_autofree char *plain = without_colours(&reading, line);
        g_autofree char *text = quotable(&reading, plain);
        const Rule *rule = text ? find_rule(&reading, text, g_ascii_isspace(*plain), best) : NULL;

        if (rule || (text && best == N_RANKS)) {
            best = rule ? rule->rank : best;
            *ret_fault = rule ? rule->fault : LOG_FAULT_SOURCE;
            g_free(quote);
            quote = g_steal_pointer(&text);
        }
        g_free(before);
        before = g_steal_pointer(&line);
    }
    reading_end(&reading);
    *ret_rank = best;
    return g_steal_pointer(&quote);
}

char *build_log_first_error(const char *log, LogFault *ret_fault)
{
    int rank;

    return find_error(log, ret_fault, &rank);
}

char *kernel_first_error(const char *log)
{
    g_autofree char *quote = NULL;
    LogFault fault;
    int rank;

    quote = find_error(log, &fault, &rank);
    return rank <= RANK_ERROR ? g_steal_pointer(&quote) : NULL;
}

gboolean build_log_may_be_stale(const char *first_error)
{
    g_autoptr(GRegex) of_tree = compile("^\\S+\\.[chS]:\\d+(:\\d+)?: |Kconfig");
    /* A linker names lines of sources, too. */
    g_autoptr(GRegex) of_others =
        compile("^\\S*\\bgenerated/|: undefined reference to |: multiple definition of ");

    return !g_regex_match(of_tree, first_error, 0, NULL) ||
           g_regex_match(of_others, first_error, 0, NULL);
}
