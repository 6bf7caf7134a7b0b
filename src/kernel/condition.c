/* SPDX-License-Identifier: Apache-2.0
 * Sums of products of literals, each kept once.
 *
 * A sum is written as numbers: literal i is option i when it is on, -i when it is off, in ascending
 * order, and each product ends with 0. So TRUE, one empty product, is {0}, and FALSE is {}.
 */
#include "kernel/condition.h"

#include <stdlib.h>
#include <string.h>

/* Greater than each option. */
#define UNKNOWN G_MAXINT32

typedef struct Term {
    guint n;
    gint32 literals[CONDITION_MAX_LITERALS];
} Term;

typedef struct Sum {
    guint n;
    Term terms[CONDITION_MAX_TERMS];
} Sum;

struct Conditions {
    GHashTable *options; /* name -> number, from 1 on */
    GPtrArray *names;    /* number -> name */
    GPtrArray *sums;     /* Condition -> GBytes */
    GHashTable *index;   /* GBytes -> Condition */
    GHashTable *known;   /* of two conditions and an operation -> Condition */
    guint n_left;        /* products that may still be made */
};

/* --- Products -------------------------------------------------------------------------------- */

static int compare_literals(gint32 a, gint32 b)
{
    gint32 option_a = abs(a), option_b = abs(b);

    return option_a != option_b ? (option_a < option_b ? -1 : 1) : (a > b) - (a < b);
}

/* One more literal at the end. A product that is too long forgets it, and is unknown for that. */
static void term_push(Term *term, gint32 literal)
{
    if (term->n < CONDITION_MAX_LITERALS) {
        term->literals[term->n++] = literal;
    } else {
        term->literals[term->n - 1] = UNKNOWN;
    }
}

/* @a and @b. FALSE when they exclude each other. */
static gboolean term_and(const Term *a, const Term *b, Term *ret_term)
{
    guint i = 0, j = 0;

    ret_term->n = 0;
    while (i < a->n || j < b->n) {
        int order = i == a->n   ? 1
                    : j == b->n ? -1
                                : compare_literals(a->literals[i], b->literals[j]);
        gint32 literal = order <= 0 ? a->literals[i] : b->literals[j];

        if (ret_term->n && ret_term->literals[ret_term->n - 1] == -literal) {
            return FALSE;
        }
        i += order <= 0;
        j += order >= 0;
        term_push(ret_term, literal);
    }
    return TRUE;
}

/* Has @a all literals of @b? */
static gboolean term_implies(const Term *a, const Term *b)
{
    guint i = 0;

    for (guint j = 0; j < b->n; j++) {
        while (i < a->n && compare_literals(a->literals[i], b->literals[j]) < 0) {
            i++;
        }
        if (i == a->n || a->literals[i] != b->literals[j]) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Beside @b, which is "x and y", a product of x, "not y" and z says no more than x and z. Then
 * *ret_i is where @a has "not y". */
static gboolean term_can_be_shorter(const Term *a, const Term *b, guint *ret_i)
{
    guint i = 0, n_negated = 0;

    for (guint j = 0; j < b->n; j++) {
        while (i < a->n && abs(a->literals[i]) < abs(b->literals[j])) {
            i++;
        }
        if (i == a->n || abs(a->literals[i]) != abs(b->literals[j])) {
            return FALSE;
        }
        if (a->literals[i] != b->literals[j]) {
            *ret_i = i;
            n_negated++;
        }
    }
    return n_negated == 1;
}

static void term_remove(Term *term, guint i)
{
    memmove(&term->literals[i], &term->literals[i + 1], (term->n - i - 1) * sizeof *term->literals);
    term->n--;
}

static int compare_terms(const void *a, const void *b)
{
    const Term *s = a, *t = b;

    for (guint i = 0; i < MIN(s->n, t->n); i++) {
        int order = compare_literals(s->literals[i], t->literals[i]);

        if (order != 0) {
            return order;
        }
    }
    return (s->n > t->n) - (s->n < t->n);
}

/* Use @n of the budget; FALSE when it is used up: then what is worked out is worth nothing. */
static gboolean spend(Conditions *conditions, guint n)
{
    conditions->n_left -= MIN(n, conditions->n_left);
    return conditions->n_left > 0;
}

/* --- Sums ------------------------------------------------------------------------------------ */

static void sum_remove(Sum *sum, guint i)
{
    sum->terms[i] = sum->terms[--sum->n];
}

/* What no longer fits becomes what all products have in common, and is else unknown. */
static void sum_weaken(Sum *sum, const Term *more)
{
    Term common = *more;

    for (guint i = 0; i < sum->n; i++) {
        Term kept = {0};

        for (guint j = 0; j < common.n; j++) {
            const Term literal = {.n = 1, .literals = {common.literals[j]}};

            if (common.literals[j] != UNKNOWN && term_implies(&sum->terms[i], &literal)) {
                term_push(&kept, common.literals[j]);
            }
        }
        common = kept;
    }
    if (!common.n || common.literals[common.n - 1] != UNKNOWN) {
        term_push(&common, UNKNOWN);
    }
    sum->n = 1;
    sum->terms[0] = common;
}

/* Also make what is there as short as @new_term allows, and the other way round. */
static void sum_add(Conditions *conditions, Sum *sum, const Term *new_term)
{
    Term term = *new_term;
    guint i = 0, at = 0;

    if (!spend(conditions, 1 + 2 * sum->n)) {
        return;
    }
    while (i < sum->n) {
        if (term_implies(&term, &sum->terms[i])) {
            return;
        }
        if (term_can_be_shorter(&term, &sum->terms[i], &at)) {
            term_remove(&term, at);
            i = 0;
        } else {
            i++;
        }
    }
    for (i = sum->n; i-- > 0;) {
        if (term_implies(&sum->terms[i], &term)) {
            sum_remove(sum, i);
        }
    }
    for (i = 0; i < sum->n; i++) {
        if (term_can_be_shorter(&sum->terms[i], &term, &at)) {
            Term shorter = sum->terms[i];

            term_remove(&shorter, at);
            sum_remove(sum, i);
            sum_add(conditions, sum, &shorter);
            sum_add(conditions, sum, &term);
            return;
        }
    }
    if (sum->n < CONDITION_MAX_TERMS) {
        sum->terms[sum->n++] = term;
    } else {
        sum_weaken(sum, &term);
    }
}

static void sum_read(const Conditions *conditions, Condition condition, Sum *ret_sum)
{
    gsize n_bytes;
    const gint32 *numbers = g_bytes_get_data(conditions->sums->pdata[condition], &n_bytes);
    Term *term;

    ret_sum->n = 0;
    term = &ret_sum->terms[0];
    term->n = 0;
    for (gsize i = 0; i < n_bytes / sizeof *numbers; i++) {
        if (numbers[i] != 0) {
            term->literals[term->n++] = numbers[i];
            continue;
        }
        term = &ret_sum->terms[++ret_sum->n];
        if (ret_sum->n < CONDITION_MAX_TERMS) {
            term->n = 0;
        }
    }
}

static Condition sum_keep(Conditions *conditions, Sum *sum)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(gint32));
    g_autoptr(GBytes) bytes = NULL;
    const gint32 end = 0;
    gpointer there;

    qsort(sum->terms, sum->n, sizeof *sum->terms, compare_terms);
    for (guint i = 0; i < sum->n; i++) {
        g_array_append_vals(numbers, sum->terms[i].literals, sum->terms[i].n);
        g_array_append_val(numbers, end);
    }
    bytes = g_bytes_new(numbers->data, numbers->len * sizeof(gint32));
    if (g_hash_table_lookup_extended(conditions->index, bytes, NULL, &there)) {
        return GPOINTER_TO_UINT(there);
    }
    if (conditions->sums->len >= CONDITIONS_MAX) {
        return CONDITION_UNKNOWN;
    }
    g_hash_table_insert(conditions->index, bytes, GUINT_TO_POINTER(conditions->sums->len));
    g_ptr_array_add(conditions->sums, g_steal_pointer(&bytes));
    return conditions->sums->len - 1;
}

/* --- Conditions ------------------------------------------------------------------------------ */

Conditions *conditions_new(void)
{
    Conditions *conditions = g_new0(Conditions, 1);
    Sum always_false = {0}, always_true = {.n = 1},
        unknown = {.n = 1, .terms = {{.n = 1, .literals = {UNKNOWN}}}};

    conditions->options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    conditions->names = g_ptr_array_new();
    conditions->sums = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    conditions->index = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    conditions->known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    conditions->n_left = CONDITIONS_BUDGET;
    g_ptr_array_add(conditions->names, NULL);
    /* In the order of their numbers. */
    sum_keep(conditions, &always_false);
    sum_keep(conditions, &always_true);
    sum_keep(conditions, &unknown);
    return conditions;
}

void conditions_free(Conditions *conditions)
{
    if (!conditions) {
        return;
    }
    g_hash_table_unref(conditions->known);
    g_hash_table_unref(conditions->index);
    g_ptr_array_unref(conditions->sums);
    g_ptr_array_unref(conditions->names);
    g_hash_table_unref(conditions->options);
    g_free(conditions);
}

Condition condition_on(Conditions *conditions, const char *option)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(conditions->options, option));
    Sum sum = {.n = 1, .terms = {{.n = 1}}};

    if (!number) {
        char *name = g_strdup(option);

        number = conditions->names->len;
        g_hash_table_insert(conditions->options, name, GUINT_TO_POINTER(number));
        g_ptr_array_add(conditions->names, name);
    }
    sum.terms[0].literals[0] = (gint32)number;
    return sum_keep(conditions, &sum);
}

/* Of two conditions, in either order. */
enum { KEY_AND, KEY_OR };

static gint64 key_of(Condition a, Condition b, guint operation)
{
    /* clang 14's analyzer takes what is widened for 32 bits still. */
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    return (gint64)((guint64)MIN(a, b) << 34 | (guint64)MAX(a, b) << 2 | operation);
}

static gboolean is_known(const Conditions *conditions, gint64 key, Condition *ret_condition)
{
    gpointer there;

    if (!g_hash_table_lookup_extended(conditions->known, &key, NULL, &there)) {
        return FALSE;
    }
    *ret_condition = GPOINTER_TO_UINT(there);
    return TRUE;
}

static Condition make_known(Conditions *conditions, gint64 key, Condition condition)
{
    g_hash_table_insert(conditions->known, g_memdup2(&key, sizeof key),
                        GUINT_TO_POINTER(condition));
    return condition;
}

Condition condition_and(Conditions *conditions, Condition a, Condition b)
{
    gint64 key = key_of(a, b, KEY_AND);
    Condition known;
    Sum sum_a, sum_b, product = {0};

    if (a == CONDITION_FALSE || b == CONDITION_FALSE) {
        return CONDITION_FALSE;
    }
    if (a == CONDITION_TRUE || a == b) {
        return b;
    }
    if (b == CONDITION_TRUE) {
        return a;
    }
    if (is_known(conditions, key, &known)) {
        return known;
    }
    if (!spend(conditions, 1)) {
        return CONDITION_UNKNOWN;
    }
    sum_read(conditions, a, &sum_a);
    sum_read(conditions, b, &sum_b);
    for (guint i = 0; i < sum_a.n; i++) {
        for (guint j = 0; j < sum_b.n; j++) {
            Term term;

            if (term_and(&sum_a.terms[i], &sum_b.terms[j], &term)) {
                sum_add(conditions, &product, &term);
            }
        }
    }
    return conditions->n_left ? make_known(conditions, key, sum_keep(conditions, &product))
                              : CONDITION_UNKNOWN;
}

Condition condition_or(Conditions *conditions, Condition a, Condition b)
{
    gint64 key = key_of(a, b, KEY_OR);
    Condition known;
    Sum sum, sum_b;

    if (a == CONDITION_TRUE || b == CONDITION_TRUE) {
        return CONDITION_TRUE;
    }
    if (a == CONDITION_FALSE || a == b) {
        return b;
    }
    if (b == CONDITION_FALSE) {
        return a;
    }
    if (is_known(conditions, key, &known)) {
        return known;
    }
    if (!spend(conditions, 1)) {
        return CONDITION_UNKNOWN;
    }
    sum_read(conditions, a, &sum);
    sum_read(conditions, b, &sum_b);
    for (guint i = 0; i < sum_b.n; i++) {
        sum_add(conditions, &sum, &sum_b.terms[i]);
    }
    return conditions->n_left ? make_known(conditions, key, sum_keep(conditions, &sum))
                              : CONDITION_UNKNOWN;
}

/* Neither this product nor that one: each of them lacks a literal. */
Condition condition_not(Conditions *conditions, Condition a)
{
    Condition result = CONDITION_TRUE;
    Sum sum;

    sum_read(conditions, a, &sum);
    for (guint i = 0; i < sum.n && conditions->n_left; i++) {
        Sum lacks = {0};

        for (guint j = 0; j < sum.terms[i].n; j++) {
            gint32 literal = sum.terms[i].literals[j];
            const Term term = {.n = 1, .literals = {literal == UNKNOWN ? UNKNOWN : -literal}};

            sum_add(conditions, &lacks, &term);
        }
        result = condition_and(conditions, result, sum_keep(conditions, &lacks));
    }
    return conditions->n_left ? result : CONDITION_UNKNOWN;
}

void condition_foreach(const Conditions *conditions, Condition condition, LiteralFunc func,
                       gpointer user_data)
{
    Sum sum;

    sum_read(conditions, condition, &sum);
    for (guint i = 0; i < sum.n; i++) {
        for (guint j = 0; j < sum.terms[i].n; j++) {
            gint32 literal = sum.terms[i].literals[j];

            if (literal == UNKNOWN) {
                func(LITERAL_UNKNOWN, NULL, user_data);
            } else {
                func(literal > 0 ? LITERAL_ON : LITERAL_OFF, conditions->names->pdata[abs(literal)],
                     user_data);
            }
        }
        func(LITERAL_END, NULL, user_data);
    }
}
