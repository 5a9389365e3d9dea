#include "hammer.h"

#include "code.h"

extern const char hammer_preempt_code[];
extern const char hammer_eax[], hammer_memory[], hammer_fail[], hammer_pread[];
extern const char hammer_short[], hammer_three[], hammer_two[];
extern const char hammer_eax_call[], hammer_memory_call[], hammer_fail_call[], hammer_pread_call[];
extern const char hammer_short_call[], hammer_three_call[], hammer_two_call[];
extern const uint64_t __start_hammer_boundaries[] __attribute__((visibility("hidden")));
extern const uint64_t __stop_hammer_boundaries[] __attribute__((visibility("hidden")));

static const struct {
    const char *begin, *call;
    uint32_t number;
} loops[HAMMER_LOOPS] = {
    {hammer_eax, hammer_eax_call, FREEBSD_SYS_getpid},     {hammer_memory, hammer_memory_call, FREEBSD_SYS_getppid},
    {hammer_fail, hammer_fail_call, FREEBSD_SYS_close},    {hammer_pread, hammer_pread_call, FREEBSD_SYS_pread},
    {hammer_short, hammer_short_call, FREEBSD_SYS_getpid}, {hammer_three, hammer_three_call, FREEBSD_SYS_getppid},
    {hammer_two, hammer_two_call, FREEBSD_SYS_getpid},
};

void (*volatile hammer_preempted)(void);
static volatile uint64_t copies[HAMMER_COPIES];

static size_t loops_size(void)
{
    return (size_t)(hammer_end - hammer_begin);
}

uint8_t *hammer_copy(unsigned slot)
{
    uint8_t *code = code_pages(0, CODE_PAGE);

    if (code == NULL || loops_size() > CODE_PAGE)
        return NULL;
    memcpy(code, hammer_begin, loops_size());
    if (!code_seal(code, CODE_PAGE))
        return NULL;
    copies[slot] = (uint64_t)code;
    return code;
}

void hammer_drop(unsigned slot)
{
    uint8_t *code = (uint8_t *)copies[slot];

    copies[slot] = 0;
    code_free(code, CODE_PAGE);
}

/* Where an address in a copy would be in the text. */
static uint64_t home_of(uint64_t address)
{
    for (unsigned i = 0; i < HAMMER_COPIES; i++)
        if (copies[i] != 0 && address - copies[i] < loops_size())
            return address - copies[i] + (uint64_t)hammer_begin;
    return address;
}

static int file = -1;
enum { FILE_SIZE = 64 };
static const char content[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-";

static bool have_file(void)
{
    if (file < 0)
        file = guest_file("hammer.file", content);
    return file >= 0;
}

/* lahf's byte: sign, zero, auxiliary carry, parity and the bit that is always set; and the carry. */
enum { FLAGS_KEPT = 0xd6, FLAGS_CARRY = 0xd7 };

bool hammer_prepare(struct probe *p, enum hammer_loop loop, uint64_t seed, uint64_t turns)
{
    probe_fill(p, seed);
    p->site = loops[loop].begin;
    p->number = loops[loop].number;
    p->count = turns;
    p->k[0] = p->in.rcx;
    p->k[1] = p->in.r11;
    p->k[3] = FLAGS_KEPT;
    switch (loop) {
    case HAMMER_EAX:
    case HAMMER_SHORT:
    case HAMMER_TWO:
        p->in.rbp = p->number;
        p->k[2] = (uint64_t)SYS(getpid);
        return true;
    case HAMMER_MEMORY:
    case HAMMER_THREE:
        p->in.rbp = p->number;
        p->k[2] = (uint64_t)SYS(getppid);
        return true;
    case HAMMER_FAIL:
        p->in.rdi = (uint64_t)-1;
        p->k[2] = FREEBSD_EBADF;
        p->k[3] = FLAGS_CARRY;
        return true;
    default:
        p->k[0] = seed % FILE_SIZE;
        p->k[2] = 1;
        p->in.rsi = (uint64_t)&p->k[4];
        p->in.rdx = 1;
        if (!have_file())
            return false;
        p->in.rdi = (uint64_t)file;
        return true;
    }
}

bool hammer_check(const struct probe *p, enum hammer_loop loop)
{
    static const char *const name[HAMMER_LOOPS] = {"getpid in a loop",   "getppid in a loop", "close in a loop",
                                                   "pread in a loop",    "short in a loop",   "three bytes in a loop",
                                                   "two bytes in a loop"};
    static const char *const fault[] = {"",
                                        "rcx lost before the call",
                                        "r11 lost before the call",
                                        "rax lost before the call",
                                        "flags lost in the call",
                                        "wrong result",
                                        "r10 lost in the call"};

    if (p->note != 0) {
        guest_fail(__FILE__, __LINE__, "%s: %s, %lu turns to go; rax 0x%lx rcx 0x%lx r10 0x%lx r11 0x%lx", name[loop],
                   fault[p->note], (unsigned long)p->count, (unsigned long)p->out.rax, (unsigned long)p->out.rcx,
                   (unsigned long)p->out.r10, (unsigned long)p->out.r11);
        return false;
    }
    if (loop == HAMMER_PREAD && (char)p->k[4] != content[p->k[0]]) {
        guest_fail(__FILE__, __LINE__, "pread in a loop: '%c' at offset %lu", (char)p->k[4], (unsigned long)p->k[0]);
        return false;
    }
    return probe_check(p, PROBE_AFTER_LOOP, name[loop]);
}

/* The loop whose `syscall` that address is, or HAMMER_LOOPS. */
static unsigned loop_calling_at(uint64_t address)
{
    unsigned i = 0;

    while (i < HAMMER_LOOPS && (uint64_t)loops[i].call != address)
        i++;
    return i;
}

static bool is_boundary(uint64_t address)
{
    const uint64_t *low = __start_hammer_boundaries;
    const uint64_t *high = __stop_hammer_boundaries;

    while (low < high) {
        const uint64_t *middle = low + (high - low) / 2;

        if (*middle == address)
            return true;
        if (*middle < address)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool in_loops(uint64_t address)
{
    return address >= (uint64_t)hammer_begin && address < (uint64_t)hammer_end;
}

const char *hammer_impossible(const struct freebsd_ucontext *context)
{
    const struct freebsd_mcontext *mc = &context->mc;
    const struct probe *p = (const struct probe *)mc->rsp;
    uint64_t rip = home_of(mc->rip);
    unsigned loop = loop_calling_at(rip);

    if (!probe_in_text(rip))
        return "the address is not in the program's text";
    if (!in_loops(rip))
        return NULL;
    if (!is_boundary(rip))
        return "the address is inside an instruction";
    if ((mc->rsp & 63) != 0)
        return "the stack pointer is not the program's";
    if (mc->rbx != p->in.rbx || mc->rbp != p->in.rbp || mc->rsi != p->in.rsi || mc->rdi != p->in.rdi ||
        mc->r12 != p->in.r12 || mc->r13 != p->in.r13 || mc->r14 != p->in.r14 || mc->r15 != p->in.r15)
        return "a register that is constant differs";
    if (loop < HAMMER_LOOPS && (mc->rax & 0xffffffff) != loops[loop].number)
        return "at the call, the number is not there yet";
    if (loop == HAMMER_PREAD && mc->r10 != p->k[0])
        return "at the call, the fourth argument is not there yet";
    loop = loop_calling_at(rip - 2);
    if (loop < HAMMER_LOOPS && mc->rax != p->k[2])
        return "after the call, the result is not there";
    return NULL;
}

bool hammer_preempt(struct freebsd_ucontext *context)
{
    uint64_t *at = (uint64_t *)(context->mc.rsp - 128 - 8);

    if (!in_loops(home_of(context->mc.rip)))
        return false;
    *at = context->mc.rip;
    context->mc.rsp = (uint64_t)at;
    context->mc.rip = (uint64_t)hammer_preempt_code;
    return true;
}
