/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields are those of syzkaller's pkg/csource/options.go, of all its versions; flags and their help
 * are those of tools/syz-execprog and pkg/ipc/ipcconfig.
 */
#include "guest/syz.h"

#include <jansson.h>
#include <string.h>

/* No options line is longer. */
#define OPTIONS_MAX 8192

/* syzbot's own, for a program without options. */
#define DEFAULT_PROCS 6

static const struct {
    const char *name; /* for -enable */
    const char *help; /* in a syz-execprog that knows it */
} features[N_SYZ_FEATURES] = {
    [SYZ_TUN] = {"tun", "for packet injection"},
    [SYZ_NET_DEV] = {"net_dev", "setup more network devices for testing"},
    [SYZ_NET_RESET] = {"net_reset", "reset network namespace between programs"},
    [SYZ_CGROUPS] = {"cgroups", "setup cgroups for testing"},
    [SYZ_BINFMT_MISC] = {"binfmt_misc", "setup binfmt_misc for testing"},
    [SYZ_CLOSE_FDS] = {"close_fds", "close fds after each program"},
    [SYZ_DEVLINK_PCI] = {"devlink_pci", "setup devlink PCI device"},
    [SYZ_NIC_VF] = {"nic_vf", "setup NIC VF device"},
    [SYZ_USB] = {"usb", "for USB emulation"},
    [SYZ_VHCI] = {"vhci", "for hci packet injection"},
    [SYZ_WIFI] = {"wifi", "mac80211_hwsim for wifi emulation"},
    [SYZ_IEEE802154] = {"ieee802154", "mac802154_hwsim for emulation"},
    [SYZ_SYSCTL] = {"sysctl", "setup sysctl's for fuzzing"},
    [SYZ_SWAP] = {"swap", "setup and use a swap file"},
};

typedef enum FieldType { FLAG, COUNT, NUMBER, TEXT, FEATURE, IGNORED } FieldType;

#define AT(member) G_STRUCT_OFFSET(SyzOptions, member)
/* As Go prints them, as it printed them before 2020, and in JSON. What is ignored is about the C
 * source that syzkaller makes of a program, or is asked of the kernel (kcsan, leak). */
static const struct Field {
    const char *names[3];
    FieldType type;
    gsize at; /* in SyzOptions; of a feature, which */
} fields[] = {
    {{"Threaded", NULL, "threaded"}, FLAG, AT(threaded)},
    {{"Collide", NULL, "collide"}, FLAG, AT(collide)},
    {{"Repeat", NULL, "repeat"}, FLAG, AT(repeat)},
    {{"RepeatTimes", NULL, "repeat_times"}, COUNT, AT(repeat_times)},
    {{"Procs", NULL, "procs"}, COUNT, AT(procs)},
    {{"Slowdown", NULL, "slowdown"}, COUNT, AT(slowdown)},
    {{"Sandbox", NULL, "sandbox"}, TEXT, AT(sandbox)},
    {{"SandboxArg", NULL, "sandbox_arg"}, NUMBER, AT(sandbox_arg)},
    {{"ProcRestartFreq", NULL, "proc_restart_freq"}, COUNT, AT(restart_freq)},
    {{"Fault", NULL, "fault"}, FLAG, AT(fault)},
    {{"FaultCall", NULL, "fault_call"}, COUNT, AT(fault_call)},
    {{"FaultNth", NULL, "fault_nth"}, COUNT, AT(fault_nth)},
    {{"Leak", NULL, "leak"}, IGNORED, 0},
    {{"NetInjection", "EnableTun", "tun"}, FEATURE, SYZ_TUN},
    {{"NetDevices", "EnableNetDev", "netdev"}, FEATURE, SYZ_NET_DEV},
    {{"NetReset", "EnableNetReset", "resetnet"}, FEATURE, SYZ_NET_RESET},
    {{"Cgroups", "EnableCgroups", "cgroups"}, FEATURE, SYZ_CGROUPS},
    {{"BinfmtMisc", "EnableBinfmtMisc", "binfmt_misc"}, FEATURE, SYZ_BINFMT_MISC},
    {{"CloseFDs", "EnableCloseFds", "close_fds"}, FEATURE, SYZ_CLOSE_FDS},
    {{"DevlinkPCI", "EnableDevlinkPCI", "devlinkpci"}, FEATURE, SYZ_DEVLINK_PCI},
    {{"NicVF", NULL, "nicvf"}, FEATURE, SYZ_NIC_VF},
    {{"USB", NULL, "usb"}, FEATURE, SYZ_USB},
    {{"VhciInjection", NULL, "vhci"}, FEATURE, SYZ_VHCI},
    {{"Wifi", NULL, "wifi"}, FEATURE, SYZ_WIFI},
    {{"IEEE802154", NULL, "ieee802154"}, FEATURE, SYZ_IEEE802154},
    {{"Sysctl", NULL, "sysctl"}, FEATURE, SYZ_SYSCTL},
    {{"Swap", NULL, "swap"}, FEATURE, SYZ_SWAP},
    {{"KCSAN", "EnableKCSAN", "kcsan"}, IGNORED, 0},
    {{"UseTmpDir", NULL, "tmpdir"}, IGNORED, 0},
    {{"HandleSegv", NULL, "segv"}, IGNORED, 0},
    {{"Repro", NULL, "repro"}, IGNORED, 0},
    {{"Trace", NULL, "trace"}, IGNORED, 0},
    {{"CallComments", NULL, "callcomments"}, IGNORED, 0},
    {{"WaitRepeat", "Debug", NULL}, IGNORED, 0},
};
#undef AT

void syz_options_free(SyzOptions *options)
{
    if (!options) {
        return;
    }
    g_free(options->sandbox);
    g_ptr_array_unref(options->unknown);
    g_free(options);
}

/* --- Fields ---------------------------------------------------------------------------------- */

static const struct Field *find_field(const char *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        for (guint k = 0; k < G_N_ELEMENTS(fields[i].names); k++) {
            if (g_strcmp0(fields[i].names[k], key) == 0) {
                return &fields[i];
            }
        }
    }
    return NULL;
}

/* -1: neither. */
static int read_flag(const char *value)
{
    return g_str_equal(value, "true") ? 1 : g_str_equal(value, "false") ? 0 : -1;
}

static gboolean set_feature(SyzOptions *options, guint feature, int flag)
{
    options->features &= ~(1U << feature);
    options->features |= (guint32)(flag > 0) << feature;
    return flag >= 0;
}

static gboolean is_sandbox(const char *value)
{
    return strspn(value, "abcdefghijklmnopqrstuvwxyz_") == strlen(value);
}

/* FALSE when @field cannot have that value. */
static gboolean set_field(SyzOptions *options, const struct Field *field, const char *value)
{
    gpointer member = G_STRUCT_MEMBER_P(options, field->at);
    int flag = read_flag(value);
    gint64 number = 0;
    gboolean is_number = g_ascii_string_to_signed(value, 10, -1000000, 1000000, &number, NULL);

    switch (field->type) {
    case FLAG:
        *(gboolean *)member = flag > 0;
        return flag >= 0;
    case COUNT:
        /* -1: no call. */
        *(guint *)member = (guint)MAX(number, 0);
        return is_number && number >= -1;
    case NUMBER:
        *(int *)member = (int)number;
        return is_number;
    case TEXT:
        if (*value && is_sandbox(value)) {
            g_free(options->sandbox);
            options->sandbox = g_strdup(value);
        }
        return is_sandbox(value);
    case FEATURE:
        return set_feature(options, (guint)field->at, flag);
    default:
        return TRUE;
    }
}

static void take_field(SyzOptions *options, const char *key, const char *value)
{
    const struct Field *field = find_field(key);

    if (!field || !set_field(options, field, value)) {
        g_ptr_array_add(options->unknown, g_strdup_printf("%s:%s", key, value));
    }
}

/* --- The two forms --------------------------------------------------------------------------- */

/* "{KEY:VALUE KEY:{KEY:VALUE ...} ...}": what is nested counts like the rest. A mail may have
 * broken the line. */
static void take_structure(SyzOptions *options, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t\r\n{}#>", -1);

    for (char **word = words; *word; word++) {
        char *colon = strchr(*word, ':');

        if (colon && colon != *word) {
            *colon = '\0';
            if (colon[1] || find_field(*word)) {
                take_field(options, *word, colon + 1);
            }
        }
    }
}

static char *value_text(const json_t *value)
{
    if (json_is_string(value)) {
        return g_strdup(json_string_value(value));
    }
    if (json_is_integer(value)) {
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    }
    return g_strdup(json_is_true(value) ? "true" : json_is_false(value) ? "false" : "?");
}

/* FALSE when @text does not begin with an object. */
static gboolean take_json(SyzOptions *options, const char *text, gsize n_text)
{
    json_t *object = json_loadb(text, n_text, JSON_DISABLE_EOF_CHECK, NULL);
    const char *key;
    json_t *value;
    gboolean is_object = json_is_object(object);

    json_object_foreach(object, key, value)
    {
        g_autofree char *word = value_text(value);

        take_field(options, key, word);
    }
    json_decref(object);
    return is_object;
}

/* The first '{' of a comment line, or at the very beginning (a file of options). *ret_n: how much
 * belongs to it. NULL: none. */
static const char *find_options(const char *text, gsize n_text, gsize *ret_n)
{
    const char *end = text + n_text;

    for (const char *line = text; line < end;) {
        const char *newline = memchr(line, '\n', (gsize)(end - line));
        const char *at = line + strspn(line, "#> \t");

        if (at < end && *at == '{' && (*line == '#' || *line == '>' || line == text)) {
            const char *close = g_strstr_len(at, MIN(end - at, OPTIONS_MAX), "}");

            /* What is nested stands last. */
            close = close && close + 1 < end && close[1] == '}' ? close + 1 : close;
            *ret_n = (gsize)((close ? close + 1 : newline ? newline : end) - at);
            return at;
        }
        line = newline ? newline + 1 : end;
    }
    return NULL;
}

static SyzOptions *options_new(void)
{
    SyzOptions *options = g_new0(SyzOptions, 1);

    options->sandbox = g_strdup("none");
    options->unknown = g_ptr_array_new_with_free_func(g_free);
    options->slowdown = options->procs = 1;
    /* Before there was the field they were always closed. */
    options->features = 1U << SYZ_CLOSE_FDS;
    return options;
}

SyzOptions *syz_options_parse(const char *text, gsize n_text)
{
    SyzOptions *options = options_new();
    g_autofree char *whole = g_strndup(text, n_text);
    gsize n;
    const char *at = find_options(whole, strlen(whole), &n);

    if (!at) {
        options->threaded = options->repeat = TRUE;
        options->procs = DEFAULT_PROCS;
        options->features = (1U << N_SYZ_FEATURES) - 1;
        return options;
    }
    g_autofree char *line = g_strndup(at, n);
    options->found = TRUE;
    if (!take_json(options, line, n)) {
        take_structure(options, line);
    }
    options->procs = CLAMP(options->procs, 1, 64);
    options->slowdown = CLAMP(options->slowdown, 1, 100);
    return options;
}

/* --- Programs -------------------------------------------------------------------------------- */

/* "r0 = socket$inet(0x2, ...)", without what stands before the name. */
static gboolean is_call(const char *line)
{
    if (*line == 'r' && g_ascii_isdigit(line[1])) {
        const char *equals = line + 1 + strspn(line + 1, "0123456789");

        line = g_str_has_prefix(equals, " = ") ? equals + 3 : line;
    }
    gsize n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$");
    return n > 0 && g_ascii_isalpha(*line) && line[n] == '(';
}

gboolean syz_is_program(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (is_call(*line)) {
            return TRUE;
        }
    }
    return FALSE;
}

char *syz_program_for(const SyzOptions *options, const SyzExecprog *can, const char *program)
{
    g_auto(GStrv) lines = g_strsplit(program, "\n", -1);
    guint call = 0;

    if (!options->fault || can->fault) {
        return g_strdup(program);
    }
    for (char **line = lines; *line; line++) {
        if (is_call(*line) && call++ == options->fault_call && !strstr(*line, "(fail_nth:")) {
            /* Counted from 1 there. */
            char *failing =
                g_strdup_printf("%s (fail_nth: %u)", g_strchomp(*line), options->fault_nth + 1);

            g_free(*line);
            *line = failing;
        }
    }
    return g_strjoinv("\n", lines);
}

/* --- syz-execprog ---------------------------------------------------------------------------- */

static gboolean has(const char *bytes, gsize n_bytes, const char *help)
{
    return memmem(bytes, n_bytes, help, strlen(help)) != NULL;
}

gboolean syz_execprog_read(const char *bytes, gsize n_bytes, SyzExecprog *ret_execprog)
{
    if (!has(bytes, n_bytes, "repeat execution that many times")) {
        return FALSE;
    }
    *ret_execprog = (SyzExecprog){
        .arch = has(bytes, n_bytes, "target arch"),
        /* Since 2021 it is taken and does nothing. */
        .collide = has(bytes, n_bytes, "collide syscalls to provoke data races") &&
                   !has(bytes, n_bytes, "(DEPRECATED) collide syscalls"),
        .fault = has(bytes, n_bytes, "inject fault into this call"),
        .slowdown = has(bytes, n_bytes, "execution slowdown caused by"),
        .sandbox_arg = has(bytes, n_bytes, "argument for sandbox runner"),
        .restart_freq = has(bytes, n_bytes, "restart procs every X executions"),
        .enable = has(bytes, n_bytes, "enable only listed additional features"),
    };
    for (guint i = 0; i < N_SYZ_FEATURES; i++) {
        ret_execprog->features |= (guint32)has(bytes, n_bytes, features[i].help) << i;
    }
    return TRUE;
}

static void add(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GPtrArray *argv, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(argv, g_strdup_vprintf(format, args));
    va_end(args);
}

static const char *bool_text(gboolean value)
{
    return value ? "true" : "false";
}

/* Names of the features whose bits are set, with commas. Owned by the caller. */
static char *feature_names(guint32 bits)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < N_SYZ_FEATURES; i++) {
        if (bits >> i & 1) {
            g_string_append_printf(names, "%s%s", names->len ? "," : "", features[i].name);
        }
    }
    return g_string_free(names, FALSE);
}

/* Without options all that it can is set up, as syzkaller does itself. */
static void add_features(GPtrArray *argv, const SyzOptions *options, const SyzExecprog *can,
                         GPtrArray *notes)
{
    guint32 missing = options->features & ~can->features;
    g_autofree char *wanted = feature_names(options->features & can->features);

    if (!options->found || !can->enable) {
        return;
    }
    if (missing) {
        g_autofree char *names = feature_names(missing);
        add(notes, "this syz-execprog does not know of: %s", names);
    }
    if (*wanted) {
        add(argv, "-enable=%s", wanted);
    } else {
        add(argv, "-disable=all");
    }
}

static void add_age(GPtrArray *argv, const SyzOptions *options, const SyzExecprog *can,
                    guint slowdown, GPtrArray *notes)
{
    if (can->collide) {
        add(argv, "-collide=%s", bool_text(options->collide));
    } else if (options->collide) {
        add(notes, "the program wants Collide, which this syz-execprog does not do any more: it "
                   "may need an older syzkaller");
    }
    if (can->fault && options->fault) {
        add(argv, "-fault_call=%u", options->fault_call);
        add(argv, "-fault_nth=%u", options->fault_nth);
    }
    if (can->slowdown) {
        add(argv, "-slowdown=%u", MAX(options->slowdown, slowdown));
    }
    if (can->sandbox_arg) {
        add(argv, "-sandbox_arg=%d", options->sandbox_arg);
    } else if (options->sandbox_arg) {
        add(notes, "this syz-execprog has no argument for the sandbox");
    }
    if (can->restart_freq && options->restart_freq) {
        add(argv, "-restart_freq=%u", options->restart_freq);
    }
}

char **syz_command(const SyzOptions *options, const SyzExecprog *can, guint slowdown,
                   const char *execprog, const char *executor, const char *program,
                   GPtrArray *notes)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < options->unknown->len; i++) {
        add(notes, "option of the program that we do not know: %s",
            (const char *)options->unknown->pdata[i]);
    }
    add(argv, "%s", execprog);
    add(argv, "-executor=%s", executor);
    if (can->arch) {
        add(argv, "-arch=amd64");
    }
    add(argv, "-sandbox=%s", options->sandbox);
    add(argv, "-procs=%u", options->procs);
    add(argv, "-repeat=%u", options->repeat ? options->repeat_times : 1);
    add(argv, "-threaded=%s", bool_text(options->threaded));
    add(argv, "-cover=false");
    add_age(argv, options, can, slowdown, notes);
    add_features(argv, options, can, notes);
    add(argv, "%s", program);
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}
