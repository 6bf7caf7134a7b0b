/* SPDX-License-Identifier: Apache-2.0
 * Conditions over options, as Kbuild files make them: "CONFIG_SMC is on, or CONFIG_A is on and
 * CONFIG_B is not". A condition is a sum of products of literals; one of the literals is "unknown":
 * what no option decides, or what we do not understand. So each condition is true, false or unknown
 * under a configuration, and what is too large to be kept is weakened to "unknown, and at least
 * this". Pure. Private to kernel/.
 *
 * A condition is a number, the same for the same sum, so that equal ones are compared as numbers
 * and nothing is worked out twice. Cost: at most CONDITION_MAX_TERMS products of
 * CONDITION_MAX_LITERALS literals each, CONDITIONS_MAX conditions, and CONDITIONS_BUDGET products
 * made; beyond, all is unknown.
 */
#pragma once

#include <glib.h>

#define CONDITION_MAX_TERMS    16
#define CONDITION_MAX_LITERALS 40
#define CONDITIONS_MAX         200000
#define CONDITIONS_BUDGET      5000000

typedef struct Conditions Conditions;
typedef guint32 Condition;

enum { CONDITION_FALSE, CONDITION_TRUE, CONDITION_UNKNOWN };

Conditions *conditions_new(void);
void conditions_free(Conditions *conditions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conditions, conditions_free)

/* @option ("CONFIG_SMC") is on: it is y, m, or has any value but n. */
Condition condition_on(Conditions *conditions, const char *option);
Condition condition_and(Conditions *conditions, Condition a, Condition b);
Condition condition_or(Conditions *conditions, Condition a, Condition b);
Condition condition_not(Conditions *conditions, Condition a);

/* The products of @condition, one after the other. @func gets each literal: its option (NULL: the
 * unknown one), whether it has to be on; and at the end of a product NULL and FALSE. */
typedef enum LiteralKind { LITERAL_ON, LITERAL_OFF, LITERAL_UNKNOWN, LITERAL_END } LiteralKind;
typedef void (*LiteralFunc)(LiteralKind kind, const char *option, gpointer user_data);
void condition_foreach(const Conditions *conditions, Condition condition, LiteralFunc func,
                       gpointer user_data);
