/* SPDX-License-Identifier: Apache-2.0
 * Trials that begin with a kept guest, in real virtual machines under TCG, with the kernel of
 * FIRSTBAD_TEST_KERNEL; and what of it needs no machine.
 */
#include "guest/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/init/words.h"
#include "guest/qmp.h"
#include "machine.h"

/* --- Without a machine ----------------------------------------------------------------------- */

static void feed(Qmp *qmp, const char *text)
{
    qmp_feed(qmp, text, strlen(text));
}

static void test_monitor(void)
{
    g_autoptr(Qmp) qmp = qmp_new();
    g_autofree char *flood = g_strnfill(100000, '[');

    feed(qmp, "{\"QMP\": {\"capabilities\": [\"oob\"]}}\r\n{\"return\": {}}\r\n[]\nnonsense\n\n");
    feed(qmp, flood);
    feed(qmp, "\n{\"event\": \"MIGRATION\", \"data\": {\"status\": \"act");
    feed(qmp, "ive\"}}\n{\"event\": 7}\n{\"return\": 3}\n{\"return\": {\"status\": 2}}\n");
    g_assert_false(qmp->is_saved || qmp->is_running);
    g_assert_null(qmp->status);
    g_assert_null(qmp->failure);
    feed(qmp, "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"completed\"}}\n");
    g_assert_true(qmp->is_saved);
    feed(qmp, "{\"return\": {\"status\": \"postmigrate\", \"running\": false}}\n");
    g_assert_cmpstr(qmp->status, ==, QMP_HALTED);
    feed(qmp, "{\"event\": \"RESUME\"}\n");
    g_assert_true(qmp->is_running);
    feed(qmp, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"blocked\"}}\n");
    feed(qmp, "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"failed\"}}\n");
    g_assert_cmpstr(qmp->failure, ==, "blocked");
}

static void test_blame(void)
{
    for (guint end = GUEST_END_FINISHED; end <= GUEST_END_QEMU_DIED; end++) {
        for (guint stage = STAGE_START; stage <= STAGE_DONE; stage++) {
            gboolean died = end == GUEST_END_QEMU_DIED;

            g_assert_false(snapshot_is_to_blame(WAY_BOOT, (GuestEnd)end, (GuestStage)stage));
            g_assert_cmpint(snapshot_is_to_blame(WAY_RESTORE, (GuestEnd)end, (GuestStage)stage), ==,
                            stage < STAGE_REPRO);
            g_assert_cmpint(snapshot_is_to_blame(WAY_KEEP, (GuestEnd)end, (GuestStage)stage), ==,
                            stage == STAGE_READY || (stage < STAGE_READY && died));
        }
    }
}

/* One keeps at a time; a failure is for good, a trial that did not come so far is not. */
static void test_ways(void)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();

    g_assert_cmpint(snapshot_choose(NULL), ==, WAY_BOOT);
    g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_KEEP);
    g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_BOOT);
    snapshot_leave(snapshot);
    g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_KEEP);
    g_assert_null(snapshot_failure(snapshot));
    snapshot_give_up(snapshot, "first");
    snapshot_give_up(snapshot, "second");
    snapshot_leave(snapshot);
    g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_BOOT);
    g_assert_cmpstr(snapshot_failure(snapshot), ==, "first");
}

/* Touched pages are copied, holes stay holes, and nobody can write to the copy. */
static void test_files(void)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();
    g_autoptr(GBytes) console = g_bytes_new_static("boot\n", 5);
    g_autoptr(GError) error = NULL;
    int memory = snapshot_open_memory(64, &error), state = snapshot_open_state(&error);
    int own_memory, own_state;
    char back[6] = "";

    g_assert_no_error(error);
    g_assert_cmpint(pwrite(memory, "first", 5, 0), ==, 5);
    g_assert_cmpint(pwrite(memory, "later", 5, 40 << 20), ==, 5);
    g_assert_cmpint(write(state, "state", 5), ==, 5);
    g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_KEEP);
    g_assert_true(snapshot_keep(snapshot, memory, 64, state, console, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(snapshot_size(snapshot), >, 10);
    g_assert_cmpuint(snapshot_size(snapshot), <, 5 << 20);
    /* The guest goes on in its own. */
    g_assert_cmpint(pwrite(memory, "XXXXX", 5, 0), ==, 5);
    close(memory);
    close(state);
    for (guint i = 0; i < 2; i++) {
        g_assert_cmpint(snapshot_choose(snapshot), ==, WAY_RESTORE);
        g_assert_true(snapshot_open(snapshot, &own_memory, &own_state, &error));
        g_assert_cmpint(pread(own_memory, back, 5, 0), ==, 5);
        g_assert_cmpstr(back, ==, "first");
        g_assert_cmpint(pread(own_memory, back, 5, 40 << 20), ==, 5);
        g_assert_cmpstr(back, ==, "later");
        g_assert_cmpint(read(own_state, back, 5), ==, 5);
        g_assert_cmpstr(back, ==, "state");
        g_assert_cmpint(pwrite(own_memory, "YYYYY", 5, 0), <, 0);
        g_assert_cmpint(ftruncate(own_memory, 0), <, 0);
        char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, own_memory, 0);
        g_assert_true(private != MAP_FAILED);
        private[0] = 'Z';
        munmap(private, 4096);
        close(own_memory);
        close(own_state);
    }
    snapshot_give_up(snapshot, "no");
    g_assert_cmpuint(snapshot_size(snapshot), ==, 0);
}

static void test_complaints(void)
{
    static const char *const sound[] = {"-device", "edu", "-cpu", "max,-sse4", NULL};
    static const char *const drive[] = {"-device", "edu", "--drive", "file=x", NULL};
    GuestSpec spec;

    guest_spec_default(&spec, NULL);
    g_autofree char *plain = guest_snapshot_complaint(&spec);
    g_assert_null(plain);
    spec.qemu_args = sound;
    g_autofree char *device = guest_snapshot_complaint(&spec);
    g_assert_null(device);
    spec.qemu_args = drive;
    g_autofree char *disk = guest_snapshot_complaint(&spec);
    g_assert_nonnull(strstr(disk, "--drive"));
    spec.qemu_args = NULL;
    spec.disk = "disk.img";
    g_autofree char *root = guest_snapshot_complaint(&spec);
    g_assert_nonnull(root);
}

/* --- In machines ----------------------------------------------------------------------------- */

static void set_up(Machine *machine, gconstpointer unused)
{
    machine_set_up(machine, NULL);
    machine->snapshot = snapshot_new();
}

static gboolean console_has(const Outcome *outcome, const char *text)
{
    return g_strstr_len(g_bytes_get_data(outcome->console, NULL),
                        (gssize)g_bytes_get_size(outcome->console), text) != NULL;
}

/* A file, a setting, a process, and all that is random or a time. */
#define TELL_AND_SPOIL                                                                             \
    "#!/bin/sh\n"                                                                                  \
    "echo files $(ls / | grep -c spoiled)\n"                                                       \
    "echo setting $(cat /proc/sys/kernel/threads-max)\n"                                           \
    "echo random $(head -c 8 /dev/urandom | hexdump -v -e '/1 \"%02x\"') $(cat "                   \
    "/proc/sys/kernel/random/uuid)\n"                                                              \
    "echo clock $(date +%s)\n"                                                                     \
    "touch /spoiled\n"                                                                             \
    "echo 999 >/proc/sys/kernel/threads-max\n"                                                     \
    "cat /proc/kallsyms >/tmp/full\n"                                                              \
    "exit 4\n"

static gint64 now_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* The word @n of the line of @outcome's output that begins with @name. Owned by the caller. */
static char *word_of(const Outcome *outcome, const char *name, guint n)
{
    const char *line = strstr(outcome->output, name);

    g_assert_nonnull(line);
    g_auto(GStrv) words = g_strsplit_set(line, " \n", -1);
    g_assert_cmpuint(g_strv_length(words), >, n);
    return g_strdup(words[n]);
}

/* It began after @since_s. */
static void check_fresh(const Outcome *outcome, const Outcome *booted, gint64 since_s)
{
    g_autofree char *files = word_of(outcome, "files", 1);
    g_autofree char *setting = word_of(outcome, "setting", 1);
    g_autofree char *first_setting = word_of(booted, "setting", 1);
    g_autofree char *clock = word_of(outcome, "clock", 1);

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpint(outcome->repro_exit, ==, 4);
    g_assert_cmpuint(outcome->n_runs, ==, 1);
    g_assert_cmpstr(files, ==, "0");
    g_assert_cmpstr(setting, ==, first_setting);
    g_assert_cmpstr(setting, !=, "999");
    g_assert_cmpint(atoll(clock), >=, since_s);
    g_assert_cmpint(atoll(clock), <=, now_s());
    g_assert_true(console_has(outcome, "Linux version"));
    g_assert_true(console_has(outcome, MARK_REPRO));
}

static void check_random(Outcome *const *outcomes, guint n_outcomes)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < n_outcomes; i++) {
        g_assert_true(g_hash_table_add(seen, word_of(outcomes[i], "random", 1)));
        g_assert_true(g_hash_table_add(seen, word_of(outcomes[i], "random", 2)));
    }
}

/* The first is booted and goes on; the others, two of them at once, find what it was when it was
 * ready, and not what it has done since. */
static void test_fresh(Machine *machine, gconstpointer n_cpus)
{
    GAsyncResult *first = NULL, *second = NULL;

    if (!machine_prepare(machine, "fresh.sh", TELL_AND_SPOIL)) {
        return;
    }
    machine->spec.n_cpus = GPOINTER_TO_UINT(n_cpus);
    gint64 start_s = now_s();
    g_autoptr(Outcome) booted = machine_run(machine);
    gint64 booted_s = now_s();
    g_assert_false(booted->restored);
    g_assert_null(snapshot_failure(machine->snapshot));
    g_assert_cmpuint(snapshot_size(machine->snapshot), >, 1 << 20);
    machine_begin(machine, &first);
    machine_begin(machine, &second);
    g_autoptr(Outcome) a = machine_end(&first);
    g_autoptr(Outcome) b = machine_end(&second);
    /* What differs from trial to trial is said after the restore. */
    machine->spec.trace = TRACE_FIRST;
    g_autoptr(Outcome) traced = machine_run(machine);
    g_assert_null(snapshot_failure(machine->snapshot));
    g_assert_true(a->restored && b->restored && traced->restored);
    check_fresh(booted, booted, start_s);
    check_fresh(a, booted, booted_s);
    check_fresh(b, booted, booted_s);
    check_fresh(traced, booted, booted_s);
    g_assert_null(a->calls);
    /* Whole or cut: on a busy machine the time for a trace may be over first. */
    g_assert_true(g_str_has_prefix(traced->calls, "traced "));
    g_assert_nonnull(strstr(traced->calls, "execve"));
    check_random((Outcome *const[]){booted, a, b, traced}, 4);
}

/* A C program, which is kept while it is held in its main(): each trial goes through it once, and
 * two runs are two. A trace has the start of its C library all the same. */
static void test_held(Machine *machine, gconstpointer unused)
{
    if (!machine_prepare(machine, "held.c",
                         "#include <stdio.h>\n#include <unistd.h>\n"
                         "int main(void) { printf(\"alone %d\\n\", access(\"seen\", F_OK));\n"
                         "fclose(fopen(\"seen\", \"w\")); return 5; }\n")) {
        return;
    }
    for (guint i = 0; i < 4; i++) {
        machine->spec.n_repeats = i == 2 ? 2 : 1;
        machine->spec.trace = i == 3 ? TRACE_FIRST : TRACE_NONE;
        g_autoptr(Outcome) outcome = machine_run(machine);
        g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
        g_assert_cmpint(outcome->restored, ==, i > 0);
        g_assert_cmpint(outcome->repro_exit, ==, 5);
        g_assert_cmpuint(outcome->n_runs, ==, machine->spec.n_repeats);
        g_assert_cmpstr(outcome->output, ==, i == 2 ? "alone -1\nalone -1\n" : "alone -1\n");
        g_assert_true(i < 3 || strstr(outcome->calls, "brk"));
    }
    g_assert_null(snapshot_failure(machine->snapshot));
}

/* A crash in a restored guest is read as one in a booted one: by SysRq, where the kernel has it,
 * and else by the death of PID 1, which only the kernel can bring about. */
static void test_crash(Machine *machine, gconstpointer unused)
{
    if (!machine_prepare(machine, "crash.sh",
                         "#!/bin/sh\necho c >/proc/sysrq-trigger && sleep 100\n")) {
        return;
    }
    g_autoptr(Outcome) booted = machine_run(machine);
    if (strstr(booted->output, "sysrq-trigger")) {
        g_test_skip("this kernel has no MAGIC_SYSRQ");
        return;
    }
    g_autoptr(Outcome) restored = machine_run(machine);
    g_assert_false(booted->restored);
    g_assert_true(restored->restored);
    g_assert_cmpint(booted->kind, ==, OUTCOME_CRASH);
    g_assert_cmpint(restored->kind, ==, OUTCOME_CRASH);
    g_assert_cmpstr(restored->title, ==, booted->title);
    g_assert_cmpstr(restored->title, ==, "kernel panic: sysrq triggered crash");
    g_assert_cmpuint(restored->identity->functions[0] != NULL, ==,
                     booted->identity->functions[0] != NULL);
    g_assert_cmpuint(g_strv_length(restored->identity->functions), ==,
                     g_strv_length(booted->identity->functions));
}

/* A state that does not fit: the trial is made again by booting, and says what it should. */
static void test_damaged(Machine *machine, gconstpointer unused)
{
    if (!machine_prepare(machine, "quiet.sh", "#!/bin/sh\nexit 9\n")) {
        return;
    }
    machine->spec.n_cpus = 2;
    g_autoptr(Outcome) kept = machine_run(machine);
    machine->spec.n_cpus = 1;
    g_autoptr(Outcome) outcome = machine_run(machine);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpint(outcome->repro_exit, ==, 9);
    g_assert_false(outcome->restored);
    g_assert_true(g_str_has_prefix(snapshot_failure(machine->snapshot), "QEMU failed: "));
    g_assert_cmpuint(snapshot_size(machine->snapshot), ==, 0);
}

/* A device whose state QEMU cannot write. */
static void test_refused(Machine *machine, gconstpointer unused)
{
    static const char *const args[] = {"-device", "amd-iommu", NULL};

    if (!machine_prepare(machine, "quiet.sh", "#!/bin/sh\nexit 9\n")) {
        return;
    }
    machine->spec.qemu_args = args;
    g_autoptr(Outcome) outcome = machine_run(machine);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpint(outcome->repro_exit, ==, 9);
    g_assert_nonnull(strstr(snapshot_failure(machine->snapshot), "amd-iommu"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/snapshot/monitor", test_monitor);
    g_test_add_func("/snapshot/blame", test_blame);
    g_test_add_func("/snapshot/ways", test_ways);
    g_test_add_func("/snapshot/files", test_files);
    g_test_add_func("/snapshot/complaints", test_complaints);
#define ADD(name, data, func) g_test_add(name, Machine, data, set_up, func, machine_tear_down)
    ADD("/snapshot/fresh", GUINT_TO_POINTER(1), test_fresh);
    ADD("/snapshot/fresh-2-cpus", GUINT_TO_POINTER(2), test_fresh);
    ADD("/snapshot/held", NULL, test_held);
    ADD("/snapshot/crash", NULL, test_crash);
    ADD("/snapshot/damaged", NULL, test_damaged);
    ADD("/snapshot/refused", NULL, test_refused);
    return g_test_run();
}
