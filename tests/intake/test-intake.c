/* SPDX-License-Identifier: Apache-2.0
 * What people have of a crash, read: samples after the mails and pages of all years, and what
 * nobody means well.
 */
#include <gio/gio.h>
#include <string.h>

#include "intake/intake.h"

static const OopsReader *reader;

static GBytes *read_sample(const char *name)
{
    g_autofree char *path =
        g_build_filename(g_getenv("G_TEST_SRCDIR"), "tests", "intake", "seeds", "mail", name, NULL);
    g_autoptr(GError) error = NULL;
    char *text;
    gsize n;

    g_file_get_contents(path, &text, &n, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(text, n);
}

static Intake *intake_of(const char *name, IntakeKind kind)
{
    g_autoptr(GBytes) bytes = read_sample(name);
    Intake *intake = intake_new();

    g_assert_cmpint(intake_add(intake, reader, bytes), ==, kind);
    return intake;
}

static IntakeKind add_text(Intake *intake, const char *text)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));

    return intake_add(intake, reader, bytes);
}

static IntakeKind kind_of(const char *text)
{
    g_autoptr(Intake) intake = intake_new();

    return add_text(intake, text);
}

static void says(const Intake *intake, IntakeItem item, const char *text)
{
    g_assert_cmpstr(intake->of[item].text, ==, text);
}

static void links(const Intake *intake, IntakeItem item, const char *link)
{
    g_assert_cmpstr(intake->of[item].link, ==, link);
}

static void holds(const Intake *intake, IntakeItem item, const char *part)
{
    gsize n;
    const char *bytes;

    g_assert_nonnull(intake->of[item].bytes);
    bytes = g_bytes_get_data(intake->of[item].bytes, &n);
    g_assert_nonnull(g_strstr_len(bytes, (gssize)n, part));
}

/* --- Mails ----------------------------------------------------------------------------------- */

static void test_report(void)
{
    g_autoptr(Intake) intake = intake_of("report-2025.eml", INTAKE_MAIL);

    says(intake, INTAKE_TITLE, "WARNING: refcount bug in sk_psock_get");
    says(intake, INTAKE_START, "d358e5254674");
    says(intake, INTAKE_START_TITLE, NULL); /* it was cut */
    says(intake, INTAKE_TREE, "https://git.kernel.org/pub/scm/linux/kernel/git/gregkh/usb.git");
    links(intake, INTAKE_TREE, "https://git.kernel.org/pub/scm/linux/kernel/git/gregkh/usb.git");
    says(intake, INTAKE_BRANCH, "usb-testing");
    says(intake, INTAKE_COMPILER,
         "gcc (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40");
    links(intake, INTAKE_CONFIG, "https://syzkaller.appspot.com/x/.config?x=222222222222222");
    links(intake, INTAKE_REPRO_SYZ, "https://syzkaller.appspot.com/x/repro.syz?x=33333333333333");
    links(intake, INTAKE_REPRO_C, "https://syzkaller.appspot.com/x/repro.c?x=44444444444444");
    links(intake, INTAKE_DASHBOARD, "https://syzkaller.appspot.com/bug?extid=0123456789abcdef0123");
    says(intake, INTAKE_REPORTED_BY, "syzbot+0123456789abcdef0123@syzkaller.appspotmail.com");
    g_assert_true(g_str_has_prefix(intake->of[INTAKE_FUNCTIONS].text, "sk_psock_get "));
    g_assert_cmpuint(intake->cc->len, ==, 4);
    g_assert_cmpstr(intake->cc->pdata[2], ==, "netdev@vger.kernel.org");
    g_assert_false(intake_has(intake, INTAKE_CONFIG));
}

/* Early 2018: links on lines of their own, which the mail has folded. */
static void test_flowed(void)
{
    g_autoptr(Intake) intake = intake_of("report-flowed.eml", INTAKE_MAIL);

    says(intake, INTAKE_TITLE, "WARNING: refcount bug in put_pid_ns");
    says(intake, INTAKE_START, "9dd2326890d89a5179967c947dab2bab34d7ddee");
    says(intake, INTAKE_START_TITLE,
         "Merge tag 'ceph-for-4.16-rc8' of git://github.com/ceph/ceph-client");
    says(intake, INTAKE_TREE, "upstream");
    links(intake, INTAKE_CONFIG, "https://syzkaller.appspot.com/x/.config?id=-2760467897697295172");
    links(intake, INTAKE_REPRO_C, "https://syzkaller.appspot.com/x/repro.c?id=5578311367393280");
    links(intake, INTAKE_REPRO_SYZ,
          "https://syzkaller.appspot.com/x/repro.syz?id=6405492943355904");
    links(intake, INTAKE_DASHBOARD, "https://syzkaller.appspot.com/bug?extid=aaaaaaaaaaaaaaaaaaaa");
    says(intake, INTAKE_COMPILER, "gcc (GCC) 7.1.1 20170620");
}

/* Its text alone, as an archive shows it. */
static void test_unfolded(void)
{
    g_autoptr(Intake) intake = intake_new();

    g_assert_cmpint(add_text(intake,
                             "syzbot hit the following crash on upstream commit\n"
                             "9dd2326890d89a5179967c947dab2bab34d7ddee (Fri Mar 30 17:29:47 "
                             "2018 +0000)\nLinux 4.16\nKernel config:  \n"
                             "https://syzkaller.appspot.com/x/.config?id=-2\n"),
                    ==, INTAKE_MAIL);
    says(intake, INTAKE_START_TITLE, "Linux 4.16");
    links(intake, INTAKE_CONFIG, "https://syzkaller.appspot.com/x/.config?id=-2");
}

/* 2017: all files are attached, in base64, and the text is quoted-printable. */
static void test_attached(void)
{
    g_autoptr(Intake) intake = intake_of("report-attached.eml", INTAKE_MAIL);

    says(intake, INTAKE_TITLE, "KASAN: use-after-free Read in foo_release");
    says(intake, INTAKE_START, "d476c5334f1dee122534b29639f8d46a85ecbb9d");
    links(intake, INTAKE_TREE, "git://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git");
    says(intake, INTAKE_BRANCH, "master");
    holds(intake, INTAKE_CONFIG, "CONFIG_X86_64=y");
    holds(intake, INTAKE_REPRO_C, "int main()");
    holds(intake, INTAKE_REPRO_SYZ, "r0 = socket$inet6");
    says(intake, INTAKE_CONFIG, "attached to the mail that syzbot sent");
}

static void test_bisected(void)
{
    g_autoptr(Intake) intake = intake_of("bisected.txt", INTAKE_MAIL);

    says(intake, INTAKE_START, "ee78a17615ad");
    says(intake, INTAKE_START_TITLE, "Add linux-next specific files for 20240606");
    says(intake, INTAKE_TREE, "linux-next");
    says(intake, INTAKE_CULPRIT, "16a471177496c8e04a9793812c187a2c1a2192fa");
    links(intake, INTAKE_BISECT_LOG, "https://syzkaller.appspot.com/x/bisect.txt?x=11111111111111");
    g_assert_false(intake_has(intake, INTAKE_BISECT_LOG));
}

static void test_quoted(void)
{
    g_autoptr(Intake) intake = intake_of("quoted.eml", INTAKE_MAIL);

    says(intake, INTAKE_TITLE, "KASAN: use-after-free Read in put_ctx");
    says(intake, INTAKE_START, "13e3c7793e2f");
    says(intake, INTAKE_TREE, "bpf");
    says(intake, INTAKE_ARCH, "i386");
    g_assert_cmpstr(intake->cc->pdata[1], ==, "juergen@example.org");
}

/* Commit, config and reproducer are of one report: the one that has a reproducer. */
static void test_thread(void)
{
    g_autoptr(Intake) intake = intake_of("thread.mbox", INTAKE_MAIL);

    says(intake, INTAKE_TITLE, "general protection fault in baz_poll");
    says(intake, INTAKE_START, "bbbbbbbbbbbb");
    says(intake, INTAKE_START_TITLE, "Linux 5.19-rc1");
    says(intake, INTAKE_TREE, "net-next");
    links(intake, INTAKE_CONFIG, "https://syzkaller.appspot.com/x/.config?x=2222222222222222");
    g_assert_cmpuint(intake->cc->len, ==, 3);
}

/* What nobody means well: no link but a harmless one, no control character of a subject's. */
static void test_hostile(void)
{
    g_autoptr(Intake) intake = intake_of("hostile.eml", INTAKE_MAIL);

    says(intake, INTAKE_START, "d358e5254674");
    for (guint i = 0; i < N_INTAKE_ITEMS; i++) {
        links(intake, (IntakeItem)i, NULL);
        g_assert_null(intake->of[i].bytes);
    }
}

/* Parts with nothing in them. */
static void test_empty(void)
{
    g_autoptr(Intake) intake = intake_new();

    add_text(intake,
             "From: a@example.org\nSubject: empty\nContent-Type: text/plain; format=flowed\n\n");
    add_text(intake, "From: a@example.org\nSubject: empty\nContent-Type: multipart/mixed; "
                     "boundary=b\n\n--b\nContent-Type: text/html\n\n--b\n\n--b--\n");
    says(intake, INTAKE_TITLE, NULL);
}

static void test_deep(void)
{
    g_autoptr(GString) mail = g_string_new("From: a@example.org\nSubject: deep\n");
    g_autoptr(Intake) intake = intake_new();

    for (guint i = 0; i < 5000; i++) {
        g_string_append_printf(mail, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i,
                               i);
    }
    add_text(intake, mail->str);
    g_assert_false(intake_has(intake, INTAKE_START));
}

/* --- Pages ----------------------------------------------------------------------------------- */

static void test_page(void)
{
    g_autoptr(Intake) intake = intake_of("page.html", INTAKE_PAGE);

    says(intake, INTAKE_TITLE, "KASAN: slab-use-after-free Read in foo_release");
    says(intake, INTAKE_START, "4444444444444444444444444444444444444444");
    says(intake, INTAKE_TREE, "upstream");
    links(intake, INTAKE_TREE,
          "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git");
    says(intake, INTAKE_SYZKALLER, "5555555555555555555555555555555555555555");
    links(intake, INTAKE_CONFIG,
          "https://syzkaller.appspot.com/text?tag=KernelConfig&x=bbbbbbbbbbbbbbb");
    links(intake, INTAKE_REPRO_C, "https://syzkaller.appspot.com/text?tag=ReproC&x=bbbbbbbbbbbbbb");
    links(intake, INTAKE_BISECT_LOG, "https://syzkaller.appspot.com/x/bisect.txt?x=11111111111111");
    says(intake, INTAKE_CULPRIT, "1111111111111111111111111111111111111111");
    says(intake, INTAKE_REPORTED_BY, "syzbot+dddddddddddddddddddd@syzkaller.appspotmail.com");
}

static void test_page_text(void)
{
    g_autoptr(Intake) intake = intake_of("page.txt", INTAKE_PAGE);

    says(intake, INTAKE_TITLE, "KASAN: slab-use-after-free Read in foo_release");
    says(intake, INTAKE_START, "444444444444");
    says(intake, INTAKE_TREE, "upstream");
    says(intake, INTAKE_REPRO_C, "linked as \"C\" on the page");
    says(intake, INTAKE_CULPRIT, "1111111111111111111111111111111111111111");
}

/* --- Logs ------------------------------------------------------------------------------------ */

static void test_git_log(void)
{
    g_autoptr(Intake) intake = intake_of("git-bisect.log", INTAKE_GIT_LOG);
    g_autoptr(GBytes) bytes = read_sample("git-bisect.log");
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_autoptr(GitLog) log = git_log_read(text, NULL);
    const GitWord *skipped = log->words->pdata[3];

    says(intake, INTAKE_START, "1111111111111111111111111111111111111111");
    says(intake, INTAKE_GOOD, "2222222222222222222222222222222222222222");
    g_assert_true(intake_has(intake, INTAKE_BISECT_LOG));
    g_assert_false(intake->is_fix);
    g_assert_cmpuint(log->words->len, ==, 5);
    g_assert_cmpstr(skipped->commit, ==, "4444444444444444444444444444444444444444");
    g_assert_cmpint(skipped->verdict, ==, VERDICT_SKIP);
}

static void test_git_start(void)
{
    g_autoptr(GitLog) log = git_log_read("git bisect start 'v6.2' 'v6.1' 'v6.0' '--' 'net/core'\n"
                                         "git bisect skip --force\n",
                                         NULL);

    g_assert_cmpuint(log->words->len, ==, 3);
    g_assert_cmpstr(log->bad, ==, "v6.2");
    g_assert_cmpstr(log->good, ==, "v6.1");
}

#define BAD  "8f6b1c4f6c5c0f1d6ad8e4f2b1b8a4f3c2d1e0f9"
#define GOOD "f164e2a9d3c4b5a697887766554433221100ffee"

/* As git 2.39 writes it: names in "start" are those of another repository, the comments have ids.
 */
static void test_git_names(void)
{
    g_autoptr(GitLog) log = git_log_read("# bad: [" BAD "] net: change 9\n# good: [" GOOD "] one\n"
                                         "git bisect start 'HEAD' 'mine'\n",
                                         NULL);
    g_autoptr(GitLog) bare =
        git_log_read("git bisect start 'HEAD' 'v6.1'\ngit bisect bad " BAD "\n", NULL);
    g_autoptr(GitLog) terms =
        git_log_read("# fixed: [" BAD "] net: change 9\n# broken: [" GOOD "] one\n"
                     "git bisect start '--term-new' 'fixed' '--term-old=broken' 'HEAD' 'mine'\n"
                     "git bisect fixed 1111111111111111111111111111111111111111\n",
                     NULL);

    g_assert_cmpuint(log->words->len, ==, 2);
    g_assert_cmpstr(log->bad, ==, BAD);
    g_assert_cmpstr(log->good, ==, GOOD);
    g_assert_cmpuint(bare->words->len, ==, 1);
    g_assert_null(bare->good);
    g_assert_true(terms->is_fix);
    g_assert_cmpuint(terms->words->len, ==, 3);
    g_assert_cmpstr(terms->bad, ==, BAD);
}

/* What is left out of a log without end is counted. */
static void test_git_log_long(void)
{
    g_autoptr(GString) text = g_string_new("git bisect start 'HEAD' 'v6.1'\n");
    g_autoptr(GitLog) log = NULL;

    for (guint i = 0; i < 600; i++) {
        g_string_append_printf(text, "git bisect skip %040x\n", i);
    }
    log = git_log_read(text->str, NULL);
    g_assert_nonnull(log);
    g_assert_cmpuint(log->words->len + log->n_left_out, >=, 600);
    g_assert_cmpuint(log->words->len, ==, 500);
    g_assert_cmpuint(log->n_left_out, >=, 100);
}

/* In a mail, with terms of its own: what mended it is looked for; its words are not the user's. */
static void test_git_fix(void)
{
    g_autoptr(Intake) intake = intake_of("git-bisect-fix.eml", INTAKE_MAIL);

    g_assert_true(intake->is_fix);
    g_assert_null(intake->of[INTAKE_BISECT_LOG].bytes);
    says(intake, INTAKE_START, "2222222222222222222222222222222222222222");
    says(intake, INTAKE_GOOD, "1111111111111111111111111111111111111111");
    says(intake, INTAKE_TITLE, NULL); /* of a crash there is one line, and what people say */
}

static void test_git_nothing(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(git_log_read("git bisect start\n# nothing was said\n", &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void test_syzbot_log(void)
{
    g_autoptr(Intake) intake = intake_new();

    g_assert_cmpint(add_text(intake,
                             "bisecting cause commit starting from "
                             "1111111111111111111111111111111111111111\nbuilding syzkaller on "
                             "2222222222222222222222222222222222222222\ntesting commit "
                             "1111111111111111111111111111111111111111 with gcc (GCC) 8.1.0\n"
                             "run #0: crashed: WARNING in other\nrun #1: crashed: WARNING in foo\n"
                             "run #2: crashed: WARNING in foo\n"),
                    ==, INTAKE_SYZBOT_LOG);
    says(intake, INTAKE_START, "1111111111111111111111111111111111111111");
    says(intake, INTAKE_SYZKALLER, "2222222222222222222222222222222222222222");
    says(intake, INTAKE_TITLE, "WARNING in foo");
    g_assert_true(intake_has(intake, INTAKE_BISECT_LOG));
}

/* --- Files ----------------------------------------------------------------------------------- */

static void test_kinds(void)
{
    g_assert_cmpint(kind_of("CONFIG_SMP=y\nCONFIG_NET=y\n# CONFIG_PM is not set\nCONFIG_PCI=y\n"),
                    ==, INTAKE_CONFIG_FILE);
    g_assert_cmpint(kind_of("#include <stdio.h>\nint main(void)\n{\n}\n"), ==, INTAKE_C_FILE);
    g_assert_cmpint(kind_of("# {Threaded:true}\nr0 = openat$kvm(0xffffffffffffff9c, 0x0)\n"
                            "ioctl(r0, 0xae01, 0x0) (fail_nth: 3)\n"),
                    ==, INTAKE_SYZ_FILE);
    g_assert_cmpint(kind_of("{\"threaded\":true,\"procs\":6}"), ==, INTAKE_OPTS_FILE);
    g_assert_cmpint(kind_of("[  3.1] kernel BUG at mm/usercopy.c:84!\n[  3.2] invalid opcode: 0000 "
                            "[#1] SMP\n"),
                    ==, INTAKE_CONSOLE);
    g_assert_cmpint(kind_of("hello\n"), ==, INTAKE_UNKNOWN);
    g_assert_cmpint(kind_of(""), ==, INTAKE_UNKNOWN);
    g_assert_cmpint(kind_of("\xff\xfe"), ==, INTAKE_UNKNOWN);
}

static void test_console(void)
{
    g_autoptr(Intake) intake = intake_new();

    add_text(intake, "[    9.1] BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
                     "[    9.1] CPU: 0 PID: 41 Comm: a Not tainted 6.1.0 #1\n"
                     "[    9.1] RIP: 0010:foo_poll+0x10/0x20\n"
                     "[    9.1] Call Trace:\n[    9.1]  <TASK>\n"
                     "[    9.1]  foo_work+0x12/0x40\n[    9.1]  </TASK>\n");
    says(intake, INTAKE_TITLE, "BUG: unable to handle kernel NULL pointer dereference in foo_poll");
    says(intake, INTAKE_FUNCTIONS, "foo_poll foo_work");
    says(intake, INTAKE_START, NULL);
}

/* /proc/config.gz; and a file that only begins as if it was packed. */
static void test_packed(void)
{
    static const guint8 damaged[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3};
    const char *config = "CONFIG_SMP=y\nCONFIG_NET=y\nCONFIG_PCI=y\n";
    g_autoptr(GConverter) gzip =
        G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
    g_autoptr(Intake) intake = intake_new();
    g_autoptr(GBytes) broken = g_bytes_new_static(damaged, sizeof damaged), packed = NULL;
    guint8 bytes[256];
    gsize n_read, n;

    g_assert_cmpint(g_converter_convert(gzip, config, strlen(config), bytes, sizeof bytes,
                                        G_CONVERTER_INPUT_AT_END, &n_read, &n, NULL),
                    ==, G_CONVERTER_FINISHED);
    packed = g_bytes_new(bytes, n);
    g_assert_cmpint(intake_add(intake, reader, broken), ==, INTAKE_UNKNOWN);
    g_assert_cmpint(intake_add(intake, reader, packed), ==, INTAKE_CONFIG_FILE);
    holds(intake, INTAKE_CONFIG, "CONFIG_PCI=y");
}

/* A file that was given wins over one that was attached, whichever comes first. */
static void test_given(void)
{
    const char *mine = "CONFIG_MINE=y\nCONFIG_SMP=y\nCONFIG_NET=y\n";
    g_autoptr(GBytes) mail = read_sample("report-attached.eml");
    g_autoptr(Intake) before = intake_new(), after = intake_new();

    add_text(before, mine);
    intake_add(before, reader, mail);
    intake_add(after, reader, mail);
    add_text(after, mine);
    holds(before, INTAKE_CONFIG, "CONFIG_MINE=y");
    holds(after, INTAKE_CONFIG, "CONFIG_MINE=y");
    holds(after, INTAKE_REPRO_C, "int main()");
}

int main(int argc, char **argv)
{
    g_autoptr(OopsReader) rules = oops_reader_new();

    g_test_init(&argc, &argv, NULL);
    reader = rules;
    g_test_add_func("/intake/mail/report", test_report);
    g_test_add_func("/intake/mail/flowed", test_flowed);
    g_test_add_func("/intake/mail/unfolded", test_unfolded);
    g_test_add_func("/intake/mail/attached", test_attached);
    g_test_add_func("/intake/mail/bisected", test_bisected);
    g_test_add_func("/intake/mail/quoted", test_quoted);
    g_test_add_func("/intake/mail/thread", test_thread);
    g_test_add_func("/intake/mail/hostile", test_hostile);
    g_test_add_func("/intake/mail/empty", test_empty);
    g_test_add_func("/intake/mail/deep", test_deep);
    g_test_add_func("/intake/page/html", test_page);
    g_test_add_func("/intake/page/text", test_page_text);
    g_test_add_func("/intake/git-log/plain", test_git_log);
    g_test_add_func("/intake/git-log/start", test_git_start);
    g_test_add_func("/intake/git-log/names", test_git_names);
    g_test_add_func("/intake/git-log/long", test_git_log_long);
    g_test_add_func("/intake/git-log/fix", test_git_fix);
    g_test_add_func("/intake/git-log/nothing", test_git_nothing);
    g_test_add_func("/intake/syzbot-log", test_syzbot_log);
    g_test_add_func("/intake/files/kinds", test_kinds);
    g_test_add_func("/intake/files/console", test_console);
    g_test_add_func("/intake/files/packed", test_packed);
    g_test_add_func("/intake/files/given", test_given);
    return g_test_run();
}
