/* SPDX-License-Identifier: Apache-2.0
 * What a coordinator does with a job at the moment, for who looks at it from another process.
 *
 * It lies as JSON in the file "live" of the job's folder, in whose place a new one is put at every
 * change, a few times a second at most. It is for people: a file that is lost is no loss, and
 * nothing is decided by it. Whether somebody works on the job now says store_is_worked_on().
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

/* So many equal stretches of the range, suspects, and lines of what happened are told. */
#define LIVE_SHARES   100
#define LIVE_SUSPECTS 8
#define LIVE_EVENTS   50

/* What a machine does. */
typedef struct LiveWork {
    gboolean is_build; /* else trials */
    char *commit;      /* or a variant */
    char *text;      /* "building 6533e558c650", "testing 341adeec9ada: 3 ok, 0 crashed, 5 to go" */
    gint64 begun_ms; /* since the epoch */
    guint lane;      /* SpanRow.lane of a build */
} LiveWork;

typedef struct LiveEvent {
    gint64 at_ms; /* since the epoch */
    char *text;
} LiveEvent;

typedef struct LiveSuspect {
    char *commit, *subject;
    double p;
    gboolean or_older; /* it stands for itself and all before it */
} LiveSuspect;

typedef struct Live {
    gint64 at_ms, began_ms; /* since the epoch: it was written; this coordinator took the job up */
    char *phase;            /* job_phase_name() */
    gboolean is_paused;
    char *
        doing; /* what the coordinator does itself ("reading what the revisions change"); or NULL */
    guint n_kernels, n_trials;
    guint n_revisions; /* of the range, with its good end; 0: there is none yet, nor what follows */
    guint n_left;      /* candidates */
    guint first_left, last_left; /* between these revisions of the range they lie */
    double bits;                 /* entropy of belief */
    double older;                /* chance that the bug is older than the range */
    GArray *shares;              /* of double: belief over LIVE_SHARES stretches, oldest first */
    GPtrArray *suspects;         /* of LiveSuspect, most probable first */
    GPtrArray *works;            /* of LiveWork */
    GPtrArray *events;           /* of LiveEvent, newest last */
    gboolean has_left;           /* is it known how long it will take? */
    double left_s, left_low_s, left_high_s; /* median; the ends of 80 % */
    double left_running_s; /* of the median: by more it does not shrink until there is news */
} Live;
Live *live_new(void);
void live_free(Live *live);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Live, live_free)
LiveSuspect *live_add_suspect(Live *live, const char *commit, const char *subject, double p);
LiveWork *live_add_work(Live *live, const char *commit, const char *text, gint64 begun_ms);
/* The oldest go where there are too many. */
void live_add_event(Live *live, gint64 at_ms, const char *text);

/* As the file has it, field by field. Owned by the caller. */
json_t *live_to_json(const Live *live);
gboolean live_write(const Live *live, const char *job_dir, GError **error);
/* G_IO_ERROR_NOT_FOUND: nobody has worked on the job since firstbad writes this. */
Live *live_read(const char *job_dir, GError **error);

/* While a job is paused nothing is begun; what is under way comes to its end. It is a file of the
 * job's folder, so that any process can say so. */
gboolean live_is_paused(const char *job_dir);
gboolean live_pause(const char *job_dir, gboolean pause, GError **error);
