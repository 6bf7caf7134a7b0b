/* SPDX-License-Identifier: Apache-2.0
 * A scratch folder with git repositories for tests.
 */
#include "scratch.h"

#include "process/process.h"

/* What every script begins with. `commit MESSAGE [FILE TEXT]` commits in the current repository at
 * a time that goes up by one second each. */
static const char prelude[] =
    "set -e\n"
    "export LC_ALL=C HOME=$SCRATCH GIT_CONFIG_NOSYSTEM=1 TZ=UTC\n"
    "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE\n"
    "export GIT_AUTHOR_NAME='A U Thor' GIT_AUTHOR_EMAIL=Author@Example.org\n"
    "export GIT_COMMITTER_NAME='C O Mitter' GIT_COMMITTER_EMAIL=committer@example.org\n"
    "tick() { n=$(cat $SCRATCH/.tick 2>/dev/null || echo 1600000000); echo $((n + 1)) "
    ">$SCRATCH/.tick; export GIT_AUTHOR_DATE=\"$n +0000\" GIT_COMMITTER_DATE=\"$n +0000\"; }\n"
    "new() { git init -q -b main \"$@\"; }\n"
    "commit() { tick; [ -z \"$2\" ] || { mkdir -p $(dirname $2); echo \"$3\" >$2; git add $2; };\n"
    "  git commit -q --allow-empty -m \"$1\"; }\n"
    "id() { git rev-parse \"${1:-HEAD}\"; }\n";

void scratch_set_up(Scratch *scratch, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("firstbad-test-XXXXXX", &error);

    g_assert_no_error(error);
    scratch->dir = g_steal_pointer(&dir);
}

void scratch_tear_down(Scratch *scratch, gconstpointer unused)
{
    g_autofree char *out = scratch_sh(scratch, "chmod -R u+w . && rm -rf \"$SCRATCH\"");

    g_clear_pointer(&scratch->dir, g_free);
}

char *scratch_path(const Scratch *scratch, const char *name)
{
    return g_build_filename(scratch->dir, name, NULL);
}

char *scratch_sh(const Scratch *scratch, const char *format, ...)
{
    g_autofree char *script = NULL, *whole = NULL;
    g_autofree char *home = g_strconcat("SCRATCH=", scratch->dir, NULL);
    const char *env[] = {home, NULL};
    g_autoptr(ProcessResult) result = NULL;
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, format);
    script = g_strdup_vprintf(format, args);
    va_end(args);
    whole = g_strconcat(prelude, script, NULL);

    const char *argv[] = {"bash", "-c", whole, NULL};
    ProcessSpec spec = {.argv = argv, .cwd = scratch->dir, .env = env};

    g_assert_true(process_run(&spec, &result, &error));
    g_assert_no_error(error);
    if (!process_succeeded(result)) {
        g_error("script failed:\n%s\n%s", script, result->err);
    }
    return g_strchomp(g_steal_pointer(&result->out));
}
