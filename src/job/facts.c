/* SPDX-License-Identifier: Apache-2.0
 * What is known of revisions beside their kernels and trials. Each fact is a text of some kind,
 * which the store keeps; who puts it there says what the text means.
 */
#include "job/decide.h"

static char *key_of(const char *commit, const char *kind)
{
    return g_strconcat(kind, " ", commit, NULL);
}

const char *situation_fact(const Situation *situation, const char *commit, const char *kind)
{
    g_autofree char *key = situation->facts ? key_of(commit, kind) : NULL;

    return key ? g_hash_table_lookup(situation->facts, key) : NULL;
}

void situation_put_fact(Situation *situation, const char *commit, const char *kind,
                        const char *text)
{
    g_autofree char *key = key_of(commit, kind);

    if (!situation->facts) {
        situation->facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    }
    if (text) {
        g_hash_table_insert(situation->facts, g_steal_pointer(&key), g_strdup(text));
    } else {
        g_hash_table_remove(situation->facts, key);
    }
}
