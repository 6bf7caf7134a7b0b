/* SPDX-License-Identifier: Apache-2.0
 * Guests that are hostile: they flood us, by talker.c, and speak our protocol themselves, as root
 * in a real one. They may spoil their own trial; neither our memory nor another trial.
 *
 * FIRSTBAD_TEST_FLOOD=MIB: of each flood, in the place of 16; then memory is measured, too.
 */
#include "guest/guest.h"

#include <string.h>

#include "guest/init/words.h"
#include "machine.h"

/* --- Floods ---------------------------------------------------------------------------------- */

static void set_up_talker(Machine *machine, gconstpointer unused)
{
    machine_set_up(machine, NULL);
    machine->spec.qemu = TALKER;
    machine->kernel = machine->initramfs = NULL;
    machine->spec.boot_timeout_ms = machine->spec.trial_timeout_ms =
        machine->spec.silence_timeout_ms = 600000;
}

static const char *flood_mib(void)
{
    const char *mib = g_getenv("FIRSTBAD_TEST_FLOOD");

    return mib ? mib : "16";
}

/* KiB of memory that this process has had at most. */
static guint64 peak_kib(void)
{
    g_autofree char *status = NULL;

    g_assert_true(g_file_get_contents("/proc/self/status", &status, NULL, NULL));
    return g_ascii_strtoull(strstr(status, "VmHWM:") + strlen("VmHWM:"), NULL, 10);
}

/* '#' in @talk is the size of a flood. */
static Outcome *hear(const Machine *machine, const char *talk)
{
    GString *text = g_string_new("p " WORD_HELLO "|p " WORD_READY "|w|c " MARK_REPRO "|p run 1|");
    guint64 before_kib = peak_kib();

    g_string_append(text, talk);
    g_string_replace(text, "#", flood_mib(), 0);
    g_setenv("TALK", text->str, TRUE);
    g_string_free(text, TRUE);
    Outcome *outcome = machine_run(machine);
    g_test_message("%" G_GUINT64_FORMAT " KiB more at most", peak_kib() - before_kib);
    g_assert_cmpuint(g_bytes_get_size(outcome->console), <=, machine->spec.console_limit + 100);
    g_assert_cmpuint(strlen(outcome->output), <, 20000);
    return outcome;
}

#define CRASH                                                                                      \
    "c [    2.0] WARNING: CPU: 0 PID: 77 at net/smc/af_smc.c:10 smc_release+0x12/0x80|"            \
    "c [    2.0] RIP: 0010:smc_release+0x12/0x80|c [    2.0] Call Trace:|"                         \
    "c [    2.0]  inet_release+0x10/0x20|c [    2.0]  sock_close+0x11/0x20|"

/* A crash is found wherever it is in a console that is too long. */
static void test_flooded_crash(Machine *machine, gconstpointer talk)
{
    g_autoptr(Outcome) outcome = hear(machine, talk);

    g_assert_cmpint(outcome->kind, ==, OUTCOME_CRASH);
    g_assert_cmpstr(outcome->title, ==, "WARNING in smc_release");
}

static void test_flood(Machine *machine, gconstpointer talk)
{
    g_autoptr(Outcome) outcome = hear(machine, talk);

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpuint(outcome->n_runs, ==, 1);
    g_assert_cmpint(outcome->repro_exit, ==, 3);
}

/* --- Lies ------------------------------------------------------------------------------------ */

/* Says @lines, a C string, on the protocol's port, and goes on for a while. */
#define LIAR(when, lines)                                                                          \
    "#include <fcntl.h>\n#include <stdio.h>\n#include <string.h>\n#include <sys/stat.h>\n"         \
    "#include <sys/sysmacros.h>\n#include <unistd.h>\n"                                            \
    "static void lie(void) {\n"                                                                    \
    "    mknod(\"/port\", S_IFCHR | 0600, makedev(4, 65));\n"                                      \
    "    int port = open(\"/port\", O_WRONLY | O_NOCTTY);\n"                                       \
    "    static const char lines[] = " lines ";\n"                                                 \
    "    static char longer[20000];\n"                                                             \
    "    memset(longer, 'e', sizeof longer);\n"                                                    \
    "    write(port, lines, sizeof lines - 1);\n"                                                  \
    "    for (int i = 0; i < 3; i++) write(port, longer, sizeof longer);\n"                        \
    "    for (int i = 0; i < 2000; i++) write(port, lines, sizeof lines - 1);\n"                   \
    "    close(port);\n"                                                                           \
    "}\n" when

/* Only where it finds what this test sets for one trial, so that the others are its judges. */
#define LIES_WHEN_TOLD                                                                             \
    "int main(void) {\n"                                                                           \
    "    char told = '0';\n"                                                                       \
    "    int fd = open(\"/proc/sys/kernel/panic_on_warn\", O_RDONLY);\n"                           \
    "    read(fd, &told, 1);\n"                                                                    \
    "    if (told == '1') { lie(); sleep(2); }\n"                                                  \
    "    puts(\"honest\");\n"                                                                      \
    "    return 9;\n"                                                                              \
    "}\n"

#define WILD                                                                                       \
    "\"\\n\\0\\0\\xff\\x1b[2J\\x1b]0;gone\\a\\n" WORD_HELLO "\\nready\\nrun 0\\nrun -1\\n"         \
    "run 4294967295\\nrun 18446744073709551616\\nrun 2\\nrun 3\\nexit 3 99999\\nexit 3 -2\\n"      \
    "exit -3 0\\ntrace 3\\ncall 99999999999999999999 - 0 1\\ncall 1 - -1 1\\n"                     \
    "call 1 \\\"\\x1b[31m 0 9223372036854775807\\ncall 1 - 0 -5\\ntraced whole\\n"                 \
    "exit 3 125\\nout \\x1b[2Jgone\\n\""

typedef struct Lie {
    const char *name, *lines;
    OutcomeKind kinds[2]; /* of the trial that lies: one of them */
} Lie;

static const Lie lies[] = {
    {"its-end", LIAR(LIES_WHEN_TOLD, "\"run 1\\nexit 1 0\\nend\\n\""), {OUTCOME_OK, OUTCOME_OK}},
    {"its-failure",
     LIAR(LIES_WHEN_TOLD, "\"failed \\x1b[2J\\n\""),
     {OUTCOME_BASIC_FAILED, OUTCOME_BASIC_FAILED}},
    {"wild", LIAR(LIES_WHEN_TOLD, WILD), {OUTCOME_OK, OUTCOME_UNREACHED}},
};

static void check_honest(const Outcome *outcome, gboolean restored)
{
    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpint(outcome->repro_exit, ==, 9);
    g_assert_cmpuint(outcome->n_runs, ==, 1);
    g_assert_cmpstr(outcome->output, ==, "honest\n");
    g_assert_cmpint(outcome->restored, ==, restored);
}

/* A trial that lies is between two that are honest, all from one kept guest. */
static void test_lie(Machine *machine, gconstpointer data)
{
    const Lie *lie = data;

    if (!machine_prepare(machine, "liar.c", lie->lines)) {
        return;
    }
    machine->snapshot = snapshot_new();
    machine->spec.panic_on_warn = FALSE;
    g_autoptr(Outcome) first = machine_run(machine);
    check_honest(first, FALSE);
    machine->spec.panic_on_warn = TRUE;
    g_autoptr(Outcome) liar = machine_run(machine);
    g_assert_true(liar->kind == lie->kinds[0] || liar->kind == lie->kinds[1]);
    g_assert_null(strchr(liar->output, '\x1b'));
    g_assert_true(!liar->calls || g_str_has_prefix(liar->calls, "traced "));
    g_assert_true(!liar->title || !strchr(liar->title, '\x1b'));
    machine->spec.panic_on_warn = FALSE;
    g_autoptr(Outcome) last = machine_run(machine);
    check_honest(last, TRUE);
    g_assert_null(snapshot_failure(machine->snapshot));
}

/* One that lies before it is kept, when it is made ready: by a constructor, which runs before
 * main() and the orders. All trials begin with that; they end, each as some trial ends. */
static void test_early_lie(Machine *machine, gconstpointer unused)
{
    if (!machine_prepare(machine, "early.c",
                         LIAR("__attribute__((constructor)) static void early(void) { lie(); }\n"
                              "int main(void) { puts(\"honest\"); return 9; }\n",
                              "\"ready\\nrun 1\\nexit 1 0\\nend\\n\""))) {
        return;
    }
    machine->snapshot = snapshot_new();
    for (guint i = 0; i < 3; i++) {
        g_autoptr(Outcome) outcome = machine_run(machine);

        g_assert_cmpint(outcome->kind, !=, OUTCOME_CRASH);
        g_assert_cmpint(outcome->kind, !=, OUTCOME_BOOT_FAILED);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define FLOOD(name, talk, func)                                                                    \
    g_test_add(name, Machine, talk, set_up_talker, func, machine_tear_down)
    FLOOD("/hostile/crash-then-flood", CRASH "C #", test_flooded_crash);
    FLOOD("/hostile/flood-then-crash", "C #|" CRASH, test_flooded_crash);
    FLOOD("/hostile/crash-in-flood", "C #|" CRASH "C #", test_flooded_crash);
    FLOOD("/hostile/crash-in-long-lines", "L #|c |" CRASH "L #", test_flooded_crash);
    FLOOD("/hostile/flood", "C #|P #|p |p exit 1 3|p end", test_flood);
    FLOOD("/hostile/long-lines", "L #|Z #|p |p exit 1 3|p end", test_flood);
    for (guint i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_autofree char *name = g_strconcat("/hostile/", lies[i].name, NULL);

        g_test_add(name, Machine, &lies[i], machine_set_up, test_lie, machine_tear_down);
    }
    g_test_add("/hostile/early", Machine, NULL, machine_set_up, test_early_lie, machine_tear_down);
    return g_test_run();
}
