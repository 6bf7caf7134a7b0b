/* SPDX-License-Identifier: Apache-2.0
 * A real tree against what its build compiled: FIRSTBAD_KBUILD_SOURCES (a folder with Linux) and
 * FIRSTBAD_KBUILD_BUILT (a build folder: .config, and a .X.o.cmd for each object).
 */
#include <string.h>

#include "kernel/kernel.h"

static GBytes *read_source(const char *path, gpointer data)
{
    g_autofree char *full = g_build_filename(data, path, NULL);
    char *text;
    gsize n;

    return g_file_get_contents(full, &text, &n, NULL) ? g_bytes_new_take(text, n) : NULL;
}

/* Not part of the kernel: programs that help to build, start or configure it have rules of their
 * own.
 */
static gboolean is_apart(const char *path)
{
    static const char *const folders[] = {
        "tools",         "scripts",        "Documentation",      "samples",
        "arch/x86/boot", "arch/x86/tools", "arch/x86/entry/vdso"};

    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        if (strcmp(path, folders[i]) == 0) {
            return TRUE;
        }
    }
    return g_str_has_prefix(path, "arch/") && !g_str_has_prefix(path, "arch/x86");
}

static void find_sources(const char *top, const char *folder, GPtrArray *paths)
{
    g_autofree char *full = g_build_filename(top, folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = *folder ? g_build_filename(folder, name, NULL) : g_strdup(name);
        g_autofree char *there = g_build_filename(top, path, NULL);

        if (g_file_test(there, G_FILE_TEST_IS_SYMLINK)) {
            continue;
        }
        if (g_file_test(there, G_FILE_TEST_IS_DIR)) {
            if (!is_apart(path) && name[0] != '.') {
                find_sources(top, path, paths);
            }
        } else if (g_str_has_suffix(name, ".c")) {
            g_ptr_array_add(paths, g_steal_pointer(&path));
        }
    }
}

static gboolean was_compiled(const char *built, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);
    g_autofree char *command =
        g_strdup_printf("%s/%s/.%.*s.o.cmd", built, folder, (int)strlen(name) - 2, name);

    return g_file_test(command, G_FILE_TEST_EXISTS);
}

static void show(const char *what, const char *path, const KbuildGuards *guards)
{
    g_autoptr(GString) text = g_string_new(path);

    for (guint i = 0; i < guards->ways->len; i++) {
        const KbuildWay *way = guards->ways->pdata[i];
        g_autofree char *on = g_strjoinv(" ", way->on), *off = g_strjoinv(" ", way->off);

        g_string_append_printf(text, " [%s%s%s%s]", on, *off ? " without " : "", off,
                               way->is_sure ? "" : " and more");
    }
    g_test_message("%s: %s", what, text->str);
}

static void test_agreement(void)
{
    const char *sources = g_getenv("FIRSTBAD_KBUILD_SOURCES"),
               *built = g_getenv("FIRSTBAD_KBUILD_BUILT");
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    guint n_right = 0, n_unknown = 0, n_compiled = 0, n_compiled_right = 0, n_unmentioned = 0;
    gint64 start_us;

    if (!sources || !built) {
        g_test_skip("needs FIRSTBAD_KBUILD_SOURCES and FIRSTBAD_KBUILD_BUILT");
        return;
    }
    g_autoptr(Kbuild) kbuild = kbuild_new(read_source, (gpointer)sources);
    g_autofree char *path = g_build_filename(built, ".config", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autoptr(GHashTable) config = config_values(text);
    start_us = g_get_monotonic_time();
    kbuild_read_all(kbuild);
    g_test_message("all folders: %.2f s", (double)(g_get_monotonic_time() - start_us) / 1e6);
    find_sources(sources, "", paths);
    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(KbuildGuards) guards = kbuild_guards(kbuild, paths->pdata[i]);
        gboolean compiled = was_compiled(built, paths->pdata[i]);
        KbuildAnswer answer = kbuild_is_compiled(guards, config);

        n_compiled += compiled;
        if (answer == KBUILD_UNKNOWN) {
            n_unknown += guards->ways->len > 0;
            n_unmentioned += guards->ways->len == 0;
            if (compiled || guards->ways->len) {
                show(compiled ? "compiled, unknown" : "not compiled, unknown", paths->pdata[i],
                     guards);
            }
        } else if ((answer == KBUILD_YES) == compiled) {
            n_right++;
            n_compiled_right += compiled;
        } else {
            show(compiled ? "compiled, denied" : "not compiled, claimed", paths->pdata[i], guards);
        }
    }
    g_test_message("of %u files %u are right, %u unknown, %u mentioned nowhere; of %u compiled "
                   "ones %u are right",
                   paths->len, n_right, n_unknown, n_unmentioned, n_compiled, n_compiled_right);
    g_assert_cmpuint(100 * n_compiled_right, >=, 99 * n_compiled);
    g_assert_cmpuint(100 * n_right, >=, 99 * (paths->len - n_unmentioned));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kbuild/agreement", test_agreement);
    return g_test_run();
}
