/* SPDX-License-Identifier: Apache-2.0
 * The literals of all alternatives in one tree, by their letters; a name is looked up from each of
 * its letters on. Where an alternative asks more than its literal, it is tried as a pattern. An
 * alternative without literals is tried for each name: none of ours is so.
 */
#include "oops/list.h"
#include "oops/literals.h"

#include <string.h>

#define NONE 0 /* the root is nobody's child */
/* No kernel has a longer name (KSYM_NAME_LEN is 512). A hostile one may have 256 KB, and where it
 * repeats a literal a pattern would be tried on all of it at each. */
#define NAME_LOOK 1024

/* A letter; its word goes on with @child, or with another letter instead. */
typedef struct Node {
    guint16 child, sibling;
    guint16 ending; /* index + 1 */
    char letter;
} Node;

/* An alternative whose literal ends at a node. */
typedef struct Ending {
    gboolean at_start, at_end;
    Pattern *pattern; /* what it asks more, or NULL */
    guint16 next;     /* index + 1 */
} Ending;

struct NameList {
    GArray *nodes;                 /* of Node; 0 is the root */
    GArray *endings;               /* of Ending */
    GPtrArray *patterns;           /* of Pattern: those of endings */
    GPtrArray *always;             /* of Pattern */
    guint16 begin[G_MAXUINT8 + 1]; /* the children of the root by letter */
};

static Node *node_at(const NameList *list, guint16 i)
{
    return &g_array_index(list->nodes, Node, i);
}

static guint16 add_node(NameList *list, char letter)
{
    Node node = {.letter = letter};

    g_assert(list->nodes->len < G_MAXUINT16);
    g_array_append_val(list->nodes, node);
    return (guint16)(list->nodes->len - 1);
}

static guint16 find_child(const NameList *list, guint16 parent, char letter)
{
    guint16 i = node_at(list, parent)->child;

    while (i != NONE && node_at(list, i)->letter != letter) {
        i = node_at(list, i)->sibling;
    }
    return i;
}

static void add_word(NameList *list, const char *word, const Ending *what)
{
    guint16 at = NONE;
    Ending ending = *what;

    for (const char *s = word; *s; s++) {
        guint16 child = at == NONE ? list->begin[(guint8)*s] : find_child(list, at, *s);

        if (child == NONE) {
            child = add_node(list, *s);
            if (at == NONE) {
                list->begin[(guint8)*s] = child;
            } else {
                node_at(list, child)->sibling = node_at(list, at)->child;
                node_at(list, at)->child = child;
            }
        }
        at = child;
    }
    ending.next = node_at(list, at)->ending;
    g_array_append_val(list->endings, ending);
    node_at(list, at)->ending = (guint16)list->endings->len;
}

NameList *list_new(const char *pattern)
{
    NameList *list = g_new0(NameList, 1);
    g_autoptr(GArray) alternatives = literals_of(pattern);

    list->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
    list->endings = g_array_new(FALSE, FALSE, sizeof(Ending));
    list->patterns = g_ptr_array_new_with_free_func((GDestroyNotify)pattern_free);
    list->always = g_ptr_array_new();
    add_node(list, '\0');
    for (guint i = 0; i < alternatives->len; i++) {
        const Literals *literals = &g_array_index(alternatives, Literals, i);
        Ending ending = {.at_start = literals->at_start, .at_end = literals->at_end};

        if (!literals->exact) {
            ending.pattern = pattern_new(literals->source, literals->n_source, 0);
            g_ptr_array_add(list->patterns, ending.pattern);
        }
        if (literals->words->len == 0) {
            g_ptr_array_add(list->always, ending.pattern);
        }
        for (guint j = 0; j < literals->words->len; j++) {
            add_word(list, literals->words->pdata[j], &ending);
        }
    }
    return list;
}

void list_free(NameList *list)
{
    if (!list) {
        return;
    }
    g_array_unref(list->nodes);
    g_array_unref(list->endings);
    g_ptr_array_unref(list->always);
    g_ptr_array_unref(list->patterns);
    g_free(list);
}

/* Does an alternative end well at @node, whose word is the @n bytes from @begin on? */
static gboolean ends(const NameList *list, const Node *node, const char *name, gsize n, gsize begin,
                     gsize end, Match *match)
{
    for (guint16 i = node->ending; i > 0;) {
        const Ending *ending = &g_array_index(list->endings, Ending, i - 1);

        if ((!ending->at_start || begin == 0) && (!ending->at_end || end == n) &&
            (!ending->pattern || pattern_match(ending->pattern, name, n, 0, match))) {
            return TRUE;
        }
        i = ending->next;
    }
    return FALSE;
}

gboolean list_has(const NameList *list, const char *name, gsize n, Match *match)
{
    n = MIN(n, NAME_LOOK);
    for (gsize begin = 0; begin < n; begin++) {
        guint16 at = list->begin[(guint8)name[begin]];

        for (gsize end = begin + 1; at != NONE; end++) {
            const Node *node = node_at(list, at);

            if (node->ending && ends(list, node, name, n, begin, end, match)) {
                return TRUE;
            }
            at = end < n ? find_child(list, at, name[end]) : NONE;
        }
    }
    for (guint i = 0; i < list->always->len; i++) {
        if (pattern_match(list->always->pdata[i], name, n, 0, match)) {
            return TRUE;
        }
    }
    return FALSE;
}
