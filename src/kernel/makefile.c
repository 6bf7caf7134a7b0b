/* SPDX-License-Identifier: Apache-2.0
 * The statements of a makefile: assignments, conditionals and includes, line by line.
 *
 * An assignment under a condition leaves what was there where the condition does not hold, so a
 * variable is a list of pieces. A conditional is a stack of conditions: what is under it, and what
 * was under the branches before.
 */
#include "kernel/makefile-private.h"

#include <string.h>

#define MAX_INCLUDES 8

gboolean makefile_spend(Makefile *makefile, gsize n)
{
    if (n > makefile->n_left) {
        makefile->n_left = 0;
        return FALSE;
    }
    makefile->n_left -= (guint)n;
    return TRUE;
}

/* --- Variables ------------------------------------------------------------------------------- */

static void piece_free(gpointer data)
{
    Piece *piece = data;

    g_free(piece->raw);
    g_clear_pointer(&piece->words, g_array_unref);
    g_free(piece);
}

static void variable_free(gpointer data)
{
    Variable *variable = data;

    g_ptr_array_unref(variable->pieces);
    g_free(variable);
}

static Variable *variable_for(Makefile *makefile, const char *name)
{
    Variable *variable = g_hash_table_lookup(makefile->variables, name);

    if (!variable) {
        variable = g_new0(Variable, 1);
        variable->pieces = g_ptr_array_new_with_free_func(piece_free);
        g_hash_table_insert(makefile->variables, g_strdup(name), variable);
    }
    return variable;
}

typedef enum Flavour {
    SET_LATE,  /* =, define */
    SET_NOW,   /* :=, ::= */
    SET_FIRST, /* ?= */
    SET_MORE,  /* += */
} Flavour;

/* What was there stays only where @condition does not hold. */
static void retire_pieces(Makefile *makefile, Variable *variable, Condition condition)
{
    Condition otherwise = condition_not(makefile->conditions, condition);

    for (guint i = variable->pieces->len; i-- > 0;) {
        Piece *piece = variable->pieces->pdata[i];

        piece->condition = condition_and(makefile->conditions, piece->condition, otherwise);
        if (piece->condition == CONDITION_FALSE) {
            g_ptr_array_remove_index(variable->pieces, i);
        }
    }
}

static void assign(Makefile *makefile, const char *name, Flavour flavour, const char *text,
                   Condition condition)
{
    gboolean is_new = !g_hash_table_contains(makefile->variables, name);
    Variable *variable = variable_for(makefile, name);
    gboolean is_now =
        flavour == SET_NOW || (flavour == SET_MORE && variable->is_simple) || !strchr(text, '$');
    Piece *piece;

    if (condition == CONDITION_FALSE || (flavour == SET_FIRST && !is_new) ||
        !makefile_spend(makefile, strlen(text) + variable->pieces->len)) {
        return;
    }
    piece = g_new0(Piece, 1);
    piece->condition = condition;
    piece->words = is_now ? words_expand(makefile, text, strlen(text)) : NULL;
    piece->raw = is_now ? NULL : g_strdup(text);
    if (flavour != SET_MORE) {
        retire_pieces(makefile, variable, condition);
        variable->is_simple = flavour == SET_NOW;
    }
    g_ptr_array_add(variable->pieces, piece);
}

void makefile_set(Makefile *makefile, const char *name, const char *text)
{
    assign(makefile, name, SET_NOW, text, CONDITION_TRUE);
}

void makefile_set_words(Makefile *makefile, const char *name, const GArray *words)
{
    Variable *variable = variable_for(makefile, name);
    Piece *piece = g_new0(Piece, 1);

    piece->condition = CONDITION_TRUE;
    piece->words = g_array_new(FALSE, FALSE, sizeof(Word));
    for (guint i = 0; i < words->len; i++) {
        Word word = g_array_index(words, Word, i);

        word.text = word.text ? g_string_chunk_insert_const(makefile->texts, word.text) : NULL;
        g_array_append_val(piece->words, word);
    }
    g_ptr_array_set_size(variable->pieces, 0);
    g_ptr_array_add(variable->pieces, piece);
}

gboolean makefile_has(const Makefile *makefile, const char *name)
{
    return g_hash_table_contains(makefile->variables, name);
}

GArray *makefile_words(Makefile *makefile, const char *name)
{
    g_autofree char *reference = g_strdup_printf("$(%s)", name);

    return words_expand(makefile, reference, strlen(reference));
}

/* --- Lines ----------------------------------------------------------------------------------- */

/* What a file is read by. */
typedef struct Reading {
    Makefile *makefile;
    GArray *blocks; /* of Block: open conditionals */
    Condition now;  /* all that is open */
    gboolean in_rule;
    guint n_defines; /* open "define"s */
} Reading;

typedef struct Block {
    Condition outside; /* where the conditional stands */
    Condition taken;   /* one of the branches so far holds */
} Block;

/* The next line of @text, joined where it ends with a backslash; *ret_end is behind it. Owned by
 * the caller. */
static GString *next_line(const char *text, gsize n, gsize *ret_end)
{
    GString *line = g_string_new(NULL);
    gsize i = 0;
    gboolean goes_on = TRUE;

    while (goes_on && i < n) {
        const char *newline = memchr(text + i, '\n', n - i);
        gsize end = newline ? (gsize)(newline - text) : n, length = end - i;
        gsize n_text = length && text[end - 1] == '\r' ? length - 1 : length;

        goes_on = n_text > 0 && text[i + n_text - 1] == '\\';
        g_string_append_len(line, text + i, (gssize)(n_text - goes_on));
        if (goes_on) {
            g_string_append_c(line, ' ');
        }
        i = MIN(end + 1, n);
    }
    *ret_end = i;
    return line;
}

/* Cut a comment off, which begins with a '#' that is not inside a reference. */
static void cut_comment(GString *line)
{
    gsize i = 0;

    while (i < line->len && line->str[i] != '#') {
        gboolean is_quoted = line->str[i] == '\\' && i + 1 < line->len;

        i += line->str[i] == '$' ? reference_length(line->str + i, line->len - i)
                                 : 1 + (gsize)is_quoted;
    }
    g_string_truncate(line, MIN(i, line->len));
}

/* --- Conditionals ---------------------------------------------------------------------------- */

/* Does @line begin with @word, as a word? Then *ret_rest is what follows. */
static gboolean begins_with(const char *line, const char *word, const char **ret_rest)
{
    gsize n = strlen(word);

    if (strncmp(line, word, n) != 0 || (line[n] && !g_ascii_isspace(line[n]) && line[n] != '(')) {
        return FALSE;
    }
    *ret_rest = line + n + strspn(line + n, " \t");
    return TRUE;
}

/* The two sides of "(a,b)" or "'a' 'b'". FALSE: it is neither. */
static gboolean split_sides(const char *text, char **ret_a, char **ret_b)
{
    gsize n = strlen(text), comma = 1;

    while (n && g_ascii_isspace(text[n - 1])) {
        n--;
    }
    if (n > 2 && text[0] == '(' && text[n - 1] == ')') {
        while (comma < n && text[comma] != ',') {
            comma += text[comma] == '$' ? reference_length(text + comma, n - comma) : 1;
        }
        if (comma + 1 >= n) {
            return FALSE;
        }
        *ret_a = g_strndup(text + 1, comma - 1);
        *ret_b = g_strndup(text + comma + 1, n - comma - 2);
        return TRUE;
    }
    if (n > 3 && (text[0] == '"' || text[0] == '\'')) {
        const char *end = strchr(text + 1, text[0]);
        const char *second = end ? end + 1 + strspn(end + 1, " \t") : NULL;
        const char *last =
            second && (*second == '"' || *second == '\'') ? strchr(second + 1, *second) : NULL;

        if (last) {
            *ret_a = g_strndup(text + 1, (gsize)(end - text) - 1);
            *ret_b = g_strndup(second + 1, (gsize)(last - second) - 1);
            return TRUE;
        }
    }
    return FALSE;
}

static Condition compare(Makefile *makefile, const char *text)
{
    g_autofree char *a = NULL, *b = NULL;
    g_autoptr(GArray) words_a = NULL, words_b = NULL;

    if (!split_sides(text, &a, &b)) {
        return CONDITION_UNKNOWN;
    }
    words_a = words_expand(makefile, a, strlen(a));
    words_b = words_expand(makefile, b, strlen(b));
    return words_equal(makefile, words_a, words_b);
}

static Condition is_defined(Makefile *makefile, const char *text)
{
    g_autoptr(GArray) names = words_expand(makefile, text, strlen(text));
    const Word *name = names->len == 1 ? &g_array_index(names, Word, 0) : NULL;
    g_autoptr(GArray) words = NULL;

    if (!name || !name->text || name->condition != CONDITION_TRUE) {
        return CONDITION_UNKNOWN;
    }
    words = makefile_words(makefile, name->text);
    return words_any(makefile, words);
}

/* Is @line the beginning of a conditional, and where does it hold? */
static gboolean parse_test(Makefile *makefile, const char *line, Condition *ret_condition)
{
    Conditions *conditions = makefile->conditions;
    const char *rest;

    if (begins_with(line, "ifeq", &rest)) {
        *ret_condition = compare(makefile, rest);
    } else if (begins_with(line, "ifneq", &rest)) {
        *ret_condition = condition_not(conditions, compare(makefile, rest));
    } else if (begins_with(line, "ifdef", &rest)) {
        *ret_condition = is_defined(makefile, rest);
    } else if (begins_with(line, "ifndef", &rest)) {
        *ret_condition = condition_not(conditions, is_defined(makefile, rest));
    } else {
        return FALSE;
    }
    return TRUE;
}

/* A branch that holds where @condition does, and none before it did. */
static void enter_branch(Reading *reading, Condition condition)
{
    Block *block = &g_array_index(reading->blocks, Block, reading->blocks->len - 1);
    Conditions *conditions = reading->makefile->conditions;
    Condition here = condition_and(conditions, condition_not(conditions, block->taken), condition);

    if (reading->makefile->takes_all && here == CONDITION_UNKNOWN) {
        reading->now = block->outside;
        return;
    }
    reading->now = condition_and(conditions, block->outside, here);
    block->taken = condition_or(conditions, block->taken, condition);
}

/* Conditionals: TRUE when @line is of one. */
static gboolean read_conditional(Reading *reading, const char *line)
{
    Condition condition = CONDITION_TRUE;
    const char *rest;

    if (begins_with(line, "else", &rest)) {
        if (reading->blocks->len) {
            parse_test(reading->makefile, rest, &condition);
            enter_branch(reading, condition);
        }
        return TRUE;
    }
    if (begins_with(line, "endif", &rest)) {
        if (reading->blocks->len) {
            reading->now = g_array_index(reading->blocks, Block, reading->blocks->len - 1).outside;
            g_array_set_size(reading->blocks, reading->blocks->len - 1);
        }
        return TRUE;
    }
    if (parse_test(reading->makefile, line, &condition)) {
        Block block = {.outside = reading->now, .taken = CONDITION_FALSE};

        g_array_append_val(reading->blocks, block);
        enter_branch(reading, condition);
        return TRUE;
    }
    return FALSE;
}

/* --- Assignments and includes ---------------------------------------------------------------- */

static gboolean read_file(Makefile *makefile, const char *path, Condition condition);

/* @path without "./" and "..", or NULL when it leads out of the tree. Owned by the caller. */
static char *inside_tree(const char *path)
{
    g_autofree char *full = g_canonicalize_filename(path, "/");

    return full[1] ? g_strdup(full + 1) : NULL;
}

static void include(Reading *reading, const char *text)
{
    Makefile *makefile = reading->makefile;
    g_autoptr(GArray) words = words_expand(makefile, text, strlen(text));

    for (guint i = 0; i < words->len; i++) {
        const Word *word = &g_array_index(words, Word, i);
        g_autofree char *path = word->text ? inside_tree(word->text) : NULL;

        /* What a build makes, and what says how to build. */
        Condition condition = condition_and(makefile->conditions, reading->now, word->condition);

        if (path && condition != CONDITION_FALSE && !g_str_has_prefix(path, "include/") &&
            !g_str_has_prefix(path, "scripts/")) {
            read_file(makefile, path, condition);
        }
    }
}

/* Where the '=' of an assignment stands, or 0: @line is something else, a rule for instance. */
static gsize find_assignment(const char *line, gsize n, Flavour *ret_flavour, gsize *ret_n_name)
{
    for (gsize i = 0; i < n;) {
        gsize n_name = i;

        if (line[i] == '$') {
            i += reference_length(line + i, n - i);
            continue;
        }
        if (line[i] == ':') {
            while (i < n && line[i] == ':') {
                i++;
            }
            *ret_flavour = SET_NOW;
        } else if (line[i] == '+' || line[i] == '?' || line[i] == '!') {
            *ret_flavour = line[i] == '+' ? SET_MORE : line[i] == '?' ? SET_FIRST : SET_LATE;
            i++;
        } else {
            *ret_flavour = SET_LATE;
        }
        if (i < n && line[i] == '=' && n_name > 0) {
            *ret_n_name = n_name;
            return i;
        }
        if (*ret_flavour == SET_NOW) {
            return 0;
        }
        i = n_name + 1;
    }
    return 0;
}

/* FALSE when @line is no assignment. */
static gboolean read_assignment(Reading *reading, const char *line)
{
    Makefile *makefile = reading->makefile;
    Flavour flavour;
    gsize n_name, equals;
    const char *rest;
    g_autoptr(GArray) names = NULL;

    while (begins_with(line, "export", &rest) || begins_with(line, "override", &rest) ||
           begins_with(line, "private", &rest)) {
        line = rest;
    }
    equals = find_assignment(line, strlen(line), &flavour, &n_name);
    if (!equals) {
        return FALSE;
    }
    names = words_expand(makefile, line, n_name);
    for (guint i = 0; i < names->len; i++) {
        const Word *name = &g_array_index(names, Word, i);

        if (name->text) {
            assign(makefile, name->text, flavour,
                   line + equals + 1 + strspn(line + equals + 1, " \t"),
                   condition_and(makefile->conditions, reading->now, name->condition));
        }
    }
    return TRUE;
}

/* "define NAME" ... "endef": commands. TRUE when @line is of one. */
static gboolean pass_define(Reading *reading, const char *line)
{
    const char *rest;

    if (begins_with(line, "define", &rest)) {
        reading->n_defines++;
        return TRUE;
    }
    if (reading->n_defines) {
        reading->n_defines -= begins_with(line, "endef", &rest);
        return TRUE;
    }
    return FALSE;
}

static void read_line(Reading *reading, GString *line)
{
    const char *text, *rest;

    if (reading->in_rule && line->str[0] == '\t') {
        return;
    }
    cut_comment(line);
    text = line->str + strspn(line->str, " \t");
    if (!*text || pass_define(reading, text)) {
        return;
    }
    if (read_conditional(reading, text)) {
        return;
    }
    if (reading->now == CONDITION_FALSE) {
        return;
    }
    reading->in_rule = FALSE;
    if (begins_with(text, "include", &rest) || begins_with(text, "-include", &rest) ||
        begins_with(text, "sinclude", &rest)) {
        include(reading, rest);
    } else if (!read_assignment(reading, text)) {
        reading->in_rule = strchr(text, ':') != NULL;
    }
}

/* FALSE when there is no such file. */
static gboolean read_file(Makefile *makefile, const char *path, Condition condition)
{
    g_autoptr(GArray) blocks = g_array_new(FALSE, FALSE, sizeof(Block));
    Reading reading = {.makefile = makefile, .blocks = blocks, .now = condition};
    g_autoptr(GBytes) bytes =
        makefile->n_depth < MAX_INCLUDES ? makefile->read(path, makefile->read_data) : NULL;
    const char *text;
    gsize n = 0, i = 0;

    if (!bytes) {
        return FALSE;
    }
    text = g_bytes_get_data(bytes, &n);
    makefile->n_depth++;
    while (i < n && makefile_spend(makefile, 1)) {
        gsize end;
        g_autoptr(GString) line = next_line(text + i, n - i, &end);

        if (makefile_spend(makefile, end)) {
            read_line(&reading, line);
        }
        i += end;
    }
    makefile->n_depth--;
    return TRUE;
}

gboolean makefile_read(Makefile *makefile, const char *path)
{
    return read_file(makefile, path, CONDITION_TRUE);
}

gboolean makefile_is_whole(const Makefile *makefile)
{
    return makefile->n_left > 0;
}

/* --- Life ------------------------------------------------------------------------------------ */

Makefile *makefile_new(Conditions *conditions, const char *folder, MakefileReadFunc read,
                       gpointer user_data)
{
    Makefile *makefile = g_new0(Makefile, 1);
    const char *here = *folder ? folder : ".";

    makefile->conditions = conditions;
    makefile->read = read;
    makefile->read_data = user_data;
    makefile->variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, variable_free);
    makefile->texts = g_string_chunk_new(4096);
    makefile->n_left = MAKEFILE_BUDGET;
    makefile_set(makefile, "src", here);
    makefile_set(makefile, "obj", here);
    makefile_set(makefile, "srctree", ".");
    makefile_set(makefile, "objtree", ".");
    return makefile;
}

void makefile_free(Makefile *makefile)
{
    if (!makefile) {
        return;
    }
    g_hash_table_unref(makefile->variables);
    g_string_chunk_free(makefile->texts);
    g_free(makefile);
}

void makefile_take_all(Makefile *makefile)
{
    makefile->takes_all = TRUE;
}
