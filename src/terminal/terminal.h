/* SPDX-License-Identifier: Apache-2.0
 * A job on a full screen: what it does, what is believed, what was tried; keys.
 *
 * The view only reads: the store, and what the coordinator says of itself (Live), twice a second.
 * So it is the same whether the coordinator is ours, another process, or a service, and nothing is
 * lost with it. A *scene* (scene.h, pure) is what is known and where the person is in it; it makes
 * a *screen* (screen.h, pure), cells with styles, which ncurses puts on the terminal (tty.c).
 */
#pragma once

#include <gio/gio.h>

/* Are stdin, stdout and stderr a terminal on which a cursor can be moved? */
gboolean terminal_can_view(void);

typedef struct View View;

typedef enum ViewEnd {
    VIEW_OVER, /* the job has ended, or nobody works on it; as view_end() says or the view found */
    VIEW_LEFT, /* the person left it */
    VIEW_GONE, /* the terminal went away */
} ViewEnd;

typedef struct ViewOptions {
    const char *state_dir;       /* folder of the store */
    const char *named_state_dir; /* the same where commands that we tell of need it, or NULL */
    gint64 job;
    gboolean is_own; /* the job was begun from here: Ctrl-C stops it without a question, and the
                        view ends by view_end() only, or by the person */
    /* Stop the job: what is wrong with that comes back, for people, owned by the caller; NULL: it
     * was told to. */
    char *(*stop)(gpointer data);
    gpointer data;
} ViewOptions;

/* Nothing is shown yet. */
View *view_new(const ViewOptions *options, GError **error);
void view_free(View *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(View, view_free)

/* Show it, in the default main context, until it ends; then the terminal is as before. SIGINT is a
 * key meanwhile, SIGTERM stops the job, SIGHUP ends the view and nothing else. */
gboolean view_run(View *view, ViewEnd *ret_end, GError **error);
/* To be called meanwhile: the job is over. */
void view_end(View *view);
