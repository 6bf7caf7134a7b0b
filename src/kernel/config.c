/* SPDX-License-Identifier: Apache-2.0
 * Texts of .config files.
 */
#include "kernel/config.h"

#include <string.h>

/* Self-signed, made for this purpose with `openssl req -x509`; its private key was thrown away. A
 * kernel carries only the certificate, and we build no modules that would need the key. */
/* clang-format off */
static const char signing_key[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDiTCCAnGgAwIBAgIUKEB7VmqRiLgxhbOnJaPlLHTJguQwDQYJKoZIhvcNAQEL\n"
    "BQAwUzERMA8GA1UECgwIZmlyc3RiYWQxPjA8BgNVBAMMNWZpcnN0YmFkOiBtb2R1\n"
    "bGVzIG9mIGEgYmlzZWN0ZWQga2VybmVsIGFyZSBub3Qgc2lnbmVkMCAXDTI2MTEy\n"
    "MjE5NDM0OFoYDzIxMjYxMDI5MTk0MzQ4WjBTMREwDwYDVQQKDAhmaXJzdGJhZDE+\n"
    "MDwGA1UEAww1Zmlyc3RiYWQ6IG1vZHVsZXMgb2YgYSBiaXNlY3RlZCBrZXJuZWwg\n"
    "YXJlIG5vdCBzaWduZWQwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCj\n"
    "YHLf/JNLV3JaKIzymDKsR0CH/+tEq4x6a2i3YIqOBAvKsxxh+LF4lJbiY6XhjaJV\n"
    "uPHr0F6RFOep+ZSS9Mkv+GOd8vEwqUXfGCaDWo+zPuY1cso4494ImZ+yr+gcJBS1\n"
    "uZfNI5FMporfPH06XBcF9204WXiPrErsmxcas2155253QcK15TguyTxW7jG+ccLj\n"
    "iZT3e+qF2leMT9W7qs2/qPgwOh/N6xh4NBHwxrmc3f4cHMHxQyjgozs7KxlZC1Bf\n"
    "MaU55KaESzrJZB+atMVdEmpP1NI1JsHjl9y5Od4NR7yxxwZmToaZE255KUk503BK\n"
    "Q2qV39vldmppDg64QXKBAgMBAAGjUzBRMB0GA1UdDgQWBBQKFI04rnsJHL7MXD6N\n"
    "5B0yY0wmKjAfBgNVHSMEGDAWgBQKFI04rnsJHL7MXD6N5B0yY0wmKjAPBgNVHRMB\n"
    "Af8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQB+VPKiz8s+cuMQ/c+5YAL7HyNt\n"
    "48/K/dj/Ac24tgbSEwamDJeHNfcL2FNyukSIyogxu3I+bnnWqF6juoojc04Z291i\n"
    "qU/jERzG2sGY2A7JfTgql3r9BMYLwd4bQL9rKc0Ax/SUXrCFX2yENZMaJ31ryZvQ\n"
    "ocbiV592+Rw9knPHNkWMkbylR7ILmiJzbvxVibjZQlJ9s3t+Owlw606H2dZymIJw\n"
    "rrE0oLw3/e+fOQJL75WUC5GDDdLX2nTf37OXtCdfxVC1JDcd/xJDqOwHJXZkB4vu\n"
    "XFe8S5ZvtGT2pq76XtblThIdkDW+vadhtO+Tqxatd8Yp8iNnFdTe5OVcN10y\n"
    "-----END CERTIFICATE-----\n";
/* clang-format on */

const char *config_signing_key(void)
{
    return signing_key;
}

/* Where the last line "NAME=" begins in @config (it overrides the others), or NULL. */
static const char *find_line(const char *config, const char *name)
{
    gsize n = strlen(name);
    const char *found = NULL;

    for (const char *line = config; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, n) == 0 && line[n] == '=') {
            found = line;
        }
    }
    return found;
}

char *config_value(const char *config, const char *name)
{
    const char *line = find_line(config, name);
    g_autofree char *value = NULL;
    gsize n;

    if (!line) {
        return NULL;
    }
    line += strlen(name) + 1;
    value = g_strndup(line, strcspn(line, "\r\n"));
    g_strstrip(value);
    n = strlen(value);
    if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
        return g_strndup(value + 1, n - 2);
    }
    return g_steal_pointer(&value);
}

gboolean config_is_on(const char *config, const char *name)
{
    g_autofree char *value = config_value(config, name);

    return g_strcmp0(value, "y") == 0;
}

/* A later line overrides an earlier one, so a change is a line at the end. */
static void append_string(GString *text, const char *name, const char *value)
{
    g_string_append_printf(text, "%s=\"%s\"\n", name, value);
}

/* Without these our guests cannot boot, speak, or be made to panic; configs of disk images
 * (syzbot's) lack the first. What depends on something that is off is dropped by olddefconfig and
 * shows among the lost options. */
static const char *const guest_options[] = {
    "CONFIG_BLK_DEV_INITRD", /* our PID 1 comes in an initramfs */
    "CONFIG_BINFMT_ELF",     /* and is an ELF file */
    "CONFIG_PRINTK",         /* crashes are read from the console, */
    "CONFIG_TTY",
    "CONFIG_SERIAL_8250", /* which is the first serial port; the second carries our protocol */
    "CONFIG_SERIAL_8250_CONSOLE",
    "CONFIG_PROC_FS", /* PID 1 reads its orders from /proc/cmdline */
    "CONFIG_SYSCTL",
    "CONFIG_PROC_SYSCTL", /* and sets panic_on_warn in /proc/sys */
};

/* What crashes as a module does so when built in, and guests load none. Some options (measured with
 * 6.1's allmodconfig: 63 of 8,880, tests and staging drivers) depend on being a module:
 * olddefconfig makes them =m again; 23 others do not go with one that is built in, and are dropped.
 * Both are in no kernel of ours, and count as lost. */
static GString *build_modules_in(const char *config)
{
    g_autoptr(GRegex) module = g_regex_new(
        "^(CONFIG_\\w+)=m(?=\\s*$)", G_REGEX_RAW | G_REGEX_MULTILINE, G_REGEX_MATCH_DEFAULT, NULL);
    g_autofree char *text = g_regex_replace(module, config, -1, 0, "\\1=y", 0, NULL);

    return g_string_new(text);
}

char *config_for_build(const char *config, const char *changes,
                       gboolean (*is_in_tree)(const char *path, gpointer data), gpointer data)
{
    /* Lists of keys that a distribution's own tree brings along: without the file no build. */
    static const char *const key_files[] = {"CONFIG_SYSTEM_TRUSTED_KEYS",
                                            "CONFIG_SYSTEM_REVOCATION_KEYS"};
    g_autofree char *signing = config_value(config, "CONFIG_MODULE_SIG_KEY");
    GString *text = build_modules_in(config);

    if (text->len && text->str[text->len - 1] != '\n') {
        g_string_append_c(text, '\n');
    }
    g_string_append(text, changes);
    for (gsize i = 0; i < G_N_ELEMENTS(guest_options); i++) {
        if (!config_is_on(text->str, guest_options[i])) {
            g_string_append_printf(text, "%s=y\n", guest_options[i]);
        }
    }
    /* It puts the commit into the release string: no two kernels would be the same. */
    g_string_append(text, "# CONFIG_LOCALVERSION_AUTO is not set\n");
    /* Without effect where modules are not signed. */
    if (!signing || g_str_equal(signing, "certs/signing_key.pem")) {
        append_string(text, "CONFIG_MODULE_SIG_KEY", CONFIG_SIGNING_KEY_FILE);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(key_files); i++) {
        g_autofree char *path = config_value(config, key_files[i]);

        if (path && *path && !is_in_tree(path, data)) {
            append_string(text, key_files[i], "");
        }
    }
    return g_string_free(text, FALSE);
}

GHashTable *config_options_on(const char *config)
{
    GHashTable *options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(config, "\n", -1);

    for (char **line = lines; *line; line++) {
        const char *equals;

        g_strchomp(*line);
        equals = strchr(*line, '=');
        if (g_str_has_prefix(*line, "CONFIG_") && equals &&
            (g_str_equal(equals, "=y") || g_str_equal(equals, "=m"))) {
            g_hash_table_replace(options, g_strndup(*line, (gsize)(equals - *line)),
                                 g_strdup(*line));
        } else if (g_str_has_prefix(*line, "# CONFIG_") && g_str_has_suffix(*line, " is not set")) {
            g_autofree char *name = g_strndup(*line + 2, strcspn(*line + 2, " "));

            g_hash_table_remove(options, name);
        }
    }
    return options;
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *config_without_debug_info(const char *config, Version kernel)
{
    g_autoptr(GHashTable) on = config_options_on(config);
    g_autoptr(GList) names = NULL;
    GString *lines = g_string_new(NULL);

    g_hash_table_remove(on, "CONFIG_DEBUG_INFO_NONE");
    names = g_list_sort(g_hash_table_get_keys(on), (GCompareFunc)strcmp);
    for (const GList *name = names; name; name = name->next) {
        if (g_str_has_prefix(name->data, "CONFIG_DEBUG_INFO") ||
            g_str_equal(name->data, "CONFIG_GDB_SCRIPTS")) {
            g_string_append_printf(lines, "# %s is not set\n", (const char *)name->data);
        }
    }
    /* A choice since f9b3cd245784 ("Kconfig.debug: make DEBUG_INFO selectable from a
     * choice", 5.18); before, the option did not exist, and would count as lost. */
    if (lines->len && (!kernel || kernel >= version_of_kernel("v5.18"))) {
        g_string_append(lines, "CONFIG_DEBUG_INFO_NONE=y\n");
    }
    return g_string_free(lines, FALSE);
}

char **config_lost_options(const char *wanted, const char *got)
{
    g_autoptr(GHashTable) options = config_options_on(wanted);
    g_autoptr(GHashTable) kept = config_options_on(got);
    g_autoptr(GPtrArray) lost = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name, line;

    g_hash_table_iter_init(&iter, options);
    while (g_hash_table_iter_next(&iter, &name, &line)) {
        const char *got_line = g_hash_table_lookup(kept, name);

        if (!got_line || g_str_has_suffix(got_line, "=m")) {
            g_ptr_array_add(lost, g_strdup(line));
        }
    }
    g_ptr_array_sort(lost, compare_strings);
    g_ptr_array_add(lost, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&lost), FALSE);
}
