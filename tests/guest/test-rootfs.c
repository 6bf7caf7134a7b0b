/* SPDX-License-Identifier: Apache-2.0
 * What the user gives for guests, as far as it can be told without one: folders and images of a
 * root, the disk that a config has a driver for, places of files, lines of sysctl.conf.
 */
#include <string.h>

#include "guest/guest.h"
#include "scratch.h"

static const char all_on[] = "CONFIG_PCI=y\nCONFIG_ATA=y\nCONFIG_BLK_DEV_SD=m\nCONFIG_EXT4_FS=m\n";

/* A config, the image's root, and what comes of them: the bus and what is missing. */
static void expect(const char *config, const Rootfs *rootfs, DiskBus bus, const char *missing)
{
    g_auto(GStrv) options = NULL;
    DiskBus chosen = disk_choose_bus(config, rootfs, &options);
    g_autofree char *joined = g_strjoinv(" ", options);

    g_assert_cmpint(chosen, ==, bus);
    g_assert_cmpstr(joined, ==, missing);
}

static void test_bus(void)
{
    const Rootfs ext4 = {.is_image = TRUE, .filesystem = "ext4"};
    const Rootfs btrfs = {.is_image = TRUE, .filesystem = "btrfs"};
    const Rootfs unseen = {.is_image = TRUE};
    const Rootfs gpt = {.is_image = TRUE, .filesystem = "ext4", .partitions = "gpt"};
    const Rootfs dos = {.is_image = TRUE, .filesystem = "ext4", .partitions = "dos"};
    g_autofree char *ahci = g_strconcat(all_on, "CONFIG_SATA_AHCI=m\n", NULL);
    g_autofree char *nvme = g_strconcat(all_on, "CONFIG_BLK_DEV_NVME=y\n", NULL);
    g_autofree char *both = g_strconcat(ahci, "CONFIG_VIRTIO_PCI=m\nCONFIG_VIRTIO_BLK=m\n", NULL);
    g_autofree char *off =
        g_strconcat(both, "# CONFIG_VIRTIO_BLK is not set\nCONFIG_SATA_AHCI=n\n", NULL);
    g_autofree char *advanced = g_strconcat(both, "CONFIG_PARTITION_ADVANCED=y\n", NULL);

    expect(ahci, &ext4, DISK_AHCI, "");
    expect(nvme, &ext4, DISK_NVME, "");
    expect(both, &ext4, DISK_VIRTIO, "");
    /* The last line of an option counts. */
    expect(off, &ext4, DISK_VIRTIO,
           "CONFIG_BLOCK CONFIG_BLK_DEV CONFIG_VIRTIO_MENU CONFIG_VIRTIO_BLK");
    expect(ahci, &btrfs, DISK_AHCI, "CONFIG_BTRFS_FS");
    /* What cannot be seen is taken for the most usual one; a name may only begin so. */
    expect("CONFIG_PCI=y\nCONFIG_BLK_DEV_NVME=y\nCONFIG_EXT4_FS_SECURITY=y\n", &unseen, DISK_NVME,
           "CONFIG_EXT4_FS");
    expect(both, &gpt, DISK_VIRTIO, "");
    expect(advanced, &gpt, DISK_VIRTIO, "CONFIG_EFI_PARTITION");
    expect(advanced, &dos, DISK_VIRTIO, "CONFIG_MSDOS_PARTITION");
}

static Rootfs *look(const Scratch *scratch, const char *name, GError **error)
{
    g_autofree char *path = scratch_path(scratch, name);

    return rootfs_look(path, error);
}

static void refuse(const Scratch *scratch, const char *name, const char *wanted)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(look(scratch, name, &error));
    g_assert_nonnull(strstr(error->message, wanted));
}

static void test_look(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *made =
        scratch_sh(scratch, "mkdir empty folder large; echo x >folder/x; truncate -s 2G large/x\n"
                            "printf 'QFI\\373' >qcow2; echo text >text; : >nothing\n"
                            "mkfifo fifo\n"
                            "{ printf XFSB; head -c 4096 /dev/zero; } >xfs\n"
                            /* A GPT whose second entry begins at sector 64, where a squashfs is. */
                            "truncate -s 64k gpt\n"
                            "printf 'EFI PART' | dd of=gpt bs=1 seek=512 conv=notrunc status=none\n"
                            "printf '\\042' | dd of=gpt bs=1 seek=1056 conv=notrunc status=none\n"
                            "printf '\\100' | dd of=gpt bs=1 seek=1184 conv=notrunc status=none\n"
                            "printf hsqs | dd of=gpt bs=1 seek=32768 conv=notrunc status=none\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(Rootfs) folder = look(scratch, "folder", &error);
    g_assert_no_error(error);
    g_autoptr(Rootfs) qcow2 = look(scratch, "qcow2", &error);
    g_assert_no_error(error);
    g_autoptr(Rootfs) xfs = look(scratch, "xfs", &error);
    g_assert_no_error(error);
    g_autoptr(Rootfs) gpt = look(scratch, "gpt", &error);
    g_assert_no_error(error);

    g_assert_false(folder->is_image);
    g_assert_cmpint(folder->size, ==, 2);
    g_assert_cmpuint(rootfs_memory_mib(folder), >=, 128);
    g_assert_true(qcow2->is_image);
    g_assert_cmpstr(qcow2->format, ==, "qcow2");
    g_assert_null(qcow2->filesystem);
    g_assert_cmpuint(rootfs_memory_mib(qcow2), ==, 0);
    g_assert_cmpstr(xfs->format, ==, "raw");
    g_assert_cmpstr(xfs->filesystem, ==, "xfs");
    g_assert_null(xfs->partitions);
    g_assert_cmpstr(gpt->partitions, ==, "gpt");
    g_assert_cmpstr(gpt->filesystem, ==, "squashfs");
    refuse(scratch, "none", "does not exist");
    refuse(scratch, "empty", "is an empty folder");
    refuse(scratch, "large", "give a disk image of it (mke2fs");
    refuse(scratch, "text", "is neither a folder nor a disk image");
    refuse(scratch, "nothing", "is neither a folder nor a disk image");
    refuse(scratch, "fifo", "is neither a folder nor a disk image");
}

/* The same folder gives the same bytes, however its files were made and numbered. */
static void test_pack(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *made = scratch_sh(
        scratch, "mkdir -p a/dir b/dir\n"
                 "for f in 1 2 3; do echo $f >a/dir/$f; done; ln a/dir/1 a/again; ln -s 2 a/link\n"
                 "echo x >between; ln -s 2 b/link; for f in 3 2 1; do echo $f >b/dir/$f; done\n"
                 "ln b/dir/1 b/again; find a b -exec touch -h -d @1000000 {} +\n");

    for (const char *name = "ab"; *name; name++) {
        const char folder[] = {*name, '\0'};
        g_autofree char *path = scratch_path(scratch, folder);
        g_autofree char *archive = g_strconcat(path, ".cpio", NULL);
        g_autoptr(GError) error = NULL;

        g_assert_true(rootfs_pack(path, archive, &error));
        g_assert_no_error(error);
    }
    g_autofree char *same = scratch_sh(scratch, "cmp a.cpio b.cpio && echo same\n");
    g_assert_cmpstr(same, ==, "same");
}

static void test_file_places(void)
{
    static const struct {
        const char *text, *source, *target;
    } cases[] = {
        {"/a/b", "/a/b", "/b"},
        {"/a/b:/c/d", "/a/b", "/c/d"},
        {"/a/b:x", "/a/b:x", "/b:x"},
        {"/a/b:/c/../d/", "/a/b", "/d"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GuestFile) file = guest_file_parse(cases[i].text, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(file->source, ==, cases[i].source);
        g_assert_cmpstr(file->target, ==, cases[i].target);
    }
    g_assert_null(guest_file_parse("/a/b:/", NULL));
    g_assert_null(guest_file_parse("/a/b:/..", NULL));
    g_assert_null(guest_file_parse("/a:/x\ny", NULL));
    /* What is ours. */
    g_assert_null(guest_file_parse("/a:/init", NULL));
    g_assert_null(guest_file_parse("/a/repro", NULL));
    g_assert_null(guest_file_parse("/a:/syz-executor", NULL));
}

static void test_sysctls(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) settings = guest_sysctls_parse("# of ours\n; too\n\n kernel.sysrq = 1 \n"
                                                 "-net/ipv4/conf/eth0.1/x=a b = c\nvm.y=\n",
                                                 &error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(settings), ==, 3);
    g_assert_cmpstr(settings[0], ==, "kernel.sysrq=1");
    g_assert_cmpstr(settings[1], ==, "net/ipv4/conf/eth0.1/x=a b = c");
    g_assert_cmpstr(settings[2], ==, "vm.y=");
    g_assert_null(guest_sysctls_parse("a=1\nb\n", &error));
    g_assert_cmpstr(error->message, ==, "2: 'b' is not KEY=VALUE");
    g_assert_null(guest_sysctls_parse("=1\n", NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rootfs/bus", test_bus);
    g_test_add("/rootfs/look", Scratch, NULL, scratch_set_up, test_look, scratch_tear_down);
    g_test_add("/rootfs/pack", Scratch, NULL, scratch_set_up, test_pack, scratch_tear_down);
    g_test_add_func("/rootfs/file-places", test_file_places);
    g_test_add_func("/rootfs/sysctls", test_sysctls);
    return g_test_run();
}
