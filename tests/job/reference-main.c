/* SPDX-License-Identifier: Apache-2.0
 * reference TREE START GOOD TEST [fix]: what the reference answers where `firstbad run` would try
 * revisions by the command TEST. For tests of the program: one line, "culprit ID", "set N", ...
 */
#include <stdio.h>

#include "process/process.h"
#include "reference.h"

static const char *const kinds[] = {
    [REFERENCE_ERROR] = "error",     [REFERENCE_NOT_REPRODUCED] = "not-reproduced",
    [REFERENCE_OLDER] = "older",     [REFERENCE_NOT_FIXED] = "not-fixed",
    [REFERENCE_CULPRIT] = "culprit", [REFERENCE_SET] = "set",
};

static void print(const ReferenceAnswer *answer)
{
    printf("%s", kinds[answer->kind]);
    if (answer->commit) {
        printf(" %s", answer->commit);
    }
    if (answer->kind == REFERENCE_SET) {
        printf(" %u", answer->n_left);
    }
    if (answer->why) {
        printf(" %s", answer->why);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    g_autofree char *folder = g_dir_make_tmp("firstbad-reference-XXXXXX", NULL);
    const char *remove[] = {"rm", "-rf", folder, NULL};
    CommandFarmOptions options = {.work_dir = folder};
    g_autoptr(ReferenceAnswer) answer = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Repo) repo = NULL;
    g_autoptr(Farm) farm = NULL;
    ReferenceJob job;

    g_assert_cmpint(argc, >=, 5);
    repo = repo_open(argv[1], &error);
    g_assert_no_error(error);
    options.test_command = argv[4];
    options.run_dir = argv[1];
    farm = command_farm_new(repo, &options, &error);
    g_assert_no_error(error);
    job = (ReferenceJob){
        .farm = farm, .tree = argv[1], .start = argv[2], .good = argv[3], .is_fix = argc > 5};
    answer = reference_bisect(&job);
    print(answer);
    farm_done(farm);
    g_free(process_ask(NULL, remove, NULL));
    return 0;
}
