/* SPDX-License-Identifier: Apache-2.0
 * From the top of the tree down to a source file.
 *
 * Each folder's Kbuild file mentions objects and folders, each under a condition. A mention is kept
 * at what is mentioned; the condition of an object is the sum over its mentions of "the folder is
 * reached, and this holds". Folders are read when somebody asks for a file below them.
 */
#include "kernel/kbuild.h"

#include <string.h>

#include "kernel/makefile.h"

/* Folders that are read at most; Linux 6.1 has 2,700 with a makefile. */
#define MAX_FOLDERS    20000
#define MAX_PATH_DEPTH 40
/* Ways from a file up to the top that are followed at most: there are a few, but folders that
 * mention each other have more than anybody can follow. */
#define MAX_WAYS_UP 100000

typedef struct Mention {
    char *folder; /* by whose makefile */
    Condition condition;
} Mention;

struct Kbuild {
    KbuildReadFunc read;
    gpointer data;
    const Repo *repo; /* of kbuild_new_at() */
    char *commit;
    Conditions *conditions;
    GHashTable *mentions; /* "net/smc", "net/smc/af_smc.o" -> GPtrArray of Mention */
    GHashTable *folders;  /* set: those whose makefile was read, or looked for */
    Makefile *top;        /* what the top's exports to all others */
};

/* Variables of the top Makefile that those below it use. */
static const char *const exported[] = {"BITS", "ARCH_CORE", "ARCH_LIB", "ARCH_DRIVERS"};

static void mention_free(gpointer data)
{
    Mention *mention = data;

    g_free(mention->folder);
    g_free(mention);
}

/* --- What a makefile mentions ---------------------------------------------------------------- */

/* @path as seen from @folder, below the top; NULL for the top itself. Owned by the caller. */
static char *below_top(const char *folder, const char *path)
{
    g_autofree char *here = g_strconcat("/", folder, NULL);
    g_autofree char *full = g_canonicalize_filename(path, here);

    return full[1] ? g_strdup(full + 1) : NULL;
}

static void mention(Kbuild *kbuild, const char *folder, const char *path, Condition condition)
{
    g_autofree char *target = below_top(folder, path);
    GPtrArray *mentions;
    Mention *one;

    if (!target || condition == CONDITION_FALSE) {
        return;
    }
    mentions = g_hash_table_lookup(kbuild->mentions, target);
    if (!mentions) {
        mentions = g_ptr_array_new_with_free_func(mention_free);
        g_hash_table_insert(kbuild->mentions, g_steal_pointer(&target), mentions);
    }
    for (guint i = 0; i < mentions->len; i++) {
        one = mentions->pdata[i];
        if (strcmp(one->folder, folder) == 0) {
            one->condition = condition_or(kbuild->conditions, one->condition, condition);
            return;
        }
    }
    one = g_new0(Mention, 1);
    one->folder = g_strdup(folder);
    one->condition = condition;
    g_ptr_array_add(mentions, one);
}

/* "smc.o" is made of the objects of smc-y, smc-objs and smc-m, if there are any; and if there can
 * be (smc- has those of options that are off), it is made of nothing else. */
static void mention_object(Kbuild *kbuild, Makefile *makefile, const char *folder,
                           const char *object, Condition condition)
{
    static const char *const suffixes[] = {"-y", "-objs", "-m", "-"};
    gsize n_stem = strlen(object) - strlen(".o");
    gboolean is_composite = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *name = g_strdup_printf("%.*s%s", (int)n_stem, object, suffixes[i]);
        g_autoptr(GArray) parts = NULL;

        if (!makefile_has(makefile, name)) {
            continue;
        }
        is_composite = TRUE;
        if (strcmp(suffixes[i], "-") == 0) {
            continue;
        }
        parts = makefile_words(makefile, name);
        for (guint j = 0; j < parts->len; j++) {
            const Word *part = &g_array_index(parts, Word, j);

            if (part->text) {
                mention(kbuild, folder, part->text,
                        condition_and(kbuild->conditions, condition, part->condition));
            }
        }
    }
    if (!is_composite) {
        mention(kbuild, folder, object, condition);
    }
}

/* All of list @name: objects, and folders, which end with a '/' or are all there is. */
static void mention_list(Kbuild *kbuild, Makefile *makefile, const char *folder, const char *name,
                         gboolean only_folders)
{
    g_autoptr(GArray) words = makefile_words(makefile, name);

    for (guint i = 0; i < words->len; i++) {
        const Word *word = &g_array_index(words, Word, i);
        Condition condition = word->condition;

        if (!word->text) {
            continue;
        }
        if (!makefile_is_whole(makefile)) {
            condition = condition_and(kbuild->conditions, condition, CONDITION_UNKNOWN);
        }
        if (only_folders || g_str_has_suffix(word->text, "/")) {
            mention(kbuild, folder, word->text, condition);
        } else if (g_str_has_suffix(word->text, ".o")) {
            mention_object(kbuild, makefile, folder, word->text, condition);
        }
    }
}

static void mention_all(Kbuild *kbuild, Makefile *makefile, const char *folder)
{
    static const char *const lists[] = {"obj-y", "obj-m", "lib-y", "lib-m", "extra-y", "always-y"};
    static const char *const folder_lists[] = {"subdir-y", "subdir-m"};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        mention_list(kbuild, makefile, folder, lists[i], FALSE);
    }
    for (guint i = 0; i < G_N_ELEMENTS(folder_lists); i++) {
        mention_list(kbuild, makefile, folder, folder_lists[i], TRUE);
    }
}

/* --- Reading --------------------------------------------------------------------------------- */

static Makefile *new_makefile(Kbuild *kbuild, const char *folder)
{
    Makefile *makefile = makefile_new(kbuild->conditions, folder, kbuild->read, kbuild->data);

    makefile_set(makefile, "ARCH", "x86_64");
    makefile_set(makefile, "SRCARCH", "x86");
    makefile_set(makefile, "SUBARCH", "x86");
    makefile_set(makefile, "UTS_MACHINE", "x86_64");
    for (guint i = 0; kbuild->top && i < G_N_ELEMENTS(exported); i++) {
        g_autoptr(GArray) words = makefile_words(kbuild->top, exported[i]);

        makefile_set_words(makefile, exported[i], words);
    }
    return makefile;
}

/* The top Makefile says which folders there are, by lists of its own until 5.17 (22f26f21774f), and
 * what goes into all others. */
static void read_top(Kbuild *kbuild)
{
    static const char *const lists[] = {"init-y", "core-y",    "core-m", "drivers-y", "drivers-m",
                                        "net-y",  "net-m",     "libs-y", "libs-m",    "virt-y",
                                        "virt-m", "vmlinux-y", "head-y"};
    Makefile *top = new_makefile(kbuild, "");

    /* "Another make does it": not this one. Of old kernels too. */
    makefile_set(top, "sub_make_done", "1");
    makefile_set(top, "sub-make-done", "1");
    makefile_set(top, "KBUILD_SRC", ".");
    makefile_take_all(top);
    makefile_read(top, "Makefile");
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        mention_list(kbuild, top, "", lists[i], FALSE);
    }
    kbuild->top = top;
}

static void read_folder(Kbuild *kbuild, const char *folder)
{
    g_autofree char *kbuild_path = g_build_filename(folder, "Kbuild", NULL),
                    *makefile_path = g_build_filename(folder, "Makefile", NULL);
    g_autoptr(Makefile) makefile = NULL;

    if (g_hash_table_size(kbuild->folders) >= MAX_FOLDERS ||
        !g_hash_table_add(kbuild->folders, g_strdup(folder))) {
        return;
    }
    if (!*folder) {
        read_top(kbuild);
    }
    makefile = new_makefile(kbuild, folder);
    if (makefile_read(makefile, kbuild_path) ||
        (*folder && makefile_read(makefile, makefile_path))) {
        mention_all(kbuild, makefile, folder);
    }
}

/* Those above @path, from the top down. */
static void read_folders_above(Kbuild *kbuild, const char *path)
{
    const char *slash = path;
    guint depth = 0;

    read_folder(kbuild, "");
    while ((slash = strchr(slash, '/')) && depth++ < MAX_PATH_DEPTH) {
        g_autofree char *folder = g_strndup(path, (gsize)(slash - path));

        if (g_hash_table_contains(kbuild->mentions, folder)) {
            read_folder(kbuild, folder);
        }
        slash++;
    }
}

void kbuild_read_all(Kbuild *kbuild)
{
    gsize n_before;

    read_folder(kbuild, "");
    do {
        g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        const char *path;

        n_before = g_hash_table_size(kbuild->folders);
        g_hash_table_iter_init(&iter, kbuild->mentions);
        while (g_hash_table_iter_next(&iter, (gpointer *)&path, NULL)) {
            if (!g_str_has_suffix(path, ".o") && !g_hash_table_contains(kbuild->folders, path)) {
                g_ptr_array_add(found, g_strdup(path));
            }
        }
        for (guint i = 0; i < found->len; i++) {
            read_folder(kbuild, found->pdata[i]);
        }
    } while (g_hash_table_size(kbuild->folders) > n_before);
}

/* --- Guards ---------------------------------------------------------------------------------- */

/* When @target (a folder or an object) is reached. @n_left: steps that may still be made. */
static Condition condition_of(Kbuild *kbuild, const char *target, guint depth, guint *n_left)
{
    const GPtrArray *mentions = g_hash_table_lookup(kbuild->mentions, target);
    Condition condition = CONDITION_FALSE;

    if (!*target) {
        return CONDITION_TRUE;
    }
    if (depth >= MAX_PATH_DEPTH) { /* folders that mention each other */
        return CONDITION_FALSE;
    }
    for (guint i = 0; mentions && i < mentions->len; i++) {
        const Mention *one = mentions->pdata[i];

        if (*n_left == 0) {
            return CONDITION_UNKNOWN;
        }
        (*n_left)--;

        condition =
            condition_or(kbuild->conditions, condition,
                         condition_and(kbuild->conditions, one->condition,
                                       condition_of(kbuild, one->folder, depth + 1, n_left)));
    }
    return condition;
}

static void way_free(gpointer data)
{
    KbuildWay *way = data;

    g_strfreev(way->on);
    g_strfreev(way->off);
    g_free(way);
}

void kbuild_guards_free(KbuildGuards *guards)
{
    if (!guards) {
        return;
    }
    g_ptr_array_unref(guards->ways);
    g_free(guards);
}

/* What condition_foreach() has told of a product so far. */
typedef struct Telling {
    GPtrArray *ways, *on, *off;
    gboolean is_sure;
} Telling;

static int compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **sorted_strv(GPtrArray *strings)
{
    g_ptr_array_sort(strings, compare_strings);
    g_ptr_array_add(strings, NULL);
    return (char **)g_ptr_array_steal(strings, NULL);
}

static void tell_literal(LiteralKind kind, const char *option, gpointer data)
{
    Telling *telling = data;
    KbuildWay *way;

    switch (kind) {
    case LITERAL_ON:
        g_ptr_array_add(telling->on, g_strdup(option));
        break;
    case LITERAL_OFF:
        g_ptr_array_add(telling->off, g_strdup(option));
        break;
    case LITERAL_UNKNOWN:
        telling->is_sure = FALSE;
        break;
    case LITERAL_END:
        way = g_new0(KbuildWay, 1);
        way->on = sorted_strv(telling->on);
        way->off = sorted_strv(telling->off);
        way->is_sure = telling->is_sure;
        telling->is_sure = TRUE;
        g_ptr_array_add(telling->ways, way);
        break;
    }
}

/* Kbuild files name objects. NULL: no object is made of @path alone. Owned by the caller. */
static char *object_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    if (!dot || (strcmp(dot, ".c") != 0 && strcmp(dot, ".S") != 0 && strcmp(dot, ".rs") != 0)) {
        return NULL;
    }
    return g_strdup_printf("%.*s.o", (int)(dot - path), path);
}

/* The objects of virt/kvm/ are those of arch/x86/kvm/Makefile. */
static void read_arch_twin(Kbuild *kbuild, const char *object)
{
    g_autofree char *folder = g_path_get_dirname(object);
    g_autofree char *name = g_path_get_basename(folder);
    g_autofree char *twin = g_strdup_printf("arch/x86/%s/x", name);

    read_folders_above(kbuild, twin);
}

KbuildGuards *kbuild_guards(Kbuild *kbuild, const char *path)
{
    KbuildGuards *guards = g_new0(KbuildGuards, 1);
    g_autofree char *object = object_of(path);
    g_autoptr(GPtrArray) on = g_ptr_array_new(), off = g_ptr_array_new();
    Telling telling = {.on = on, .off = off, .is_sure = TRUE};
    guint n_left = MAX_WAYS_UP;

    guards->ways = telling.ways = g_ptr_array_new_with_free_func(way_free);
    if (!object) {
        return guards;
    }
    read_folders_above(kbuild, object);
    if (!g_hash_table_contains(kbuild->mentions, object)) {
        read_arch_twin(kbuild, object);
    }
    condition_foreach(kbuild->conditions, condition_of(kbuild, object, 0, &n_left), tell_literal,
                      &telling);
    return guards;
}

/* --- Under a configuration ------------------------------------------------------------------- */

static gboolean has_value(GHashTable *config, const char *option)
{
    const char *value = g_hash_table_lookup(config, option);

    return value && *value && strcmp(value, "n") != 0;
}

/* All that must be on is, and all that must be off. */
static gboolean may_hold(const KbuildWay *way, GHashTable *config)
{
    for (char **option = way->on; *option; option++) {
        if (!has_value(config, *option)) {
            return FALSE;
        }
    }
    for (char **option = way->off; *option; option++) {
        if (has_value(config, *option)) {
            return FALSE;
        }
    }
    return TRUE;
}

KbuildAnswer kbuild_is_compiled(const KbuildGuards *guards, GHashTable *config)
{
    KbuildAnswer answer = guards->ways->len ? KBUILD_NO : KBUILD_UNKNOWN;

    for (guint i = 0; i < guards->ways->len && answer != KBUILD_YES; i++) {
        const KbuildWay *way = guards->ways->pdata[i];

        if (may_hold(way, config)) {
            answer = way->is_sure ? KBUILD_YES : KBUILD_UNKNOWN;
        }
    }
    return answer;
}

char **kbuild_needed(const KbuildGuards *guards, GHashTable *config)
{
    g_autoptr(GPtrArray) needed = g_ptr_array_new();
    const KbuildWay *first = NULL;

    for (guint i = 0; i < guards->ways->len; i++) {
        const KbuildWay *way = guards->ways->pdata[i];

        if (!may_hold(way, config)) {
            continue;
        }
        for (char **option = way->on; !first && *option; option++) {
            g_ptr_array_add(needed, *option);
        }
        for (guint j = needed->len; first && j-- > 0;) {
            if (!g_strv_contains((const char *const *)way->on, needed->pdata[j])) {
                g_ptr_array_remove_index(needed, j);
            }
        }
        first = first ? first : way;
    }
    for (guint i = 0; i < needed->len; i++) {
        needed->pdata[i] = g_strdup(needed->pdata[i]);
    }
    return sorted_strv(needed);
}

/* --- Life ------------------------------------------------------------------------------------ */

Kbuild *kbuild_new(KbuildReadFunc read, gpointer user_data)
{
    Kbuild *kbuild = g_new0(Kbuild, 1);

    kbuild->read = read;
    kbuild->data = user_data;
    kbuild->conditions = conditions_new();
    kbuild->mentions =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    kbuild->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return kbuild;
}

static GBytes *read_from_repo(const char *path, gpointer data)
{
    const Kbuild *kbuild = data;

    return repo_read_file(kbuild->repo, kbuild->commit, path, NULL);
}

Kbuild *kbuild_new_at(const Repo *repo, const char *commit)
{
    Kbuild *kbuild = kbuild_new(read_from_repo, NULL);

    kbuild->data = kbuild;
    kbuild->repo = repo;
    kbuild->commit = g_strdup(commit);
    return kbuild;
}

void kbuild_free(Kbuild *kbuild)
{
    if (!kbuild) {
        return;
    }
    makefile_free(kbuild->top);
    g_hash_table_unref(kbuild->folders);
    g_hash_table_unref(kbuild->mentions);
    conditions_free(kbuild->conditions);
    g_free(kbuild->commit);
    g_free(kbuild);
}
