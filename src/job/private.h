/* SPDX-License-Identifier: Apache-2.0
 * What the files of job/ share.
 */
#pragma once

#include "job/decide.h"
#include "job/left.h"
#include "job/live.h"

typedef struct Drift Drift;     /* drift.c */
typedef struct Foreign Foreign; /* foreign.c */
typedef struct Reach Reach;     /* reach.c */
typedef struct Work Work;       /* works.c */

struct Job {
    gint64 id;
    const JobSpec *spec;
    const Repo *repo;
    Store *store;
    Farm *farm;
    char *compiler;   /* what the kernel before was built with, as told; NULL: none yet */
    GHashTable *told; /* notes of kernels that a person was told */
    Situation situation;
    GPtrArray *releases; /* of ReleaseTag */
    char **bases;        /* of start and good, or NULL */
    char *why_no_older;
    Range *range; /* NULL until the search begins */
    Roots *roots; /* of a fix; NULL until then */
    gboolean *is_root_bad;
    Belief *belief;
    double *known_factors; /* of the range; NULL: no bug is known */
    Foreign *foreign;      /* what others saw; NULL: nothing */
    Same *same;            /* of the range; NULL: not known */
    Distances *distances;  /* the same */
    guint n_learned;       /* kernels that it was told of */
    GPtrArray *kernels;    /* of KernelRow, in the order they were built */
    GPtrArray *trials;     /* of TrialRow, in the order they ended */
    Sought sought;
    GHashTable *decided; /* commits that have their decision row -> JobPhase that asked for them */
    gboolean *in_store;  /* see Situation; NULL until there is a range */
    GHashTable *rebuilt; /* commits whose kernel was gone once: a second time is a failure */
    GHashTable *fixes;   /* set of lines: fixes that a person was told of */
    GHashTable *mended;  /* commit -> key of a kernel that no longer counts */
    char **stack_files;  /* see job_stack_files(); NULL: not asked for yet */
    Drift *drift;        /* NULL: not looked for yet */
    Reach *reach;        /* of the start; NULL: not asked for yet */
    guint n_infra;       /* trials in a row that failed by our machine's fault */
    GPtrArray *works;    /* of Work: what is under way */
    gboolean has_news;   /* of works, since the decider was last asked */
    GError *error;       /* the first failure of our machine in a work */
    JobPhase phase;
    JobProgressFunc progress;
    gpointer progress_data;
    GCancellable *cancellable; /* of job_carry_out() */
    gint64 begun_us;           /* it was taken up, of g_get_monotonic_time() */
    gint64 booked_us;          /* time until here is booked */
    guint64 booked_ms;         /* over all resumes */
    char *dir;                 /* of its files */
    Live *live;                /* what was told last */
    gint64 shown_us;           /* it was written then */
    guint show_source;         /* 0, or it will be soon */
    guint pause_source;        /* 0, or the end of a pause is waited for */
    GHashTable *subjects;      /* commit -> its first line, of suspects */
    RevisionSet *placed;       /* of the range: those that have their FACT_PLACE; NULL: no range */
};

/* What --confidence comes to: no more than trials can show. (job.c) */
double job_confidence(const JobSpec *spec);

/* --- job.c: what is known, told and booked --------------------------------------------------- */

/* Take @trial, which the job then owns, into the evidence. */
void job_learn_trial(Job *job, TrialRow *trial);
/* Store a fact, and let the decider know; @text NULL takes it away. */
gboolean job_put_fact(Job *job, const char *commit, const char *kind, const char *text,
                      GError **error);
/* Count all trials anew. */
void job_count_trials(Job *job);
/* What builds and trials have cost lately, as the planner's guess of the next; and what of
 * the budget is used. */
void job_learn_costs(Job *job);
/* Which kernels are there by now without a build. */
void job_learn_made(Job *job);

/* Book the time since the last call, as spent on trials where some are under way, else on builds
 * where some are. */
gboolean job_book_time(Job *job, GError **error);

/* --- show.c ---------------------------------------------------------------------------------- */

/* Show what the job itself does (or NULL), and something that just ended, on a line of its own (or
 * NULL): to who listens, and in the job's live file. */
void job_tell(Job *job, const char *doing, const char *line);
void job_say(Job *job, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Show what is under way: all of it in words, and a build that has just begun (or NULL). */
void job_show_works(Job *job, const char *doing, const char *begun);
/* Write the live file now, as far as it changed; and no more. */
void job_stop_showing(Job *job);
/* Is the job paused? Then it has news when that is over. */
gboolean job_is_paused(Job *job);
/* How long it will take from here; FALSE: that is not known yet. */
gboolean job_left(Job *job, Left *ret_left);

/* --- moment.c, place.c ----------------------------------------------------------------------- */

/* Keep what is believed now, as @tried (or NULL) is chosen; nothing where there is no range. */
gboolean job_keep_moment(Job *job, const char *tried, GError **error);
/* There is a new range: find the place in it of all that was decided. */
gboolean job_place_all(Job *job, GError **error);
/* Put FACT_PLACE of @commit, where it is in the range. */
gboolean job_place(Job *job, const char *commit, GError **error);

/* --- span.c ---------------------------------------------------------------------------------- */

/* Real time, for people and for programs that look on. Somebody may set it meanwhile: what takes
 * how long is measured by g_get_monotonic_time(). Now; and as it is called now, when that was
 * @clock_us.
 */
gint64 job_now_ms(void);
gint64 job_real_ms(gint64 clock_us);
/* What of @kind (SpanRow says which, and what the others mean) was begun at @begun_us (of
 * g_get_monotonic_time()) ends now. It is written with the next row, so call it before the row of
 * the same thing is. @commit and @how may be NULL. */
void job_put_span(Job *job, const char *kind, const char *commit, const char *how, guint lane,
                  gint64 begun_us);
/* The same of what the coordinator did itself, where it took long enough to be worth a row. */
void job_put_work(Job *job, const char *kind, gint64 begun_us);
/* SpanRow.how of a build that came out as @kernel; before it is one of the job's. */
const char *job_build_how(const Job *job, const Kernel *kernel);

/* --- fixes.c --------------------------------------------------------------------------------- */

/* Keep which fixes @kernel, of @commit, was built with, and say each of them once. */
gboolean job_keep_fixes(Job *job, const char *commit, const Kernel *kernel, GError **error);
/* Take back what was said before the job was resumed. */
void job_load_fixes(Job *job, const GPtrArray *facts);

/* --- mend.c ---------------------------------------------------------------------------------- */

/* Kinds of facts. Of the revision that was looked from: the storm as JSON. Of the variant that
 * helped: the error. Of a revision that failed: the key of the kernel that no longer counts. */
#define FACT_STORM  "storm"
#define FACT_MEND   "mend"
#define FACT_MENDED "mended"

/* ACTION_MEND and ACTION_ADOPT. */
gboolean job_carry_mend(Job *job, const Action *action, GError **error);
gboolean job_carry_adopt(Job *job, const Action *action, GError **error);
/* Is @variant one by which a mend is tried? */
gboolean job_tries_mend(const Job *job, const char *variant);
/* Take back what was looked up and adopted before the job was resumed; before all else is loaded.
 */
void job_load_mends(Job *job, const GPtrArray *facts);
/* Does the kernel of @key no longer count for @commit, as it failed by what is mended now? */
gboolean job_is_mended(const Job *job, const char *commit, const char *kernel_key);

/* --- ends.c ---------------------------------------------------------------------------------- */

/* Are the ends of the range there, and can there be one? They become full ids. */
gboolean ends_check(const Repo *repo, JobSpec *spec, GError **error);

/* --- carry.c --------------------------------------------------------------------------------- */

/* Ask the decider what to do while all works but @but (or NULL) are under way. */
void job_ask(Job *job, const Work *but, Action *ret_action);
/* Write down, once for each revision, why it was chosen. */
gboolean job_keep_decision(Job *job, const Action *action, GError **error);

/* --- works.c --------------------------------------------------------------------------------- */

/* Something that the farm does: a build, or a batch of trials of one kernel. */
struct Work {
    Task task; /* first, as the decider looks at works as tasks */
    Job *job;
    GCancellable *cancellable;
    const char *label;   /* as in Action */
    gboolean is_ahead;   /* a build that was begun beside other works */
    gboolean is_stopped; /* by us: it shall end, and showed nothing */
    GError *error;       /* its first failure of our machine */
    gint64 begun_us;     /* of g_get_monotonic_time() */
    guint lane;          /* of a build: SpanRow.lane */
    /* Of a batch. */
    Kernel *kernel;
    guint n_wanted; /* still to be started */
    guint n_quiet;  /* as in Action, of those that have not ended */
    guint n_running;
    guint64 lanes;  /* a bit for each that has a trial now */
    guint n_traced; /* of its trials, also before and in flight */
};

/* A work of @action is under way; owned by the job, until work_end(). */
Work *work_begin(Job *job, const Action *action);
void work_free(Work *work);
/* It has ended, which is news. Its error becomes the job's, if that has none. Frees it. */
void work_end(Work *work);
/* Nobody wants it any more: it ends soon, and will not have failed. */
void work_stop(Work *work);

/* Works under way: builds, and batches of trials. */
guint job_n_builds(const Job *job);
guint job_n_batches(const Job *job);
gboolean job_is_on_trial(const Job *job, const char *commit);
/* Stop them all. */
void job_stop_works(Job *job);
/* Until none is left. */
void job_wait_for_works(Job *job);
/* What the farm does for the job itself, with nothing beside it: job_keep_result() as its @done
 * puts the result (owned by the caller) where job_wait_for_result() waits for it. */
void job_keep_result(GObject *source, GAsyncResult *res, gpointer ret_res);
void job_wait_for_result(GAsyncResult **res);
/* Show what is under way; @begun as in JobProgress. */
void job_tell_works(Job *job, const char *begun);

/* --- builds.c, trials.c ---------------------------------------------------------------------- */

/* Begin what @action asks for: a build; or trials, and then as many more of its revision, or fewer,
 * as the decider wants. A kernel that is no longer in the store is forgotten, so that it is built
 * again. */
void job_begin_build(Job *job, const Action *action);
void job_begin_trials(Job *job, const Action *action);
/* What is going on there, for people. Owned by the caller. */
char *build_text(const Work *work);
char *batch_text(const Work *batch);
/* What @commit is by all that is known by now; never by a run or two of its own. */
Verdict job_verdict(Job *job, const char *commit);
/* Keep that for who reads the job before its end. "bad" is not kept: to a job that goes on, it says
 * that a release was overruled; a revision that crashed is bad without. */
gboolean job_keep_verdict_so_far(Job *job, const char *commit, GError **error);

/* --- prior.c, weights.c ---------------------------------------------------------------------- */

/* The prior of @range for belief_new(): by the stack of the start's crash, the suspects and the
 * weights of the user. What a person should be told of it is added to @lines (of char *). Where git
 * cannot say what revisions change, this is told, and the rest has to do. Owned by the caller.
 * @ret_is_release: of each revision, for belief_set_releases(); all FALSE before. */
double *job_make_prior(Job *job, const Range *range, gboolean *ret_is_release, GPtrArray *lines,
                       GError **error);

/* The source files in the stack of the start's crash, once that is known: it is asked for only
 * then. NULL-terminated, owned by the job. */
const char *const *job_stack_files(Job *job, GError **error);

/* The user's file of weights (weights.c): lines "REVISION WEIGHT" or "REV1..REV2 WEIGHT", with '#'
 * comments. Gives lines "ID WEIGHT". Errors name the line. Owned by the caller. */
char *weights_resolve(const Repo *repo, const char *path, GError **error);
/* Where the job keeps it, so that neither the file nor what a name stands for changes later. Owned
 * by the caller. */
char *weights_path(const char *job_dir);
/* Multiply the weights at @path into log_weight of the revisions that lie in @range; how many of
 * its lines do, and how many do not. */
gboolean weights_read(const char *path, const Range *range, CommitFacts *facts, guint *ret_n_inside,
                      guint *ret_n_outside, GError **error);

/* --- known.c --------------------------------------------------------------------------------- */

/* Once the start has crashed: put FACT_KNOWN, tell of it and use it. Done once in a job's life. */
gboolean job_look_for_known(Job *job, GError **error);
/* Let the search of a range know which releases should be with and without the bug. */
void job_use_known(Job *job);
/* Where bugs are known, set CommitFacts.known of @range, work its prior out again, and make
 * Situation.known_factors. What a person should be told is added to @lines. */
void job_weigh_known(Job *job, const Range *range, CommitFacts *facts, double *log_prior,
                     GPtrArray *lines);
/* Keep what @answer says for other jobs, and the number of its bug; between store_begin() and
 * store_end(). */
gboolean job_keep_known(const Job *job, const Answer *answer, GError **error);

/* --- foreign.c ------------------------------------------------------------------------------- */

void foreign_free(Foreign *foreign);
/* Read what others saw of the job's revisions, and let the search of a range know at which release
 * they ended. */
gboolean job_load_foreign(Job *job, GError **error);
/* The range is there, with its prior: have belief weigh what others saw in it, and tell of that. */
void job_take_foreign(Job *job, const double *log_prior);
/* The same once more, since what counts as the bug may have changed. */
void job_weigh_foreign(Job *job);

/* --- alike.c --------------------------------------------------------------------------------- */

/* Take @same, of the new @range (or NULL: not known). Where the files are known that the kernels of
 * the range's ends are made of, is_outside of @facts is by these; and a person is told in @lines.
 */
void job_take_same(Job *job, const Range *range, Same *same, CommitFacts *facts, GPtrArray *lines);
/* Tell it of the kernels that are new since the last call. */
void job_learn_same(Job *job);

/* --- setup.c --------------------------------------------------------------------------------- */

/* For the machine that carries @order out: with guests or with the build slot @slot_name below
 * order->slots, as that wants it. G_IO_ERROR_BUSY: the slot is somebody's. */
JobSetup *job_setup_worker(const JobSpec *spec, const Order *order, const char *slot_name,
                           const char *work_dir, GError **error);

/* --- spec-check.c ---------------------------------------------------------------------------- */

/* Set @error to G_IO_ERROR_INVALID_ARGUMENT: the job is not what it should be. Always FALSE. */
gboolean job_invalid(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* --- inputs-check.c -------------------------------------------------------------------------- */

/* Can all that @spec puts into guests go there? What stands in --cmdline-file is put to
 * --cmdline. */
gboolean inputs_check(JobSpec *spec, GError **error);
/* The elements of a list of the spec. NULL-terminated, owned by the caller. */
char **inputs_split(const char *list);
/* The file @path, given as @option, which the error names. Only of a plain file, which can be read.
 */
GMappedFile *inputs_map(const char *path, const char *option, GError **error);
/* The settings of the file of --sysctl; none where @path is NULL. The same. */
char **inputs_read_sysctls(const char *path, GError **error);

/* --- inputs.c -------------------------------------------------------------------------------- */

/* Write an input of the job once and for all. */
gboolean inputs_keep(const char *path, const char *bytes, gsize n_bytes, GError **error);

/* The job's own copy of what the user gave as @path, made once: what he does to his file later
 * changes nothing in a job that is resumed. Owned by the caller. */
char *inputs_copy(const char *path, const char *job_dir, const char *what, GError **error);

/* How the reproducer is prepared before any work, C source by @compiler. */
ReproOptions inputs_repro_options(const JobSpec *spec, const char *compiler);
/* The checkout of syzkaller that @spec or FIRSTBAD_SYZKALLER names, or NULL. */
const char *inputs_syzkaller(const JobSpec *spec);
/* Is syzkaller to be built for the reproducer? */
gboolean inputs_build_syzkaller(const JobSpec *spec);

/* The same, as files of the job's own below @job_dir: taken once, so that what the user does to his
 * later changes nothing. A disk image is not copied; a job that is resumed refuses one that has
 * changed. *ret_config: the job's .config, with what guests need in it. What a person should be
 * told is added to @notes (of char *). */
FarmInputs *inputs_take(const JobSpec *spec, const char *job_dir, GPtrArray *notes,
                        char **ret_config, GError **error);

/* All files that @spec names, as inputs_take() takes them, and nothing is built of them yet. */
gboolean inputs_take_files(const JobSpec *spec, const char *job_dir, GError **error);

/* The job's copy of its file of @key in @job_dir, which inputs_copy() made of @path; NULL where it
 * keeps none. Owned by the caller. */
char *inputs_copy_of(const char *key, const char *path, const char *job_dir);
/* Do the files that @spec names under @key ("file", "module", "rootfs") hold what the job of
 * @job_dir took from there? */
gboolean inputs_are_as_taken(const JobSpec *spec, const char *key, const char *job_dir);
/* Would @spec's root file systems have to add options to @config, which is a path? */
gboolean inputs_add_options(const JobSpec *spec, const char *config);

/* --- drift.c --------------------------------------------------------------------------------- */

/* Compare the configurations of kernels that are new since the last call with the start's, once
 * that has crashed, in the options that matter to its crash. What differs is told and stored. */
gboolean job_look_for_drift(Job *job, GError **error);
/* What of these differs at @variant, as sentences ("CONFIG_SMC is off here (depends on
 * INFINIBAND)"); NULL for nothing, or nothing known. NULL-terminated, owned by the job. */
const char *const *job_drift_of(const Job *job, const char *variant);
/* The options without which the start's crash could not be seen, as its kernel has them: those that
 * guard the files of its stack, and those that made its report. NULL-terminated, owned by the
 * caller; NULL when the start has not crashed yet. */
char **job_options_that_matter(Job *job, GError **error);
void drift_free(Drift *drift);

/* --- examine.c ------------------------------------------------------------------------------ */

/* What ACTION_EXAMINE asks for, of @culprit. */
gboolean job_examine(Job *job, const char *culprit, GError **error);

/* --- alters.c -------------------------------------------------------------------------------- */

/* Put FACT_ALTERS of @commit, whose only parent is @parent. */
gboolean job_find_alterations(Job *job, const char *commit, const char *parent, GError **error);

/* --- reach.c --------------------------------------------------------------------------------- */

void reach_free(Reach *reach);

/* Put FACT_REACH of each revision that was quiet and has none, and tell what could not show the
 * bug. Nothing where the start has not crashed yet. */
gboolean job_prove_reach(Job *job, GError **error);
/* --- minimise.c ------------------------------------------------------------------------------ */

/* A fact of the start: the id of the config that later kernels are built with, "" for the user's;
 * and in a second line, a sentence for people. */
#define FACT_MINIMISED "minimised"

/* Carry ACTION_MINIMISE out. */
gboolean job_carry_minimise(Job *job, GError **error);
/* Have later kernels built with what came out, and see whether it is still to be done. */
gboolean job_load_minimised(Job *job, GError **error);

/* --- explain.c ------------------------------------------------------------------------------- */

/* The title under which @trials of @commit showed most often what a try that found @tried speaks
 * of; "" for none. Owned by its trial. */
const char *trials_usual_title(const Sought *sought, const GPtrArray *trials, const char *commit,
                               Tried tried);
/* Of a try: the sentence for its verdict, and what else there is to know of it (Answer.checks). */
void job_explain_tried(const Job *job, Answer *answer);

/* --- lines.c --------------------------------------------------------------------------------- */

/* @report with lines and inlined calls by the kernel of @commit. Where that has no debug
 * information, functions get the file that they come from, and 0 for a line. Owned by the caller.
 */
char *job_symbolize(Job *job, const char *commit, const char *report);
/* The same; of such a kernel, lines by objects that are compiled for it, as far as they can be. It
 * takes seconds, and moves the slot. */
char *job_symbolize_lines(Job *job, const char *commit, const char *report);
/* @report for people: with files alone where lines are not known. Owned by the caller. */
char *job_drop_unknown_lines(const char *report);

/* --- finish.c -------------------------------------------------------------------------------- */

/* The first crash of @commit's kernel in @trials (of the store, which have reports) that shows the
 * bug looked for, or NULL. */
const TrialRow *job_find_crash(const Job *job, const GPtrArray *trials, const char *commit);
/* Complete @answer with what the report quotes (commit, signatures, recipients, symbolized crash),
 * give it a reason where it has none, and store it. */
gboolean job_finish_answer(Job *job, Answer *answer, GError **error);
