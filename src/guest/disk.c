/* SPDX-License-Identifier: Apache-2.0
 * Which disk a kernel of some config can see. Pure.
 */
#include <string.h>

#include "guest/guest.h"

/* By these a config is judged. */
static const char *const drivers[N_DISK_BUSES][5] = {
    [DISK_VIRTIO] = {"CONFIG_PCI", "CONFIG_VIRTIO_PCI", "CONFIG_VIRTIO_BLK"},
    [DISK_AHCI] = {"CONFIG_PCI", "CONFIG_ATA", "CONFIG_SATA_AHCI", "CONFIG_BLK_DEV_SD"},
    [DISK_NVME] = {"CONFIG_PCI", "CONFIG_BLK_DEV_NVME"},
    [DISK_SCSI] = {"CONFIG_PCI", "CONFIG_VIRTIO_PCI", "CONFIG_SCSI_VIRTIO", "CONFIG_BLK_DEV_SD"},
    [DISK_IDE] = {"CONFIG_PCI", "CONFIG_ATA", "CONFIG_ATA_PIIX", "CONFIG_BLK_DEV_SD"},
};

/* Of a kernel that has none of them: the first, with the menus that it stands under. */
static const char *const added[] = {"CONFIG_PCI",
                                    "CONFIG_BLOCK",
                                    "CONFIG_BLK_DEV",
                                    "CONFIG_VIRTIO_MENU",
                                    "CONFIG_VIRTIO_PCI",
                                    "CONFIG_VIRTIO_BLK",
                                    NULL};

static const struct {
    const char *name, *option;
} filesystems[] = {{"ext4", "CONFIG_EXT4_FS"},      {"xfs", "CONFIG_XFS_FS"},
                   {"btrfs", "CONFIG_BTRFS_FS"},    {"f2fs", "CONFIG_F2FS_FS"},
                   {"squashfs", "CONFIG_SQUASHFS"}, {"erofs", "CONFIG_EROFS_FS"},
                   {"iso9660", "CONFIG_ISO9660_FS"}};

/* Is @option on in @config, be it as a module, which we build in? The last line counts. */
static gboolean is_on(const char *config, const char *option)
{
    gsize n = strlen(option);
    gboolean on = FALSE;

    for (const char *line = config; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, option, n) == 0 && line[n] == '=') {
            on = line[n + 1] == 'y' || line[n + 1] == 'm';
        } else if (g_str_has_prefix(line, "# ") && strncmp(line + 2, option, n) == 0 &&
                   g_str_has_prefix(line + 2 + n, " is not set")) {
            on = FALSE;
        }
    }
    return on;
}

static gboolean has_driver(const char *config, DiskBus bus)
{
    for (guint i = 0; drivers[bus][i]; i++) {
        if (!is_on(config, drivers[bus][i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static void want(GStrvBuilder *missing, const char *config, const char *option)
{
    if (!is_on(config, option)) {
        g_strv_builder_add(missing, option);
    }
}

static void want_filesystem(GStrvBuilder *missing, const char *config, const Rootfs *rootfs)
{
    /* Of qcow2 we do not see which it is. */
    const char *name = rootfs->filesystem ? rootfs->filesystem : "ext4";

    for (guint i = 0; i < G_N_ELEMENTS(filesystems); i++) {
        if (g_str_equal(name, filesystems[i].name)) {
            want(missing, config, filesystems[i].option);
        }
    }
    /* The tables of old PCs are known unless PARTITION_ADVANCED says otherwise. */
    if (is_on(config, "CONFIG_PARTITION_ADVANCED") && rootfs->partitions) {
        want(missing, config,
             g_str_equal(rootfs->partitions, "gpt") ? "CONFIG_EFI_PARTITION"
                                                    : "CONFIG_MSDOS_PARTITION");
    }
}

DiskBus disk_choose_bus(const char *config, const Rootfs *rootfs, char ***ret_missing)
{
    g_autoptr(GStrvBuilder) missing = g_strv_builder_new();
    DiskBus bus = 0;

    while (bus < N_DISK_BUSES && !has_driver(config, bus)) {
        bus++;
    }
    for (guint i = 0; bus == N_DISK_BUSES && added[i]; i++) {
        want(missing, config, added[i]);
    }
    want_filesystem(missing, config, rootfs);
    *ret_missing = g_strv_builder_end(missing);
    return bus == N_DISK_BUSES ? DISK_VIRTIO : bus;
}
