/* SPDX-License-Identifier: Apache-2.0
 * firstbad: finds the commit that made a kernel crash.
 */
#include "cli/cli.h"
#include "cli/version.h"
#include "process/process.h"
#include "symbols/symbols.h"

#include <locale.h>
#include <malloc.h>
#include <signal.h>

/* Of the heap, as long as we run. */
#define KEPT_BYTES (16 << 20)

static const Command commands[] = {
    {"cause", "find the commit that made a kernel crash", cmd_cause},
    {"import", "make a job of a syzbot mail, a bisection log, an oops", cmd_import},
    {"fix", "find the commit that mended a kernel crash", cmd_fix},
    {"run", "find the first bad commit of any project by a test command", cmd_run},
    {"try", "build, boot and test one revision, and explain its verdict", cmd_try},
    {"resume", "go on with a job that was stopped", cmd_resume},
    {"restart", "begin a job anew with other options and what still holds", cmd_restart},
    {"verdict", "overrule what was measured of a revision", cmd_verdict},
    {"status", "list jobs and what they do", cmd_status},
    {"watch", "look at a job at work", cmd_watch},
    {"log", "print a job's bisection log", cmd_log},
    {"report", "print a job's answer", cmd_report},
    {"oops", "read the crash reports of consoles", cmd_oops},
    {"recipients", "who should hear of a crash: of a commit, of a file", cmd_recipients},
    {"plan", "what given evidence says of a given graph, and what to try next", cmd_plan},
    {"sim", "bisect simulated bugs: how often is it right, at what cost", cmd_sim},
    {"audit", "how far a bisection log of syzbot's can be believed", cmd_audit},
    {"doctor", "say what this machine can do, and what to install", cmd_doctor},
    {"daemon", "work on all jobs that were queued (--queue)", cmd_daemon},
    {"serve", "show jobs as web pages", cmd_serve},
    {"cancel", "tell the daemon that a job is not wanted", cmd_cancel},
    {"kernels", "list what was built, and limit the room it takes", cmd_kernels},
    {"work", "carry out a piece of a job, on a machine of a cluster", cmd_work},
};

static void print_help(void)
{
    g_print("Usage: firstbad COMMAND [OPTION...]\n\n"
            "Finds the commit that made a kernel crash, and says how sure it is.\n\nCommands:\n");
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_print("  %-10s  %s\n", commands[i].name, commands[i].summary);
    }
    g_print("\n'firstbad COMMAND --help' tells the options of a command.\n"
            "\nExit codes:\n"
            "  0    one commit was found; or the command did what it was asked\n"
            "  1    no single commit: a ranked set, or older than the range;\n"
            "       or the budget is used up\n"
            "  2    wrong options or inputs, or no such job; nothing was done\n"
            "  3    nothing to bisect: the start does not crash, or an end of the\n"
            "       range cannot be tested, or the good end crashes (a fix: is not\n"
            "       there yet), or never had the bug\n"
            "  4    this machine failed; mend it, then 'firstbad resume'\n"
            "  130  interrupted; 'firstbad resume' goes on\n");
}

/* Run the command @argv[0]. Also one without --state-dir may run programs in boxes. */
static int run_command(int argc, char **argv)
{
    g_free(cli_state_dir(NULL)); /* hidden by this */
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i].name, argv[0])) {
            return commands[i].run(argc, argv);
        }
    }
    cli_complain("no such %s: '%s'; 'firstbad --help' tells them",
                 *argv[0] == '-' ? "option" : "command", argv[0]);
    return EXIT_USAGE;
}

/* What main() does, but for the end of the output. */
static int run(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    /* Belief takes and gives back some arrays over the range for each trial. By itself malloc would
     * return the top of the heap to the kernel each time: 112 brk() a trial and as many faults. */
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_TOP_PAD, KEPT_BYTES / 16);
    process_search_no_cwd();
    /* A reader that went away (`firstbad run ... | head`) must not end a job. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    if (g_str_equal(argv[1], "help") && argc == 3) {
        char *help[] = {argv[2], (char *)"--help", NULL};

        return run_command(2, help);
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") ||
        g_str_equal(argv[1], "help")) {
        print_help();
        return EXIT_ANSWER;
    }
    if (g_str_equal(argv[1], "--version")) {
        g_print("firstbad %s\n", FIRSTBAD_VERSION);
        return EXIT_ANSWER;
    }
    /* Ourselves, run apart: no command for people. */
    if (g_str_equal(argv[1], SYMBOLS_SERVE)) {
        return symbols_serve(argc - 1, argv + 1);
    }
    return run_command(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    return cli_end_output(run(argc, argv));
}
