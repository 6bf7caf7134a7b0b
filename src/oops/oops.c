/* SPDX-License-Identifier: Apache-2.0
 * The reader: console in, reports out.
 */
#include "oops/oops.h"
#include "oops/console.h"

#include <string.h>

/* A console with more is a machine gone mad; what comes after tells nothing new. */
#define REPORTS_MAX 100

/* What is wrong with a report, or NULL. */
static const char *find_corruption(const OopsReader *reader, const Naming *naming, const char *body,
                                   gsize n_body)
{
    if (naming->corrupted) {
        return naming->corrupted;
    }
    if (pattern_in(reader->timestamp, naming->title, strlen(naming->title))) {
        return "there is a timestamp in the title";
    }
    if (!naming->rule || naming->rule->format->flags & NEEDS_NO_STACK) {
        return NULL;
    }
    return frames_corrupted(reader, body, n_body);
}

static char **clean_alts(const OopsReader *reader, const Naming *naming, const char *title)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    g_hash_table_add(seen, g_strdup(title));
    for (guint i = 0; i < naming->alts->len; i++) {
        char *alt = title_clean(reader, naming->alts->pdata[i]);

        if (!g_hash_table_contains(seen, alt)) {
            g_strv_builder_add(builder, alt);
        }
        g_hash_table_add(seen, alt);
    }
    return g_strv_builder_end(builder);
}

static void stack_free(OopsStack *stack)
{
    g_free(stack->label);
    g_ptr_array_unref(stack->frames);
    g_free(stack);
}

/* Names the crash by what comes before the next crash. When two were printed at once and that
 * leaves no function to blame, by all of the region: if it has no time stamps, somebody has cut it
 * out and taken the lines of other tasks away already. FALSE when the region has no header at all.
 */
static gboolean name_region(const OopsReader *reader, const Kind *kind, const Region *region,
                            const GString *body, Naming *ret_naming)
{
    g_autoptr(GString) part =
        text_unsymbolize(region->text->str + region->n_prefix, region->n_title);
    Naming naming;

    if (!naming_find(reader, kind, part->str, part->len, ret_naming)) {
        return FALSE;
    }
    if (ret_naming->frameless && !region->stamped && part->len < body->len &&
        naming_find(reader, kind, body->str, body->len, &naming)) {
        if (naming.frameless) {
            naming_clear(&naming);
        } else {
            naming_clear(ret_naming);
            *ret_naming = naming;
        }
    }
    return TRUE;
}

/* The report of header @i. @from: what comes before belongs to an earlier report. */
static OopsReport *read_report(const OopsReader *reader, const Console *console, guint i,
                               gsize from)
{
    const Header *header = &g_array_index(console->headers, Header, i);
    const Header *last = &g_array_index(console->headers, Header, console->headers->len - 1);
    OopsReport *report = g_new0(OopsReport, 1);
    g_auto(Naming) naming = {0};
    g_autofree char *prefix = NULL, *valid = NULL;
    g_autoptr(GString) body = NULL;
    const char *corrupted;
    Region region;

    while (last->kind->n_rules == 0) {
        last--;
    }
    region_read(console, i, from, &region);
    body = text_unsymbolize(region.text->str + region.n_prefix, region.text->len - region.n_prefix);
    if (!name_region(reader, header->kind, &region, body, &naming)) {
        /* The header line itself looks like an unreliable frame. */
        g_string_truncate(region.text, 0);
        g_string_append_len(region.text, console->bytes + header->start,
                            MIN(last->end - header->start, BODY_MAX));
        region.n_prefix = 0;
        g_string_assign(body, region.text->str);
        naming_find(reader, header->kind, body->str, body->len, &naming);
    }
    report->stacks = g_ptr_array_new_with_free_func((GDestroyNotify)stack_free);
    report->title = title_clean(reader, naming.title);
    report->alt_titles = clean_alts(reader, &naming, report->title);
    report->type = g_strdup(title_type(report->title));
    report->frame = title_frame(report->title);
    corrupted = find_corruption(reader, &naming, body->str, body->len);
    if (!corrupted &&
        bytes_contain(console->bytes + from, console->n - from, "serialport: VM disconnected.")) {
        corrupted = "the console was lost";
    }
    report->corrupted_reason = g_strdup(corrupted);
    report->start = header->raw_start;
    report->skip = header->raw_end;
    report->end = last->raw_end;
    prefix = g_utf8_make_valid(region.text->str, region.n_prefix);
    valid =
        g_utf8_make_valid(region.text->str + region.n_prefix, region.text->len - region.n_prefix);
    report->text_prefix = strlen(prefix);
    report->text = g_strconcat(prefix, valid, NULL);
    g_string_free(region.text, TRUE);
    return report;
}

static GPtrArray *find_reports(const OopsReader *reader, const char *console, gsize n_console,
                               guint n_max)
{
    g_auto(Console) lines = {0};
    g_autoptr(GPtrArray) reports = g_ptr_array_new_with_free_func((GDestroyNotify)oops_report_free);
    gboolean suppressed, panicked;
    gsize from = 0;

    console_init(&lines, reader, console, n_console);
    if (console_next_crash(&lines, 0) == lines.headers->len) {
        return g_steal_pointer(&reports);
    }
    suppressed = pattern_in(reader->suppressed, lines.bytes, lines.n);
    panicked = bytes_contain(lines.bytes, lines.n, "Kernel panic - not syncing");
    for (guint i = console_next_crash(&lines, 0); i < lines.headers->len && reports->len < n_max;
         i = console_next_crash(&lines, i + 1)) {
        OopsReport *report = read_report(reader, &lines, i, from);

        report->suppressed = suppressed;
        report->panicked = panicked;
        g_ptr_array_add(reports, report);
        from = g_array_index(lines.headers, Header, i).end;
    }
    return g_steal_pointer(&reports);
}

OopsReport *oops_find(const OopsReader *reader, const char *console, gsize n_console, gsize from)
{
    g_autoptr(GPtrArray) reports = NULL;
    OopsReport *report;

    g_return_val_if_fail(from <= n_console, NULL);
    reports = find_reports(reader, console + from, n_console - from, 1);
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

void oops_report_free(OopsReport *report)
{
    if (!report) {
        return;
    }
    g_free(report->title);
    g_strfreev(report->alt_titles);
    g_free(report->type);
    g_free(report->frame);
    g_free(report->corrupted_reason);
    g_free(report->text);
    g_clear_pointer(&report->stacks, g_ptr_array_unref);
    g_free(report);
}
