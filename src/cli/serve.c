/* SPDX-License-Identifier: Apache-2.0
 * firstbad serve: the dashboard.
 */
#include "cli/cli.h"

#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "web/web.h"

#define LISTEN "127.0.0.1:8766"

static gboolean on_signal(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

/* The token goes to a person only: what a service says ends in a journal that others may read. */
static void say(const Web *web)
{
    g_print("%s\n", web_address(web));
    if (isatty(STDOUT_FILENO)) {
        g_print("token: %s\n", web_token(web));
    }
    g_print("token file: %s\n", web_token_path(web));
}

static int serve(const WebOptions *options)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    guint sigint = g_unix_signal_add(SIGINT, on_signal, loop);
    guint sigterm = g_unix_signal_add(SIGTERM, on_signal, loop);
    g_autoptr(GError) error = NULL;
    Web *web = web_start(options, &error);

    if (web) {
        say(web);
        g_main_loop_run(loop);
        web_stop(web);
    } else {
        cli_complain("%s", error->message);
    }
    g_source_remove(sigint);
    g_source_remove(sigterm);
    return web                                                               ? EXIT_ANSWER
           : g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) ? EXIT_USAGE
                                                                             : EXIT_MACHINE;
}

/* A name with a mistake in it would be served as a new, empty folder. */
static gboolean check_state_option(const char *state_option)
{
    if (state_option && !g_file_test(state_option, G_FILE_TEST_IS_DIR)) {
        cli_complain("--state-dir %s: there is no such folder; where its jobs are still to come, "
                     "make it first",
                     state_option);
        return FALSE;
    }
    return TRUE;
}

/* An empty page does not tell whether it is of the right folder. */
static void say_if_empty(const char *state_dir)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(state_dir, STORE_READ, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        cli_complain("%s", error->message);
    }
}

int cmd_serve(int argc, char **argv)
{
    g_autofree char *state_option = NULL, *state_dir = NULL, *listen = NULL, *source_url = NULL;
    g_auto(GStrv) hosts = NULL;
    const GOptionEntry entries[] = {
        {"listen", 0, 0, G_OPTION_ARG_STRING, &listen, "Where (" LISTEN "); port 0: any",
         "ADDRESS:PORT"},
        {"host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &hosts,
         "Another name it is asked under; may be given again", "NAME[:PORT]"},
        {"source-url", 0, 0, G_OPTION_ARG_STRING, &source_url,
         "Link to a line: {commit}, {file}, {line}", "URL"},
        CLI_STATE_DIR(&state_option),
        {NULL},
    };
    const CommandLine line = {
        .command = "serve",
        .description = "Shows the jobs of the state folder as web pages. Everybody who reaches it\n"
                       "may read; who has the token of the file 'web-token' there may begin,\n"
                       "cancel and overrule jobs, which 'firstbad daemon' then does.",
        .entries = entries};
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    if (source_url && !g_str_has_prefix(source_url, "https://") &&
        !g_str_has_prefix(source_url, "http://")) {
        cli_complain("--source-url '%s': begins with https:// or http://", source_url);
        return EXIT_USAGE;
    }
    if (!check_state_option(state_option)) {
        return EXIT_USAGE;
    }
    state_dir = cli_state_dir(state_option);
    say_if_empty(state_dir);
    return serve(&(WebOptions){.state_dir = state_dir,
                               .listen = listen ? listen : LISTEN,
                               .hosts = (const char *const *)hosts,
                               .source_url = source_url});
}
