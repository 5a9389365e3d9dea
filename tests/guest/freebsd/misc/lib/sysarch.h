/* sysarch(2): machine/sysarch.h. FS and GS of the amd64 are in abi.h. */
#ifndef GUEST_MISC_SYSARCH_H
#define GUEST_MISC_SYSARCH_H

#include <stdint.h>

enum {
    FREEBSD_I386_GET_LDT = 0,
    FREEBSD_I386_SET_LDT = 1,
    FREEBSD_I386_GET_IOPERM = 3,
    FREEBSD_I386_SET_IOPERM = 4,
    FREEBSD_I386_GET_FSBASE = 7,
    FREEBSD_I386_SET_FSBASE = 8,
    FREEBSD_I386_GET_GSBASE = 9,
    FREEBSD_I386_SET_GSBASE = 10,
    FREEBSD_AMD64_GET_XFPUSTATE = 132,
    FREEBSD_AMD64_SET_PKRU = 133,
    FREEBSD_AMD64_CLEAR_PKRU = 134,
    FREEBSD_AMD64_GET_TLSBASE = 135,
    FREEBSD_AMD64_SET_TLSBASE = 136,
};

struct freebsd_ldt {
    uint32_t start, pad;
    void *descs;
    uint32_t num, pad2;
};
_Static_assert(sizeof(struct freebsd_ldt) == 24, "struct i386_ldt_args");

struct freebsd_ioperm {
    uint32_t start, length;
    int32_t enable;
};
_Static_assert(sizeof(struct freebsd_ioperm) == 12, "struct i386_ioperm_args");

struct freebsd_xfpustate {
    void *address;
    int32_t length, pad;
};

struct freebsd_pkru {
    uint64_t addr, len;
    uint32_t keyidx;
    int32_t flags;
};
_Static_assert(sizeof(struct freebsd_pkru) == 24, "struct amd64_set_pkru");

#endif
