/* SPDX-License-Identifier: Apache-2.0
 * A report from its place on the console.
 */
#include "oops/report.h"
#include "oops/stacks.h"

#include <string.h>

/* What is wrong with a report, or NULL. */
static const char *find_corruption(const OopsReader *reader, const Naming *naming, const Text *text,
                                   Match *match)
{
    if (naming->corrupted) {
        return naming->corrupted;
    }
    if (pattern_match(reader->timestamp, naming->title, strlen(naming->title), 0, match)) {
        return "there is a timestamp in the title";
    }
    if (!naming->rule || naming->rule->format->flags & NEEDS_NO_STACK) {
        return NULL;
    }
    return frames_corrupted(reader, text);
}

static char **clean_alts(const OopsReader *reader, const Naming *naming, const char *title,
                         Match *match)
{
    g_autoptr(GPtrArray) alts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < naming->alts->len; i++) {
        g_autofree char *alt = title_clean(reader, naming->alts->pdata[i], match);

        if (!g_str_equal(alt, title) &&
            !g_ptr_array_find_with_equal_func(alts, alt, g_str_equal, NULL)) {
            g_ptr_array_add(alts, g_steal_pointer(&alt));
        }
    }
    g_ptr_array_add(alts, NULL);
    return (char **)g_ptr_array_steal(alts, NULL);
}

/* Names the crash by what comes before the next crash. When two were printed at once and that
 * leaves no function to blame, by all of the region: if it has no time stamps, somebody has cut it
 * out and taken the lines of other tasks away already. FALSE when the region has no header at all.
 */
static gboolean name_region(const OopsReader *reader, const Kind *kind, const Region *region,
                            Match *match, Naming *ret_naming)
{
    Text part = text_of(&region->plain, region->n_title);
    Text all = text_of(&region->plain, G_MAXUINT);
    Naming naming;

    if (!naming_find(reader, kind, &part, match, ret_naming)) {
        return FALSE;
    }
    if (ret_naming->frameless && !region->stamped && part.n < all.n &&
        naming_find(reader, kind, &all, match, &naming)) {
        if (naming.frameless) {
            naming_clear(&naming);
        } else {
            naming_clear(ret_naming);
            *ret_naming = naming;
        }
    }
    return TRUE;
}

/* The header stands in what a symbolizer seems to have added, and so in no line of the kernel's. */
static void name_by_header(const Kind *kind, const GString *text, Naming *ret_naming)
{
    const char *header =
        memmem(text->str, text->len, kind->family->header, strlen(kind->family->header));
    gsize n = header ? strcspn(header, "\n") : 0;

    *ret_naming = (Naming){
        .title = header ? g_strndup(header, n) : g_strdup(kind->family->header),
        .alts = g_ptr_array_new_with_free_func(g_free),
        .corrupted = "the header is not the kernel's",
    };
}

static gboolean is_ascii(const char *s, gsize n)
{
    guint8 all = 0;

    for (gsize i = 0; i < n; i++) {
        all |= (guint8)s[i];
    }
    return all < 0x80;
}

/* The text of @region as UTF-8. */
static void take_text(OopsReport *report, Region *region)
{
    g_autofree char *prefix = NULL, *body = NULL;
    GString *text = region->text;

    if (is_ascii(text->str, text->len)) {
        report->text_prefix = region->n_prefix;
        report->text = g_string_free(g_steal_pointer(&region->text), FALSE);
        return;
    }
    prefix = g_utf8_make_valid(text->str, region->n_prefix);
    body = g_utf8_make_valid(text->str + region->n_prefix, text->len - region->n_prefix);
    report->text_prefix = strlen(prefix);
    report->text = g_strconcat(prefix, body, NULL);
}

/* " Comm: syz.0.104": process and program of the fuzzer that crashed. */
static void read_executor(const OopsReader *reader, OopsReport *report, const Region *region,
                          Match *match)
{
    for (guint i = 0; i < region->printed->len && !report->has_executor; i++) {
        const PrintedLine *line = &g_array_index(region->printed, PrintedLine, i);
        gsize n;

        if (line->marks & MARK_EXECUTOR &&
            pattern_match(reader->executor, line->text.s, line->text.n, 0, match)) {
            report->has_executor = TRUE;
            report->executor_proc = g_ascii_strtoull(match_group(match, 1, &n), NULL, 10);
            report->executor_id = g_ascii_strtoull(match_group(match, 2, &n), NULL, 10);
        }
    }
}

OopsReport *report_read(const OopsReader *reader, const Window *window, const ReportPlace *place)
{
    const Header *header = place->header;
    OopsReport *report = g_new0(OopsReport, 1);
    g_auto(Naming) naming = {0};
    g_auto(Region) region = {0};
    g_autoptr(Match) match = match_new();
    Text text;

    region_read(reader, window, header, place->from, place->second, place->end, &region);
    if (!name_region(reader, header->kind, &region, match, &naming)) {
        /* The header line itself looks like an unreliable frame. */
        g_string_truncate(region.text, 0);
        g_string_append_len(region.text, window_at(window, header->start),
                            MIN(place->last, place->end) - header->start);
        region.n_prefix = 0;
        text_clear(&region.plain);
        text_begin(&region.plain, reader, region.text->len);
        text_add_all(&region.plain, region.text->str, region.text->len);
        text = text_of(&region.plain, G_MAXUINT);
        if (!naming_find(reader, header->kind, &text, match, &naming)) {
            name_by_header(header->kind, region.text, &naming);
        }
    }
    text = text_of(&region.plain, G_MAXUINT);
    report->title = title_clean(reader, naming.title, match);
    report->alt_titles = clean_alts(reader, &naming, report->title, match);
    report->type = g_strdup(title_type(report->title));
    report->frame = title_frame(report->title);
    report->corrupted_reason = g_strdup(find_corruption(reader, &naming, &text, match));
    report->stacks = stacks_read(reader, region.printed, match);
    read_executor(reader, report, &region, match);
    report->start = header->raw_start;
    report->skip = header->raw_end;
    take_text(report, &region);
    return report;
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
