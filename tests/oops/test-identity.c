/* SPDX-License-Identifier: Apache-2.0
 * Are two crashes one bug? Pairs as kernels print them, and what the figures promise.
 */
#include "oops/oops.h"

#include <string.h>

/* A use after free, seen by who reads; the other side of the race is in the stack of who freed. */
#define UAF_READ                                                                                   \
    "BUG: KASAN: use-after-free in tls_push_record+0x1ac/0x2d0\n"                                  \
    "Read of size 8 at addr ffff888012345678 by task repro/123\n"                                  \
    "\n"                                                                                           \
    "CPU: 1 PID: 123 Comm: repro Not tainted 5.10.0 #1\n"                                          \
    "Call Trace:\n"                                                                                \
    " dump_stack+0x10/0x20\n"                                                                      \
    " print_address_description+0x10/0x20\n"                                                       \
    " kasan_report+0x10/0x20\n"                                                                    \
    " tls_push_record+0x1ac/0x2d0\n"                                                               \
    " tls_sw_sendmsg+0x700/0x900\n"                                                                \
    " inet_sendmsg+0x20/0x40\n"                                                                    \
    " ? stale_frame+0x1/0x2\n"                                                                     \
    " sock_sendmsg+0x20/0x40\n"                                                                    \
    " __x64_sys_sendto+0x20/0x40\n"                                                                \
    " do_syscall_64+0x20/0x40\n"                                                                   \
    "\n"                                                                                           \
    "Freed by task 124:\n"                                                                         \
    " kasan_save_stack+0x10/0x20\n"                                                                \
    " kfree+0x10/0x20\n"                                                                           \
    " tls_sk_free_ctx+0x40/0x60\n"                                                                 \
    " tls_sk_proto_close+0x100/0x200\n"                                                            \
    " inet_release+0x10/0x20\n"                                                                    \
    " __sock_release+0x10/0x20\n"

/* The same race, noticed by who closes. */
#define UAF_CLOSE                                                                                  \
    "BUG: KASAN: use-after-free in tls_sk_proto_close+0x88/0x200\n"                                \
    "Write of size 4 at addr ffff888012345679 by task repro/124\n"                                 \
    "\n"                                                                                           \
    "CPU: 0 PID: 124 Comm: repro Not tainted 5.10.0 #1\n"                                          \
    "Call Trace:\n"                                                                                \
    " dump_stack+0x10/0x20\n"                                                                      \
    " kasan_report+0x10/0x20\n"                                                                    \
    " tls_sk_proto_close+0x88/0x200\n"                                                             \
    " inet_release+0x10/0x20\n"                                                                    \
    " __sock_release+0x10/0x20\n"                                                                  \
    "\n"                                                                                           \
    "Freed by task 123:\n"                                                                         \
    " kfree+0x10/0x20\n"                                                                           \
    " tls_push_record+0x100/0x2d0\n"                                                               \
    " tls_sw_sendmsg+0x700/0x900\n"                                                                \
    " inet_sendmsg+0x20/0x40\n"

/* A use after free elsewhere. */
#define UAF_EXT4                                                                                   \
    "BUG: KASAN: use-after-free in ext4_xattr_set_entry+0x88/0x200\n"                              \
    "Read of size 4 at addr ffff888012345679 by task repro/124\n"                                  \
    "\n"                                                                                           \
    "CPU: 0 PID: 124 Comm: repro Not tainted 5.10.0 #1\n"                                          \
    "Call Trace:\n"                                                                                \
    " dump_stack+0x10/0x20\n"                                                                      \
    " kasan_report+0x10/0x20\n"                                                                    \
    " ext4_xattr_set_entry+0x88/0x200\n"                                                           \
    " ext4_xattr_block_set+0x10/0x20\n"                                                            \
    " ext4_setattr+0x10/0x20\n"                                                                    \
    " notify_change+0x10/0x20\n"                                                                   \
    "\n"                                                                                           \
    "Freed by task 123:\n"                                                                         \
    " kfree+0x10/0x20\n"                                                                           \
    " ext4_evict_inode+0x100/0x2d0\n"                                                              \
    " evict+0x700/0x900\n"

static OopsIdentity *identity_of(const char *console)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    g_autoptr(OopsReport) report = oops_find(reader, console, strlen(console), 0);

    g_assert_nonnull(report);
    return oops_identity_new(reader, report);
}

static gboolean has_function(const OopsIdentity *identity, const char *function)
{
    return g_strv_contains((const char *const *)identity->functions, function);
}

static void test_value(void)
{
    g_autoptr(OopsIdentity) identity = identity_of(UAF_READ);
    g_autoptr(OopsIdentity) copy = oops_identity_copy(identity);

    g_assert_cmpstr(identity->title, ==, "KASAN: use-after-free Read in tls_push_record");
    g_assert_cmpstr(identity->type, ==, "KASAN-USE-AFTER-FREE-READ");
    g_assert_cmpstr(identity->frame, ==, "tls_push_record");
    g_assert_cmpstr(identity->functions[0], ==, "tls_push_record");
    g_assert_cmpstr(identity->functions[1], ==, "tls_sw_sendmsg");
    g_assert_true(has_function(identity, "sendto"));
    g_assert_true(has_function(identity, "tls_sk_proto_close"));
    g_assert_false(has_function(identity, "stale_frame"));
    g_assert_false(has_function(identity, "kasan_report"));
    g_assert_false(has_function(identity, "do_syscall_64"));
    g_assert_cmpstr(copy->title, ==, identity->title);
    g_assert_true(g_strv_equal((const char *const *)copy->functions,
                               (const char *const *)identity->functions));
}

/* What a store keeps is enough. */
static void test_value_of_title(void)
{
    g_autoptr(OopsIdentity) bare = oops_identity_of_title("KASAN: use-after-free Read in f", NULL);
    g_autoptr(OopsIdentity) kept = oops_identity_of_title("WARNING in f", "f g h");

    g_assert_cmpstr(bare->type, ==, "KASAN-USE-AFTER-FREE-READ");
    g_assert_cmpstr(bare->frame, ==, "f");
    g_assert_null(bare->functions[0]);
    g_assert_cmpuint(g_strv_length(kept->functions), ==, 3);
    g_assert_cmpstr(kept->functions[2], ==, "h");
}

/* However long a stack is: what is compared is small. */
static void test_bounded(void)
{
    g_autoptr(GString) console = g_string_new("WARNING: CPU: 0 PID: 1 at a.c:1 f0+0x1/0x2\n"
                                              "Call Trace:\n");

    g_autoptr(GString) names = g_string_new("f0");
    g_autoptr(OopsIdentity) identity = NULL, kept = NULL;

    for (guint i = 1; i < 3000; i++) {
        g_string_append_printf(console, " f%u+0x1/0x2\n", i);
        g_string_append_printf(names, " f%u", i);
    }
    identity = identity_of(console->str);
    g_assert_cmpuint(g_strv_length(identity->functions), ==, 32);
    kept = oops_identity_of_title("WARNING in f0", names->str);
    g_assert_cmpuint(g_strv_length(kept->functions), ==, 32);
    g_assert_cmpstr(kept->functions[31], ==, "f31");
}

static void test_relations(void)
{
    static const struct {
        const char *a, *b;
        OopsRelation relation;
    } pairs[] = {
        {"WARNING in f", "WARNING in f", OOPS_SAME_TITLE},
        {"KASAN: use-after-free Read in f", "general protection fault in f", OOPS_SAME_FRAME},
        {"KASAN: use-after-free Read in f", "KASAN: use-after-free Read in g", OOPS_SAME_KIND},
        {"KASAN: use-after-free Read in f", "KASAN: slab-out-of-bounds Write in g",
         OOPS_SAME_CLASS},
        {"WARNING in f", "WARNING in g", OOPS_SAME_CLASS},
        {"INFO: rcu detected stall in f", "INFO: task hung in g", OOPS_SAME_CLASS},
        {"possible deadlock in f", "INFO: rcu detected stall in g", OOPS_UNRELATED},
        {"WARNING in f", "KASAN: use-after-free Read in g", OOPS_UNRELATED},
        {"WARNING in f", "no output from test machine", OOPS_NO_WORDS},
        {"no output from test machine", "no output from test machine", OOPS_SAME_TITLE},
        {"WARNING in f", "INFO: rcu detected stall in corrupted", OOPS_CORRUPTED},
        {"BUG: soft lockup in corrupted", "INFO: rcu detected stall in corrupted", OOPS_CORRUPTED},
        {"", "", OOPS_SAME_TITLE},
        {"", "WARNING in f", OOPS_UNRELATED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(OopsIdentity) a = oops_identity_of_title(pairs[i].a, NULL);
        g_autoptr(OopsIdentity) b = oops_identity_of_title(pairs[i].b, NULL);

        g_assert_cmpint(oops_relation(a, b), ==, pairs[i].relation);
        g_assert_cmpint(oops_relation(b, a), ==, pairs[i].relation);
    }
}

static void set_alternative(OopsIdentity *identity, const char *alternative)
{
    g_strfreev(identity->alt_titles);
    identity->alt_titles = g_strsplit(alternative, "\n", -1);
}

static void test_alternatives(void)
{
    g_autoptr(OopsIdentity) a = oops_identity_of_title("WARNING in f", NULL);
    g_autoptr(OopsIdentity) b = oops_identity_of_title("BUG: soft lockup in corrupted", NULL);

    set_alternative(a, "stall in corrupted");
    set_alternative(b, "stall in corrupted");
    g_assert_cmpint(oops_relation(a, b), ==, OOPS_CORRUPTED);
    set_alternative(a, "bad-access in g");
    set_alternative(b, "bad-access in g");
    g_assert_cmpint(oops_relation(a, b), ==, OOPS_SAME_FRAME);
    g_assert_cmpint(oops_relation(b, a), ==, OOPS_SAME_FRAME);
    set_alternative(a, "BUG: soft lockup in corrupted");
    set_alternative(b, "");
    g_assert_cmpint(oops_relation(a, b), ==, OOPS_SAME_FRAME);
}

static void test_overlap(void)
{
    g_autoptr(OopsIdentity) read = identity_of(UAF_READ);
    g_autoptr(OopsIdentity) closed = identity_of(UAF_CLOSE);
    g_autoptr(OopsIdentity) ext4 = identity_of(UAF_EXT4);
    g_autoptr(OopsIdentity) bare = oops_identity_of_title("WARNING in f", NULL);
    g_autoptr(OopsIdentity) abcd = oops_identity_of_title("x", "a b c d");
    g_autoptr(OopsIdentity) abce = oops_identity_of_title("x", "a b c e");
    g_autoptr(OopsIdentity) ebcd = oops_identity_of_title("x", "e b c d");

    g_assert_cmpfloat(oops_overlap(read, read), ==, 1);
    g_assert_cmpfloat_with_epsilon(oops_overlap(read, closed), oops_overlap(closed, read), 1e-12);
    g_assert_cmpfloat(oops_overlap(read, closed), >, 0.4);
    g_assert_cmpfloat(oops_overlap(read, ext4), ==, 0);
    g_assert_cmpfloat(oops_overlap(read, bare), ==, -1);
    g_assert_cmpfloat(oops_overlap(bare, bare), ==, -1);
    /* Inner functions count more. */
    g_assert_cmpfloat(oops_overlap(abcd, abce), >, oops_overlap(abcd, ebcd));
    g_assert_cmpuint(oops_overlap_step(0), ==, 0);
    g_assert_cmpuint(oops_overlap_step(1), ==, OOPS_N_OVERLAPS - 1);
}

/* --- Bugs ------------------------------------------------------------------------------------ */

static OopsBug *bug_new(void)
{
    OopsMatchModel model;

    oops_match_model_default(&model);
    return oops_bug_new(&model);
}

static void see(OopsBug *bug, const char *title, guint n)
{
    g_autoptr(OopsIdentity) crash = oops_identity_of_title(title, NULL);

    oops_bug_add(bug, crash, n);
}

static double match(const OopsBug *bug, const char *title)
{
    g_autoptr(OopsIdentity) crash = oops_identity_of_title(title, NULL);

    return oops_bug_match(bug, crash);
}

/* From the surest to the least. */
static void test_match(void)
{
    static const char *const titles[] = {
        "KASAN: use-after-free Read in f",       "general protection fault in f",
        "general protection fault in corrupted", "KASAN: use-after-free Read in g",
        "KASAN: slab-out-of-bounds Read in g",   "INFO: task hung in h",
    };
    g_autoptr(OopsBug) bug = bug_new();
    double last = 1;

    g_assert_cmpfloat(match(bug, titles[0]), ==, 0);
    see(bug, titles[0], 10);
    g_assert_cmpuint(oops_bug_n_crashes(bug), ==, 10);
    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++) {
        double now = match(bug, titles[i]);

        g_assert_cmpfloat(now, <, last);
        g_assert_cmpfloat(now, >, 0);
        last = now;
    }
    g_assert_cmpfloat(match(bug, titles[0]), >, 0.95);
    g_assert_cmpfloat(match(bug, "INFO: task hung in h"), <, 0.3);
}

/* One that crashes in many ways is expected to find more of them. */
static void test_many_faces(void)
{
    g_autoptr(OopsBug) one = bug_new(), many = bug_new();

    see(one, "KASAN: use-after-free Read in f", 10);
    for (guint i = 0; i < 10; i++) {
        g_autofree char *title = g_strdup_printf("KASAN: use-after-free Read in f%u_", i);

        see(many, title, 1);
    }
    g_assert_cmpfloat(match(many, "KASAN: use-after-free Read in g"), >,
                      match(one, "KASAN: use-after-free Read in g"));
    g_assert_cmpfloat(match(many, "KASAN: use-after-free Read in f3_"), >, 0.95);
}

/* A crash of the start that has nothing to do with the others may be of another bug, the more so
 * the rarer it was; its own share does not make it the main one. */
static void test_passing_crash(void)
{
    g_autoptr(OopsBug) bug = bug_new();
    double once, thrice;

    see(bug, "KASAN: use-after-free Read in f", 18);
    see(bug, "possible deadlock in h", 1);
    once = match(bug, "possible deadlock in h");
    g_assert_cmpfloat(once, >, match(bug, "possible deadlock in i"));
    g_assert_cmpfloat(once, <, 0.95);
    see(bug, "possible deadlock in h", 2);
    thrice = match(bug, "possible deadlock in h");
    g_assert_cmpfloat(thrice, >, once);
    g_assert_cmpfloat(match(bug, "KASAN: use-after-free Read in f"), >, thrice);
}

/* The side of a race that the start did not show, against a use after free elsewhere. */
static void test_race_from_both_sides(void)
{
    g_autoptr(OopsIdentity) read = identity_of(UAF_READ);
    g_autoptr(OopsIdentity) closed = identity_of(UAF_CLOSE);
    g_autoptr(OopsIdentity) ext4 = identity_of(UAF_EXT4);
    g_autoptr(OopsBug) bug = bug_new();

    oops_bug_add(bug, read, 10);
    g_assert_cmpfloat(oops_bug_match(bug, closed), >, 0.5);
    g_assert_cmpfloat(oops_bug_match(bug, closed), >, oops_bug_match(bug, ext4));
    /* Stacks without a common function make it less. */
    g_assert_cmpfloat(oops_bug_match(bug, ext4), <, match(bug, ext4->title));
    g_assert_cmpfloat(oops_bug_match(bug, closed), >, match(bug, closed->title));
}

/* Whatever the figures are: bounded, and the same when told in another order. */
static void test_properties(void)
{
    static const char *const titles[] = {
        "KASAN: use-after-free Read in f",
        "KASAN: use-after-free Read in g",
        "WARNING in f",
        "INFO: rcu detected stall in corrupted",
        "no output from test machine",
        "",
        "possible deadlock in f",
        "kernel BUG in g",
    };
    guint n = G_N_ELEMENTS(titles);

    for (guint set = 1; set < 1U << n; set++) {
        g_autoptr(OopsBug) forth = bug_new(), back = bug_new();

        for (guint i = 0; i < n; i++) {
            if (set & 1U << i) {
                see(forth, titles[i], i + 1);
            }
            if (set & 1U << (n - 1 - i)) {
                see(back, titles[n - 1 - i], n - i);
            }
        }
        for (guint i = 0; i < n; i++) {
            double now = match(forth, titles[i]);

            g_assert_cmpfloat(now, >, 0);
            g_assert_cmpfloat(now, <, 1);
            g_assert_cmpfloat_with_epsilon(now, match(back, titles[i]), 1e-12);
            see(forth, titles[i], 5);
            g_assert_cmpfloat(match(forth, titles[i]), >=, now); /* seen more, it is surer */
            g_clear_pointer(&forth, oops_bug_free);
            forth = bug_new();
            for (guint j = 0; j < n; j++) {
                if (set & 1U << j) {
                    see(forth, titles[j], j + 1);
                }
            }
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/value", test_value);
    g_test_add_func("/identity/value-of-title", test_value_of_title);
    g_test_add_func("/identity/bounded", test_bounded);
    g_test_add_func("/identity/relations", test_relations);
    g_test_add_func("/identity/alternatives", test_alternatives);
    g_test_add_func("/identity/overlap", test_overlap);
    g_test_add_func("/identity/match", test_match);
    g_test_add_func("/identity/many-faces", test_many_faces);
    g_test_add_func("/identity/passing-crash", test_passing_crash);
    g_test_add_func("/identity/race-from-both-sides", test_race_from_both_sides);
    g_test_add_func("/identity/properties", test_properties);
    return g_test_run();
}
