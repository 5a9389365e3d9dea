/*
 * What a dying guest hands to libexec/dragoman/fault-report: one plain block of fixed size, in a memory file.
 *
 * The engine writes it (process/fault.c), the tool reads it (cli/fault-report). Only fixed-width fields and no
 * pointers into either; the tool refuses a block whose magic, version or size it does not know, and trusts no
 * string in it to be terminated.
 */
#ifndef PROCESS_FAULT_FACTS_H
#define PROCESS_FAULT_FACTS_H

#include <stdint.h>

#define FAULT_FACTS_MAGIC   0x544c554146475244ULL /* "DRGFAULT" */
#define FAULT_FACTS_VERSION 1u

#define FAULT_CALLS    16   /* last calls kept */
#define FAULT_NAME_MAX 32   /* a call's or the personality's name, terminating zero included */
#define FAULT_PATH_MAX 1024 /* FreeBSD's PATH_MAX, terminating zero included */

/* fault_facts.flags */
#define FAULT_TO_STDERR   0x1u /* write the report to descriptor 2 */
#define FAULT_ONLY_TO_TTY 0x2u /* ... provided it still is a terminal: the guest may have pointed it elsewhere */
#define FAULT_HAS_ADDRESS 0x4u /* `address` is an address the processor refused */
#define FAULT_CODE32      0x8u /* the guest is 32-bit code: of the registers the low halves of the first eight count */

/* fault_fact_call.state */
enum fault_call_state { FAULT_CALL_NONE = 0, FAULT_CALL_RETURNED, FAULT_CALL_RUNNING };

struct fault_fact_call {
    uint64_t args[6];
    int64_t result;  /* what the guest got; a failed call: minus the guest's errno */
    uint32_t number; /* the guest's call number */
    uint16_t state;  /* enum fault_call_state */
    uint16_t nargs;  /* how many of `args` the call has; more than 6: all */
    char name[FAULT_NAME_MAX];
};

/*
 * The general registers, in the order of struct cpu_context (base/cpu_context.h):
 * r8 .. r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags.
 */
#define FAULT_REGISTERS 18

struct fault_facts {
    uint64_t magic;
    uint32_t version;
    uint32_t size; /* sizeof(struct fault_facts) of the writer */

    int32_t pid;       /* host pid, which is the guest's */
    int32_t tid;       /* host thread id */
    int32_t guest_tid; /* as the guest's kernel would number it */
    uint32_t flags;    /* FAULT_* */

    int32_t signo; /* guest number */
    int32_t code;  /* guest si_code */
    uint64_t address;
    uint32_t trapno;     /* in the guest's numbering; 0 where unknown */
    uint32_t error_code; /* the processor's */

    uint64_t registers[FAULT_REGISTERS];
    uint64_t fs_base;      /* of 32-bit code: GS's */
    uint64_t sigcode;      /* the guest's signal trampoline; 0: none */
    uint64_t sigcode_size; /* bytes */

    uint32_t call_count; /* filled entries of `calls`, oldest first */
    uint32_t reserved;
    struct fault_fact_call calls[FAULT_CALLS];

    char personality[FAULT_NAME_MAX]; /* "freebsd" */
    char program[FAULT_PATH_MAX];     /* absolute path */
    char report_dir[FAULT_PATH_MAX];  /* where fault.PID.txt goes; "": nowhere */
};

_Static_assert(sizeof(struct fault_fact_call) == 96, "no padding");
_Static_assert(sizeof(struct fault_facts) == 232 + 16 * 96 + 32 + 2 * 1024, "no padding");

#endif
