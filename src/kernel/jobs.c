/* SPDX-License-Identifier: Apache-2.0
 * A job server for several makes.
 */
#include "kernel/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Between two looks at the pipes: the kernel tells nobody that a pipe has become empty. */
#define BALANCE_MS 100

struct JobServer {
    guint n_jobs;
    guint n_reserved;
    GPtrArray *clients; /* of JobClient */
    guint ticker;
};

struct JobClient {
    JobServer *server;
    int fds[2];
    guint n_given; /* tokens in the pipe, and those that make holds */
};

JobServer *job_server_new(guint n_jobs)
{
    JobServer *server = g_new0(JobServer, 1);

    server->n_jobs = MAX(n_jobs, 1);
    server->clients = g_ptr_array_new();
    return server;
}

void job_server_free(JobServer *server)
{
    if (!server) {
        return;
    }
    g_assert(server->clients->len == 0);
    if (server->ticker) {
        g_source_remove(server->ticker);
    }
    g_ptr_array_unref(server->clients);
    g_free(server);
}

/* Tokens that nobody holds. */
static guint n_unused(const JobClient *client)
{
    int n = 0;

    return ioctl(client->fds[0], FIONREAD, &n) == 0 ? (guint)n : 0;
}

/* A pipe takes 64 KiB: it is never full. */
static void give(JobClient *client)
{
    client->n_given += write(client->fds[1], "+", 1) == 1;
}

/* FALSE: make was faster. */
static gboolean take(JobClient *client)
{
    char token;
    gboolean taken = read(client->fds[0], &token, 1) == 1;

    /* Foreign makefiles may write tokens that nobody gave. */
    client->n_given -= MIN((guint)taken, client->n_given);
    return taken;
}

/* The client with the least tokens, or the most; of those that have unused ones, or have none.
 * NULL: there is none. */
static JobClient *find(const JobServer *server, gboolean most, gboolean has_unused)
{
    JobClient *found = NULL;

    for (guint i = 0; i < server->clients->len; i++) {
        JobClient *client = server->clients->pdata[i];
        gboolean is_better =
            !found || (most ? client->n_given > found->n_given : client->n_given < found->n_given);

        if ((n_unused(client) > 0) == has_unused && is_better) {
            found = client;
        }
    }
    return found;
}

void job_server_balance(JobServer *server)
{
    guint n_taken = server->n_reserved + server->clients->len, n_given = 0;
    guint n_tokens = server->n_jobs > n_taken ? server->n_jobs - n_taken : 0;
    JobClient *rich, *poor;

    for (guint i = 0; i < server->clients->len; i++) {
        n_given += ((const JobClient *)server->clients->pdata[i])->n_given;
    }
    /* What makes hold is taken when they put it back. */
    while (n_given > n_tokens && (rich = find(server, TRUE, TRUE)) && take(rich)) {
        n_given--;
    }
    while (n_given < n_tokens &&
           ((poor = find(server, FALSE, FALSE)) || (poor = find(server, FALSE, TRUE)))) {
        give(poor);
        n_given++;
    }
    rich = find(server, TRUE, TRUE);
    poor = find(server, FALSE, FALSE);
    if (rich && poor && take(rich)) {
        give(poor);
    }
}

static gboolean on_tick(gpointer data)
{
    job_server_balance(data);
    return G_SOURCE_CONTINUE;
}

static void set_ticker(JobServer *server)
{
    gboolean is_wanted = server->clients->len > 0;

    if (is_wanted && !server->ticker) {
        server->ticker = g_timeout_add(BALANCE_MS, on_tick, server);
    } else if (!is_wanted && server->ticker) {
        g_source_remove(server->ticker);
        server->ticker = 0;
    }
    job_server_balance(server);
}

void job_server_reserve(JobServer *server, guint n_cores)
{
    server->n_reserved = n_cores;
    job_server_balance(server);
}

JobClient *job_client_new(JobServer *server, GError **error)
{
    JobClient *client = g_new0(JobClient, 1);

    /* Make reads its end without blocking, and so must we. */
    if (!g_unix_open_pipe(client->fds, FD_CLOEXEC, error)) {
        g_free(client);
        return NULL;
    }
    g_unix_set_fd_nonblocking(client->fds[0], TRUE, NULL);
    client->server = server;
    g_ptr_array_add(server->clients, client);
    set_ticker(server);
    return client;
}

void job_client_free(JobClient *client)
{
    if (!client) {
        return;
    }
    g_ptr_array_remove(client->server->clients, client);
    set_ticker(client->server);
    close(client->fds[0]);
    close(client->fds[1]);
    g_free(client);
}

const int *job_client_fds(const JobClient *client)
{
    return client->fds;
}
