/* SPDX-License-Identifier: Apache-2.0
 * The objects that a kernel was linked of, as kbuild left them in its build folder.
 *
 * Since 4.17 kbuild collects them in thin archives, which are lists of paths: one a folder
 * (built-in.a), with what lies deeper in it, and since 6.1 one of them all (vmlinux.a). A build
 * folder also holds what was linked into something else (the boot loader's part, the vDSO), and
 * what an earlier revision left; neither is in a list that is up to date. Older kernels have no
 * lists: there all objects count, but for those that by their place are of something else.
 *
 * What an object was compiled from says the file beside it in which kbuild keeps its command.
 */
#include "symbols/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* arch/x86/kvm/../../../virt is the deepest that kbuild goes, in names, not in folders. */
#define DEPTH_MAX 32
/* The line with the source comes behind that of the command; a list of headers follows. */
#define COMMAND_BYTES (64 << 10)
/* A kernel with all options has 30,000. */
#define OBJECTS_MAX 200000

/* --- Thin archives --------------------------------------------------------------------------- */

#define THIN "!<thin>\n"

/* The header of a member. */
typedef struct Member {
    char name[16], date[12], uid[6], gid[6], mode[8], size[10], end[2];
} Member;

/* The name that stands in @names, which ends with "/\n". NULL for none. */
static char *name_in(const char *names, gsize n_names, const char *digits)
{
    guint64 at = g_ascii_strtoull(digits, NULL, 10);
    const char *end;

    if (!names || at >= n_names || !(end = memchr(names + at, '\n', n_names - at))) {
        return NULL;
    }
    end -= end > names + at && end[-1] == '/';
    return g_strndup(names + at, (gsize)(end - names - at));
}

GPtrArray *archive_members(const char *bytes, gsize n)
{
    GPtrArray *members = g_ptr_array_new_with_free_func(g_free);
    const char *names = NULL;
    gsize n_names = 0, at = strlen(THIN);

    if (n < at || memcmp(bytes, THIN, at) != 0) {
        return members;
    }
    while (n - at >= sizeof(Member) && members->len < OBJECTS_MAX) {
        const Member *member = (const Member *)(bytes + at);
        g_autofree char *size_digits = g_strndup(member->size, sizeof member->size);
        g_autofree char *name = g_strndup(member->name, sizeof member->name);
        guint64 size = g_ascii_strtoull(size_digits, NULL, 10);
        gboolean is_list = g_str_has_prefix(name, "// ");
        char *path;

        at += sizeof(Member);
        if (is_list || g_str_has_prefix(name, "/ ") || g_str_has_prefix(name, "/SYM64/ ")) {
            if (size > n - at) {
                break;
            }
            names = is_list ? bytes + at : names;
            n_names = is_list ? size : n_names;
            at += size;
            at += MIN(at % 2, n - at);
            continue;
        }
        path =
            *name == '/' ? name_in(names, n_names, name + 1) : g_strndup(name, strcspn(name, "/"));
        if (path) {
            g_ptr_array_add(members, path);
        }
    }
    return members;
}

/* --- Files of the build folder --------------------------------------------------------------- */

int objects_open(const char *build_dir, const char *path)
{
    g_autofree char *full = g_build_filename(build_dir, path, NULL);
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status;

    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* @path, clean and from the top of the build folder; NULL where it leads out of it. */
static char *path_inside(const char *folder, const char *path)
{
    g_autofree char *base = g_build_filename("/", folder, NULL);
    g_autofree char *full = g_canonicalize_filename(path, base);

    return g_path_is_absolute(path) || !full[1] ? NULL : g_strdup(full + 1);
}

static char *folder_of(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);

    return g_strdup(g_str_equal(folder, ".") ? "" : folder);
}

typedef struct Listing {
    const char *build_dir;
    GPtrArray *objects; /* of char *, in the order of the link as far as that is known */
    GHashTable *seen;   /* set of them */
    GPtrArray *archives;
    GPtrArray *loose; /* objects that lie about */
} Listing;

static void add_object(Listing *listing, char *path)
{
    if (g_str_has_suffix(path, ".o") && listing->objects->len < OBJECTS_MAX &&
        g_hash_table_add(listing->seen, path)) {
        g_ptr_array_add(listing->objects, path);
    } else {
        g_free(path);
    }
}

/* FALSE when there is none. */
static gboolean add_archive(Listing *listing, const char *path)
{
    int fd = objects_open(listing->build_dir, path);
    g_autoptr(GMappedFile) mapped = fd >= 0 ? g_mapped_file_new_from_fd(fd, FALSE, NULL) : NULL;
    g_autofree char *folder = folder_of(path);
    g_autoptr(GPtrArray) members = NULL;
    const char *bytes = mapped ? g_mapped_file_get_contents(mapped) : NULL;

    if (fd >= 0) {
        close(fd);
    }
    if (!bytes) {
        return FALSE;
    }
    members = archive_members(bytes, g_mapped_file_get_length(mapped));
    for (guint i = 0; i < members->len; i++) {
        char *object = path_inside(folder, members->pdata[i]);

        if (object) {
            add_object(listing, object);
        }
    }
    return members->len > 0;
}

/* A revision before 6.1 leaves the vmlinux.a of a later one as it is, and makes others. */
static gboolean is_up_to_date(const char *build_dir)
{
    static const char *const others[] = {"init/built-in.a", "kernel/built-in.a", "fs/built-in.a"};
    g_autofree char *path = g_build_filename(build_dir, "vmlinux.a", NULL);
    struct stat all, other;

    if (lstat(path, &all) != 0) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *part = g_build_filename(build_dir, others[i], NULL);

        if (lstat(part, &other) == 0 && (other.st_mtim.tv_sec > all.st_mtim.tv_sec ||
                                         (other.st_mtim.tv_sec == all.st_mtim.tv_sec &&
                                          other.st_mtim.tv_nsec > all.st_mtim.tv_nsec))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Programs of the host, and what runs before the kernel or outside of it. */
static gboolean is_of_something_else(const char *folder)
{
    static const char *const names[] = {"scripts",  "tools",     "boot",    "vdso", "vdso32",
                                        "realmode", "purgatory", "libstub", "usr"};
    g_autofree char *name = g_path_get_basename(folder);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(name, names[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_archive(const char *folder, const char *name)
{
    return g_str_equal(name, "built-in.a") || g_str_equal(name, "built-in.o") ||
           (g_str_equal(name, "lib.a") &&
            (g_str_equal(folder, "lib") ||
             (g_str_has_prefix(folder, "arch/") && g_str_has_suffix(folder, "/lib"))));
}

/* Folders come after what lies in their parent, so that the lists of whole trees come first. */
static void walk(Listing *listing, const char *folder, guint depth)
{
    g_autofree char *path = g_build_filename(listing->build_dir, folder, NULL);
    g_autoptr(GDir) open = depth < DEPTH_MAX ? g_dir_open(path, 0, NULL) : NULL;
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (open && (name = g_dir_read_name(open))) {
        g_autofree char *inside = *folder ? g_build_filename(folder, name, NULL) : g_strdup(name);
        g_autofree char *full = g_build_filename(listing->build_dir, inside, NULL);
        struct stat status;

        if (is_archive(folder, name)) {
            g_ptr_array_add(listing->archives, g_steal_pointer(&inside));
        } else if (g_str_has_suffix(name, ".o")) {
            g_ptr_array_add(listing->loose, g_steal_pointer(&inside));
        } else if (!strchr(name, '.') && lstat(full, &status) == 0 && S_ISDIR(status.st_mode) &&
                   !is_of_something_else(inside)) {
            g_ptr_array_add(folders, g_steal_pointer(&inside));
        }
    }
    for (guint i = 0; i < folders->len; i++) {
        walk(listing, folders->pdata[i], depth + 1);
    }
}

static void add_libraries(Listing *listing)
{
    g_autofree char *path = g_build_filename(listing->build_dir, "arch", NULL);
    g_autoptr(GDir) open = g_dir_open(path, 0, NULL);
    const char *name;

    add_archive(listing, "lib/lib.a");
    while (open && (name = g_dir_read_name(open))) {
        g_autofree char *library = g_build_filename("arch", name, "lib", "lib.a", NULL);

        add_archive(listing, library);
    }
}

GPtrArray *objects_list(const char *build_dir)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) archives = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) loose = g_ptr_array_new_with_free_func(g_free);
    Listing listing = {.build_dir = build_dir,
                       .objects = g_ptr_array_new_with_free_func(g_free),
                       .seen = seen,
                       .archives = archives,
                       .loose = loose};

    if (is_up_to_date(build_dir) && add_archive(&listing, "vmlinux.a")) {
        add_libraries(&listing);
        return listing.objects;
    }
    walk(&listing, "", 0);
    for (guint i = 0; i < archives->len; i++) {
        add_archive(&listing, archives->pdata[i]);
    }
    if (listing.objects->len == 0) {
        for (guint i = 0; i < loose->len; i++) {
            add_object(&listing, g_strdup(loose->pdata[i]));
        }
    }
    return listing.objects;
}

/* --- Sources --------------------------------------------------------------------------------- */

char *object_source(const char *build_dir, const char *object)
{
    g_autofree char *folder = folder_of(object), *name = g_path_get_basename(object);
    g_autofree char *file = g_strconcat(".", name, ".cmd", NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autofree char *text = g_malloc0(COMMAND_BYTES + 1), *full = NULL, *source = NULL;
    int fd = objects_open(build_dir, path);
    ssize_t n = fd >= 0 ? read(fd, text, COMMAND_BYTES) : -1;
    const char *line = n > 0 ? strstr(text, "\nsource_") : NULL, *value;

    if (fd >= 0) {
        close(fd);
    }
    value = line ? strstr(line, " := ") : NULL;
    if (!value || value > line + 1 + strcspn(line + 1, "\n")) {
        return NULL;
    }
    value += strlen(" := ");
    source = g_strndup(value, strcspn(value, "\n"));
    /* As seen from the build folder, which lies in the tree; what is made there has no "../". */
    full = g_canonicalize_filename(source, "/tree/build");
    if (!g_str_has_prefix(full, "/tree/") || g_str_has_prefix(full, "/tree/build/")) {
        return NULL;
    }
    return clean_name(full + strlen("/tree/"));
}
