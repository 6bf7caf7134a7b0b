/* SPDX-License-Identifier: Apache-2.0
 * Programs boxed in by bubblewrap.
 */
#include "process/process.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

struct Sandbox {
    char *missing;
};

static char *hidden_folder; /* NULL: none */

/* clang-format off */
static const char *const box[] = {
    "bwrap",
    "--unshare-all", /* users, processes, network, IPC, host name, cgroups */
    "--die-with-parent", "--new-session", "--cap-drop", "ALL",
    "--ro-bind", "/", "/",
    /* The user's own folder for temporary files would be read-only. */
    "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--setenv", "TMPDIR", "/tmp",
    /* They name sockets of his agent and his session, wherever those are. */
    "--unsetenv", "SSH_AUTH_SOCK", "--unsetenv", "DBUS_SESSION_BUS_ADDRESS",
    NULL,
};
/* clang-format on */

/* Variables whose names say that their values are secrets, as CI systems have them. What a build
 * prints may come to stand in a report. */
static const char *const secrets[] = {"*TOKEN*",      "*SECRET*",  "*PASSW*",
                                      "*CREDENTIAL*", "*API_KEY*", "*APIKEY*",
                                      "*_KEY",        "*_AUTH",    NULL};

static void add_all(GStrvBuilder *argv, const char *const *words)
{
    g_strv_builder_addv(argv, (const char **)words);
}

static void add_binds(GStrvBuilder *argv, const char *option, const char *const *paths)
{
    for (; paths && *paths; paths++) {
        g_strv_builder_add_many(argv, option, *paths, *paths, NULL);
    }
}

static gboolean is_secret(const char *variable)
{
    g_autofree char *name = g_ascii_strup(variable, -1);

    for (guint i = 0; secrets[i]; i++) {
        if (g_pattern_match_simple(secrets[i], name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Start bubblewrap without them: it stays in the box as its process 1, whose /proc/1/environ has
 * what it was started with, whatever it unsets. */
static void start_without_secrets(GStrvBuilder *argv)
{
    g_auto(GStrv) variables = g_listenv();

    g_strv_builder_add(argv, "env");
    for (char **variable = variables; *variable; variable++) {
        if (is_secret(*variable)) {
            g_strv_builder_add_many(argv, "-u", *variable, NULL);
        }
    }
}

/* Show an empty folder at @path: by its real name, as bubblewrap mounts on no link, and if it is
 * there, as it can make none. "/" is home to some services. */
static void hide(GStrvBuilder *argv, const char *path)
{
    g_autofree char *real = path ? realpath(path, NULL) : NULL;

    if (real && !g_str_equal(real, "/")) {
        g_strv_builder_add_many(argv, "--tmpfs", real, NULL);
    }
}

/* Read-only is not enough: keys can be read, and a socket takes connections through a read-only
 * mount, with all that those can ask of an agent or a service. */
static void hide_secrets(GStrvBuilder *argv)
{
    const struct passwd *me = getpwuid(getuid());

    hide(argv, "/run");
    /* ssh goes by the second, whatever the first says. */
    hide(argv, g_getenv("HOME"));
    hide(argv, me ? me->pw_dir : NULL);
    hide(argv, hidden_folder);
    /* PATH of NixOS and Guix leads through it. */
    add_binds(argv, "--ro-bind-try", (const char *const[]){"/run/current-system", NULL});
}

void sandbox_hide(const char *folder)
{
    g_free(hidden_folder);
    hidden_folder = g_strdup(folder);
}

char **sandbox_wrap(const Sandbox *sandbox, const char *const *argv, const char *cwd,
                    const char *const *readable, const char *const *writable)
{
    g_autoptr(GStrvBuilder) boxed = g_strv_builder_new();

    if (!*sandbox->missing) {
        start_without_secrets(boxed);
        add_all(boxed, box);
        hide_secrets(boxed);
        add_binds(boxed, "--ro-bind-try", readable);
        add_binds(boxed, "--bind-try", writable);
        g_strv_builder_add_many(boxed, "--chdir", cwd, "--", NULL);
    }
    add_all(boxed, argv);
    return g_strv_builder_end(boxed);
}

char *sandbox_install_folder(const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);
    g_autofree char *real = path ? realpath(path, NULL) : NULL;
    g_autofree char *bin = real ? g_path_get_dirname(real) : NULL;
    g_autofree char *folder = bin ? g_path_get_dirname(bin) : NULL;
    g_autofree char *home = realpath(g_get_home_dir(), NULL);

    return folder && g_strcmp0(folder, home) != 0 ? g_steal_pointer(&folder) : NULL;
}

Sandbox *sandbox_new(void)
{
    Sandbox *sandbox = g_new0(Sandbox, 1);
    const char *argv[] = {"true", NULL};
    g_autofree char *bwrap = g_find_program_in_path(box[0]);
    g_auto(GStrv) boxed = NULL;
    g_autoptr(ProcessResult) result = NULL;
    ProcessSpec spec = {.timeout_ms = 10 * 1000};

    sandbox->missing = g_strdup("");
    boxed = sandbox_wrap(sandbox, argv, "/", NULL, NULL);
    spec.argv = (const char *const *)boxed;
    if (!bwrap || !process_run(&spec, &result, NULL)) {
        g_free(sandbox->missing);
        sandbox->missing = g_strdup("bwrap is not installed");
    } else if (!process_succeeded(result)) {
        g_free(sandbox->missing);
        sandbox->missing = *result->err ? g_strndup(result->err, strcspn(result->err, "\n"))
                                        : process_describe(result);
    }
    return sandbox;
}

void sandbox_free(Sandbox *sandbox)
{
    if (!sandbox) {
        return;
    }
    g_free(sandbox->missing);
    g_free(sandbox);
}

const char *sandbox_missing(const Sandbox *sandbox)
{
    return sandbox->missing;
}
