/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/channel.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK          65536
#define CHUNKS_AT_ONCE 4    /* then the main loop has its turn */
#define CHUNKS_IN_ALL  1024 /* more than any socket holds */

int channel_open(Channel *channel, GMainContext *context,
                 gboolean (*on_readable)(gint fd, GIOCondition condition, gpointer channel),
                 GError **error)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "a socket for QEMU: %s",
                    g_strerror(errno));
        return -1;
    }
    g_unix_set_fd_nonblocking(fds[0], TRUE, NULL);
    channel->fd = fds[0];
    channel->source = g_unix_fd_source_new(fds[0], G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(channel->source, (GSourceFunc)(void (*)(void))on_readable, channel, NULL);
    g_source_attach(channel->source, context);
    return fds[1];
}

void channel_close(Channel *channel)
{
    if (channel->source) {
        g_source_destroy(channel->source);
        g_source_unref(channel->source);
        channel->source = NULL;
    }
    if (channel->fd >= 0) {
        close(channel->fd);
        channel->fd = -1;
    }
}

static gboolean read_chunks(Channel *channel, guint n_chunks)
{
    char bytes[CHUNK];

    for (guint i = 0; i < n_chunks && channel->fd >= 0; i++) {
        ssize_t n = read(channel->fd, bytes, sizeof bytes);

        if (n > 0) {
            channel->take(channel->owner, bytes, (gsize)n);
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return TRUE;
        } else {
            channel_close(channel);
        }
    }
    return channel->fd >= 0;
}

gboolean channel_read(Channel *channel)
{
    return read_chunks(channel, CHUNKS_AT_ONCE);
}

gboolean channel_read_rest(Channel *channel)
{
    return read_chunks(channel, CHUNKS_IN_ALL);
}

gboolean channel_say(Channel *channel, const char *text, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec piece = {.iov_base = (char *)text, .iov_len = strlen(text)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    return sendmsg(channel->fd, &message, MSG_NOSIGNAL) == (ssize_t)piece.iov_len;
}
