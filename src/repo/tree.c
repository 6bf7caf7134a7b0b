/* SPDX-License-Identifier: Apache-2.0
 * A tree of sources to read from. It may be an enemy's: only regular files are opened, and what is
 * too long to be what we look for is not read.
 */
#include "repo/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repo/git.h"

/* MAINTAINERS has 0.8 MB. */
#define N_FILE_MAX (16 << 20)

TreeEntry tree_entry(const TreePlace *place, const char *path)
{
    g_autofree char *name = place->sources ? g_build_filename(place->sources, path, NULL)
                                           : g_strconcat(place->commit, ":", path, NULL);
    g_autofree char *type = NULL;

    if (place->sources) {
        return g_file_test(name, G_FILE_TEST_IS_DIR)       ? TREE_FOLDER
               : g_file_test(name, G_FILE_TEST_IS_REGULAR) ? TREE_FILE
                                                           : TREE_NOTHING;
    }
    type = git_ask(git_place(place->repo), GIT("cat-file", "-t", name), NULL);
    return g_strcmp0(type, "tree") == 0   ? TREE_FOLDER
           : g_strcmp0(type, "blob") == 0 ? TREE_FILE
                                          : TREE_NOTHING;
}

/* All of @fd, which has @n bytes; fewer when somebody cuts it meanwhile. Closes it. */
static GBytes *read_all(int fd, gsize n)
{
    g_autofree char *bytes = g_malloc(n);
    gsize n_read = 0;
    gssize got = 1;

    while (n_read < n && got > 0) {
        got = TEMP_FAILURE_RETRY(read(fd, bytes + n_read, n - n_read));
        n_read += got > 0 ? (gsize)got : 0;
    }
    close(fd);
    return g_bytes_new_take(g_steal_pointer(&bytes), n_read);
}

static GBytes *read_regular(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > N_FILE_MAX) {
        close(fd);
        return NULL;
    }
    return read_all(fd, (gsize)status.st_size);
}

static gboolean is_folder(const char *path, gpointer data)
{
    return tree_entry(data, path) == TREE_FOLDER;
}

static GBytes *read_file(const char *path, gpointer data)
{
    const TreePlace *place = data;

    if (place->sources) {
        g_autofree char *name = g_build_filename(place->sources, path, NULL);

        return read_regular(name);
    }
    return repo_read_file(place->repo, place->commit, path, NULL);
}

SourceTree tree_at(TreePlace *place)
{
    return (SourceTree){is_folder, read_file, place};
}
