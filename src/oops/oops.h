/* SPDX-License-Identifier: Apache-2.0
 * Console bytes in, crash reports out: title, type, frames, identity.
 *
 *     g_autoptr(OopsReader) reader = oops_reader_new();
 *     g_autoptr(OopsReport) report = oops_find(reader, console, n_console, 0);
 *
 * The rules for Linux are data (families.c, formats-*.c, names.c, type.c); docs/ADDING-A-CRASH.md
 * says how to add one. Console text is bytes from an enemy: any length, NULs, no newline, invalid
 * UTF-8.
 *
 * Pure: no I/O.
 */
#pragma once

#include <glib.h>

/* The rules, compiled. Takes some milliseconds to make: make one and keep it. Constant once made,
 * so that threads may share it. */
typedef struct OopsReader OopsReader;

OopsReader *oops_reader_new(void);
void oops_reader_free(OopsReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OopsReader, oops_reader_free)

/* A function in a stack trace. */
typedef struct OopsFrame {
    char *function;       /* as printed, "foo.isra.0" */
    char *module;         /* or NULL: the kernel itself */
    guint64 offset, size; /* of "+0xOFFSET/0xSIZE"; 0 where it was not printed. "-0x5" is 0 - 5 */
    gboolean reliable;    /* FALSE: an address that lay on the stack, perhaps no call ("? foo") */
} OopsFrame;

/* One stack trace of a report. */
typedef struct OopsStack {
    char *label;       /* what it is of: "Call Trace", "Allocated by task 12", "RIP", ... */
    GPtrArray *frames; /* of OopsFrame, innermost first */
} OopsStack;

/* A crash report. Found by a stream, it knows of what came at most 256 KB behind its beginning;
 * oops_find() and oops_find_all() know the whole console: @suppressed, @panicked and @end may
 * differ. */
typedef struct OopsReport {
    char *title; /* "WARNING: refcount bug in sk_psock_get": printable ASCII, at most 120 bytes */
    char **alt_titles;      /* NULL-terminated, may be empty */
    char *type;             /* "REFCOUNT_WARNING", "KASAN-USE-AFTER-FREE-READ", "WARNING", ... */
    char *frame;            /* the guilty function, or "" */
    char *corrupted_reason; /* NULL when the report is whole */
    gboolean suppressed;    /* the fuzzer's own failure, or out of memory: not a kernel bug */
    gboolean panicked;      /* the kernel said "Kernel panic - not syncing" */
    gsize start, end;       /* region of the console: first oops line, to the end of the last one */
    gsize skip;             /* end of the first oops line: where to look for the next report */
    char *text;        /* the report for people, UTF-8: context, then the oops, prefixes stripped */
    gsize text_prefix; /* how many bytes of @text are context before the oops */
    GPtrArray *stacks; /* of OopsStack, in the order of the report; may be empty */
    gboolean has_executor;              /* syzkaller's executor ran the crashing program: */
    guint64 executor_proc, executor_id; /* which process, and its how manieth program */
} OopsReport;

void oops_report_free(OopsReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OopsReport, oops_report_free)

/* A console that goes by, in chunks of any size; where they are cut changes nothing.
 *
 *     OopsStream *stream = oops_stream_new(reader);
 *     OopsEvent event;
 *     ...
 *     oops_stream_feed(stream, bytes, n_bytes);   (again and again, then oops_stream_close())
 *     while (oops_stream_next(stream, &event)) {
 *         if (event.report) { ... oops_report_free(event.report); }
 *     }
 *
 * Each report begins and ends once, in the order of their beginnings; 100 at most. A report ends
 * where the console ends, and at the latest 256 KB behind its beginning (264 KB have to come to
 * tell). Memory stays below 2 MB, and below 16 MB when most bytes are carriage returns or NULs. */
typedef struct OopsStream OopsStream;

/* @reader must outlive the stream. */
OopsStream *oops_stream_new(const OopsReader *reader);
void oops_stream_free(OopsStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OopsStream, oops_stream_free)

void oops_stream_feed(OopsStream *stream, const char *bytes, gsize n_bytes);

/* The console has ended: so do all reports. Nothing may be fed after that. */
void oops_stream_close(OopsStream *stream);

typedef struct OopsEvent {
    gsize start, skip;  /* of the report: its first line. @skip grows if later lines repeat it */
    OopsReport *report; /* NULL: the report begins. Else it ends; owned by the caller */
} OopsEvent;

/* The next thing that happened, or FALSE: nothing more before more is fed. */
gboolean oops_stream_next(OopsStream *stream, OopsEvent *ret_event);

/* The console has ended: tell @report, which @stream found, what all of it says (see OopsReport).
 */
void oops_stream_complete(const OopsStream *stream, OopsReport *report);

/* The first crash report in @console from offset @from on, or NULL when there is none: what a
 * stream would find. The next one is found from its @skip on; oops_find_all() does that. */
OopsReport *oops_find(const OopsReader *reader, const char *console, gsize n_console, gsize from);

/* The reports in order, 100 at most. Array of OopsReport, owned by the caller. One crash often
 * makes several: the first is what happened, the others mostly what followed. */
GPtrArray *oops_find_all(const OopsReader *reader, const char *console, gsize n_console);

/* The source file to blame, by the frames of a symbolized report: the first that is not generic
 * machinery, or NULL. @n_prefix bytes of @report_text are context before the oops. Owned by the
 * caller. */
char *oops_guilty_file(const OopsReader *reader, const char *report_text, gsize n_prefix,
                       const char *title);

/* All source files that a symbolized report names and that are not generic machinery, in order,
 * each once; 100 at most. NULL-terminated, owned by the caller. */
char **oops_stack_files(const OopsReader *reader, const char *report_text, gsize n_prefix);

/* Consoles that came through another program: `journalctl -k`, syslog, `dmesg -T`, `dmesg -x`,
 * /dev/kmsg, a quoting mail. What those put before the kernel's lines is rewritten in @bytes into
 * what a serial console has, and NULs for the rest, which mean nothing there: offsets of lines
 * stay. Where lines are marked with the program that wrote them, those of other programs become
 * NULs. This is done while at least half of the lines so far have such a prefix; the console may
 * come in pieces. Colours become NULs in any console. */
typedef struct OopsUnprefix {
    guint64 n_lines, n_logged;  /* seen; of those, with a prefix */
    gboolean in_line, in_other; /* the end of a line, of another program, is to come */
} OopsUnprefix;                 /* all 0 at the begin of a console */

/* Returns how many of @n bytes are done. The rest, a short begin of a line, is to be given again in
 * front of what follows; nothing is left when @is_last. */
gsize oops_unprefix(OopsUnprefix *state, char *bytes, gsize n, gboolean is_last);

/* --- Identity: are two crashes one bug? (docs/BELIEF.md has the model and its figures) */

/* What of a crash is compared. All strings are printable ASCII, and the same crash of the same
 * kernel gives the same ones. */
typedef struct OopsIdentity {
    char *title;
    char **alt_titles;
    char *type;       /* as in OopsReport */
    char *frame;      /* the function that the title blames, or "" */
    char **functions; /* of its stacks: neither generic nor uncertain, without ".isra.0" and
                         prefixes of system calls, each once, innermost first; @frame is the first.
                         At most 32; empty where there is no report but a title */
    gboolean is_corrupted, is_suppressed;
} OopsIdentity;

OopsIdentity *oops_identity_new(const OopsReader *reader, const OopsReport *report);
/* When no more than the title is known, or also the function names, between blanks (may be NULL).
 */
OopsIdentity *oops_identity_of_title(const char *title, const char *functions);
OopsIdentity *oops_identity_copy(const OopsIdentity *identity);
void oops_identity_free(OopsIdentity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OopsIdentity, oops_identity_free)

/* How two crashes are related, from near to far. */
typedef enum OopsRelation {
    OOPS_SAME_TITLE,
    OOPS_SAME_FRAME, /* the same function dies in another way; or they share an alternative title */
    OOPS_SAME_KIND,  /* another function dies in the same way */
    OOPS_SAME_CLASS, /* both are wild memory accesses, or of locks, or hang, or warn */
    OOPS_CORRUPTED,  /* one is too damaged to say where it was */
    OOPS_NO_WORDS,   /* one is "no output", "lost connection", out of memory: any bug may end so */
    OOPS_UNRELATED,
} OopsRelation;
#define OOPS_N_RELATIONS (OOPS_UNRELATED + 1)
OopsRelation oops_relation(const OopsIdentity *a, const OopsIdentity *b);
const char *oops_relation_name(OopsRelation relation);

/* How much of their functions two crashes have in common, from 0 to 1; -1 where one has none. Inner
 * functions count more, and ones that many crashes have count less. */
double oops_overlap(const OopsIdentity *a, const OopsIdentity *b);

/* The figures of the model. oops_match_model_default() documents the source of each. */
#define OOPS_N_OVERLAPS 5
typedef struct OopsMatchModel {
    /* P(relation | a crash of the same bug whose title the start did not show) over P(relation |
     * another bug); for the same title, of one that the start did show. */
    double ratio[OOPS_N_RELATIONS];
    double overlap_ratio[OOPS_N_OVERLAPS]; /* the same for the overlap: see oops_overlap_step() */
    double
        seen_alone; /* ratio of a title of the start that its main crash has nothing to do with */
    double others;  /* chance that a kernel without the bug shows a crash of another */
    double unseen_faces;  /* so many crashes with a title not seen before are expected beside ... */
    double unseen_weight; /* ... those of the start, and so many crashes are added to the start's */
} OopsMatchModel;
void oops_match_model_default(OopsMatchModel *ret_model);
guint oops_overlap_step(double overlap); /* index of overlap_ratio */

/* Is a crash of @title a hang: a task or CPU that is stuck, or a machine that says nothing? */
gboolean oops_is_hang(const char *title);

/* A bug as its crashes show it: its faces, each with its share. */
typedef struct OopsBug OopsBug;
OopsBug *oops_bug_new(const OopsMatchModel *model);
void oops_bug_free(OopsBug *bug);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OopsBug, oops_bug_free)
/* It was seen to crash as @crash @n times more. */
void oops_bug_add(OopsBug *bug, const OopsIdentity *crash, guint n);
guint oops_bug_n_crashes(const OopsBug *bug);

/* The chance that @crash, of a kernel that has the bug as probably as not, is this bug's: 0 to 1,
 * never quite. match / (1 - match) is the Bayes factor that such a kernel's crash gives for the
 * bug, where the bug always crashes. 0 when no crash of the bug is known. */
double oops_bug_match(const OopsBug *bug, const OopsIdentity *crash);

/* How alike two bugs are that were learned apart: what a crash of the one is to the other
 * (oops_bug_match()), by the shares of its faces, and the smaller of the two ways round. Symmetric;
 * 0 when no crash is known of one. It says that they crash alike; how probable it is that they are
 * one bug is the caller's to know. */
double oops_bugs_match(const OopsBug *a, const OopsBug *b);
/* The faces, in the order in which they were first seen; @ret_n of them is so many crashes. */
guint oops_bug_n_faces(const OopsBug *bug);
const OopsIdentity *oops_bug_face(const OopsBug *bug, guint i, guint *ret_n);
