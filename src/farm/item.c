/* SPDX-License-Identifier: Apache-2.0
 * Work items on disk. All files are key files, but for the outcomes.
 */
#include "farm/item.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORDER_VERSION 2
#define ORDER         "order"
#define KERNEL        "kernel"
#define TRIAL         "trial-"
#define FAILED        "failed-"
/* Of the checksum of an order, in the name of its folder. */
#define NAME_DIGITS 20
/* More trials of one kernel no job asks for at once. */
#define MOST_TRIALS 100000

Order *order_new(OrderKind kind)
{
    Order *order = g_new0(Order, 1);

    order->kind = kind;
    order->n_parts = 1;
    order->fixes = g_ptr_array_new_with_free_func((GDestroyNotify)backport_free);
    return order;
}

void order_free(Order *order)
{
    if (!order) {
        return;
    }
    g_free(order->job_kind);
    g_free(order->spec);
    g_free(order->job_dir);
    g_free(order->kernels);
    g_free(order->slots);
    g_free(order->commit);
    g_free(order->config);
    g_ptr_array_unref(order->fixes);
    g_free(order->kernel_key);
    g_free(order->id);
    g_free(order->traces);
    g_free(order);
}

/* --- An order as text ------------------------------------------------------------------------ */

/* Strings of an order; those that may be missing come last. */
typedef struct TextField {
    const char *key;
    gsize offset;
    gboolean may_lack;
} TextField;

#define FIELD(key, member, may_lack)                                                               \
    {                                                                                              \
        key, G_STRUCT_OFFSET(Order, member), may_lack                                              \
    }
static const TextField text_fields[] = {
    FIELD("job-kind", job_kind, FALSE),
    FIELD("spec", spec, FALSE),
    FIELD("job-dir", job_dir, FALSE),
    FIELD("kernels", kernels, FALSE),
    FIELD("slots", slots, FALSE),
    FIELD("commit", commit, FALSE),
    FIELD("config", config, TRUE),
    FIELD("kernel-key", kernel_key, TRUE),
    FIELD("id", id, TRUE),
};
#undef FIELD

static char **text_at(const Order *order, const TextField *field)
{
    return G_STRUCT_MEMBER_P(order, field->offset);
}

static void put_text(GKeyFile *file, const char *group, const char *key, const char *text)
{
    if (text) {
        g_key_file_set_string(file, group, key, text);
    }
}

static void put_fix(GKeyFile *file, guint i, const Backport *fix)
{
    g_autofree char *group = g_strdup_printf("fix-%u", i);

    put_text(file, group, "title", fix->title);
    put_text(file, group, "commit", fix->commit);
    put_text(file, group, "breaks", fix->breaks);
    put_text(file, group, "sound", fix->sound);
    put_text(file, group, "reason", fix->reason);
}

static char *order_text(const Order *order)
{
    g_autoptr(GKeyFile) file = g_key_file_new();

    g_key_file_set_integer(file, ORDER, "version", ORDER_VERSION);
    g_key_file_set_string(file, ORDER, "kind", order->kind == ORDER_BUILD ? "build" : "trials");
    for (guint i = 0; i < G_N_ELEMENTS(text_fields); i++) {
        put_text(file, ORDER, text_fields[i].key, *text_at(order, &text_fields[i]));
    }
    g_key_file_set_integer(file, ORDER, "jobs", (int)order->n_jobs);
    g_key_file_set_boolean(file, ORDER, "builds-same", order->builds_same);
    g_key_file_set_integer(file, ORDER, "fixes", (int)order->fixes->len);
    for (guint i = 0; i < order->fixes->len; i++) {
        put_fix(file, i, order->fixes->pdata[i]);
    }
    if (order->kind == ORDER_TRIALS) {
        g_autofree int *traces = g_new(int, order->n_trials);

        for (guint i = 0; i < order->n_trials; i++) {
            traces[i] = (int)order->traces[i];
        }
        g_key_file_set_integer(file, ORDER, "parts", (int)order->n_parts);
        g_key_file_set_integer(file, ORDER, "at-once", (int)order->n_at_once);
        g_key_file_set_boolean(file, ORDER, "boots", order->boots);
        g_key_file_set_string(file, ORDER, "accel", accel_name(order->accel));
        g_key_file_set_integer_list(file, ORDER, "traces", traces, order->n_trials);
    }
    return g_key_file_to_data(file, NULL, NULL);
}

/* --- Folders --------------------------------------------------------------------------------- */

static gboolean write_durably(const char *path, const char *text, GError **error)
{
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

gboolean order_write(const Order *order, const char *items, char **ret_dir, GError **error)
{
    g_autofree char *text = order_text(order);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    g_autofree char *name = g_strdup_printf(
        "%s-%.*s", order->kind == ORDER_BUILD ? "build" : "trials", NAME_DIGITS, sum);
    g_autofree char *dir = g_build_filename(items, name, NULL);
    g_autofree char *path = g_build_filename(dir, ORDER, NULL);

    if (g_mkdir_with_parents(dir, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "cannot make %s: %s", dir,
                    g_strerror(errno));
        return FALSE;
    }
    if (!g_file_test(path, G_FILE_TEST_EXISTS) && !write_durably(path, text, error)) {
        return FALSE;
    }
    *ret_dir = g_steal_pointer(&dir);
    return TRUE;
}

void item_remove(const char *dir)
{
    g_autoptr(GDir) listing = g_dir_open(dir, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        g_unlink(path);
    }
    g_rmdir(dir);
}

/* --- An order read --------------------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *dir, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", dir, what);
    return FALSE;
}

/* An order says which programs run with our rights: nobody else may have written it. */
static gboolean check_owner(const char *dir, GError **error)
{
    struct stat status;

    if (lstat(dir, &status) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", dir,
                    g_strerror(errno));
        return FALSE;
    }
    return (S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
            (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) ||
           refuse(error, dir, "not a folder that only you can write to");
}

static gboolean read_texts(GKeyFile *file, Order *order, const char *dir, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(text_fields); i++) {
        const TextField *field = &text_fields[i];
        char **text = text_at(order, field);

        *text = g_key_file_get_string(file, ORDER, field->key, NULL);
        if (!*text && !field->may_lack) {
            g_autofree char *what = g_strconcat("order without ", field->key, NULL);

            return refuse(error, dir, what);
        }
    }
    return TRUE;
}

static gboolean read_fixes(GKeyFile *file, Order *order, const char *dir, GError **error)
{
    int n = g_key_file_get_integer(file, ORDER, "fixes", NULL);

    for (int i = 0; i < n; i++) {
        g_autofree char *group = g_strdup_printf("fix-%d", i);
        g_autofree char *title = g_key_file_get_string(file, group, "title", NULL);
        g_autofree char *commit = g_key_file_get_string(file, group, "commit", NULL);
        g_autofree char *breaks = g_key_file_get_string(file, group, "breaks", NULL);
        g_autofree char *reason = g_key_file_get_string(file, group, "reason", NULL);
        Backport *fix;

        if (!title || !commit) {
            return refuse(error, dir, "order with a fix that is none");
        }
        fix = backport_new(title, commit, breaks, reason);
        fix->sound = g_key_file_get_string(file, group, "sound", NULL);
        g_ptr_array_add(order->fixes, fix);
    }
    return TRUE;
}

static gboolean is_key(const char *text)
{
    return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* An order that leaves it to the machine would have trials of two kinds counted as one. */
static gboolean read_accel(GKeyFile *file, Order *order, const char *dir, GError **error)
{
    g_autofree char *name = g_key_file_get_string(file, ORDER, "accel", NULL);

    order->accel = g_strcmp0(name, accel_name(ACCEL_KVM)) == 0 ? ACCEL_KVM : ACCEL_TCG;
    return g_strcmp0(name, accel_name(order->accel)) == 0 ||
           refuse(error, dir, "order of trials that does not say how guests run");
}

static gboolean read_trials(GKeyFile *file, Order *order, const char *dir, GError **error)
{
    gsize n = 0;
    g_autofree int *traces = g_key_file_get_integer_list(file, ORDER, "traces", &n, NULL);

    order->n_trials = (guint)n;
    order->n_parts = (guint)g_key_file_get_integer(file, ORDER, "parts", NULL);
    order->n_at_once = (guint)g_key_file_get_integer(file, ORDER, "at-once", NULL);
    order->boots = g_key_file_get_boolean(file, ORDER, "boots", NULL);
    if (!is_key(order->kernel_key)) {
        return refuse(error, dir, "order of trials without the key of a kernel");
    }
    if (n == 0 || n > MOST_TRIALS || order->n_parts == 0 || order->n_parts > n ||
        order->n_at_once == 0 || order->n_at_once > MOST_TRIALS) {
        return refuse(error, dir, "order with numbers that cannot be");
    }
    order->traces = g_new0(GuestTrace, n);
    for (gsize i = 0; i < n; i++) {
        if (traces[i] < TRACE_NONE || traces[i] > TRACE_FIRST) {
            return refuse(error, dir, "order with a trace that is none");
        }
        order->traces[i] = (GuestTrace)traces[i];
    }
    return read_accel(file, order, dir, error);
}

static Order *parse_order(GKeyFile *file, const char *dir, GError **error)
{
    g_autofree char *kind = g_key_file_get_string(file, ORDER, "kind", NULL);
    g_autoptr(Order) order = order_new(ORDER_BUILD);
    g_autoptr(Variant) variant = NULL;
    int n_jobs = g_key_file_get_integer(file, ORDER, "jobs", NULL);

    if (g_key_file_get_integer(file, ORDER, "version", NULL) != ORDER_VERSION) {
        refuse(error, dir, "order of another version of firstbad");
        return NULL;
    }
    if (g_strcmp0(kind, "trials") == 0) {
        order->kind = ORDER_TRIALS;
    } else if (g_strcmp0(kind, "build") != 0) {
        refuse(error, dir, "order of no kind that is known");
        return NULL;
    }
    if (!read_texts(file, order, dir, error)) {
        return NULL;
    }
    variant = variant_parse(order->commit);
    if (!variant || n_jobs < 1) {
        refuse(error, dir, !variant ? "order of no revision" : "order with numbers that cannot be");
        return NULL;
    }
    order->n_jobs = (guint)n_jobs;
    order->builds_same = g_key_file_get_boolean(file, ORDER, "builds-same", NULL);
    return read_fixes(file, order, dir, error) &&
                   (order->kind == ORDER_BUILD || read_trials(file, order, dir, error))
               ? g_steal_pointer(&order)
               : NULL;
}

Order *order_read(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, ORDER, NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();

    if (!check_owner(dir, error)) {
        return NULL;
    }
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error)) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    return parse_order(file, dir, error);
}

void order_part(const Order *order, guint part, guint *ret_first, guint *ret_end)
{
    *ret_first = (guint)((guint64)order->n_trials * part / order->n_parts);
    *ret_end = (guint)((guint64)order->n_trials * (part + 1) / order->n_parts);
}

guint order_part_of(const Order *order, guint i)
{
    guint part = 0, first, end;

    for (order_part(order, part, &first, &end); end <= i; order_part(order, ++part, &first, &end)) {
    }
    return part;
}

/* --- What came out --------------------------------------------------------------------------- */

char *item_trial_path(const char *dir, guint i)
{
    g_autofree char *name = g_strdup_printf(TRIAL "%u", i);

    return g_build_filename(dir, name, NULL);
}

void item_files_free(ItemFiles *files)
{
    if (!files) {
        return;
    }
    g_array_unref(files->trials);
    g_ptr_array_unref(files->failures);
    g_free(files);
}

/* The trial that @name is of. FALSE: none; a file in the making has more behind its number. */
static gboolean is_trial(const char *name, guint *ret_i)
{
    guint64 i;

    if (!g_str_has_prefix(name, TRIAL) ||
        !g_ascii_string_to_unsigned(name + strlen(TRIAL), 10, 0, MOST_TRIALS, &i, NULL)) {
        return FALSE;
    }
    *ret_i = (guint)i;
    return TRUE;
}

/* A file in the making has a longer name: g_file_set_contents() puts six characters behind. */
static gboolean is_failure(const char *name)
{
    const char *dot = strchr(name, '.');

    return g_str_has_prefix(name, FAILED) && dot && !strchr(dot + 1, '.');
}

ItemFiles *item_list(const char *dir)
{
    ItemFiles *files = g_new0(ItemFiles, 1);
    g_autoptr(GDir) listing = g_dir_open(dir, 0, NULL);
    const char *name;
    guint i;

    files->trials = g_array_new(FALSE, FALSE, sizeof(guint));
    files->failures = g_ptr_array_new_with_free_func(g_free);
    while (listing && (name = g_dir_read_name(listing))) {
        if (is_trial(name, &i)) {
            g_array_append_val(files->trials, i);
        } else if (is_failure(name)) {
            g_ptr_array_add(files->failures, g_strdup(name));
        } else {
            files->has_kernel |= g_str_equal(name, KERNEL);
        }
    }
    return files;
}

static void put_list(GKeyFile *file, const char *key, char **list)
{
    if (list) {
        g_key_file_set_string_list(file, KERNEL, key, (const char *const *)list,
                                   g_strv_length(list));
    }
}

gboolean item_put_kernel(const char *dir, const Kernel *kernel, GError **error)
{
    g_autofree char *path = g_build_filename(dir, KERNEL, NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *text = NULL;

    g_key_file_set_string(file, KERNEL, "key", kernel->key);
    g_key_file_set_boolean(file, KERNEL, "reused", kernel->reused);
    put_text(file, KERNEL, "compiler", kernel->compiler);
    put_list(file, "notes", kernel->notes);
    put_list(file, "patches", kernel->patches);
    put_list(file, "unpatched", kernel->unpatched);
    text = g_key_file_to_data(file, NULL, NULL);
    return write_durably(path, text, error);
}

/* What the store does not know of a kernel. */
static void read_beside(GKeyFile *file, Kernel *kernel)
{
    kernel->reused = g_key_file_get_boolean(file, KERNEL, "reused", NULL);
    kernel->compiler = g_key_file_get_string(file, KERNEL, "compiler", NULL);
    kernel->notes = g_key_file_get_string_list(file, KERNEL, "notes", NULL, NULL);
    kernel->patches = g_key_file_get_string_list(file, KERNEL, "patches", NULL, NULL);
    kernel->unpatched = g_key_file_get_string_list(file, KERNEL, "unpatched", NULL, NULL);
}

Kernel *item_find_kernel(const char *dir, KernelStore *store, GError **error)
{
    g_autofree char *path = g_build_filename(dir, KERNEL, NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *key = NULL;
    Kernel *kernel;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL)) {
        return NULL;
    }
    key = g_key_file_get_string(file, KERNEL, "key", NULL);
    if (!is_key(key)) {
        refuse(error, dir, "a kernel without a key");
        return NULL;
    }
    kernel = kernel_store_find(store, key, error);
    if (kernel) {
        read_beside(file, kernel);
    }
    return kernel;
}

/* --- What went wrong ------------------------------------------------------------------------- */

/* @failure as an error of G_IO_ERROR, so that it means something elsewhere. */
static int code_of(const GError *failure)
{
    if (failure->domain == G_IO_ERROR) {
        return failure->code;
    }
    return g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOSPC) ? G_IO_ERROR_NO_SPACE
                                                                      : G_IO_ERROR_FAILED;
}

gboolean item_put_failure(const char *dir, guint part, const char *run, const char *node,
                          const GError *failure, GError **error)
{
    g_autofree char *name = g_strdup_printf(FAILED "%u.%s", part, run);
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *valid = g_utf8_make_valid(failure->message, -1);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *text = NULL;

    g_key_file_set_string(file, "failure", "node", node);
    g_key_file_set_integer(file, "failure", "code", code_of(failure));
    g_key_file_set_string(file, "failure", "message", valid);
    text = g_key_file_to_data(file, NULL, NULL);
    return write_durably(path, text, error);
}

gboolean item_take_failure(const char *dir, const char *name, guint *ret_part, char **ret_node,
                           GError **ret_failure)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *message = NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();

    g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL);
    if (g_unlink(path) != 0) {
        return FALSE; /* or it would be taken again and again */
    }
    message = g_key_file_get_string(file, "failure", "message", NULL);
    *ret_part = (guint)g_ascii_strtoull(name + strlen(FAILED), NULL, 10);
    *ret_node = g_key_file_get_string(file, "failure", "node", NULL);
    g_set_error_literal(ret_failure, G_IO_ERROR,
                        g_key_file_get_integer(file, "failure", "code", NULL),
                        message ? message : "it does not say why");
    return TRUE;
}
