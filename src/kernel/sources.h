/* SPDX-License-Identifier: Apache-2.0
 * Which files a kernel was made of, and which changes can therefore not have changed it.
 *
 * kbuild leaves a .cmd file beside all that it makes: the command, and the files that the compiler
 * read. sources-read.c makes a list of them; the rule here says of a path that differs between two
 * trees whether a build could have met it. Where none of those that differ could, the second tree
 * gives the kernel of the first, and has the same list: so the rule holds from revision to
 * revision, as far as nothing is touched.
 *
 * What .cmd files do not name is covered by kinds of files, since a wrong "cannot" would be a lie
 * and a wrong "may" costs one build:
 *  - all of scripts/, and what a build makes of tools/ and rust/;
 *  - makefiles, wherever they can be read from; the Kconfig files are in the list;
 *  - files that are no C or assembler source, by which scripts and $(wildcard) go;
 *  - new files (and those that went) that could be met in place of another, or by __has_include;
 *  - links and submodules; what a dirty tree would have (.config, include/generated).
 * Objects that are no longer part of a kernel leave .cmd files in the folder: these make a list
 * longer, never wrong.
 *
 * Pure. That no file escapes is checked against all that a traced build opens and looks for:
 * bench/same-kernel.
 */
#pragma once

#include "repo/repo.h"

/* Whether, and why, a path that differs can change a kernel. */
typedef enum Touch {
    TOUCH_NOT,
    TOUCH_SOURCE,   /* it is made of it */
    TOUCH_MAKE,     /* a makefile */
    TOUCH_SCRIPT,   /* of the programs that build it */
    TOUCH_IN_PLACE, /* may be met in place of another one */
    TOUCH_ODD,      /* no source, so it is not known who reads it */
    N_TOUCHES
} Touch;

typedef struct Sources Sources;
/* Of the @n bytes at @text, lines of paths below the top of the tree; one that ends with a slash is
 * a folder that was looked into. What was made in the build folder is below
 * REPO_WORKTREE_SCRATCH. Behind a tab may stand how many objects were compiled from the file. */
Sources *sources_parse(const char *text, gsize n);
void sources_free(Sources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sources, sources_free)

/* Can the kernel of @sources be another one where @path is? About a microsecond. The Makefile at
 * the top always counts: see sources_makefile(). */
Touch sources_touch(const Sources *sources, const char *path, PathChange how);

/* The share of the kernel's objects, 0 to 1, that are compiled from @path: so much of a build has
 * to be done again where that differs. 0 where nothing is known of it. */
double sources_share(const Sources *sources, const char *path);

/* What the recipe lets through of the Makefile at the top: without the lines that give the last
 * part of a release's number, which it overrules (recipe.c), and its name. Of kernels before 3.0
 * all of it. Owned by the caller. */
char *sources_makefile(const char *makefile);
