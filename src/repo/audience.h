/* SPDX-License-Identifier: Apache-2.0
 * The people and lists that sections of MAINTAINERS name, each once, with what they are there for.
 * Pure. Private to repo/.
 */
#pragma once

#include "repo/mailbox.h"

/* One line "X: value" of MAINTAINERS. */
typedef struct Field {
    char type;
    const char *value;
    guint line; /* the script's number of it: blank lines and comments do not count */
} Field;

typedef struct Audience Audience;

/* @mailmap has to live on. */
Audience *audience_new(const Mailmap *mailmap);
void audience_free(Audience *audience);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Audience, audience_free)

/* Add those of a section: M:, R: and L:, with the role that S: gives. Who is there already keeps
 * his first role. */
void audience_add_section(Audience *audience, const char *title, const Field *fields,
                          guint n_fields);
/* People under several names or addresses become one, as .mailmap says. After all sections. */
void audience_merge(Audience *audience);
/* Add the addresses that stand in @text, of a devicetree binding. After that. */
void audience_add_text(Audience *audience, const char *text, gsize n);
/* Lines "Name <address> (role)", people first. Owned by the caller. */
char *audience_print(const Audience *audience);
