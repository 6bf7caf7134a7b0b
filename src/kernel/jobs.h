/* SPDX-License-Identifier: Apache-2.0
 * A job server for several makes: together they start no more jobs than this machine has cores.
 *
 * GNU make shares cores by tokens, bytes in a pipe: one job it may always run, and one more for
 * each token that it takes, which it puts back. A make that is killed takes its tokens along, and
 * nobody can say how many it had. So each make has a pipe of its own here, into which the server
 * puts tokens as its share; when it is gone, the share is free again. Tokens that lie unused in one
 * pipe while another is empty move over.
 */
#pragma once

#include <gio/gio.h>

typedef struct JobServer JobServer;
/* For @n_jobs jobs at once. */
JobServer *job_server_new(guint n_jobs);
/* After all its clients. */
void job_server_free(JobServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobServer, job_server_free)
/* So many cores are wanted by others (guests), from now on: makes get the rest, as soon as their
 * jobs end, and at least one job each. */
void job_server_reserve(JobServer *server, guint n_cores);

/* One make, as long as it runs. */
typedef struct JobClient JobClient;
JobClient *job_client_new(JobServer *server, GError **error);
/* It has ended, however. */
void job_client_free(JobClient *client);
/* The ends of its pipe, to be passed on: read, write. */
const int *job_client_fds(const JobClient *client);

/* Let tokens move to who has none. Called by itself several times a second while there are
 * several clients. */
void job_server_balance(JobServer *server);
