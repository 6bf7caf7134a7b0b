/* SPDX-License-Identifier: Apache-2.0
 * Slurm's reasons (squeue(1), JOB REASON CODES), and what they mean for who waits.
 */
#include "farm/waits.h"

#include <string.h>

/* A turn that takes so long is told of; and it is another one only after so long. */
#define TURN_US   (60 * G_USEC_PER_SEC)
#define FORGET_US (10 * 60 * G_USEC_PER_SEC)

/* A reason that begins with @prefix. The first that fits counts. */
typedef struct Meaning {
    const char *prefix;
    gboolean is_turn; /* it ends without anybody's help */
    const char *text; /* %s: the job's name */
} Meaning;

static const Meaning meanings[] = {
    {"Resources", TRUE, "its turn comes when others have left the nodes"},
    {"Priority", TRUE, "others come first"},
    {"BeginTime", TRUE, "it was put back for a while, as after a node was lost"},
    {"Cleaning", TRUE, "what ran before is being cleaned up"},
    {"Licenses", TRUE, "others have the licenses"},
    {"Prolog", TRUE, "the node is being made ready"},
    {"JobHeldUser", FALSE, "it is held; 'scontrol release jobname=%s' lets it go"},
    {"JobHeldAdmin", FALSE, "an administrator holds it, and can release it"},
    {"JobHoldMaxRequeue", FALSE, "it was requeued too often; 'scontrol release jobname=%s'"},
    {SLURM_LAUNCH_FAILED, FALSE,
     "a node could not start it ('sinfo -R'); it is released for another one, as by 'scontrol "
     "release jobname=%s'"},
    {"PartitionDown", FALSE, "its partition is down ('sinfo'); --slurm-arg=--partition=NAME"},
    {"PartitionInactive", FALSE, "its partition takes no work; --slurm-arg=--partition=NAME"},
    {"Partition", FALSE, "its partition has less than is asked for; --jobs, --guests"},
    {"QOS", FALSE, "a limit of its quality of service; fewer --workers, or the administrator"},
    {"Assoc", FALSE, "a limit of its account; fewer --workers, or the administrator"},
    {"ReqNodeNotAvail", FALSE, "nodes that it may use are down or reserved ('sinfo -R')"},
    {"NodeDown", FALSE, "nodes that it needs are down ('sinfo -R')"},
    {"Reservation", FALSE, "its reservation is not there, or not yet"},
    {"BadConstraints", FALSE, "no node is what it asks for ('sinfo --format=%n|%c|%m|%f')"},
};
static const Meaning unknown = {"", FALSE, "'scontrol show job' tells more"};

/* Told of, or to be told of. */
typedef struct Wait {
    const Meaning *meaning;
    gint64 since_us, seen_us;
    gboolean is_told;
} Wait;

struct Waits {
    GHashTable *by_reason; /* char * to Wait */
    gint64 taken_us;       /* of the list before */
};

Waits *waits_new(void)
{
    Waits *waits = g_new0(Waits, 1);

    waits->by_reason = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return waits;
}

void waits_free(Waits *waits)
{
    if (waits) {
        g_hash_table_unref(waits->by_reason);
        g_free(waits);
    }
}

static const Meaning *meaning_of(const char *reason)
{
    for (guint i = 0; i < G_N_ELEMENTS(meanings); i++) {
        if (g_str_has_prefix(reason, meanings[i].prefix)) {
            return &meanings[i];
        }
    }
    return &unknown;
}

/* Owned by the caller. */
static char *line_of(const SlurmTask *task, const Meaning *meaning)
{
    g_auto(GStrv) halves = g_strsplit(meaning->text, "%s", 2);
    g_autofree char *text = g_strjoinv(task->name, halves);

    return g_strdup_printf("Slurm lets work wait (%s): %s", task->reason, text);
}

static Wait *find_wait(Waits *waits, const char *reason, gint64 now_us)
{
    Wait *wait = g_hash_table_lookup(waits->by_reason, reason);

    if (!wait) {
        wait = g_new0(Wait, 1);
        wait->meaning = meaning_of(reason);
        g_hash_table_insert(waits->by_reason, g_strdup(reason), wait);
    }
    if (!wait->since_us || (wait->seen_us != now_us && wait->seen_us != waits->taken_us)) {
        wait->since_us = now_us;
    }
    wait->seen_us = now_us;
    return wait;
}

static gboolean has_ended(gpointer key, gpointer value, gpointer now_us)
{
    const Wait *wait = value;

    return *(gint64 *)now_us - wait->seen_us > (wait->meaning->is_turn ? FORGET_US : 0);
}

char **waits_take(Waits *waits, const GPtrArray *tasks, gint64 now_us)
{
    g_autoptr(GStrvBuilder) lines = g_strv_builder_new();

    for (guint i = 0; i < tasks->len; i++) {
        const SlurmTask *task = tasks->pdata[i];
        Wait *wait;

        /* Slurm has not looked at it yet. */
        if (!*task->reason || g_str_equal(task->reason, "None")) {
            continue;
        }
        wait = find_wait(waits, task->reason, now_us);
        if (!wait->is_told && (!wait->meaning->is_turn || now_us - wait->since_us >= TURN_US)) {
            g_autofree char *line = line_of(task, wait->meaning);

            g_strv_builder_add(lines, line);
            wait->is_told = TRUE;
        }
    }
    waits->taken_us = now_us;
    g_hash_table_foreach_remove(waits->by_reason, has_ended, &now_us);
    return g_strv_builder_end(lines);
}
