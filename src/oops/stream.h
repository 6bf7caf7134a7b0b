/* SPDX-License-Identifier: Apache-2.0
 * What tests need to see of a stream.
 */
#pragma once

#include "oops/oops.h"

/* Bytes that @stream holds: events that nobody took are not counted. */
gsize stream_memory(const OopsStream *stream);
