/*
 * No call of the program reaches the host's kernel untranslated, wherever the instruction stands and however the
 * program gets there: in the middle of others, past what an engine may have put before it, while it is being put
 * there, and by the processor's other ways into a kernel.
 */
#include "answer.h"
#include "kind.h"

static uint8_t *make_page(void)
{
    uint8_t *code = code_pages(0, CODE_PAGE);

    if (code == NULL)
        guest_fail(__FILE__, __LINE__, "no page for code");
    else
        memset(code, 0x90, CODE_PAGE);
    return code;
}

/* ---- numbers ---- */

/* Numbers that only the host has, or has for something else, at sites hot and cold, in every shape. */
TEST(numbers_of_the_host)
{
    static const uint32_t numbers[] = {
        102,        /* getuid */
        186,        /* gettid */
        63,         /* uname */
        218,        /* set_tid_address */
        0x40000027, /* getpid of x32 */
        0xffffffff,
    };
    static char out[400];

    CHECK_OK(guest_ignore(FREEBSD_SIGSYS));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (int form = 0; form < CODE_FORMS && !guest_failed(); form++) {
            uint8_t *code = make_page();

            REQUIRE(code != NULL);
            code_site(code, (enum code_form)form, numbers[i], CODE_RETURN, NULL);
            REQUIRE(code_seal(code, CODE_PAGE));
            for (int n = 0; n < ANSWER_HOT && !guest_failed(); n++) {
                int64_t r = code_at(code)((uint64_t)out, 0, 0, 0, 0, 0, numbers[i]);

                if (r != -FREEBSD_ENOSYS || out[0] != 0)
                    guest_fail(__FILE__, __LINE__, "number %u answers %ld (%s, call %d)", numbers[i], (long)r,
                               code_form_name((enum code_form)form), n + 1);
            }
            code_free(code, CODE_PAGE);
        }
    }
    guest_default(FREEBSD_SIGSYS);
}

/* umask here, exit for the host. */
static void call_60(void *unused)
{
    (void)unused;
    for (int form = 0; form < CODE_FORMS; form++) {
        uint8_t *code = make_page();

        code_site(code, (enum code_form)form, FREEBSD_SYS_umask, CODE_RETURN, NULL);
        REQUIRE(code_seal(code, CODE_PAGE));
        SYS(umask, 027);
        for (int n = 0; n < ANSWER_HOT; n++)
            CHECK_EQ(code_at(code)(027, 0, 0, 0, 0, 0, FREEBSD_SYS_umask), 027);
    }
}

TEST(umask_is_not_exit)
{
    CHECK(EXITED(guest_in_child(call_60, NULL), 0));
}

/* ---- instructions within instructions ---- */

/* movabs $..., %rax whose operand is a whole site. The mov has to keep its operand, and the site has to answer. */
TEST(site_inside_an_immediate)
{
    static const uint8_t hidden[] = {0xb8, FREEBSD_SYS_getppid, 0, 0, 0, 0x0f, 0x05, 0xc3};
    uint8_t *code = make_page();
    int64_t operand;

    REQUIRE(code != NULL);
    code[64] = 0x48;
    code[65] = 0xb8;
    memcpy(code + 66, hidden, 8);
    code[74] = 0xc3;
    memcpy(&operand, hidden, 8);
    REQUIRE(code_seal(code, CODE_PAGE));
    for (int i = 0; i < 5 * ANSWER_HOT && !guest_failed(); i++) {
        CHECK_EQ(code_at(code)(0, 0, 0, 0, 0, 0, 0), operand);
        CHECK_EQ(code_at(code + 66)(0, 0, 0, 0, 0, 0, 0), answer_wanted(ANSWER_PARENT));
    }
    code_free(code, CODE_PAGE);
}

/* mov $number,%eax; mov $..05 0f..,%ecx: five bytes before the call stand, but are no instruction of that path. */
TEST(call_inside_an_immediate)
{
    static const uint8_t body[] = {0xb8, FREEBSD_SYS_getpid,
                                   0,    0,
                                   0, /* mov $20,%eax */
                                   0xb9, 0x0f,
                                   0x05, 0xc3,
                                   0x77, /* mov $0x77c3050f,%ecx */
                                   0x48, 0x89,
                                   0xc8, 0xc3}; /* mov %rcx,%rax; ret */
    uint8_t *code = make_page();

    REQUIRE(code != NULL);
    memcpy(code + 64, body, sizeof(body));
    REQUIRE(code_seal(code, CODE_PAGE));
    for (int i = 0; i < 5 * ANSWER_HOT && !guest_failed(); i++) {
        CHECK_EQ(answer_jump(code + 70, ANSWER_PARENT, 0, 0, 0, 0), answer_wanted(ANSWER_PARENT));
        CHECK_EQ(answer_jump(code + 70, ANSWER_PID, 0, 0, 0, 0), answer_wanted(ANSWER_PID));
        CHECK_EQ(code_at(code)(0, 0, 0, 0, 0, 0, 0), 0x77c3050f);
    }
    code_free(code, CODE_PAGE);
}

/* ---- ways past what stands before a call ---- */

static struct freebsd_stat seen;

/* Straight to the `syscall` of a hot site, with another number. */
TEST(jump_to_the_call)
{
    for (int form = 0; form < CODE_FORMS && !guest_failed(); form++) {
        uint8_t *code = make_page();
        size_t call;

        REQUIRE(code != NULL);
        code_site(code + 64, (enum code_form)form, ANSWER_PID, CODE_RETURN, &call);
        REQUIRE(code_seal(code, CODE_PAGE));
        for (int n = 0; n < 20 && !guest_failed(); n++) {
            answer_right(code + 64, ANSWER_PID, ANSWER_HOT / 5, code_form_name((enum code_form)form));
            CHECK_EQ(answer_jump(code + 64 + call, ANSWER_PARENT, 0, 0, 0, 0), answer_wanted(ANSWER_PARENT));
            CHECK_EQ(answer_jump(code + 64 + call, FREEBSD_SYS_fstat, 1, (uint64_t)&seen, 0, 0), 0);
        }
        code_free(code, CODE_PAGE);
    }
}

/* To the instruction between the mov and the call: it counts, and the mov does not. */
TEST(jump_between_mov_and_call)
{
    uint8_t *code = make_page();
    int fd = guest_file("invariant.pread", "0123456789");
    char byte = 0;

    REQUIRE(code != NULL && fd >= 0);
    code_site(code + 64, CODE_EAX_R10, ANSWER_PID, CODE_RETURN, NULL);
    REQUIRE(code_seal(code, CODE_PAGE));
    for (uint64_t n = 0; n < 200 && !guest_failed(); n++) {
        answer_right(code + 64, ANSWER_PID, 10, "mov rcx to r10");
        /* rcx is the offset; r10 comes in as something else. */
        register uint64_t r10 __asm__("r10") = 99;
        uint64_t rcx = n % 10;
        int64_t rax = FREEBSD_SYS_pread;
        uint64_t rdi = (uint64_t)fd, rsi = (uint64_t)&byte, rdx = 1;

        __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tcall *%[at]\n\tleaq 128(%%rsp), %%rsp"
                         : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+c"(rcx), "+r"(r10)
                         : [at] "b"(code + 64 + 5)
                         : "r8", "r9", "r11", "memory", "cc");
        CHECK_EQ(rax, 1);
        CHECK_EQ(byte, (char)('0' + n % 10));
    }
    SYS(close, fd);
    code_free(code, CODE_PAGE);
}

/* The direct jumps there are: their bytes, and how many of them give the distance. */
static const struct jump {
    const char *name;
    uint8_t bytes[4];
    uint8_t size, distance;
} jumps[] = {
    {"jmp", {0xeb}, 1, 1},      {"jmp rel32", {0xe9}, 1, 4},
    {"jc", {0xf9, 0x72}, 2, 1}, {"jc rel32", {0xf9, 0x0f, 0x82}, 3, 4},
    {"jrcxz", {0xe3}, 1, 1},    {"jecxz", {0x67, 0xe3}, 2, 1},
};

static void put_jump(uint8_t *at, const struct jump *jump, const uint8_t *to)
{
    int64_t distance = to - (at + jump->size + jump->distance);

    memcpy(at, jump->bytes, jump->size);
    memcpy(at + jump->size, &distance, jump->distance);
}

/* Where the jump stands, from the site. */
static const int distances[] = {-100, -40, -12, 24, 60, 110};

static void into_the_mov(const struct jump *jump, int distance, bool immediate)
{
    /* mov 8(%rsp),%rax without its prefix is mov 8(%rsp),%eax; in mov $0x909027b0,%eax stands mov $39,%al. */
    static const uint8_t memory[] = {0x48, 0x8b, 0x44, 0x24, 0x08, 0x0f, 0x05,
                                     0x72, 0x01, 0xc3, 0x48, 0xf7, 0xd8, 0xc3};
    static const uint8_t constant[] = {0xb8, 0xb0, 39,   0x90, 0x90, 0x0f, 0x05,
                                       0x72, 0x01, 0xc3, 0x48, 0xf7, 0xd8, 0xc3};
    uint8_t *code = make_page();
    uint8_t *site = code + 512;
    uint8_t *from = site + distance;
    uint32_t number = immediate ? ANSWER_NONE : ANSWER_PID;

    REQUIRE(code != NULL);
    memcpy(site, immediate ? constant : memory, sizeof(memory));
    put_jump(from, jump, site + 1);
    from[-2] = 0x31; /* xor %eax,%eax */
    from[-1] = 0xc0;
    from[-3] = 0xcc; /* nothing falls in from before, nor from the site: it returns */
    REQUIRE(code_seal(code, CODE_PAGE));
    for (int round = 0; round < 4 && !guest_failed(); round++) {
        answer_right(site, number, ANSWER_HOT, jump->name);
        answer_right(from - 2, ANSWER_PARENT, 20, jump->name);
    }
    if (guest_failed())
        guest_printf("# %s from %d bytes away\n", jump->name, distance);
    code_free(code, CODE_PAGE);
}

TEST(jump_into_the_mov)
{
    CHECK_OK(guest_ignore(FREEBSD_SIGSYS));
    for (size_t j = 0; j < sizeof(jumps) / sizeof(jumps[0]); j++)
        for (size_t d = 0; d < sizeof(distances) / sizeof(distances[0]) && !guest_failed(); d++)
            for (int immediate = 0; immediate < 2 && !guest_failed(); immediate++)
                into_the_mov(&jumps[j], distances[d], immediate != 0);
    guest_default(FREEBSD_SIGSYS);
}

/* ---- others run it meanwhile ---- */

enum { THREADS = 4, SITES = 3, CALLS = 50, ROUNDS = 3000 };

static struct answer_barrier begin, finish;
static uint8_t *volatile shared_code;
static volatile uint32_t over, wrong;

static void run_sites(void)
{
    static const uint32_t number[2] = {ANSWER_PID, ANSWER_PARENT};
    int64_t want[2] = {SYS(getpid), SYS(getppid)};

    for (int call = 0; call < CALLS; call++)
        for (int i = 0; i < SITES; i++)
            if (code_at(shared_code + i * CODE_SITE_MAX)(0, 0, 0, 0, 0, 0, number[i % 2]) != want[i % 2])
                wrong++;
}

static void runner(void *unused)
{
    (void)unused;
    for (;;) {
        answer_meet(&begin, THREADS);
        if (over)
            return;
        run_sites();
        answer_meet(&finish, THREADS);
    }
}

TEST(sites_that_others_run_meanwhile)
{
    struct guest_thread threads[THREADS - 1];
    uint64_t end = guest_now() + 1500000000;

    over = wrong = 0;
    for (int i = 0; i < THREADS - 1; i++)
        REQUIRE(guest_thread_start(&threads[i], runner, NULL) == 0);
    for (unsigned round = 0; round < ROUNDS && wrong == 0 && (round < 20 || guest_now() < end); round++) {
        uint8_t *code = make_page();

        REQUIRE(code != NULL);
        for (unsigned i = 0; i < SITES; i++)
            code_site(code + (size_t)i * CODE_SITE_MAX, (enum code_form)((round + i) % CODE_FORMS),
                      i % 2 ? ANSWER_PARENT : ANSWER_PID, CODE_RETURN, NULL);
        REQUIRE(code_seal(code, CODE_PAGE));
        shared_code = code;
        answer_meet(&begin, THREADS);
        run_sites();
        answer_meet(&finish, THREADS);
        code_free(code, CODE_PAGE);
    }
    over = 1;
    answer_meet(&begin, THREADS);
    for (int i = 0; i < THREADS - 1; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(wrong, 0);
}

/* Makes fresh sites and heats them until told to stop. */
static void heat(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !over; i++) {
        uint8_t *code = code_pages(0, CODE_PAGE);

        if (code == NULL) {
            wrong++;
            return;
        }
        code_site(code, (enum code_form)(i % CODE_FORMS), ANSWER_PID, CODE_RETURN, NULL);
        if (!code_seal(code, CODE_PAGE) || !answer_right(code, ANSWER_PID, CALLS, "beside a fork"))
            wrong++;
        code_free(code, CODE_PAGE);
    }
}

/* In a new process: the parent's hot sites, half-done ones and new ones all answer for this process. */
static void sites_in_child(void *code)
{
    int64_t parent = SYS(getppid);

    for (int i = 0; i < 2; i++) {
        CHECK_EQ(code_at(code)(0, 0, 0, 0, 0, 0, ANSWER_PARENT), parent);
        CHECK(SYS(getpid) != parent);
    }
    uint8_t *fresh = make_page();

    REQUIRE(fresh != NULL);
    code_site(fresh, CODE_EAX, ANSWER_PARENT, CODE_RETURN, NULL);
    REQUIRE(code_seal(fresh, CODE_PAGE));
    answer_right(fresh, ANSWER_PARENT, CALLS, "in a child");
    answer_right(code, ANSWER_PARENT, CALLS, "in a child");
}

static void vforked(struct probe *p)
{
    int64_t parent = SYS(getppid);
    int64_t got = 0;

    for (int i = 0; i < CALLS && (i == 0 || got == parent); i++)
        got = code_at(shared_code)(0, 0, 0, 0, 0, 0, ANSWER_PARENT);
    SYS(exit, got == parent && p->out.rax == 0 ? 0 : 1);
}

static void fork_beside(bool share)
{
    struct guest_thread threads[2];
    uint64_t end = guest_now() + 700000000;
    struct probe *p = probe_new();

    REQUIRE(p != NULL);
    over = wrong = 0;
    for (int i = 0; i < 2; i++)
        REQUIRE(guest_thread_start(&threads[i], heat, NULL) == 0);
    for (unsigned round = 0; wrong == 0 && !guest_failed() && (round < 10 || guest_now() < end); round++) {
        uint8_t *code = make_page();

        REQUIRE(code != NULL);
        code_site(code, (enum code_form)(round % CODE_FORMS), ANSWER_PARENT, CODE_RETURN, NULL);
        REQUIRE(code_seal(code, CODE_PAGE));
        answer_right(code, ANSWER_PARENT, round % 100, "before a fork");
        shared_code = code;
        if (share) {
            probe_fill(p, round);
            p->site = probe_sites;
            p->number = FREEBSD_SYS_vfork;
            p->child = vforked;
            probe_run(p);
            CHECK(kind_result(p) > 0 && EXITED(guest_wait((int)kind_result(p)), 0));
        } else {
            CHECK(EXITED(guest_in_child(sites_in_child, code), 0));
        }
        answer_right(code, ANSWER_PARENT, CALLS, "after a fork");
        code_free(code, CODE_PAGE);
    }
    over = 1;
    for (int i = 0; i < 2; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(wrong, 0);
    probe_free(p);
}

TEST(fork_while_others_heat_sites)
{
    fork_beside(false);
}

TEST(vfork_while_others_heat_sites)
{
    fork_beside(true);
}
