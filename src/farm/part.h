/* SPDX-License-Identifier: Apache-2.0
 * The life of a part of an item at Slurm, as a table of states and events. Private to farm/, and
 * pure: what happened comes in, with its time; what follows comes out.
 *
 *     due --send--> sent --taken--> out <--seen/missed--> gone
 *      ^              |              |                     |
 *      +--- refused --+--- failed ---+------- lost --------+       from anywhere: done
 *
 * What Slurm says is about the past, so a part is lost only when a list that was begun after it was
 * submitted does not have it, what it should have made is not there, and that is still so in a
 * later list: file systems that machines share show new files late.
 */
#pragma once

#include <glib.h>

/* Of a part: so often it may be lost, and so many machines may fail at it. */
#define PART_MOST_LOST   5
#define PART_MOST_FAILED 3

typedef enum PartState {
    PART_DUE,  /* to be submitted, when its time has come */
    PART_SENT, /* sbatch has not answered yet */
    PART_OUT,  /* Slurm has it */
    PART_GONE, /* Slurm has it no more; files of it may come to light */
    PART_DONE, /* all of it came out, or it was tried too often */
} PartState;
#define N_PART_STATES (PART_DONE + 1)

typedef enum PartEventKind {
    PART_SEND,      /* sbatch is asked to take it */
    PART_TAKEN,     /* sbatch took it */
    PART_REFUSED,   /* it did not, n_before times before this one */
    PART_TAKEN_UP,  /* it was submitted in an earlier life of the coordinator */
    PART_SEEN,      /* Slurm's list has it */
    PART_MISSED,    /* Slurm's list does not have it, or as one that has ended */
    PART_FAILED,    /* a machine could not do it */
    PART_UNSUITED,  /* a machine is not of the kind that it needs */
    PART_HOPELESS,  /* no machine can do it */
    PART_CAME_OUT,  /* all of it is here */
    PART_ASKED_FOR, /* it is wanted, perhaps once more */
} PartEventKind;
#define N_PART_EVENTS (PART_ASKED_FOR + 1)

typedef struct PartEvent {
    PartEventKind kind;
    gint64 now_us;      /* of the monotonic clock */
    gint64 listed_us;   /* SEEN, MISSED: when the list was begun */
    gboolean completed; /* MISSED: Slurm says that it did its part */
    guint n_before;     /* REFUSED */
    guint n_nodes;      /* UNSUITED: of the cluster */
} PartEvent;

/* All 0: due at once. */
typedef struct Part {
    PartState state;
    guint n_lost, n_failed, n_unsuited;
    gint64 submitted_us; /* OUT, GONE; 0: in an earlier life */
    gint64 gone_us;      /* GONE: since when */
    gint64 retry_us;     /* DUE: not before */
} Part;

/* What a step comes to, for those who wait for the part. */
typedef enum PartNews {
    PART_NO_NEWS,
    PART_AGAIN, /* that try came to nothing, another one follows */
    PART_OVER,  /* it came to nothing, and no other follows */
} PartNews;

PartNews part_step(Part *part, const PartEvent *event);

/* Is it to be submitted at @now_us? */
gboolean part_is_due(const Part *part, gint64 now_us);
/* May Slurm have it? */
gboolean part_is_out(const Part *part);

/* How long to wait after the @n_before + 1st failure of a kind. */
gint64 part_back_off_us(guint n_before);
