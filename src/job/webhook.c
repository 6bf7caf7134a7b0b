/* SPDX-License-Identifier: Apache-2.0
 * Which URLs may be told of an answer. What an answer quotes is not for others to read on the way:
 * https, or http that does not leave this machine.
 */
#include "job/job.h"

#include <string.h>

static gboolean is_loopback(const char *host)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);

    return address ? g_inet_address_get_is_loopback(address)
                   : g_ascii_strcasecmp(host, "localhost") == 0;
}

/* Without them nothing can get out of the line that a program is told the URL in. */
static gboolean is_graphic(const char *text)
{
    for (; *text; text++) {
        if (!g_ascii_isgraph(*text)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean job_check_webhook(const char *url, GError **error)
{
    g_autoptr(GUri) uri =
        is_graphic(url) ? g_uri_parse(url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, NULL)
                        : NULL;
    const char *host = uri ? g_uri_get_host(uri) : NULL;

    if (!host || !*host) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--webhook: '%s' is no URL, such as https://ci.example.org/done", url);
        return FALSE;
    }
    if (!g_str_equal(g_uri_get_scheme(uri), "https") &&
        !(g_str_equal(g_uri_get_scheme(uri), "http") && is_loopback(host))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--webhook: %s://%s: https, or http to this machine (127.0.0.1, localhost)",
                    g_uri_get_scheme(uri), host);
        return FALSE;
    }
    return TRUE;
}

char *job_webhook_host(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, NULL);
    const char *host = uri ? g_uri_get_host(uri) : NULL;
    g_autofree char *port = NULL;

    if (!host) {
        return g_strdup("?");
    }
    port = g_uri_get_port(uri) > 0 ? g_strdup_printf(":%d", g_uri_get_port(uri)) : g_strdup("");
    return g_strdup_printf(strchr(host, ':') ? "%s://[%s]%s" : "%s://%s%s", g_uri_get_scheme(uri),
                           host, port);
}
