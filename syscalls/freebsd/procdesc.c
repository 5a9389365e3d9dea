/*
 * Process descriptors: pdfork, pdgetpid, pdkill. Semantics: pdfork(2), sys/kern/sys_procdesc.c. The guest's
 * descriptor is a host pidfd with an object beside it; a second, hidden pidfd is what the end of the guest's last
 * descriptor kills by.
 */
#include <linux/fcntl.h>
#include <linux/wait.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/signal_send.h"

enum { FREEBSD_PD_DAEMON = 1, FREEBSD_PD_CLOEXEC = 2 };

struct process_descriptor {
    struct descriptor_object head;
    int32_t pid;
    int32_t hidden; /* the engine's own pidfd */
    bool kills;     /* on the last close; not with PD_DAEMON, and not in a fork's child, whose parent still holds it */
};

static void release(struct descriptor_object *o)
{
    struct process_descriptor *p = (struct process_descriptor *)o;
    siginfo_t info;
    if (p->kills) {
        host_call4(__NR_pidfd_send_signal, p->hidden, SIGKILL, 0, 0);
        host_call5(__NR_waitid, P_PIDFD, p->hidden, &info, WEXITED | WNOHANG, 0);
    }
    host_call1(__NR_close, p->hidden);
    heap_free(p);
}

static bool survives_fork(struct descriptor_object *o)
{
    ((struct process_descriptor *)o)->kills = false;
    return true;
}

static const struct descriptor_ops process_descriptor_ops = {
    .kind = DESCRIPTOR_PROCESS, .release = release, .survives_fork = survives_fork};

/* Opens the guest's descriptor for a child; returns it or -errno. */
static int64_t describe_child(struct thread *t, int32_t pid, int32_t flags)
{
    int64_t fd = host_call2(__NR_pidfd_open, pid, 0);
    int64_t second = is_error(fd) ? fd : host_call3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, 0);
    int hidden = is_error(second) ? (int)second : engine_descriptor_adopt((int)second);
    struct process_descriptor *p = hidden < 0 ? NULL : heap_alloc(sizeof *p);
    if (p == NULL) {
        if (!is_error(fd)) {
            host_call1(__NR_close, fd);
        }
        return hidden < 0 ? hidden : -ENOMEM;
    }
    p->head.ops = &process_descriptor_ops;
    p->head.references = 1;
    p->pid = pid;
    p->hidden = hidden;
    p->kills = (flags & FREEBSD_PD_DAEMON) == 0;
    if ((flags & FREEBSD_PD_CLOEXEC) == 0) {
        host_call3(__NR_fcntl, fd, F_SETFD, 0);
    }
    int r = descriptor_attach(t->proc->descriptors, (int)fd, &p->head);
    return r < 0 ? r : fd;
}

int64_t freebsd_pdfork(struct thread *t, guest_ptr fdp, int32_t flags)
{
    if ((flags & ~(FREEBSD_PD_DAEMON | FREEBSD_PD_CLOEXEC)) != 0) {
        return -EINVAL;
    }
    int64_t pid = freebsd_fork_whole(t);
    t->call_flags |= CALL_RESULT2;
    t->call_result2 = pid == 0;
    if (pid <= 0) {
        return pid;
    }
    int64_t fd = describe_child(t, (int32_t)pid, flags);
    if (is_error(fd)) {
        host_call2(__NR_kill, pid, SIGKILL);
        host_call4(__NR_wait4, pid, 0, 0, 0);
        return fd;
    }
    int32_t number = (int32_t)fd;
    int r = COPYOUT(fdp, &number);
    return r < 0 ? r : pid;
}

/* The object of a process descriptor, with a reference; *error says why there is none. */
static struct process_descriptor *find(struct thread *t, int32_t fd, int64_t *error)
{
    struct descriptor_object *o = descriptor_get(t->proc->descriptors, fd, DESCRIPTOR_PROCESS);
    bool open = !engine_descriptor(fd) && !is_error(host_call3(__NR_fcntl, fd, F_GETFD, 0));
    *error = open ? -EINVAL : -EBADF;
    return (struct process_descriptor *)o;
}

int64_t freebsd_pdgetpid(struct thread *t, int32_t fd, guest_ptr pidp)
{
    int64_t error;
    struct process_descriptor *p = find(t, fd, &error);
    if (p == NULL) {
        return error;
    }
    int32_t pid = p->pid;
    descriptor_put(&p->head);
    return COPYOUT(pidp, &pid);
}

int64_t freebsd_pdkill(struct thread *t, int32_t fd, int32_t signum)
{
    int64_t error;
    if (signum != 0 && !freebsd_signal_valid(signum)) {
        return -EINVAL;
    }
    struct process_descriptor *p = find(t, fd, &error);
    if (p == NULL) {
        return error;
    }
    struct signal_target to = {p->pid, 0, p->hidden};
    int64_t r = freebsd_signal_send(t, &to, signum, FREEBSD_SI_USER, 0);
    descriptor_put(&p->head);
    return r;
}
