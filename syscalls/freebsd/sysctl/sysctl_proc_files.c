/*
 * kern.proc.filedesc, cwd, nfds: what a process has open. Semantics: kern_proc_filedesc_out() and its neighbours of
 * sys/kern/kern_descrip.c; p_candebug() decides who may ask, as it does in the host (PTRACE_MODE_READ).
 */
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/host_sockets.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/sysctl/kinfo_file.h"
#include "syscalls/freebsd/sysctl/proc_descriptors.h"
#include "syscalls/freebsd/sysctl/proc_target.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

/* One list's work; large, hence from the heap. */
struct files {
    struct sysctl_request *rq;
    struct proc_target target;
    struct host_sockets sockets;
    bool sockets_read;
    struct proc_descriptor one;
    struct freebsd_kinfo_file record;
};

static struct files *files_new(struct sysctl_request *rq)
{
    struct files *f = heap_alloc_unset(sizeof *f);
    if (f != NULL) {
        f->rq = rq;
        f->sockets = (struct host_sockets){NULL, 0, 0};
        f->sockets_read = false;
    }
    return f;
}

static void files_free(struct files *f)
{
    host_sockets_free(&f->sockets);
    heap_free(f);
}

static const struct host_socket *socket_of(struct files *f)
{
    if (f->one.class != FILE_SOCKET) {
        return NULL;
    }
    if (!f->sockets_read) {
        host_sockets_read(&f->sockets, HOST_SOCKETS_ALL);
        f->sockets_read = true;
    }
    return host_sockets_find(&f->sockets, proc_link_number(f->one.link));
}

/* Hands out f->one. */
static int put(struct files *f)
{
    kinfo_file_fill(f->target.t, &f->one, socket_of(f), &f->record);
    uint32_t size = kinfo_file_pack(&f->record);
    return sysctl_put(f->rq, &f->record, size);
}

/* The program, the terminal and the directories, which have no numbers. */
static int put_special(struct files *f, const char *name, int32_t fd)
{
    if (proc_descriptor_of(&f->target, name, &f->one) != 0) {
        return 0;
    }
    f->one.fd = fd;
    if (fd == FREEBSD_KF_FD_TEXT && f->target.own) {
        hot_strlcpy(f->one.link, f->target.t->proc->program, sizeof f->one.link);
    } else if (fd == FREEBSD_KF_FD_TEXT && f->target.entry.pid != 0) {
        hot_strlcpy(f->one.link, f->target.entry.program, sizeof f->one.link);
    }
    if (fd == FREEBSD_KF_FD_TEXT && f->target.guest) {
        /* The host's link leads to the engine. */
        host_call5(__NR_statx, -100, f->one.link, 0, STATX_BASIC_STATS, &f->one.stat);
    }
    return put(f);
}

static int put_numbered(struct files *f)
{
    int32_t *list;
    uint32_t count;
    int64_t r = proc_descriptor_numbers(&f->target, &list, &count);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        int64_t one = proc_descriptor_read(&f->target, list[i], &f->one);
        r = one == 0 ? put(f) : one == -EBADF ? 0 : one;
    }
    heap_free(list);
    return (int)r;
}

static int put_all(struct files *f)
{
    int r = put_special(f, "exe", FREEBSD_KF_FD_TEXT);
    r = r == 0 ? put_special(f, "cwd", FREEBSD_KF_FD_CWD) : r;
    r = r == 0 ? put_special(f, "root", FREEBSD_KF_FD_ROOT) : r;
    return r == 0 ? put_numbered(f) : r;
}

/* Whether its descriptors may be looked at at all: 0 or -EPERM, -ESRCH. */
static int may_look(const struct proc_target *target)
{
    struct proc_descriptor *d = heap_alloc_unset(sizeof *d);
    int r = d != NULL ? (int)proc_descriptor_of(target, "cwd", d) : -ENOMEM;
    heap_free(d);
    return r;
}

static int with_target(struct sysctl_request *rq, int (*fn)(struct files *f))
{
    struct files *f = files_new(rq);
    if (f == NULL) {
        return -ENOMEM;
    }
    int r = proc_target(rq, &f->target);
    r = r == 0 ? may_look(&f->target) : r;
    r = r == 0 ? fn(f) : r;
    files_free(f);
    return r;
}

int sysctl_proc_filedesc(struct sysctl_request *rq)
{
    return with_target(rq, put_all);
}

static int put_cwd(struct files *f)
{
    return put_special(f, "cwd", FREEBSD_KF_FD_CWD);
}

int sysctl_proc_cwd(struct sysctl_request *rq)
{
    return with_target(rq, put_cwd);
}

static int put_count(struct files *f)
{
    int32_t *list;
    uint32_t count;
    int32_t open = 0;
    int64_t r = proc_descriptor_numbers(&f->target, &list, &count);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        open += proc_descriptor_read(&f->target, list[i], &f->one) == 0;
    }
    heap_free(list);
    return r < 0 ? (int)r : sysctl_put(f->rq, &open, sizeof open);
}

int sysctl_proc_nfds(struct sysctl_request *rq)
{
    return with_target(rq, put_count);
}
