/* SPDX-License-Identifier: Apache-2.0
 * A child held by ptrace in its own program. What it does before that is done when a guest is kept,
 * and a restored one need not do it again: an exec and the start of the C library are half of what
 * else runs between the orders and the end of a trial.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "child.h"

/* Have @child execute its program, and hold it before the instruction at @address (0: the first
 * one), until launch_go() frees it for good. Where nothing can be held it waits for its exec as
 * before. False: it ended on the way, or did not come there in HOLD_LIMIT_MS; it is gone, and what
 * it had of a run is used up. */
bool hold(Launch *child, uint64_t address);

#define HOLD_LIMIT_MS 5000
