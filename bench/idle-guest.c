/* SPDX-License-Identifier: Apache-2.0 */
#include "idle-guest.h"
#include "process/process.h"

void idle_guest_init(IdleGuest *guest, const char *kernel, guint memory_mib)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("bench-XXXXXX", &error);

    if (!dir) {
        g_error("%s", error->message);
    }
    g_autofree char *source = g_build_filename(dir, "nothing.c", NULL);
    *guest = (IdleGuest){.kernel = kernel,
                         .initramfs = g_build_filename(dir, "initramfs.cpio", NULL),
                         .reader = oops_reader_new()};
    guest_spec_default(&guest->spec, guest->reader);
    guest->spec.memory_mib = memory_mib;
    guest->spec.n_repeats = 1;
    if (!g_file_set_contents(source, "int main(void) { return 0; }\n", -1, &error)) {
        g_error("%s", error->message);
    }
    g_autoptr(Repro) repro = repro_prepare(source, &(ReproOptions){"cc"}, dir, &error);
    if (!repro || !initramfs_write(guest->initramfs, &(GuestContent){repro}, &error)) {
        g_error("%s", error->message);
    }
    guest->dir = g_steal_pointer(&dir);
}

void idle_guest_clear(IdleGuest *guest)
{
    process_remove_tree(guest->dir);
    g_free(guest->dir);
    g_free(guest->initramfs);
    oops_reader_free(guest->reader);
}
