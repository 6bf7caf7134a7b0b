/* SPDX-License-Identifier: Apache-2.0
 * What becomes of a part of an item: told in steps, each with what follows. Times are in seconds.
 */
#include "farm/part.h"

#define S ((gint64)G_USEC_PER_SEC)

typedef struct Step {
    PartEventKind kind;
    guint at_s;      /* of the event; of a list, when it was begun */
    guint n;         /* REFUSED: before; UNSUITED: nodes; MISSED: 1, Slurm says COMPLETED */
    PartState state; /* afterwards */
    PartNews news;
} Step;

static void take_steps(Part *part, const Step *steps, guint n_steps)
{
    for (guint i = 0; i < n_steps; i++) {
        const Step *step = &steps[i];
        const PartEvent event = {.kind = step->kind,
                                 .now_us = step->at_s * S,
                                 .listed_us = step->at_s * S,
                                 .completed = step->n == 1,
                                 .n_before = step->n,
                                 .n_nodes = step->n};
        PartNews news = part_step(part, &event);

        g_test_message("step %u", i);
        g_assert_cmpint(part->state, ==, step->state);
        g_assert_cmpint(news, ==, step->news);
    }
}
#define TAKE(part, ...)                                                                            \
    do {                                                                                           \
        const Step steps[] = {__VA_ARGS__};                                                        \
                                                                                                   \
        take_steps(part, steps, G_N_ELEMENTS(steps));                                              \
    } while (0)

static void test_well(void)
{
    Part part = {0};

    g_assert_true(part_is_due(&part, 0));
    TAKE(&part, {PART_SEND, 1, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 2, 0, PART_OUT, PART_NO_NEWS}, {PART_SEEN, 4, 0, PART_OUT, PART_NO_NEWS},
         {PART_CAME_OUT, 9, 0, PART_DONE, PART_NO_NEWS});
    g_assert_false(part_is_due(&part, 1000 * S));
    g_assert_false(part_is_out(&part));
}

/* A list that was begun before it was submitted says nothing of it. */
static void test_old_list(void)
{
    Part part = {0};

    TAKE(&part, {PART_SEND, 1, 0, PART_SENT, PART_NO_NEWS},
         {PART_MISSED, 2, 0, PART_SENT, PART_NO_NEWS}, {PART_TAKEN, 3, 0, PART_OUT, PART_NO_NEWS},
         {PART_MISSED, 2, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 3, 0, PART_OUT, PART_NO_NEWS},
         {PART_MISSED, 4, 0, PART_GONE, PART_NO_NEWS});
}

/* A node loses power: gone, and after a while lost, and due again, later each time. */
static void test_lost(void)
{
    Part part = {0};

    TAKE(&part, {PART_SEND, 0, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 1, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 10, 0, PART_GONE, PART_NO_NEWS},
         {PART_MISSED, 12, 0, PART_GONE, PART_NO_NEWS}, {PART_MISSED, 13, 0, PART_DUE, PART_AGAIN});
    g_assert_false(part_is_due(&part, 13 * S));
    g_assert_true(part_is_due(&part, 14 * S));
    TAKE(&part, {PART_SEND, 14, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 15, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 20, 0, PART_GONE, PART_NO_NEWS},
         {PART_MISSED, 23, 0, PART_DUE, PART_AGAIN});
    g_assert_false(part_is_due(&part, 24 * S));
    g_assert_true(part_is_due(&part, 25 * S));
}

static void test_lost_too_often(void)
{
    Part part = {0};
    guint at_s = 0;

    for (guint i = 0; i <= PART_MOST_LOST; i++, at_s += 100) {
        gboolean last = i == PART_MOST_LOST;

        TAKE(
            &part, {PART_SEND, at_s, 0, PART_SENT, PART_NO_NEWS},
            {PART_TAKEN, at_s + 1, 0, PART_OUT, PART_NO_NEWS},
            {PART_MISSED, at_s + 2, 0, PART_GONE, PART_NO_NEWS},
            {PART_MISSED, at_s + 5, 0, last ? PART_DONE : PART_DUE, last ? PART_OVER : PART_AGAIN});
    }
}

/* Files of a node that has done its part may be seen late. */
static void test_completed(void)
{
    Part part = {0};

    TAKE(&part, {PART_SEND, 0, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 1, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 10, 1, PART_GONE, PART_NO_NEWS},
         {PART_MISSED, 99, 1, PART_GONE, PART_NO_NEWS},
         {PART_CAME_OUT, 99, 0, PART_DONE, PART_NO_NEWS});
    part = (Part){0};
    TAKE(&part, {PART_SEND, 0, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 1, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 10, 1, PART_GONE, PART_NO_NEWS},
         {PART_MISSED, 100, 1, PART_DUE, PART_AGAIN});
}

/* Preempted, it has ended for a moment; requeued, Slurm has it again. */
static void test_requeued(void)
{
    Part part = {0};

    TAKE(&part, {PART_SEND, 0, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 1, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 10, 0, PART_GONE, PART_NO_NEWS},
         {PART_SEEN, 12, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 14, 0, PART_GONE, PART_NO_NEWS},
         {PART_MISSED, 16, 0, PART_GONE, PART_NO_NEWS}, {PART_SEEN, 18, 0, PART_OUT, PART_NO_NEWS});
    g_assert_cmpuint(part.n_lost, ==, 0);
}

/* A coordinator that was killed finds it: the first list may miss it, whenever it was begun. */
static void test_taken_up(void)
{
    Part part = {0};

    TAKE(&part, {PART_TAKEN_UP, 0, 0, PART_OUT, PART_NO_NEWS},
         {PART_SEEN, 1, 0, PART_OUT, PART_NO_NEWS}, {PART_MISSED, 3, 0, PART_GONE, PART_NO_NEWS},
         {PART_MISSED, 6, 0, PART_DUE, PART_AGAIN});
}

static void test_failed(void)
{
    Part part = {0};

    TAKE(&part, {PART_SEND, 0, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 1, 0, PART_OUT, PART_NO_NEWS}, {PART_FAILED, 5, 0, PART_DUE, PART_AGAIN},
         {PART_SEND, 7, 0, PART_SENT, PART_NO_NEWS}, {PART_TAKEN, 8, 0, PART_OUT, PART_NO_NEWS},
         {PART_FAILED, 9, 0, PART_DUE, PART_AGAIN}, {PART_SEND, 12, 0, PART_SENT, PART_NO_NEWS},
         {PART_TAKEN, 13, 0, PART_OUT, PART_NO_NEWS}, {PART_FAILED, 14, 0, PART_DONE, PART_OVER});
}

/* Machines that are not of the kind do not count as failures: all may say so. */
static void test_unsuited(void)
{
    Part part = {0};

    TAKE(&part, {PART_TAKEN_UP, 0, 0, PART_OUT, PART_NO_NEWS},
         {PART_UNSUITED, 1, 5, PART_DUE, PART_AGAIN}, {PART_UNSUITED, 2, 5, PART_DUE, PART_AGAIN},
         {PART_UNSUITED, 3, 5, PART_DUE, PART_AGAIN}, {PART_FAILED, 4, 0, PART_DUE, PART_AGAIN},
         {PART_UNSUITED, 5, 5, PART_DUE, PART_AGAIN}, {PART_UNSUITED, 6, 5, PART_DONE, PART_OVER});
    part = (Part){0};
    TAKE(&part, {PART_TAKEN_UP, 0, 0, PART_OUT, PART_NO_NEWS},
         {PART_UNSUITED, 1, 1, PART_DONE, PART_OVER});
    part = (Part){0};
    TAKE(&part, {PART_TAKEN_UP, 0, 0, PART_OUT, PART_NO_NEWS},
         {PART_HOPELESS, 1, 0, PART_DONE, PART_OVER});
}

/* Two machines had it: what the second one finds, or fails at, changes nothing. */
static void test_duplicate(void)
{
    Part part = {0};

    TAKE(&part, {PART_TAKEN_UP, 0, 0, PART_OUT, PART_NO_NEWS},
         {PART_MISSED, 1, 0, PART_GONE, PART_NO_NEWS}, {PART_MISSED, 4, 0, PART_DUE, PART_AGAIN},
         {PART_SEND, 6, 0, PART_SENT, PART_NO_NEWS},
         /* The first one was not lost: it fails, while the next try is on its way, */
         {PART_FAILED, 6, 0, PART_SENT, PART_AGAIN}, {PART_TAKEN, 7, 0, PART_OUT, PART_NO_NEWS},
         {PART_CAME_OUT, 8, 0, PART_DONE, PART_NO_NEWS},
         {PART_FAILED, 9, 0, PART_DONE, PART_NO_NEWS},
         {PART_UNSUITED, 9, 1, PART_DONE, PART_NO_NEWS},
         {PART_CAME_OUT, 10, 0, PART_DONE, PART_NO_NEWS},
         {PART_MISSED, 100, 0, PART_DONE, PART_NO_NEWS},
         {PART_SEEN, 101, 0, PART_DONE, PART_NO_NEWS});
    /* or ends it. */
    part = (Part){0};
    TAKE(&part, {PART_SEND, 0, 0, PART_SENT, PART_NO_NEWS},
         {PART_CAME_OUT, 1, 0, PART_DONE, PART_NO_NEWS},
         {PART_TAKEN, 2, 0, PART_DONE, PART_NO_NEWS});
}

/* A full queue, or no controller: asked again, less and less often, for as long as it takes. */
static void test_refused(void)
{
    Part part = {0};

    for (guint i = 0; i < 100; i++) {
        gint64 wait_s = i < 6 ? 1 << i : 60;

        TAKE(&part, {PART_SEND, 1000, 0, PART_SENT, PART_NO_NEWS},
             {PART_REFUSED, 1000, i, PART_DUE, PART_NO_NEWS});
        g_assert_false(part_is_due(&part, (1000 + wait_s) * S - 1));
        g_assert_true(part_is_due(&part, (1000 + wait_s) * S));
    }
    /* Others of its item are out. */
    part = (Part){0};
    TAKE(&part, {PART_TAKEN_UP, 0, 0, PART_OUT, PART_NO_NEWS},
         {PART_REFUSED, 1, 0, PART_OUT, PART_NO_NEWS});
}

/* Given up and asked for once more, while sbatch was at it. */
static void test_asked_for_again(void)
{
    Part part = {0};

    TAKE(&part, {PART_ASKED_FOR, 0, 0, PART_DUE, PART_NO_NEWS},
         {PART_FAILED, 0, 0, PART_DUE, PART_AGAIN}, {PART_SEND, 0, 0, PART_SENT, PART_NO_NEWS},
         {PART_ASKED_FOR, 1, 0, PART_SENT, PART_NO_NEWS},
         {PART_CAME_OUT, 1, 0, PART_DONE, PART_NO_NEWS},
         {PART_ASKED_FOR, 2, 0, PART_DUE, PART_NO_NEWS});
    g_assert_cmpuint(part.n_failed, ==, 0);
    TAKE(&part, {PART_TAKEN, 2, 0, PART_OUT, PART_NO_NEWS});
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/part/well", test_well);
    g_test_add_func("/part/old-list", test_old_list);
    g_test_add_func("/part/lost", test_lost);
    g_test_add_func("/part/lost-too-often", test_lost_too_often);
    g_test_add_func("/part/completed", test_completed);
    g_test_add_func("/part/requeued", test_requeued);
    g_test_add_func("/part/taken-up", test_taken_up);
    g_test_add_func("/part/failed", test_failed);
    g_test_add_func("/part/unsuited", test_unsuited);
    g_test_add_func("/part/duplicate", test_duplicate);
    g_test_add_func("/part/refused", test_refused);
    g_test_add_func("/part/asked-for-again", test_asked_for_again);
    return g_test_run();
}
