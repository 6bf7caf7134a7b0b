/* SPDX-License-Identifier: Apache-2.0
 * Programs in the sandbox: what they may write, what they see, and how they end.
 */
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <unistd.h>

#include "process/process.h"

/* Run a script with @writable; its stdout. */
static char *run(const Sandbox *sandbox, const char *script, const char *cwd, const char *writable)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    const char *paths[] = {writable, NULL};
    const char *readable[] = {cwd, NULL};
    g_auto(GStrv) boxed = sandbox_wrap(sandbox, argv, cwd, readable, paths);
    ProcessSpec spec = {.argv = (const char *const *)boxed, .cwd = cwd};
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(process_run(&spec, &result, &error));
    return g_strchomp(g_steal_pointer(&result->out));
}

static void test_box(void)
{
    g_autoptr(Sandbox) sandbox = sandbox_new();
    g_autofree char *dir = g_dir_make_tmp("firstbad-box-XXXXXX", NULL);
    g_autofree char *may = g_build_filename(dir, "may", NULL);
    g_autofree char *file = g_build_filename(may, "x", NULL);
    g_autofree char *out = NULL, *text = NULL;

    if (*sandbox_missing(sandbox)) {
        g_test_skip(sandbox_missing(sandbox));
        g_rmdir(dir);
        return;
    }
    g_mkdir(may, 0755);
    g_setenv("TMPDIR", "/var/tmp", TRUE); /* where nobody may write in the box */
    out = run(sandbox,
              "echo 1 2>/dev/null >x || echo no; echo 2 >may/x; touch /tmp/mine && mktemp "
              ">/tmp/name && echo tmp;"
              "pwd; ls /proc | grep -c '^[0-9]'; ls /sys/class/net >/dev/null; cat /proc/net/route "
              "| wc -l",
              dir, may);
    g_unsetenv("TMPDIR");
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);

    g_assert_cmpuint(g_strv_length(lines), ==, 5);
    g_assert_cmpstr(lines[0], ==, "no");
    g_assert_cmpstr(lines[1], ==, "tmp");
    g_assert_cmpstr(lines[2], ==, dir);
    g_assert_cmpint(atoi(lines[3]), <, 10); /* sees only its own processes */
    g_assert_cmpstr(lines[4], ==, "1");     /* a header and no route */
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "2\n");
    g_assert_false(g_file_test("/tmp/mine", G_FILE_TEST_EXISTS));
    g_unlink(file);
    g_rmdir(may);
    g_rmdir(dir);
}

/* A home folder with a key, the socket of an agent and a compiler of the user's. Not in /tmp, which
 * nobody sees in the box anyway. Owned by the caller. */
static char *make_home(void)
{
    char *home = g_strdup("/var/tmp/firstbad-box-XXXXXX");
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    g_autoptr(GSocketAddress) address = NULL;
    g_autofree char *socket = NULL, *key = NULL, *folder = NULL, *compiler = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(g_mkdtemp(home));
    socket = g_build_filename(home, "agent", NULL);
    key = g_build_filename(home, "key", NULL);
    folder = g_build_filename(home, "tools", NULL);
    compiler = g_build_filename(folder, "cc", NULL);
    address = g_unix_socket_address_new(socket);
    g_socket_listener_add_address(listener, address, G_SOCKET_TYPE_STREAM, 0, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_set_contents(key, "secret", -1, NULL));
    g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(compiler, "#!/bin/sh\necho compiled\n", -1, NULL));
    g_assert_cmpint(g_chmod(compiler, 0755), ==, 0);
    return home;
}

/* Of a home folder a program sees what it is given, be that folder behind a link or not; of /run
 * nothing, and no name of a socket. */
static void test_secrets(void)
{
    g_autofree char *home = make_home();
    g_autofree char *tools = g_build_filename(home, "tools", NULL);
    g_autofree char *link = g_strconcat(home, "-link", NULL);
    g_autofree char *socket = g_build_filename(home, "agent", NULL);
    const struct passwd *me = getpwuid(getuid());
    g_autofree char *script = g_strdup_printf(
        "./cc; touch cc 2>/dev/null && echo changed; cd $HOME; echo *; cat key; [ -S agent ] && "
        "echo agent; ls -A '%s'; ls -A /run | grep -vx current-system; echo $SSH_AUTH_SOCK "
        "$DBUS_SESSION_BUS_ADDRESS",
        me && !g_str_equal(me->pw_dir, "/") ? me->pw_dir : home);
    g_autofree char *old_home = g_strdup(g_getenv("HOME"));
    const char *homes[] = {home, link};
    const char *remove[] = {"rm", "-r", home, link, NULL};

    g_assert_cmpint(symlink(home, link), ==, 0);
    g_setenv("SSH_AUTH_SOCK", socket, TRUE);
    g_setenv("DBUS_SESSION_BUS_ADDRESS", socket, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(homes); i++) {
        g_autoptr(Sandbox) sandbox = NULL;
        g_autofree char *out = NULL;

        g_setenv("HOME", homes[i], TRUE);
        sandbox = sandbox_new();
        if (*sandbox_missing(sandbox)) {
            g_test_skip(sandbox_missing(sandbox));
            break;
        }
        out = run(sandbox, script, tools, NULL);
        g_assert_cmpstr(out, ==, "compiled\ntools");
    }
    g_unsetenv("SSH_AUTH_SOCK");
    g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
    if (old_home) {
        g_setenv("HOME", old_home, TRUE);
    } else {
        g_unsetenv("HOME");
    }
    g_free(process_ask(NULL, remove, NULL));
}

static void test_install_folder(void)
{
    g_autofree char *sh = sandbox_install_folder("sh");
    g_autofree char *none = sandbox_install_folder("firstbad-no-such-program");

    g_assert_cmpstr(sh, ==, "/usr");
    g_assert_null(none);
}

/* Without bubblewrap the program runs plainly. */
static void test_no_box(void)
{
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_autoptr(Sandbox) sandbox = NULL;
    const char *argv[] = {"make", "all", NULL};
    g_auto(GStrv) plain = NULL;

    g_setenv("PATH", "/nonexistent", TRUE);
    sandbox = sandbox_new();
    g_setenv("PATH", path, TRUE);
    plain = sandbox_wrap(sandbox, argv, "/", NULL, NULL);
    g_assert_cmpstr(sandbox_missing(sandbox), ==, "bwrap is not installed");
    g_assert_true(g_strv_equal((const char *const *)plain, argv));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/box", test_box);
    g_test_add_func("/sandbox/secrets", test_secrets);
    g_test_add_func("/sandbox/no-box", test_no_box);
    g_test_add_func("/sandbox/install-folder", test_install_folder);
    return g_test_run();
}
