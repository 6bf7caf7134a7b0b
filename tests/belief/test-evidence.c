/* SPDX-License-Identifier: Apache-2.0
 * Evidence as text: what is read, what is refused, and that the posterior of it is that of brute
 * force.
 */
#include "../history/graphs.h"
#include "naive.h"

#include <string.h>

/* Parsed for six revisions and written again: those of which something is known. */
static void assert_parses(const char *text, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autofree Tally *tallies = evidence_parse(text, strlen(text), 6, &error);
    g_autoptr(GString) written = g_string_new(NULL);

    g_assert_no_error(error);
    for (guint32 r = 0; r < 6; r++) {
        const Tally *tally = &tallies[r];

        if (tally->untestable || tally->n_crash + tally->n_ok > 0) {
            g_string_append_printf(written, "%u:%u,%u%s ", r, tally->n_crash, tally->n_ok,
                                   tally->untestable ? ",skip" : "");
        }
    }
    g_assert_cmpstr(written->str, ==, wanted);
}

static void assert_refuses_bytes(const char *bytes, gsize n, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autofree Tally *tallies = evidence_parse(bytes, n, 6, &error);

    g_assert_null(tallies);
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
    g_assert_cmpstr(error->message, ==, wanted);
}

static void assert_refuses(const char *text, const char *wanted)
{
    assert_refuses_bytes(text, strlen(text), wanted);
}

static void test_parse(void)
{
    assert_parses("", "");
    assert_parses("\n \t\r\n# nothing yet", "");
    assert_parses("5\t3\t0\n0\t0\t4\n", "0:0,4 5:3,0 ");
    assert_parses("  5 3  0 \r\n0 0 4#good", "0:0,4 5:3,0 ");
    assert_parses("commit\tcrashes\toks\n2 1 1\n", "2:1,1 ");
    assert_parses("2 1 0\n2 0 2\n2 3 0\n", "2:4,2 ");
    assert_parses("1 skip\n2 - -\n3 skip skip\n4 0 0 skip\n5 - - skip",
                  "1:0,0,skip 2:0,0,skip 3:0,0,skip 4:0,0,skip 5:0,0,skip ");
    assert_parses("3 0 1\n3 skip\n3 0 1\n", "3:0,2,skip ");
    assert_parses("3 0 0\n", "");
}

static void test_refuse(void)
{
    assert_refuses("0 0 1\n6 1 0\n", "line 2: '6' is not a commit from 0 to 5");
    assert_refuses("# none\n\n-1 1 0\n", "line 3: '-1' is not a commit from 0 to 5");
    assert_refuses("6533e558c650 1 0", "line 1: '6533e558c650' is not a commit from 0 to 5");
    assert_refuses("1\n", "line 1: wanted: COMMIT CRASHES OKS, or COMMIT skip");
    assert_refuses("1 2\n", "line 1: wanted: COMMIT CRASHES OKS, or COMMIT skip");
    assert_refuses("1 -\n", "line 1: wanted: COMMIT CRASHES OKS, or COMMIT skip");
    assert_refuses("1 2 -\n", "line 1: '-' is not a number of trials from 0 to 10000");
    assert_refuses("1 x 2\n", "line 1: 'x' is not a number of trials from 0 to 10000");
    assert_refuses("1 0.5 2\n", "line 1: '0.5' is not a number of trials from 0 to 10000");
    assert_refuses("1 10001 2\n", "line 1: '10001' is not a number of trials from 0 to 10000");
    assert_refuses("1 6000 0\n1 0 4001\n", "line 2: more than 10000 trials of commit 1");
    assert_refuses("1 0 2 ok\n", "line 1: 'ok' is not 'skip', and nothing else may follow");
    assert_refuses("1 0 2 skip it\n", "line 1: 'it' is not 'skip', and nothing else may follow");
    assert_refuses_bytes("1 0 2\n1\0 0 2", 12, "line 2: a zero byte: this is no text");
    assert_refuses("1 \xff 2\n",
                   "line 1: '\xef\xbf\xbd' is not a number of trials from 0 to 10000");
}

static void draw_evidence(GRand *rand, guint n, GString *ret_text)
{
    for (guint i = 0; i < 6; i++) {
        guint32 commit = (guint32)g_rand_int_range(rand, 0, (gint32)n);

        if (g_rand_int_range(rand, 0, 4) == 0) {
            g_string_append_printf(ret_text, "%u skip\n", commit);
        } else {
            g_string_append_printf(ret_text, "%u %d %d\n", commit, g_rand_int_range(rand, 0, 4),
                                   g_rand_int_range(rand, 0, 4));
        }
    }
}

static void test_brute_force(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    BeliefModel model;

    belief_model_default(&model);
    for (guint i = 0; i < 300; i++) {
        guint n = (guint)g_rand_int_range(rand, 2, 25);
        g_autoptr(History) history = graph_random(rand, n, 0.3);
        g_autoptr(Belief) belief = belief_new(history, &model, NULL);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree double *flat = g_new0(double, n);
        g_autofree guint32 *groups = g_new(guint32, n);
        double sum = 0;

        draw_evidence(rand, n, text);
        g_autofree Tally *tallies = evidence_parse(text->str, text->len, n, NULL);
        for (guint32 r = 0; r < n; r++) {
            belief_set(belief, r, &tallies[r]);
            groups[r] = r;
        }
        g_autofree double *wanted = naive_posterior(history, &model, flat, tallies, groups);
        for (guint32 h = 0; h < n; h++) {
            double got = belief_posterior(belief)[h];

            g_assert_cmpfloat_with_epsilon(got, wanted[h], 1e-9);
            sum += got;
        }
        g_assert_cmpfloat_with_epsilon(sum, 1, 1e-12);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evidence/parse", test_parse);
    g_test_add_func("/evidence/refuse", test_refuse);
    g_test_add_func("/evidence/brute-force", test_brute_force);
    return g_test_run();
}
