/*
 * Semantics: kernel/time/posix-timers.c; timer_create(2). A signal that the engine carries stands, for the host's timer,
 * as the carrier; which it is, the timer's id tells when it arrives.
 */
#include "syscalls/common/linux/time/timers.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "linux_syscalls.h"
#include "signals/queue.h"
#include "syscalls/common/linux/process/process_data.h"
#include "syscalls/common/linux/signals/signal_map.h"

/* Without the lock, as handlers ask: an entry is complete before its signal is not 0. */
uint8_t linux_timer_signal(struct thread *t, int32_t id)
{
    const struct linux_process *p = linux_process(t);
    for (int i = 0; i < LINUX_TIMERS_CARRIED && p->timers_of == t->proc->pid; i++) {
        uint8_t signo = __atomic_load_n(&p->timers[i].signo, __ATOMIC_ACQUIRE);
        if (signo != 0 && p->timers[i].id == id) {
            return signo;
        }
    }
    return 0;
}

static void lock_own(struct thread *t, struct linux_process *p)
{
    lock_acquire(&p->lock);
    if (p->timers_of != t->proc->pid) {
        memset(p->timers, 0, sizeof p->timers);
        p->timers_of = t->proc->pid;
    }
}

static bool remember(struct thread *t, int32_t id, uint8_t signo)
{
    struct linux_process *p = linux_process(t);
    bool found = false;
    lock_own(t, p);
    for (int i = 0; i < LINUX_TIMERS_CARRIED && !found; i++) {
        if (p->timers[i].signo == 0) {
            p->timers[i].id = id;
            __atomic_store_n(&p->timers[i].signo, signo, __ATOMIC_RELEASE);
            found = true;
        }
    }
    lock_release(&p->lock);
    return found;
}

static void forget(struct thread *t, int32_t id)
{
    struct linux_process *p = linux_process(t);
    lock_own(t, p);
    for (int i = 0; i < LINUX_TIMERS_CARRIED; i++) {
        if (p->timers[i].signo != 0 && p->timers[i].id == id) {
            p->timers[i].signo = 0;
        }
    }
    lock_release(&p->lock);
}

int64_t linux_timer_create(struct thread *t, int32_t clock, struct sigevent *event)
{
    int32_t id = 0;
    int signo = event != NULL && (event->sigev_notify & ~SIGEV_THREAD_ID) == SIGEV_SIGNAL ? event->sigev_signo : 0;
    bool carried = linux_signal_carried(signo);
    if (carried) {
        event->sigev_signo = HOST_CARRIER;
    }
    int64_t r = host_call3(__NR_timer_create, clock, event, &id);
    if (r == 0 && carried && !remember(t, id, (uint8_t)signo)) {
        host_call1(__NR_timer_delete, id);
        r = -EAGAIN;
    }
    return r < 0 ? r : id;
}

int64_t linux_any_timer_create(struct thread *t, int32_t clockid, guest_ptr sevp, guest_ptr timerid)
{
    struct sigevent event;
    if (!guest_is_null(sevp) && COPYIN(&event, sevp) != 0) {
        return -EFAULT;
    }
    int64_t r = linux_timer_create(t, clockid, guest_is_null(sevp) ? NULL : &event);
    if (r < 0) {
        return r;
    }
    int32_t id = (int32_t)r;
    if (COPYOUT(timerid, &id) != 0) {
        linux_any_timer_delete(t, id);
        return -EFAULT;
    }
    return 0;
}

int64_t linux_any_timer_delete(struct thread *t, int32_t timerid)
{
    int64_t r = host_call1(__NR_timer_delete, timerid);
    if (r == 0) {
        forget(t, timerid);
    }
    return r;
}
