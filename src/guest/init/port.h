/* SPDX-License-Identifier: Apache-2.0
 * How PID 1 speaks: lines on the protocol's port (words.h), and the clock it goes by.
 */
#pragma once

#include <stddef.h>

/* Longest line of the reproducer's output that is passed on whole. */
#define OUTPUT_LINE_MAX 200

long long now_ms(void);

/* All of it, or until the descriptor fails. */
void write_all(int fd, const char *bytes, size_t n_bytes);

/* One line of the protocol, by one write(): lines of several threads do not mix. */
__attribute__((format(printf, 2, 3))) void say(int port, const char *format, ...);
