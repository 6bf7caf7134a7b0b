/* SPDX-License-Identifier: Apache-2.0
 * Who is the culprit, how sure, and what to do next. The mathematics is in the heads of
 * prior.c (what is believed before any trial), likelihood.c (trials of one revision), belief.c (the
 * posterior), broken.c (will it build and boot) and planner.c (the next experiment).
 *
 * Hypothesis h: "revision h is the culprit": every revision that reaches h has the bug, no other
 * has. h = 0: the bug is older than the range. Where a *fix* is looked for, the culprit is the
 * revision that mended it: none that reaches h has the bug, all others have; and h = 0 says that no
 * revision of the range mends it: all have the bug. Trials of one revision follow a beta-binomial
 * with crash rate p when it has the bug and q when it has not; p, q and the spread are integrated
 * over a grid. Each revision may be *masked* (bug there, but it crashes no more than one without)
 * or *haunted* (another bug with the same identity, any rate).
 *
 * The trials of the start are the tally of the last revision, those of the good release the tally
 * of revision 0; where a fix is looked for, the other way round.
 *
 * Pure: no I/O, no clock, no randomness.
 */
#pragma once

#include "history/history.h"

/* The verdict for people and for git's syntax: derived, never the source of truth. */
typedef enum Verdict { VERDICT_UNKNOWN, VERDICT_GOOD, VERDICT_BAD, VERDICT_SKIP } Verdict;
const char *verdict_name(Verdict verdict); /* "unknown", "good", "bad", "skip" */
gboolean verdict_parse(const char *name, Verdict *ret_verdict); /* any but "unknown" */

/* What the trials of one kernel showed. */
typedef struct Tally {
    guint n_crash;       /* crashes with the identity of the start's */
    guint n_ok;          /* runs to the end without a crash */
    guint n_other;       /* crashes of another identity: runs cut short, which tell little */
    guint n_doubtful;    /* crashes that may have the identity or not */
    double match;        /* the chance that the doubtful ones have it: all of them, or none */
    gboolean unreached;  /* it could not have shown the bug, wherever that is: its trials tell next
                          * to  nothing */
    gboolean untestable; /* it does not build, boot, run a trivial program, or only crashes in other
                          * ways; n_crash and n_ok are then ignored */
    gboolean builds;     /* its kernel is there, so a block of broken ones ends here */
    Verdict said;        /* good or bad: a person's word, which counts in place of all trials */
} Tally;

/* Evidence as text, what `firstbad plan` reads: lines of words with blanks between them,
 *
 *     COMMIT CRASHES OKS     a revision, and how many of its trials crashed and ended ok
 *     COMMIT CRASHES OKS skip      it is untestable; so are "COMMIT - -" and "COMMIT skip"
 *     # a comment, also behind a line; a line that begins with "commit" is a heading
 *
 * The lines of a revision add up, and one that says that it is untestable stands. Any bytes may
 * come; an error names the line. Returns @n_revisions (at least 1) tallies, owned by the caller. */
Tally *evidence_parse(const char *text, gsize length, guint n_revisions, GError **error);

/* Every constant of the model. belief_model_default() documents the source of each figure. */
typedef struct BeliefModel {
    double masked;           /* chance that a revision with the bug cannot show it */
    double haunted;          /* chance that one without it crashes alike, at any rate */
    double unreached;        /* chance that one of which it is said cannot show the bug */
    double outside_kernel;   /* chance that the culprit lies between two revisions whose kernels are
                              * the same to the byte */
    double older_than_range; /* prior of hypothesis 0; of a fix: that it is newer */
    double always_crashes;   /* prior weight of p ~ 1 against the rest of the grid */
    double broken_alone;     /* chance that a revision far from any broken one is untestable */
    double break_scale; /* how far a broken revision makes its neighbours suspect, in commits */
    gboolean is_fix;    /* a fix is looked for */
} BeliefModel;

void belief_model_default(BeliefModel *ret_model);

/* What is known of one revision before any trial. All zero: nothing. */
typedef struct CommitFacts {
    gboolean touches_stack_file;   /* changes a file that the stack of the crash names */
    gboolean touches_stack_folder; /* or one in the folder of such a file */
    gboolean is_merge;    /* also when its other parents lie outside the range, where @history has
                             only one */
    gboolean is_release;  /* changes the version number only */
    gboolean is_outside;  /* changes nothing that this kernel is made of */
    gboolean is_fixed;    /* a later revision of the range says "Fixes:" of it */
    gboolean is_reverted; /* a later revision of the range takes it back */
    guint n_files;        /* changed; 0: unknown */
    gboolean is_suspect;  /* one of those that the user suspects */
    double log_weight;    /* logarithm of the factor that the user gave; finite */
    double known; /* the chance that it is the culprit, since bugs that crash alike came from
                   * it; those of a range sum to less than 1 */
} CommitFacts;

/* The prior for belief_new(): n entries, entry 0 unused. Groups of revisions are given the shares
 * that such groups have among culprits (prior.c has the figures and their sources). However wrong
 * the facts are, no revision is left with less than a tenth of what it has in a flat prior: finding
 * the culprit then costs log2(10) = 3.3 bits more. @facts: n entries, entry 0 unused; NULL:
 * nothing is known but the merges of @history, which are hardly ever culprits. */
void belief_log_prior(const History *history, const CommitFacts *facts, double *ret_log_prior);

/* More than this trials cannot be counted on to give a single candidate, however many they are: it
 * may be haunted, or its parent masked. */
double belief_most_confidence(const BeliefModel *model);

typedef struct Belief Belief;

/* @log_prior: n entries, any scale (it is normalised), or NULL for a flat one; entry 0 is taken
 * from @model. Keeps a reference to neither but to @history, which must outlive it. */
Belief *belief_new(const History *history, const BeliefModel *model, const double *log_prior);
void belief_free(Belief *belief);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Belief, belief_free)

/* Multiply the prior of each revision by @factors (n entries; entry 0 is ignored; all positive):
 * what came to be known of them without a trial. Each call replaces the last one's. */
void belief_weigh(Belief *belief, const double *factors);

/* @is_release: n entries, copied. A stretch of revisions that do not build seldom goes on over a
 * release, which many build. */
void belief_set_releases(Belief *belief, const gboolean *is_release);

/* Replace what is known of @revision, which then has a kernel of its own (or stands for those that
 * were said to be the same as it). Cheap: the posterior is worked out when first asked for, and
 * only if something changed. */
void belief_set(Belief *belief, guint32 revision, const Tally *tally);

/* @revision's kernel is byte for byte that of @representative: their trials are one thing. The
 * tally lies with the representative (belief_set()), @revision's own is forgotten; those that were
 * the same as @revision follow it. belief_set() of @revision takes it back. May be said again at
 * every update: nothing is worked out anew then.
 *
 * The members of such a group are evidence once, however many they are. A culprit that some of them
 * contain and some do not would be a change that is not in the kernel: it is left with a factor of
 * model.outside_kernel, trials or not, so such a revision is an answer only where all others are
 * excluded.
 *
 * @representative may be a member itself: its group is joined. Of a member and its representative
 * in exchanged roles, the member takes over the group and its tally. */
void belief_set_same(Belief *belief, guint32 revision, guint32 representative);

/* The revision that holds the tally of @revision's kernel: mostly itself. */
guint32 belief_representative(const Belief *belief, guint32 revision);
/* What is known of @revision's kernel: the tally of its representative. */
const Tally *belief_get(const Belief *belief, guint32 revision);

/* Posterior, n entries that sum to 1; and for each revision the chance that it has the bug. Valid
 * until the next belief_set() or belief_set_same(). */
const double *belief_posterior(Belief *belief);
const double *belief_has_bug(Belief *belief);
/* Entropy of the posterior, in bits. */
double belief_entropy(Belief *belief);

/* The smallest set of hypotheses that holds at least @confidence of the posterior, most probable
 * first. Hypotheses that no trial so far tells apart are a class, and a class is taken whole: the
 * prior alone never names a culprit. Classes of most probability per member go first. Array of
 * guint32, owned by the caller. */
GArray *belief_candidates(Belief *belief, double confidence);

/* Are @candidates, taken from belief_candidates() just now, all told apart by trials? None is in a
 * class with another, and only more trials could make one of them surer. */
gboolean belief_tells_apart(const Belief *belief, const GArray *candidates);

/* How many these are, and the first of them: without sorting. */
guint belief_n_candidates(Belief *belief, double confidence, guint32 *ret_best);

/* What builds and trials cost, in seconds, and what the machines have and do already. */
typedef struct Costs {
    double build_s;
    const double *build_s_of; /* n entries: of each revision, or NULL: build_s for all */
    double trial_s;           /* of one trial */
    guint parallel_trials;    /* so many at once take as long as one */
    double trial_price_s;     /* what a trial is worth beside: the guest could do something else */
    const gboolean *built;    /* n entries: its kernel exists; or NULL: none does */
    const gboolean *busy;     /* n entries: it is being built or tried; or NULL: none is */
    const gboolean *barred;   /* n entries: its trials would tell nothing; or NULL: of none */
} Costs;

/* build_s_of for machines whose trees hold the revisions @trees: a build compiles what differs, so
 * it costs @near_s for a neighbour of a tree, and towards @far_s the more commits lie between.
 * @ret_build_s has n entries. */
void costs_by_distance(const Belief *belief, const guint32 *trees, guint n_trees, double near_s,
                       double far_s, double *ret_build_s);

typedef struct Experiment {
    guint32 revision; /* never a member of a group, but the one that stands for it */
    guint n_trials;
    guint n_quiet; /* as many of these are probably quiet: that they are is no reason to ask again
                      before they are over. Less than n_trials; 0: each may be one */
    double gain_bits; /* expected information about the culprit */
    double cost_s;
    double p_testable;
} Experiment;

/* The experiment of most expected information per second, beside what busy ones will tell. Asked
 * again with each choice made busy, it gives a batch for several machines that is good jointly.
 *
 * FALSE when one candidate is left (of belief_candidates(confidence)), or when nothing more can be
 * learned: each revision that tells the candidates apart is untestable, lies deep in a block where
 * all that was tried is, or has had so many trials that more would tell nothing; or is busy, or
 * will tell little when what is busy has told. Asked again after each result, it always comes to an
 * end. */
gboolean belief_next_experiment(Belief *belief, double confidence, const Costs *costs,
                                Experiment *ret_experiment);

/* What the answer with @culprit still needs: trials at the culprit until they speak for the bug by
 * 10^@log10_odds, then at each of its parents until they speak against it by as much
 * (belief_log10_odds()); of a fix the other way round. A side that is barred needs nothing. A side
 * is also done when it is untestable, or when more trials could not change its odds. FALSE when all
 * are done or busy, for @culprit 0, and when a parent's kernel is the culprit's (no trial can tell
 * it from itself: the answer has failed its check). */
gboolean belief_check_wanted(Belief *belief, guint32 culprit, double log10_odds, const Costs *costs,
                             Experiment *ret_experiment);

/* Of a tally alone: any crash is bad, unless 20 runs or more ended ok for each crash. */
Verdict belief_verdict(const Tally *tally);
/* Of a revision whose kernel was tested, by the whole evidence: bad when it has the bug with the
 * chance @sure (more than a half), good when it has not, else unknown, however its own trials went.
 * Of revision 0, at which the search began, what is more probable. So the verdicts never contradict
 * each other or the answer, and `git bisect replay` accepts them. */
Verdict belief_verdict_of(Belief *belief, guint32 revision, double sure);

/* How many trials that all end ok are needed before a revision *with* the bug would have shown it
 * with chance 1 - @miss, given the crash rate seen at the start (@n_crash of @n_crash + @n_ok, beta
 * posterior). At least 2, at most @limit. */
guint belief_trials_for_good(guint n_crash, guint n_ok, double miss, guint limit);
/* The same turned round: the chance that such a revision stays quiet in all of @n_trials. */
double belief_quiet_chance(guint n_crash, guint n_ok, guint n_trials);

/* log10 of the Bayes factor that @tally gives for "has the bug" against "has it not": what the
 * check of an answer asks of the culprit and of its parents. Of the graph it uses only what all
 * trials so far say of the rates. */
double belief_log10_odds(Belief *belief, const Tally *tally);
