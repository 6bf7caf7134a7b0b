/* SPDX-License-Identifier: Apache-2.0
 * Compiling the rules.
 */
#include "oops/reader.h"
#include "oops/names.h"

#include <string.h>

gboolean line_next(const char *text, gsize n, gsize *at, Line *ret_line)
{
    const char *end;

    if (*at >= n) {
        return FALSE;
    }
    ret_line->s = text + *at;
    end = memchr(ret_line->s, '\n', n - *at);
    ret_line->n = end ? (gsize)(end - ret_line->s) : n - *at;
    *at += ret_line->n + (end ? 1 : 0);
    return TRUE;
}

gboolean bytes_contain(const char *s, gsize n, const char *word)
{
    return memmem(s, n, word, strlen(word)) != NULL;
}

gboolean pattern_in(const GRegex *pattern, const char *s, gsize n)
{
    /* NULs and bytes that are no UTF-8 are welcome; a pattern that runs out of its limits on a
     * hostile text has not matched. */
    return g_regex_match_full(pattern, s, n, 0, 0, NULL, NULL);
}

static GRegex *compile(OopsReader *reader, const char *pattern)
{
    GRegex *regex;
    g_autoptr(GError) error = NULL;

    if (!pattern) {
        return NULL;
    }
    regex = g_hash_table_lookup(reader->patterns, pattern);
    if (!regex) {
        regex =
            g_regex_new(pattern, G_REGEX_RAW | G_REGEX_OPTIMIZE | G_REGEX_NEWLINE_LF, 0, &error);
        if (!regex) {
            g_error("oops: pattern '%s': %s", pattern, error->message);
        }
        g_hash_table_insert(reader->patterns, g_strdup(pattern), regex);
    }
    return regex;
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

            kind->rules[j] = (Rule){
                .format = format,
                .title = compile(reader, format->title),
                .report = compile(reader, format->report),
                .skip = compile(reader, format->skip),
                .keep = compile(reader, format->keep),
                .frames = compile_recipe(reader, format->frames),
                .frames_else = compile_recipe(reader, format->frames_else),
            };
        }
    }
}

static void compile_notes(OopsReader *reader)
{
    reader->notes = g_new0(GRegex *, n_note_rules);
    for (gsize i = 0; i < n_note_rules; i++) {
        reader->words[reader->n_kinds + i] = note_rules[i].word;
        reader->notes[i] = compile(reader, note_rules[i].pattern);
    }
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
    g_autoptr(GString) any = g_string_new(NULL);

    for (gsize i = 0; i < STACK_STARTS; i++) {
        reader->stack_starts[i] = compile(reader, starts[i]);
        g_string_append_printf(any, "%s%s", i ? "|" : "", starts[i]);
    }
    reader->stack_start = compile(reader, any->str);
}

/* What differs between two runs of the same crash goes out of the title, in this order. */
static void compile_rewrites(OopsReader *reader)
{
    static const struct {
        const char *pattern, *by;
    } rewrites[] = {
        {"syz-executor\\.?[0-9]+(?:[/:][0-9]+)?", "syz-executor"},
        {"syzkaller[0-9]+(?:[/:][0-9]+)?", "syzkaller"},
        {"([^a-zA-Z0-9])(?:0x)?[0-9a-f]{6,}", "\\1ADDR"},
        {"[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}", "IP"},
        {"(\\.[a-zA-Z]+):[0-9]+(?::[0-9]+)?", "\\1:LINE"},
        {"([a-zA-Z0-9_]+)\\+0x[0-9a-f]+/0x[0-9a-f]+", "\\1"},
        {"CPU#[0-9]+", "CPU"},
        {"(\\W)[0-9]+(\\W|\\z)", "\\1NUM\\2"},
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
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_regex_unref);
    compile_kinds(reader);
    compile_notes(reader);
    reader->scan = scan_new(reader->words, reader->n_kinds + n_note_rules);
    reader->longest = scan_longest(reader->scan);
    compile_stack_starts(reader);
    compile_rewrites(reader);
    reader->never_blamed = compile(reader, names_never_blamed());
    reader->generic_callers = compile(reader, names_generic_callers());
    reader->waiting = compile(reader, names_waiting());
    reader->frame_pair =
        compile(reader, "^\\s*(?:" PC " )?\\(?([a-zA-Z0-9_]+)\\)? from (?:" PC " )?\\(?" FUNC);
    reader->injected = compile(reader, " should_fail(?:slab)?[a-zA-Z0-9_.]*\\+0x");
    reader->timestamp = compile(reader, "\\[ *[0-9]+\\.[0-9]+\\]");
    reader->source_file = compile(reader, "([a-zA-Z0-9_\\-./]+\\.[ch]):[0-9]+");
    reader->ignored_file = compile(reader, GENERIC_FILES);
    reader->ignored_line =
        compile(reader, "(?:hardirqs|softirqs) last +(?:enabled|disabled)|, at: | #[0-9]+: "
                        "|Register r[0-9]+ information");
    return reader;
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
    g_hash_table_unref(reader->patterns);
    g_free(reader);
}
