/* SPDX-License-Identifier: Apache-2.0
 * What an import found, and what it lacks yet.
 *
 * There is no network: what a mail only links has to be fetched by a person, so each thing that is
 * wanted is told with the command that fetches it. The words of these commands come from strangers:
 * a link is taken only where it is harmless (intake.h), and quoted all the same.
 */
#include <string.h>

#include "cli/import.h"

/* --- Found ----------------------------------------------------------------------------------- */

static void tell(const char *name, const char *text, const char *more)
{
    g_autofree char *clean = text ? report_clean_line(text) : NULL,
                    *clean_more = more ? report_clean_line(more) : NULL;

    if (clean) {
        g_printerr("  %-9s %s%s%s\n", name, clean, clean_more ? "  " : "",
                   clean_more ? clean_more : "");
    }
}

static void tell_file(const Intake *intake, IntakeItem item, const char *name)
{
    const IntakeFact *fact = &intake->of[item];
    g_autofree char *size =
        fact->bytes ? g_strdup_printf("%zu bytes", g_bytes_get_size(fact->bytes)) : NULL;

    tell(name, size ? size : fact->link ? fact->link : fact->text, NULL);
}

void import_tell(const Import *import)
{
    const Intake *intake = import->intake;
    const IntakeFact *of = intake->of;
    g_autofree char *cc = NULL;

    tell("crash", of[INTAKE_TITLE].text, NULL);
    tell("stack", of[INTAKE_FUNCTIONS].text, NULL);
    tell("start", of[INTAKE_START].text, of[INTAKE_START_TITLE].text);
    tell("good", of[INTAKE_GOOD].text, NULL);
    tell("tree", of[INTAKE_TREE].text ? of[INTAKE_TREE].text : of[INTAKE_TREE].link,
         of[INTAKE_BRANCH].text);
    tell("compiler", of[INTAKE_COMPILER].text, NULL);
    tell_file(intake, INTAKE_CONFIG, "config");
    tell_file(intake, INTAKE_REPRO_C, "C repro");
    tell_file(intake, INTAKE_REPRO_SYZ, "syz repro");
    tell_file(intake, INTAKE_BISECT_LOG, "bisection");
    tell("its end", of[INTAKE_CULPRIT].text, "syzbot's answer: not believed without trials");
    tell("page", of[INTAKE_DASHBOARD].link, NULL);
    tell("credit", of[INTAKE_REPORTED_BY].text, NULL);
    if (intake->cc->len) {
        g_ptr_array_add(intake->cc, NULL);
        cc = g_strjoinv(", ", (char **)intake->cc->pdata);
        g_ptr_array_set_size(intake->cc, (gint)intake->cc->len - 1);
        tell("told", cc, NULL);
    }
}

/* --- Wanted ---------------------------------------------------------------------------------- */

/* Names that syzbot has for trees. */
static const struct {
    const char *name, *url;
} trees[] = {
    {"upstream", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git"},
    {"linux-next", "https://git.kernel.org/pub/scm/linux/kernel/git/next/linux-next.git"},
    {"net", "https://git.kernel.org/pub/scm/linux/kernel/git/netdev/net.git"},
    {"net-next", "https://git.kernel.org/pub/scm/linux/kernel/git/netdev/net-next.git"},
    {"bpf", "https://git.kernel.org/pub/scm/linux/kernel/git/bpf/bpf.git"},
    {"bpf-next", "https://git.kernel.org/pub/scm/linux/kernel/git/bpf/bpf-next.git"},
};

/* Where the tree is to be had, or NULL. */
static const char *tree_url(const Intake *intake)
{
    const IntakeFact *tree = &intake->of[INTAKE_TREE];

    for (guint i = 0; tree->text && i < G_N_ELEMENTS(trees); i++) {
        if (g_str_equal(tree->text, trees[i].name)) {
            return trees[i].url;
        }
    }
    return tree->link;
}

/* @branch where it can be given to git as it stands, or NULL. */
static const char *safe_branch(const Intake *intake)
{
    const char *branch = intake->of[INTAKE_BRANCH].text;

    return branch && g_regex_match_simple("^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$", branch, 0, 0)
               ? branch
               : NULL;
}

/* One thing that is wanted: @option with the @word that the user would give, @what it is, and the
 * command that fetches it, or NULL. */
static void want(Import *import, const char *option, const char *word, const char *what,
                 const char *fetch)
{
    g_autofree char *clean = report_clean_line(what);
    char *command = g_strdup_printf("%s --%s %s", import->command, option, word);

    if (!import->is_lacking) {
        g_printerr("\nStill wanted:\n");
    }
    import->is_lacking = TRUE;
    g_printerr("  --%s: %s\n", option, clean);
    if (fetch) {
        g_printerr("      %s\n", fetch);
    }
    g_free(import->command);
    import->command = command;
}

/* Of a file that is linked, or was to be attached; @whose says it where nothing does. */
static void want_file(Import *import, const char *option, const IntakeFact *fact, const char *name,
                      const char *whose)
{
    g_autofree char *link = fact->link ? report_shell_word(fact->link) : NULL;
    g_autofree char *fetch = link ? g_strdup_printf("curl -fLo %s %s", name, link) : NULL;
    g_autofree char *what = fact->link   ? g_strdup_printf("%s: %s", whose, fact->link)
                            : fact->text ? g_strdup_printf("%s: %s", whose, fact->text)
                                         : g_strdup(whose);

    want(import, option, link ? name : "FILE", what, fetch);
}

static void want_tree(Import *import)
{
    const Intake *intake = import->intake;
    const char *url = tree_url(intake), *branch = safe_branch(intake);
    const char *name = intake->of[INTAKE_TREE].text;
    g_autofree char *word = url ? report_shell_word(url) : NULL;
    g_autofree char *fetch = url ? g_strdup_printf("git clone %s%s%s%s linux", branch ? "-b " : "",
                                                   branch ? branch : "", branch ? " " : "", word)
                                 : NULL;
    g_autofree char *what =
        name || url ? g_strdup_printf("a git repository with the commit: %s%s%s", name ? name : url,
                                      branch ? " " : "", branch ? branch : "")
                    : g_strdup("a git repository of the kernel that crashed");

    want(import, "tree", url ? "linux" : "DIR", what, fetch);
}

static void want_start(Import *import)
{
    want(import, "start", "REV",
         "the commit of the kernel that crashed ('uname -r' tells its "
         "release)",
         NULL);
}

static void want_repro(Import *import)
{
    const IntakeFact *c = &import->intake->of[INTAKE_REPRO_C];
    const IntakeFact *syz = &import->intake->of[INTAKE_REPRO_SYZ];

    if (!c->link && !c->text && (syz->link || syz->text)) {
        want_file(import, "repro", syz, "repro.syz",
                  "the syzkaller program, which --syzkaller DIR (a checkout) runs");
    } else {
        want_file(import, "repro", c, "repro.c",
                  c->link || c->text ? "the C reproducer"
                                     : "a program that provokes the crash: C source, a static "
                                       "binary, or a script");
    }
}

/* What fails before programs run needs none. */
static gboolean needs_repro(const JobSpec *spec)
{
    return !g_str_equal(spec->bug, bug_kind_name(BUG_BUILD)) &&
           !g_str_equal(spec->bug, bug_kind_name(BUG_BOOT)) &&
           !g_str_equal(spec->bug, bug_kind_name(BUG_BASIC));
}

/* A program of syzkaller's does not run by itself. */
static gboolean lacks_syzkaller(const JobSpec *spec)
{
    return repro_is_syz(spec->repro) && !spec->syz_execprog && !spec->syzkaller &&
           !g_getenv("FIRSTBAD_SYZKALLER");
}

/* Is there a commit of the start's title in the tree? Then it is taken for it. */
static gboolean has_title(const Repo *repo, const JobSpec *spec)
{
    g_auto(GStrv) found = NULL;

    return spec->start_title &&
           repo_find_rewritten(repo, NULL, spec->start_title, "HEAD", &found, NULL) && found[0];
}

/* What is wrong with the tree itself is told by who opens it. */
static gboolean has_start(const Import *import)
{
    const JobSpec *spec = import->spec;
    g_autoptr(Repo) repo = repo_open(spec->tree, NULL);
    g_autofree char *id = repo && spec->start ? repo_resolve(repo, spec->start, NULL) : NULL;

    return !repo || id || spec->fetch || has_title(repo, spec);
}

static void want_fetch(Import *import)
{
    const char *url = tree_url(import->intake), *branch = safe_branch(import->intake);
    g_autofree char *plain =
        url ? g_strdup_printf("%s%s%s", url, branch ? "#" : "", branch ? branch : "") : NULL;
    g_autofree char *word = plain ? report_shell_word(plain) : g_strdup("URL");
    const JobSpec *spec = import->spec;
    g_autofree char *what =
        g_strdup_printf("%s is not in %s: the repository that has it",
                        spec->start ? spec->start : spec->start_title, spec->tree);

    want(import, "fetch", word, what, NULL);
}

gboolean import_is_complete(Import *import)
{
    const JobSpec *spec = import->spec;

    if (!spec->tree) {
        want_tree(import);
    }
    if (!spec->start && !spec->start_title) {
        want_start(import);
    } else if (spec->tree && !has_start(import)) {
        want_fetch(import);
    }
    if (!spec->config) {
        want_file(import, "config", &import->intake->of[INTAKE_CONFIG], "kernel.config",
                  "the .config of the kernel that crashed");
    }
    if (!spec->repro && needs_repro(spec)) {
        want_repro(import);
    }
    if (spec->repro && lacks_syzkaller(spec)) {
        want(import, "syzkaller", "syzkaller",
             "a checkout of syzkaller, whose syz-execprog runs the program (its build needs Go)",
             "git clone https://github.com/google/syzkaller");
    }
    if (import->is_lacking) {
        g_printerr("\nThen:\n  %s\n", import->command);
    }
    return !import->is_lacking;
}

void import_warn_arch(const Import *import)
{
    const char *arch = import->intake->of[INTAKE_ARCH].text;

    if (arch && g_str_equal(arch, "i386")) {
        cli_complain(
            "the reproducer is a program of 32 bits: compile it with 'gcc -m32 -static', and "
            "give the binary with --repro");
    } else if (arch && !g_str_equal(arch, "amd64")) {
        cli_complain("the crash was seen on %s: guests here are x86-64, where it may not show",
                     arch);
    }
}

/* --- The compiler ---------------------------------------------------------------------------- */

/* The compiler alone, "gcc (Debian 12.2.0-14) 12.2.0", without the linker. Owned by the caller. */
static char *compiler_of(const char *said)
{
    g_auto(GStrv) parts = g_strsplit(said, ", ", 2);

    return g_strdup(parts[0] ? parts[0] : "");
}

void import_compare_compiler(const Import *import)
{
    const char *said = import->intake->of[INTAKE_COMPILER].text;
    g_autofree char *compiler = said ? compiler_of(said) : NULL, *here = NULL;
    CompilerFamily family = said && strstr(said, "clang") ? FAMILY_CLANG : FAMILY_GCC;
    g_autoptr(Toolchains) toolchains = said ? toolchains_new("auto", NULL, NULL, NULL, NULL) : NULL;

    if (!said) {
        return;
    }
    for (guint i = 0; toolchains && i < toolchains->installed->len; i++) {
        const Toolchain *installed = toolchains->installed->pdata[i];

        if (installed->family != family) {
            continue;
        }
        if (g_str_equal(installed->compiler_name, compiler)) {
            return;
        }
        if (version_major(installed->version) == version_major(version_of_tool(compiler))) {
            cli_complain("the crash was seen with %s; here is %s", compiler,
                         installed->compiler_name);
            return;
        }
        g_free(here);
        here = g_strdup(installed->compiler_name);
    }
    cli_complain("the crash was seen with %s, which is not here: kernels are built with what is "
                 "(%s); 'firstbad doctor' says what to install",
                 compiler, here ? here : "another one");
}
