/* SPDX-License-Identifier: Apache-2.0
 * The job file: one table of keys serves the file, the command line and the store.
 */
#include "job/job.h"

#include <string.h>

typedef enum FieldType {
    FIELD_TEXT,     /* empty: NULL */
    FIELD_WORD,     /* text that must not be empty */
    FIELD_PATH,     /* relative ones are taken from the job file's folder */
    FIELD_PATHS,    /* the same, several, between two a ';' */
    FIELD_URLS,     /* the same, of those that are folders here */
    FIELD_COUNT,    /* guint, 0..1000000 */
    FIELD_DURATION, /* guint, in seconds; written as 90m, 4h, 2d */
    FIELD_SHARE,    /* double, in (0, 1) */
    FIELD_FLAG,
} FieldType;

/* What no longer holds where a field has another value than when it was found out. */
#define NOTHING  0
#define FINDINGS LOST_FINDINGS
#define FAILURES LOST_FAILURES
#define TRIALS   (LOST_TRIALS | LOST_FINDINGS)
#define KERNELS  (LOST_KERNELS | LOST_FAILURES | LOST_TRIALS | LOST_FINDINGS)

typedef struct Field {
    const char *key;
    FieldType type;
    guint lost; /* set of SpecLoss */
    gsize offset;
} Field;

#define FIELD(key, type, lost, member)                                                             \
    {                                                                                              \
        key, type, lost, G_STRUCT_OFFSET(JobSpec, member)                                          \
    }
static const Field fields[] = {
    FIELD("name", FIELD_TEXT, NOTHING, name),
    FIELD("tree", FIELD_PATH, NOTHING, tree),
    FIELD("start", FIELD_TEXT, KERNELS, start),
    FIELD("good", FIELD_TEXT, NOTHING, good),
    FIELD("start-title", FIELD_TEXT, NOTHING, start_title),
    FIELD("rewritten", FIELD_TEXT, NOTHING, rewritten),
    FIELD("fetch", FIELD_URLS, NOTHING, fetch),
    FIELD("oldest", FIELD_TEXT, NOTHING, oldest),
    FIELD("releases", FIELD_WORD, NOTHING, releases),
    FIELD("fix", FIELD_FLAG, NOTHING, fix),
    FIELD("culprit", FIELD_TEXT, NOTHING, culprit),
    FIELD("try", FIELD_TEXT, NOTHING, tried),
    FIELD("config", FIELD_PATH, KERNELS, config),
    FIELD("repro", FIELD_PATH, TRIALS, repro),
    FIELD("compiler", FIELD_WORD, KERNELS, compiler),
    FIELD("toolchains", FIELD_PATH, KERNELS, toolchains),
    FIELD("options", FIELD_PATH, KERNELS, options),
    FIELD("bug", FIELD_WORD, FINDINGS, bug),
    FIELD("title", FIELD_TEXT, FINDINGS, title),
    FIELD("title-match", FIELD_TEXT, FINDINGS, title_match),
    FIELD("qemu", FIELD_WORD, TRIALS, qemu),
    FIELD("accel", FIELD_WORD, TRIALS, accel),
    FIELD("cmdline", FIELD_TEXT, TRIALS, cmdline),
    FIELD("cmdline-file", FIELD_PATH, TRIALS, cmdline_file),
    FIELD("rootfs", FIELD_PATHS, TRIALS, rootfs),
    FIELD("file", FIELD_PATHS, TRIALS, files),
    FIELD("module", FIELD_PATHS, TRIALS, modules),
    FIELD("sysctl", FIELD_PATH, TRIALS, sysctl),
    FIELD("qemu-arg", FIELD_TEXT, TRIALS, qemu_args),
    FIELD("repro-opts", FIELD_PATH, TRIALS, repro_opts),
    FIELD("syz-execprog", FIELD_PATH, TRIALS, syz_execprog),
    FIELD("syz-executor", FIELD_PATH, TRIALS, syz_executor),
    FIELD("syzkaller", FIELD_PATH, TRIALS, syzkaller),
    FIELD("syzkaller-commit", FIELD_TEXT, TRIALS, syzkaller_commit),
    FIELD("memory", FIELD_COUNT, TRIALS, memory_mib),
    FIELD("cpus", FIELD_COUNT, TRIALS, n_cpus),
    FIELD("guests", FIELD_COUNT, NOTHING, n_guests),
    FIELD("jobs", FIELD_COUNT, NOTHING, n_jobs),
    FIELD("slots", FIELD_COUNT, NOTHING, n_slots),
    FIELD("max-trials", FIELD_COUNT, NOTHING, max_trials),
    FIELD("max-kernels", FIELD_COUNT, NOTHING, max_kernels),
    FIELD("max-time", FIELD_DURATION, NOTHING, max_time_s),
    FIELD("build-timeout", FIELD_COUNT, FAILURES, build_timeout_s),
    FIELD("boot-timeout", FIELD_COUNT, TRIALS, boot_timeout_s),
    FIELD("trial-timeout", FIELD_COUNT, TRIALS, trial_timeout_s),
    FIELD("repeats", FIELD_COUNT, TRIALS, n_repeats),
    FIELD("build-memory", FIELD_COUNT, FAILURES, build_memory_mib),
    FIELD("paranoid", FIELD_FLAG, NOTHING, paranoid),
    FIELD("debug-info", FIELD_FLAG, KERNELS, debug_info),
    FIELD("panic-on-warn", FIELD_FLAG, TRIALS, panic_on_warn),
    FIELD("no-snapshots", FIELD_FLAG, NOTHING, no_snapshots),
    FIELD("farm", FIELD_WORD, NOTHING, farm),
    FIELD("workers", FIELD_COUNT, NOTHING, n_workers),
    FIELD("slurm-arg", FIELD_TEXT, NOTHING, slurm_args),
    FIELD("scratch", FIELD_PATH, NOTHING, scratch),
    FIELD("no-revert-test", FIELD_FLAG, NOTHING, no_revert_test),
    FIELD("no-known-bugs", FIELD_FLAG, NOTHING, no_known_bugs),
    FIELD("confidence", FIELD_SHARE, NOTHING, confidence),
    FIELD("test", FIELD_TEXT, TRIALS, test_command),
    FIELD("build", FIELD_TEXT, KERNELS, build_command),
    FIELD("no-checkout", FIELD_FLAG, KERNELS, no_checkout),
    FIELD("suspect", FIELD_TEXT, NOTHING, suspects),
    FIELD("suspect-author", FIELD_TEXT, NOTHING, suspect_authors),
    FIELD("prior", FIELD_PATH, NOTHING, weights),
    FIELD("bisect-log", FIELD_PATH, NOTHING, bisect_log),
    FIELD("backports", FIELD_PATH, KERNELS, backports),
    FIELD("minimise", FIELD_FLAG, KERNELS, minimise),
    FIELD("baseline", FIELD_PATH, KERNELS, baseline),
    FIELD("watch-option", FIELD_TEXT, FINDINGS, watched_options),
    FIELD("webhook", FIELD_TEXT, NOTHING, webhook),
    FIELD("webhook-secret", FIELD_PATH, NOTHING, webhook_secret),
};
#undef FIELD
#undef NOTHING
#undef FINDINGS
#undef FAILURES
#undef TRIALS
#undef KERNELS

/* Of these, what a job of commands takes; and what it alone does. */
static const char *const command_keys[] = {
    "name",           "tree",       "start",       "good",           "fix",
    "culprit",        "max-trials", "max-kernels", "max-time",       "trial-timeout",
    "confidence",     "test",       "build",       "no-checkout",    "suspect",
    "suspect-author", "prior",      "webhook",     "webhook-secret", NULL};
static const char *const only_command_keys[] = {"test", "build", "no-checkout", NULL};

gboolean job_spec_takes(const JobSpec *spec, const char *key)
{
    return job_spec_is_run(spec) ? g_strv_contains(command_keys, key)
                                 : !g_strv_contains(only_command_keys, key);
}

JobSpec *job_spec_new(const char *kind)
{
    JobSpec *spec = g_new0(JobSpec, 1);

    spec->kind = g_strdup(kind);
    spec->fix = g_str_equal(kind, "fix");
    spec->releases = g_strdup("auto");
    spec->compiler = g_strdup("auto");
    spec->bug = g_strdup(bug_kind_name(BUG_CRASH));
    spec->qemu = g_strdup("qemu-system-x86_64");
    spec->accel = g_strdup("auto");
    spec->farm = g_strdup("local");
    spec->memory_mib = 512;
    spec->n_cpus = 1;
    spec->max_trials = 40;
    spec->build_timeout_s = 3600;
    spec->boot_timeout_s = 300;
    spec->trial_timeout_s = 60;
    spec->confidence = 0.95;
    return spec;
}

gboolean job_spec_is_run(const JobSpec *spec)
{
    return g_str_equal(spec->kind, "run") || (spec->tried && spec->test_command);
}

const char *job_spec_verb(const JobSpec *spec)
{
    BugKind kind = BUG_CRASH;

    bug_kind_parse(spec->bug, &kind);
    return job_spec_is_run(spec) || kind == BUG_BOOT || kind == BUG_BASIC ? "failed" : "crashed";
}

static gboolean is_string(const Field *field)
{
    return field->type == FIELD_TEXT || field->type == FIELD_WORD || field->type == FIELD_PATH ||
           field->type == FIELD_PATHS || field->type == FIELD_URLS;
}

void job_spec_free(JobSpec *spec)
{
    if (!spec) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (is_string(&fields[i])) {
            g_free(G_STRUCT_MEMBER(char *, spec, fields[i].offset));
        }
    }
    g_free(spec->kind);
    g_free(spec);
}

static const Field *find_field(const char *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (strcmp(fields[i].key, key) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static const struct {
    const char *suffix;
    guint s;
} time_units[] = {{"d", 24 * 3600}, {"h", 3600}, {"m", 60}, {"s", 1}};

char *job_duration(guint s)
{
    guint unit = 0;

    while (s % time_units[unit].s != 0) {
        unit++;
    }
    return g_strdup_printf("%u%s", s / time_units[unit].s, time_units[unit].suffix);
}

/* Without a unit: seconds. */
static gboolean set_duration(guint *ret_s, const char *value)
{
    gsize n_digits = strspn(value, "0123456789");
    g_autofree char *digits = g_strndup(value, n_digits);
    const char *suffix = value[n_digits] ? value + n_digits : "s";
    guint64 count;

    if (!g_ascii_string_to_unsigned(digits, 10, 0, 1000000, &count, NULL)) {
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(time_units); i++) {
        if (g_str_equal(suffix, time_units[i].suffix) && count * time_units[i].s <= G_MAXUINT) {
            *ret_s = (guint)(count * time_units[i].s);
            return TRUE;
        }
    }
    return FALSE;
}

/* Each path made absolute; before it may stand "SPAN=", for kernels of some versions. Owned by the
 * caller. */
static char *absolute_paths(const char *list, const char *folder)
{
    g_auto(GStrv) paths = g_strsplit(list, ";", -1);

    for (char **path = paths; *path; path++) {
        const char *bare = farm_root_path(*path, NULL);
        g_autofree char *span = g_strndup(*path, (gsize)(bare - *path));
        g_autofree char *absolute = g_canonicalize_filename(bare, folder);
        char *whole = g_strconcat(span, absolute, NULL);

        g_free(*path);
        *path = whole;
    }
    return g_strjoinv(";", paths);
}

/* Each URL as it is, or the absolute path where it is a folder; behind it may stand "#REF". Owned
 * by the caller. */
static char *absolute_urls(const char *list, const char *folder)
{
    g_auto(GStrv) urls = g_strsplit(list, ";", -1);

    for (char **url = urls; *url; url++) {
        const char *hash = strrchr(*url, '#');
        gsize n_bare = hash ? (gsize)(hash - *url) : strlen(*url);
        g_autofree char *bare = g_strndup(*url, n_bare);
        g_autofree char *absolute = g_canonicalize_filename(bare, folder);

        if (*bare && g_file_test(absolute, G_FILE_TEST_IS_DIR)) {
            char *whole = g_strconcat(absolute, *url + n_bare, NULL);

            g_free(*url);
            *url = whole;
        }
    }
    return g_strjoinv(";", urls);
}

static gboolean set_flag(gboolean *ret_flag, const char *value)
{
    gboolean yes =
        g_str_equal(value, "true") || g_str_equal(value, "yes") || g_str_equal(value, "1");

    if (!yes && !g_str_equal(value, "false") && !g_str_equal(value, "no") &&
        !g_str_equal(value, "0")) {
        return FALSE;
    }
    *ret_flag = yes;
    return TRUE;
}

static gboolean set_share(double *ret_share, const char *value)
{
    char *end;
    double share = g_ascii_strtod(value, &end);

    if (end == value || *end || !(share > 0 && share < 1)) {
        return FALSE;
    }
    *ret_share = share;
    return TRUE;
}

/* Both ends in one word, as git writes it: "GOOD..START". */
static gboolean set_range(JobSpec *spec, const char *value, GError **error)
{
    const char *dots = strstr(value, "..");

    if (!dots || dots == value || !dots[2] || dots[2] == '.') {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--range: '%s' is not GOOD..START, two revisions", value);
        return FALSE;
    }
    g_free(spec->good);
    g_free(spec->start);
    spec->good = g_strndup(value, (gsize)(dots - value));
    spec->start = g_strdup(dots + 2);
    return TRUE;
}

gboolean job_spec_set(JobSpec *spec, const char *key, const char *value, const char *folder,
                      GError **error)
{
    const Field *field = find_field(key);
    gpointer member = field ? G_STRUCT_MEMBER_P(spec, field->offset) : NULL;
    guint64 count;

    if (g_str_equal(key, "range")) {
        return set_range(spec, value, error);
    }
    if (!field) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no such key: '%s'", key);
        return FALSE;
    }
    if (field->type == FIELD_WORD && !*value) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "--%s: must not be empty", key);
        return FALSE;
    }
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_WORD:
        g_free(*(char **)member);
        *(char **)member = *value ? g_strdup(value) : NULL;
        return TRUE;
    case FIELD_PATH:
        g_free(*(char **)member);
        *(char **)member = *value ? g_canonicalize_filename(value, folder) : NULL;
        return TRUE;
    case FIELD_PATHS:
        g_free(*(char **)member);
        *(char **)member = *value ? absolute_paths(value, folder) : NULL;
        return TRUE;
    case FIELD_URLS:
        g_free(*(char **)member);
        *(char **)member = *value ? absolute_urls(value, folder) : NULL;
        return TRUE;
    case FIELD_COUNT:
        if (g_ascii_string_to_unsigned(value, 10, 0, 1000000, &count, NULL)) {
            *(guint *)member = (guint)count;
            return TRUE;
        }
        break;
    case FIELD_DURATION:
        if (set_duration(member, value)) {
            return TRUE;
        }
        break;
    case FIELD_SHARE:
        if (set_share(member, value)) {
            return TRUE;
        }
        break;
    case FIELD_FLAG:
        if (set_flag(member, value)) {
            return TRUE;
        }
        break;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "--%s: '%s' is not %s", key, value,
                field->type == FIELD_COUNT      ? "a whole number from 0 to 1000000"
                : field->type == FIELD_DURATION ? "a time such as 90m, 4h or 2d"
                : field->type == FIELD_SHARE    ? "a number between 0 and 1"
                                                : "'true' or 'false'");
    return FALSE;
}

gboolean job_spec_read(JobSpec *spec, const char *text, const char *folder, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_auto(GStrv) keys = NULL;

    if (!g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, error)) {
        return FALSE;
    }
    keys = g_key_file_get_keys(file, "job", NULL, error);
    if (!keys) {
        return FALSE;
    }
    for (char **key = keys; *key; key++) {
        g_autoptr(GError) unreadable = NULL;
        g_autofree char *value = g_key_file_get_string(file, "job", *key, &unreadable);

        /* Where an escape is none, GLib gives both a value and an error. */
        if (unreadable) {
            g_propagate_error(error, g_steal_pointer(&unreadable));
            return FALSE;
        }
        if (!job_spec_set(spec, *key, value, folder, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The value of @field as the job file has it; NULL where it has none. Owned by the caller. */
static char *field_text(const JobSpec *spec, const Field *field)
{
    gconstpointer member = (const char *)spec + field->offset;
    char share[G_ASCII_DTOSTR_BUF_SIZE];

    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_WORD:
    case FIELD_PATH:
    case FIELD_PATHS:
    case FIELD_URLS:
        return g_strdup(*(char *const *)member);
    case FIELD_COUNT:
        return g_strdup_printf("%u", *(const guint *)member);
    case FIELD_DURATION:
        return job_duration(*(const guint *)member);
    case FIELD_SHARE:
        return g_strdup(g_ascii_dtostr(share, sizeof share, *(const double *)member));
    case FIELD_FLAG:
        return g_strdup(*(const gboolean *)member ? "true" : "false");
    }
    g_assert_not_reached();
}

char *job_spec_get(const JobSpec *spec, const char *key)
{
    const Field *field = find_field(key);

    return field ? field_text(spec, field) : NULL;
}

char *job_spec_write(const JobSpec *spec)
{
    g_autoptr(GKeyFile) file = g_key_file_new();

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autofree char *text = field_text(spec, &fields[i]);

        if (text) {
            g_key_file_set_string(file, "job", fields[i].key, text);
        }
    }
    return g_key_file_to_data(file, NULL, NULL);
}

guint job_spec_lost(const JobSpec *before, const JobSpec *now, SpecSameFunc same, gpointer data,
                    GPtrArray *changed)
{
    guint lost = 0;

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        const Field *field = &fields[i];
        g_autofree char *a = field_text(before, field), *b = field_text(now, field);
        gboolean is_file = field->type == FIELD_PATH || field->type == FIELD_PATHS;

        if (is_file && a && b && same ? same(field->key, a, b, data) : g_strcmp0(a, b) == 0) {
            continue;
        }
        lost |= field->lost;
        if (field->lost && changed) {
            g_ptr_array_add(changed, (gpointer)field->key);
        }
    }
    return lost;
}
