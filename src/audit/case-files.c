/* SPDX-License-Identifier: Apache-2.0
 * Have the files that the culprit changes to do with the crash? Git cuts long paths short in its
 * statistics (".../sched/sch_taprio.c"), and the oldest logs know top folders only.
 */
#include "judge.h"

#include <string.h>

#define CUT "..."

/* Is @path, which git may have cut short, @file? */
static gboolean is_file(const char *path, const char *file)
{
    return g_str_has_prefix(path, CUT) ? g_str_has_suffix(file, path + strlen(CUT))
                                       : g_str_equal(path, file);
}

const char *changed_stack_file(const Case *judged)
{
    const GPtrArray *changed = judged->log->culprit_files;

    for (guint i = 0; judged->stack_files[i]; i++) {
        for (guint j = 0; j < changed->len; j++) {
            if (is_file(changed->pdata[j], judged->stack_files[i])) {
                return judged->stack_files[i];
            }
        }
    }
    return NULL;
}

gboolean changes_stack_folder(const Case *judged)
{
    const GPtrArray *changed = judged->log->culprit_files;

    for (guint i = 0; judged->stack_files[i]; i++) {
        g_autofree char *folder = g_path_get_dirname(judged->stack_files[i]);

        for (guint j = 0; j < changed->len; j++) {
            g_autofree char *other = g_path_get_dirname(changed->pdata[j]);

            if (is_file(other, folder)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* The function of a line of a symbolized stack, " foo+0x1d/0x40 fs/foo.c:12" or " foo fs/foo.c:12
 * [inline]", when its file is one of @files; or NULL. Owned by the caller. */
static char *function_of_line(const char *line, char *const *files)
{
    const char *name = line + strspn(line, " ?");
    gsize n = strcspn(name, "+. ");

    for (guint i = 0; n && files[i]; i++) {
        if (strstr(name + n, files[i])) {
            return g_strndup(name, n);
        }
    }
    return NULL;
}

char *named_stack_function(const Case *judged)
{
    const char *report = judged->log->final_report ? judged->log->final_report : "";
    const char *message = judged->log->culprit_message->str;
    g_auto(GStrv) lines = g_strsplit(*message ? report : "", "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        g_autofree char *function = function_of_line(lines[i], judged->stack_files);

        /* Without an underscore it may be a word of English. */
        if (function && strchr(function, '_') && has_word(message, function)) {
            return g_steal_pointer(&function);
        }
    }
    return NULL;
}

/* Does a kernel hold nothing of @path? Rules for building are no code either: they only reveal. */
static gboolean is_no_code(const char *path, const char *report)
{
    static const char *const folders[] = {"Documentation", "LICENSES", "samples", "scripts",
                                          "tools"};
    static const char *const names[] = {"Kconfig", "Makefile", "Kbuild",   "MAINTAINERS",
                                        "CREDITS", "COPYING",  ".mailmap", ".gitignore"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        gsize n = strlen(folders[i]);

        if (strncmp(path, folders[i], n) == 0 && (!path[n] || path[n] == '/')) {
            return TRUE;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_has_prefix(name, names[i])) {
            return TRUE;
        }
    }
    if (g_str_has_suffix(name, "defconfig") || g_str_has_suffix(name, ".rst")) {
        return TRUE;
    }
    if (g_str_has_prefix(path, "arch/") && strchr(path + strlen("arch/"), '/')) {
        g_autofree char *arch = g_strndup(path, strchr(path + strlen("arch/"), '/') + 1 - path);

        return !g_str_equal(arch, "arch/x86/") && !(report && strstr(report, arch));
    }
    return FALSE;
}

gboolean changes_no_code(const Case *judged)
{
    const GPtrArray *changed = judged->log->culprit_files;

    for (guint i = 0; i < changed->len; i++) {
        if (!is_no_code(changed->pdata[i], judged->log->final_report)) {
            return FALSE;
        }
    }
    return changed->len > 0;
}
