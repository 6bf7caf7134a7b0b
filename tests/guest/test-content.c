/* SPDX-License-Identifier: Apache-2.0
 * What a guest finds beside the reproducer: files, modules, settings, a root file system, several
 * CPUs. In real virtual machines; the kernel is that of FIRSTBAD_TEST_KERNEL (tests/guest/
 * debian-kernel, which brings some of its modules along), without which the tests skip.
 */
#include <string.h>

#include "guest/guest.h"
#include "scratch.h"

typedef struct Fixture {
    Scratch scratch;
    OopsReader *reader;
    GuestSpec spec;
    const char *kernel;
    GPtrArray *files;
    GPtrArray *archives; /* of char *, for GuestContent */
    GPtrArray *modules, *sysctls;
    GuestRoot root;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    scratch_set_up(&fixture->scratch, NULL);
    fixture->reader = oops_reader_new();
    fixture->kernel = g_getenv("FIRSTBAD_TEST_KERNEL");
    fixture->files = g_ptr_array_new_with_free_func((GDestroyNotify)guest_file_free);
    fixture->archives = g_ptr_array_new_with_free_func(g_free);
    fixture->modules = g_ptr_array_new_with_free_func(g_free);
    fixture->sysctls = g_ptr_array_new_with_free_func(g_free);
    guest_spec_default(&fixture->spec, fixture->reader);
    fixture->spec.memory_mib = 300;
    fixture->spec.n_repeats = 1;
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    g_ptr_array_unref(fixture->files);
    g_ptr_array_unref(fixture->archives);
    g_ptr_array_unref(fixture->modules);
    g_ptr_array_unref(fixture->sysctls);
    oops_reader_free(fixture->reader);
    scratch_tear_down(&fixture->scratch, NULL);
}

/* Is @program (or NULL) there, and all that every guest needs? */
static gboolean can_run(const Fixture *fixture, const char *program)
{
    g_autofree char *qemu = g_find_program_in_path(fixture->spec.qemu);
    g_autofree char *busybox = g_find_program_in_path("busybox");
    g_autofree char *found = program ? g_find_program_in_path(program) : NULL;

    if (!qemu || !busybox) {
        g_test_skip("no qemu-system-x86_64, or no busybox-static");
    } else if (!fixture->kernel) {
        g_test_skip("FIRSTBAD_TEST_KERNEL names no bzImage");
    } else if (program && !found) {
        g_test_skip(program);
    } else {
        return TRUE;
    }
    return FALSE;
}

/* A module of the kernel's, or NULL (then the test skips). Owned by the fixture. */
static gboolean add_module(Fixture *fixture, const char *name)
{
    g_autofree char *boot = g_path_get_dirname(fixture->kernel);
    char *path = g_build_filename(boot, "..", "modules", name, NULL);

    g_ptr_array_add(fixture->modules, path);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("FIRSTBAD_TEST_KERNEL has no modules beside it");
        return FALSE;
    }
    return TRUE;
}

static void add_file(Fixture *fixture, const char *name, const char *target)
{
    g_autofree char *path = scratch_path(&fixture->scratch, name);
    g_autofree char *text = g_strconcat(path, target ? ":" : "", target, NULL);
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(fixture->files, guest_file_parse(text, &error));
    g_assert_no_error(error);
}

/* Pack what the fixture has, and write the initramfs for @repro. Returns its path. */
static char *write_initramfs(Fixture *fixture, const Repro *repro)
{
    char *initramfs = scratch_path(&fixture->scratch, "initramfs");
    char *archive = scratch_path(&fixture->scratch, "files.cpio");
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(fixture->archives, archive);
    g_ptr_array_add(fixture->archives, NULL);
    g_ptr_array_add(fixture->modules, NULL);
    g_ptr_array_add(fixture->sysctls, NULL);
    const GuestContent content = {.repro = repro,
                                  .root = fixture->root,
                                  .files = fixture->files,
                                  .modules = (const char *const *)fixture->modules->pdata,
                                  .sysctls = (const char *const *)fixture->sysctls->pdata,
                                  .archives = (const char *const *)fixture->archives->pdata};
    guest_pack_files(fixture->files, content.modules, archive, &error);
    g_assert_no_error(error);
    initramfs_write(initramfs, &content, &error);
    g_assert_no_error(error);
    return initramfs;
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

/* One trial. */
static Outcome *boot(const Fixture *fixture, const char *initramfs)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    Outcome *outcome = NULL;

    guest_trial_async(&fixture->spec, fixture->kernel, initramfs, NULL, NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    guest_trial_finish(res, &outcome, &error);
    g_assert_no_error(error);
    g_test_message("%s: %s, exit %d, said: %s", outcome_kind_name(outcome->kind),
                   outcome->title ? outcome->title : "-", outcome->repro_exit, outcome->output);
    return outcome;
}

static Outcome *run_file(Fixture *fixture, const char *name)
{
    g_autofree char *path = scratch_path(&fixture->scratch, name);
    ReproOptions options = {.compiler = "cc", .has_rootfs = fixture->root != GUEST_ROOT_NONE};
    g_autoptr(GError) error = NULL;
    g_autoptr(Repro) repro = repro_prepare(path, &options, fixture->scratch.dir, &error);

    g_assert_no_error(error);
    g_autofree char *initramfs = write_initramfs(fixture, repro);
    return boot(fixture, initramfs);
}

static Outcome *run(Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = scratch_path(&fixture->scratch, name);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return run_file(fixture, name);
}

/* --- Without another root -------------------------------------------------------------------- */

static void test_files(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, NULL)) {
        return;
    }
    g_autofree char *made =
        scratch_sh(&fixture->scratch, "echo one >one; mkdir -p two/deep; echo two >two/deep/two\n"
                                      "ln two/deep/two two/also; ln -s deep/two two/link\n");
    add_file(fixture, "one", NULL);
    add_file(fixture, "two", "/data/two");
    g_ptr_array_add(fixture->sysctls, g_strdup("kernel.hostname=settled"));
    g_ptr_array_add(fixture->sysctls, g_strdup("kernel.nonsense=1"));
    fixture->spec.n_cpus = 2;
    g_autoptr(Outcome) outcome = run(fixture, "cat.sh",
                                     "#!/bin/sh\n"
                                     "cat /one /data/two/deep/two /data/two/also /data/two/link\n"
                                     "stat -c '%h %u' /data/two/also\n"
                                     "cat /proc/sys/kernel/hostname; nproc\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpstr(outcome->output, ==,
                    "sysctl kernel.nonsense=1: No such file or directory\n"
                    "one\ntwo\ntwo\ntwo\n2 0\nsettled\n2\n");
}

static void test_module(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, NULL) || !add_module(fixture, "dummy.ko")) {
        return;
    }
    g_autoptr(Outcome) outcome =
        run(fixture, "ls.sh", "#!/bin/sh\nls -d /sys/module/dummy /sys/class/net/dummy0\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpstr(outcome->output, ==, "/sys/class/net/dummy0\n/sys/module/dummy\n");
}

/* A module that does not go in: the guest cannot be made ready, which is no crash. */
static void test_bad_module(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, NULL) || !add_module(fixture, "virtio_blk.ko")) {
        return;
    }
    g_autoptr(Outcome) outcome = run(fixture, "true.sh", "#!/bin/sh\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_BASIC_FAILED);
    /* Its symbols are in virtio.ko. */
    g_assert_cmpstr(outcome->title, ==, "module virtio_blk.ko: No such file or directory");
    g_assert_cmpuint(outcome->n_runs, ==, 0);
}

/* --- A root: folder -------------------------------------------------------------------------- */

/* A root of busybox, with a shell in another place, which only this root has. */
static void make_root(const Fixture *fixture)
{
    g_autofree char *made = scratch_sh(
        &fixture->scratch,
        "mkdir -p root/bin root/opt root/proc root/sys root/dev root/tmp root/etc\n"
        "cp $(command -v busybox) root/bin/busybox\n"
        "for c in sh cat ls stat echo chmod readlink mount; do ln -s busybox root/bin/$c; done\n"
        "ln root/bin/busybox root/opt/sh\n"
        "echo marked >root/etc/mark; chmod 4711 root/etc/mark\n");
}

static void pack_root(Fixture *fixture)
{
    g_autofree char *folder = scratch_path(&fixture->scratch, "root");
    char *archive = scratch_path(&fixture->scratch, "root.cpio");
    g_autoptr(GError) error = NULL;

    rootfs_pack(folder, archive, &error);
    g_assert_no_error(error);
    g_ptr_array_add(fixture->archives, archive);
    fixture->root = GUEST_ROOT_FOLDER;
}

static void test_root_folder(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, NULL)) {
        return;
    }
    g_autofree char *made = scratch_sh(&fixture->scratch, "echo extra >extra\n");
    make_root(fixture);
    pack_root(fixture);
    add_file(fixture, "extra", "/srv/extra");
    fixture->spec.n_repeats = 2;
    /* An interpreter that only the root has. The second run finds what the first one wrote. */
    g_autoptr(Outcome) outcome = run(fixture, "in.sh",
                                     "#!/opt/sh\n"
                                     "cat /etc/mark /srv/extra\n"
                                     "stat -c '%a %u' /etc/mark; stat -c %h /opt/sh\n"
                                     "readlink /bin/cat; [ -d /proc/self ] && [ -d /sys/class ] && "
                                     "[ -c /dev/null ] && echo mounted\n"
                                     "echo $PWD; [ -e /init ] || echo apart\n"
                                     "echo again >/etc/mark\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpstr(outcome->output, ==,
                    "marked\nextra\n4711 0\n2\nbusybox\nmounted\n/tmp/1\napart\n"
                    "again\nextra\n4711 0\n2\nbusybox\nmounted\n/tmp/2\napart\n");
}

/* A dynamic program, with its libraries in the root. */
static void test_dynamic(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, "ldd")) {
        return;
    }
    g_autofree char *made = scratch_sh(
        &fixture->scratch,
        "printf '#include <stdio.h>\\nint main(void) { return puts(\"loaded\") < 0; }' >d.c\n"
        "cc -o dynamic d.c\n"
        "for f in $(ldd dynamic | grep -o '/[^ ]*'); do\n"
        "    mkdir -p root$(dirname $f); cp -L $f root$f\n"
        "done\n");
    pack_root(fixture);
    g_autoptr(Outcome) outcome = run_file(fixture, "dynamic");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpstr(outcome->output, ==, "loaded\n");
    g_assert_cmpint(outcome->repro_exit, ==, 0);
}

/* A script whose interpreter the root has not. */
static void test_no_interpreter(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, NULL)) {
        return;
    }
    make_root(fixture);
    pack_root(fixture);
    g_autoptr(Outcome) outcome = run(fixture, "p.py", "#!/usr/bin/python3\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_BASIC_FAILED);
    g_assert_cmpstr(outcome->title, ==,
                    "the reproducer cannot be executed: No such file or directory");
}

/* --- A root: disk ---------------------------------------------------------------------------- */

static void plug_in(Fixture *fixture, DiskBus bus)
{
    fixture->spec.disk = scratch_path(&fixture->scratch, "image");
    fixture->spec.disk_format = "raw";
    fixture->spec.disk_bus = bus;
    fixture->root = GUEST_ROOT_DISK;
}

static const char changes_mark[] = "#!/opt/sh\n"
                                   "cat /etc/mark\n"
                                   "echo changed >/etc/mark && cat /etc/mark\n";

/* Each trial finds the image as it was given, whatever the one before wrote. */
static void test_image(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, "mke2fs")) {
        return;
    }
    make_root(fixture);
    g_autofree char *before = scratch_sh(
        &fixture->scratch, "mke2fs -q -t ext4 -d root image 16m >mke2fs; sha256sum image\n");
    plug_in(fixture, DISK_NVME);
    g_autoptr(Outcome) outcome = run(fixture, "in.sh", changes_mark);
    g_autofree char *initramfs = scratch_path(&fixture->scratch, "initramfs");
    g_autoptr(Outcome) again = boot(fixture, initramfs);
    g_autofree char *after = scratch_sh(&fixture->scratch, "sha256sum image\n");

    g_free((char *)fixture->spec.disk);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpstr(outcome->output, ==, "marked\nchanged\n");
    g_assert_cmpstr(again->output, ==, "marked\nchanged\n");
    g_assert_cmpstr(before, ==, after);
}

/* The root is in the second partition, and its disk needs modules; the first one is not it. */
static void test_partition(Fixture *fixture, gconstpointer unused)
{
    static const char *const modules[] = {
        "virtio_ring.ko",           "virtio.ko",     "virtio_pci_legacy_dev.ko",
        "virtio_pci_modern_dev.ko", "virtio_pci.ko", "virtio_blk.ko"};

    if (!can_run(fixture, "mke2fs")) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(modules); i++) {
        if (!add_module(fixture, modules[i])) {
            return;
        }
    }
    make_root(fixture);
    /* A table of two: from sector 2048 on 8 MiB, from 18432 on 16 MiB. */
    g_autofree char *made =
        scratch_sh(&fixture->scratch,
                   "mkdir boot; echo >boot/loader; mke2fs -q -t ext4 -d boot one 8m\n"
                   "mke2fs -q -t ext4 -d root two 16m\n"
                   "truncate -s 26m image\n"
                   "printf '\\0\\0\\0\\0\\203\\0\\0\\0\\0\\010\\0\\0\\0\\100\\0\\0'"
                   "'\\0\\0\\0\\0\\203\\0\\0\\0\\0\\110\\0\\0\\0\\200\\0\\0' |\n"
                   "    dd of=image bs=1 seek=446 conv=notrunc status=none\n"
                   "printf '\\125\\252' | dd of=image bs=1 seek=510 conv=notrunc status=none\n"
                   "dd if=one of=image bs=1M seek=1 conv=notrunc status=none\n"
                   "dd if=two of=image bs=1M seek=9 conv=notrunc status=none\n");
    plug_in(fixture, DISK_VIRTIO);
    g_autoptr(GError) error = NULL;
    g_autoptr(Rootfs) rootfs = rootfs_look(fixture->spec.disk, &error);
    g_assert_no_error(error);
    g_assert_true(rootfs->is_image);
    g_assert_cmpstr(rootfs->partitions, ==, "dos");
    g_assert_cmpstr(rootfs->filesystem, ==, "ext4");
    g_autoptr(Outcome) outcome = run(fixture, "in.sh", changes_mark);

    g_free((char *)fixture->spec.disk);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpstr(outcome->output, ==, "marked\nchanged\n");
}

/* A disk that the kernel has no driver for, and one without a root: the reason is told. */
static void test_no_root(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, "mke2fs")) {
        return;
    }
    g_autofree char *made = scratch_sh(
        &fixture->scratch, "mkdir boot; echo >boot/loader; mke2fs -q -t ext4 -d boot image 8m\n");
    plug_in(fixture, DISK_NVME);
    g_autoptr(Outcome) outcome = run(fixture, "in.sh", "#!/bin/sh\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_BASIC_FAILED);
    g_assert_true(g_str_has_prefix(outcome->title, "no root file system on the disk; this kernel "
                                                   "knows: "));
    fixture->spec.disk_bus = DISK_AHCI;
    g_autofree char *initramfs = scratch_path(&fixture->scratch, "initramfs");
    g_autoptr(Outcome) blind = boot(fixture, initramfs);
    g_free((char *)fixture->spec.disk);
    g_assert_cmpint(blind->kind, ==, OUTCOME_BASIC_FAILED);
    g_assert_cmpstr(blind->title, ==, "the kernel sees no disk");
}

/* --- Programs of syzkaller's ----------------------------------------------------------------- */

/* Something that takes syz-execprog's place: it tells how it was called, and of what. */
static const char execprog[] =
    "#include <stdio.h>\n"
    "#include <string.h>\n"
    "#include <unistd.h>\n"
    "const char help[] = \"repeat execution that many times target arch \"\n"
    "    \"inject fault into this call\";\n"
    "int main(int argc, char **argv) {\n"
    "    char line[200];\n"
    "    for (int i = 1; i < argc; i++) puts(argv[i]);\n"
    "    if (access(\"/syz-executor\", X_OK)) puts(help);\n"
    "    FILE *f = fopen(argv[argc - 1], \"r\");\n"
    "    while (fgets(line, sizeof line, f)) fputs(line, stdout);\n"
    "    if (strstr(line, \"exit\")) { puts(\"2024/01/02 03:04:05 SYZFATAL: no tun\"); return 1; "
    "}\n"
    "    return 0; }\n";

static Outcome *run_syz(Fixture *fixture, const char *text)
{
    g_autofree char *path = scratch_path(&fixture->scratch, "p.syz");
    g_autofree char *source = scratch_path(&fixture->scratch, "execprog.c");
    g_autofree char *program = scratch_path(&fixture->scratch, "execprog");
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(source, execprog, -1, NULL));
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_autofree char *made = scratch_sh(&fixture->scratch, "cc -static -o execprog execprog.c\n");
    ReproOptions options = {.has_rootfs = fixture->root != GUEST_ROOT_NONE,
                            .emulated = TRUE,
                            .syz_execprog = program,
                            .syz_executor = program};
    g_autoptr(Repro) repro = repro_prepare(path, &options, fixture->scratch.dir, &error);
    g_assert_no_error(error);
    g_autofree char *initramfs = write_initramfs(fixture, repro);
    return boot(fixture, initramfs);
}

static void test_syz(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, NULL)) {
        return;
    }
    make_root(fixture);
    pack_root(fixture);
    g_autoptr(Outcome) outcome = run_syz(
        fixture, "# {Threaded:true Collide:false Repeat:true RepeatTimes:3 Procs:2 Sandbox:none "
                 "Fault:true FaultCall:0 FaultNth:4}\ngetpid()\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpstr(outcome->output, ==,
                    "-executor=/syz-executor\n-arch=amd64\n-sandbox=none\n-procs=2\n-repeat=3\n"
                    "-threaded=true\n-cover=false\n-fault_call=0\n-fault_nth=4\n/repro\n"
                    "# {Threaded:true Collide:false Repeat:true RepeatTimes:3 Procs:2 Sandbox:none "
                    "Fault:true FaultCall:0 FaultNth:4}\ngetpid()\n");
}

/* What syzkaller cannot run tells nothing of the kernel. */
static void test_syz_fails(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture, NULL)) {
        return;
    }
    g_autoptr(Outcome) outcome = run_syz(fixture, "exit(0x1)\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_UNREACHED);
    g_assert_cmpstr(outcome->title, ==, "SYZFATAL: no tun");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)
    ADD("/content/files", test_files);
    ADD("/content/module", test_module);
    ADD("/content/bad-module", test_bad_module);
    ADD("/content/root-folder", test_root_folder);
    ADD("/content/dynamic", test_dynamic);
    ADD("/content/no-interpreter", test_no_interpreter);
    ADD("/content/image", test_image);
    ADD("/content/partition", test_partition);
    ADD("/content/no-root", test_no_root);
    ADD("/content/syz", test_syz);
    ADD("/content/syz-fails", test_syz_fails);
    return g_test_run();
}
