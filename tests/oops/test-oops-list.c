/* SPDX-License-Identifier: Apache-2.0
 * Patterns taken apart: lists of names and the words that a match must have, against PCRE itself.
 */
#include "oops/list.h"
#include "oops/literals.h"
#include "oops/names.h"
#include "oops/reader.h"

#include <string.h>

/* "word word"; "^" and "$" where the word must stand at an end, "!" where more is asked. */
static char *describe(const Literals *literals)
{
    g_autoptr(GString) out = g_string_new(literals->at_start ? "^" : "");

    for (guint i = 0; i < literals->words->len; i++) {
        g_string_append_printf(out, "%s%s", i ? " " : "", (char *)literals->words->pdata[i]);
    }
    g_string_append(out, literals->at_end ? "$" : "");
    g_string_append(out, literals->exact ? "" : "!");
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void test_literals(void)
{
    static const struct {
        const char *pattern, *words;
    } cases[] = {
        {"kasan", "kasan"},
        {"^kfree$", "^kfree$"},
        {"^kv?free$", "^kvfree kfree$"},
        {"(?:set|clear)_bit", "set_bit clear_bit"},
        {"k(?:m|z)?alloc", "kmalloc kzalloc kalloc"},
        {"^crc[0-9]+", "^crc!"},
        {"^_*folio", "folio!"},
        {"a+bc", "bc!"},
        {"a{2}bc|x", "bc!; x"},
        {"(?:read|write)_once_.*nocheck", "read_once_ write_once_!"},
        {"unregister_netdev(?!ice_notifier)", "unregister_netdev!"},
        {"(?<!csum_and_)copy_to_iter", "copy_to_iter!"},
        {"a\\.b\\|c", "a.b|c"},
        {"[|)(]a|\\(b", "a!; (b"},
        {"(?:a|[bc])d", "d!"},
        {"(a|b(?:c|d))e", "ae bce bde"},
        {"x\\w*yz$", "yz$!"},
        {"[a-z]+", "!"},
        {"a?", "!"},
        {"(?i)abc", "!"},
        {"(?i:abc)def", "def!"},
        {"", "!"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) alternatives = literals_of(cases[i].pattern);
        g_autoptr(GString) out = g_string_new(NULL);

        for (guint j = 0; j < alternatives->len; j++) {
            g_autofree char *words = describe(&g_array_index(alternatives, Literals, j));

            g_string_append_printf(out, "%s%s", j ? "; " : "", words);
        }
        g_assert_cmpstr(out->str, ==, cases[i].words);
    }
}

static void test_lead(void)
{
    g_assert_true(literals_lead("BUG: (?:a|b)", "BUG:"));
    g_assert_true(literals_lead("a\\.b", "a.b"));
    g_assert_true(literals_lead("BUG:", "BUG:"));
    g_assert_false(literals_lead("BUG:*", "BUG:"));
    g_assert_false(literals_lead("BU", "BUG:"));
    g_assert_false(literals_lead("BUG: a|WARNING: b", "BUG:"));
    g_assert_false(literals_lead("(BUG|WARNING):", "BUG:"));
}

/* A name made of pieces of the lists. */
static char *make_name(GPtrArray *words)
{
    static const char *const glue[] = {"", "", "_", "__", "x", "0"};
    GString *name = g_string_new(NULL);
    guint n = g_test_rand_int_range(1, 4);

    for (guint i = 0; i < n; i++) {
        const char *word = words->pdata[g_test_rand_int_range(0, words->len)];
        gsize length = strlen(word), from = g_test_rand_int_range(0, 3) ? 0 : length / 3;

        g_string_append(name, glue[g_test_rand_int_range(0, G_N_ELEMENTS(glue))]);
        g_string_append_len(name, word + from,
                            g_test_rand_int_range(0, 3) ? length - from : (length - from) / 2);
    }
    g_string_append(name, glue[g_test_rand_int_range(0, G_N_ELEMENTS(glue))]);
    return g_string_free(name, FALSE);
}

static void check_list(const char *source, guint n_names)
{
    g_autoptr(Pattern) pattern = pattern_new(source, strlen(source), 0);
    g_autoptr(NameList) list = list_new(source);
    g_autoptr(GArray) alternatives = literals_of(source);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autoptr(Match) match = match_new();

    for (guint i = 0; i < alternatives->len; i++) {
        g_ptr_array_extend(words, g_array_index(alternatives, Literals, i).words, NULL, NULL);
    }
    g_ptr_array_add(words, (char *)"tcp_sendmsg");
    for (guint i = 0; i < n_names; i++) {
        g_autofree char *name = make_name(words);
        gsize n = strlen(name);

        if (pattern_in(pattern, name, n) != list_has(list, name, n, match)) {
            g_error("'%s' on '%s'", name, source);
        }
    }
}

static void test_lists(void)
{
    OopsRules rules = oops_rules();

    check_list(names_never_blamed(), 20000);
    check_list(names_generic_callers(), 10000);
    check_list(names_waiting(), 5000);
    check_list("[a-z]x|^$|^a+b$", 2000);
    for (gsize i = 0; i < rules.n_families; i++) {
        const OopsFormat *format = rules.families[i].formats;

        for (; format && format->title; format++) {
            if (format->skip) {
                check_list(format->skip, 500);
            }
            if (format->keep) {
                check_list(format->keep, 500);
            }
        }
    }
}

/* Of a name that no kernel has, the beginning says enough. */
static void test_long_name(void)
{
    g_autoptr(NameList) list = list_new(names_never_blamed());
    g_autoptr(Match) match = match_new();
    g_autoptr(GString) name = g_string_new(NULL);

    for (guint i = 0; i < 25000; i++) {
        g_string_append(name, "read_once_"); /* the begin of a pattern that looks far ahead */
    }
    g_string_append(name, "nocheck");
    g_assert_false(list_has(list, name->str, name->len, match));
    g_string_insert(name, 500, "kasan");
    g_assert_true(list_has(list, name->str, name->len, match));
}

/* All of them are right. */
static void test_patterns(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();

    reader_compile_all(reader);
}

static void test_replace(void)
{
    g_autoptr(Pattern) pattern = pattern_new("(x)[0-9]+", strlen("(x)[0-9]+"), 0);
    g_autoptr(Match) match = match_new();
    g_autofree char *replaced = pattern_replace(pattern, "ax1bx22c", "${1}N", match);

    g_assert_cmpstr(replaced, ==, "axNbxNc");
    g_assert_null(pattern_replace(pattern, "ax", "N", match));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oops/list/literals", test_literals);
    g_test_add_func("/oops/list/lead", test_lead);
    g_test_add_func("/oops/list/lists", test_lists);
    g_test_add_func("/oops/list/long-name", test_long_name);
    g_test_add_func("/oops/list/patterns", test_patterns);
    g_test_add_func("/oops/list/replace", test_replace);
    return g_test_run();
}
