/* SPDX-License-Identifier: Apache-2.0
 * Trials in real virtual machines, under TCG. The kernel is that of FIRSTBAD_TEST_KERNEL (a bzImage
 * with MAGIC_SYSRQ for the crash cases); without it, and without QEMU, the tests skip.
 */
#include "guest/guest.h"

#include <string.h>

#include "scratch.h"

typedef struct Fixture {
    OopsReader *reader;
    GuestSpec spec;
    Scratch scratch;
    const char *kernel;
    char *busybox;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->reader = oops_reader_new();
    scratch_set_up(&fixture->scratch, NULL);
    fixture->kernel = g_getenv("FIRSTBAD_TEST_KERNEL");
    fixture->busybox = g_find_program_in_path("busybox");
    guest_spec_default(&fixture->spec, fixture->reader);
    fixture->spec.memory_mib = 256;
    fixture->spec.n_repeats = 1;
    fixture->spec.trial_timeout_ms = 20000;
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    scratch_tear_down(&fixture->scratch, NULL);
    g_free(fixture->busybox);
    oops_reader_free(fixture->reader);
}

static gboolean can_run(const Fixture *fixture)
{
    g_autofree char *qemu = g_find_program_in_path(fixture->spec.qemu);

    if (!qemu) {
        g_test_skip("no qemu-system-x86_64");
    } else if (!fixture->kernel) {
        g_test_skip("FIRSTBAD_TEST_KERNEL names no bzImage");
    } else if (!fixture->busybox) {
        g_test_skip("no busybox-static");
    }
    return qemu && fixture->kernel && fixture->busybox;
}

/* An initramfs with @text as reproducer, in a folder of its own name. Returns its path. */
static char *pack(const Fixture *fixture, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *source = scratch_path(&fixture->scratch, name);
    g_autofree char *initramfs = g_strconcat(source, ".cpio", NULL);

    g_assert_true(g_file_set_contents(source, text, -1, NULL));
    g_autoptr(Repro) repro =
        repro_prepare(source, &(ReproOptions){"cc"}, fixture->scratch.dir, &error);
    g_assert_no_error(error);
    g_assert_true(initramfs_write(initramfs, &(GuestContent){repro}, &error));
    g_assert_no_error(error);
    return g_steal_pointer(&initramfs);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static Outcome *wait_for(GAsyncResult **res, GError **error)
{
    Outcome *outcome = NULL;

    while (!*res) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_true(guest_trial_finish(*res, &outcome, error) == (outcome != NULL));
    g_clear_object(res);
    if (outcome && g_test_verbose()) {
        g_test_message("%s, %s: boot %" G_GUINT64_FORMAT " ms, all %" G_GUINT64_FORMAT
                       " ms, %u runs, exit %d, %zu bytes of console, said: %s; calls: %s",
                       outcome_kind_name(outcome->kind), outcome->title ? outcome->title : "-",
                       outcome->boot_ms, outcome->run_ms, outcome->n_runs, outcome->repro_exit,
                       g_bytes_get_size(outcome->console), outcome->output,
                       outcome->calls ? outcome->calls : "-");
    }
    return outcome;
}

static Outcome *run(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *initramfs = pack(fixture, name, text);
    g_autoptr(GError) error = NULL;
    g_autoptr(GAsyncResult) res = NULL;

    guest_trial_async(&fixture->spec, fixture->kernel, initramfs, NULL, NULL, keep_result, &res);
    Outcome *outcome = wait_for(&res, &error);
    g_assert_no_error(error);
    return outcome;
}

/* Crash tests need SysRq, which small kernels do not have. */
static gboolean has_sysrq(const Outcome *outcome)
{
    if (strstr(outcome->output, "sysrq-trigger")) {
        g_test_skip("this kernel has no MAGIC_SYSRQ");
        return FALSE;
    }
    return TRUE;
}

static void test_ok(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.n_repeats = 3;
    g_autoptr(Outcome) outcome = run(fixture, "ok.c",
                                     "#include <stdio.h>\n"
                                     "int main(void) { puts(\"hello\\x1b\"); return 7; }\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_null(outcome->title);
    g_assert_null(outcome->report);
    g_assert_cmpuint(outcome->n_runs, ==, 3);
    g_assert_cmpint(outcome->repro_exit, ==, 7);
    g_assert_cmpstr(outcome->output, ==, "hello?\nhello?\nhello?\n");
    g_assert_cmpuint(outcome->boot_ms, >, 0);
    g_assert_cmpuint(outcome->run_ms, >=, outcome->boot_ms);
}

static void test_crash(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autoptr(Outcome) outcome =
        run(fixture, "crash.sh", "#!/bin/bash\necho c >/proc/sysrq-trigger && sleep 100\n");

    if (!has_sysrq(outcome)) {
        return;
    }
    g_assert_cmpint(outcome->kind, ==, OUTCOME_CRASH);
    g_assert_nonnull(outcome->report);
    g_assert_cmpstr(outcome->title, ==, outcome->report->title);
    g_assert_cmpstr(outcome->title, ==, "kernel panic: sysrq triggered crash");
    g_assert_cmpint(outcome->repro_exit, ==, -1);
}

/* What a run writes is gone before the next: eight disk images, each of which fits alone. */
static void test_disk_images(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.n_repeats = 8;
    fixture->spec.trial_timeout_ms = 120000;
    g_autoptr(Outcome) outcome =
        run(fixture, "images.c",
            "#include <err.h>\n"
            "#include <fcntl.h>\n"
            "#include <unistd.h>\n"
            "static char block[1 << 20];\n"
            "int main(void) {\n"
            "    int fd = open(\"image\", O_CREAT | O_EXCL | O_RDWR, 0600);\n"
            "    if (fd < 0) err(1, \"open\");\n"
            "    for (int i = 0; i < 40; i++)\n"
            "        if (write(fd, block, sizeof block) != sizeof block)\n"
            "            err(1, \"write\");\n"
            "}\n");

    g_assert_cmpstr(outcome->output, ==, "");
    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpint(outcome->repro_exit, ==, 0);
    g_assert_cmpuint(outcome->n_runs, ==, 8);
}

static void test_unreached(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autoptr(Outcome) outcome = run(fixture, "unreached.sh", "#!/bin/sh\nexit 125\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_UNREACHED);
    g_assert_nonnull(outcome->title);
    g_assert_null(outcome->report);
}

/* A reproducer whose time runs out did not crash; all it started is gone. */
static void test_hang_of_program(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.trial_timeout_ms = 3000;
    g_autoptr(Outcome) outcome = run(fixture, "hang.sh",
                                     "#!/bin/sh\n"
                                     "setsid sh -c 'while :; do sleep 1; done' &\n"
                                     "while :; do :; done\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpint(outcome->repro_exit, ==, -1);
    g_assert_cmpuint(outcome->n_runs, ==, 1);
}

/* The reproducer as the machine itself: @write is an outb() or outw(). */
static char *port_writer(const char *write)
{
    return g_strdup_printf("#include <sys/io.h>\n"
                           "#include <unistd.h>\n"
                           "int main(void) { if (iopl(3)) return 1; %s; pause(); }\n",
                           write);
}

static gboolean has_ports(const Outcome *outcome)
{
    if (outcome->repro_exit == 1) {
        g_test_skip("this kernel has no X86_IOPL_IOPERM");
        return FALSE;
    }
    return TRUE;
}

/* No crash, no panic: the guest goes away without a word, by the chipset's reset register. */
static void test_reset(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autofree char *text = port_writer("outb(6, 0xcf9)");
    g_autoptr(Outcome) outcome = run(fixture, "reset.c", text);

    if (!has_ports(outcome)) {
        return;
    }
    g_assert_cmpint(outcome->kind, ==, OUTCOME_CRASH);
    g_assert_cmpstr(outcome->title, ==, "unexpected kernel reboot");
    g_assert_cmpstr(outcome->report->type, ==, "REBOOT");
}

/* A guest that stops without a word: ACPI sleep, which QEMU obeys and nothing wakes. */
static void test_silence(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.silence_timeout_ms = 10000;
    g_autofree char *text = port_writer("outw(1 << 13 | 1 << 10, 0x604)");
    g_autoptr(Outcome) outcome = run(fixture, "silence.c", text);

    if (!has_ports(outcome)) {
        return;
    }
    g_assert_cmpint(outcome->kind, ==, OUTCOME_CRASH);
    g_assert_cmpstr(outcome->title, ==, "no output from test machine");
    g_assert_cmpstr(outcome->report->type, ==, "HANG");
}

/* The same silence, but the kernel said that it was the program's wish. */
static void test_halt(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.silence_timeout_ms = 10000;
    g_autoptr(Outcome) outcome = run(fixture, "halt.sh", "#!/bin/sh\nhalt -f\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
}

static void test_orderly_reboot(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autoptr(Outcome) outcome = run(fixture, "reboot.sh", "#!/bin/sh\nreboot -f\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
}

/* PID 1 cannot be ended from inside, short of the kernel's own help. */
static void test_attack_on_init(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autoptr(Outcome) outcome =
        run(fixture, "kill.sh",
            "#!/bin/sh\nkill -9 1\nkill -9 -1\nmknod p c 4 65; echo end >p; exit 3\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
}

/* Processes without end, faster than they can be killed one by one. */
static void test_fork_bomb(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.trial_timeout_ms = 3000;
    g_autoptr(Outcome) outcome =
        run(fixture, "bomb.c",
            "#include <unistd.h>\nint main(void) { for (;;) if (fork() >= 0) setsid(); }\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
}

/* What the reproducer prints is not the console, whatever it looks like. */
static void test_forged_console(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autoptr(Outcome) outcome = run(fixture, "forge.sh",
                                     "#!/bin/sh\necho 'BUG: KASAN: use-after-free in forged'\n"
                                     "echo 'Kernel panic - not syncing: forged' >&2\nexit 5\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpint(outcome->repro_exit, ==, 5);
    g_assert_nonnull(strstr(outcome->output, "not syncing: forged"));
}

/* Output without end costs neither memory nor the trial. */
static void test_flood(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.trial_timeout_ms = 3000;
    fixture->spec.console_limit = 16384;
    g_autoptr(Outcome) outcome =
        run(fixture, "flood.sh", "#!/bin/sh\nyes >/dev/console &\nexec yes flood\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpuint(g_bytes_get_size(outcome->console), <, 16384 + 100);
    g_assert_nonnull(g_strstr_len(g_bytes_get_data(outcome->console, NULL),
                                  (gssize)g_bytes_get_size(outcome->console), "left out here"));
    g_assert_cmpuint(strlen(outcome->output), <, 20000);
    g_assert_nonnull(strstr(outcome->output, "more output is not shown"));
}

static void test_two_at_once(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autofree char *ok = pack(fixture, "a.c", "int main(void) { return 1; }\n");
    g_autofree char *other = pack(fixture, "b.c", "int main(void) { return 2; }\n");
    g_autoptr(GAsyncResult) first = NULL, second = NULL;
    g_autoptr(GError) error = NULL;

    guest_trial_async(&fixture->spec, fixture->kernel, ok, NULL, NULL, keep_result, &first);
    guest_trial_async(&fixture->spec, fixture->kernel, other, NULL, NULL, keep_result, &second);
    g_autoptr(Outcome) a = wait_for(&first, &error);
    g_autoptr(Outcome) b = wait_for(&second, &error);
    g_assert_no_error(error);
    g_assert_cmpint(a->kind, ==, OUTCOME_OK);
    g_assert_cmpint(a->repro_exit, ==, 1);
    g_assert_cmpint(b->kind, ==, OUTCOME_OK);
    g_assert_cmpint(b->repro_exit, ==, 2);
}

#define SOCKETS                                                                                    \
    "#include <sys/socket.h>\n#include <unistd.h>\n"                                               \
    "int main(void) {\n"                                                                           \
    "    for (int i = 0; i < 12; i++) close(socket(AF_UNIX, SOCK_STREAM, 0));\n"                   \
    "    for (int i = 0; i < 5; i++) socket(AF_ASH, SOCK_DGRAM, 0);\n"

/* The second of three runs is traced, and nothing else is changed by it. */
static void test_trace(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.n_repeats = 3;
    fixture->spec.trace = TRACE_LATER;
    g_autoptr(Outcome) outcome =
        run(fixture, "trace.c", SOCKETS "    write(1, \"x\\n\", 2);\n    return 7;\n}\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpuint(outcome->n_runs, ==, 3);
    g_assert_cmpint(outcome->repro_exit, ==, 7);
    g_assert_cmpstr(outcome->output, ==, "x\nx\nx\n");
    g_assert_nonnull(outcome->calls);
    g_assert_true(g_str_has_prefix(outcome->calls, "traced whole\n"));
    g_assert_nonnull(strstr(outcome->calls, "\nsocket(AF_UNIX, SOCK_STREAM) ok 12\n"));
    g_assert_nonnull(strstr(outcome->calls, "\nsocket(AF_ASH, SOCK_DGRAM) EAFNOSUPPORT 5\n"));
    g_assert_nonnull(strstr(outcome->calls, "\nexit_group ? 1\n"));
}

/* A reproducer that never ends: one more run is made for the trace, and is cut short. */
static void test_trace_extra(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.n_repeats = 0;
    fixture->spec.trial_timeout_ms = 2000;
    fixture->spec.trace = TRACE_LATER;
    g_autoptr(Outcome) outcome =
        run(fixture, "extra.c", SOCKETS "    if (fork()) for (;;) getppid();\n    return 0;\n}\n");

    g_assert_cmpint(outcome->kind, ==, OUTCOME_OK);
    g_assert_cmpuint(outcome->n_runs, ==, 2);
    g_assert_cmpint(outcome->repro_exit, ==, -1);
    g_assert_nonnull(outcome->calls);
    g_assert_true(g_str_has_prefix(outcome->calls, "traced cut\n"));
    g_assert_nonnull(strstr(outcome->calls, "\nsocket(AF_ASH, SOCK_DGRAM) EAFNOSUPPORT 5\n"));
}

/* A crash in the traced run is a crash, and all that led to it is known. */
static void test_trace_crash(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.trace = TRACE_FIRST;
    g_autoptr(Outcome) outcome = run(fixture, "crash.c",
                                     "#include <fcntl.h>\n#include <stdio.h>\n" SOCKETS
                                     "    int fd = open(\"/proc/sysrq-trigger\", O_WRONLY);\n"
                                     "    if (fd < 0) { perror(\"sysrq-trigger\"); return 1; }\n"
                                     "    return write(fd, \"c\", 1) == 1 ? 0 : 2;\n}\n");

    if (!has_sysrq(outcome)) {
        return;
    }
    g_assert_cmpint(outcome->kind, ==, OUTCOME_CRASH);
    g_assert_cmpstr(outcome->title, ==, "kernel panic: sysrq triggered crash");
    g_assert_cmpuint(outcome->n_runs, ==, 1);
    g_assert_nonnull(outcome->calls);
    g_assert_true(g_str_has_prefix(outcome->calls, "traced broken\n"));
    g_assert_nonnull(strstr(outcome->calls, "\nsocket(AF_ASH, SOCK_DGRAM) EAFNOSUPPORT "));
    g_assert_true(
        g_str_has_suffix(outcome->calls, "\nopenat(\"/proc/sysrq-trigger\") ok 1\nwrite ? 1\n"));
}

/* More processes than can be followed, and one that kills all: the trial ends as it would. */
static void test_trace_hostile(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    fixture->spec.trace = TRACE_FIRST;
    fixture->spec.trial_timeout_ms = 3000;
    g_autoptr(Outcome) bomb =
        run(fixture, "bomb.c",
            "#include <unistd.h>\nint main(void) { for (;;) if (fork() >= 0) setsid(); }\n");
    g_assert_cmpint(bomb->kind, ==, OUTCOME_OK);
    g_assert_nonnull(bomb->calls);
    g_assert_nonnull(strstr(bomb->calls, "\nsetsid ok "));

    g_autoptr(Outcome) kill =
        run(fixture, "kill.c",
            "#include <signal.h>\n#include <unistd.h>\nint main(void) {\n"
            "    kill(1, SIGUSR1); kill(1, SIGKILL); kill(-1, SIGKILL); return 3; }\n");
    g_assert_cmpint(kill->kind, ==, OUTCOME_OK);
    g_assert_cmpint(kill->repro_exit, ==, 3);
    g_assert_true(g_str_has_prefix(kill->calls, "traced whole\n"));
}

static gboolean cancel(gpointer cancellable)
{
    g_cancellable_cancel(cancellable);
    return G_SOURCE_REMOVE;
}

static void test_cancel(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autofree char *initramfs = pack(fixture, "a.c", "int main(void) { for (;;); }\n");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;

    guest_trial_async(&fixture->spec, fixture->kernel, initramfs, NULL, cancellable, keep_result,
                      &res);
    g_timeout_add(500, cancel, cancellable);
    g_assert_null(wait_for(&res, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);

    /* Cancelled before it began. */
    guest_trial_async(&fixture->spec, fixture->kernel, initramfs, NULL, cancellable, keep_result,
                      &res);
    g_assert_null(wait_for(&res, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Kernels that do not come to PID 1, each in its way. */
static void test_no_boot(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autofree char *garbage = scratch_path(&fixture->scratch, "garbage");
    g_autofree char *damaged = scratch_path(&fixture->scratch, "damaged");
    g_autofree char *image = NULL;
    gsize n_image;

    /* What QEMU itself refuses. */
    g_assert_true(g_file_set_contents(garbage, "garbage", -1, NULL));
    const char *kernel = fixture->kernel;
    fixture->kernel = garbage;
    g_autoptr(Outcome) refused = run(fixture, "a.c", "int main(void) { return 0; }\n");
    g_assert_cmpint(refused->kind, ==, OUTCOME_INFRA);
    g_assert_true(g_str_has_prefix(refused->title, "QEMU failed: "));

    /* Whose code is nonsense after the real-mode part. */
    g_assert_true(g_file_get_contents(kernel, &image, &n_image, NULL));
    memset(image + n_image / 8, 0xf4, n_image - n_image / 8);
    g_assert_true(g_file_set_contents(damaged, image, (gssize)n_image, NULL));
    fixture->kernel = damaged;
    fixture->spec.boot_timeout_ms = 5000;
    g_autoptr(Outcome) broken = run(fixture, "a.c", "int main(void) { return 0; }\n");
    g_assert_cmpint(broken->kind, ==, OUTCOME_BOOT_FAILED);
    g_assert_nonnull(broken->title);

    /* That panics on its way. */
    fixture->kernel = kernel;
    fixture->spec.boot_timeout_ms = 60000;
    fixture->spec.cmdline = "rdinit=/nowhere";
    g_autoptr(Outcome) panicked = run(fixture, "a.c", "int main(void) { return 0; }\n");
    g_assert_cmpint(panicked->kind, ==, OUTCOME_BOOT_FAILED);
    g_assert_nonnull(panicked->report);
    g_assert_true(g_str_has_prefix(panicked->title, "kernel panic: "));
}

static void test_cannot_execute(Fixture *fixture, gconstpointer unused)
{
    if (!can_run(fixture)) {
        return;
    }
    g_autofree char *initramfs = scratch_path(&fixture->scratch, "x.cpio");
    g_autofree char *program = scratch_path(&fixture->scratch, "x");
    Repro repro = {.kind = REPRO_BINARY, .path = program};
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(program, "no program", -1, NULL));
    g_assert_true(initramfs_write(initramfs, &(GuestContent){&repro}, NULL));
    guest_trial_async(&fixture->spec, fixture->kernel, initramfs, NULL, NULL, keep_result, &res);
    g_autoptr(Outcome) outcome = wait_for(&res, &error);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_BASIC_FAILED);
    g_assert_cmpstr(outcome->title, ==, "the reproducer cannot be executed: Exec format error");
}

static void test_no_qemu(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;

    fixture->spec.qemu = "firstbad-no-such-qemu";
    guest_trial_async(&fixture->spec, "/dev/null", "/dev/null", NULL, NULL, keep_result, &res);
    g_assert_null(wait_for(&res, &error));
    g_assert_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
    g_assert_nonnull(strstr(error->message, "firstbad-no-such-qemu"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)
    ADD("/trial/no-qemu", test_no_qemu);
    ADD("/trial/ok", test_ok);
    ADD("/trial/disk-images", test_disk_images);
    ADD("/trial/unreached", test_unreached);
    ADD("/trial/crash", test_crash);
    ADD("/trial/hang-of-program", test_hang_of_program);
    ADD("/trial/reset", test_reset);
    ADD("/trial/orderly-reboot", test_orderly_reboot);
    ADD("/trial/attack-on-init", test_attack_on_init);
    ADD("/trial/fork-bomb", test_fork_bomb);
    ADD("/trial/forged-console", test_forged_console);
    ADD("/trial/flood", test_flood);
    ADD("/trial/silence", test_silence);
    ADD("/trial/halt", test_halt);
    ADD("/trial/two-at-once", test_two_at_once);
    ADD("/trial/trace", test_trace);
    ADD("/trial/trace-extra", test_trace_extra);
    ADD("/trial/trace-crash", test_trace_crash);
    ADD("/trial/trace-hostile", test_trace_hostile);
    ADD("/trial/cancel", test_cancel);
    ADD("/trial/no-boot", test_no_boot);
    ADD("/trial/cannot-execute", test_cannot_execute);
    return g_test_run();
}
