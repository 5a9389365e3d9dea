/* Dispositions and masks: the guest's, and how the host's follow them. */
#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/host.h"
#include "signals/queue.h"
#include "signals/signals.h"

void signal_entry(void);
void signal_restorer(void);

/* The kernel's own struct sigaction (arch/x86/include/uapi/asm/signal.h, 64-bit). */
struct host_sigaction {
    uint64_t handler, flags, restorer, mask;
};
#define HOST_SA_RESTORER 0x04000000ULL

void host_disposition(int host_signo, uint64_t disposition, uint32_t flags)
{
    struct host_sigaction a = {disposition, HOST_SA_RESTORER, (uint64_t)signal_restorer, 0};
    if (disposition == HOST_HANDLER) {
        a.handler = (uint64_t)signal_entry;
        a.flags |= SA_SIGINFO | SA_ONSTACK;
        /*
         * SIGSYS's handler is where calls run: other signals must get through, to be recorded. The others begin with
         * everything blocked, or a storm of fault signals by kill would nest them until the stack ends;
         * signal_open_faults() comes before they touch guest memory.
         */
        a.mask = host_signo == SIGSYS ? 0 : ~0ULL;
        a.flags |= SA_NODEFER;
    }
    a.flags |= (flags & SIGNAL_NOCLDSTOP) != 0 ? SA_NOCLDSTOP : 0;
    a.flags |= (flags & SIGNAL_NOCLDWAIT) != 0 ? SA_NOCLDWAIT : 0;
    a.flags |= (flags & SIGNAL_RESTART) != 0 ? SA_RESTART : 0;
    host_call4(__NR_rt_sigaction, host_signo, &a, 0, sizeof a.mask);
}

/* What the host's disposition of `host` has to be for the action of guest signal `signo`. */
static uint64_t disposition_for(const struct thread *t, int signo, int host, const struct signal_action *a)
{
    uint64_t disposition = a->handler > SIGNAL_IGNORE ? HOST_HANDLER : a->handler;
    if (HOST_BIT(host) & HOST_NEEDED) {
        disposition = HOST_HANDLER;
    } else if (disposition == SIGNAL_DEFAULT && t->proc->personality->signal_default(signo) == SIGNAL_ACT_IGNORE &&
               host != SIGCHLD && !t->proc->personality->signals_are_hosts) {
        disposition = SIGNAL_IGNORE; /* the host's default may be to die of it (SIGIO) */
    }
    /* SIGCHLD that is ignored is not sent, in FreeBSD either (kqueue(2)); by default it is, and does nothing. */
    uint64_t without_effect = host == SIGCHLD ? SIGNAL_DEFAULT : SIGNAL_IGNORE;
    if (disposition == without_effect && signal_set_has(&t->proc->watched, signo)) {
        disposition = HOST_HANDLER;
    }
    return disposition;
}

/* The host's number of a guest signal; 0 where it has none, or none whose disposition can change. */
static int changeable(const struct thread *t, int signo)
{
    int host = t->proc->personality->signal_to_host[signo];
    return host == SIGKILL || host == SIGSTOP ? 0 : host;
}

/*
 * With SA_RESTART the host tells by the program counter whether it would make the interrupted call again (entry.S); what
 * becomes of it is for the guest's action to say.
 */
static uint32_t host_restarts(const struct thread *t)
{
    return t->proc->personality->signals_are_hosts ? SIGNAL_RESTART : 0;
}

/* Makes the host's disposition follow a guest action. */
static void disposition_follow(struct thread *t, int signo, const struct signal_action *a)
{
    int host = changeable(t, signo);
    if (host != 0) {
        uint32_t flags = (a->flags & (SIGNAL_NOCLDSTOP | SIGNAL_NOCLDWAIT)) | host_restarts(t);
        host_disposition(host, disposition_for(t, signo, host, a), flags);
    }
}

/*
 * Whether both actions are a default that has an effect: the host's disposition is right then, and the host forgets no
 * pending signal for it (do_sigaction() does for one that is ignored). posix_spawn's child sets every signal so.
 */
static bool stays_default(const struct thread *t, int signo, const struct signal_action *from,
                          const struct signal_action *to)
{
    enum signal_default what = t->proc->personality->signal_default(signo);
    return from->handler == SIGNAL_DEFAULT && to->handler == SIGNAL_DEFAULT && what != SIGNAL_ACT_IGNORE &&
           what != SIGNAL_ACT_CONTINUE;
}

/* SIGKILL and SIGSTOP, by the guest's numbers. */
static bool uncatchable(const struct thread *t, int signo)
{
    int host = t->proc->personality->signal_to_host[signo];
    return host == SIGKILL || host == SIGSTOP;
}

/* Before a change of an action or of the host's disposition for one (signals_settle_copy()). */
static void changes(struct process *p)
{
    __atomic_fetch_add(&p->actions_changes, 1, __ATOMIC_RELEASE);
}

int signal_action_change(struct thread *t, int signo, const struct signal_action *act, struct signal_action *old)
{
    struct process *p = t->proc;
    if (signo < 1 || signo > p->personality->signal_count) {
        return -EINVAL;
    }
    if (act != NULL && uncatchable(t, signo) && act->handler != SIGNAL_DEFAULT) {
        return -EINVAL;
    }
    lock_acquire(&p->actions_lock);
    if (old != NULL) {
        *old = p->actions[signo];
    }
    if (act != NULL) {
        struct signal_action next = *act;
        changes(p);
        bool follow = !stays_default(t, signo, &p->actions[signo], &next);
        p->actions[signo] = next;
        if (follow) {
            disposition_follow(t, signo, &next);
        }
    }
    lock_release(&p->actions_lock);
    bool ignored =
        act != NULL && (act->handler == SIGNAL_IGNORE ||
                        (act->handler == SIGNAL_DEFAULT && p->personality->signal_default(signo) == SIGNAL_ACT_IGNORE));
    if (ignored) {
        signal_queue_discard(p, signo); /* kern_sigaction() */
    }
    return 0;
}

int signal_watch(struct thread *t, int signo)
{
    struct process *p = t->proc;
    if (signo < 1 || signo > p->personality->signal_count) {
        return -EINVAL;
    }
    lock_acquire(&p->actions_lock);
    changes(p);
    signal_set_add(&p->watched, signo);
    disposition_follow(t, signo, &p->actions[signo]);
    lock_release(&p->actions_lock);
    return 0;
}

/* Needed are also signals that the guest may not know. */
static void install_needed(const struct thread *t)
{
    for (uint64_t needed = HOST_NEEDED | HOST_BIT(HOST_CARRIER); needed != 0; needed &= needed - 1) {
        host_disposition(__builtin_ctzll(needed) + 1, HOST_HANDLER, host_restarts(t));
    }
}

void signals_init(struct thread *t, uint64_t ignored)
{
    install_needed(t);
    for (int signo = 1; signo <= t->proc->personality->signal_count; signo++) {
        int host = changeable(t, signo);
        if (host == 0 || (HOST_BIT(host) & HOST_NEEDED) != 0) {
            continue;
        }
        uint64_t found = (ignored & HOST_BIT(host)) != 0 ? SIGNAL_IGNORE : SIGNAL_DEFAULT;
        if (disposition_for(t, signo, host, &t->proc->actions[signo]) != found) {
            disposition_follow(t, signo, &t->proc->actions[signo]);
        }
    }
}

void signals_restore(struct thread *t)
{
    install_needed(t);
    for (int signo = 1; signo <= t->proc->personality->signal_count; signo++) {
        disposition_follow(t, signo, &t->proc->actions[signo]);
    }
}

void signals_settle_copy(struct thread *t, const struct process *from)
{
    if (from == NULL || __atomic_load_n(&from->actions_changes, __ATOMIC_ACQUIRE) != t->proc->actions_changes) {
        signals_restore(t);
    }
}

void signals_leave_to_host(struct thread *t, bool alone)
{
    struct process *p = t->proc;
    changes(p);
    for (int signo = 1; signo <= p->personality->signal_count; signo++) {
        int host = p->personality->signal_to_host[signo];
        uint64_t handler = p->actions[signo].handler;
        bool needed = host != 0 && (HOST_BIT(host) & HOST_NEEDED) != 0;
        /* Caught ones keep their handler until exec itself makes them default. */
        bool change = needed ? alone && handler == SIGNAL_IGNORE : handler <= SIGNAL_IGNORE;
        if (host != 0 && host != SIGKILL && host != SIGSTOP && change) {
            host_disposition(host, handler, 0);
        }
    }
}

void signal_action_reset(struct thread *t, int signo)
{
    struct signal_action a;
    if (signal_action_change(t, signo, NULL, &a) == 0) {
        a.handler = SIGNAL_DEFAULT;
        if (!t->proc->personality->signals_are_hosts) {
            a.flags &= ~SIGNAL_SIGINFO;
        }
        signal_action_change(t, signo, &a, NULL);
    }
}

void signals_drop_caught(struct thread *t)
{
    for (int signo = 1; signo <= t->proc->personality->signal_count; signo++) {
        if (t->proc->actions[signo].handler > SIGNAL_IGNORE) {
            signal_action_reset(t, signo);
        }
    }
}

void signals_arm_thread(struct thread *t)
{
    stack_t ss = {.ss_sp = (char *)t + THREAD_ALTSTACK_LOW, .ss_size = THREAD_REGION - THREAD_ALTSTACK_LOW};
    host_call2(__NR_sigaltstack, &ss, 0);
}

/* The host's signals for guest signals 64 * word + 1 and on; `host` is what others have set. False: one is set twice. */
static bool word_to_host(const struct personality *p, int word, uint64_t bits, uint64_t *host)
{
    bool distinct = true;
    for (; bits != 0; bits &= bits - 1) {
        int signo = word * 64 + __builtin_ctzll(bits) + 1;
        int h = signo <= p->signal_count ? p->signal_to_host[signo] : 0;
        uint64_t bit = h != 0 ? HOST_BIT(h) : 0;
        distinct = distinct && (*host & bit) == 0;
        *host |= bit;
    }
    return distinct;
}

static bool has_few(uint64_t bits)
{
    for (int i = 0; i < 8 && bits != 0; i++) {
        bits &= bits - 1;
    }
    return bits == 0;
}

/*
 * A mask that blocks nearly everything, as threads do for a moment and around a fork, is what is left when the few
 * open signals are taken from all. Only where no two guest signals share one of the host's.
 */
static uint64_t dense_to_host(const struct personality *p, const struct signal_set *mask)
{
    static const struct personality *known; /* of the address space */
    static uint64_t all;
    uint64_t host = 0;
    if (__atomic_load_n(&known, __ATOMIC_ACQUIRE) != p) {
        if (!word_to_host(p, 0, ~0ULL, &host) || !word_to_host(p, 1, ~0ULL, &host)) {
            host = 0;
            word_to_host(p, 0, mask->bits[0], &host);
            word_to_host(p, 1, mask->bits[1], &host);
            return host;
        }
        all = host;
        __atomic_store_n(&known, p, __ATOMIC_RELEASE);
        host = 0;
    }
    word_to_host(p, 0, ~mask->bits[0], &host);
    word_to_host(p, 1, ~mask->bits[1], &host);
    return all & ~host;
}

uint64_t signal_set_to_host(const struct personality *p, const struct signal_set *set)
{
    uint64_t host = 0;
    word_to_host(p, 0, set->bits[0], &host);
    word_to_host(p, 1, set->bits[1], &host);
    return host;
}

uint64_t signal_mask_to_host(const struct thread *t, const struct signal_set *mask)
{
    const struct personality *p = t->proc->personality;
    uint64_t host = 0;
    if (has_few(~mask->bits[0]) && has_few(~mask->bits[1])) {
        host = dense_to_host(p, mask);
    } else {
        host = signal_set_to_host(p, mask);
    }
    return host & HOST_ALL_BUT_NEEDED;
}

struct signal_set signal_set_from_host(const struct thread *t, uint64_t host)
{
    struct signal_set set = {{0, 0}};
    for (; host != 0; host &= host - 1) {
        int signo = t->proc->personality->signal_from_host[__builtin_ctzll(host) + 1];
        if (signo != 0) {
            signal_set_add(&set, signo);
        }
    }
    return set;
}

void signal_mask_set(struct thread *t, const struct signal_set *mask)
{
    struct signal_set next = *mask;
    const uint8_t *from_host = t->proc->personality->signal_from_host;
    signal_set_remove(&next, from_host[SIGKILL]);
    signal_set_remove(&next, from_host[SIGSTOP]);
    uint64_t host = signal_mask_to_host(t, &next);
    t->mask = next;
    t->held_due = false;
    if (signal_due(t)) {
        t->held_due = true; /* in two steps: a handler may set it in between */
    }
    if (host != t->host_mask) {
        t->host_mask = host;
        t->mask_stale = true;
    }
}

/* What waits and the mask lets through now is recorded, so that no call begins to wait. */
static void record_due(struct thread *t)
{
    siginfo_t info;
    while (t->held_due && !t->recorded && signal_take_due(t, &info)) {
        signal_record_now(t, &info);
    }
}

uint64_t signal_mask_temporary(struct thread *t, const struct signal_set *mask)
{
    struct signal_set old = t->mask;
    signal_mask_set(t, mask);
    t->saved_mask = old;
    t->temporary_mask = true;
    record_due(t);
    return t->host_mask;
}

int64_t signal_suspend(struct thread *t, const struct signal_set *mask)
{
    uint64_t host = signal_mask_temporary(t, mask);
    while (!t->recorded) {
        host_call_intr(t, __NR_rt_sigsuspend, (uint64_t)&host, sizeof host, 0, 0, 0, 0);
    }
    return -EINTR;
}

/*
 * What was sent to one thread goes back to the thread, what was sent to the process to the process. The kernel lets
 * only the thread whose tid is the process's id queue a siginfo that says a process sent it
 * (do_rt_sigqueueinfo in kernel/signal.c); another thread sends the signal anew, which loses only who sent it first.
 */
void host_put_back(const struct thread *t, const struct host_siginfo *info)
{
    const siginfo_t *si = (const siginfo_t *)info;
    int64_t tid = host_call0(__NR_gettid);
    if (signal_is_threads(t, si)) {
        host_call4(__NR_rt_tgsigqueueinfo, host_call0(__NR_getpid), tid, si->si_signo, info);
    } else {
        /* To the process, named by this thread: with another's id the host takes foreign codes for forged (EPERM). */
        host_call3(__NR_rt_sigqueueinfo, tid, si->si_signo, info);
    }
}
