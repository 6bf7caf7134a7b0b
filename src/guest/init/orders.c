/* SPDX-License-Identifier: Apache-2.0 */
#include "orders.h"

#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "port.h"
#include "words.h"

/* Linux 4.14 and later; the headers of the build machine may be older. */
#ifndef RNDRESEEDCRNG
#define RNDRESEEDCRNG _IO('R', 0x07)
#endif

#define LINE_MAX_BYTES 512

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void parse_seed(const char *text, Orders *orders)
{
    size_t n = 0;

    while (n < SEED_BYTES) {
        int high = hex_digit(text[2 * n]);
        int low = high < 0 ? -1 : hex_digit(text[2 * n + 1]);

        if (low < 0) {
            break;
        }
        orders->seed[n++] = (unsigned char)(high << 4 | low);
    }
    orders->n_seed = n;
}

static bool starts(const char *word, const char *name, const char **ret_value)
{
    size_t n = strlen(name);

    *ret_value = word + n;
    return strncmp(word, name, n) == 0;
}

static void take_word(const char *word, Orders *orders)
{
    const char *value;

    if (starts(word, ORDER_RUNS, &value)) {
        orders->n_runs = (unsigned)strtoul(value, NULL, 10);
    } else if (starts(word, ORDER_TIME_MS, &value)) {
        orders->time_ms = (unsigned)strtoul(value, NULL, 10);
    } else if (starts(word, ORDER_SETTLE_MS, &value)) {
        orders->settle_ms = (unsigned)strtoul(value, NULL, 10);
    } else if (starts(word, ORDER_TRACE, &value)) {
        orders->traced_run = (unsigned)strtoul(value, NULL, 10);
    } else if (starts(word, ORDER_PANIC_ON_WARN, &value)) {
        orders->panic_on_warn = *value == '1';
    } else if (starts(word, ORDER_CLOCK_MS, &value)) {
        orders->clock_ms = strtoll(value, NULL, 10);
    } else if (starts(word, ORDER_SEED, &value)) {
        parse_seed(value, orders);
    }
}

bool orders_parse(const char *line, Orders *ret_orders)
{
    if (strncmp(line, WORD_GO, strlen(WORD_GO)) != 0) {
        return false;
    }
    *ret_orders = (Orders){.n_runs = 1, .time_ms = 10000};
    for (const char *word = line + strlen(WORD_GO); *word;
         word += strcspn(word, " "), word += strspn(word, " ")) {
        take_word(word, ret_orders);
    }
    return true;
}

void orders_wait(int port, Orders *ret_orders)
{
    char line[LINE_MAX_BYTES + 1] = "";
    size_t n_line = 0;

    for (;;) {
        struct pollfd poll_fd = {.fd = port, .events = POLLIN};
        char bytes[128];

        if (poll(&poll_fd, 1, TICK_MS) <= 0) {
            say(port, WORD_TICK);
            continue;
        }
        ssize_t n = read(port, bytes, sizeof bytes);
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] == '\n') {
                line[n_line] = '\0';
                n_line = 0;
                if (orders_parse(line, ret_orders)) {
                    return;
                }
            } else if (n_line < LINE_MAX_BYTES) {
                line[n_line++] = bytes[i];
            }
        }
    }
}

static void stir(int random, const unsigned char *seed, size_t n_seed)
{
    /* struct rand_pool_info, whose buffer has no length of its own. */
    struct {
        int n_bits, n_bytes;
        unsigned char bytes[SEED_BYTES];
    } entropy = {.n_bits = (int)n_seed * 8, .n_bytes = (int)n_seed};

    memcpy(entropy.bytes, seed, n_seed);
    if (ioctl(random, RNDADDENTROPY, &entropy)) {
        write_all(random, (const char *)seed, n_seed);
    }
    ioctl(random, RNDRESEEDCRNG);
}

void orders_take_effect(const Orders *orders, int random)
{
    struct timespec now = {.tv_sec = orders->clock_ms / 1000,
                           .tv_nsec = orders->clock_ms % 1000 * 1000000};

    if (orders->clock_ms > 0) {
        clock_settime(CLOCK_REALTIME, &now);
    }
    if (orders->n_seed && random >= 0) {
        stir(random, orders->seed, orders->n_seed);
    }
}
