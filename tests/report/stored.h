/* SPDX-License-Identifier: Apache-2.0
 * A small job in a store of its own, for the tests of what is told of it.
 */
#pragma once

#include "report/report.h"

#define START "7e062cda7d90543ac8c7700fc7c5527d0c0f22ad"
#define GOOD  "df0cc57e057f18e44dac8e6c18aba47ab53202f9"
#define STEP  "22ef12195e13c5ec58320dbf99ef85059a2c0820"
#define SKIP  "5d8a8b324ff48c9d9fe4f1634e33dc647d2481b4"
#define BAD   "341adeec9adad0874f29a0a1af35638207352a39"
#define TITLE "WARNING: refcount bug in sk_psock_get"

typedef struct Stored {
    char *folder;
    Store *store;
    gint64 job;
} Stored;
/* A folder with a store and a job "bug" in it: for g_test_add(). */
void stored_set_up(Stored *stored, gconstpointer unused);
void stored_tear_down(Stored *stored, gconstpointer unused);

/* One more job, which is stored->job from now on: START crashes, GOOD and STEP do not, SKIP does
 * not build, BAD crashes. */
void stored_add(Stored *stored, const char *name, const char *kind, const char *spec);
/* A revision was chosen and built; @signature NULL: it does not build. */
void stored_put(Stored *stored, const char *phase, const char *commit, const char *label,
                const char *subject, guint n_left, const char *signature);
void stored_try(Stored *stored, const char *commit, OutcomeKind kind, const char *title);

/* An empty answer; and one that names BAD. Owned by the caller. */
Answer *stored_answer_new(void);
Answer *stored_culprit(const char *subject, double confidence);
/* The job ends with @answer; or with stored_culprit(), 99 % sure. */
void stored_keep(Stored *stored, const Answer *answer);
void stored_finish(Stored *stored, const char *subject);
Report *stored_load(Stored *stored);
