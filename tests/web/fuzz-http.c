/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: anything that comes over a connection to the dashboard: the server itself, with
 * a job in its store. The host's name is "fuzz", and @TOKEN@ stands for the token.
 */
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../report/stored.h"
#include "service/service.h"
#include "web/web.h"

/* No page is longer. */
#define MOST_BYTES (8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static Stored stored;
static Web *web;
static guint16 port;

static void stop(void)
{
    web_stop(web);
    stored_tear_down(&stored, NULL);
}

static void start(void)
{
    static const char *const hosts[] = {"fuzz", NULL};
    static WebOptions options = {.listen = "127.0.0.1:0", .hosts = hosts};

    stored_set_up(&stored, NULL);
    stored_finish(&stored, "net/smc: <xss fix");
    options.state_dir = stored.folder;
    web = web_start(&options, NULL);
    g_assert_nonnull(web);
    port = (guint16)g_ascii_strtoull(strrchr(web_address(web), ':') + 1, NULL, 10);
    atexit(stop);
}

/* The input with the token in it. */
static GString *request_of(const uint8_t *data, size_t n)
{
    GString *text = g_string_new_len((const char *)data, (gssize)n);
    const char *mark = "@TOKEN@", *found;

    while ((found = memmem(text->str, text->len, mark, strlen(mark)))) {
        gssize at = found - text->str;

        g_string_erase(text, at, (gssize)strlen(mark));
        g_string_insert(text, at, web_token(web));
    }
    return text;
}

/* A stream of events has no end of its own. */
static gboolean is_over(const GString *answer)
{
    return strstr(answer->str, "\r\n\r\n") && strstr(answer->str, "text/event-stream");
}

static GString *ask(const GString *request)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    GString *answer = g_string_new(NULL);
    char piece[16384];
    ssize_t got;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    /* Who is refused early is not read to the end. */
    send(fd, request->str, request->len, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while (!is_over(answer) && (got = recv(fd, piece, sizeof piece, 0)) > 0) {
        g_string_append_len(answer, piece, got);
        g_assert_cmpuint(answer->len, <, MOST_BYTES);
    }
    close(fd);
    return answer;
}

/* A page is text, has nothing of the request's in it that could be markup, and JSON is JSON. */
static void check_page(const char *header, const char *body, gsize n_body)
{
    if (strstr(header, "Content-Encoding: gzip")) {
        return;
    }
    g_assert_false(g_str_has_prefix(header, "HTTP/1.1 500"));
    if (strstr(header, "Content-Type: text/html; charset=utf-8")) {
        g_assert_true(g_utf8_validate(body, (gssize)n_body, NULL));
        g_assert_null(memmem(body, n_body, "<xss", strlen("<xss")));
    }
}

/* Of the answers to all requests that came over the connection, each by itself. */
static void check(const GString *answers)
{
    const char *at = answers->str, *whole = answers->str + answers->len, *end;

    while (at < whole) {
        g_autofree char *header = NULL;
        const char *length;
        gsize n_body;

        g_assert_true(g_str_has_prefix(at, "HTTP/1."));
        end = strstr(at, "\r\n\r\n");
        if (!end) {
            return;
        }
        header = g_strndup(at, (gsize)(end - at));
        at = end + strlen("\r\n\r\n");
        length = strstr(header, "Content-Length: ");
        n_body =
            length ? g_ascii_strtoull(length + strlen("Content-Length: "), NULL, 10) : G_MAXSIZE;
        /* HEAD asks for the length alone. */
        n_body = g_str_has_prefix(at, "HTTP/1.") ? 0 : MIN(n_body, (gsize)(whole - at));
        check_page(header, at, n_body);
        at += n_body;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    g_autoptr(GString) request = NULL, answer = NULL;
    g_auto(GStrv) put = NULL;

    if (!web) {
        start();
    }
    request = request_of(data, n);
    answer = ask(request);
    check(answer);
    put = spool_list(stored.folder);
    for (char **path = put; *path; path++) {
        g_unlink(*path);
    }
    return 0;
}
