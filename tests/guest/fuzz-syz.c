/* SPDX-License-Identifier: Apache-2.0
 * Programs of syzkaller's from anywhere: options of any form, calls, and the command they make.
 */
#include "guest/syz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n_bytes);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n_bytes)
{
    static const SyzExecprog old = {.collide = TRUE}, new = {.enable = TRUE, .features = ~0U};
    g_autofree char *text = g_strndup((const char *)bytes, n_bytes);
    g_autoptr(SyzOptions) options = syz_options_parse((const char *)bytes, n_bytes);
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) old_way = syz_command(options, &old, 1, "/e", "/x", "/p", notes);
    g_auto(GStrv) new_way = syz_command(options, &new, 9, "/e", "/x", "/p", notes);
    g_autofree char *program = syz_program_for(options, &new, text);

    /* No word of the program's becomes one of the command's own. */
    g_assert_cmpstr(old_way[g_strv_length(old_way) - 1], ==, "/p");
    g_assert_cmpstr(new_way[g_strv_length(new_way) - 1], ==, "/p");
    for (guint i = 1; new_way[i + 1]; i++) {
        g_assert_true(new_way[i][0] == '-' && !strpbrk(new_way[i], " \n"));
    }
    g_assert_true(syz_is_program(program) == syz_is_program(text));
    return 0;
}
