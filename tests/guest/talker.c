/* SPDX-License-Identifier: Apache-2.0
 * A QEMU whose guest only talks, as fast as it can: more than any real one comes to in a test. Run
 * in QEMU's place; TALK says what, item by item with '|' between:
 *
 *     c TEXT, p TEXT      a line on the console, on the protocol's port
 *     C MIB, P MIB        so much of lines there
 *     L MIB, Z MIB        so much on the console, then as much on the protocol's port: of one line
 *                         without an end; of NUL bytes
 *     w                   wait for a line on the protocol's port
 *
 * Then it says nothing, until it is killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONSOLE  3
#define PROTOCOL 4

static void write_all(int fd, const char *bytes, size_t n_bytes)
{
    while (n_bytes) {
        ssize_t n = write(fd, bytes, n_bytes);

        if (n <= 0) {
            exit(1);
        }
        bytes += n;
        n_bytes -= (size_t)n;
    }
}

/* @piece again and again. */
static void pour(int fd, const char *piece, size_t n_piece, const char *mib)
{
    size_t n_left = strtoul(mib, NULL, 10) << 20, n_bytes = 0;
    static char bytes[1 << 16];

    while (n_bytes + n_piece <= sizeof bytes) {
        memcpy(bytes + n_bytes, piece, n_piece);
        n_bytes += n_piece;
    }
    for (; n_left; n_left -= n_left < n_bytes ? n_left : n_bytes) {
        write_all(fd, bytes, n_bytes);
    }
}

static void pour_both(char byte, const char *mib)
{
    pour(CONSOLE, &byte, 1, mib);
    pour(PROTOCOL, &byte, 1, mib);
}

static void say(int fd, const char *text)
{
    write_all(fd, text, strlen(text));
    write_all(fd, "\n", 1);
}

static void hear(void)
{
    char byte = 0;

    while (byte != '\n' && read(PROTOCOL, &byte, 1) == 1) {
    }
}

int main(void)
{
    static const char log[] = "[    9.123456] eth0: the link is up, and down, and up again\n";
    static const char words[] = "tick\nout of nothing comes nothing\ncall 1 - 0 1\n";
    const char *talk = getenv("TALK");

    for (char *item = strtok(strdup(talk ? talk : ""), "|"); item; item = strtok(NULL, "|")) {
        const char *rest = item[1] ? item + 2 : "";

        switch (*item) {
        case 'c':
            say(CONSOLE, rest);
            break;
        case 'p':
            say(PROTOCOL, rest);
            break;
        case 'C':
            pour(CONSOLE, log, strlen(log), rest);
            break;
        case 'P':
            pour(PROTOCOL, words, strlen(words), rest);
            break;
        case 'L':
            pour_both('x', rest);
            break;
        case 'Z':
            pour_both('\0', rest);
            break;
        case 'w':
            hear();
            break;
        default:
            fprintf(stderr, "talker: what is '%s'?\n", item);
            return 1;
        }
    }
    pause();
    return 0;
}
