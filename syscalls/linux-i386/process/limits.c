/* i386's getrlimit in both generations, and setrlimit. Source: kernel/sys.c (COMPAT_SYSCALL_DEFINE2 of these names). */
#include "syscalls/linux-i386/process/limits.h"

#include <linux/resource.h>

#include "base/guest.h"
#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "process/limits.h"

static uint32_t at_most(uint64_t value, uint32_t most)
{
    return value > most ? most : (uint32_t)value;
}

struct linux_i386_rlimit linux_i386_rlimit_from_host(const struct linux_host_rlimit *host, uint32_t most)
{
    return (struct linux_i386_rlimit){at_most(host->cur, most), at_most(host->max, most)};
}

static uint64_t limit(uint32_t guest)
{
    return guest == UINT32_MAX ? UINT64_MAX : guest;
}

struct linux_host_rlimit linux_i386_rlimit_to_host(const struct linux_i386_rlimit *guest)
{
    return (struct linux_host_rlimit){limit(guest->cur), limit(guest->max)};
}

static int64_t get_limit(uint32_t resource, guest_ptr rlim, uint32_t most)
{
    struct rlimit64 now = {0, 0};
    int64_t r = limit_change(resource, NULL, &now);
    const struct linux_host_rlimit host = {now.rlim_cur, now.rlim_max};
    struct linux_i386_rlimit guest = linux_i386_rlimit_from_host(&host, most);

    return r < 0 ? r : COPYOUT(rlim, &guest);
}

int64_t linux_i386_getrlimit(struct thread *t, uint32_t resource, guest_ptr rlim)
{
    (void)t;
    return get_limit(resource, rlim, INT32_MAX);
}

int64_t linux_i386_ugetrlimit(struct thread *t, uint32_t resource, guest_ptr rlim)
{
    (void)t;
    return get_limit(resource, rlim, UINT32_MAX);
}

int64_t linux_i386_setrlimit(struct thread *t, uint32_t resource, guest_ptr rlim)
{
    struct linux_i386_rlimit guest;

    (void)t;
    if (COPYIN(&guest, rlim) < 0) {
        return -EFAULT;
    }
    struct linux_host_rlimit host = linux_i386_rlimit_to_host(&guest);
    const struct rlimit64 next = {host.cur, host.max};
    return limit_change(resource, &next, NULL);
}
