/* SPDX-License-Identifier: Apache-2.0
 * What the host wants done in this guest beside the usual: a file in the initramfs, one order a
 * line. Of the kernel's command line there is too little, and it is the user's.
 *
 *     module PATH       load this module, before anything else
 *     root folder       the reproducer runs in PLAN_ROOT, which came with the initramfs
 *     root disk         the same, mounted from the guest's disk
 *     bind PATH         of our files: is to be seen at the same place in the root
 *     sysctl KEY=VALUE  set just before the reproducer
 *     arg TEXT          the reproducer's command, word by word; the first is its path
 *     hold ADDRESS      execute it before the orders come, and hold it before the instruction at
 *                       this address (hexadecimal; 0: the first)
 *     syzkaller         its failure is that of syzkaller's own program, not of the one it runs
 */
#pragma once

#define PLAN_FILE "/firstbad-plan"
#define PLAN_ROOT "/rootfs"

/* In WORD_FAILED: what was to be made ready is not; the kernel's boot is not to blame. */
#define PLAN_FAILED "setup: "

#define PLAN_MODULE    "module "
#define PLAN_FOLDER    "root folder"
#define PLAN_DISK      "root disk"
#define PLAN_BIND      "bind "
#define PLAN_SYSCTL    "sysctl "
#define PLAN_ARG       "arg "
#define PLAN_HOLD      "hold "
#define PLAN_SYZKALLER "syzkaller"
