/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs that make their config smaller first, in a world whose kernels crash only with some of
 * their options.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "report/report.h"
#include "world.h"

#define N_MORE         60
#define UNMASKED_FIRST 25

/* The world's Kconfig: all options are free but TLS, which depends on INET (as the tree says). */
typedef struct Options {
    FarmOps ops;         /* the world's, with configurations */
    const FarmOps *base; /* the world's own */
    char *dir, *given;   /* of configs; the job's */
    char *used;          /* id of the config that revisions are built with; NULL: the job's */
    char *text;          /* what the kernel that is being built is configured with */
    guint n_configured;
    guint n_slow; /* trials of kernels without SPEED */
    gboolean needs_speed, cannot_configure;
    const char *unmasked; /* what kernels since UNMASKED_FIRST crash with, which lack what the bug
                             needs; NULL: they are fine */
} Options;

static Options options; /* of the test that runs */

/* What olddefconfig makes of the config of @name. Owned by the caller. */
static char *configure(const char *name)
{
    g_autoptr(Variant) variant = variant_parse(name);
    const char *id = variant->config ? variant->config : options.used;
    g_autofree char *path = id ? g_build_filename(options.dir, id, NULL) : g_strdup(options.given);
    g_autofree char *text = NULL;
    GString *made = g_string_new("# Configuration\n");

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autoptr(GHashTable) values = config_values(text);
    static const char *const names[] = {"NET", "INET", "TLS", "KASAN", "NEEDED", "SPEED"};
    for (guint i = 0; i < G_N_ELEMENTS(names) + N_MORE; i++) {
        g_autofree char *option = i < G_N_ELEMENTS(names)
                                      ? g_strconcat("CONFIG_", names[i], NULL)
                                      : g_strdup_printf("CONFIG_MORE%zu", i - G_N_ELEMENTS(names));
        gboolean is_on =
            g_hash_table_contains(values, option) &&
            (!g_str_equal(option, "CONFIG_TLS") || g_hash_table_contains(values, "CONFIG_INET"));

        g_string_append_printf(made, is_on ? "%s=y\n" : "# %s is not set\n", option);
    }
    return g_string_free(made, FALSE);
}

static const char *config_of(guint i)
{
    return options.text;
}

static void build_async(Farm *farm, const char *name, GCancellable *cancellable,
                        GAsyncReadyCallback done, gpointer user_data)
{
    g_free(options.text);
    options.text = configure(name);
    options.base->build_async(farm, name, cancellable, done, user_data);
}

static gboolean build_finish(Farm *farm, GAsyncResult *res, Kernel **ret_kernel, GError **error)
{
    if (!options.base->build_finish(farm, res, ret_kernel, error)) {
        return FALSE;
    }
    (*ret_kernel)->build_ms = 600000;
    return TRUE;
}

/* Without what the crash needs, a kernel is fine; without SPEED, mostly. */
static void trial_async(Farm *farm, const char *name, const Kernel *kernel,
                        GCancellable *cancellable, GAsyncReadyCallback done, gpointer user_data)
{
    SimFarm *sim = (SimFarm *)farm;
    guint first_bad = sim->first_bad;
    g_autofree char *path = g_build_filename(kernel->dir, "config", NULL), *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    gboolean is_fine =
        !strstr(text, "CONFIG_NEEDED=y") || !strstr(text, "CONFIG_TLS=y") ||
        (options.needs_speed && !strstr(text, "CONFIG_SPEED=y") && options.n_slow++ % 5 >= 2);
    sim->first_bad = is_fine ? 1000 : first_bad;
    sim->passing_title = is_fine ? options.unmasked : NULL;
    sim->passing_first = UNMASKED_FIRST;
    sim->passing_last = N_COMMITS;
    options.base->trial_async(farm, name, kernel, cancellable, done, user_data);
    sim->first_bad = first_bad;
}

static void configure_async(Farm *farm, const char *name, GCancellable *cancellable,
                            GAsyncReadyCallback done, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, user_data);

    options.n_configured++;
    g_task_return_pointer(task, options.cannot_configure ? g_strdup("") : configure(name), g_free);
}

static gboolean configure_finish(Farm *farm, GAsyncResult *res, char **ret_config, GError **error)
{
    char *config = g_task_propagate_pointer(G_TASK(res), error);

    *ret_config = *config ? config : NULL;
    if (!*config) {
        g_free(config);
    }
    return TRUE;
}

static gboolean use_config(Farm *farm, const char *config, GError **error)
{
    g_free(options.used);
    options.used = g_strdup(config);
    return TRUE;
}

static void set_up(World *world)
{
    g_autoptr(GString) text = g_string_new("CONFIG_NET=y\nCONFIG_INET=y\nCONFIG_TLS=y\n"
                                           "CONFIG_KASAN=y\nCONFIG_NEEDED=y\nCONFIG_SPEED=y\n");

    world_init(world);
    for (guint i = 0; i < N_MORE; i++) {
        g_string_append_printf(text, "CONFIG_MORE%u=y\n", i);
    }
    options = (Options){.base = world->farm.base.ops,
                        .dir = g_build_filename(world->folder, "configs", NULL),
                        .given = g_build_filename(world->folder, "given", NULL)};
    g_assert_true(g_file_set_contents(options.given, text->str, -1, NULL));
    options.ops = *options.base;
    options.ops.build_async = build_async;
    options.ops.build_finish = build_finish;
    options.ops.trial_async = trial_async;
    options.ops.configure_async = configure_async;
    options.ops.configure_finish = configure_finish;
    options.ops.use_config = use_config;
    world->farm.base.ops = &options.ops;
    world->farm.base.config = options.given;
    world->farm.base.config_dir = options.dir;
    world->farm.config_of = config_of;
    world->farm.title = "KASAN: use-after-free Read in tls_x";
    world->farm.report = "Call Trace:\n tls_x+0x1/0x2 net/tls/main.c:12\n";
    world->farm.first_bad = 37;
    world->minimise = TRUE;
    world->no_revert_test = TRUE;
    world->said = g_string_new(NULL);
}

static void tear_down(World *world)
{
    world_clear(world);
    g_free(options.dir);
    g_free(options.given);
    g_free(options.used);
    g_free(options.text);
}

/* The config of the last kernel that was built. */
static void assert_option(const char *option, gboolean is_on)
{
    g_autofree char *line = g_strconcat(option, "=y\n", NULL);

    g_assert_cmpint(strstr(options.text, line) != NULL, ==, is_on);
}

static guint n_more_left(void)
{
    guint n = 0;

    for (const char *at = options.text; (at = strstr(at, "\nCONFIG_MORE")); at++) {
        n++;
    }
    return n;
}

static void test_goes_on_with_less(void)
{
    World world;
    g_autoptr(GError) error = NULL;

    set_up(&world);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[20]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    g_assert_nonnull(options.used);
    /* What guards the stack's file, what that depends on, what made the report, and what the crash
     * turned out to need. */
    assert_option("CONFIG_TLS", TRUE);
    assert_option("CONFIG_INET", TRUE);
    assert_option("CONFIG_KASAN", TRUE);
    assert_option("CONFIG_NEEDED", TRUE);
    g_assert_cmpuint(n_more_left(), <=, N_MORE / 2);
    g_assert_nonnull(strstr(world.said->str, "config: 66 options on -> "));

    g_autoptr(Store) store = store_open(world.state, STORE_READ, &error);
    g_autoptr(JobRow) row = store_find_job(store, "job", &error);
    g_autoptr(Report) report = report_load(store, row, &error);
    g_assert_no_error(error);
    g_autofree char *text = report_text(report, NULL), *dir = store_job_dir(store, 1);
    g_assert_nonnull(strstr(text, "\nconfig: 66 options on -> "));
    g_autofree char *path = g_build_filename(dir, "config.minimised", NULL), *minimised = NULL;
    g_assert_true(g_file_get_contents(path, &minimised, NULL, NULL));
    g_assert_true(g_str_has_prefix(minimised, MINIMISED_MARK));
    g_assert_nonnull(strstr(minimised, "\nCONFIG_TLS=y\n"));
    g_test_message("%s", strstr(world.said->str, "config: 66"));
    tear_down(&world);

    /* What was made smaller is left as it is. */
    set_up(&world);
    g_assert_true(g_file_set_contents(options.given, minimised, -1, NULL));
    answer_free(world_work_once(&world, world.commits[20]));
    g_assert_cmpuint(options.n_configured, ==, 0);
    tear_down(&world);
}

/* The crash without SPEED comes in two of five trials, instead of always. The reference keeps such
 * a config, as more than a third crash; its later kernels would pass for good now and then. */
static void test_keeps_rate(void)
{
    World world;

    set_up(&world);
    options.needs_speed = TRUE;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[20]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    assert_option("CONFIG_SPEED", TRUE);
    tear_down(&world);
}

/* Without what the bug needs, another one comes to light. To the reference a crash is a crash: it
 * goes on without, and finds where the other one came in. */
static void test_another_crash(void)
{
    World world;

    set_up(&world);
    options.unmasked = "KASAN: slab-out-of-bounds Write in ext4_x";
    SimFarm farm = world.farm;
    const char *start = world.commits[N_COMMITS - 1];
    g_autofree char *suffix = reference_minimise(&farm.base, start);
    ReferenceJob job = {.farm = &farm.base,
                        .tree = world.tree,
                        .start = start,
                        .good = world.commits[20],
                        .suffix = suffix};
    g_autoptr(ReferenceAnswer) misled = reference_bisect(&job);
    g_assert_cmpint(misled->kind, ==, REFERENCE_CULPRIT);
    g_assert_cmpstr(misled->commit, ==, world.commits[UNMASKED_FIRST]);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[20]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    assert_option("CONFIG_NEEDED", TRUE);
    tear_down(&world);
}

/* Where Kconfig fails, the job goes on with the user's config (the reference goes on without any).
 */
static void test_cannot_configure(void)
{
    World world;

    set_up(&world);
    options.cannot_configure = TRUE;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[20]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    g_assert_null(options.used);
    g_assert_cmpuint(n_more_left(), ==, N_MORE);
    g_assert_nonnull(strstr(world.said->str, "config: 66 options on; not minimised"));
    tear_down(&world);
}

static void test_is_not_asked_for(void)
{
    World world;

    set_up(&world);
    world.minimise = FALSE;
    answer_free(world_work_once(&world, world.commits[20]));
    g_assert_cmpuint(options.n_configured, ==, 0);
    g_assert_cmpuint(n_more_left(), ==, N_MORE);
    tear_down(&world);
}

/* Stopped after each build and trial: nothing is configured, built or tried again. */
static void test_resumed(void)
{
    World world;
    guint n_builds, n_configured;

    set_up(&world);
    answer_free(world_work_once(&world, world.commits[20]));
    n_builds = world.farm.n_builds;
    n_configured = options.n_configured;
    tear_down(&world);

    set_up(&world);
    for (guint step = 1;; step++) {
        world.farm.stop_after = step;
        g_clear_pointer(&options.used, g_free); /* a new farm knows nothing */
        g_autoptr(Answer) answer = world_work(&world, world.commits[20], NULL);

        if (answer) {
            g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
            break;
        }
    }
    g_assert_cmpuint(world.farm.n_builds, ==, n_builds);
    g_assert_cmpuint(options.n_configured, ==, n_configured);
    g_assert_cmpuint(n_more_left(), <=, N_MORE / 2);
    tear_down(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/minimise/goes-on-with-less", test_goes_on_with_less);
    g_test_add_func("/job/minimise/keeps-rate", test_keeps_rate);
    g_test_add_func("/job/minimise/another-crash", test_another_crash);
    g_test_add_func("/job/minimise/cannot-configure", test_cannot_configure);
    g_test_add_func("/job/minimise/not-asked-for", test_is_not_asked_for);
    g_test_add_func("/job/minimise/resumed", test_resumed);
    return g_test_run();
}
