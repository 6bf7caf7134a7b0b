/* SPDX-License-Identifier: Apache-2.0
 * Phases of a bisection: decide (pure) and carry out.
 *
 *   reproduce --> range --> search --> check --> done
 *        |          |  ^       |  ^      |
 *        |          |  +-------+  +------+    the range was too short; the check moved belief
 *        +----------+-------------------------> done (does not crash, cannot be built, good
 * crashes, older)
 *
 * job_decide() looks at all evidence so far and says what to do next; job_carry_out() does it,
 * stores what came out, and asks again. A resumed job loads its evidence and asks the same
 * question, so `resume` is the code path of a job that never stopped.
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

#include "belief/belief.h"
#include "farm/farm.h"
#include "store/store.h"

/* --- What is wanted: the job file ------------------------------------------------------------ */

typedef struct JobSpec {
    char *kind; /* "cause", "fix", "run" or "try" */
    char *name;
    char *tree;        /* repository */
    char *start;       /* revision that crashes (run: --bad) */
    char *good;        /* revision that does not, or NULL: search the releases */
    char *start_title; /* of the start, where its id may be another one here; or NULL */
    char *rewritten;   /* how the start was found again, for people; or NULL */
    char *fetch;       /* URLs to fetch from first, between two a ';'; or NULL */
    char *oldest;      /* no release older than this one is tried, or NULL */
    char *releases;    /* which are tried: "auto", "final", "stable", "rc" */
    gboolean fix;      /* the commit that mended it is looked for: good is newer than the start */
    char *culprit;     /* fix: what brought the bug, where that is known; or NULL */
    char *tried;       /* try: the only revision that is judged; the start is what it is compared
                          with, the same one where there is no other */
    char *config, *repro;
    char *compiler;             /* "auto", or a program that builds everything */
    char *toolchains, *options; /* tables to be read instead of our own, or NULL */
    char *bug;                  /* kind: "crash", "hang", "boot", "basic" or "build" */
    char *title;                /* the crash looked for; NULL: whatever the start shows */
    char *title_match;          /* instead: a regular expression for its titles */
    char *qemu, *cmdline, *cmdline_file;
    char *rootfs, *files, *modules, *qemu_args;     /* lists: between two a ';' */
    char *sysctl;                                   /* file of settings */
    char *repro_opts, *syz_execprog, *syz_executor; /* files, for a program of syzkaller's */
    char *syzkaller, *syzkaller_commit; /* a checkout to build the two from, and the revision */
    char *accel;                        /* "auto", "kvm", "tcg" */
    guint memory_mib, n_cpus, n_guests, n_jobs, n_slots; /* 0: by this machine */
    guint max_trials;              /* of a revision that is judged by itself */
    guint max_kernels, max_time_s; /* the budget; 0: no limit */
    guint build_timeout_s, boot_timeout_s, trial_timeout_s, n_repeats;
    guint build_memory_mib; /* of each process of a build; 0: no limit */
    gboolean paranoid;      /* see KernelBuildOptions */
    gboolean debug_info;    /* as the config has it, in all kernels */
    gboolean panic_on_warn;
    gboolean no_snapshots; /* each trial boots */
    char *farm;            /* "local", or "slurm" */
    guint n_workers;       /* slurm: machines at once; 0: all that are up */
    char *slurm_args;      /* for sbatch; between two a ';' */
    char *scratch;         /* slurm: folder of each machine for build slots; NULL: a shared one */
    double confidence;
    gboolean no_revert_test;
    gboolean no_known_bugs;             /* what other jobs found is no matter */
    char *test_command, *build_command; /* run */
    gboolean no_checkout;               /* run */
    char *suspects, *suspect_authors;   /* paths, and parts of "NAME <MAIL>"; between two a ';' */
    char *weights;                      /* file of revisions and their weights */
    char *backports;                    /* file of fixes beside ours (data/backports.ini) */
    gboolean minimise;                  /* make the config smaller first */
    char *bisect_log;                   /* a bisection of somebody else's, to begin with; or NULL */
    char *baseline;                     /* options that stay then; NULL: ours */
    char *watched_options;              /* names of options; between two a ';' */
    char *webhook;                      /* URL that is told when the job has ended */
    char *webhook_secret;               /* file with what signs that, or NULL */
} JobSpec;
JobSpec *job_spec_new(const char *kind); /* the defaults */
/* TRUE for `firstbad run`, and a try like it: commands and failures, where a cause job has kernels
 * and crashes. */
gboolean job_spec_is_run(const JobSpec *spec);
/* What a trial that shows the bug did: "crashed" or, of a command or a boot, "failed". */
const char *job_spec_verb(const JobSpec *spec);
void job_spec_free(JobSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobSpec, job_spec_free)
/* Read keys of group [job] over what @spec has; relative paths are taken from the file's folder. An
 * unknown key is an error that names it. */
gboolean job_spec_read(JobSpec *spec, const char *text, const char *folder, GError **error);
/* Set one key; @folder as above. The message names the key as an option. */
gboolean job_spec_set(JobSpec *spec, const char *key, const char *value, const char *folder,
                      GError **error);
char *job_spec_write(const JobSpec *spec);
/* Does @key mean anything for a job of the kind of @spec? */
gboolean job_spec_takes(const JobSpec *spec, const char *key);
/* The value of one key as job_spec_set() takes it; NULL where there is none. Owned by the caller.
 */
char *job_spec_get(const JobSpec *spec, const char *key);

/* What of the evidence that was gathered under one spec does not hold under another. A person's
 * word always does. */
typedef enum SpecLoss {
    LOST_FINDINGS = 1, /* what was concluded of the crash: proofs of reach, drift, classes */
    LOST_FAILURES = 2, /* builds that failed */
    LOST_TRIALS = 4,
    LOST_KERNELS = 8, /* all builds; the kernel store still serves what is equal */
} SpecLoss;
/* Have the files of @key the same content, @before when the evidence was gathered, @now today? */
typedef gboolean (*SpecSameFunc)(const char *key, const char *before, const char *now,
                                 gpointer data);
/* The losses (set of SpecLoss) from @before to @now, and into @changed (of const char *; or NULL)
 * the keys that cause them. Files are compared by @same (NULL: by their names). Pure. */
guint job_spec_lost(const JobSpec *before, const JobSpec *now, SpecSameFunc same, gpointer data,
                    GPtrArray *changed);
/* "90m", in the largest unit (d, h, m, s) that needs no fraction. Owned by the caller. */
char *job_duration(guint s);

/* A config that begins so was made smaller before, and is left as it is. */
#define MINIMISED_MARK "# Minimised by firstbad, from the config"

typedef enum JobPhase {
    PHASE_REPRODUCE,
    PHASE_MINIMISE,
    PHASE_RANGE,
    PHASE_SEARCH,
    PHASE_CHECK,
    PHASE_DONE
} JobPhase;
const char *job_phase_name(JobPhase phase); /* "reproduce", "minimise", "range", ... */

/* --- Answers --------------------------------------------------------------------------------- */

typedef enum AnswerKind {
    ANSWER_CULPRIT,  /* one commit, checked; of a fix: the one that mended it */
    ANSWER_REVEALER, /* one commit since which the bug shows; those before could not show it, so
                        the fault may be older */
    ANSWER_SET,      /* cannot be told apart, or not sure enough; empty when the budget was used
                        up before the range was known */
    ANSWER_OLDER,    /* the oldest revision of the range has it already */
    ANSWER_NOT_REPRODUCED, /* the start does not crash */
    ANSWER_UNTESTABLE,     /* start or good does not build, boot or run a trivial program */
    ANSWER_GOOD_CRASHES,   /* the revision given as good crashes */
    ANSWER_NOT_FIXED,      /* of a fix: the newest revision has the bug */
    ANSWER_NEVER_BAD,      /* of a fix: the newest revision's history never had it */
    ANSWER_TRIED,          /* of a try: what its one revision is */
} AnswerKind;
const char *answer_kind_name(AnswerKind kind);

/* What a try found its revision to be. */
typedef enum Tried {
    TRIED_GOOD,
    TRIED_BAD,
    TRIED_UNREACHED,   /* quiet, as it would be with the bug */
    TRIED_OTHER_CRASH, /* which may hide the bug */
    TRIED_DOUBTFUL,    /* a crash that may be of the bug, or not */
    TRIED_NO_BOOT,     /* or, of a test command: it asks to be skipped */
    TRIED_NO_BUILD,
} Tried;
const char *tried_name(Tried tried); /* "good", "bad", "unreached", "other-crash", ... */
/* What a bisection would take it for: good, bad or skip. */
Verdict tried_verdict(Tried tried);

typedef struct Candidate {
    char *commit;
    double probability;
    gboolean or_older; /* the good end, which stands for all before it */
    char *subject;     /* first line of its message; NULL until the answer is finished */
} Candidate;
Candidate *candidate_new(const char *commit, double probability);
void candidate_free(Candidate *candidate);
json_t *candidate_to_json(const Candidate *candidate);

typedef struct Answer {
    AnswerKind kind;
    Tried tried;           /* ANSWER_TRIED */
    char *culprit;         /* ANSWER_CULPRIT: its id; otherwise NULL */
    char *revealer;        /* ANSWER_REVEALER: its id; otherwise NULL */
    double confidence;     /* probability of the culprit, or that the set holds it; 0 when the one
                              candidate did not pass its checks */
    GPtrArray *candidates; /* of Candidate, most probable first; of a revealer, those that may be at
                              fault */
    GPtrArray *older;      /* of Candidate, of a revealer: what last changed the files of the crash
                              before the range, newest first; probability 0: not known */
    char *subject;         /* the revision that it is about, where it is not CULPRIT or SET */
    char *reason;          /* one sentence for people */
    gboolean by_budget;    /* the budget is used up: with a larger one the job goes on */
    GPtrArray *checks;     /* of char *: "passed: the culprit crashes (5 of 5)"; of a try: what else
                              there is to know of its verdict */
    /* What the report quotes; gathered once at the end, NULL where there is none. */
    char *culprit_show; /* `git show --stat` of the culprit */
    char *culprit_signature, *parent_signature;
    char **to, **cc;                  /* recipients */
    char *crash_title, *crash_report; /* symbolized where possible */
    char *crash_commit;               /* which showed it: the culprit, the oldest or newest revision
                                         that has the bug, or the start */
} Answer;
void answer_free(Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_free)
json_t *answer_to_json(const Answer *answer);
Answer *answer_from_json(const char *json, GError **error);
/* @bytes from anybody as a JSON string: U+FFFD stands for what is no UTF-8; NULL becomes null. */
json_t *job_text_json(const char *bytes);
/* And back: the string that @object has under @key, or NULL. Owned by the caller. */
char *job_json_text(const json_t *object, const char *key);

/* --- Identity: which crash a job looks for (pure) ------------------------------------------ */

/* What counts as the bug. */
typedef enum BugKind {
    BUG_CRASH, /* a crash of its identity, once the reproducer runs */
    BUG_HANG,  /* any hang: tasks, lockups, stalls, silence */
    BUG_BOOT,  /* the kernel does not come to our PID 1: what is done there is of no account */
    BUG_BASIC, /* it does, but cannot run a trivial program */
    BUG_BUILD, /* it does not build, with the start's first error */
} BugKind;
const char *bug_kind_name(BugKind kind); /* "crash", "hang", "boot", "basic", "build" */
gboolean bug_kind_parse(const char *name, BugKind *ret_kind);

/* What a job looks for: a kind, and of that kind the crashes that @titles fits, or those that @bug
 * matches; or without either, any. */
typedef struct Sought {
    BugKind kind;
    GRegex *titles;
    OopsBug *bug;
} Sought;
void sought_clear(Sought *sought);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sought, sought_clear)

/* As @spec has it; the bug is what @trials show of its start. For `firstbad run`: anything. */
void sought_learn(const JobSpec *spec, const GPtrArray *trials, Sought *ret_sought);

/* The bug as the crashes of @start (of @trials) show it: each of their titles is a face of it.
 * Where the user names a title, this alone is the bug, however often the start crashes otherwise.
 * Never NULL; owned by the caller. */
OopsBug *identity_learn(BugKind kind, const char *wanted, const GPtrArray *trials,
                        const char *start);

/* What @trial showed, seen by who looks for a bug of @kind: of a boot failure, which is a crash
 * then, it is no matter what the reproducer did. */
OutcomeKind sought_outcome(BugKind kind, const TrialRow *trial);

/* The chance that the crash of @trial is the one sought: see oops_bug_match(). */
double identity_match(const Sought *sought, const TrialRow *trial);

/* The same in words, as crashes are counted. */
typedef enum CrashJudgement {
    CRASH_OF_BUG,
    CRASH_DOUBTFUL, /* it may be of the bug: belief weighs how surely */
    CRASH_OF_ANOTHER,
} CrashJudgement;
CrashJudgement identity_judge(const Sought *sought, const TrialRow *trial);

/* --- Before work ----------------------------------------------------------------------------- */

/* A program that a job needs or can use; or, by its path, a file. */
typedef struct Tool {
    const char *program, *package, *purpose;
    gboolean required;  /* by `firstbad cause` */
    const char *option; /* of the job, that names another in its place; or NULL */
} Tool;
/* All of them, ended by a NULL program. */
const Tool *job_tools(void);
/* Its path, owned by the caller; NULL when it is not installed. */
char *job_find_tool(const Tool *tool);

/* Fetch what @spec asks for into a bare repository of ours in @state_dir, which then is its tree
 * (repo_fetch_beside()). Before job_check_spec(). */
gboolean job_fetch(JobSpec *spec, const char *state_dir, GError **error);

/* Is all there that @spec needs? Nothing is built or written. Each failure names the option and the
 * remedy. @spec's start and good become full commit ids, so that a branch that moves does not move
 * the job. */
gboolean job_check_spec(JobSpec *spec, GError **error);

/* May @url be told of an answer: https, or http to this machine? */
gboolean job_check_webhook(const char *url, GError **error);
/* "https://HOST" of a URL, which may be a secret as a whole. Owned by the caller. */
char *job_webhook_host(const char *url);
/* The kind of the fact, of the start, that tells what came of telling the job's own webhook; a new
 * answer takes it away, for of that nobody was told. */
#define FACT_WEBHOOK "webhook"

/* Copy the files that @spec names into @job_dir, for a job that begins later and elsewhere: as
 * job_setup_new() does when it begins, which takes these then. What lies in repositories, and disk
 * images, stay where they are; an image that has changed by then is refused, and @spec names the
 * commit of syzkaller. */
gboolean job_take_inputs(JobSpec *spec, const char *job_dir, GError **error);

/* The job's own copy of the file that @spec names under @key, made once. NULL where it names none;
 * or with @error. Owned by the caller. */
char *job_take_input(const JobSpec *spec, const char *key, const char *job_dir, GError **error);

/* What a job works with, opened; freed after the job. */
typedef struct JobSetup {
    FarmInputs *inputs; /* what goes into guests; NULL for `run` */
    Repo *repo;
    Toolchains *toolchains; /* NULL for `run` */
    KernelStore *kernels;   /* NULL for `run` */
    OopsReader *reader;
    Farm *farm;
    GPtrArray *notes; /* of char *: what a person should be told once, such as that KVM does not
                         work here */
} JobSetup;
void job_setup_free(JobSetup *setup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobSetup, job_setup_free)
/* Open the repository, prepare the reproducer, find out how guests can run. @job_dir is the job's
 * own folder; kernels and build slots are shared by the jobs of @state_dir. */
JobSetup *job_setup_new(const JobSpec *spec, const char *state_dir, const char *job_dir,
                        GError **error);

/* The kernels of the jobs in @state_dir. */
KernelStore *job_open_kernels(const char *state_dir, GError **error);
/* Keep the kernel store to @most_bytes; what jobs without an answer built is not taken away. */
gboolean job_collect_kernels(Store *store, KernelStore *kernels, guint64 most_bytes,
                             KernelsCollected *ret_collected, GError **error);
/* The same to the store's own limit, before a job begins: what a person should be told, or NULL.
 * Owned by the caller. */
char *job_keep_room(Store *store, const char *state_dir);

/* Carry out part @part of the work item in the folder @dir, on this machine: `firstbad work`. @node
 * names it, @run this attempt. Why it could not be done is put into the folder, too. */
gboolean job_work_item(const char *dir, guint part, const char *node, const char *run,
                       GCancellable *cancellable, GError **error);

/* --- From another job ------------------------------------------------------------------------ */

/* The spec of the job of @row as that of a new one, to be changed. Files that the job has copies of
 * are these copies; where the user's have another content by now, a line of @notes (of char *) says
 * so. */
JobSpec *job_spec_again(Store *store, const JobRow *row, GPtrArray *notes, GError **error);

/* What a job of @spec, begun with job_spec_again() and checked, takes over from that of @row: all
 * that still holds. What that is, and why not more, is added to @notes. */
gboolean job_restart(Store *store, const JobRow *row, const JobSpec *spec, StoreKeep *ret_keep,
                     GPtrArray *notes, GError **error);

/* Make of @spec, which is that of a search, the try of @revision. */
void job_spec_try(JobSpec *spec, const char *revision);
/* What a try of @spec, begun with job_spec_again() and checked, takes over from the job of @row:
 * the start with its trials, which show what crash is looked for, and how often it comes. Where
 * they do not, or the start itself is tried, only its title is known, and *ret_keep is nothing (job
 * 0). */
gboolean job_try_like(Store *store, const JobRow *row, JobSpec *spec, StoreKeep *ret_keep,
                      GPtrArray *notes, GError **error);

/* --- A person's word ------------------------------------------------------------------------- */

/* The kind of the fact by which a person overrules what was measured: "good", "bad" or "skip". */
#define FACT_VERDICT "verdict"
/* Of the same revision: why, in the person's words. */
#define FACT_VERDICT_NOTE "verdict-note"

/* Of the start: the checksum of the bisection log (JobSpec.bisect_log) that the store has learned.
 */
#define FACT_LEARNED "learned"

/* May that be said of @commit (see job_say_verdict())? Not of the start, where the crash is known;
 * nor is there a word to be taken back where none was said. G_IO_ERROR_INVALID_ARGUMENT. */
gboolean job_check_verdict(Store *store, const JobRow *row, const char *commit, Verdict verdict,
                           GError **error);
/* A person overrules what is known of @commit, a full id, in the job of @row: belief takes the word
 * for all trials, which stay as they are. VERDICT_UNKNOWN takes it back. @note may be NULL. The
 * job's answer is taken back; `firstbad resume` goes on. Refused as by
 * job_check_verdict(). */
gboolean job_say_verdict(Store *store, const JobRow *row, const Repo *repo, const char *commit,
                         Verdict verdict, const char *note, GError **error);
/* The same for many commits at once, all different, by their full ids (NULL-terminated), each with
 * one of @verdicts; and all that was said before with @note is taken back. */
gboolean job_say_verdicts(Store *store, const JobRow *row, const Repo *repo,
                          const char *const *commits, const Verdict *verdicts, const char *note,
                          GError **error);

/* --- A job at work --------------------------------------------------------------------------- */

typedef struct Job Job;

/* What is going on, for the terminal; strings are valid during the call. */
typedef struct JobProgress {
    JobPhase phase;
    const char *doing; /* all that is under way: "testing 341adeec9ada: 3 ok, 0 crashed, 5 to go,
                          building 6533e558c650" */
    const char *begun; /* a build that has just begun: "building 6533e558c650"; or NULL */
    const char *line;  /* something that just ended, to print as a line of its own; or NULL */
    guint n_left;      /* candidates; 0 when not known yet */
    const char *best;  /* most probable culprit, or NULL */
    double best_p;
    guint n_kernels, n_trials;
} JobProgress;
typedef void (*JobProgressFunc)(const JobProgress *progress, gpointer user_data);

/* Take job @id of the store up, with all that is known of it. @spec has full commit ids in start
 * and good. All must outlive the job. */
Job *job_new(gint64 id, const JobSpec *spec, const Repo *repo, Store *store, Farm *farm,
             GError **error);
void job_free(Job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)

/* A person was told @note before the job began: who looks at it from elsewhere (live.h) sees it. */
void job_note(Job *job, const char *note);

/* The parts of job_carry_out(), for who has several jobs at work. After job_begin() a job is
 * advanced, and again whenever it has news (or was cancelled), until it has an answer or fails;
 * then, or to stop it, job_end(). *ret_answer NULL: it waits for news. */
void job_begin(Job *job, JobProgressFunc progress, gpointer user_data, GCancellable *cancellable);
gboolean job_advance(Job *job, Answer **ret_answer, GError **error);
gboolean job_has_news(const Job *job);
/* It is paused, and nothing is under way. */
gboolean job_rests(const Job *job);
void job_end(Job *job);

/* Work until there is an answer. GError: our machine could not; or cancelled
 * (G_IO_ERROR_CANCELLED): the job can be resumed. */
gboolean job_carry_out(Job *job, JobProgressFunc progress, gpointer user_data,
                       GCancellable *cancellable, Answer **ret_answer, GError **error);

/* What another job found of a bug that crashes as this one. */
typedef struct KnownBug {
    char *culprit;
    double chance; /* that it is this one's, too; of several bugs they sum to less than 1 */
    gint64 job;
    char *name; /* of the job */
} KnownBug;
void known_bug_free(KnownBug *known);
/* Of the start: "CULPRIT CHANCE JOB NAME", a line each; "" where there is none. */
#define FACT_KNOWN "known"
/* Such a fact (NULL: none) as an array of KnownBug, owned by the caller. */
GPtrArray *known_bugs_parse(const char *fact);

/* Of a revision that was chosen: where it stands. "INDEX N", revision INDEX of a range of N, and
 * behind that " -COMMIT" for each of the nearest ones before it, " +COMMIT" for each of the nearest
 * that contain it, of those that had been chosen by then. */
#define FACT_PLACE "place"

/* Of the commit that an answer names: what it changes, so that a report needs no tree. */
#define FACT_DIFF "diff"
/* The kinds of the facts that keep Kernel.patches of a revision, a line each; and, of a try,
 * Kernel.notes. */
#define FACT_PATCHES "patches"
#define FACT_NOTES   "notes"

/* --- How a job decides (pure) ---------------------------------------------------------------- */
#include "job/decide.h"

/* --- A job at work, for other processes ------------------------------------------------------ */
#include "job/live.h"
