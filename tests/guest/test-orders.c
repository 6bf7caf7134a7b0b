/* SPDX-License-Identifier: Apache-2.0
 * Orders: what the host writes and PID 1 reads.
 */
#include "guest/orders.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/init/orders.h"
#include "guest/init/words.h"

static void test_round_trip(void)
{
    guint8 seed[SEED_BYTES];
    GuestSpec spec = {.n_repeats = 7,
                      .trial_timeout_ms = 30001,
                      .settle_ms = 502,
                      .trace = TRACE_LATER,
                      .panic_on_warn = TRUE};
    Orders orders;

    for (guint i = 0; i < SEED_BYTES; i++) {
        seed[i] = (guint8)(255 - 7 * i);
    }
    g_autofree char *line = orders_line(&spec, 1795706956318, seed, sizeof seed);
    g_assert_true(g_str_has_suffix(line, "\n"));
    g_assert_true(orders_parse(g_strchomp(line), &orders));
    g_assert_cmpuint(orders.n_runs, ==, 7);
    g_assert_cmpuint(orders.time_ms, ==, 30001);
    g_assert_cmpuint(orders.settle_ms, ==, 502);
    g_assert_cmpuint(orders.traced_run, ==, 2);
    g_assert_true(orders.panic_on_warn);
    g_assert_cmpint(orders.clock_ms, ==, 1795706956318);
    g_assert_cmpmem(orders.seed, orders.n_seed, seed, sizeof seed);

    spec.trace = TRACE_FIRST;
    spec.panic_on_warn = FALSE;
    g_autofree char *other = orders_line(&spec, 0, NULL, 0);
    g_assert_true(orders_parse(g_strchomp(other), &orders));
    g_assert_cmpuint(orders.traced_run, ==, 1);
    g_assert_false(orders.panic_on_warn);
    g_assert_cmpuint(orders.n_seed, ==, 0);
}

static void test_strange(void)
{
    Orders orders;

    g_assert_false(orders_parse("", &orders));
    g_assert_false(orders_parse("go", &orders));
    g_assert_false(orders_parse(" go runs=1", &orders));
    g_assert_false(orders_parse("gone runs=1", &orders));
    g_assert_true(orders_parse("go ", &orders));
    g_assert_cmpuint(orders.n_runs, ==, 1);
    g_assert_true(orders_parse("go   what=3  runs=2 seed=0g settle_ms=", &orders));
    g_assert_cmpuint(orders.n_runs, ==, 2);
    g_assert_cmpuint(orders.n_seed, ==, 0);
    g_assert_cmpuint(orders.settle_ms, ==, 0);
    g_assert_true(orders_parse("go seed=00112 runs=4", &orders));
    g_assert_cmpuint(orders.n_seed, ==, 2);
    g_assert_cmpuint(orders.n_runs, ==, 4);
}

/* In pieces, after lines that are none: what came before them is nobody's. */
static void test_wait(void)
{
    g_autofree char *flood = g_strnfill(5000, 'x');
    g_autofree char *text = g_strconcat("runs=3\n\n", flood, "\ngo runs=5 trace=1\n", NULL);
    Orders orders;
    int ends[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    g_assert_cmpint(write(ends[1], text, strlen(text)), ==, strlen(text));
    orders_wait(ends[0], &orders);
    g_assert_cmpuint(orders.n_runs, ==, 5);
    g_assert_cmpuint(orders.traced_run, ==, 1);
    close(ends[0]);
    close(ends[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/orders/round-trip", test_round_trip);
    g_test_add_func("/orders/strange", test_strange);
    g_test_add_func("/orders/wait", test_wait);
    return g_test_run();
}
