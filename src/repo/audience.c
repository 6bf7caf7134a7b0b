/* SPDX-License-Identifier: Apache-2.0
 * People and lists of sections, put together as scripts/get_maintainer.pl does: first come, first
 * served, by name or by address; then .mailmap, and once more by name or by address.
 */
#include "repo/audience.h"

#include <string.h>

/* What is longer of a section's title is cut. */
#define TITLE_MAX 50

/* A file with more addresses is no binding. */
#define N_IN_TEXT_MAX 1000

/* Hears of everything already. */
#define CHIEF "Linus Torvalds <torvalds@linux-foundation.org>"

typedef struct Member {
    Mailbox mailbox;
    char *role;
} Member;

struct Audience {
    const Mailmap *mailmap;
    GPtrArray *people, *lists;           /* of Member */
    GHashTable *names, *addresses;       /* of people, lower case */
    GHashTable *list_addresses;          /* lower case */
    GHashTable *first_name, *first_addr; /* lower case -> Member that has it first (merging) */
};

static void member_free(Member *member)
{
    mailbox_clear(&member->mailbox);
    g_free(member->role);
    g_free(member);
}

static GHashTable *new_set(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

Audience *audience_new(const Mailmap *mailmap)
{
    Audience *audience = g_new0(Audience, 1);

    audience->mailmap = mailmap;
    audience->people = g_ptr_array_new_with_free_func((GDestroyNotify)member_free);
    audience->lists = g_ptr_array_new_with_free_func((GDestroyNotify)member_free);
    audience->names = new_set();
    audience->addresses = new_set();
    audience->list_addresses = new_set();
    audience->first_name = new_set();
    audience->first_addr = new_set();
    return audience;
}

void audience_free(Audience *audience)
{
    if (!audience) {
        return;
    }
    g_ptr_array_unref(audience->people);
    g_ptr_array_unref(audience->lists);
    g_hash_table_unref(audience->names);
    g_hash_table_unref(audience->addresses);
    g_hash_table_unref(audience->list_addresses);
    g_hash_table_unref(audience->first_name);
    g_hash_table_unref(audience->first_addr);
    g_free(audience);
}

static gpointer find_lower(GHashTable *table, const char *key)
{
    g_autofree char *lower = g_ascii_strdown(key, -1);

    return g_hash_table_lookup(table, lower);
}

/* --- Sections -------------------------------------------------------------------------------- */

static void add_person(Audience *audience, const char *text, const char *role)
{
    Mailbox mailbox = mailbox_parse(text);
    Member *member;

    if (!*mailbox.address || find_lower(audience->addresses, mailbox.address) ||
        (*mailbox.name && find_lower(audience->names, mailbox.name))) {
        mailbox_clear(&mailbox);
        return;
    }
    member = g_new(Member, 1);
    *member = (Member){mailbox, g_strdup(role)};
    g_ptr_array_add(audience->people, member);
    if (*mailbox.name) {
        g_hash_table_add(audience->names, g_ascii_strdown(mailbox.name, -1));
    }
    g_hash_table_add(audience->addresses, g_ascii_strdown(mailbox.address, -1));
}

static void add_people(Audience *audience, const char *text, const char *role)
{
    g_auto(GStrv) mailboxes = mailbox_split(text);

    for (char **mailbox = mailboxes; *mailbox; mailbox++) {
        add_person(audience, *mailbox, role);
    }
}

/* @value is "ADDRESS REMARK". */
static void add_list(Audience *audience, const char *value, const char *title)
{
    gsize n_address = strcspn(value, " \t\r\f\v");
    const char *remark = value + n_address;
    g_autofree char *address = g_strndup(value, n_address);
    gboolean of_all = g_str_equal(title, "THE REST");
    Member *member;

    /* Who is no subscriber cannot write there. */
    if (strstr(remark, "subscribers-only") || find_lower(audience->list_addresses, address)) {
        return;
    }
    g_hash_table_add(audience->list_addresses, g_ascii_strdown(address, -1));
    member = g_new(Member, 1);
    member->mailbox = (Mailbox){.name = g_strdup(""), .address = g_steal_pointer(&address)};
    member->role = g_strconcat(strstr(remark, "moderated") ? "moderated list" : "open list",
                               of_all ? "" : ":", of_all ? "" : title, NULL);
    g_ptr_array_add(audience->lists, member);
}

/* What the people of a section are, by its S: lines, of which the last counts. */
static char *maintainer_role(const Field *fields, guint n_fields)
{
    static const char *const names[][2] = {
        {"supported", "supporter"},      {"maintained", "maintainer"},
        {"odd fixes", "odd fixer"},      {"orphan", "orphan minder"},
        {"obsolete", "obsolete minder"}, {"buried alive in reporters", "chief penguin"}};
    const char *status = "unknown";
    g_autofree char *lower = NULL;

    for (guint i = 0; i < n_fields; i++) {
        status = fields[i].type == 'S' ? fields[i].value : status;
    }
    lower = g_ascii_strdown(status, -1);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(lower, names[i][0])) {
            return g_strdup(names[i][1]);
        }
    }
    return g_steal_pointer(&lower);
}

void audience_add_section(Audience *audience, const char *title, const Field *fields,
                          guint n_fields)
{
    g_autofree char *maintainer = maintainer_role(fields, n_fields), *cut = NULL;
    g_autofree char *maintainer_of = NULL, *reviewer_of = NULL;

    if (strlen(title) > TITLE_MAX) {
        g_autofree char *start = g_strchomp(g_strndup(title, TITLE_MAX - strlen("...")));

        title = cut = g_strconcat(start, "...", NULL);
    }
    maintainer_of = g_strconcat(maintainer, ":", title, NULL);
    reviewer_of = g_strconcat("reviewer:", title, NULL);
    for (guint i = 0; i < n_fields; i++) {
        if (fields[i].type == 'L') {
            add_list(audience, fields[i].value, title);
        } else if (fields[i].type == 'M') {
            add_people(audience, fields[i].value, maintainer_of);
        } else if (fields[i].type == 'R') {
            add_people(audience, fields[i].value, reviewer_of);
        }
    }
}

/* --- One person, one line -------------------------------------------------------------------- */

static void set_mailbox(Member *member, Mailbox mailbox)
{
    mailbox_clear(&member->mailbox);
    member->mailbox = mailbox;
}

static void merge_member(Audience *audience, Member *member)
{
    const Member *first;

    set_mailbox(member, mailmap_apply(audience->mailmap, &member->mailbox));
    first = *member->mailbox.name ? find_lower(audience->first_name, member->mailbox.name) : NULL;
    first = first ? first : find_lower(audience->first_addr, member->mailbox.address);
    if (first) {
        set_mailbox(member, mailbox_new(first->mailbox.name, first->mailbox.address));
    } else {
        g_hash_table_insert(audience->first_name, g_ascii_strdown(member->mailbox.name, -1),
                            member);
        g_hash_table_insert(audience->first_addr, g_ascii_strdown(member->mailbox.address, -1),
                            member);
    }
    /* What an entry of .mailmap gives may have an entry itself. */
    set_mailbox(member, mailmap_apply(audience->mailmap, &member->mailbox));
}

void audience_merge(Audience *audience)
{
    for (guint i = 0; i < audience->people->len; i++) {
        merge_member(audience, audience->people->pdata[i]);
    }
    for (guint i = 0; i < audience->lists->len; i++) {
        merge_member(audience, audience->lists->pdata[i]);
    }
    for (guint i = audience->people->len; i-- > 0;) {
        Member *member = audience->people->pdata[i];
        g_autofree char *text = mailbox_format(&member->mailbox);

        if (strstr(text, CHIEF)) {
            g_ptr_array_remove_index(audience->people, i);
        }
    }
}

/* --- Addresses in a text --------------------------------------------------------------------- */

#define LETTERS        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS_DIGITS LETTERS "0123456789"
#define BLANKS         " \t\r\n\f\v"

/* Go back from @at over bytes of @set, not before @start. */
static const char *back_over(const char *start, const char *at, const char *set)
{
    while (at > start && at[-1] && strchr(set, at[-1])) {
        at--;
    }
    return at;
}

/* A byte that may stand in a name before an address. Those above 0x7f are what the script's
 * "À-ÿ" means to a Perl that reads bytes. */
static gboolean is_name_byte(char c)
{
    return (c && strchr(LETTERS "\"' ,.+-", c)) || ((guchar)c >= 0x80 && (guchar)c <= 0xc3);
}

/* The end of the domain at @text: letters, digits, '.' and '-', with a last part of letters and
 * digits; or NULL. */
static const char *skip_domain(const char *text)
{
    gsize n = strspn(text, LETTERS_DIGITS ".-");

    while (n-- > 1) {
        gsize n_last = strspn(text + n + 1, LETTERS_DIGITS);

        if (text[n] == '.' && n_last) {
            return text + n + 1 + n_last;
        }
    }
    return NULL;
}

/* The names of @name, already quoted where it must be, that belong to an address: the last two,
 * three with an initial. The rest is the list's dash or a sentence. Owned by the caller. */
static char *clean_name(const char *name)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) clean = g_string_new(name);
    guint n;

    for (const char *c = name; *c;) {
        gsize n_word = 0;

        while (is_name_byte(c[n_word]) && c[n_word] != ' ' && c[n_word] != '"') {
            n_word++;
        }
        g_ptr_array_add(words, g_strndup(c, n_word));
        c += n_word + (c[n_word] ? 1 : 0);
    }
    while (words->len && !*(char *)words->pdata[words->len - 1]) {
        g_ptr_array_remove_index(words, words->len - 1);
    }
    n = words->len;
    if (n > 2) {
        const char *first = words->pdata[n - 3], *middle = words->pdata[n - 2],
                   *last = words->pdata[n - 1];
        gboolean initial = (strlen(first) == 1 && g_ascii_isalpha(*first)) ||
                           (strlen(first) == 2 && first[1] == '.') || strlen(middle) == 1 ||
                           (strlen(middle) == 2 && middle[1] == '.');

        g_string_printf(clean, "%s%s%s %s", initial ? first : "", initial ? " " : "", middle, last);
    }
    if (g_str_has_suffix(clean->str, ",") || g_str_has_suffix(clean->str, ".")) {
        g_string_truncate(clean, clean->len - 1);
    } else if (g_str_has_suffix(clean->str, ",\"") || g_str_has_suffix(clean->str, ".\"")) {
        g_string_erase(clean, (gssize)clean->len - 2, 1);
    }
    if (*clean->str == ',' || *clean->str == '.') {
        g_string_erase(clean, 0, 1);
    } else if (g_str_has_prefix(clean->str, "\",") || g_str_has_prefix(clean->str, "\".")) {
        g_string_erase(clean, 1, 1);
    }
    return g_string_free(g_steal_pointer(&clean), FALSE);
}

/* He has "in file" among his roles, too. */
static void add_role(Audience *audience, const Mailbox *mailbox)
{
    for (guint i = 0; i < audience->people->len; i++) {
        Member *member = audience->people->pdata[i];
        gboolean same = g_str_equal(member->mailbox.name, mailbox->name) ||
                        g_str_equal(member->mailbox.address, mailbox->address);

        if (same && !strstr(member->role, "in file")) {
            char *role = g_strconcat(member->role, *member->role ? "," : "", "in file", NULL);

            g_free(member->role);
            member->role = role;
        }
    }
}

/* Where the name begins that stands before @end: "Name", "Name," or "Name, (". */
static const char *find_name(const char *start, const char *end)
{
    end = end > start && strchr("(<{", end[-1]) ? end - 1 : end;
    end = back_over(start, end, BLANKS);
    end = back_over(start, back_over(start, end, ","), BLANKS);
    while (end > start && is_name_byte(end[-1])) {
        end--;
    }
    return end;
}

/* Add the address whose '@' is @at. @start: where the one before it ended. Returns where this one
 * ends, or NULL when it is none. */
static const char *add_address_at(Audience *audience, const char *start, const char *at)
{
    const char *local = back_over(start, at, LETTERS_DIGITS "_.+-");
    const char *end = local < at ? skip_domain(at + 1) : NULL;
    g_autofree char *before = NULL, *name = NULL, *address = NULL, *text = NULL;
    g_auto(Mailbox) found = {0}, written = {0}, mailbox = {0};

    if (!end) {
        return NULL;
    }
    before = g_strndup(find_name(start, local), (gsize)(local - find_name(start, local)));
    before[strcspn(before, "(<{")] = '\0';
    address = g_strndup(local, (gsize)(end - local));
    found = mailbox_new(before, address);
    name = clean_name(found.name);
    written = mailbox_new(name, address);
    mailbox = mailmap_apply(audience->mailmap, &written);
    text = mailbox_format(&mailbox);
    add_person(audience, text, "");
    add_role(audience, &mailbox);
    return end;
}

void audience_add_text(Audience *audience, const char *text, gsize n)
{
    g_autofree char *copy = g_strndup(text, n);
    const char *start = copy;
    const char *at = strchr(copy, '@');

    for (guint n_found = 0; at && n_found < N_IN_TEXT_MAX;) {
        const char *end = add_address_at(audience, start, at);

        n_found += end ? 1 : 0;
        start = end ? end : start;
        at = strchr(MAX(at + 1, start), '@');
    }
}

/* --- Output ---------------------------------------------------------------------------------- */

static void print_members(const GPtrArray *members, GHashTable *printed, GString *text)
{
    for (guint i = 0; i < members->len; i++) {
        const Member *member = members->pdata[i];
        char *mailbox = mailbox_format(&member->mailbox);

        if (!g_hash_table_contains(printed, mailbox)) {
            g_string_append_printf(text, "%s (%s)\n", mailbox, member->role);
        }
        g_hash_table_add(printed, mailbox);
    }
}

char *audience_print(const Audience *audience)
{
    g_autoptr(GHashTable) printed = new_set();
    GString *text = g_string_new(NULL);

    print_members(audience->people, printed, text);
    print_members(audience->lists, printed, text);
    return g_string_free(text, FALSE);
}
