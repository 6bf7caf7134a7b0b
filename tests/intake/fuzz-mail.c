/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: any bytes taken for a mail, a page, a log or a file, and for all of them.
 */
#include <stdint.h>
#include <string.h>

#include "intake/intake.h"
#include "intake/parsers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What came out is fit to be shown: links are harmless, and texts have an end. */
static void check(const Intake *intake)
{
    for (guint i = 0; i < N_INTAKE_ITEMS; i++) {
        const char *link = intake->of[i].link, *text = intake->of[i].text;

        g_assert_true(!link || !strpbrk(link, " '\"\\$`;|<>()\n\t"));
        g_assert_true(!text || (*text && g_utf8_validate(text, -1, NULL)));
    }
    g_assert_cmpuint(intake->cc->len, <=, 50);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static OopsReader *reader = NULL; /* takes longer to make than a mail to read */
    g_autoptr(GBytes) bytes = g_bytes_new(data, n);
    g_autofree char *text = n ? g_utf8_make_valid((const char *)data, (gssize)n) : g_strdup("");
    g_autoptr(Intake) as_it_is = intake_new(), as_mail = intake_new(), as_page = intake_new();
    g_autoptr(GitLog) log = git_log_read(text, NULL);
    IntakeSource source = {.text = text, .n = strlen(text), .bytes = bytes};

    if (!reader) {
        reader = oops_reader_new();
    }
    source.reader = reader;
    intake_add(as_it_is, reader, bytes);
    mail_read(&source, as_mail);
    page_read(&source, as_page);
    check(as_it_is);
    check(as_mail);
    check(as_page);
    return 0;
}
