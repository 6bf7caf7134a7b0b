/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/qmp.h"

#include <jansson.h>
#include <string.h>

/* QEMU is no enemy, but the guest may have it in its hands. */
#define LINE_MAX_BYTES 65536

Qmp *qmp_new(void)
{
    Qmp *qmp = g_new0(Qmp, 1);

    qmp->line = g_string_new(NULL);
    return qmp;
}

void qmp_free(Qmp *qmp)
{
    if (!qmp) {
        return;
    }
    g_free(qmp->status);
    g_free(qmp->failure);
    g_string_free(qmp->line, TRUE);
    g_free(qmp);
}

/* The string @key of @object, or "". */
static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void fail(Qmp *qmp, const char *why)
{
    if (!qmp->failure) {
        qmp->failure = g_strdup(*why ? why : "QEMU does not say why");
    }
}

static void take_event(Qmp *qmp, const char *event, const json_t *data)
{
    if (strcmp(event, "RESUME") == 0) {
        qmp->is_running = TRUE;
    } else if (strcmp(event, "SHUTDOWN") == 0) {
        qmp->is_told_to_end |= json_is_false(json_object_get(data, "guest"));
    } else if (strcmp(event, "MIGRATION") == 0) {
        const char *status = text_of(data, "status");

        qmp->is_saved |= strcmp(status, "completed") == 0;
        if (strcmp(status, "failed") == 0) {
            fail(qmp, "the migration failed");
        }
    }
}

static void take_line(Qmp *qmp)
{
    json_t *message = json_loadb(qmp->line->str, qmp->line->len, 0, NULL);
    const json_t *answer = json_object_get(message, "return");
    const json_t *error = json_object_get(message, "error");

    take_event(qmp, text_of(message, "event"), json_object_get(message, "data"));
    if (error) {
        fail(qmp, text_of(error, "desc"));
    }
    if (*text_of(answer, "status")) {
        g_free(qmp->status);
        qmp->status = g_strdup(text_of(answer, "status"));
    }
    json_decref(message);
}

gboolean qmp_is_guests_state(const char *status)
{
    static const char *const states[] = {"running", "suspended", "guest-panicked", NULL};

    return g_strv_contains(states, status);
}

void qmp_feed(Qmp *qmp, const char *bytes, gsize n_bytes)
{
    for (gsize i = 0; i < n_bytes; i++) {
        if (bytes[i] == '\n') {
            take_line(qmp);
            g_string_truncate(qmp->line, 0);
        } else if (qmp->line->len < LINE_MAX_BYTES) {
            g_string_append_c(qmp->line, bytes[i]);
        }
    }
}
