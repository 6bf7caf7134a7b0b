/* SPDX-License-Identifier: Apache-2.0
 * firstbad report: a job's answer, for people, for programs, or for others to be told of it.
 */
#include "cli/cli.h"
#include "cli/version.h"
#include "page/page.h"
#include "process/process.h"

typedef struct Options {
    gboolean json, cost, mail, kcidb, html;
    char *in_reply_to, *origin, *state_option;
} Options;

static void options_clear(Options *options)
{
    g_free(options->in_reply_to);
    g_free(options->origin);
    g_free(options->state_option);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* What is wrong with @options, or NULL. */
static const char *check_options(const Options *options)
{
    if (options->mail + options->kcidb + options->html + (options->json || options->cost) > 1) {
        return "one of --mail, --kcidb, --html, and --json or --cost";
    }
    if (options->in_reply_to && !options->mail) {
        return "--in-reply-to is for --mail";
    }
    if (options->in_reply_to && !mail_is_message_id(options->in_reply_to)) {
        return "--in-reply-to: a message's id, as in its head: '<ID@HOST>'";
    }
    if (options->origin && !options->kcidb) {
        return "--origin is for --kcidb";
    }
    if (options->origin && !kcidb_is_origin(options->origin)) {
        return "--origin: small letters, digits and '_', as KCIDB knows you";
    }
    return NULL;
}

/* What git would write as the author's; NULL: nobody said. Owned by the caller. */
static char *git_config(const char *key)
{
    const char *const argv[] = {"git", "config", "--get", key, NULL};
    g_autofree char *value = process_ask(NULL, argv, NULL);

    return value && *value ? g_steal_pointer(&value) : NULL;
}

static int print_mail(const Report *report, const Options *options)
{
    g_autofree char *name = git_config("user.name"), *address = git_config("user.email");
    g_autofree char *why = NULL, *mail = NULL;
    g_autoptr(GPtrArray) left_out = g_ptr_array_new_with_free_func(g_free);
    MailOptions mail_options = {.in_reply_to = options->in_reply_to, .version = FIRSTBAD_VERSION};

    if (address && mail_is_address(address)) {
        mail_options.sender_name = name;
        mail_options.sender_address = address;
    }
    mail = report_mail(report, &mail_options, left_out, &why);
    if (!mail) {
        gboolean may_go_on = !report->answer || report->answer->kind == ANSWER_SET;

        cli_complain("%s: nothing to write to others: %s", report->row->name, why);
        return may_go_on ? EXIT_UNSURE : EXIT_NO_CASE;
    }
    if (!mail_options.sender_address) {
        cli_complain("From and Reported-by are left out: git's user.email is not set");
    }
    for (guint i = 0; i < left_out->len; i++) {
        cli_complain("not a plain address, left out: %s", (const char *)left_out->pdata[i]);
    }
    fputs(mail, stdout);
    return EXIT_ANSWER;
}

static int print_kcidb(const Report *report, const Options *options)
{
    if (job_spec_is_run(report->spec)) {
        cli_complain("--kcidb: %s has no kernels: KCIDB is for these", report->row->name);
        return EXIT_USAGE;
    }
    cli_print_json(report_kcidb(report, options->origin ? options->origin : "firstbad"),
                   JSON_INDENT(2));
    return EXIT_ANSWER;
}

/* The page of the job as one file, for those who have no server to look at. Not by g_print(), since
 * a page is UTF-8 in any locale. */
static int print_html(const Report *report)
{
    g_autoptr(GBytes) page =
        page_job(&(PagePlace){.is_file = TRUE},
                 &(PageJob){.report = report, .pictures = report_pictures_json(report)});
    gsize n_bytes;
    const char *bytes = g_bytes_get_data(page, &n_bytes);

    fwrite(bytes, 1, n_bytes, stdout);
    return EXIT_ANSWER;
}

static int print_report(const Report *report, const Options *options)
{
    g_autofree char *state_dir =
        options->state_option ? cli_state_dir(options->state_option) : NULL;
    g_autofree char *text = NULL;

    if (options->json) {
        json_t *object = report_json(report);

        if (options->cost) {
            json_object_set_new(object, "cost", report_cost_json(report));
        }
        cli_print_json(object, JSON_INDENT(2));
        return EXIT_ANSWER;
    }
    text = options->cost ? report_cost_text(report) : report_text(report, state_dir);
    g_print("%s", text);
    return EXIT_ANSWER;
}

int cmd_report(int argc, char **argv)
{
    g_auto(Options) options = {0};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print as JSON", NULL},
        {"cost", 0, 0, G_OPTION_ARG_NONE, &options.cost,
         "Where the time went, and what reuse saved", NULL},
        {"html", 0, 0, G_OPTION_ARG_NONE, &options.html,
         "Print as one page with pictures, for a file", NULL},
        {"mail", 0, 0, G_OPTION_ARG_NONE, &options.mail,
         "Print as a mail for 'git send-email'; sends nothing", NULL},
        {"in-reply-to", 0, 0, G_OPTION_ARG_STRING, &options.in_reply_to,
         "With --mail: the message that it answers", "ID"},
        {"kcidb", 0, 0, G_OPTION_ARG_NONE, &options.kcidb, "Print as a submission to KCIDB", NULL},
        {"origin", 0, 0, G_OPTION_ARG_STRING, &options.origin,
         "With --kcidb: who submits (firstbad)", "NAME"},
        CLI_STATE_DIR(&options.state_option),
        {NULL},
    };
    const CommandLine line = {.command = "report",
                              .arguments = "[JOB]",
                              .description = "JOB: name or number; default: the newest.",
                              .entries = entries,
                              .n_arguments_max = 1};
    g_autoptr(Report) report = NULL;
    const char *mistake;
    int code;

    if (!cli_parse(&line, &argc, &argv, &code)) {
        return code;
    }
    mistake = check_options(&options);
    if (mistake) {
        cli_complain("%s", mistake);
        return EXIT_USAGE;
    }
    report = cli_open_report(options.state_option, argc > 1 ? argv[1] : NULL, &code);
    if (!report) {
        return code;
    }
    return options.mail    ? print_mail(report, &options)
           : options.kcidb ? print_kcidb(report, &options)
           : options.html  ? print_html(report)
                           : print_report(report, &options);
}
