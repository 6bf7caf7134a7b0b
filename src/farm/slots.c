/* SPDX-License-Identifier: Apache-2.0
 * The build slots of a farm.
 *
 * How near a slot is to a revision is the number of files that differ between it and what the slot
 * has checked out. Git is asked only where more than one slot is idle.
 */
#include "farm/slots.h"

typedef struct Place {
    KernelBuilder *builder;
    gboolean is_busy;
} Place;

struct Slots {
    const Repo *repo;
    guint n;
    Place *places;
    GPtrArray *prefixes; /* of const char *, ended by NULL */
};

gint slots_choose(guint n, const gboolean *busy, const gint64 *n_files)
{
    gint best = -1;

    for (guint i = 0; i < n; i++) {
        /* One that was never used is farthest. */
        if (!busy[i] &&
            (best < 0 || (n_files[i] >= 0 && (n_files[best] < 0 || n_files[i] < n_files[best])))) {
            best = (gint)i;
        }
    }
    return best;
}

void slots_free(Slots *slots)
{
    if (!slots) {
        return;
    }
    for (guint i = 0; i < slots->n; i++) {
        g_clear_pointer(&slots->places[i].builder, kernel_builder_free);
    }
    g_free(slots->places);
    g_ptr_array_unref(slots->prefixes);
    g_free(slots);
}

static void add_prefixes(Slots *slots, const KernelBuilder *builder)
{
    const char *const *prefixes = kernel_builder_source_prefixes(builder);

    for (; *prefixes; prefixes++) {
        g_ptr_array_add(slots->prefixes, (gpointer)*prefixes);
    }
}

Slots *slots_new(const Repo *repo, KernelStore *store, const char *dir,
                 const KernelBuildOptions *options, guint n, GError **error)
{
    g_autoptr(Slots) slots = g_new0(Slots, 1);

    slots->repo = repo;
    slots->n = MAX(n, 1);
    slots->places = g_new0(Place, slots->n);
    slots->prefixes = g_ptr_array_new();
    for (guint i = 0; i < slots->n; i++) {
        g_autofree char *own = i ? g_strdup_printf("%s-%u", dir, i) : g_strdup(dir);
        Place *place = &slots->places[i];

        place->builder = kernel_builder_new(repo, store, own, options, error);
        if (!place->builder) {
            return NULL;
        }
        add_prefixes(slots, place->builder);
    }
    g_ptr_array_add(slots->prefixes, NULL);
    return g_steal_pointer(&slots);
}

/* The nearest idle one, which is busy from now on. */
static Place *take_place(Slots *slots, const char *commit)
{
    g_autofree gboolean *busy = g_new0(gboolean, slots->n);
    g_autofree gint64 *n_files = g_new0(gint64, slots->n);
    guint n_idle = 0;
    gint best;

    for (guint i = 0; i < slots->n; i++) {
        busy[i] = slots->places[i].is_busy;
        n_idle += !busy[i];
    }
    for (guint i = 0; i < slots->n && n_idle > 1; i++) {
        g_autofree char *holds =
            repo_worktree_commit(kernel_builder_source_dir(slots->places[i].builder));

        n_files[i] = holds && !busy[i] ? repo_count_changed(slots->repo, holds, commit) : -1;
    }
    best = slots_choose(slots->n, busy, n_files);
    g_assert(best >= 0);
    slots->places[best].is_busy = TRUE;
    return &slots->places[best];
}

static GTask *begin(Slots *slots, const char *name, GAsyncReadyCallback done, gpointer user_data)
{
    GTask *task = g_task_new(NULL, NULL, done, user_data);
    g_autofree char *commit = variant_commit(name);
    Place *place = take_place(slots, commit);

    g_task_set_task_data(task, place, NULL);
    return task;
}

/* What the slot made is asked of it by slots_..._finish(). */
static void on_ended(GObject *source, GAsyncResult *res, gpointer data)
{
    g_autoptr(GTask) task = data;
    Place *place = g_task_get_task_data(task);

    place->is_busy = FALSE;
    g_task_return_pointer(task, g_object_ref(res), g_object_unref);
}

void slots_build_async(Slots *slots, const char *name, GCancellable *cancellable,
                       GAsyncReadyCallback done, gpointer user_data)
{
    GTask *task = begin(slots, name, done, user_data);
    const Place *place = g_task_get_task_data(task);

    kernel_build_async(place->builder, name, cancellable, on_ended, task);
}

gboolean slots_build_finish(GAsyncResult *res, Kernel **ret_kernel, GError **error)
{
    const Place *place = g_task_get_task_data(G_TASK(res));
    g_autoptr(GAsyncResult) built = g_task_propagate_pointer(G_TASK(res), NULL);

    return kernel_build_finish(place->builder, built, ret_kernel, error);
}

void slots_configure_async(Slots *slots, const char *name, GCancellable *cancellable,
                           GAsyncReadyCallback done, gpointer user_data)
{
    GTask *task = begin(slots, name, done, user_data);
    const Place *place = g_task_get_task_data(task);

    kernel_configure_async(place->builder, name, cancellable, on_ended, task);
}

gboolean slots_configure_finish(GAsyncResult *res, char **ret_config, GError **error)
{
    const Place *place = g_task_get_task_data(G_TASK(res));
    g_autoptr(GAsyncResult) configured = g_task_propagate_pointer(G_TASK(res), NULL);

    return kernel_configure_finish(place->builder, configured, ret_config, error);
}

void slots_objects_async(Slots *slots, const char *name, const char *const *objects,
                         const char *dir, GCancellable *cancellable, GAsyncReadyCallback done,
                         gpointer user_data)
{
    GTask *task = begin(slots, name, done, user_data);
    const Place *place = g_task_get_task_data(task);

    kernel_objects_async(place->builder, name, objects, dir, cancellable, on_ended, task);
}

gboolean slots_objects_finish(GAsyncResult *res, GError **error)
{
    g_autoptr(GAsyncResult) made = g_task_propagate_pointer(G_TASK(res), NULL);

    return kernel_objects_finish(made, error);
}

void slots_add_fix(Slots *slots, const Backport *fix)
{
    for (guint i = 0; i < slots->n; i++) {
        kernel_builder_add_fix(slots->places[i].builder, fix);
    }
}

void slots_build_same(Slots *slots)
{
    for (guint i = 0; i < slots->n; i++) {
        kernel_builder_build_same(slots->places[i].builder);
    }
}

gboolean slots_use_config(Slots *slots, const char *id, GError **error)
{
    for (guint i = 0; i < slots->n; i++) {
        if (!kernel_builder_use_config(slots->places[i].builder, id, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

const KernelBuilder *slots_first(const Slots *slots)
{
    return slots->places[0].builder;
}

const char *const *slots_source_prefixes(const Slots *slots)
{
    return (const char *const *)slots->prefixes->pdata;
}
