/* SPDX-License-Identifier: Apache-2.0
 * Callers who mean no good: slow ones, many of them, and calls that can be read in two ways.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>

#include "web/private.h"

#define OF_AN_ADDRESS 64 /* as limits.c has it */
#define N_CALLS       10000
#define N_AT_ONCE     100
/* Nothing takes so long; what is cut off is so after a second or two. */
#define LIMIT_S 120

/* How it listens. */
typedef struct Way {
    const char *listen;
    guint call_s, burst_ms;
} Way;

typedef struct Served {
    char *dir, *host, *origin;
    guint16 port;
    WebOptions options;
    Web *web;
} Served;

static void served_begin(Served *served, gconstpointer data)
{
    const Way *way = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GUri) uri = NULL;

    served->dir = g_dir_make_tmp("firstbad-limits-XXXXXX", NULL);
    served->options = (WebOptions){.state_dir = served->dir,
                                   .listen = way->listen,
                                   .call_s = way->call_s,
                                   .burst_ms = way->burst_ms};
    served->web = web_start(&served->options, &error);
    g_assert_no_error(error);
    uri = g_uri_parse(web_address(served->web), G_URI_FLAGS_NONE, NULL);
    served->host = g_strdup(g_uri_get_host(uri));
    served->port = (guint16)g_uri_get_port(uri);
    served->origin = g_strndup(web_address(served->web), strlen(web_address(served->web)) - 1);
}

static void served_end(Served *served, gconstpointer way)
{
    g_unlink(web_token_path(served->web));
    g_rmdir(served->dir);
    web_stop(served->web);
    g_free(served->dir);
    g_free(served->host);
    g_free(served->origin);
}

/* Connect from @from, or from anywhere. */
static GSocket *dial(const Served *served, const char *from)
{
    g_autoptr(GInetAddress) there = g_inet_address_new_from_string(served->host);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new(there, served->port);
    g_autoptr(GError) error = NULL;
    GSocket *socket =
        g_socket_new(g_inet_address_get_family(there), G_SOCKET_TYPE_STREAM, 0, &error);

    g_assert_no_error(error);
    if (from) {
        g_autoptr(GInetAddress) here = g_inet_address_new_from_string(from);
        g_autoptr(GSocketAddress) bound = g_inet_socket_address_new(here, 0);

        g_socket_bind(socket, bound, FALSE, &error);
        g_assert_no_error(error);
    }
    g_socket_connect(socket, address, NULL, &error);
    g_assert_no_error(error);
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

/* Whoever serves looks at his clock meanwhile. TRUE: there is something to read, or it is over. */
static gboolean wait_for_news(GSocket *socket)
{
    g_main_context_iteration(NULL, FALSE);
    return g_socket_condition_timed_wait(socket, G_IO_IN | G_IO_HUP, 50000, NULL, NULL);
}

/* What comes until the other side closes, or @n_answers have begun. */
static char *listen_to(GSocket *socket, guint n_answers)
{
    GString *said = g_string_new(NULL);
    gint64 until_us = g_get_monotonic_time() + LIMIT_S * G_USEC_PER_SEC;
    char bytes[65536];
    guint n = 0;

    while (n < n_answers) {
        gssize n_bytes;

        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        if (!wait_for_news(socket)) {
            continue;
        }
        n_bytes = g_socket_receive(socket, bytes, sizeof bytes, NULL, NULL);
        if (n_bytes <= 0) {
            break;
        }
        g_string_append_len(said, bytes, n_bytes);
        n = 0;
        for (const char *at = said->str; (at = strstr(at, "HTTP/1.1 ")); at++) {
            n++;
        }
    }
    return g_string_free(said, FALSE);
}

static guint count(const char *text, const char *what)
{
    guint n = 0;

    for (; (text = strstr(text, what)); text++) {
        n++;
    }
    return n;
}

static void say(GSocket *socket, const char *text)
{
    g_assert_cmpint(g_socket_send(socket, text, strlen(text), NULL, NULL), ==, strlen(text));
}

static char *get(const Served *served, const char *path, const char *more)
{
    return g_strdup_printf("GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path,
                           served->origin + strlen("http://"), more);
}

/* --- Slow ones ------------------------------------------------------------------------------- */

/* Say @begin, and then a letter now and then: he is cut off, though he is never silent for long. */
static void check_slow(const Served *served, const char *begin)
{
    g_autoptr(GSocket) socket = dial(served, NULL);
    gint64 until_us = g_get_monotonic_time() + LIMIT_S * G_USEC_PER_SEC;

    say(socket, begin);
    while (!wait_for_news(socket)) {
        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        g_socket_send(socket, "a", 1, NULL, NULL);
    }
    g_autofree char *said = listen_to(socket, 1);

    g_assert_cmpstr(said, ==, "");
}

static void test_slow_header(Served *served, gconstpointer way)
{
    check_slow(served, "GET /login HTTP/1.1\r\n");
}

static void test_slow_body(Served *served, gconstpointer way)
{
    g_autofree char *begin =
        g_strdup_printf("POST /login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Length: 4096\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\n\r\n",
                        served->origin + strlen("http://"), served->origin);

    check_slow(served, begin);
}

/* --- Many of them ---------------------------------------------------------------------------- */

static gboolean is_answered(const Served *served, GSocket *socket)
{
    g_autofree char *call = get(served, "/login", "");
    g_autofree char *said = NULL;

    g_socket_send(socket, call, strlen(call), NULL, NULL);
    said = listen_to(socket, 1);
    return g_str_has_prefix(said, "HTTP/1.1 200 ");
}

static void test_address(Served *served, gconstpointer way)
{
    gboolean is_v4 = !strchr(served->host, ':');
    g_autoptr(GPtrArray) sockets = g_ptr_array_new_with_free_func(g_object_unref);

    for (guint i = 0; i < OF_AN_ADDRESS; i++) {
        /* All of 127.0.0.0/8 is one. */
        g_autofree char *from = is_v4 ? g_strdup_printf("127.0.0.%u", 1 + i) : NULL;

        g_ptr_array_add(sockets, dial(served, from));
    }
    for (guint i = 0; i < sockets->len; i++) {
        g_assert_true(is_answered(served, sockets->pdata[i]));
    }
    g_autoptr(GSocket) one_more = dial(served, NULL);

    g_assert_false(is_answered(served, one_more));
    /* Who ends makes way; it is seen a moment later. */
    g_ptr_array_set_size(sockets, 0);
    for (guint i = 0;; i++) {
        g_autoptr(GSocket) next = dial(served, NULL);

        if (is_answered(served, next)) {
            break;
        }
        g_assert_cmpuint(i, <, 10000);
    }
}

static void test_many(Served *served, gconstpointer way)
{
    g_autofree char *call = get(served, "/login", "");
    g_autoptr(GString) calls = g_string_new(NULL);
    guint n_answers = 0;

    for (guint i = 0; i < N_AT_ONCE; i++) {
        g_string_append(calls, call);
    }
    for (guint i = 0; i < N_CALLS / N_AT_ONCE; i++) {
        g_autoptr(GSocket) socket = dial(served, NULL);
        g_autofree char *said = NULL;

        say(socket, calls->str);
        said = listen_to(socket, N_AT_ONCE);
        n_answers += count(said, "HTTP/1.1 200 ");
    }
    g_assert_cmpuint(n_answers, ==, N_CALLS);
}

/* --- Greedy ones ----------------------------------------------------------------------------- */

/* Some thread of ours has only what others leave. */
static gboolean has_idle_thread(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        if (sched_getscheduler((pid_t)g_ascii_strtoll(name, NULL, 10)) == SCHED_IDLE) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The server is this process: what we compute is its use of a core. */
static void compute(guint ms)
{
    gint64 until_us = g_get_monotonic_time() + ms * 1000;

    while (g_get_monotonic_time() < until_us) {
    }
}

/* Is such a thread seen before there is an answer? */
static gboolean waits_idly(GSocket *socket)
{
    gint64 until_us = g_get_monotonic_time() + LIMIT_S * G_USEC_PER_SEC;
    gboolean is_idle = FALSE;

    do {
        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        is_idle = is_idle || has_idle_thread();
    } while (!wait_for_news(socket));
    return is_idle;
}

static void test_share(Served *served, gconstpointer way)
{
    g_autofree char *call = get(served, "/login", "");
    gint64 until_us = g_get_monotonic_time() + LIMIT_S * G_USEC_PER_SEC, took_us;
    gboolean is_idle;

    do {
        g_autoptr(GSocket) socket = dial(served, NULL);
        g_autofree char *said = NULL;
        gint64 begun_us;

        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        compute(300);
        begun_us = g_get_monotonic_time();
        say(socket, call);
        is_idle = waits_idly(socket);
        took_us = g_get_monotonic_time() - begun_us;
        said = listen_to(socket, 1);
        g_assert_true(g_str_has_prefix(said, "HTTP/1.1 200"));
        /* The next connection may be that of a caller who does not hurry. */
        g_assert_cmpint(is_idle, ==, strstr(said, "Connection: close") != NULL);
    } while (!is_idle);
    g_assert_cmpint(took_us, >=, G_USEC_PER_SEC);
}

/* After a flood of an hour, whoever comes is answered at once again some minutes later. */
static void test_flood_is_forgotten(void)
{
    gint64 spent_us = 0;

    for (guint i = 0; i < 3600; i++) {
        spent_us = limits_weigh(spent_us, 4 * G_USEC_PER_SEC, G_USEC_PER_SEC);
    }
    g_assert_cmpint(spent_us, >, 0);
    for (guint i = 0; i < 300; i++) {
        spent_us = limits_weigh(spent_us, 0, G_USEC_PER_SEC);
    }
    g_assert_cmpint(spent_us, ==, 0);
}

/* --- Calls in two ways ----------------------------------------------------------------------- */

static void test_ends(Served *served, gconstpointer way)
{
    g_autofree char *second = get(served, "/login", "");
    g_autofree char *length = g_strdup_printf("Content-Length: %zu\r\n", strlen(second));
    g_autofree char *host = g_strdup_printf("Host: %s\r\n", served->origin + strlen("http://"));
    const struct {
        const char *path, *more[2];
        const char *status;
    } calls[] = {
        {"/login", {length, "Transfer-Encoding: chunked\r\n"}, "400"},
        {"/login", {"Content-Length: 0\r\n", length}, "400"},
        {"/login", {length, "Content-Length: 0\r\n"}, "400"},
        {"/login", {host, ""}, "400"},
        /* It has a body, where none is read. */
        {"/nothing", {length, ""}, "404"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *more = g_strconcat(calls[i].more[0], calls[i].more[1], NULL);
        g_autofree char *first = get(served, calls[i].path, more);
        g_autofree char *both = g_strconcat(first, second, NULL), *said = NULL;
        g_autoptr(GSocket) socket = dial(served, NULL);

        say(socket, both);
        said = listen_to(socket, G_MAXUINT);
        g_test_message("%s", first);
        g_assert_cmpuint(count(said, "HTTP/1.1 "), ==, 1);
        g_assert_true(g_str_has_prefix(said + strlen("HTTP/1.1 "), calls[i].status));
    }
}

int main(int argc, char **argv)
{
    static const Way quick = {"127.0.0.1:0", 1, 0}, v4 = {"127.0.0.1:0", LIMIT_S, G_MAXUINT},
                     v6 = {"[::1]:0", LIMIT_S, 0}, frugal = {"127.0.0.1:0", LIMIT_S, 1};

    g_test_init(&argc, &argv, NULL);
#define ADD(name, way, func)                                                                       \
    g_test_add("/limits/" name, Served, way, served_begin, func, served_end)
    ADD("slow-header", &quick, test_slow_header);
    ADD("slow-body", &quick, test_slow_body);
    ADD("address", &v4, test_address);
    ADD("address-v6", &v6, test_address);
    ADD("many", &v4, test_many);
    ADD("share", &frugal, test_share);
    ADD("ends", &v4, test_ends);
    g_test_add_func("/limits/flood-is-forgotten", test_flood_is_forgotten);
    return g_test_run();
}
