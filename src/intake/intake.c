/* SPDX-License-Identifier: Apache-2.0
 * What a file is, and what is known of a crash by all of them.
 *
 * The table `kinds` below is asked from above: a page or a mail may hold all the others, so they
 * come first, and a crash report may stand in anything, so it comes last.
 */
#include "parsers.h"

#include <string.h>

/* No honest title, name or line of a compiler is longer. */
#define MAX_TEXT 1000
#define MAX_CC   50

static const struct {
    const char *name;
    gboolean (*is)(const IntakeSource *source);
    void (*take)(const IntakeSource *source, Intake *intake);
} kinds[N_INTAKE_KINDS] = {
    [INTAKE_UNKNOWN] = {"nothing that is known", NULL, NULL},
    [INTAKE_PAGE] = {"a page of syzbot's dashboard", page_is, page_read},
    [INTAKE_SYZBOT_LOG] = {"a bisection log", syzbot_log_is, syzbot_log_take},
    [INTAKE_MAIL] = {"a mail", mail_is, mail_read},
    [INTAKE_GIT_LOG] = {"a log of git bisect", git_log_is, git_log_take},
    [INTAKE_OPTS_FILE] = {"options of a syzkaller program", opts_is, opts_take},
    [INTAKE_CONFIG_FILE] = {"a kernel config", config_is, config_take},
    [INTAKE_C_FILE] = {"C source", c_is, c_take},
    [INTAKE_SYZ_FILE] = {"a syzkaller program", syz_is, syz_take},
    [INTAKE_CONSOLE] = {"a crash report", crash_is, crash_take},
};

const char *intake_kind_name(IntakeKind kind)
{
    return kinds[kind].name;
}

/* --- Life ------------------------------------------------------------------------------------ */

Intake *intake_new(void)
{
    Intake *intake = g_new0(Intake, 1);

    intake->cc = g_ptr_array_new_with_free_func(g_free);
    return intake;
}

static void fact_clear(IntakeFact *fact)
{
    g_clear_pointer(&fact->text, g_free);
    g_clear_pointer(&fact->link, g_free);
    g_clear_pointer(&fact->bytes, g_bytes_unref);
}

void intake_free(Intake *intake)
{
    if (!intake) {
        return;
    }
    for (guint i = 0; i < N_INTAKE_ITEMS; i++) {
        fact_clear(&intake->of[i]);
    }
    g_ptr_array_unref(intake->cc);
    g_free(intake);
}

gboolean intake_has(const Intake *intake, IntakeItem item)
{
    gboolean is_file = item == INTAKE_CONFIG || item == INTAKE_REPRO_C ||
                       item == INTAKE_REPRO_SYZ || item == INTAKE_REPRO_OPTS ||
                       item == INTAKE_BISECT_LOG;
    const IntakeFact *fact = &intake->of[item];

    return is_file ? fact->bytes != NULL : fact->text != NULL;
}

/* --- What is said ---------------------------------------------------------------------------- */

void intake_say(Intake *intake, IntakeItem item, const char *text, gssize n)
{
    g_autofree char *whole = n < 0 ? g_strdup(text) : g_strndup(text, (gsize)n);
    const char *bare = g_strstrip(whole);

    if (!intake->of[item].text && *bare && strlen(bare) <= MAX_TEXT) {
        intake->of[item].text = g_strdup(bare);
    }
}

/* Nothing but what a browser and a shell take for one harmless word. */
static gboolean is_link(const char *link)
{
    static const char *const schemes[] = {"https://", "http://", "git://"};
    gboolean has_scheme = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
        has_scheme = has_scheme || g_str_has_prefix(link, schemes[i]);
    }
    return has_scheme && strlen(link) <= MAX_TEXT &&
           link[strspn(link, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-._~:/?#@!+,=&%*")] == '\0';
}

void intake_link(Intake *intake, IntakeItem item, const char *link, gssize n)
{
    g_autofree char *whole = n < 0 ? g_strdup(link) : g_strndup(link, (gsize)n);
    const char *bare = g_strstrip(whole);

    if (!intake->of[item].link && is_link(bare)) {
        intake->of[item].link = g_strdup(bare);
    }
}

void intake_hold(Intake *intake, IntakeItem item, GBytes *bytes)
{
    if (!intake->of[item].bytes) {
        intake->of[item].bytes = g_bytes_ref(bytes);
    }
}

void intake_tell(Intake *intake, const char *address)
{
    if (intake->cc->len < MAX_CC && strlen(address) <= MAX_TEXT &&
        !g_ptr_array_find_with_equal_func(intake->cc, address, g_str_equal, NULL)) {
        g_ptr_array_add(intake->cc, g_strdup(address));
    }
}

/* --- Several files --------------------------------------------------------------------------- */

/* These belong together: a config that another commit crashed with need not do. */
static const IntakeItem of_report[] = {
    INTAKE_START, INTAKE_START_TITLE, INTAKE_TREE,    INTAKE_BRANCH,    INTAKE_COMPILER,
    INTAKE_ARCH,  INTAKE_CONFIG,      INTAKE_REPRO_C, INTAKE_REPRO_SYZ, INTAKE_REPRO_OPTS};

static gboolean is_of_report(IntakeItem item)
{
    for (guint i = 0; i < G_N_ELEMENTS(of_report); i++) {
        if (of_report[i] == item) {
            return TRUE;
        }
    }
    return FALSE;
}

/* How much there is of a reproducer: none, a program of syzkaller's, C. */
static guint repro_level(const Intake *intake)
{
    const IntakeFact *c = &intake->of[INTAKE_REPRO_C], *syz = &intake->of[INTAKE_REPRO_SYZ];

    return c->bytes || c->link ? 2 : syz->bytes || syz->link ? 1 : 0;
}

/* A file that was given by itself is the user's word. */
static void merge_fact(IntakeFact *fact, const IntakeFact *other)
{
    if (!fact->text) {
        fact->text = g_strdup(other->text);
    }
    if (!fact->link) {
        fact->link = g_strdup(other->link);
    }
    if (other->bytes && (!fact->bytes || (other->is_given && !fact->is_given))) {
        g_clear_pointer(&fact->bytes, g_bytes_unref);
        fact->bytes = g_bytes_ref(other->bytes);
        fact->is_given = other->is_given;
    }
}

/* To be told by another report. */
static void forget_fact(IntakeFact *fact)
{
    GBytes *given = fact->is_given ? g_steal_pointer(&fact->bytes) : NULL;

    fact_clear(fact);
    fact->bytes = given;
}

void intake_merge(Intake *intake, const Intake *other)
{
    gboolean both = intake_has(intake, INTAKE_START) && intake_has(other, INTAKE_START);
    gboolean is_better = both && repro_level(other) > repro_level(intake);

    for (guint i = 0; i < N_INTAKE_ITEMS; i++) {
        gboolean is_rival = both && is_of_report((IntakeItem)i);

        if (is_rival && is_better) {
            forget_fact(&intake->of[i]);
        }
        if (!is_rival || is_better) {
            merge_fact(&intake->of[i], &other->of[i]);
        }
    }
    intake->is_fix = intake->is_fix || other->is_fix;
    for (guint i = 0; i < other->cc->len; i++) {
        intake_tell(intake, other->cc->pdata[i]);
    }
}

/* --- Recognising ----------------------------------------------------------------------------- */

/* @first: what comes before it in the table is not asked. */
static IntakeKind take(Intake *intake, const OopsReader *reader, GBytes *packed, IntakeKind first)
{
    g_autoptr(GBytes) bytes = unpacked(packed);
    gsize n_bytes;
    const char *raw = g_bytes_get_data(bytes, &n_bytes);
    g_autofree char *text = n_bytes ? g_utf8_make_valid(raw, (gssize)n_bytes) : g_strdup("");
    const IntakeSource source = {.reader = reader, .text = text, .n = strlen(text), .bytes = bytes};

    for (guint i = first; i < N_INTAKE_KINDS; i++) {
        if (kinds[i].is(&source)) {
            kinds[i].take(&source, intake);
            return (IntakeKind)i;
        }
    }
    return INTAKE_UNKNOWN;
}

IntakeKind intake_add_attached(Intake *intake, const OopsReader *reader, GBytes *bytes)
{
    return take(intake, reader, bytes, INTAKE_GIT_LOG);
}

IntakeKind intake_add(Intake *intake, const OopsReader *reader, GBytes *bytes)
{
    g_autoptr(Intake) found = intake_new();
    IntakeKind kind = g_bytes_get_size(bytes) > INTAKE_MAX_BYTES
                          ? INTAKE_UNKNOWN
                          : take(found, reader, bytes, INTAKE_PAGE);

    for (guint i = 0; kind >= INTAKE_OPTS_FILE && i < N_INTAKE_ITEMS; i++) {
        found->of[i].is_given = found->of[i].bytes != NULL;
    }
    intake_merge(intake, found);
    return kind;
}
