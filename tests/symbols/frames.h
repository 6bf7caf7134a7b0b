/* SPDX-License-Identifier: Apache-2.0
 * Frames with known inline chains: rows of $FIRSTBAD_SHARED/data/symbolize/frames.tsv, "frame",
 * address, "func|file|line;..." innermost first, and one cell more.
 */
#pragma once

#include <glib.h>
#include <string.h>

#define FRAMES_INSTALLED "/usr/lib/debug/boot/vmlinux-6.1.0-50-cloud-amd64"

/* The vmlinux that the frames were made from: Debian's linux-image-6.1.0-50-cloud-amd64-dbg, or
 * $FIRSTBAD_FRAMES_VMLINUX. */
static inline const char *frames_vmlinux(void)
{
    const char *vmlinux = g_getenv("FIRSTBAD_FRAMES_VMLINUX");

    return vmlinux ? vmlinux : FRAMES_INSTALLED;
}

/* @chain -> the lines that we print for @frame. Nothing known: as it
 * is. */
static inline char *frames_wanted(const char *frame, const char *chain)
{
    g_auto(GStrv) links = g_strsplit(chain, ";", -1);
    const char *head_end = strrchr(frame, ':') ? strrchr(frame, ':') + 1 : frame + 1;
    g_autofree char *head = g_strndup(frame, head_end - frame);
    GString *lines = g_string_new(NULL);

    for (gsize i = 0; links[i]; i++) {
        g_auto(GStrv) parts = g_strsplit(links[i], "|", 3);

        if (g_str_equal(parts[1], "??")) {
            g_string_assign(lines, frame);
        } else if (links[i + 1]) {
            g_string_append_printf(lines, "%s%s %s:%s [inline]\n", head, parts[0], parts[1],
                                   parts[2]);
        } else {
            g_string_append_printf(lines, "%s %s:%s", frame, parts[1], parts[2]);
        }
    }
    return g_string_free(lines, FALSE);
}
