/* SPDX-License-Identifier: Apache-2.0
 * The reader and the judge against the logs of $FIRSTBAD_SHARED/data/bisect-logs.
 */
#include <string.h>

#include "audit/audit.h"
#include "exact.h"
#include "read-log.h"

/* The logs of the corpus, and what is known of each. */
typedef struct Corpus {
    char *folder;
    char **lines;
} Corpus;

static void corpus_clear(Corpus *corpus)
{
    g_free(corpus->folder);
    g_strfreev(corpus->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Corpus, corpus_clear)

static gboolean open_corpus(Corpus *corpus)
{
    const char *shared = g_getenv("FIRSTBAD_SHARED");
    g_autofree char *path = NULL, *text = NULL;

    corpus->folder = g_build_filename(shared ? shared : "", "data", "bisect-logs", NULL);
    path = g_build_filename(corpus->folder, "expected.jsonl", NULL);
    if (!shared || !g_file_get_contents(path, &text, NULL, NULL)) {
        g_test_skip("no corpus: FIRSTBAD_SHARED is not set or has no data/bisect-logs");
        return FALSE;
    }
    corpus->lines = g_strsplit(g_strchomp(text), "\n", -1);
    return TRUE;
}

static BisectLog *read_log(const Corpus *corpus, json_t *expected)
{
    g_autofree char *name =
        g_strconcat(json_string_value(json_object_get(expected, "id")), ".txt", NULL);

    return read_log_file(corpus->folder, name);
}

static void test_fields(void)
{
    g_auto(Corpus) corpus = {0};
    guint n_wrong = 0;

    if (!open_corpus(&corpus)) {
        return;
    }
    for (guint i = 0; corpus.lines[i]; i++) {
        json_t *expected = json_loads(corpus.lines[i], 0, NULL);
        g_autoptr(BisectLog) log = read_log(&corpus, expected);
        json_t *got = bisect_log_json(log);
        const char *difference = first_difference(expected, got);

        if (difference) {
            g_test_message("%s: %s", json_string_value(json_object_get(expected, "id")),
                           difference);
            n_wrong++;
        }
        json_decref(got);
        json_decref(expected);
    }
    g_assert_cmpuint(n_wrong, ==, 0);
}

/* The shares wanted of the audit: at least 70 % of the wrong answers not believed, at most 10 % of
 * the right ones. */
static void test_flagged(void)
{
    g_autoptr(OopsReader) reader = oops_reader_new();
    guint n[2] = {0}, n_flagged[2] = {0};
    g_auto(Corpus) corpus = {0};

    if (!open_corpus(&corpus)) {
        return;
    }
    for (guint i = 0; corpus.lines[i]; i++) {
        json_t *expected = json_loads(corpus.lines[i], 0, NULL);
        const char *truth = json_string_value(json_object_get(expected, "gt_verdict"));

        if (truth && json_is_string(json_object_get(expected, "culprit"))) {
            g_autoptr(BisectLog) log = read_log(&corpus, expected);
            g_autoptr(Audit) audit = audit_new(reader, log);
            gboolean is_wrong = g_str_equal(truth, "incorrect");

            n[is_wrong]++;
            n_flagged[is_wrong] += audit->trust < AUDIT_BELIEVABLE;
        }
        json_decref(expected);
    }
    g_test_message("wrong flagged %u of %u, right %u of %u", n_flagged[1], n[1], n_flagged[0],
                   n[0]);
    g_assert_cmpuint(10 * n_flagged[1], >=, 7 * n[1]);
    g_assert_cmpuint(10 * n_flagged[0], <=, n[0]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/audit/corpus/fields", test_fields);
    g_test_add_func("/audit/corpus/flagged", test_flagged);
    return g_test_run();
}
