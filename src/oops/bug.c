/* SPDX-License-Identifier: Apache-2.0
 * A bug as its crashes show it, and how surely one more crash is of it.
 *
 * The crashes of the start are the bug's *faces*. Let n of them have n_i of the title i, and n_1
 * titles have been seen once only. A later crash of the bug has a title not seen yet with the
 * chance
 *
 *     unseen = (n_1 + unseen_faces) / (n + unseen_weight)                       (Good and Turing)
 *
 * and else one of those seen, by their shares. A crash of another bug has each relation to the
 * faces with the chance that was measured for crashes at revisions without the bug. So the
 * likelihood ratio of crash t is
 *
 *     (1 - unseen) share(t) ratio[same title] + unseen sum over faces i  share(i) ratio[relation(t,
 * i)]
 *
 * A crash at a kernel speaks for the bug by more than that, since kernels without it seldom crash
 * at all: `others` of them do. The odds are the ratio over `others`.
 */
#include "oops/oops.h"

#include <string.h>

/* No crash is proof, and none is proof of the contrary. */
#define MOST_ODDS 1000.0

typedef struct Face {
    OopsIdentity *identity; /* of its first crash */
    guint n;
} Face;

struct OopsBug {
    OopsMatchModel model;
    GPtrArray *faces; /* of Face, as first seen */
    guint n_crashes;
};

/* `build/bench/bench-identity ../shared/data` prints all figures and what they rest on. */
void oops_match_model_default(OopsMatchModel *ret_model)
{
    *ret_model = (OopsMatchModel){
        .ratio = {[OOPS_SAME_TITLE] = 16,
                  [OOPS_SAME_FRAME] = 9,
                  [OOPS_SAME_KIND] = 1.4,
                  [OOPS_SAME_CLASS] = 0.4,
                  [OOPS_CORRUPTED] = 5,
                  [OOPS_NO_WORDS] = 1,
                  [OOPS_UNRELATED] = 0.05},
        .overlap_ratio = {0.4, 0.25, 1.5, 4, 8},
        .seen_alone = 5,
        .others = 0.065,
        .unseen_faces = 1.5,
        .unseen_weight = 3,
    };
}

static void face_free(Face *face)
{
    oops_identity_free(face->identity);
    g_free(face);
}

OopsBug *oops_bug_new(const OopsMatchModel *model)
{
    OopsBug *bug = g_new0(OopsBug, 1);

    bug->model = *model;
    bug->faces = g_ptr_array_new_with_free_func((GDestroyNotify)face_free);
    return bug;
}

void oops_bug_free(OopsBug *bug)
{
    if (!bug) {
        return;
    }
    g_ptr_array_unref(bug->faces);
    g_free(bug);
}

static Face *find_face(const OopsBug *bug, const OopsIdentity *crash)
{
    for (guint i = 0; i < bug->faces->len; i++) {
        Face *face = bug->faces->pdata[i];

        if (g_str_equal(face->identity->title, crash->title)) {
            return face;
        }
    }
    return NULL;
}

void oops_bug_add(OopsBug *bug, const OopsIdentity *crash, guint n)
{
    Face *face = find_face(bug, crash);

    if (!face) {
        face = g_new0(Face, 1);
        face->identity = oops_identity_copy(crash);
        g_ptr_array_add(bug->faces, face);
    }
    face->n += n;
    bug->n_crashes += n;
}

guint oops_bug_n_crashes(const OopsBug *bug)
{
    return bug->n_crashes;
}

/* Likelihood ratio of two crashes with different titles. */
static double ratio_of(const OopsMatchModel *model, const OopsIdentity *a, const OopsIdentity *b)
{
    OopsRelation relation = oops_relation(a, b);
    double overlap = oops_overlap(a, b);
    double ratio = model->ratio[relation];

    if (overlap >= 0 && relation != OOPS_NO_WORDS) {
        ratio *= model->overlap_ratio[oops_overlap_step(overlap)];
    }
    return ratio;
}

/* The most frequent face, of several the first seen. */
static const Face *main_face(const OopsBug *bug)
{
    const Face *most = bug->faces->pdata[0];

    for (guint i = 1; i < bug->faces->len; i++) {
        const Face *face = bug->faces->pdata[i];

        most = face->n > most->n ? face : most;
    }
    return most;
}

/* A title that the start showed is the bug's own, or that of another bug which the start has too.
 */
static double ratio_of_face(const OopsBug *bug, const Face *face)
{
    const Face *most = main_face(bug);
    OopsRelation relation = oops_relation(most->identity, face->identity);
    gboolean alone = relation == OOPS_UNRELATED || relation == OOPS_NO_WORDS;

    return face->n < most->n && alone ? bug->model.seen_alone : bug->model.ratio[OOPS_SAME_TITLE];
}

static double unseen_share(const OopsBug *bug)
{
    guint n_single = 0;

    for (guint i = 0; i < bug->faces->len; i++) {
        n_single += ((const Face *)bug->faces->pdata[i])->n == 1;
    }
    return (n_single + bug->model.unseen_faces) / (bug->n_crashes + bug->model.unseen_weight);
}

double oops_bug_match(const OopsBug *bug, const OopsIdentity *crash)
{
    const Face *seen = find_face(bug, crash);
    double unseen, ratio = 0, odds;

    if (bug->n_crashes == 0) {
        return 0;
    }
    unseen = MIN(unseen_share(bug), 1);
    if (seen) {
        ratio = (1 - unseen) * seen->n / bug->n_crashes * ratio_of_face(bug, seen);
    }
    for (guint i = 0; i < bug->faces->len; i++) {
        const Face *face = bug->faces->pdata[i];

        if (face != seen) {
            ratio +=
                unseen * face->n / bug->n_crashes * ratio_of(&bug->model, face->identity, crash);
        }
    }
    odds = CLAMP(ratio / bug->model.others, 1 / MOST_ODDS, MOST_ODDS);
    return odds / (1 + odds);
}

guint oops_bug_n_faces(const OopsBug *bug)
{
    return bug->faces->len;
}

const OopsIdentity *oops_bug_face(const OopsBug *bug, guint i, guint *ret_n)
{
    const Face *face = bug->faces->pdata[i];

    *ret_n = face->n;
    return face->identity;
}

/* What a crash of @other is to @bug, in the mean. */
static double mean_match(const OopsBug *bug, const OopsBug *other)
{
    double sum = 0;

    for (guint i = 0; i < other->faces->len; i++) {
        const Face *face = other->faces->pdata[i];

        sum += face->n * oops_bug_match(bug, face->identity);
    }
    return other->n_crashes ? sum / other->n_crashes : 0;
}

double oops_bugs_match(const OopsBug *a, const OopsBug *b)
{
    return MIN(mean_match(a, b), mean_match(b, a));
}
