/* Rewriting, its hot side: when to rewrite, and what to do when somebody meets a site that is being rewritten. */
#include "syscalls/entry/rewrite.h"

#include "base/guest.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/thread.h"
#include "process/table.h"
#include "process/thread.h"
#include "syscalls/entry/choose_plain.h"
#include "syscalls/entry/code_files.h"
#include "syscalls/entry/code_map.h"
#include "syscalls/entry/gate.h"
#include "syscalls/entry/rewrite_code.h"
#include "syscalls/entry/rooms.h"
#include "syscalls/entry/site_hints.h"
#include "syscalls/entry/sites.h"

#define PAGE             4096ULL
#define INT3             0xcc
#define SYSCALL_SIZE     2
#define SHORTEST_TO_SITE 2

static int is_other(struct thread *other, void *self)
{
    return other != self;
}

/* Whether no other thread runs in the address space: none of this process, nor of one that shares it. */
static bool alone(struct thread *t)
{
    return threads_each(is_other, t) == 0;
}

/* With a second thread it would be too late to open them. */
void rewrite_before_thread(struct thread *t)
{
    if (t->proc->settings.rewrite) {
        /* The new thread's region is claimed, and does not count yet. */
        code_files_before_thread(alone(t), t->proc->shares_memory);
    }
}

void rewrite_before_fork(struct thread *t, bool waits)
{
    if (t->proc->settings.rewrite) {
        code_files_before_fork(alone(t), t->proc->shares_memory, waits);
    }
}

/* Reads code, the signal trampoline's too, which is no guest's to name. Returns 0 or -EFAULT. */
static int read_code(void *to, uint64_t from, size_t size)
{
    return guest_copy(to, (const void *)from, size);
}

/* Copies up to `most` bytes before the site, or after it; what cannot be read ends at a page's border. */
static uint32_t copy_before(struct code_window *w, uint64_t at, uint32_t most)
{
    if (read_code(w->bytes, at - most, most) == 0) {
        return most;
    }
    uint32_t rest = (uint32_t)(at & (PAGE - 1));
    rest = rest < most ? rest : most;
    return read_code(w->bytes, at - rest, rest) == 0 ? rest : 0;
}

static uint32_t copy_after(uint8_t *to, uint64_t from, uint32_t most)
{
    if (read_code(to, from, most) == 0) {
        return most;
    }
    uint32_t rest = (uint32_t)(-from & (PAGE - 1));
    rest = rest < most ? rest : most;
    return read_code(to, from, rest) == 0 ? rest : 0;
}

/* A window that reaches beyond the site's mapping is cut to it. */
static void cut_window(struct code_window *w, const struct code_mapping *m)
{
    if (w->at - w->before <= m->low) {
        uint32_t before = (uint32_t)(w->at - m->low);
        memmove(w->bytes, w->bytes + w->before - before, before + SYSCALL_SIZE + w->after);
        w->before = before;
        w->starts_a_mapping = 1;
    }
    if (w->after > m->high - w->at - SYSCALL_SIZE) {
        w->after = (uint32_t)(m->high - w->at - SYSCALL_SIZE);
    }
}

/* With the gate held: whether the site can be rewritten, and how. */
static enum site_refusal decide(struct rewrite_request *rq)
{
    static const uint8_t call[SYSCALL_SIZE] = {0x0f, 0x05};
    struct code_window *w = &rq->window;
    struct code_mapping mapping;
    if (code_files_memory() < 0 || code_files_maps() < 0 || !code_can_synchronise) {
        return REFUSED_HOST;
    }
    if (!code_mapping_of(rq->t, w->at, &mapping) || mapping.high - w->at < SYSCALL_SIZE) {
        return REFUSED_MAPPING;
    }
    cut_window(w, &mapping);
    if (memcmp(w->bytes + w->before, call, sizeof call) != 0) {
        return REFUSED_SHORT; /* int $0x80 and the like */
    }
    if (rq->plain) {
        return rq->choice.back <= w->before ? REFUSED_NOT : REFUSED_UNCLEAR; /* it would reach out of its mapping */
    }
    return (enum site_refusal)gate_call_held(rq->t, rewrite_choose, rq);
}

static void record_choice(struct site *s, const struct code_window *w, const struct patch_choice *choice)
{
    s->back = choice->back;
    s->length = choice->length;
    memcpy(s->original, w->bytes + w->before - choice->back, site_bytes(s));
}

/* The same, and does it. */
static void settle(struct rewrite_request *rq)
{
    const struct code_window *w = &rq->window;
    enum site_refusal refusal = decide(rq);
    bool again = (refusal == REFUSED_UNCLEAR || code_files_maps() < 0) && !rq->last_try;
    struct site *s = again || sites_find(w->at) != NULL ? NULL : sites_record(w->at);
    if (s == NULL) {
        return;
    }
    s->refusal = (uint8_t)refusal;
    if (refusal == REFUSED_NOT) {
        record_choice(s, w, &rq->choice);
        code_rewrite(rq->t, s, rq->alone);
    }
}

/* Whether the user wants it whatever it costs. */
static bool is_asked_for(const struct thread *t)
{
    return t->proc->settings.intercept_requested == INTERCEPT_REWRITE;
}

/* The code around a site. Returns whether there is any. */
static bool look_at(struct code_window *w, uint64_t at)
{
    w->at = at;
    w->starts_a_mapping = 0;
    w->before = copy_before(w, at, CODE_BEFORE);
    if (read_code(w->bytes + w->before, at, SYSCALL_SIZE) != 0) {
        return false;
    }
    w->after = copy_after(w->bytes + w->before + SYSCALL_SIZE, at + SYSCALL_SIZE, CODE_AFTER);
    return true;
}

/* traps: how often the site has trapped; decode: the decoder may be asked about it if it is not plain. */
static __attribute__((noinline)) void rewrite(struct thread *t, uint64_t at, const struct cpu_context *regs,
                                              uint32_t traps, bool decode)
{
    struct rewrite_request rq;
    struct code_window *w = &rq.window;
    uint8_t stack[PLAIN_STACK];
    uint64_t mask;
    rq.t = t;
    rq.regs = *regs;
    rq.last_try = traps >= REWRITE_FOR_GOOD;
    rq.alone = alone(t);
    bool plain_waits = !rq.alone && traps < REWRITE_PLAIN_SHARED && !is_asked_for(t);
    if (plain_waits && !decode) {
        return;
    }
    if (!look_at(w, at)) {
        return;
    }
    bool stack_known = copyin(stack, guest_addr(regs->rsp), sizeof stack) == 0;
    rq.plain = choose_plain(w, regs, stack_known ? stack : NULL, &rq.choice);
    if (rq.plain ? plain_waits : !decode) {
        return;
    }
    /* Known to code_changes() before the mapping is looked at. */
    sites_touch(at);
    code_files_open(rq.alone, t->proc->shares_memory, true);
    gate_hold(t, &mask);
    settle(&rq);
    gate_drop(t, mask);
}

static __attribute__((noinline)) void note_if_plain(struct thread *t, uint64_t at, const struct cpu_context *regs)
{
    uint8_t stack[PLAIN_STACK];
    struct patch_choice choice;
    struct code_window w;
    bool stack_known = copyin(stack, guest_addr(regs->rsp), sizeof stack) == 0;
    if (look_at(&w, at) && choose_plain(&w, regs, stack_known ? stack : NULL, &choice)) {
        site_hints_note(t, at);
    }
}

/* The record of a noted site, to be rewritten; NULL: it has one. *plain: whether it is a site. */
static struct site *record_noted(const struct code_mapping *mapping, uint64_t at, bool *plain)
{
    static const uint8_t call[SYSCALL_SIZE] = {0x0f, 0x05};
    struct patch_choice choice;
    struct code_window w;
    *plain = false;
    if (at < mapping->low || at >= mapping->high || mapping->high - at < SYSCALL_SIZE || !look_at(&w, at)) {
        return NULL;
    }
    cut_window(&w, mapping);
    if (memcmp(w.bytes + w.before, call, sizeof call) != 0 || !choose_plain(&w, NULL, NULL, &choice)) {
        return NULL;
    }
    *plain = true;
    sites_touch(at);
    struct site *s = sites_find(at) == NULL ? sites_record(at) : NULL;
    if (s != NULL) {
        record_choice(s, &w, &choice);
    }
    return s;
}

bool rewrite_noted(struct thread *t, uint64_t low, uint64_t high, uint32_t *offsets, uint32_t count)
{
    const struct code_mapping mapping = {low, high};
    struct site *sites[CODE_SITES_MAX];
    uint32_t found = 0;
    uint64_t mask;
    if (!alone(t) || !code_can_synchronise || !code_files_open(true, false, false)) {
        return false;
    }
    gate_hold(t, &mask);
    uint64_t opened = process_table_open_faults(); /* code of a file can be taken away, too */
    for (uint32_t i = 0; i < count; i++) {
        bool plain = true;
        struct site *s = offsets[i] != 0 ? record_noted(&mapping, low + offsets[i], &plain) : NULL;
        offsets[i] = plain ? offsets[i] : UINT32_MAX;
        if (s != NULL) {
            sites[found++] = s;
        }
    }
    code_rewrite_all(t, sites, found);
    process_table_close_faults(opened);
    gate_drop(t, mask);
    return true;
}

/*
 * Whether a site that has trapped so often may be shown to the decoder: at the first of the numbers, at twice as many. Those
 * beyond the last try are for who has missed it.
 */
static bool is_time(uint32_t traps)
{
    uint32_t times = traps / REWRITE_AFTER;
    return traps % REWRITE_AFTER == 0 && times != 0 && (times & (times - 1)) == 0;
}

/* Whether it is to be looked at. */
static bool is_time_for_plain(uint32_t traps)
{
    return traps % 4 == 0 && traps >= REWRITE_PLAIN && (traps <= REWRITE_FOR_GOOD || is_time(traps));
}

void rewrite_trapped(struct thread *t, const struct cpu_context *regs)
{
    uint64_t at = regs->rip - SYSCALL_SIZE;
    if (!t->proc->settings.rewrite || t->proc->personality->code32) {
        return; /* 32-bit code calls through its vDSO, whose jump needs no rewriting (gate32.S) */
    }
    uint32_t traps = sites_count_trap(at);
    if (traps == SITE_HINT_AFTER) {
        note_if_plain(t, at, regs);
    }
    if (is_time_for_plain(traps)) {
        bool asked = is_asked_for(t);
        bool decode = is_time(traps) && (asked || sites_traps() >= REWRITE_WORTH);
        if (asked || sites_traps() >= REWRITE_WORTH_PLAIN) {
            /* A vfork's child that is killed while it decodes would leave its parent a heap that is torn. */
            rewrite(t, at, regs, traps, decode && !t->proc->shares_memory);
        }
    }
}

/*
 * The trampoline of the site whose replaced instruction begins at `at`; 0: none. No lock is held: the record may have
 * become another site's meanwhile, but slots are not used again so soon, and tell whose they are.
 */
static uint64_t trampoline_for(uint64_t at)
{
    for (uint64_t back = SHORTEST_TO_SITE; back <= SITE_BACK_MAX; back++) {
        const struct site *s = sites_find(at + back);
        uint64_t to = s != NULL && s->back == back ? __atomic_load_n(&s->trampoline, __ATOMIC_ACQUIRE) : 0;
        if (to != 0 && rooms_site(to) == at + back) {
            return to;
        }
    }
    return 0;
}

static bool stepped_into(struct thread *t, struct cpu_context *regs)
{
    uint64_t at = rooms_site(regs->rip);
    if (at == 0) {
        return false;
    }
    uint64_t mask;
    code_files_open(alone(t), t->proc->shares_memory, false);
    gate_hold(t, &mask);
    if (code_restore(at, at + SYSCALL_SIZE, at)) {
        regs->rip = rooms_guest_rip(regs->rip);
    }
    gate_drop(t, mask);
    return true;
}

bool rewrite_breakpoint(struct thread *t, struct cpu_context *regs, bool stepped)
{
    if (stepped) {
        return stepped_into(t, regs);
    }
    uint64_t at = regs->rip - 1;
    /* Twice: the site may have been restored and be rewritten anew between a look at its record and one at its byte. */
    for (unsigned look = 0; look < 2; look++) {
        uint64_t to = trampoline_for(at);
        if (to != 0) {
            regs->rip = to;
            return true;
        }
        /* Restored since: the instruction there is what is to be executed. */
        uint8_t now = INT3;
        if (read_code(&now, at, 1) == 0 && now != INT3) {
            regs->rip = at;
            return true;
        }
    }
    return false;
}

static void note_any(struct site *s, void *found)
{
    (void)s;
    *(bool *)found = true;
}

/* Whether something of ours may lie in the range. Who is alone can look at the records themselves. */
static bool concerns(struct thread *t, uint64_t low, uint64_t high)
{
    bool found = false;
    if (!sites_touched(low, high)) {
        return false;
    }
    if (!alone(t)) {
        return true;
    }
    sites_each(low, high, note_any, &found);
    return found;
}

bool rewrite_code_changes(struct thread *t, uint64_t low, uint64_t high)
{
    if (!concerns(t, low, high)) {
        return false;
    }
    uint64_t mask;
    code_files_open(alone(t), t->proc->shares_memory, false);
    gate_hold(t, &mask);
    code_restore(low, high, 0);
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
    return true;
}

void rewrite_code_changed(struct thread *t, uint64_t low, uint64_t high, bool held)
{
    /* Chosen between the question and the change: it has found the old mapping, and written into the new one. */
    if (!held) {
        held = rewrite_code_changes(t, low, high);
    }
    if (held) {
        uint64_t all = ~0UL, mask;
        host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof mask);
        gate_drop(t, mask);
    }
}
