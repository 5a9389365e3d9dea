/*
 * Signals and priorities between users that the engine keeps (base/credentials.h), where the host has one user for all.
 * Semantics: kill(2), setpriority(2); kernel/signal.c, kernel/sys.c.
 */
#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/credentials.h"
#include "process/host_list.h"
#include "process/host_record.h"
#include "syscalls/common/linux/signals/send.h"
#include "vfs/metadata.h"

/* A signal to several processes, of which each is asked for. */
struct sending {
    struct thread *t;
    int32_t group, signo; /* of process group 1: everybody but the sender and the first process */
    int64_t result;
};

static bool is_meant(const struct sending *s, int32_t pid)
{
    if (s->group == 1) {
        return pid > 1 && pid != s->t->proc->pid;
    }
    return host_call1(__NR_getpgid, pid) == s->group;
}

static void send_to_one(int32_t pid, void *arg)
{
    struct sending *s = arg;

    if (!is_meant(s, pid)) {
        return;
    }
    int64_t r = credentials_may_signal(s->t, pid, s->signo);
    r = r < 0 ? r : linux_any_kill(s->t, pid, s->signo);
    if (r == 0 || s->result == -ESRCH) {
        s->result = r; /* one that has it is enough (__kill_pgrp_info()) */
    }
}

int64_t linux_emulated_kill(struct thread *t, int32_t pid, int32_t sig)
{
    if (pid > 0) {
        int64_t r = host_call2(__NR_kill, pid, 0); /* that there is such a process comes first */

        r = r < 0 ? r : credentials_may_signal(t, pid, sig);
        return r < 0 ? r : linux_any_kill(t, pid, sig);
    }
    if (pid == INT32_MIN || credentials_capable(credentials_of(t), CAPABILITY_KILL)) {
        return linux_any_kill(t, pid, sig);
    }
    struct sending s = {t, pid < 0 ? -pid : (int32_t)host_call1(__NR_getpgid, 0), sig, -ESRCH};
    int64_t r = host_list_numbers("/proc", send_to_one, &s);
    return r < 0 ? r : s.result;
}

int64_t linux_emulated_tgkill(struct thread *t, int32_t tgid, int32_t pid, int32_t sig)
{
    int64_t r = tgid > 0 ? credentials_may_signal(t, tgid, sig) : 0;

    return r < 0 ? r : linux_any_tgkill(t, tgid, pid, sig);
}

/* The table knows processes: of another one's threads it is the first that tells whose it is. */
int64_t linux_emulated_tkill(struct thread *t, int32_t pid, int32_t sig)
{
    bool own = host_call3(__NR_tgkill, t->proc->pid, pid, 0) == 0;
    int64_t r = own || pid <= 0 ? 0 : credentials_may_signal(t, pid, sig);

    return r < 0 ? r : linux_any_tkill(t, pid, sig);
}

int64_t linux_emulated_rt_sigqueueinfo(struct thread *t, int32_t pid, int32_t sig, guest_ptr info)
{
    int64_t r = pid > 0 ? credentials_may_signal(t, pid, sig) : 0;

    return r < 0 ? r : linux_any_rt_sigqueueinfo(t, pid, sig, info);
}

int64_t linux_emulated_rt_tgsigqueueinfo(struct thread *t, int32_t tgid, int32_t pid, int32_t sig, guest_ptr info)
{
    int64_t r = tgid > 0 ? credentials_may_signal(t, tgid, sig) : 0;

    return r < 0 ? r : linux_any_rt_tgsigqueueinfo(t, tgid, pid, sig, info);
}

int64_t linux_may_signal_pidfd(struct thread *t, int32_t pidfd, int32_t sig)
{
    char path[48], info[512];
    struct text x = TEXT_ON(path);

    text_format(&x, "/proc/self/fdinfo/%d", pidfd);
    if (t->proc->credentials == NULL || host_file_read(text_cstr(&x), info, sizeof(info)) <= 0) {
        return 0; /* what it is, the host says */
    }
    int64_t pid = (int64_t)host_status_number(info, "Pid", 0);
    return pid > 0 && pid <= INT32_MAX ? credentials_may_signal(t, (int32_t)pid, sig) : 0;
}

int64_t linux_emulated_pidfd_send_signal(struct thread *t, int32_t pidfd, int32_t sig, guest_ptr info, uint32_t flags)
{
    int64_t r = linux_may_signal_pidfd(t, pidfd, sig);

    return r < 0 ? r : linux_any_pidfd_send_signal(t, pidfd, sig, info, flags);
}

/* Of groups and users the host changes what it finds, which is the guest's own world. */
int64_t linux_emulated_setpriority(struct thread *t, int32_t which, int32_t who, int32_t niceval)
{
    enum { OF_PROCESS = 0 }; /* PRIO_PROCESS, linux/resource.h */
    int64_t r = which == OF_PROCESS && who > 0 ? host_call2(__NR_getpriority, which, who) : 0;

    r = r < 0 ? r : which == OF_PROCESS && who > 0 ? credentials_may_schedule(t, who) : 0;
    return r < 0 ? r : host_call3(__NR_setpriority, which, who, niceval);
}
