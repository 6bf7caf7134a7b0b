/* SPDX-License-Identifier: Apache-2.0
 * firstbad kernels: what was built, what room it takes, and how much it may take.
 */
#include "cli/cli.h"

#include <string.h>

/* As git takes a commit. */
#define SHORTEST_NAME 4

typedef struct Shelf {
    KernelStore *kernels;
    GPtrArray *entries;
    GHashTable *wanted; /* by jobs without an answer */
} Shelf;

static void shelf_clear(Shelf *shelf)
{
    g_clear_pointer(&shelf->kernels, kernel_store_free);
    g_clear_pointer(&shelf->entries, g_ptr_array_unref);
    g_clear_pointer(&shelf->wanted, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shelf, shelf_clear)

static gboolean shelf_open(Shelf *shelf, Store *store, const char *state_dir, GError **error)
{
    shelf->kernels = job_open_kernels(state_dir, error);
    shelf->wanted = shelf->kernels ? store_wanted_kernels(store, error) : NULL;
    shelf->entries = shelf->wanted ? kernel_store_entries(shelf->kernels, error) : NULL;
    return shelf->entries != NULL;
}

/* "20G" as bytes, "0" as 0. */
static gboolean parse_size(const char *text, guint64 *ret_bytes)
{
    static const char suffixes[] = "KMGT";
    char *end;
    guint64 n = g_ascii_strtoull(text, &end, 10);
    const char *suffix = *end ? strchr(suffixes, g_ascii_toupper(*end)) : NULL;
    guint shift = suffix ? 10 * (guint)(suffix - suffixes + 1) : 0;

    if (!g_ascii_isdigit(*text) || (*end && (!suffix || end[1])) || n > G_MAXUINT64 >> shift) {
        return FALSE;
    }
    *ret_bytes = n << shift;
    return TRUE;
}

/* By its key, its revision, or its signature, which is what jobs call a kernel? */
static gboolean is_named(const KernelEntry *entry, const char *name)
{
    return g_str_has_prefix(entry->kernel->key, name) ||
           (entry->name && g_str_has_prefix(entry->name, name)) ||
           (entry->kernel->signature && g_str_has_prefix(entry->kernel->signature, name));
}

/* Pin or unpin all entries that @name is the begin of a name of. */
static int pin(const Shelf *shelf, const char *name, gboolean is_pinned)
{
    g_autoptr(GError) error = NULL;
    guint n = 0;

    for (guint i = 0; i < shelf->entries->len && strlen(name) >= SHORTEST_NAME; i++) {
        const KernelEntry *entry = shelf->entries->pdata[i];

        if (is_named(entry, name)) {
            n++;
            if (!kernel_store_pin(shelf->kernels, entry->kernel->key, is_pinned, &error)) {
                cli_complain("%s", error->message);
                return EXIT_MACHINE;
            }
        }
    }
    if (n == 0) {
        cli_complain("no kernel of '%s' is there; 'firstbad kernels' lists them", name);
        return EXIT_USAGE;
    }
    g_print("%s: %u kernel%s\n", is_pinned ? "pinned" : "unpinned", n, n == 1 ? "" : "s");
    return EXIT_ANSWER;
}

/* "68.0 KiB", in ASCII. Owned by the caller. */
static char *size_text(guint64 bytes)
{
    g_autofree char *size = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_auto(GStrv) words = g_strsplit(size, "\u00a0", -1);

    return g_strjoinv(" ", words);
}

static int collect(Store *store, KernelStore *kernels)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *removed = NULL, *left = NULL;
    KernelsCollected collected;

    if (!job_collect_kernels(store, kernels, kernel_store_limit(kernels), &collected, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    removed = size_text(collected.bytes_removed);
    left = size_text(collected.bytes_left);
    g_print("%u removed (%s), %u left (%s)\n", collected.n_removed, removed, collected.n_left,
            left);
    return EXIT_ANSWER;
}

static const char *why_it_stays(const Shelf *shelf, const KernelEntry *entry)
{
    return entry->is_pinned                                           ? "pinned"
           : g_hash_table_contains(shelf->wanted, entry->kernel->key) ? "of a job without an answer"
                                                                      : "";
}

static void print_table(const Shelf *shelf)
{
    g_autofree char *all = size_text(kernel_entries_bytes(shelf->entries)),
                    *limit = size_text(kernel_store_limit(shelf->kernels));

    if (shelf->entries->len > 0) {
        g_print("%-12s %-12s %-6s %10s %-16s %s\n", "KERNEL", "REVISION", "STATE", "SIZE", "USED",
                "STAYS");
    }
    for (guint i = 0; i < shelf->entries->len; i++) {
        const KernelEntry *entry = shelf->entries->pdata[i];
        g_autoptr(GDateTime) used = g_date_time_new_from_unix_local(entry->used_s);
        g_autofree char *time = g_date_time_format(used, "%F %H:%M"),
                        *size = size_text(entry->bytes);
        const char *why = why_it_stays(shelf, entry);

        g_print("%-12.12s %-12.12s %-6s %10s %-16s%s%s\n", entry->kernel->key,
                entry->name ? entry->name : "-",
                entry->kernel->status == KERNEL_BUILT ? "built" : "failed", size, time,
                *why ? " " : "", why);
    }
    g_print("%u kernel%s %s; the limit is %s\n", shelf->entries->len,
            shelf->entries->len == 1 ? " takes" : "s take", all, limit);
}

static void print_json(const Shelf *shelf)
{
    json_t *kernels = json_array();

    for (guint i = 0; i < shelf->entries->len; i++) {
        const KernelEntry *entry = shelf->entries->pdata[i];
        const Kernel *kernel = entry->kernel;

        json_array_append_new(
            kernels, json_pack("{s:s, s:o, s:s, s:s?, s:I, s:I, s:b, s:b}", "key", kernel->key,
                               "revision", job_text_json(entry->name), "state",
                               kernel->status == KERNEL_BUILT ? "built" : "failed", "signature",
                               kernel->signature, "bytes", (json_int_t)entry->bytes, "used_s",
                               (json_int_t)entry->used_s, "pinned", entry->is_pinned, "wanted",
                               g_hash_table_contains(shelf->wanted, kernel->key)));
    }
    cli_print_json(json_pack("{s:o, s:I, s:I}", "kernels", kernels, "bytes",
                             (json_int_t)kernel_entries_bytes(shelf->entries), "limit",
                             (json_int_t)kernel_store_limit(shelf->kernels)),
                   JSON_INDENT(2));
}

typedef struct Wishes {
    char *limit, *pinned, *unpinned;
    gboolean collect, json;
} Wishes;

static int carry_out(const Wishes *wishes, Store *store, const char *state_dir)
{
    g_auto(Shelf) shelf = {0};
    g_autoptr(GError) error = NULL;
    guint64 bytes;

    if (!shelf_open(&shelf, store, state_dir, &error)) {
        cli_complain("%s", error->message);
        return EXIT_MACHINE;
    }
    if (wishes->limit) {
        if (!parse_size(wishes->limit, &bytes)) {
            cli_complain("--limit %s: a size, such as 500M or 20G", wishes->limit);
            return EXIT_USAGE;
        }
        if (!kernel_store_set_limit(shelf.kernels, bytes, &error)) {
            cli_complain("%s", error->message);
            return EXIT_MACHINE;
        }
    }
    if (wishes->pinned && wishes->unpinned) {
        cli_complain("--pin and --unpin: one of them");
        return EXIT_USAGE;
    }
    if (wishes->pinned || wishes->unpinned) {
        return pin(&shelf, wishes->pinned ? wishes->pinned : wishes->unpinned,
                   wishes->pinned != NULL);
    }
    if (wishes->collect) {
        return collect(store, shelf.kernels);
    }
    if (wishes->json) {
        print_json(&shelf);
    } else {
        print_table(&shelf);
    }
    return EXIT_ANSWER;
}

int cmd_kernels(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL, *limit = NULL, *pinned = NULL,
                    *unpinned = NULL;
    Wishes wishes = {0};
    const GOptionEntry entries[] = {
        CLI_STATE_DIR(&state_option),
        {"limit", 0, 0, G_OPTION_ARG_STRING, &limit, "They may take so much, from now on (32G)",
         "SIZE"},
        {"collect", 0, 0, G_OPTION_ARG_NONE, &wishes.collect,
         "Remove now what is over the limit; else the next job does", NULL},
        {"pin", 0, 0, G_OPTION_ARG_STRING, &pinned, "Keep this one", "KERNEL"},
        {"unpin", 0, 0, G_OPTION_ARG_STRING, &unpinned, "Do not keep it any more", "KERNEL"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &wishes.json, "Print as JSON", NULL},
        {NULL},
    };
    const CommandLine line = {
        .command = "kernels",
        .description = "Lists the kernels that were built, last used first. All jobs share them:\n"
                       "a revision is built once for each config. What was not used for longest\n"
                       "is removed first; what a job without an answer built, what was used\n"
                       "within the hour, and what is pinned stays. KERNEL: the first digits of a\n"
                       "kernel or of a revision.",
        .entries = entries};
    g_autoptr(Store) store = NULL;
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    wishes.limit = limit;
    wishes.pinned = pinned;
    wishes.unpinned = unpinned;
    state_dir = cli_state_dir(state_option);
    store = store_open(state_dir, STORE_READ, &error);
    if (!store) {
        cli_complain("%s", error->message);
        return cli_store_failure(error);
    }
    return carry_out(&wishes, store, state_dir);
}
