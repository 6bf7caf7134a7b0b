/* SPDX-License-Identifier: Apache-2.0
 * Compiling the rules.
 */
#include "oops/reader.h"
#include "oops/literals.h"
#include "oops/names.h"

#include <string.h>

gboolean bytes_contain(const char *s, gsize n, const char *word)
{
    return memmem(s, n, word, strlen(word)) != NULL;
}

/* @pattern, or NULL when that is NULL. */
static const Pattern *compile(OopsReader *reader, const char *pattern)
{
    Pattern *compiled = pattern ? g_hash_table_lookup(reader->patterns, pattern) : NULL;

    if (pattern && !compiled) {
        compiled = pattern_new(pattern, strlen(pattern), 0);
        g_hash_table_insert(reader->patterns, g_strdup(pattern), compiled);
    }
    return compiled;
}

/* The title of a format of @family. */
static const Pattern *compile_title(OopsReader *reader, const char *pattern, gboolean led)
{
    g_autofree char *key = g_strconcat("\\G", pattern, NULL); /* a name of its own */
    Pattern *compiled;

    if (!led) {
        return compile(reader, pattern);
    }
    compiled = g_hash_table_lookup(reader->patterns, key);
    if (!compiled) {
        compiled = pattern_new(pattern, strlen(pattern), PATTERN_ANCHORED);
        g_hash_table_insert(reader->patterns, g_steal_pointer(&key), compiled);
    }
    return compiled;
}

static const NameList *compile_list(OopsReader *reader, const char *pattern)
{
    NameList *compiled = pattern ? g_hash_table_lookup(reader->lists, pattern) : NULL;

    if (pattern && !compiled) {
        compiled = list_new(pattern);
        g_hash_table_insert(reader->lists, g_strdup(pattern), compiled);
    }
    return compiled;
}

static Recipe compile_recipe(OopsReader *reader, const char *const parts[RECIPE_PARTS])
{
    Recipe recipe = {0};

    for (; recipe.n_parts < RECIPE_PARTS && parts[recipe.n_parts]; recipe.n_parts++) {
        const char *part = parts[recipe.n_parts];
        gboolean stack = g_str_equal(part, STACK);

        recipe.parts[recipe.n_parts] = (Part){stack, stack ? NULL : compile(reader, part)};
    }
    return recipe;
}

static void compile_kinds(OopsReader *reader)
{
    OopsRules rules = oops_rules();

    reader->n_kinds = rules.n_families;
    reader->kinds = g_new0(Kind, rules.n_families);
    reader->words = g_new0(const char *, rules.n_families + n_note_rules);
    for (gsize i = 0; i < rules.n_families; i++) {
        const OopsFamily *family = &rules.families[i];
        Kind *kind = &reader->kinds[i];

        reader->words[i] = family->header;
        kind->family = family;
        kind->except = compile(reader, family->except);
        while (family->formats && family->formats[kind->n_rules].title) {
            kind->n_rules++;
        }
        kind->rules = g_new0(Rule, kind->n_rules);
        for (gsize j = 0; j < kind->n_rules; j++) {
            const OopsFormat *format = &family->formats[j];
            gboolean led = literals_lead(format->title, family->header);

            kind->rules[j] = (Rule){
                .format = format,
                .title = compile_title(reader, format->title, led),
                .led = led,
                .report = compile(reader, format->report),
                .skip = compile_list(reader, format->skip),
                .keep = compile_list(reader, format->keep),
                .frames = compile_recipe(reader, format->frames),
                .frames_else = compile_recipe(reader, format->frames_else),
            };
        }
    }
}

static void compile_notes(OopsReader *reader)
{
    reader->notes = g_new0(const Pattern *, n_note_rules);
    for (gsize i = 0; i < n_note_rules; i++) {
        reader->words[reader->n_kinds + i] = note_rules[i].word;
        reader->notes[i] = compile(reader, note_rules[i].pattern);
    }
}

static void add_mark(OopsReader *reader, const char *word, Mark mark)
{
    g_assert(reader->mark_words->len < SCAN_WORDS);
    reader->marks[reader->mark_words->len] = mark;
    g_ptr_array_add(reader->mark_words, g_strdup(word));
}

static void compile_stack_starts(OopsReader *reader)
{
    static const char *const starts[STACK_STARTS] = {
        "Call [Tt]race",
        "Allocated:",
        "Freed:",
        "(?:Allocated|Freed) by task [0-9]+:",
        "(?<!k) backtrace(?: \\(crc [0-9a-f]+\\))?:",
        "Backtrace:",
        "Uninit was stored to memory at",
        [STACK_START_STATUS] = "status: [0-9a-f]+ badaddr: [0-9a-f]+ cause: [0-9a-f]+", /* RISC-V */
    };

    for (gsize i = 0; i < STACK_STARTS; i++) {
        g_autoptr(GArray) alternatives = literals_of(starts[i]);

        reader->stack_starts[i] = compile(reader, starts[i]);
        for (guint j = 0; j < alternatives->len; j++) {
            const Literals *literals = &g_array_index(alternatives, Literals, j);

            for (guint k = 0; k < literals->words->len; k++) {
                add_mark(reader, literals->words->pdata[k], MARK_START);
            }
        }
    }
}

static void compile_marks(OopsReader *reader)
{
    static const struct {
        const char *word;
        Mark mark;
    } words[] = {
        {" should_fail", MARK_INJECTED},
        {" from ", MARK_FROM},
        {"(stack is not available)", MARK_NO_STACK},
        {" [inline]", MARK_INLINED},
        {" login: ", MARK_LOGIN},
        {"Sending NMI from CPU", MARK_ALL_CPUS},
        {"Kernel panic - not syncing", MARK_SECOND},
        {"WARNING: possible circular locking dependency detected", MARK_SECOND},
        {"Disabling lock debugging due to kernel taint", MARK_TAINT},
        {"BUG: KMSAN:", MARK_KMSAN},
        {" Comm: syz.", MARK_EXECUTOR},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        add_mark(reader, words[i].word, words[i].mark);
    }
    for (gsize i = 0; i < reader->n_kinds; i++) {
        add_mark(reader, reader->words[i], MARK_HEADER);
    }
    reader->marks_scan =
        scan_new((const char *const *)reader->mark_words->pdata, reader->mark_words->len);
}

/* What differs between two runs of the same crash goes out of the title, in this order. */
static void compile_rewrites(OopsReader *reader)
{
    static const struct {
        const char *pattern, *by;
    } rewrites[] = {
        {"syz-executor\\.?[0-9]+(?:[/:][0-9]+)?", "syz-executor"},
        {"syzkaller[0-9]+(?:[/:][0-9]+)?", "syzkaller"},
        {"([^a-zA-Z0-9])(?:0x)?[0-9a-f]{6,}", "${1}ADDR"},
        {"[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}", "IP"},
        {"(\\.[a-zA-Z]+):[0-9]+(?::[0-9]+)?", "${1}:LINE"},
        {"([a-zA-Z0-9_]+)\\+0x[0-9a-f]+/0x[0-9a-f]+", "${1}"},
        {"CPU#[0-9]+", "CPU"},
        {"(\\W)[0-9]+(\\W|\\z)", "${1}NUM${2}"},
        {"[0-9]{7,}", "NUM"},
    };

    reader->n_rewrites = G_N_ELEMENTS(rewrites);
    reader->rewrites = g_new0(Rewrite, reader->n_rewrites);
    for (gsize i = 0; i < reader->n_rewrites; i++) {
        reader->rewrites[i] = (Rewrite){compile(reader, rewrites[i].pattern), rewrites[i].by};
    }
}

/* Files that are in many stacks and seldom to blame. */
#define GENERIC_FILES                                                                              \
    "\\.h$|^lib/|^virt/lib/|^mm/kasan|^mm/kmsan"                                                   \
    "|^mm/"                                                                                        \
    "(?:sl.b.*|filemap|folio-compat|truncate|memory|percpu.*|vmalloc|page_alloc|mempool|util)"     \
    "\\.c$"                                                                                        \
    "|^kernel/(?:kcov|panic|softirq|kthread|stacktrace|workqueue)\\.c$"                            \
    "|^kernel/(?:rcu|locking|sched)/|^kernel/printk/printk.*\\.c$|^kernel/time/timer\\.c$"         \
    "|^arch/.*/kernel/(?:traps|unwind.*|stacktrace)\\.c$|^arch/.*/kernel/apic/apic\\.c$"           \
    "|^arch/.*/mm/(?:fault|physaddr)\\.c$|^arch/arm64/kernel/(?:entry.*|process)\\.c$"             \
    "|^arch/.*/lib/crc|^net/core/(?:dev|sock|skbuff)\\.c$|^fs/proc/generic\\.c$"                   \
    "|^drivers/usb/core/urb\\.c$|^trusty/"

OopsReader *oops_reader_new(void)
{
    OopsReader *reader = g_new0(OopsReader, 1);

    reader->patterns =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)pattern_free);
    reader->lists =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)list_free);
    reader->mark_words = g_ptr_array_new_with_free_func(g_free);
    compile_kinds(reader);
    compile_notes(reader);
    reader->scan = scan_new(reader->words, reader->n_kinds + n_note_rules);
    reader->longest = scan_longest(reader->scan);
    compile_stack_starts(reader);
    compile_marks(reader);
    compile_rewrites(reader);
    reader->never_blamed = compile_list(reader, names_never_blamed());
    reader->generic_callers = compile_list(reader, names_generic_callers());
    reader->waiting = compile_list(reader, names_waiting());
    reader->frame_pair =
        compile(reader, "^\\s*(?:" PC " )?\\(?([a-zA-Z0-9_]+)\\)? from (?:" PC " )?\\(?" FUNC);
    reader->injected = compile(reader, " should_fail(?:slab)?[a-zA-Z0-9_.]*\\+0x");
    reader->executor = compile(reader, " Comm: syz\\.([0-9]+)\\.([0-9]+) ");
    reader->timestamp = compile(reader, "\\[ *[0-9]+\\.[0-9]+\\]");
    reader->source_file = compile(reader, "([a-zA-Z0-9_\\-./]+\\.[ch]):[0-9]+");
    reader->ignored_file = compile(reader, GENERIC_FILES);
    reader->ignored_line =
        compile(reader, "(?:hardirqs|softirqs) last +(?:enabled|disabled)|, at: | #[0-9]+: "
                        "|Register r[0-9]+ information");
    return reader;
}

void reader_compile_all(const OopsReader *reader)
{
    GHashTableIter iter;
    gpointer pattern;

    g_hash_table_iter_init(&iter, reader->patterns);
    while (g_hash_table_iter_next(&iter, NULL, &pattern)) {
        pattern_compile(pattern);
    }
}

void oops_reader_free(OopsReader *reader)
{
    if (!reader) {
        return;
    }
    for (gsize i = 0; i < reader->n_kinds; i++) {
        g_free(reader->kinds[i].rules);
    }
    g_free(reader->kinds);
    scan_free(reader->scan);
    g_free(reader->words);
    g_free(reader->notes);
    g_free(reader->rewrites);
    scan_free(reader->marks_scan);
    g_ptr_array_unref(reader->mark_words);
    g_hash_table_unref(reader->lists);
    g_hash_table_unref(reader->patterns);
    g_free(reader);
}
