/* Capabilities of a thread, as the engine keeps them. Semantics: capabilities(7), kernel/capability.c, security/commoncap.c. */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/table.h"
#include "syscalls/common/linux/process/emulated_ids.h"
#include "vfs/metadata.h"

static uint64_t bit(uint64_t capability)
{
    return UINT64_C(1) << capability;
}

/* How many words of each set the version has. 0: no such version. */
static unsigned words_of(uint32_t version)
{
    switch (version) {
    case _LINUX_CAPABILITY_VERSION_1:
        return _LINUX_CAPABILITY_U32S_1;
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        return _LINUX_CAPABILITY_U32S_3;
    default:
        return 0;
    }
}

/* The header, and how many words there are; an unknown version is answered with the one that the kernel prefers. */
static int64_t take_header(guest_ptr at, struct __user_cap_header_struct *header, unsigned *words)
{
    const uint32_t preferred = _LINUX_CAPABILITY_VERSION_3;
    if (COPYIN(header, at) < 0) {
        return -EFAULT;
    }
    *words = words_of(header->version);
    if (*words != 0) {
        return 0;
    }
    return COPYOUT(at, &preferred) < 0 ? -EFAULT : -EINVAL;
}

static bool is_own(const struct thread *t, int32_t pid)
{
    return pid == 0 || pid == t->tid;
}

int64_t linux_emulated_capget(struct thread *t, guest_ptr header_, guest_ptr dataptr)
{
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    const struct credentials *c = credentials_of(t);
    unsigned words;
    int64_t r = take_header(header_, &header, &words);
    if (r < 0 || guest_is_null(dataptr)) {
        return r == -EINVAL && guest_is_null(dataptr) ? 0 : r;
    }
    if (header.pid < 0) {
        return -EINVAL;
    }
    if (!is_own(t,
                header.pid)) { /* another thread's are the host's to tell: that is all there is to know of them here */
        return host_call2(__NR_capget, header_.va, guest_span(dataptr.va, sizeof data).va);
    }
    for (unsigned i = 0; i < words; i++) {
        data[i] =
            (struct __user_cap_data_struct){(uint32_t)(c->effective >> 32 * i), (uint32_t)(c->permitted >> 32 * i),
                                            (uint32_t)(c->inheritable >> 32 * i)};
    }
    return copyout(dataptr, data, words * sizeof data[0]);
}

/* cap_capset() of security/commoncap.c */
static int64_t set_sets(struct credentials *c, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    if (!credentials_capable(c, CAPABILITY_SETPCAP) && (inheritable & ~(c->inheritable | c->permitted)) != 0) {
        return -EPERM;
    }
    if ((inheritable & ~(c->inheritable | c->bounding)) != 0 || (permitted & ~c->permitted) != 0 ||
        (effective & ~permitted) != 0) {
        return -EPERM;
    }
    c->effective = effective;
    c->permitted = permitted;
    c->inheritable = inheritable;
    c->ambient &= permitted & inheritable;
    return 0;
}

/* Others see them in /proc. */
static int64_t told(struct thread *t, int64_t r)
{
    process_table_tell_ids(t);
    return r;
}

int64_t linux_emulated_capset(struct thread *t, guest_ptr header_, guest_ptr data_)
{
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    uint64_t effective = 0, permitted = 0, inheritable = 0;
    unsigned words;
    int64_t r = take_header(header_, &header, &words);
    if (r < 0) {
        return r;
    }
    if (!is_own(t, header.pid)) {
        return -EPERM;
    }
    if (copyin(data, data_, words * sizeof data[0]) < 0) {
        return -EFAULT;
    }
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) { /* what was not given is 0 */
        effective |= (uint64_t)data[i].effective << 32 * i;
        permitted |= (uint64_t)data[i].permitted << 32 * i;
        inheritable |= (uint64_t)data[i].inheritable << 32 * i;
    }
    return told(t, set_sets(credentials_of(t), effective & CAPABILITIES_ALL, permitted & CAPABILITIES_ALL,
                            inheritable & CAPABILITIES_ALL));
}

static int64_t change_ambient(struct credentials *c, uint64_t what, uint64_t capability)
{
    if (what == PR_CAP_AMBIENT_CLEAR_ALL) {
        c->ambient = capability == 0 ? 0 : c->ambient;
        return capability == 0 ? 0 : -EINVAL;
    }
    if (capability > CAPABILITY_LAST) {
        return -EINVAL;
    }
    switch (what) {
    case PR_CAP_AMBIENT_IS_SET:
        return (c->ambient & bit(capability)) != 0;
    case PR_CAP_AMBIENT_LOWER:
        c->ambient &= ~bit(capability);
        return 0;
    case PR_CAP_AMBIENT_RAISE:
        if ((c->permitted & c->inheritable & bit(capability)) == 0 ||
            (c->securebits & SECBIT_NO_CAP_AMBIENT_RAISE) != 0) {
            return -EPERM;
        }
        c->ambient |= bit(capability);
        return 0;
    default:
        return -EINVAL;
    }
}

static int64_t set_securebits(struct credentials *c, uint64_t bits)
{
    uint32_t locked = (c->securebits & SECURE_ALL_LOCKS) >> 1;
    if ((locked & (c->securebits ^ bits)) != 0 || ((c->securebits & SECURE_ALL_LOCKS) & ~bits) != 0 ||
        (bits & ~(uint64_t)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) != 0 || !credentials_capable(c, CAPABILITY_SETPCAP)) {
        return -EPERM;
    }
    c->securebits = (uint32_t)bits;
    return 0;
}

static int64_t drop_bounding(struct credentials *c, uint64_t capability)
{
    if (!credentials_capable(c, CAPABILITY_SETPCAP)) {
        return -EPERM;
    }
    if (capability > CAPABILITY_LAST) {
        return -EINVAL;
    }
    c->bounding &= ~bit(capability);
    return 0;
}

static int64_t set_keep(struct credentials *c, uint64_t keep)
{
    if (keep > 1) {
        return -EINVAL;
    }
    if ((c->securebits & SECBIT_KEEP_CAPS_LOCKED) != 0) {
        return -EPERM;
    }
    c->securebits = keep != 0 ? c->securebits | SECBIT_KEEP_CAPS : c->securebits & ~(uint32_t)SECBIT_KEEP_CAPS;
    return 0;
}

/* The host's own may be set already, which means nothing here; what stands on it (landlock(7)) wants it there, too. */
static int64_t set_no_new_privs(struct credentials *c, uint64_t arg2, uint64_t others)
{
    if (arg2 != 1 || others != 0) {
        return -EINVAL;
    }
    c->no_new_privs = true;
    return host_call5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

bool linux_emulated_prctl(struct thread *t, int32_t option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5,
                          int64_t *result)
{
    struct credentials *c = credentials_of(t);
    switch (option) {
    case PR_CAPBSET_READ:
        *result = arg2 > CAPABILITY_LAST ? -EINVAL : (int64_t)(c->bounding >> arg2 & 1);
        return true;
    case PR_CAPBSET_DROP:
        *result = told(t, drop_bounding(c, arg2));
        return true;
    case PR_GET_KEEPCAPS:
        *result = (c->securebits & SECBIT_KEEP_CAPS) != 0;
        return true;
    case PR_SET_KEEPCAPS:
        *result = set_keep(c, arg2);
        return true;
    case PR_GET_SECUREBITS:
        *result = c->securebits;
        return true;
    case PR_SET_SECUREBITS:
        *result = set_securebits(c, arg2);
        return true;
    case PR_CAP_AMBIENT:
        *result = (arg4 | arg5) != 0 ? -EINVAL : told(t, change_ambient(c, arg2, arg3));
        return true;
    case PR_SET_NO_NEW_PRIVS:
        *result = told(t, set_no_new_privs(c, arg2, arg3 | arg4 | arg5));
        return true;
    case PR_GET_NO_NEW_PRIVS:
        *result = (arg2 | arg3 | arg4 | arg5) != 0 ? -EINVAL : c->no_new_privs;
        return true;
    default:
        return false;
    }
}
