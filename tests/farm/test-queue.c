/* SPDX-License-Identifier: Apache-2.0
 * Items on their way through a Slurm of shell scripts: sbatch, squeue and scancel that keep their
 * jobs as files in a folder, and do what files there say. A worker is the test itself.
 */
#include "farm/queue.h"

#include <glib/gstdio.h>
#include <string.h>

#include "scratch.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define KEY    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* away: the controller is. no: it refuses. asked: what sbatch was asked for, a line each. fault:
 * "COMMAND EFFECT", for one call: it fails, is killed, or speaks nonsense, before it has done
 * anything; or is killed when it has ("late"). */
static const char scripts[] =
    "mkdir bin slurm\n"
    "cat >slurm/begin <<'END'\n"
    "cd \"$FAKE\" || exit 1\n"
    "effect=\n"
    "if [ -e fault ]; then read -r command effect <fault; fi\n"
    "[ -n \"$effect\" ] && [ \"$command\" = \"${0##*/}\" ] && rm fault || effect=\n"
    "case $effect in\n"
    "fails) echo 'slurm: error' >&2; exit 1 ;;\n"
    "killed) kill -9 $$ ;;\n"
    "nonsense) printf '\\001\\377 zzz\\n\\n'; exit 0 ;;\n"
    "esac\n"
    "END\n"
    "cat >bin/sbatch <<'END'\n"
    "#!/bin/sh\n"
    "cat >/dev/null\n"
    ". \"$FAKE/begin\"\n"
    "[ ! -e away ] || { echo 'Unable to contact slurm controller' >&2; exit 1; }\n"
    "[ ! -e no ] || { echo 'Invalid account' >&2; exit 1; }\n"
    "echo \"$*\" >>asked\n"
    "[ \"$effect\" != late ] || kill -9 $$\n"
    "echo 7\n"
    "END\n"
    "cat >bin/squeue <<'END'\n"
    "#!/bin/sh\n"
    ". \"$FAKE/begin\"\n"
    "[ ! -e away ] || { echo 'Unable to contact slurm controller' >&2; exit 1; }\n"
    "cat list 2>/dev/null || true\n"
    "END\n"
    "cat >bin/scancel <<'END'\n"
    "#!/bin/sh\n"
    "echo \"$*\" >>\"$FAKE/cancelled\"\n"
    "END\n"
    "cat >bin/scontrol <<'END'\n"
    "#!/bin/sh\n"
    "echo \"$*\" >>\"$FAKE/controlled\"\n"
    "END\n"
    "chmod +x bin/*\n";

typedef struct Fixture {
    Scratch scratch;
    Farm farm;
    KernelStore *store;
    GString *told;
    char *items, *path;
    guint n_given, n_failed;
    char *failure; /* the last one */
} Fixture;

static void on_told(const char *line, gpointer data)
{
    g_string_append_printf(data, "%s\n", line);
}

static void set_up(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *bin = NULL, *path = NULL, *kernels = NULL, *slurm = NULL;

    scratch_set_up(&fixture->scratch, NULL);
    g_free(scratch_sh(&fixture->scratch, "%s", scripts));
    bin = scratch_path(&fixture->scratch, "bin");
    slurm = scratch_path(&fixture->scratch, "slurm");
    kernels = scratch_path(&fixture->scratch, "kernels");
    fixture->items = scratch_path(&fixture->scratch, "items");
    fixture->path = g_strdup(g_getenv("PATH"));
    path = g_strdup_printf("%s:%s", bin, fixture->path);
    g_setenv("PATH", path, TRUE);
    g_setenv("FAKE", slurm, TRUE);
    fixture->store = kernel_store_open(kernels, NULL);
    g_assert_nonnull(fixture->store);
    fixture->told = g_string_new(NULL);
    fixture->farm = (Farm){.tell = on_told, .tell_data = fixture->told};
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    g_setenv("PATH", fixture->path, TRUE);
    g_clear_pointer(&fixture->store, kernel_store_free);
    g_string_free(fixture->told, TRUE);
    g_free(fixture->items);
    g_free(fixture->path);
    g_free(fixture->failure);
    scratch_tear_down(&fixture->scratch, NULL);
}

static Queue *make_queue(Fixture *fixture, Accel accel)
{
    const QueueOptions options = {.items = fixture->items,
                                  .program = "/bin/firstbad",
                                  .accel = accel,
                                  .n_nodes = 3,
                                  .n_cpus = 1,
                                  .build_mib = 100,
                                  .trial_mib = 10,
                                  .guest_cpus = 1,
                                  .build_minutes = 1,
                                  .boot_minutes = 1,
                                  .trial_minutes = 1};
    g_autoptr(GError) error = NULL;
    Queue *queue = queue_new(&options, fixture->store, &fixture->farm, &error);

    g_assert_no_error(error);
    return queue;
}

static void on_returned(GObject *source, GAsyncResult *res, gpointer data)
{
    Fixture *fixture = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(Outcome) outcome = g_task_propagate_pointer(G_TASK(res), &error);

    if (outcome) {
        fixture->n_given++;
    } else {
        fixture->n_failed++;
        g_free(fixture->failure);
        fixture->failure = g_strdup(error->message);
    }
}

static GTask *waiter(Fixture *fixture, GCancellable *cancellable)
{
    return g_task_new(NULL, cancellable, on_returned, fixture);
}

/* Ask for @n trials in as many parts. */
static void ask(Fixture *fixture, Queue *queue, guint n, Accel accel, GCancellable *cancellable)
{
    Order *order = order_new(ORDER_TRIALS);
    g_autofree GTask **tasks = g_new(GTask *, n);

    order->job_kind = g_strdup("cause");
    order->spec = g_strdup("[job]\n");
    order->job_dir = g_strdup("/j");
    order->kernels = g_strdup("/k");
    order->slots = g_strdup("/s");
    order->commit = g_strdup(COMMIT);
    order->n_jobs = 1;
    order->kernel_key = g_strdup(KEY);
    order->id = g_strdup("one");
    order->n_trials = order->n_parts = n;
    order->n_at_once = 1;
    order->traces = g_new0(GuestTrace, n);
    order->accel = accel;
    for (guint i = 0; i < n; i++) {
        tasks[i] = waiter(fixture, cancellable);
    }
    queue_trials(queue, order, tasks);
}

/* The only item's folder. Owned by the caller. */
static char *item_dir(const Fixture *fixture)
{
    g_autoptr(GDir) listing = g_dir_open(fixture->items, 0, NULL);
    const char *name = listing ? g_dir_read_name(listing) : NULL;

    return name ? g_build_filename(fixture->items, name, NULL) : NULL;
}

static void put_outcome(const Fixture *fixture, guint i)
{
    g_autofree char *dir = item_dir(fixture), *path = item_trial_path(dir, i);

    g_assert_true(outcome_write(&(Outcome){.kind = OUTCOME_OK}, path, NULL));
}

static char *slurm_text(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->scratch.dir, "slurm", name, NULL);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

static void put_slurm(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->scratch.dir, "slurm", name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Slurm has part @part of the only item, as @rest says. */
static void put_list(const Fixture *fixture, guint part, const char *rest)
{
    g_autofree char *dir = item_dir(fixture), *name = g_path_get_basename(dir);
    g_autofree char *line = g_strdup_printf("firstbad-%s|%u|%s\n", name, part, rest);

    put_slurm(fixture, "list", line);
}

static guint count_lines(const char *text)
{
    guint n = 0;

    for (; (text = strchr(text, '\n')); text++) {
        n++;
    }
    return n;
}

/* Wait until sbatch was asked @n times in all. */
static void until_asked(const Fixture *fixture, guint n)
{
    for (;;) {
        g_autofree char *asked = slurm_text(fixture, "asked");

        if (count_lines(asked) >= n) {
            return;
        }
        g_main_context_iteration(NULL, TRUE);
    }
}

static void until_told(const Fixture *fixture, const char *text)
{
    while (!strstr(fixture->told->str, text)) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void until_returned(const Fixture *fixture, guint n)
{
    while (fixture->n_given + fixture->n_failed < n) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static gboolean is_there(const Fixture *fixture, const char *name)
{
    g_autofree char *text = slurm_text(fixture, name);

    return *text != '\0';
}

/* The store has trial @i of the item @dir. */
static void count(Queue *queue, const char *dir, guint i)
{
    g_autofree char *name = g_path_get_basename(dir);
    g_autofree char *origin = g_strdup_printf("%s/%u", name, i);

    queue_counted(queue, origin);
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void test_well(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_KVM);
    g_autofree char *asked = NULL, *dir = NULL, *left = NULL;

    ask(fixture, queue, 2, ACCEL_KVM, NULL);
    until_asked(fixture, 1);
    asked = slurm_text(fixture, "asked");
    g_assert_nonnull(strstr(asked, "--array=0,1"));
    g_assert_nonnull(strstr(asked, "--constraint=kvm"));
    g_assert_cmpuint(queue_n_parts(queue), ==, 2);
    put_outcome(fixture, 1);
    until_returned(fixture, 1);
    g_assert_cmpuint(queue_n_parts(queue), ==, 1);
    put_outcome(fixture, 0);
    until_returned(fixture, 2);
    g_assert_cmpuint(fixture->n_given, ==, 2);
    /* What the store has is cleaned up. */
    dir = item_dir(fixture);
    for (guint i = 0; i < 2; i++) {
        count(queue, dir, i);
    }
    while ((left = item_dir(fixture))) {
        g_clear_pointer(&left, g_free);
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpstr(fixture->told->str, ==, "");
}

/* Emulated guests need no node of a kind; a part that is held is told of; lost, it is submitted
 * again, and the other part is not. */
static void test_held_and_lost(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);
    g_autofree char *asked = NULL;

    ask(fixture, queue, 2, ACCEL_TCG, NULL);
    until_asked(fixture, 1);
    put_outcome(fixture, 0);
    put_list(fixture, 1, "PENDING||JobHeldUser");
    until_told(fixture, "(JobHeldUser)");
    put_list(fixture, 1, "NODE_FAIL|n1|NodeDown");
    until_told(fixture, "Slurm lost a piece of work (NODE_FAIL)");
    until_asked(fixture, 2);
    asked = slurm_text(fixture, "asked");
    g_assert_null(strstr(asked, "--constraint"));
    g_assert_nonnull(strstr(strchr(asked, '\n'), "--array=1 "));
    put_outcome(fixture, 1);
    until_returned(fixture, 2);
    g_assert_cmpuint(fixture->n_given, ==, 2);
}

/* What a person holds is his; what Slurm holds, as a node could not begin it, is let go. */
static void test_stranded(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);
    g_autofree char *controlled = NULL, *dir = NULL, *name = NULL, *release = NULL;

    ask(fixture, queue, 1, ACCEL_TCG, NULL);
    until_asked(fixture, 1);
    put_list(fixture, 0, "PENDING||JobHeldUser");
    until_told(fixture, "(JobHeldUser)");
    g_assert_false(is_there(fixture, "controlled"));
    put_list(fixture, 0, "PENDING||launch failed requeued held");
    while (!is_there(fixture, "controlled")) {
        g_main_context_iteration(NULL, TRUE);
    }
    dir = item_dir(fixture);
    name = g_path_get_basename(dir);
    release = g_strdup_printf("release jobname=firstbad-%s\n", name);
    controlled = slurm_text(fixture, "controlled");
    g_assert_true(g_str_has_prefix(controlled, release));
    put_outcome(fixture, 0);
    until_returned(fixture, 1);
    g_assert_cmpuint(fixture->n_given, ==, 1);
}

/* A node fails, and another one is not of the kind: both are left out. */
static void test_failed(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_KVM);
    g_autoptr(GError) disk = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_NO_SPACE, "disk full"),
                      kind = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "no KVM");
    g_autofree char *dir = NULL, *asked = NULL;

    ask(fixture, queue, 1, ACCEL_KVM, NULL);
    until_asked(fixture, 1);
    dir = item_dir(fixture);
    g_assert_true(item_put_failure(dir, 0, "7-0", "n1", disk, NULL));
    until_asked(fixture, 2);
    g_assert_true(item_put_failure(dir, 0, "8-0", "n2", kind, NULL));
    until_asked(fixture, 3);
    asked = slurm_text(fixture, "asked");
    g_assert_nonnull(strstr(asked, "--exclude=n1\n"));
    g_assert_nonnull(strstr(asked, "--exclude=n1,n2\n"));
    g_assert_nonnull(strstr(fixture->told->str, "n1 could not do its part"));
    g_assert_true(item_put_failure(dir, 0, "9-0", "n3", disk, NULL));
    until_asked(fixture, 4);
    g_assert_true(item_put_failure(dir, 0, "9-1", "n3", disk, NULL));
    until_returned(fixture, 1);
    g_assert_cmpstr(fixture->failure, ==, "disk full");
}

/* A controller that is away is waited for, and told of once; one that refuses is not. */
static void test_away(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);
    g_autofree char *away = g_build_filename(fixture->scratch.dir, "slurm", "away", NULL);

    put_slurm(fixture, "away", "");
    ask(fixture, queue, 1, ACCEL_TCG, NULL);
    until_told(fixture, "Unable to contact slurm controller"); /* by sbatch or squeue */
    g_unlink(away);
    until_asked(fixture, 1);
    put_outcome(fixture, 0);
    until_returned(fixture, 1);
    g_assert_cmpuint(fixture->n_given, ==, 1);
    g_assert_cmpuint(count_lines(fixture->told->str), ==, 1);
}

/* What squeue says when it is broken is no empty queue, in which all work would be lost. */
static void test_garbage(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);
    g_autofree char *asked = NULL;

    ask(fixture, queue, 1, ACCEL_TCG, NULL);
    until_asked(fixture, 1);
    put_slurm(fixture, "list", "\001\377 slurm_load_jobs\nzzz\n");
    until_told(fixture, "squeue: this is no list");
    put_list(fixture, 0, "RUNNING|n1|None");
    put_outcome(fixture, 0);
    until_returned(fixture, 1);
    g_assert_cmpuint(fixture->n_given, ==, 1);
    asked = slurm_text(fixture, "asked");
    g_assert_cmpuint(count_lines(asked), ==, 1);
}

static void test_refused(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);

    put_slurm(fixture, "no", "");
    ask(fixture, queue, 1, ACCEL_TCG, NULL);
    until_returned(fixture, 1);
    g_assert_nonnull(strstr(fixture->failure, "Invalid account"));
}

/* One command goes wrong: the trial is given all the same, once, and nobody is let down. */
static void test_faults(Fixture *fixture, gconstpointer unused)
{
    static const char *const faults[] = {"sbatch fails\n",    "sbatch killed\n", "sbatch late\n",
                                         "sbatch nonsense\n", "squeue fails\n",  "squeue killed\n"};

    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *path = g_build_filename(fixture->scratch.dir, "slurm", "asked", NULL);
        g_autofree char *list = g_build_filename(fixture->scratch.dir, "slurm", "list", NULL);
        g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);
        g_autofree char *dir = NULL;

        g_unlink(path);
        g_unlink(list);
        put_slurm(fixture, "fault", faults[i]);
        ask(fixture, queue, 1, ACCEL_TCG, NULL);
        until_asked(fixture, 1);
        put_list(fixture, 0, "RUNNING|n1|None");
        while (is_there(fixture, "fault")) {
            g_main_context_iteration(NULL, TRUE);
        }
        put_outcome(fixture, 0);
        until_returned(fixture, i + 1);
        g_assert_cmpuint(fixture->n_failed, ==, 0);
        g_assert_cmpuint(fixture->n_given, ==, i + 1);
        dir = item_dir(fixture);
        item_remove(dir);
    }
}

/* A coordinator that was killed leaves its item; what came out meanwhile is claimed. */
static void test_claimed(Fixture *fixture, gconstpointer unused)
{
    Queue *first = make_queue(fixture, ACCEL_TCG);
    g_autoptr(Queue) queue = NULL;
    GTask *task = waiter(fixture, NULL);

    ask(fixture, first, 2, ACCEL_TCG, NULL);
    until_asked(fixture, 1);
    put_outcome(fixture, 1);
    queue = make_queue(fixture, ACCEL_TCG);
    g_assert_false(queue_claim_trial(queue, KEY, TRUE, task));
    g_assert_true(queue_claim_trial(queue, KEY, FALSE, task));
    g_assert_true(queue_claim_trial(queue, KEY, FALSE, waiter(fixture, NULL)));
    until_returned(fixture, 1);
    put_outcome(fixture, 0);
    until_returned(fixture, 2);
    g_assert_cmpuint(fixture->n_given, >=, 2);
    queue_free(first);
}

static void test_cancelled(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autofree char *dir = NULL, *cancelled = NULL;

    ask(fixture, queue, 1, ACCEL_TCG, cancellable);
    until_asked(fixture, 1);
    g_cancellable_cancel(cancellable);
    until_returned(fixture, 1);
    g_assert_cmpuint(fixture->n_failed, ==, 1);
    dir = item_dir(fixture);
    g_assert_null(dir);
    g_clear_pointer(&queue, queue_free); /* it waits for scancel */
    cancelled = slurm_text(fixture, "cancelled");
    g_assert_nonnull(strstr(cancelled, "--name=firstbad-trials-"));
}

/* sbatch took it, and could not say so any more; then nobody wants it. */
static void test_cancelled_late(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Queue) queue = make_queue(fixture, ACCEL_TCG);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autofree char *cancelled = NULL;

    put_slurm(fixture, "fault", "sbatch late\n");
    ask(fixture, queue, 1, ACCEL_TCG, cancellable);
    until_told(fixture, "Slurm takes no work now");
    g_cancellable_cancel(cancellable);
    until_returned(fixture, 1);
    g_clear_pointer(&queue, queue_free);
    cancelled = slurm_text(fixture, "cancelled");
    g_assert_nonnull(strstr(cancelled, "--name=firstbad-trials-"));
}

/* The same with a coordinator that is killed: when its successor is done, none is left at Slurm. */
static void test_claimed_late(Fixture *fixture, gconstpointer unused)
{
    Queue *first = make_queue(fixture, ACCEL_TCG);
    g_autoptr(Queue) queue = NULL;
    g_autofree char *dir = NULL;

    ask(fixture, first, 1, ACCEL_TCG, NULL);
    until_asked(fixture, 1);
    dir = item_dir(fixture);
    queue = make_queue(fixture, ACCEL_TCG);
    g_assert_true(queue_claim_trial(queue, KEY, FALSE, waiter(fixture, NULL)));
    until_asked(fixture, 2);
    put_outcome(fixture, 0);
    until_returned(fixture, 1);
    count(queue, dir, 0);
    while (!is_there(fixture, "cancelled")) {
        g_main_context_iteration(NULL, TRUE);
    }
    queue_free(first);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*run)(Fixture *fixture, gconstpointer unused);
    } tests[] = {
        {"/queue/well", test_well},
        {"/queue/held-and-lost", test_held_and_lost},
        {"/queue/stranded", test_stranded},
        {"/queue/failed", test_failed},
        {"/queue/away", test_away},
        {"/queue/refused", test_refused},
        {"/queue/claimed", test_claimed},
        {"/queue/cancelled", test_cancelled},
        {"/queue/garbage", test_garbage},
        {"/queue/faults", test_faults},
        {"/queue/cancelled-late", test_cancelled_late},
        {"/queue/claimed-late", test_claimed_late},
    };

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
    }
    return g_test_run();
}
