/* SPDX-License-Identifier: Apache-2.0
 * Files in the build folder. A boxed build is foreign code, and makes there what it likes: a FIFO
 * on which we would wait for ever, or a link to where only we may write. Private to kernel/.
 *
 * Names are relative to the build folder, and errors call files by them. What a build has made of a
 * file is G_IO_ERROR_NOT_FOUND, G_IO_ERROR_NOT_REGULAR_FILE or G_IO_ERROR_NOT_DIRECTORY. No build
 * runs meanwhile.
 */
#pragma once

#include "kernel/slot.h"

/* Open it for reading; -1 on failure. */
int built_open(const Slot *slot, const char *name, GError **error);

/* Its text. Owned by the caller. */
char *built_read(const Slot *slot, const char *name, GError **error);

/* Make it say @text, unless it does so already. Replaces what is no regular file; does not go
 * through links. */
gboolean built_write(const Slot *slot, const char *name, const char *text, GError **error);
