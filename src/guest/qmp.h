/* SPDX-License-Identifier: Apache-2.0
 * QEMU's monitor: what we say are lines of JSON, what QEMU says is read into a few facts. Pure.
 *
 * Of any guest:     QMP_HELLO; QMP_ASK where the guest seems to hang: whoever gets no answer has a
 *                   QEMU that hangs.
 * To keep a state:  QMP_HELLO; QMP_SAVE (with the file's descriptor beside it); when @is_saved,
 *                   QMP_ASK until @status is QMP_HALTED, since "saved" comes while QEMU still works
 *                   on it; QMP_GO_ON.
 * To begin with it: QMP_HELLO, QMP_RESTORE; the guest runs when @is_running.
 */
#pragma once

#include <glib.h>

/* Memory that lies in a file which is kept is no part of the state ("x-ignore-shared"). */
#define QMP_HELLO                                                                                  \
    "{\"execute\":\"qmp_capabilities\"}\n"                                                         \
    "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":["                  \
    "{\"capability\":\"events\",\"state\":true},"                                                  \
    "{\"capability\":\"x-ignore-shared\",\"state\":true}]}}\n"
#define QMP_SAVE                                                                                   \
    "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"state\"}}\n"                               \
    "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:state\"}}\n"
#define QMP_ASK   "{\"execute\":\"query-status\"}\n"
#define QMP_GO_ON "{\"execute\":\"cont\"}\n"
/* %d: the state's descriptor in QEMU. */
#define QMP_RESTORE "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:%d\"}}\n"

#define QMP_HALTED "postmigrate"

typedef struct Qmp {
    gboolean is_saved;
    gboolean is_running;     /* again, or at last */
    gboolean is_told_to_end; /* by a signal or a person, not by its guest */
    char *status;            /* the last answer to QMP_ASK, or NULL */
    char *failure;           /* QEMU's first complaint, or NULL */
    GString *line;
} Qmp;

Qmp *qmp_new(void);
void qmp_free(Qmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Qmp, qmp_free)

/* Is @status one that a guest comes to by itself? The others mean that QEMU keeps it from running.
 */
gboolean qmp_is_guests_state(const char *status);

void qmp_feed(Qmp *qmp, const char *bytes, gsize n_bytes);
