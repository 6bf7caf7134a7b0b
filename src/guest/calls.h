/* SPDX-License-Identifier: Apache-2.0
 * The system calls of a reproducer, as our PID 1 counted them (init/trace.c): what it asked of the
 * kernel, and what the kernel answered. Compared with those at the start, they tell whether a quiet
 * run could have shown the bug at all. Pure.
 *
 *     g_autoptr(Calls) start = calls_new(), *here = calls_new();
 *     calls_add_text(start, crashed->calls);     any number on either side; NULL adds none
 *     calls_add_text(here, quiet->calls);
 *     g_autoptr(GPtrArray) differences = calls_compare(start, here);
 *
 * The text has one line that says how the trace ended, then one for each call and result, in the
 * order in which they first came:
 *
 *     traced whole                  the reproducer ended by itself; "cut" when its time or that of
 *                                   the tracer was up, "broken" when nobody said how (a crash)
 *     socket(AF_SMC, SOCK_STREAM) EAFNOSUPPORT 12
 *     openat("/dev/kvm") ok 1
 *     exit_group ? 1                entered, and not returned from
 *
 * Between the brackets stands what makes two calls different things (init/shapes.h): a family, a
 * command, the beginning of a path; "*" stands for those that are too many to be told apart.
 */
#pragma once

#include <glib.h>

/* One call, in one trace or in several. */
typedef struct Call {
    char *name;        /* "socket(AF_SMC, SOCK_STREAM)" */
    guint64 n_entered; /* how often it was made */
    guint64 n_ok;      /* how often it succeeded */
    GArray *errors;    /* CallError, in the order in which they came */
    guint n_traces;    /* in how many traces it was made */
} Call;
typedef struct CallError {
    int number;
    guint64 count;
} CallError;

/* How often it came back, with or without success. */
guint64 call_n_returned(const Call *call);

/* The sum of some traces. */
typedef struct Calls {
    GPtrArray *calls;  /* Call, in the order in which they came */
    GHashTable *names; /* name -> Call */
    guint n_traces;
    guint n_whole; /* those of which nothing is missing */
} Calls;
Calls *calls_new(void);
void calls_free(Calls *calls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calls, calls_free)

/* A trace while it comes in. @result: an errno, 0 for success, CALLS_ENTERED; @count: so far, and
 * less than what was said before is ignored. FALSE when there are too many rows, which are bounded
 * as PID 1 bounds them. */
#define CALLS_ENTERED (-1)
gboolean calls_note(Calls *calls, const char *name, int result, guint64 count);
/* @how: "whole", "cut" or "broken". Owned by the caller. */
char *calls_text(const Calls *calls, const char *how);

/* Add a trace. What is no trace (a store of another version, a damaged one) adds nothing and gives
 * FALSE, and so does NULL. */
gboolean calls_add_text(Calls *calls, const char *text);
/* Add all of @more's traces. */
void calls_add(Calls *calls, const Calls *more);

/* A way in which the kernel here did not do what that of the start did. */
typedef enum CallsKind {
    CALLS_FAILS, /* succeeded at the start, always fails here */
    CALLS_CUT,   /* was under way when the start's traces ended, always fails here */
    CALLS_GONE,  /* made in every trace of the start, never here */
    CALLS_FEWER, /* made far more seldom */
} CallsKind;
typedef struct CallsDifference {
    CallsKind kind;
    gboolean telling; /* proof that the bug could not be reached: systematic, and an errno by which
                         a kernel says that it lacks what is asked for */
    char *text;       /* "socket(AF_SMC, SOCK_STREAM) fails with EAFNOSUPPORT here, worked at the
                         start" */
} CallsDifference;
void calls_difference_free(CallsDifference *difference);

/* What of @start is missing @here, the most telling first, and those alike in the order of the
 * start. Only what the start came to counts: its traces are mostly cut short by the crash, and what
 * a kernel does later is no difference. Array of CallsDifference, owned by the caller; empty when
 * either side has no trace. */
GPtrArray *calls_compare(const Calls *start, const Calls *here);
