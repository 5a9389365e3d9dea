/* FreeBSD's threads once they run: thr_* (thr_exit(2) and friends; sys/kern/kern_thr.c). */
#include "process/thread.h"

#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/time_types.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "signals/signals.h"
#include "syscalls/freebsd/threads/thread.h"
#include "syscalls/freebsd/threads/umtx.h"

int64_t freebsd_tid(const struct thread *t)
{
    return (int64_t)t->tid + FREEBSD_TID_OFFSET;
}

int64_t freebsd_thr_self(struct thread *t, guest_ptr id)
{
    int64_t tid = freebsd_tid(t);
    return COPYOUT(id, &tid);
}

static int is_other(struct thread *other, void *self)
{
    const struct thread *t = self;
    return other != t && other->proc == t->proc;
}

int64_t freebsd_thr_exit(struct thread *t, guest_ptr state)
{
    freebsd_umtx_thread_exit(t);
    if (!guest_is_null(state)) {
        int64_t done = 1;
        if (COPYOUT(state, &done) == 0) {
            host_call3(__NR_futex, state.va, FUTEX_WAKE, 0x7fffffff);
        }
    }
    if (!threads_each(is_other, t)) {
        return 0; /* the last one returns, to end the process by itself (kern_thr_exit) */
    }
    thread_exit(t, 0);
}

/* Finding a thread of the process by its id. */
struct wanted {
    const struct process *proc;
    int64_t tid;
    struct thread *found;
};

static int is_wanted(struct thread *t, void *arg)
{
    struct wanted *w = arg;
    if (t->proc == w->proc && freebsd_tid(t) == w->tid) {
        w->found = t;
    }
    return w->found != NULL;
}

static struct thread *find(const struct thread *t, int64_t tid)
{
    struct wanted w = {t->proc, tid, NULL};
    threads_each(is_wanted, &w);
    return w.found;
}

int64_t freebsd_thr_wake(struct thread *t, long id)
{
    struct thread *target = find(t, id);
    if (target == NULL) {
        return -ESRCH;
    }
    __atomic_store_n(&target->wake_token, 1, __ATOMIC_SEQ_CST);
    host_call3(__NR_futex, &target->wake_token, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
    return 0;
}

int64_t freebsd_thr_suspend(struct thread *t, guest_ptr timeout)
{
    struct __kernel_timespec ts;
    bool timed = !guest_is_null(timeout);
    if (timed && COPYIN(&ts, timeout) != 0) {
        return -EFAULT;
    }
    if (timed && (ts.tv_nsec < 0 || ts.tv_nsec >= 1000000000 || ts.tv_sec < 0)) {
        return -EINVAL;
    }
    /* A token that is there already ends the wait at once: thr_wake before thr_suspend is not lost. */
    while (__atomic_exchange_n(&t->wake_token, 0, __ATOMIC_SEQ_CST) == 0) {
        int64_t r = host_call_intr(t, __NR_futex, (uint64_t)&t->wake_token, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0,
                                   timed ? (uint64_t)&ts : 0, 0, 0);
        if (r == -ETIMEDOUT || r == -EINTR) {
            return timed ? r : restartable(r);
        }
    }
    return 0;
}

#define FREEBSD_MAXCOMLEN 19

/* The host shows at most 15 characters of it; the engine keeps all. */
static int64_t set_host_name(const struct thread *t, const struct thread *target)
{
    const char *name = target->name;
    name += hot_strncmp(name, ENGINE_THREAD_NAME, sizeof ENGINE_THREAD_NAME - 1) == 0; /* no guest's has that one */
    if (t == target) {
        return host_call2(__NR_prctl, PR_SET_NAME, name);
    }
    char path[64];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/self/task/%d/comm", target->tid);
    int64_t fd = host_call4(__NR_openat, AT_FDCWD, text_cstr(&x), O_WRONLY | O_CLOEXEC, 0);
    if (is_error(fd)) {
        return fd;
    }
    host_call3(__NR_write, fd, name, hot_strlen(name));
    return host_call1(__NR_close, fd);
}

int64_t freebsd_thr_set_name(struct thread *t, long id, guest_ptr name)
{
    char copy[FREEBSD_MAXCOMLEN + 1] = "";
    if (!guest_is_null(name)) {
        int64_t r = copyin_str(copy, name, sizeof copy);
        if (r < 0 && r != -ENAMETOOLONG) {
            return r;
        }
        copy[FREEBSD_MAXCOMLEN] = '\0'; /* too long is cut, not refused */
    }
    struct thread *target = find(t, id);
    if (target == NULL) {
        return -ESRCH;
    }
    hot_strlcpy(target->name, copy, sizeof target->name);
    set_host_name(t, target); /* for the host's ps only: a failure concerns nobody */
    return 0;
}
