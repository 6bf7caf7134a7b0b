/* SPDX-License-Identifier: Apache-2.0
 * People named in texts: trailers of a message, lines of get_maintainer.pl. Pure. Private to repo/.
 */
#pragma once

#include <glib.h>

/* Addresses of the Signed-off-by, Reviewed-by, Acked-by and Tested-by trailers of @message, also
 * joined ones (Reported-and-tested-by), as written, in order, without duplicates and without stable
 * lists. NULL-terminated, owned by the caller. */
char **people_of_message(const char *message);

/* The address in "Name <address>" or "address", or NULL. Owned by the caller. */
char *people_address(const char *text);

/* A person or list that the tree's get_maintainer.pl names. */
typedef struct Maintainer {
    char *name; /* may be empty */
    char *address;
    gboolean to; /* else cc */
} Maintainer;
void maintainer_free(Maintainer *maintainer);

/* Read what get_maintainer.pl printed: "Name <address> (role:SECTION)" lines. Lists, maintainers
 * and supporters are `to`, all others cc; linux-kernel is `to` only when no other list is there.
 * Sorted by address. Array of Maintainer, owned by the caller. */
GPtrArray *people_of_maintainers(const char *text);
