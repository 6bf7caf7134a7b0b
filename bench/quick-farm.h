/* SPDX-License-Identifier: Apache-2.0
 * A farm that answers at once, over a real git history: what is left is what we ourselves cost.
 *
 * The history is a line of commits. What a revision shows is a function of seed, revision and
 * number of the trial, whatever was killed in between; each outcome has that number as its origin.
 */
#pragma once

#include "farm/farm.h"

/* A history, shared by all farms on it. */
typedef struct QuickWorld {
    guint n;
    char **ids;        /* of its commits, oldest first */
    GHashTable *index; /* id -> number + 1 */
    GBytes *console;   /* what each trial prints: 30 KB, as ours do */
} QuickWorld;
/* The one in @tree, which is written where it is not there yet, with @n commits. */
QuickWorld *quick_world_new(const char *tree, guint n);
void quick_world_free(QuickWorld *world);

typedef struct QuickOptions {
    guint culprit; /* number of the first commit that crashes */
    double rate;   /* how often it does */
    double broken; /* of the others, so many do not build */
    double lies;   /* of all but the ends, so many behave like one of the other side */
    guint seed;
} QuickOptions;

typedef struct QuickFarm {
    Farm base;
    const QuickWorld *world;
    QuickOptions options;
    guint n_builds, n_trials;
    GHashTable *numbers; /* name of a revision -> number of its next trial */
    GHashTable *counted; /* origins that the store has */
    void (*on_work)(struct QuickFarm *farm, gpointer data); /* a build or trial begins; or NULL */
    gpointer data;
} QuickFarm;
/* Freed by farm_free(). @world must outlive it. */
QuickFarm *quick_farm_new(const QuickWorld *world, const QuickOptions *options);
/* What trial @number of the revision @name shows. */
Outcome *quick_outcome(const QuickFarm *farm, const char *name, guint number);

/* stdout of a program that has to succeed. Owned by the caller. */
char *quick_ask(const char *const *argv, const char *cwd, const char *input);
