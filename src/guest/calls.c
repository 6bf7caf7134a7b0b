/* SPDX-License-Identifier: Apache-2.0
 * Counts of system calls: noted, written, read and added up. compare.c says what they mean.
 */
#include "guest/calls.h"

#include <string.h>

#include "guest/init/words.h"

#define HEADER      "traced "
#define MAX_CALLS   (2 * TRACE_ROWS)
#define MAX_ERRORS  64 /* of one call */
#define MAX_ERRNO   4095
#define MAX_COUNT   G_GUINT64_CONSTANT(1000000000000000)
#define MAX_NAME    256
#define RESULT_OK   "ok"
#define RESULT_NONE "?"

static void call_free(Call *call)
{
    g_free(call->name);
    g_array_unref(call->errors);
    g_free(call);
}

Calls *calls_new(void)
{
    Calls *calls = g_new0(Calls, 1);

    calls->calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);
    calls->names = g_hash_table_new(g_str_hash, g_str_equal);
    return calls;
}

void calls_free(Calls *calls)
{
    if (!calls) {
        return;
    }
    g_hash_table_unref(calls->names);
    g_ptr_array_unref(calls->calls);
    g_free(calls);
}

/* The call of this name, made when it is new; NULL when there are too many. */
static Call *get(Calls *calls, const char *name)
{
    Call *call = g_hash_table_lookup(calls->names, name);

    if (!call && calls->calls->len < MAX_CALLS && strlen(name) < MAX_NAME) {
        call = g_new0(Call, 1);
        call->name = g_strdup(name);
        call->errors = g_array_new(FALSE, FALSE, sizeof(CallError));
        g_ptr_array_add(calls->calls, call);
        g_hash_table_insert(calls->names, call->name, call);
    }
    return call;
}

/* Where the count of @result stands, or NULL when there are too many. */
static guint64 *counter(Call *call, int result)
{
    if (result == CALLS_ENTERED) {
        return &call->n_entered;
    }
    if (result == 0) {
        return &call->n_ok;
    }
    for (guint i = 0; i < call->errors->len; i++) {
        CallError *known = &g_array_index(call->errors, CallError, i);

        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an array with elements has data */
        if (known->number == result) {
            return &known->count;
        }
    }
    if (call->errors->len == MAX_ERRORS || result < 0 || result > MAX_ERRNO) {
        return NULL;
    }
    g_array_append_val(call->errors, ((CallError){.number = result}));
    return &g_array_index(call->errors, CallError, call->errors->len - 1).count;
}

guint64 call_n_returned(const Call *call)
{
    guint64 n = call->n_ok;

    for (guint i = 0; i < call->errors->len; i++) {
        n += g_array_index(call->errors, CallError, i).count;
    }
    return n;
}

gboolean calls_note(Calls *calls, const char *name, int result, guint64 count)
{
    Call *call = get(calls, name);
    guint64 *known = call ? counter(call, result) : NULL;

    if (!known) {
        return FALSE;
    }
    *known = MAX(*known, MIN(count, MAX_COUNT));
    /* What returned was entered: the count may have been lost. */
    call->n_entered = MAX(call->n_entered, call_n_returned(call));
    return TRUE;
}

static void add_row(GString *text, const Call *call, const char *result, guint64 count)
{
    if (count) {
        g_string_append_printf(text, "%s %s %" G_GUINT64_FORMAT "\n", call->name, result, count);
    }
}

char *calls_text(const Calls *calls, const char *how)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, HEADER "%s\n", how);
    for (guint i = 0; i < calls->calls->len; i++) {
        const Call *call = g_ptr_array_index(calls->calls, i);

        add_row(text, call, RESULT_OK, call->n_ok);
        for (guint e = 0; e < call->errors->len; e++) {
            const CallError *error = &g_array_index(call->errors, CallError, e);
            const char *name = strerrorname_np(error->number);
            g_autofree char *number = g_strdup_printf("%d", error->number);

            add_row(text, call, name ? name : number, error->count);
        }
        add_row(text, call, RESULT_NONE, call->n_entered - call_n_returned(call));
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean parse_result(const char *word, int *ret_result)
{
    gint64 number;

    if (strcmp(word, RESULT_OK) == 0 || strcmp(word, RESULT_NONE) == 0) {
        *ret_result = strcmp(word, RESULT_OK) == 0 ? 0 : CALLS_ENTERED;
        return TRUE;
    }
    if (g_ascii_string_to_signed(word, 10, 1, MAX_ERRNO, &number, NULL)) {
        *ret_result = (int)number;
        return TRUE;
    }
    for (int i = 1; i <= MAX_ERRNO; i++) {
        const char *name = strerrorname_np(i);

        if (name && strcmp(name, word) == 0) {
            *ret_result = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* "NAME RESULT COUNT", where a name may have blanks. */
static gboolean parse_row(Calls *calls, char *line)
{
    char *count_word = strrchr(line, ' ');
    guint64 count;
    int result;

    if (!count_word) {
        return FALSE;
    }
    *count_word++ = '\0';
    char *result_word = strrchr(line, ' ');
    if (!result_word || result_word == line) {
        return FALSE;
    }
    *result_word++ = '\0';
    if (!g_ascii_string_to_unsigned(count_word, 10, 1, MAX_COUNT, &count, NULL) ||
        !parse_result(result_word, &result)) {
        return FALSE;
    }
    if (result != CALLS_ENTERED) {
        return calls_note(calls, line, result, count);
    }
    /* Those under way: the last row of a call. */
    Call *call = get(calls, line);
    return call && calls_note(calls, line, CALLS_ENTERED, call_n_returned(call) + count);
}

gboolean calls_add_text(Calls *calls, const char *text)
{
    g_autoptr(Calls) one = calls_new();

    if (!text || !g_str_has_prefix(text, HEADER)) {
        return FALSE;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    one->n_traces = 1;
    one->n_whole = strcmp(lines[0], HEADER TRACED_WHOLE) == 0;
    for (char **line = lines + 1; *line; line++) {
        if (**line && !parse_row(one, *line)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < one->calls->len; i++) {
        ((Call *)g_ptr_array_index(one->calls, i))->n_traces = 1;
    }
    calls_add(calls, one);
    return TRUE;
}

void calls_add(Calls *calls, const Calls *more)
{
    calls->n_traces += more->n_traces;
    calls->n_whole += more->n_whole;
    for (guint i = 0; i < more->calls->len; i++) {
        const Call *from = g_ptr_array_index(more->calls, i);
        Call *to = get(calls, from->name);

        if (!to) {
            continue;
        }
        to->n_traces += from->n_traces;
        to->n_entered += from->n_entered;
        to->n_ok += from->n_ok;
        for (guint e = 0; e < from->errors->len; e++) {
            const CallError *error = &g_array_index(from->errors, CallError, e);
            guint64 *count = counter(to, error->number);

            if (count) {
                *count += error->count;
            }
        }
    }
}
