/* SPDX-License-Identifier: Apache-2.0
 * From the user's reproducer to an initramfs, read back through libarchive.
 */
#include "guest/guest.h"

#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/process.h"

typedef struct Fixture {
    char *dir;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->dir = g_dir_make_tmp("firstbad-pack-XXXXXX", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GDir) dir = g_dir_open(fixture->dir, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(fixture->dir, name, NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(fixture->dir), ==, 0);
    g_free(fixture->dir);
}

static char *put(Fixture *fixture, const char *name, const char *bytes, gssize n_bytes)
{
    char *path = g_build_filename(fixture->dir, name, NULL);

    g_assert_true(g_file_set_contents(path, bytes, n_bytes, NULL));
    return path;
}

static Repro *prepare(Fixture *fixture, const char *path, GError **error)
{
    return repro_prepare(path, &(ReproOptions){"cc"}, fixture->dir, error);
}

static void refuse(Fixture *fixture, const char *path, const char *wanted)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(prepare(fixture, path, &error));
    g_assert_nonnull(error);
    if (!strstr(error->message, wanted)) {
        g_test_message("'%s' lacks '%s'", error->message, wanted);
        g_test_fail();
    }
}

static void test_c(Fixture *fixture, gconstpointer unused)
{
    static const char text[] =
        "#include <pthread.h>\nstatic void *f(void *p) { return p; }\n"
        "int main(void) { pthread_t t; return pthread_create(&t, 0, f, 0); }\n";
    g_autofree char *path = put(fixture, "crash.c", text, -1);
    g_autofree char *sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Repro) repro = prepare(fixture, path, &error);

    g_assert_no_error(error);
    g_assert_cmpint(repro->kind, ==, REPRO_C);
    g_assert_cmpstr(repro->sha256, ==, sha256);

    /* What was compiled is static, so it is also taken as a binary. */
    g_autofree char *bytes = NULL;
    gsize n_bytes;
    g_assert_true(g_file_get_contents(repro->path, &bytes, &n_bytes, NULL));
    g_autofree char *copy = put(fixture, "binary", bytes, (gssize)n_bytes);
    g_autoptr(Repro) binary = prepare(fixture, copy, &error);
    g_assert_no_error(error);
    g_assert_cmpint(binary->kind, ==, REPRO_BINARY);
}

/* The source is somebody else's: it takes no file of this machine into the guest, and what comes of
 * it is as small as a program that the user gives. */
static void test_hostile_c(Fixture *fixture, gconstpointer unused)
{
    /* Not of g_get_tmp_dir(): other folders than /tmp may be seen in the sandbox. */
    char dir[] = "/tmp/firstbad-secret-XXXXXX";
    g_autoptr(Sandbox) sandbox = sandbox_new();
    g_autofree char *large =
        put(fixture, "large.c", "char x[129 << 20] = {1};\nint main(void) { return x[5]; }\n", -1);
    g_autofree char *left = g_build_filename(fixture->dir, "repro.new", NULL);

    refuse(fixture, large, "is larger than 128 MiB");
    g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
    if (*sandbox_missing(sandbox)) {
        g_test_skip(sandbox_missing(sandbox));
        return;
    }
    g_assert_nonnull(g_mkdtemp(dir));
    g_autofree char *secret = g_build_filename(dir, "secret", NULL);
    g_autofree char *text =
        g_strdup_printf("asm(\".incbin \\\"%s\\\"\");\nint main(void) { return 0; }\n", secret);
    g_autofree char *thief = put(fixture, "thief.c", text, -1);
    g_assert_true(g_file_set_contents(secret, "secret", -1, NULL));
    refuse(fixture, thief, "file not found: ");
    g_unlink(secret);
    g_rmdir(dir);
}

static void test_script(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = put(fixture, "crash", "#!/bin/bash\nexit 1\n", -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Repro) repro = prepare(fixture, path, &error);
    g_autofree char *bytes = NULL;

    g_assert_no_error(error);
    g_assert_cmpint(repro->kind, ==, REPRO_SCRIPT);
    /* The user's file may go. */
    g_unlink(path);
    g_assert_true(g_file_get_contents(repro->path, &bytes, NULL, NULL));
    g_assert_cmpstr(bytes, ==, "#!/bin/bash\nexit 1\n");
}

static void test_errors(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *none = g_build_filename(fixture->dir, "none.c", NULL);
    g_autofree char *broken =
        put(fixture, "broken.c", "int a;\nint main(void) { return b; }\n", -1);
    g_autofree char *unlinked =
        put(fixture, "u.c", "int f(void);\nint main(void) { return f(); }\n", -1);
    g_autofree char *empty = put(fixture, "empty.c", "", 0);
    g_autofree char *text = put(fixture, "text", "hello\n", -1);
    g_autofree char *python = put(fixture, "py", "#!/usr/bin/env python3 -u\nprint()\n", -1);
    g_autofree char *elf = put(fixture, "elf", "\177ELF\002\001\001", 7);
    g_autofree char *self = NULL;
    g_autofree char *arm = NULL;
    gsize n_self;
    g_autoptr(GError) error = NULL;

    refuse(fixture, none, "No such file");
    refuse(fixture, fixture->dir, "reproducer: ");
    refuse(fixture, broken, "does not compile: ");
    refuse(fixture, broken, "broken.c:2:25: error: ");
    refuse(fixture, unlinked, "undefined reference to `f'");
    refuse(fixture, empty, "is empty");
    refuse(fixture, text, "neither C source");
    refuse(fixture, elf, "truncated ELF");
    refuse(fixture, python, "is a script for 'python3'");
    g_assert_null(repro_prepare(broken, &(ReproOptions){"no-such-cc"}, fixture->dir, &error));
    g_assert_nonnull(strstr(error->message, "no-such-cc"));

    /* This very program is dynamic. */
    g_assert_true(g_file_get_contents("/proc/self/exe", &self, &n_self, NULL));
    g_autofree char *dynamic = put(fixture, "dynamic", self, (gssize)n_self);
    refuse(fixture, dynamic, "-static");
    /* Cut short or torn anywhere, nothing is read that is not there. */
    for (gsize n = 4; n < 1200; n += 37) {
        g_autofree char *cut = put(fixture, "cut", self, (gssize)n);

        refuse(fixture, cut, n < 64 ? "truncated ELF" : "reproducer ");
    }
    self[18] = (char)0xb7;
    arm = put(fixture, "arm", self, (gssize)n_self);
    refuse(fixture, arm, "not an x86-64 program");
}

/* "type permissions name -> target size" of each entry. */
static char *list(const char *path)
{
    struct archive *reader = archive_read_new();
    struct archive_entry *entry;
    GString *listing = g_string_new(NULL);

    archive_read_support_format_cpio(reader);
    g_assert_cmpint(archive_read_open_filename(reader, path, 4096), ==, ARCHIVE_OK);
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        const char *target = archive_entry_symlink(entry);

        g_assert_cmpint(archive_entry_mtime(entry), ==, 0);
        g_assert_cmpint(archive_entry_uid(entry), ==, 0);
        g_string_append_printf(
            listing, "%06o %s%s%s %" G_GINT64_FORMAT " %u:%u\n", archive_entry_mode(entry),
            archive_entry_pathname(entry), target ? "->" : "", target ? target : "",
            (gint64)archive_entry_size(entry), (guint)archive_entry_rdevmajor(entry),
            (guint)archive_entry_rdevminor(entry));
    }
    archive_read_free(reader);
    return g_string_free(listing, FALSE);
}

static void test_initramfs(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *source = put(fixture, "a.c", "int main(void) { return 0; }\n", -1);
    g_autofree char *first = g_build_filename(fixture->dir, "1.cpio", NULL);
    g_autofree char *second = g_build_filename(fixture->dir, "2.cpio", NULL);
    g_autofree char *listing = NULL, *first_bytes = NULL, *second_bytes = NULL, *line = NULL;
    gsize n_first, n_second;
    GStatBuf status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Repro) repro = prepare(fixture, source, &error);

    g_assert_no_error(error);
    g_assert_true(initramfs_write(first, &(GuestContent){repro}, &error));
    g_assert_no_error(error);
    listing = list(first);
    g_assert_cmpint(g_stat(repro->path, &status), ==, 0);
    line = g_strdup_printf("100755 repro %" G_GINT64_FORMAT " 0:0\n", (gint64)status.st_size);
    g_assert_nonnull(strstr(listing, line));
    g_assert_nonnull(strstr(listing, "100755 init "));
    g_assert_nonnull(strstr(listing, "020666 dev/console 0 5:1\n"));
    g_assert_nonnull(strstr(listing, "020666 dev/ttyS1 0 4:65\n"));
    g_assert_nonnull(strstr(listing, "040755 proc 0 0:0\n"));
    g_assert_null(strstr(listing, "busybox"));

    g_assert_true(initramfs_write(second, &(GuestContent){repro}, &error));
    g_assert_true(g_file_get_contents(first, &first_bytes, &n_first, NULL));
    g_assert_true(g_file_get_contents(second, &second_bytes, &n_second, NULL));
    g_assert_cmpmem(first_bytes, n_first, second_bytes, n_second);
}

/* The line of the plan that says where to hold the reproducer, or NULL. Owned by the caller. */
static char *hold_line(Fixture *fixture, const Repro *repro, const char *const *sysctls)
{
    g_autofree char *path = g_build_filename(fixture->dir, "plan.cpio", NULL);
    struct archive *reader = archive_read_new();
    struct archive_entry *entry;
    char plan[256] = "", *line = NULL;

    g_assert_true(initramfs_write(path, &(GuestContent){repro, .sysctls = sysctls}, NULL));
    archive_read_support_format_cpio(reader);
    g_assert_cmpint(archive_read_open_filename(reader, path, 4096), ==, ARCHIVE_OK);
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        if (g_str_equal(archive_entry_pathname(entry), "firstbad-plan")) {
            g_assert_cmpint(archive_read_data(reader, plan, sizeof plan - 1), >, 0);
        }
    }
    archive_read_free(reader);
    g_assert_nonnull(strstr(plan, "arg /repro\n"));
    if (g_str_has_prefix(plan, "hold ")) {
        line = g_strndup(plan, strcspn(plan, "\n"));
    }
    return line;
}

/* A C program is held in main(), where nothing of the user's can come before that; what may crash
 * by its exec, or goes by settings that come late, is not held. */
static void test_held(Fixture *fixture, gconstpointer unused)
{
    static const char *const sysctls[] = {"kernel.randomize_va_space=0", NULL};
    g_autofree char *source = put(fixture, "a.c", "int main(void) { return 0; }\n", -1);
    g_autofree char *other = put(fixture, "b.c",
                                 "__attribute__((constructor)) static void f(void) {}\n"
                                 "int main(void) { return 0; }\n",
                                 -1);
    g_autoptr(Repro) plain = prepare(fixture, source, NULL);
    g_autofree char *line = hold_line(fixture, plain, NULL);
    g_autofree char *with_sysctls = hold_line(fixture, plain, sysctls);
    g_autoptr(Repro) binary = prepare(fixture, plain->path, NULL);
    g_autofree char *of_binary = hold_line(fixture, binary, NULL);
    g_autoptr(Repro) early = prepare(fixture, other, NULL);
    g_autofree char *of_early = hold_line(fixture, early, NULL);

    g_assert_nonnull(line);
    g_assert_cmpuint(plain->hold_at, >, 0);
    g_assert_cmpuint(g_ascii_strtoull(line + strlen("hold "), NULL, 16), ==, plain->hold_at);
    g_assert_null(with_sysctls);
    g_assert_null(of_binary);
    g_assert_cmpstr(of_early, ==, "hold 0");
}

static void test_script_needs_busybox(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *source = put(fixture, "a.sh", "#!/bin/sh\n", -1);
    g_autofree char *path = g_build_filename(fixture->dir, "1.cpio", NULL);
    g_autofree char *busybox = g_find_program_in_path("busybox");
    g_autofree char *dynamic = g_find_program_in_path("true");
    g_autofree char *fake = g_build_filename(fixture->dir, "busybox", NULL);
    g_autofree char *old_path = g_strdup(g_getenv("PATH"));
    g_autofree char *listing = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Repro) repro = prepare(fixture, source, &error);

    g_setenv("PATH", "/nowhere", TRUE);
    g_assert_false(initramfs_write(path, &(GuestContent){repro}, &error));
    g_assert_nonnull(strstr(error->message, "busybox-static"));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_clear_error(&error);
    /* A program of this machine that does not run in the guest. */
    g_assert_cmpint(symlink(dynamic, fake), ==, 0);
    g_setenv("PATH", fixture->dir, TRUE);
    g_assert_false(initramfs_write(path, &(GuestContent){repro}, &error));
    g_assert_nonnull(strstr(error->message, "is dynamically linked"));
    g_assert_nonnull(strstr(error->message, "busybox-static"));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_clear_error(&error);
    g_setenv("PATH", old_path, TRUE);
    if (!busybox) {
        g_test_skip("no busybox-static");
        return;
    }
    if (!initramfs_write(path, &(GuestContent){repro}, &error) &&
        strstr(error->message, "is dynamically linked")) {
        g_test_skip("busybox here is not busybox-static");
        return;
    }
    g_assert_no_error(error);
    listing = list(path);
    g_assert_nonnull(strstr(listing, "120777 bin/sh->busybox "));
}

static void test_initramfs_errors(Fixture *fixture, gconstpointer unused)
{
    Repro repro = {.kind = REPRO_BINARY, .path = (char *)"/nowhere/repro"};
    g_autofree char *path = g_build_filename(fixture->dir, "1.cpio", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(initramfs_write(path, &(GuestContent){&repro}, &error));
    g_assert_nonnull(strstr(error->message, "/nowhere/repro"));
    g_clear_error(&error);
    repro.path = path;
    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_assert_false(initramfs_write("/nowhere/initramfs", &(GuestContent){&repro}, &error));
    g_assert_nonnull(strstr(error->message, "/nowhere/initramfs"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)
    ADD("/repro/c", test_c);
    ADD("/repro/hostile-c", test_hostile_c);
    ADD("/repro/script", test_script);
    ADD("/repro/errors", test_errors);
    ADD("/initramfs/content", test_initramfs);
    ADD("/initramfs/held", test_held);
    ADD("/initramfs/script", test_script_needs_busybox);
    ADD("/initramfs/errors", test_initramfs_errors);
    return g_test_run();
}
