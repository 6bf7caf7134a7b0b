/* SPDX-License-Identifier: Apache-2.0
 * libmicrohttpd around the handlers: connections, limits, the checks before a handler is called,
 * and the headers of each reply.
 *
 * The library calls on_call() several times: when the header of a call is there, for each piece of
 * its body, and when that is whole. What is refused is refused the first time, before anything of
 * the body is read.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "web/private.h"

#define MOST_CONNECTIONS 128
#define IDLE_S           30
/* Of a header: an address, cookies. */
#define HEADER_BYTES (32 << 10)
/* What is smaller fits into a packet or two. */
#define PACK_LEAST  4096
#define PACK_LEVEL  6
#define POST_BUFFER (16 << 10)

#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/* A call from its header to its reply. */
/* So much of a body that is too long is read, so that who sends it reads the answer. */
#define SLACK_BYTES (64 << 10)

typedef struct Receipt {
    WebCall call;
    const Route *route;
    struct MHD_PostProcessor *post;
    gsize n_bytes; /* of the body, so far */
    gboolean is_too_long;
    gboolean is_damaged; /* the body is no form, or half a one */
} Receipt;

static void free_text(gpointer text)
{
    g_string_free(text, TRUE);
}

static Receipt *receipt_new(Web *web, struct MHD_Connection *connection, const char *path)
{
    Receipt *receipt = g_new0(Receipt, 1);
    WebCall *call = &receipt->call;

    call->web = web;
    call->connection = connection;
    call->path = path;
    call->place.source_url = web->options->source_url;
    call->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_text);
    call->file_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return receipt;
}

static void receipt_free(Receipt *receipt)
{
    WebCall *call = &receipt->call;

    if (receipt->post) {
        MHD_destroy_post_processor(receipt->post);
    }
    g_hash_table_unref(call->fields);
    g_hash_table_unref(call->file_names);
    g_clear_pointer(&call->body, g_bytes_unref);
    g_free(call->args[0]);
    g_free(call->args[1]);
    g_free(call->location);
    g_free(call->cookie);
    g_free(receipt);
}

static const char *header(const WebCall *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

/* --- The reply ------------------------------------------------------------------------------- */

static void add_headers(struct MHD_Response *response, const WebCall *call, gboolean is_stream)
{
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Type", call->type},
        {"Content-Security-Policy", POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"}, /* with no-referrer, forms have no Origin */
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control",
         call->is_lasting ? "public, max-age=31536000, immutable" : "private, no-cache"},
        {"Vary", call->is_lasting ? "Accept-Encoding" : "Accept-Encoding, Cookie"},
        {"Content-Encoding", call->is_packed ? "gzip" : NULL},
        {"X-Accel-Buffering", is_stream ? "no" : NULL}, /* nginx */
        {"Location", call->location},
        {"Set-Cookie", call->cookie},
        {"Retry-After", call->status == MHD_HTTP_SERVICE_UNAVAILABLE ? "10" : NULL},
        {"Connection", call->is_last ? "close" : NULL},
        {"WWW-Authenticate", call->status == MHD_HTTP_UNAUTHORIZED ? "Bearer" : NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        if (headers[i].value) {
            MHD_add_response_header(response, headers[i].name, headers[i].value);
        }
    }
    if (call->download) {
        g_autofree char *value = g_strdup_printf("attachment; filename=\"%s\"", call->download);

        MHD_add_response_header(response, "Content-Disposition", value);
    }
}

/* Pages say much twice: they become a tenth. None has a secret that a stranger could guess by the
 * length of what he makes it say beside (BREACH): the token is on no page. */
static GBytes *pack(GBytes *body)
{
    g_autoptr(GConverter) packer =
        G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, PACK_LEVEL));
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, packer);
    gsize n_bytes;
    const void *bytes = g_bytes_get_data(body, &n_bytes);

    if (!g_output_stream_write_all(stream, bytes, n_bytes, NULL, NULL, NULL) ||
        !g_output_stream_close(stream, NULL, NULL)) {
        return NULL;
    }
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

/* A name of the list "gzip, deflate;q=0.5"; who writes "gzip;q=0" gets it plain, like all who do
 * not write it alone. */
static gboolean takes_gzip(const WebCall *call)
{
    const char *value = header(call, "Accept-Encoding");
    g_auto(GStrv) names = g_strsplit(value ? value : "", ",", -1);

    for (char **name = names; *name; name++) {
        if (g_ascii_strcasecmp(g_strstrip(*name), "gzip") == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void pack_body(WebCall *call)
{
    GBytes *packed;

    if (!call->body || call->download || g_bytes_get_size(call->body) < PACK_LEAST ||
        !takes_gzip(call)) {
        return;
    }
    packed = pack(call->body);
    if (packed) {
        g_bytes_unref(call->body);
        call->body = packed;
        call->is_packed = TRUE;
    }
}

static enum MHD_Result send_reply(WebCall *call)
{
    struct MHD_Response *response = g_steal_pointer(&call->stream);
    gboolean is_stream = response != NULL;
    enum MHD_Result result;

    pack_body(call);
    if (is_stream) {
        link_stop_clock(call->web, call->connection);
    } else {
        link_give_time(call->web, call->connection, g_bytes_get_size(call->body));
    }
    if (!response) {
        gsize n_bytes;
        const void *bytes = g_bytes_get_data(call->body, &n_bytes);

        /* The library keeps them until they are sent. */
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            n_bytes, (void *)bytes, (MHD_ContentReaderFreeCallback)g_bytes_unref,
            g_bytes_ref(call->body));
    }
    add_headers(response, call, is_stream);
    result = MHD_queue_response(call->connection, call->status, response);
    MHD_destroy_response(response);
    return result;
}

/* --- Before a handler is called -------------------------------------------------------------- */

static gboolean has_bearer(const WebCall *call)
{
    const char *value = header(call, "Authorization");

    return value && g_str_has_prefix(value, "Bearer ") &&
           guard_is_token(call->web->token, value + strlen("Bearer "));
}

static gboolean has_cookie(const WebCall *call)
{
    return guard_is_token(
        call->web->token,
        MHD_lookup_connection_value(call->connection, MHD_COOKIE_KIND, call->web->cookie));
}

/* May the call change anything? A program shows the token itself; what a browser sends has to come
 * from our own page. */
static gboolean check_writer(WebCall *call, const Route *route)
{
    gboolean is_own = guard_is_own_origin(header(call, "Origin"), header(call, "Host"));

    if (!has_bearer(call) && !is_own) {
        reply_error(call, MHD_HTTP_FORBIDDEN,
                    "This must come from a page of this server, or with the token in an "
                    "Authorization header.");
        return FALSE;
    }
    if (route->needs_token && !call->place.may_write) {
        reply_error(call, MHD_HTTP_UNAUTHORIZED, "This needs the token: log in.");
        return FALSE;
    }
    return TRUE;
}

/* Of a body that does not say how long it is, the end is waited for. */
static gboolean check_length(WebCall *call, const Route *route)
{
    const char *text = header(call, "Content-Length");
    guint64 length;

    if (text && (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &length, NULL) ||
                 length > route->most_bytes)) {
        reply_error(call, MHD_HTTP_CONTENT_TOO_LARGE, "That is too long.");
        return FALSE;
    }
    return TRUE;
}

/* Headers that say where a call ends, and whom it is meant for: two of them, and a proxy before us
 * may have gone by the other one. */
typedef struct Ends {
    guint n_hosts, n_lengths, n_codings;
} Ends;

static enum MHD_Result count_end(void *data, enum MHD_ValueKind kind, const char *key,
                                 const char *value)
{
    Ends *ends = data;

    ends->n_hosts += g_ascii_strcasecmp(key, "Host") == 0;
    ends->n_lengths += g_ascii_strcasecmp(key, "Content-Length") == 0;
    ends->n_codings += g_ascii_strcasecmp(key, "Transfer-Encoding") == 0;
    return MHD_YES;
}

static gboolean check_ends(WebCall *call)
{
    Ends ends = {0};

    MHD_get_connection_values(call->connection, MHD_HEADER_KIND, count_end, &ends);
    if (ends.n_hosts > 1 || ends.n_lengths + ends.n_codings > 1) {
        reply_error(call, MHD_HTTP_BAD_REQUEST, "It is not clear where this call ends.");
        return FALSE;
    }
    return TRUE;
}

/* The route of the call; NULL: it is refused, and the reply says why. */
static const Route *admit(WebCall *call, const char *method)
{
    gboolean is_path, is_post = g_str_equal(method, "POST");
    const Route *route;

    if (!check_ends(call)) {
        return NULL;
    }
    if (!guard_knows_host(call->web->hosts, header(call, "Host"))) {
        reply_error(
            call, MHD_HTTP_MISDIRECTED_REQUEST,
            "This server is not known by that name. 'firstbad serve --host NAME' adds one.");
        return NULL;
    }
    call->place.may_write = has_bearer(call) || has_cookie(call);
    route = route_find(method, call->path, call->args, &is_path);
    if (!route) {
        reply_error(call, is_path ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
                    is_path ? "Not in this way." : "There is nothing at this address.");
        return NULL;
    }
    call->may_be_named = !is_post;
    if (is_post && (!check_writer(call, route) || !check_length(call, route))) {
        return NULL;
    }
    return route;
}

/* --- The body -------------------------------------------------------------------------------- */

/* A piece of a field. */
static enum MHD_Result on_field(void *data, enum MHD_ValueKind kind, const char *key,
                                const char *file_name, const char *type, const char *encoding,
                                const char *bytes, uint64_t offset, size_t n_bytes)
{
    WebCall *call = data;
    GString *value;

    /* A part of a form that has no name. */
    if (!key) {
        return MHD_YES;
    }
    value = g_hash_table_lookup(call->fields, key);
    if (!value) {
        value = g_string_new(NULL);
        g_hash_table_insert(call->fields, g_strdup(key), value);
    }
    if (file_name && *file_name && !g_hash_table_contains(call->file_names, key)) {
        g_hash_table_insert(call->file_names, g_strdup(key), g_strdup(file_name));
    }
    /* A second field of the name begins at 0, too: it is part of the first. */
    g_string_append_len(value, bytes, (gssize)n_bytes);
    return MHD_YES;
}

static enum MHD_Result take_piece(Receipt *receipt, const char *bytes, size_t *n_bytes)
{
    receipt->n_bytes += *n_bytes;
    link_add_time(receipt->call.web, receipt->call.connection, *n_bytes);
    receipt->is_too_long = receipt->n_bytes > receipt->route->most_bytes;
    /* Who does not end is not listened to: the connection is closed. */
    if (receipt->n_bytes > receipt->route->most_bytes + SLACK_BYTES) {
        return MHD_NO;
    }
    if (!receipt->is_too_long && receipt->post &&
        MHD_post_process(receipt->post, bytes, *n_bytes) != MHD_YES) {
        receipt->is_damaged = TRUE;
    }
    *n_bytes = 0;
    return MHD_YES;
}

/* --- Calls ----------------------------------------------------------------------------------- */

static enum MHD_Result begin(Web *web, struct MHD_Connection *connection, const char *path,
                             const char *method, void **state)
{
    Receipt *receipt = receipt_new(web, connection, path);

    *state = receipt;
    link_stop_clock(web, connection);
    receipt->call.is_last = !link_be_fair(web);
    link_give_time(web, connection, 0);
    receipt->route = admit(&receipt->call, method);
    if (!receipt->route) {
        /* A body that was not read would be taken for the next call. */
        receipt->call.is_last = TRUE;
        return send_reply(&receipt->call);
    }
    if (g_str_equal(method, "POST")) {
        receipt->post =
            MHD_create_post_processor(connection, POST_BUFFER, on_field, &receipt->call);
    }
    return MHD_YES;
}

static void work(WebCall *call, const Route *route)
{
    link_stop_clock(call->web, call->connection);
    if (route->is_light) {
        route->func(call);
    } else if (place_take(call->web)) {
        route->func(call);
        place_leave(call->web);
    } else {
        reply_error(call, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many ask at once: try again later.");
    }
}

static enum MHD_Result on_call(void *data, struct MHD_Connection *connection, const char *path,
                               const char *method, const char *version, const char *bytes,
                               size_t *n_bytes, void **state)
{
    Receipt *receipt = *state;

    if (!receipt) {
        return begin(data, connection, path, method, state);
    }
    if (*n_bytes) {
        return take_piece(receipt, bytes, n_bytes);
    }
    receipt->call.path = path;
    if (receipt->is_too_long) {
        reply_error(&receipt->call, MHD_HTTP_CONTENT_TOO_LARGE, "That is too long.");
    } else if (receipt->is_damaged) {
        reply_error(&receipt->call, MHD_HTTP_BAD_REQUEST, "The form cannot be read.");
    } else {
        work(&receipt->call, receipt->route);
    }
    return send_reply(&receipt->call);
}

static void on_end(void *data, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode how)
{
    Web *web = data;

    g_clear_pointer((Receipt **)state, receipt_free);
    link_give_time(web, connection, 0); /* the next call */
}

/* --- Starting -------------------------------------------------------------------------------- */

/* "127.0.0.1:8766" or "[::1]:8766". */
static GInetSocketAddress *parse_listen(const char *text, GError **error)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *host = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
    g_autoptr(GInetAddress) address = NULL;
    guint64 port;

    if (host && *host == '[' && g_str_has_suffix(host, "]")) {
        memmove(host, host + 1, strlen(host));
        host[strlen(host) - 1] = '\0';
    }
    address = host ? g_inet_address_new_from_string(host) : NULL;
    if (!address || !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &port, NULL)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--listen '%s': an address and a port, such as 127.0.0.1:8766 or [::1]:8766",
                    text);
        return NULL;
    }
    return G_INET_SOCKET_ADDRESS(g_inet_socket_address_new(address, (guint16)port));
}

/* Where it listens, which is another port where that was 0. */
static void name_itself(Web *web, GInetSocketAddress *socket)
{
    GInetAddress *address = g_inet_socket_address_get_address(socket);
    gboolean is_v6 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6;
    g_autofree char *host = g_inet_address_to_string(address);
    guint16 port = g_inet_socket_address_get_port(socket);

    /* Cookies are kept by host, whatever the port: two servers of one host have two. */
    web->cookie = g_strdup_printf("firstbad-token-%u", (unsigned)port);
    web->hosts = guard_hosts(host, port, web->options->hosts);
    web->address =
        g_strdup_printf(is_v6 ? "http://[%s]:%u/" : "http://%s:%u/", host, (unsigned)port);
}

/* The socket is bound here, and not by the library, so that the port is known before the first
 * call comes. It belongs to the library from then on. */
static int bind_at(Web *web, GInetSocketAddress *wanted, GError **error)
{
    GSocketFamily family = g_inet_address_get_family(g_inet_socket_address_get_address(wanted));
    g_autoptr(GSocket) socket =
        g_socket_new(family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
    g_autoptr(GSocketAddress) bound = NULL;
    int fd;

    if (!socket || !g_socket_bind(socket, G_SOCKET_ADDRESS(wanted), TRUE, error) ||
        !g_socket_listen(socket, error) || !(bound = g_socket_get_local_address(socket, error))) {
        g_prefix_error(error, "cannot listen at %s: ", web->options->listen);
        return -1;
    }
    name_itself(web, G_INET_SOCKET_ADDRESS(bound));
    fd = fcntl(g_socket_get_fd(socket), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot listen: %s",
                    g_strerror(errno));
    }
    return fd;
}

static gboolean start_daemon(Web *web, int fd, GError **error)
{
    web->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC,
        0, link_may_begin, web, on_call, web, MHD_OPTION_NOTIFY_COMPLETED, on_end, web,
        MHD_OPTION_NOTIFY_CONNECTION, link_on_change, web, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned int)MOST_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES, MHD_OPTION_END);
    if (!web->daemon) {
        close(fd);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "libmicrohttpd cannot start");
        return FALSE;
    }
    return TRUE;
}

static void web_free(Web *web)
{
    limits_stop(web);
    g_clear_pointer(&web->hosts, g_ptr_array_unref);
    g_free(web->address);
    g_free(web->cookie);
    g_free(web->token);
    g_free(web->token_path);
    g_mutex_clear(&web->lock);
    g_cond_clear(&web->stopped);
    g_cond_clear(&web->has_place);
    g_free(web);
}

Web *web_start(const WebOptions *options, GError **error)
{
    g_autoptr(GInetSocketAddress) socket = parse_listen(options->listen, error);
    Web *web;
    int fd = -1;

    if (!socket) {
        return NULL;
    }
    web = g_new0(Web, 1);
    web->options = options;
    g_mutex_init(&web->lock);
    g_cond_init(&web->stopped);
    g_cond_init(&web->has_place);
    limits_start(web);
    if (!guard_load_token(options->state_dir, &web->token, &web->token_path, error) ||
        (fd = bind_at(web, socket, error)) < 0 || !start_daemon(web, fd, error)) {
        web_free(web);
        return NULL;
    }
    return web;
}

void web_stop(Web *web)
{
    g_mutex_lock(&web->lock);
    web->is_stopping = TRUE;
    g_cond_broadcast(&web->stopped);
    g_cond_broadcast(&web->has_place);
    g_mutex_unlock(&web->lock);
    MHD_stop_daemon(web->daemon);
    web_free(web);
}

const char *web_address(const Web *web)
{
    return web->address;
}

const char *web_token(const Web *web)
{
    return web->token;
}

const char *web_token_path(const Web *web)
{
    return web->token_path;
}
