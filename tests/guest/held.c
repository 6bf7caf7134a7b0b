/* SPDX-License-Identifier: Apache-2.0
 * A program to be held (test-hold.c): it says "early" before main(), then what a tracer leaves
 * behind there, and ends with 7.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_hangup(int number)
{
}

__attribute__((constructor)) static void before(void)
{
    if (write(STDOUT_FILENO, "early\n", 6) != 6) {
        _exit(1);
    }
    /* A signal on the way is the program's own. */
    signal(SIGHUP, on_hangup);
    raise(SIGHUP);
}

int main(void)
{
    unsigned char first = *(const volatile unsigned char *)main;
    char line[128];
    FILE *status = fopen("/proc/self/status", "re");

    if (first == 0xcc) {
        puts("a breakpoint");
    }
    while (status && fgets(line, sizeof line, status)) {
        if (strncmp(line, "TracerPid:", 10) == 0) {
            fputs(line, stdout);
        }
    }
    return 7;
}
