/*
 * sysarch(2): segment bases, extended state, and what the i386 heritage leaves. Semantics: sys/amd64/amd64/
 * sys_machdep.c; machine/sysarch.h.
 *
 * A 64-bit program may use the i386 operations too: bases of 32 bits; tables of descriptors, which this host is not
 * asked for; and input and output ports, which a jail has none of.
 */
#include "base/host.h"
#include "base/image.h"
#include "base/process.h"
#include "freebsd_syscalls.h"
#include "process/thread.h"
#include "syscalls/freebsd/signals/context.h"

enum {
    I386_GET_LDT = 0,
    I386_SET_LDT = 1,
    I386_GET_IOPERM = 3,
    I386_SET_IOPERM = 4,
    I386_GET_FSBASE = 7,
    I386_SET_FSBASE = 8,
    I386_GET_GSBASE = 9,
    I386_SET_GSBASE = 10,
    I386_GET_XFPUSTATE = 11,
    AMD64_GET_FSBASE = 128,
    AMD64_SET_FSBASE = 129,
    AMD64_GET_GSBASE = 130,
    AMD64_SET_GSBASE = 131,
    AMD64_GET_XFPUSTATE = 132,
    AMD64_SET_PKRU = 133,
    AMD64_CLEAR_PKRU = 134,
    AMD64_GET_TLSBASE = 135,
    AMD64_SET_TLSBASE = 136,
};

#define IO_PORTS        65536 /* IOPAGES * PAGE_SIZE * NBBY */
#define LDT_SEGMENTS    512   /* max_ldt_segment */
#define LDT_AUTO_ALLOC  0xffffffffu
#define PKRU_KEYS       16
#define PKRU_FLAGS      3        /* AMD64_PKRU_EXCL, AMD64_PKRU_PERSIST */
#define RELEASE_TLSBASE 1500044u /* the first whose kernel has the TLS base: P_OSREL_TLSBASE of sys/param.h */

static uint64_t fs_base(void)
{
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static void set_fs_base(uint64_t base)
{
    __asm__ volatile("wrfsbase %0" ::"r"(base));
}

static int64_t get64(uint64_t base, guest_ptr parms)
{
    return COPYOUT(parms, &base);
}

static int64_t get32(uint64_t base, guest_ptr parms)
{
    uint32_t low = (uint32_t)base;
    return COPYOUT(parms, &low);
}

/* A base of user space, or -EFAULT, -EINVAL. */
static int64_t copyin_base(guest_ptr parms, uint64_t *base)
{
    int r = COPYIN(base, parms);
    return r < 0 ? r : *base >= USER_END ? -EINVAL : 0;
}

static int64_t set_base(struct thread *t, int32_t op, guest_ptr parms)
{
    uint64_t base;
    int64_t r = copyin_base(parms, &base);
    if (r < 0) {
        return r;
    }
    if (op == AMD64_SET_GSBASE) {
        thread_gs_set(t, base);
        return 0;
    }
    set_fs_base(base);
    if (op == AMD64_SET_TLSBASE) {
        t->tls_base = base;
        t->tls_base_set = true;
    }
    return 0;
}

static int64_t set_base32(struct thread *t, int32_t op, guest_ptr parms)
{
    uint32_t base;
    int r = COPYIN(&base, parms);
    if (r < 0) {
        return r;
    }
    if (op == I386_SET_GSBASE) {
        thread_gs_set(t, base);
    } else {
        set_fs_base(base);
    }
    return 0;
}

struct i386_ioperm_args {
    uint32_t start, length;
    int32_t enable;
};

static int64_t ioperm(int32_t op, guest_ptr parms)
{
    struct i386_ioperm_args a;
    int r = COPYIN(&a, parms);
    if (r < 0) {
        return r;
    }
    if (op == I386_SET_IOPERM) {
        return -EPERM; /* PRIV_IO, which root of a jail has not either */
    }
    if (a.start >= IO_PORTS) {
        return -EINVAL;
    }
    a.length = 0; /* none is open */
    return COPYOUT(parms, &a);
}

struct i386_ldt_args {
    uint32_t start, pad;
    uint64_t descs;
    uint32_t num, pad2;
};
_Static_assert(sizeof(struct i386_ldt_args) == 24, "machine/sysarch.h");

/* There is no table: nothing to read, nothing to free, and no memory for a new one. */
static int64_t ldt(int32_t op, guest_ptr parms)
{
    struct i386_ldt_args a;
    int r = COPYIN(&a, parms);
    if (r < 0) {
        return r;
    }
    if (op == I386_GET_LDT) {
        return -EINVAL;
    }
    if (a.descs == 0) {
        return a.num == 0 && a.start != 0 ? -EINVAL : 0;
    }
    bool automatic = a.start == LDT_AUTO_ALLOC && a.num == 1;
    bool outside = a.num > LDT_SEGMENTS || a.start >= LDT_SEGMENTS || a.start + a.num > LDT_SEGMENTS;
    if (a.num > LDT_SEGMENTS || (!automatic && outside)) {
        return -EINVAL;
    }
    return guest_range_ok(guest_addr(a.descs), a.num * 8ULL) ? -ENOMEM : -EFAULT;
}

struct amd64_set_pkru {
    uint64_t addr, len;
    uint32_t keyidx;
    int32_t flags;
};
_Static_assert(sizeof(struct amd64_set_pkru) == 24, "machine/sysarch.h");

/* As on a processor without protection keys (pmap_pkru_set(), pmap_pkru_clear()). */
static int64_t pkru(int32_t op, guest_ptr parms)
{
    struct amd64_set_pkru a;
    int r = COPYIN(&a, parms);
    if (r < 0) {
        return r;
    }
    if (op == AMD64_SET_PKRU && (a.flags & ~PKRU_FLAGS) != 0) {
        return -EINVAL;
    }
    if (op == AMD64_CLEAR_PKRU && (a.flags != 0 || a.keyidx != 0)) {
        return -EINVAL;
    }
    uint64_t low = a.addr & ~4095ULL, high = (a.addr + a.len + 4095) & ~4095ULL;
    if (op == AMD64_SET_PKRU && a.keyidx >= PKRU_KEYS) {
        return -EINVAL;
    }
    return high <= low || high > USER_END ? -EFAULT : -EOPNOTSUPP;
}

static int64_t tls_base(struct thread *t, int32_t op, guest_ptr parms)
{
    if (t->proc->release < RELEASE_TLSBASE) {
        return -EINVAL;
    }
    if (op == AMD64_SET_TLSBASE) {
        return set_base(t, op, parms);
    }
    return t->tls_base_set ? get64(t->tls_base, parms) : -ESRCH;
}

int64_t freebsd_sysarch(struct thread *t, int32_t op, guest_ptr parms)
{
    switch (op) {
    case AMD64_GET_FSBASE:
        return get64(fs_base(), parms);
    case AMD64_GET_GSBASE:
        return get64(thread_gs(t), parms);
    case AMD64_SET_FSBASE:
    case AMD64_SET_GSBASE:
        return set_base(t, op, parms);
    case AMD64_GET_TLSBASE:
    case AMD64_SET_TLSBASE:
        return tls_base(t, op, parms);
    case AMD64_GET_XFPUSTATE:
        return freebsd_get_xfpustate(t, parms, false);
    case I386_GET_XFPUSTATE:
        return freebsd_get_xfpustate(t, parms, true);
    case AMD64_SET_PKRU:
    case AMD64_CLEAR_PKRU:
        return pkru(op, parms);
    case I386_GET_FSBASE:
        return get32(fs_base(), parms);
    case I386_GET_GSBASE:
        return get32(thread_gs(t), parms);
    case I386_SET_FSBASE:
    case I386_SET_GSBASE:
        return set_base32(t, op, parms);
    case I386_GET_IOPERM:
    case I386_SET_IOPERM:
        return ioperm(op, parms);
    case I386_GET_LDT:
    case I386_SET_LDT:
        return ldt(op, parms);
    default:
        return -EINVAL;
    }
}
