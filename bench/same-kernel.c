/* SPDX-License-Identifier: Apache-2.0
 * What kernel/sources.h says of a range, and whether it is true.
 *
 *     bench-same-kernel count REPO TREE    the share of revisions that touch nothing of what was
 *                                          built in TREE/.firstbad
 *     bench-same-kernel builds REPO CONFIG WORK SEED SECONDS
 *     bench-same-kernel trace TREE TRACE
 *
 * "builds" takes revisions at random, builds each, and then the ends of its class, the revisions
 * that are said to have the same kernel: really, and their signatures have to agree. Each commit
 * between the ends is then one that was said to be "same" and was.
 *
 * "trace" takes what a build from nothing of TREE (in TREE/.firstbad) opened and looked for, lines
 * "+ CALL PATH", "- CALL PATH" (not there): each file that was opened must count when it is
 * modified, each one that was not there when it is new. bench/trace-build makes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "job/same.h"
#include "kernel/sources-read.h"

static void die(const char *what)
{
    fprintf(stderr, "bench-same-kernel: %s\n", what);
    exit(EXIT_FAILURE);
}

/* --- Trace ----------------------------------------------------------------------------------- */

static Touch touch_of(const Sources *sources, const char *top, const char *path, gboolean is_there)
{
    g_autofree char *full = g_canonicalize_filename(path, "/");
    const char *below = full + strlen(top) + 1;
    struct stat status;

    if (!g_str_has_prefix(full, top) || strlen(full) <= strlen(top) + 1 ||
        g_str_has_prefix(below, REPO_WORKTREE_SCRATCH) ||
        (is_there && (stat(full, &status) != 0 || S_ISDIR(status.st_mode)))) {
        return N_TOUCHES; /* not of the tree */
    }
    return sources_touch(sources, below, is_there ? PATH_MODIFIED : PATH_NEW);
}

/* Of what was built in @top. */
static Sources *read_sources(const char *top)
{
    g_autofree char *obj = g_build_filename(top, REPO_WORKTREE_SCRATCH, NULL);
    Slot slot = {.src_dir = (char *)top, .obj_dir = obj};
    gint64 start_us = g_get_monotonic_time();
    g_autofree char *list = sources_read(&slot);

    if (!list) {
        die("nothing was built there");
    }
    printf("list of %zu bytes read in %.2f s\n", strlen(list),
           (double)(g_get_monotonic_time() - start_us) / 1e6);
    return sources_parse(list, strlen(list));
}

static int check_trace(const char *top, const char *trace)
{
    g_autoptr(Sources) sources = read_sources(top);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint n_opened = 0, n_sought = 0, n_missed = 0;

    if (!g_file_get_contents(trace, &text, NULL, NULL)) {
        die("no trace");
    }
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && **line; line++) {
        const char *call = *line + 2, *path = strchr(call, ' ');
        gboolean is_there = **line == '+', is_open = g_str_has_prefix(call, "open") ||
                                                     g_str_has_prefix(call, "exec");
        Touch touch;

        if (!path || **line == '?' || (is_there && !is_open)) {
            continue;
        }
        touch = touch_of(sources, top, path + 1, is_there);
        n_opened += touch != N_TOUCHES && is_there;
        n_sought += touch != N_TOUCHES && !is_there;
        n_missed += touch == TOUCH_NOT;
        if (touch == TOUCH_NOT) {
            printf("MISSED %s\n", *line);
        }
    }
    printf("%u opened, %u looked for in vain, %u escape the rule\n", n_opened, n_sought, n_missed);
    return n_missed != 0;
}

/* --- A range --------------------------------------------------------------------------------- */

typedef struct World {
    Repo *repo;
    Range *range;
    Same *same;
    Toolchains *toolchains;
    KernelStore *store;
    KernelBuilder *builder;
    const Sources *sources; /* of "count": what touches them is counted */
    guint n_by[N_TOUCHES];  /* revisions, by the first reason that holds, the strongest */
} World;

static void learn(const Change *change, gpointer data)
{
    World *world = data;

    same_learn_change(world->same, world->repo, world->range, change);
}

static void open_range(World *world, const char *path)
{
    g_autoptr(GPtrArray) tags = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *tip = NULL;

    world->repo = repo_open(path, &error);
    tip = world->repo ? repo_resolve(world->repo, "HEAD", &error) : NULL;
    tags = tip ? repo_release_tags_behind(world->repo, tip, &error) : NULL;
    if (!tags || !tags->len) {
        die(error ? error->message : "no releases");
    }
    const ReleaseTag *oldest = tags->pdata[tags->len - 1];
    world->range = repo_load_range(world->repo, oldest->commit, tip, &error);
    if (!world->range) {
        die(error->message);
    }
    gint64 start_us = g_get_monotonic_time();
    world->same = same_new(world->range);
    if (!repo_walk_changes(world->repo, world->range, learn, world, &error) ||
        !same_learn_merges(world->same, world->repo, world->range)) {
        die(error ? error->message : "merges are not known");
    }
    printf("%u revisions after %s; their changes read in %.2f s\n",
           history_size(world->range->history) - 1, oldest->name,
           (double)(g_get_monotonic_time() - start_us) / 1e6);
}

static void open_builder(World *world, const char *config, const char *work)
{
    g_autofree char *kernels = g_build_filename(work, "kernels", NULL),
                    *slot = g_build_filename(work, "slot", NULL);
    g_autoptr(GError) error = NULL;
    KernelBuildOptions options = {.config = config,
                                  .without_debug_info = TRUE,
                                  .n_jobs = g_get_num_processors(),
                                  .builds_same = TRUE};

    world->toolchains = toolchains_new("auto", NULL, NULL, NULL, &error);
    world->store = world->toolchains ? kernel_store_open(kernels, &error) : NULL;
    options.toolchains = world->toolchains;
    world->builder = world->store
                         ? kernel_builder_new(world->repo, world->store, slot, &options, &error)
                         : NULL;
    if (!world->builder) {
        die(error->message);
    }
}

static void close_world(World *world)
{
    kernel_builder_free(world->builder);
    kernel_store_free(world->store);
    toolchains_free(world->toolchains);
    same_free(world->same);
    range_free(world->range);
    repo_free(world->repo);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(res);
}

static Kernel *build(World *world, guint32 revision)
{
    g_autoptr(GAsyncResult) res = NULL;
    g_autoptr(GError) error = NULL;
    Kernel *kernel = NULL;

    kernel_build_async(world->builder, world->range->commits[revision], NULL, keep_result, &res);
    while (!res) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (!kernel_build_finish(world->builder, res, &kernel, &error)) {
        die(error->message);
    }
    return kernel;
}

/* --- Counting -------------------------------------------------------------------------------- */

static void count_change(const Change *change, gpointer data)
{
    World *world = data;
    Touch worst = TOUCH_NOT;

    for (guint i = 0; i < change->n_files; i++) {
        Touch touch = sources_touch(world->sources, change->files[i], change->how[i]);

        if (touch != TOUCH_NOT && (worst == TOUCH_NOT || touch < worst)) {
            worst = touch;
        }
    }
    world->n_by[worst]++;
}

static int count(World *world, const char *top)
{
    static const char *const names[N_TOUCHES] = {
        [TOUCH_NOT] = "nothing",  [TOUCH_SOURCE] = "a file of it",    [TOUCH_MAKE] = "a makefile",
        [TOUCH_SCRIPT] = "a script", [TOUCH_IN_PLACE] = "in place of another",
        [TOUCH_ODD] = "no source"};
    guint n = history_size(world->range->history), n_classes, n_untouched = 0;
    g_autoptr(Sources) sources = read_sources(top);
    const Sources *const lists[] = {sources};
    gint64 start_us = g_get_monotonic_time();
    g_autofree gboolean *untouched = same_untouched(world->same, lists, 1, &n_classes);
    double count_s = (double)(g_get_monotonic_time() - start_us) / 1e6;
    for (guint32 r = 1; r < n; r++) {
        n_untouched += untouched[r];
    }
    printf("%u revisions touch no file of this kernel (%.1f %%): at most %u different "
           "kernels (counted in %.3f s)\n",
           n_untouched, 100.0 * n_untouched / (n - 1), n_classes, count_s);
    world->sources = sources;
    if (!repo_walk_changes(world->repo, world->range, count_change, world, NULL)) {
        die("changes");
    }
    for (guint i = 0; i < N_TOUCHES; i++) {
        printf("| %s | %u |\n", names[i], world->n_by[i]);
    }
    return 0;
}

/* --- Building -------------------------------------------------------------------------------- */

static int check_builds(World *world, guint32 seed, double seconds)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    guint n = history_size(world->range->history), n_kernels = 0, n_commits = 0, n_other = 0;
    gint64 end_us = g_get_monotonic_time() + (gint64)(seconds * 1e6);
    guint32 at = (guint32)g_rand_int_range(random, 0, (gint32)n);

    /* Neighbours are built one after the other. */
    for (; g_get_monotonic_time() < end_us; at = (at + 1 + (guint32)g_rand_int_range(random, 0, 20)) % n) {
        g_autoptr(Kernel) kernel = NULL;
        g_autoptr(Sources) sources = NULL;
        guint n_class = 0;

        if (same_as(world->same, at) >= 0) {
            continue;
        }
        kernel = build(world, at);
        sources = kernel->signature ? kernel_sources(kernel) : NULL;
        n_kernels++;
        if (!sources) {
            continue;
        }
        n_other += !same_add_built(world->same, at, kernel->signature, NULL, sources);
        for (guint32 r = 0; r < n; r++) {
            gboolean is_member = same_as(world->same, r) == at;

            n_class += is_member;
            if (is_member && r != at && same_is_end(world->same, r)) {
                g_autoptr(Kernel) other = build(world, r);
                gboolean is_same = g_strcmp0(other->signature, kernel->signature) == 0;

                n_kernels++;
                n_other += !is_same;
                printf("%u %.12s is %s %u %.12s (%.1f s)\n", r, world->range->commits[r],
                       is_same ? "the same as" : "NOT THE SAME as", at, world->range->commits[at],
                       (double)other->build_ms / 1000);
                fflush(stdout);
            }
        }
        n_commits += n_class ? n_class - 1 : 0;
    }
    printf("seed %u: %u kernels built; %u commits said to be the same, %u were not\n", seed,
           n_kernels, n_commits, n_other);
    return n_other != 0;
}

int main(int argc, char *argv[])
{
    World world = {0};
    int code;

    if (argc == 4 && strcmp(argv[1], "trace") == 0) {
        return check_trace(argv[2], argv[3]);
    }
    if (argc == 4 && strcmp(argv[1], "count") == 0) {
        open_range(&world, argv[2]);
        code = count(&world, argv[3]);
    } else if (argc == 7 && strcmp(argv[1], "builds") == 0) {
        open_range(&world, argv[2]);
        open_builder(&world, argv[3], argv[4]);
        code = check_builds(&world, (guint32)g_ascii_strtoull(argv[5], NULL, 10),
                            g_ascii_strtod(argv[6], NULL));
    } else {
        die("see the head of bench/same-kernel.c");
        return EXIT_FAILURE;
    }
    close_world(&world);
    return code;
}
