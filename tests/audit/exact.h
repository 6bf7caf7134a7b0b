/* SPDX-License-Identifier: Apache-2.0
 * A log as it was read, against what the corpus says of it.
 */
#pragma once

#include <glib.h>
#include <jansson.h>

/* The first field of @expected that @got does not have, or has otherwise; NULL: there is none. The
 * truth ("gt...") is not in a log, and is not compared; what @got has beyond does not matter. */
static inline const char *first_difference(json_t *expected, json_t *got)
{
    const char *key;
    json_t *value;

    json_object_foreach(expected, key, value)
    {
        json_t *other = json_object_get(got, key);

        if (g_str_has_prefix(key, "gt") || g_str_equal(key, "id")) {
            continue;
        }
        if (!g_str_equal(key, "tests")) {
            if (!json_equal(value, other)) {
                return key;
            }
            continue;
        }
        if (json_array_size(value) != json_array_size(other)) {
            return key;
        }
        for (size_t i = 0; i < json_array_size(value); i++) {
            const char *difference =
                first_difference(json_array_get(value, i), json_array_get(other, i));

            if (difference) {
                return difference;
            }
        }
    }
    return NULL;
}
