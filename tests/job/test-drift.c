/* SPDX-License-Identifier: Apache-2.0
 * Config drift in whole jobs: what is told of revisions whose config lacks what the crash needs.
 */
#include <string.h>

#include "report/report.h"
#include "world.h"

#define CONFIG(tls) "CONFIG_NET=y\nCONFIG_INET=y\nCONFIG_KASAN=y\nCONFIG_WATCHED=7\n" tls

/* Before 20 there is no TLS, from 20 to 29 INET is off, and 30 to 39 are built without KASAN. */
static const char *config_of(guint i)
{
    return i < 20   ? CONFIG("")
           : i < 30 ? "CONFIG_NET=y\nCONFIG_KASAN=y\nCONFIG_WATCHED=7\n"
           : i < 40 ? "CONFIG_NET=y\nCONFIG_INET=y\nCONFIG_TLS=y\nCONFIG_WATCHED=5\n"
                    : CONFIG("CONFIG_TLS=y\n");
}

static void drifting_world(World *world)
{
    world_init(world);
    world->said = g_string_new(NULL);
    world->farm.title = "KASAN: use-after-free Read in tls_x";
    world->farm.report = "Call Trace:\n tls_x+0x1/0x2 net/tls/main.c:12\n foo+0x1/0x2\n";
    world->farm.config_of = config_of;
    world->watched_options = "WATCHED;CONFIG_NOT_SET";
    /* The crash is seen where TLS and KASAN are on. */
    world->farm.first_bad = 40;
}

static void assert_said(const World *world, guint commit, const char *what)
{
    g_autofree char *line =
        g_strdup_printf("%.12s config drift: %s\n", world->commits[commit], what);

    if (!strstr(world->said->str, line)) {
        g_test_message("%s", world->said->str);
        g_error("not said: %s", line);
    }
}

static void test_is_told(void)
{
    World world;
    g_autoptr(GError) error = NULL;

    drifting_world(&world);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[40]);
    assert_said(&world, 0, "CONFIG_TLS is off here (not in this tree's Kconfig)");
    assert_said(&world, 39,
                "CONFIG_KASAN is off here (not in this tree's Kconfig); "
                "CONFIG_WATCHED is 5 here, 7 at the start");
    g_assert_null(strstr(world.said->str, "NOT_SET"));

    g_autoptr(Store) store = store_open(world.state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, "job", &error);
    g_autoptr(Report) report = report_load(store, row, &error);
    g_assert_no_error(error);
    g_autofree char *text = report_text(report, NULL), *log = report_log(report);
    g_assert_nonnull(strstr(text, "  CONFIG_WATCHED is 5 here, 7 at the start\n"));
    g_assert_nonnull(strstr(log, "\nconfig drift: CONFIG_TLS is off here (not in this"));
    json_t *json = report_json(report);
    g_autofree char *dump = json_dumps(json, 0);
    g_assert_nonnull(strstr(dump, "\"config_drift\": [\"CONFIG_TLS is off here"));
    json_decref(json);
    world_clear(&world);
}

/* The options that a dependency took along are named with it. */
static void test_names_dependency(void)
{
    World world;

    drifting_world(&world);
    world.farm.first_bad = 30;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[29]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[30]);
    assert_said(&world, 29, "CONFIG_TLS is off here (depends on INET)");
    world_clear(&world);
}

/* An option that is lost makes quiet what has the bug: no trial tells, only the config. */
static const char *config_without(guint i)
{
    return i >= 20 && i <= 40 ? "CONFIG_NET=y\n" : "CONFIG_NET=y\nCONFIG_SMC=y\n";
}

static void test_is_not_good(void)
{
    World world;

    drifting_world(&world);
    world.farm.report = SMC_REPORT;
    world.farm.functions = SMC_FUNCTIONS;
    world.farm.config_of = config_without;
    world.farm.first_bad = 12;
    world.farm.hidden_first = 20;
    world.farm.hidden_last = 40;
    world.farm.traces_lie = TRUE;
    world_misleads_reference(&world, world.commits[4], 41);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[4]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[12]);
    g_assert_nonnull(strstr(world.said->str, "unreached: CONFIG_SMC is off here"));
    world_clear(&world);
}

/* Told once, however often the job is stopped. */
static void test_is_told_once(void)
{
    World world;

    drifting_world(&world);
    for (guint step = 1;; step += 3) {
        world.farm.stop_after = step;
        g_autoptr(Answer) answer = world_work(&world, world.commits[0], NULL);

        if (answer) {
            break;
        }
    }
    g_autofree char *told = g_strdup_printf("%.12s config drift", world.commits[0]);
    const char *first = strstr(world.said->str, told);
    g_assert_nonnull(first);
    g_assert_null(strstr(first + 1, told));
    world_clear(&world);
}

/* The same configs say nothing. */
static const char *same_config(guint i)
{
    return CONFIG("CONFIG_TLS=y\n");
}

static void test_no_drift(void)
{
    World world;

    drifting_world(&world);
    world.farm.config_of = same_config;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_null(strstr(world.said->str, "config drift"));
    world_clear(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/drift/told", test_is_told);
    g_test_add_func("/drift/dependency", test_names_dependency);
    g_test_add_func("/drift/not-good", test_is_not_good);
    g_test_add_func("/drift/once", test_is_told_once);
    g_test_add_func("/drift/none", test_no_drift);
    return g_test_run();
}
