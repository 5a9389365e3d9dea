/*
 * Threads that run the same call sites at once, on ever fresh code: whatever an engine does to a site after some calls
 * it does while others are in it, before it and behind it.
 */
#include "answer.h"
#include "probe.h"
#include "stress.h"

enum { PAGES = 3, SIZE = PAGES * CODE_PAGE, SITES = 96, PASSES = 24 };

/* Calls with answers that tell the host's from the guest's, and how they go wrong if an argument is lost. */
static struct call {
    uint32_t number;
    uint64_t argument;
    int64_t want;
} calls[] = {
    {ANSWER_PID, 1, 0},          {ANSWER_PARENT, 2, 0},         {FREEBSD_SYS_close, (uint64_t)-1, -FREEBSD_EBADF},
    {FREEBSD_SYS_getpgid, 0, 0}, {FREEBSD_SYS_issetugid, 3, 0}, {FREEBSD_SYS_lseek, (uint64_t)-1, -FREEBSD_EBADF},
};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

struct site {
    const uint8_t *at;
    const struct call *call;
    bool probe; /* ends in a probe, and is no function */
};
static struct site sites[SITES];
static uint8_t *code;
static struct answer_barrier begin, finish;

/* Sites one behind another with gaps of nothing, padding, or what might be taken for instructions. */
static bool make_code(struct stress_worker *w)
{
    size_t used = stress_random(w, 64);

    code = code_pages(0, SIZE);
    if (code == NULL)
        return false;
    for (size_t i = 0; i < SIZE; i++)
        code[i] = i / 512 % 2 ? 0xcc : (uint8_t)stress_random(w, 256);
    for (unsigned i = 0; i < SITES; i++) {
        struct site *site = &sites[i];

        site->call = &calls[stress_random(w, CALLS)];
        site->probe = stress_random(w, 4) == 0;
        site->at = code + used;
        used += code_site(code + used, (enum code_form)stress_random(w, CODE_FORMS), site->call->number,
                          site->probe ? CODE_TO_PROBE : CODE_RETURN, NULL);
        used += stress_random(w, (SIZE - CODE_SITE_MAX) / SITES - CODE_SITE_MAX + 1);
    }
    return code_seal(code, SIZE);
}

static void call_site(struct stress_worker *w, const struct site *site)
{
    const struct call *call = site->call;
    struct probe *p = w->own;
    int64_t got;

    if (site->probe) {
        probe_fill(p, stress_random(w, 4096));
        p->in.rdi = call->argument;
        p->in.r10 = p->in.rcx;                /* one shape copies it */
        p->number = p->in.rbx = call->number; /* some load it from rbx */
        p->site = site->at;
        probe_run(p);
        probe_check(p, PROBE_AFTER_CALL, "a shared site");
        got = p->out.rflags & FLAG_CARRY ? -(int64_t)p->out.rax : (int64_t)p->out.rax;
    } else {
        got = code_at(site->at)(call->argument, 0, 0, 0, 0, 0, call->number);
    }
    if (got != call->want)
        guest_fail(__FILE__, __LINE__, "number %u answers %ld, not %ld", call->number, (long)got, (long)call->want);
    w->done++;
}

/* In waves over all sites, each thread from a place of its own, or over a few in close company. */
static void use_sites(struct stress_worker *w)
{
    for (unsigned pass = 0; pass < PASSES; pass++) {
        unsigned first = stress_random(w, 2) ? 0 : stress_random(w, SITES);

        for (unsigned i = 0; i < SITES; i++)
            call_site(w, &sites[(first + i) % SITES]);
        for (unsigned i = 0; i < SITES; i++)
            call_site(w, &sites[i % 3]);
    }
}

/* Decided by one between two meetings, so that all see the same. */
static volatile bool last_round;

static void work(struct stress_worker *w)
{
    w->own = probe_new();
    if (w->own == NULL)
        guest_fail(__FILE__, __LINE__, "no probe");
    for (;;) {
        if (w->index == 0) {
            last_round = stress_over() || !make_code(w);
            if (last_round && !stress_over())
                guest_fail(__FILE__, __LINE__, "no memory for code");
        }
        answer_meet(&begin, STRESS_WORKERS);
        if (last_round)
            return;
        use_sites(w);
        answer_meet(&finish, STRESS_WORKERS);
        if (w->index == 0)
            code_free(code, SIZE);
    }
}

TEST(threads)
{
    calls[0].want = SYS(getpid);
    calls[1].want = SYS(getppid);
    calls[3].want = SYS(getpgid, 0);
    stress_run(work, "calls");
}
