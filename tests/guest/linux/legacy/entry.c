/*
 * How i386 programs enter the kernel: int $0x80, the vDSO's call, what of registers, flags and stack survives, and what
 * the vDSO offers. Sources: arch/x86/entry/entry_64_compat.S, arch/x86/entry/vdso/vdso32; vdso(7).
 */
#include "conf.h"

#if defined(__i386__)
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

/* All registers around a call, by one way or the other. */
struct registers {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp, flags;
};

static uint32_t vsyscall;

#define FLAGS_SHOWN 0xcd5 /* CF PF AF ZF SF DF OF */

/* Loads all of *r but esp, makes the call, stores all of it. */
#define CALL_WITH(name, instruction)                                                                                   \
    void name(struct registers *r);                                                                                    \
    __asm__(".text\n" #name ":\n"                                                                                      \
            "pushal\n"                                                                                                 \
            "pushfl\n"                                                                                                 \
            "mov 40(%esp), %eax\n"                                                                                     \
            "push %eax\n"                                                                                              \
            "push 28(%eax)\n"                                                                                          \
            "mov 4(%eax), %ebx\n mov 8(%eax), %ecx\n mov 12(%eax), %edx\n"                                             \
            "mov 16(%eax), %esi\n mov 20(%eax), %edi\n mov 24(%eax), %ebp\n mov (%eax), %eax\n"                        \
            "popfl\n" instruction "\n"                                                                                 \
            "pushfl\n"                                                                                                 \
            "cld\n"                                                                                                    \
            "push %eax\n"                                                                                              \
            "mov 8(%esp), %eax\n"                                                                                      \
            "mov %ebx, 4(%eax)\n mov %ecx, 8(%eax)\n mov %edx, 12(%eax)\n"                                             \
            "mov %esi, 16(%eax)\n mov %edi, 20(%eax)\n mov %ebp, 24(%eax)\n"                                           \
            "pop (%eax)\n"                                                                                             \
            "pop 28(%eax)\n"                                                                                           \
            "add $4, %esp\n"                                                                                           \
            "popfl\n"                                                                                                  \
            "popal\n"                                                                                                  \
            "ret\n")

CALL_WITH(by_int80, "int $0x80");
CALL_WITH(by_vsyscall, "call *vsyscall_of_vdso");
uint32_t vsyscall_of_vdso;

typedef void call_function(struct registers *r);

static void begin(void)
{
    vsyscall = getauxval(AT_SYSINFO);
    vsyscall_of_vdso = vsyscall;
    say("AT_SYSINFO %s", vsyscall != 0 ? "given" : "missing");
}

static void survives(const char *way, call_function *call, uint32_t flags)
{
    struct registers r = {SYS_getppid, 0x11111111, 0x22222222, 0x93333333, 0x44444444, 0xf5555555, 0x66666666, flags};
    struct registers was = r;
    call(&r);
    say("%s with %#x: result %s", way, flags, r.eax == (uint32_t)getppid() ? "right" : "wrong");
    say("ebx %d ecx %d edx %d esi %d edi %d ebp %d flags %#x", r.ebx == was.ebx, r.ecx == was.ecx, r.edx == was.edx,
        r.esi == was.esi, r.edi == was.edi, r.ebp == was.ebp, r.flags & FLAGS_SHOWN);
}

TEST(registers)
{
    static const uint32_t flags[] = {0x202, 0x203, 0x206, 0x212, 0x242, 0x282, 0xa02, 0xad7, 0x602, 0xed7};
    begin();
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        survives("int80", by_int80, flags[i]);
        survives("vsyscall", by_vsyscall, flags[i]);
    }
}

/* The alignment check, which is the program's to set: the kernel must neither fault by it nor lose it. */
TEST(alignment_check)
{
    struct registers r = {.eax = SYS_getppid, .flags = 0x40202};
    begin();
    by_int80(&r);
    say("int80: right %d, AC %d", r.eax == (uint32_t)getppid(), (r.flags & 0x40000) != 0);
    r = (struct registers){.eax = SYS_getppid, .flags = 0x40202};
    by_vsyscall(&r);
    say("vsyscall: right %d, AC %d", r.eax == (uint32_t)getppid(), (r.flags & 0x40000) != 0);
}

TEST(unknown_numbers)
{
    static const uint32_t numbers[] = {0xffffffff, 0x80000000, 0x40000014, 0xfffffe00, 600, 100000, 222, 17};
    begin();
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct registers r = {.eax = numbers[i], .flags = 0x202};
        by_int80(&r);
        int first = (int)r.eax;
        r = (struct registers){.eax = numbers[i], .flags = 0x202};
        by_vsyscall(&r);
        say("%#x: %d %d", numbers[i], first, (int)r.eax);
    }
}

/* All six arguments, the last in ebp. */
static void six(const char *way, call_function *call, int fd)
{
    struct registers r = {SYS_mmap2, 0, 4096, PROT_READ, MAP_PRIVATE, (uint32_t)fd, 1, 0x202};
    call(&r);
    say("%s: %s", way, (int)r.eax < 0 && (int)r.eax > -4096 ? "failed" : (const char *)(uintptr_t)r.eax);
    munmap((void *)(uintptr_t)r.eax, 4096);
}

TEST(six_arguments)
{
    int fd = conf_file("pages", "first");
    begin();
    pwrite(fd, "second page", 12, 4096);
    six("int80", by_int80, fd);
    six("vsyscall", by_vsyscall, fd);
}

/* Nothing is written below the stack pointer by int $0x80, and there need be no stack. */
uint32_t no_stack_result, below_kept;
void call_without_stack(void);
__asm__(".text\ncall_without_stack:\n"
        "push %ebx\n push %esi\n push %edi\n"
        "mov %esp, %esi\n"
        "mov $0x10, %esp\n"
        "mov $64, %eax\n" /* getppid */
        "int $0x80\n"
        "mov %eax, no_stack_result\n"
        "mov %esi, %esp\n"
        "movl $0x5a5a5a5a, -4(%esp)\n movl $0xa5a5a5a5, -128(%esp)\n"
        "mov $64, %eax\n"
        "int $0x80\n"
        "xor %eax, %eax\n"
        "cmpl $0x5a5a5a5a, -4(%esp)\n jne 1f\n"
        "cmpl $0xa5a5a5a5, -128(%esp)\n jne 1f\n"
        "inc %eax\n"
        "1: mov %eax, below_kept\n"
        "pop %edi\n pop %esi\n pop %ebx\n ret\n");

TEST(stack)
{
    call_without_stack();
    say("without a stack: %s", no_stack_result == (uint32_t)getppid() ? "right" : "wrong");
    say("below the stack pointer: %s", below_kept ? "kept" : "written");
}

TEST(vector_state)
{
    uint32_t before[4] = {1, 0x80000000, 0xdeadbeef, 0x7fffffff}, after[4] = {0};
    uint32_t mxcsr = 0x5f80, found = 0, usual = 0x1f80;
    uint16_t word = 0x0b7f, got = 0;
    double eight = 8, back = 0;
    begin();
    for (int i = 0; i < 2; i++) {
        struct registers r = {.eax = SYS_getppid, .flags = 0x202};
        __asm__ volatile("movups %0, %%xmm5\n ldmxcsr %1\n fldcw %2\n fldl %3" ::"m"(before), "m"(mxcsr), "m"(word),
                         "m"(eight));
        (i == 0 ? by_int80 : by_vsyscall)(&r);
        __asm__ volatile("movups %%xmm5, %0\n stmxcsr %1\n fnstcw %2\n fstpl %3"
                         : "=m"(after), "=m"(found), "=m"(got), "=m"(back));
        __asm__ volatile("ldmxcsr %0\n fninit" ::"m"(usual));
        say("xmm %d mxcsr %#x fcw %#x st0 %d", memcmp(before, after, sizeof after) == 0, found, got, back == eight);
    }
}

/* An interrupt that the kernel gives nobody: a fault, whose error code names it. */
static volatile uint32_t trap, error;
static sigjmp_buf out;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    trap = (uint32_t)uc->uc_mcontext.gregs[REG_TRAPNO];
    error = (uint32_t)uc->uc_mcontext.gregs[REG_ERR];
    say("signal %d code %d trap %u error %#x", signal, info->si_code, trap, error);
    siglongjmp(out, 1);
}

TEST(other_interrupts)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
    if (sigsetjmp(out, 1) == 0) {
        __asm__ volatile("int $0x81");
    }
    if (sigsetjmp(out, 1) == 0) {
        __asm__ volatile("int3");
    }
    if (sigsetjmp(out, 1) == 0) {
        __asm__ volatile("int $0x20");
    }
}

/* The vDSO. */

static const Elf32_Ehdr *vdso;
static const Elf32_Sym *symbols;
static const char *strings;
static uint32_t symbol_count, vdso_bias;

static bool vdso_open(void)
{
    vdso = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
    if (vdso == NULL || memcmp(vdso->e_ident, ELFMAG, SELFMAG) != 0) {
        say("no vDSO");
        return false;
    }
    const Elf32_Phdr *p = (const void *)((const char *)vdso + vdso->e_phoff);
    const Elf32_Dyn *dynamic = NULL;
    for (int i = 0; i < vdso->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD) {
            vdso_bias = (uint32_t)(uintptr_t)vdso + p[i].p_offset - p[i].p_vaddr;
        } else if (p[i].p_type == PT_DYNAMIC) {
            dynamic = (const void *)((const char *)vdso + p[i].p_offset);
        }
    }
    symbol_count = 0;
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) {
        const void *at = (const void *)(uintptr_t)(vdso_bias + dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_SYMTAB) {
            symbols = at;
        } else if (dynamic->d_tag == DT_STRTAB) {
            strings = at;
        } else if (dynamic->d_tag == DT_HASH) {
            symbol_count = ((const uint32_t *)at)[1];
        }
    }
    /* Newer kernels leave DT_HASH out. */
    symbol_count = symbol_count != 0 ? symbol_count : 16;
    return symbols != NULL && strings != NULL;
}

static const void *vdso_function(const char *name)
{
    for (uint32_t i = 0; i < symbol_count; i++) {
        if (symbols[i].st_shndx != SHN_UNDEF && strcmp(strings + symbols[i].st_name, name) == 0) {
            return (const void *)(uintptr_t)(vdso_bias + symbols[i].st_value);
        }
    }
    return NULL;
}

TEST(vdso_symbols)
{
    static const char *const names[] = {"__kernel_vsyscall",      "__kernel_sigreturn",  "__kernel_rt_sigreturn",
                                        "__vdso_clock_gettime",   "__vdso_gettimeofday", "__vdso_time",
                                        "__vdso_clock_gettime64", "__vdso_clock_getres"};
    if (!vdso_open()) {
        return;
    }
    say("class %d machine %d type %d", vdso->e_ident[EI_CLASS], vdso->e_machine, vdso->e_type);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        say("%s: %s", names[i], vdso_function(names[i]) != NULL ? "there" : "missing");
    }
    say("AT_SYSINFO is __kernel_vsyscall: %d",
        vdso_function("__kernel_vsyscall") == (const void *)(uintptr_t)getauxval(AT_SYSINFO));
    BYTES(vdso_function("__kernel_sigreturn"), 8);
    BYTES(vdso_function("__kernel_rt_sigreturn"), 7);
}

static bool near(long long a, long long b)
{
    return a - b < 10 && b - a < 10;
}

TEST(vdso_clocks)
{
    struct {
        int32_t sec, nsec;
    } ts = {0};
    struct {
        int64_t sec;
        int32_t nsec, pad;
    } ts64 = {0};
    struct {
        int32_t sec, usec;
    } tv = {0};
    struct timespec now;
    int32_t seconds = 0;
    if (!vdso_open()) {
        return;
    }
    int (*gettime)(int, void *) = vdso_function("__vdso_clock_gettime");
    int (*gettime64)(int, void *) = vdso_function("__vdso_clock_gettime64");
    int (*getres)(int, void *) = vdso_function("__vdso_clock_getres");
    int (*gettimeofday)(void *, void *) = vdso_function("__vdso_gettimeofday");
    int (*gettime_of_old)(int32_t *) = vdso_function("__vdso_time");
    static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC,        CLOCK_MONOTONIC_RAW,
                                 CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE, CLOCK_PROCESS_CPUTIME_ID};
    for (unsigned i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        int first = gettime(clocks[i], &ts), second = gettime64(clocks[i], &ts64);
        clock_gettime(clocks[i], &now);
        say("clock %d: %d %d, near %d %d", clocks[i], first, second, near(ts.sec, now.tv_sec),
            near(ts64.sec, now.tv_sec));
    }
    say("no clock: %d %d", gettime(77, &ts), gettime64(-77, &ts64));
    int resolved = getres(CLOCK_MONOTONIC, &ts);
    say("resolution: %d, %d s, %d", resolved, ts.sec, ts.nsec);
    say("getres without a place: %d", getres(CLOCK_MONOTONIC, NULL));
    clock_gettime(CLOCK_REALTIME, &now);
    int32_t told = gettime_of_old(&seconds);
    int r = gettimeofday(&tv, NULL);
    say("gettimeofday %d near %d, time near %d, stored %d", r, near(tv.sec, now.tv_sec), near(told, now.tv_sec),
        told == seconds);
    say("time without a place near %d", near(gettime_of_old(NULL), now.tv_sec));
}
#endif
