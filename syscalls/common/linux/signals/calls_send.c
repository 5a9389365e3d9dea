/*
 * Sending signals: by the host's own, but for the two numbers that the engine uses itself, which its carrier brings to
 * guests. Semantics: kernel/signal.c; kill(2), tgkill(2), rt_sigqueueinfo(2), pidfd_send_signal(2).
 */
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/process.h"
#include "process/world.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/send.h"
#include "syscalls/common/linux/signals/signal_map.h"

static struct guest_signal sent(const struct thread *t, int32_t signo, int32_t code)
{
    return (struct guest_signal){.signo = signo, .code = code, .pid = t->proc->pid, .uid = t->proc->users.real};
}

/* Groups, and programs of the host's, get what the host brings. */
static bool by_carrier(struct thread *t, int32_t pid, int32_t signo)
{
    return linux_signal_carried(signo) && pid > 0 && (pid == t->proc->pid || process_sort_of(t, pid) == PROCESS_GUEST);
}

int64_t linux_any_kill(struct thread *t, int32_t pid, int32_t sig)
{
    if (!world_reaches(t, pid) || (world_is_marked(t) && !by_carrier(t, pid, sig))) {
        return world_kill(t, pid, sig);
    }
    if (!by_carrier(t, pid, sig)) {
        return host_call2(__NR_kill, pid, sig);
    }
    struct guest_signal s = sent(t, sig, SI_USER);
    return signal_carry(t, pid, 0, &s);
}

int64_t linux_any_tgkill(struct thread *t, int32_t tgid, int32_t pid, int32_t sig)
{
    if (tgid > 0 && !world_reaches(t, tgid)) {
        return -ESRCH;
    }
    if (pid <= 0 || !by_carrier(t, tgid, sig)) {
        return host_call3(__NR_tgkill, tgid, pid, sig);
    }
    struct guest_signal s = sent(t, sig, SI_TKILL);
    return signal_carry(t, tgid, pid, &s);
}

int64_t linux_any_tkill(struct thread *t, int32_t pid, int32_t sig)
{
    if (linux_signal_carried(sig) && pid > 0) {
        struct guest_signal s = sent(t, sig, SI_TKILL);
        int64_t r = signal_carry(t, t->proc->pid, pid, &s);
        if (r != -ESRCH) {
            return r; /* a thread of the caller's; of other processes only their own send these */
        }
    }
    return pid <= 0 || world_reaches(t, pid) ? host_call2(__NR_tkill, pid, sig) : -ESRCH;
}

/* What the kernel lets nobody pretend but to himself. */
static bool forged(const struct thread *t, int32_t pid, const siginfo_t *info)
{
    return (info->si_code >= 0 || info->si_code == SI_TKILL) && pid != t->proc->pid;
}

static int64_t queue_carried(struct thread *t, int32_t pid, int32_t tid, int32_t sig, const siginfo_t *info)
{
    if (forged(t, pid, info)) {
        return -EPERM;
    }
    struct guest_signal s = sent(t, sig, info->si_code);
    s.pid = info->si_pid;
    s.uid = info->si_uid;
    s.value = (uint64_t)info->si_ptr;
    return signal_carry(t, pid, tid, &s);
}

int64_t linux_sigqueueinfo(struct thread *t, int32_t pid, int32_t sig, const siginfo_t *info)
{
    if (pid > 0 && !world_reaches(t, pid)) {
        return -ESRCH;
    }
    return by_carrier(t, pid, sig) ? queue_carried(t, pid, 0, sig, info)
                                   : host_call3(__NR_rt_sigqueueinfo, pid, sig, info);
}

int64_t linux_tgsigqueueinfo(struct thread *t, int32_t pid, int32_t tid, int32_t sig, const siginfo_t *info)
{
    if (pid > 0 && !world_reaches(t, pid)) {
        return -ESRCH;
    }
    return tid > 0 && by_carrier(t, pid, sig) ? queue_carried(t, pid, tid, sig, info)
                                              : host_call4(__NR_rt_tgsigqueueinfo, pid, tid, sig, info);
}

int64_t linux_any_rt_sigqueueinfo(struct thread *t, int32_t pid, int32_t sig, guest_ptr info)
{
    siginfo_t given;
    return COPYIN(&given, info) != 0 ? -EFAULT : linux_sigqueueinfo(t, pid, sig, &given);
}

int64_t linux_any_rt_tgsigqueueinfo(struct thread *t, int32_t tgid, int32_t pid, int32_t sig, guest_ptr info)
{
    siginfo_t given;
    return COPYIN(&given, info) != 0 ? -EFAULT : linux_tgsigqueueinfo(t, tgid, pid, sig, &given);
}

int64_t linux_pidfd_send(struct thread *t, int32_t pidfd, int32_t sig, const siginfo_t *info, uint32_t flags)
{
    if (!linux_signal_carried(sig) || flags != 0) {
        return host_call4(__NR_pidfd_send_signal, pidfd, sig, info, flags);
    }
    struct guest_signal s = sent(t, sig, info != NULL ? info->si_code : SI_USER);
    if (info != NULL) {
        s.pid = info->si_pid;
        s.uid = info->si_uid;
        s.value = (uint64_t)info->si_ptr;
    }
    return signal_carry_to_pidfd(t, pidfd, &s);
}

int64_t linux_any_pidfd_send_signal(struct thread *t, int32_t pidfd, int32_t sig, guest_ptr info, uint32_t flags)
{
    siginfo_t given;
    if (!linux_signal_carried(sig)) {
        return host_call4(__NR_pidfd_send_signal, pidfd, sig, info.va, flags);
    }
    if (guest_is_null(info)) {
        return linux_pidfd_send(t, pidfd, sig, NULL, flags);
    }
    return COPYIN(&given, info) != 0 ? -EFAULT : linux_pidfd_send(t, pidfd, sig, &given, flags);
}

int64_t linux_any_pidfd_open(struct thread *t, int32_t pid, uint32_t flags)
{
    return pid <= 0 || world_reaches(t, pid) ? host_call2(__NR_pidfd_open, pid, flags) : -ESRCH;
}
