/* SPDX-License-Identifier: Apache-2.0
 * How many guests memory holds.
 */
#include "farm/farm.h"

/* 1024 MiB are the host's; a guest of 850 takes 1000. */
static void test_fit(void)
{
    g_assert_cmpuint(local_farm_fit(850, 0), ==, 0); /* or nobody knows */
    g_assert_cmpuint(local_farm_fit(850, 1024), ==, 0);
    g_assert_cmpuint(local_farm_fit(850, 2023), ==, 0);
    g_assert_cmpuint(local_farm_fit(850, 2024), ==, 1);
    g_assert_cmpuint(local_farm_fit(850, 11024), ==, 10);
}

static void test_guests(void)
{
    guint n_cores = g_get_num_processors();

    /* By cores, as far as memory goes. */
    g_assert_cmpuint(local_farm_guests(0, 850, 1, 1000000), ==, n_cores);
    g_assert_cmpuint(local_farm_guests(0, 850, 2 * n_cores, 1000000), ==, 1);
    g_assert_cmpuint(local_farm_guests(0, 850, 1, 2024), ==, 1);
    /* As many as are wanted, as far as memory goes. */
    g_assert_cmpuint(local_farm_guests(64, 850, 1, 1000000), ==, 64);
    g_assert_cmpuint(local_farm_guests(64, 850, 1, 11024), ==, 10);
    g_assert_cmpuint(local_farm_guests(64, 850, 1, 100), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/fit", test_fit);
    g_test_add_func("/memory/guests", test_guests);
    return g_test_run();
}
