/* SPDX-License-Identifier: Apache-2.0
 * Processes known by a mark in their environment.
 *
 * A program dies with us (PR_SET_PDEATHSIG), and its group with it when we see its end. When we
 * are killed, nobody ends its children; and those in a session of their own are in no group of
 * ours at all. But all inherit the environment, unless they take care not to.
 */
#include "process/process.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A killed process is gone in milliseconds; one that hangs in the kernel (a dead network disk) may
 * stay for ever. */
#define END_TRIES   1000
#define END_WAIT_US (10 * 1000)

/* By its environment, not by its current folder: a person may look around there. */
static gboolean has_mark(const char *pid, const char *mark)
{
    g_autofree char *path = g_build_filename("/proc", pid, "environ", NULL);
    g_autofree char *environment = NULL;
    gsize n;

    if (!g_file_get_contents(path, &environment, &n, NULL)) {
        return FALSE;
    }
    for (const char *entry = environment; entry < environment + n; entry += strlen(entry) + 1) {
        if (g_str_equal(entry, mark)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* How many were found and killed. */
static guint kill_marked(const char *mark)
{
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    const char *name;
    guint n = 0;

    while (processes && (name = g_dir_read_name(processes))) {
        GPid pid = atoi(name); /* 0 for what is no process */

        if (pid > 0 && pid != getpid() && has_mark(name, mark)) {
            kill(pid, SIGKILL);
            n++;
        }
    }
    return n;
}

gboolean process_end_marked(const char *mark, GError **error)
{
    for (guint i = 0; i < END_TRIES; i++) {
        if (kill_marked(mark) == 0) {
            return TRUE;
        }
        g_usleep(END_WAIT_US);
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY,
                "processes of an earlier run will not end (`grep -al %s /proc/*/environ`)", mark);
    return FALSE;
}
