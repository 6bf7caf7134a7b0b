/* SPDX-License-Identifier: Apache-2.0
 * What a person is told of work that waits, and how often.
 */
#include <string.h>

#include "farm/waits.h"

#define S ((gint64)G_USEC_PER_SEC)

/* The lines for tasks with these @reasons (words with '|' between) at @at_s. Owned by the caller.
 */
static char **take(Waits *waits, const char *reasons, gint64 at_s)
{
    g_auto(GStrv) words = g_strsplit(reasons, "|", -1);
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);

    for (char **word = words; *word; word++) {
        SlurmTask *task = g_new0(SlurmTask, 1);

        *task = (SlurmTask){.name = (char *)"firstbad-build-1", .reason = *word};
        g_ptr_array_add(tasks, task);
    }
    return waits_take(waits, tasks, at_s * S);
}

/* How many there are. */
static guint count(Waits *waits, const char *reasons, gint64 at_s)
{
    g_auto(GStrv) lines = take(waits, reasons, at_s);

    return g_strv_length(lines);
}

static void test_held(void)
{
    g_autoptr(Waits) waits = waits_new();
    g_auto(GStrv) lines = take(waits, "JobHeldUser|JobHeldUser", 1);

    g_assert_cmpuint(g_strv_length(lines), ==, 1);
    g_assert_cmpstr(lines[0], ==,
                    "Slurm lets work wait (JobHeldUser): it is held; 'scontrol release "
                    "jobname=firstbad-build-1' lets it go");
    g_assert_cmpuint(count(waits, "JobHeldUser", 3), ==, 0);
    g_assert_cmpuint(count(waits, "JobHeldUser|PartitionDown", 5), ==, 1);
    g_assert_cmpuint(count(waits, "JobHeldUser|PartitionDown", 5000), ==, 0);
    /* Released, and held once more. */
    g_assert_cmpuint(count(waits, "PartitionDown", 5002), ==, 0);
    g_assert_cmpuint(count(waits, "JobHeldUser|PartitionDown", 5004), ==, 1);
}

/* What is not known is told as Slurm calls it; what is no reason is not told. */
static void test_any(void)
{
    g_autoptr(Waits) waits = waits_new();
    g_auto(GStrv) lines = take(waits, "QOSMaxJobsPerUserLimit|None||Something", 1);

    g_assert_cmpuint(g_strv_length(lines), ==, 2);
    g_assert_nonnull(strstr(lines[0], "QOSMaxJobsPerUserLimit"));
    g_assert_nonnull(strstr(lines[1], "Something"));
}

/* A busy cluster is told of when a turn does not come for a minute. */
static void test_turn(void)
{
    g_autoptr(Waits) waits = waits_new();

    g_assert_cmpuint(count(waits, "Resources|Priority", 10), ==, 0);
    g_assert_cmpuint(count(waits, "Resources", 69), ==, 0);
    g_assert_cmpuint(count(waits, "Resources", 70), ==, 1);
    g_assert_cmpuint(count(waits, "Resources|Priority", 72), ==, 0);
    g_assert_cmpuint(count(waits, "Resources|Priority", 131), ==, 0);
    g_assert_cmpuint(count(waits, "Resources|Priority", 132), ==, 1);
    /* Others wait later: that is the same news. */
    g_assert_cmpuint(count(waits, "Priority", 200), ==, 0);
    g_assert_cmpuint(count(waits, "Resources", 300), ==, 0);
    g_assert_cmpuint(count(waits, "Resources", 400), ==, 0);
    /* The next day it is not. */
    g_assert_cmpuint(count(waits, "None", 80000), ==, 0);
    g_assert_cmpuint(count(waits, "Resources", 80002), ==, 0);
    g_assert_cmpuint(count(waits, "Resources", 80062), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/waits/held", test_held);
    g_test_add_func("/waits/any", test_any);
    g_test_add_func("/waits/turn", test_turn);
    return g_test_run();
}
