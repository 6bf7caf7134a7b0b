/* SPDX-License-Identifier: Apache-2.0
 * A scratch folder with git repositories for tests: made by shell text, cleaned away at the end.
 */
#pragma once

#include <gio/gio.h>

typedef struct Scratch {
    char *dir;
} Scratch;

void scratch_set_up(Scratch *scratch, gconstpointer unused);
void scratch_tear_down(Scratch *scratch, gconstpointer unused);

/* Run a shell script in the scratch folder and give its stdout without the last newline; a failing
 * one fails the test. The helpers of scratch.c are at hand (commit, branch names as usual). Owned
 * by the caller. */
char *scratch_sh(const Scratch *scratch, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A path in it. Owned by the caller. */
char *scratch_path(const Scratch *scratch, const char *name);
