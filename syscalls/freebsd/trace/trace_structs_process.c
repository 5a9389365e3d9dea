/* FreeBSD's structures about processes, threads and signals: sys/signal.h, sys/thr.h, sys/umtx.h,
 * sys/resource.h. */
#include <stddef.h>

#include "syscalls/freebsd/trace/trace.h"

#define FREEBSD_NSIG 128

/* A signal set as names: [SIGINT SIGTERM], or ~[…] when most signals are in it. */
static void print_sigset(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const uint32_t *words = object;
    uint32_t members = 0;
    for (uint32_t bit = 0; bit < FREEBSD_NSIG; bit++) {
        members += words[bit / 32] >> (bit % 32) & 1;
    }
    bool inverted = members > FREEBSD_NSIG / 2;
    bool first = true;
    text_str(v->out, inverted ? "~[" : "[");
    for (int signo = 1; signo <= FREEBSD_NSIG; signo++) {
        bool in = words[(signo - 1) / 32] >> ((signo - 1) % 32) & 1;
        if (in != inverted) {
            text_str(v->out, first ? "" : " ");
            view_signal(v, signo);
            first = false;
        }
    }
    text_char(v->out, ']');
}

struct traced_sigaction {
    uint64_t handler;
    uint32_t flags;
    uint32_t mask[4];
    uint32_t pad;
};
_Static_assert(sizeof(struct traced_sigaction) == 32, "sys/signal.h");

static void print_sigaction(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_sigaction *sa = object;
    text_str(v->out, "{sa_handler=");
    if (sa->handler <= 1) {
        text_str(v->out, sa->handler == 0 ? "SIG_DFL" : "SIG_IGN");
    } else {
        view_pointer(v, sa->handler);
    }
    view_field(v, "sa_mask");
    print_sigset(v, sa->mask, sizeof(sa->mask));
    view_field(v, "sa_flags");
    view_flags(v, "sigaction", sa->flags);
    text_char(v->out, '}');
}

struct traced_stack {
    uint64_t sp;
    uint64_t size;
    uint32_t flags;
    uint32_t pad;
};
_Static_assert(sizeof(struct traced_stack) == 24, "sys/signal.h");

static void print_stack(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_stack *ss = object;
    text_str(v->out, "{ss_sp=");
    view_pointer(v, ss->sp);
    text_format(v->out, ", ss_size=%lu, ss_flags=", ss->size);
    view_flags(v, "sigaltstack", ss->flags);
    text_char(v->out, '}');
}

struct traced_siginfo {
    int32_t signo;
    int32_t error;
    int32_t code;
    int32_t pid;
    uint32_t uid;
    int32_t status;
    uint64_t address;
    uint64_t value;
    uint64_t reason[5];
};
_Static_assert(sizeof(struct traced_siginfo) == 80, "sys/signal.h");

static void print_siginfo(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_siginfo *si = object;
    text_str(v->out, "{si_signo=");
    view_signal(v, si->signo);
    text_format(v->out, ", si_code=%d, si_pid=%d, si_uid=%u, si_status=%d, si_addr=", si->code, si->pid, si->uid,
                si->status);
    view_pointer(v, si->address);
    text_str(v->out, ", si_value=");
    text_hex(v->out, si->value);
    text_char(v->out, '}');
}

struct traced_sigevent {
    int32_t notify;
    int32_t signo; /* a kqueue with SIGEV_KEVENT */
    uint64_t value;
    uint64_t rest[8];
};
_Static_assert(sizeof(struct traced_sigevent) == 80, "sys/signal.h");

static void print_sigevent(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_sigevent *se = object;
    text_str(v->out, "{sigev_notify=");
    view_value(v, "sigev", se->notify);
    view_field(v, "sigev_signo");
    view_signal(v, se->signo);
    view_field(v, "sigev_value");
    text_hex(v->out, se->value);
    text_char(v->out, '}');
}

struct traced_thr_param {
    uint64_t start, arg, stack, stack_size, tls, tls_size, child_tid, parent_tid;
    uint32_t flags;
    uint32_t pad;
    uint64_t rtp;
    uint64_t spare[3];
};
_Static_assert(sizeof(struct traced_thr_param) == 104, "sys/thr.h");

static void print_thr_param(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_thr_param *p = object;
    text_str(v->out, "{start_func=");
    view_pointer(v, p->start);
    view_field(v, "arg");
    view_pointer(v, p->arg);
    view_field(v, "stack_base");
    view_pointer(v, p->stack);
    text_format(v->out, ", stack_size=%lu, tls_base=", p->stack_size);
    view_pointer(v, p->tls);
    text_format(v->out, ", tls_size=%lu, flags=", p->tls_size);
    view_flags(v, "thr_flags", p->flags);
    text_char(v->out, '}');
}

/* struct _umtx_time, and the bare struct timespec that short timeouts are */
struct traced_umtx_time {
    int64_t seconds;
    int64_t nanoseconds;
    uint32_t flags;
    int32_t clock;
};
_Static_assert(sizeof(struct traced_umtx_time) == 24, "sys/umtx.h");

static void print_umtx_time(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const struct traced_umtx_time *ut = object;
    text_str(v->out, "{_timeout=");
    view_time(v, ut->seconds, ut->nanoseconds, "tv_nsec");
    view_field(v, "_flags");
    view_flags(v, "umtx_abstime", ut->flags);
    view_field(v, "_clockid");
    view_value(v, "clockid", ut->clock);
    text_char(v->out, '}');
}

static void limit(struct trace_view *v, int64_t value)
{
    if (value == INT64_MAX) {
        text_str(v->out, "RLIM_INFINITY");
    } else {
        text_dec(v->out, value);
    }
}

static void print_rlimit(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const int64_t *limits = object;
    text_str(v->out, "{rlim_cur=");
    limit(v, limits[0]);
    view_field(v, "rlim_max");
    limit(v, limits[1]);
    text_char(v->out, '}');
}

/* struct rusage: two times, then the largest resident size; wait6 gives one for the child and one for its
 * children */
static void print_rusage(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const int64_t *words = object;
    text_str(v->out, "{ru_utime=");
    view_time(v, words[0], words[1], "tv_usec");
    view_field(v, "ru_stime");
    view_time(v, words[2], words[3], "tv_usec");
    text_format(v->out, ", ru_maxrss=%ld, ...}", words[4]);
}

/* A wait status, as sys/wait.h takes it apart. */
static void print_wait_status(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    uint32_t status = *(const uint32_t *)object;
    uint32_t low = status & 0x7f;
    text_str(v->out, "[");
    if (status == 0x13) {
        text_str(v->out, "WIFCONTINUED");
    } else if (low == 0x7f) {
        text_str(v->out, "WIFSTOPPED && WSTOPSIG == ");
        view_signal(v, status >> 8);
    } else if (low == 0) {
        text_format(v->out, "WIFEXITED && WEXITSTATUS == %u", status >> 8);
    } else {
        text_str(v->out, "WIFSIGNALED && WTERMSIG == ");
        view_signal(v, low);
        text_str(v->out, status & 0x80 ? " && WCOREDUMP" : "");
    }
    text_char(v->out, ']');
}

static void print_rtprio(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    const uint16_t *rtp = object;
    text_str(v->out, "{type=");
    view_value(v, "rtprio_type", rtp[0]);
    text_format(v->out, ", prio=%u}", rtp[1]);
}

static void print_sched_param(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_format(v->out, "{sched_priority=%d}", *(const int32_t *)object);
}

const struct trace_struct freebsd_trace_process_structs[] = {
    {"sigset", 16, print_sigset},
    {"sigaction", sizeof(struct traced_sigaction), print_sigaction},
    {"stack", sizeof(struct traced_stack), print_stack},
    {"siginfo", sizeof(struct traced_siginfo), print_siginfo},
    {"sigevent", sizeof(struct traced_sigevent), print_sigevent},
    {"thr_param", sizeof(struct traced_thr_param), print_thr_param},
    {"umtx_time", sizeof(struct traced_umtx_time), print_umtx_time},
    {"rlimit", 16, print_rlimit},
    {"rusage", 144, print_rusage},
    {"wrusage", 288, print_rusage},
    {"wait_status", 4, print_wait_status},
    {"rtprio", 4, print_rtprio},
    {"sched_param", 4, print_sched_param},
    {NULL, 0, NULL},
};
