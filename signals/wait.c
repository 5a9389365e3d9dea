/* Waiting for signals of a set. Semantics: kern_sigtimedwait(), sys/kern/kern_sig.c. */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/queue.h"
#include "signals/signals.h"

#define NS_PER_SECOND 1000000000

static const struct __kernel_timespec at_once = {0, 0};

/* Takes what was recorded for delivery, if it is waited for. */
static bool take_recorded(struct thread *t, const struct signal_set *set, siginfo_t *info)
{
    const siginfo_t *recorded = (const siginfo_t *)&t->recorded_info;
    int signo = t->recorded ? signal_number(t, recorded) : 0;
    if (signo == 0 || !signal_set_has(set, signo)) {
        return false;
    }
    *info = *recorded;
    t->recorded = false;
    return true;
}

/* The queue has one of the set: it comes first unless the host has a lower one. */
static bool take_queued(struct thread *t, const struct signal_set *set, siginfo_t *info)
{
    int signo = signal_lowest(t, set);
    struct signal_set lower = *set;
    if (signo == 0) {
        return false;
    }
    for (int n = signo; n <= SIGNAL_MAX; n++) {
        signal_set_remove(&lower, n);
    }
    uint64_t host = signal_set_to_host(t->proc->personality, &lower);
    if (host != 0 && host_call4(__NR_rt_sigtimedwait, &host, info, &at_once, sizeof host) > 0) {
        return true;
    }
    return signal_take(t, set, info);
}

/* A carrier has come of what is not waited for. */
static void not_awaited(struct thread *t, const siginfo_t *info)
{
    int signo = signal_number(t, info);
    if (signo == 0) {
        if (signal_due(t)) {
            t->held_due = true; /* it says that the queue has something */
        }
        return;
    }
    if (signal_set_has(&t->mask, signo)) {
        signal_keep(t, info);
    } else {
        signal_record_now(t, info);
    }
}

static struct __kernel_timespec now(void)
{
    struct __kernel_timespec time;
    host_clock_read(CLOCK_MONOTONIC, &time);
    return time;
}

/* What is left till `end`; nothing is the least. */
static struct __kernel_timespec left_until(const struct __kernel_timespec *end)
{
    struct __kernel_timespec time = now();
    struct __kernel_timespec left = {end->tv_sec - time.tv_sec, end->tv_nsec - time.tv_nsec};
    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += NS_PER_SECOND;
    }
    return left.tv_sec < 0 ? at_once : left;
}

static struct __kernel_timespec end_of(const struct __kernel_timespec *timeout)
{
    struct __kernel_timespec end = now();
    end.tv_nsec += timeout->tv_nsec;
    end.tv_sec += end.tv_nsec >= NS_PER_SECOND;
    end.tv_nsec -= end.tv_nsec >= NS_PER_SECOND ? NS_PER_SECOND : 0;
    if (__builtin_add_overflow(end.tv_sec, timeout->tv_sec, &end.tv_sec)) {
        end.tv_sec = INT64_MAX;
    }
    return end;
}

/* False: one of a timer that has been deleted by now, or the end of a child that nobody is to hear of. */
static bool is_for_guest(struct thread *t, const siginfo_t *info, struct guest_signal *out)
{
    signal_described(t, info, NULL, 0, 0, out);
    return out->signo != 0;
}

/* A recorded one was none after all: what was blocked until its delivery is open again, and may end the wait. */
static void unblock(struct thread *t)
{
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &t->host_mask, 0, sizeof t->host_mask);
}

static int64_t wait(struct thread *t, const struct signal_set *set, const struct __kernel_timespec *timeout,
                    struct guest_signal *out)
{
    siginfo_t info;
    bool endless = timeout == NULL, first = true;
    struct __kernel_timespec left, end = endless ? at_once : end_of(timeout);
    uint64_t host = signal_set_to_host(t->proc->personality, set) | HOST_BIT(HOST_CARRIER);
    for (;; first = false) {
        bool recorded = take_recorded(t, set, &info);
        if (recorded || take_queued(t, set, &info)) {
            if (is_for_guest(t, &info, out)) {
                return 0;
            }
            if (recorded) {
                unblock(t);
            }
            continue;
        }
        if (t->recorded || (t->held_due && signal_due(t))) {
            return -EINTR;
        }
        left = endless ? at_once : first ? *timeout : left_until(&end);
        int64_t r = host_call_intr(t, __NR_rt_sigtimedwait, (uint64_t)&host, (uint64_t)&info,
                                   endless ? 0 : (uint64_t)&left, sizeof host, 0, 0);
        if (r > 0) {
            int signo = signal_number(t, &info);
            if (signo == 0 || !signal_set_has(set, signo)) {
                not_awaited(t, &info);
            } else if (is_for_guest(t, &info, out)) {
                return 0;
            }
        } else if (r != -EINTR) {
            return r;
        }
    }
}

int64_t signal_wait(struct thread *t, const struct signal_set *set, const struct __kernel_timespec *timeout,
                    struct guest_signal *out)
{
    t->awaited = *set;
    __atomic_store_n(&t->waiting, true, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    int64_t r = wait(t, set, timeout, out);
    __atomic_store_n(&t->waiting, false, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    signal_queue_offer(t); /* of what it was told and has not taken */
    if (r == 0 && signal_set_has(&t->proc->watched, out->signo)) {
        t->proc->hooks->signalled(t, out->signo, false);
    }
    return r;
}
