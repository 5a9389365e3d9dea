/* uname(2); see uname.h. */
#include "syscalls/common/linux/system/uname.h"

#include <linux/utsname.h>

#include "base/guest.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"

int64_t linux_utsname(struct thread *t, struct new_utsname *name)
{
    const char *own = t->proc->settings.hostname;
    int64_t r = host_call1(__NR_uname, name);

    if (r == 0 && own[0] != 0) {
        hot_strlcpy(name->nodename, own, sizeof(name->nodename));
    }
    return r;
}

int64_t linux_any_uname(struct thread *t, guest_ptr name)
{
    struct new_utsname u;
    int64_t r = linux_utsname(t, &u);

    return r < 0 ? r : COPYOUT(name, &u);
}
