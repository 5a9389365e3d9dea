/*
 * prctl(2): the host's, but for what would take from the engine what it stands on, or tell of it. Those answer as a kernel
 * built without the feature, or before it.
 */
#include <linux/prctl.h>

#include "base/host.h"
#include "base/host_vdso.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/thread.h"
#include "syscalls/common/linux/process/emulated_ids.h"
#include "syscalls/common/linux/signals/signal_map.h"

/* Newer than the headers of the oldest system that this is built on. */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif
enum { PR_GET_SHADOW_STACK = 74, PR_LOCK_SHADOW_STACK = 76 };

/* Of those that are not the host's: the answer. */
static const struct {
    uint32_t low, high;
    int32_t answer;
} refused[] = {
    {PR_GET_SECCOMP, PR_SET_SECCOMP, -EINVAL},                             /* without CONFIG_SECCOMP */
    {PR_SET_MM, PR_SET_MM, -EPERM},                                        /* without CAP_SYS_RESOURCE */
    {PR_SET_SYSCALL_USER_DISPATCH, PR_SET_SYSCALL_USER_DISPATCH, -EINVAL}, /* before Linux 5.11 */
    {PR_SET_MDWE, PR_GET_MDWE, -EINVAL},                                   /* before 6.3: the engine writes code */
    {PR_GET_SHADOW_STACK, PR_LOCK_SHADOW_STACK, -EINVAL},                  /* no such processor */
    {PR_GET_AUXV, PR_GET_AUXV, -EINVAL},                                   /* before 6.4: the host's is the engine's */
};

/* The host shows no thread of a guest under the name of the engine's own (process/thread.h). */
static int64_t set_name(uint64_t from)
{
    char name[16];
    int64_t r = copyin_str(name, guest_addr(from), sizeof name);
    if (r < 0 && r != -ENAMETOOLONG) {
        return r;
    }
    name[sizeof name - 1] = '\0';
    bool engines = hot_strncmp(name, ENGINE_THREAD_NAME, sizeof name - 1) == 0;
    return host_call2(__NR_prctl, PR_SET_NAME, name + engines);
}

int64_t linux_any_prctl(struct thread *t, int32_t option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if ((uint32_t)option >= refused[i].low && (uint32_t)option <= refused[i].high) {
            return refused[i].answer;
        }
    }
    int64_t result;
    if (t->proc->credentials != NULL && linux_emulated_prctl(t, option, arg2, arg3, arg4, arg5, &result)) {
        return result;
    }
    switch (option) {
    case PR_SET_NAME:
        return set_name(arg2);
    case PR_SET_PDEATHSIG:
        if (arg2 <= LINUX_SIGNALS && linux_signal_refused(t, (int)arg2, "prctl")) {
            return -EINVAL;
        }
        break;
    case PR_GET_TID_ADDRESS:
        return COPYOUT(guest_addr(arg2), &t->clear_tid.va);
    case PR_SET_TSC:
        host_vdso_disable(); /* which reads it */
        break;
    default:
        break;
    }
    return host_call5(__NR_prctl, option, arg2, arg3, arg4, arg5);
}
