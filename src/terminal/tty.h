/* SPDX-License-Identifier: Apache-2.0
 * The terminal, through ncurses: a Screen goes out, keys come in. Private to terminal/.
 */
#pragma once

#include <gio/gio.h>

#include "terminal/scene.h"

typedef struct Tty Tty;

/* Take the terminal of stdin and stdout for a full screen. */
Tty *tty_new(GError **error);
/* Give it back as it was. */
void tty_free(Tty *tty);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tty, tty_free)

/* Blank, of the size that the terminal has now. */
Screen *tty_new_screen(Tty *tty);
void tty_show(Tty *tty, const Screen *screen);
/* Draw everything anew, for who has seen something else. */
void tty_forget(Tty *tty);
/* What was pressed; PRESS_NOTHING where nothing more was. Never waits. */
ScenePress tty_read(Tty *tty);
