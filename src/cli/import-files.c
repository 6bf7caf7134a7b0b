/* SPDX-License-Identifier: Apache-2.0
 * Reading what is imported, and keeping the files that came with it.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "cli/import.h"

/* What syzkaller's manager writes of a crash, those that say most first. Each is known by its
 * bytes; the names say which to open. */
static const char *const crash_files[] = {
    "repro.cprog", "repro.c",   "repro.prog", "repro.syz", "repro.opts", "kernel.config",
    "config",      ".config",   "bisect.log", "mail",      "report",     "repro.report",
    "report0",     "repro.log", "log0",       "console",
};

/* --- Reading --------------------------------------------------------------------------------- */

/* "-" is stdin. A file that grows meanwhile is refused as one that is too large. */
static GBytes *read_bytes(const char *path, GError **error)
{
    GStatBuf status;

    if (!g_str_equal(path, "-")) {
        if (g_stat(path, &status) == 0 && status.st_size > INTAKE_MAX_BYTES) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "%s: %d MiB are more than any mail or console has", path,
                        (int)(status.st_size >> 20));
            return NULL;
        }
    }
    return cli_read_input(path, error);
}

static IntakeKind read_file(Intake *intake, const OopsReader *reader, const char *path,
                            GError **error)
{
    g_autoptr(GBytes) bytes = read_bytes(path, error);

    return bytes ? intake_add(intake, reader, bytes) : INTAKE_UNKNOWN;
}

/* A folder may come from somebody else: what a link in it leads to is the user's, and no part of
 * the crash. */
static gboolean is_of_folder(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

/* One line of a file of the folder; NULL: none. Owned by the caller. */
static char *read_line(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GBytes) bytes = is_of_folder(path) ? read_bytes(path, NULL) : NULL;
    gsize n = 0;
    const char *raw = bytes ? g_bytes_get_data(bytes, &n) : NULL;
    g_autofree char *text = n ? g_utf8_make_valid(raw, (gssize)n) : NULL;

    return text ? g_strndup(text, strcspn(text, "\r\n")) : NULL;
}

/* The title stands in "description", the commit in "tag0". */
static void read_lines(Intake *intake, const char *folder)
{
    g_autofree char *title = read_line(folder, "description"), *tag = read_line(folder, "tag0");

    if (title && *title && !intake->of[INTAKE_TITLE].text) {
        intake->of[INTAKE_TITLE].text = g_steal_pointer(&title);
    }
    if (tag && g_regex_match_simple("^[0-9a-f]{40}$", tag, 0, 0) &&
        !intake->of[INTAKE_START].text) {
        intake->of[INTAKE_START].text = g_steal_pointer(&tag);
    }
}

static gboolean read_folder(Intake *intake, const OopsReader *reader, const char *folder)
{
    guint n = 0;

    for (guint i = 0; i < G_N_ELEMENTS(crash_files); i++) {
        g_autofree char *path = g_build_filename(folder, crash_files[i], NULL);

        if (is_of_folder(path)) {
            n += read_file(intake, reader, path, NULL) != INTAKE_UNKNOWN;
        }
    }
    read_lines(intake, folder);
    if (n == 0) {
        cli_complain("%s: no crash directory of syzkaller's: none of repro.prog, repro.cprog, "
                     "report0, log0 is there",
                     folder);
        return FALSE;
    }
    cli_complain("%s is a crash directory", folder);
    return TRUE;
}

gboolean import_read(Intake *intake, const OopsReader *reader, const char *path)
{
    g_autoptr(GError) error = NULL;
    IntakeKind kind;

    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        return read_folder(intake, reader, path);
    }
    kind = read_file(intake, reader, path, &error);
    if (error) {
        cli_complain("%s", error->message);
        return FALSE;
    }
    if (kind == INTAKE_UNKNOWN) {
        cli_complain("%s: no mail, page or log of syzbot's, no log of git bisect, no crash report, "
                     "config or reproducer",
                     path);
        return FALSE;
    }
    cli_complain("%s is %s", path, intake_kind_name(kind));
    return TRUE;
}

/* --- Keeping --------------------------------------------------------------------------------- */

/* Our own names: what a mail calls its attachments is no matter. */
static const struct {
    IntakeItem item;
    const char *name;
} file_names[] = {{INTAKE_CONFIG, "config"},
                  {INTAKE_REPRO_C, "repro.c"},
                  {INTAKE_REPRO_SYZ, "repro.prog"},
                  {INTAKE_REPRO_OPTS, "repro.opts"},
                  {INTAKE_BISECT_LOG, "bisect.log"}};

const char *import_file_name(IntakeItem item)
{
    for (guint i = 0; i < G_N_ELEMENTS(file_names); i++) {
        if (file_names[i].item == item) {
            return file_names[i].name;
        }
    }
    return NULL;
}

char *import_folder(const Intake *intake, const char *out, const char *state_dir)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *name = NULL;

    if (out) {
        g_autofree char *beside = g_strconcat(out, ".files", NULL);

        return g_canonicalize_filename(beside, NULL);
    }
    for (guint i = 0; i < G_N_ELEMENTS(file_names); i++) {
        GBytes *bytes = intake->of[file_names[i].item].bytes;
        gsize n = 0;
        const guchar *raw = bytes ? g_bytes_get_data(bytes, &n) : NULL;

        g_checksum_update(sum, (const guchar *)file_names[i].name, -1);
        g_checksum_update(sum, n ? raw : (const guchar *)"", (gssize)n);
    }
    name = g_strndup(g_checksum_get_string(sum), 12);
    return g_build_filename(state_dir, "imports", name, NULL);
}

gboolean import_save(const Intake *intake, const char *folder, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(file_names); i++) {
        g_autofree char *path = g_build_filename(folder, file_names[i].name, NULL);
        GBytes *bytes = intake->of[file_names[i].item].bytes;
        gsize n;
        const char *raw = bytes ? g_bytes_get_data(bytes, &n) : NULL;

        if (!bytes) {
            continue;
        }
        g_mkdir_with_parents(folder, 0700);
        if (!g_file_set_contents_full(path, n ? raw : "", (gssize)n, G_FILE_SET_CONTENTS_CONSISTENT,
                                      0600, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
