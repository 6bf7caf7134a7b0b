/* SPDX-License-Identifier: Apache-2.0
 * How this floor runs git.
 *
 * The user's configuration and environment must not change what we read or what we do: no hooks,
 * no pager, no advice, no prompt, no locale, none of the GIT_* variables that a hook or a
 * `git rebase --exec` around us may have set.
 */
#include "repo/git.h"

#include <string.h>

/* A partial clone may have to fetch blobs for a checkout; nothing else takes minutes. */
#define GIT_TIMEOUT_MS (60 * 60 * 1000)

#define CONFIG(number, key, value)                                                                 \
    "GIT_CONFIG_KEY_" #number "=" key, "GIT_CONFIG_VALUE_" #number "=" value

/* clang-format off */
static const char *const environment[] = {
    /* First, so that those who may fetch begin after it. `git --no-lazy-fetch` came with 2.45. */
    "GIT_ALLOW_PROTOCOL=none",
    "LC_ALL=C", "TZ=UTC", "COLUMNS=80",
    "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true", "GIT_PAGER=cat",
    /* Not GIT_SSH_COMMAND: it would replace the user's own, and his core.sshCommand. This keeps any
     * ssh (OpenSSH 8.4) from asking the terminal: false answers nothing, and ssh gives up. */
    "SSH_ASKPASS=false", "SSH_ASKPASS_REQUIRE=force", "GIT_ADVICE=0",
    /* As `git -c`, but it also reaches a git that another program runs for us. */
    "GIT_CONFIG_COUNT=" G_STRINGIFY(GIT_CONFIG_COUNT),
    CONFIG(0, "core.hooksPath", "/dev/null"),
    CONFIG(1, "core.fsmonitor", "false"),
    CONFIG(2, "core.quotePath", "false"),
    CONFIG(3, "core.logAllRefUpdates", "false"),
    CONFIG(4, "core.sparseCheckout", "false"), /* his checkout may be sparse; ours is whole */
    CONFIG(5, "submodule.recurse", "false"),
    CONFIG(6, "gc.auto", "0"),
    CONFIG(7, "maintenance.auto", "false"),
    CONFIG(8, "i18n.logOutputEncoding", "UTF-8"),
    CONFIG(9, "log.showSignature", "false"),
    CONFIG(10, "color.ui", "false"),
    CONFIG(11, "core.autocrlf", "false"), /* files as they were committed */
    CONFIG(12, "core.eol", "lf"),
    CONFIG(13, "core.attributesFile", "/dev/null"),
    CONFIG(14, "worktree.useRelativePaths", "false"), /* true raises his repository's version */
    /* `git rev-parse --local-env-vars` and what else changes an answer. */
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE", "GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF", "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_QUARANTINE_PATH",
    "GIT_NO_LAZY_FETCH", "GIT_TRACE", "GIT_TRACE2", "GIT_CEILING_DIRECTORIES",
    NULL,
};
/* clang-format on */

const char *const *git_env(void)
{
    return environment + 1;
}

GitPlace git_place(const Repo *repo)
{
    return (GitPlace){.git_dir = repo->git_dir};
}

gboolean git_is_id(const char *text)
{
    gsize n = strspn(text, "0123456789abcdef");

    return text[n] == '\0' && (n == 40 || n == 64);
}

/* Where it works. */
static const char *git_folder(GitPlace place)
{
    return place.worktree ? place.worktree : place.git_dir;
}

void git_set_error(GError **error, GitPlace place, const char *const *args,
                   const ProcessResult *result)
{
    g_autofree char *how = process_describe(result);
    g_autofree char *said = g_strdup(g_strchomp(result->err));
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    const char *reason = "";
    /* "unable to write file" is all that a checkout says. */
    gboolean is_full =
        strstr(said, "No space left on device") || process_lacked_room(result, git_folder(place));
    int code = is_full ? G_IO_ERROR_NO_SPACE : G_IO_ERROR_FAILED;

    /* The first "fatal: ..." is the cause: before it come hints and progress, after it what follows
     * from it, and advice. Without one, git's last words. */
    for (guint i = 0; lines[i] && !g_str_has_prefix(reason, "fatal: "); i++) {
        reason = lines[i];
    }
    if (g_str_has_prefix(reason, "fatal: ") || g_str_has_prefix(reason, "error: ")) {
        reason += strlen("fatal: ");
    }
    if (*reason && !result->timed_out) {
        g_set_error(error, G_IO_ERROR, code, "git %s: %s", args[0], reason);
    } else {
        g_set_error(error, G_IO_ERROR, code, "git %s %s", args[0], how);
    }
}

/* argv of a git, as a list that owns its strings. */
static char **git_argv(GitPlace place, const char *const *args)
{
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *git_dir = g_strconcat("--git-dir=", place.git_dir, NULL);

    g_strv_builder_add_many(argv, "git", git_dir, NULL);
    if (place.worktree) {
        g_autofree char *worktree = g_strconcat("--work-tree=", place.worktree, NULL);

        g_strv_builder_add(argv, worktree);
    }
    g_strv_builder_addv(argv, (const char **)args);
    return g_strv_builder_end(argv);
}

/* The environment, as a list of strings that it does not own. A later entry overrides. */
static const char **git_environment(GitPlace place)
{
    GPtrArray *env = g_ptr_array_new();

    for (const char *const *entry = place.offline ? environment : git_env(); *entry; entry++) {
        g_ptr_array_add(env, (gpointer)*entry);
    }
    for (const char *const *entry = place.env; entry && *entry; entry++) {
        g_ptr_array_add(env, (gpointer)*entry);
    }
    g_ptr_array_add(env, NULL);
    return (const char **)g_ptr_array_free(env, FALSE);
}

static ProcessSpec git_spec(GitPlace place, char **argv, const char *const *env)
{
    return (ProcessSpec){.argv = (const char *const *)argv,
                         .cwd = git_folder(place),
                         .env = env,
                         .input = place.input,
                         .n_input = place.input ? strlen(place.input) : 0,
                         .output_limit_bytes = PROCESS_OUTPUT_WHOLE, /* we read every line */
                         .timeout_ms = GIT_TIMEOUT_MS};
}

gboolean git_run(GitPlace place, const char *const *args, ProcessResult **ret_result,
                 GError **error)
{
    g_auto(GStrv) argv = git_argv(place, args);
    g_autofree const char **env = git_environment(place);
    ProcessSpec spec = git_spec(place, argv, env);

    return process_run(&spec, ret_result, error);
}

void git_run_async(GitPlace place, const char *const *args, GCancellable *cancellable,
                   GAsyncReadyCallback done, gpointer user_data)
{
    g_auto(GStrv) argv = git_argv(place, args);
    g_autofree const char **env = git_environment(place);
    ProcessSpec spec = git_spec(place, argv, env);

    process_run_async(&spec, cancellable, done, user_data);
}

ProcessResult *git_must(GitPlace place, const char *const *args, GError **error)
{
    g_autoptr(ProcessResult) result = NULL;

    if (!git_run(place, args, &result, error)) {
        return NULL;
    }
    if (!process_succeeded(result)) {
        git_set_error(error, place, args, result);
        return NULL;
    }
    return g_steal_pointer(&result);
}

char *git_ask(GitPlace place, const char *const *args, GError **error)
{
    g_autoptr(ProcessResult) result = git_must(place, args, error);

    if (!result) {
        return NULL;
    }
    if (result->n_out && result->out[result->n_out - 1] == '\n') {
        result->out[result->n_out - 1] = '\0';
    }
    return g_steal_pointer(&result->out);
}

const char *git_next_field(GitFields *fields)
{
    const char *field = fields->at;

    if (field >= fields->end) {
        return NULL;
    }
    fields->at += strnlen(field, (gsize)(fields->end - field)) + 1;
    return field;
}
