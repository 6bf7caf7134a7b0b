/* SPDX-License-Identifier: Apache-2.0
 * What of a system call's arguments makes it a thing of its own: socket(AF_SMC) may be missing
 * where socket(AF_INET) works. One table for both sides: PID 1 reads the arguments by it, the host
 * names them. Only what is the same in each run of a program belongs here: commands, families,
 * types, paths of devices; no descriptors, sizes, addresses or ids.
 */
#pragma once

#include <stdint.h>

/* How an argument is read. What is in memory may be unreadable: then it is left out. */
typedef enum ShapeRead {
    READ_NOTHING,
    READ_VALUE,  /* the argument, masked */
    READ_U16,    /* it points to a number */
    READ_U32,    /* ... */
    READ_BPF,    /* the same, where the command in argument 0 makes it a type */
    READ_STRING, /* it points to a string */
    READ_PATH,   /* the same, if it begins with /dev/, /proc/ or /sys/: other paths differ by run */
} ShapeRead;

/* What the number means, for people. */
typedef enum ShapeSense {
    SENSE_NUMBER,
    SENSE_HEX,
    SENSE_FAMILY,  /* AF_ */
    SENSE_TYPE,    /* SOCK_ */
    SENSE_LEVEL,   /* SOL_ */
    SENSE_OPTION,  /* of the level before it */
    SENSE_NETLINK, /* the protocol, where the family is AF_NETLINK */
    SENSE_BPF,     /* command */
    SENSE_BPF_TYPE,
    SENSE_NAMESPACES, /* CLONE_NEW... */
    SENSE_KEYCTL,
    SENSE_PRCTL,
    SENSE_FCNTL,
    SENSE_FUTEX,
    SENSE_URING,
    SENSE_PTRACE,
} ShapeSense;

#define SHAPE_ITEMS 3

typedef struct ShapeItem {
    uint8_t read; /* ShapeRead */
    uint8_t argument;
    uint8_t sense;     /* ShapeSense */
    uint8_t optional;  /* left out when it is 0 */
    uint32_t but_bits; /* bits that do not count */
} ShapeItem;

typedef struct Shape {
    ShapeItem items[SHAPE_ITEMS];
    int unknown; /* errno for a command, type or name that the kernel does not know; 0: none */
} Shape;

/* NULL when calls of this number are all alike. Numbers are those of x86-64. */
const Shape *shape_of(uint32_t number);
