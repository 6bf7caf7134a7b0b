/* SPDX-License-Identifier: Apache-2.0
 * "Name <address>" as get_maintainer.pl reads and writes it, and .mailmap. Pure. Private to repo/.
 */
#pragma once

#include <glib.h>

/* A person or list. */
typedef struct Mailbox {
    char *name;    /* quoted when it must be ("\"H. Peter Anvin\""); may be empty */
    char *address; /* may be empty, when there is none */
} Mailbox;
void mailbox_clear(Mailbox *mailbox);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mailbox, mailbox_clear)

/* Read "Name <address>", "<address>" or "address". Whatever @text is, this gives something. */
Mailbox mailbox_parse(const char *text);
Mailbox mailbox_new(const char *name, const char *address);
/* "Name <address>", or "address" without a name. Owned by the caller. */
char *mailbox_format(const Mailbox *mailbox);

/* Split a list of mailboxes ("A <a@x>, B <b@y>") at its commas. One mailbox, or what is no list of
 * valid ones ("Pan, Xinhui <x@y>"), comes back whole. NULL-terminated, owned by the caller. */
char **mailbox_split(const char *text);

/* .mailmap: who goes by other names and addresses today. */
typedef struct Mailmap Mailmap;
Mailmap *mailmap_new(const char *text);
void mailmap_free(Mailmap *mailmap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mailmap, mailmap_free)
/* @mailbox as it is to be written today. */
Mailbox mailmap_apply(const Mailmap *mailmap, const Mailbox *mailbox);
