/* SPDX-License-Identifier: Apache-2.0
 * What an answer has to stand beside the trials of the culprit and of its parents: that its change
 * can be in a kernel, and that the start does not crash without it; of a fix, that the start does
 * not crash with it.
 *
 * What takes the tree and the kernels to say, examine.c has found out, and put down as facts of the
 * culprit (FACT_CLASS, FACT_ALTERS, FACT_PATCHED). Where the start cannot do without the change,
 * since others came to need it, the newest revision does that can; and where a fix needs what came
 * before it, the oldest revision that has that. What is tried is a variant, so its trials are in
 * the evidence as those of a revision are.
 */
#include "decide-private.h"

#include <string.h>

/* So many patched kernels are tried to build; then it is left. */
#define N_PATCHED_BUILT 3
/* Names in one line. */
#define N_NAMES_SHOWN 3

/* What FACT_PATCHED says. */
typedef struct PatchTest {
    char *variant;     /* the last one chosen; NULL: none can be */
    guint n_chosen;    /* so far */
    const char *cause; /* why there is no other; NULL: nobody has asked for one yet */
} PatchTest;

static void patch_test_clear(PatchTest *test)
{
    g_free(test->variant);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PatchTest, patch_test_clear)

static PatchTest patch_test_parse(const char *fact)
{
    const char *mark = strchr(fact, PATCHED_NO_MORE);
    g_autofree char *chosen = g_strndup(fact, mark ? (gsize)(mark - fact) : strlen(fact));
    g_auto(GStrv) variants = g_strsplit(g_strstrip(chosen), " ", -1);
    guint n = g_strv_length(variants);

    return (PatchTest){.variant = n ? g_strdup(variants[n - 1]) : NULL,
                       .n_chosen = n,
                       .cause = mark ? mark + 1 : NULL};
}

static Step ask_examination(const char *culprit, Action *ret_action)
{
    *ret_action = (Action){.kind = ACTION_EXAMINE, .phase = PHASE_CHECK, .commit = culprit};
    return STEP_ASKED;
}

static Step ask_patched(const Situation *situation, const char *culprit, Action *ret_action)
{
    const char *fact = situation_fact(situation, culprit, FACT_PATCHED);
    g_auto(PatchTest) test = fact ? patch_test_parse(fact) : (PatchTest){0};
    SideState state;
    Step step;

    if (!fact) {
        return ask_examination(culprit, ret_action);
    }
    if (test.cause || !test.variant) {
        return STEP_PASSED;
    }
    state = side_state(situation, test.variant, FALSE);
    if (state == SIDE_UNTESTABLE && test.n_chosen < N_PATCHED_BUILT) {
        return ask_examination(culprit, ret_action);
    }
    /* The name ends the fact, which owns the one that the action carries. */
    step = ask_side(situation, fact + strlen(fact) - strlen(test.variant), FALSE, ret_action);
    /* An answer that is known is not kept back for want of a last kernel. */
    return step == STEP_ASKED && situation_over_budget(situation, ret_action->kind) ? STEP_PASSED
                                                                                    : step;
}

static gboolean has_failed(const char *lines)
{
    return g_str_has_prefix(lines, "failed") || strstr(lines, "\nfailed") != NULL;
}

Step ask_validation(const Situation *situation, guint32 culprit, Action *ret_action)
{
    const char *commit = situation->range->commits[culprit];
    const char *class = situation_fact(situation, commit, FACT_CLASS);

    if (!situation->validates || !check_is_passed(situation, culprit)) {
        return STEP_PASSED;
    }
    if (!class || (!has_failed(class) && !situation_fact(situation, commit, FACT_ALTERS))) {
        return ask_examination(commit, ret_action);
    }
    if (has_failed(class) || !situation->patches) {
        return STEP_PASSED;
    }
    return ask_patched(situation, commit, ret_action);
}

/* --- What became of it ----------------------------------------------------------------------- */

/* "without it": what was done to the kernel that is tried. */
static const char *how_patched(const Situation *situation)
{
    return situation->is_fix ? "with it added" : "without it";
}

/* "the start 7e062cda7d90", or the revision that had to do. */
static char *base_name(const Situation *situation, const char *variant)
{
    if (g_str_has_prefix(variant, situation->start)) {
        return g_strdup_printf("the start %.12s", variant);
    }
    return g_strdup_printf(situation->is_fix ? "%.12s, the oldest where it can be added,"
                                             : "%.12s, the newest where it can be taken back,",
                           variant);
}

/* Why @test has no result. */
static char *untestable_line(const Situation *situation, const PatchTest *test)
{
    const RevisionEvidence *evidence =
        test->variant ? situation_evidence(situation, test->variant) : NULL;
    g_autofree char *base = test->variant ? base_name(situation, test->variant) : NULL;
    const char *how = how_patched(situation);

    if (!base) {
        return g_strdup_printf("could not be done: the start %s, because %s", how, test->cause);
    }
    if (evidence && evidence->kernel && evidence->kernel->status == KERNEL_FAILED) {
        return g_strdup_printf("could not be done: %.12s does not build %s: %s", test->variant, how,
                               evidence->kernel->first_error);
    }
    return g_strdup_printf("could not be done: %s cannot be tested %s", base, how);
}

/* TRUE unless it speaks against the answer. A fix that others prepared, which alone does not mend
 * the start, is the fix all the same; but who takes it elsewhere has to know. */
static gboolean add_patched(const Situation *situation, Answer *answer, const char *fact)
{
    g_auto(PatchTest) test = patch_test_parse(fact);
    SideState state = test.variant ? side_state(situation, test.variant, FALSE) : SIDE_UNTESTABLE;
    g_autofree char *base = test.variant ? base_name(situation, test.variant) : NULL;
    const char *how = how_patched(situation);
    char *line = NULL;
    Tally tally = {0};

    if (test.variant) {
        situation_tally(situation, test.variant, &tally);
    }
    switch (state) {
    case SIDE_PASSED:
        line = g_strdup_printf("passed: %s does not show the bug %s (%u of %u trials)", base, how,
                               tally.n_crash, tally.n_crash + tally.n_ok);
        break;
    case SIDE_FAILED:
        line =
            g_strdup_printf("%s: %s still crashes %s (%u of %u trials)%s",
                            situation->is_fix ? "doubtful" : "failed", base, how, tally.n_crash,
                            tally.n_crash + tally.n_ok,
                            situation->is_fix ? "; it mends only with what comes before it" : "");
        break;
    case SIDE_OPEN:
        line =
            g_strdup_printf("could not be done: %s %s, because the budget is used up", base, how);
        break;
    case SIDE_UNTESTABLE:
        line = untestable_line(situation, &test);
        break;
    }
    g_ptr_array_add(answer->checks, line);
    return state != SIDE_FAILED || situation->is_fix;
}

/* Names of one kind in a fact of FACT_ALTERS: how many, and the first of them. */
typedef struct Names {
    GString *some;
    guint n;
} Names;

static void add_name(Names *names, const char *name)
{
    if (names->n++ < N_NAMES_SHOWN) {
        g_string_append_printf(names->some, "%s%s", names->some->len ? ", " : "", name);
    }
}

/* "3 functions (a, b, c)", "7 functions (a, b, c and 4 more)". Owned by the caller. */
static char *say_names(const Names *names, const char *what)
{
    g_autofree char *more = names->n > N_NAMES_SHOWN
                                ? g_strdup_printf(" and %u more", names->n - N_NAMES_SHOWN)
                                : g_strdup("");

    return g_strdup_printf("%u %s%s (%s%s)", names->n, what, names->n == 1 ? "" : "s",
                           names->some->str, more);
}

/* What FACT_ALTERS says. */
typedef struct Alterations {
    Names functions, variables, in_stack; /* those of the crash are functions, too */
} Alterations;

static void alterations_clear(Alterations *alterations)
{
    g_string_free(alterations->functions.some, TRUE);
    g_string_free(alterations->variables.some, TRUE);
    g_string_free(alterations->in_stack.some, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Alterations, alterations_clear)

static Alterations alterations_parse(const char *fact)
{
    Alterations parsed = {
        {g_string_new(NULL), 0}, {g_string_new(NULL), 0}, {g_string_new(NULL), 0}};
    g_auto(GStrv) lines = g_strsplit(fact, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (**line == ALTERS_VARIABLE[1]) {
            add_name(&parsed.variables, *line + 1);
        } else if (**line) {
            add_name(&parsed.functions, *line + 1);
        }
        if (**line == ALTERS_IN_STACK[1]) {
            add_name(&parsed.in_stack, *line + 1);
        }
    }
    return parsed;
}

/* Never a failure: a string or a table that was changed has no name, and can crash a kernel. */
static char *alterations_line(const char *fact)
{
    g_auto(Alterations) alterations = alterations_parse(fact);
    const Names *functions = &alterations.functions, *variables = &alterations.variables;
    GString *line = g_string_new("passed: in its kernel it changes ");
    g_autofree char *of_functions = say_names(functions, "function");
    g_autofree char *of_variables = say_names(variables, "variable");

    if (!functions->n && !variables->n) {
        g_string_assign(line, "doubtful: no function and no variable of its kernel differs from "
                              "its parent's, only what has no name (strings, line numbers)");
        return g_string_free(line, FALSE);
    }
    if (functions->n) {
        g_string_append(line, of_functions);
    }
    if (variables->n) {
        g_string_append_printf(line, "%s%s", functions->n ? " and " : "", of_variables);
    }
    if (alterations.in_stack.n) {
        g_string_append_printf(line, "; in the stack of the crash: %s",
                               alterations.in_stack.some->str);
    } else if (functions->n) {
        g_string_append(line, "; no such function is in the stack of the crash");
    }
    return g_string_free(line, FALSE);
}

/* Does the fact, or NULL, name what differs in the kernel? */
static gboolean names_any(const char *fact)
{
    return fact && *fact == *ALTERS_FUNCTION;
}

static void add_alterations(Answer *answer, const char *fact)
{
    if (*fact == *ALTERS_UNKNOWN) {
        g_ptr_array_add(
            answer->checks,
            g_strdup_printf("could not be done: what it changes in its kernel, because %s",
                            fact + 1));
    } else if (*fact != *ALTERS_NOT_ASKED) {
        g_ptr_array_add(answer->checks, alterations_line(fact));
    }
}

/* The lines of a fact. TRUE unless one of them speaks against the answer. */
static gboolean add_lines(Answer *answer, const char *fact)
{
    g_auto(GStrv) lines = g_strsplit(fact ? fact : "", "\n", -1);

    for (char **line = lines; *line; line++) {
        if (**line) {
            g_ptr_array_add(answer->checks, g_strdup(*line));
        }
    }
    return !fact || !has_failed(fact);
}

gboolean add_validation(const Situation *situation, Answer *answer, guint32 culprit)
{
    const char *commit = situation->range->commits[culprit];
    const char *alters = situation_fact(situation, commit, FACT_ALTERS);
    const char *patched = situation_fact(situation, commit, FACT_PATCHED);
    const char *class = situation_fact(situation, commit, FACT_CLASS);
    gboolean is_told = names_any(alters) && g_str_has_prefix(class ? class : "", CLASS_UNKNOWN);
    gboolean sound = is_told || add_lines(answer, class);

    if (alters) {
        add_alterations(answer, alters);
    }
    if (situation->patches && patched) {
        sound = add_patched(situation, answer, patched) && sound;
    } else if (situation->validates && !situation->patches) {
        g_ptr_array_add(answer->checks,
                        g_strdup_printf("could not be done: the start %s, because --no-revert-test "
                                        "says so",
                                        how_patched(situation)));
    }
    return sound;
}
