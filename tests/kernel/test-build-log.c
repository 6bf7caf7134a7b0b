/* SPDX-License-Identifier: Apache-2.0
 * The first real error line of a build's log.
 */
#include "kernel/build-log.h"

#include <string.h>

static const struct {
    const char *name, *log, *want;
    LogFault fault;
} cases[] = {
    {"gcc",
     "  CC      net/core/sock.o\n"
     "../net/core/sock.c: In function 'sock_init':\n"
     "../net/core/sock.c:10:5: warning: unused variable 'error' [-Wunused-variable]\n"
     "../net/core/sock.c:12:3: error: 'foo' undeclared (first use in this function)\n"
     "   12 |   foo();\n"
     "../net/core/sock.c:12:3: note: each undeclared identifier is reported only once\n"
     "../net/core/sock.c:13:3: error: 'bar' undeclared (first use in this function)\n"
     "make[3]: *** [../scripts/Makefile.build:250: net/core/sock.o] Error 1\n",
     "net/core/sock.c:12:3: error: 'foo' undeclared (first use in this function)"},
    {"half a colour, a title of the terminal, a tab", "a.c:1:1: error: \033]0;x\a\tb \033[01;",
     "a.c:1:1: error: ?]0;x? b ?[01;"},
    {"missing header",
     "init/main.c:5:10: fatal error: linux/nothing.h: No such file or directory\n",
     "init/main.c:5:10: fatal error: linux/nothing.h: No such file or directory"},
    {"make speaks first", "make[1]: *** [Makefile:1852: net] Error 2\nnet/a.c:1:1: error: x\n",
     "net/a.c:1:1: error: x"},
    {"only make speaks",
     "  CC      a.o\nmake[2]: *** [../Makefile:5: a.o] Error 1\nmake: *** [Makefile:219: all] "
     "Error 2\n",
     "make[2]: *** [../Makefile:5: a.o] Error 1"},
    {"no rule",
     "make[2]: *** No rule to make target 'net/x.o', needed by 'net/built-in.a'.  Stop.\n"
     "make[1]: *** [Makefile:1852: net] Error 2\n",
     "make[2]: *** No rule to make target 'net/x.o', needed by 'net/built-in.a'.  Stop."},
    {"Debian's keys",
     "make[3]: *** No rule to make target 'debian/certs/debian-uefi-certs.pem', needed by "
     "'certs/x509_certificate_list'.  Stop.\n",
     "make[3]: *** No rule to make target 'debian/certs/debian-uefi-certs.pem', needed by "
     "'certs/x509_certificate_list'.  Stop."},
    {"undefined reference",
     "  LD      .tmp_vmlinux.kallsyms1\n"
     "ld: vmlinux.o: in function `tls_data_ready':\n"
     "tls_sw.c:(.text+0x1a): undefined reference to `sk_psock_get'\n"
     "make[1]: *** [../scripts/Makefile.vmlinux:34: vmlinux] Error 1\n",
     "tls_sw.c:(.text+0x1a): undefined reference to `sk_psock_get'"},
    {"GNU ld",
     "ld: warning: a.o: missing .note.GNU-stack section implies executable stack\n"
     "ld: NOTE: This behaviour is deprecated\n"
     "ld: net/built-in.a: member a.o in archive is not an object\n",
     "ld: net/built-in.a: member a.o in archive is not an object"},
    {"lld", "ld.lld: error: undefined symbol: foo\n>>> referenced by a.c\n",
     "ld.lld: error: undefined symbol: foo"},
    {"prefixed ld", "x86_64-linux-gnu-ld: final link failed: bad value\n",
     "x86_64-linux-gnu-ld: final link failed: bad value"},
    {"assembler",
     "../arch/x86/entry/entry_64.S: Assembler messages:\n"
     "../arch/x86/entry/entry_64.S:12: Error: no such instruction: `endbr'\n",
     "arch/x86/entry/entry_64.S:12: Error: no such instruction: `endbr'"},
    {"inline assembly", "{standard input}:12: Error: operand size mismatch for `mov'\n",
     "{standard input}:12: Error: operand size mismatch for `mov'"},
    {"internal compiler error",
     "during RTL pass: expand\n../mm/slab.c:7:1: internal compiler error: in expand_expr\n"
     "Please submit a full bug report\n",
     "mm/slab.c:7:1: internal compiler error: in expand_expr"},
    {"Kconfig",
     "net/Kconfig:3: syntax error\nnet/Kconfig:3: invalid statement\n"
     "make[2]: *** [../scripts/kconfig/Makefile:77: olddefconfig] Error 1\n",
     "net/Kconfig:3: syntax error"},
    {"Kconfig unknown", "drivers/Kconfig:9: unknown statement \"configs\"\n",
     "drivers/Kconfig:9: unknown statement \"configs\""},
    {"Kconfig file", "net/Kconfig:77: can't open file \"net/smc/Kconfig\"\n",
     "net/Kconfig:77: can't open file \"net/smc/Kconfig\""},
    {"Kconfig overrides are no errors",
     ".config:1280:warning: override: reassigning to symbol 64BIT\n#\n# configuration written\n",
     "# configuration written"},
    {"modpost",
     "WARNING: modpost: missing MODULE_LICENSE() in a.o\n"
     "ERROR: modpost: \"foo\" [net/a.ko] undefined!\n",
     "ERROR: modpost: \"foo\" [net/a.ko] undefined!"},
    {"objtool", "vmlinux.o: error: objtool: can't find jump dest\n",
     "vmlinux.o: error: objtool: can't find jump dest"},
    {"BTF", "FAILED: load BTF from vmlinux: Invalid argument\n",
     "FAILED: load BTF from vmlinux: Invalid argument"},
    {"script", "***\n*** Compiler is too old.\n***   Your GCC version:    4.6.0\n",
     "*** Compiler is too old."},
    {"makefile", "../Makefile:12: *** missing separator.  Stop.\n",
     "Makefile:12: *** missing separator.  Stop."},
    {"old host tool",
     "/bin/sh: 1: bc: not found\nmake[2]: *** [../Kbuild:21: timeconst.h] Error 127\n",
     "/bin/sh: 1: bc: not found"},
    {"compiler killed",
     "../a.c:1:1: error: x\ngcc: fatal error: Killed signal terminated program cc1\n",
     "gcc: fatal error: Killed signal terminated program cc1", LOG_FAULT_KILLED},
    {"compiler killed, before gcc 8", "gcc: internal compiler error: Killed (program cc1)\n",
     "gcc: internal compiler error: Killed (program cc1)", LOG_FAULT_KILLED},
    {"clang's compiler killed", "clang: error: unable to execute command: Killed\n",
     "clang: error: unable to execute command: Killed", LOG_FAULT_KILLED},
    {"linker killed", "collect2: fatal error: ld terminated with signal 9 [Killed]\n",
     "collect2: fatal error: ld terminated with signal 9 [Killed]", LOG_FAULT_KILLED},
    {"bash's view of a kill", "/bin/sh: line 1:   123 Killed                  objtool x.o\n",
     "/bin/sh: line 1:   123 Killed                  objtool x.o", LOG_FAULT_KILLED},
    {"make's view of a kill", "make[1]: *** [../Makefile:9: a.o] Killed\n",
     "make[1]: *** [../Makefile:9: a.o] Killed", LOG_FAULT_KILLED},
    {"compiler told to end", "gcc: fatal error: Terminated signal terminated program cc1\n",
     "gcc: fatal error: Terminated signal terminated program cc1", LOG_FAULT_MACHINE},
    {"make's view of that", "make[1]: *** [../Makefile:9: a.o] Terminated\n",
     "make[1]: *** [../Makefile:9: a.o] Terminated", LOG_FAULT_MACHINE},
    {"a file without end", "make[1]: *** [../Makefile:9: a.o] File size limit exceeded\n",
     "make[1]: *** [../Makefile:9: a.o] File size limit exceeded", LOG_FAULT_SIZE},
    {"the same in a program's words", "cat: write error: File too large\n",
     "cat: write error: File too large", LOG_FAULT_SIZE},
    {"out of memory", "cc1: out of memory allocating 65536 bytes after a total of 1 bytes\n",
     "cc1: out of memory allocating 65536 bytes after a total of 1 bytes", LOG_FAULT_MEMORY},
    {"disk full",
     "../a.c:1:1: error: cannot go on\n"
     "../a.c:1:1: fatal error: error writing to /tmp/x.s: No space left on device\n",
     "a.c:1:1: fatal error: error writing to /tmp/x.s: No space left on device", LOG_FAULT_MACHINE},
    {"too many processes", "make: vfork: Resource temporarily unavailable\n",
     "make: vfork: Resource temporarily unavailable", LOG_FAULT_MACHINE},
    {"sandbox", "bwrap: Can't bind mount /a: No such file or directory\n",
     "bwrap: Can't bind mount /a: No such file or directory", LOG_FAULT_MACHINE},
    {"ccache", "ccache: error: Failed to create directory /home/x: Permission denied\n",
     "ccache: error: Failed to create directory /home/x: Permission denied", LOG_FAULT_MACHINE},
    {"python",
     "Traceback (most recent call last):\nOSError: [Errno 28] No space left on device: 'x'\n",
     "OSError: [Errno 28] No space left on device: 'x'", LOG_FAULT_MACHINE},
    {"perl", "Can't close x.h: No space left on device at ../scripts/x.pl line 3.\n",
     "Can't close x.h: No space left on device at ../scripts/x.pl line 3.", LOG_FAULT_MACHINE},
    {"linker's disk", "ld: final link failed: No space left on device\n",
     "ld: final link failed: No space left on device", LOG_FAULT_MACHINE},
    {"assembler's memory", "{standard input}: Fatal error: virtual memory exhausted\n",
     "{standard input}: Fatal error: virtual memory exhausted", LOG_FAULT_MEMORY},
    {"LLVM's memory", "LLVM ERROR: out of memory\nAllocation failed\n", "LLVM ERROR: out of memory",
     LOG_FAULT_MEMORY},
    {"fork", "make[2]: vfork: Cannot allocate memory\n", "make[2]: vfork: Cannot allocate memory",
     LOG_FAULT_MEMORY},
    /* What gcc quotes is the source's, be the message an error or a mere warning. */
    {"quoted source",
     "../a.c: In function 'f':\n"
     "../a.c:45:9: warning: too many arguments for format [-Wformat-extra-args]\n"
     "   45 |         dev_err(dev, \"x: out of memory\\n\");\n"
     "      |         ^~~~~~~ \"No space left on device\"\n"
     "12345 | pr_err(\"x: Cannot allocate memory: error: no more\\n\");\n"
     "  +++ |+#include <cc: Too many open files>\n"
     "../a.c:45:9: note: in gcc: out of memory\n"
     "../b.c:1:1: error: x\n",
     "b.c:1:1: error: x"},
    /* Before version 9 without a margin; clang still does. */
    {"quoted source without a margin",
     "../a.c:45:9: warning: unused variable 'a' [-Wunused-variable]\n"
     " err: cc: out of memory\n"
     "\tcc: No space left on device\n"
     "         ^~~~~~~\n"
     "../a.c:46:9: warning: \"make: *** [x] Killed\" is not used\n"
     "../b.c:1:1: error: x\n",
     "b.c:1:1: error: x"},
    {"quoted message", "../a.c:1:1: error: expected ')' before \"x: out of memory\"\n",
     "a.c:1:1: error: expected ')' before \"x: out of memory\""},
    {"a name that says so", "  CC      drivers/out of memory.o\n",
     "CC      drivers/out of memory.o"},
    {"colours", "\x1b[1m../a.c:1:1:\x1b[m \x1b[31merror: \x1b[mx\r\n", "a.c:1:1: error: x"},
    {"names with error",
     "  CC      lib/errname.o\n  CC      drivers/error:.o\nmake: *** [a] Error 2\n",
     "make: *** [a] Error 2"},
    {"a file that is called so", "  HOSTCC  killed: not found.o\n", "HOSTCC  killed: not found.o"},
    {"nothing", "", "no output"},
    {"blank", "\n \n", "no output"},
    {"bytes", "a.c:1:1: error: \xff\xfe\n", "a.c:1:1: error: \xef\xbf\xbd\xef\xbf\xbd"},
};

static void test_case(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    LogFault fault;
    g_autofree char *got = build_log_first_error(cases[i].log, &fault);

    g_assert_cmpstr(got, ==, cases[i].want);
    g_assert_cmpint(fault, ==, cases[i].fault);
}

static void test_long_line(void)
{
    g_autoptr(GString) log = g_string_new("a.c:1:1: error: ");
    LogFault fault;
    g_autofree char *got = NULL;

    for (guint i = 0; i < 1000; i++) {
        g_string_append(log, "ä");
    }
    got = build_log_first_error(log->str, &fault);
    g_assert_true(g_utf8_validate(got, -1, NULL));
    g_assert_cmpuint(strlen(got), <=, 300);
    g_assert_true(g_str_has_prefix(got, "a.c:1:1: error: ää"));
}

static void test_may_be_stale(void)
{
    static const char *const no[] = {
        "net/core/sock.c:12:3: error: 'foo' undeclared (first use in this function)",
        "init/main.c:5:10: fatal error: linux/nothing.h: No such file or directory",
        "arch/x86/entry/entry_64.S:12: Error: no such instruction: `x'",
        "drivers/iio/common/Kconfig:8: can't open file \"drivers/iio/Kconfig\"",
    };
    static const char *const may[] = {
        "include/generated/asm-offsets.h:5:9: error: expected ';' before 'x'",
        "./arch/x86/include/generated/asm/x.h:1:1: error: x",
        "make[2]: *** No rule to make target 'net/x.o', needed by 'net/built-in.a'.  Stop.",
        "ld: net/core/sock.o: in function `f': sock.c:(.text+0x1): undefined reference to `g'",
        "net/core/sock.c:12: undefined reference to `g'",
        "net/core/sock.o: warning: objtool: elf_init: error",
        "ERROR: modpost: \"foo\" [net/smc/smc.ko] undefined!",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(no); i++) {
        g_assert_false(build_log_may_be_stale(no[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(may); i++) {
        g_assert_true(build_log_may_be_stale(may[i]));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strconcat("/build-log/", cases[i].name, NULL);

        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_case);
    }
    g_test_add_func("/build-log/long-line", test_long_line);
    g_test_add_func("/build-log/may-be-stale", test_may_be_stale);
    return g_test_run();
}
