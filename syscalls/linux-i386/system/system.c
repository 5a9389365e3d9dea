/*
 * What i386's kernel tells of itself and of the machine: the three generations of uname, sysinfo. Sources: kernel/sys.c,
 * uname(2), sysinfo(2).
 */
#include "syscalls/linux-i386/system/system.h"

#include <asm/prctl.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#include "base/guest.h"
#include "base/host.h"
#include "base/mem.h"
#include "linux_i386_syscalls.h"
#include "syscalls/common/linux/system/uname.h"

#define PAGE_SIZE 4096

/* The machine is what an i386 kernel says, and a 64-bit one under setarch (COMPAT_UTS_MACHINE). */
static int64_t utsname(struct thread *t, struct new_utsname *u)
{
    int64_t r = linux_utsname(t, u);

    memset(u->machine, 0, sizeof u->machine);
    memcpy(u->machine, "i686", 5);
    return r;
}

int64_t linux_i386_uname(struct thread *t, guest_ptr name)
{
    struct new_utsname u;
    int64_t r = utsname(t, &u);

    return r < 0 ? r : COPYOUT(name, &u);
}

/* struct old_utsname is the new one without its last member, the domain's name. */
int64_t linux_i386_olduname(struct thread *t, guest_ptr name)
{
    struct new_utsname u;
    int64_t r = utsname(t, &u);

    return r < 0 ? r : copyout(name, &u, sizeof(struct old_utsname));
}

int64_t linux_i386_oldolduname(struct thread *t, guest_ptr name)
{
    struct new_utsname u;
    struct oldold_utsname old;
    int64_t r = utsname(t, &u);

    memset(&old, 0, sizeof old);
    memcpy(old.sysname, u.sysname, __OLD_UTS_LEN);
    memcpy(old.nodename, u.nodename, __OLD_UTS_LEN);
    memcpy(old.release, u.release, __OLD_UTS_LEN);
    memcpy(old.version, u.version, __OLD_UTS_LEN);
    memcpy(old.machine, u.machine, __OLD_UTS_LEN);
    return r < 0 ? r : COPYOUT(name, &old);
}

/* Memory that has no room in 32 bits is told in pages: do_sysinfo() and compat_sys_sysinfo(). */
void linux_i386_sysinfo_from_host(const struct sysinfo *host, struct linux_i386_sysinfo *guest)
{
    uint32_t unit = host->mem_unit, shift = 0;

    if (host->totalram >> 32 != 0 || host->totalswap >> 32 != 0) {
        for (; unit < PAGE_SIZE; unit <<= 1) {
            shift++;
        }
    }
    memset(guest, 0, sizeof *guest);
    guest->uptime = (int32_t)host->uptime;
    for (int i = 0; i < 3; i++) {
        guest->loads[i] = (uint32_t)host->loads[i];
    }
    guest->totalram = (uint32_t)(host->totalram >> shift);
    guest->freeram = (uint32_t)(host->freeram >> shift);
    guest->sharedram = (uint32_t)(host->sharedram >> shift);
    guest->bufferram = (uint32_t)(host->bufferram >> shift);
    guest->totalswap = (uint32_t)(host->totalswap >> shift);
    guest->freeswap = (uint32_t)(host->freeswap >> shift);
    guest->procs = host->procs;
    guest->totalhigh = (uint32_t)(host->totalhigh >> shift);
    guest->freehigh = (uint32_t)(host->freehigh >> shift);
    guest->mem_unit = unit;
}

int64_t linux_i386_sysinfo(struct thread *t, guest_ptr info)
{
    struct linux_i386_sysinfo guest;
    struct sysinfo host;
    int64_t r = host_call1(__NR_sysinfo, &host);

    (void)t;
    linux_i386_sysinfo_from_host(&host, &guest);
    return r < 0 ? r : COPYOUT(info, &guest);
}

/* Of arch_prctl(2) a 32-bit program has only what has nothing to do with words: do_arch_prctl_common(). */
int64_t linux_i386_arch_prctl(struct thread *t, int32_t code, uint64_t addr)
{
    (void)t;
    return code == ARCH_GET_CPUID || code == ARCH_SET_CPUID ? host_call2(__NR_arch_prctl, code, addr) : -EINVAL;
}
