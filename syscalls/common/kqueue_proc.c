/*
 * EVFILT_PROC and EVFILT_PROCDESC. Semantics: filt_proc*() of sys/kern/kern_event.c, procdesc_kqops of
 * sys/kern/sys_procdesc.c.
 */
#include <asm/siginfo.h>
#include <linux/eventpoll.h>
#include <linux/wait.h>

#include "base/host.h"
#include "base/personality.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue_private.h"

/* A process's wait status in the guest's terms; 0 for one that is not our child. */
static int64_t exit_status(struct thread *t, int pidfd)
{
    siginfo_t info = {0};
    int64_t r = host_call5(__NR_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT, 0);
    if (r < 0 || info.si_pid == 0) {
        return 0;
    }
    if (info.si_code == CLD_EXITED) {
        return (int64_t)(info.si_status & 0xff) << 8;
    }
    int64_t status = t->proc->personality->signal_from_host[info.si_status & 63];
    return info.si_code == CLD_DUMPED ? status | 0x80 : status;
}

/* NOTE_FORK, NOTE_EXEC and NOTE_TRACK need a process table that other processes feed. */
static int proc_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    (void)t;
    if ((kn->sfflags & ~KQ_NOTE_EXIT) != 0) {
        return -EINVAL;
    }
    if (kn->ident == 0 || kn->ident > INT32_MAX) {
        return -ESRCH;
    }
    int r = knote_adopt(kn, host_call2(__NR_pidfd_open, kn->ident, 0));
    if (r < 0) {
        return r == -EINVAL ? -ESRCH : r;
    }
    return knote_own_arm(kq, kn, EPOLLIN);
}

static int proc_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change != NULL) {
        if ((change->fflags & ~KQ_NOTE_EXIT) != 0) {
            return -EINVAL;
        }
        kn->sfflags = change->fflags;
    }
    return knote_arm(kq, kn, kn->ops->is_fd ? LANE_PROCDESC : LANE_OWN, EPOLLIN);
}

static bool proc_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                        struct kqueue_event *out)
{
    (void)kq;
    (void)events;
    if ((kn->sfflags & KQ_NOTE_EXIT) == 0) {
        return false;
    }
    out->fflags = KQ_NOTE_EXIT;
    out->data = exit_status(t, kn->host_fd);
    out->flags |= KQ_EOF | KQ_ONESHOT;
    return true;
}

const struct filter_ops filter_proc = {.owns_fd = true,
                                       .forced_flags = KQ_CLEAR,
                                       .attach = proc_attach,
                                       .detach = knote_own_detach,
                                       .update = proc_update,
                                       .report = proc_report};

static int procdesc_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    if (descriptor_kind_of(t->proc->descriptors, (int)kn->ident) != DESCRIPTOR_PROCESS ||
        (kn->sfflags & ~KQ_NOTE_EXIT) != 0) {
        return -EINVAL;
    }
    kn->host_fd = (int32_t)kn->ident;
    return knote_arm(kq, kn, LANE_PROCDESC, EPOLLIN);
}

const struct filter_ops filter_procdesc = {.is_fd = true,
                                           .forced_flags = KQ_CLEAR,
                                           .attach = procdesc_attach,
                                           .detach = knote_disarm,
                                           .update = proc_update,
                                           .report = proc_report};
