/* SPDX-License-Identifier: Apache-2.0
 *
 * Reproducer of the demo: "WARNING: refcount bug in sk_psock_get".
 *
 * An SMC socket that falls back to TCP leaves a pointer to itself in sk_user_data of its internal
 * TCP socket. When that TCP socket then becomes a TLS receiver, tls_data_ready() takes the pointer
 * for a struct sk_psock and increments a "refcount" that is a field of a struct smc_sock.
 *
 * So: fall back (MSG_FASTOPEN, which SMC does not have) while connecting the socket to itself over
 * loopback, make it a TLS receiver, and shut its sending side down. Its own FIN is the data that is
 * ready. One round is enough when the kernel has the bug; more rounds cost next to nothing.
 *
 * Exit status: 0 when all rounds were made, 125 when the kernel has no SMC or TLS, which tells
 * firstbad that nothing was tried; 1 when something else went wrong.
 */
#include <arpa/inet.h>
#include <linux/tls.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef AF_SMC
#define AF_SMC 43
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define N_ROUNDS        20
#define EXIT_WRONG      1
#define EXIT_NO_FEATURE 125

static bool bring_loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool up;

    if (fd < 0) {
        perror("socket(AF_INET)");
        return false;
    }
    up = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP;
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (!up) {
        perror("lo");
    }
    close(fd);
    return up;
}

/* Bind @fd to a free port and connect it to itself with the SYN that falls back to TCP. */
static bool connect_to_itself(int fd)
{
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(self);

    if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0 ||
        getsockname(fd, (struct sockaddr *)&self, &size) < 0) {
        perror("bind");
        return false;
    }
    if (sendto(fd, "", 0, MSG_FASTOPEN, (struct sockaddr *)&self, sizeof(self)) < 0) {
        perror("sendto(MSG_FASTOPEN)");
        return false;
    }
    return true;
}

/* The socket becomes a TLS receiver: an exit status. */
static int receive_tls(int fd)
{
    struct tls12_crypto_info_aes_gcm_128 keys = {
        .info = {.version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128},
    };

    if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0) {
        perror("TCP_ULP tls");
        return EXIT_NO_FEATURE;
    }
    if (setsockopt(fd, SOL_TLS, TLS_RX, &keys, sizeof(keys)) < 0) {
        perror("TLS_RX");
        return EXIT_WRONG;
    }
    return 0;
}

int main(void)
{
    if (!bring_loopback_up()) {
        return EXIT_WRONG;
    }
    for (int i = 0; i < N_ROUNDS; i++) {
        int fd = socket(AF_SMC, SOCK_STREAM, 0);

        if (fd < 0) {
            perror("socket(AF_SMC)");
            return EXIT_NO_FEATURE;
        }
        int status = connect_to_itself(fd) ? receive_tls(fd) : EXIT_WRONG;
        if (status != 0) {
            return status;
        }
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    return 0;
}
