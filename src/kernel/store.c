/* SPDX-License-Identifier: Apache-2.0
 * The content-addressed store of kernels.
 *
 * An entry is made in DIR/.new/XXXXXX, whose maker holds a flock on it; a folder there without a
 * lock is what a killed maker left, and goes when the store is opened. zstd at level 1 packs a
 * vmlinux of 90 MB in about 0.3 s to a quarter.
 */
#include "kernel/store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <zstd.h>

#define ZSTD_LEVEL 1
/* Read per step: about 10 ms of work. */
#define STEP_BYTES (4 << 20)
#define FRESH_S    60
#define TOUCHED_S  600

struct Parcel {
    KernelStore *store;
    char *dir; /* NULL once it is visible */
    int lock_fd;
    GKeyFile *ini;
    ZSTD_CCtx *zstd;
    char *in_buffer, *out_buffer;
    /* The file being packed. */
    char *name;
    FILE *in, *out;
    GChecksum *checksum;
};

gboolean store_io_fail(GError **error, const char *what, const char *path)
{
    int failed = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(failed), "%s %s: %s", what, path,
                g_strerror(failed));
    return FALSE;
}

/* Remove a folder of plain files. Best effort: what stays is swept later. */
static void remove_entry(const char *dir)
{
    g_autoptr(GDir) listing = g_dir_open(dir, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        g_unlink(path);
    }
    g_rmdir(dir);
}

static int lock_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Younger ones may be about to be locked. */
static gboolean is_fresh(const char *dir)
{
    GStatBuf status;

    return g_stat(dir, &status) == 0 && status.st_mtime > time(NULL) - FRESH_S;
}

static void sweep(const char *new_dir)
{
    g_autoptr(GDir) listing = g_dir_open(new_dir, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(new_dir, name, NULL);
        int fd = is_fresh(path) ? -1 : lock_dir(path);

        if (fd >= 0) {
            remove_entry(path);
            close(fd);
        }
    }
}

KernelStore *kernel_store_open(const char *dir, GError **error)
{
    g_autofree char *full = g_canonicalize_filename(dir, NULL);
    g_autofree char *new_dir = g_build_filename(full, ".new", NULL);
    KernelStore *store;

    if (g_mkdir_with_parents(new_dir, 0700) != 0) {
        store_io_fail(error, "making the kernel store", new_dir);
        return NULL;
    }
    sweep(new_dir);
    store = g_new0(KernelStore, 1);
    store->dir = g_steal_pointer(&full);
    return store;
}

void kernel_store_free(KernelStore *store)
{
    if (!store) {
        return;
    }
    g_free(store->dir);
    g_free(store);
}

char *store_entry_dir(const KernelStore *store, const char *key)
{
    g_autofree char *shelf = g_strndup(key, 2);

    return g_build_filename(store->dir, shelf, key, NULL);
}

void store_throw_away(const char *store_dir, const char *dir)
{
    g_autofree char *away = g_build_filename(store_dir, ".new", "away-XXXXXX", NULL);

    if (g_mkdtemp(away) && g_rename(dir, away) == 0) {
        remove_entry(away);
    }
}

/* It is in use: see collect.c. Seldom, so that finding a kernel stays a matter of reading. */
static void touch_entry(const Kernel *kernel)
{
    g_autofree char *ini = g_build_filename(kernel->dir, "kernel.ini", NULL);
    GStatBuf status;

    if (g_stat(ini, &status) == 0 && status.st_mtime < time(NULL) - TOUCHED_S) {
        utimensat(AT_FDCWD, ini, NULL, 0);
    }
}

Kernel *kernel_store_find(KernelStore *store, const char *key, GError **error)
{
    Kernel *kernel = store_read_entry(store, key, error);

    if (kernel) {
        touch_entry(kernel);
    }
    return kernel;
}

Kernel *store_read_entry(KernelStore *store, const char *key, GError **error)
{
    g_autofree char *dir = store_entry_dir(store, key);
    g_autofree char *ini_path = g_build_filename(dir, "kernel.ini", NULL);
    g_autoptr(GKeyFile) ini = g_key_file_new();
    g_autofree char *status = NULL;
    g_autoptr(GError) local_error = NULL;
    Kernel *kernel;

    if (!g_key_file_load_from_file(ini, ini_path, G_KEY_FILE_NONE, &local_error)) {
        if (g_error_matches(local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            return NULL;
        }
        if (local_error->domain == G_KEY_FILE_ERROR) {
            /* Garbage, be it of a dying disk: build it again. */
            store_throw_away(store->dir, dir);
            return NULL;
        }
        g_propagate_prefixed_error(error, g_steal_pointer(&local_error), "%s: ", ini_path);
        return NULL;
    }
    status = g_key_file_get_string(ini, "kernel", "status", NULL);
    kernel = g_new0(Kernel, 1);
    kernel->key = g_strdup(key);
    kernel->status = g_strcmp0(status, "built") == 0 ? KERNEL_BUILT : KERNEL_FAILED;
    kernel->signature = g_key_file_get_string(ini, "kernel", "signature", NULL);
    kernel->first_error = g_key_file_get_string(ini, "kernel", "first_error", NULL);
    kernel->lost_options = g_key_file_get_string_list(ini, "kernel", "lost_options", NULL, NULL);
    if (!kernel->lost_options) {
        kernel->lost_options = g_new0(char *, 1);
    }
    kernel->same_as = g_key_file_get_string(ini, "kernel", "same_as", NULL);
    kernel->build_ms = g_key_file_get_uint64(ini, "kernel", "build_ms", NULL);
    kernel->failed_at_ms = g_key_file_get_uint64(ini, "kernel", "failed_at_ms", NULL);
    kernel->failed_at_bytes = g_key_file_get_uint64(ini, "kernel", "failed_at_bytes", NULL);
    kernel->dir = g_steal_pointer(&dir);
    kernel->reused = TRUE;
    return kernel;
}

Parcel *parcel_new(KernelStore *store, GError **error)
{
    g_autofree char *dir = g_build_filename(store->dir, ".new", "XXXXXX", NULL);
    Parcel *parcel;

    if (!g_mkdtemp_full(dir, 0755)) {
        store_io_fail(error, "making", dir);
        return NULL;
    }
    parcel = g_new0(Parcel, 1);
    parcel->store = store;
    parcel->lock_fd = lock_dir(dir);
    parcel->dir = g_steal_pointer(&dir);
    parcel->ini = g_key_file_new();
    parcel->zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(parcel->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    ZSTD_CCtx_setParameter(parcel->zstd, ZSTD_c_checksumFlag, 1);
    parcel->in_buffer = g_malloc(STEP_BYTES);
    parcel->out_buffer = g_malloc(ZSTD_CStreamOutSize());
    return parcel;
}

static void close_files(Parcel *parcel)
{
    g_clear_pointer(&parcel->in, fclose);
    g_clear_pointer(&parcel->out, fclose);
    g_clear_pointer(&parcel->checksum, g_checksum_free);
    g_clear_pointer(&parcel->name, g_free);
}

void parcel_free(Parcel *parcel)
{
    if (!parcel) {
        return;
    }
    close_files(parcel);
    if (parcel->dir) {
        remove_entry(parcel->dir);
    }
    if (parcel->lock_fd >= 0) {
        close(parcel->lock_fd);
    }
    g_free(parcel->dir);
    g_key_file_unref(parcel->ini);
    ZSTD_freeCCtx(parcel->zstd);
    g_free(parcel->in_buffer);
    g_free(parcel->out_buffer);
    g_free(parcel);
}

/* Open the file @name of the entry for writing. */
static gboolean begin_out(Parcel *parcel, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(parcel->dir, name, NULL);

    parcel->name = g_strdup(name);
    parcel->checksum = g_checksum_new(G_CHECKSUM_SHA256);
    parcel->out = fopen(path, "we");
    return parcel->out ? TRUE : store_io_fail(error, "writing", path);
}

static gboolean put(Parcel *parcel, const void *bytes, gsize n, GError **error)
{
    g_checksum_update(parcel->checksum, bytes, (gssize)n);
    if (fwrite(bytes, 1, n, parcel->out) != n) {
        return store_io_fail(error, "writing", parcel->name);
    }
    return TRUE;
}

/* The file is whole: put it on disk and note its checksum. */
static gboolean end_out(Parcel *parcel, GError **error)
{
    if (fflush(parcel->out) != 0 || fsync(fileno(parcel->out)) != 0) {
        return store_io_fail(error, "writing", parcel->name);
    }
    g_key_file_set_string(parcel->ini, "sha256", parcel->name,
                          g_checksum_get_string(parcel->checksum));
    close_files(parcel);
    return TRUE;
}

static gboolean compress(Parcel *parcel, const void *bytes, gsize n, gboolean last, GError **error)
{
    ZSTD_inBuffer in = {bytes, n, 0};
    gsize left;

    do {
        ZSTD_outBuffer out = {parcel->out_buffer, ZSTD_CStreamOutSize(), 0};

        left = ZSTD_compressStream2(parcel->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "compressing %s: %s", parcel->name,
                        ZSTD_getErrorName(left));
            return FALSE;
        }
        if (!put(parcel, parcel->out_buffer, out.pos, error)) {
            return FALSE;
        }
    } while (last ? left != 0 : in.pos < in.size);
    return TRUE;
}

gboolean parcel_add_text(Parcel *parcel, const char *name, gboolean compressed, const char *text,
                         GError **error)
{
    g_autofree char *file = g_strconcat(name, compressed ? ".zst" : "", NULL);

    return begin_out(parcel, file, error) &&
           (compressed ? compress(parcel, text, strlen(text), TRUE, error)
                       : put(parcel, text, strlen(text), error)) &&
           end_out(parcel, error);
}

gboolean parcel_begin_file(Parcel *parcel, const char *name, int fd, GError **error)
{
    g_autofree char *file = g_strconcat(name, ".zst", NULL);

    parcel->in = fdopen(fd, "r");
    if (!parcel->in) {
        store_io_fail(error, "reading for", name);
        close(fd);
        return FALSE;
    }
    return begin_out(parcel, file, error);
}

gboolean parcel_step(Parcel *parcel, gboolean *ret_done, GError **error)
{
    gsize n = fread(parcel->in_buffer, 1, STEP_BYTES, parcel->in);
    gboolean last = n < STEP_BYTES;

    if (ferror(parcel->in)) {
        return store_io_fail(error, "reading for", parcel->name);
    }
    if (!compress(parcel, parcel->in_buffer, n, last, error) || (last && !end_out(parcel, error))) {
        return FALSE;
    }
    *ret_done = last;
    return TRUE;
}

static gboolean write_ini(Parcel *parcel, const Kernel *kernel, const char *const *facts,
                          GError **error)
{
    GKeyFile *ini = parcel->ini;
    g_autofree char *text = NULL;

    g_key_file_set_string(ini, "kernel", "status",
                          kernel->status == KERNEL_BUILT ? "built" : "failed");
    if (kernel->signature) {
        g_key_file_set_string(ini, "kernel", "signature", kernel->signature);
    }
    if (kernel->first_error) {
        g_key_file_set_string(ini, "kernel", "first_error", kernel->first_error);
    }
    g_key_file_set_string_list(ini, "kernel", "lost_options",
                               (const char *const *)kernel->lost_options,
                               g_strv_length(kernel->lost_options));
    if (kernel->same_as) {
        g_key_file_set_string(ini, "kernel", "same_as", kernel->same_as);
    }
    g_key_file_set_uint64(ini, "kernel", "build_ms", kernel->build_ms);
    g_key_file_set_uint64(ini, "kernel", "failed_at_ms", kernel->failed_at_ms);
    g_key_file_set_uint64(ini, "kernel", "failed_at_bytes", kernel->failed_at_bytes);
    for (; *facts; facts += 2) {
        g_key_file_set_string(ini, "build", facts[0], facts[1]);
    }
    text = g_key_file_to_data(ini, NULL, NULL);
    return begin_out(parcel, "kernel.ini", error) && put(parcel, text, strlen(text), error) &&
           end_out(parcel, error);
}

static gboolean sync_dir(const char *dir, GError **error)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = fd >= 0 && fsync(fd) == 0;

    if (!synced) {
        store_io_fail(error, "writing", dir);
    }
    if (fd >= 0) {
        close(fd);
    }
    return synced;
}

Kernel *parcel_commit(Parcel *parcel, const Kernel *kernel, const char *const *facts,
                      GError **error)
{
    g_autofree char *dir = store_entry_dir(parcel->store, kernel->key);
    g_autofree char *shelf = g_path_get_dirname(dir);
    g_autoptr(Kernel) there = NULL;
    Kernel *stored;

    if (!write_ini(parcel, kernel, facts, error) || !sync_dir(parcel->dir, error)) {
        return NULL;
    }
    if (g_mkdir_with_parents(shelf, 0777) != 0) {
        store_io_fail(error, "making", shelf);
        return NULL;
    }
    there = kernel_store_find(parcel->store, kernel->key, NULL);
    if (there && (there->failed_at_ms || there->failed_at_bytes ||
                  (there->same_as && !kernel->same_as))) { /* built, after all */
        store_throw_away(parcel->store->dir, dir);
    }
    if (g_rename(parcel->dir, dir) == 0) {
        g_clear_pointer(&parcel->dir, g_free);
    } else if (errno != ENOTEMPTY && errno != EEXIST) {
        store_io_fail(error, "storing", dir);
        return NULL;
    }
    stored = sync_dir(shelf, error) ? kernel_store_find(parcel->store, kernel->key, error) : NULL;
    if (stored) {
        stored->reused = FALSE;
    } else if (error && !*error) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s went away", dir);
    }
    return stored;
}

/* --- The same kernel again ------------------------------------------------------------------- */

static GKeyFile *read_ini(const Kernel *kernel)
{
    g_autofree char *path = g_build_filename(kernel->dir, "kernel.ini", NULL);
    GKeyFile *ini = g_key_file_new();

    g_key_file_load_from_file(ini, path, G_KEY_FILE_NONE, NULL);
    return ini;
}

char *kernel_fact(const Kernel *kernel, const char *name)
{
    g_autoptr(GKeyFile) ini = read_ini(kernel);

    return g_key_file_get_string(ini, "build", name, NULL);
}

/* Share the file @name of @kernel's entry, whose sha256 is @sha256. */
static gboolean share_file(Parcel *parcel, const Kernel *kernel, const char *name,
                           const char *sha256, GError **error)
{
    g_autofree char *there = g_build_filename(kernel->dir, name, NULL);
    g_autofree char *here = g_build_filename(parcel->dir, name, NULL);

    if (link(there, here) != 0) {
        return store_io_fail(error, "sharing", there);
    }
    g_key_file_set_string(parcel->ini, "sha256", name, sha256);
    return TRUE;
}

Parcel *parcel_new_same(KernelStore *store, const Kernel *kernel, GError **error)
{
    g_autoptr(Parcel) parcel = parcel_new(store, error);
    g_autoptr(GKeyFile) ini = read_ini(kernel);
    g_auto(GStrv) names = g_key_file_get_keys(ini, "sha256", NULL, NULL);

    if (!parcel) {
        return NULL;
    }
    for (char **name = names; name && *name; name++) {
        g_autofree char *sha256 = g_key_file_get_string(ini, "sha256", *name, NULL);

        if (!g_str_equal(*name, "kernel.ini") &&
            !share_file(parcel, kernel, *name, sha256, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&parcel);
}

/* --- Taking out ------------------------------------------------------------------------------ */

/* Decompress @bytes into @out. FALSE without error: damaged. */
static gboolean decompress(const void *bytes, gsize n, FILE *out, GError **error)
{
    g_autofree char *buffer = g_malloc(ZSTD_DStreamOutSize());
    ZSTD_DStream *zstd = ZSTD_createDStream();
    ZSTD_inBuffer in = {bytes, n, 0};
    gsize left = 1;
    gboolean good = TRUE;

    while (good && left != 0) {
        ZSTD_outBuffer piece = {buffer, ZSTD_DStreamOutSize(), 0};

        left = ZSTD_decompressStream(zstd, &piece, &in);
        good = !ZSTD_isError(left) && (left == 0 || piece.pos != 0 || in.pos < in.size);
        if (good && fwrite(buffer, 1, piece.pos, out) != piece.pos) {
            good = store_io_fail(error, "unpacking", "a kernel");
        }
    }
    ZSTD_freeDStream(zstd);
    return good;
}

/* Write to @out what @file of an entry holds, if its sha256 is @sha256. FALSE without error:
 * damaged. */
static gboolean unpack_to(const char *file, gboolean compressed, const char *sha256, FILE *out,
                          GError **error)
{
    g_autoptr(GMappedFile) mapped = g_mapped_file_new(file, FALSE, error);
    g_autofree char *got = NULL;
    const char *bytes;
    gsize n;

    if (!mapped) {
        /* A part that is gone is damage like any other. */
        if (g_error_matches(*error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            g_clear_error(error);
        }
        return FALSE;
    }
    n = g_mapped_file_get_length(mapped);
    bytes = n ? g_mapped_file_get_contents(mapped) : "";
    got = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, n);
    if (g_strcmp0(got, sha256) != 0) {
        return FALSE;
    }
    if (compressed) {
        return decompress(bytes, n, out, error);
    }
    return fwrite(bytes, 1, n, out) == n ? TRUE : store_io_fail(error, "unpacking", file);
}

/* Where the parts of the entry are and what they should be: FALSE when it has no such part. */
static gboolean find_part(const Kernel *kernel, const char *what, char **ret_file,
                          gboolean *ret_compressed, char **ret_sha256)
{
    g_autofree char *ini_path = g_build_filename(kernel->dir, "kernel.ini", NULL);
    g_autofree char *packed = g_strconcat(what, ".zst", NULL);
    g_autoptr(GKeyFile) ini = g_key_file_new();
    gboolean compressed;
    char *sha256;

    g_key_file_load_from_file(ini, ini_path, G_KEY_FILE_NONE, NULL);
    compressed = g_key_file_has_key(ini, "sha256", packed, NULL);
    sha256 = g_key_file_get_string(ini, "sha256", compressed ? packed : what, NULL);
    if (!sha256) {
        return FALSE;
    }
    *ret_file = g_build_filename(kernel->dir, compressed ? packed : what, NULL);
    *ret_compressed = compressed;
    *ret_sha256 = sha256;
    return TRUE;
}

gboolean kernel_unpack(const Kernel *kernel, const char *what, const char *path, GError **error)
{
    g_autofree char *file = NULL, *sha256 = NULL;
    g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
    g_autoptr(GError) local_error = NULL;
    gboolean compressed, unpacked;
    FILE *out;
    int fd;

    if (!find_part(kernel, what, &file, &compressed, &sha256)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "kernel %.12s has no %s", kernel->key,
                    what);
        return FALSE;
    }
    fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0) {
        return store_io_fail(error, "writing", temporary);
    }
    out = fdopen(fd, "w");
    unpacked = out ? unpack_to(file, compressed, sha256, out, &local_error)
                   : store_io_fail(&local_error, "writing", temporary);
    if (!out) {
        close(fd);
    } else if (fclose(out) != 0 && unpacked) {
        unpacked = store_io_fail(&local_error, "writing", temporary);
    }
    if (unpacked && g_rename(temporary, path) != 0) {
        unpacked = store_io_fail(&local_error, "writing", path);
    }
    if (unpacked) {
        return TRUE;
    }
    g_unlink(temporary);
    if (local_error) {
        g_propagate_error(error, g_steal_pointer(&local_error));
    } else {
        g_autofree char *shelf = g_path_get_dirname(kernel->dir);
        g_autofree char *store_dir = g_path_get_dirname(shelf);

        store_throw_away(store_dir, kernel->dir);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s was damaged, and is thrown away: it will be built again", file);
    }
    return FALSE;
}

Sources *kernel_sources(const Kernel *kernel)
{
    g_autofree char *file = NULL, *sha256 = NULL, *text = NULL;
    g_autoptr(GError) error = NULL;
    size_t n_text = 0;
    gboolean compressed, unpacked;
    FILE *out;

    if (!kernel->dir || !find_part(kernel, "sources", &file, &compressed, &sha256)) {
        return NULL;
    }
    out = open_memstream(&text, &n_text);
    unpacked = out && unpack_to(file, compressed, sha256, out, &error);
    if (out) {
        fclose(out);
    }
    return unpacked ? sources_parse(text, n_text) : NULL;
}
