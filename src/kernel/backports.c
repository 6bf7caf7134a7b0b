/* SPDX-License-Identifier: Apache-2.0
 * The table of fixes, read.
 */
#include "kernel/backports.h"

#include <gio/gio.h>
#include <string.h>

#include "kernel-data.h"

/* Less of an id may be another commit's tomorrow. */
#define MIN_ID_DIGITS 12

void backport_free(Backport *backport)
{
    if (!backport) {
        return;
    }
    g_free(backport->name);
    g_free(backport->title);
    g_free(backport->commit);
    g_free(backport->breaks);
    g_free(backport->breaks_title);
    g_free(backport->sound);
    g_free(backport->reason);
    g_free(backport);
}

Backport *backport_copy(const Backport *backport)
{
    Backport *copy = g_new(Backport, 1);

    *copy = *backport;
    copy->name = g_strdup(backport->name);
    copy->title = g_strdup(backport->title);
    copy->commit = g_strdup(backport->commit);
    copy->breaks = g_strdup(backport->breaks);
    copy->breaks_title = g_strdup(backport->breaks_title);
    copy->sound = g_strdup(backport->sound);
    copy->reason = g_strdup(backport->reason);
    return copy;
}

Backport *backport_new(const char *title, const char *commit, const char *breaks,
                       const char *reason)
{
    Backport *backport = g_new0(Backport, 1);

    backport->name = g_strdup(commit);
    backport->title = g_strdup(title);
    backport->commit = g_strdup(commit);
    backport->breaks = g_strdup(breaks);
    backport->reason = g_strdup(reason);
    version_span_parse("..", &backport->kernels);
    return backport;
}

gboolean backport_fits(const Backport *backport, Version version)
{
    VersionSpan any;

    version_span_parse("..", &any);
    return version ? version_span_has(&backport->kernels, version)
                   : backport->kernels.first == any.first && backport->kernels.last == any.last;
}

/* --- A section ------------------------------------------------------------------------------- */

static gboolean complain(GError **error, const char *section, const char *key, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "[%s] %s: %s", section, key, what);
    return FALSE;
}

static gboolean check_keys(GKeyFile *file, const char *section, GError **error)
{
    static const char *const known[] = {
        "title", "commit", "breaks", "breaks-title", "kernels", "seen", "reason", "use", NULL};
    g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, NULL);

    for (char **key = keys; *key; key++) {
        if (!g_strv_contains(known, *key)) {
            return complain(error, section, *key, "no such key");
        }
    }
    return TRUE;
}

/* The value as it is written: titles may hold any character. NULL where there is none. */
static char *value_of(GKeyFile *file, const char *section, const char *key)
{
    char *value = g_key_file_get_value(file, section, key, NULL);

    return value ? g_strstrip(value) : NULL;
}

static gboolean check_id(const char *section, const char *key, const char *id, GError **error)
{
    return !id || (strlen(id) >= MIN_ID_DIGITS && !id[strspn(id, "0123456789abcdef")]) ||
           complain(error, section, key, "is no id of 12 or more small hex digits");
}

static gboolean check(const Backport *backport, GError **error)
{
    if (!backport->title || !*backport->title) {
        return complain(error, backport->name, "title", "is missing: the first line of the fix");
    }
    if (!backport->reason || !*backport->reason) {
        return complain(error, backport->name, "reason", "is missing: what goes wrong without it");
    }
    return check_id(backport->name, "commit", backport->commit, error) &&
           check_id(backport->name, "breaks", backport->breaks, error);
}

static Backport *read_section(GKeyFile *file, const char *section, GError **error)
{
    g_autoptr(Backport) backport = g_new0(Backport, 1);
    g_autofree char *kernels = value_of(file, section, "kernels");
    g_autofree char *seen = value_of(file, section, "seen");

    backport->name = g_strdup(section);
    backport->title = value_of(file, section, "title");
    backport->commit = value_of(file, section, "commit");
    backport->breaks = value_of(file, section, "breaks");
    backport->breaks_title = value_of(file, section, "breaks-title");
    backport->reason = value_of(file, section, "reason");
    backport->seen_at_run = g_strcmp0(seen, "run") == 0;
    if (!check_keys(file, section, error) || !check(backport, error)) {
        return NULL;
    }
    if (!version_span_parse(kernels ? kernels : "..", &backport->kernels)) {
        complain(error, section, "kernels", "is no span of versions such as v4.6..v5.11");
        return NULL;
    }
    if (seen && !backport->seen_at_run && !g_str_equal(seen, "build")) {
        complain(error, section, "seen", "is neither 'build' nor 'run'");
        return NULL;
    }
    return g_steal_pointer(&backport);
}

/* --- A table --------------------------------------------------------------------------------- */

static void drop_named(GPtrArray *backports, const char *name)
{
    for (guint i = 0; i < backports->len; i++) {
        if (g_str_equal(((const Backport *)backports->pdata[i])->name, name)) {
            g_ptr_array_remove_index(backports, i);
            return;
        }
    }
}

/* The sections of @file into @backports. */
static gboolean read_sections(GKeyFile *file, GPtrArray *backports, GError **error)
{
    g_auto(GStrv) sections = g_key_file_get_groups(file, NULL);

    for (char **section = sections; *section; section++) {
        g_autofree char *use = value_of(file, *section, "use");
        Backport *backport;

        drop_named(backports, *section);
        if (g_strcmp0(use, "no") == 0) {
            continue;
        }
        backport = read_section(file, *section, error);
        if (!backport) {
            return FALSE;
        }
        g_ptr_array_add(backports, backport);
    }
    return TRUE;
}

GPtrArray *backports_read(const char *path, GError **error)
{
    g_autoptr(GPtrArray) backports = g_ptr_array_new_with_free_func((GDestroyNotify)backport_free);
    g_autoptr(GKeyFile) own = g_key_file_new(), given = g_key_file_new();
    g_autoptr(GBytes) bytes = g_resource_lookup_data(
        kernel_data_get_resource(), "/firstbad/backports.ini", G_RESOURCE_LOOKUP_FLAGS_NONE, error);

    if (!bytes || !g_key_file_load_from_bytes(own, bytes, G_KEY_FILE_NONE, error) ||
        !read_sections(own, backports, error)) {
        return NULL;
    }
    if (path && (!g_key_file_load_from_file(given, path, G_KEY_FILE_NONE, error) ||
                 !read_sections(given, backports, error))) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    return g_steal_pointer(&backports);
}
