/* The host process that becomes the guest. */
#include "loader/host_state.h"

#include <linux/auxvec.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "loader/start_request.h"
#include "process/process.h"

enum { HOST_SIGNALS = 64, KERNEL_SET_BYTES = 8, PAGE = 4096 };

/* glibc hides signals 32 and 33 from its own functions: straight to the kernel. */
static uint64_t host_mask_exchange(int how, uint64_t set)
{
    uint64_t old = 0;
    syscall(SYS_rt_sigprocmask, how, &set, &old, KERNEL_SET_BYTES);
    return old;
}

/* The kernel's struct sigaction, x86-64. */
struct kernel_sigaction {
    uint64_t handler, flags, restorer, mask;
};

static bool host_ignores(int signo)
{
    struct kernel_sigaction a = {0};
    syscall(SYS_rt_sigaction, signo, NULL, &a, KERNEL_SET_BYTES);
    return a.handler == (uint64_t)SIG_IGN;
}

static void host_set_ignored(int signo, bool ignored)
{
    struct kernel_sigaction a = {.handler = (uint64_t)(ignored ? SIG_IGN : SIG_DFL)};
    syscall(SYS_rt_sigaction, signo, &a, NULL, KERNEL_SET_BYTES);
}

/* A set of one system's signals in another's numbers, as far as both have the host's. */
static struct signal_set renumbered(const struct signal_set *set, const struct personality *from,
                                    const struct personality *to)
{
    struct signal_set out = {{0, 0}};
    for (int signo = 1; signo <= from->signal_count; signo++) {
        int other = signal_set_has(set, signo) ? to->signal_from_host[from->signal_to_host[signo]] : 0;
        if (other != 0) {
            signal_set_add(&out, other);
        }
    }
    return out;
}

/* What another system's image has left: sets in its numbers, and what it ignored on the host for its own reasons. */
static void translate_signals(struct start_request *rq, const struct personality *to)
{
    const struct personality *from = rq->from;
    if (from == NULL || from == to) {
        return;
    }
    for (int signo = 1; signo <= HOST_SIGNALS; signo++) {
        host_set_ignored(signo, false);
    }
    if (!from->signals_are_hosts || !to->signals_are_hosts) {
        rq->mask = renumbered(&rq->mask, from, to);
        rq->ignored = renumbered(&rq->ignored, from, to);
    }
}

uint64_t host_signals_to_guest(struct thread *t, struct start_request *rq)
{
    const struct personality *p = t->proc->personality;
    uint64_t inherited = host_mask_exchange(SIG_SETMASK, ~UINT64_C(0)), known = 0;
    translate_signals(rq, p);
    if (rq->handed_over && !p->signals_are_hosts) {
        host_set_ignored(SIGCHLD, false); /* handed over as the default, where the host goes on ignoring it */
    }
    process_start_mask(t, rq->handed_over ? &rq->mask : NULL, inherited);
    for (int signo = 1; signo <= p->signal_count; signo++) {
        int host = p->signal_to_host[signo];
        bool ignored = rq->handed_over ? signal_set_has(&rq->ignored, signo) : host != 0 && host_ignores(host);
        t->proc->actions[signo].handler = ignored ? SIGNAL_IGNORE : SIGNAL_DEFAULT;
        t->proc->actions[signo].flags = p->signal_flags;
        known |= ignored && !rq->handed_over ? UINT64_C(1) << (host - 1) : 0;
    }
    return known;
}

void host_restore_signals(const struct start_request *rq)
{
    if (!rq->handed_over) {
        return; /* the host's state is what it was when dragoman began */
    }
    for (int signo = 1; signo <= HOST_SIGNALS; signo++) {
        host_set_ignored(signo, false);
    }
}

extern void *__libc_stack_end;

/* By name, out of the kernel's list. */
static void exclude_vdso_by_name(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        bool ours = strstr(line, "[vvar") != NULL || strstr(line, "[vdso]") != NULL;
        char *end;
        uint64_t low = strtoull(line, &end, 16);
        if (ours && *end == '-') {
            guest_exclude(low, strtoull(end + 1, NULL, 16));
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
}

/* mincore(2): ENOMEM for a page that is not mapped. */
static bool is_mapped(uint64_t page)
{
    unsigned char here;
    return syscall(SYS_mincore, page, PAGE, &here) == 0;
}

/*
 * The vDSO and its data before it, whose sizes differ from kernel to kernel. They may lie at the top of where mappings
 * go, so a guess that is a page too large would take the guest's first mapping from it. Nothing has been mapped yet
 * but by the kernel, and that all is ours: so it is what is mapped around the vDSO's start without a gap. To ask for
 * those few pages costs a tenth of what reading the kernel's list of mappings does.
 */
static void exclude_vdso(void)
{
    enum { PAGES_MAX = 64 }; /* more than any kernel's: something else is mapped there */
    uint64_t start = getauxval(AT_SYSINFO_EHDR) & ~(uint64_t)(PAGE - 1), low = start, high = start;
    while (start != 0 && high - start < PAGES_MAX * PAGE && is_mapped(high)) {
        high += PAGE;
    }
    while (high > start && start - low < PAGES_MAX * PAGE && is_mapped(low - PAGE)) {
        low -= PAGE;
    }
    bool found = high > start && high - start < PAGES_MAX * PAGE && start - low < PAGES_MAX * PAGE;
    if (found) {
        guest_exclude(low, high);
    } else if (start != 0) {
        exclude_vdso_by_name();
    }
}

void host_exclude_own_ranges(void)
{
    /* The strings of execve end the host's stack; what has been touched of it lies at most 256 KiB below. */
    enum { STACK_BELOW = 256 << 10 };
    uint64_t low = ((uint64_t)__libc_stack_end - STACK_BELOW) & ~(uint64_t)(PAGE - 1);
    uint64_t high = (getauxval(AT_EXECFN) + 2 * PAGE) & ~(uint64_t)(PAGE - 1);
    guest_exclude(low, high);
    exclude_vdso();
}

void host_forget_libc(struct thread *t)
{
    enum { UNREGISTER = 1, ROBUST_HEAD_BYTES = 24 };
    if (__rseq_size != 0) {
        void *area = (char *)__builtin_thread_pointer() + __rseq_offset;
        syscall(SYS_rseq, area, 32, UNREGISTER, RSEQ_SIG);
    }
    syscall(SYS_set_robust_list, NULL, ROBUST_HEAD_BYTES);
    t->tid = (int32_t)syscall(SYS_set_tid_address, &t->tid);
}

void host_set_name(const char *name)
{
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

uint32_t host_cpu_count(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}
