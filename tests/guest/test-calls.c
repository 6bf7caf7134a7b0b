/* SPDX-License-Identifier: Apache-2.0
 * Counts of system calls: names, text, sums, and what two kernels do differently.
 */
#include "guest/calls.h"

#include <errno.h>
#include <string.h>

#include "guest/init/words.h"
#include "guest/names.h"
#include "guest/protocol.h"

typedef struct Name {
    gulong number;
    const char *items, *name;
    int unknown;
} Name;

static const Name call_names[] = {
    {0, "-", "read", 0},
    {334, "-", "rseq", 0},
    {335, "-", "syscall_335", 0},
    {424, "-", "pidfd_send_signal", 0},
    {425, "-", "io_uring_setup", 0},
    {427, "20", "io_uring_register(IORING_REGISTER_RING_FDS)", EINVAL},
    {450, "-", "set_mempolicy_home_node", 0},
    {451, "-", "cachestat", 0},
    {469, "-", "file_setattr", 0},
    {470, "-", "syscall_470", 0},
    {4294967295U, "-", "i386_4293967295", 0},
    {999999, "-", "syscall_unknown", 0},
    {1000020, "-", "i386_20", 0},
    {41, "43,1", "socket(AF_SMC, SOCK_STREAM)", EINVAL},
    {41, "16,3,16", "socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)", EINVAL},
    {41, "2,1,132", "socket(AF_INET, SOCK_STREAM, 132)", EINVAL},
    {41, "2,10,99999999999999999999", "socket(AF_INET, SOCK_PACKET, 99999999999999999999)", EINVAL},
    {41, "77", "socket(77)", EINVAL},
    {41, "*", "socket(*)", EINVAL},
    {41, "1,2,3,4,5", "socket(AF_UNIX, SOCK_DGRAM, 3,4,5)", EINVAL},
    {41, "\"x,,", "socket(\"x\", , )", EINVAL},
    {49, "38", "bind(AF_ALG)", ENOENT},
    {54, "6,31", "setsockopt(SOL_TCP, 31)", ENOENT},
    {54, "282,2", "setsockopt(SOL_TLS, 2)", ENOENT},
    {54, "5000,2", "setsockopt(5000, 2)", ENOENT},
    {16, "35123", "ioctl(0x8933)", ENOTTY},
    {72, "1032", "fcntl(F_GETPIPE_SZ)", EINVAL},
    {72, "13", "fcntl(13)", EINVAL},
    {101, "16902", "ptrace(PTRACE_SEIZE)", EIO},
    {202, "9", "futex(FUTEX_WAIT_BITSET)", ENOSYS},
    {250, "11", "keyctl(KEYCTL_READ)", EOPNOTSUPP},
    {157, "22", "prctl(PR_SET_SECCOMP)", EINVAL},
    {321, "5,29", "bpf(BPF_PROG_LOAD, BPF_PROG_TYPE_LSM)", EINVAL},
    {321, "0,27", "bpf(BPF_MAP_CREATE, BPF_MAP_TYPE_RINGBUF)", EINVAL},
    {321, "36", "bpf(BPF_TOKEN_CREATE)", EINVAL},
    {56, "268435456", "clone(0x10000000)", EINVAL},
    {257, "\"/dev/kvm", "openat(\"/dev/kvm\")", 0},
    {165, "\"btrfs", "mount(\"btrfs\")", ENODEV},
};

static void test_names(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(call_names); i++) {
        g_autofree char *name = names_of_call((guint32)call_names[i].number, call_names[i].items);

        g_assert_cmpstr(name, ==, call_names[i].name);
        g_assert_cmpint(names_unknown(name), ==, call_names[i].unknown);
    }
    g_assert_cmpint(names_unknown(""), ==, 0);
    g_assert_cmpint(names_unknown("socke"), ==, 0);
    g_assert_cmpint(names_unknown("sockets(AF_INET)"), ==, 0);
}

static Calls *parse(const char *text)
{
    Calls *calls = calls_new();

    g_assert_true(calls_add_text(calls, text));
    return calls;
}

static void test_text(void)
{
    static const char text[] = "traced whole\n"
                               "brk ok 5\n"
                               "socket(AF_SMC, SOCK_STREAM) ok 1\n"
                               "socket(AF_SMC, SOCK_STREAM) EAFNOSUPPORT 12\n"
                               "socket(AF_SMC, SOCK_STREAM) 999 3\n"
                               "openat(\"/dev/kvm\") ENOENT 1\n"
                               "exit_group ? 1\n";
    g_autoptr(Calls) calls = parse(text);
    g_autofree char *again = calls_text(calls, "whole");
    const Call *call = g_hash_table_lookup(calls->names, "socket(AF_SMC, SOCK_STREAM)");

    g_assert_cmpstr(again, ==, text);
    g_assert_cmpuint(calls->n_traces, ==, 1);
    g_assert_cmpuint(calls->n_whole, ==, 1);
    g_assert_cmpuint(call->n_entered, ==, 16);
    g_assert_cmpuint(call_n_returned(call), ==, 16);
    g_assert_cmpuint(call->errors->len, ==, 2);

    g_autoptr(Calls) sum = calls_new();
    calls_add(sum, calls);
    calls_add(sum, calls);
    g_assert_true(calls_add_text(sum, "traced cut\nbrk ? 2\npipe2 ok 1\n"));
    g_assert_cmpuint(sum->n_traces, ==, 3);
    g_assert_cmpuint(sum->n_whole, ==, 2);
    g_autofree char *all = calls_text(sum, "cut");
    g_assert_cmpstr(all, ==,
                    "traced cut\n"
                    "brk ok 10\n"
                    "brk ? 2\n"
                    "socket(AF_SMC, SOCK_STREAM) ok 2\n"
                    "socket(AF_SMC, SOCK_STREAM) EAFNOSUPPORT 24\n"
                    "socket(AF_SMC, SOCK_STREAM) 999 6\n"
                    "openat(\"/dev/kvm\") ENOENT 2\n"
                    "exit_group ? 2\n"
                    "pipe2 ok 1\n");
}

/* What is no trace adds nothing, not even the part that could be read. */
static void test_damaged(void)
{
    static const char *const texts[] = {
        "",
        "trace whole\nbrk ok 1\n",
        "traced whole\nbrk\n",
        "traced whole\nbrk ok\n",
        "traced whole\nbrk ok 0\n",
        "traced whole\nbrk ok -1\n",
        "traced whole\nbrk ok 1x\n",
        "traced whole\nbrk ok 99999999999999999999\n",
        "traced whole\nbrk ok 1\n ok 1\n",
        "traced whole\nbrk ENOTHING 1\n",
        "traced whole\nbrk 0 1\n",
        "traced whole\nbrk 5000 1\n",
        "traced whole\nbrk -5 1\n",
    };
    g_autoptr(Calls) calls = calls_new();
    g_autoptr(GString) many = g_string_new("traced whole\n");

    g_assert_false(calls_add_text(calls, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_assert_false(calls_add_text(calls, texts[i]));
    }
    for (guint i = 0; i <= 2 * TRACE_ROWS; i++) {
        g_string_append_printf(many, "call_%u ok 1\n", i);
    }
    g_assert_false(calls_add_text(calls, many->str));
    g_assert_cmpuint(calls->calls->len, ==, 0);
    g_assert_cmpuint(calls->n_traces, ==, 0);
    /* A run that crashed before its first call. */
    g_assert_true(calls_add_text(calls, "traced broken\n"));
    g_assert_cmpuint(calls->n_traces, ==, 1);
}

static void feed(Protocol *protocol, const char *text)
{
    protocol_feed(protocol, text, strlen(text));
}

static void test_protocol(void)
{
    g_autoptr(Protocol) protocol = protocol_new();

    feed(protocol, WORD_HELLO "\nready\ncall 0 - - 1\ntrace 1\nrun 1\ntrace 2\ncall 0 - - 1\n");
    g_assert_null(protocol->calls);
    feed(protocol, "trace 1\ncall 41 43,1 - 1\ncall 41 43,1 97 1\ncall 41 43,1 - 12\ntick\n"
                   "call 41 43,1 97 12\ncall 41 43,1 97 11\ncall 257 \"/dev/kvm 0 1\n"
                   "call 231 - - 1\n");
    g_autofree char *broken = calls_text(protocol->calls, protocol->traced);
    g_assert_cmpstr(broken, ==,
                    "traced broken\n"
                    "socket(AF_SMC, SOCK_STREAM) EAFNOSUPPORT 12\n"
                    "openat(\"/dev/kvm\") ok 1\n"
                    "exit_group ? 1\n");
    feed(protocol, "traced hole\ntraced whole\ncall 0 - - 1\ntraced cut\nexit 1 0\nrun 2\ntrace 2\n"
                   "call 0 - - 1\n");
    g_autofree char *whole = calls_text(protocol->calls, protocol->traced);
    g_assert_true(g_str_has_prefix(whole, "traced whole\nsocket"));
    g_assert_null(strstr(whole, "read"));
}

static void test_hostile_protocol(void)
{
    static const char *const lines[] = {
        "call",
        "call ",
        "call 0",
        "call 0 -",
        "call 0 - -",
        "call 0 - - 0",
        "call 0 - - -1",
        "call 0 - - 1 ",
        "call 0 - - 1 1",
        "call 0  - 1",
        "call -1 - - 1",
        "call 4294967296 - - 1",
        "call 0 - 4096 1",
        "call 0 - -1 1",
        "call 0 - - 99999999999999999999",
        "call x - - 1",
        "calls 0 - - 1",
        "traced",
        "traced ",
        "traced wholeness",
        "traced broken",
    };
    g_autoptr(Protocol) protocol = protocol_new();

    feed(protocol, WORD_HELLO "\nready\nrun 1\ntrace 1\n");
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        feed(protocol, lines[i]);
        feed(protocol, "\n");
        g_assert_cmpuint(protocol->calls->calls->len, ==, 0);
        g_assert_cmpstr(protocol->traced, ==, "broken");
    }
    g_autofree char *many = g_strnfill(TRACE_ITEMS_MAX + 1, '1');
    g_autofree char *long_items = g_strdup_printf("call 0 %s - 1\n", many);
    feed(protocol, long_items);
    g_assert_cmpuint(protocol->calls->calls->len, ==, 0);
    for (guint i = 0; i < 100000; i++) {
        g_autofree char *line = g_strdup_printf("call %u \"\x01%u 0 1\n", i % 1000, i);

        feed(protocol, line);
    }
    g_assert_cmpuint(protocol->calls->calls->len, <=, 2 * TRACE_ROWS);
    for (guint i = 0; i < 4000; i++) {
        g_autofree char *line = g_strdup_printf("call 0 \"?0 %u 9000000000000000000\n", i);

        feed(protocol, line);
    }
    feed(protocol, "traced whole\n");
    g_autofree char *text = calls_text(protocol->calls, protocol->traced);
    g_assert_true(g_str_is_ascii(text));
    g_assert_null(strchr(text, '\x01'));
    /* All that the protocol lets through can be read again. */
    g_autoptr(Calls) again = parse(text);
    g_autofree char *same = calls_text(again, "whole");
    g_assert_cmpstr(same, ==, text);
}

/* Up to three traces on either side, and the differences that must be seen, "!" before those that
 * tell. */
typedef struct Case {
    const char *name;
    const char *start[3], *here[3];
    const char *differences[5];
} Case;

#define MADE(...)  "traced broken\nbrk ok 5\n" __VA_ARGS__
#define QUIET(...) "traced whole\nbrk ok 5\n" __VA_ARGS__
#define NO_SMC     "!socket(AF_SMC, SOCK_STREAM) fails with EAFNOSUPPORT here, worked at the start"
#define SMC        "socket(AF_SMC, SOCK_STREAM)"

static const Case cases[] = {
    {"same", {MADE("pipe2 ok 3\n")}, {QUIET("pipe2 ok 3\n")}, {NULL}},
    {"nothing-traced-here", {MADE("pipe2 ok 3\n")}, {NULL}, {NULL}},
    {"nothing-traced-at-the-start", {NULL}, {QUIET("pipe2 ok 3\n")}, {NULL}},
    {"no-such-family",
     {MADE(SMC " ok 1\nbind(AF_INET) ok 1\nclose ? 1\n")},
     {QUIET(SMC " EAFNOSUPPORT 1\nexit_group ? 1\n")},
     {NO_SMC, "made at the start, never here: bind(AF_INET)",
      "made at the start, never here: close"}},
    /* What comes after the place of the crash is no difference. */
    {"goes-further", {MADE("listen ? 1\n")}, {QUIET("listen ok 1\naccept EINVAL 1\n")}, {NULL}},
    {"fails-at-the-start-too",
     {MADE(SMC " ok 3\n" SMC " EAFNOSUPPORT 1\n")},
     {QUIET(SMC " EAFNOSUPPORT 4\n")},
     {NULL}},
    {"works-once", {MADE(SMC " ok 9\n")}, {QUIET(SMC " ok 1\n" SMC " EAFNOSUPPORT 8\n")}, {NULL}},
    /* Fails nearly always, so that it always does is luck. */
    {"luck",
     {MADE("connect(AF_INET) ok 1\nconnect(AF_INET) ECONNREFUSED 19\n")},
     {QUIET("connect(AF_INET) ENODEV 20\n")},
     {NULL}},
    {"luck-half",
     {MADE("connect(AF_INET) ok 1\nconnect(AF_INET) ECONNREFUSED 1\n")},
     {QUIET("connect(AF_INET) ENODEV 2\n")},
     {NULL}},
    {"no-luck-half",
     {MADE("connect(AF_INET) ok 10\nconnect(AF_INET) ECONNREFUSED 10\n")},
     {QUIET("connect(AF_INET) ENODEV 20\n")},
     {"!connect(AF_INET) fails with ENODEV here, worked at the start"}},
    /* An errno that depends on data: two traces on both sides must agree. */
    {"data",
     {MADE("write ok 1\n")},
     {QUIET("write EINVAL 1\n")},
     {"write fails with EINVAL here, worked at the start"}},
    {"data-twice",
     {MADE("write ok 1\n"), MADE("write ok 1\n")},
     {QUIET("write EINVAL 1\n"), QUIET("write EINVAL 2\n")},
     {"!write fails with EINVAL here, worked at the start"}},
    {"data-once-of-two",
     {MADE("write ok 1\n"), MADE("write ok 1\n")},
     {QUIET("write EINVAL 1\n"), QUIET("write ok 1\n")},
     {NULL}},
    {"no-absence",
     {MADE("write ok 1\n"), MADE("write ok 1\n")},
     {QUIET("write ENOSPC 1\n"), QUIET("write ENOSPC 2\n")},
     {"write fails with ENOSPC here, worked at the start"}},
    /* Commands, types and names that a kernel does not know, each in its call's way. */
    {"unknown-command",
     {MADE("prctl(PR_SCHED_CORE) ok 1\n")},
     {QUIET("prctl(PR_SCHED_CORE) EINVAL 1\n")},
     {"!prctl(PR_SCHED_CORE) fails with EINVAL here, worked at the start"}},
    {"unknown-file-system",
     {MADE("mount(\"btrfs\") ok 1\n")},
     {QUIET("mount(\"btrfs\") ENODEV 1\n")},
     {"!mount(\"btrfs\") fails with ENODEV here, worked at the start"}},
    {"no-device",
     {MADE("openat(\"/dev/kvm\") ok 1\n")},
     {QUIET("openat(\"/dev/kvm\") ENOENT 1\n")},
     {"!openat(\"/dev/kvm\") fails with ENOENT here, worked at the start"}},
    {"no-file",
     {MADE("openat ok 1\n")},
     {QUIET("openat ENOENT 1\n")},
     {"openat fails with ENOENT here, worked at the start"}},
    /* A kernel without the bug may refuse what crashes the start. */
    {"refuses-the-crash",
     {MADE("sendmsg ? 1\n")},
     {QUIET("sendmsg EINVAL 1\n")},
     {"sendmsg fails with EINVAL here, was the end of the trace at the start"}},
    {"lacks-the-crash",
     {MADE("memfd_secret ? 1\n")},
     {QUIET("memfd_secret ENOSYS 1\n")},
     {"!memfd_secret fails with ENOSYS here, was the end of the trace at the start"}},
    {"never-returns", {MADE("exit_group ? 1\n")}, {QUIET("exit_group ? 1\n")}, {NULL}},
    /* Not there, without an error that says why. */
    {"gone",
     {MADE("ioctl(0x5401) ok 1\nfutex(FUTEX_WAIT) ok 1\n")},
     {QUIET("")},
     {"made at the start, never here: ioctl(0x5401)",
      "made at the start, never here: futex(FUTEX_WAIT)"}},
    {"gone-twice",
     {MADE("ioctl(0x5401) ok 1\nfutex(FUTEX_WAIT) ok 1\n"),
      MADE("ioctl(0x5401) ok 1\nfutex(FUTEX_WAIT) ok 1\n")},
     {QUIET(""), QUIET("")},
     {"!made at the start, never here: ioctl(0x5401)",
      "made at the start, never here: futex(FUTEX_WAIT)"}},
    {"gone-but-not-always-there",
     {MADE("ioctl(0x5401) ok 1\n"), MADE("")},
     {QUIET(""), QUIET("")},
     {NULL}},
    {"gone-many",
     {MADE("a ok 1\nb ok 1\nc ok 1\nd ok 1\ne ok 1\nf ok 1\n")},
     {QUIET("")},
     {"made at the start, never here: a, b, c, d and 2 more"}},
    /* Time was up before it came so far; or it went round and round, and never came there. */
    {"cut-early",
     {MADE("ioctl(0x5401) ok 1\ngetpid ok 900\n")},
     {"traced cut\ngetpid ok 3\n"},
     {NULL}},
    {"cut-late",
     {MADE("ioctl(0x5401) ok 1\ngetpid ok 90\n")},
     {"traced cut\ngetpid ok 9000\n"},
     {"made at the start, never here: ioctl(0x5401)", "made at the start, never here: brk"}},
    {"fewer",
     {MADE("sendto ok 1000\nread ok 1000\nopenat ok 20\n")},
     {QUIET("sendto ok 99\nread ok 101\nopenat ok 1\n")},
     {"sendto is called 99 times here, 1000 times at the start"}},
    {"order",
     {MADE("sendto ok 1000\nwrite ok 1\nioctl(0x5401) ok 1\nsocket(AF_KCM, SOCK_DGRAM) ok 1\n" SMC
           " ok 1\n")},
     {QUIET("sendto ok 1\nwrite EINVAL 1\n" SMC
            " EAFNOSUPPORT 1\nsocket(AF_KCM, SOCK_DGRAM) EAFNOSUPPORT 1\n")},
     {"!socket(AF_KCM, SOCK_DGRAM) fails with EAFNOSUPPORT here, worked at the start", NO_SMC,
      "write fails with EINVAL here, worked at the start",
      "made at the start, never here: ioctl(0x5401)",
      "sendto is called 1 times here, 1000 times at the start"}},
};

static void test_compare(gconstpointer data)
{
    const Case *test = data;
    g_autoptr(Calls) start = calls_new();
    g_autoptr(Calls) here = calls_new();

    for (guint i = 0; i < G_N_ELEMENTS(test->start); i++) {
        g_assert_true(calls_add_text(start, test->start[i]) == (test->start[i] != NULL));
        g_assert_true(calls_add_text(here, test->here[i]) == (test->here[i] != NULL));
    }
    g_autoptr(GPtrArray) differences = calls_compare(start, here);
    for (guint i = 0; i < G_N_ELEMENTS(test->differences) && test->differences[i]; i++) {
        g_assert_cmpuint(i, <, differences->len);
        const CallsDifference *difference = g_ptr_array_index(differences, i);
        g_autofree char *text = g_strconcat(difference->telling ? "!" : "", difference->text, NULL);

        g_assert_cmpstr(text, ==, test->differences[i]);
    }
    for (guint i = 0; i < differences->len; i++) {
        g_test_message("%s", ((CallsDifference *)g_ptr_array_index(differences, i))->text);
        g_assert_cmpuint(i, <, G_N_ELEMENTS(test->differences));
        g_assert_nonnull(test->differences[i]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calls/names", test_names);
    g_test_add_func("/calls/text", test_text);
    g_test_add_func("/calls/damaged", test_damaged);
    g_test_add_func("/calls/protocol", test_protocol);
    g_test_add_func("/calls/hostile-protocol", test_hostile_protocol);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/calls/compare/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test_compare);
    }
    return g_test_run();
}
