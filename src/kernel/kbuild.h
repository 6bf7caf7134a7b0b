/* SPDX-License-Identifier: Apache-2.0
 * Which options guard a source file: what the tree's own Kbuild files say must be on for
 * net/smc/af_smc.c to be in the kernel.
 *
 *     Makefile, Kbuild      obj-$(CONFIG_NET) += net/
 *     net/Makefile          obj-$(CONFIG_SMC) += smc/
 *     net/smc/Makefile      obj-$(CONFIG_SMC) += smc.o
 *                           smc-y := af_smc.o smc_pnet.o
 *
 * gives one way, {CONFIG_NET, CONFIG_SMC}. The files are read from the tree of a commit, as they
 * are needed: those of the folders above the source file. For x86-64. What we do not understand
 * is unknown, never a guess: a guard that is named is one.
 */
#pragma once

#include "repo/repo.h"

/* One set of options that has the file compiled. */
typedef struct KbuildWay {
    char **on, **off; /* options that must be on ("CONFIG_SMC"; y or m), and off */
    gboolean is_sure; /* FALSE: something that we cannot know must be so, too */
} KbuildWay;

typedef struct KbuildGuards {
    GPtrArray *ways; /* of KbuildWay: any of them; none: no Kbuild file mentions it */
} KbuildGuards;
void kbuild_guards_free(KbuildGuards *guards);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KbuildGuards, kbuild_guards_free)

typedef struct Kbuild Kbuild;
/* The file at @path below the top of the tree, or NULL when there is none. */
typedef GBytes *(*KbuildReadFunc)(const char *path, gpointer user_data);
/* Reads nothing yet. Files come by @read. */
Kbuild *kbuild_new(KbuildReadFunc read, gpointer user_data);
/* Of @commit's tree. @repo must outlive it. */
Kbuild *kbuild_new_at(const Repo *repo, const char *commit);
void kbuild_free(Kbuild *kbuild);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kbuild, kbuild_free)

/* What guards @path ("net/smc/af_smc.c"; a header belongs to nothing). Owned by the caller. */
KbuildGuards *kbuild_guards(Kbuild *kbuild, const char *path);
/* Look at all folders that the tree descends into, not only those above a file: finds who else
 * takes a file from afar. */
void kbuild_read_all(Kbuild *kbuild);

typedef enum KbuildAnswer { KBUILD_NO, KBUILD_YES, KBUILD_UNKNOWN } KbuildAnswer;
/* Is the file of @guards compiled under @config (of config_values())? */
KbuildAnswer kbuild_is_compiled(const KbuildGuards *guards, GHashTable *config);
/* The options without which it would not be, as @config has it: on in each of the ways that hold.
 * NULL-terminated, sorted, owned by the caller. */
char **kbuild_needed(const KbuildGuards *guards, GHashTable *config);
