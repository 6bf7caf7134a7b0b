/* SPDX-License-Identifier: Apache-2.0
 * The pages of the dashboard, as HTML: values in, a document out.
 *
 * src/web/ serves them; `firstbad report --html` writes one into a file. What style sheet and
 * scripts may rely on is listed in README.md here. All is there without scripts; what is of foreign
 * origin is escaped by the one writer (html.h).
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

#include "report/report.h"
#include "service/service.h"

/* Where a page will be read, and by whom. */
typedef struct PagePlace {
    gboolean is_file;       /* one file of its own, without a server */
    gboolean may_write;     /* the reader has shown the token */
    const char *source_url; /* of a line of the tree: "{commit}", "{file}" and "{line}" are
                               replaced; NULL: PAGE_SOURCE_URL */
} PagePlace;
#define PAGE_SOURCE_URL                                                                            \
    "https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git/tree/"                       \
    "{file}?id={commit}#n{line}"

/* Style sheet and script, of the program itself: "style.css", "app.js". NULL: there is none of that
 * name. */
GBytes *page_asset(const char *name);
/* "/assets/HASH/@name", so that a reader keeps it for ever; owned by the caller. */
char *page_asset_path(const char *name);

/* --- The list of jobs ------------------------------------------------------------------------ */

typedef struct PageJobs {
    GPtrArray *jobs;         /* of Report, as report_load_summary() has it; or NULL where the job
                                of that row cannot be read */
    GPtrArray *rows;         /* of JobRow, of each */
    const JobFilter *filter; /* by which they were chosen */
    guint n_found;           /* by it, on all pages */
    const Waiting *waiting;  /* the queue */
    guint n_requests;        /* that no daemon has taken */
    gboolean has_daemon;     /* of the state folder */
} PageJobs;
#define PAGE_JOBS_MOST 50 /* on one page */
GBytes *page_jobs(const PagePlace *place, const PageJobs *jobs);

/* --- One job --------------------------------------------------------------------------------- */

typedef struct PageJob {
    const Report *report;
    const Live *live;          /* what a coordinator does with it now; NULL: nothing */
    const GPtrArray *requests; /* of SpoolRequest: about it, and not taken yet; NULL: none */
    gboolean has_daemon;       /* who could take them */
    json_t *pictures; /* the data of the pictures of a page that is a file, taken; NULL where a
                         script is to fetch them */
} PageJob;
GBytes *page_job(const PagePlace *place, const PageJob *job);

/* One of its revisions, with all that is known of it; of its trials those from @first on. */
GBytes *page_revision(const PagePlace *place, const Report *report, const ReportRevision *revision,
                      guint first);
#define PAGE_TRIALS_MOST  500 /* on one page */
#define PAGE_CRASHES_MOST 8

/* What a trial, or the build of a revision, printed: @n_bytes of it, from @offset of @n_total. */
typedef struct PageConsole {
    gint64 job, trial; /* trial 0: of the build */
    const char *job_name, *commit;
    const char *title; /* of the crash, or the first error; or NULL */
    const char *bytes;
    gsize n_bytes, offset, n_total;
} PageConsole;
#define PAGE_CONSOLE_BYTES (64 << 10) /* on one page */
GBytes *page_console(const PagePlace *place, const PageConsole *console);

/* --- What a reader can ask for --------------------------------------------------------------- */

/* Does the form have a field @key (of the job file) for jobs of @kind? */
gboolean page_submit_has_field(const char *kind, const char *key);
/* @complaint: what was wrong with what came, with options where they are meant, and @values (name
 * -> text) what it was; NULL at first. */
GBytes *page_submit(const PagePlace *place, const char *complaint, GHashTable *values);
GBytes *page_login(const PagePlace *place, const char *complaint);
/* Something short: an error, or that something was done. @back: where to go on; or NULL. */
GBytes *page_message(const PagePlace *place, const char *title, const char *text, const char *back);
