/* SPDX-License-Identifier: Apache-2.0
 * What one caller may take from the others: connections, time on them, and our work.
 *
 * The library ends a connection on which nothing happens for a while; who sends or takes a byte now
 * and then keeps it for ever, and with it one of the few that there are. So each has a time until
 * which what it is about has to be done: a header to be here, a body, a reply to be taken. That
 * time grows with what was moved, at a rate that any line has. It is looked at once a second in
 * the main context; who is late is cut off by shutdown(2), which wakes the connection's thread.
 */
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "web/private.h"

/* Of all connections, so that nobody has all. A proxy is one address; it has limits of its own. */
#define MOST_OF_AN_ADDRESS 64
#define CALL_S             30
/* For so many bytes there is a second more, up to a limit. */
#define BYTES_A_SECOND (16 << 10)
#define MOST_MORE_S    300
/* The page of a job with 10,000 trials takes 30 MB while it is made. A few at once are as quick as
 * many on as many cores. */
#define MOST_AT_WORK 4
#define PLACE_S      20
/* Jobs use all cores. A person who opens pages is answered beside them; who asks for more than that
 * waits for each answer, and has what jobs leave. The server has so much of one core for long, and
 * so much at once. What is beyond the most is forgotten: who comes after a flood waits a minute or
 * two, and not as long as the flood has to be paid back. */
#define SHARE_PERCENT 5
#define BURST_MS      5000
#define MOST_US       (10 * G_USEC_PER_SEC)
#define PAUSE_US      G_USEC_PER_SEC

struct Link {
    int fd;
    guint64 address;
    gint64 until_us; /* G_MAXINT64: it does not wait for him */
};

/* Who is at the other end, as far as addresses are counted: what one machine can choose from is
 * one. */
static guint64 address_of(const struct sockaddr *socket)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)socket;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)socket;
    guint64 address = 0;
    guint32 part = 0;

    if (socket->sa_family == AF_INET) {
        part = ntohl(v4->sin_addr.s_addr);
    } else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        memcpy(&part, &v6->sin6_addr.s6_addr[12], sizeof part);
        part = ntohl(part);
    } else if (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr)) {
        part = INADDR_LOOPBACK;
    } else {
        memcpy(&address, &v6->sin6_addr, sizeof address); /* a network of a house or a host */
        return address;
    }
    return part >> 24 == IN_LOOPBACKNET ? INADDR_LOOPBACK : part;
}

static gint64 now_and(guint seconds)
{
    return g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
}

static guint call_s(const Web *web)
{
    return web->options->call_s ? web->options->call_s : CALL_S;
}

/* --- Connections ----------------------------------------------------------------------------- */

enum MHD_Result link_may_begin(void *data, const struct sockaddr *socket, socklen_t n_socket)
{
    Web *web = data;
    guint64 address = address_of(socket);
    guint n = 0;

    g_mutex_lock(&web->lock);
    for (guint i = 0; i < web->links->len; i++) {
        const Link *link = web->links->pdata[i];

        n += link->address == address;
    }
    g_mutex_unlock(&web->lock);
    return n < MOST_OF_AN_ADDRESS ? MHD_YES : MHD_NO;
}

static Link *link_new(const Web *web, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection,
                                                                 MHD_CONNECTION_INFO_CONNECTION_FD),
                                   *client = MHD_get_connection_info(
                                       connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    Link *link = g_new(Link, 1);

    *link = (Link){.fd = fd->connect_fd,
                   .address = address_of(client->client_addr),
                   .until_us = now_and(call_s(web))};
    return link;
}

void link_on_change(void *data, struct MHD_Connection *connection, void **ret_link,
                    enum MHD_ConnectionNotificationCode what)
{
    Web *web = data;

    g_mutex_lock(&web->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *ret_link = link_new(web, connection);
        g_ptr_array_add(web->links, *ret_link);
    } else {
        /* Its descriptor is closed after this: nobody shuts another one down. */
        g_ptr_array_remove_fast(web->links, *ret_link);
    }
    g_mutex_unlock(&web->lock);
}

static Link *link_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void link_give_time(Web *web, struct MHD_Connection *connection, gsize n_bytes)
{
    guint more_s = (guint)MIN(n_bytes / BYTES_A_SECOND, MOST_MORE_S);

    g_mutex_lock(&web->lock);
    link_of(connection)->until_us = now_and(call_s(web) + more_s);
    g_mutex_unlock(&web->lock);
}

void link_add_time(Web *web, struct MHD_Connection *connection, gsize n_bytes)
{
    Link *link = link_of(connection);

    g_mutex_lock(&web->lock);
    if (link->until_us != G_MAXINT64) { /* he was cut off, and these came before */
        link->until_us += (gint64)n_bytes * G_USEC_PER_SEC / BYTES_A_SECOND;
    }
    g_mutex_unlock(&web->lock);
}

void link_stop_clock(Web *web, struct MHD_Connection *connection)
{
    g_mutex_lock(&web->lock);
    link_of(connection)->until_us = G_MAXINT64;
    g_mutex_unlock(&web->lock);
}

static gint64 cpu_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (gint64)used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}

gint64 limits_weigh(gint64 spent_us, gint64 used_us, gint64 passed_us)
{
    return CLAMP(spent_us + used_us - passed_us * SHARE_PERCENT / 100, 0, MOST_US);
}

static void weigh(Web *web, gint64 now_us)
{
    gint64 used_us = cpu_us();

    web->spent_us = limits_weigh(web->spent_us, used_us - web->cpu_us, now_us - web->weighed_us);
    web->cpu_us = used_us;
    web->weighed_us = now_us;
}

gboolean link_be_fair(Web *web)
{
    guint burst_ms = web->options->burst_ms ? web->options->burst_ms : BURST_MS;
    gboolean is_over;

    g_mutex_lock(&web->lock);
    is_over = web->spent_us / 1000 > burst_ms;
    g_mutex_unlock(&web->lock);
    /* It is this thread alone, which is the connection's. A nice level would not do: a thread has a
     * core for some milliseconds once a job waits for a pipe. What is left to jobs would not do
     * alone: a core is slower while its neighbour has work. */
    if (is_over) {
        sched_setscheduler(0, SCHED_IDLE, &(const struct sched_param){0});
        g_usleep(PAUSE_US);
    }
    return !is_over;
}

static gboolean on_second(gpointer data)
{
    Web *web = data;
    gint64 now_us = g_get_monotonic_time();

    g_mutex_lock(&web->lock);
    weigh(web, now_us);
    for (guint i = 0; i < web->links->len; i++) {
        Link *link = web->links->pdata[i];

        if (link->until_us <= now_us) {
            shutdown(link->fd, SHUT_RDWR);
            link->until_us = G_MAXINT64;
        }
    }
    g_mutex_unlock(&web->lock);
    return G_SOURCE_CONTINUE;
}

void limits_start(Web *web)
{
    web->cpu_us = cpu_us();
    web->weighed_us = g_get_monotonic_time();
    web->links = g_ptr_array_new_with_free_func(g_free);
    web->clock = g_timeout_add_seconds(1, on_second, web);
}

void limits_stop(Web *web)
{
    g_source_remove(web->clock);
    g_ptr_array_unref(web->links);
}

/* --- Work ------------------------------------------------------------------------------------ */

gboolean place_take(Web *web)
{
    gint64 until_us = now_and(PLACE_S);
    gboolean has_place;

    g_mutex_lock(&web->lock);
    while (web->n_at_work == MOST_AT_WORK && !web->is_stopping &&
           g_cond_wait_until(&web->has_place, &web->lock, until_us)) {
    }
    has_place = web->n_at_work < MOST_AT_WORK && !web->is_stopping;
    web->n_at_work += has_place;
    g_mutex_unlock(&web->lock);
    return has_place;
}

void place_leave(Web *web)
{
    g_mutex_lock(&web->lock);
    web->n_at_work--;
    g_cond_signal(&web->has_place);
    g_mutex_unlock(&web->lock);
}
