/*
 * Process descriptors: pdfork, pdgetpid, pdkill. Semantics: pdfork(2), sys/kern/sys_procdesc.c. The guest's
 * descriptor is a host pidfd with an object beside it; a second, hidden pidfd is what the end of the guest's last
 * descriptor kills by.
 *
 * To the host these children are like any other. So the process has a list of them: their SIGCHLD is not delivered
 * (freebsd_signal_arrived), waits for any child pass them over (wait.c), and those to which no descriptor leads any more
 * stay on it until they have ended and are reaped.
 */
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/wait.h>

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/signals/signal_send.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

enum { FREEBSD_PD_DAEMON = 1, FREEBSD_PD_CLOEXEC = 2 };

struct process_descriptor {
    struct descriptor_object head;
    struct process_descriptor *next;
    struct freebsd_process *home; /* on whose list it is */
    int32_t pid;
    int32_t parent; /* whose child it is: not that of a fork's child, which has the descriptor as well */
    int32_t hidden; /* the engine's own pidfd */
    bool kills;     /* on the last close; not with PD_DAEMON */
    bool detached;  /* no descriptor is left: it is to be reaped when it has ended */
};

enum { DIES_WITHIN_MS = 20 }; /* what is killed is mostly gone by then, and reaped at once; else when somebody looks */

static void discard(struct process_descriptor *p)
{
    engine_descriptor_close(p->hidden);
    heap_free(p);
}

/* The lock is held. */
static void unlist(struct process_descriptor *p)
{
    for (struct process_descriptor **at = &p->home->described; *at != NULL; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            return;
        }
    }
}

/* True: it has been reaped, here or by a wait for it. */
static bool reap(const struct process_descriptor *p)
{
    siginfo_t info = {.si_pid = 0};
    int64_t r = host_call5(__NR_waitid, P_PIDFD, p->hidden, &info, WEXITED | WNOHANG, 0);
    return is_error(r) || info.si_pid != 0;
}

static void release(struct descriptor_object *o)
{
    struct process_descriptor *p = (struct process_descriptor *)o;
    struct freebsd_process *home = p->home;
    bool own = p->parent == (int32_t)host_call0(__NR_getpid);
    if (own && p->kills) {
        struct pollfd end = {p->hidden, POLLIN, 0};
        host_call4(__NR_pidfd_send_signal, p->hidden, SIGKILL, 0, 0);
        host_call3(__NR_poll, &end, 1, DIES_WITHIN_MS);
    }
    lock_acquire(&home->described_lock);
    p->detached = own && !reap(p);
    bool stays = p->detached;
    if (!stays) {
        unlist(p);
    }
    lock_release(&home->described_lock);
    if (!stays) {
        discard(p);
    }
}

static bool survives_fork(struct descriptor_object *o)
{
    (void)o;
    return true;
}

static const struct descriptor_ops process_descriptor_ops = {
    .kind = DESCRIPTOR_PROCESS, .release = release, .survives_fork = survives_fork};

bool freebsd_has_described(struct thread *t)
{
    return __atomic_load_n(&freebsd_process(t)->described, __ATOMIC_RELAXED) != NULL;
}

bool freebsd_is_described(struct thread *t, int32_t pid)
{
    struct freebsd_process *fp = freebsd_process(t);
    bool found = false;
    lock_acquire(&fp->described_lock);
    for (const struct process_descriptor *p = fp->described; p != NULL && !found; p = p->next) {
        found = p->pid == pid && p->parent == t->proc->pid;
    }
    lock_release(&fp->described_lock);
    return found;
}

void freebsd_described_reap(struct thread *t)
{
    struct freebsd_process *fp = freebsd_process(t);
    struct process_descriptor *ended = NULL;
    if (!freebsd_has_described(t)) {
        return;
    }
    lock_acquire(&fp->described_lock);
    for (struct process_descriptor **at = &fp->described; *at != NULL;) {
        struct process_descriptor *p = *at;
        if (p->detached && p->parent == t->proc->pid && reap(p)) {
            *at = p->next;
            p->next = ended;
            ended = p;
        } else {
            at = &p->next;
        }
    }
    lock_release(&fp->described_lock);
    while (ended != NULL) {
        struct process_descriptor *p = ended;
        ended = p->next;
        discard(p);
    }
}

void freebsd_described_forget(struct thread *t)
{
    struct freebsd_process *fp = freebsd_process(t);
    while (fp->described != NULL) {
        struct process_descriptor *p = fp->described;
        fp->described = p->next;
        if (p->detached) {
            discard(p);
        }
    }
}

/*
 * An entry for a child that is about to be there, on the list already: so that no wait for any child takes it for another
 * before its descriptor is made. NULL: no memory.
 */
static struct process_descriptor *expect_child(struct thread *t)
{
    struct process_descriptor *p = heap_alloc(sizeof *p);
    struct freebsd_process *fp = freebsd_process(t);
    if (p == NULL) {
        return NULL;
    }
    p->head.ops = &process_descriptor_ops;
    p->head.references = 1;
    p->parent = t->proc->pid;
    p->hidden = -1;
    p->home = fp;
    lock_acquire(&fp->described_lock);
    p->next = fp->described;
    fp->described = p;
    fp->has_described = 1;
    lock_release(&fp->described_lock);
    return p;
}

/* It does not come, or is gone. */
static void expect_no_child(struct process_descriptor *p)
{
    lock_acquire(&p->home->described_lock);
    unlist(p);
    lock_release(&p->home->described_lock);
    heap_free(p);
}

/* Opens the guest's descriptor for the child that p expects; returns it or -errno, p being of no use then. */
static int64_t describe_child(struct thread *t, struct process_descriptor *p, int32_t pid, int32_t flags)
{
    int64_t fd = host_call2(__NR_pidfd_open, pid, 0);
    int64_t second = is_error(fd) ? fd : host_call3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, 0);
    int hidden = is_error(second) ? (int)second : engine_descriptor_adopt((int)second);
    if (hidden < 0) {
        if (!is_error(fd)) {
            host_call1(__NR_close, fd);
        }
        if (!is_error(second)) {
            host_call1(__NR_close, second);
        }
        return hidden;
    }
    p->hidden = hidden;
    p->kills = (flags & FREEBSD_PD_DAEMON) == 0;
    if ((flags & FREEBSD_PD_CLOEXEC) == 0) {
        host_call3(__NR_fcntl, fd, F_SETFD, 0);
    }
    int r = descriptor_attach(t->proc->descriptors, (int)fd, &p->head);
    if (r < 0) {
        host_call1(__NR_close, fd);
        engine_descriptor_close(hidden);
        p->hidden = -1;
    }
    return r < 0 ? r : fd;
}

int64_t freebsd_pdfork(struct thread *t, guest_ptr fdp, int32_t flags)
{
    if ((flags & ~(FREEBSD_PD_DAEMON | FREEBSD_PD_CLOEXEC)) != 0) {
        return -EINVAL;
    }
    int64_t room = host_call2(__NR_eventfd2, 0, 0); /* whether there is a number: afterwards the child would be there */
    if (is_error(room)) {
        return room;
    }
    host_call1(__NR_close, room);
    freebsd_described_reap(t);
    struct process_descriptor *p = expect_child(t);
    if (p == NULL) {
        return -ENOMEM;
    }
    int64_t pid = freebsd_fork_whole(t, &(struct fork_how){.exit_signal = SIGCHLD}, &p->pid);
    t->call_flags |= CALL_RESULT2;
    t->call_result2 = pid == 0;
    if (pid == 0) {
        heap_free(p); /* the parent's list has been forgotten */
        return 0;
    }
    if (pid < 0) {
        expect_no_child(p);
        return pid;
    }
    int64_t fd = describe_child(t, p, (int32_t)pid, flags);
    if (is_error(fd)) {
        host_call2(__NR_kill, pid, SIGKILL);
        host_call4(__NR_wait4, pid, 0, 0, 0);
        expect_no_child(p);
        return fd;
    }
    int32_t number = (int32_t)fd;
    int r = COPYOUT(fdp, &number);
    return r < 0 ? r : pid;
}

/* What a descriptor is that has no object: another process's, or one from before exec. Its pid, -EINVAL or -ESRCH. */
static int64_t pid_without_object(int32_t fd)
{
    static const char key[] = "\nPid:\t";
    char path[48], info[512];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/self/fdinfo/%d", fd);
    if (host_file_read(text_cstr(&x), info, sizeof info) <= 0) {
        return -EINVAL;
    }
    for (const char *line = info; (line = hot_strchr(line, '\n')) != NULL; line++) {
        if (hot_strncmp(line, key, sizeof key - 1) != 0) {
            continue;
        }
        int64_t pid = 0;
        for (line += sizeof key - 1; *line >= '0' && *line <= '9'; line++) {
            pid = pid * 10 + (*line - '0');
        }
        return pid > 0 ? pid : -ESRCH; /* -1: it has ended, and been waited for */
    }
    return -EINVAL;
}

/*
 * Whose descriptor it is: a pid, -EBADF, -EINVAL or -ESRCH. *object: its object, with a reference, or NULL; *pidfd: by
 * which the host knows the process.
 */
static int64_t find(struct thread *t, int32_t fd, struct process_descriptor **object, int32_t *pidfd)
{
    *object = (struct process_descriptor *)descriptor_get(t->proc->descriptors, fd, DESCRIPTOR_PROCESS);
    if (*object != NULL) {
        *pidfd = (*object)->hidden;
        return (*object)->pid;
    }
    *pidfd = fd;
    bool open = !engine_descriptor(fd) && !is_error(host_call3(__NR_fcntl, fd, F_GETFD, 0));
    return open ? pid_without_object(fd) : -EBADF;
}

static void put(struct process_descriptor *p)
{
    if (p != NULL) {
        descriptor_put(&p->head);
    }
}

int64_t freebsd_pdgetpid(struct thread *t, int32_t fd, guest_ptr pidp)
{
    struct process_descriptor *p;
    int32_t pidfd;
    int64_t found = find(t, fd, &p, &pidfd);
    put(p);
    int32_t pid = (int32_t)found;
    return found < 0 ? found : COPYOUT(pidp, &pid);
}

int64_t freebsd_pdkill(struct thread *t, int32_t fd, int32_t signum)
{
    struct process_descriptor *p;
    int32_t pidfd;
    if (signum != 0 && !freebsd_signal_valid(signum)) {
        return -EINVAL;
    }
    int64_t pid = find(t, fd, &p, &pidfd);
    if (pid < 0) {
        return pid;
    }
    struct signal_target to = {(int32_t)pid, 0, pidfd};
    int64_t r = freebsd_signal_send(t, &to, signum, FREEBSD_SI_USER, 0);
    put(p);
    return r;
}
