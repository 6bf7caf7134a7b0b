/* SPDX-License-Identifier: Apache-2.0
 * A source tree that builds like a kernel, in a blink: Makefile with olddefconfig, bzImage and
 * vmlinux, honouring O=, CC=, KCONFIG_CONFIG= and the like. For tests.
 */
#pragma once

/* A script for scratch_sh(): makes the repository `repo` with the commit `base`. A build notes each
 * file it compiles in O/compiled, and runs post.sh before the image, on which nothing depends. */
extern const char tiny_tree[];
