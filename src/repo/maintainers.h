/* SPDX-License-Identifier: Apache-2.0
 * A MAINTAINERS file, read and matched by ourselves: what scripts/get_maintainer.pl would print,
 * for trees where it cannot run. Nothing is asked of git. Private to repo/.
 */
#pragma once

#include <glib.h>

/* The tree that MAINTAINERS speaks of. Paths are below its top. */
typedef struct SourceTree {
    gboolean (*is_folder)(const char *path, gpointer data);
    GBytes *(*read)(const char *path, gpointer data); /* NULL: no such file */
    gpointer data;
} SourceTree;

typedef struct Maintainers Maintainers;

/* Read the MAINTAINERS and .mailmap (or NULL) of @tree, of any bytes. @tree has to live on. */
Maintainers *maintainers_new(GBytes *text, GBytes *mailmap, const SourceTree *tree);
void maintainers_free(Maintainers *maintainers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Maintainers, maintainers_free)

/* Who is there for @file, a path; a folder's ends with '/'. @keywords: the K: lines are looked for
 * in the file, too. Lines "Name <address> (role:SECTION)" as the script prints them, people first,
 * the nearest pattern first. Owned by the caller. */
char *maintainers_of_file(Maintainers *maintainers, const char *file, gboolean keywords);

/* The same for the files that @patch changes, and K: lines that its changed lines or the text
 * before them match. */
char *maintainers_of_patch(Maintainers *maintainers, const char *patch);

/* The files that lines of @patch name, a message's lines among them. NULL-terminated, owned by the
 * caller. */
char **maintainers_patch_files(const char *patch);
