/* The queue of pending signals through a process's life: its begin, fork, exec. */
#include <linux/time_types.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/queue.h"
#include "signals/signals.h"

void signals_queue_init(struct process *p, struct signal_entry *entries, uint32_t room)
{
    memset(&p->queue, 0, sizeof p->queue);
    p->queue.entries = entries;
    p->queue.room = room;
}

void signals_queue_reset(struct thread *t)
{
    lock_reset(&t->proc->queue.lock);
    for (uint32_t i = 0; i < t->proc->queue.used; i++) {
        t->proc->queue.entries[i].signo = 0;
    }
    t->proc->queue.used = t->proc->queue.count = 0;
    memset(&t->proc->queue.pending, 0, sizeof t->proc->queue.pending);
    memset(&t->pending, 0, sizeof t->pending);
    t->held_due = t->waiting = false;
}

/* The host's own queue has what has not arrived yet: it comes to ours, as a host program would die of it. */
static void drain(struct thread *t)
{
    static const struct __kernel_timespec at_once = {0, 0};
    uint64_t carrier = signal_carrier_bit();
    siginfo_t info;
    while (host_call4(__NR_rt_sigtimedwait, &carrier, &info, &at_once, sizeof carrier) > 0) {
        signal_keep(t, &info);
    }
}

/* As the host itself would have it, with the value. */
static void send_plain(struct thread *t, const siginfo_t *info)
{
    struct guest_signal sig;
    signal_described(t, info, NULL, 0, 0, &sig);
    int host = t->proc->personality->signal_to_host[sig.signo];
    if (host == 0) {
        return;
    }
    siginfo_t plain;
    memset(&plain, 0, sizeof plain);
    plain.si_signo = host;
    plain.si_code = SI_QUEUE;
    plain.si_pid = sig.pid;
    plain.si_uid = sig.uid;
    plain.si_ptr = (void *)sig.value;
    if (signal_is_threads(t, info)) {
        host_call4(__NR_rt_tgsigqueueinfo, t->proc->pid, t->tid, host, &plain);
    } else {
        host_call3(__NR_rt_sigqueueinfo, t->proc->pid, host, &plain);
    }
}

void signals_queue_to_host(struct thread *t, bool to_host)
{
    static const struct signal_set all = {{~0ULL, ~0ULL}};
    struct host_siginfo info;
    siginfo_t *si = (siginfo_t *)&info;
    if (to_host) {
        drain(t);
    }
    while (signal_take(t, &all, si)) {
        if (to_host && si->si_signo == HOST_CARRIER) {
            send_plain(t, si);
        } else {
            host_put_back(t, &info);
        }
    }
}
