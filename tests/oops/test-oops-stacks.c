/* SPDX-License-Identifier: Apache-2.0
 * Stacks of reports: the frames of each architecture, and who ran the program.
 */
#include "oops/oops.h"

#include <string.h>

static OopsReport *find(const char *console)
{
    g_autoptr(OopsReader) reader = oops_reader_new();

    return oops_find(reader, console, strlen(console), 0);
}

/* A console, and its stacks as describe_stacks() has them. */
static const struct {
    const char *console, *stacks;
} cases[] = {
    {"[    1.0] kernel BUG at a.c:1!\n"
     "[    1.0] RIP: 0010:f.isra.0+0x10/0x20\n"
     "[    1.0] RSP: 0018:ffff EFLAGS: 00010246\n"
     "[    1.0] Call Trace:\n"
     "[    1.0]  <IRQ>\n"
     "[    1.0]  f.isra.0+0x10/0x20\n"
     "[    1.0]  ? stale+0x1/0x2\n"
     "[    1.0]  g+0x1/0x2 [mod]\n"
     "[    1.0]  </IRQ>\n"
     "[    1.0]  <TASK>\n"
     "[    1.0]  asm_irq+0x1/0x2\n"
     "[    1.0] RIP: 0010:interrupted+0x1/0x2\n"
     "[    1.0] RAX: 0000000000000000 RBX: 1\n"
     "[    1.0]  caller+0x1/0x2\n"
     "[    1.0] RIP: 0033:0x7f1234\n"
     "[    1.0]  </TASK>\n"
     "[    1.0] Modules linked in: a\n",
     "RIP: f.isra.0\n"
     "Call Trace: f.isra.0 stale? g asm_irq interrupted caller\n"},
    {"BUG: KASAN: slab-use-after-free in f file.h:1 [inline]\n"
     "BUG: KASAN: slab-use-after-free in g+0x1/0x2 file.c:2\n"
     "Read of size 8 at addr ffff by task a/1\n"
     "Call Trace:\n f file.h:1 [inline]\n g+0x1/0x2 file.c:2\n\n"
     "Allocated by task 12:\n a+0x1/0x2 a.c:1 [mod]\n\n"
     "Freed by task 12:\n b+0x1/0x2\n",
     "Call Trace: f g\nAllocated by task 12: a\nFreed by task 12: b\n"},
    {"WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
     "RIP: 0010:deep a.h:1 [inline]\nRIP: 0010:f+0x1/0x2 a.c:1\n"
     "Call Trace:\n [<ffffffff81>] ? f+0x1/0x2\n <EOI>  [<ffffffff82>] g+0x1/0x2\n",
     "RIP: deep f\nCall Trace: f? g\n"},
    {"Internal error: Oops: 5 [#1] SMP ARM\nPC is at f+0x10/0x20\nLR is at g+0x1/0x2\n"
     "Backtrace:\n[<8010>] (f) from [<8011>] (g+0x1/0x2)\n r5:8010 r4:8011\n"
     "[<8011>] (g) from [<8012>] (h+0x1/0x2)\n",
     "PC: f\nLR: g\nBacktrace: f g h\n"},
    {"Internal error: Oops: 96000004 [#1] SMP\npc : f+0x10/0x20\nlr : g+0x1/0x2\n"
     "sp : ffff\nx29: 1 x28: 2\nCall trace:\n f+0x10/0x20 (P)\n g+0x1/0x2\n",
     "pc: f\nlr: g\nCall trace: f g\n"},
    {"BUG: Unable to handle kernel data access at 0x1\n"
     "NIP [c00000000022d79c] f+0x1ac/0x5f0\nLR [c00000000022d784] g+0x194/0x5f0\n"
     "Call Trace:\n[c00000007a3efa20] [c00000000030a060] g+0x7b0/0x13a0 (unreliable)\n"
     "[c00000007a3efb30] [c00000000030b06c] h+0x26c/0x280\n",
     "NIP: f\nLR: g\nCall Trace: g h\n"},
    {"WARNING: CPU: 1 PID: 2 at a.c:1 f+0x1/0x2\nepc : f+0x72/0xb2\n ra : g+0x70/0xb2\n"
     "Call Trace:\n[<ffffffe00008c762>] f+0x72/0xb2\n[<ffffffe000005570>] g+0x0/0x14\n",
     "epc: f\nra: g\nCall Trace: f g\n"},
    {"WARNING: CPU: 1 PID: 2 at a.c:1 f+0x1/0x2\nKrnl PSW : 0704c00180000000 1 (f+0x1/0x2)\n"
     "Call Trace:\n [<0000000000112233>] f+0x72/0xb2 \n([<0000000000112233>] g+0x1/0x2)\n",
     "Krnl: f\nCall Trace: f g\n"},
    {"BUG: KCSAN: data-race in f / g\n\nwrite to 0xffff of 8 bytes by task 1 on cpu 0:\n"
     " f+0x1/0x2\n\nread to 0xffff of 8 bytes by task 2 on cpu 1:\n g+0x1/0x2\n",
     "write to 0xffff of 8 bytes by task 1 on cpu 0: f\n"
     "read to 0xffff of 8 bytes by task 2 on cpu 1: g\n"},
    {"BUG: bad\n", ""},
};

/* "label: f g? h", a stack a line. */
static char *describe_stacks(const OopsReport *report)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < report->stacks->len; i++) {
        const OopsStack *stack = report->stacks->pdata[i];

        g_string_append_printf(out, "%s:", stack->label);
        for (guint j = 0; j < stack->frames->len; j++) {
            const OopsFrame *frame = stack->frames->pdata[j];

            g_string_append_printf(out, " %s%s", frame->function, frame->reliable ? "" : "?");
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static void test_stacks(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(OopsReport) report = find(cases[i].console);
        g_autofree char *stacks = describe_stacks(report);

        g_assert_cmpstr(stacks, ==, cases[i].stacks);
    }
}

static void test_frames(void)
{
    g_autoptr(OopsReport) report =
        find("BUG: bad\nCall Trace:\n f.cold-0x5/0x1f\n g+0xffffffff812/0x20 [nf_tables 1a2b]\n"
             " _RNvCs1_4rust+0x1/0x2 a.rs:1 [mod]\n h+0x7\n i+0x\n");
    const OopsStack *stack = report->stacks->pdata[0];
    const OopsFrame *f = stack->frames->pdata[0], *g = stack->frames->pdata[1];
    const OopsFrame *rust = stack->frames->pdata[2], *h = stack->frames->pdata[3];

    g_assert_cmpuint(stack->frames->len, ==, 4);
    g_assert_cmpstr(f->function, ==, "f.cold");
    g_assert_cmpint((gint64)f->offset, ==, -5);
    g_assert_cmpuint(f->size, ==, 0x1f);
    g_assert_null(f->module);
    g_assert_cmpuint(g->offset, ==, 0xffffffff812);
    g_assert_cmpstr(g->module, ==, "nf_tables");
    g_assert_cmpstr(rust->function, ==, "_RNvCs1_4rust");
    g_assert_cmpstr(rust->module, ==, "mod");
    g_assert_cmpuint(h->offset, ==, 7);
    g_assert_cmpuint(h->size, ==, 0);
}

static void test_executor(void)
{
    g_autoptr(OopsReport) report = find("BUG: bad\nCPU: 0 PID: 1 Comm: syz.3.104 Not tainted\n");
    g_autoptr(OopsReport) other = find("BUG: bad\nCPU: 0 PID: 1 Comm: syz.x.104 Not tainted\n");

    g_assert_true(report->has_executor);
    g_assert_cmpuint(report->executor_proc, ==, 3);
    g_assert_cmpuint(report->executor_id, ==, 104);
    g_assert_false(other->has_executor);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oops/stacks/labels", test_stacks);
    g_test_add_func("/oops/stacks/frames", test_frames);
    g_test_add_func("/oops/stacks/executor", test_executor);
    return g_test_run();
}
