/* SPDX-License-Identifier: Apache-2.0
 * The tree's own get_maintainer.pl: it changes with the tree, so no other will do. It is a program
 * of somebody else's, boxed in where that is possible.
 */
#include "repo/script.h"

#include <stdlib.h>
#include <string.h>

#include "process/process.h"
#include "repo/git.h"

#define SCRIPT_TIMEOUT_MS (120 * 1000)

/* What it printed, when that was an answer. */
static char *take_answer(ProcessResult *result, GError **error)
{
    g_autofree char *how = process_describe(result);
    char *said = g_strstrip(result->err);

    if (process_succeeded(result)) {
        return g_steal_pointer(&result->out);
    }
    said[strcspn(said, "\n")] = '\0';
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, MAINTAINER_SCRIPT " %s%s%s", how,
                *said ? ": " : "", said);
    return NULL;
}

char *maintainer_script_ask(const Repo *repo, const char *sources, const char *const *args,
                            const char *input, GError **error)
{
    /* Perl's hashes come in random order unless told. git_env() has our git settings. */
    static const char *const perl_env[] = {"PERL_HASH_SEED=0", "PERL_PERTURB_KEYS=0", NULL};
    /* In the sandbox there are neither our working folder nor links to the tree. */
    g_autofree char *top = realpath(sources, NULL);
    g_autofree char *script = top ? g_build_filename(top, MAINTAINER_SCRIPT, NULL) : NULL;
    g_autoptr(GStrvBuilder) env = g_strv_builder_new(), readable = g_strv_builder_new(),
                            argv = g_strv_builder_new();
    g_auto(GStrv) git_folders = repo ? repo_git_folders(repo) : NULL;
    g_auto(GStrv) all_env = NULL, all_readable = NULL, all_argv = NULL, boxed = NULL;
    g_autoptr(Sandbox) sandbox = NULL;
    g_autofree char *perl = g_find_program_in_path("perl");
    ProcessSpec spec = {.cwd = top,
                        .input = input,
                        .n_input = input ? strlen(input) : 0,
                        .timeout_ms = SCRIPT_TIMEOUT_MS};
    g_autoptr(ProcessResult) result = NULL;

    if (!perl || !script || !g_file_test(script, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    perl ? "the tree has no " MAINTAINER_SCRIPT : "perl is not installed");
        return NULL;
    }
    if (git_folders) {
        g_strv_builder_addv(readable, (const char **)git_folders);
    }
    g_strv_builder_add(readable, top);
    all_readable = g_strv_builder_end(readable);
    g_strv_builder_add_many(argv, "perl", MAINTAINER_SCRIPT, NULL);
    g_strv_builder_addv(argv, (const char **)args);
    all_argv = g_strv_builder_end(argv);
    sandbox = sandbox_new();
    boxed = sandbox_wrap(sandbox, (const char *const *)all_argv, top,
                         (const char *const *)all_readable, NULL);
    spec.argv = (const char *const *)boxed;
    g_strv_builder_addv(env, (const char **)git_env());
    g_strv_builder_addv(env, (const char **)perl_env);
    all_env = g_strv_builder_end(env);
    spec.env = (const char *const *)all_env;
    return process_run(&spec, &result, error) ? take_answer(result, error) : NULL;
}

gboolean maintainer_script_takes(const char *name)
{
    return *name && *name != '-' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "_./+,@=:%-")] == '\0';
}
