/* SPDX-License-Identifier: Apache-2.0
 * Where programs and libraries are looked for.
 *
 * An empty name in such a list is the current folder: `PATH=$PATH:`, or what
 * `LD_LIBRARY_PATH=/opt/lib:$LD_LIBRARY_PATH` comes to where nothing was set before. Ours, and that
 * of git, is often a folder with a foreign tree in it, so that a file `git` or `libz.so.1` of that
 * tree would be run with all of the user's rights.
 */
#include "process/process.h"

#include <string.h>

/* What GLib takes for no PATH at all has the current folder in it. */
#define USUAL_PATH "/usr/local/bin:/usr/bin:/bin"

typedef struct SearchList {
    const char *variable, *separators;
    gboolean has_bare_names; /* that are looked for in places of the system */
} SearchList;

static const SearchList lists[] = {
    {"PATH", ":", FALSE},
    {"LD_LIBRARY_PATH", ":;", FALSE},
    {"LD_PRELOAD", ": ", TRUE},
    {"LD_AUDIT", ":", TRUE},
};

static gboolean leads_to_one_place(const SearchList *list, const char *name)
{
    return *name == '/' || (list->has_bare_names && *name && !strchr(name, '/'));
}

/* @text without what depends on the current folder. Owned by the caller. */
static char *without_relative(const SearchList *list, const char *text)
{
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
    g_auto(GStrv) names = g_strsplit_set(text, list->separators, -1);
    g_auto(GStrv) all = NULL;

    for (char **name = names; *name; name++) {
        if (leads_to_one_place(list, *name)) {
            g_strv_builder_add(kept, *name);
        }
    }
    all = g_strv_builder_end(kept);
    return g_strjoinv(":", all);
}

void process_search_no_cwd(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        const char *text = g_getenv(lists[i].variable);
        g_autofree char *kept = text ? without_relative(&lists[i], text) : NULL;

        if (kept && *kept) {
            g_setenv(lists[i].variable, kept, TRUE);
        } else {
            g_unsetenv(lists[i].variable);
        }
    }
    g_setenv("PATH", USUAL_PATH, FALSE);
}
