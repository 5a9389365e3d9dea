/*
 * Names of the system by calls of FreeBSD 4: uname, getdomainname, setdomainname, which became sysctls. Semantics:
 * sys/kern/kern_xxx.c.
 */
#include <linux/utsname.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define FIELD 32 /* SYS_NMLN of that time; and each field ends with a NUL, whatever was in it */

/* One field: what does not fit is -ENOMEM, as of a sysctl, after what does has been written. */
static int put_field(guest_ptr to, const char *value)
{
    size_t size = hot_strlen(value) + 1;
    bool fits = size <= FIELD;
    if (copyout(to, value, fits ? size : FIELD) != 0) {
        return -EFAULT;
    }
    return !fits ? -ENOMEM : guest_zero(guest_at(to, FIELD - 1), 1);
}

/* sysname, nodename, release, version, machine. Of the version, only what stands from the '#' on: nothing here. */
int64_t freebsd4_uname(struct thread *t, guest_ptr name)
{
    struct new_utsname u;
    char release[32];
    host_call1(__NR_uname, &u);
    freebsd_release_name(t, release, sizeof release);
    const char *own = t->proc->settings.hostname;
    const char *const fields[] = {"FreeBSD", own[0] != '\0' ? own : u.nodename, release, "", "amd64"};
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int r = put_field(guest_at(name, (uint64_t)i * FIELD), fields[i]);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int64_t freebsd4_getdomainname(struct thread *t, guest_ptr domainname, int32_t len)
{
    struct sysctl_request rq = {.t = t, .old = domainname, .room = (uint64_t)(int64_t)len};
    return sysctl_domainname(&rq);
}

/* The host's name is not a guest's to change: security.jail.set_hostname_allowed is 0. */
int64_t freebsd4_setdomainname(struct thread *t, guest_ptr domainname, int32_t len)
{
    (void)t;
    (void)len;
    return guest_is_null(domainname) ? 0 : -EPERM;
}
