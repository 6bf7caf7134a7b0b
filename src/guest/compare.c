/* SPDX-License-Identifier: Apache-2.0
 * What the calls of the start did, and those here did not.
 *
 * A race changes counts and results from run to run, so a single difference proves little. What
 * proves is a call that never failed this way at the start and never does anything else here. How
 * much is asked beyond that depends on the errno: EAFNOSUPPORT says itself that something is
 * missing; EINVAL may say the same of a command that the kernel does not know (the table knows of
 * which); else it may depend on data, and two traces on either side must agree.
 */
#include "guest/calls.h"

#include <errno.h>
#include <string.h>

#include "guest/names.h"

/* Of what succeeds at the start only now and then, a failure here is luck: this is how probable the
 * failures here may be for a kernel that is like that of the start. */
#define MAX_LUCK    0.01
#define MAX_FAILING 0.9
/* Traces on either side that make a difference systematic which its errno does not explain. */
#define N_SYSTEMATIC 2
/* Far more seldom: by this factor, from this count in a trace on. */
#define FEWER_FACTOR 10
#define FEWER_MIN    50
#define NAMES_SHOWN  4

/* Errors by which a kernel says that it has no such thing, whatever the call. */
static const int absent[] = {
    ENOSYS,      EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPFNOSUPPORT,
    ENOPROTOOPT, ENOTTY,       ENODEV,          ENXIO,
};

/* Errors that may say so. */
static const int maybe_absent[] = {EINVAL, EPERM, EACCES, ENOENT, EOPNOTSUPP};

static gboolean is_one_of(int number, const int *numbers, gsize n_numbers)
{
    for (gsize i = 0; i < n_numbers; i++) {
        if (numbers[i] == number) {
            return TRUE;
        }
    }
    return FALSE;
}

void calls_difference_free(CallsDifference *difference)
{
    if (!difference) {
        return;
    }
    g_free(difference->text);
    g_free(difference);
}

static void add(GPtrArray *differences, CallsKind kind, gboolean telling, char *text)
{
    CallsDifference *difference = g_new0(CallsDifference, 1);

    difference->kind = kind;
    difference->telling = telling;
    difference->text = text;
    g_ptr_array_add(differences, difference);
}

static guint64 n_of_error(const Call *call, int number)
{
    for (guint i = 0; i < call->errors->len; i++) {
        const CallError *error = &g_array_index(call->errors, CallError, i);

        if (error->number == number) {
            return error->count;
        }
    }
    return 0;
}

/* The most frequent one; 0 when there is none. */
static int main_error(const Call *call)
{
    CallError most = {0};

    for (guint i = 0; i < call->errors->len; i++) {
        const CallError *error = &g_array_index(call->errors, CallError, i);

        if (error->count > most.count) {
            most = *error;
        }
    }
    return most.number;
}

/* Is it surely not by luck that none of @n calls here succeeded? */
static gboolean cannot_be_luck(const Call *start, guint64 n)
{
    guint64 n_returned = call_n_returned(start);
    double failing = (double)(n_returned - start->n_ok) / (double)n_returned;
    double luck = 1;

    /* What nearly always fails is not missed. */
    if (failing > MAX_FAILING) {
        return FALSE;
    }
    while (n-- && luck > MAX_LUCK) {
        luck *= failing;
    }
    return luck <= MAX_LUCK;
}

/* Does the errno itself tell that the kernel lacks what the call asks for? */
static gboolean says_absent(const Call *call, int number)
{
    return is_one_of(number, absent, G_N_ELEMENTS(absent)) || number == names_unknown(call->name) ||
           (number == ENOENT && strstr(call->name, "(\"/") != NULL);
}

static void compare_results(GPtrArray *differences, const Calls *start_calls, const Call *start,
                            const Calls *here_calls, const Call *here)
{
    int error = main_error(here);
    gboolean cut = start->n_entered > call_n_returned(start);
    gboolean systematic =
        start_calls->n_traces >= N_SYSTEMATIC && here_calls->n_traces >= N_SYSTEMATIC;
    const char *name = strerrorname_np(error);
    g_autofree char *number = g_strdup_printf("error %d", error);

    if (!error || here->n_ok || n_of_error(start, error)) {
        return;
    }
    name = name ? name : number;
    if (start->n_ok && cannot_be_luck(start, call_n_returned(here))) {
        add(differences, CALLS_FAILS,
            says_absent(here, error) ||
                (systematic && is_one_of(error, maybe_absent, G_N_ELEMENTS(maybe_absent))),
            g_strdup_printf("%s fails with %s here, worked at the start", start->name, name));
    } else if (!call_n_returned(start) && cut) {
        /* A kernel without the bug may rightly refuse what makes the start crash. */
        add(differences, CALLS_CUT, is_one_of(error, absent, G_N_ELEMENTS(absent)),
            g_strdup_printf("%s fails with %s here, was the end of the trace at the start",
                            start->name, name));
    }
}

static guint64 total(const Calls *calls)
{
    guint64 n = 0;

    for (guint i = 0; i < calls->calls->len; i++) {
        n += ((const Call *)g_ptr_array_index(calls->calls, i))->n_entered;
    }
    return n;
}

/* Did the traces here come as far as those of the start, at least? */
static gboolean came_as_far(const Calls *start, const Calls *here)
{
    return here->n_whole == here->n_traces ||
           total(here) / here->n_traces >= total(start) / start->n_traces;
}

/* Is it the program's doing whether this call is made, and not that of timing or of the C library?
 * What the table of shapes tells apart mostly is. */
static gboolean is_deliberate(const Call *call)
{
    return strchr(call->name, '(') && !g_str_has_prefix(call->name, "futex(") &&
           !g_str_has_prefix(call->name, "madvise(");
}

typedef struct Gone {
    guint n;
    GString *names; /* the first ones */
} Gone;

static void add_gone(Gone *gone, const Call *call)
{
    if (gone->n < NAMES_SHOWN) {
        g_string_append_printf(gone->names, "%s%s", gone->n ? ", " : "", call->name);
    }
    gone->n++;
}

static void tell_gone(GPtrArray *differences, const Gone *gone, gboolean telling)
{
    if (!gone->n) {
        return;
    }
    if (gone->n > NAMES_SHOWN) {
        g_string_append_printf(gone->names, " and %u more", gone->n - NAMES_SHOWN);
    }
    add(differences, CALLS_GONE, telling,
        g_strdup_printf("made at the start, never here: %s", gone->names->str));
}

static void compare_counts(GPtrArray *differences, const Calls *start_calls, const Call *start,
                           const Calls *here_calls, const Call *here)
{
    guint64 there = start->n_entered / start_calls->n_traces;
    guint64 now = here->n_entered / here_calls->n_traces;

    if (there >= FEWER_MIN && now < there / FEWER_FACTOR) {
        add(differences, CALLS_FEWER, FALSE,
            g_strdup_printf("%s is called %" G_GUINT64_FORMAT " times here, %" G_GUINT64_FORMAT
                            " times at the start",
                            start->name, now, there));
    }
}

static int by_weight(gconstpointer a, gconstpointer b)
{
    const CallsDifference *first = *(const CallsDifference *const *)a;
    const CallsDifference *second = *(const CallsDifference *const *)b;

    if (first->telling != second->telling) {
        return first->telling ? -1 : 1;
    }
    return (int)first->kind - (int)second->kind;
}

GPtrArray *calls_compare(const Calls *start, const Calls *here)
{
    GPtrArray *differences = g_ptr_array_new_with_free_func((GDestroyNotify)calls_difference_free);
    Gone deliberate = {.names = g_string_new(NULL)}, other = {.names = g_string_new(NULL)};
    gboolean both = start->n_traces && here->n_traces;
    gboolean as_far = both && came_as_far(start, here);
    gboolean systematic = start->n_traces >= N_SYSTEMATIC && here->n_traces >= N_SYSTEMATIC;

    for (guint i = 0; both && i < start->calls->len; i++) {
        const Call *then = g_ptr_array_index(start->calls, i);
        const Call *now = g_hash_table_lookup(here->names, then->name);

        if (now) {
            compare_results(differences, start, then, here, now);
        }
        if (now && as_far) {
            compare_counts(differences, start, then, here, now);
        } else if (!now && as_far && then->n_traces == start->n_traces) {
            add_gone(is_deliberate(then) ? &deliberate : &other, then);
        }
    }
    tell_gone(differences, &deliberate, systematic);
    tell_gone(differences, &other, FALSE);
    g_string_free(deliberate.names, TRUE);
    g_string_free(other.names, TRUE);
    g_ptr_array_sort(differences, by_weight);
    return differences;
}
