/* SPDX-License-Identifier: Apache-2.0
 * A report from its place on the console.
 */
#include "oops/report.h"

#include <string.h>

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

OopsReport *report_read(const OopsReader *reader, const Window *window, const ReportPlace *place)
{
    const Header *header = place->header;
    OopsReport *report = g_new0(OopsReport, 1);
    g_auto(Naming) naming = {0};
    g_autofree char *prefix = NULL, *valid = NULL;
    g_autoptr(GString) body = NULL;
    Region region;

    region_read(window, header, place->from, place->second, place->end, &region);
    body = text_unsymbolize(region.text->str + region.n_prefix, region.text->len - region.n_prefix);
    if (!name_region(reader, header->kind, &region, body, &naming)) {
        /* The header line itself looks like an unreliable frame. */
        g_string_truncate(region.text, 0);
        g_string_append_len(region.text, window_at(window, header->start),
                            MIN(place->last, place->end) - header->start);
        region.n_prefix = 0;
        g_string_assign(body, region.text->str);
        naming_find(reader, header->kind, body->str, body->len, &naming);
    }
    report->stacks = g_ptr_array_new_with_free_func((GDestroyNotify)stack_free);
    report->title = title_clean(reader, naming.title);
    report->alt_titles = clean_alts(reader, &naming, report->title);
    report->type = g_strdup(title_type(report->title));
    report->frame = title_frame(report->title);
    report->corrupted_reason = g_strdup(find_corruption(reader, &naming, body->str, body->len));
    report->start = header->raw_start;
    report->skip = header->raw_end;
    prefix = g_utf8_make_valid(region.text->str, region.n_prefix);
    valid =
        g_utf8_make_valid(region.text->str + region.n_prefix, region.text->len - region.n_prefix);
    report->text_prefix = strlen(prefix);
    report->text = g_strconcat(prefix, valid, NULL);
    g_string_free(region.text, TRUE);
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
