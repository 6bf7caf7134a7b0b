/* SPDX-License-Identifier: Apache-2.0
 * The form for a new job. Its fields are keys of the job file; what is wrong with them comes in the
 * words of the command line ("--test is missing: ..."), and is told in those of the form.
 */
#include <string.h>

#include "page/parts.h"

/* The kinds of jobs that a field is for. */
typedef enum FormKinds {
    FOR_NONE = 0,
    FOR_KERNEL = 1,
    FOR_RUN = 2,
    FOR_ALL = FOR_KERNEL | FOR_RUN,
} FormKinds;

typedef struct FormField {
    const char *key, *label;
    const char *option; /* what `firstbad run` calls it; NULL: as the key */
    FormKinds kinds, needed_by;
    const char *hint, *run_hint; /* the latter for a run, where it differs */
    gboolean is_file;            /* may be sent along, too */
} FormField;

static const FormField form_fields[] = {
    {"name", "Name", NULL, FOR_ALL, FOR_NONE, "of the job; empty: one is made", NULL},
    {"tree", "Tree", "repo", FOR_ALL, FOR_ALL, "folder of the git repository, on the server", NULL},
    {"start", "Start", "bad", FOR_ALL, FOR_ALL, "commit that crashes", "commit that is bad"},
    {"good", "Good", NULL, FOR_ALL, FOR_RUN,
     "commit that does not; empty: the releases are searched", "commit that is good"},
    {"config", "Config", NULL, FOR_KERNEL, FOR_KERNEL, "path on the server", NULL, TRUE},
    {"repro", "Reproducer", NULL, FOR_KERNEL, FOR_KERNEL,
     "path on the server: .c, a static program, a script, .syz; not needed where the bug is boot, "
     "basic or build",
     NULL, TRUE},
    {"title", "Title", NULL, FOR_KERNEL, FOR_NONE, "of the crash; empty: what the start shows",
     NULL},
    {"build", "Build command", NULL, FOR_RUN, FOR_NONE,
     "runs before the test; empty: nothing is built. Exits with 0: built; 125: cannot be tested; "
     "1 to 127 otherwise, or a crash: does not build",
     NULL},
    {"test", "Test command", NULL, FOR_RUN, FOR_RUN,
     "exits with 0: good; 125: cannot be tested; 1 to 127 otherwise, or a crash (SIGSEGV, SIGABRT "
     "and the like): bad; all else is tried again",
     NULL},
    {"priority", "Priority", NULL, FOR_ALL, FOR_NONE, "higher comes first; empty: 0", NULL},
};
/* Two that look otherwise. */
static const FormField kind_field = {.key = "kind", .label = "Kind"},
                       more_field = {.key = "more", .label = "More options"};

gboolean page_submit_has_field(const char *kind, const char *key)
{
    FormKinds wanted = g_str_equal(kind, "run") ? FOR_RUN : FOR_KERNEL;

    for (guint i = 0; i < G_N_ELEMENTS(form_fields); i++) {
        if (g_str_equal(form_fields[i].key, key)) {
            return (form_fields[i].kinds & wanted) != 0;
        }
    }
    return FALSE;
}

/* --- What is wrong --------------------------------------------------------------------------- */

/* The field of @option; NULL: there is none. */
static const FormField *find_field(const char *option)
{
    for (guint i = 0; i < G_N_ELEMENTS(form_fields); i++) {
        const FormField *field = &form_fields[i];

        if (g_str_equal(field->key, option) || g_strcmp0(field->option, option) == 0) {
            return field;
        }
    }
    return g_str_equal(option, kind_field.key)   ? &kind_field
           : g_str_equal(option, more_field.key) ? &more_field
                                                 : NULL;
}

/* A GRegexEvalCallback: an option as the label of its field. */
static gboolean add_label(const GMatchInfo *match, GString *text, gpointer data)
{
    g_autofree char *option = g_match_info_fetch(match, 1), *whole = g_match_info_fetch(match, 0);
    const FormField *field = find_field(option);

    g_string_append(text, field ? field->label : whole);
    return FALSE;
}

char *submit_complaint(const char *complaint, const char **ret_key)
{
    g_autoptr(GRegex) options =
        g_regex_new("(?<![^ (])--([a-z]+(?:-[a-z]+)*)", G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *first = NULL, *text = NULL;
    const FormField *field = NULL;

    if (g_str_has_prefix(complaint, "--") && g_regex_match(options, complaint, 0, &match)) {
        first = g_match_info_fetch(match, 1);
        field = find_field(first);
        *ret_key = field ? field->key : more_field.key;
    } else {
        *ret_key = NULL;
    }
    text = g_regex_replace_eval(options, complaint, -1, 0, 0, add_label, NULL, NULL);
    return first && !field ? g_strdup_printf("%s: %s", more_field.label, text + strlen("--"))
                           : g_steal_pointer(&text);
}

/* What the form says at first, or again. */
typedef struct Filled {
    GHashTable *values;
    const char *complaint, *wrong; /* what is wrong, and the key of its field; or NULL */
} Filled;

static const char *value_of(const Filled *filled, const char *key)
{
    const char *value = filled->values ? g_hash_table_lookup(filled->values, key) : NULL;

    return value ? value : "";
}

static gboolean is_wrong(const Filled *filled, const char *key)
{
    return g_strcmp0(filled->wrong, key) == 0;
}

/* --- Fields ---------------------------------------------------------------------------------- */

/* The style sheet shows what is of the chosen kind. */
static const char *class_of(FormKinds kinds)
{
    return kinds == FOR_KERNEL ? "for-kernel" : kinds == FOR_RUN ? "for-run" : NULL;
}

/* The <div> of a field with its label, and with what is wrong. */
static void open_field(Html *html, const FormField *field, const Filled *filled)
{
    const char *kinds = class_of(field->kinds);
    g_autofree char *id = g_strconcat("field-", field->key, NULL),
                    *needed = g_strconcat("needed-", field->key, NULL),
                    *wrong = g_strconcat("wrong-", field->key, NULL),
                    *class_name = g_strjoin(" ", "field", kinds ? kinds : "all",
                                            is_wrong(filled, field->key) ? "wrong" : NULL, NULL);

    html_open(html, "div", "class", class_name, NULL);
    html_leaf(html, "label", field->label, "for", id, NULL);
    if (field->needed_by) {
        html_text(html, " ");
        html_open(html, "span", "class", "needed", "id", needed, NULL);
        html_leaf(html, "span", "required", "class", class_of(field->needed_by), NULL);
        html_close(html);
    }
    if (is_wrong(filled, field->key)) {
        html_leaf(html, "p", filled->complaint, "class", "error", "role", "alert", "id", wrong,
                  NULL);
    }
}

/* The ids of what is told of a field. Owned by the caller. */
static char *described_by(const FormField *field, const Filled *filled)
{
    GString *ids = g_string_new(NULL);

    if (is_wrong(filled, field->key)) {
        g_string_append_printf(ids, "wrong-%s ", field->key);
    }
    if (field->needed_by) {
        g_string_append_printf(ids, "needed-%s ", field->key);
    }
    g_string_append_printf(ids, "hint-%s", field->key);
    return g_string_free(ids, FALSE);
}

static void add_hint(Html *html, const FormField *field)
{
    g_autofree char *hint = g_strconcat("hint-", field->key, NULL);

    html_open(html, "small", "id", hint, NULL);
    if (field->run_hint) {
        html_leaf(html, "span", field->hint, "class", "for-kernel", NULL);
        html_leaf(html, "span", field->run_hint, "class", "for-run", NULL);
    } else {
        html_text(html, field->hint);
    }
    html_close(html);
}

static void add_field(Html *html, const FormField *field, const Filled *filled)
{
    g_autofree char *id = g_strconcat("field-", field->key, NULL),
                    *about = described_by(field, filled);
    gboolean wrong = is_wrong(filled, field->key);

    open_field(html, field, filled);
    html_open(html, "input", "type", "text", "id", id, "name", field->key, "value",
              value_of(filled, field->key), "aria-describedby", about, "aria-invalid",
              wrong ? "true" : NULL, "autofocus", wrong ? "" : NULL, NULL);
    add_hint(html, field);
    if (field->is_file) {
        g_autofree char *name = g_strconcat(field->key, "-file", NULL),
                        *label = g_strdup_printf("%s, sent along", field->label);

        html_leaf(html, "small", "or a file of yours, sent along:", "class", "or", NULL);
        html_open(html, "input", "type", "file", "name", name, "aria-label", label, NULL);
    }
    html_close(html);
}

static void add_kind(Html *html, const Filled *filled)
{
    static const struct {
        const char *kind, *text;
    } kinds[] = {{"cause", "cause: what made a kernel crash"},
                 {"fix", "fix: what mended a crash"},
                 {"run", "run: what made a test command fail"}};

    open_field(html, &kind_field, filled);
    html_open(html, "select", "id", "field-kind", "name", "kind", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        gboolean is_chosen = g_str_equal(value_of(filled, "kind"), kinds[i].kind);

        html_leaf(html, "option", kinds[i].text, "value", kinds[i].kind, "selected",
                  is_chosen ? "" : NULL, NULL);
    }
    html_close(html);
    html_close(html);
}

static void add_more(Html *html, const Filled *filled)
{
    g_autofree char *about = described_by(&more_field, filled);
    gboolean wrong = is_wrong(filled, "more");

    open_field(html, &more_field, filled);
    html_leaf(html, "textarea", value_of(filled, "more"), "id", "field-more", "name", "more",
              "rows", "4", "aria-describedby", about, "aria-invalid", wrong ? "true" : NULL,
              "autofocus", wrong ? "" : NULL, NULL);
    html_leaf(html, "small", "as in a job file, a line each: max-kernels=40", "id", "hint-more",
              NULL);
    html_close(html);
}

static void add_form(Html *html, const Filled *filled)
{
    html_open(html, "form", "method", "post", "action", "/submit", "enctype", "multipart/form-data",
              "class", "submit", NULL);
    add_kind(html, filled);
    for (guint i = 0; i < G_N_ELEMENTS(form_fields); i++) {
        add_field(html, &form_fields[i], filled);
    }
    add_more(html, filled);
    html_leaf(html, "button", "Queue it", "type", "submit", NULL);
    html_close(html);
}

GBytes *page_submit(const PagePlace *place, const char *complaint, GHashTable *values)
{
    Html *html = frame_new(place, "submit", "New job");
    Filled filled = {.values = values};
    g_autofree char *told = complaint ? submit_complaint(complaint, &filled.wrong) : NULL;

    filled.complaint = told;
    frame_open_main(html);
    html_leaf(html, "h1", "New job", NULL);
    if (!filled.wrong) {
        add_complaint(html, told);
    }
    if (place->may_write) {
        add_form(html, &filled);
    } else {
        html_open(html, "p", NULL);
        html_leaf(html, "a", "Log in", "href", "/login", NULL);
        html_text(html, " with the token of this server to begin a job.");
        html_close(html);
    }
    return frame_finish(html);
}
