/* SPDX-License-Identifier: Apache-2.0
 * An item in the memory of the coordinator: its parts, and who waits for what comes out of them.
 * Private to farm/. No file and no command is touched here, and the time comes in.
 *
 * Who waits is a GTask. What one returns is put among those that are @ready, and returned by the
 * queue when it walks no list: whoever gets it may ask for more.
 */
#pragma once

#include "farm/item.h"
#include "farm/part.h"

#define ENTRY_JOB_PREFIX "firstbad-"

typedef struct Entry {
    Order *order;
    char *dir;
    char *job_name; /* at Slurm */
    Part *parts;
    guint n_tasks;       /* 1, or trials */
    GTask **tasks;       /* who waits for each; NULL: nobody */
    gboolean *is_given;  /* trials that were given out, in this life or before */
    gboolean *is_stored; /* and are in the coordinator's store */
    char *sending;       /* parts that sbatch is asked to take, or NULL */
    gboolean is_given_up;
    guint n_submitted; /* so often, parts of it; what an earlier life did counts as once */
    guint n_refused;   /* by sbatch, since it last took one; */
    guint n_away;      /* and how often it took no work at all */
    gint64 news_us;    /* when something last happened to it, */
    gint64 look_us;    /* and when its folder is to be looked at */
} Entry;
/* @order and @dir are taken. */
Entry *entry_new(Order *order, char *dir);
void entry_free(Entry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entry, entry_free)
/* It was found in the folder: Slurm may have all of it. */
void entry_take_up(Entry *entry);

gboolean entry_is_waited_for(const Entry *entry);
/* Has whoever waits for it given up? */
gboolean entry_is_cancelled(const Entry *entry);
/* May Slurm have some of it? */
gboolean entry_is_out(const Entry *entry);
/* May its folder go? Outcomes stay until the store has them. */
gboolean entry_is_over(const Entry *entry);
guint entry_n_undone(const Entry *entry); /* parts */

/* Something happened: its folder is looked at often for a while. */
void entry_stir(Entry *entry, gint64 now_us);
/* Is its folder to be looked at now? Then it is, next time, after a sixteenth of the time in which
 * nothing happened: so looking makes work seem a sixteenth longer at most. */
gboolean entry_wants_look(Entry *entry, gint64 now_us);

/* The parts that are due become sent: "0,2". NULL: none is due, or some are on their way. */
const char *entry_send(Entry *entry, gint64 now_us);
/* What became of those that were sent. */
void entry_taken(Entry *entry, gint64 now_us);
void entry_refused(Entry *entry, gboolean away, gint64 now_us);

/* @task, which is taken, waits for the only kernel of a build, or trial @i. */
void entry_ask(Entry *entry, guint i, GTask *task, GPtrArray *ready);
/* The same for a trial of this kind that nobody has asked for yet. FALSE: there is none. */
gboolean entry_claim(Entry *entry, const char *kernel_key, gboolean boots, Accel accel,
                     GTask *task);
/* Trial @i is in the store. */
void entry_count(Entry *entry, guint i);

/* Who waits for @i gets @value, or @error, which are taken. */
void entry_give(Entry *entry, guint i, gpointer value, GDestroyNotify free, GError *error,
                GPtrArray *ready);
/* All who wait for @part get a copy of @error. */
void entry_fail_part(Entry *entry, guint part, const GError *error, GPtrArray *ready);
void entry_fail(Entry *entry, const GError *error, GPtrArray *ready);
/* Parts of which all is given are done. */
void entry_settle(Entry *entry);
/* Return what @task was given, and let it go. */
void entry_return(GTask *task);
