/* Calls about the system at large: identifiers, the processor, the kernel's environment. */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/signals/context.h"

#define UUID_MAX   2048
#define UUID_EPOCH 0x01b21dd213814000ULL /* 15 October 1582 to 1970, in 100 ns */

/* DCE version 1: 100-nanosecond ticks, a clock sequence and a node; the node is random, with the bit that says so. */
int64_t freebsd_uuidgen(struct thread *t, guest_ptr store, int32_t count)
{
    (void)t;
    struct __kernel_timespec now;
    uint8_t random[8];
    if (count < 1 || count > UUID_MAX) {
        return -EINVAL;
    }
    host_clock_read(CLOCK_REALTIME, &now);
    if (host_call3(__NR_getrandom, random, sizeof random, 0) != sizeof random) {
        return -EIO;
    }
    uint64_t ticks = UUID_EPOCH + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
    for (int32_t i = 0; i < count; i++, ticks++) {
        uint8_t uuid[16];
        uint32_t low = (uint32_t)ticks;
        uint16_t mid = (uint16_t)(ticks >> 32), high = (uint16_t)((ticks >> 48 & 0x0fff) | 0x1000);
        memcpy(uuid, &low, 4);
        memcpy(uuid + 4, &mid, 2);
        memcpy(uuid + 6, &high, 2);
        memcpy(uuid + 8, random, 8);
        uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
        uuid[10] |= 1;
        int r = copyout(guest_at(store, (uint64_t)i * sizeof uuid), uuid, sizeof uuid);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/*
 * kenv(2), sys/kern/kern_environment.c: the kernel environment is empty, as of a kernel that no loader has started. Of
 * what is asked for, dumps come first, then the privilege to change, then the name.
 */
int64_t freebsd_kenv(struct thread *t, int32_t what, guest_ptr name, guest_ptr value, int32_t len)
{
    enum { KENV_GET, KENV_SET, KENV_UNSET, KENV_DUMP, KENV_DUMP_LOADER, KENV_DUMP_STATIC, KENV_NAME_MAX = 128 };
    char text[KENV_NAME_MAX + 1];
    (void)t;
    (void)value;
    (void)len;
    switch (what) {
    case KENV_DUMP:
        return 0;
    case KENV_DUMP_LOADER:
    case KENV_DUMP_STATIC:
        return -ENOENT; /* kept only by kernels that ask for it (PRESERVE_EARLY_KENV) */
    case KENV_SET:
    case KENV_UNSET:
        return -EPERM;
    default:
        break;
    }
    int64_t r = copyin_str(text, name, sizeof text);
    if (r < 0) {
        return r;
    }
    return what == KENV_GET ? -ENOENT : -EINVAL;
}
