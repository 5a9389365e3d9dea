/* Processes that requests name: see proc_target.h. */
#include "syscalls/freebsd/sysctl/proc_target.h"

#include <linux/fcntl.h>
#include <linux/uio.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "process/host_record.h"
#include "process/process.h"
#include "process/thread.h"
#include "process/world.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

/*
 * Whether a process that has not entered itself in the table is still in process_fork(), where no signal reaches it: its
 * parent knows its number at once, and may run before it does.
 */
static bool is_forking(int32_t pid)
{
    const uint64_t never_blocked = 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1);
    char text[HOST_STATUS_MAX];
    return host_status_read(pid, 0, text, sizeof text) > 0 && (host_status_set(text, "SigBlk") | never_blocked) == ~0UL;
}

int proc_target_of(struct thread *t, int32_t pid, struct proc_target *out)
{
    memset(out, 0, sizeof *out);
    freebsd_described_reap(t);
    out->t = t;
    out->pid = pid == -1 ? t->proc->pid : pid;
    out->own = out->pid == t->proc->pid;
    if (out->pid <= 0 || !world_reaches(t, out->pid) || (!out->own && host_call2(__NR_kill, out->pid, 0) == -ESRCH)) {
        return -ESRCH;
    }
    if (out->own || process_table_other(t, out->pid, &out->entry) == 0) {
        out->guest = true;
    } else {
        bool forking = is_forking(out->pid); /* asked first: what it opens later is its own */
        out->guest = process_guest_entry(t, out->pid, &out->entry);
        out->forking = out->guest && forking;
    }
    return 0;
}

int proc_target(const struct sysctl_request *rq, struct proc_target *out)
{
    return rq->rest_count != 1 ? -EINVAL : proc_target_of(rq->t, rq->rest[0], out);
}

void proc_target_path(const struct proc_target *target, const char *file, char *to, size_t size)
{
    struct text x = {to, size, 0};
    text_format(&x, "/proc/%d/%s", target->pid, file);
    text_cstr(&x);
}

int proc_target_read(const struct proc_target *target, uint64_t address, void *to, size_t n)
{
    if (target->own) {
        return copyin(to, guest_addr(address), n);
    }
    struct iovec here = {to, n}, there = {(void *)address, n}; // NOLINT(performance-no-int-to-ptr): another process's
    int64_t r = host_call6(__NR_process_vm_readv, target->pid, &here, 1, &there, 1, 0);
    return r == (int64_t)n ? 0 : r >= 0 ? -EFAULT : (int)r;
}

int64_t proc_target_error(int64_t r)
{
    return r == -EACCES ? -EPERM : r == -ENOENT ? -ESRCH : r;
}

int proc_target_put_file(struct sysctl_request *rq, const struct proc_target *target, const char *file)
{
    char path[48], chunk[1024];
    proc_target_path(target, file, path, sizeof path);
    int64_t fd = proc_target_error(host_call4(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
    if (fd < 0) {
        return (int)fd;
    }
    int64_t n;
    int r = 0;
    while (r == 0 && (n = host_call3(__NR_read, fd, chunk, sizeof chunk)) > 0) {
        r = sysctl_put(rq, chunk, (size_t)n);
    }
    host_call1(__NR_close, fd);
    return r;
}
