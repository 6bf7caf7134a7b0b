/* SPDX-License-Identifier: Apache-2.0
 *
 * Reproducer of a real bug of Linux 6.1 (CVE-2026-53111), fixed between Debian's 6.1.170
 * and 6.1.176 by this commit of Linux:
 *
 *   bpf: test_run: Fix the null pointer dereference issue in bpf_lwt_xmit_push_encap
 *
 * A program of type LWT_XMIT runs where a packet leaves by a route, so its helpers take the route
 * of the packet for granted. BPF_PROG_TEST_RUN runs it on a made-up packet, which had no route:
 * asked for room for an outer header, bpf_lwt_push_ip_encap() read the device of a NULL route.
 *
 * So: load a program that does nothing but put an IPv4 header before the packet, and test-run it.
 * One run is enough; nothing depends on time or chance.
 *
 * Exit status: 0 when the program ran, 125 when the kernel has no such programs, which tells
 * firstbad that nothing was tried; 1 when something else went wrong.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_WRONG      1
#define EXIT_NO_FEATURE 125

/* Where the program keeps the outer header: 20 bytes, in three words of its stack. */
#define OUTER_SIZE (sizeof(struct iphdr))
#define OUTER      (-24)
/* Its first byte: version 4, a header of five words. x86 stores the lowest byte of a word first. */
#define IPV4 0x45

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* lwt_push_encap(packet, BPF_LWT_ENCAP_IP, outer header, its size): a file descriptor, or -1. The
 * packet is in R1 already. */
static int load_program(void)
{
    struct bpf_insn program[] = {
        {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = OUTER, .imm = IPV4},
        {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = OUTER + 8, .imm = 0},
        {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = OUTER + 16, .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = BPF_LWT_ENCAP_IP},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_3, .imm = OUTER},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4, .imm = OUTER_SIZE},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_lwt_push_encap},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = BPF_OK},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attr = {
        .prog_type = BPF_PROG_TYPE_LWT_XMIT,
        .insns = (uintptr_t)program,
        .insn_cnt = sizeof(program) / sizeof(program[0]),
        .license = (uintptr_t) "",
    };

    return bpf(BPF_PROG_LOAD, &attr);
}

int main(void)
{
    struct {
        struct ethhdr link;
        struct iphdr ip;
        char data[64];
    } __attribute__((packed)) packet = {
        .link.h_proto = htons(ETH_P_IP),
        .ip = {.version = 4,
               .ihl = 5,
               .ttl = 64,
               .tot_len = htons(sizeof(packet) - sizeof(packet.link))},
    };
    union bpf_attr attr = {0};
    int fd = load_program();

    if (fd < 0) {
        perror("BPF_PROG_LOAD");
        return EXIT_NO_FEATURE;
    }
    attr.test.prog_fd = fd;
    attr.test.data_in = (uintptr_t)&packet;
    attr.test.data_size_in = sizeof(packet);
    if (bpf(BPF_PROG_TEST_RUN, &attr) < 0) {
        perror("BPF_PROG_TEST_RUN");
        return EXIT_WRONG;
    }
    return 0;
}
