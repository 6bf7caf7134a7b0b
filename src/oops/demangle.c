/* SPDX-License-Identifier: Apache-2.0
 * Names of Rust (v0: RFC 2603) and C++ functions, read back: paths only. Generic arguments,
 * parameters and hashes are left out, so that a function has one name whatever it was instantiated
 * for.
 *
 * The grammar is read by recursive descent. Back references may point at each other, so depth,
 * steps and output are bounded: what goes beyond has no readable name.
 */
#include "oops/names.h"

#include <string.h>

#define DEPTH_MAX  64
#define STEPS_MAX  1000
#define LENGTH_MAX 512

/* What is read, and where. A failure is sticky: it makes all that follows fail. */
typedef struct Mangled {
    const char *s; /* behind "_R" or "_Z" */
    gsize at;
    GString *out;
    gboolean mute; /* read, but write nothing */
    gboolean failed;
    guint depth, steps;
} Mangled;

static void read_path(Mangled *m);
static void read_type(Mangled *m);

static gboolean take(Mangled *m, char c)
{
    if (m->failed || m->s[m->at] != c) {
        return FALSE;
    }
    m->at++;
    return TRUE;
}

static char take_any(Mangled *m)
{
    if (m->failed || m->s[m->at] == '\0') {
        m->failed = TRUE;
        return '\0';
    }
    return m->s[m->at++];
}

static void write_bytes(Mangled *m, const char *s, gsize n)
{
    if (m->mute || m->failed) {
        return;
    }
    if (m->out->len + n > LENGTH_MAX) {
        m->failed = TRUE;
        return;
    }
    g_string_append_len(m->out, s, n);
}

static void write_string(Mangled *m, const char *s)
{
    write_bytes(m, s, strlen(s));
}

/* TRUE when one may go deeper; then leave() follows. */
static gboolean enter(Mangled *m)
{
    m->depth++;
    m->steps++;
    m->failed |= m->depth > DEPTH_MAX || m->steps > STEPS_MAX;
    return !m->failed;
}

static void leave(Mangled *m)
{
    m->depth--;
}

static gsize read_decimal(Mangled *m)
{
    gsize n = 0;

    if (!g_ascii_isdigit(m->s[m->at])) {
        m->failed = TRUE;
    }
    while (!m->failed && g_ascii_isdigit(m->s[m->at])) {
        n = n * 10 + g_ascii_digit_value(m->s[m->at++]);
        m->failed |= n > LENGTH_MAX;
    }
    return n;
}

/* "_" is 0, "0_" is 1, ... in base 62 */
static guint64 read_base62(Mangled *m)
{
    guint64 value = 0;
    char c;

    if (take(m, '_')) {
        return 0;
    }
    while ((c = take_any(m)) != '_' && !m->failed) {
        guint digit = g_ascii_isdigit(c)   ? c - '0'
                      : g_ascii_islower(c) ? 10 + c - 'a'
                      : g_ascii_isupper(c) ? 36 + c - 'A'
                                           : 62;

        m->failed |= digit == 62;
        value = value * 62 + digit; /* may wrap: hashes are long, places are not */
    }
    return value + 1;
}

/* "5rnull", written when it is a plain one. Returns its length. */
static gsize read_source_name(Mangled *m)
{
    gsize n = read_decimal(m);

    take(m, '_');
    if (m->failed || strnlen(m->s + m->at, n) < n) {
        m->failed = TRUE;
        return 0;
    }
    write_bytes(m, m->s + m->at, n);
    m->at += n;
    return n;
}

/* Returns whether the name is empty. @ret_number tells those of one name apart. */
static gboolean read_identifier(Mangled *m, guint64 *ret_number)
{
    *ret_number = take(m, 's') ? read_base62(m) + 1 : 0;
    take(m, 'u');
    return read_source_name(m) == 0;
}

/* Read what stands at an earlier place again. */
static void read_back(Mangled *m, void (*part)(Mangled *))
{
    gsize begin = m->at - 1;
    guint64 to = read_base62(m);
    gsize after = m->at;

    if (m->failed || to >= begin) {
        m->failed = TRUE;
        return;
    }
    m->at = to;
    if (enter(m)) {
        part(m);
    }
    leave(m);
    m->at = after;
}

static void read_muted(Mangled *m, void (*part)(Mangled *))
{
    gboolean mute = m->mute;

    m->mute = TRUE;
    part(m);
    m->mute = mute;
}

static void read_const(Mangled *m)
{
    if (take(m, 'p')) {
        return;
    }
    if (take(m, 'B')) {
        read_back(m, read_const);
        return;
    }
    take_any(m); /* its type */
    while (!m->failed && !take(m, '_')) {
        take_any(m);
    }
}

static void read_generic_arguments(Mangled *m)
{
    while (!m->failed && !take(m, 'E')) {
        if (take(m, 'L')) {
            read_base62(m);
        } else if (take(m, 'K')) {
            read_const(m);
        } else {
            read_type(m);
        }
    }
}

static void read_impl_path(Mangled *m)
{
    if (take(m, 's')) {
        read_base62(m);
    }
    read_path(m);
}

static void read_nested_path(Mangled *m)
{
    char space = take_any(m);
    gboolean unnamed;
    guint64 number;
    gsize begin;

    read_path(m);
    write_string(m, "::");
    begin = m->out->len;
    unnamed = read_identifier(m, &number);
    if (g_ascii_isupper(space) && !m->mute && !m->failed) {
        g_autofree char *name = g_strdup(m->out->str + begin);

        g_string_truncate(m->out, begin);
        g_string_append_printf(m->out, "{%s%s%s#%" G_GUINT64_FORMAT "}",
                               space == 'C'   ? "closure"
                               : space == 'S' ? "shim"
                                              : "unknown",
                               unnamed ? "" : ":", name, number);
    }
}

static void read_path_inside(Mangled *m)
{
    guint64 number;

    switch (take_any(m)) {
    case 'C':
        read_identifier(m, &number);
        break;
    case 'M':
        read_muted(m, read_impl_path);
        write_string(m, "<");
        read_type(m);
        write_string(m, ">");
        break;
    case 'X':
        read_muted(m, read_impl_path);
        G_GNUC_FALLTHROUGH;
    case 'Y':
        write_string(m, "<");
        read_type(m);
        write_string(m, " as ");
        read_path(m);
        write_string(m, ">");
        break;
    case 'N':
        read_nested_path(m);
        break;
    case 'I':
        read_path(m);
        read_muted(m, read_generic_arguments);
        break;
    case 'B':
        read_back(m, read_path);
        break;
    default:
        m->failed = TRUE;
        break;
    }
}

static void read_path(Mangled *m)
{
    if (enter(m)) {
        read_path_inside(m);
    }
    leave(m);
}

static const char *basic_type(char c)
{
    static const char *const names[] = {
        "i8",    "bool", "char", "f64", "str",  "f32",  NULL,  "u8", "isize",
        "usize", NULL,   "i32",  "u32", "i128", "u128", "_",   NULL, NULL,
        "i16",   "u16",  "()",   "...", NULL,   "i64",  "u64", "!",
    };

    return c >= 'a' && (gsize)(c - 'a') < G_N_ELEMENTS(names) ? names[c - 'a'] : NULL;
}

static void read_reference(Mangled *m, const char *sign)
{
    write_string(m, sign);
    if (take(m, 'L')) {
        read_base62(m);
    }
    read_type(m);
}

static void read_tuple(Mangled *m)
{
    const char *comma = "";

    write_string(m, "(");
    while (!m->failed && !take(m, 'E')) {
        write_string(m, comma);
        read_type(m);
        comma = ", ";
    }
    write_string(m, ")");
}

static void read_function(Mangled *m)
{
    if (take(m, 'G')) {
        read_base62(m);
    }
    take(m, 'U');
    if (take(m, 'K') && !take(m, 'C')) {
        read_source_name(m);
    }
    while (!m->failed && !take(m, 'E')) {
        read_type(m);
    }
    read_type(m);
}

static void read_dyn(Mangled *m)
{
    const char *sign = "dyn ";

    if (take(m, 'G')) {
        read_base62(m);
    }
    while (!m->failed && !take(m, 'E')) {
        write_string(m, sign);
        read_path(m);
        while (take(m, 'p')) {
            guint64 number;
            gboolean mute = m->mute;

            m->mute = TRUE;
            read_identifier(m, &number);
            read_type(m);
            m->mute = mute;
        }
        sign = " + ";
    }
    m->failed |= !take(m, 'L');
    read_base62(m);
}

static void read_type_inside(Mangled *m)
{
    char c = take_any(m);
    const char *basic = basic_type(c);

    if (basic) {
        write_string(m, basic);
        return;
    }
    switch (c) {
    case 'A':
    case 'S':
        write_string(m, "[");
        read_type(m);
        if (c == 'A') {
            read_const(m);
        }
        write_string(m, "]");
        break;
    case 'T':
        read_tuple(m);
        break;
    case 'R':
        read_reference(m, "&");
        break;
    case 'Q':
        read_reference(m, "&mut ");
        break;
    case 'P':
        read_reference(m, "*const ");
        break;
    case 'O':
        read_reference(m, "*mut ");
        break;
    case 'F':
        write_string(m, "fn");
        read_muted(m, read_function);
        break;
    case 'D':
        read_dyn(m);
        break;
    case 'B':
        read_back(m, read_type);
        break;
    default:
        m->at--;
        read_path(m);
        break;
    }
}

static void read_type(Mangled *m)
{
    if (enter(m)) {
        read_type_inside(m);
    }
    leave(m);
}

/* "8fakeNameiii" or "N4core6option13unwrap_failed17h0123456789abcdefE" */
static void read_cxx_name(Mangled *m)
{
    if (!take(m, 'N')) {
        read_source_name(m);
        return;
    }
    while (!m->failed && !take(m, 'E')) {
        gsize begin = m->out->len;

        write_string(m, begin ? "::" : "");
        if (read_source_name(m) == 17 && m->out->str[m->out->len - 17] == 'h' &&
            m->s[m->at] == 'E') {
            g_string_truncate(m->out, begin); /* the hash of an older Rust */
        }
    }
}

char *names_demangle(const char *name)
{
    g_autoptr(GString) out = NULL;
    Mangled m = {0};

    if (name[0] != '_' || (name[1] != 'R' && name[1] != 'Z')) {
        return NULL;
    }
    out = g_string_new(NULL);
    m = (Mangled){.s = name + 2, .out = out};
    if (name[1] == 'R') {
        read_path(&m);
    } else {
        read_cxx_name(&m);
    }
    return m.failed || out->len == 0 ? NULL : g_string_free(g_steal_pointer(&out), FALSE);
}
