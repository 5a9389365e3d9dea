/*
 * What a call leaves in the registers: every register, flag, vector and the red zone is filled, one call of each kind
 * is made, and everything is compared. Each kind goes many times through one site of the program's text and then
 * through fresh copies in every shape of site, so that whatever an engine does to a site after some calls is passed.
 * Source: sys/amd64/amd64/exception.S fast_syscall; vm_machdep.c cpu_set_syscall_retval.
 */
#include "event.h"
#include "kind.h"
#include "sysctl.h"

/* What is left out on this processor is said, not passed over. */
TEST(vector_state_there_is)
{
    struct probe *p = probe_new();

    REQUIRE(p != NULL);
    probe_free(p);
    if (probe_features == 0)
        SKIP("no XSAVE: only x87 and SSE are tried");
    if ((probe_features & 4) == 0)
        SKIP("no AVX: ymm is not tried");
    if ((probe_features & 0xe0) != 0xe0)
        SKIP("no AVX-512: zmm and the mask registers are not tried");
}

/* ---- calls that return at once ---- */

TEST(getpid)
{
    kind_everywhere(&(struct kind){.name = "getpid", .number = FREEBSD_SYS_getpid, .want = SYS(getpid)}, KIND_MANY);
}

TEST(getppid)
{
    kind_everywhere(&(struct kind){.name = "getppid", .number = FREEBSD_SYS_getppid, .want = SYS(getppid)}, KIND_MANY);
}

static struct freebsd_stat stat_out;

static bool stat_is_good(struct probe *p, uint64_t round)
{
    (void)p;
    (void)round;
    bool good = stat_out.size == 7 && (stat_out.mode & FREEBSD_S_IFMT) == FREEBSD_S_IFREG;

    memset(&stat_out, 0, sizeof(stat_out));
    return good;
}

TEST(fstat)
{
    int fd = guest_file("registers.fstat", "seven..");

    REQUIRE(fd >= 0);
    kind_everywhere(&(struct kind){.name = "fstat",
                                   .number = FREEBSD_SYS_fstat,
                                   .arguments = {(uint64_t)fd, (uint64_t)&stat_out},
                                   .good = stat_is_good},
                    KIND_MANY);
    SYS(close, fd);
}

static uint32_t sysctl_out;
static uint64_t sysctl_length;

static void sysctl_prepare(uint64_t round)
{
    (void)round;
    sysctl_out = 0;
    sysctl_length = sizeof(sysctl_out);
}

static bool sysctl_is_good(struct probe *p, uint64_t round)
{
    (void)p;
    (void)round;
    return sysctl_out == 4096 && sysctl_length == 4;
}

TEST(sysctl)
{
    static const int32_t name[2] = {FREEBSD_CTL_HW, FREEBSD_HW_PAGESIZE};

    kind_everywhere(&(struct kind){.name = "sysctl",
                                   .number = FREEBSD_SYS___sysctl,
                                   .arguments = {(uint64_t)name, 2, (uint64_t)&sysctl_out, (uint64_t)&sysctl_length},
                                   .before = sysctl_prepare,
                                   .good = sysctl_is_good},
                    KIND_MANY);
}

TEST(failing_close)
{
    kind_everywhere(
        &(struct kind){
            .name = "close", .number = FREEBSD_SYS_close, .arguments = {(uint64_t)-1}, .want = -FREEBSD_EBADF},
        KIND_MANY);
}

static struct freebsd_timespec time_out;

static bool time_is_good(struct probe *p, uint64_t round)
{
    (void)p;
    (void)round;
    bool good = time_out.sec > 0 && time_out.nsec >= 0 && time_out.nsec < 1000000000;

    time_out = (struct freebsd_timespec){-1, -1};
    return good;
}

TEST(clock_gettime)
{
    kind_everywhere(&(struct kind){.name = "clock_gettime",
                                   .number = FREEBSD_SYS_clock_gettime,
                                   .arguments = {FREEBSD_CLOCK_MONOTONIC, (uint64_t)&time_out},
                                   .good = time_is_good},
                    KIND_MANY);
}

static struct freebsd_sigset set_in, set_out;

static bool mask_is_good(struct probe *p, uint64_t round)
{
    bool good = set_out.bits[0] == set_in.bits[0];

    (void)p;
    (void)round;
    memset(&set_out, 0xff, sizeof(set_out));
    return good;
}

TEST(sigprocmask)
{
    guest_set_add(&set_in, FREEBSD_SIGUSR2);
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_SETMASK, &set_in, 0));
    kind_everywhere(&(struct kind){.name = "sigprocmask",
                                   .number = FREEBSD_SYS_sigprocmask,
                                   .arguments = {FREEBSD_SIG_SETMASK, (uint64_t)&set_in, (uint64_t)&set_out},
                                   .good = mask_is_good},
                    KIND_MANY);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR2));
}

static bool mapping_is_good(struct probe *p, uint64_t round)
{
    volatile uint8_t *at = (volatile uint8_t *)p->out.rax;

    (void)round;
    if (kind_result(p) < CODE_PAGE || at[0] != 0)
        return false;
    at[CODE_PAGE - 1] = 1;
    return SYS(munmap, at, CODE_PAGE) == 0;
}

TEST(mmap)
{
    kind_everywhere(&(struct kind){.name = "mmap",
                                   .number = FREEBSD_SYS_mmap,
                                   .arguments = {0, CODE_PAGE, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE,
                                                 FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, (uint64_t)-1, 0},
                                   .want = KIND_ANY_RESULT,
                                   .good = mapping_is_good},
                    KIND_MANY);
}

TEST(kevent)
{
    static struct freebsd_kevent event;
    static const struct freebsd_timespec at_once;
    int64_t kq = MUST(SYS(kqueue));

    kind_everywhere(&(struct kind){.name = "kevent",
                                   .number = FREEBSD_SYS_kevent,
                                   .arguments = {(uint64_t)kq, 0, 0, (uint64_t)&event, 1, (uint64_t)&at_once}},
                    KIND_MANY);
    SYS(close, kq);
}

static uint64_t base_out;

static bool base_is_good(struct probe *p, uint64_t round)
{
    uint64_t want = 0;

    (void)p;
    (void)round;
    SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, &want);
    bool good = base_out == want && want != 0;

    base_out = 0;
    return good;
}

TEST(sysarch)
{
    kind_everywhere(&(struct kind){.name = "sysarch",
                                   .number = FREEBSD_SYS_sysarch,
                                   .arguments = {FREEBSD_AMD64_GET_FSBASE, (uint64_t)&base_out},
                                   .good = base_is_good},
                    KIND_MANY);
}

static struct freebsd_ucontext context;

/* The context shows the program's own instruction and registers, and the call's success (GET_MC_CLEAR_RET). */
static bool context_is_good(struct probe *p, uint64_t round)
{
    const struct freebsd_mcontext *mc = &context.mc;
    uint64_t site = (uint64_t)p->site;

    (void)round;
    return mc->rip > site && mc->rip <= site + CODE_SITE_MAX && ((const uint8_t *)mc->rip)[-1] == 0x05 &&
           mc->rsp == (uint64_t)p && mc->rbx == p->in.rbx && mc->rbp == p->in.rbp && mc->r12 == p->in.r12 &&
           mc->r13 == p->in.r13 && mc->r14 == p->in.r14 && mc->r15 == p->in.r15 && mc->rax == 0;
}

TEST(getcontext)
{
    kind_everywhere(&(struct kind){.name = "getcontext",
                                   .number = FREEBSD_SYS_getcontext,
                                   .arguments = {(uint64_t)&context},
                                   .good = context_is_good},
                    KIND_MANY);
}

/*
 * What a call may clobber says nothing of how it was made: rcx is the return address and r11 the flags, as the
 * instruction itself leaves them, or both are as before.
 */
static bool clobbered_is_innocent(struct probe *p, uint64_t round)
{
    uint64_t site = (uint64_t)p->site;
    bool returned = p->out.rcx > site && p->out.rcx <= site + CODE_SITE_MAX && ((uint8_t *)p->out.rcx)[-1] == 0x05;

    (void)round;
    return (returned || p->out.rcx == p->in.rcx) && (p->out.r11 < 0x400000 || p->out.r11 == p->in.r11);
}

TEST(clobbered_registers)
{
    kind_everywhere(&(struct kind){.name = "getpid, rcx and r11",
                                   .number = FREEBSD_SYS_getpid,
                                   .want = SYS(getpid),
                                   .good = clobbered_is_innocent},
                    KIND_MANY);
    kind_everywhere(&(struct kind){.name = "close, rcx and r11",
                                   .number = FREEBSD_SYS_close,
                                   .arguments = {(uint64_t)-1},
                                   .want = -FREEBSD_EBADF,
                                   .good = clobbered_is_innocent},
                    KIND_MANY);
}

/* ---- how a call is named ---- */

TEST(indirect_calls)
{
    static const uint32_t number[2] = {FREEBSD_SYS_syscall, FREEBSD_SYS___syscall};

    for (int i = 0; i < 2; i++) {
        kind_everywhere(&(struct kind){.name = "indirect getppid",
                                       .number = number[i],
                                       .arguments = {FREEBSD_SYS_getppid},
                                       .want = SYS(getppid)},
                        KIND_MANY);
        kind_everywhere(&(struct kind){.name = "indirect close",
                                       .number = number[i],
                                       .arguments = {FREEBSD_SYS_close, 999},
                                       .want = -FREEBSD_EBADF},
                        KIND_MANY);
    }
}

/* The offset of the mapped file is the seventh word: on the stack, above where a return address would be. */
static bool offset_is_good(struct probe *p, uint64_t round)
{
    const char *at = (const char *)p->out.rax;

    (void)round;
    return kind_result(p) >= CODE_PAGE && at[0] == 'B' && SYS(munmap, at, CODE_PAGE) == 0;
}

TEST(arguments_on_the_stack)
{
    int fd = guest_file("registers.mmap", "A");

    CHECK_EQ(SYS(pwrite, fd, "B", 1, CODE_PAGE), 1);
    kind_everywhere(&(struct kind){.name = "mmap by __syscall",
                                   .number = FREEBSD_SYS___syscall,
                                   .arguments = {FREEBSD_SYS_mmap, 0, CODE_PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE,
                                                 (uint64_t)fd},
                                   .stack = {CODE_PAGE, 0x5555555555555555},
                                   .want = KIND_ANY_RESULT,
                                   .good = offset_is_good},
                    KIND_MANY);
    SYS(close, fd);
}

static volatile uint32_t signals;

static void count(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *uc)
{
    (void)signo;
    (void)info;
    (void)uc;
    signals++;
}

TEST(unknown_number)
{
    CHECK_OK(guest_ignore(FREEBSD_SIGSYS));
    kind_everywhere(&(struct kind){.name = "no call", .number = 1999, .want = -FREEBSD_ENOSYS}, KIND_MANY);
    probe_on_signal = count;
    signals = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGSYS, probe_trash_handler, 0));
    kind_everywhere(&(struct kind){.name = "no call, SIGSYS", .number = 1999, .want = -FREEBSD_ENOSYS}, KIND_MANY);
    CHECK(signals >= KIND_FEW);
    CHECK_OK(guest_default(FREEBSD_SIGSYS));
}

/* ---- flags and segment registers that few programs touch ---- */

TEST(with_alignment_check)
{
    static const int32_t name[2] = {FREEBSD_CTL_HW, FREEBSD_HW_PAGESIZE};
    const struct kind kinds[] = {
        {.name = "getpid, AC", .flags = FLAG_ALIGNMENT, .number = FREEBSD_SYS_getpid, .want = SYS(getpid)},
        {.name = "close, AC",
         .flags = FLAG_ALIGNMENT,
         .number = FREEBSD_SYS_close,
         .arguments = {(uint64_t)-1},
         .want = -FREEBSD_EBADF},
        {.name = "sysctl, AC",
         .flags = FLAG_ALIGNMENT,
         .number = FREEBSD_SYS___sysctl,
         .arguments = {(uint64_t)name, 2, (uint64_t)&sysctl_out, (uint64_t)&sysctl_length},
         .before = sysctl_prepare,
         .good = sysctl_is_good},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        kind_in_copies(&kinds[i]);
}

static uint64_t gs_words[CODE_PAGE / 8] __attribute__((aligned(CODE_PAGE)));

static uint64_t gs_word(void)
{
    uint64_t value;

    __asm__ volatile("movq %%gs:0, %0" : "=r"(value));
    return value;
}

/* The second base is the program's as much as the first (sysarch(2), amd64_set_gsbase(3)). */
TEST(gs_base_is_the_programs)
{
    uint64_t *base = gs_words;
    uint64_t got = 0;
    uint64_t old = 0;

    gs_words[0] = 0x6565656565656565;
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_GSBASE, &old));
    CHECK_EQ(old, 0);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &base));
    for (int i = 0; i < KIND_MANY && !guest_failed(); i++) {
        SYS(getpid);
        CHECK_EQ(gs_word(), gs_words[0]);
        CHECK_ERR(SYS(close, -1), FREEBSD_EBADF);
        CHECK_EQ(gs_word(), gs_words[0]);
        CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_GSBASE, &got));
        CHECK_EQ(got, (uint64_t)gs_words);
    }
    kind_everywhere(&(struct kind){.name = "getpid, gs base", .number = FREEBSD_SYS_getpid, .want = SYS(getpid)},
                    KIND_FEW);
    CHECK_EQ(gs_word(), gs_words[0]);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &old));
}

static volatile uint32_t gs_signals;
static volatile uint64_t gs_shown;

static void look_at_gs(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    gs_signals++;
    if (context->mc.gsbase != (uint64_t)gs_words)
        gs_shown = context->mc.gsbase;
    if (gs_word() != gs_words[0])
        guest_fail(__FILE__, __LINE__, "the handler's GS is not the program's");
}

/* It is in a signal's frame, and comes back from there: whether the program computes, calls, or sets it right then. */
TEST(gs_base_survives_signals)
{
    struct freebsd_itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    uint64_t *base = gs_words, *none = NULL;
    uint64_t end = guest_now() + 600000000;

    gs_words[0] = 0x6565656565656565;
    gs_shown = (uint64_t)gs_words;
    CHECK_OK(guest_handle(FREEBSD_SIGALRM, look_at_gs, FREEBSD_SA_RESTART));
    CHECK_OK(guest_block(FREEBSD_SIGALRM));
    CHECK_OK(SYS(setitimer, 0, &often, 0));
    for (uint32_t round = 0; !guest_failed() && (round < 20 || guest_now() < end); round++) {
        CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &base));
        CHECK_OK(guest_unblock(FREEBSD_SIGALRM));
        for (uint32_t seen = gs_signals; gs_signals == seen && round % 2 == 0 && !guest_failed();)
            CHECK_EQ(gs_word(), gs_words[0]);
        CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &base));
        CHECK_EQ(gs_word(), gs_words[0]);
        CHECK_OK(guest_block(FREEBSD_SIGALRM));
        CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &none));
    }
    CHECK_EQ(gs_shown, (uint64_t)gs_words);
    CHECK_OK(SYS(setitimer, 0, &never, 0));
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &base)); /* one may be waiting */
    CHECK_OK(guest_unblock(FREEBSD_SIGALRM));
    guest_default(FREEBSD_SIGALRM);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &none));
}

/* A system that lets programs write the bases themselves says so in AT_HWCAP2 or not at all: trying tells. */
static void write_gs(uint64_t base)
{
    __asm__ volatile("wrgsbase %0" : : "r"(base) : "memory");
}

static void try_write_gs(void *unused)
{
    (void)unused;
    write_gs(0);
}

/* Values no system call has seen, forged ones among them: every word of the page points to the page. */
static void calls_with_own_gs(void *unused)
{
    static const uint64_t odd[] = {0, 8, 0x7c000000, 0x7ffffffff000, 0xffffffff80000000, 0xffffffffffffffff};
    int64_t pid = SYS(getpid);

    (void)unused;
    for (size_t i = 0; i < sizeof(gs_words) / sizeof(gs_words[0]); i++)
        gs_words[i] = (uint64_t)gs_words;
    for (size_t i = 0; i <= sizeof(odd) / sizeof(odd[0]) && !guest_failed(); i++) {
        uint64_t base = i < sizeof(odd) / sizeof(odd[0]) ? odd[i] : (uint64_t)gs_words;

        for (int n = 0; n < KIND_MANY && !guest_failed(); n++) {
            uint64_t now;

            write_gs(base);
            CHECK_EQ(SYS(getpid), pid);
            CHECK_ERR(SYS(close, -1), FREEBSD_EBADF);
            __asm__ volatile("rdgsbase %0" : "=r"(now));
            CHECK_EQ(now, base);
        }
    }
}

TEST(gs_base_written_unseen)
{
    if (KILLED(guest_in_child(try_write_gs, NULL), FREEBSD_SIGILL))
        SKIP("the host does not let programs write GS themselves");
    CHECK(EXITED(guest_in_child(calls_with_own_gs, NULL), 0));
}
