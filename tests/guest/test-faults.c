/* SPDX-License-Identifier: Apache-2.0
 * Trials whose QEMU fails, by between.c: they come to the right outcome, or to one that counts for
 * nothing (infra); never to another one, and nothing is left behind.
 *
 * FIRSTBAD_TEST_FAULTS=all: every command fails in every way, which takes minutes.
 */
#include "guest/guest.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

#define QUIET "#!/bin/sh\nexit 9\n"
#define CRASH "#!/bin/sh\necho c >/proc/sysrq-trigger && sleep 100\n"

/* Outcomes of the reproducers in a QEMU that does not fail. */
static gboolean is_right(const Outcome *outcome, const char *repro)
{
    return strcmp(repro, QUIET) == 0
               ? outcome->kind == OUTCOME_OK && outcome->repro_exit == 9
               : outcome->kind == OUTCOME_CRASH &&
                     strcmp(outcome->title, "kernel panic: sysrq triggered crash") == 0;
}

static void set_up(Machine *machine, gconstpointer unused)
{
    machine_set_up(machine, NULL);
    machine->spec.qemu = BETWEEN;
    machine->spec.settle_ms = 3000; /* so that there is a trial after "exit" */
}

static gboolean wants_all(void)
{
    return g_strcmp0(g_getenv("FIRSTBAD_TEST_FAULTS"), "all") == 0;
}

static guint n_open_files(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir)) {
        n++;
    }
    return n;
}

/* Begin a trial whose first QEMU has @fault (or NULL); another one that takes its place has none.
 */
static void begin_with(const Machine *machine, const char *fault, GAsyncResult **res)
{
    g_autofree char *seen = scratch_path(&machine->scratch, "seen");

    g_unlink(seen);
    g_setenv("QEMU_FAULT_SEEN", seen, TRUE);
    if (fault) {
        g_setenv("QEMU_FAULT", fault, TRUE);
    }
    machine_begin(machine, res);
    g_unsetenv("QEMU_FAULT");
}

static Outcome *run_with(const Machine *machine, const char *fault)
{
    GAsyncResult *res = NULL;

    begin_with(machine, fault, &res);
    return machine_end(&res);
}

/* Did the fault of the last trial happen? */
static gboolean was_seen(const Machine *machine)
{
    g_autofree char *seen = scratch_path(&machine->scratch, "seen");

    return g_file_test(seen, G_FILE_TEST_EXISTS);
}

/* Commands of a trial that keeps its guest, and of one that begins with it. */
static const char *const keeping[] = {"migrate", "qmp_capabilities", "migrate-set-capabilities",
                                      "getfd",   "query-status",     "cont",
                                      NULL};
static const char *const restoring[] = {"migrate-incoming", "qmp_capabilities",
                                        "migrate-set-capabilities", NULL};

/* One trial keeps its guest, and the next begins with it. A @command of the first, or of the
 * second, fails as @effect says: that one is made again by booting, or did not need it. */
static void check_command(Machine *machine, const char *repro, const char *effect,
                          const char *command, gboolean of_second)
{
    g_autofree char *fault = g_strdup_printf("%s:%s", effect, command);

    snapshot_unref(machine->snapshot);
    machine->snapshot = snapshot_new();
    g_autoptr(Outcome) first = run_with(machine, of_second ? NULL : fault);
    g_assert_true(of_second || was_seen(machine));
    g_autoptr(Outcome) second = run_with(machine, of_second ? fault : NULL);
    g_assert_true(!of_second || was_seen(machine));
    g_test_message("%s, of the %s trial", fault, of_second ? "second" : "first");
    g_assert_true(is_right(first, repro));
    g_assert_true(is_right(second, repro));
}

static void test_commands(Machine *machine, gconstpointer repro)
{
    /* Where not all are wanted, those that cost no waiting. */
    static const char *const effects[] = {"kill", "error", "garbage", "close",
                                          "lost", "late",  NULL};

    if (!machine_prepare(machine, "repro.sh", repro)) {
        return;
    }
    machine->spec.settle_ms = 0;
    g_autoptr(Outcome) undisturbed = run_with(machine, NULL); /* GLib opens what it keeps */
    g_assert_true(is_right(undisturbed, repro));
    guint n_files = n_open_files();
    for (guint second = 0; second < 2; second++) {
        for (guint e = 0; (e < 2 || wants_all()) && effects[e]; e++) {
            const char *const *commands = second ? restoring : keeping;

            for (guint c = 0; (c < 1 || wants_all()) && commands[c]; c++) {
                check_command(machine, repro, effects[e], commands[c], second);
            }
        }
    }
    g_clear_pointer(&machine->snapshot, snapshot_unref);
    g_assert_cmpuint(n_open_files(), <=, n_files);
}

/* Moments at which QEMU gets a signal: before the boot, in it, and in the trial. */
static const char *const moments[] = {"start", "firstbad-guest", "ready", "run", "exit"};

/* A QEMU that is stopped is as quiet as a guest that hangs, and is none. All at once: they wait. */
static void test_stopped(Machine *machine, gconstpointer unused)
{
    GAsyncResult *results[G_N_ELEMENTS(moments)] = {NULL};

    if (!machine_prepare(machine, "quiet.sh", QUIET)) {
        return;
    }
    machine->spec.silence_timeout_ms = 15000;
    for (guint i = 0; i < G_N_ELEMENTS(moments); i++) {
        g_autofree char *fault = g_strdup_printf("stop:%s", moments[i]);

        begin_with(machine, fault, &results[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(moments); i++) {
        g_autoptr(Outcome) outcome = machine_end(&results[i]);

        g_assert_cmpint(outcome->kind, ==, OUTCOME_INFRA);
        g_assert_cmpstr(outcome->title, ==, "QEMU failed: it does not answer");
    }
}

/* Who ends a service or a machine tells QEMU, too, to end: it does so in good order, as it does
 * when its guest resets. */
static void test_told_to_end(Machine *machine, gconstpointer effect)
{
    if (!machine_prepare(machine, "quiet.sh", QUIET)) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(moments); i++) {
        g_autofree char *fault = g_strdup_printf("%s:%s", (const char *)effect, moments[i]);

        g_autoptr(Outcome) outcome = run_with(machine, fault);
        g_assert_true(was_seen(machine));
        g_assert_cmpint(outcome->kind, ==, OUTCOME_INFRA);
    }
}

/* A kept state that QEMU takes up and gets stuck with: the trial is made again by booting. */
static void test_stuck_restoring(Machine *machine, gconstpointer unused)
{
    if (!machine_prepare(machine, "quiet.sh", QUIET)) {
        return;
    }
    machine->spec.silence_timeout_ms = 10000;
    machine->snapshot = snapshot_new();
    g_autoptr(Outcome) kept = machine_run(machine);
    g_assert_true(is_right(kept, QUIET));
    g_autoptr(Outcome) outcome = run_with(machine, "stop:migrate-incoming");
    g_assert_true(is_right(outcome, QUIET));
    g_assert_false(outcome->restored);
    g_assert_nonnull(strstr(snapshot_failure(machine->snapshot), "does not answer"));
}

/* QEMU that is ours, and no relay of between.c. */
static pid_t find_qemu(void)
{
    g_autofree char *children = NULL;

    g_assert_true(g_file_get_contents("/proc/self/task/self/children", &children, NULL, NULL) ||
                  g_file_get_contents("/proc/thread-self/children", &children, NULL, NULL));
    return atoi(children);
}

/* All of us are stopped for longer than any silence: nobody's fault. */
static void test_away(Machine *machine, gconstpointer unused)
{
    GAsyncResult *res = NULL;

    if (!machine_prepare(machine, "quiet.sh", QUIET)) {
        return;
    }
    machine->spec.silence_timeout_ms = 15000;
    begin_with(machine, "stop:run", &res);
    while (!was_seen(machine)) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_usleep(16 * G_USEC_PER_SEC);
    kill(find_qemu(), SIGCONT);
    g_autoptr(Outcome) outcome = machine_end(&res);
    /* The guest's clock has jumped, which may have been the end of the run's time. */
    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, data, func) g_test_add(name, Machine, data, set_up, func, machine_tear_down)
    ADD("/faults/stopped", NULL, test_stopped);
    ADD("/faults/killed", "kill", test_told_to_end);
    ADD("/faults/told-to-end", "term", test_told_to_end);
    ADD("/faults/commands", QUIET, test_commands);
    if (wants_all()) {
        ADD("/faults/stuck-restoring", NULL, test_stuck_restoring);
        ADD("/faults/away", NULL, test_away);
        ADD("/faults/commands-crash", CRASH, test_commands);
    }
    return g_test_run();
}
