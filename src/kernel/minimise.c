/* SPDX-License-Identifier: Apache-2.0
 * Delta debugging over options.
 *
 * A request is the user's config with some options taken out: those of the chunks that were kept,
 * and those of the chunk that is tried. Options that Kconfig puts back (somebody selects them, or
 * nobody can switch them) stay in the request, and go as soon as nothing holds them.
 *
 * That what fails with some options dropped also fails with more of them dropped is taken for
 * granted: so after the first half of a chunk was dropped, the second half, which would make the
 * whole again, is not tried but split.
 */
#include "kernel/minimise.h"

#include <string.h>

#include "kernel/kernel.h"

/* A chunk is worth trying when half of what it saves is more than it costs: about every second one
 * fails. */
#define SUCCESS 0.5
/* What of a build no option takes away. */
#define FIXED_SHARE 0.3
/* What must stay grows until Kconfig agrees, or the chunk is given up. */
#define MAX_REPAIRS 12
/* A debugging aid that is compiled into all files weighs more than one option: this share of a
 * build each, all together at most this. */
#define AID_SHARE      0.1
#define MAX_AIDS_SHARE 0.5

/* Debugging aids that slow kernels and builds down, by what they are switched with. */
static const char *const aids[] = {
    "CONFIG_KASAN",
    "CONFIG_KMSAN",
    "CONFIG_KCSAN",
    "CONFIG_KFENCE",
    "CONFIG_UBSAN",
    "CONFIG_KCOV",
    "CONFIG_DEBUG_KMEMLEAK",
    "CONFIG_PROVE_LOCKING",
    "CONFIG_LOCK_STAT",
    "CONFIG_DEBUG_LOCK_ALLOC",
    "CONFIG_DEBUG_WW_MUTEX_SLOWPATH",
    "CONFIG_DEBUG_ATOMIC_SLEEP",
    "CONFIG_DEBUG_OBJECTS",
    "CONFIG_DEBUG_PAGEALLOC",
    "CONFIG_PAGE_OWNER",
    "CONFIG_SLUB_DEBUG_ON",
    "CONFIG_FAULT_INJECTION",
    "CONFIG_DETECT_HUNG_TASK",
    "CONFIG_SOFTLOCKUP_DETECTOR",
    "CONFIG_HARDLOCKUP_DETECTOR",
    "CONFIG_WQ_WATCHDOG",
    "CONFIG_GCOV_KERNEL",
};

/* A stretch of the candidates; or the debugging aids. */
typedef struct Chunk {
    gboolean is_aids;
    guint first, n;
} Chunk;

struct Minimise {
    char *given;  /* the user's config */
    char *config; /* of the start's kernel */
    MinimiseCosts costs;
    GPtrArray *candidates; /* of char *: options, in the order of the config */
    GArray *is_section;    /* of gboolean: a menu begins before this candidate */
    GHashTable *baseline;  /* set of options */
    GHashTable *must;      /* the same; grows */
    GHashTable *dropped;   /* set: what was kept out, of candidates */
    GHashTable *on;        /* set: what is on in the best so far */
    GPtrArray *failed;     /* of GHashTable: sets dropped that did not do */
    GQueue chunks;         /* of Chunk */
    guint n_on_start, n_tries, n_kept, n_repairs;
    /* What is going on. */
    gboolean is_configured; /* the request was, and is worth a try */
    GHashTable *request;    /* set dropped by it; NULL: nothing is going on */
    GHashTable *request_on; /* set: what it came to */
    char *text;             /* of the request */
    char *best_text;        /* NULL: the start's own */
};

/* --- Sets of options ------------------------------------------------------------------------- */

static GHashTable *set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void set_add(GHashTable *set, const char *option)
{
    g_hash_table_add(set, g_strdup(option));
}

static GHashTable *set_copy(GHashTable *set)
{
    GHashTable *copy = set_new();
    GHashTableIter iter;
    const char *option;

    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, (gpointer *)&option, NULL)) {
        set_add(copy, option);
    }
    return copy;
}

static gboolean set_includes(GHashTable *set, GHashTable *part)
{
    GHashTableIter iter;
    const char *option;

    if (g_hash_table_size(part) > g_hash_table_size(set)) {
        return FALSE;
    }
    g_hash_table_iter_init(&iter, part);
    while (g_hash_table_iter_next(&iter, (gpointer *)&option, NULL)) {
        if (!g_hash_table_contains(set, option)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The options that are y or m in @config, which came from config_values(). */
static GHashTable *options_on(GHashTable *values)
{
    GHashTable *on = set_new();
    GHashTableIter iter;
    const char *option, *value;

    g_hash_table_iter_init(&iter, values);
    while (g_hash_table_iter_next(&iter, (gpointer *)&option, (gpointer *)&value)) {
        if (g_str_equal(value, "y") || g_str_equal(value, "m")) {
            set_add(on, option);
        }
    }
    return on;
}

/* --- Candidates and chunks ------------------------------------------------------------------- */

/* The name of an option that @line sets to y or m; NULL for another line. Owned by the caller. */
static char *option_of(const char *line, gsize n)
{
    const char *equals = memchr(line, '=', n);
    gboolean is_on = equals && (gsize)(line + n - equals) == 2 && strchr("ym", equals[1]);

    return is_on && g_str_has_prefix(line, "CONFIG_") ? g_strndup(line, (gsize)(equals - line))
                                                      : NULL;
}

/* A menu of Kconfig is "#", "# Title", "#". */
static void find_candidates(Minimise *minimise)
{
    gboolean is_section = TRUE;

    for (const char *line = minimise->config; *line;) {
        gsize n = strcspn(line, "\r\n");
        g_autofree char *option = option_of(line, n);

        is_section = is_section || (n == 1 && *line == '#');
        if (option && !g_hash_table_contains(minimise->baseline, option)) {
            g_ptr_array_add(minimise->candidates, g_steal_pointer(&option));
            g_array_append_val(minimise->is_section, is_section);
            is_section = FALSE;
        }
        line += n;
        line += strspn(line, "\r\n");
    }
}

static void push_chunk(Minimise *minimise, Chunk chunk)
{
    g_queue_push_head(&minimise->chunks, g_memdup2(&chunk, sizeof chunk));
}

/* Where a chunk is best cut: near its middle, between two menus where there is one. */
static guint middle_of(const Minimise *minimise, const Chunk *chunk)
{
    guint middle = chunk->first + chunk->n / 2;

    for (guint away = 0; away < chunk->n / 4; away++) {
        if (g_array_index(minimise->is_section, gboolean, middle - away)) {
            return middle - away;
        }
        if (g_array_index(minimise->is_section, gboolean, middle + away)) {
            return middle + away;
        }
    }
    return middle;
}

static void split(Minimise *minimise, const Chunk *chunk)
{
    guint middle;

    if (chunk->is_aids || chunk->n < 2) {
        return;
    }
    middle = middle_of(minimise, chunk);
    push_chunk(minimise, (Chunk){.first = middle, .n = chunk->first + chunk->n - middle});
    push_chunk(minimise, (Chunk){.first = chunk->first, .n = middle - chunk->first});
}

static gboolean is_aid(const char *option)
{
    for (gsize i = 0; i < G_N_ELEMENTS(aids); i++) {
        if (g_str_equal(option, aids[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* --- Requests -------------------------------------------------------------------------------- */

/* The user's config without @dropped: of two lines about an option the last one counts. In the
 * order of the candidates, so that the same set gives the same text. Owned by the caller. */
static char *write_request(const Minimise *minimise, GHashTable *dropped)
{
    GString *text = g_string_new(minimise->given);

    if (text->len && text->str[text->len - 1] != '\n') {
        g_string_append_c(text, '\n');
    }
    for (guint i = 0; i < minimise->candidates->len; i++) {
        const char *option = minimise->candidates->pdata[i];

        if (g_hash_table_contains(dropped, option)) {
            g_string_append_printf(text, "# %s is not set\n", option);
        }
    }
    return g_string_free(text, FALSE);
}

/* What @chunk would drop, beside what was dropped before. */
static GHashTable *drop_chunk(const Minimise *minimise, const Chunk *chunk)
{
    GHashTable *dropped = set_copy(minimise->dropped);

    for (guint i = 0; i < minimise->candidates->len; i++) {
        const char *option = minimise->candidates->pdata[i];
        gboolean is_in =
            chunk->is_aids ? is_aid(option) : i >= chunk->first && i - chunk->first < chunk->n;

        if (is_in && !g_hash_table_contains(minimise->must, option)) {
            set_add(dropped, option);
        }
    }
    return dropped;
}

static void end_request(Minimise *minimise)
{
    g_clear_pointer(&minimise->request, g_hash_table_unref);
    g_clear_pointer(&minimise->request_on, g_hash_table_unref);
    minimise->is_configured = FALSE;
    minimise->n_repairs = 0;
}

/* The chunk at the head will not do as a whole. */
static void give_up_chunk(Minimise *minimise)
{
    g_autofree Chunk *chunk = g_queue_pop_head(&minimise->chunks);

    end_request(minimise);
    split(minimise, chunk);
}

static void begin_request(Minimise *minimise, GHashTable *dropped)
{
    g_clear_pointer(&minimise->request, g_hash_table_unref);
    minimise->request = dropped;
    g_free(minimise->text);
    minimise->text = write_request(minimise, dropped);
}

static gboolean is_known_to_fail(const Minimise *minimise, GHashTable *dropped)
{
    for (guint i = 0; i < minimise->failed->len; i++) {
        if (set_includes(dropped, minimise->failed->pdata[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What @n_on options add to a build from nothing. */
static double options_s(const Minimise *minimise, guint n_on)
{
    return (1 - FIXED_SHARE) * minimise->costs.build_s * n_on / MAX(minimise->n_on_start, 1);
}

/* Of the debugging aids that are on, how many @dropped takes away. */
static guint n_aids_of(const Minimise *minimise, GHashTable *dropped)
{
    guint n = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(aids); i++) {
        n +=
            g_hash_table_contains(minimise->on, aids[i]) && g_hash_table_contains(dropped, aids[i]);
    }
    return n;
}

/* Would @dropped pay, by which @n_gone of the options that are on go? */
static gboolean pays(const Minimise *minimise, GHashTable *dropped, guint n_gone)
{
    guint n_on = g_hash_table_size(minimise->on);
    double aids_share = MIN(AID_SHARE * n_aids_of(minimise, dropped), MAX_AIDS_SHARE);

    n_gone = MIN(MAX(n_gone, (guint)(aids_share * n_on)), n_on);
    double saves_s = SUCCESS * minimise->costs.n_builds * options_s(minimise, n_gone);
    double costs_s = FIXED_SHARE * minimise->costs.build_s + options_s(minimise, n_on - n_gone) +
                     minimise->costs.trials_s;

    return saves_s > costs_s;
}

/* --- Steps ----------------------------------------------------------------------------------- */

/* Take the next chunk that is worth it. FALSE when none is left. */
static gboolean take_chunk(Minimise *minimise)
{
    const Chunk *chunk;

    while ((chunk = g_queue_peek_head(&minimise->chunks))) {
        g_autoptr(GHashTable) dropped = drop_chunk(minimise, chunk);
        guint n = g_hash_table_size(dropped) - g_hash_table_size(minimise->dropped);

        if (n > 0 && pays(minimise, dropped, n)) {
            if (!is_known_to_fail(minimise, dropped)) {
                begin_request(minimise, g_steal_pointer(&dropped));
                return TRUE;
            }
            give_up_chunk(minimise);
            continue;
        }
        g_free(g_queue_pop_head(&minimise->chunks)); /* nor are its parts */
    }
    return FALSE;
}

MinimiseStep minimise_next(Minimise *minimise, const char **ret_text)
{
    if (!minimise->request && (minimise->n_tries >= MINIMISE_MAX_TRIES || !take_chunk(minimise))) {
        return MINIMISE_DONE;
    }
    *ret_text = minimise->text;
    return minimise->is_configured ? MINIMISE_TRY : MINIMISE_CONFIGURE;
}

/* Let what @lost needs stay, and @lost itself. FALSE: that changes nothing. */
static gboolean keep_needs(Minimise *minimise, GHashTable *dropped, const char *lost,
                           GHashTable *config, MinimiseNeedsFunc needs, gpointer user_data)
{
    g_auto(GStrv) options = needs ? needs(lost, config, user_data) : NULL;
    gboolean changed = FALSE;

    for (char **option = options; option && *option; option++) {
        if (g_hash_table_remove(dropped, *option)) {
            changed = TRUE;
            if (!g_hash_table_contains(minimise->dropped, *option)) {
                set_add(minimise->must, *option);
            }
        }
    }
    return changed;
}

/* TRUE when nothing that must stay is lost, FALSE when the request was changed or given up. */
static gboolean has_all(Minimise *minimise, GHashTable *config, MinimiseNeedsFunc needs,
                        gpointer user_data)
{
    g_autoptr(GHashTable) dropped = set_copy(minimise->request);
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    gboolean changed = FALSE;
    GHashTableIter iter;
    const char *option;

    g_hash_table_iter_init(&iter, minimise->must);
    while (g_hash_table_iter_next(&iter, (gpointer *)&option, NULL)) {
        if (g_hash_table_contains(minimise->on, option) &&
            !g_hash_table_contains(minimise->request_on, option)) {
            g_ptr_array_add(lost, g_strdup(option));
        }
    }
    if (!lost->len) {
        return TRUE;
    }
    for (guint i = 0; i < lost->len; i++) {
        changed |= keep_needs(minimise, dropped, lost->pdata[i], config, needs, user_data);
    }
    if (changed && ++minimise->n_repairs <= MAX_REPAIRS) {
        begin_request(minimise, g_steal_pointer(&dropped));
    } else {
        give_up_chunk(minimise);
    }
    return FALSE;
}

void minimise_configured(Minimise *minimise, const char *config, MinimiseNeedsFunc needs,
                         gpointer user_data)
{
    g_autoptr(GHashTable) values = config ? config_values(config) : NULL;
    guint n_on, n_before = g_hash_table_size(minimise->on);

    if (!values) {
        give_up_chunk(minimise);
        return;
    }
    g_clear_pointer(&minimise->request_on, g_hash_table_unref);
    minimise->request_on = options_on(values);
    if (!has_all(minimise, values, needs, user_data)) {
        return;
    }
    n_on = g_hash_table_size(minimise->request_on);
    if (n_on < n_before && pays(minimise, minimise->request, n_before - n_on) &&
        !is_known_to_fail(minimise, minimise->request)) {
        minimise->is_configured = TRUE;
    } else {
        give_up_chunk(minimise);
    }
}

void minimise_tried(Minimise *minimise, gboolean kept)
{
    minimise->n_tries++;
    if (!kept) {
        g_ptr_array_add(minimise->failed, g_steal_pointer(&minimise->request));
        give_up_chunk(minimise);
        return;
    }
    minimise->n_kept++;
    g_hash_table_unref(minimise->dropped);
    minimise->dropped = g_steal_pointer(&minimise->request);
    g_hash_table_unref(minimise->on);
    minimise->on = g_steal_pointer(&minimise->request_on);
    g_free(minimise->best_text);
    minimise->best_text = g_strdup(minimise->text);
    g_free(g_queue_pop_head(&minimise->chunks));
    end_request(minimise);
}

void minimise_result(const Minimise *minimise, MinimiseResult *ret_result)
{
    *ret_result = (MinimiseResult){.text = minimise->best_text,
                                   .n_on_start = minimise->n_on_start,
                                   .n_on = g_hash_table_size(minimise->on),
                                   .n_tries = minimise->n_tries,
                                   .n_kept = minimise->n_kept};
}

/* --- Life ------------------------------------------------------------------------------------ */

Minimise *minimise_new(const char *given, const char *config, const char *baseline,
                       const char *const *must, const MinimiseCosts *costs)
{
    Minimise *minimise = g_new0(Minimise, 1);
    g_autoptr(GHashTable) values = config_values(config), base = config_values(baseline);

    minimise->given = g_strdup(given);
    minimise->config = g_strdup(config);
    minimise->costs = *costs;
    minimise->candidates = g_ptr_array_new_with_free_func(g_free);
    minimise->is_section = g_array_new(FALSE, FALSE, sizeof(gboolean));
    minimise->baseline = options_on(base);
    minimise->must = set_new();
    minimise->dropped = set_new();
    minimise->on = options_on(values);
    minimise->n_on_start = g_hash_table_size(minimise->on);
    minimise->failed = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    g_queue_init(&minimise->chunks);
    for (; *must; must++) {
        set_add(minimise->must, *must);
    }
    find_candidates(minimise);
    push_chunk(minimise, (Chunk){.n = minimise->candidates->len});
    push_chunk(minimise, (Chunk){.is_aids = TRUE});
    return minimise;
}

void minimise_free(Minimise *minimise)
{
    if (!minimise) {
        return;
    }
    end_request(minimise);
    g_queue_clear_full(&minimise->chunks, g_free);
    g_ptr_array_unref(minimise->failed);
    g_hash_table_unref(minimise->on);
    g_hash_table_unref(minimise->dropped);
    g_hash_table_unref(minimise->must);
    g_hash_table_unref(minimise->baseline);
    g_array_unref(minimise->is_section);
    g_ptr_array_unref(minimise->candidates);
    g_free(minimise->text);
    g_free(minimise->best_text);
    g_free(minimise->config);
    g_free(minimise->given);
    g_free(minimise);
}
