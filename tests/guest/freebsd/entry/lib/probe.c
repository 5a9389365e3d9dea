/*
 * Filling a probe's registers and comparing them.
 */
#include "probe.h"

enum { GUARD = 4096, STACK = 64 * 1024 + GUARD, MAPPING = STACK + 16 * 1024 };
_Static_assert(sizeof(struct probe) <= MAPPING - STACK, "a probe");

uint32_t probe_features;
uint8_t probe_init_state[PROBE_X_SIZE] __attribute__((aligned(64)));
uint8_t probe_trash_state[PROBE_X_SIZE] __attribute__((aligned(64)));
void (*volatile probe_on_signal)(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context);

/* The components behind the legacy area, by the bit that stands for them. */
static struct {
    uint32_t offset, size;
} component[8];

/* fxsave's layout (Intel SDM 1, table 10-2). */
enum { FCW = 0, FSW = 2, FTW = 4, MXCSR = 24, MXCSR_MASK = 28, ST = 32, XMM = 160, XMM_END = 416, HEADER = 512 };

static void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
    __asm__("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "0"(leaf), "2"(sub));
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void find_features(void)
{
    uint32_t r[4], low, high;

    put32(probe_init_state + FCW, 0x37f);
    put32(probe_init_state + MXCSR, 0x1f80);
    cpuid(1, 0, r);
    if ((r[2] >> 27 & 1) == 0)
        return;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    probe_features = low & PROBE_FEATURES;
    for (uint32_t i = 2; i < 8; i++) {
        if ((probe_features >> i & 1) == 0)
            continue;
        cpuid(0xd, i, r);
        component[i].size = r[0];
        component[i].offset = r[1];
        if (r[0] + r[1] > PROBE_X_SIZE)
            probe_features &= ~(1U << i);
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

static void fill_bytes(uint8_t *at, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t value = mix(seed + i) | 1;

        memcpy(at + i, &value, size - i < 8 ? size - i : 8);
    }
}

/* Legal contents of every component: exceptions masked, other control bits, some x87 registers empty. */
static void fill_vectors(uint8_t *area, uint64_t seed)
{
    memset(area, 0, PROBE_X_SIZE);
    put32(area + FCW, 0x037f | (uint32_t)(seed & 3) << 10);                   /* rounding */
    put32(area + FSW, 0x0500 | (uint32_t)(seed >> 2 & 7) << 11 | 0x24);       /* top of stack, conditions, flags */
    area[FTW] = (uint8_t)(0x10 | (mix(seed) & 0xef));                         /* which registers are in use */
    put32(area + MXCSR, 0x1f80 | (uint32_t)(seed & 3) << 13 | 0x8000 | 0x21); /* rounding, flush to zero, flags */
    for (unsigned i = 0; i < 8; i++)
        fill_bytes(area + ST + i * 16, 10, mix(seed + 100 + i));
    fill_bytes(area + XMM, XMM_END - XMM, mix(seed + 200));
    put32(area + HEADER, probe_features);
    for (uint32_t i = 2; i < 8; i++)
        if (probe_features >> i & 1)
            fill_bytes(area + component[i].offset, component[i].size, mix(seed + 300 + i));
}

struct probe *probe_new(void)
{
    static uint64_t pointed_at[8] = {0x7e117e117e117e11};
    uint64_t base = 0;
    uint64_t *own = pointed_at;
    char *at;

    if (probe_features == 0)
        find_features();
    fill_vectors(probe_trash_state, 0xdead);
    if (SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, &base) != 0)
        return NULL;
    if (base == 0 && SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &own) != 0)
        return NULL;
    at = guest_pages(MAPPING);
    if (at == NULL || SYS(mprotect, at, GUARD, FREEBSD_PROT_NONE) != 0)
        return NULL;
    return (struct probe *)(at + STACK);
}

void probe_free(struct probe *p)
{
    SYS(munmap, (char *)p - STACK, MAPPING);
}

void probe_fill(struct probe *p, uint64_t seed)
{
    uint64_t *r = (uint64_t *)&p->in;
    static const uint32_t status[5] = {0x800, 0x80, 0x40, 0x10, 0x4}; /* OF SF ZF AF PF */
    uint64_t flags = 2 | (seed >> 5 & 1) | (seed >> 6 & 1) * FLAG_DIRECTION;

    for (unsigned i = 0; i < PROBE_REGISTERS - 1; i++)
        r[i] = mix(seed * 64 + i) | 0x8000000000000000;
    for (unsigned i = 0; i < 5; i++)
        flags |= (seed >> i & 1) * status[i];
    p->in.rflags = flags;
    for (unsigned i = 0; i < 16; i++)
        p->red_in[i] = mix(seed * 64 + 32 + i);
    fill_vectors(p->x_in, seed);
    memset(p->x_out, 0, PROBE_X_SIZE);
    memset(&p->out, 0, sizeof(p->out));
    p->note = 0;
    p->child = NULL;
}

static bool differ(const char *what, const char *part, unsigned index, uint64_t got, uint64_t want)
{
    guest_fail(__FILE__, __LINE__, "%s: %s (%u) is 0x%lx, not 0x%lx", what, part, index, (unsigned long)got,
               (unsigned long)want);
    return false;
}

static bool same_bytes(const struct probe *p, const char *what, const char *part, size_t from, size_t size)
{
    for (size_t i = from; i < from + size; i++)
        if (p->x_in[i] != p->x_out[i])
            return differ(what, part, (unsigned)(i - from), p->x_out[i], p->x_in[i]);
    return true;
}

/* The x87 instruction and data pointers are left out: some processors keep them only while an exception is pending. */
static bool check_vectors(const struct probe *p, const char *what)
{
    static const char *const name[8] = {"", "", "ymm", "", "", "k", "zmm", "zmm16-31"};
    bool good = same_bytes(p, what, "x87 control", FCW, 2) && same_bytes(p, what, "x87 status", FSW, 2) &&
                same_bytes(p, what, "x87 tags", FTW, 1) && same_bytes(p, what, "mxcsr", MXCSR, 4) &&
                same_bytes(p, what, "xmm", XMM, XMM_END - XMM);

    for (unsigned i = 0; good && i < 8; i++)
        good = same_bytes(p, what, "st", ST + i * 16, 10);
    for (uint32_t i = 2; good && i < 8; i++)
        if (probe_features >> i & 1)
            good = same_bytes(p, what, name[i], component[i].offset, component[i].size);
    return good;
}

static bool may_differ(unsigned kind, unsigned index, uint64_t got)
{
    enum { RAX = 0, RCX = 2, RDX = 3, R8 = 7, R10 = 9, R11 = 10 };

    if (kind & PROBE_UNTOUCHED)
        return false;
    if (index == RAX || index == RCX || index == R11)
        return true;
    if (index == RDX)
        return (kind & PROBE_RDX) != 0;
    return index >= R8 && index <= R10 && got == 0;
}

bool probe_check(const struct probe *p, unsigned kind, const char *what)
{
    static const char *const name[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
                                       "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    const uint64_t *in = (const uint64_t *)&p->in;
    const uint64_t *out = (const uint64_t *)&p->out;
    uint64_t flags = FLAGS_STATUS | FLAG_DIRECTION | FLAG_ALIGNMENT;
    uint64_t base = 0;

    for (unsigned i = 0; i < PROBE_REGISTERS - 1; i++)
        if (in[i] != out[i] && !may_differ(kind, i, out[i]))
            return differ(what, name[i], i, out[i], in[i]);
    if (kind & PROBE_AFTER_LOOP)
        flags = FLAG_DIRECTION | FLAG_ALIGNMENT;
    else if (!(kind & PROBE_UNTOUCHED))
        flags &= ~(uint64_t)FLAG_CARRY;
    if ((p->in.rflags & flags) != (p->out.rflags & flags))
        return differ(what, "rflags", 0, p->out.rflags & flags, p->in.rflags & flags);
    for (unsigned i = 0; i < 16; i++)
        if (p->red_in[i] != p->red_out[i])
            return differ(what, "red zone", i * 8, p->red_out[i], p->red_in[i]);
    SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, &base);
    if (base == 0 || p->fs_out != *(uint64_t *)base)
        return differ(what, "fs base", 0, p->fs_out, base);
    return check_vectors(p, what);
}

bool probe_in_text(uint64_t address)
{
    extern const char __executable_start[], etext[];

    return address >= (uint64_t)__executable_start && address < (uint64_t)etext;
}
