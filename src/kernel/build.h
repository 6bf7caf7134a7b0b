/* SPDX-License-Identifier: Apache-2.0
 * One build, as its steps share it: builder.c says which comes after which, build-make.c runs make
 * and judges how it ended, build-end.c makes a kernel or an error of it. Private to kernel/.
 */
#pragma once

#include "kernel/choice.h"
#include "kernel/configured.h"
#include "kernel/kernel.h"
#include "kernel/picks.h"
#include "kernel/slot.h"
#include "kernel/source.h"
#include "kernel/store.h"
#include "process/process.h"

struct KernelBuilder {
    const Repo *repo;
    KernelStore *store;
    KernelBuildOptions options; /* config is not used: see config_text */
    char *config_text;          /* as it was when the builder was made */
    char *config_dir;           /* what @options points to */
    Picks *picks;
    Slot *slot;
    Sandbox *sandbox;
    Configured configured;
    GHashTable
        *believed; /* kinds of errors (kernel_failure_kind()) that a build from nothing had */
    char **env;
    const char *prefixes[4];
};

/* What is packed of a good build. */
enum { IMAGE_BZIMAGE, IMAGE_VMLINUX, N_IMAGES };

/* Freed with its task, whose data it is. */
typedef struct Build {
    KernelBuilder *builder;
    char *name;         /* of what is built: a commit or a variant */
    BuildSource source; /* what it comes to */
    char *tree_id;
    char *way; /* see store.h */
    Kernel *kernel;
    gboolean only_config; /* kernel_configure_async() */
    char **objects;       /* kernel_objects_async(); else NULL */
    char *objects_dir;    /* where they go */
    Choice *choice;
    char *changes;         /* lines that the era adds to the config */
    char *wanted_config;   /* what olddefconfig starts from */
    char *config;          /* what it made of it */
    char **argv;           /* of the step that runs */
    JobClient *job_client; /* of the make that runs; or NULL */
    GString *log;
    gsize n_log_head; /* of it, what was there before make */
    gint64 start_us;
    int image_fds[N_IMAGES]; /* open once make is done, until they are packed; else -1 */
    Parcel *parcel;
    char *origins; /* text of symbols_origins_async(), or NULL */
    guint n_packed;
    gboolean is_beside;   /* the slot holds what other revisions left */
    KernelBuilder *other; /* while the kernel is checked: see paranoid.c */
    KernelStore *other_store;
} Build;

/* Throw away what is in the slot, and build once more. Not a second time. */
void build_again_from_nothing(GTask *task);

/* --- Paranoid -------------------------------------------------------------------------------- */

/* Is this one of the kernels that nothing but a build is believed of? */
gboolean build_is_sampled(const Build *build);
/* And, since it is built beside others, one that is built once more? */
gboolean build_wants_check(const Build *build);
/* The kernel has a signature: build it from nothing and compare, then go on. */
void build_check(GTask *task);

/* --- Make ------------------------------------------------------------------------------------ */

/* Run @argv, which it takes, where make runs, boxed in; @done gets the task as its data. */
void build_run(GTask *task, char **argv, GAsyncReadyCallback done);
/* The same: make @targets. */
void build_make(GTask *task, const char *const *targets, GAsyncReadyCallback done);
/* Take the result of a make: TRUE when it succeeded and the build goes on; else the task has
 * ended. */
gboolean build_make_succeeded(GTask *task, GAsyncResult *res);

/* --- Objects (objects.c) ---------------------------------------------------------------------- */

/* Compile Build.objects once more, with debug information. */
void build_make_objects(GTask *task);
/* What became of them: those that are there are copied. @why: it did not end well; or NULL. Returns
 * from the task. */
void build_end_with_objects(GTask *task, const char *why);

/* --- Ends: each returns from the task -------------------------------------------------------- */

/* The revision's fault; the machine's is an error of the task, as it is. */
void build_end_as_failed(GTask *task, const char *first_error);
/* A file is not what the build should have made: the revision's fault, unless @error, which it
 * takes, says otherwise. Not the end of a build in order: the next one takes away what is odd. */
void build_end_of_odd_file(GTask *task, GError *error);
/* Open what make has made; FALSE when one is no file that can be packed. */
gboolean build_open_images(Build *build, GError **error);
void build_close_images(Build *build);
/* Say what of them is loaded and run: the kernel's signature. */
gboolean build_sign(Build *build, GError **error);
/* Ask where its functions come from, where that is not in its debug information; pack it, piece by
 * piece in the main loop, and return the kernel. */
void build_pack(GTask *task);
/* The kernel of another tree in the store that this build would come to again (same.c), in an entry
 * of its own; NULL where there is none. Owned by the caller. */
Kernel *build_find_same(const Build *build);
/* Say of @kernel, which came from the store, what this build knows. */
void build_take_facts(const Build *build, Kernel *kernel);
/* This build came to @kernel: kernel_builder_made() (made.c). */
void build_note_made(const Build *build, const Kernel *kernel);
