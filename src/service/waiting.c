/* SPDX-License-Identifier: Apache-2.0
 * The queue as a reader sees it, who has the store and the rules of the newest service.
 */
#include "service/service.h"

#define RULES "rules"
#define A_DAY "a-day-s"
/* Of what a submitter has used, half counts after a day. */
#define HALF_LIFE_S 86400.0
#define DAY_S       86400

static char *rules_path(const char *state_dir)
{
    return g_build_filename(state_dir, "daemon.rules", NULL);
}

gboolean rules_write(const char *state_dir, const Rules *rules, GError **error)
{
    g_autofree char *path = rules_path(state_dir), *text = NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();

    g_key_file_set_double(file, RULES, A_DAY, rules->most_s_a_day);
    text = g_key_file_to_data(file, NULL, NULL);
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* Where there was no service yet, there are no rules. */
static Rules rules_read(const char *state_dir)
{
    g_autofree char *path = rules_path(state_dir);
    g_autoptr(GKeyFile) file = g_key_file_new();

    g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL);
    return (Rules){.most_s_a_day = g_key_file_get_double(file, RULES, A_DAY, NULL)};
}

gboolean service_usage(Store *store, const Rules *rules, gint64 now_s, GHashTable **ret_recent,
                       GHashTable **ret_today, GError **error)
{
    gboolean is_limited = rules->most_s_a_day > 0;
    g_autoptr(GHashTable) recent =
        store_usage(store, now_s - SERVICE_MEMORY_S, now_s, HALF_LIFE_S, error);
    GHashTable *today =
        recent && is_limited ? store_usage(store, now_s - DAY_S, now_s, 0, error) : NULL;

    if (!recent || (is_limited && !today)) {
        return FALSE;
    }
    *ret_recent = g_steal_pointer(&recent);
    *ret_today = today;
    return TRUE;
}

/* Those that nobody works on. */
static GPtrArray *read_queue(Store *store, GError **error)
{
    GPtrArray *queue = store_queue(store, error);

    for (guint i = queue ? queue->len : 0; i-- > 0;) {
        const QueuedJob *job = queue->pdata[i];

        if (job->was_running && store_is_worked_on(store, job->id)) {
            g_ptr_array_remove_index(queue, i);
        }
    }
    return queue;
}

Waiting *waiting_new(void)
{
    Waiting *waiting = g_new0(Waiting, 1);

    waiting->queue = g_ptr_array_new();
    waiting->why = g_new0(QueueWait, 1);
    return waiting;
}

Waiting *waiting_load(Store *store, const char *state_dir, gint64 now_s, GError **error)
{
    g_autoptr(Waiting) waiting = g_new0(Waiting, 1);
    g_autoptr(GHashTable) recent = NULL, today = NULL;

    waiting->rules = rules_read(state_dir);
    waiting->queue = read_queue(store, error);
    if (!waiting->queue || (waiting->queue->len > 0 && !service_usage(store, &waiting->rules, now_s,
                                                                      &recent, &today, error))) {
        return NULL;
    }
    service_sort(waiting->queue, recent, today, &waiting->rules, now_s);
    waiting->why = g_new0(QueueWait, waiting->queue->len);
    for (guint i = 0; i < waiting->queue->len; i++) {
        waiting->why[i] = service_wait(waiting->queue->pdata[i], today, &waiting->rules, now_s);
    }
    return g_steal_pointer(&waiting);
}

void waiting_free(Waiting *waiting)
{
    if (!waiting) {
        return;
    }
    g_clear_pointer(&waiting->queue, g_ptr_array_unref);
    g_free(waiting->why);
    g_free(waiting);
}
