/* SPDX-License-Identifier: Apache-2.0
 * A world whose builds and trials take time.
 */
#include "late.h"

#include <stddef.h>

/* A build (no kernel) or a trial under way. */
typedef struct Pending {
    LateWorld *late;
    GTask *task;
    char *commit;
    Kernel *kernel;
    GuestTrace trace;
    double length_s, ends_s;
    GCancellable *cancellable;
} Pending;

static void pending_free(Pending *pending)
{
    g_object_unref(pending->task);
    g_clear_object(&pending->cancellable);
    g_clear_pointer(&pending->kernel, kernel_free);
    g_free(pending->commit);
    g_free(pending);
}

static LateWorld *late_of(Farm *farm)
{
    return (LateWorld *)(void *)((char *)farm - offsetof(LateWorld, world.farm));
}

static void on_built_now(GObject *source, GAsyncResult *res, gpointer data)
{
    Pending *pending = data;
    LateWorld *late = pending->late;
    GError *error = NULL;
    Kernel *kernel = NULL;

    if (late->now->build_finish(&late->world.farm.base, res, &kernel, &error)) {
        kernel->build_ms = (guint64)(1000 * pending->length_s);
        g_task_return_pointer(pending->task, kernel, (GDestroyNotify)kernel_free);
    } else {
        g_task_return_error(pending->task, error);
    }
    pending_free(pending);
}

static void on_tried_now(GObject *source, GAsyncResult *res, gpointer data)
{
    Pending *pending = data;
    LateWorld *late = pending->late;
    GError *error = NULL;
    Outcome *outcome = NULL;

    if (late->now->trial_finish(&late->world.farm.base, res, &outcome, &error)) {
        outcome->run_ms = (guint64)(1000 * pending->length_s);
        g_task_return_pointer(pending->task, outcome, (GDestroyNotify)outcome_free);
    } else {
        g_task_return_error(pending->task, error);
    }
    pending_free(pending);
}

static void end(Pending *pending)
{
    LateWorld *late = pending->late;
    Farm *farm = &late->world.farm.base;

    late->busy_s[pending->kernel != NULL] += pending->length_s - (pending->ends_s - late->now_s);
    if (g_cancellable_is_cancelled(pending->cancellable)) {
        late->n_cancelled += pending->kernel == NULL;
        g_task_return_new_error(pending->task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
        pending_free(pending);
    } else if (pending->kernel) {
        farm->trace = pending->trace;
        late->now->trial_async(farm, pending->commit, pending->kernel, NULL, on_tried_now, pending);
    } else {
        late->now->build_async(farm, pending->commit, NULL, on_built_now, pending);
    }
}

/* All that could begin has begun: the clock jumps to the next end. */
static gboolean on_idle(gpointer data)
{
    LateWorld *late = data;
    guint first = 0;

    if (late->pending->len == 0) {
        return G_SOURCE_CONTINUE;
    }
    for (guint i = 0; i < late->pending->len; i++) {
        const Pending *pending = late->pending->pdata[i], *best = late->pending->pdata[first];
        gboolean is_cancelled = g_cancellable_is_cancelled(pending->cancellable);

        if (is_cancelled) {
            end(g_ptr_array_steal_index(late->pending, i));
            return G_SOURCE_CONTINUE;
        }
        first = pending->ends_s < best->ends_s ? i : first;
    }
    late->now_s = ((const Pending *)late->pending->pdata[first])->ends_s;
    end(g_ptr_array_steal_index(late->pending, first));
    return G_SOURCE_CONTINUE;
}

static void begin(Farm *farm, const char *commit, const Kernel *kernel, GCancellable *cancellable,
                  GAsyncReadyCallback done, gpointer user_data)
{
    LateWorld *late = late_of(farm);
    Pending *pending = g_new0(Pending, 1);
    double length_s = kernel ? late->trial_s : late->build_s;
    guint n_builds = 0, n_trials = 0;

    pending->late = late;
    pending->task = g_task_new(NULL, NULL, done, user_data);
    pending->commit = g_strdup(commit);
    pending->kernel = kernel ? kernel_copy(kernel) : NULL;
    pending->trace = farm->trace;
    pending->cancellable = cancellable ? g_object_ref(cancellable) : NULL;
    pending->length_s = late->dice ? length_s * g_rand_double_range(late->dice, 0, 2) : length_s;
    pending->ends_s = late->now_s + pending->length_s;
    g_ptr_array_add(late->pending, pending);
    for (guint i = 0; i < late->pending->len; i++) {
        const Pending *other = late->pending->pdata[i];

        n_builds += !other->kernel && !g_cancellable_is_cancelled(other->cancellable);
        n_trials += other->kernel != NULL;
    }
    late->most_builds = MAX(late->most_builds, n_builds);
    late->most_trials = MAX(late->most_trials, n_trials);
    late->was_both |= n_builds > 0 && n_trials > 0;
}

static void late_build(Farm *farm, const char *commit, GCancellable *cancellable,
                       GAsyncReadyCallback done, gpointer user_data)
{
    begin(farm, commit, NULL, cancellable, done, user_data);
}

static gboolean late_build_finish(Farm *farm, GAsyncResult *res, Kernel **ret_kernel,
                                  GError **error)
{
    *ret_kernel = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_kernel != NULL;
}

static gboolean late_trial_finish(Farm *farm, GAsyncResult *res, Outcome **ret_outcome,
                                  GError **error)
{
    *ret_outcome = g_task_propagate_pointer(G_TASK(res), error);
    return *ret_outcome != NULL;
}

static const char *no_worktree(Farm *farm)
{
    return NULL;
}

static const char *const *no_prefixes(Farm *farm)
{
    static const char *const none[] = {NULL};

    return none;
}

static const FarmOps late_ops = {.build_async = late_build,
                                 .build_finish = late_build_finish,
                                 .trial_async = begin,
                                 .trial_finish = late_trial_finish,
                                 .worktree = no_worktree,
                                 .source_prefixes = no_prefixes};

void late_init(LateWorld *late, guint n_slots, guint n_guests, double build_s, double trial_s)
{
    *late = (LateWorld){.build_s = build_s, .trial_s = trial_s};
    world_init(&late->world);
    late->pending = g_ptr_array_new();
    late->now = late->world.farm.base.ops;
    late->world.farm.base.ops = &late_ops;
    late->world.farm.base.n_slots = n_slots;
    late->world.farm.base.n_trials_at_once = n_guests;
    late->world.farm.base.expected_build_s = build_s;
    late->world.farm.base.expected_trial_s = trial_s;
    late->source = g_idle_add_full(G_PRIORITY_LOW, on_idle, late, NULL);
}

void late_clear(LateWorld *late)
{
    g_source_remove(late->source);
    g_ptr_array_unref(late->pending);
    g_clear_pointer(&late->dice, g_rand_free);
    world_clear(&late->world);
}
