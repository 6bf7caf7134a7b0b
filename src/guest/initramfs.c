/* SPDX-License-Identifier: Apache-2.0
 * The guest's first file system, which is all it has where the user gives no other: PID 1 and its
 * plan, the reproducer, the user's files and modules, the device nodes that must be there even
 * without devtmpfs, and for a script a static busybox with a link for each of its commands.
 *
 * Not compressed: any kernel can read it, and QEMU copies it in a few milliseconds.
 */
#include <string.h>

#include "guest-resources.h"
#include "guest/guest.h"
#include "guest/init/plan.h"
#include "guest/pack.h"
#include "guest/program.h"
#include "process/process.h"

#define INIT_RESOURCE "/firstbad/init"
#define MODULE_FOLDER "modules"

static const char *const folders[] = {"bin",  "dev", "etc", "proc", "root", "run",
                                      "sbin", "sys", "tmp", "usr",  NULL};

typedef struct Node {
    const char *name;
    guint major, minor;
} Node;

static const Node nodes[] = {
    {"dev/console", 5, 1}, {"dev/null", 1, 3},    {"dev/zero", 1, 5},   {"dev/kmsg", 1, 11},
    {"dev/random", 1, 8},  {"dev/urandom", 1, 9}, {"dev/ttyS1", 4, 65},
};

/* Without another root, scripts need ours to have a shell. */
static gboolean needs_busybox(const GuestContent *content)
{
    return content->repro->kind == REPRO_SCRIPT && content->root == GUEST_ROOT_NONE;
}

static gboolean add_folders_and_nodes(Pack *pack, GError **error)
{
    for (const char *const *name = folders; *name; name++) {
        if (!pack_folder(pack, *name, error)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(nodes); i++) {
        if (!pack_device(pack, nodes[i].name, nodes[i].major, nodes[i].minor, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_file(const char *path, char **ret_bytes, gsize *ret_n_bytes, GError **error)
{
    if (!g_file_get_contents(path, ret_bytes, ret_n_bytes, error)) {
        g_prefix_error(error, "initramfs: ");
        return FALSE;
    }
    return TRUE;
}

static gboolean add_program(Pack *pack, const char *name, const char *path, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize n_bytes;

    return read_file(path, &bytes, &n_bytes, error) &&
           pack_bytes(pack, name, bytes, n_bytes, error);
}

/* A script's shell and commands. */
static gboolean add_busybox(Pack *pack, GError **error)
{
    g_autofree char *busybox = g_find_program_in_path("busybox");
    g_autofree char *list = NULL, *bytes = NULL;
    const char *argv[] = {busybox, "--list", NULL};
    const char *complaint;
    gsize n_bytes;

    if (!busybox) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "a reproducer that is a script needs a static busybox in the guest, and this "
                    "machine has none: install busybox-static");
        return FALSE;
    }
    if (!read_file(busybox, &bytes, &n_bytes, error)) {
        return FALSE;
    }
    /* Debian's package "busybox" has one that needs the C library. */
    complaint = program_complaint(bytes, n_bytes);
    if (complaint) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "a reproducer that is a script needs a static busybox in the guest, and %s %s: "
                    "install busybox-static",
                    busybox, complaint);
        return FALSE;
    }
    list = process_ask(NULL, argv, error);
    if (!list || !pack_bytes(pack, "bin/busybox", bytes, n_bytes, error)) {
        return FALSE;
    }
    g_auto(GStrv) commands = g_strsplit(list, "\n", -1);
    for (char **command = commands; *command; command++) {
        g_autofree char *name = g_strconcat("bin/", *command, NULL);

        if (**command && strcmp(*command, "busybox") != 0 &&
            !pack_link(pack, name, "busybox", error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Modules of one name may come from several folders: a number keeps them apart. Owned by the
 * caller. */
static char *module_name(guint i, const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    return g_strdup_printf(MODULE_FOLDER "/%u/%s", i, name);
}

gboolean guest_pack_files(const GPtrArray *files, const char *const *modules, const char *archive,
                          GError **error)
{
    g_autoptr(Pack) pack = pack_new(archive, error);

    for (guint i = 0; pack && modules[i]; i++) {
        g_autofree char *name = module_name(i, modules[i]);

        if (!pack_tree(pack, name, modules[i], error)) {
            return FALSE;
        }
    }
    for (guint i = 0; pack && i < files->len; i++) {
        const GuestFile *file = files->pdata[i];

        if (!pack_tree(pack, file->target + 1, file->source, error)) {
            return FALSE;
        }
    }
    return pack && pack_finish(pack, NULL, error);
}

/* --- The plan -------------------------------------------------------------------------------- */

static void add_line(GString *plan, const char *order, const char *rest)
{
    g_string_append_printf(plan, "%s%s\n", order, rest);
}

static void plan_root(GString *plan, const GuestContent *content)
{
    add_line(plan, content->root == GUEST_ROOT_DISK ? PLAN_DISK : PLAN_FOLDER, "");
    add_line(plan, PLAN_BIND, "/repro");
    if (content->repro->kind == REPRO_SYZ) {
        add_line(plan, PLAN_BIND, REPRO_EXECPROG);
        add_line(plan, PLAN_BIND, REPRO_EXECUTOR);
    }
    for (guint i = 0; content->files && i < content->files->len; i++) {
        const GuestFile *file = content->files->pdata[i];

        add_line(plan, PLAN_BIND, file->target);
    }
}

/* The program is held before the orders come, but where its exec may be what crashes, or goes by
 * the settings. */
static void plan_hold(GString *plan, const GuestContent *content)
{
    if (content->repro->kind != REPRO_BINARY && !(content->sysctls && *content->sysctls)) {
        g_string_append_printf(plan, PLAN_HOLD "%" G_GINT64_MODIFIER "x\n",
                               content->repro->hold_at);
    }
}

static void plan_command(GString *plan, const GuestContent *content)
{
    if (content->repro->kind == REPRO_SYZ) {
        add_line(plan, PLAN_SYZKALLER, "");
        for (char **word = content->repro->command; *word; word++) {
            add_line(plan, PLAN_ARG, *word);
        }
        return;
    }
    if (needs_busybox(content)) {
        add_line(plan, PLAN_ARG, "/bin/sh");
    }
    add_line(plan, PLAN_ARG, "/repro");
}

/* What PID 1 is to do: see init/plan.h. Owned by the caller. */
static char *make_plan(const GuestContent *content)
{
    GString *plan = g_string_new(NULL);

    for (guint i = 0; content->modules && content->modules[i]; i++) {
        g_autofree char *name = module_name(i, content->modules[i]);

        add_line(plan, PLAN_MODULE "/", name);
    }
    if (content->root != GUEST_ROOT_NONE) {
        plan_root(plan, content);
    }
    for (guint i = 0; content->sysctls && content->sysctls[i]; i++) {
        add_line(plan, PLAN_SYSCTL, content->sysctls[i]);
    }
    plan_hold(plan, content);
    plan_command(plan, content);
    return g_string_free(plan, FALSE);
}

static gboolean add_repro(Pack *pack, const Repro *repro, GError **error)
{
    return add_program(pack, "repro", repro->path, error) &&
           (repro->kind != REPRO_SYZ ||
            (add_program(pack, &REPRO_EXECPROG[1], repro->execprog, error) &&
             add_program(pack, &REPRO_EXECUTOR[1], repro->executor, error)));
}

static gboolean fill(Pack *pack, const GuestContent *content, GError **error)
{
    g_autoptr(GBytes) init = g_resource_lookup_data(guest_get_resource(), INIT_RESOURCE, 0, error);
    g_autofree char *plan = make_plan(content);

    return init && add_folders_and_nodes(pack, error) &&
           pack_bytes(pack, "init", g_bytes_get_data(init, NULL), g_bytes_get_size(init), error) &&
           pack_bytes(pack, &PLAN_FILE[1], plan, strlen(plan), error) &&
           add_repro(pack, content->repro, error) &&
           (content->root == GUEST_ROOT_NONE || pack_folder(pack, &PLAN_ROOT[1], error)) &&
           (!needs_busybox(content) || add_busybox(pack, error));
}

gboolean initramfs_write(const char *path, const GuestContent *content, GError **error)
{
    g_autoptr(Pack) pack = pack_new(path, error);

    return pack && fill(pack, content, error) && pack_finish(pack, content->archives, error);
}
