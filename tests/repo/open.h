/* SPDX-License-Identifier: Apache-2.0
 * A repository of the scratch folder, for tests that link repo/.
 */
#pragma once

#include "repo/repo.h"
#include "scratch.h"

static inline Repo *open_repo(const Scratch *scratch, const char *name)
{
    g_autofree char *path = scratch_path(scratch, name);
    g_autoptr(GError) error = NULL;
    Repo *repo = repo_open(path, &error);

    g_assert_no_error(error);
    return repo;
}
