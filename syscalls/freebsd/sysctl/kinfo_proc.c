/*
 * struct kinfo_proc from what the host says of a process. Semantics: fill_kinfo_proc_only() and fill_kinfo_thread() of
 * sys/kern/kern_proc.c.
 */
#include "syscalls/freebsd/sysctl/kinfo_proc.h"

#include "base/mem.h"
#include "base/personality.h"
#include "process/host_record.h"
#include "process/thread.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/sysctl/kernel_address.h"

#define SECOND         1000000000LL /* ns */
#define TICK           (SECOND / HOST_TICKS)
#define TICK_US        (1000000 / HOST_TICKS)
#define FSCALE         2048
#define NO_CPU         255
#define PAGE_KB        4
#define TIMESHARE_BASE 120 /* PRI_MIN_TIMESHARE; 20 above the zero that ps and top subtract */
#define REALTIME_BASE  48  /* PRI_MIN_REALTIME: 32 levels, the lower the more urgent */
#define IDLE_BASE      224 /* PRI_MIN_IDLE */
#define HOST_FIFO      1
#define HOST_RR        2
#define HOST_IDLE      5
#define GROUPS_MAX     16 /* KI_NGROUPS */

/* Words of struct rusage. */
enum { RU_UTIME, RU_STIME = 2, RU_MAXRSS = 4, RU_MINFLT = 8, RU_MAJFLT, RU_NVCSW = 16, RU_NIVCSW };

static int8_t state_of(char letter)
{
    switch (letter) {
    case 'R':
        return FREEBSD_SRUN;
    case 'T':
    case 't':
        return FREEBSD_SSTOP;
    case 'Z':
    case 'X':
        return FREEBSD_SZOMB;
    default:
        return FREEBSD_SSLEEP;
    }
}

static void put_time(uint64_t at[2], int64_t ticks)
{
    at[0] = (uint64_t)(ticks / HOST_TICKS);
    at[1] = (uint64_t)(ticks % HOST_TICKS * TICK_US);
}

/* FreeBSD's share of the last ten seconds is not to be had: the share of the whole life. */
static uint32_t share_of(int64_t ticks, int64_t life)
{
    return life > 0 ? (uint32_t)(ticks * TICK * FSCALE / life) : 0;
}

static void put_times(struct freebsd_kinfo_proc *out, const int64_t *f, const struct kinfo_clock *clock)
{
    int64_t used = f[HOST_USER_TIME] + f[HOST_SYSTEM_TIME];
    int64_t children = f[HOST_CHILDREN_USER_TIME] + f[HOST_CHILDREN_SYSTEM_TIME];
    int64_t began = clock->boot + f[HOST_START] * TICK;
    out->runtime = (uint64_t)used * TICK_US;
    out->start[0] = began / SECOND;
    out->start[1] = began % SECOND / 1000;
    out->childtime[0] = children / HOST_TICKS;
    out->childtime[1] = children % HOST_TICKS * TICK_US;
    out->swtime = clock->now > began ? (uint32_t)((clock->now - began) / SECOND) : 0;
    out->pctcpu = share_of(used, clock->now - began);
    put_time(out->rusage + RU_UTIME, f[HOST_USER_TIME]);
    put_time(out->rusage + RU_STIME, f[HOST_SYSTEM_TIME]);
    put_time(out->rusage_children + RU_UTIME, f[HOST_CHILDREN_USER_TIME]);
    put_time(out->rusage_children + RU_STIME, f[HOST_CHILDREN_SYSTEM_TIME]);
    out->rusage[RU_MINFLT] = (uint64_t)f[HOST_MINOR_FAULTS];
    out->rusage[RU_MAJFLT] = (uint64_t)f[HOST_MAJOR_FAULTS];
    out->rusage_children[RU_MINFLT] = (uint64_t)f[HOST_CHILDREN_MINOR_FAULTS];
    out->rusage_children[RU_MAJFLT] = (uint64_t)f[HOST_CHILDREN_MAJOR_FAULTS];
}

static void put_priority(struct freebsd_kinfo_proc *out, const int64_t *f)
{
    int64_t nice = f[HOST_NICE], level = TIMESHARE_BASE + (nice > 0 ? nice : 0);
    out->nice = (int8_t)nice;
    out->pri_class = FREEBSD_PRI_TIMESHARE;
    if (f[HOST_POLICY] == HOST_FIFO || f[HOST_POLICY] == HOST_RR) {
        out->pri_class = FREEBSD_PRI_REALTIME; /* the host's 99 to 1 on FreeBSD's 32 */
        level = REALTIME_BASE + (99 - f[HOST_RT_PRIORITY]) * 31 / 98;
    } else if (f[HOST_POLICY] == HOST_IDLE) {
        out->pri_class = FREEBSD_PRI_IDLE;
        level = IDLE_BASE;
    }
    out->pri_level = out->pri_native = out->pri_user = (uint8_t)level;
}

static void put_terminal(struct freebsd_kinfo_proc *out, const int64_t *f)
{
    int64_t terminal = f[HOST_TERMINAL];
    bool has = terminal != 0;
    out->tdev = has ? freebsd_makedev(host_major(terminal), host_minor(terminal)) : UINT64_MAX;
    out->tdev_freebsd11 = (uint32_t)out->tdev;
    out->tpgid = has ? (int32_t)f[HOST_TERMINAL_GROUP] : 0; /* without one, tp is NULL there, and the field zero */
    out->tsid = has ? out->sid : 0;
    out->flag |= has ? FREEBSD_P_CONTROLT : 0;
    out->kiflag |= has ? FREEBSD_KI_CTTY : 0;
}

static void put_state(struct freebsd_kinfo_proc *out, const struct host_record *r)
{
    const int64_t *f = r->field;
    out->stat = state_of(r->state);
    out->flag |= FREEBSD_P_INMEM;
    out->flag |= out->numthreads > 1 ? FREEBSD_P_HADTHREADS : 0;
    out->flag |= (f[HOST_FLAGS] & HOST_PF_FORKNOEXEC) == 0 ? FREEBSD_P_EXEC : 0;
    out->flag |= (f[HOST_FLAGS] & HOST_PF_EXITING) != 0 ? FREEBSD_P_WEXIT : 0;
    out->flag |= r->state == 'T' ? FREEBSD_P_STOPPED_SIG : 0;
    out->acflag = (f[HOST_FLAGS] & HOST_PF_FORKNOEXEC) != 0; /* AFORK */
    out->tdflags = r->state == 'S' ? FREEBSD_TDF_SINTR : 0;
    out->kiflag |= out->sid == out->pid ? FREEBSD_KI_SLEADER : 0;
    int32_t cpu = (int32_t)f[HOST_PROCESSOR];
    out->lastcpu = cpu;
    out->oncpu = r->state == 'R' ? cpu : -1;
    out->lastcpu_old = cpu < NO_CPU ? (uint8_t)cpu : NO_CPU - 1;
    out->oncpu_old = r->state == 'R' ? out->lastcpu_old : NO_CPU;
}

/* Programs look whether there is one (libprocstat: ki_fd), and print it. */
static void put_addresses(struct freebsd_kinfo_proc *out)
{
    out->paddr = kernel_address_of_process(out->pid);
    if (out->stat != FREEBSD_SZOMB) {
        out->args = out->paddr + 1;
        out->textvp = out->paddr + 2;
        out->fd = out->paddr + 3;
        out->vmspace = out->paddr + 4;
    }
}

void kinfo_proc_from_record(struct freebsd_kinfo_proc *out, const struct host_record *r,
                            const struct kinfo_clock *clock)
{
    const int64_t *f = r->field;
    memset(out, 0, sizeof *out);
    out->structsize = sizeof *out;
    out->pid = r->id;
    out->tid = r->id + FREEBSD_TID_OFFSET;
    out->ppid = (int32_t)f[HOST_PARENT];
    out->pgid = (int32_t)f[HOST_GROUP];
    out->sid = (int32_t)f[HOST_SESSION];
    out->numthreads = (int32_t)f[HOST_THREADS];
    out->size = (uint64_t)f[HOST_VIRTUAL_SIZE];
    out->rssize = f[HOST_RESIDENT];
    hot_strlcpy(out->comm, r->name, sizeof out->comm);
    put_terminal(out, f);
    put_state(out, r);
    put_priority(out, f);
    put_times(out, f, clock);
    put_addresses(out);
}

static void put_set(uint32_t to[4], uint64_t host, const struct personality *who)
{
    for (; host != 0; host &= host - 1) {
        int guest = who->signal_from_host[__builtin_ctzll(host) + 1];
        if (guest != 0) {
            to[(guest - 1) / 32] |= 1U << ((guest - 1) % 32);
        }
    }
}

/* The effective group, then the others. */
static void put_groups(struct freebsd_kinfo_proc *out, const char *text)
{
    const char *at = host_status_find(text, "Groups");
    out->groups[0] = (uint32_t)host_status_number(text, "Gid", 1);
    out->ngroups = 1;
    while (at != NULL && *at >= '0' && *at <= '9') {
        uint32_t group = 0;
        for (; *at >= '0' && *at <= '9'; at++) {
            group = group * 10 + (uint32_t)(*at - '0');
        }
        at += *at == ' ';
        if (out->ngroups == GROUPS_MAX) {
            out->cr_flags |= FREEBSD_KI_OVERFLOW;
            return;
        }
        out->groups[out->ngroups++] = group;
    }
}

void kinfo_proc_from_status(struct freebsd_kinfo_proc *out, const char *text, const struct personality *who,
                            uint64_t caught_by_engine)
{
    out->ruid = (uint32_t)host_status_number(text, "Uid", 0);
    out->uid = (uint32_t)host_status_number(text, "Uid", 1);
    out->svuid = (uint32_t)host_status_number(text, "Uid", 2);
    out->rgid = (uint32_t)host_status_number(text, "Gid", 0);
    out->svgid = (uint32_t)host_status_number(text, "Gid", 2);
    put_groups(out, text);
    put_set(out->siglist, host_status_set(text, "SigPnd") | host_status_set(text, "ShdPnd"), who);
    put_set(out->sigmask, host_status_set(text, "SigBlk"), who);
    put_set(out->sigignore, host_status_set(text, "SigIgn"), who);
    put_set(out->sigcatch, host_status_set(text, "SigCgt") & ~caught_by_engine, who);
    out->tracer = (int32_t)host_status_number(text, "TracerPid", 0);
    out->flag |= out->tracer != 0 ? FREEBSD_P_TRACED : 0;
    out->tsize = (int64_t)host_status_number(text, "VmExe", 0) / PAGE_KB;
    out->dsize = (int64_t)host_status_number(text, "VmData", 0) / PAGE_KB;
    out->ssize = (int64_t)host_status_number(text, "VmStk", 0) / PAGE_KB;
    out->rusage[RU_MAXRSS] = host_status_number(text, "VmHWM", 0);
    out->rusage[RU_NVCSW] = host_status_number(text, "voluntary_ctxt_switches", 0);
    out->rusage[RU_NIVCSW] = host_status_number(text, "nonvoluntary_ctxt_switches", 0);
}

const char *kinfo_wait_message(const char *symbol)
{
    static const struct {
        const char *begins, *message;
    } places[] = {
        {"do_wait", "wait"},
        {"futex", "uwait"},
        {"ep_poll", "kqread"},
        {"do_poll", "select"},
        {"do_select", "select"},
        {"poll_schedule_timeout", "select"},
        {"hrtimer_nanosleep", "nanslp"},
        {"do_nanosleep", "nanslp"},
        {"n_tty_read", "ttyin"},
        {"wait_woken", "ttyin"},
        {"anon_pipe_read", "piperd"},
        {"pipe_read", "piperd"},
        {"anon_pipe_write", "pipewr"},
        {"pipe_write", "pipewr"},
        {"unix_stream_read", "sbwait"},
        {"unix_stream_data_wait", "sbwait"},
        {"__skb_wait_for_more", "sbwait"},
        {"sk_wait_data", "sbwait"},
        {"sk_stream_wait", "sbwait"},
        {"inet_csk_accept", "accept"},
        {"inet_csk_wait", "accept"},
        {"do_sigtimedwait", "sigwait"},
        {"sigsuspend", "pause"},
        {"do_signal_stop", ""},
        {"sys_pause", "pause"},
        {"do_semtimedop", "semwait"},
        {"do_msgrcv", "msgwait"},
        {"do_exit", "exit"},
        {"vfork", "ppwait"},
        {"wait_for_vfork_done", "ppwait"},
        {"io_schedule", "biord"},
        {"folio_wait", "biord"},
        {"posix_lock_inode", "lockf"},
        {"flock_lock", "lockf"},
    };
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (hot_strncmp(symbol, places[i].begins, hot_strlen(places[i].begins)) == 0) {
            return places[i].message;
        }
    }
    return "";
}

uint16_t kinfo_exit_status(int64_t host, const struct personality *who)
{
    uint32_t status = (uint32_t)host, signal = status & 0x7f;
    if (signal == 0) {
        return (uint16_t)status;
    }
    uint32_t guest = signal <= 64 ? who->signal_from_host[signal] : 0;
    return (uint16_t)((status & 0xff80) | (guest != 0 ? guest : signal));
}
