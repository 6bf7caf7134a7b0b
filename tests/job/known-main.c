/* SPDX-License-Identifier: Apache-2.0
 * known-world STATE: fill a state folder with jobs of one simulated tree, for tests of what is
 * shown: two that found the same bug, one that crashes alike and found another commit, and one that
 * has nothing to do with them.
 */
#include "world.h"

static void work(World *world, const char *name, guint first_bad, const char *title)
{
    world->name = name;
    world->farm.first_bad = first_bad;
    world->farm.title = title;
    g_autoptr(Answer) answer = world_work_once(world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world->commits[first_bad]);
}

int main(int argc, char **argv)
{
    World world;

    if (argc != 2) {
        g_printerr("usage: known-world STATE\n");
        return 2;
    }
    world_init(&world);
    g_free(world.state);
    world.state = g_strdup(argv[1]);
    work(&world, "first", 37, "WARNING: refcount bug in sk_psock_get");
    world.start = 58;
    work(&world, "second", 37, "WARNING: refcount bug in sk_psock_get");
    work(&world, "alike", 44, "WARNING: refcount bug in sk_psock_get");
    work(&world, "stranger", 21, "possible deadlock in ext4_foo");
    world_clear(&world);
    return 0;
}
