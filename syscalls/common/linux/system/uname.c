/* uname(2); see uname.h. */
#include "syscalls/common/linux/system/uname.h"

#include <linux/utsname.h>

#include "base/guest.h"
#include "base/host.h"
#include "linux_syscalls.h"

int64_t linux_utsname(struct thread *t, struct new_utsname *name)
{
    (void)t;
    return host_call1(__NR_uname, name);
}

int64_t linux_any_uname(struct thread *t, guest_ptr name)
{
    struct new_utsname u;
    int64_t r = linux_utsname(t, &u);

    return r < 0 ? r : COPYOUT(name, &u);
}
