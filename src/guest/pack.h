/* SPDX-License-Identifier: Apache-2.0
 * A newc archive being written, as the kernel unpacks it over its first file system. All owners are
 * root, and nothing in it tells when and where it was made: the same content gives the same bytes.
 */
#pragma once

#include <gio/gio.h>

typedef struct Pack Pack;

/* @path appears when it is finished, by rename. */
Pack *pack_new(const char *path, GError **error);
void pack_free(Pack *pack);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pack, pack_free)

/* Names have no slash at the beginning. The folders above what is added are added before it, with
 * permissions 0755, where nobody has yet. */
gboolean pack_folder(Pack *pack, const char *name, GError **error);
gboolean pack_device(Pack *pack, const char *name, guint major, guint minor, GError **error);
gboolean pack_link(Pack *pack, const char *name, const char *target, GError **error);
/* A file with permissions 0755. */
gboolean pack_bytes(Pack *pack, const char *name, const char *bytes, gsize n_bytes, GError **error);
/* The file or the folder @path of this machine, with all that is below it: permissions, time
 * stamps, links (hard ones, too) and devices as they are; sockets are left out. @name "": the
 * folder's content comes to the top. */
gboolean pack_tree(Pack *pack, const char *name, const char *path, GError **error);

/* Write the end of the archive, and behind it the files @more (NULL-terminated, or NULL), which are
 * archives too: the kernel unpacks one after another. */
gboolean pack_finish(Pack *pack, const char *const *more, GError **error);

/* How many bytes the files at and below @path have; links and devices count nothing. -1: @error. */
gint64 pack_size(const char *path, GError **error);
