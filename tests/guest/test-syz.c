/* SPDX-License-Identifier: Apache-2.0
 * Options of syzkaller's programs, in all their forms, and the commands they make for the
 * syz-execprogs of several years. Programs are of our own making.
 */
#include "guest/syz.h"

#include <string.h>

/* Help texts as they stand in a syz-execprog of that time. */
#define HELP_ALWAYS "repeat execution that many times (0 for infinite loop)"
static const char help_2018[] = HELP_ALWAYS "collide syscalls to provoke data races"
                                            "inject fault into this call (0-based)target arch";
static const char help_2020[] =
    HELP_ALWAYS "collide syscalls to provoke data racesinject fault into this call (0-based)target "
                "archenable only listed additional featuressetup and use /dev/tun for packet "
                "injectionsetup cgroups for testingclose fds after each program"
                "setup more network devices for testing";
static const char help_2024[] =
    HELP_ALWAYS "(DEPRECATED) collide syscalls to provoke data racestarget archenable only listed "
                "additional featuressetup and use /dev/tun for packet injectionsetup cgroups for "
                "testingclose fds after each programexecution slowdown caused by emulation"
                "argument for sandbox runner to adjust it via configsetup and use a swap file"
                "restart procs every X executions";

/* The command of @text for the syz-execprog with @help, and what is told of it, in lines. */
static char *command(const char *text, const char *help)
{
    g_autoptr(SyzOptions) options = syz_options_parse(text, strlen(text));
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    SyzExecprog can;

    g_assert_true(syz_execprog_read(help, strlen(help), &can));
    g_auto(GStrv) argv = syz_command(options, &can, 3, "E", "X", "P", notes);
    g_ptr_array_add(notes, NULL);
    g_autofree char *words = g_strjoinv(" ", argv);
    g_autofree char *told = g_strjoinv("\n", (char **)notes->pdata);
    return g_strconcat(words, *told ? "\n" : "", told, NULL);
}

static const struct Case {
    const char *name, *text, *help, *wanted;
} cases[] = {
    {"structure of 2018",
     "# {Threaded:true Collide:true Repeat:true Procs:8 Sandbox:namespace Fault:false FaultCall:-1 "
     "FaultNth:0 EnableTun:true UseTmpDir:true HandleSegv:true WaitRepeat:true Debug:false "
     "Repro:false}\ngetpid()\n",
     help_2018,
     "E -executor=X -arch=amd64 -sandbox=namespace -procs=8 -repeat=0 -threaded=true -cover=false "
     "-collide=true P"},
    {"fault by flag",
     "# {Threaded:false Collide:false Repeat:false Procs:1 Sandbox: Fault:true "
     "FaultCall:2 FaultNth:5}\n",
     help_2018,
     "E -executor=X -arch=amd64 -sandbox=none -procs=1 -repeat=1 -threaded=false -cover=false "
     "-collide=false -fault_call=2 -fault_nth=5 P"},
    {"features",
     "# {Threaded:true Repeat:true RepeatTimes:7 Procs:2 Slowdown:1 Sandbox:setuid "
     "NetInjection:true Cgroups:true CloseFDs:true USB:true}\n",
     help_2020,
     "E -executor=X -arch=amd64 -sandbox=setuid -procs=2 -repeat=7 -threaded=true -cover=false "
     "-collide=false -enable=tun,cgroups,close_fds P\n"
     "this syz-execprog does not know of: usb"},
    {"JSON",
     "# https://example.org/bug?id=1\n# See {text} of it\n"
     "#{\"threaded\":true,\"repeat\":true,\"procs\":5,\"slowdown\":10,\"sandbox\":\"none\","
     "\"sandbox_arg\":-2,\"tun\":true,\"swap\":true,\"close_fds\":false,\"tmpdir\":true}\n"
     "getpid()\n",
     help_2024,
     "E -executor=X -arch=amd64 -sandbox=none -procs=5 -repeat=0 -threaded=true -cover=false "
     "-slowdown=10 -sandbox_arg=-2 -enable=tun,swap P"},
    {"no features", "#{\"procs\":1,\"slowdown\":1,\"sandbox\":\"\",\"close_fds\":false}\n",
     help_2024,
     "E -executor=X -arch=amd64 -sandbox=none -procs=1 -repeat=1 -threaded=false -cover=false "
     "-slowdown=3 -sandbox_arg=0 -disable=all P"},
    {"a file of options",
     "{\"threaded\":true,\"repeat\":true,\"procs\":3,\"proc_restart_freq\":9}\n", help_2024,
     "E -executor=X -arch=amd64 -sandbox=none -procs=3 -repeat=0 -threaded=true -cover=false "
     "-slowdown=3 -sandbox_arg=0 -restart_freq=9 -enable=close_fds P"},
    {"unknown fields", "# {Threaded:true Warp:9 Repeat:maybe Procs:many}\n", help_2018,
     "E -executor=X -arch=amd64 -sandbox=none -procs=1 -repeat=1 -threaded=true -cover=false "
     "-collide=false P\n"
     "option of the program that we do not know: Warp:9\n"
     "option of the program that we do not know: Repeat:maybe\n"
     "option of the program that we do not know: Procs:many"},
    {"nested, and broken by a mail",
     "> # {Threaded:true Collide:true Repeat:true\n> # Procs:4 "
     "Sandbox:none\nTrace:false LegacyOptions:{Fault:false "
     "FaultCall:0 FaultNth:0}}\nr0 = socket(0x2, 0x3)\n",
     help_2024,
     "E -executor=X -arch=amd64 -sandbox=none -procs=4 -repeat=0 -threaded=true -cover=false "
     "-slowdown=3 -sandbox_arg=0 -enable=close_fds P\n"
     "the program wants Collide, which this syz-execprog does not do any more: it may need an "
     "older "
     "syzkaller"},
    {"none", "# of mine\ngetpid()\nbind(0x0, &(0x7f0000000000)={0x2}, 0x10)\n", help_2024,
     "E -executor=X -arch=amd64 -sandbox=none -procs=6 -repeat=0 -threaded=true -cover=false "
     "-slowdown=3 -sandbox_arg=0 P"},
    {"a sandbox that is no word", "# {Sandbox:-debug=1 Procs:0 Repeat:false}\n", help_2018,
     "E -executor=X -arch=amd64 -sandbox=none -procs=1 -repeat=1 -threaded=false -cover=false "
     "-collide=false P\n"
     "option of the program that we do not know: Sandbox:-debug=1"},
};

static void test_commands(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = command(cases[i].text, cases[i].help);

        if (strcmp(got, cases[i].wanted) != 0) {
            g_test_message("%s:\n%s\nwanted\n%s", cases[i].name, got, cases[i].wanted);
            g_test_fail();
        }
    }
}

/* A syz-execprog without a flag for it takes the fault from the call. */
static void test_fault_in_program(void)
{
    static const char text[] = "# {Fault:true FaultCall:1 FaultNth:3}\n"
                               "r0 = socket$inet(0x2, 0x3, 0x1)\n\n# of it\n"
                               "close(r0)\nclose(r0)\n";
    g_autoptr(SyzOptions) options = syz_options_parse(text, strlen(text));
    SyzExecprog old, new;

    g_assert_true(syz_execprog_read(help_2018, strlen(help_2018), &old));
    g_assert_true(syz_execprog_read(help_2024, strlen(help_2024), &new));
    g_autofree char *by_flag = syz_program_for(options, &old, text);
    g_autofree char *by_call = syz_program_for(options, &new, text);
    g_autofree char *again = syz_program_for(options, &new, by_call);
    g_assert_cmpstr(by_flag, ==, text);
    g_assert_nonnull(strstr(by_call, "\nclose(r0) (fail_nth: 4)\nclose(r0)\n"));
    g_assert_cmpstr(again, ==, by_call);
}

static void test_programs(void)
{
    g_assert_true(syz_is_program("# x\nr12 = openat$x(0x0)\n"));
    g_assert_true(syz_is_program("syz_mount_image$ext4(&(0x7f00)='ext4\\x00')"));
    g_assert_false(syz_is_program("# getpid()\n"));
    g_assert_false(syz_is_program("int main\n(void)\n"));
    g_assert_false(syz_is_program(""));
    g_assert_false(syz_execprog_read("\177ELF", 4, &(SyzExecprog){0}));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/syz/commands", test_commands);
    g_test_add_func("/syz/fault-in-program", test_fault_in_program);
    g_test_add_func("/syz/programs", test_programs);
    return g_test_run();
}
