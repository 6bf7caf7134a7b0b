/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops for people.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/crashes.h"

#define N_OTHERS_SHOWN 20

/* What stands out on a terminal. */
#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

static void paint(GString *out, const CrashStyle *style, const char *how, const char *text, gsize n)
{
    g_string_append(out, style->colour && how ? how : "");
    g_string_append_len(out, text, n);
    g_string_append(out, style->colour && how ? PLAIN : "");
}

static const char *shown_path(const char *path)
{
    return g_str_equal(path, "-") ? "stdin" : path;
}

static gboolean is_word_char(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Does @line name the function @word? */
static gboolean names(const char *line, const char *word)
{
    gsize n = strlen(word);

    for (const char *at = line; n > 0 && (at = strstr(at, word)); at += n) {
        if ((at == line || !is_word_char(at[-1])) && !is_word_char(at[n])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* An address that lay on the stack, perhaps no call. */
static gboolean is_unreliable(const char *line)
{
    return g_str_has_prefix(line + strspn(line, " "), "? ") || strstr(line, " ? ") ||
           g_str_has_suffix(line, " (unreliable)");
}

/* The number behind "@file:" in @line, a line of code that @function or a stack frame stands for;
 * 0: there is none. */
static guint line_number(const char *line, const char *file, const char *function)
{
    const char *found = strstr(line, file), *offset = strstr(line, "+0x");
    const char *number = found ? found + strlen(file) : NULL;

    if (!found || *number != ':' ||
        !(names(line, function) || (offset && offset < found) || strstr(line, " [inline]"))) {
        return 0;
    }
    return (guint)g_ascii_strtoull(number + 1, NULL, 10);
}

/* Where in its guilty file the crash is: where the guilty function is named, else the first place.
 * 0: the report is not symbolized, so that the file is no more than that of the check that failed.
 */
static guint guilty_line(const Crash *crash)
{
    g_auto(GStrv) lines = g_strsplit(crash->report->text + crash->report->text_prefix, "\n", -1);
    guint first = 0;

    for (gsize i = 0; lines[i]; i++) {
        guint number = line_number(lines[i], crash->guilty_file, crash->report->frame);

        if (number > 0 && names(lines[i], crash->report->frame)) {
            return number;
        }
        first = first ? first : number;
    }
    return first;
}

static void add_field(GString *out, const char *name, const char *value)
{
    g_autofree char *clean = report_clean_line(value);

    g_string_append_printf(out, "  %-10s %s\n", name, clean);
}

static void add_guilty(GString *out, const CrashStyle *style, const Crash *crash)
{
    const char *frame = crash->report->frame, *file = crash->guilty_file;
    guint line = file ? guilty_line(crash) : 0;
    g_autofree char *number = line ? g_strdup_printf(":%u", line) : g_strdup("");
    g_autofree char *value =
        g_strconcat(frame, *frame && file ? ", " : "", file ? file : "", file ? number : "", NULL);
    g_autofree char *source =
        style->source_dir && line ? crash_source(style->source_dir, file, line) : NULL;

    if (*value) {
        add_field(out, "guilty", value);
    }
    if (source) {
        g_string_append_printf(out, "\n%s", source);
    }
}

static void add_facts(GString *out, const CrashFile *file, const CrashStyle *style,
                      const Crash *crash)
{
    const OopsReport *report = crash->report;
    g_autofree char *where =
        g_strdup_printf("%s:%" G_GUINT64_FORMAT, shown_path(file->path), crash->line);

    add_field(out, "type", report->type);
    add_field(out, "where", where);
    if (report->panicked) {
        add_field(out, "panicked", "yes");
    }
    if (report->corrupted_reason) {
        add_field(out, "corrupted", report->corrupted_reason);
    }
    if (report->suppressed) {
        add_field(out, "suppressed", "the fuzzer's own failure, or out of memory");
    }
    add_guilty(out, style, crash);
}

/* Context dim, the first line of the oops bold, the guilty function bright. */
static void add_report(GString *out, const CrashStyle *style, const OopsReport *report)
{
    g_autofree char *context = g_strndup(report->text, report->text_prefix);
    g_autofree char *clean_context = report_clean(context);
    g_autofree char *clean = report_clean(report->text + report->text_prefix);
    g_auto(GStrv) before = g_strsplit(clean_context, "\n", -1);
    g_auto(GStrv) lines = g_strsplit(clean, "\n", -1);

    for (gsize i = 0; before[i] && before[i + 1]; i++) {
        paint(out, style, DIM, before[i], strlen(before[i]));
        g_string_append_c(out, '\n');
    }
    for (gsize i = 0; lines[i] && (*lines[i] || lines[i + 1]); i++) {
        const char *how = is_unreliable(lines[i])          ? DIM
                          : names(lines[i], report->frame) ? YELLOW
                          : i == 0                         ? BOLD
                                                           : NULL;

        paint(out, style, how, lines[i], strlen(lines[i]));
        g_string_append_c(out, '\n');
    }
}

static void add_crash(GString *out, const CrashFile *file, const CrashStyle *style,
                      const Crash *crash)
{
    paint(out, style, RED, crash->report->title, strlen(crash->report->title));
    g_string_append_c(out, '\n');
    add_facts(out, file, style, crash);
    g_string_append_c(out, '\n');
    add_report(out, style, crash->report);
}

char *crash_text(const CrashFile *file, const Crash *crash, const CrashStyle *style)
{
    GString *out = g_string_new(NULL);

    add_crash(out, file, style, crash);
    return g_string_free(out, FALSE);
}

char *crash_line(const Crash *crash)
{
    return g_strdup_printf("  line %-8" G_GUINT64_FORMAT " %s", crash->line, crash->report->title);
}

/* The titles of the reports that are not told, each once. */
static void add_others(GString *out, const CrashFile *file)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) firsts = g_ptr_array_new();

    for (guint i = file->n_told; i < file->crashes->len; i++) {
        const Crash *crash = file->crashes->pdata[i];
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, crash->report->title));

        if (n == 0) {
            g_ptr_array_add(firsts, (gpointer)crash);
        }
        g_hash_table_insert(counts, crash->report->title, GUINT_TO_POINTER(n + 1));
    }
    g_string_append(out, firsts->len > 0 ? "\n" CRASHES_THEN : "");
    for (guint i = 0; i < MIN(firsts->len, N_OTHERS_SHOWN); i++) {
        const Crash *crash = firsts->pdata[i];
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, crash->report->title));

        g_autofree char *line = crash_line(crash);

        g_string_append(out, line);
        if (n > 1) {
            g_string_append_printf(out, " (%u times)", n);
        }
        g_string_append_c(out, '\n');
    }
    if (firsts->len > N_OTHERS_SHOWN) {
        g_string_append_printf(out, "  and %u more titles\n", firsts->len - N_OTHERS_SHOWN);
    }
}

char *crash_file_text(const CrashFile *file, const CrashStyle *style)
{
    g_autofree char *path = report_clean_line(shown_path(file->path));
    GString *out = g_string_new(NULL);

    if (style->heading && file->crashes->len > 0) {
        g_autofree char *heading = g_strdup_printf("==> %s <==", path);

        paint(out, style, BOLD, heading, strlen(heading));
        g_string_append_c(out, '\n');
    }
    if (file->crashes->len == 0) {
        g_string_append_printf(out, "no crash found in %s\n", path);
    }
    for (guint i = 0; i < file->n_told; i++) {
        g_string_append(out, i > 0 ? "\n" : "");
        add_crash(out, file, style, file->crashes->pdata[i]);
    }
    add_others(out, file);
    return g_string_free(out, FALSE);
}
