/* FreeBSD programs before their first instruction: which files they are, and what stands on their stack. */
#ifndef SYSCALLS_FREEBSD_PROGRAM_H
#define SYSCALLS_FREEBSD_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

struct elf_identity;
struct stack_request;
struct stack_result;

/* sys/sys/syslimits.h: bytes of argument and environment strings together, NULs included. */
#define FREEBSD_ARG_MAX (512u << 10)

/* sys/sys/elf_common.h: types of the auxiliary vector's entries. */
enum {
    FREEBSD_AT_NULL = 0,
    FREEBSD_AT_PHDR = 3,
    FREEBSD_AT_PHENT = 4,
    FREEBSD_AT_PHNUM = 5,
    FREEBSD_AT_PAGESZ = 6,
    FREEBSD_AT_BASE = 7,
    FREEBSD_AT_FLAGS = 8,
    FREEBSD_AT_ENTRY = 9,
    FREEBSD_AT_EXECPATH = 15,
    FREEBSD_AT_CANARY = 16,
    FREEBSD_AT_CANARYLEN = 17,
    FREEBSD_AT_OSRELDATE = 18,
    FREEBSD_AT_NCPUS = 19,
    FREEBSD_AT_PAGESIZES = 20,
    FREEBSD_AT_PAGESIZESLEN = 21,
    FREEBSD_AT_TIMEKEEP = 22,
    FREEBSD_AT_STACKPROT = 23,
    FREEBSD_AT_EHDRFLAGS = 24,
    FREEBSD_AT_BSDFLAGS = 27,
    FREEBSD_ELF_BSDF_SIGFASTBLK = 1, /* its only bit: the kernel knows sigfastblock(2) */
    FREEBSD_AT_ARGC = 28,
    FREEBSD_AT_ARGV = 29,
    FREEBSD_AT_ENVC = 30,
    FREEBSD_AT_ENVV = 31,
    FREEBSD_AT_PS_STRINGS = 32,
    FREEBSD_AT_USRSTACKBASE = 35,
    FREEBSD_AT_USRSTACKLIM = 36,
    FREEBSD_AT_COUNT = 37, /* entries that the kernel sets aside */
};

struct freebsd_auxinfo {
    uint64_t type;
    uint64_t value;
};

/* sys/sys/exec.h: where ps(1) and setproctitle(3) find the vectors; at the very top of the stack. */
struct freebsd_ps_strings {
    uint64_t argvstr;
    uint32_t nargvstr;
    uint32_t pad1;
    uint64_t envstr;
    uint32_t nenvstr;
    uint32_t pad2;
};

_Static_assert(sizeof(struct freebsd_auxinfo) == 16, "Elf64_Auxinfo");
_Static_assert(sizeof(struct freebsd_ps_strings) == 32, "struct ps_strings of LP64");

/*
 * Whether FreeBSD/amd64's kernel would run the file: personality.recognise. The order of questions is that of
 * get_brandinfo() in sys/kern/imgact_elf.c: ABI note, EI_OSABI or the old brand string, interpreter.
 */
bool freebsd_recognise(const struct elf_identity *id);

/*
 * Lays out strings, vectors and auxiliary vector as FreeBSD 14 leaves them for a program's first instruction:
 * personality.build_stack. result->arg goes to rdi, result->sp to rsp.
 * Returns 0; -E2BIG: the strings exceed FREEBSD_ARG_MAX, or nothing of the window would be left.
 */
int freebsd_build_stack(const struct stack_request *rq, struct stack_result *out);

#endif
