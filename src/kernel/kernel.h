/* SPDX-License-Identifier: Apache-2.0
 * A revision made bootable: worktree, config, make; and the content-addressed store of what came
 * out.
 *
 * A failed build is a kernel too: a value with status KERNEL_FAILED and the first real error
 * quoted. It is stored like a good one, so it is never tried twice.
 */
#pragma once

#include <gio/gio.h>

#include "kernel/backports.h"
#include "kernel/jobs.h"
#include "kernel/sources.h"
#include "kernel/toolchains.h"
#include "kernel/variant.h"
#include "kernel/version.h"
#include "repo/repo.h"

typedef enum KernelStatus { KERNEL_BUILT, KERNEL_FAILED } KernelStatus;

typedef struct Kernel {
    char *key; /* 64 hex: sha256 of tree, config, toolchain, recipe version */
    KernelStatus status;
    char *signature;      /* 64 hex, NULL when failed */
    char *compiler;       /* what it is built with: "gcc (Debian 12.2.0-14) 12.2.0, GNU ld (GNU
                             Binutils for Debian) 2.40", and why it is another than wanted; or
                             NULL */
    char *first_error;    /* first real error line of the build; NULL when built */
    char **lost_options;  /* "CONFIG_X=y" of the user's that this revision does not have; his
                             modules are wanted as =y too */
    char **notes;         /* what a person should be told of how it is built, or NULL */
    char **patches;       /* the fixes that went in beside, a line each: "ID ("TITLE"): REASON" */
    char **unpatched;     /* those that it wants and did not get, and why */
    char *same_as;        /* it was not built: it is the kernel of this revision or variant, from
                             which no file differs that it is made of (sources.h); or NULL */
    char *dir;            /* its folder in the store */
    guint64 build_ms;     /* wall time of the build */
    guint64 failed_at_ms; /* the time limit that ended it, else 0: a wider one is tried anew */
    guint64 failed_at_bytes; /* the same for memory */
    gboolean reused;         /* it was in the store already */
} Kernel;
void kernel_free(Kernel *kernel);
Kernel *kernel_copy(const Kernel *kernel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kernel, kernel_free)

/* The first line of what a failed build printed, be it of a kernel or of anything else, that is an
 * error for sure, or NULL. Owned by the caller. */
char *kernel_first_error(const char *log);

/* Of an error (Kernel.first_error, or the title of a boot that failed), what two failures with the
 * same cause have in common: the text without numbers of lines, addresses and folders. Owned by the
 * caller. */
char *kernel_failure_kind(const char *error);
/* The source file that @error names, or that an object is made of, below the top of the tree; NULL
 * where it names none. Owned by the caller. */
char *kernel_failure_file(const char *error);
/* The functions, types and the like that @error names. NULL-terminated, owned by the caller. */
char **kernel_failure_words(const char *error);

/* Where kernels lie:
 * DIR/ab/abcdef.../{bzImage.zst,vmlinux.zst,origins.zst,sources.zst,config,build.log.zst,
 * kernel.ini} (config and kernel.ini as they are). An entry appears by one rename, whole and on
 * disk; a failed build has no images and no lists. Two entries of one kernel share their files.
 * Several processes may share a store. */
typedef struct KernelStore KernelStore;
KernelStore *kernel_store_open(const char *dir, GError **error);
void kernel_store_free(KernelStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelStore, kernel_store_free)
/* NULL without error when there is none. */
Kernel *kernel_store_find(KernelStore *store, const char *key, GError **error);
/* Unpack "bzImage", "vmlinux", "origins" (symbols/symbols.h; only of a kernel that was built
 * without debug information), "config" or "build.log" of @kernel to @path (by rename). Its sha256
 * is checked; a damaged entry is thrown away (G_IO_ERROR_INVALID_DATA), so that the next build
 * makes it anew. */
gboolean kernel_unpack(const Kernel *kernel, const char *what, const char *path, GError **error);

/* The files that @kernel was made of; NULL where that is not known: of a failed build, of an entry
 * of an older firstbad, or without an entry. Owned by the caller. */
Sources *kernel_sources(const Kernel *kernel);
/* Do the Makefiles at the top of two trees (or commits) differ, for a build? sources_makefile(). */
gboolean kernel_makefile_differs(const Repo *repo, const char *one, const char *other);

/* --- What the store holds, and keeping it small ---------------------------------------------- */

typedef struct KernelEntry {
    Kernel *kernel;
    char *name;         /* what was built: a commit or a variant; or NULL */
    guint64 bytes;      /* on disk; files that it shares with other entries count here, too */
    gint64 used_s;      /* when it was last looked for, to some minutes; since the epoch */
    gboolean is_pinned; /* by a person */
} KernelEntry;
void kernel_entry_free(KernelEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelEntry, kernel_entry_free)
/* All, last used first. Array of KernelEntry, owned by the caller. And what such a list takes on
 * disk, each file counted once. */
GPtrArray *kernel_store_entries(KernelStore *store, GError **error);
guint64 kernel_entries_bytes(const GPtrArray *entries);

/* A pinned entry stays until it is unpinned. */
gboolean kernel_store_pin(KernelStore *store, const char *key, gboolean is_pinned, GError **error);
/* What the store may take on disk, as far as all that use it agree to keep to it: 32 GiB until it
 * is set. */
guint64 kernel_store_limit(const KernelStore *store);
gboolean kernel_store_set_limit(KernelStore *store, guint64 bytes, GError **error);

typedef struct KernelsCollected {
    guint n_removed, n_left;
    guint64 bytes_removed, bytes_left;
} KernelsCollected;
/* Remove entries, those first that were not used for longest, until all take at most @most_bytes.
 * What is pinned, what was used within the hour, and @wanted (set of keys; or NULL) stays, so more
 * may be left. Others may use the store meanwhile. */
gboolean kernel_store_collect(KernelStore *store, guint64 most_bytes, GHashTable *wanted,
                              KernelsCollected *ret_collected, GError **error);

/* Where and how to build. One slot is a worktree and an object tree that live on from build to
 * build; one build at a time. */
typedef struct KernelBuilder KernelBuilder;
typedef struct KernelBuildOptions {
    const Toolchains *toolchains;
    const char *config;          /* path of the user's .config; its modules are built in */
    const char *config_dir;      /* other configs, which variants name: DIR/ID; or NULL */
    const GPtrArray *backports;  /* of Backport: what revisions that want it get; or NULL */
    const char *start;           /* the commit that crashes, see data/backports.ini; or NULL */
    gboolean without_debug_info; /* whatever @config says, BTF included */
    gboolean keeps_origins;     /* of kernels without debug information: this program's main() knows
                                  SYMBOLS_SERVE (symbols/symbols.h) */
    guint n_jobs;               /* make -j */
    JobServer *job_server;      /* shares cores among several makes, in place of n_jobs; or NULL */
    guint timeout_ms;           /* of one build */
    guint64 memory_limit_bytes; /* of each process; 0: none */
    gboolean paranoid;    /* build one kernel of eight once more, from nothing in a slot of its own
                             (@slot_dir.check), and believe that one when they differ */
    gboolean builds_same; /* also what is the same by its sources as another kernel */
} KernelBuildOptions;
/* @slot_dir: folder of the slot (made when missing): the worktree src/, and in it the build folder.
 * Processes of an earlier coordinator that still work there are ended first; G_IO_ERROR_BUSY when a
 * living one has it. @repo, @store and the toolchains must outlive the builder. */
KernelBuilder *kernel_builder_new(const Repo *repo, KernelStore *store, const char *slot_dir,
                                  const KernelBuildOptions *options, GError **error);
void kernel_builder_free(KernelBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelBuilder, kernel_builder_free)

/* One more fix, for all builds from now on. It is copied. */
void kernel_builder_add_fix(KernelBuilder *builder, const Backport *fix);
/* From now on as with KernelBuildOptions.builds_same. */
void kernel_builder_build_same(KernelBuilder *builder);
/* Revisions that were built by any job as @builder would build them: they are in the store, but for
 * those that a fix of this job's goes into. NULL-terminated, owned by the caller. */
char **kernel_builder_made(const KernelBuilder *builder);
/* "" when builds run in a sandbox (bubblewrap, no network), else why not, to be said once. */
const char *kernel_builder_unboxed(const KernelBuilder *builder);
/* The worktree of the slot, for those who need the sources of the last revision built. */
const char *kernel_builder_source_dir(const KernelBuilder *builder);
/* Prefixes under which DWARF of its kernels may name sources: NULL-terminated, owned by the
 * builder. */
const char *const *kernel_builder_source_prefixes(const KernelBuilder *builder);

/* Build @name, a commit or a variant of one (kernel/variant.h), or find it in the store, or one
 * there from which nothing differs that it is made of: that gets an entry for @name, too. A build
 * that takes too long is a failed kernel, and so is a variant whose patches do not apply. GError:
 * this machine could not do it (G_IO_ERROR_NO_SPACE, a compiler killed for want of memory, no make,
 * G_IO_ERROR_CANCELLED); nothing is stored then. One build at a time. */
void kernel_build_async(KernelBuilder *builder, const char *name, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data);
gboolean kernel_build_finish(KernelBuilder *builder, GAsyncResult *res, Kernel **ret_kernel,
                             GError **error);

/* Of the kernel of @name, which was built without debug information: compile @objects
 * ("net/core/skmsg.o", as its origins call them; NULL-terminated) once more, with it, and put them
 * below the folder @dir under the same names. What cannot be compiled is left out; GError: nothing
 * could be, or as above. It takes a slot from the revision that it was at to @name; the next build
 * there compiles these objects as always. */
void kernel_objects_async(KernelBuilder *builder, const char *name, const char *const *objects,
                          const char *dir, GCancellable *cancellable, GAsyncReadyCallback done,
                          gpointer user_data);
gboolean kernel_objects_finish(GAsyncResult *res, GError **error);

/* What the configuration of @name comes to, without a build. *ret_config: the text, owned by the
 * caller; NULL where the revision cannot be configured. */
void kernel_configure_async(KernelBuilder *builder, const char *name, GCancellable *cancellable,
                            GAsyncReadyCallback done, gpointer user_data);
gboolean kernel_configure_finish(KernelBuilder *builder, GAsyncResult *res, char **ret_config,
                                 GError **error);
/* From now on revisions are built with the config that variants name @id, in place of the user's.
 */
gboolean kernel_builder_use_config(KernelBuilder *builder, const char *id, GError **error);

/* --- Configurations -------------------------------------------------------------------------- */

/* What the text of a .config sets, by its last line about each: "CONFIG_SMC" -> "y". Of an option
 * that is not set there is no entry. Texts are without their quotes. Owned by the caller. */
GHashTable *config_values(const char *config);

/* Options that a kernel needs to boot in our guests and to tell what it does there: data/
 * baseline.config. Owned by the caller. */
char *kernel_baseline_config(void);

/* Why @option is not on under @config, which a build of @commit came to: "depends on INFINIBAND",
 * "not in this tree's Kconfig"; NULL when that is not seen. Owned by the caller. */
#define CONFIG_NOT_IN_KCONFIG "not in this tree's Kconfig"
char *config_why_off(const Repo *repo, const char *commit, const char *option, GHashTable *config);
/* Options that would bring @option back where @config lost it: itself, what it depends on and is
 * off, or, where nobody can switch it, who selects it. NULL-terminated, owned by the caller. */
char **config_needs(const Repo *repo, const char *commit, const char *option, GHashTable *config);

#include "kernel/kbuild.h"
#include "kernel/kconfig.h"
#include "kernel/minimise.h"
