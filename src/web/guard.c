/* SPDX-License-Identifier: Apache-2.0
 * Who may read, and who may ask for something.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "web/private.h"

#define TOKEN_FILE "web-token"
#define N_BYTES    32
#define N_DIGITS   (2 * N_BYTES)

/* --- The token ------------------------------------------------------------------------------- */

static gboolean set_errno(GError **error, const char *doing, const char *path)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "cannot %s %s: %s", doing, path,
                g_strerror(code));
    return FALSE;
}

static char *make_token(void)
{
    guint8 bytes[N_BYTES];
    GString *token = g_string_new(NULL);

    /* So few bytes always come whole. */
    if (getrandom(bytes, sizeof bytes, 0) != (gssize)sizeof bytes) {
        g_error("getrandom: %s", g_strerror(errno));
    }
    for (guint i = 0; i < N_BYTES; i++) {
        g_string_append_printf(token, "%02x", bytes[i]);
    }
    return g_string_free(token, FALSE);
}

static gboolean write_token(int fd, const char *token, const char *path, GError **error)
{
    g_autofree char *line = g_strconcat(token, "\n", NULL);

    if (write(fd, line, strlen(line)) != (gssize)strlen(line) || fsync(fd) != 0) {
        set_errno(error, "write", path);
        g_unlink(path);
        return FALSE;
    }
    return TRUE;
}

/* What nobody else could have read or written. */
static gboolean read_token(int fd, const char *path, char **ret_token, GError **error)
{
    struct stat about;
    char text[N_DIGITS + 1] = "";

    if (fstat(fd, &about) != 0 || read(fd, text, N_DIGITS) < 0) {
        return set_errno(error, "read", path);
    }
    if (!S_ISREG(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & 077)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                    "%s could be read or written by others: remove it, and a new token is made",
                    path);
        return FALSE;
    }
    if (strspn(text, "0123456789abcdef") != N_DIGITS) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s has no token: remove it, and a new one is made", path);
        return FALSE;
    }
    *ret_token = g_strdup(text);
    return TRUE;
}

gboolean guard_load_token(const char *state_dir, char **ret_token, char **ret_path, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, TOKEN_FILE, NULL);
    g_autofree char *token = NULL;
    gboolean done;
    int fd;

    if (g_mkdir_with_parents(state_dir, 0700) != 0) {
        return set_errno(error, "make", state_dir);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        token = make_token();
        done = write_token(fd, token, path, error);
    } else {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0) {
            return set_errno(error, "open", path);
        }
        done = read_token(fd, path, &token, error);
    }
    close(fd);
    if (done) {
        *ret_token = g_steal_pointer(&token);
        *ret_path = g_steal_pointer(&path);
    }
    return done;
}

/* How long it takes tells nothing of where they differ. */
gboolean guard_is_token(const char *token, const char *given)
{
    volatile guint8 differs = 0;

    if (!given || strlen(given) != N_DIGITS) {
        return FALSE;
    }
    for (guint i = 0; i < N_DIGITS; i++) {
        differs |= (guint8)token[i] ^ (guint8)given[i];
    }
    return differs == 0;
}

/* --- Names ----------------------------------------------------------------------------------- */

static void add_host(GPtrArray *hosts, const char *name, guint16 port)
{
    g_ptr_array_add(hosts, g_strdup_printf("%s:%u", name, port));
    /* Browsers leave it out. */
    if (port == 80) {
        g_ptr_array_add(hosts, g_strdup(name));
    }
}

GPtrArray *guard_hosts(const char *host, guint16 port, const char *const *more)
{
    GPtrArray *hosts = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *literal = strchr(host, ':') ? g_strdup_printf("[%s]", host) : g_strdup(host);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);

    add_host(hosts, literal, port);
    if (address && g_inet_address_get_is_loopback(address)) {
        add_host(hosts, "localhost", port);
    }
    for (; more && *more; more++) {
        g_ptr_array_add(hosts, g_strdup(*more));
    }
    return hosts;
}

gboolean guard_knows_host(const GPtrArray *hosts, const char *host)
{
    for (guint i = 0; host && i < hosts->len; i++) {
        if (g_ascii_strcasecmp(hosts->pdata[i], host) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean guard_is_own_origin(const char *origin, const char *host)
{
    const char *rest = !origin                                ? NULL
                       : g_str_has_prefix(origin, "http://")  ? origin + strlen("http://")
                       : g_str_has_prefix(origin, "https://") ? origin + strlen("https://")
                                                              : NULL;

    return rest && host && g_ascii_strcasecmp(rest, host) == 0;
}
