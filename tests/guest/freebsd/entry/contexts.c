/*
 * Going on in another context: getcontext, setcontext and swapcontext carry every register across, also those that
 * calls clobber. Source: sys/kern/kern_context.c; set_mcontext(), sys/amd64/amd64/exec_machdep.c.
 */
#include "kind.h"

enum { SYS_swapcontext = 423, ROUNDS = 500 };

static struct freebsd_ucontext contexts[2];
static struct probe *probe;

static const char *site(unsigned index)
{
    return probe_sites + index * PROBE_SITE_SIZE;
}

static void set_registers(struct freebsd_mcontext *mc, const struct probe_registers *r)
{
    mc->rax = r->rax;
    mc->rbx = r->rbx;
    mc->rcx = r->rcx;
    mc->rdx = r->rdx;
    mc->rsi = r->rsi;
    mc->rdi = r->rdi;
    mc->rbp = r->rbp;
    mc->r8 = r->r8;
    mc->r9 = r->r9;
    mc->r10 = r->r10;
    mc->r11 = r->r11;
    mc->r12 = r->r12;
    mc->r13 = r->r13;
    mc->r14 = r->r14;
    mc->r15 = r->r15;
    mc->rflags = (mc->rflags & ~(uint64_t)FLAGS_STATUS) | (r->rflags & FLAGS_STATUS);
}

/* The context that leaves everything as the probe was filled, at the end of spinning code. */
static bool make_context(struct freebsd_ucontext *context, uint64_t seed)
{
    CHECK_OK(SYS(getcontext, context));
    probe_fill(probe, seed & ~(uint64_t)64); /* without the direction flag: the calls below are C */
    set_registers(&context->mc, &probe->in);
    context->mc.rip = (uint64_t)probe_spin_end;
    context->mc.rsp = (uint64_t)probe;
    /* The call that leads there has other registers, and the same vectors, which a context does not change here. */
    context->mc.fpformat = 0x10000; /* _MC_FPFMT_NODEV */
    context->mc.ownedfp = 0x20000;
    context->mc.flags &= ~4; /* _MC_HASFPXSTATE */
    return !guest_failed();
}

static void call_with(uint64_t number, const void *from, uint64_t first, uint64_t second)
{
    struct probe_registers wanted = probe->in;
    uint64_t *in = (uint64_t *)&probe->in;

    for (unsigned i = 0; i < PROBE_REGISTERS - 1; i++)
        in[i] = ~in[i];
    probe->in.rflags = 2;
    probe->in.rdi = first;
    probe->in.rsi = second;
    probe->number = number;
    probe->site = from;
    probe_run(probe);
    probe->in = wanted;
}

TEST(setcontext_brings_every_register)
{
    probe = probe_new();
    REQUIRE(probe != NULL);
    for (uint64_t i = 0; i < ROUNDS && !guest_failed(); i++) {
        REQUIRE(make_context(&contexts[0], i));
        call_with(FREEBSD_SYS_setcontext, site(0), (uint64_t)&contexts[0], 0);
        probe_check(probe, PROBE_UNTOUCHED, "setcontext");
    }
    probe_free(probe);
}

TEST(swapcontext_keeps_and_brings)
{
    probe = probe_new();
    REQUIRE(probe != NULL);
    for (uint64_t i = 0; i < ROUNDS && !guest_failed(); i++) {
        REQUIRE(make_context(&contexts[0], i));
        uint64_t r15 = ~probe->in.r15;

        call_with(SYS_swapcontext, site(1), (uint64_t)&contexts[1], (uint64_t)&contexts[0]);
        probe_check(probe, PROBE_UNTOUCHED, "swapcontext");
        CHECK_EQ(contexts[1].mc.rip, (uint64_t)site(1) + 7); /* after the call */
        CHECK_EQ(contexts[1].mc.r15, r15);
        CHECK_EQ(contexts[1].mc.rsp, (uint64_t)probe);
        CHECK_EQ(contexts[1].mc.rax, 0);
    }
    probe_free(probe);
}

/* sigreturn(2) on a context the program made itself: as setcontext, by the call that handlers end with. */
TEST(sigreturn_brings_every_register)
{
    probe = probe_new();
    REQUIRE(probe != NULL);
    for (uint64_t i = 0; i < ROUNDS && !guest_failed(); i++) {
        REQUIRE(make_context(&contexts[0], i));
        call_with(FREEBSD_SYS_sigreturn, site(2), (uint64_t)&contexts[0], 0);
        probe_check(probe, PROBE_UNTOUCHED, "sigreturn");
    }
    probe_free(probe);
}

/* ---- coroutines: each call of one leads into the other, from one site ---- */

static volatile uint32_t turns;
static struct freebsd_ucontext sides[2];

static void swap(int from, int to)
{
    MUST(SYS_NUMBER(SYS_swapcontext, &sides[from], &sides[to]));
}

static void other_side(void)
{
    for (;;) {
        turns++;
        if (SYS(close, -1) != -FREEBSD_EBADF)
            guest_fail(__FILE__, __LINE__, "a call in a coroutine");
        swap(1, 0);
    }
}

TEST(coroutines)
{
    enum { STACK = 65536, SWAPS = 5000 };
    char *stack = guest_pages(STACK);
    uint64_t end = guest_now() + 700000000;

    REQUIRE(stack != NULL);
    CHECK_OK(SYS(getcontext, &sides[1]));
    sides[1].mc.rip = (uint64_t)other_side;
    sides[1].mc.rsp = (uint64_t)stack + STACK - 8;
    turns = 0;
    for (uint32_t i = 1; i <= SWAPS && !guest_failed() && (i < 200 || guest_now() < end); i++) {
        swap(0, 1);
        CHECK_EQ(turns, i);
    }
    SYS(munmap, stack, STACK);
}
