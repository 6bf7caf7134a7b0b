/* SPDX-License-Identifier: Apache-2.0
 * The options of `firstbad cause` and `firstbad fix` that say what is built, booted and run, and
 * how it is searched.
 */
#include "cli/cli.h"

const GOptionEntry cli_kernel_entries[] = {
    CLI_KEY("config", "FILE", "The .config of the kernel that crashed"),
    CLI_KEY("repro", "FILE", "Reproducer: C source, static binary, script"),
    CLI_KEY("repro-opts", "FILE", "Options of a program of syzkaller's"),
    CLI_KEY("syzkaller", "DIR", "Checkout to build syzkaller from"),
    CLI_KEY("syzkaller-commit", "REV", "The revision of it (HEAD)"),
    CLI_KEY("syz-execprog", "FILE", "Built before; with --syz-executor"),
    CLI_KEY("syz-executor", "FILE", "Built before; with --syz-execprog"),
    CLI_LIST("rootfs", "[SPAN=]PATH", "Its root; may be given again, by kernel"),
    CLI_LIST("file", "SRC[:DST]", "File or folder for guests; may be given again"),
    CLI_LIST("module", "FILE", "Module loaded first; may be given again"),
    CLI_KEY("sysctl", "FILE", "Settings made before it runs"),
    CLI_KEY("bug", "KIND", "crash, hang, boot, basic or build (crash)"),
    CLI_KEY("title", "TITLE", "The crash looked for; default: the start's"),
    CLI_KEY("title-match", "REGEX", "Or: what its titles match"),
    CLI_LIST("watch-option", "CONFIG_X", "Tell where the config loses it; likewise"),
    CLI_KEY("compiler", "CC", "Compiler; auto: by the kernel's age (auto)"),
    CLI_KEY("toolchains", "FILE", "Compilers for kernels, not our table"),
    CLI_KEY("options", "FILE", "Broken options, not our table"),
    CLI_KEY("backports", "FILE", "Fixes for old revisions, beside ours"),
    CLI_KEY("max-trials", "N", "Trials of a revision by itself, at most (40)"),
    CLI_KEY("trial-timeout", "S", "Seconds for the reproducer (60)"),
    CLI_KEY("repeats", "N", "Runs of it in a trial; 0: until time is up"),
    CLI_KEY("boot-timeout", "S", "Seconds for the boot (300)"),
    CLI_KEY("build-timeout", "S", "Seconds for a build (3600)"),
    CLI_KEY("build-memory", "MIB", "Memory for each process of a build"),
    CLI_FLAG("paranoid", "Build some kernels once more, from nothing"),
    CLI_KEY("jobs", "N", "Compilers at once (cores)"),
    CLI_KEY("guests", "N", "Guests at once (by cores and memory)"),
    CLI_KEY("memory", "MIB", "Memory of a guest (512)"),
    CLI_KEY("cpus", "N", "CPUs of a guest (1)"),
    CLI_KEY("qemu", "PROGRAM", "QEMU (qemu-system-x86_64)"),
    CLI_KEY("accel", "HOW", "auto, kvm or tcg (auto)"),
    CLI_KEY("cmdline", "TEXT", "Added to the kernel's command line"),
    CLI_KEY("cmdline-file", "FILE", "The same, from a file"),
    CLI_LIST("qemu-arg", "ARG", "Argument for QEMU; may be given again"),
    CLI_FLAG("panic-on-warn", "A warning ends the trial"),
    CLI_FLAG("no-snapshots", "Boot for each trial"),
    {NULL},
};

const GOptionEntry cli_search_entries[] = {
    CLI_LIST("suspect", "PATH", "File or folder you suspect; may be given again"),
    CLI_LIST("suspect-author", "WHO", "Part of an author's name or mail; likewise"),
    CLI_KEY("prior", "FILE", "Revisions and what they weigh"),
    CLI_FLAG("minimise", "Make the config smaller first, where it pays"),
    CLI_KEY("baseline", "FILE", "Options that stay then, not ours"),
    CLI_KEY("confidence", "P", "Stop when so sure (0.95)"),
    CLI_FLAG("no-revert-test", "Do not try the start without it (or with the fix)"),
    CLI_MAX_KERNELS,
    CLI_MAX_TIME,
    {NULL},
};
