/* SPDX-License-Identifier: Apache-2.0
 * People named in texts: trailers of a message, lines of get_maintainer.pl. Pure. Private to repo/.
 */
#pragma once

#include "repo/repo.h"

/* Addresses of the Signed-off-by, Reviewed-by, Acked-by and Tested-by trailers of @message, also
 * joined ones (Reported-and-tested-by), as written, in order, without duplicates and without stable
 * lists. NULL-terminated, owned by the caller. */
char **people_of_message(const char *message);

/* The address in "Name <address>" or "address", or NULL. Owned by the caller. */
char *people_address(const char *text);

void recipient_free(Recipient *recipient);

/* Order by address, for g_ptr_array_sort(). */
int recipient_compare(gconstpointer a, gconstpointer b);

/* Read what get_maintainer.pl printed: "Name <address> (role:SECTION)" lines. Lists, maintainers
 * and supporters are `to`, all others cc; linux-kernel is `to` only when no other list is there.
 * Lines that are no "Name <address>" before the role are
 * left out; so are those whose section's title was cut in a parenthesis, or nests two of them, as
 * syzbot leaves them out. Sorted by address. Array of
 * Recipient, owned by the caller. */
GPtrArray *people_of_maintainers(const char *text);
