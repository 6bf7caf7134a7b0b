/* SPDX-License-Identifier: Apache-2.0
 * A few lines of source, as a report names them. Reports are foreign bytes, and so may be the tree:
 * nothing outside its folder is opened.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/crashes.h"

#define LINES_AROUND 3
/* No file of Linux that people write is larger; those that are, are tables. */
#define SOURCE_MAX (4 << 20)
#define WIDTH      100

static int open_below(const char *dir, const char *file)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd;

    if (folder < 0) {
        return -1;
    }
    /* glibc 2.36 has no openat2(). */
    fd = (int)syscall(SYS_openat2, folder, file, &how, sizeof(how));
    close(folder);
    return fd;
}

/* The text of the regular file @fd, which is closed; NULL when it is none, or too large. */
static char *read_source(int fd)
{
    g_autofree char *text = NULL;
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= SOURCE_MAX) {
        text = g_malloc0(status.st_size + 1);
        if (read(fd, text, status.st_size) != status.st_size) {
            g_clear_pointer(&text, g_free);
        }
    }
    close(fd);
    return text ? g_strchomp(report_clean(text)) : NULL;
}

gboolean crash_has_source(const char *dir, const char *file)
{
    int fd = open_below(dir, file);

    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

char *crash_source(const char *dir, const char *file, guint line)
{
    int fd = open_below(dir, file);
    g_autofree char *text = fd >= 0 ? read_source(fd) : NULL;
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    guint n_lines = g_strv_length(lines);
    guint first = line > LINES_AROUND ? line - LINES_AROUND : 1;
    GString *shown;

    if (line < 1 || line > n_lines) {
        return NULL;
    }
    shown = g_string_new(NULL);
    for (guint i = first; i <= MIN(n_lines, line + LINES_AROUND); i++) {
        g_autofree char *cut = g_strndup(lines[i - 1], WIDTH);
        g_autofree char *valid = g_utf8_make_valid(cut, -1);

        g_string_append_printf(shown, "%s%6u  %s\n", i == line ? ">" : " ", i, valid);
    }
    return g_string_free(shown, FALSE);
}
