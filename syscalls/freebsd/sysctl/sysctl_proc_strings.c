/*
 * kern.proc.args, env, auxv, ps_strings, sigtramp: what a process has in its memory. The caller's own is read there, and
 * another guest's too, where the host lets the caller look; else what the host itself shows of arguments and variables
 * (process/title.h). Semantics: sys/kern/kern_proc.c.
 */
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "process/host_record.h"
#include "process/process.h"
#include "process/thread.h"
#include "process/title.h"
#include "syscalls/freebsd/start/program.h"
#include "syscalls/freebsd/sysctl/proc_target.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define VECTOR_MAX (1u << 20) /* entries of a vector that are looked through */
#define CHUNK      256

/* One string, with its NUL. A chunk may not be all there: then what is left of its page. */
static int put_string(struct sysctl_request *rq, const struct proc_target *target, uint64_t from)
{
    char chunk[CHUNK];
    for (;;) {
        size_t n = CHUNK - (from & (CHUNK - 1)); /* never across a page's end */
        int r = proc_target_read(target, from, chunk, n);
        if (r < 0) {
            return r;
        }
        size_t length = 0;
        while (length < n && chunk[length] != '\0') {
            length++;
        }
        r = sysctl_put(rq, chunk, length < n ? length + 1 : n);
        if (r < 0 || length < n) {
            return r;
        }
        from += n;
    }
}

static int put_vector(struct sysctl_request *rq, const struct proc_target *target, uint64_t vector, uint32_t count)
{
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < count && i < VECTOR_MAX; i++) {
        uint64_t string;
        r = proc_target_read(target, vector + 8UL * i, &string, sizeof string);
        if (r == 0 && string == 0) {
            break;
        }
        r = r == 0 ? put_string(rq, target, string) : r;
    }
    return r;
}

static uint64_t ps_strings_of(const struct proc_target *target)
{
    return target->own ? target->t->proc->ps_strings.va : target->entry.ps_strings;
}

/* Returns 0, or -errno: a guest without an entry has nothing that could be found. */
static int read_ps_strings(const struct proc_target *target, struct freebsd_ps_strings *ps)
{
    uint64_t at = ps_strings_of(target);
    return at == 0 ? -EPERM : proc_target_read(target, at, ps, sizeof *ps);
}

/* As the program has it now: struct ps_strings leads to it. */
static int put_live(struct sysctl_request *rq, const struct proc_target *target, bool variables)
{
    struct freebsd_ps_strings ps;
    int r = read_ps_strings(target, &ps);
    if (r < 0) {
        return r;
    }
    return variables ? put_vector(rq, target, ps.envstr, ps.nenvstr) : put_vector(rq, target, ps.argvstr, ps.nargvstr);
}

/* Of a host that did not take the guest's view of itself, the command line is dragoman's. */
static bool host_shows_arguments(const struct proc_target *target)
{
    char path[48], shown[PROCESS_TABLE_ARGS + 1];
    proc_target_path(target, "cmdline", path, sizeof path);
    int64_t n = host_file_read(path, shown, sizeof shown);
    return n >= target->entry.args_size && memcmp(shown, target->entry.args, target->entry.args_size) == 0;
}

static int put_arguments_of_other(struct sysctl_request *rq, const struct proc_target *target)
{
    uint64_t before = rq->done;
    if (target->entry.pid == 0) {
        return proc_target_put_file(rq, target, "cmdline");
    }
    if (!target->entry.args_live) {
        return sysctl_put(rq, target->entry.args, target->entry.args_size);
    }
    int r = put_live(rq, target, false);
    if (r == 0 || r == -ENOMEM) {
        return r;
    }
    rq->done = before;
    if (target->entry.args_size < target->entry.args_total && host_shows_arguments(target)) {
        return proc_target_put_file(rq, target, "cmdline");
    }
    return sysctl_put(rq, target->entry.args, target->entry.args_size);
}

static int put_arguments(struct sysctl_request *rq, const struct proc_target *target)
{
    char title[PROCESS_TITLE_MAX];
    if (!target->own) {
        return put_arguments_of_other(rq, target);
    }
    uint32_t size = process_title(target->t, title);
    return size != 0 ? sysctl_put(rq, title, size) : put_live(rq, target, false);
}

/* A new value is setproctitle(3)'s; an empty one takes the last away. */
int sysctl_proc_args(struct sysctl_request *rq)
{
    char title[PROCESS_TITLE_MAX];
    struct proc_target target;
    int r = proc_target(rq, &target);
    bool writes = !guest_is_null(rq->new);
    if (r == 0 && writes && !target.own) {
        return -EPERM;
    }
    r = r == 0 ? put_arguments(rq, &target) : r;
    if (r < 0 || !writes) {
        return r;
    }
    if (rq->new_size > sizeof title) {
        return -ENOMEM;
    }
    r = copyin(title, rq->new, rq->new_size);
    if (r == 0) {
        process_title_set(rq->t, title, (uint32_t)rq->new_size);
    }
    return r;
}

int sysctl_proc_env(struct sysctl_request *rq)
{
    struct proc_target target;
    int r = proc_target(rq, &target);
    uint64_t before = rq->done;
    if (r < 0) {
        return r;
    }
    r = target.own || target.entry.pid != 0 ? put_live(rq, &target, true) : -EPERM;
    if (target.own || r == 0 || r == -ENOMEM) {
        return r;
    }
    rq->done = before;
    return proc_target_put_file(rq, &target, "environ");
}

/* It follows the environment on the initial stack; whoever has moved that has no vector to show. */
static int put_auxv(struct sysctl_request *rq, const struct proc_target *target)
{
    struct freebsd_ps_strings ps;
    struct freebsd_auxinfo entry = {.type = 1};
    int r = read_ps_strings(target, &ps);
    uint64_t at = ps.envstr + 8UL * (ps.nenvstr + 1UL);
    for (uint32_t i = 0; r == 0 && entry.type != FREEBSD_AT_NULL && i < FREEBSD_AT_COUNT; i++) {
        r = proc_target_read(target, at + i * sizeof entry, &entry, sizeof entry);
        r = r == 0 ? sysctl_put(rq, &entry, sizeof entry) : r;
    }
    return r;
}

/* A program of the host's has one in the host's terms, which here is none. */
int sysctl_proc_auxv(struct sysctl_request *rq)
{
    struct proc_target target;
    int r = proc_target(rq, &target);
    return r < 0 || !target.guest ? r : put_auxv(rq, &target);
}

int sysctl_proc_ps_strings(struct sysctl_request *rq)
{
    struct proc_target target;
    int r = proc_target(rq, &target);
    uint64_t at = r == 0 ? ps_strings_of(&target) : 0;
    return r < 0 ? r : sysctl_put(rq, &at, sizeof at);
}

/* struct kinfo_sigtramp */
int sysctl_proc_sigtramp(struct sysctl_request *rq)
{
    struct proc_target target;
    int r = proc_target(rq, &target);
    uint64_t page = r < 0 ? 0 : target.own ? target.t->proc->sigcode.va : target.entry.sigcode;
    uint64_t range[6] = {page, page != 0 ? page + 4096 : 0};
    return r < 0 ? r : sysctl_put(rq, range, sizeof range);
}
