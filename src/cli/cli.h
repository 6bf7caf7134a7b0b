/* SPDX-License-Identifier: Apache-2.0
 * The command line: one file a command. stdout is the answer, stderr the chatter.
 */
#pragma once

#include <gio/gio.h>

#include "report/report.h"
#include "service/service.h"
#include "terminal/terminal.h"

/* Exit codes, as the man page says. `firstbad run` and the commands that work on a job end with one
 * of them. */
typedef enum ExitCode {
    EXIT_ANSWER = 0, /* one commit was found, or the command did what it was asked */
    EXIT_UNSURE = 1, /* a ranked set, or older than the range */
    EXIT_USAGE = 2,  /* wrong options or inputs, or no such job; nothing was done */
    EXIT_NO_CASE =
        3, /* nothing to bisect: the start does not crash, an end cannot be tested, good crashes */
    EXIT_MACHINE = 4, /* this machine failed (disk, QEMU, ...): mend it, then `firstbad resume` */
    EXIT_INTERRUPTED = 130, /* stopped by Ctrl-C or SIGTERM: `firstbad resume` goes on */
} ExitCode;

/* The same for `git bisect run`, which ends the whole bisection at any code from 128 on. */
enum { BISECT_GOOD = 0, BISECT_BAD = 1, BISECT_SKIP = 125, BISECT_STOP = 128 };

typedef struct Command {
    const char *name;
    const char *summary; /* one line, shown by `firstbad --help` */
    int (*run)(int argc, char **argv);
} Command;

int cmd_cause(int argc, char **argv);
int cmd_fix(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_try(int argc, char **argv);
int cmd_restart(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_verdict(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_work(int argc, char **argv);
int cmd_daemon(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_cancel(int argc, char **argv);
int cmd_kernels(int argc, char **argv);
int cmd_sim(int argc, char **argv);
int cmd_oops(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_recipients(int argc, char **argv);

/* Parse the options of `firstbad COMMAND`. On --help the text goes to stdout, on a mistake a
 * message to stderr; then FALSE comes back, with the exit code. @arguments: shown after the command
 * in the usage; @description: shown below the options. What is no option stays in
 * @argv, with at most @n_arguments_max of it. */
typedef struct CommandLine {
    const char *command, *arguments, *description;
    const GOptionEntry *entries;
    const GOptionEntry *more_entries, *search_entries; /* NULL where there are no more */
    GHashTable *job_keys;     /* filled by cli_job_key(); NULL for commands without job options */
    struct WorkOptions *work; /* takes --state-dir, --json and --verbose; NULL for commands that do
                                 not work on a job */
    int n_arguments_max;
} CommandLine;
gboolean cli_parse(const CommandLine *line, int *argc, char ***argv, int *ret_code);

/* --state-dir of the commands that only read. */
#define CLI_STATE_DIR(variable)                                                                    \
    {                                                                                              \
        "state-dir", 0, 0, G_OPTION_ARG_FILENAME, variable, "Folder for jobs and kernels", "DIR"   \
    }

/* The defaults, with the tree that $FIRSTBAD_TREE names. */
JobSpec *cli_new_spec(const char *kind);

/* Callback of an option that is a key of the job file: it is kept in job_keys, so that the command
 * line wins over the file. */
gboolean cli_job_key(const char *option, const char *value, gpointer job_keys, GError **error);
#define CLI_KEY(name, argument, text)                                                              \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_CALLBACK, cli_job_key, text, argument                             \
    }
/* The same for an option that may be given again: the values are put together, ';' between two. */
gboolean cli_job_list_key(const char *option, const char *value, gpointer job_keys, GError **error);
#define CLI_LIST(name, argument, text)                                                             \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_CALLBACK, cli_job_list_key, text, argument                        \
    }
#define CLI_FLAG(name, text)                                                                       \
    {                                                                                              \
        name, 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, cli_job_key, text, NULL              \
    }
/* What a kernel and its guests are, and how it is searched: keys of the job file that `cause` and
 * `fix` share; `try` has the first. */
extern const GOptionEntry cli_kernel_entries[];
extern const GOptionEntry cli_search_entries[];
/* Leave a new job to a service. */
#define CLI_QUEUE(work)                                                                            \
    {"queue", 0, 0, G_OPTION_ARG_NONE, &(work)->queue, "Leave it to 'firstbad daemon'", NULL},     \
    {                                                                                              \
        "priority", 0, 0, G_OPTION_ARG_INT64, &(work)->priority, "In its queue; higher first (0)", \
            "N"                                                                                    \
    }
/* Where the cause of a crash is looked for, by those that begin such a job. */
#define CLI_CAUSE(work)                                                                            \
    CLI_KEY("tree", "DIR", "Git repository of the kernel"),                                        \
        CLI_KEY("start", "REV", "Commit that crashes"),                                            \
        CLI_KEY("good", "REV", "Commit that does not; default: by releases"),                      \
        CLI_KEY("range", "GOOD..START", "Both in one word"),                                       \
        CLI_KEY("oldest", "vX.Y", "Try no release older than this"),                               \
        CLI_KEY("releases", "KIND", "Only final ones, and stable or rc (auto: both)"),             \
        CLI_KEY("start-title", "TITLE", "Its title, where its id may be another"),                 \
        CLI_LIST("fetch", "URL[#REF]", "Fetch from there first; may be given again"),              \
        CLI_KEY("name", "NAME", "Name of the job"), CLI_QUEUE(work)
/* The budget of a job. */
#define CLI_MAX_KERNELS CLI_KEY("max-kernels", "N", "Kernels to build, at most")
#define CLI_MAX_TIME    CLI_KEY("max-time", "TIME", "Time for the job, at most: 90m, 4h, 2d")
/* Who is told when it has ended. */
#define CLI_WEBHOOK                                                                                \
    CLI_KEY("webhook", "URL", "Tell this URL when the job has ended"),                             \
        CLI_KEY("webhook-secret", "FILE", "With a secret that signs what is told")
/* Set @job_keys in @spec. */
gboolean cli_set_keys(JobSpec *spec, GHashTable *job_keys, GError **error);
/* Does each of @job_keys mean something to a job like @spec? Options of kernels say nothing to a
 * job of commands, and the other way round. */
gboolean cli_check_keys(const JobSpec *spec, GHashTable *job_keys, GError **error);
/* The job of the command line: defaults, of which $FIRSTBAD_TREE is one, then the file @path (or
 * NULL), then @job_keys. */
JobSpec *cli_job_spec(const char *kind, const char *path, GHashTable *job_keys, GError **error);

/* Print "firstbad: MESSAGE" to stderr, cleaned of what could steer a terminal. */
void cli_complain(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* All that is to be printed has been. What the command returns that would have returned @code:
 * EXIT_MACHINE at least, and it is said, where not all of it could be written; but not where the
 * reader went away, who had enough. */
int cli_end_output(int code);

/* Is stdout a terminal that may have colours? NO_COLOR and TERM=dumb say no. */
gboolean cli_wants_colour(void);

/* Full id of the commit of @tree, an existing job's or one that was named, that the user calls
 * @revision: as git where he stands has it, if that is the same repository or one that has the
 * commit @known (or NULL); else as @tree has it. @is_bisecting: `git bisect run` asks, and what is
 * checked out in a repository of something else is an error. Owned by the caller. */
char *cli_resolve_here(const Repo *tree, const char *known, const char *revision,
                       gboolean is_bisecting, GError **error);

/* All bytes of the file @path; "-" is stdin. */
GBytes *cli_read_input(const char *path, GError **error);
/* Write @text to the file @path that a person named. It appears whole, by rename; what is there and
 * no plain file (/dev/null, a FIFO, a link) stays, and gets the text. */
gboolean cli_write_output(const char *path, const char *text, GError **error);
/* The graph of the DAG file @path, the option --dag, which an error names. */
History *cli_read_history(const char *path, GError **error);

/* Print @object, which is taken, to stdout as it is: g_print() would turn it into the locale's
 * character set. */
void cli_print_json(json_t *object, size_t flags);

/* The folder for jobs and kernels: @given, else $FIRSTBAD_STATE_DIR, else $XDG_STATE_HOME/firstbad.
 * Boxes hide it (sandbox_hide()). Owned by the caller. */
char *cli_state_dir(const char *given);

/* What the failure @error to open the state folder, or to find or add a job there, ends with: a
 * wrong name is the user's, all else this machine's. */
ExitCode cli_store_failure(const GError *error);

/* Load the report of job @name (NULL: the newest) of the state folder that @state_option names.
 * NULL: it was complained of, *ret_code is set. */
Report *cli_open_report(const char *state_option, const char *name, int *ret_code);

/* --- Daemons (asked.c) --- */

/* Say that @n_jobs wait for a daemon where none works, and how one is started. Of
 * @named_state_dir: where the user named it, or NULL. */
void cli_tell_of_daemon(const char *state_dir, const char *named_state_dir, guint n_jobs);
/* Have *error, that there is no job @name, say that it waits in the spool, where it does. */
void cli_explain_waiting(const char *state_dir, const char *named_state_dir, const char *name,
                         GError **error);
/* What else can be done where somebody works in the state folder. */
typedef enum BusyRemedy {
    BUSY_QUEUE,        /* leave the new job to a daemon, or take another folder */
    BUSY_OTHER_FOLDER, /* take another folder for it */
    BUSY_WAIT,         /* it is about what lies in this one */
} BusyRemedy;
/* Say who works in the state folder, in the words @busy of store_open(), and what can be done.
 * @name: the job that is asked for with BUSY_WAIT; NULL: the newest. */
void cli_complain_busy(const char *state_dir, const char *named_state_dir, BusyRemedy remedy,
                       const char *name, const char *busy);
/* Put @request into the spool, and wait for some seconds until it is taken. */
gboolean cli_ask_daemon(const char *state_dir, SpoolRequest *request, gboolean *ret_taken,
                        GError **error);
/* The daemon there goes on with the job of @row, which has no answer. The exit code. */
int cli_resume_by_daemon(const char *state_dir, const char *named_state_dir, Store *store,
                         const JobRow *row);

/* Live line on a terminal, plain lines elsewhere or where they are wanted; both on stderr. */
typedef struct ProgressLine ProgressLine;
ProgressLine *progress_line_new(gboolean plain);
void progress_line_free(ProgressLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProgressLine, progress_line_free)
void progress_line_show(const JobProgress *progress, gpointer data);
/* Print @text above the live line. */
void progress_line_say(ProgressLine *line, const char *text);

/* Open what job @name needs and work until the answer; print it. @spec NULL: the job is resumed;
 * else it is added. */
typedef struct WorkOptions {
    char *state_option; /* --state-dir, which the commands that we tell the user of then have, too;
                           or NULL */
    gboolean json;      /* print the answer as one line of JSON (docs/JSON.md) */
    gboolean verbose;   /* show the programs that are run */
    gboolean has_view;  /* on a terminal the job is shown on a full screen, */
    gboolean plain;     /* but the user wants the lines that there are elsewhere */
    const char *name;   /* resume: name or number, NULL for the newest */
    GHashTable *budget; /* resume: keys of the job file that change the budget, checked */
    JobSpec *spec;      /* new job: checked by job_check_spec() */
    StoreKeep keep;     /* new job: what it takes over; nothing where keep.job is 0 */
    gboolean is_name_free; /* new job: where its name is taken, another one will do */
    gboolean bisect_exit;  /* of a try: end as `git bisect run` wants it */
    GPtrArray *notes;      /* of char *: what a person should be told before the work; or NULL */
    gboolean is_like;      /* new job: begun like another one, cli_spec_like() */
    gboolean has_queue;    /* new job: the command has --queue */
    gboolean queue;        /* new job: leave it to a service, */
    gint64 priority;       /* with this priority */
} WorkOptions;
void work_options_clear(WorkOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WorkOptions, work_options_clear)
int cli_work(const WorkOptions *options);
/* The code of a job that ended with @answer. */
ExitCode cli_exit_code(const Answer *answer);
/* Have a process of its own go on with the job of @row, and show it on the terminal until it ends
 * or the person leaves. *ret_code: that of the process; the answer is not printed where there is
 * one. The state folder must not be locked. */
gboolean cli_work_apart(const char *state_dir, const char *named_state_dir, const char *job_dir,
                        const JobRow *row, int *ret_code, GError **error);
/* The spec of a new job like @name, with @job_keys over it: a note of each file that has changed
 * goes to options->notes, which is made. *ret_row: the other job. NULL: *ret_code is set, and it
 * was complained of. */
JobSpec *cli_spec_like(WorkOptions *options, const char *name, GHashTable *job_keys,
                       Store **ret_store, JobRow **ret_row, int *ret_code);
/* job_check_spec(), and that its bisection log is one. */
gboolean cli_check_spec(JobSpec *spec, GError **error);
/* Fetch what the new job asks for, into the state folder. */
gboolean cli_fetch(const WorkOptions *options, GError **error);
