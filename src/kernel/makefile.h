/* SPDX-License-Identifier: Apache-2.0
 * The part of make's language that Kbuild files are written in, read for all configurations at
 * once: a variable is a list of words, each with the condition under which it is there.
 *
 *     obj-$(CONFIG_SMC) += smc.o          obj-y: "smc.o" where CONFIG_SMC is on
 *     ifeq ($(CONFIG_64BIT),y)
 *     BITS := 64                          BITS: "64" where CONFIG_64BIT is on,
 *     else
 *     BITS := 32                                "32" where it is off
 *     endif
 *
 * An option is y or nothing: our kernels have no modules. What make would ask a shell, the
 * compiler or the disk is unknown; rules and recipes are passed over. Files are bytes from an
 * enemy: each costs at most MAKEFILE_BUDGET steps, and what lies beyond is not read.
 *
 * Pure: other files come by a function. Private to kernel/.
 */
#pragma once

#include "kernel/condition.h"

#define MAKEFILE_BUDGET 400000

typedef struct Word {
    const char *text; /* NULL: unknown, one word, or several, or none */
    Condition condition;
} Word;

/* The file at @path below the top of the tree, or NULL when there is none. */
typedef GBytes *(*MakefileReadFunc)(const char *path, gpointer user_data);

typedef struct Makefile Makefile;
/* A makefile of @folder ("" for the top), with nothing read yet. @conditions must outlive it. */
Makefile *makefile_new(Conditions *conditions, const char *folder, MakefileReadFunc read,
                       gpointer user_data);
void makefile_free(Makefile *makefile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Makefile, makefile_free)

/* For the top: where a condition is unknown and names no option, what is under it counts, and what
 * is under its "else" as well. */
void makefile_take_all(Makefile *makefile);
/* Set @name to the words of @text, or to those of @words. */
void makefile_set(Makefile *makefile, const char *name, const char *text);
void makefile_set_words(Makefile *makefile, const char *name, const GArray *words);
/* Read the file at @path. FALSE when there is none. */
gboolean makefile_read(Makefile *makefile, const char *path);
/* FALSE when the budget was used up: then lists may lack words. */
gboolean makefile_is_whole(const Makefile *makefile);

/* Was @name ever set, under any condition? */
gboolean makefile_has(const Makefile *makefile, const char *name);
/* The words of @name; array of Word, whose texts belong to @makefile, owned by the caller. */
GArray *makefile_words(Makefile *makefile, const char *name);
