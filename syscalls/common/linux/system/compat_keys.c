/* keyctl of guests with words of 4 bytes. Sources: keyctl(2), security/keys/compat.c and compat_dh.c. */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/linux/compat_layout.h"
#include "syscalls/common/linux/files/vectors.h"

#include <linux/keyctl.h>

#define DERIVATION      "2p9i" /* struct keyctl_kdf_params */
#define DERIVATION_SIZE 56

_Static_assert(sizeof(struct keyctl_kdf_params) == DERIVATION_SIZE, "struct keyctl_kdf_params");

static int64_t call_host(struct thread *t, int32_t cmd, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    return host_restartable(t, host_call_intr(t, __NR_keyctl, (uint64_t)cmd, b, c, d, e, 0));
}

static int64_t instantiate(struct thread *t, uint64_t key, uint64_t vector, uint64_t count, uint64_t keyring)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = {0, 0};

    if (vector != 0 && count != 0) {
        v = compat_vector_get(guest_addr(vector), count, room);
    }
    return call_host(t, KEYCTL_INSTANTIATE_IOV, key, v.va, v.count, keyring);
}

static int64_t diffie_hellman(struct thread *t, uint64_t params, uint64_t buffer, uint64_t length, uint64_t kdf)
{
    char guest[DERIVATION_SIZE], host[DERIVATION_SIZE] __attribute__((aligned(8))) = {0};

    if (kdf == 0) {
        return call_host(t, KEYCTL_DH_COMPUTE, params, buffer, length, 0);
    }
    if (copyin(guest, guest_addr(kdf), compat_layout_sizes(DERIVATION).guest) < 0) {
        return call_host(t, KEYCTL_DH_COMPUTE, params, buffer, length, GUEST_NOWHERE);
    }
    compat_layout_to_host(DERIVATION, guest, host);
    return call_host(t, KEYCTL_DH_COMPUTE, params, buffer, length, (uint64_t)host);
}

int64_t linux_compat_keyctl(struct thread *t, int32_t cmd, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
    switch (cmd) {
    case KEYCTL_INSTANTIATE_IOV:
        return instantiate(t, arg2, arg3, arg4, arg5);
    case KEYCTL_DH_COMPUTE:
        return diffie_hellman(t, arg2, arg3, arg4, arg5);
    default:
        return call_host(t, cmd, arg2, arg3, arg4, arg5);
    }
}
