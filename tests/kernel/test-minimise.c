/* SPDX-License-Identifier: Apache-2.0
 * Minimising in worlds of random options: who depends on whom, who is selected by whom, and which
 * of them the crash needs.
 */
#include <string.h>

#include "kernel/kernel.h"

#define MAX_OPTIONS 400

/* A little Kconfig. Options are numbered so that each depends on and is selected by lower ones. */
typedef struct Tree {
    guint n;
    gint depends[MAX_OPTIONS];  /* on this option; -1: on none */
    gint selector[MAX_OPTIONS]; /* who selects it; -1: nobody */
    gboolean has_prompt[MAX_OPTIONS];
    gboolean needed[MAX_OPTIONS]; /* by the crash */
    guint n_configured, n_tried;
    gboolean says_needs; /* answers what an option needs */
} Tree;

static void name_option(guint i, char *name, gsize n)
{
    g_snprintf(name, n, "CONFIG_O%u", i);
}

static char *start_config(const Tree *tree)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < tree->n; i++) {
        if (i % 10 == 0) {
            g_string_append_printf(text, "#\n# Menu %u\n#\n", i / 10);
        }
        g_string_append_printf(text, "CONFIG_O%u=y\n", i);
    }
    return g_string_free(text, FALSE);
}

/* What olddefconfig makes of @request. */
static void configure(const Tree *tree, const char *request, gboolean *on)
{
    g_autoptr(GHashTable) values = config_values(request);

    for (guint i = 0; i < tree->n; i++) {
        char name[32];
        gboolean is_met = tree->depends[i] < 0 || on[tree->depends[i]];
        gboolean is_selected = tree->selector[i] >= 0 && on[tree->selector[i]];

        name_option(i, name, sizeof name);
        on[i] =
            is_selected || (is_met && tree->has_prompt[i] && g_hash_table_contains(values, name));
    }
}

static char *config_text(const Tree *tree, const gboolean *on)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < tree->n; i++) {
        g_string_append_printf(text, on[i] ? "CONFIG_O%u=y\n" : "# CONFIG_O%u is not set\n", i);
    }
    return g_string_free(text, FALSE);
}

static char **needs_of(const char *option, GHashTable *config, gpointer data)
{
    const Tree *tree = data;
    guint i = (guint)g_ascii_strtoull(option + strlen("CONFIG_O"), NULL, 10);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    gint others[] = {tree->depends[i], tree->selector[i]};

    g_strv_builder_add(builder, option);
    for (guint j = 0; j < 2; j++) {
        char name[32];

        if (others[j] >= 0) {
            name_option((guint)others[j], name, sizeof name);
            g_strv_builder_add(builder, name);
        }
    }
    return g_strv_builder_end(builder);
}

static gboolean crashes(const Tree *tree, const gboolean *on)
{
    for (guint i = 0; i < tree->n; i++) {
        if (tree->needed[i] && !on[i]) {
            return FALSE;
        }
    }
    return TRUE;
}

/* All the way; @must: ended by -1. */
static Minimise *work(Tree *tree, const gint *must, const MinimiseCosts *costs)
{
    g_autofree char *config = start_config(tree);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    gboolean on[MAX_OPTIONS] = {0};
    Minimise *minimise;
    MinimiseStep step;
    const char *text;

    for (; must && *must >= 0; must++) {
        char name[32];

        name_option((guint)*must, name, sizeof name);
        g_strv_builder_add(names, name);
    }
    g_auto(GStrv) strv = g_strv_builder_end(names);
    minimise = minimise_new(config, config, "CONFIG_O0=y\n", (const char *const *)strv, costs);
    while ((step = minimise_next(minimise, &text)) != MINIMISE_DONE) {
        configure(tree, text, on);
        if (step == MINIMISE_CONFIGURE) {
            g_autofree char *made = config_text(tree, on);

            g_assert_cmpuint(++tree->n_configured, <, 400);
            minimise_configured(minimise, made, tree->says_needs ? needs_of : NULL, tree);
        } else {
            for (guint i = 0; strv[i]; i++) {
                guint option = (guint)g_ascii_strtoull(strv[i] + strlen("CONFIG_O"), NULL, 10);

                g_assert_true(on[option]); /* never built without what must stay */
            }
            g_assert_true(on[0]);
            tree->n_tried++;
            minimise_tried(minimise, crashes(tree, on));
        }
    }
    return minimise;
}

/* What the best config really is, and whether it crashes. */
static guint n_on_of_best(const Tree *tree, const Minimise *minimise, gboolean *ret_crashes)
{
    g_autofree char *config = start_config(tree);
    gboolean on[MAX_OPTIONS] = {0};
    MinimiseResult result;
    guint n = 0;

    minimise_result(minimise, &result);
    configure(tree, result.text ? result.text : config, on);
    for (guint i = 0; i < tree->n; i++) {
        n += on[i];
    }
    g_assert_cmpuint(n, ==, result.n_on);
    *ret_crashes = crashes(tree, on);
    return n;
}

static void random_tree(Tree *tree, GRand *rand, guint n, guint n_needed)
{
    *tree = (Tree){.n = n, .says_needs = TRUE};
    for (guint i = 0; i < n; i++) {
        tree->has_prompt[i] = i == 0 || g_rand_int_range(rand, 0, 5) > 0;
        tree->depends[i] = i && g_rand_int_range(rand, 0, 2)
                               ? g_rand_int_range(rand, (gint32)(i * 2 / 3), (gint32)i)
                               : -1;
        tree->selector[i] = i && (!tree->has_prompt[i] || g_rand_int_range(rand, 0, 8) == 0)
                                ? g_rand_int_range(rand, 0, (gint32)i)
                                : -1;
    }
    for (guint i = 0; i < n_needed; i++) {
        tree->needed[g_rand_int_range(rand, 0, (gint32)n)] = TRUE;
    }
}

/* Whatever the world is, the result crashes, nothing that must stay was ever gone, and tries are
 * few. Where few options are needed, most of the others go. */
static void test_random_worlds(void)
{
    const MinimiseCosts costs = {.build_s = 600, .trials_s = 20, .n_builds = 50};
    GRand *rand = g_rand_new_with_seed(1);
    double sum_share = 0;
    guint n_tried = 0;

    for (guint round = 0; round < 200; round++) {
        Tree tree;
        gboolean still;
        guint n = (guint)g_rand_int_range(rand, 2, MAX_OPTIONS);
        gint must[] = {g_rand_int_range(rand, 0, (gint32)n), g_rand_int_range(rand, 0, (gint32)n),
                       -1};

        random_tree(&tree, rand, n, round % 3);
        tree.says_needs = round % 5 > 0;
        g_autoptr(Minimise) minimise = work(&tree, must, &costs);
        guint n_on = n_on_of_best(&tree, minimise, &still);
        g_assert_true(still);
        g_assert_cmpuint(tree.n_tried, <=, MINIMISE_MAX_TRIES);
        if (round % 5 > 0 && n > 50) {
            sum_share += (double)n_on / n;
            n_tried++;
        }
    }
    g_test_message("%.1f %% of the options are left", 100 * sum_share / n_tried);
    g_assert_cmpfloat(sum_share / n_tried, <, 0.4);
    g_rand_free(rand);
}

/* Where options are independent and what is needed is given as such, one try does it all. */
static void test_one_try(void)
{
    const MinimiseCosts costs = {.build_s = 600, .trials_s = 20, .n_builds = 5};
    const gint must[] = {7, 30, -1};
    Tree tree = {.n = 100};
    gboolean still;
    guint n_on;

    for (guint i = 0; i < tree.n; i++) {
        tree.has_prompt[i] = TRUE;
        tree.depends[i] = tree.selector[i] = -1;
    }
    tree.needed[7] = tree.needed[30] = TRUE;
    g_autoptr(Minimise) minimise = work(&tree, must, &costs);
    n_on = n_on_of_best(&tree, minimise, &still);
    g_assert_cmpuint(n_on, ==, 3);
    g_assert_cmpuint(tree.n_tried, ==, 1);
}

/* Against brute force: with tries for nothing, what is left cannot lose a menu more. */
static void test_small_worlds(void)
{
    const MinimiseCosts costs = {.build_s = 600, .trials_s = 0, .n_builds = 1e6};
    GRand *rand = g_rand_new_with_seed(2);
    guint n_smallest = 0, n_rounds = 300;

    for (guint round = 0; round < n_rounds; round++) {
        Tree tree;
        gboolean still;
        guint smallest = G_MAXUINT;

        random_tree(&tree, rand, 8, 2);
        g_autoptr(Minimise) minimise = work(&tree, NULL, &costs);
        guint n_on = n_on_of_best(&tree, minimise, &still);
        g_assert_true(still);
        for (guint set = 0; set < 1U << tree.n; set++) {
            gboolean wanted[MAX_OPTIONS] = {0}, on[MAX_OPTIONS] = {0};
            guint n = 0;

            for (guint i = 0; i < tree.n; i++) {
                wanted[i] = i == 0 || (set >> i & 1);
            }
            g_autofree char *request = config_text(&tree, wanted);
            configure(&tree, request, on);
            for (guint i = 0; i < tree.n; i++) {
                n += on[i];
            }
            if (crashes(&tree, on) && on[0]) {
                smallest = MIN(smallest, n);
            }
        }
        g_assert_cmpuint(n_on, >=, smallest);
        n_smallest += n_on == smallest;
    }
    g_test_message("the smallest in %u of %u", n_smallest, n_rounds);
    g_assert_cmpuint(n_smallest, >, n_rounds * 2 / 3);
    g_rand_free(rand);
}

/* What would save less than it costs is not tried. */
static void test_not_worth_it(void)
{
    Tree tree;
    const MinimiseCosts slow_trials = {.build_s = 10, .trials_s = 1000, .n_builds = 5},
                        last_kernel = {.build_s = 600, .trials_s = 10, .n_builds = 0.5};
    GRand *rand = g_rand_new_with_seed(3);

    random_tree(&tree, rand, 100, 1);
    g_autoptr(Minimise) a = work(&tree, NULL, &slow_trials);
    g_assert_cmpuint(tree.n_tried, ==, 0);
    g_autoptr(Minimise) b = work(&tree, NULL, &last_kernel);
    g_assert_cmpuint(tree.n_tried, ==, 0);
    g_rand_free(rand);
}

/* Debugging aids go first, and alone; those that must stay do. */
static void test_aids(void)
{
    static const char config[] = "#\n# A\n#\nCONFIG_A=y\nCONFIG_KASAN=y\nCONFIG_UBSAN=y\n"
                                 "CONFIG_PROVE_LOCKING=y\nCONFIG_B=y\n";
    const MinimiseCosts costs = {.build_s = 600, .trials_s = 1, .n_builds = 20};
    const char *const must[] = {"CONFIG_KASAN", NULL};
    g_autoptr(Minimise) minimise = minimise_new(config, config, "", must, &costs);
    const char *text;

    g_assert_cmpint(minimise_next(minimise, &text), ==, MINIMISE_CONFIGURE);
    g_assert_nonnull(
        strstr(text, "# CONFIG_UBSAN is not set\n# CONFIG_PROVE_LOCKING is not set\n"));
    g_assert_null(strstr(text, "# CONFIG_A "));
    g_assert_null(strstr(text, "# CONFIG_KASAN "));
    /* A tree that cannot be configured gives the chunk up, not the config (the reference goes on
     * without any). */
    minimise_configured(minimise, NULL, NULL, NULL);
    while (minimise_next(minimise, &text) != MINIMISE_DONE) {
        minimise_configured(minimise, NULL, NULL, NULL);
    }
    MinimiseResult result;
    minimise_result(minimise, &result);
    g_assert_null(result.text);
    g_assert_cmpuint(result.n_on, ==, 5);
}

static void test_baseline(void)
{
    g_autofree char *text = kernel_baseline_config();
    g_autoptr(GHashTable) values = config_values(text);
    static const char *const wanted[] = {"CONFIG_SERIAL_8250_CONSOLE", "CONFIG_BLK_DEV_INITRD",
                                         "CONFIG_KALLSYMS", "CONFIG_DEBUG_INFO", "CONFIG_64BIT"};

    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_assert_cmpstr(g_hash_table_lookup(values, wanted[i]), ==, "y");
    }
    g_assert_false(g_hash_table_contains(values, "CONFIG_KASAN"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/minimise/random-worlds", test_random_worlds);
    g_test_add_func("/minimise/one-try", test_one_try);
    g_test_add_func("/minimise/small-worlds", test_small_worlds);
    g_test_add_func("/minimise/not-worth-it", test_not_worth_it);
    g_test_add_func("/minimise/aids", test_aids);
    g_test_add_func("/minimise/baseline", test_baseline);
    return g_test_run();
}
