/*
 * Waiting for children: wait4 and wait6. Semantics: wait(2), wait6(2), kern_wait6() and proc_to_reap() in
 * sys/kern/kern_exit.c. The host waits for one child, a group's or any; what else FreeBSD can ask for is found by looking
 * at the children one by one, again and again while none has anything to tell. Children by pdfork(2) are not any child's.
 */
#include <linux/resource.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/host_tree.h"
#include "process/table.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

/* sys/sys/wait.h against linux/wait.h */
static const struct {
    uint32_t guest, host;
} wait_options[] = {
    {1, WNOHANG},            /* WNOHANG */
    {2, WSTOPPED},           /* WUNTRACED, WSTOPPED */
    {4, WCONTINUED},         /* WCONTINUED */
    {8, WNOWAIT},            /* WNOWAIT */
    {16, WEXITED},           /* WEXITED */
    {0x80000000u, __WCLONE}, /* WLINUXCLONE: children whose end is not told by SIGCHLD, and only those */
    {32, 0},                 /* WTRAPPED: no guest traces another */
};
#define FREEBSD_WEXITED     16u
#define FREEBSD_WAIT_EVENTS (2u | 4u | 16u | 32u)
#define HOST_EVENTS         ((uint32_t)(WSTOPPED | WCONTINUED | WEXITED))

#define LOOK_EVERY_NS 5000000 /* between two looks at children that the host cannot be asked to wait for */

static int64_t host_wait_options(uint32_t guest)
{
    uint32_t host = 0, left = guest;
    for (unsigned i = 0; i < sizeof wait_options / sizeof wait_options[0]; i++) {
        if (left & wait_options[i].guest) {
            host |= wait_options[i].host;
            left &= ~wait_options[i].guest;
        }
    }
    return left != 0 || (guest & FREEBSD_WAIT_EVENTS) == 0 ? -EINVAL : (int64_t)host;
}

/* The wait status that a host siginfo of SIGCHLD stands for, in the host's numbers. */
static int32_t status_of(const siginfo_t *si)
{
    switch (si->si_code) {
    case CLD_EXITED:
        return (si->si_status & 0xff) << 8;
    case CLD_KILLED:
        return si->si_status;
    case CLD_DUMPED:
        return si->si_status | 0x80;
    case CLD_CONTINUED:
        return 0xffff;
    default:
        return si->si_status << 8 | 0x7f;
    }
}

/* sys/sys/wait.h: idtype_t. Of the others no process is ever one. */
enum {
    FREEBSD_P_PID = 0,
    FREEBSD_P_PGID = 2,
    FREEBSD_P_SID = 3,
    FREEBSD_P_UID = 5,
    FREEBSD_P_GID = 6,
    FREEBSD_P_ALL = 7,
};

struct waited {
    siginfo_t info;
    struct rusage usage;    /* the layout is the same in both systems */
    struct rusage children; /* of `usage`, what the child's children have used; only if it is asked for */
};

struct wait_request {
    int idtype;
    int64_t id;
    uint32_t options;    /* the host's */
    bool wants_children; /* usage.children */
};

static const char *field_after(const char *at, unsigned count)
{
    for (; count > 0 && at != NULL; count--) {
        at = hot_strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at;
}

static int64_t number(const char *at)
{
    int64_t n = 0;
    for (; at != NULL && *at >= '0' && *at <= '9'; at++) {
        n = n * 10 + (*at - '0');
    }
    return n;
}

/*
 * What an ended child's children have used, which the host's wait adds to the child's own. /proc/PID/stat has it in
 * hundredths of a second (proc_pid_stat(5), fields 11 to 17), while the child is not reaped.
 */
static void children_usage(int32_t pid, struct rusage *usage)
{
    enum { TICK_US = 10000, CMINFLT = 11, CMAJFLT = 13, CUTIME = 16, CSTIME = 17, STATE = 3 };
    char path[48], text[1024];
    struct text x = TEXT_ON(path);
    memset(usage, 0, sizeof *usage);
    text_format(&x, "/proc/%d/stat", pid);
    if (host_file_read(text_cstr(&x), text, sizeof text) <= 0) {
        return;
    }
    const char *state = hot_strrchr(text, ')');
    if (state == NULL || state[1] != ' ') {
        return;
    }
    state += 2;
    int64_t user = number(field_after(state, CUTIME - STATE)) * TICK_US;
    int64_t system = number(field_after(state, CSTIME - STATE)) * TICK_US;
    usage->ru_utime.tv_sec = user / 1000000;
    usage->ru_utime.tv_usec = user % 1000000;
    usage->ru_stime.tv_sec = system / 1000000;
    usage->ru_stime.tv_usec = system % 1000000;
    usage->ru_minflt = number(field_after(state, CMINFLT - STATE));
    usage->ru_majflt = number(field_after(state, CMAJFLT - STATE));
}

/* a - b, not below 0: the two were counted with different clocks. */
static void subtract_time(struct __kernel_old_timeval *a, const struct __kernel_old_timeval *b)
{
    int64_t us = (a->tv_sec - b->tv_sec) * 1000000 + (a->tv_usec - b->tv_usec);
    us = us < 0 ? 0 : us;
    a->tv_sec = us / 1000000;
    a->tv_usec = us % 1000000;
}

static void separate_usage(struct waited *w)
{
    subtract_time(&w->usage.ru_utime, &w->children.ru_utime);
    subtract_time(&w->usage.ru_stime, &w->children.ru_stime);
    w->usage.ru_minflt -= w->children.ru_minflt < w->usage.ru_minflt ? w->children.ru_minflt : w->usage.ru_minflt;
    w->usage.ru_majflt -= w->children.ru_majflt < w->usage.ru_majflt ? w->children.ru_majflt : w->usage.ru_majflt;
}

static int64_t host_wait(struct thread *t, int type, int64_t id, uint32_t options, struct waited *w)
{
    memset(&w->info, 0, sizeof w->info);
    int64_t r = host_call_intr(t, __NR_waitid, type, (uint64_t)id, (uint64_t)&w->info, options, (uint64_t)&w->usage, 0);
    return is_error(r) ? r : w->info.si_pid;
}

static bool has_ended(const siginfo_t *si)
{
    return si->si_code == CLD_EXITED || si->si_code == CLD_KILLED || si->si_code == CLD_DUMPED;
}

/* Waits as the host can. Where the children's usage is wanted, the child is looked at before it is reaped. */
static int64_t wait_as_host(struct thread *t, int type, const struct wait_request *rq, struct waited *w)
{
    for (;;) {
        uint32_t look = rq->wants_children ? (uint32_t)WNOWAIT : 0;
        int64_t r = host_wait(t, type, rq->id, rq->options | look, w);
        if (r <= 0 || !rq->wants_children) {
            return r;
        }
        if (has_ended(&w->info)) {
            children_usage((int32_t)r, &w->children);
        }
        if ((rq->options & WNOWAIT) == 0) {
            r = host_wait(t, P_PID, r, rq->options | WNOHANG, w);
        }
        if (r != 0 && r != -ECHILD) { /* another thread has been faster: once more */
            separate_usage(w);
            return r;
        }
    }
}

/* The number of a line "Key:\treal\teffective..." of /proc/PID/status: the effective id, or -1. */
static int64_t effective_id(int32_t pid, const char *key)
{
    char path[48], text[1536];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%d/status", pid);
    if (host_file_read(text_cstr(&x), text, sizeof text) <= 0) {
        return -1;
    }
    for (const char *line = text; (line = hot_strchr(line, '\n')) != NULL;) {
        line++;
        if (hot_strncmp(line, key, 4) == 0) {
            const char *second = hot_strchr(line + 5, '\t');
            return second != NULL ? number(second + 1) : -1;
        }
    }
    return -1;
}

static bool is_meant(const struct host_process *p, const struct wait_request *rq)
{
    switch (rq->idtype) {
    case FREEBSD_P_SID:
        return p->session == rq->id;
    case FREEBSD_P_UID:
        return effective_id(p->pid, "Uid:") == rq->id;
    case FREEBSD_P_GID:
        return effective_id(p->pid, "Gid:") == rq->id;
    case FREEBSD_P_PID:
        return p->pid == rq->id;
    case FREEBSD_P_PGID:
        return p->group == rq->id;
    default:
        return rq->idtype == FREEBSD_P_ALL;
    }
}

/* One look at the children that are meant. Returns a pid, 0 (nothing to tell), -ECHILD (there are none), -errno. */
static int64_t look(struct thread *t, const struct wait_request *rq, struct waited *w)
{
    struct host_tree tree;
    int64_t r = host_tree_read(&tree), found = -ECHILD;
    for (uint32_t i = 0; r == 0 && i < tree.count; i++) {
        const struct host_process *p = &tree.list[i];
        if (p->parent != t->proc->pid || !is_meant(p, rq) ||
            (rq->idtype == FREEBSD_P_ALL && freebsd_is_described(t, p->pid))) {
            continue;
        }
        found = 0;
        if ((rq->options & HOST_EVENTS) == 0) {
            continue; /* only what a tracer would see */
        }
        struct wait_request one = {
            .id = p->pid, .options = rq->options | WNOHANG, .wants_children = rq->wants_children};
        r = wait_as_host(t, P_PID, &one, w);
        r = r == -ECHILD ? 0 : r;
    }
    host_tree_free(&tree);
    return r != 0 ? r : found;
}

static int64_t wait_by_looking(struct thread *t, const struct wait_request *rq, struct waited *w)
{
    const struct __kernel_timespec pause = {0, LOOK_EVERY_NS};
    for (;;) {
        int64_t r = look(t, rq, w);
        if (r != 0 || (rq->options & WNOHANG) != 0) {
            return r;
        }
        r = host_call_intr(t, __NR_nanosleep, (uint64_t)&pause, 0, 0, 0, 0, 0);
        if (r == -EINTR) { /* mostly SIGCHLD: the host too looks once more before it says so */
            r = look(t, rq, w);
            return r != 0 ? r : -EINTR;
        }
    }
}

/* Waits; returns the pid, 0 when WNOHANG finds nothing, or -errno. `options` are the guest's. */
static int64_t wait_for(struct thread *t, struct wait_request *rq, uint32_t options, struct waited *w)
{
    int64_t host = host_wait_options(options);
    if (is_error(host)) {
        return host;
    }
    memset(w, 0, sizeof *w);
    rq->options = (uint32_t)host;
    if (rq->id == 0 && (rq->idtype == FREEBSD_P_PID || rq->idtype == FREEBSD_P_PGID)) {
        rq->idtype = FREEBSD_P_PGID; /* WAIT_MYPGRP */
        rq->id = host_call1(__NR_getpgid, 0);
    }
    bool events = (rq->options & HOST_EVENTS) != 0, described = freebsd_has_described(t);
    int64_t r;
    if (described) {
        freebsd_described_reap(t);
    }
    if (rq->idtype == FREEBSD_P_ALL && events && !described) {
        r = wait_as_host(t, P_ALL, rq, w);
    } else if (rq->idtype == FREEBSD_P_PID && events) {
        r = rq->id > 0 && rq->id <= INT32_MAX ? wait_as_host(t, P_PID, rq, w) : -ECHILD;
    } else if (rq->idtype == FREEBSD_P_PGID && events) {
        r = rq->id > 0 && rq->id <= INT32_MAX ? wait_as_host(t, P_PGID, rq, w) : -ECHILD;
    } else {
        r = wait_by_looking(t, rq, w);
        if (r == -ENOENT || r == -EACCES) { /* there is no /proc to look in: any child it is */
            r = events ? wait_as_host(t, P_ALL, rq, w) : -ECHILD;
        }
    }
    return restartable(r);
}

bool freebsd_child_to_tell(struct thread *t, void *info)
{
    struct waited w;
    const struct wait_request rq = {.idtype = FREEBSD_P_ALL, .options = HOST_EVENTS | WNOWAIT | WNOHANG};
    memset(&w, 0, sizeof w);
    if (look(t, &rq, &w) <= 0) {
        return false;
    }
    memcpy(info, &w.info, sizeof w.info);
    return true;
}

/* As the guest's kernel tells it, also of a death by a signal that the host has not. */
static int32_t guest_status_of(struct thread *t, const siginfo_t *si)
{
    int death = si->si_code == CLD_EXITED ? process_table_death_of(t, si->si_pid, si->si_status & 0xff) : 0;
    return death != 0 ? death : freebsd_wait_status(status_of(si));
}

int64_t freebsd_wait4(struct thread *t, int pid, guest_ptr status, int options, guest_ptr rusage)
{
    struct waited w;
    struct wait_request rq = {.idtype = pid == -1 ? FREEBSD_P_ALL
                                        : pid < 0 ? FREEBSD_P_PGID
                                                  : FREEBSD_P_PID,
                              .id = pid < 0 ? -(int64_t)pid : pid};
    int64_t r = wait_for(t, &rq, (uint32_t)options | FREEBSD_WEXITED, &w);
    if (r <= 0) {
        return r;
    }
    int32_t guest_status = guest_status_of(t, &w.info);
    if (!guest_is_null(status) && COPYOUT(status, &guest_status) != 0) {
        return -EFAULT;
    }
    return !guest_is_null(rusage) && COPYOUT(rusage, &w.usage) != 0 ? -EFAULT : r;
}

static int wait6_results(struct thread *t, const struct waited *w, guest_ptr status, guest_ptr wrusage, guest_ptr info)
{
    int32_t guest_status = guest_status_of(t, &w->info);
    if (!guest_is_null(status) && COPYOUT(status, &guest_status) != 0) {
        return -EFAULT;
    }
    /* struct __wrusage: the child's own, then its children's. */
    if (!guest_is_null(wrusage) &&
        (COPYOUT(wrusage, &w->usage) != 0 || COPYOUT(guest_at(wrusage, sizeof w->usage), &w->children) != 0)) {
        return -EFAULT;
    }
    if (guest_is_null(info)) {
        return 0;
    }
    struct guest_signal sig;
    struct freebsd_siginfo out;
    memset(&sig, 0, sizeof sig);
    freebsd_signal_describe(t, &w->info, NULL, 0, 0, &sig);
    freebsd_siginfo_fill(&sig, &out);
    return COPYOUT(info, &out);
}

/* id_t has 64 bits, and the kernel looks at as many of them as a pid, user or group has: proc_to_reap(). */
static int64_t narrow_id(int idtype, long id)
{
    return idtype == FREEBSD_P_UID || idtype == FREEBSD_P_GID ? (int64_t)(uint32_t)id : (int32_t)id;
}

int64_t freebsd_wait6(struct thread *t, int idtype, long id, guest_ptr status, int options, guest_ptr wrusage,
                      guest_ptr info)
{
    struct waited w;
    struct wait_request rq = {.idtype = idtype, .id = narrow_id(idtype, id), .wants_children = !guest_is_null(wrusage)};
    int64_t r = wait_for(t, &rq, (uint32_t)options, &w);
    if (r <= 0) {
        if (r == 0 && !guest_is_null(info)) {
            return guest_zero(info, sizeof(struct freebsd_siginfo));
        }
        return r;
    }
    int done = wait6_results(t, &w, status, wrusage, info);
    return done != 0 ? done : r;
}
