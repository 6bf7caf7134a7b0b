/* SPDX-License-Identifier: Apache-2.0
 * Make a state folder with a job for each kind of answer, for tests of how the program tells them.
 *
 * told-world STATE-DIR
 */
#include "stored.h"

#include <string.h>

#define SUBJECT "net/smc: Forward wakeup to smc socket waitqueue after fallback"
#define SPEC                                                                                       \
    "[job]\nstart=" START "\ngood=" GOOD "\nconfig=/somewhere/crash.config\n"                      \
    "repro=/somewhere/crash.c\n"
#define SPEC_FIX "[job]\nfix=true\nstart=" START "\ngood=" GOOD "\n"

static void add_candidate(Answer *answer, const char *commit, double probability,
                          const char *subject)
{
    Candidate *candidate = candidate_new(commit, probability);

    candidate->subject = g_strdup(subject);
    g_ptr_array_add(answer->candidates, candidate);
}

static void add_check(Answer *answer, const char *line)
{
    g_ptr_array_add(answer->checks, g_strdup(line));
}

static void add_culprit(Stored *stored, const char *name, double confidence)
{
    g_autoptr(Answer) answer = stored_culprit(SUBJECT, confidence);

    stored_add(stored, name, "cause", SPEC);
    add_check(answer, "passed: the culprit 341adeec9ada shows the bug (1 of 1 trials)");
    add_check(answer, "passed: its parent 22ef12195e13 does not show it (0 of 14 trials)");
    stored_keep(stored, answer);
}

static void add_sets(Stored *stored)
{
    g_autoptr(Answer) set = stored_answer_new(), failed = stored_answer_new();

    set->kind = failed->kind = ANSWER_SET;
    set->confidence = 0.97;
    set->crash_title = g_strdup(TITLE);
    add_candidate(set, BAD, 0.6, SUBJECT);
    add_candidate(set, SKIP, 0.37, "broken");
    stored_add(stored, "set", "cause", SPEC);
    stored_keep(stored, set);
    add_candidate(failed, BAD, 0.9, SUBJECT);
    add_check(failed, "failed: no file that it changes is in this kernel");
    stored_add(stored, "unconfirmed", "cause", SPEC);
    stored_keep(stored, failed);
}

static void add_revealer(Stored *stored)
{
    g_autoptr(Answer) answer = stored_culprit(SUBJECT, 0.98);

    answer->kind = ANSWER_REVEALER;
    answer->revealer = g_steal_pointer(&answer->culprit);
    answer->reason = g_strdup("before it no revision could show it");
    add_candidate(answer, STEP, 0.2, "Merge tag 'staging-5.17-rc1'");
    answer->older = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
    g_ptr_array_add(answer->older, candidate_new(GOOD, 0));
    stored_add(stored, "revealer", "cause", SPEC);
    stored_keep(stored, answer);
}

/* An answer about one revision, without candidates. */
static void add_about(Stored *stored, const char *name, const char *kind, AnswerKind what,
                      const char *subject)
{
    g_autoptr(Answer) answer = stored_answer_new();

    answer->kind = what;
    answer->subject = g_strdup(subject);
    answer->reason = g_strdup("it is as it is");
    answer->crash_title = g_strdup(TITLE);
    stored_add(stored, name, kind, g_str_equal(kind, "fix") ? SPEC_FIX : SPEC);
    stored_keep(stored, answer);
}

static void add_fix(Stored *stored)
{
    g_autoptr(Answer) answer = stored_culprit("net/smc: mend the wakeup", 0.995);

    stored_add(stored, "fix", "fix", SPEC_FIX);
    stored_keep(stored, answer);
}

/* All that is foreign tries to be more than text. */
#define EVIL                                                                                       \
    "Evil\r\nBcc: victim@example.org\r\n\r\nFrom here on \033[2J\xff\xfe \u202eflow\u2066 "        \
    "Signed-off-by: x <x@example.org>"

static void add_hostile(Stored *stored)
{
    g_autoptr(Answer) answer = stored_culprit(EVIL, 0.995);
    const char *const to[] = {"a@example.org",
                              "b@example.org\nBcc: victim@example.org",
                              "c <c@example.org>, d@example.org",
                              "--smtp=x@example.org",
                              "m\xc3\xbc@example.org",
                              NULL};
    g_autofree char *long_line = g_strnfill(1 << 20, 'A');

    g_strfreev(answer->to);
    answer->to = g_strdupv((char **)to);
    g_free(answer->crash_title);
    answer->crash_title = g_strconcat("KASAN: " EVIL, long_line, NULL);
    g_free(answer->crash_report);
    answer->crash_report = g_strconcat("Call Trace:\nCc: victim@example.org\n.\n"
                                       "From root Mon Sep 17 00:00:00 2001\n--- a/file\n" EVIL "\n",
                                       long_line, NULL);
    g_free(answer->culprit_show);
    answer->culprit_show =
        g_strconcat("commit " BAD "\nAuthor: " EVIL " <e@example.org>\n\n", NULL);
    add_check(answer, "passed: " EVIL);
    stored_add(stored, "hostile", "cause", SPEC);
    stored_keep(stored, answer);
}

/* One whose subject and title are not ASCII. */
static void add_foreign(Stored *stored)
{
    g_autoptr(Answer) answer = stored_culprit("Größe und Übel: 修正", 0.995);

    g_free(answer->crash_title);
    answer->crash_title = g_strdup("WARNING in größe_修正");
    stored_add(stored, "foreign", "cause", SPEC);
    stored_keep(stored, answer);
}

int main(int argc, char **argv)
{
    Stored stored = {0};

    g_return_val_if_fail(argc == 2, 2);
    stored.store = store_open(argv[1], STORE_WRITE, NULL);
    g_assert_nonnull(stored.store);
    add_culprit(&stored, "sure", 0.995);
    add_culprit(&stored, "probable", 0.96);
    add_culprit(&stored, "hint", 0.8);
    add_sets(&stored);
    add_revealer(&stored);
    add_about(&stored, "older", "cause", ANSWER_OLDER, GOOD);
    add_about(&stored, "not-fixed", "fix", ANSWER_NOT_FIXED, GOOD);
    add_about(&stored, "not-reproduced", "cause", ANSWER_NOT_REPRODUCED, START);
    add_fix(&stored);
    add_hostile(&stored);
    add_foreign(&stored);
    stored_add(&stored, "unfinished", "cause", SPEC);
    store_free(stored.store);
    return 0;
}
