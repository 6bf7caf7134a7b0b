/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <glib.h>
#include <stdlib.h>

/* Argument @i of @argv, or @otherwise where there are not so many. */
static inline guint bench_number(int argc, char **argv, int i, guint otherwise)
{
    return argc > i ? (guint)atoi(argv[i]) : otherwise;
}
