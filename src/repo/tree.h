/* SPDX-License-Identifier: Apache-2.0
 * A tree of sources to read from: a folder, or a commit's objects. Private to repo/.
 */
#pragma once

#include "repo/maintainers.h"
#include "repo/repo.h"

/* Fill @ret_tree: the folder @sources, or when that is NULL, @commit of @repo. The strings have to
 * live on. */
typedef struct TreePlace {
    const Repo *repo;
    const char *sources, *commit;
} TreePlace;
SourceTree tree_at(TreePlace *place);

typedef enum TreeEntry { TREE_NOTHING, TREE_FILE, TREE_FOLDER } TreeEntry;
/* What is at @path there? */
TreeEntry tree_entry(const TreePlace *place, const char *path);
