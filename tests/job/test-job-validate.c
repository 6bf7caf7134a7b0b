/* SPDX-License-Identifier: Apache-2.0
 * Whole jobs whose suspect is looked at and taken back before it is named.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "process/process.h"
#include "symbols/symbols.h"
#include "world.h"

/* A job that looks for commit 36, which mended the bug. */
static void init_fix(World *world, gboolean apart)
{
    if (apart) {
        world_init_apart(world);
    } else {
        world_init(world);
    }
    world->is_fix = TRUE;
    world->farm.last_bad = 35;
}

static Answer *work_fix(World *world)
{
    return world_work_once(world, world->commits[N_COMMITS - 1]);
}

/* The check that has @part in it, or NULL. */
static const char *find_check(const Answer *answer, const char *part)
{
    for (guint i = 0; i < answer->checks->len; i++) {
        g_test_message("%s", (char *)answer->checks->pdata[i]);
        if (strstr(answer->checks->pdata[i], part)) {
            return answer->checks->pdata[i];
        }
    }
    return NULL;
}

/* The same; one must have it. */
static const char *check_with(const Answer *answer, const char *part)
{
    const char *check = find_check(answer, part);

    if (!check) {
        g_error("no check says '%s'", part);
    }
    return check;
}

static void test_goes_with_the_culprit(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_true(g_str_has_prefix(check_with(answer, "without it"), "passed: the start "));
    world_clear(&world);
}

/* Right or wrong, it is not all: who wants to mend the start has to know. */
static void test_start_crashes_without_it(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.farm.second_cause = 50;
    world_misleads_reference(&world, world.commits[0], 36);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_SET);
    g_assert_null(answer->culprit);
    g_assert_cmpuint(answer->candidates->len, ==, 1);
    g_assert_cmpstr(((Candidate *)answer->candidates->pdata[0])->commit, ==, world.commits[36]);
    g_assert_true(g_str_has_prefix(check_with(answer, "still crashes without it"), "failed: "));
    world_clear(&world);
}

/* 12 to 30 have the bug and are quiet, by what nobody can find out. So 31 is the first to crash,
 * after one that is not the same kernel, and changes documentation: it cannot be it. */
static void test_changes_documentation(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 12;
    world.farm.hidden_first = 12;
    world.farm.hidden_last = 30;
    world.farm.traces_lie = TRUE;
    world.no_revert_test = TRUE; /* which would refute it, too */
    world_misleads_reference(&world, world.commits[0], 31);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_SET);
    g_assert_cmpfloat(answer->confidence, ==, 0);
    check_with(answer, "failed: it changes nothing but documentation");
    world_clear(&world);
}

/* Others came to need it: the newest revision known to crash that can do without it has to do. */
static void test_start_needs_it(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.farm.needed_from = 45;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_true(
        g_str_has_prefix(check_with(answer, "the newest where it can be taken back"), "passed: "));
    world_clear(&world);
}

static void test_all_need_it(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.farm.needed_from = 0;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_true(g_str_has_prefix(check_with(answer, "error: undeclared"), "could not be done"));
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 8 + 3);
    world_clear(&world);
}

static void test_conflicts(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 36;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_nonnull(strstr(check_with(answer, "could not be done: the start"),
                            "cannot be taken back: conflict in f"));
    world_clear(&world);
}

static void test_not_wanted(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.no_revert_test = TRUE;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_nonnull(strstr(check_with(answer, "without it"), "--no-revert-test"));
    world_clear(&world);
}

/* An answer that is known is given, whatever a last kernel would have told. */
static void test_budget(void)
{
    World world;
    guint n_kernels;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.no_revert_test = TRUE;
    answer_free(world_work_once(&world, world.commits[0]));
    n_kernels = world.farm.n_builds;
    world_clear(&world);
    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.max_kernels = n_kernels;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_false(answer->by_budget);
    check_with(answer, "because the budget is used up");
    world_clear(&world);
}

/* A job that is stopped after each step comes to the same, and does nothing twice. */
static void test_resumed(void)
{
    World world, whole;
    Answer *answer = NULL;

    world_init_apart(&whole);
    whole.farm.first_bad = 36;
    whole.farm.needed_from = 45;
    g_autoptr(Answer) expected = world_work_once(&whole, whole.commits[0]);
    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.farm.needed_from = 45;
    while (!answer) {
        world.farm.stop_after = world.farm.n_builds + world.farm.n_trials + 1;
        answer = world_work(&world, world.commits[0], NULL);
    }
    g_assert_cmpstr(answer->culprit, ==, expected->culprit);
    g_assert_cmpuint(answer->checks->len, ==, expected->checks->len);
    g_assert_cmpuint(world.farm.n_builds, ==, whole.farm.n_builds);
    answer_free(answer);
    world_clear(&world);
    world_clear(&whole);
}

/* --- Of a fix -------------------------------------------------------------------------------- */

static void test_fix_mends_the_start(void)
{
    World world;

    init_fix(&world, TRUE);
    g_autoptr(Answer) answer = work_fix(&world);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[36]);
    g_assert_true(g_str_has_prefix(check_with(answer, "does not show the bug with it added (0 of "),
                                   "passed: the start "));
    world_clear(&world);
}

/* It changes a file that is not there at the start, and since commit 17 is. */
static void test_fix_needs_more(void)
{
    World world;

    init_fix(&world, TRUE);
    world.farm.last_bad = 36;
    g_autoptr(Answer) answer = work_fix(&world);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_true(
        g_str_has_prefix(check_with(answer, "the oldest where it can be added"), "passed: "));
    world_clear(&world);
}

/* Whoever takes it to the start alone has not mended it, and is told. */
static void test_fix_is_not_all(void)
{
    World world;

    init_fix(&world, TRUE);
    world.farm.needs_more = TRUE;
    g_autoptr(Answer) answer = work_fix(&world);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[36]);
    g_assert_true(g_str_has_prefix(check_with(answer, "still crashes with it added"),
                                   "doubtful: the start "));
    world_clear(&world);
}

static void test_fix_conflicts(void)
{
    World world;

    init_fix(&world, FALSE);
    g_autoptr(Answer) answer = work_fix(&world);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_cmpstr(answer->culprit, ==, world.commits[36]);
    g_assert_nonnull(strstr(check_with(answer, "could not be done: the start"),
                            "cannot be added: conflict in f"));
    world_clear(&world);
}

/* A few are tried, but not its parent, which with it is the fix. */
static void test_fix_does_not_build(void)
{
    World world;
    g_autofree char *parent = NULL;
    const char *line;

    init_fix(&world, TRUE);
    world.farm.needed_from = 0;
    g_autoptr(Answer) answer = work_fix(&world);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    line = check_with(answer, "does not build with it added: ");
    g_assert_true(g_str_has_prefix(line, "could not be done: "));
    parent = g_strndup(world.commits[35], 12);
    g_assert_null(strstr(line, parent));
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 8 + 3);
    world_clear(&world);
}

static void test_fix_not_wanted(void)
{
    World world;

    init_fix(&world, TRUE);
    world.no_revert_test = TRUE;
    g_autoptr(Answer) answer = work_fix(&world);
    g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
    g_assert_nonnull(strstr(check_with(answer, "with it added"), "--no-revert-test"));
    world_clear(&world);
}

/* --- What differs in the kernel -------------------------------------------------------------- */

/* The answer of a job whose culprit, 36, is of @class (NULL: as examined) and alters its kernel by
 * @fact. */
static Answer *answer_with(World *world, const char *class, const char *fact)
{
    g_autoptr(Store) store = NULL;
    g_autoptr(GError) error = NULL;

    world_init_apart(world);
    world->farm.first_bad = 36;
    world->farm.stop_after = 1;
    g_assert_null(world_work(world, world->commits[0], NULL));
    store = store_open(world->state, STORE_WRITE, &error);
    g_assert_no_error(error);
    if (class) {
        g_assert_true(store_put_fact(store, 1, world->commits[36], "class", class, &error));
    }
    g_assert_true(store_put_fact(store, 1, world->commits[36], "alters", fact, &error));
    g_clear_pointer(&store, store_free);
    world->farm.stop_after = 0;
    return world_work_once(world, world->commits[0]);
}

static void test_alters(void)
{
    static const struct {
        const char *fact, *line;
    } cases[] = {
        {"\nfone", "passed: in its kernel it changes 1 function (one); no such function is in the "
                   "stack of the crash"},
        {"\nfone\n*two\nfthree\n*four\nvdata",
         "passed: in its kernel it changes 4 functions (one, two, three and 1 more) and 1 variable "
         "(data); in the stack of the crash: two, four"},
        {"\nvdata\nvmore", "passed: in its kernel it changes 2 variables (data, more)"},
        {"", "doubtful: no function and no variable of its kernel differs from its parent's, only "
             "what has no name (strings, line numbers)"},
        {"?nobody knows", "could not be done: what it changes in its kernel, because nobody knows"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        World world;
        g_autoptr(Answer) answer = answer_with(&world, NULL, cases[i].fact);

        g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
        g_assert_cmpstr(check_with(answer, cases[i].line), ==, cases[i].line);
        world_clear(&world);
    }
}

/* What differs in its kernel tells that what it changes is in there. */
static void test_class_unknown(void)
{
    static const char *const unknown =
        "could not be done: whether what it changes (a.c) is in this "
        "kernel, because nobody knows";
    static const struct {
        const char *class, *fact;
        gboolean is_told;
    } cases[] = {
        {unknown, "\nfone", FALSE},
        {unknown, "", TRUE},
        {"could not be done: another", "\nfone", TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        World world;
        g_autoptr(Answer) answer = answer_with(&world, cases[i].class, cases[i].fact);

        g_assert_true((find_check(answer, cases[i].class) != NULL) == cases[i].is_told);
        world_clear(&world);
    }
}

static void test_kernels_not_kept(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpstr(check_with(answer, "what it changes in its kernel"), ==,
                    "could not be done: what it changes in its kernel, because the kernels are not "
                    "kept");
    world_clear(&world);
}

/* Kernels that are: from commit 36 on with one function that does another thing. */
static char *vmlinuxes[2];

static const char *vmlinux_of(guint i)
{
    return vmlinuxes[i >= 36];
}

static gboolean compile(const World *world, const char *name, const char *body)
{
    g_autofree char *text = g_strdup_printf("int smc_release(int x) { return %s; }\n"
                                            "void _start(void) { smc_release(1); }\n",
                                            body);
    g_autofree char *source = g_strconcat(world->folder, "/", name, ".c", NULL);
    char *program = g_strconcat(world->folder, "/", name, NULL);
    const char *argv[] = {"cc", "-g",    "-nostdlib", "-static", "-no-pie",
                          "-o", program, source,      NULL};
    g_autofree char *said = NULL;

    vmlinuxes[g_str_equal(name, "new")] = program;
    g_assert_true(g_file_set_contents(source, text, -1, NULL));
    said = process_ask(world->folder, argv, NULL);
    return g_file_test(program, G_FILE_TEST_IS_REGULAR);
}

static void test_kernels_compared(void)
{
    World world;

    world_init_apart(&world);
    world.farm.first_bad = 36;
    world.farm.functions = "smc_release other";
    world.farm.vmlinux_of = vmlinux_of;
    if (compile(&world, "old", "x") && compile(&world, "new", "x * 3 + 1")) {
        g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);

        g_assert_cmpint(answer->kind, ==, ANSWER_CULPRIT);
        g_assert_cmpstr(check_with(answer, "in its kernel"), ==,
                        "passed: in its kernel it changes 1 function (smc_release); in the stack "
                        "of the crash: smc_release");
    } else {
        g_test_skip("no C compiler");
    }
    g_free(vmlinuxes[0]);
    g_free(vmlinuxes[1]);
    world_clear(&world);
}

int main(int argc, char **argv)
{
    if (argc > 1 && g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/validate/goes-with-the-culprit", test_goes_with_the_culprit);
    g_test_add_func("/job/validate/start-crashes-without-it", test_start_crashes_without_it);
    g_test_add_func("/job/validate/changes-documentation", test_changes_documentation);
    g_test_add_func("/job/validate/start-needs-it", test_start_needs_it);
    g_test_add_func("/job/validate/all-need-it", test_all_need_it);
    g_test_add_func("/job/validate/conflicts", test_conflicts);
    g_test_add_func("/job/validate/not-wanted", test_not_wanted);
    g_test_add_func("/job/validate/budget", test_budget);
    g_test_add_func("/job/validate/resumed", test_resumed);
    g_test_add_func("/job/validate/fix-mends-the-start", test_fix_mends_the_start);
    g_test_add_func("/job/validate/fix-needs-more", test_fix_needs_more);
    g_test_add_func("/job/validate/fix-is-not-all", test_fix_is_not_all);
    g_test_add_func("/job/validate/fix-conflicts", test_fix_conflicts);
    g_test_add_func("/job/validate/fix-does-not-build", test_fix_does_not_build);
    g_test_add_func("/job/validate/fix-not-wanted", test_fix_not_wanted);
    g_test_add_func("/job/validate/alters", test_alters);
    g_test_add_func("/job/validate/class-unknown", test_class_unknown);
    g_test_add_func("/job/validate/kernels-not-kept", test_kernels_not_kept);
    g_test_add_func("/job/validate/kernels-compared", test_kernels_compared);
    return g_test_run();
}
