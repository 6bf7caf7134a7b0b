/* SPDX-License-Identifier: Apache-2.0
 * Kconfig files, line by line: blocks (menu, if, choice) with what they depend on, and the entries
 * in them.
 */
#include "kernel/kconfig.h"

#include <string.h>

#define MAX_BLOCKS     100
#define MAX_EXPRESSION 4096
#define MAX_DEPTH      50
#define SYMBOL_LETTERS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_"

void kconfig_entry_free(KconfigEntry *entry)
{
    if (!entry) {
        return;
    }
    g_strfreev(entry->depends);
    g_free(entry);
}

/* --- Lines ----------------------------------------------------------------------------------- */

/* What "depends on" belongs to at the moment. */
typedef enum Owner { OWNER_NONE, OWNER_BLOCK, OWNER_ENTRY } Owner;

typedef struct Parser {
    GPtrArray *blocks; /* of GPtrArray of char *: what each depends on */
    GPtrArray *own;    /* of char *: what the current entry depends on */
    Owner owner;
    gboolean has_prompt;
    gsize help_indent; /* of the help text that is passed over; 0: none yet */
    gboolean in_help;
} Parser;

static void parser_clear(Parser *parser)
{
    g_ptr_array_unref(parser->blocks);
    g_ptr_array_unref(parser->own);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parser, parser_clear)

/* Does @line begin with the word @word? Then *ret_rest is what follows. */
static gboolean is_word(const char *line, const char *word, const char **ret_rest)
{
    gsize n = strlen(word);

    if (strncmp(line, word, n) != 0 || (line[n] && !g_ascii_isspace(line[n]) && line[n] != '"')) {
        return FALSE;
    }
    *ret_rest = line + n + strspn(line + n, " \t");
    return TRUE;
}

static void open_block(Parser *parser, const char *expression)
{
    GPtrArray *depends = g_ptr_array_new_with_free_func(g_free);

    if (expression) {
        g_ptr_array_add(depends, g_strdup(expression));
    }
    if (parser->blocks->len < MAX_BLOCKS) {
        g_ptr_array_add(parser->blocks, depends);
    } else {
        g_ptr_array_unref(depends);
    }
    parser->owner = expression ? OWNER_NONE : OWNER_BLOCK;
}

static void close_block(Parser *parser)
{
    if (parser->blocks->len) {
        g_ptr_array_set_size(parser->blocks, (gint)parser->blocks->len - 1);
    }
    parser->owner = OWNER_NONE;
}

/* Is @line inside a help text, which ends with a line that is indented less? */
static gboolean pass_help(Parser *parser, const char *line)
{
    gsize indent = 0, i = 0;

    while (line[i] == ' ' || line[i] == '\t') {
        indent = line[i++] == '\t' ? (indent | 7) + 1 : indent + 1;
    }
    if (!parser->in_help || !line[i]) {
        return parser->in_help;
    }
    if (!parser->help_indent && indent > 0) {
        parser->help_indent = indent;
    }
    parser->in_help = parser->help_indent && indent >= parser->help_indent;
    return parser->in_help;
}

/* Statements that open and close blocks. */
static gboolean parse_block(Parser *parser, const char *line)
{
    const char *rest;

    if (is_word(line, "if", &rest)) {
        open_block(parser, rest);
    } else if (is_word(line, "menu", &rest) || is_word(line, "choice", &rest)) {
        open_block(parser, NULL);
    } else if (is_word(line, "endif", &rest) || is_word(line, "endmenu", &rest) ||
               is_word(line, "endchoice", &rest)) {
        close_block(parser);
    } else {
        return FALSE;
    }
    return TRUE;
}

/* Attributes of the current entry or block. */
static void parse_attribute(Parser *parser, const char *line)
{
    static const char *const types[] = {"bool", "tristate", "int", "hex", "string", "prompt"};
    const char *rest;

    if (is_word(line, "help", &rest) || is_word(line, "---help---", &rest)) {
        parser->in_help = TRUE;
        parser->help_indent = 0;
    } else if (is_word(line, "depends", &rest) && is_word(rest, "on", &rest)) {
        if (parser->owner == OWNER_ENTRY) {
            g_ptr_array_add(parser->own, g_strdup(rest));
        } else if (parser->owner == OWNER_BLOCK && parser->blocks->len) {
            g_ptr_array_add(parser->blocks->pdata[parser->blocks->len - 1], g_strdup(rest));
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (parser->owner == OWNER_ENTRY && is_word(line, types[i], &rest) &&
            (*rest == '"' || *rest == '\'')) {
            parser->has_prompt = TRUE;
        }
    }
}

/* The next line of @text, continued ones joined, without a comment at its beginning; *ret_end is
 * behind it. Owned by the caller. */
static char *next_line(const char *text, gsize n, gsize *ret_end)
{
    g_autoptr(GString) line = g_string_new(NULL);
    gboolean goes_on = TRUE;
    gsize i = 0;

    while (goes_on && i < n) {
        const char *newline = memchr(text + i, '\n', n - i);
        gsize end = newline ? (gsize)(newline - text) : n, length = end - i;

        goes_on = length > 0 && text[end - 1] == '\\';
        g_string_append_len(line, text + i, (gssize)(length - goes_on));
        i = MIN(end + 1, n);
    }
    *ret_end = i;
    return g_strchomp(g_string_free(g_steal_pointer(&line), FALSE));
}

/* All that must hold where the parser is, and @own. NULL-terminated, owned by the caller. */
static char **all_depends(const Parser *parser)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (guint i = 0; i < parser->blocks->len; i++) {
        const GPtrArray *depends = parser->blocks->pdata[i];

        for (guint j = 0; j < depends->len; j++) {
            g_strv_builder_add(builder, depends->pdata[j]);
        }
    }
    for (guint i = 0; i < parser->own->len; i++) {
        g_strv_builder_add(builder, parser->own->pdata[i]);
    }
    return g_strv_builder_end(builder);
}

/* Does an entry begin here? *is_wanted: that of @symbol. */
static gboolean parse_entry(Parser *parser, const char *line, const char *symbol,
                            gboolean *is_wanted)
{
    const char *rest;

    if (!is_word(line, "config", &rest) && !is_word(line, "menuconfig", &rest)) {
        return FALSE;
    }
    g_ptr_array_set_size(parser->own, 0);
    parser->has_prompt = FALSE;
    parser->owner = OWNER_ENTRY;
    *is_wanted = symbol && strcmp(rest, symbol) == 0;
    return TRUE;
}

/* Does @line read the file at @path? */
static gboolean sources(const char *line, const char *path)
{
    const char *rest;
    g_autoptr(GString) name = NULL;
    gsize n;

    if (!path || (!is_word(line, "source", &rest) && !is_word(line, "osource", &rest))) {
        return FALSE;
    }
    name = g_string_new(rest);
    g_string_replace(name, "\"", "", 0);
    g_string_replace(name, "$(SRCARCH)", "x86", 0);
    g_string_replace(name, "$SRCARCH", "x86", 0);
    n = strcspn(name->str, " \t#");
    g_string_truncate(name, n);
    return strcmp(name->str, path) == 0;
}

static void parser_init(Parser *parser)
{
    *parser = (Parser){.blocks = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
                       .own = g_ptr_array_new_with_free_func(g_free)};
}

/* One look at the whole file. An entry of @symbol is complete where the next statement begins, so
 * each line is asked first whether it ends one. */
static gboolean parse_line(Parser *parser, const char *line, const char *symbol,
                           gboolean *is_wanted, KconfigEntry **entry)
{
    const char *word = line + strspn(line, " \t"), *rest;
    gboolean was_wanted = *is_wanted;
    g_autofree KconfigEntry *ended = g_new0(KconfigEntry, 1);

    if (pass_help(parser, line) || !*word || *word == '#') {
        return FALSE;
    }
    ended->has_prompt = parser->has_prompt;
    if (was_wanted) {
        ended->depends = all_depends(parser);
    }
    if (parse_entry(parser, word, symbol, is_wanted) || parse_block(parser, word) ||
        is_word(word, "source", &rest) || is_word(word, "comment", &rest)) {
        if (was_wanted && (!*entry || (ended->has_prompt && !(*entry)->has_prompt))) {
            kconfig_entry_free(*entry);
            *entry = g_steal_pointer(&ended);
        } else {
            g_strfreev(ended->depends);
        }
        *is_wanted = *is_wanted && parser->owner == OWNER_ENTRY;
        return TRUE;
    }
    g_strfreev(ended->depends);
    parse_attribute(parser, word);
    return FALSE;
}

KconfigEntry *kconfig_find(const char *text, gsize n, const char *symbol)
{
    g_auto(Parser) parser = {0};
    gboolean is_wanted = FALSE;
    KconfigEntry *entry = NULL;

    parser_init(&parser);
    for (gsize i = 0, end; i < n; i += end) {
        g_autofree char *line = next_line(text + i, n - i, &end);

        parse_line(&parser, line, symbol, &is_wanted, &entry);
    }
    parser.in_help = FALSE;
    parse_line(&parser, "endmenu", symbol, &is_wanted, &entry);
    return entry;
}

char **kconfig_source_depends(const char *text, gsize n, const char *path)
{
    g_auto(Parser) parser = {0};
    gboolean is_wanted = FALSE;
    KconfigEntry *entry = NULL;

    parser_init(&parser);
    for (gsize i = 0, end; i < n; i += end) {
        g_autofree char *line = next_line(text + i, n - i, &end);

        if (!pass_help(&parser, line) && sources(line + strspn(line, " \t"), path)) {
            g_ptr_array_set_size(parser.own, 0);
            return all_depends(&parser);
        }
        parse_line(&parser, line, NULL, &is_wanted, &entry);
    }
    return NULL;
}

char **kconfig_selectors(const char *text, gsize n, const char *symbol)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *current = NULL;
    g_auto(Parser) parser = {0};

    parser_init(&parser);
    for (gsize i = 0, end; i < n; i += end) {
        g_autofree char *line = next_line(text + i, n - i, &end);
        const char *word = line + strspn(line, " \t"), *rest;
        gboolean is_wanted;

        if (pass_help(&parser, line)) {
            continue;
        }
        if (parse_entry(&parser, word, NULL, &is_wanted)) {
            g_free(current);
            current = g_strstrip(g_strdup(word + strcspn(word, " \t")));
        } else if (current && is_word(word, "select", &rest)) {
            gsize n_name = strcspn(rest, " \t#");

            if (n_name == strlen(symbol) && strncmp(rest, symbol, n_name) == 0) {
                g_strv_builder_add(builder, current);
            }
        } else {
            parse_attribute(&parser, word);
        }
    }
    return g_strv_builder_end(builder);
}

/* --- Expressions ----------------------------------------------------------------------------- */

typedef enum Truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN } Truth;

typedef struct Expression {
    const char *at;
    GHashTable *config;
    guint depth;
} Expression;

static void skip_blanks(Expression *expression)
{
    expression->at += strspn(expression->at, " \t");
}

/* A symbol, a number or a text: *ret_value is what it stands for, owned by the caller; NULL when it
 * cannot be known. FALSE: there is none. */
static gboolean parse_value(Expression *expression, char **ret_value)
{
    const char *at;
    gsize n;

    skip_blanks(expression);
    at = expression->at;
    if (*at == '"' || *at == '\'') {
        n = strcspn(at + 1, at[0] == '"' ? "\"" : "'");
        *ret_value = g_strndup(at + 1, n);
        expression->at += n + 1 + (at[n + 1] != '\0');
        return TRUE;
    }
    n = strspn(at, SYMBOL_LETTERS ".-");
    if (n == 0) {
        return FALSE;
    }
    g_autofree char *word = g_strndup(at, n), *option = g_strconcat("CONFIG_", word, NULL);
    const char *value = g_hash_table_lookup(expression->config, option);
    gboolean is_constant = strspn(word, "0123456789-") == n || g_str_has_prefix(word, "0x") ||
                           (n == 1 && strchr("ymn", *word));

    expression->at += n;
    *ret_value = g_strdup(is_constant ? word : value ? value : "n");
    return TRUE;
}

static Truth parse_or(Expression *expression);

/* "(...)", "!...", "A", "A = y", "$(macro)". */
static Truth parse_atom(Expression *expression)
{
    g_autofree char *left = NULL, *right = NULL;
    gboolean is_equal;
    Truth truth;

    skip_blanks(expression);
    if (++expression->depth > MAX_DEPTH) {
        return TRUTH_UNKNOWN;
    }
    if (*expression->at == '!') {
        expression->at++;
        truth = parse_atom(expression);
        return truth == TRUTH_UNKNOWN ? truth : truth == TRUTH_NO ? TRUTH_YES : TRUTH_NO;
    }
    if (*expression->at == '(') {
        expression->at++;
        truth = parse_or(expression);
        skip_blanks(expression);
        expression->at += *expression->at == ')';
        return truth;
    }
    if (!parse_value(expression, &left)) {
        expression->at += strlen(expression->at); /* whatever it is, nothing is known of the rest */
        return TRUTH_UNKNOWN;
    }
    skip_blanks(expression);
    is_equal = *expression->at == '=';
    if (is_equal || g_str_has_prefix(expression->at, "!=")) {
        expression->at += is_equal ? 1 : 2;
        if (!parse_value(expression, &right)) {
            return TRUTH_UNKNOWN;
        }
        return (strcmp(left, right) == 0) == is_equal ? TRUTH_YES : TRUTH_NO;
    }
    if (*expression->at == '<' || *expression->at == '>') {
        expression->at += strspn(expression->at, "<>=");
        parse_value(expression, &right);
        return TRUTH_UNKNOWN;
    }
    return strcmp(left, "n") == 0 || !*left ? TRUTH_NO : TRUTH_YES;
}

static gboolean take_operator(Expression *expression, const char *operator)
{
    skip_blanks(expression);
    if (!g_str_has_prefix(expression->at, operator)) {
        return FALSE;
    }
    expression->at += strlen(operator);
    return TRUE;
}

static Truth parse_and(Expression *expression)
{
    Truth truth = parse_atom(expression);

    while (take_operator(expression, "&&")) {
        Truth right = parse_atom(expression);

        truth = truth == TRUTH_NO || right == TRUTH_NO ? TRUTH_NO : MAX(truth, right);
    }
    return truth;
}

static Truth parse_or(Expression *expression)
{
    Truth truth = parse_and(expression);

    while (take_operator(expression, "||")) {
        Truth right = parse_and(expression);

        truth = truth == TRUTH_YES || right == TRUTH_YES ? TRUTH_YES : MAX(truth, right);
    }
    return truth;
}

/* Where the part of @text that begins at @start ends: at a "&&" outside of brackets; or, where a
 * "||" stands there, at its end. */
static gsize part_end(const char *text, gsize start)
{
    gsize depth = 0, first = 0, i = start;

    for (; text[i]; i++) {
        depth += text[i] == '(';
        depth -= depth > 0 && text[i] == ')';
        if (depth == 0 && text[i] == '|' && text[i + 1] == '|') {
            return strlen(text);
        }
        if (depth == 0 && !first && text[i] == '&' && text[i + 1] == '&') {
            first = i;
        }
    }
    return first ? first : i;
}

char **kconfig_unmet(const char *expression, GHashTable *config)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *text = g_strndup(expression, strcspn(expression, "#"));
    gsize n = strlen(text);

    for (gsize i = 0; i < n && n <= MAX_EXPRESSION;) {
        gsize end = part_end(text, i);
        g_autofree char *part = g_strstrip(g_strndup(text + i, end - i));
        Expression parsed = {.at = part, .config = config};

        if (parse_or(&parsed) == TRUTH_NO && !*parsed.at) {
            g_strv_builder_add(builder, part);
        }
        i = end + 2;
    }
    return g_strv_builder_end(builder);
}

char **kconfig_options(const char *expression)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const char *at = expression;

    while (*at) {
        gsize n = strspn(at, SYMBOL_LETTERS);

        if (n > 1) { /* not y, n, m */
            g_autofree char *option = g_strdup_printf("CONFIG_%.*s", (int)n, at);

            g_strv_builder_add(builder, option);
        }
        at += n > 0 ? n : 1;
    }
    return g_strv_builder_end(builder);
}
