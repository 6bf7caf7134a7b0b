/* SPDX-License-Identifier: Apache-2.0
 * A spec of one's own.
 */
#pragma once

#include "guest/guest.h"

/* All strings are copied; the reader is not. */
void guest_spec_copy(const GuestSpec *spec, GuestSpec *ret_copy);
void guest_spec_clear(GuestSpec *copy);
