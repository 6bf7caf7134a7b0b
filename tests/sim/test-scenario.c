/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/scenario.h"

#include <string.h>

static GPtrArray *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *scenarios = scenarios_parse(text, strlen(text), &error);

    g_assert_no_error(error);
    return scenarios;
}

static void assert_refused(const char *text, gsize length, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) scenarios = scenarios_parse(text, length, &error);

    g_assert_null(scenarios);
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, message);
}

static void assert_near(double value, double wanted)
{
    g_assert_cmpfloat_with_epsilon(value, wanted, 1e-9);
}

/* Columns in any order, with one that means nothing to us. */
static void test_columns(void)
{
    g_autoptr(GPtrArray) scenarios =
        parse("trace\trange_size\tid\tusable_bisect\truns_per_test\tp_bad\tp_bad_min\tq\t"
              "interf_test_frac\tinterf_p_run\tskip_frac_bisect\tbuild_fail_frac\t"
              "boot_or_basic_fail_frac\tmax_skip_streak\tdup_sig_frac\tinfra_run_frac\t"
              "systematic_fn\tbuild_min_per_rev\ttest_min_per_rev\n"
              "b:1\t1200\tLog_1\t0\t20\t0.8\t0.5\t0.01\t0.25\t0.75\t0.4\t"
              "0.1\t0.3\t7\t0.05\t0.02\t1\t5\t2.5\n"
              "x\t1300\tLog_2\t1\t10\t1\t1\t\t0\t\t0\t0\t0\t0\t0\t0\t0\t6\t7\n");

    g_assert_cmpuint(scenarios->len, ==, 2);
    const Scenario *first = scenarios->pdata[0];
    const Scenario *second = scenarios->pdata[1];
    g_assert_cmpstr(first->id, ==, "Log_1");
    g_assert_false(first->is_usable);
    g_assert_cmpuint(first->n_revisions, ==, 1200);
    g_assert_cmpuint(first->runs_per_test, ==, 20);
    assert_near(first->p_bad, 0.8);
    assert_near(first->p_bad_min, 0.5);
    assert_near(first->q, 0.01);
    assert_near(first->interferes_part, 0.25);
    assert_near(first->interferes_rate, 0.75);
    assert_near(first->skip_part, 0.4);
    assert_near(first->build_fails_part, 0.25);
    g_assert_cmpuint(first->longest_skip, ==, 7);
    assert_near(first->same_part, 0.05);
    assert_near(first->infra_rate, 0.02);
    g_assert_true(first->has_enabler);
    assert_near(first->build_s, 300);
    assert_near(first->test_s, 150);
    g_assert_cmpstr(second->id, ==, "Log_2");
    g_assert_true(second->is_usable);
    g_assert_false(second->has_enabler);
}

static void assert_usual(const Scenario *scenario)
{
    g_assert_true(scenario->is_usable);
    g_assert_cmpuint(scenario->n_revisions, ==, 15133);
    g_assert_cmpuint(scenario->runs_per_test, ==, 10);
    assert_near(scenario->p_bad, 1);
    assert_near(scenario->p_bad_min, 1);
    assert_near(scenario->q, 0);
    assert_near(scenario->interferes_part, 0);
    assert_near(scenario->interferes_rate, 0.8);
    assert_near(scenario->skip_part, 0);
    assert_near(scenario->build_fails_part, 0);
    g_assert_false(scenario->has_enabler);
    assert_near(scenario->build_s, 6.26 * 60);
    assert_near(scenario->test_s, 7.98 * 60);
}

/* Cells that are empty, a row that ends early, columns that are not there; CRLF, blank lines, and a
 * last line without its end. */
static void test_usual(void)
{
    g_autoptr(GPtrArray) scenarios =
        parse("id\tp_bad\trange_size\tskip_frac_bisect\r\n\r\nx\t\t\t\r\n\r\ny\t1\r\n\t\nz");
    static const char *const ids[] = {"x", "y", "line-6", "z"};

    g_assert_cmpuint(scenarios->len, ==, G_N_ELEMENTS(ids));
    for (guint i = 0; i < scenarios->len; i++) {
        assert_usual(scenarios->pdata[i]);
        g_assert_cmpstr(((const Scenario *)scenarios->pdata[i])->id, ==, ids[i]);
    }
}

static void test_no_spread(void)
{
    g_autoptr(GPtrArray) scenarios = parse("id\tp_bad\tp_bad_min\nx\t0.4\ny\t0.5556\t0.556");

    for (guint i = 0; i < scenarios->len; i++) {
        const Scenario *scenario = scenarios->pdata[i];

        assert_near(scenario->p_bad_min, scenario->p_bad);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        const char *message;
    } bad[] = {
        {"", "line 1: names no column of a scenario, such as 'range_size'"},
        {"a\tb\n1\t2\n", "line 1: names no column of a scenario, such as 'range_size'"},
        {"id\tp_bad\tp_bad\n", "line 1: column 'p_bad' is there twice"},
        {"id\nx\ty\n", "line 2: has 2 cells, but line 1 names 1 columns"},
        {"id\nx\t\n", "line 2: has 2 cells, but line 1 names 1 columns"},
        {"id\trange_size\n\nx\t1e12\n",
         "line 3, column 'range_size': '1e12' is not a whole number from 2 to 1000000"},
        {"range_size\n1\n",
         "line 2, column 'range_size': '1' is not a whole number from 2 to 1000000"},
        {"range_size\n9.5\n",
         "line 2, column 'range_size': '9.5' is not a whole number from 2 to 1000000"},
        {"runs_per_test\n1e9\n",
         "line 2, column 'runs_per_test': '1e9' is not a whole number from 1 to 1000"},
        {"runs_per_test\n0\n",
         "line 2, column 'runs_per_test': '0' is not a whole number from 1 to 1000"},
        {"p_bad\nnan\n", "line 2, column 'p_bad': 'nan' is not a number from 0 to 1"},
        {"p_bad\n-0.1\n", "line 2, column 'p_bad': '-0.1' is not a number from 0 to 1"},
        {"p_bad\n0x1\n", "line 2, column 'p_bad': '0x1' is not a number from 0 to 1"},
        {"p_bad\n0.5 \n", "line 2, column 'p_bad': '0.5 ' is not a number from 0 to 1"},
        {"p_bad\n1e999\n", "line 2, column 'p_bad': '1e999' is not a number from 0 to 1"},
        {"p_bad\n\x1b[31m\xff\n",
         "line 2, column 'p_bad': '\\033[31m\\377' is not a number from 0 to 1"},
        {"p_bad\n0.0000000000000000000000000000000000000000000000001\n",
         "line 2, column 'p_bad': '0.00000000000000000000000000000000000000' is not a number from "
         "0 to 1"},
        {"infra_run_frac\n1.1\n",
         "line 2, column 'infra_run_frac': '1.1' is not a number from 0 to 1"},
        {"test_min_per_rev\ninf\n",
         "line 2, column 'test_min_per_rev': 'inf' is not a number from 0 to 1440"},
        {"usable_bisect\n2\n",
         "line 2, column 'usable_bisect': '2' is not a whole number from 0 to 1"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_refused(bad[i].text, strlen(bad[i].text), bad[i].message);
    }
    assert_refused("p_bad\n1\0\n", 9, "line 2, column 'p_bad': '1' is not a number from 0 to 1");
}

static void test_hostile_id(void)
{
    static const char text[] = "id\n\xff\0x\n";
    g_autoptr(GPtrArray) scenarios = scenarios_parse(text, sizeof text - 1, NULL);

    g_assert_cmpuint(scenarios->len, ==, 1);
    g_assert_cmpstr(((const Scenario *)scenarios->pdata[0])->id, ==, "\xef\xbf\xbd\xef\xbf\xbdx");
}

static void test_real_file(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("FIRSTBAD_SHARED"), "data", "scenarios", "scenarios.tsv", NULL);
    g_autofree char *text = NULL;
    gsize length;
    guint n_usable = 0;
    guint n_with_enabler = 0;

    if (!g_file_get_contents(path, &text, &length, NULL)) {
        g_test_skip("no scenarios here");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) scenarios = scenarios_parse(text, length, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(scenarios->len, ==, 842);
    for (guint i = 0; i < scenarios->len; i++) {
        const Scenario *scenario = scenarios->pdata[i];

        n_usable += scenario->is_usable;
        n_with_enabler += scenario->has_enabler;
        g_assert_true(g_str_has_prefix(scenario->id, "Log_"));
        g_assert_cmpuint(scenario->n_revisions, >=, 1105);
        g_assert_cmpuint(scenario->n_revisions, <=, 38015);
    }
    g_assert_cmpuint(n_usable, ==, 615);
    g_assert_cmpuint(n_with_enabler, ==, 113);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scenario/columns", test_columns);
    g_test_add_func("/sim/scenario/usual", test_usual);
    g_test_add_func("/sim/scenario/no-spread", test_no_spread);
    g_test_add_func("/sim/scenario/refused", test_refused);
    g_test_add_func("/sim/scenario/hostile-id", test_hostile_id);
    g_test_add_func("/sim/scenario/real-file", test_real_file);
    return g_test_run();
}
