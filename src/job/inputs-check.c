/* SPDX-License-Identifier: Apache-2.0
 * What the user gives for the guests, checked before any work.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "job/private.h"

/* COMMAND_LINE_SIZE of x86, less what our own words need. */
#define CMDLINE_MAX 1600

char **inputs_split(const char *list)
{
    return list ? g_strsplit(list, ";", -1) : g_new0(char *, 1);
}

/* A path may have a '=' in it; one that looks like SPAN= and is not there was meant for a span. */
static gboolean check_span(const char *text, GError **error)
{
    const char *equals = strchr(text, '=');
    g_autofree char *before = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;
    g_autofree char *name = before ? g_path_get_basename(before) : NULL;

    return !name || !strstr(name, "..") || farm_root_path(text, NULL) != text ||
           g_file_test(text, G_FILE_TEST_EXISTS) ||
           job_invalid(
               error, "--rootfs: '%s' is no span of kernels, oldest first, as v4.4..v5.4 is", name);
}

static gboolean check_root(const JobSpec *spec, const char *text, GError **error)
{
    const char *path = farm_root_path(text, NULL);
    g_autoptr(Rootfs) rootfs = NULL;
    guint needed_mib;

    if (!check_span(text, error)) {
        return FALSE;
    }
    rootfs = rootfs_look(path, error);
    needed_mib = rootfs ? rootfs_memory_mib(rootfs) : 0;
    if (!rootfs) {
        g_prefix_error(error, "--rootfs: ");
        return FALSE;
    }
    return spec->memory_mib >= needed_mib ||
           job_invalid(
               error,
               "--rootfs: %s goes into the guest's memory: give it --memory %u at least, or "
               "give a disk image",
               path, needed_mib);
}

static gboolean check_rootfs(const JobSpec *spec, GError **error)
{
    g_auto(GStrv) texts = inputs_split(spec->rootfs);
    const char *for_all = NULL;

    for (char **text = texts; *text; text++) {
        VersionSpan span;
        const char *path = farm_root_path(*text, &span);

        if (for_all) {
            return job_invalid(error, "--rootfs: %s is never used: %s before it is for all kernels",
                               path, for_all);
        }
        if (!check_root(spec, *text, error)) {
            return FALSE;
        }
        for_all = span.first == 0 && span.last == G_MAXUINT32 ? path : NULL;
    }
    return TRUE;
}

static gboolean check_files(const JobSpec *spec, GError **error)
{
    g_auto(GStrv) texts = inputs_split(spec->files);

    for (char **text = texts; *text; text++) {
        g_autoptr(GuestFile) file = guest_file_parse(*text, error);

        if (!file) {
            g_prefix_error(error, "--file: ");
            return FALSE;
        }
        if (!g_file_test(file->source, G_FILE_TEST_EXISTS)) {
            const char *colon = strrchr(file->source, ':');

            return job_invalid(error, "--file: %s does not exist%s", file->source,
                               colon ? " (SRC:DST needs an absolute path as DST)" : "");
        }
    }
    return TRUE;
}

GMappedFile *inputs_map(const char *path, const char *option, GError **error)
{
    GMappedFile *file = NULL;
    GStatBuf status;

    /* Else a folder cannot be mapped, and a FIFO waits for who writes. */
    if (g_stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        job_invalid(error, "%s: %s is %s", option, path,
                    S_ISDIR(status.st_mode) ? "a folder" : "no plain file");
        return NULL;
    }
    file = g_mapped_file_new(path, FALSE, error);
    if (!file) {
        g_prefix_error(error, "%s: ", option);
    }
    return file;
}

static gboolean check_modules(const JobSpec *spec, GError **error)
{
    g_auto(GStrv) paths = inputs_split(spec->modules);

    for (char **path = paths; *path; path++) {
        g_autoptr(GMappedFile) file = inputs_map(*path, "--module", error);

        if (!file) {
            return FALSE;
        }
        if (g_mapped_file_get_length(file) < 4 ||
            memcmp(g_mapped_file_get_contents(file), "\177ELF", 4) != 0) {
            return job_invalid(
                error, "--module: %s is no kernel module (unpack it, if it is packed)", *path);
        }
    }
    return TRUE;
}

char **inputs_read_sysctls(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    char **settings;

    if (!path) {
        return g_new0(char *, 1);
    }
    if (!g_file_get_contents(path, &text, NULL, error)) {
        g_prefix_error(error, "--sysctl: ");
        return NULL;
    }
    settings = guest_sysctls_parse(text, error);
    if (!settings) {
        g_prefix_error(error, "--sysctl: %s:", path);
    }
    return settings;
}

static gboolean check_qemu_args(const JobSpec *spec, GError **error)
{
    g_auto(GStrv) args = inputs_split(spec->qemu_args);

    for (char **arg = args; *arg; arg++) {
        const char *ours = qemu_arg_complaint(*arg);

        if (ours) {
            return job_invalid(error, "--qemu-arg: %s is set by firstbad itself%s%s", *arg,
                               *ours ? ": use " : "", ours);
        }
    }
    return TRUE;
}

/* Words of the lines of --cmdline-file, without comments, behind those of --cmdline. */
static gboolean take_cmdline_file(JobSpec *spec, GError **error)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    GString *words = g_string_new(spec->cmdline);

    if (!g_file_get_contents(spec->cmdline_file, &text, NULL, error)) {
        g_string_free(words, TRUE);
        g_prefix_error(error, "--cmdline-file: ");
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (*g_strstrip(*line) && **line != '#') {
            g_string_append_printf(words, "%s%s", words->len ? " " : "", *line);
        }
    }
    g_clear_pointer(&spec->cmdline_file, g_free);
    g_free(spec->cmdline);
    spec->cmdline = g_string_free(words, FALSE);
    return TRUE;
}

static gboolean check_cmdline(const JobSpec *spec, GError **error)
{
    gsize n = spec->cmdline ? strlen(spec->cmdline) : 0;

    return n <= CMDLINE_MAX ||
           job_invalid(error, "--cmdline: %zu characters are more than a kernel takes (%d)", n,
                       CMDLINE_MAX);
}

gboolean inputs_check(JobSpec *spec, GError **error)
{
    g_auto(GStrv) sysctls = NULL;

    if ((spec->cmdline_file && !take_cmdline_file(spec, error)) || !check_cmdline(spec, error)) {
        return FALSE;
    }
    if (!check_rootfs(spec, error)) {
        return FALSE;
    }
    sysctls = inputs_read_sysctls(spec->sysctl, error);
    return sysctls && check_files(spec, error) && check_modules(spec, error) &&
           check_qemu_args(spec, error);
}
