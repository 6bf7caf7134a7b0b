/* SPDX-License-Identifier: Apache-2.0
 * Scenarios from TSV. Foreign bytes: a table says what each cell may be, and all else is refused
 * with its line and column.
 */
#include "sim/scenario.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define SECONDS_A_MINUTE 60
#define LONGEST_NUMBER   31 /* bytes */
#define LONGEST_QUOTE    40
#define MOST_INFRA       0.95
#define UNKNOWN_COLUMN   (-1)

typedef enum Cell {
    CELL_IS_USABLE,
    CELL_N_REVISIONS,
    CELL_RUNS_PER_TEST,
    CELL_P_BAD,
    CELL_P_BAD_MIN,
    CELL_Q,
    CELL_INTERFERES_PART,
    CELL_INTERFERES_RATE,
    CELL_SKIP_PART,
    CELL_BUILD_FAILS,
    CELL_BOOT_FAILS,
    CELL_LONGEST_SKIP,
    CELL_SAME_PART,
    CELL_INFRA_RATE,
    CELL_HAS_ENABLER,
    CELL_BUILD_MINUTES,
    CELL_TEST_MINUTES,
    N_NUMBERS,
    CELL_ID = N_NUMBERS,
} Cell;

/* @usual stands for a cell that is missing or empty: the median of the usable rows of the 842 real
 * ones. */
typedef struct Column {
    const char *name;
    double min, max;
    gboolean is_whole;
    double usual;
} Column;

static const Column columns[N_NUMBERS] = {
    [CELL_IS_USABLE] = {"usable_bisect", 0, 1, TRUE, 1},
    [CELL_N_REVISIONS] = {"range_size", 2, 1000000, TRUE, 15133},
    [CELL_RUNS_PER_TEST] = {"runs_per_test", 1, 1000, TRUE, 10},
    [CELL_P_BAD] = {"p_bad", 0, 1, FALSE, 1},
    [CELL_P_BAD_MIN] = {"p_bad_min", 0, 1, FALSE, 1},
    [CELL_Q] = {"q", 0, 1, FALSE, 0},
    [CELL_INTERFERES_PART] = {"interf_test_frac", 0, 1, FALSE, 0},
    [CELL_INTERFERES_RATE] = {"interf_p_run", 0, 1, FALSE, 0.8},
    [CELL_SKIP_PART] = {"skip_frac_bisect", 0, 1, FALSE, 0},
    [CELL_BUILD_FAILS] = {"build_fail_frac", 0, 1, FALSE, 0},
    [CELL_BOOT_FAILS] = {"boot_or_basic_fail_frac", 0, 1, FALSE, 0},
    [CELL_LONGEST_SKIP] = {"max_skip_streak", 0, 1000000, TRUE, 0},
    [CELL_SAME_PART] = {"dup_sig_frac", 0, 1, FALSE, 0},
    [CELL_INFRA_RATE] = {"infra_run_frac", 0, 1, FALSE, 0},
    /* Empty where no verdict was shown to be wrong, which is most rows. */
    [CELL_HAS_ENABLER] = {"systematic_fn", 0, 1, TRUE, 0},
    [CELL_BUILD_MINUTES] = {"build_min_per_rev", 0, 1440, FALSE, 6.26},
    [CELL_TEST_MINUTES] = {"test_min_per_rev", 0, 1440, FALSE, 7.98},
};

/* Bytes of the text, without an end of their own. */
typedef struct Span {
    const char *start;
    gsize length;
} Span;

void scenario_free(Scenario *scenario)
{
    if (scenario == NULL) {
        return;
    }
    g_free(scenario->id);
    g_free(scenario);
}

double scenario_runs_s(const Scenario *scenario, guint n_runs)
{
    guint n_guests = MAX(scenario->runs_per_test, 1);

    return (n_runs + n_guests - 1) / n_guests * scenario->test_s;
}

/* Takes from @rest what comes before @separator, and the separator. */
static Span take_until(Span *rest, char separator)
{
    const char *end = rest->length > 0 ? memchr(rest->start, separator, rest->length) : NULL;
    gsize length = end != NULL ? (gsize)(end - rest->start) : rest->length;
    gsize taken = MIN(length + 1, rest->length);
    Span piece = {rest->start, length};

    rest->start += taken;
    rest->length -= taken;
    return piece;
}

static Span take_line(Span *rest)
{
    Span line = take_until(rest, '\n');

    if (line.length > 0 && line.start[line.length - 1] == '\r') {
        line.length--;
    }
    return line;
}

static GArray *split_cells(Span line)
{
    GArray *cells = g_array_new(FALSE, FALSE, sizeof(Span));
    gboolean ends_in_tab = line.length > 0 && line.start[line.length - 1] == '\t';

    while (line.length > 0) {
        Span cell = take_until(&line, '\t');

        g_array_append_val(cells, cell);
    }
    if (ends_in_tab) {
        Span empty = {line.start, 0};

        g_array_append_val(cells, empty);
    }
    return cells;
}

static gboolean span_is(Span span, const char *word)
{
    return span.length == strlen(word) && memcmp(span.start, word, span.length) == 0;
}

static char *quote(Span span)
{
    g_autofree char *bytes = g_strndup(span.start, MIN(span.length, LONGEST_QUOTE));

    return g_strescape(bytes, NULL);
}

static int find_column(Span name)
{
    for (int cell = 0; cell < N_NUMBERS; cell++) {
        if (span_is(name, columns[cell].name)) {
            return cell;
        }
    }
    return span_is(name, "id") ? CELL_ID : UNKNOWN_COLUMN;
}

/* Array of int: which Cell each column of the file is. */
static GArray *parse_header(Span line, GError **error)
{
    g_autoptr(GArray) cells = split_cells(line);
    g_autoptr(GArray) meanings = g_array_new(FALSE, FALSE, sizeof(int));
    gboolean was_seen[N_NUMBERS + 1] = {FALSE};
    guint n_known = 0;

    for (guint i = 0; i < cells->len; i++) {
        Span name = g_array_index(cells, Span, i);
        int meaning = find_column(name);

        if (meaning != UNKNOWN_COLUMN && was_seen[meaning]) {
            g_autofree char *text = quote(name);

            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "line 1: column '%s' is there twice", text);
            return NULL;
        }
        if (meaning != UNKNOWN_COLUMN) {
            was_seen[meaning] = TRUE;
            n_known++;
        }
        g_array_append_val(meanings, meaning);
    }
    if (n_known == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "line 1: names no column of a scenario, such as 'range_size'");
        return NULL;
    }
    return g_steal_pointer(&meanings);
}

/* Plain decimals: what strtod() takes beside them (inf, nan, hexadecimals, spaces) has no place
 * here. */
static gboolean parse_decimal(Span cell, double *ret_value)
{
    char digits[LONGEST_NUMBER + 1];
    char *end;

    if (cell.length > LONGEST_NUMBER) {
        return FALSE;
    }
    memcpy(digits, cell.start, cell.length);
    digits[cell.length] = '\0';
    if (strspn(digits, "0123456789+-.eE") != cell.length) {
        return FALSE;
    }
    double value = g_ascii_strtod(digits, &end);
    if (end != digits + cell.length || !isfinite(value)) {
        return FALSE;
    }
    *ret_value = value;
    return TRUE;
}

static gboolean parse_number(Span cell, const Column *column, guint line, double *ret_value,
                             GError **error)
{
    double value;

    if (cell.length == 0) {
        *ret_value = column->usual;
        return TRUE;
    }
    if (parse_decimal(cell, &value) && value >= column->min && value <= column->max &&
        (!column->is_whole || floor(value) == value)) {
        *ret_value = value;
        return TRUE;
    }
    g_autofree char *text = quote(cell);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                "line %u, column '%s': '%s' is not a %s from %.15g to %.15g", line, column->name,
                text, column->is_whole ? "whole number" : "number", column->min, column->max);
    return FALSE;
}

/* @id may be empty: then the line is the name. */
static Scenario *scenario_new(Span id, guint line, const double *numbers)
{
    Scenario *scenario = g_new0(Scenario, 1);
    double broken = numbers[CELL_BUILD_FAILS] + numbers[CELL_BOOT_FAILS];

    scenario->id = id.length > 0 ? g_utf8_make_valid(id.start, (gssize)id.length)
                                 : g_strdup_printf("line-%u", line);
    scenario->is_usable = numbers[CELL_IS_USABLE] != 0;
    scenario->n_revisions = (guint)numbers[CELL_N_REVISIONS];
    scenario->runs_per_test = (guint)numbers[CELL_RUNS_PER_TEST];
    scenario->p_bad = numbers[CELL_P_BAD];
    /* The file rounds the two differently. */
    scenario->p_bad_min = MIN(numbers[CELL_P_BAD_MIN], scenario->p_bad);
    scenario->q = numbers[CELL_Q];
    scenario->interferes_part = numbers[CELL_INTERFERES_PART];
    scenario->interferes_rate = numbers[CELL_INTERFERES_RATE];
    scenario->skip_part = numbers[CELL_SKIP_PART];
    scenario->build_fails_part = broken > 0 ? numbers[CELL_BUILD_FAILS] / broken : 0;
    scenario->longest_skip = (guint)numbers[CELL_LONGEST_SKIP];
    scenario->same_part = numbers[CELL_SAME_PART];
    /* A job that repeats what the machine spoils would else never end. */
    scenario->infra_rate = MIN(numbers[CELL_INFRA_RATE], MOST_INFRA);
    scenario->has_enabler = numbers[CELL_HAS_ENABLER] != 0;
    scenario->build_s = numbers[CELL_BUILD_MINUTES] * SECONDS_A_MINUTE;
    scenario->test_s = numbers[CELL_TEST_MINUTES] * SECONDS_A_MINUTE;
    return scenario;
}

static Scenario *parse_row(Span row, const GArray *meanings, guint line, GError **error)
{
    g_autoptr(GArray) cells = split_cells(row);
    double numbers[N_NUMBERS];
    Span id = {row.start, 0};

    if (cells->len > meanings->len) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "line %u: has %u cells, but line 1 names %u columns", line, cells->len,
                    meanings->len);
        return NULL;
    }
    for (guint i = 0; i < N_NUMBERS; i++) {
        numbers[i] = columns[i].usual;
    }
    for (guint i = 0; i < cells->len; i++) {
        int meaning = g_array_index(meanings, int, i);
        Span cell = g_array_index(cells, Span, i);

        if (meaning == CELL_ID) {
            id = cell;
        } else if (meaning != UNKNOWN_COLUMN &&
                   !parse_number(cell, &columns[meaning], line, &numbers[meaning], error)) {
            return NULL;
        }
    }
    return scenario_new(id, line, numbers);
}

GPtrArray *scenarios_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(GPtrArray) scenarios = g_ptr_array_new_with_free_func((GDestroyNotify)scenario_free);
    Span rest = {text, length};
    g_autoptr(GArray) meanings = parse_header(take_line(&rest), error);

    if (meanings == NULL) {
        return NULL;
    }
    for (guint line = 2; rest.length > 0; line++) {
        Span row = take_line(&rest);

        if (row.length == 0) {
            continue;
        }
        Scenario *scenario = parse_row(row, meanings, line, error);
        if (scenario == NULL) {
            return NULL;
        }
        g_ptr_array_add(scenarios, scenario);
    }
    return g_steal_pointer(&scenarios);
}
