/* SPDX-License-Identifier: Apache-2.0
 * The source file to blame: the first in the stack that is not generic machinery; and if a file
 * deeper in the same folder comes later, that one, since generic code of a subsystem calls it. And
 * all of them, for those who ask where to look.
 */
#include "oops/reader.h"

#include <string.h>

/* More are no stack, but a console from an enemy. */
#define N_STACK_FILES_MAX 100

/* The source file that @line names first, or NULL. @ret_generic: not to blame by itself. */
static char *file_of_line(const OopsReader *reader, Line line, Match *match, gboolean *ret_generic)
{
    g_autofree char *named = NULL, *clean = NULL;
    const char *group;
    char *file;
    gsize n;

    if (!pattern_match(reader->source_file, line.s, line.n, 0, match)) {
        return NULL;
    }
    group = match_group(match, 1, &n);
    named = g_strndup(group, n);
    clean = g_canonicalize_filename(named, "/"); /* arch/x86/kvm/../../../virt/kvm/eventfd.c */
    file = g_strdup(clean + 1);
    *ret_generic = pattern_match(reader->ignored_file, file, strlen(file), 0, match) ||
                   pattern_match(reader->ignored_line, line.s, line.n, 0, match);
    return file;
}

/* Is @file in the folder of @guilty, and deeper? */
static gboolean is_deeper(const char *file, const char *guilty)
{
    const char *slash = strrchr(guilty, '/');
    gsize n_folder = slash ? slash + 1 - guilty : 0;

    return n_folder > 0 && strncmp(file, guilty, n_folder) == 0 && strchr(file + n_folder, '/');
}

static char *guilty_of_text(const OopsReader *reader, const char *text, gsize n)
{
    g_autoptr(Match) match = match_new();
    g_autofree char *first = NULL, *guilty = NULL;
    gsize at = 0;
    Line line;

    while (line_next(text, n, &at, &line)) {
        gboolean generic = FALSE;
        g_autofree char *file = file_of_line(reader, line, match, &generic);

        if (!file) {
            continue;
        }
        if (!first) {
            first = g_strdup(file);
        }
        if (!generic && (!guilty || is_deeper(file, guilty))) {
            g_free(guilty);
            guilty = g_steal_pointer(&file);
        }
    }
    return guilty ? g_steal_pointer(&guilty) : g_steal_pointer(&first);
}

char *oops_guilty_file(const OopsReader *reader, const char *report_text, gsize n_prefix,
                       const char *title)
{
    static const char *const interrupts[] = {"apic_timer_interrupt+0x", "el1h_64_irq+0x",
                                             "Exception stack"};
    gsize n = strlen(report_text);
    const char *text = report_text + MIN(n_prefix, n);

    /* What was interrupted stalls, not the interrupt that found out. */
    for (gsize i = 0;
         g_str_has_prefix(title, "INFO: rcu detected stall") && i < G_N_ELEMENTS(interrupts); i++) {
        const char *from = strstr(text, interrupts[i]);

        if (from) {
            char *guilty = guilty_of_text(reader, from, strlen(from));

            if (guilty) {
                return guilty;
            }
            break;
        }
    }
    return guilty_of_text(reader, text, strlen(text));
}

char **oops_stack_files(const OopsReader *reader, const char *report_text, gsize n_prefix)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Match) match = match_new();
    gsize n = strlen(report_text), at = MIN(n_prefix, n);
    Line line;

    while (files->len < N_STACK_FILES_MAX && line_next(report_text, n, &at, &line)) {
        gboolean generic = FALSE;
        g_autofree char *file = file_of_line(reader, line, match, &generic);

        if (file && !generic && !g_ptr_array_find_with_equal_func(files, file, g_str_equal, NULL)) {
            g_ptr_array_add(files, g_steal_pointer(&file));
        }
    }
    g_ptr_array_add(files, NULL);
    return (char **)g_ptr_array_steal(files, NULL);
}
