/* SPDX-License-Identifier: Apache-2.0
 * Programs for a guest that has no libraries.
 */
#pragma once

#include <glib.h>

/* Why such a guest cannot run these bytes ("is dynamically linked, ..."), or NULL when it can: an
 * ELF program for x86-64 that asks for no interpreter. */
const char *program_complaint(const char *bytes, gsize n_bytes);

/* Where main() of these bytes begins, or 0: not known. An ELF program that is always at the same
 * place, and has its symbols. */
guint64 program_main(const char *bytes, gsize n_bytes);
