/* SPDX-License-Identifier: Apache-2.0
 * What of a crash is compared, and how two crashes are related.
 *
 * Titles say how a crash is called, which is the place where it was noticed. The functions of the
 * stacks say more: a race that one side notices today and the other tomorrow has two titles, but a
 * use after free shows who used, who allocated and who freed.
 */
#include "oops/list.h"
#include "oops/names.h"
#include "oops/reader.h"

#include <string.h>

#define FUNCTIONS_MAX 32

/* --- The value ------------------------------------------------------------------------------- */

/* "__x64_sys_foo.isra.0" -> "foo". Owned by the caller. */
static char *plain_name(const char *function)
{
    const char *name = function, *before;

    do {
        before = name;
        name = names_strip_syscall(name);
    } while (name != before);
    return g_strndup(name, strcspn(name, "."));
}

/* What the functions of a report are added to. */
typedef struct Functions {
    const OopsReader *reader;
    Match *match;
    GPtrArray *names;
} Functions;

static gboolean is_telling(const Functions *functions, const char *name)
{
    const OopsReader *reader = functions->reader;
    gsize n = strlen(name);

    return n > 0 && !list_has(reader->never_blamed, name, n, functions->match) &&
           !list_has(reader->generic_callers, name, n, functions->match);
}

static gboolean is_full(const Functions *functions)
{
    return functions->names->len >= FUNCTIONS_MAX;
}

static void add_function(Functions *functions, const char *name)
{
    if (!is_full(functions) &&
        !g_ptr_array_find_with_equal_func(functions->names, name, g_str_equal, NULL)) {
        g_ptr_array_add(functions->names, g_strdup(name));
    }
}

static void add_telling(Functions *functions, const char *function)
{
    g_autofree char *name = plain_name(function);

    if (is_telling(functions, name)) {
        add_function(functions, name);
    }
}

static gboolean is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.';
}

/* "foo.isra.0" of " foo.isra.0+0x10/0x20 [module]"; NULL where there is none, or a doubtful one ("?
 * foo+0x10/0x20"). */
static char *function_of_line(Line line)
{
    const char *plus = memmem(line.s, line.n, "+0x", strlen("+0x"));
    const char *name = plus;

    while (name && name > line.s && is_name(name[-1])) {
        name--;
    }
    if (!name || name == plus ||
        (name - line.s >= 2 && memcmp(name - 2, "? ", strlen("? ")) == 0)) {
        return NULL;
    }
    return g_strndup(name, (gsize)(plus - name));
}

/* Of a report whose stacks were not taken apart. */
static void add_functions_of_text(Functions *functions, const OopsReport *report)
{
    gsize n = report->text ? strlen(report->text) : 0, at = MIN(report->text_prefix, n);
    Line line;

    while (!is_full(functions) && line_next(report->text, n, &at, &line)) {
        g_autofree char *function = function_of_line(line);

        if (function) {
            add_telling(functions, function);
        }
    }
}

static void add_functions_of_stacks(Functions *functions, const GPtrArray *stacks)
{
    for (guint i = 0; i < stacks->len && !is_full(functions); i++) {
        const OopsStack *stack = stacks->pdata[i];

        for (guint j = 0; j < stack->frames->len; j++) {
            const OopsFrame *frame = stack->frames->pdata[j];

            if (frame->reliable) {
                add_telling(functions, frame->function);
            }
        }
    }
}

static gboolean names_a_place(const char *frame)
{
    return frame[0] != '\0' && frame[0] != '<' && strcmp(frame, "corrupted") != 0;
}

static char **no_strings(void)
{
    return g_new0(char *, 1);
}

/* The first FUNCTIONS_MAX words of @text. */
static char **words_of(const char *text)
{
    char **words = g_strsplit(text, " ", FUNCTIONS_MAX + 1);

    if (g_strv_length(words) > FUNCTIONS_MAX) {
        g_clear_pointer(&words[FUNCTIONS_MAX], g_free);
    }
    return words;
}

OopsIdentity *oops_identity_of_title(const char *title, const char *functions)
{
    OopsIdentity *identity = g_new0(OopsIdentity, 1);

    identity->title = g_strdup(title);
    identity->alt_titles = no_strings();
    identity->type = g_strdup(title_type(title));
    identity->frame = title_frame(title);
    identity->functions = functions && functions[0] ? words_of(functions) : no_strings();
    return identity;
}

OopsIdentity *oops_identity_new(const OopsReader *reader, const OopsReport *report)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(Match) match = match_new();
    Functions functions = {.reader = reader, .match = match, .names = names};
    OopsIdentity *identity = oops_identity_of_title(report->title, NULL);

    if (report->type) {
        g_free(identity->type);
        identity->type = g_strdup(report->type);
    }
    if (report->alt_titles) {
        g_strfreev(identity->alt_titles);
        identity->alt_titles = g_strdupv(report->alt_titles);
    }
    identity->is_corrupted = report->corrupted_reason != NULL;
    identity->is_suppressed = report->suppressed;
    if (names_a_place(identity->frame)) {
        add_function(&functions, identity->frame);
    }
    if (report->stacks && report->stacks->len > 0) {
        add_functions_of_stacks(&functions, report->stacks);
    } else {
        add_functions_of_text(&functions, report);
    }
    g_ptr_array_add(names, NULL);
    g_strfreev(identity->functions);
    identity->functions = (char **)g_ptr_array_steal(names, NULL);
    return identity;
}

OopsIdentity *oops_identity_copy(const OopsIdentity *identity)
{
    OopsIdentity *copy = g_memdup2(identity, sizeof(*identity));

    copy->title = g_strdup(identity->title);
    copy->alt_titles = g_strdupv(identity->alt_titles);
    copy->type = g_strdup(identity->type);
    copy->frame = g_strdup(identity->frame);
    copy->functions = g_strdupv(identity->functions);
    return copy;
}

void oops_identity_free(OopsIdentity *identity)
{
    if (!identity) {
        return;
    }
    g_free(identity->title);
    g_strfreev(identity->alt_titles);
    g_free(identity->type);
    g_free(identity->frame);
    g_strfreev(identity->functions);
    g_free(identity);
}

/* --- How titles are related ------------------------------------------------------------------ */

typedef enum CrashClass {
    CLASS_NONE,
    CLASS_NO_WORDS,
    CLASS_MEMORY,
    CLASS_LOCKS,
    CLASS_HANG,
    CLASS_WARNING,
} CrashClass;

/* What is the matter, by the beginning of a title; the first that fits. */
static const struct {
    const char *prefix;
    CrashClass class;
} classes[] = {
    {"no output", CLASS_NO_WORDS},
    {"lost connection", CLASS_NO_WORDS},
    {"unexpected kernel reboot", CLASS_NO_WORDS},
    {"KASAN:", CLASS_MEMORY},
    {"KFENCE:", CLASS_MEMORY},
    {"KMSAN:", CLASS_MEMORY},
    {"UBSAN: array-index", CLASS_MEMORY},
    {"general protection fault", CLASS_MEMORY},
    {"stack segment fault", CLASS_MEMORY},
    {"BUG: unable to handle", CLASS_MEMORY},
    {"BUG: corrupted list", CLASS_MEMORY},
    {"BUG: bad usercopy", CLASS_MEMORY},
    {"BUG: Object already free", CLASS_MEMORY},
    {"BUG: stack guard page", CLASS_MEMORY},
    {"WARNING: refcount bug", CLASS_MEMORY},
    {"WARNING: ODEBUG bug", CLASS_MEMORY},
    {"WARNING: kernel stack", CLASS_MEMORY},
    {"PANIC: double fault", CLASS_MEMORY},
    {"kernel BUG", CLASS_MEMORY},
    {"kernel panic: corrupted stack end", CLASS_MEMORY},
    {"kernel stack overflow", CLASS_MEMORY},
    {"invalid opcode", CLASS_MEMORY},
    {"Internal error", CLASS_MEMORY},
    {"Unhandled fault", CLASS_MEMORY},
    {"possible deadlock", CLASS_LOCKS},
    {"inconsistent lock state", CLASS_LOCKS},
    {"BUG: sleeping function", CLASS_LOCKS},
    {"BUG: scheduling while atomic", CLASS_LOCKS},
    {"BUG: using", CLASS_LOCKS},
    {"BUG: bad unlock balance", CLASS_LOCKS},
    {"BUG: held lock freed", CLASS_LOCKS},
    {"BUG: still has locks", CLASS_LOCKS},
    {"BUG: spinlock", CLASS_LOCKS},
    {"BUG: rwlock", CLASS_LOCKS},
    {"WARNING: bad unlock balance", CLASS_LOCKS},
    {"WARNING: held lock freed", CLASS_LOCKS},
    {"WARNING: lock", CLASS_LOCKS},
    {"WARNING: nested lock", CLASS_LOCKS},
    {"WARNING: still has locks", CLASS_LOCKS},
    {"WARNING: suspicious RCU usage", CLASS_LOCKS},
    {"INFO: trying to register non-static key", CLASS_LOCKS},
    {"INFO: rcu", CLASS_HANG},
    {"INFO: task", CLASS_HANG},
    {"BUG: soft lockup", CLASS_HANG},
    {"BUG: workqueue lockup", CLASS_HANG},
    {"unregister_netdevice: waiting", CLASS_HANG},
    {"WARNING", CLASS_WARNING},
};

static CrashClass class_of(const OopsIdentity *identity)
{
    if (identity->is_suppressed) {
        return CLASS_NO_WORDS;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        if (g_str_has_prefix(identity->title, classes[i].prefix)) {
            return classes[i].class;
        }
    }
    return CLASS_NONE;
}

/* Two titles without what differs between places: "KASAN: use-after-free Read". */
static gboolean same_kind(const char *a, const char *b)
{
    const char *in_a = g_strrstr(a, " in "), *in_b = g_strrstr(b, " in ");

    /* "WARNING in f" does not say what the matter was. */
    return in_a && in_b && in_a - a == in_b - b && strncmp(a, b, (gsize)(in_a - a)) == 0 &&
           !g_str_has_prefix(a, "WARNING in ") && !g_str_has_prefix(a, "kernel BUG in ");
}

static gboolean is_title_of(const char *title, const OopsIdentity *identity)
{
    return g_str_equal(title, identity->title) ||
           g_strv_contains((const char *const *)identity->alt_titles, title);
}

/* "stall in corrupted" is no alternative that says anything. */
static gboolean share_alternative(const OopsIdentity *a, const OopsIdentity *b)
{
    if (is_title_of(a->title, b) || is_title_of(b->title, a)) {
        return TRUE;
    }
    for (char **alt = a->alt_titles; *alt; alt++) {
        if (is_title_of(*alt, b) && !g_str_has_suffix(*alt, " in corrupted")) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_damaged(const OopsIdentity *identity)
{
    return g_str_equal(identity->frame, "corrupted") ||
           (identity->is_corrupted && !names_a_place(identity->frame));
}

OopsRelation oops_relation(const OopsIdentity *a, const OopsIdentity *b)
{
    CrashClass class_a = class_of(a), class_b = class_of(b);

    if (g_str_equal(a->title, b->title)) {
        return OOPS_SAME_TITLE;
    }
    if (class_a == CLASS_NO_WORDS || class_b == CLASS_NO_WORDS) {
        return OOPS_NO_WORDS;
    }
    if ((names_a_place(a->frame) && g_str_equal(a->frame, b->frame)) || share_alternative(a, b)) {
        return OOPS_SAME_FRAME;
    }
    if (is_damaged(a) || is_damaged(b)) {
        return OOPS_CORRUPTED;
    }
    if (same_kind(a->title, b->title)) {
        return OOPS_SAME_KIND;
    }
    return class_a == class_b && class_a != CLASS_NONE ? OOPS_SAME_CLASS : OOPS_UNRELATED;
}

const char *oops_relation_name(OopsRelation relation)
{
    static const char *const names[OOPS_N_RELATIONS] = {
        [OOPS_SAME_TITLE] = "same title", [OOPS_SAME_FRAME] = "same frame",
        [OOPS_SAME_KIND] = "same kind",   [OOPS_SAME_CLASS] = "same class",
        [OOPS_CORRUPTED] = "corrupted",   [OOPS_NO_WORDS] = "without words",
        [OOPS_UNRELATED] = "unrelated"};

    return names[relation];
}

/* --- How stacks are related ------------------------------------------------------------------ */

/* Of the n-th function from within: a stack agrees first in what called the code at fault, which
 * all ways to it share. */
static double weight_of(guint place)
{
    return 1.0 / (1.0 + place / 4.0);
}

static gint64 place_of(char **functions, const char *function)
{
    for (guint i = 0; functions[i]; i++) {
        if (g_str_equal(functions[i], function)) {
            return i;
        }
    }
    return -1;
}

double oops_overlap(const OopsIdentity *a, const OopsIdentity *b)
{
    double common = 0, all = 0;

    if (!a->functions[0] || !b->functions[0]) {
        return -1;
    }
    for (guint i = 0; a->functions[i]; i++) {
        gint64 place = place_of(b->functions, a->functions[i]);

        common += place >= 0 ? MIN(weight_of(i), weight_of((guint)place)) : 0;
        all += place >= 0 ? MAX(weight_of(i), weight_of((guint)place)) : weight_of(i);
    }
    for (guint i = 0; b->functions[i]; i++) {
        all += place_of(a->functions, b->functions[i]) < 0 ? weight_of(i) : 0;
    }
    return common / all;
}

guint oops_overlap_step(double overlap)
{
    static const double ends[OOPS_N_OVERLAPS - 1] = {0.001, 0.1, 0.25, 0.5};
    guint step = 0;

    while (step < G_N_ELEMENTS(ends) && overlap >= ends[step]) {
        step++;
    }
    return step;
}
