/*
 * The hand-over: what survives a guest's exec, from the old engine image to the new one.
 *
 * It travels in a sealed memfd whose number stands in the new image's host environment (which no guest ever
 * sees) as DRAGOMAN_HANDOVER=N. The new image checks magic, version and every length before it believes it.
 *
 *     struct handover     then `strings_size` bytes: path, argc arguments, envc variables, each with its NUL;
 *                         then `credentials_size` bytes: struct credentials, as much as is used
 */
#ifndef PROCESS_HANDOVER_H
#define PROCESS_HANDOVER_H

#include <stdint.h>

#include "base/settings.h"
#include "base/signal_types.h"

#define HANDOVER_VARIABLE "DRAGOMAN_HANDOVER"
/* Another such variable: the image starts inside of an isolated world (cli/inside.c): "DESCRIPTOR:TABLE:TRACE:REPORT:USER:GROUP:WORLD". */
#define INSIDE_VARIABLE  "DRAGOMAN_INSIDE"
#define HANDOVER_MAGIC   0x72657661646e6148ULL /* "Handaver" */
#define HANDOVER_VERSION 5u

#define HANDOVER_PERSONALITY 256 /* bytes that are the personality's own */

struct handover {
    uint64_t magic;
    uint32_t version, size; /* sizeof(struct handover) */
    uint32_t argc, envc;
    uint64_t strings_size;
    uint64_t credentials_size; /* 0: none are kept */
    struct signal_set mask;    /* numbers of the old image's system */
    struct signal_set ignored; /* signals that stay ignored, likewise */
    struct settings settings;
    uint8_t personality[HANDOVER_PERSONALITY]; /* personality.hand_over and take_over */
    uint64_t table_start; /* struct process has both: what the process table needs not ask for again */
    int32_t table_slot;
    int32_t closes; /* a descriptor that names the program, and is closed when that is read; -1: none */
    char from[16];  /* the old image's personality */
    uint8_t reserved[32];
};

#endif
