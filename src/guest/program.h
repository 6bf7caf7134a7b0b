/* SPDX-License-Identifier: Apache-2.0
 * Programs for a guest that has no libraries.
 */
#pragma once

#include <glib.h>

/* Why such a guest cannot run these bytes ("is dynamically linked, ..."), or NULL when it can: an
 * ELF program for x86-64 that asks for no interpreter. */
const char *program_complaint(const char *bytes, gsize n_bytes);
