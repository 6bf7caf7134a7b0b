/* SPDX-License-Identifier: Apache-2.0
 * firstbad oops --json over the corpus $FIRSTBAD_SHARED/data/oops: all of it in one run, and each
 * field as it is expected.
 */
#include <gio/gio.h>
#include <jansson.h>
#include <string.h>

static int compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths of the consoles in @folder, sorted; NULL without the corpus. */
static GPtrArray *list_consoles(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GPtrArray *paths = dir ? g_ptr_array_new_with_free_func(g_free) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".log")) {
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
        }
    }
    if (paths) {
        g_ptr_array_sort(paths, compare_strings);
    }
    return paths;
}

/* What stands beside the console @path: its name with @suffix for ".log". Or NULL. */
static char *read_beside(const char *path, const char *suffix)
{
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".log"));
    g_autofree char *beside = g_strconcat(stem, suffix, NULL);
    char *content = NULL;

    g_file_get_contents(beside, &content, NULL, NULL);
    return content;
}

/* The values of the lines "@key: VALUE", sorted, with newlines between; NULL when there are none.
 */
static char *expected(const char *expect, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(expect, "\n", -1);
    g_autofree char *head = g_strconcat(key, ":", NULL);
    g_autoptr(GPtrArray) values = g_ptr_array_new();

    for (gsize i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], head)) {
            g_ptr_array_add(values, g_strchug(lines[i] + strlen(head)));
        }
    }
    if (values->len == 0) {
        return NULL;
    }
    g_ptr_array_sort(values, compare_strings);
    g_ptr_array_add(values, NULL);
    return g_strjoinv("\n", (char **)values->pdata);
}

static char *sorted(const json_t *array)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new();
    const json_t *value;
    size_t i;

    json_array_foreach(array, i, value)
    {
        g_ptr_array_add(values, (gpointer)json_string_value(value));
    }
    g_ptr_array_sort(values, compare_strings);
    g_ptr_array_add(values, NULL);
    return g_strjoinv("\n", (char **)values->pdata);
}

/* The line of @console that has offset @at, without carriage returns. */
static char *line_at(const char *console, gsize n, gsize at)
{
    const char *newline = memrchr(console, '\n', at);
    const char *begin = newline ? newline + 1 : console;
    const char *end = memchr(console + at, '\n', n - at);
    g_autofree char *line = g_strndup(begin, (end ? end : console + n) - begin);
    g_auto(GStrv) parts = g_strsplit(line, "\r", -1);

    return g_strstrip(g_strjoinv("", parts));
}

/* @wanted NULL: nobody says what it should be. */
static gboolean differs(const char *path, const char *field, const char *wanted, const char *got)
{
    if (!wanted || g_strcmp0(wanted, got) == 0) {
        return FALSE;
    }
    g_test_message("%s: %s: wanted '%s', got '%s'", path, field, wanted, got);
    return TRUE;
}

static gboolean string_differs(const char *path, const char *expect, const char *key,
                               const json_t *object)
{
    g_autofree char *wanted = expected(expect, key);

    return differs(path, key, wanted, json_string_value(json_object_get(object, key)));
}

static gboolean flag_differs(const char *path, const char *expect, const char *key,
                             const json_t *object)
{
    g_autofree char *wanted = expected(expect, key);

    g_assert_true(json_is_boolean(json_object_get(object, key)));
    return differs(path, key, wanted, json_is_true(json_object_get(object, key)) ? "Y" : "N");
}

static gboolean place_differs(const char *path, const char *expect, const char *key,
                              const json_t *offset, gsize back)
{
    g_autofree char *wanted = expected(expect, key);
    g_autofree char *console = NULL, *got = NULL;
    gsize n, at = json_integer_value(offset);

    g_assert_true(g_file_get_contents(path, &console, &n, NULL));
    g_assert_cmpuint(at, <=, n);
    got = line_at(console, n, at - MIN(at, back));
    return differs(path, key, wanted, got);
}

static gboolean executor_differs(const char *path, const char *expect, const json_t *executor)
{
    g_autofree char *wanted = expected(expect, "executor");
    g_autofree char *got =
        json_is_null(executor)
            ? g_strdup("-")
            : g_strdup_printf("proc=%" JSON_INTEGER_FORMAT ", id=%" JSON_INTEGER_FORMAT,
                              json_integer_value(json_object_get(executor, "proc")),
                              json_integer_value(json_object_get(executor, "id")));

    return differs(path, "executor", wanted, got);
}

/* How many fields of @object are not as they should be. */
static guint count_differences(const char *path, const json_t *object)
{
    g_autofree char *expect = read_beside(path, ".expect"), *text = read_beside(path, ".report");
    g_autofree char *wanted_alt = NULL, *alt = NULL;
    guint n = flag_differs(path, expect, "crash", object);

    if (!json_is_true(json_object_get(object, "crash"))) {
        return n;
    }
    wanted_alt = expected(expect, "alt");
    alt = sorted(json_object_get(object, "alt"));
    n += string_differs(path, expect, "title", object);
    n += differs(path, "alt", wanted_alt ? wanted_alt : "", alt);
    n += string_differs(path, expect, "type", object);
    n += string_differs(path, expect, "frame", object);
    n += flag_differs(path, expect, "corrupted", object);
    n += flag_differs(path, expect, "suppressed", object);
    n += flag_differs(path, expect, "panicked", object);
    n += executor_differs(path, expect, json_object_get(object, "executor"));
    n += place_differs(path, expect, "start_line", json_object_get(object, "start"), 0);
    n += place_differs(path, expect, "end_line", json_object_get(object, "end"), 1);
    n +=
        text && differs(path, "report", text, json_string_value(json_object_get(object, "report")));
    return n;
}

static void test_corpus(void)
{
    const char *shared = g_getenv("FIRSTBAD_SHARED"), *firstbad = g_getenv("FIRSTBAD");
    g_autofree char *folder = g_build_filename(shared ? shared : "", "data", "oops", NULL);
    g_autoptr(GPtrArray) consoles = list_consoles(folder);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GSubprocess) oops = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL;
    g_auto(GStrv) lines = NULL;
    guint n_differences = 0;

    if (!consoles) {
        g_test_skip("no corpora: FIRSTBAD_SHARED is not set or has no data folder");
        return;
    }
    g_ptr_array_add(argv, (gpointer)firstbad);
    g_ptr_array_add(argv, (gpointer) "oops");
    g_ptr_array_add(argv, (gpointer) "--json");
    g_ptr_array_extend(argv, consoles, NULL, NULL);
    g_ptr_array_add(argv, NULL);
    oops =
        g_subprocess_newv((const char *const *)argv->pdata, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
    g_assert_no_error(error);
    g_subprocess_communicate_utf8(oops, NULL, NULL, &out, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_subprocess_get_exit_status(oops), ==, 0);
    lines = g_strsplit(out, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, consoles->len + 1);
    for (guint i = 0; i < consoles->len; i++) {
        json_t *object = json_loads(lines[i], 0, NULL);

        g_assert_nonnull(object);
        g_assert_cmpstr(json_string_value(json_object_get(object, "file")), ==, consoles->pdata[i]);
        n_differences += count_differences(consoles->pdata[i], object);
        json_decref(object);
    }
    g_test_message("%u consoles, %u fields differ", consoles->len, n_differences);
    g_assert_cmpuint(n_differences, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/oops/corpus", test_corpus);
    return g_test_run();
}
