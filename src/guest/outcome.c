/* SPDX-License-Identifier: Apache-2.0
 * What a trial showed, from how it ended, how far it came and what the console says.
 *
 * The order of belief: a crash report after the reproducer's start is a crash, whatever came then;
 * QEMU failing is our machine's fault; a guest that did not come so far failed at its stage; a
 * guest that stopped answering or reset without a word is a crash of that name; a PID 1 that gave
 * up after all that could not run programs; the rest is ok.
 *
 * What the kernel prints before MARK_REPRO is the boot's: many revisions warn while booting, and
 * that must not be taken for the reproducer's work.
 */
#include "guest/guest.h"

#include <string.h>

#include "guest/init/plan.h"
#include "guest/init/words.h"
#include "guest/qemu.h"

#define NO_OUTPUT       "no output from test machine"
#define LOST_CONNECTION "lost connection to test machine"
#define REBOOT          "unexpected kernel reboot"

static const char *const kind_names[N_OUTCOME_KINDS] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_CRASH] = "crash",
    [OUTCOME_BOOT_FAILED] = "boot-failed",
    [OUTCOME_BASIC_FAILED] = "basic-failed",
    [OUTCOME_INFRA] = "infra",
    [OUTCOME_UNREACHED] = "unreached",
};

const char *outcome_kind_name(OutcomeKind kind)
{
    return kind_names[kind];
}

gboolean outcome_kind_parse(const char *name, OutcomeKind *ret_kind)
{
    for (guint kind = 0; kind < N_OUTCOME_KINDS; kind++) {
        if (strcmp(name, kind_names[kind]) == 0) {
            *ret_kind = (OutcomeKind)kind;
            return TRUE;
        }
    }
    return FALSE;
}

void outcome_free(Outcome *outcome)
{
    if (!outcome) {
        return;
    }
    g_free(outcome->title);
    g_free(outcome->output);
    g_free(outcome->calls);
    g_free(outcome->origin);
    oops_report_free(outcome->report);
    oops_identity_free(outcome->identity);
    g_clear_pointer(&outcome->console, g_bytes_unref);
    g_free(outcome);
}

/* Where @word ends in @text, or 0. */
static gsize find_end(const char *text, gsize n_text, const char *word)
{
    const char *at = memmem(text, n_text, word, strlen(word));

    return at ? (gsize)(at - text) + strlen(word) : 0;
}

/* Where what the reproducer did begins, or 0 when the console does not say. The mark of a long boot
 * may be among what was left out: then all before that is the boot's. */
static gsize find_mark(const char *text, gsize n_text)
{
    gsize mark = find_end(text, n_text, MARK_REPRO);

    return mark ? mark : find_end(text, n_text, strchr(CONSOLE_CUT, '#') + 1);
}

static gboolean contains(GBytes *console, gsize from, const char *word)
{
    gsize n_text;
    const char *text = g_bytes_get_data(console, &n_text);

    return n_text > from && memmem(text + from, n_text - from, word, strlen(word)) != NULL;
}

/* A report counts unless it is the fuzzer's own, or the boot loader's greeting. */
static gboolean counts(const OopsReport *report)
{
    return !report->suppressed && strcmp(report->title, REBOOT) != 0;
}

/* The first report: what follows is mostly its consequence. */
static OopsReport *first_report(const OopsReader *reader, GBytes *console, gsize from)
{
    gsize n_text;
    const char *text = g_bytes_get_data(console, &n_text);

    while (from < n_text) {
        g_autoptr(OopsReport) report = oops_find(reader, text, n_text, from);

        if (!report || counts(report)) {
            return g_steal_pointer(&report);
        }
        from = MAX(report->skip, from + 1);
    }
    return NULL;
}

/* What ended a boot: the last whole report, since warnings that the boot survived come before. */
static OopsReport *last_report(const OopsReader *reader, GBytes *console)
{
    gsize n_text;
    const char *text = g_bytes_get_data(console, &n_text);
    g_autoptr(OopsReport) last = NULL;

    for (gsize from = 0; from < n_text;) {
        OopsReport *report = oops_find(reader, text, n_text, from);

        if (!report) {
            break;
        }
        from = MAX(report->skip, from + 1);
        if (counts(report) && (!last || !report->corrupted_reason)) {
            oops_report_free(last);
            last = report;
        } else {
            oops_report_free(report);
        }
    }
    return g_steal_pointer(&last);
}

/* The report of a crash that left no words. */
static OopsReport *wordless_report(const char *title, const char *type, gsize at)
{
    OopsReport *report = g_new0(OopsReport, 1);

    report->title = g_strdup(title);
    report->alt_titles = g_new0(char *, 1);
    report->type = g_strdup(type);
    report->frame = g_strdup("");
    report->start = report->end = report->skip = at;
    report->text = g_strconcat(title, "\n", NULL);
    report->stacks = g_ptr_array_new();
    return report;
}

/* Did the guest go down in good order, by reboot(2)? A reproducer may end so. */
static gboolean shut_down(GBytes *console, gsize from)
{
    return contains(console, from, "reboot: Restarting system") ||
           contains(console, from, "reboot: Power down") ||
           contains(console, from, "reboot: System halted");
}

static const char *boot_failure(GuestEnd end, GBytes *console)
{
    if (contains(console, 0, MARK_NO_PORT)) {
        return "the kernel has no second serial port (CONFIG_SERIAL_8250)";
    }
    switch (end) {
    case GUEST_END_RESET:
        return REBOOT;
    case GUEST_END_SILENT:
        return NO_OUTPUT;
    case GUEST_END_LOST:
        return LOST_CONNECTION;
    case GUEST_END_TIMEOUT:
        return "the boot did not end in time";
    default:
        return "a trivial program does not run";
    }
}

/* The reproducer was not reached. */
static void fail(Outcome *outcome, OutcomeKind kind, GuestEnd end, const char *failure,
                 const OopsReader *reader)
{
    outcome->kind = kind;
    outcome->report = last_report(reader, outcome->console);
    if (failure && g_str_has_prefix(failure, PLAN_FAILED)) {
        /* PID 1 knows better than a warning of the boot. */
        failure += strlen(PLAN_FAILED);
    } else if (outcome->report) {
        failure = outcome->report->title;
    }
    outcome->title = g_strdup(failure ? failure : boot_failure(end, outcome->console));
}

/* QEMU failed: its own words, or the first of them. */
static void blame_machine(Outcome *outcome, const char *qemu_stderr)
{
    const char *kvm = strstr(qemu_stderr, QEMU_KVM_ERROR);
    g_autofree char *complaint = qemu_complaint(kvm ? kvm : qemu_stderr);

    outcome->kind = OUTCOME_INFRA;
    outcome->title = g_strconcat("QEMU failed: ", complaint, NULL);
}

/* The reproducer was running, and nothing on the console tells of a crash. */
static void classify_run(Outcome *outcome, GuestEnd end, const char *failure, gsize from)
{
    gboolean orderly = shut_down(outcome->console, from);
    gsize at = g_bytes_get_size(outcome->console);

    if (end == GUEST_END_RESET && !orderly) {
        outcome->report = wordless_report(REBOOT, "REBOOT", at);
    } else if (end == GUEST_END_SILENT && !orderly) {
        outcome->report = wordless_report(NO_OUTPUT, "HANG", at);
    } else if (end == GUEST_END_LOST && !orderly) {
        outcome->report = wordless_report(LOST_CONNECTION, "LOST_CONNECTION", at);
    }
    if (outcome->report) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = g_strdup(outcome->report->title);
    } else if (failure) {
        /* A guest that cannot run the reproducer's program is one that runs no programs. Reports
         * of the boot are not why. */
        outcome->kind = OUTCOME_BASIC_FAILED;
        outcome->title = g_strdup(failure);
    } else if (end == GUEST_END_CRASHED) {
        /* Cut short for something that is no crash when read as a whole: tells nothing. */
        outcome->kind = OUTCOME_INFRA;
        outcome->title = g_strdup("ended for a crash report that does not count");
    } else {
        outcome->kind = OUTCOME_OK;
    }
}

Outcome *outcome_classify(const OopsReader *reader, GuestEnd end, GuestStage stage,
                          const char *failure, GBytes *console, const char *qemu_stderr)
{
    Outcome *outcome = g_new0(Outcome, 1);
    gsize n_text;
    const char *text = g_bytes_get_data(console, &n_text);
    gsize from = find_mark(text, n_text);

    outcome->console = g_bytes_ref(console);
    outcome->output = g_strdup("");
    outcome->repro_exit = -1;
    if (stage >= STAGE_READY) {
        outcome->report = first_report(reader, console, from);
    }
    if (outcome->report) {
        outcome->kind = OUTCOME_CRASH;
        outcome->title = g_strdup(outcome->report->title);
    } else if (end == GUEST_END_QEMU_DIED || strstr(qemu_stderr, QEMU_KVM_ERROR)) {
        blame_machine(outcome, qemu_stderr);
    } else if (stage == STAGE_START) {
        fail(outcome, OUTCOME_BOOT_FAILED, end, failure, reader);
    } else if (stage == STAGE_INIT) {
        fail(outcome, OUTCOME_BASIC_FAILED, end, failure, reader);
    } else {
        classify_run(outcome, end, failure, from);
    }
    if (outcome->report) {
        outcome->identity = oops_identity_new(reader, outcome->report);
    }
    return outcome;
}
