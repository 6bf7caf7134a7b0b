/* SPDX-License-Identifier: Apache-2.0
 * firstbad recipients: who should hear of a crash.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "repo/repo.h"

static const char description[] =
    "Of a commit: its author and the people of its trailers; when those are hardly\n"
    "anybody, also who the tree names for its patch. Of a file: who the tree names.\n"
    "The tree answers by its own scripts/get_maintainer.pl; where that cannot run,\n"
    "and in repositories without a checkout, its MAINTAINERS is read by firstbad.";

typedef struct Options {
    char *source, *commit, **files, *matcher;
    gboolean keywords, json, send_email;
} Options;

static void options_clear(Options *options)
{
    g_free(options->source);
    g_free(options->commit);
    g_strfreev(options->files);
    g_free(options->matcher);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* What answered, for programs. */
static const char *source_name(const Recipients *recipients)
{
    if (recipients->asked_file) {
        return "MAINTAINERS";
    }
    return recipients->asked_script ? "get_maintainer.pl" : "trailers";
}

static void print_json(const Recipients *recipients)
{
    json_t *to = json_array(), *cc = json_array(), *names = json_object();

    for (guint i = 0; i < recipients->people->len; i++) {
        const Recipient *person = recipients->people->pdata[i];
        g_autofree char *name = g_utf8_make_valid(person->name, -1);
        g_autofree char *address = g_utf8_make_valid(person->address, -1);

        json_array_append_new(person->to ? to : cc, json_string(address));
        if (*name) {
            json_object_set_new(names, address, json_string(name));
        }
    }
    cli_print_json(json_pack("{s:o, s:o, s:o, s:s}", "to", to, "cc", cc, "names", names, "source",
                             source_name(recipients)),
                   JSON_COMPACT);
}

/* "Name <address>" as it stands in the head of a mail. Owned by the caller. */
static char *mailbox(const Recipient *person)
{
    g_autofree char *name = g_strdelimit(g_strdup(person->name), "\"\\", ' ');
    const char *quote = strpbrk(name, "()<>[]:;@,.") ? "\"" : "";

    return *g_strstrip(name) ? g_strdup_printf("%s%s%s <%s>", quote, name, quote, person->address)
                             : g_strdup(person->address);
}

/* Those that are to, or cc, each on a line that begins with @head. */
static void print_people(const Recipients *recipients, gboolean to, const char *head,
                         gboolean with_name)
{
    for (guint i = 0; i < recipients->people->len; i++) {
        const Recipient *person = recipients->people->pdata[i];
        g_autofree char *who = with_name ? mailbox(person) : g_strdup(person->address);
        g_autofree char *line = report_clean_line(who);

        if (!person->to == !to) {
            printf("%s%s\n", head, line);
        }
    }
}

static void print_recipients(const Options *options, const Recipients *recipients)
{
    gboolean names = !options->send_email;

    if (options->json) {
        print_json(recipients);
        return;
    }
    print_people(recipients, TRUE, names ? "To: " : "--to=", names);
    print_people(recipients, FALSE, names ? "Cc: " : "--cc=", names);
}

/* What is wrong with the options, or NULL. */
static const char *check_options(const Options *options, RecipientsBy *ret_by)
{
    *ret_by = RECIPIENTS_BY_ANY;
    if (!options->source) {
        return "--source DIR is missing: a kernel tree, with a checkout or without";
    }
    if (!options->commit && !options->files) {
        return "of what? --file FILE, --commit REV, or both";
    }
    if (options->json && options->send_email) {
        return "--json or --send-email, not both";
    }
    if (g_strcmp0(options->matcher, "script") == 0) {
        *ret_by = RECIPIENTS_BY_SCRIPT;
    } else if (g_strcmp0(options->matcher, "own") == 0) {
        *ret_by = RECIPIENTS_BY_FILE;
    } else if (options->matcher && !g_str_equal(options->matcher, "any")) {
        return "--matcher: any, script or own";
    }
    return NULL;
}

/* Open the tree at @source: with a checkout, bare (*ret_checkout: no), or none of git's (*ret_repo:
 * NULL). A folder inside of a repository is not its tree. */
static gboolean open_tree(const char *source, Repo **ret_repo, gboolean *ret_checkout,
                          GError **error)
{
    g_autofree char *dot_git = g_build_filename(source, ".git", NULL),
                    *head = g_build_filename(source, "HEAD", NULL),
                    *objects = g_build_filename(source, "objects", NULL);

    if (!g_file_test(source, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY, "%s is not a folder", source);
        return FALSE;
    }
    *ret_checkout =
        !g_file_test(head, G_FILE_TEST_EXISTS) || !g_file_test(objects, G_FILE_TEST_IS_DIR);
    if (*ret_checkout && !g_file_test(dot_git, G_FILE_TEST_EXISTS)) {
        *ret_repo = NULL;
        return TRUE;
    }
    *ret_repo = repo_open(source, error);
    return *ret_repo != NULL;
}

/* Say when another than the tree's script has answered unasked, or nobody. */
static void tell_matcher(const Recipients *recipients)
{
    const char *why = recipients->script_failure;

    if (recipients->asked_file && why) {
        cli_complain("%s; MAINTAINERS is read by firstbad", why);
    } else if (why) {
        cli_complain("%s, and there is no MAINTAINERS: only the commit names people", why);
    }
}

/* Find them. NULL: it was complained of. */
static Recipients *find(const Options *options, RecipientsBy by)
{
    gboolean checkout;
    g_autoptr(Repo) repo = NULL;
    g_autoptr(Recipients) recipients = NULL;
    g_autoptr(GError) error = NULL;
    RecipientsQuery query = {.tree = options->commit ? options->commit : "HEAD",
                             .commit = options->commit,
                             .files = (const char *const *)options->files,
                             .by = by,
                             .keywords = options->keywords};

    if (!open_tree(options->source, &repo, &checkout, &error)) {
        cli_complain("--source: %s", error->message);
        return NULL;
    }
    if (!repo && options->commit) {
        cli_complain(
            "--commit: %s is not a git repository, so there are no commits; ask for --file",
            options->source);
        return NULL;
    }
    query.repo = repo;
    query.sources = checkout ? options->source : NULL;
    recipients = repo_recipients(&query, &error);
    if (!recipients) {
        cli_complain("%s", error->message);
        return NULL;
    }
    if (options->files && !recipients->asked_script && !recipients->asked_file) {
        cli_complain("--source: %s has no MAINTAINERS: is it the top of a kernel tree?",
                     options->source);
        return NULL;
    }
    return g_steal_pointer(&recipients);
}

int cmd_recipients(int argc, char **argv)
{
    g_auto(Options) options = {0};
    const GOptionEntry entries[] = {
        {"source", 0, 0, G_OPTION_ARG_FILENAME, &options.source, "Kernel tree", "DIR"},
        {"file", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.files,
         "File to blame, below DIR; may be given again", "FILE"},
        {"commit", 0, 0, G_OPTION_ARG_STRING, &options.commit, "Commit to blame", "REV"},
        {"matcher", 0, 0, G_OPTION_ARG_STRING, &options.matcher,
         "script: get_maintainer.pl; own: firstbad's (any)", "WHICH"},
        {"keywords", 0, 0, G_OPTION_ARG_NONE, &options.keywords,
         "Also those who ask for files with certain words", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "For programs (docs/JSON.md)", NULL},
        {"send-email", 0, 0, G_OPTION_ARG_NONE, &options.send_email,
         "As options of 'git send-email'", NULL},
        {NULL},
    };
    const CommandLine line = {.command = "recipients",
                              .arguments = "--source DIR {--file FILE | --commit REV}",
                              .description = description,
                              .entries = entries};
    const char *mistake;
    g_autoptr(Recipients) recipients = NULL;
    RecipientsBy by;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    mistake = check_options(&options, &by);
    if (mistake) {
        cli_complain("%s", mistake);
        return EXIT_USAGE;
    }
    recipients = find(&options, by);
    if (!recipients) {
        return EXIT_USAGE;
    }
    tell_matcher(recipients);
    print_recipients(&options, recipients);
    return EXIT_ANSWER;
}
