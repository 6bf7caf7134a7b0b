/* SPDX-License-Identifier: Apache-2.0
 * The table. What is not in it changes nothing: a job of Slurm's that was believed lost may still
 * fail, or be seen, when the part is done.
 */
#include "farm/part.h"

/* So long after a node was lost files of it may come to light; and so long those of one that has
 * done its part may take to be seen, by what file systems that are shared keep of a folder. */
#define LOST_GRACE_US (3 * G_USEC_PER_SEC)
#define DONE_GRACE_US (90 * G_USEC_PER_SEC)
/* Between two tries, doubled each time. */
#define RETRY_US      (1 * G_USEC_PER_SEC)
#define RETRY_MOST_US (60 * G_USEC_PER_SEC)

gint64 part_back_off_us(guint n_before)
{
    return MIN(RETRY_US << MIN(n_before, 10), RETRY_MOST_US);
}

/* --- Moves ----------------------------------------------------------------------------------- */

typedef PartNews (*Move)(Part *part, const PartEvent *event);

static PartNews send(Part *part, const PartEvent *event)
{
    part->state = PART_SENT;
    return PART_NO_NEWS;
}

static PartNews take(Part *part, const PartEvent *event)
{
    part->state = PART_OUT;
    part->submitted_us = event->kind == PART_TAKEN_UP ? 0 : event->now_us;
    return PART_NO_NEWS;
}

static PartNews put_off(Part *part, const PartEvent *event)
{
    part->state = PART_DUE;
    part->retry_us = event->now_us + part_back_off_us(event->n_before);
    return PART_NO_NEWS;
}

static PartNews end(Part *part, const PartEvent *event)
{
    part->state = PART_DONE;
    return event->kind == PART_CAME_OUT ? PART_NO_NEWS : PART_OVER;
}

/* @n_before tries came to nothing by the same cause, @n_most may. What is on its way to Slurm stays
 * there: it is another try already. */
static PartNews try_again(Part *part, const PartEvent *event, guint n_before, guint n_most)
{
    if (n_before + 1 >= n_most) {
        return end(part, event);
    }
    if (part->state != PART_SENT) {
        part->state = PART_DUE;
        part->retry_us = event->now_us + part_back_off_us(n_before);
    }
    return PART_AGAIN;
}

static PartNews fail(Part *part, const PartEvent *event)
{
    return try_again(part, event, part->n_failed++, PART_MOST_FAILED);
}

/* Another machine may be of the kind, until all have said no. */
static PartNews pass_on(Part *part, const PartEvent *event)
{
    return try_again(part, event, part->n_unsuited++, MAX(event->n_nodes, 1));
}

static PartNews see(Part *part, const PartEvent *event)
{
    if (part->submitted_us < event->listed_us) {
        part->state = PART_OUT;
    }
    return PART_NO_NEWS;
}

static PartNews miss(Part *part, const PartEvent *event)
{
    if (part->submitted_us < event->listed_us) {
        part->state = PART_GONE;
        part->gone_us = event->listed_us;
    }
    return PART_NO_NEWS;
}

static PartNews miss_still(Part *part, const PartEvent *event)
{
    gint64 grace_us = event->completed ? DONE_GRACE_US : LOST_GRACE_US;

    if (event->listed_us - part->gone_us < grace_us) {
        return PART_NO_NEWS;
    }
    return try_again(part, event, part->n_lost++, PART_MOST_LOST + 1);
}

static PartNews renew(Part *part, const PartEvent *event)
{
    *part = (Part){.state = PART_DUE};
    return PART_NO_NEWS;
}

/* --- The table ------------------------------------------------------------------------------- */

static const Move moves[N_PART_EVENTS][N_PART_STATES] = {
    /*                  DUE      SENT     OUT      GONE        DONE */
    [PART_SEND] = {send, NULL, NULL, NULL, NULL},
    /* It was done, and asked for again, while sbatch was at it. */
    [PART_TAKEN] = {take, take, NULL, NULL, NULL},
    [PART_REFUSED] = {put_off, put_off, NULL, NULL, NULL},
    [PART_TAKEN_UP] = {take, NULL, NULL, NULL, NULL},
    [PART_SEEN] = {NULL, NULL, see, see, NULL},
    [PART_MISSED] = {NULL, NULL, miss, miss_still, NULL},
    [PART_FAILED] = {fail, fail, fail, fail, NULL},
    [PART_UNSUITED] = {pass_on, pass_on, pass_on, pass_on, NULL},
    [PART_HOPELESS] = {end, end, end, end, NULL},
    [PART_CAME_OUT] = {end, end, end, end, NULL},
    [PART_ASKED_FOR] = {NULL, NULL, NULL, NULL, renew},
};

PartNews part_step(Part *part, const PartEvent *event)
{
    Move move = moves[event->kind][part->state];

    return move ? move(part, event) : PART_NO_NEWS;
}

gboolean part_is_due(const Part *part, gint64 now_us)
{
    return part->state == PART_DUE && part->retry_us <= now_us;
}

gboolean part_is_out(const Part *part)
{
    return part->state == PART_SENT || part->state == PART_OUT || part->state == PART_GONE;
}
