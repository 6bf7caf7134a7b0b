/* SPDX-License-Identifier: Apache-2.0
 * Commits that mend revisions which would not build or boot by themselves: ours
 * (data/backports.ini, which says what the keys of a section mean), the user's, and those that a
 * job has found.
 */
#pragma once

#include <glib.h>

#include "kernel/version.h"

typedef struct Backport {
    char *name;         /* of its section */
    char *title;        /* of the commit that mends */
    char *commit;       /* its id, or the beginning of it; NULL: found by title */
    char *breaks;       /* id of the commit that broke what it mends, or NULL */
    char *breaks_title; /* its title, or NULL; with neither, any revision may be broken */
    char *sound;        /* a revision that needs it not, and so nothing that it contains; or NULL */
    VersionSpan kernels;  /* a revision that does not say its version is in none but ".." */
    gboolean seen_at_run; /* what it mends is seen when the kernel runs, else when it is built */
    char *reason;
} Backport;
void backport_free(Backport *backport);
Backport *backport_copy(const Backport *backport);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Backport, backport_free)

/* One for all kernels that contain @breaks (an id; NULL: any) and no commit called @title. Its
 * sound may be set. */
Backport *backport_new(const char *title, const char *commit, const char *breaks,
                       const char *reason);

/* Is it for kernels of @version (0: not known)? */
gboolean backport_fits(const Backport *backport, Version version);

/* Ours, and those of the file at @path (NULL: none), which take the place of ours of the same name.
 * Errors name section and key. Array of Backport, owned by the caller. */
GPtrArray *backports_read(const char *path, GError **error);
