/* SPDX-License-Identifier: Apache-2.0
 * A socket between us and QEMU.
 */
#pragma once

#include <gio/gio.h>

typedef struct Channel {
    void (*take)(gpointer owner, const char *bytes, gsize n_bytes); /* gets what is read */
    gpointer owner;
    int fd; /* -1: closed */
    GSource *source;
} Channel;

/* Open @channel, which is closed; @on_readable is called with it (a GUnixFDSourceFunc) in @context.
 * Returns QEMU's end, or -1. */
int channel_open(Channel *channel, GMainContext *context,
                 gboolean (*on_readable)(gint fd, GIOCondition condition, gpointer channel),
                 GError **error);
void channel_close(Channel *channel);

/* Read what is there, or some of it. FALSE when the channel is closed. */
gboolean channel_read(Channel *channel);
/* The same, but all that a QEMU which has ended left there: how much that can be is for the
 * machine's settings to say (net.core.wmem_default). */
gboolean channel_read_rest(Channel *channel);

/* Say @text, with the descriptor @fd beside it (-1: none). It is little, and QEMU listens: FALSE
 * when not all of it can be said at once. */
gboolean channel_say(Channel *channel, const char *text, int fd);
