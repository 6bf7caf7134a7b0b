/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/qemu.h"

#include <string.h>

/* Nothing here may hide a bug; each word has its reason:
 *   console, earlyprintk   the console, and what comes before the console driver; both at a speed
 *                          that old kernels know
 *   8250.nr_uarts          the protocol's port, also where the config allows for one only
 *   loglevel=7             all but debugging; reports are louder than that
 *   nokaslr                addresses in reports compare between runs
 *   panic=-1               a panic resets at once, which -no-reboot makes the end of QEMU
 *   panic_on_warn=0        whatever the config says: a warning while booting is not the
 *                          reproducer's; PID 1 sets what the spec wants
 *   random.trust_cpu       no waiting for entropy that a guest without devices gets late
 *   no_timer_check         the boot counts timer interrupts by a loop of instructions, and panics
 *                          ("IO-APIC + timer doesn't work!") when this machine is too busy
 * The user's words come later and win. */
#define KERNEL_WORDS                                                                               \
    "console=ttyS0,115200 earlyprintk=serial,ttyS0,115200 8250.nr_uarts=4 loglevel=7 nokaslr "     \
    "panic=-1 panic_on_warn=0 random.trust_cpu=on no_timer_check"

char *qemu_kernel_cmdline(const GuestSpec *spec)
{
    return g_strconcat(KERNEL_WORDS, spec->cmdline ? " " : "", spec->cmdline, NULL);
}

static void add(GPtrArray *argv, const char *option, char *value)
{
    g_ptr_array_add(argv, g_strdup(option));
    if (value) {
        g_ptr_array_add(argv, value);
    }
}

/* --- Disks ----------------------------------------------------------------------------------- */

/* q35 has an AHCI controller by itself; the others are plugged in first. */
static const struct {
    const char *controller, *device;
} buses[N_DISK_BUSES] = {
    [DISK_VIRTIO] = {NULL, "virtio-blk-pci,drive=disk"},
    [DISK_AHCI] = {NULL, "ide-hd,bus=ide.0,drive=disk"},
    [DISK_NVME] = {NULL, "nvme,serial=firstbad,drive=disk"},
    [DISK_SCSI] = {"virtio-scsi-pci,id=scsi", "scsi-hd,bus=scsi.0,drive=disk"},
    [DISK_IDE] = {"piix3-ide,id=piix", "ide-hd,bus=piix.0,drive=disk"},
};

/* In QEMU's lists of settings a comma in a value is doubled. */
static char *escape_commas(const char *value)
{
    GString *text = g_string_new(value);

    g_string_replace(text, ",", ",,", 0);
    return g_string_free(text, FALSE);
}

/* What is written goes to a file of QEMU's own that nobody sees: each trial finds the image as it
 * was given. */
static void add_disk(GPtrArray *argv, const GuestSpec *spec)
{
    g_autofree char *file = escape_commas(spec->disk);

    add(argv, "-drive",
        g_strdup_printf("id=disk,if=none,snapshot=on,format=%s,file=%s", spec->disk_format, file));
    if (buses[spec->disk_bus].controller) {
        add(argv, "-device", g_strdup(buses[spec->disk_bus].controller));
    }
    add(argv, "-device", g_strdup(buses[spec->disk_bus].device));
}

/* --- Arguments of the user's ----------------------------------------------------------------- */

/* Options of QEMU's that are ours, and by which of ours they are set. */
static const struct {
    const char *name, *ours;
} taken[] = {
    {"accel", "--accel"}, {"append", "--cmdline"}, {"chroot", NULL},
    {"daemonize", NULL},  {"display", NULL},       {"enable-kvm", "--accel"},
    {"incoming", NULL},   {"initrd", "--file"},    {"kernel", NULL},
    {"loadvm", NULL},     {"m", "--memory"},       {"machine", NULL},
    {"M", NULL},          {"monitor", NULL},       {"no-shutdown", NULL},
    {"pidfile", NULL},    {"runas", NULL},         {"S", NULL},
    {"sandbox", NULL},    {"serial", NULL},        {"smp", "--cpus"},
    {"nographic", NULL},  {"vnc", NULL},           {"reboot", NULL},
    {"action", NULL},
};

/* Those that let the guest out. */
static const char *const opening[] = {"net", "netdev", "nic", "virtfs", "fsdev"};

static const char *option_name(const char *arg)
{
    return *arg == '-' ? arg + strspn(arg, "-") : "";
}

const char *qemu_arg_complaint(const char *arg)
{
    const char *name = option_name(arg);

    for (guint i = 0; i < G_N_ELEMENTS(taken); i++) {
        if (g_str_equal(name, taken[i].name)) {
            return taken[i].ours ? taken[i].ours : "";
        }
    }
    return NULL;
}

gboolean qemu_arg_opens(const char *arg)
{
    for (guint i = 0; i < G_N_ELEMENTS(opening); i++) {
        if (g_str_equal(option_name(arg), opening[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* With several CPUs TCG has a thread for each: what races on hardware can race here. */
static char *accel_of(const GuestSpec *spec)
{
    return g_strdup_printf("%s%s", accel_name(spec->accel),
                           spec->accel == ACCEL_TCG && spec->n_cpus > 1 ? ",thread=multi" : "");
}

/* Without what no driver of ours needs and only takes time: a system management mode that the
 * firmware has to set up, VMware's mouse, an SMBus, and disk controllers where there are no disks.
 */
static char *machine_of(const GuestSpec *spec, const QemuEnds *ends)
{
    return g_strconcat("q35,smm=off,vmport=off,smbus=off",
                       spec->disk || (spec->qemu_args && *spec->qemu_args) ? "" : ",sata=off",
                       ends->memory >= 0 ? ",memory-backend=memory" : "", NULL);
}

static void add_machine(GPtrArray *argv, const GuestSpec *spec, const QemuEnds *ends)
{
    add(argv, "-machine", machine_of(spec, ends));
    add(argv, "-accel", accel_of(spec));
    add(argv, "-cpu", g_strdup("max"));
    add(argv, "-m", g_strdup_printf("%u", spec->memory_mib));
    add(argv, "-smp", g_strdup_printf("%u", spec->n_cpus));
    if (ends->memory >= 0) {
        add(argv, "-object",
            g_strdup_printf("memory-backend-file,id=memory,size=%uM,mem-path=/proc/self/fd/%d,"
                            "share=%s",
                            spec->memory_mib, ends->memory, ends->restores ? "off" : "on"));
    }
    if (ends->restores) {
        add(argv, "-incoming", g_strdup("defer"));
    }
}

static void add_serial(GPtrArray *argv, const char *name, int fd)
{
    add(argv, "-chardev", g_strdup_printf("socket,id=%s,fd=%d", name, fd));
    add(argv, "-serial", g_strdup_printf("chardev:%s", name));
}

char **qemu_argv(const GuestSpec *spec, const char *image, const char *initramfs,
                 const QemuEnds *ends)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

    add(argv, spec->qemu, NULL);
    add(argv, "-name", g_strdup("firstbad"));
    add_machine(argv, spec, ends);
    add(argv, "-nodefaults", NULL);
    add(argv, "-no-user-config", NULL);
    add(argv, "-no-reboot", NULL);
    add(argv, "-display", g_strdup("none"));
    add(argv, "-nic", g_strdup("none"));
    if (!spec->no_sandbox) {
        add(argv, "-sandbox", g_strdup(QEMU_SANDBOX));
    }
    add_serial(argv, "console", ends->console);
    add_serial(argv, "protocol", ends->protocol);
    add(argv, "-chardev", g_strdup_printf("socket,id=monitor,fd=%d", ends->monitor));
    add(argv, "-mon", g_strdup("chardev=monitor,mode=control"));
    if (!ends->restores) {
        add(argv, "-kernel", g_strdup(image));
        add(argv, "-initrd", g_strdup(initramfs));
        add(argv, "-append", qemu_kernel_cmdline(spec));
    }
    if (spec->disk) {
        add_disk(argv, spec);
    }
    for (const char *const *arg = spec->qemu_args; arg && *arg; arg++) {
        add(argv, *arg, NULL);
    }
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}

char *qemu_complaint(const char *err)
{
    g_auto(GStrv) lines = g_strsplit(err, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (*g_strstrip(*line) && !strstr(*line, "warning:")) {
            return g_strdup(*line);
        }
    }
    return g_strdup("no message");
}
