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

/* "FILE:LINE" of a C source in @line, or NULL. */
static char *place_in(const char *line)
{
    for (const char *colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':')) {
        const char *begin = colon, *end = colon + 1 + strspn(colon + 1, "0123456789");

        while (begin > line && !strchr(" \t(", begin[-1])) {
            begin--;
        }
        if (end > colon + 1 && colon > begin + 2 && colon[-2] == '.' && strchr("chS", colon[-1])) {
            return g_strndup(begin, end - begin);
        }
    }
    return NULL;
}

/* Is @line one of a stack, so that its place is one of the code that ran? The other lines name the
 * check that failed. */
static gboolean is_code(const char *line, const char *place)
{
    const char *offset = strstr(line, "+0x");

    return strstr(line, " [inline]") || (offset && offset < strstr(line, place));
}

/* Where the guilty function and the guilty file are to blame, as "FILE:LINE"; NULL: not known. */
static void find_places(const Crash *crash, char **ret_function, char **ret_file)
{
    g_auto(GStrv) lines = g_strsplit(crash->report->text + crash->report->text_prefix, "\n", -1);
    g_autofree char *head =
        crash->guilty_file ? g_strconcat(crash->guilty_file, ":", NULL) : g_strdup("");

    *ret_function = *ret_file = NULL;
    for (gsize i = 0; lines[i] && !(*ret_function && *ret_file); i++) {
        g_autofree char *place = place_in(lines[i]);
        gboolean named = place && names(lines[i], crash->report->frame);

        if (named && !*ret_function) {
            *ret_function = g_strdup(place);
        }
        if (place && *head && !*ret_file && g_str_has_prefix(place, head) &&
            (named || is_code(lines[i], place))) {
            *ret_file = g_strdup(place);
        }
    }
}

static void add_field(GString *out, const char *name, const char *value)
{
    g_autofree char *clean = report_clean_line(value);

    g_string_append_printf(out, "  %-10s %s\n", name, clean);
}

static void add_guilty(GString *out, const CrashStyle *style, const Crash *crash)
{
    g_autofree char *function_place = NULL, *file_place = NULL, *function = NULL, *source = NULL;
    const char *frame = crash->report->frame;

    find_places(crash, &function_place, &file_place);
    if (*frame && !g_str_equal(frame, "corrupted")) {
        function = g_strconcat(frame, function_place ? ", " : NULL, function_place, NULL);
        add_field(out, "guilty", function);
    }
    if (file_place && (!function || g_strcmp0(file_place, function_place) != 0)) {
        add_field(out, "file", file_place);
    }
    if (file_place && style->source_dir) {
        source = crash_source(style->source_dir, crash->guilty_file,
                              (guint)g_ascii_strtoull(strrchr(file_place, ':') + 1, NULL, 10));
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
        crash->line
            ? g_strdup_printf("%s:%" G_GUINT64_FORMAT, shown_path(file->path), crash->line)
            : g_strdup_printf("%s, byte %" G_GSIZE_FORMAT, shown_path(file->path), report->start);

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

/* How many of the lines @before the oops are of something else: the kernel marks where its own
 * words begin. */
static gsize count_unrelated(char **before)
{
    for (gsize n = g_strv_length(before); n > 0; n--) {
        if (strstr(before[n - 1], "[ cut here ]")) {
            return n - 1;
        }
    }
    return 0;
}

/* Context dim, the first line of the oops bold, the guilty function bright. */
static void add_report(GString *out, const CrashStyle *style, const OopsReport *report)
{
    g_autofree char *context = g_strndup(report->text, report->text_prefix);
    g_autofree char *clean_context = report_clean(context);
    g_autofree char *clean = report_clean(report->text + report->text_prefix);
    g_auto(GStrv) before = g_strsplit(clean_context, "\n", -1);
    g_auto(GStrv) lines = g_strsplit(clean, "\n", -1);

    for (gsize i = count_unrelated(before); before[i] && before[i + 1]; i++) {
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

static void add_whom_to_tell(GString *out, const CrashStyle *style, const Crash *crash)
{
    g_autofree char *dir = report_shell_word(style->source_dir),
                    *file = report_shell_word(crash->guilty_file);
    g_autofree char *command =
        g_strconcat("firstbad recipients --source ", dir, " --file ", file, NULL);
    g_autofree char *clean = report_clean_line(command);

    g_string_append_printf(out, "\nWhom to tell: %s\n", clean);
}

static void add_crash(GString *out, const CrashFile *file, const CrashStyle *style,
                      const Crash *crash)
{
    paint(out, style, RED, crash->report->title, strlen(crash->report->title));
    g_string_append_c(out, '\n');
    add_facts(out, file, style, crash);
    g_string_append_c(out, '\n');
    add_report(out, style, crash->report);
    if (style->source_dir && crash->guilty_file &&
        crash_has_source(style->source_dir, crash->guilty_file)) {
        add_whom_to_tell(out, style, crash);
    }
}

char *crash_text(const CrashFile *file, const Crash *crash, const CrashStyle *style)
{
    GString *out = g_string_new(NULL);

    add_crash(out, file, style, crash);
    return g_string_free(out, FALSE);
}

char *crash_line(const Crash *crash)
{
    return crash->line ? g_strdup_printf("  line %-8" G_GUINT64_FORMAT " %s", crash->line,
                                         crash->report->title)
                       : g_strdup_printf("  byte %-8" G_GSIZE_FORMAT " %s", crash->report->start,
                                         crash->report->title);
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
