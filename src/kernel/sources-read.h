/* SPDX-License-Identifier: Apache-2.0
 * The list of sources.h, from the build folder. Private to kernel/.
 */
#pragma once

#include "kernel/slot.h"

/* What the .cmd files say that the last build read, as text for sources_parse(), sorted: 50 MB of
 * them in 0.2 s. What an earlier build of the folder left may be in it. NULL where there is no
 * telling: without error, since a kernel is as good without; there are no such files, or more than
 * any build leaves. Owned by the caller. */
char *sources_read(const Slot *slot);

/* For sources_read(), and tests: add to @list (path, which it owns -> how many objects were
 * compiled from it) what the .cmd file @text names. Its paths are relative to @base, a folder below
 * the top of the tree ("" for the top), or absolute below @src_dir. Words of a command count where
 * there is such a file or folder.
 */
void sources_add_cmd(GHashTable *list, const char *text, const char *base, const char *src_dir);
