/* SPDX-License-Identifier: Apache-2.0
 * The pure half of a trial: console, protocol, when it is over, what it meant.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/channel.h"
#include "guest/guest.h"
#include "guest/init/words.h"
#include "guest/protocol.h"
#include "guest/watch.h"

#define BOOT "[    0.100000] Linux version 6.1.0\n[    1.000000] Run /init as init process\n"
#define MARK "[    1.500000] " MARK_REPRO "\n"
#define CUT  "[    1.4\n[firstbad: 123456 bytes of the console were left out here]\n00] x\n"
#define STACK                                                                                      \
    "[    2.000001] CPU: 0 PID: 77 Comm: repro Not tainted 6.1.0 #1\n"                             \
    "[    2.000002] RIP: 0010:smc_release+0x12/0x80\n"                                             \
    "[    2.000003] Call Trace:\n"                                                                 \
    "[    2.000004]  <TASK>\n"                                                                     \
    "[    2.000005]  inet_release+0x10/0x20\n"                                                     \
    "[    2.000006]  sock_close+0x11/0x20\n"                                                       \
    "[    2.000007]  __fput+0x11/0x20\n"                                                           \
    "[    2.000008]  do_syscall_64+0x11/0x20\n"                                                    \
    "[    2.000009]  </TASK>\n"
#define WARN                                                                                       \
    "[    2.000000] WARNING: CPU: 0 PID: 77 at net/smc/af_smc.c:10 smc_release+0x12/0x80\n" STACK
#define PANIC   "[    1.999999] Kernel panic - not syncing: VFS: Unable to mount root fs\n" STACK
#define RESTART "[    2.000000] reboot: Restarting system\n"
#define OOM     "[    2.000000] Out of memory: Killed process 5 (syz-executor)\n"

typedef struct Case {
    const char *name;
    GuestEnd end;
    GuestStage stage;
    const char *console;
    const char *qemu_stderr;
    OutcomeKind kind;
    const char *title;   /* NULL: none */
    const char *type;    /* of the report; NULL: no report */
    const char *failure; /* why PID 1 gave up; NULL: it did not */
} Case;

static const Case cases[] = {
    {"nothing", GUEST_END_FINISHED, STAGE_DONE, BOOT MARK, "", OUTCOME_OK, NULL, NULL},
    {"warning", GUEST_END_CRASHED, STAGE_REPRO, BOOT MARK WARN, "", OUTCOME_CRASH,
     "WARNING in smc_release", "WARNING"},
    {"warning-then-finished", GUEST_END_FINISHED, STAGE_DONE, BOOT MARK WARN, "", OUTCOME_CRASH,
     "WARNING in smc_release", "WARNING"},
    {"warning-then-panic", GUEST_END_RESET, STAGE_REPRO, BOOT MARK WARN PANIC, "", OUTCOME_CRASH,
     "WARNING in smc_release", "WARNING"},
    {"warning-and-qemu-died", GUEST_END_QEMU_DIED, STAGE_REPRO, BOOT MARK WARN, "killed",
     OUTCOME_CRASH, "WARNING in smc_release", "WARNING"},
    {"warning-while-booting", GUEST_END_FINISHED, STAGE_DONE, BOOT WARN MARK, "", OUTCOME_OK, NULL,
     NULL},
    {"warning-without-mark", GUEST_END_FINISHED, STAGE_DONE, BOOT WARN, "", OUTCOME_CRASH,
     "WARNING in smc_release", "WARNING"},
    {"warning-while-booting-for-long", GUEST_END_FINISHED, STAGE_DONE, BOOT WARN CUT, "",
     OUTCOME_OK, NULL, NULL},
    {"warning-after-what-was-left-out", GUEST_END_FINISHED, STAGE_DONE, BOOT WARN CUT PANIC, "",
     OUTCOME_CRASH, "kernel panic: VFS: Unable to mount root fs", "DoS"},
    {"run-timeout", GUEST_END_TIMEOUT, STAGE_REPRO, BOOT MARK, "", OUTCOME_OK, NULL, NULL},
    {"run-silent", GUEST_END_SILENT, STAGE_REPRO, BOOT MARK, "", OUTCOME_CRASH,
     "no output from test machine", "HANG"},
    {"run-lost", GUEST_END_LOST, STAGE_REPRO, BOOT MARK, "", OUTCOME_CRASH,
     "lost connection to test machine", "LOST_CONNECTION"},
    {"run-reset", GUEST_END_RESET, STAGE_REPRO, BOOT MARK, "", OUTCOME_CRASH,
     "unexpected kernel reboot", "REBOOT"},
    {"run-restart", GUEST_END_RESET, STAGE_REPRO, BOOT MARK RESTART, "", OUTCOME_OK, NULL, NULL},
    {"run-restart-of-boot", GUEST_END_RESET, STAGE_REPRO, BOOT RESTART MARK, "", OUTCOME_CRASH,
     "unexpected kernel reboot", "REBOOT"},
    {"run-qemu-died", GUEST_END_QEMU_DIED, STAGE_REPRO, BOOT MARK,
     "qemu: warning: x\nqemu: abort\nmore\n", OUTCOME_INFRA, "QEMU failed: qemu: abort", NULL},
    {"run-kvm-error", GUEST_END_SILENT, STAGE_REPRO, BOOT MARK,
     "warning\nKVM internal error. Suberror: 1\nRAX=0\n", OUTCOME_INFRA,
     "QEMU failed: KVM internal error. Suberror: 1", NULL},
    {"run-suppressed", GUEST_END_FINISHED, STAGE_DONE, BOOT MARK OOM, "", OUTCOME_OK, NULL, NULL},
    {"run-cut-short", GUEST_END_CRASHED, STAGE_REPRO, BOOT MARK, "", OUTCOME_INFRA,
     "ended for a crash report that does not count", NULL},
    {"boot-panic", GUEST_END_RESET, STAGE_START, BOOT PANIC, "", OUTCOME_BOOT_FAILED,
     "kernel panic: VFS: Unable to mount root fs", "DoS"},
    {"boot-warning-panic", GUEST_END_RESET, STAGE_START, BOOT WARN PANIC, "", OUTCOME_BOOT_FAILED,
     "kernel panic: VFS: Unable to mount root fs", "DoS"},
    {"boot-greeting", GUEST_END_RESET, STAGE_START,
     "Decompressing Linux... Parsing ELF... done.\nBooting the kernel.\n", "", OUTCOME_BOOT_FAILED,
     "unexpected kernel reboot", NULL},
    {"boot-silent", GUEST_END_SILENT, STAGE_START, "", "", OUTCOME_BOOT_FAILED,
     "no output from test machine", NULL},
    {"boot-timeout", GUEST_END_TIMEOUT, STAGE_START, BOOT, "", OUTCOME_BOOT_FAILED,
     "the boot did not end in time", NULL},
    {"boot-no-port", GUEST_END_RESET, STAGE_START, BOOT MARK_NO_PORT ": No such device\n", "",
     OUTCOME_BOOT_FAILED, "the kernel has no second serial port (CONFIG_SERIAL_8250)", NULL},
    {"boot-qemu-died", GUEST_END_QEMU_DIED, STAGE_START, "",
     "qemu: could not load kernel 'x': No such file\n", OUTCOME_INFRA,
     "QEMU failed: qemu: could not load kernel 'x': No such file", NULL},
    {"basic-failed", GUEST_END_FINISHED, STAGE_INIT, BOOT, "", OUTCOME_BASIC_FAILED,
     "a trivial program does not run", NULL},
    {"basic-crash", GUEST_END_RESET, STAGE_INIT, BOOT WARN PANIC, "", OUTCOME_BASIC_FAILED,
     "kernel panic: VFS: Unable to mount root fs", "DoS"},
    {"basic-gave-up", GUEST_END_FINISHED, STAGE_INIT, BOOT, "", OUTCOME_BASIC_FAILED,
     "a trivial program ended with 3", NULL, "a trivial program ended with 3"},
    {"basic-crash-gave-up", GUEST_END_FINISHED, STAGE_INIT, BOOT WARN, "", OUTCOME_BASIC_FAILED,
     "WARNING in smc_release", "WARNING", "a trivial program ended with -1"},
    {"run-gave-up", GUEST_END_FINISHED, STAGE_REPRO, BOOT MARK, "", OUTCOME_BASIC_FAILED,
     "no pipe: No file descriptors available", NULL, "no pipe: No file descriptors available"},
    {"run-gave-up-after-boot-warning", GUEST_END_FINISHED, STAGE_REPRO, BOOT WARN MARK, "",
     OUTCOME_BASIC_FAILED, "no pipe: Cannot allocate memory", NULL,
     "no pipe: Cannot allocate memory"},
    /* The crash is why PID 1 gave up, not the other way round. */
    {"crash-then-gave-up", GUEST_END_FINISHED, STAGE_REPRO, BOOT MARK WARN, "", OUTCOME_CRASH,
     "WARNING in smc_release", "WARNING", "no pipe: Cannot allocate memory"},
    {"gave-up-then-reset", GUEST_END_RESET, STAGE_REPRO, BOOT MARK, "", OUTCOME_CRASH,
     "unexpected kernel reboot", "REBOOT", "no pipe: Cannot allocate memory"},
};

static void test_classify(gconstpointer data)
{
    const Case *test = data;
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GBytes) console = g_bytes_new_static(test->console, strlen(test->console));
    g_autoptr(Outcome) outcome =
        outcome_classify(reader, test->end, test->stage, test->failure, console, test->qemu_stderr);

    g_assert_cmpstr(outcome_kind_name(outcome->kind), ==, outcome_kind_name(test->kind));
    g_assert_cmpstr(outcome->title, ==, test->title);
    g_assert_cmpstr(outcome->report ? outcome->report->type : NULL, ==, test->type);
    g_assert_true(g_bytes_equal(outcome->console, console));
    if (outcome->report) {
        g_assert_cmpstr(outcome->report->title, ==, test->title);
        g_assert_cmpuint(outcome->report->end, <=, strlen(test->console));
    }
}

static void test_kinds(void)
{
    OutcomeKind kind = OUTCOME_OK;

    for (guint i = 0; i < N_OUTCOME_KINDS; i++) {
        g_assert_true(outcome_kind_parse(outcome_kind_name((OutcomeKind)i), &kind));
        g_assert_cmpuint(kind, ==, i);
    }
    g_assert_false(outcome_kind_parse("OK", &kind));
    g_assert_cmpuint(kind, ==, N_OUTCOME_KINDS - 1);
}

static void feed(Protocol *protocol, const char *text)
{
    protocol_feed(protocol, text, strlen(text));
}

static void test_protocol(void)
{
    g_autoptr(Protocol) protocol = protocol_new();

    feed(protocol, "firstbad-guest 1 in");
    g_assert_cmpint(protocol->stage, ==, STAGE_START);
    feed(protocol, "it\r\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_INIT);
    feed(protocol, "ready\ntick\nwhat is this\n\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_READY);
    feed(protocol, "run 1\nout hello\x01\xff\nexit 1 255\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_REPRO);
    g_assert_cmpstr(protocol->output->str, ==, "hello??\n");
    g_assert_cmpint(protocol->last_exit, ==, 255);
    feed(protocol, "run 2\nexit 2 -1\n");
    g_assert_cmpuint(protocol->n_runs, ==, 2);
    g_assert_cmpint(protocol->last_exit, ==, -1);
    feed(protocol, "end\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_DONE);
    g_assert_null(protocol->failure);
}

/* Lines that a hostile guest may send: none of them moves a stage, a count or a status. */
static void test_hostile_protocol(void)
{
    static const char *const lines[] = {
        "run 0",
        "run 2",
        "run -1",
        "run 99999999999999999999",
        "run 1x",
        "run ",
        "run",
        "exit 1 0",
        "exit 1",
        "exit 1 256",
        "exit  1",
        "ready ",
        "readyfailed",
        " ready",
        "end ",
        "END",
        "failed",
        "out",
        "firstbad-guest",
        "failed: no",
    };
    g_autoptr(Protocol) protocol = protocol_new();
    g_autofree char *flood = g_strnfill(1000000, 'x');

    feed(protocol, "ready\nrun 1\nend\nfailed early\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_START);
    g_assert_null(protocol->failure);
    feed(protocol, WORD_HELLO "\nrun 1\nend\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_INIT);
    feed(protocol, "ready\n");
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        feed(protocol, lines[i]);
        feed(protocol, "\n");
        g_assert_cmpint(protocol->stage, ==, STAGE_READY);
        g_assert_cmpuint(protocol->n_runs, ==, 0);
        g_assert_cmpint(protocol->last_exit, ==, -1);
        g_assert_null(protocol->failure);
    }
    /* A line without end, whose end looks like a word. */
    for (guint i = 0; i < 10; i++) {
        feed(protocol, flood);
        g_assert_cmpuint(protocol->line->len, <, 1000);
    }
    feed(protocol, "\nrun 1\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_REPRO);
    feed(protocol, WORD_HELLO "\nready\nrun 1\nexit 2 0\nexit 1 4\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_REPRO);
    g_assert_cmpint(protocol->last_exit, ==, 4);
    for (guint i = 0; i < 10000; i++) {
        feed(protocol, "out again and again and again\n");
    }
    g_assert_cmpuint(protocol->output->len, <, 20000);
    protocol_feed(protocol, "failed a\0b\nfailed c\n", 20);
    g_assert_cmpstr(protocol->failure, ==, "ab");
    feed(protocol, "end\nrun 2\nexit 1 5\n");
    g_assert_cmpint(protocol->stage, ==, STAGE_DONE);
    g_assert_cmpuint(protocol->n_runs, ==, 1);
    g_assert_cmpint(protocol->last_exit, ==, 4);
}

typedef struct WatchFixture {
    OopsReader *reader;
    GuestSpec spec;
    Watch *watch;
} WatchFixture;

static void watch_set_up(WatchFixture *fixture, gconstpointer unused)
{
    fixture->reader = oops_reader_new();
    guest_spec_default(&fixture->spec, fixture->reader);
    fixture->spec.boot_timeout_ms = 20000;
    fixture->spec.trial_timeout_ms = 100000;
    fixture->spec.settle_ms = 1000;
    fixture->spec.silence_timeout_ms = 30000;
    fixture->spec.after_crash_ms = 5000;
    fixture->watch = watch_new(&fixture->spec);
}

static void watch_tear_down(WatchFixture *fixture, gconstpointer unused)
{
    watch_free(fixture->watch);
    oops_reader_free(fixture->reader);
}

/* Let the time run from @from_ms, second by second, with PID 1 ticking and the console printing or
 * not. Returns when the trial was over, and how. */
static guint64 let_run(Watch *watch, guint64 from_ms, gboolean ticks, gboolean prints,
                       GuestEnd *ret_end)
{
    for (guint64 now_ms = from_ms; now_ms < 1000000; now_ms += 500) {
        if (ticks) {
            watch_protocol(watch, watch->stage, FALSE, now_ms);
        }
        if (prints) {
            watch_console(watch, "x\n", 2, now_ms);
        }
        if (watch_is_over(watch, now_ms, ret_end)) {
            return now_ms;
        }
    }
    g_assert_not_reached();
}

static void test_watch_boot(WatchFixture *fixture, gconstpointer unused)
{
    GuestEnd end;

    g_assert_cmpuint(let_run(fixture->watch, 0, FALSE, TRUE, &end), ==, 20000);
    g_assert_cmpint(end, ==, GUEST_END_TIMEOUT);
    /* The same again from PID 1 on. */
    watch_protocol(fixture->watch, STAGE_INIT, FALSE, 19000);
    g_assert_cmpuint(let_run(fixture->watch, 19000, FALSE, TRUE, &end), ==, 39000);
    g_assert_cmpint(end, ==, GUEST_END_TIMEOUT);
    watch_protocol(fixture->watch, STAGE_INIT, TRUE, 19000);
    g_assert_cmpuint(let_run(fixture->watch, 19000, FALSE, TRUE, &end), ==, 19500);
    g_assert_cmpint(end, ==, GUEST_END_FINISHED);
}

static void feed_console(Watch *watch, const char *text, gsize n_piece, guint64 now_ms)
{
    for (gsize at = 0, n_text = strlen(text); at < n_text; at += n_piece) {
        watch_console(watch, text + at, MIN(n_piece, n_text - at), now_ms);
    }
}

static void test_watch_run(WatchFixture *fixture, gconstpointer unused)
{
    Watch *watch = fixture->watch;
    GuestEnd end;

    watch_protocol(watch, STAGE_REPRO, FALSE, 1000);
    g_assert_cmpuint(let_run(watch, 1000, TRUE, TRUE, &end), ==, 1000 + 100000 + 1000 + 10000);
    g_assert_cmpint(end, ==, GUEST_END_TIMEOUT);
    watch_protocol(watch, STAGE_REPRO, FALSE, 2000);
    watch_console(watch, "x", 1, 2500);
    g_assert_cmpuint(let_run(watch, 3000, FALSE, FALSE, &end), ==, 32500);
    g_assert_cmpint(end, ==, GUEST_END_SILENT);
    watch_protocol(watch, STAGE_REPRO, FALSE, 2000);
    g_assert_cmpuint(let_run(watch, 2000, FALSE, TRUE, &end), ==, 32000);
    g_assert_cmpint(end, ==, GUEST_END_LOST);
    /* Hung just before its time is up: that is still silence, not an end like others. */
    watch_protocol(watch, STAGE_REPRO, FALSE, 100000);
    watch_console(watch, "x", 1, 100000);
    g_assert_cmpuint(let_run(watch, 100500, FALSE, FALSE, &end), ==, 130000);
    g_assert_cmpint(end, ==, GUEST_END_SILENT);
    /* The last word ends it at once, but for a console that has just said something. */
    watch_protocol(watch, STAGE_DONE, FALSE, 150000);
    g_assert_true(watch_is_over(watch, 150000, &end));
    g_assert_cmpint(end, ==, GUEST_END_FINISHED);
    feed_console(watch, "<2>" MARK_REPRO "\nBUG: ", 4, 150010);
    g_assert_false(watch_is_over(watch, 150010, &end));
    g_assert_true(watch_is_over(watch, 150100, &end));
    g_assert_cmpint(end, ==, GUEST_END_FINISHED);
}

/* A crash that the kernel survives ends the trial, wherever its bytes are torn apart. */
static void test_watch_crash(WatchFixture *fixture, gconstpointer unused)
{
    for (gsize n_piece = 1; n_piece < 90; n_piece += 8) {
        g_autoptr(Watch) watch = watch_new(&fixture->spec);
        GuestEnd end;

        feed_console(watch, BOOT WARN, n_piece, 1000);
        g_assert_false(watch->crash_seen);
        watch_protocol(watch, STAGE_INIT, FALSE, 1500);
        feed_console(watch, MARK "[    2.1] fine\n" OOM, n_piece, 2000);
        watch_protocol(watch, STAGE_REPRO, FALSE, 2000);
        g_assert_false(watch->crash_seen);
        feed_console(watch, WARN, n_piece, 3000);
        g_assert_true(watch->crash_seen);
        g_assert_cmpuint(let_run(watch, 3000, TRUE, TRUE, &end), ==, 8000);
        g_assert_cmpint(end, ==, GUEST_END_CRASHED);
    }
}

/* A panic is the end at any stage, also when the machine does not reset. */
static void test_watch_panic(WatchFixture *fixture, gconstpointer unused)
{
    GuestEnd end;

    feed_console(fixture->watch, BOOT PANIC, 7, 1000);
    g_assert_cmpuint(let_run(fixture->watch, 1000, FALSE, FALSE, &end), ==, 6000);
    g_assert_cmpint(end, ==, GUEST_END_CRASHED);
}

/* The last word is the end, though the console never pauses. */
static void test_watch_endless(WatchFixture *fixture, gconstpointer unused)
{
    Watch *watch = fixture->watch;
    GuestEnd end;

    watch_protocol(watch, STAGE_DONE, FALSE, 1000);
    feed_console(watch, MARK, 100, 1000);
    for (guint64 now_ms = 1000; now_ms < 11000; now_ms += 20) {
        watch_console(watch, "x\n", 2, now_ms);
        g_assert_false(watch_is_over(watch, now_ms, &end));
    }
    g_assert_true(watch_is_over(watch, 11000, &end));
    g_assert_cmpint(end, ==, GUEST_END_FINISHED);
}

/* After a crash so much that it would be pushed out of what is kept. */
static void test_watch_crash_flood(WatchFixture *fixture, gconstpointer unused)
{
    Watch *watch = fixture->watch;
    GuestEnd end;

    watch_protocol(watch, STAGE_REPRO, FALSE, 1000);
    feed_console(watch, MARK WARN, 100, 1000);
    g_assert_true(watch->crash_seen);
    for (gsize n = 0; n < fixture->spec.console_limit / 8; n += 1024) {
        g_assert_false(watch_is_over(watch, 1001, &end));
        g_autofree char *flood = g_strnfill(1024, 'x');
        feed_console(watch, flood, 1024, 1001);
    }
    g_assert_true(watch_is_over(watch, 1001, &end));
    g_assert_cmpint(end, ==, GUEST_END_CRASHED);
}

/* While nobody looked, nobody was silent. */
static void test_watch_skip(WatchFixture *fixture, gconstpointer unused)
{
    Watch *watch = fixture->watch;
    GuestEnd end;

    watch_protocol(watch, STAGE_REPRO, FALSE, 1000);
    watch_console(watch, "x", 1, 1000);
    watch_skip(watch, 500000, 501000);
    g_assert_cmpuint(let_run(watch, 501000, FALSE, FALSE, &end), ==, 531000);
    g_assert_cmpint(end, ==, GUEST_END_SILENT);
}

/* What was seen a moment after the last look does not come to lie ahead: a crash has its time. */
static void test_watch_skip_late(WatchFixture *fixture, gconstpointer unused)
{
    Watch *watch = fixture->watch;
    GuestEnd end;

    watch_protocol(watch, STAGE_REPRO, FALSE, 1000);
    watch_console(watch, MARK WARN, strlen(MARK WARN), 1010);
    g_assert_true(watch->crash_seen);
    watch_skip(watch, 500000, 501000);
    g_assert_false(watch_is_over(watch, 501000, &end));
    g_assert_false(watch_is_over(watch, 505999, &end));
    g_assert_true(watch_is_over(watch, 506000, &end));
    g_assert_cmpint(end, ==, GUEST_END_CRASHED);
}

static void test_watch_flood(WatchFixture *fixture, gconstpointer unused)
{
    g_autofree char *flood = g_strnfill(1 << 20, 'x');

    for (guint i = 0; i < 20; i++) {
        feed_console(fixture->watch, flood, 100000, 1000);
        g_assert_cmpuint(fixture->watch->pending->len, <, 200000);
    }
}

/* --- A channel ------------------------------------------------------------------------------- */

static gboolean on_nothing(gint fd, GIOCondition condition, gpointer channel)
{
    return G_SOURCE_REMOVE;
}

static void count_bytes(gpointer n, const char *bytes, gsize n_bytes)
{
    *(gsize *)n += n_bytes;
}

/* What QEMU said last is read, however much its socket held. */
static void test_channel_rest(void)
{
    g_autoptr(GError) error = NULL;
    gsize n_said = 0, n_read = 0;
    Channel channel = {.owner = &n_read, .take = count_bytes, .fd = -1};
    int fd = channel_open(&channel, NULL, on_nothing, &error), most = 1 << 20;
    char bytes[32768] = "";
    ssize_t n;

    g_assert_no_error(error);
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most), ==, 0);
    g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
    while ((n = write(fd, bytes, sizeof bytes)) > 0) {
        n_said += (gsize)n;
    }
    close(fd);
    g_assert_false(channel_read_rest(&channel));
    g_test_message("%zu bytes", n_said);
    g_assert_cmpuint(n_read, ==, n_said);
}

/* --- As a file ------------------------------------------------------------------------------- */

static Outcome *crash_new(void)
{
    static const char console[] = BOOT MARK WARN "\n\0\xff raw";
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(GBytes) bytes = g_bytes_new_static(console, sizeof console - 1);
    Outcome *outcome = outcome_classify(reader, GUEST_END_CRASHED, STAGE_REPRO, NULL, bytes, "");

    g_free(outcome->output);
    outcome->output = g_strdup("said \"this\"\n");
    outcome->calls = g_strdup("socket 1\n");
    outcome->restored = TRUE;
    outcome->boot_ms = 12;
    outcome->run_ms = 345;
    outcome->n_runs = 5;
    return outcome;
}

static void test_file(void)
{
    g_autofree char *folder = g_dir_make_tmp("firstbad-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "trial-0", NULL);
    g_autoptr(Outcome) outcome = crash_new(), other = g_new0(Outcome, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Outcome) read = NULL;

    g_assert_true(outcome_write(outcome, path, &error));
    /* The second one is dropped. */
    other->kind = OUTCOME_OK;
    g_assert_true(outcome_write(other, path, &error));
    read = outcome_read(path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(read->kind, ==, OUTCOME_CRASH);
    g_assert_cmpstr(read->title, ==, outcome->title);
    g_assert_cmpstr(read->report->text, ==, outcome->report->text);
    g_assert_cmpuint(read->report->text_prefix, ==, outcome->report->text_prefix);
    g_assert_cmpstr(read->report->type, ==, "WARNING");
    g_assert_cmpstrv(read->identity->functions, outcome->identity->functions);
    g_assert_true(g_bytes_equal(read->console, outcome->console));
    g_assert_cmpstr(read->output, ==, outcome->output);
    g_assert_cmpstr(read->calls, ==, outcome->calls);
    g_assert_true(read->restored);
    g_assert_cmpuint(read->run_ms, ==, 345);
    g_assert_cmpint(read->repro_exit, ==, -1);
    g_assert_cmpuint(read->n_runs, ==, 5);
    g_unlink(path);
    g_rmdir(folder);
}

/* Whatever stands there: an outcome that is whole, or an error. */
static void test_foreign_file(void)
{
    static const char *const foreign[] = {
        "",
        "{}",
        "{}\n",
        "[1]\n",
        "{\"kind\":\"party\"}\nx",
        "{\"kind\":\"crash\",\"title\":\"x\"}\n",
        "{\"kind\":\"crash\",\"title\":\"x\",\"report\":{\"title\":\"x\"}}\n",
        ("{\"kind\":\"crash\",\"title\":\"x\",\"report\":{\"title\":\"x\",\"type\":\"x\","
         "\"text\":\"x\",\"prefix\":99}}\n"),
        "{\"kind\":\"infra\"}\n",
        "{\"kind\":7,\"title\":{}}\n",
    };
    g_autofree char *folder = g_dir_make_tmp("firstbad-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "trial-0", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_true(g_file_set_contents(path, foreign[i], -1, NULL));
        g_assert_null(outcome_read(path, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
    g_unlink(path);
    g_assert_null(outcome_read(folder, NULL));
    g_assert_null(outcome_read(path, NULL));
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/outcome/classify/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test_classify);
    }
    g_test_add_func("/outcome/kinds", test_kinds);
    g_test_add_func("/channel/rest", test_channel_rest);
    g_test_add_func("/outcome/file", test_file);
    g_test_add_func("/outcome/foreign-file", test_foreign_file);
    g_test_add_func("/protocol/honest", test_protocol);
    g_test_add_func("/protocol/hostile", test_hostile_protocol);
#define ADD(name, func) g_test_add(name, WatchFixture, NULL, watch_set_up, func, watch_tear_down)
    ADD("/watch/boot", test_watch_boot);
    ADD("/watch/endless", test_watch_endless);
    ADD("/watch/crash-flood", test_watch_crash_flood);
    ADD("/watch/skip", test_watch_skip);
    ADD("/watch/skip-late", test_watch_skip_late);
    ADD("/watch/run", test_watch_run);
    ADD("/watch/crash", test_watch_crash);
    ADD("/watch/panic", test_watch_panic);
    ADD("/watch/flood", test_watch_flood);
    return g_test_run();
}
