/* SPDX-License-Identifier: Apache-2.0
 * What a job reads off the crashes: whether they are the bug's, which revisions to suspect, and who
 * should hear of it.
 */
#include <string.h>

#include "world.h"

/* --- Whose crash it is ----------------------------------------------------------------------- */

static void test_start_crashes_otherwise(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 10;
    g_autoptr(Answer) answer = world_work(&world, NULL, "KASAN: use-after-free Read in foo");
    g_assert_cmpint(answer->kind, ==, ANSWER_NOT_REPRODUCED);
    g_assert_nonnull(strstr(answer->reason, "another crash"));
    world_clear(&world);
}

static void test_another_crash_is_not_the_bug(void)
{
    /* At a release; somewhere; and just before the culprit, where it hides whether the bug is
     * there. */
    static const guint places[] = {20, 31, 36};

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 37;
        world.farm.other_crash_at = places[i];
        g_autoptr(Answer) answer = world_work_once(&world, NULL);
        if (places[i] == 36) {
            g_assert_cmpint(answer->kind, ==, ANSWER_SET);
            g_assert_cmpuint(answer->candidates->len, ==, 2);
        } else {
            g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
        }
        g_assert_cmpuint(world.farm.n_trials, <, 100);
        world_clear(&world);
    }
}

/* Another bug, in all that is older than the culprit: of any relation to the bug, it is not the
 * answer. */
static void test_passing_bug(void)
{
    static const char *const titles[] = {"possible deadlock in ext4_foo",
                                         "KASAN: use-after-free Read in ext4_foo",
                                         "WARNING: refcount bug in ext4_foo"};

    for (guint i = 0; i < G_N_ELEMENTS(titles); i++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 37;
        world.farm.passing_title = titles[i];
        world.farm.passing_first = 8;
        world.farm.passing_last = 36;
        world.said = g_string_new(NULL);
        world_misleads_reference(&world, world.commits[0], 8);
        g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
        g_test_message("%s: %s", titles[i], answer->reason);
        g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
        g_assert_nonnull(
            strstr(world.said->str, i == 0 ? " with another crash" : " with a doubtful crash"));
        world_clear(&world);
    }
}

/* A memory corruption crashes here and there. */
static void test_many_titles(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.n_titles = 6;
    g_autoptr(Answer) answer = world_work_once(&world, NULL);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    world_clear(&world);
}

/* --- Suspects -------------------------------------------------------------------------------- */

/* The crash names a file that three revisions touch: the first of these to be tried leaves one or
 * two of them. A suspect that is wrong costs little, and one that means nothing is said. */
static void test_prior(void)
{
    static const char report[] = "earlier f:1\nWARNING: x\n tls_read+0x1/0x2 net/tls/main.c:5\n";
    World world;

    world_init(&world);
    world.farm.first_bad = 37;
    world.farm.report = report;
    world.said = g_string_new(NULL);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[37]);
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 4);
    g_assert_nonnull(strstr(world.said->str, "prior: 3 of 60 revisions touch one of the 1 source "
                                             "files in the crash's stack"));
    world_clear(&world);
}

static void test_wrong_suspects(void)
{
    World world;

    world_init(&world);
    world.farm.first_bad = 31;
    world.suspects = "net/tls/;no/such/file";
    world.said = g_string_new(NULL);
    g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
    g_assert_cmpstr(answer->culprit, ==, world.commits[31]);
    g_assert_cmpuint(world.farm.n_builds, <=, 2 + 8 + 3);
    g_assert_nonnull(strstr(world.said->str, "--suspect net/tls/: 3 revisions, together 4"));
    g_assert_nonnull(strstr(world.said->str, "--suspect no/such/file: no revision of the range"));
    g_assert_nonnull(strstr(world.said->str, "prior: the crash of the start names no source file"));
    world_clear(&world);
}

/* --- Recipients ------------------------------------------------------------------------------ */

static void assert_people(const Answer *answer, const char *want_to, const char *want_cc)
{
    g_autofree char *to = g_strjoinv(" ", answer->to), *cc = g_strjoinv(" ", answer->cc);

    g_assert_cmpstr(to, ==, want_to);
    g_assert_cmpstr(cc, ==, want_cc);
}

/* The people of the file to blame hear of it, too: beside the culprit's, or alone. */
static void test_recipients(void)
{
    static const guint unbuildable[] = {34, 35, 36, 37, G_MAXUINT};

    for (guint with_culprit = 0; with_culprit < 2; with_culprit++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 36;
        world.farm.unbuildable = with_culprit ? NULL : unbuildable;
        world.farm.report = "WARNING: x\n tls_read+0x1/0x2 net/tls/main.c:5\n";
        g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
        g_assert_cmpint(answer->kind, ==, with_culprit ? ANSWER_CULPRIT : ANSWER_SET);
        assert_people(answer,
                      with_culprit ? "a@example.org net@example.org tls@example.org"
                                   : "net@example.org tls@example.org",
                      with_culprit ? "" : "a@example.org");
        world_clear(&world);
    }
}

/* A file that the console names and that the tree lacks, or that is none there, is nobody's. */
static void test_recipients_of_no_file(void)
{
    static const char *const reports[] = {"WARNING: x\n foo+0x1/0x2 net/none.c:5\n",
                                          "WARNING: x\n foo+0x1/0x2 net/sub.c:5\n"};

    for (guint i = 0; i < G_N_ELEMENTS(reports); i++) {
        World world;

        world_init(&world);
        world.farm.first_bad = 36;
        world.farm.report = reports[i];
        g_autoptr(Answer) answer = world_work_once(&world, world.commits[0]);
        assert_people(answer, "a@example.org", "");
        world_clear(&world);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/prior", test_prior);
    g_test_add_func("/job/recipients", test_recipients);
    g_test_add_func("/job/recipients-of-no-file", test_recipients_of_no_file);
    g_test_add_func("/job/wrong-suspects", test_wrong_suspects);
    g_test_add_func("/job/start-crashes-otherwise", test_start_crashes_otherwise);
    g_test_add_func("/job/another-crash", test_another_crash_is_not_the_bug);
    g_test_add_func("/job/passing-bug", test_passing_bug);
    g_test_add_func("/job/many-titles", test_many_titles);
    return g_test_run();
}
