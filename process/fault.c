/*
 * The dying thread fills struct fault_facts, and a child of it runs the report tool, which reads this process's
 * memory from outside while the thread waits.
 *
 * The child that is waited for never execs: it has no exit signal, so that neither an ignored SIGCHLD nor
 * another thread's wait takes its status. The tool is its child in turn. It inherits no syscall user dispatch,
 * and a seccomp filter lets it run, for it is linked into the engine's range.
 */
#include "process/fault.h"

#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "process/fault_facts.h"
#include "process/fault_text.h"
#include "process/thread.h"

#define TOOL           "libexec/dragoman/fault-report"
#define WAIT_SECONDS   10
#define STATUS_NO_TOOL 127
#define STATUS_DONE    1    /* the tool's highest status for a report that is complete, or that nobody would read */
#define SIGCODE_SIZE   4096 /* the trampoline has a page of its own */

/* The guest's errno for a failed call's host result; the ring holds host numbers. */
static int64_t guest_result(const struct personality *p, int64_t r)
{
    if (!is_error(r)) {
        return r;
    }
    if (-r >= GUEST_ERRNO_BASE) {
        return r + GUEST_ERRNO_BASE;
    }
    uint8_t mapped = (uint64_t)-r < p->errno_from_host_count ? p->errno_from_host[-r] : 0;
    return mapped != 0 ? -(int64_t)mapped : r;
}

static void fill_call(const struct personality *p, const struct call_record *from, struct fault_fact_call *to)
{
    memcpy(to->args, from->request.args, sizeof to->args);
    to->number = from->request.number;
    to->state = from->done ? FAULT_CALL_RETURNED : FAULT_CALL_RUNNING;
    to->result = from->done ? guest_result(p, from->result) : 0;
    const struct syscall_entry *e = from->request.number < p->syscall_count ? &p->syscalls[from->request.number] : NULL;
    to->nargs = sizeof to->args / sizeof to->args[0];
    if (e != NULL && e->name != NULL) {
        hot_strlcpy(to->name, e->name, sizeof to->name);
        to->nargs = e->nargs;
    } else {
        struct text x = TEXT_ON(to->name);
        text_format(&x, "call %u", from->request.number);
        text_cstr(&x);
    }
}

static void fill_calls(const struct thread *t, struct fault_facts *f)
{
    uint32_t count = t->ring_next < CALL_RING_SIZE ? t->ring_next : CALL_RING_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        const struct call_record *c = &t->ring[(t->ring_next - count + i) % CALL_RING_SIZE];
        fill_call(t->proc->personality, c, &f->calls[i]);
    }
    f->call_count = count;
}

static void fill(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs,
                 struct fault_facts *f)
{
    const struct process *p = t->proc;
    memset(f, 0, sizeof *f);
    f->magic = FAULT_FACTS_MAGIC;
    f->version = FAULT_FACTS_VERSION;
    f->size = sizeof *f;
    f->pid = p->pid;
    f->tid = t->tid;
    f->guest_tid = t->tid + p->personality->tid_offset;
    f->flags = FAULT_HAS_ADDRESS;
    if (settings_may_remark(&p->settings)) {
        f->flags |= FAULT_TO_STDERR | (p->settings.verbose ? 0 : FAULT_ONLY_TO_TTY);
    }
    f->signo = sig->signo;
    f->code = sig->code;
    f->address = sig->address;
    f->trapno = (uint32_t)sig->trapno;
    f->error_code = (uint32_t)sig->error_code;
    memcpy(f->registers, regs, sizeof f->registers);
    if (p->personality->code32) {
        f->flags |= FAULT_CODE32;
        __asm__ volatile("rdgsbase %0" : "=r"(f->fs_base));
    } else {
        __asm__ volatile("rdfsbase %0" : "=r"(f->fs_base));
    }
    /* x32's vDSO has no trampoline in it: handlers bring their own. */
    bool trampoline = p->sigcode.va != 0 && (!p->personality->sigcode_is_vdso || p->personality->code32);
    f->sigcode = p->sigcode.va;
    f->sigcode_size = trampoline ? SIGCODE_SIZE : 0;
    fill_calls(t, f);
    hot_strlcpy(f->personality, p->personality->name, sizeof f->personality);
    hot_strlcpy(f->program, p->program, sizeof f->program);
    hot_strlcpy(f->report_dir, p->settings.report_dir, sizeof f->report_dir);
}

/* Executes the tool, which stands beside dragoman in a build and below its prefix when installed. */
static void exec_tool(int facts_fd, int pid)
{
    char directory[1024], path[1200], fd_text[16], pid_text[16];
    struct text fd = TEXT_ON(fd_text), process = TEXT_ON(pid_text);
    text_dec(&fd, facts_fd);
    text_dec(&process, pid);
    const char *const argv[] = {"fault-report", "--fd", text_cstr(&fd), "--pid", text_cstr(&process), NULL};
    const char *const envp[] = {NULL};
    int64_t n = host_call4(__NR_readlinkat, AT_FDCWD, "/proc/self/exe", directory, sizeof directory - 1);
    if (is_error(n)) {
        return;
    }
    directory[n] = '\0';
    char *slash = hot_strrchr(directory, '/');
    if (slash == NULL) {
        return;
    }
    *slash = '\0';
    host_call3(__NR_fcntl, facts_fd, F_SETFD, 0);
    for (int installed = 0; installed < 2; installed++) {
        struct text x = TEXT_ON(path);
        text_format(&x, "%s/%s" TOOL, directory, installed ? "../" : "");
        host_call3(__NR_execve, text_cstr(&x), argv, envp);
    }
}

/* The child: starts the tool once the parent allows to be looked at, and passes its status on. */
static _Noreturn void child_main(int facts_fd, int ready_fd, int pid)
{
    uint64_t ready;
    int status = STATUS_NO_TOOL << 8;
    host_call3(__NR_read, ready_fd, &ready, sizeof ready);
    int64_t tool = host_call5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (tool == 0) {
        host_call2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
        exec_tool(facts_fd, pid);
        host_call1(__NR_exit_group, STATUS_NO_TOOL);
    }
    if (!is_error(tool)) {
        /* The guest may have SIGCHLD ignored: then the host keeps no status, and the wait ends with ECHILD. */
        int64_t r = host_call4(__NR_wait4, tool, &status, __WALL, 0);
        status = is_error(r) ? 0 : status;
    }
    int code = (status & 0x7f) != 0 ? STATUS_NO_TOOL : status >> 8 & 0xff;
    for (;;) {
        host_call1(__NR_exit_group, code);
    }
}

/* Waits for the child and returns its exit status; one that takes too long is killed, the tool with it. */
static int wait_child(int64_t child, int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    struct __kernel_timespec limit = {.tv_sec = WAIT_SECONDS};
    int status = STATUS_NO_TOOL << 8;
    if (host_call5(__NR_ppoll, &p, 1, &limit, 0, 0) != 1) {
        host_call2(__NR_kill, child, SIGKILL);
    }
    host_call4(__NR_wait4, child, &status, __WALL, 0);
    return (status & 0x7f) != 0 ? STATUS_NO_TOOL : status >> 8 & 0xff;
}

/* Runs the tool on the facts. Returns whether it wrote its report, or had nowhere to write it. */
static bool run_tool(const struct fault_facts *f)
{
    int pidfd = -1;
    bool done = false;
    int64_t facts_fd = host_call2(__NR_memfd_create, "fault", MFD_CLOEXEC);
    int64_t ready_fd = host_call2(__NR_eventfd2, 0, O_CLOEXEC);
    if (!is_error(facts_fd) && !is_error(ready_fd) &&
        host_call4(__NR_pwrite64, facts_fd, f, sizeof *f, 0) == (int64_t)sizeof *f) {
        int64_t child = host_call5(__NR_clone, CLONE_PIDFD, 0, &pidfd, 0, 0);
        if (child == 0) {
            child_main((int)facts_fd, (int)ready_fd, f->pid);
        }
        if (!is_error(child)) {
            /* Yama (Linux's Documentation/admin-guide/LSM/Yama.rst) lets only ancestors look otherwise. */
            host_call2(__NR_prctl, PR_SET_PTRACER, child);
            uint64_t go = 1;
            host_call3(__NR_write, ready_fd, &go, sizeof go);
            done = wait_child(child, pidfd) <= STATUS_DONE;
            host_call1(__NR_close, pidfd);
        }
    }
    host_call1(__NR_close, facts_fd);
    host_call1(__NR_close, ready_fd);
    return done;
}

/* Another thread is at it: the process ends with that one, unless it takes longer than it may. */
static void wait_for_other(void)
{
    struct __kernel_timespec limit = {.tv_sec = WAIT_SECONDS + 1};
    host_call2(__NR_nanosleep, &limit, 0);
}

void fault_report(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs)
{
    const struct settings *s = &t->proc->settings;
    struct fault_facts facts;
    uint64_t all = ~0ULL;
    if (s->report_dir[0] == '\0' && !settings_may_remark(s)) {
        return;
    }
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
    if (__atomic_exchange_n(&t->proc->fault_reported, 1, __ATOMIC_ACQ_REL) != 0) {
        wait_for_other();
        return;
    }
    fill(t, sig, regs, &facts);
    if (!run_tool(&facts)) {
        fault_text_write(&facts);
    }
}
