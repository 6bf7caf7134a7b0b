/* SPDX-License-Identifier: Apache-2.0
 * Programs of syzkaller's: their options line, and how syz-execprog is called for it. Pure.
 *
 * syzbot writes the options in front of a program, as Go prints a structure (until 2019) or as
 * JSON:
 *
 *     # {Threaded:true Collide:false Repeat:true RepeatTimes:0 Procs:6 Sandbox:none ...}
 *     #{"threaded":true,"repeat":true,"procs":6,"slowdown":1,"sandbox":"none",...}
 *
 * What syz-execprog understands has changed over the years. The texts of its own help tell its age:
 * they lie in the program as they are, so that nothing foreign has to be run here.
 */
#pragma once

#include <glib.h>

/* What can be set up around a program, by syz-execprog's names. */
typedef enum SyzFeature {
    SYZ_TUN,
    SYZ_NET_DEV,
    SYZ_NET_RESET,
    SYZ_CGROUPS,
    SYZ_BINFMT_MISC,
    SYZ_CLOSE_FDS,
    SYZ_DEVLINK_PCI,
    SYZ_NIC_VF,
    SYZ_USB,
    SYZ_VHCI,
    SYZ_WIFI,
    SYZ_IEEE802154,
    SYZ_SYSCTL,
    SYZ_SWAP,
} SyzFeature;
#define N_SYZ_FEATURES (SYZ_SWAP + 1)

typedef struct SyzOptions {
    gboolean found; /* there is an options line; else these are syzbot's own defaults */
    gboolean threaded, collide, repeat, fault;
    guint repeat_times, procs, slowdown, restart_freq, fault_call, fault_nth;
    int sandbox_arg;
    char *sandbox;      /* "none" where there is none */
    guint32 features;   /* bits 1 << SyzFeature */
    GPtrArray *unknown; /* of char *: "KEY:VALUE" of fields that we do not know, or cannot read */
} SyzOptions;
void syz_options_free(SyzOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyzOptions, syz_options_free)

/* The options of @text: a program, or the content of a file repro.opts. Never NULL. */
SyzOptions *syz_options_parse(const char *text, gsize n_text);

/* Is there a call in the program @text? */
gboolean syz_is_program(const char *text);

/* What a syz-execprog can do. */
typedef struct SyzExecprog {
    gboolean arch, collide, fault, slowdown, sandbox_arg, restart_freq, enable; /* flags it has */
    guint32 features; /* that -enable takes */
} SyzExecprog;
/* FALSE when @bytes are no syz-execprog. */
gboolean syz_execprog_read(const char *bytes, gsize n_bytes, SyzExecprog *ret_execprog);

/* The command for @options: @execprog, its flags, @program; NULL-terminated, owned by the caller.
 * @slowdown: how much slower than on hardware programs run, at least. What @can does not allow for
 * is told in @notes (of char *). */
char **syz_command(const SyzOptions *options, const SyzExecprog *can, guint slowdown,
                   const char *execprog, const char *executor, const char *program,
                   GPtrArray *notes);

/* @program as that syz-execprog wants it: where a fault cannot be asked for by flag, it is asked
 * for at the call. Owned by the caller. */
char *syz_program_for(const SyzOptions *options, const SyzExecprog *can, const char *program);
