/*
 * procctl(2). Each command has a row of what it takes and gives, as in sys/kern/kern_procctl.c. What is kept of another
 * process is in that process's memory, so only the caller's own can be changed here, and only what the host shows of
 * others be told.
 */
#include "syscalls/freebsd/process/procctl.h"

#include <linux/personality.h>
#include <linux/prctl.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

/* sys/sys/procctl.h, sys/x86/include/procctl.h */
enum {
    PROC_SPROTECT = 1,
    PROC_REAP_ACQUIRE,
    PROC_REAP_RELEASE,
    PROC_REAP_STATUS,
    PROC_REAP_GETPIDS,
    PROC_REAP_KILL,
    PROC_TRACE_CTL,
    PROC_TRACE_STATUS,
    PROC_TRAPCAP_CTL,
    PROC_TRAPCAP_STATUS,
    PROC_PDEATHSIG_CTL,
    PROC_PDEATHSIG_STATUS,
    PROC_ASLR_CTL,
    PROC_ASLR_STATUS,
    PROC_PROTMAX_CTL,
    PROC_PROTMAX_STATUS,
    PROC_STACKGAP_CTL,
    PROC_STACKGAP_STATUS,
    PROC_NO_NEW_PRIVS_CTL,
    PROC_NO_NEW_PRIVS_STATUS,
    PROC_WXMAP_CTL,
    PROC_WXMAP_STATUS,
    PROC_LOGSIGEXIT_CTL,
    PROC_LOGSIGEXIT_STATUS,
    PROC_COUNT,
    PROC_KPTI_CTL = 0x10000000,
    PROC_KPTI_STATUS = 0x10000001,
};

enum { P_PID = 0, P_PGID = 2 };
enum { ENABLE = 1, DISABLE = 2, OTHERWISE = 3 }; /* FORCE_ENABLE, FORCE_DISABLE, NOFORCE; CTL_DISABLE_EXEC */
#define STATUS_ACTIVE 0x80000000u                /* PROC_ASLR_ACTIVE, PROC_PROTMAX_ACTIVE, PROC_WXORX_ENFORCE */

enum { STACKGAP_ENABLE = 1, STACKGAP_DISABLE = 2, STACKGAP_ENABLE_EXEC = 4, STACKGAP_DISABLE_EXEC = 8 };
enum { WX_PERMIT = 1, WX_DISALLOW_EXEC = 2 };
enum { PPROT_SET = 1, PPROT_CLEAR = 2, PPROT_OP = 0xf, PPROT_DESCEND = 0x10, PPROT_INHERIT = 0x20 };

uint32_t freebsd_control_after_exec(uint32_t control)
{
    if ((control & CONTROL_NOTRACE_EXEC) == 0) {
        control &= ~(uint32_t)CONTROL_NOTRACE;
    }
    if ((control & CONTROL_STACKGAP_DISABLE_EXEC) == 0) {
        control &= ~(uint32_t)CONTROL_STACKGAP_DISABLE;
    }
    control &= ~(uint32_t)(CONTROL_WX_PERMIT | CONTROL_WX_ENFORCE);
    return control | ((control & CONTROL_WX_DISALLOW_EXEC) != 0 ? CONTROL_WX_ENFORCE : 0);
}

static void control_change(struct thread *t, uint32_t clear, uint32_t set)
{
    uint32_t *word = &freebsd_inherited(t)->control, old = __atomic_load_n(word, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(word, &old, (old & ~clear) | set, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

static uint32_t control(struct thread *t)
{
    return __atomic_load_n(&freebsd_inherited(t)->control, __ATOMIC_RELAXED);
}

/* PRIV_VM_MADV_PROTECT is no jail's. */
static int64_t protect(struct thread *t, int32_t value)
{
    uint32_t v = (uint32_t)value, op = v & PPROT_OP;
    (void)t;
    bool known =
        (op == PPROT_SET || op == PPROT_CLEAR) && (v & ~(uint32_t)(PPROT_OP | PPROT_DESCEND | PPROT_INHERIT)) == 0;
    return known ? -EPERM : -EINVAL;
}

/* No guest traces another, so what this forbids does not happen; the state is kept. */
static int64_t trace_control(struct thread *t, int32_t value)
{
    switch (value) {
    case ENABLE:
        control_change(t, CONTROL_NOTRACE | CONTROL_NOTRACE_EXEC, 0);
        return 0;
    case DISABLE:
        control_change(t, CONTROL_NOTRACE_EXEC, CONTROL_NOTRACE);
        return 0;
    case OTHERWISE:
        control_change(t, 0, CONTROL_NOTRACE | CONTROL_NOTRACE_EXEC);
        return 0;
    default:
        return -EINVAL;
    }
}

static int64_t trace_status(struct thread *t)
{
    return (control(t) & CONTROL_NOTRACE) != 0 ? -1 : 0;
}

static int64_t trapcap_control(struct thread *t, int32_t value)
{
    if (value != ENABLE && value != DISABLE) {
        return -EINVAL;
    }
    control_change(t, CONTROL_TRAPCAP, value == ENABLE ? CONTROL_TRAPCAP : 0);
    return 0;
}

static int64_t trapcap_status(struct thread *t)
{
    return (control(t) & CONTROL_TRAPCAP) != 0 ? ENABLE : DISABLE;
}

static int64_t death_signal(struct thread *t, int32_t signo)
{
    const struct personality *p = t->proc->personality;
    if (signo < 0 || signo > p->signal_count || (signo != 0 && p->signal_to_host[signo] == 0)) {
        return -EINVAL;
    }
    return host_call2(__NR_prctl, PR_SET_PDEATHSIG, signo == 0 ? 0 : p->signal_to_host[signo]);
}

static int64_t death_signal_status(struct thread *t)
{
    int32_t host = 0;
    host_call2(__NR_prctl, PR_GET_PDEATHSIG, &host);
    return t->proc->personality->signal_from_host[host & 63];
}

/* Three settings of a pair of bits. Returns 0 or -EINVAL. */
static int64_t force(struct thread *t, int32_t value, uint32_t enable, uint32_t disable)
{
    if (value < ENABLE || value > OTHERWISE) {
        return -EINVAL;
    }
    control_change(t, enable | disable, value == ENABLE ? enable : value == DISABLE ? disable : 0);
    return 0;
}

static int64_t forced(struct thread *t, uint32_t enable, uint32_t disable)
{
    uint32_t c = control(t);
    return (c & enable) != 0 ? ENABLE : (c & disable) != 0 ? DISABLE : OTHERWISE;
}

/* The next program's layout is up to the host, which the same bit tells (personality(2), ADDR_NO_RANDOMIZE). */
static int64_t aslr_control(struct thread *t, int32_t value)
{
    int64_t r = force(t, value, CONTROL_ASLR_ENABLE, CONTROL_ASLR_DISABLE);
    if (r < 0) {
        return r;
    }
    int64_t now = host_call1(__NR_personality, 0xffffffffu);
    if (now < 0) {
        return now;
    }
    uint64_t bit = ADDR_NO_RANDOMIZE;
    r = host_call1(__NR_personality, value == DISABLE ? (uint64_t)now | bit : (uint64_t)now & ~bit);
    return r < 0 ? r : 0;
}

static int64_t aslr_status(struct thread *t)
{
    int64_t now = host_call1(__NR_personality, 0xffffffffu);
    bool active = now >= 0 && ((uint64_t)now & ADDR_NO_RANDOMIZE) == 0;
    return forced(t, CONTROL_ASLR_ENABLE, CONTROL_ASLR_DISABLE) | (active ? (int64_t)STATUS_ACTIVE : 0);
}

static int64_t protmax_control(struct thread *t, int32_t value)
{
    return force(t, value, CONTROL_PROTMAX_ENABLE, CONTROL_PROTMAX_DISABLE);
}

static int64_t protmax_status(struct thread *t)
{
    bool active = (control(t) & CONTROL_PROTMAX_ENABLE) != 0;
    return forced(t, CONTROL_PROTMAX_ENABLE, CONTROL_PROTMAX_DISABLE) | (active ? (int64_t)STATUS_ACTIVE : 0);
}

uint32_t freebsd_implied_prot_max(struct thread *t, uint32_t prot)
{
    return (control(t) & CONTROL_PROTMAX_ENABLE) != 0 ? prot : 0;
}

bool freebsd_wx_forbidden(struct thread *t, uint32_t prot)
{
    enum { WRITE_AND_EXECUTE = 2 | 4 };
    return (prot & WRITE_AND_EXECUTE) == WRITE_AND_EXECUTE && (control(t) & CONTROL_WX_ENFORCE) != 0;
}

static int64_t stackgap_control(struct thread *t, int32_t value)
{
    const uint32_t now = STACKGAP_ENABLE | STACKGAP_DISABLE, exec = STACKGAP_ENABLE_EXEC | STACKGAP_DISABLE_EXEC;
    uint32_t v = (uint32_t)value;
    if ((v & ~(now | exec)) != 0 || (v & now) == now ||
        ((v & now) == STACKGAP_ENABLE && (control(t) & CONTROL_STACKGAP_DISABLE) != 0)) {
        return -EINVAL;
    }
    control_change(t, 0, (v & STACKGAP_DISABLE) != 0 ? CONTROL_STACKGAP_DISABLE : 0);
    if ((v & exec) == exec) {
        return -EINVAL;
    }
    control_change(t, (v & STACKGAP_ENABLE_EXEC) != 0 ? CONTROL_STACKGAP_DISABLE_EXEC : 0,
                   (v & STACKGAP_DISABLE_EXEC) != 0 ? CONTROL_STACKGAP_DISABLE_EXEC : 0);
    return 0;
}

static int64_t stackgap_status(struct thread *t)
{
    uint32_t c = control(t);
    return ((c & CONTROL_STACKGAP_DISABLE) != 0 ? STACKGAP_DISABLE : STACKGAP_ENABLE) |
           ((c & CONTROL_STACKGAP_DISABLE_EXEC) != 0 ? STACKGAP_DISABLE_EXEC : STACKGAP_ENABLE_EXEC);
}

static int64_t no_new_privileges(struct thread *t, int32_t value)
{
    if (value != ENABLE) {
        return -EINVAL;
    }
    int64_t r = host_call5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (r == 0) {
        control_change(t, 0, CONTROL_NO_NEW_PRIVS);
    }
    return r;
}

/* A filter that catches the guest's calls has the host's flag set for itself. */
static int64_t no_new_privileges_status(struct thread *t)
{
    bool filter = t->proc->settings.intercept_effective == INTERCEPT_SECCOMP;
    bool host = !filter && host_call5(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    return host || (control(t) & CONTROL_NO_NEW_PRIVS) != 0 ? ENABLE : DISABLE;
}

/* To forbid memory that is writable and executable is for the next program; to allow it again, for this one. */
static int64_t wx_control(struct thread *t, int32_t value)
{
    switch (value) {
    case WX_PERMIT:
        control_change(t, CONTROL_WX_ENFORCE, CONTROL_WX_PERMIT);
        return 0;
    case WX_DISALLOW_EXEC:
        control_change(t, 0, CONTROL_WX_DISALLOW_EXEC);
        return 0;
    default:
        return -EINVAL;
    }
}

static int64_t wx_status(struct thread *t)
{
    uint32_t c = control(t);
    return ((c & CONTROL_WX_PERMIT) != 0 ? WX_PERMIT : 0) |
           ((c & CONTROL_WX_DISALLOW_EXEC) != 0 ? WX_DISALLOW_EXEC : 0) |
           ((c & CONTROL_WX_ENFORCE) != 0 ? (int64_t)STATUS_ACTIVE : 0);
}

/* PROC_LOGSIGEXIT_CTL_NOFORCE 1, FORCE_ENABLE 2, FORCE_DISABLE 3; no death is logged here, as kern.logsigexit says. */
static int64_t log_control(struct thread *t, int32_t value)
{
    if (value < 1 || value > 3) {
        return -EINVAL;
    }
    control_change(t, CONTROL_LOGSIGEXIT_SET | CONTROL_LOGSIGEXIT_ENABLE,
                   (value != 1 ? CONTROL_LOGSIGEXIT_SET : 0) | (value == 2 ? CONTROL_LOGSIGEXIT_ENABLE : 0));
    return 0;
}

static int64_t log_status(struct thread *t)
{
    uint32_t c = control(t);
    return (c & CONTROL_LOGSIGEXIT_SET) == 0 ? 1 : (c & CONTROL_LOGSIGEXIT_ENABLE) != 0 ? 2 : 3;
}

/* Commands with one number, by the command; a status is asked for by the command after it. */
static const struct {
    int64_t (*set)(struct thread *t, int32_t value);
    int64_t (*get)(struct thread *t); /* the value's 32 bits */
    bool groups;                      /* also by P_PGID */
    bool missing_is_invalid;          /* a process that is not there is EINVAL */
} commands[PROC_COUNT] = {
    [PROC_SPROTECT] = {.set = protect, .groups = true},
    [PROC_TRACE_CTL] = {.set = trace_control, .groups = true},
    [PROC_TRACE_STATUS] = {.get = trace_status},
    [PROC_TRAPCAP_CTL] = {.set = trapcap_control, .groups = true},
    [PROC_TRAPCAP_STATUS] = {.get = trapcap_status},
    [PROC_PDEATHSIG_CTL] = {.set = death_signal, .missing_is_invalid = true},
    [PROC_PDEATHSIG_STATUS] = {.get = death_signal_status, .missing_is_invalid = true},
    [PROC_ASLR_CTL] = {.set = aslr_control},
    [PROC_ASLR_STATUS] = {.get = aslr_status},
    [PROC_PROTMAX_CTL] = {.set = protmax_control},
    [PROC_PROTMAX_STATUS] = {.get = protmax_status},
    [PROC_STACKGAP_CTL] = {.set = stackgap_control},
    [PROC_STACKGAP_STATUS] = {.get = stackgap_status},
    [PROC_NO_NEW_PRIVS_CTL] = {.set = no_new_privileges},
    [PROC_NO_NEW_PRIVS_STATUS] = {.get = no_new_privileges_status},
    [PROC_WXMAP_CTL] = {.set = wx_control},
    [PROC_WXMAP_STATUS] = {.get = wx_status},
    [PROC_LOGSIGEXIT_CTL] = {.set = log_control},
    [PROC_LOGSIGEXIT_STATUS] = {.get = log_status},
};

/* What a line of the host's /proc/PID/status says, or -errno. */
static int64_t host_status(int32_t pid, const char *key)
{
    char path[48], text[2048];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%d/status", pid);
    int64_t n = host_file_read(text_cstr(&x), text, sizeof text);
    if (n < 0) {
        return n == -ENOENT ? -ESRCH : n;
    }
    size_t length = hot_strlen(key);
    for (const char *line = text; line != NULL; line = hot_strchr(line, '\n')) {
        line += *line == '\n';
        if (hot_strncmp(line, key, length) == 0) {
            int64_t value = 0;
            for (line += length; *line == '\t' || (*line >= '0' && *line <= '9'); line++) {
                value = *line == '\t' ? 0 : value * 10 + (*line - '0');
            }
            return value;
        }
    }
    return -ESRCH;
}

/* Another process than the caller: what the host knows of it; the rest may not be touched. */
static int64_t of_another(int32_t pid, int32_t com, int32_t *value)
{
    int64_t r = host_call2(__NR_kill, pid, 0);
    if (r == -ESRCH || pid <= 0) {
        return commands[com].missing_is_invalid ? -EINVAL : -ESRCH;
    }
    if (com == PROC_PDEATHSIG_CTL || com == PROC_PDEATHSIG_STATUS) {
        return -EINVAL;
    }
    if (com == PROC_SPROTECT) {
        return protect(NULL, *value);
    }
    if (com == PROC_NO_NEW_PRIVS_STATUS) {
        r = host_status(pid, "NoNewPrivs:");
        *value = r == 1 ? ENABLE : DISABLE;
        return r < 0 ? r : 0;
    }
    return -EPERM;
}

static int64_t of_process(struct thread *t, int32_t pid, int32_t com, int32_t *value)
{
    if (pid != t->proc->pid) {
        return of_another(pid, com, value);
    }
    if (commands[com].set != NULL) {
        return commands[com].set(t, *value);
    }
    *value = (int32_t)commands[com].get(t);
    return 0;
}

/* Of a group, the caller is all that can be changed; whether it succeeds then is the answer. */
static int64_t of_group(struct thread *t, int64_t group, int32_t com, int32_t *value)
{
    bool own = group == host_call1(__NR_getpgid, 0);
    if (!own && (group <= 0 || host_call2(__NR_kill, -group, 0) == -ESRCH)) {
        return -ESRCH;
    }
    return own || com == PROC_SPROTECT ? commands[com].set(t, *value) : -EPERM;
}

/* sys/amd64/amd64/vm_machdep.c: page table isolation is the host's, and off as far as a guest is concerned. */
static int64_t isolation(struct thread *t, int32_t idtype, int64_t id, int32_t com, guest_ptr data)
{
    int32_t value = DISABLE;
    if (idtype != P_PID) {
        return -EINVAL;
    }
    if (com == PROC_KPTI_CTL) {
        return -EPERM; /* PRIV_IO */
    }
    if (id != t->proc->pid && (id <= 0 || host_call2(__NR_kill, id, 0) == -ESRCH)) {
        return -ESRCH;
    }
    return COPYOUT(data, &value);
}

static int64_t reap(struct thread *t, int32_t pid, int32_t com, guest_ptr data)
{
    switch (com) {
    case PROC_REAP_ACQUIRE:
    case PROC_REAP_RELEASE:
        if (pid != t->proc->pid && (pid <= 0 || host_call2(__NR_kill, pid, 0) == -ESRCH)) {
            return -ESRCH;
        }
        return com == PROC_REAP_ACQUIRE ? freebsd_reap_acquire(t, pid) : freebsd_reap_release(t, pid);
    case PROC_REAP_STATUS:
        return freebsd_reap_status(t, pid, data);
    case PROC_REAP_GETPIDS:
        return freebsd_reap_getpids(t, pid, data);
    default:
        return freebsd_reap_kill(t, pid, data);
    }
}

int64_t freebsd_procctl(struct thread *t, int32_t idtype, int64_t id, int32_t com, guest_ptr data)
{
    if (com == PROC_KPTI_CTL || com == PROC_KPTI_STATUS) {
        return isolation(t, idtype, id, com, data);
    }
    if (com <= 0 || com >= PROC_COUNT) {
        return -EINVAL;
    }
    int32_t pid = id == 0 ? t->proc->pid : id < 0 || id > INT32_MAX ? -1 : (int32_t)id;
    if (com >= PROC_REAP_ACQUIRE && com <= PROC_REAP_KILL) {
        bool wants_none = com == PROC_REAP_ACQUIRE || com == PROC_REAP_RELEASE;
        if (idtype != P_PID || (wants_none && !guest_is_null(data))) {
            return -EINVAL;
        }
        return reap(t, pid, com, data);
    }
    int32_t value = 0;
    int r = commands[com].set != NULL ? COPYIN(&value, data) : 0;
    if (r < 0) {
        return r;
    }
    if (idtype != P_PID && !(idtype == P_PGID && commands[com].groups)) {
        return -EINVAL;
    }
    int64_t e = idtype == P_PID ? of_process(t, pid, com, &value) : of_group(t, id, com, &value);
    return e == 0 && commands[com].get != NULL ? COPYOUT(data, &value) : e;
}
