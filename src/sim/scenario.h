/* SPDX-License-Identifier: Apache-2.0
 * A real bisection as the recipe of a simulated one: a row of scenarios.tsv.
 */
#pragma once

#include <glib.h>

typedef struct Scenario {
    char *id;
    gboolean is_usable;      /* usable_bisect */
    guint n_revisions;       /* range_size */
    guint runs_per_test;     /* guests at once, and trials of a test of today's rule */
    double p_bad;            /* mean crash rate with the bug */
    double p_bad_min;        /* lowest seen at one revision; 1: no spread seen */
    double q;                /* of the same identity without the bug; 0 where no column says */
    double interferes_part;  /* interf_test_frac: of the history, where another bug crashes */
    double interferes_rate;  /* interf_p_run: of the runs there */
    double skip_part;        /* skip_frac_bisect */
    double build_fails_part; /* of what is broken, the part that does not build */
    guint longest_skip;      /* max_skip_streak */
    double same_part;        /* dup_sig_frac */
    double infra_rate;       /* infra_run_frac */
    gboolean has_enabler;    /* systematic_fn */
    double build_s, test_s;  /* build_min_per_rev, test_min_per_rev */
} Scenario;

void scenario_free(Scenario *scenario);

/* Seconds for @n_runs on one machine: as many at once as there are guests; a round takes test_s,
 * however many of them are busy. */
double scenario_runs_s(const Scenario *scenario, guint n_runs);

/* All rows of a TSV file whose first line names the columns; a column that is missing or empty
 * takes what is usual. Array of Scenario. The message of an error names line and column. */
GPtrArray *scenarios_parse(const char *text, gsize length, GError **error);
