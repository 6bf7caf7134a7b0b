/* SPDX-License-Identifier: Apache-2.0
 * What people have of a crash, read: a mail of syzbot's, a page of its dashboard, a bisection log
 * of its or of git's, a console, and the files that go with them.
 *
 *     g_autoptr(Intake) intake = intake_new();
 *     intake_add(intake, reader, bytes);             (for each file)
 *     ... intake->of[INTAKE_START].text ...
 *
 * What a file is shows in its bytes; its name is never asked. The parsers are pure: no I/O, no
 * clock; a link is never followed, and the name of an attachment is no path. All bytes are an
 * enemy's: what they can cost is bounded, and all text that comes out is theirs (report_clean()).
 *
 * learn.c does one thing more: it puts what a bisection log says into the store.
 */
#pragma once

#include "audit/audit.h"
#include "job/job.h"
#include "oops/oops.h"
#include "store/store.h"

/* A larger file is none of these. */
#define INTAKE_MAX_BYTES (64 << 20)

/* What a job needs to know, and what people like to see. */
typedef enum IntakeItem {
    INTAKE_TITLE,       /* of the crash */
    INTAKE_START,       /* commit that crashes, 8 to 40 hexadecimal digits */
    INTAKE_START_TITLE, /* first line of its message, where that is told whole */
    INTAKE_GOOD,        /* of a bisection by hand: its good end */
    INTAKE_TREE,        /* a URL, or a name of syzbot's ("upstream") */
    INTAKE_BRANCH,      /* of that URL */
    INTAKE_COMPILER,    /* "gcc (Debian 12.2.0-14) 12.2.0, GNU ld ..." */
    INTAKE_ARCH,        /* of the user space: "i386", "arm64"; nothing where it is that of x86-64 */
    INTAKE_CONFIG,
    INTAKE_REPRO_C,
    INTAKE_REPRO_SYZ,
    INTAKE_REPRO_OPTS, /* options of a program of syzkaller's */
    INTAKE_SYZKALLER,  /* its commit */
    INTAKE_BISECT_LOG, /* of syzbot or git: read again when the job begins */
    INTAKE_CULPRIT,    /* the commit that a bisection of syzbot's ended with */
    INTAKE_FUNCTIONS,  /* of the crash's stacks, innermost first, between blanks */
    INTAKE_DASHBOARD,
    INTAKE_REPORTED_BY, /* an address */
    N_INTAKE_ITEMS,
} IntakeItem;

/* All of it may be NULL. */
typedef struct IntakeFact {
    char *text;    /* what it is; of a file that did not come along: where it should be */
    char *link;    /* where it is to be had: http, https or git, printable ASCII without blanks */
    GBytes *bytes; /* of a file that came along */
    gboolean is_given; /* that was a file of its own, and no attachment */
} IntakeFact;

typedef struct Intake {
    IntakeFact of[N_INTAKE_ITEMS];
    gboolean is_fix; /* its log looks for what mended the bug */
    GPtrArray *cc;   /* of char *: addresses of those who were told, 50 at most */
} Intake;
Intake *intake_new(void);
void intake_free(Intake *intake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intake, intake_free)

/* Is the file, or what it says, known? */
gboolean intake_has(const Intake *intake, IntakeItem item);

typedef enum IntakeKind {
    INTAKE_UNKNOWN,
    INTAKE_PAGE,        /* of syzbot's dashboard, as HTML or text */
    INTAKE_SYZBOT_LOG,  /* a bisection by syzbot, or by us */
    INTAKE_MAIL,        /* one, or an mbox */
    INTAKE_GIT_LOG,     /* what `git bisect log` prints */
    INTAKE_OPTS_FILE,   /* repro.opts */
    INTAKE_CONFIG_FILE, /* .config */
    INTAKE_C_FILE,
    INTAKE_SYZ_FILE, /* a program of syzkaller's */
    INTAKE_CONSOLE,  /* anything with a crash report in it */
    N_INTAKE_KINDS,
} IntakeKind;
const char *intake_kind_name(IntakeKind kind); /* "a mail", "a kernel config", ... */

/* Read a file, which gzip may have packed, into @intake. What is known already stays, but for a
 * report with a reproducer behind one without: commit, config and reproducer of one report belong
 * together. Returns what the file is; INTAKE_UNKNOWN: none of what we know, and nothing was taken.
 * O(its length). */
IntakeKind intake_add(Intake *intake, const OopsReader *reader, GBytes *bytes);

/* --- A bisection by hand ---------------------------------------------------------------------- */

/* What a person said of a commit in `git bisect`. */
typedef struct GitWord {
    char *commit; /* as it stands there: mostly a full id */
    Verdict verdict;
} GitWord;
typedef struct GitLog {
    GPtrArray *words; /* of GitWord, in order: the last one of a commit counts */
    char *bad, *good; /* the newest bad and the first good one; or NULL */
    gboolean is_fix;  /* its terms say that what mended the bug is looked for */
    guint n_left_out; /* words behind those, of a log longer than any bisection */
} GitLog;
void git_log_free(GitLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GitLog, git_log_free)
/* Of what `git bisect log` prints, also quoted in a mail. An error where nothing was said. */
GitLog *git_log_read(const char *text, GError **error);

/* --- Into the store (learn.c) ----------------------------------------------------------------- */

/* Make the store hold what the bisection log of @spec says (--bisect-log), before the job @id
 * begins or goes on: of syzbot's log each run as a foreign one, of git's each word as a person's
 * verdict. A log that was learned is not read again. What a person should be told is added to
 * @notes (of char *). Without a log nothing is done. @error: the log cannot be read. */
gboolean intake_learn(Store *store, gint64 id, const JobSpec *spec, const char *job_dir,
                      const Repo *repo, GPtrArray *notes, GError **error);
/* Before there is a job: is the file of --bisect-log such a log? */
gboolean intake_check_log(const JobSpec *spec, GError **error);
