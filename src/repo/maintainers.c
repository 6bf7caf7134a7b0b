/* SPDX-License-Identifier: Apache-2.0
 * Which sections of MAINTAINERS are about a file or a patch, by the rules of
 * scripts/get_maintainer.pl of Linux 6.1 (its oddities among them: specs/crash-report.md, section
 * 11).
 *
 * F: and X: are globs, compared without a regular expression unless they hold more than '*' and
 * '?'. N: and K: are Perl's expressions, which PCRE2 understands. They may come from an enemy, so
 * each has a limit of steps, and all together have one of time. Reading 23,000 lines and matching a
 * file costs some milliseconds.
 */
#include "repo/maintainers.h"

#include <string.h>

#include "repo/audience.h"

/* What a regular expression may be, and cost; and what all of them may, of one question. */
#define N_REGEX_MAX  1000
#define REGEX_LIMITS "(*LIMIT_MATCH=20000)(*LIMIT_DEPTH=2000)"
#define REGEX_MAX_US (5 * G_USEC_PER_SEC)
/* More of a file, or of one line of a patch, is not looked at. */
#define N_CONTENT_MAX (1 << 20)
/* The limit of steps is for each place that a match may begin at, so a file is searched in parts
 * of this size, and time is looked at between them. A match may go on so far into the next part. */
#define N_PART_MAX   4096
#define N_PART_AFTER 1024
#define N_LINE_MAX   4096

#define BLANKS " \t\r\f\v"

typedef struct Section {
    const char *title;
    guint first, end; /* its fields */
} Section;

struct Maintainers {
    const SourceTree *tree;
    char *text; /* lines ended by NUL, which titles and values point into */
    Mailmap *mailmap;
    GArray *fields;        /* of Field, all sections' */
    GArray *sections;      /* of Section */
    GArray *keywords;      /* of guint: the fields that are K: */
    GHashTable *is_folder; /* path -> gboolean, as far as asked */
    GHashTable *regexes;   /* text -> GRegex, or NULL for what is none */
    gint64 deadline_us;    /* of the question that is being answered */
};

/* --- Reading --------------------------------------------------------------------------------- */

/* Is @line of the kind "X: value"? */
static gboolean is_field(const char *line)
{
    return g_ascii_isupper(line[0]) && line[1] == ':';
}

static void take_line(Maintainers *maintainers, const char *line, guint number)
{
    if (is_field(line)) {
        const char *value = line + 2;
        Section *section;

        if (!maintainers->sections->len) {
            Section untitled = {.title = ""};

            g_array_append_val(maintainers->sections, untitled);
        }
        section = &g_array_index(maintainers->sections, Section, maintainers->sections->len - 1);
        while (g_ascii_isspace(*value)) {
            value++;
        }
        if (line[0] == 'K') {
            g_array_append_val(maintainers->keywords, maintainers->fields->len);
        }
        g_array_append_vals(maintainers->fields, &(Field){line[0], value, number}, 1);
        section->end = maintainers->fields->len;
    } else {
        Section section = {line, maintainers->fields->len, maintainers->fields->len};

        g_array_append_val(maintainers->sections, section);
    }
}

static char *text_of(GBytes *bytes)
{
    gsize n;
    const char *text = g_bytes_get_data(bytes, &n);

    return n ? g_strndup(text, n) : g_strdup("");
}

static void free_regex(gpointer regex)
{
    if (regex) {
        g_regex_unref(regex);
    }
}

Maintainers *maintainers_new(GBytes *text, GBytes *mailmap, const SourceTree *tree)
{
    Maintainers *maintainers = g_new0(Maintainers, 1);
    char *line, *end;
    g_autofree char *of_map = mailmap ? text_of(mailmap) : g_strdup("");
    guint number = 0;

    maintainers->tree = tree;
    maintainers->text = text_of(text);
    maintainers->mailmap = mailmap_new(of_map);
    maintainers->fields = g_array_new(FALSE, FALSE, sizeof(Field));
    maintainers->sections = g_array_new(FALSE, FALSE, sizeof(Section));
    maintainers->keywords = g_array_new(FALSE, FALSE, sizeof(guint));
    maintainers->is_folder = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    maintainers->regexes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_regex);
    for (line = maintainers->text; *line; line = end) {
        const char *start = line;

        end = line + strcspn(line, "\n");
        if (*end) {
            *end++ = '\0';
        }
        while (g_ascii_isspace(*start)) {
            start++;
        }
        if (*start && *start != '#') {
            take_line(maintainers, line, number++);
        }
    }
    return maintainers;
}

void maintainers_free(Maintainers *maintainers)
{
    if (!maintainers) {
        return;
    }
    g_free(maintainers->text);
    mailmap_free(maintainers->mailmap);
    g_array_unref(maintainers->fields);
    g_array_unref(maintainers->sections);
    g_array_unref(maintainers->keywords);
    g_hash_table_unref(maintainers->is_folder);
    g_hash_table_unref(maintainers->regexes);
    g_free(maintainers);
}

/* --- Patterns -------------------------------------------------------------------------------- */

/* What is searched: @text from @begin to @end. More of it may stand on either side. */
typedef struct Subject {
    const char *text;
    gsize begin, end;
    gboolean is_cut; /* its end is not that of the text */
} Subject;

static Subject subject_of(const char *text)
{
    return (Subject){.text = text, .end = strlen(text)};
}

static gboolean is_folder(Maintainers *maintainers, const char *path)
{
    gpointer known;

    if (!g_hash_table_lookup_extended(maintainers->is_folder, path, NULL, &known)) {
        known = GINT_TO_POINTER(maintainers->tree->is_folder(path, maintainers->tree->data));
        g_hash_table_insert(maintainers->is_folder, g_strdup(path), known);
    }
    return GPOINTER_TO_INT(known);
}

static gboolean matches_regex(Maintainers *maintainers, const char *pattern, Subject subject)
{
    gpointer regex;

    if (!g_hash_table_lookup_extended(maintainers->regexes, pattern, NULL, &regex)) {
        g_autofree char *limited = g_strconcat(REGEX_LIMITS, pattern, NULL);

        if (g_hash_table_size(maintainers->regexes) >= N_REGEX_MAX) {
            return FALSE;
        }
        regex =
            strlen(pattern) <= N_LINE_MAX
                ? g_regex_new(limited, G_REGEX_RAW | G_REGEX_EXTENDED | G_REGEX_NEWLINE_LF, 0, NULL)
                : NULL;
        g_hash_table_insert(maintainers->regexes, g_strdup(pattern), regex);
    }
    return regex && g_get_monotonic_time() < maintainers->deadline_us &&
           g_regex_match_full(regex, subject.text, (gssize)subject.end, (gint)subject.begin,
                              subject.is_cut ? G_REGEX_MATCH_NOTEOL : 0, NULL, NULL);
}

static guint n_slashes(const char *text)
{
    guint n = 0;

    for (const char *slash = strchr(text, '/'); slash; slash = strchr(slash + 1, '/')) {
        n++;
    }
    return n;
}

/* Does @file begin with what the glob @pattern describes? Only the last '*' has to be tried at
 * every place, so this costs the product of the lengths at most. */
static gboolean matches_glob(const char *pattern, const char *file)
{
    const char *star = NULL, *star_file = NULL;

    while (*pattern) {
        if (*pattern == '*') {
            star = ++pattern;
            star_file = file;
        } else if (*file && (*pattern == '?' || *pattern == *file)) {
            pattern++;
            file++;
        } else if (star && *file && *star_file) {
            pattern = star;
            file = ++star_file;
        } else {
            return FALSE;
        }
    }
    return TRUE;
}

/* The glob @pattern, which holds more than '*' and '?', as a regular expression: the script leaves
 * all else to Perl. Owned by the caller. */
static char *regex_of_glob(const char *pattern)
{
    GString *regex = g_string_new("^");

    for (const char *c = pattern; *c; c++) {
        if (*c == '.' || *c == '*') {
            g_string_append(regex, *c == '.' ? "\\." : ".*");
        } else {
            g_string_append_c(regex, *c == '?' ? '.' : *c);
        }
    }
    return g_string_free(regex, FALSE);
}

/* Is @file one that the value of an F: or X: describes? What is below a folder is meant by the
 * folder's name; other patterns speak of one folder, though '*' may stand for '/', too, and of
 * all names there that begin so. */
static gboolean matches_file(Maintainers *maintainers, const char *pattern, const char *file)
{
    gsize n_plain = strcspn(pattern, "*?[](){}+|^$\\");
    gsize n = strlen(pattern);

    if (n == 0 || strncmp(pattern, file, n_plain) != 0) {
        return FALSE;
    }
    if (pattern[n - 1] != '/' && n == n_plain) {
        /* A folder may be named without its slash. */
        if (file[n] == '/' && !strchr(pattern, '.') && is_folder(maintainers, pattern)) {
            return TRUE;
        }
        return n_slashes(pattern) == n_slashes(file) &&
               (file[n] == '\0' || strchr(pattern, '.') || !is_folder(maintainers, pattern));
    }
    if (pattern[n - 1] != '/' && n_slashes(pattern) != n_slashes(file)) {
        return FALSE;
    }
    if (pattern[n_plain + strcspn(pattern + n_plain, "[](){}+|^$\\")]) {
        g_autofree char *regex = regex_of_glob(pattern);

        return matches_regex(maintainers, regex, subject_of(file));
    }
    return matches_glob(pattern + n_plain, file + n_plain);
}

/* Does the path @file hold what an N: describes? Most of them are plain words. */
static gboolean matches_name(Maintainers *maintainers, const char *pattern, const char *file)
{
    gboolean plain = TRUE;

    for (const char *c = pattern; *c; c++) {
        plain &= g_ascii_isalnum(*c) || strchr("_/-,", *c) != NULL;
    }
    return plain ? strstr(file, pattern) != NULL
                 : matches_regex(maintainers, pattern, subject_of(file));
}

/* --- Sections -------------------------------------------------------------------------------- */

/* A section that is about the file, and how near its pattern comes. */
typedef struct Hit {
    const Section *section;
    int depth; /* -1: a pattern for everything */
} Hit;

static const Field *field_at(const Maintainers *maintainers, guint index)
{
    return &g_array_index(maintainers->fields, Field, index);
}

static int depth_of(const char *pattern)
{
    if (*pattern == '*') {
        return -1;
    }
    return (int)n_slashes(pattern) + (g_str_has_suffix(pattern, "/") ? 0 : 1);
}

/* Is @section about @file? Of several patterns that match, the last gives the depth. */
static gboolean hits(Maintainers *maintainers, const Section *section, const char *file,
                     Hit *ret_hit)
{
    gboolean hit = FALSE;

    for (guint i = section->first; i < section->end; i++) {
        const Field *field = field_at(maintainers, i);

        if (field->type == 'F' && matches_file(maintainers, field->value, file)) {
            *ret_hit = (Hit){section, depth_of(field->value)};
            hit = TRUE;
        } else if (field->type == 'N' && matches_name(maintainers, field->value, file)) {
            *ret_hit = (Hit){section, 0};
            hit = TRUE;
        }
    }
    for (guint i = section->first; hit && i < section->end; i++) {
        const Field *field = field_at(maintainers, i);

        if (field->type == 'X' && matches_file(maintainers, field->value, file)) {
            return FALSE;
        }
    }
    return hit;
}

/* Nearest first; sections that come equally near stay in the order of the file. (The script's hash
 * has no order.) */
static int compare_hits(gconstpointer a, gconstpointer b)
{
    const Hit *first = a, *second = b;

    if (first->depth != second->depth) {
        return first->depth > second->depth ? -1 : 1;
    }
    return first->section < second->section ? -1 : first->section > second->section;
}

static void add_section(const Maintainers *maintainers, Audience *audience, const Section *section)
{
    if (section->end > section->first) {
        audience_add_section(audience, section->title, field_at(maintainers, section->first),
                             section->end - section->first);
    }
}

static void add_file(Maintainers *maintainers, Audience *audience, const char *file)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Hit));

    for (guint i = 0; i < maintainers->sections->len; i++) {
        Hit hit;

        if (hits(maintainers, &g_array_index(maintainers->sections, Section, i), file, &hit)) {
            g_array_append_val(found, hit);
        }
    }
    g_array_sort(found, compare_hits);
    for (guint i = 0; i < found->len; i++) {
        add_section(maintainers, audience, g_array_index(found, Hit, i).section);
    }
}

/* --- Keywords -------------------------------------------------------------------------------- */

/* Numbers of lines as the script sorts them: as text. */
static int compare_keywords(gconstpointer a, gconstpointer b)
{
    char first[16], second[16];

    g_snprintf(first, sizeof(first), "%u", (*(const Field *const *)a)->line);
    g_snprintf(second, sizeof(second), "%u", (*(const Field *const *)b)->line);
    return strcmp(first, second);
}

/* Add the sections that the K: fields @found (a set) stand in. */
static void add_keywords(const Maintainers *maintainers, Audience *audience, GHashTable *found)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    GHashTableIter iter;
    gpointer field;

    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &field, NULL)) {
        g_ptr_array_add(sorted, field);
    }
    g_ptr_array_sort(sorted, compare_keywords);
    for (guint i = 0; i < sorted->len; i++) {
        guint index = (guint)((const Field *)sorted->pdata[i] - field_at(maintainers, 0));

        for (guint j = 0; j < maintainers->sections->len; j++) {
            const Section *section = &g_array_index(maintainers->sections, Section, j);

            if (section->first <= index && index < section->end) {
                add_section(maintainers, audience, section);
            }
        }
    }
}

/* Add to @keywords the K: fields that @subject has. @prefix: what the expression begins with. */
static void find_keywords(Maintainers *maintainers, const char *prefix, Subject subject,
                          GHashTable *keywords)
{
    for (guint i = 0; i < maintainers->keywords->len; i++) {
        const Field *field = field_at(maintainers, g_array_index(maintainers->keywords, guint, i));

        if (!g_hash_table_contains(keywords, field)) {
            g_autofree char *pattern = g_strconcat(prefix, field->value, NULL);

            if (matches_regex(maintainers, pattern, subject)) {
                g_hash_table_add(keywords, (gpointer)field);
            }
        }
    }
}

/* The same for a file, which may be long. */
static void find_keywords_of_file(Maintainers *maintainers, GBytes *bytes, GHashTable *keywords)
{
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    gsize n = MIN(size, N_CONTENT_MAX);

    for (gsize begin = 0; begin < n; begin += N_PART_MAX) {
        gsize end = MIN(n, begin + N_PART_MAX + N_PART_AFTER);

        find_keywords(maintainers, "", (Subject){text, begin, end, end < n}, keywords);
    }
}

static GBytes *read_file(const Maintainers *maintainers, const char *file)
{
    return maintainers->tree->read(file, maintainers->tree->data);
}

/* --- Questions ------------------------------------------------------------------------------- */

/* Devicetree bindings name their maintainers themselves. */
static void add_binding(const Maintainers *maintainers, Audience *audience, const char *file)
{
    g_autoptr(GBytes) bytes = g_str_has_suffix(file, ".yaml") ? read_file(maintainers, file) : NULL;
    gsize n = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &n) : NULL;

    if (text) {
        audience_add_text(audience, text, MIN(n, N_CONTENT_MAX));
    }
}

/* All of @files, then the sections of @keywords. */
static char *answer(Maintainers *maintainers, const char *const *files, GHashTable *keywords)
{
    g_autoptr(Audience) audience = audience_new(maintainers->mailmap);

    for (const char *const *file = files; *file; file++) {
        add_file(maintainers, audience, *file);
    }
    add_keywords(maintainers, audience, keywords);
    audience_merge(audience);
    for (const char *const *file = files; *file; file++) {
        add_binding(maintainers, audience, *file);
    }
    return audience_print(audience);
}

char *maintainers_of_file(Maintainers *maintainers, const char *file, gboolean keywords)
{
    g_autoptr(GHashTable) found = g_hash_table_new(NULL, NULL);
    g_autoptr(GBytes) bytes =
        keywords && !g_str_equal(file, "MAINTAINERS") ? read_file(maintainers, file) : NULL;

    maintainers->deadline_us = g_get_monotonic_time() + REGEX_MAX_US;
    if (bytes) {
        find_keywords_of_file(maintainers, bytes, found);
    }
    return answer(maintainers, (const char *const[]){file, NULL}, found);
}

/* Add to @files what @line of a patch names: "rename to FILE", "+++ b/FILE", or the two of "diff
 * --git". FALSE: it names none. */
static gboolean take_files(const char *line, GHashTable *files)
{
    static const struct {
        const char *start;
        gboolean has_side;  /* "a/" or "b/", or all of "/dev/null" */
        gboolean all_words; /* not only the first */
    } heads[] = {{"rename from ", FALSE, FALSE}, {"rename to ", FALSE, FALSE},
                 {" mode change ", FALSE, TRUE}, {"diff --git ", TRUE, TRUE},
                 {"+++ ", TRUE, FALSE},          {"+++\t", TRUE, FALSE},
                 {"--- ", TRUE, FALSE},          {"---\t", TRUE, FALSE}};

    for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
        const char *word = line + strlen(heads[i].start);
        gsize n_word;

        if (!g_str_has_prefix(line, heads[i].start)) {
            continue;
        }
        for (word += strspn(word, BLANKS); *word; word += n_word + strspn(word + n_word, BLANKS)) {
            g_autofree char *name = NULL;
            const char *slash;

            n_word = strcspn(word, BLANKS);
            name = g_strndup(word, n_word);
            slash = heads[i].has_side ? strchr(name, '/') : NULL;
            g_hash_table_add(files, g_strdup(slash ? slash + 1 : name));
            if (!heads[i].all_words) {
                break;
            }
        }
        return TRUE;
    }
    return FALSE;
}

char **maintainers_patch_files(const char *patch)
{
    g_auto(GStrv) lines = g_strsplit(patch, "\n", -1);
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GList) sorted = NULL;
    g_autoptr(GStrvBuilder) files = g_strv_builder_new();

    for (char **line = lines; *line; line++) {
        take_files(*line, names);
    }
    sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc)strcmp);
    for (GList *name = sorted; name; name = name->next) {
        g_strv_builder_add(files, name->data);
    }
    return g_strv_builder_end(files);
}

char *maintainers_of_patch(Maintainers *maintainers, const char *patch)
{
    g_auto(GStrv) lines = g_strsplit(patch, "\n", -1), files = maintainers_patch_files(patch);
    g_autoptr(GHashTable) ignored = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) keywords = g_hash_table_new(NULL, NULL);
    const char *prefix = ""; /* in the text before the patch, keywords may stand anywhere */

    maintainers->deadline_us = g_get_monotonic_time() + REGEX_MAX_US;
    for (char **line = lines; *line; line++) {
        if (take_files(*line, ignored)) {
            prefix = **line == '+' || **line == '-' ? "^[+-].*" : prefix;
        } else if (!g_str_has_prefix(*line, "@@ -")) {
            gsize n = strlen(*line);

            find_keywords(maintainers, prefix,
                          (Subject){*line, 0, MIN(n, N_LINE_MAX), n > N_LINE_MAX}, keywords);
        }
    }
    return answer(maintainers, (const char *const *)files, keywords);
}
