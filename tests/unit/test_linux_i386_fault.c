/*
 * Faults that are none to a 32-bit program: int $0x80 on a host without IA32 emulation (which this one may have, so that
 * no program can raise it here), and selectors of the GDT that stand for entries of the LDT.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "base/host_frame.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/linux/int80.h"
#include "syscalls/linux-i386/abi.h"
#include "syscalls/linux-i386/threads/ldt.h"

enum { TRAP_PAGE = 14, TRAP_PROTECTION = 13 };

static int trapped;
static uint64_t trapped_at;

static void trap(struct thread *t, void *uc)
{
    (void)t;
    trapped++;
    trapped_at = (uint64_t)((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
}

static const struct process_hooks hooks = {.trap = trap};
static struct process process = {.hooks = &hooks};
static struct thread thread = {.proc = &process};
static ucontext_t uc;

static void fault(uint64_t trapno, uint64_t error, uint16_t cs, uint64_t ip)
{
    memset(&uc, 0, sizeof uc);
    uc.uc_mcontext.gregs[REG_TRAPNO] = (greg_t)trapno;
    uc.uc_mcontext.gregs[REG_ERR] = (greg_t)error;
    uc.uc_mcontext.gregs[REG_CSGSFS] = cs;
    uc.uc_mcontext.gregs[REG_RIP] = (greg_t)ip;
    uc.uc_mcontext.gregs[REG_RSP] = (greg_t)0x1000;
    trapped = 0;
}

START_TEST(int80_is_a_call)
{
    fault(TRAP_PROTECTION, 0x402, HOST_USER32_CS, 0x8048000);
    ck_assert(linux_i386_fault(&thread, &uc));
    ck_assert_int_eq(trapped, 1);
    ck_assert_uint_eq(trapped_at, 0x8048002);
}
END_TEST

/* Of 64-bit code, too: the kernel's table is i386's then, whatever the program. */
START_TEST(int80_of_64_bit_code)
{
    fault(TRAP_PROTECTION, 0x402, HOST_USER_CS, 0x7ffff7000000);
    ck_assert(linux_int80_fault(&thread, &uc));
    ck_assert_int_eq(trapped, 1);
    ck_assert_uint_eq(trapped_at, 0x7ffff7000002);
    fault(TRAP_PROTECTION, 0, HOST_USER_CS, 0x7ffff7000000);
    ck_assert(!linux_int80_fault(&thread, &uc));
    fault(TRAP_PAGE, 0x402, HOST_USER_CS, 0x7ffff7000000);
    ck_assert(!linux_int80_fault(&thread, &uc));
    ck_assert_int_eq(trapped, 0);
}
END_TEST

/* Registers are cut off, and rows that stand on 32-bit code are none. */
START_TEST(int80_is_fetched)
{
    struct cpu_context regs = {.rax = 0xffffffff00000014,
                               .rbx = 0x1122334455667788,
                               .rcx = UINT64_MAX,
                               .rdx = 3,
                               .rsi = 0x100000004,
                               .rdi = 5,
                               .rbp = 0x8000000000000006};
    struct syscall_request rq;
    thread.call_flags = 0;
    ck_assert_int_eq(linux_fetch_int80(&thread, &regs, &rq), 0);
    ck_assert_uint_eq(thread.call_flags, CALL_COMPAT);
    ck_assert_uint_eq(rq.number, 20);
    ck_assert_str_eq(rq.entry->name, "getpid");
    ck_assert(rq.args[0] == 0x55667788 && rq.args[1] == UINT32_MAX && rq.args[2] == 3 && rq.args[3] == 4 &&
              rq.args[4] == 5 && rq.args[5] == 6);
    regs.rax = 100000;
    ck_assert_int_eq(linux_fetch_int80(&thread, &regs, &rq), 0);
    ck_assert_ptr_null(rq.entry);
}
END_TEST

START_TEST(other_interrupts_are_not)
{
    fault(TRAP_PROTECTION, 0x40a, HOST_USER32_CS, 0x8048000);
    ck_assert(!linux_i386_fault(&thread, &uc));
    fault(TRAP_PAGE, 0x402, HOST_USER32_CS, 0x8048000);
    ck_assert(!linux_i386_fault(&thread, &uc));
    ck_assert_int_eq(trapped, 0);
}
END_TEST

/* Below 4 GB, as the image of a test is. */
static const struct {
    uint8_t code[16];
    uint32_t length, popped;
} loads[] = {
    {{0x8e, 0xe8}, 2, 0},                   /* mov %eax, %gs */
    {{0x8e, 0xed}, 2, 0},                   /* mov %ebp, %gs */
    {{0x66, 0x8e, 0xe8}, 3, 0},             /* mov %ax, %gs */
    {{0x8e, 0x28}, 2, 0},                   /* mov (%eax), %gs */
    {{0x8e, 0x68, 0x08}, 3, 0},             /* mov 8(%eax), %gs */
    {{0x8e, 0xa8, 0, 1, 0, 0}, 6, 0},       /* mov 256(%eax), %gs */
    {{0x8e, 0x2d, 0, 1, 0, 0}, 6, 0},       /* mov 256, %gs */
    {{0x8e, 0x2c, 0x24}, 3, 0},             /* mov (%esp), %gs */
    {{0x8e, 0x6c, 0x24, 0x04}, 4, 0},       /* mov 4(%esp), %gs */
    {{0x8e, 0xac, 0x24, 0, 1, 0, 0}, 7, 0}, /* mov 256(%esp), %gs */
    {{0x8e, 0x2c, 0x85, 0, 1, 0, 0}, 7, 0}, /* mov 256(, %eax, 4), %gs */
    {{0x0f, 0xa9}, 2, 4},                   /* pop %gs */
    {{0x66, 0x0f, 0xa9}, 3, 2},             /* popw %gs */
};

static uint16_t gs(void)
{
    uint16_t selector;
    __asm__ volatile("mov %%gs, %0" : "=r"(selector));
    return selector;
}

static void set_segment(void)
{
    int64_t entry = ldt_take();
    ck_assert_int_ge(entry, 0);
    struct linux_user_desc d = {(uint32_t)entry, 0x1000, 0xfffff, 0x51};
    ck_assert_int_eq(ldt_write(&d), 0);
    thread.segments[1] = (struct thread_segment){.base = d.base_addr,
                                                 .limit = d.limit,
                                                 .flags = 0x51,
                                                 .set = true,
                                                 .ldt_set = true,
                                                 .ldt_own = true,
                                                 .ldt = (uint16_t)entry};
}

static void clear_segment(void)
{
    __asm__ volatile("mov %0, %%gs" ::"r"(0));
    ldt_give(thread.segments[1].ldt);
    memset(thread.segments, 0, sizeof thread.segments);
}

START_TEST(selectors_are_replaced)
{
    set_segment();
    __asm__ volatile("mov %0, %%gs" ::"r"(0));
    fault(TRAP_PROTECTION, 13 * 8, HOST_USER32_CS, (uint64_t)loads[_i].code);
    ck_assert(linux_i386_fault(&thread, &uc));
    ck_assert_uint_eq(gs(), ldt_selector(thread.segments[1].ldt));
    ck_assert_uint_eq((uint64_t)uc.uc_mcontext.gregs[REG_RIP], (uint64_t)loads[_i].code + loads[_i].length);
    ck_assert_uint_eq((uint64_t)uc.uc_mcontext.gregs[REG_RSP], 0x1000 + loads[_i].popped);
    clear_segment();
}
END_TEST

START_TEST(what_is_not_set_faults)
{
    static const uint8_t nop[16] = {0x90};
    set_segment();
    fault(TRAP_PROTECTION, 12 * 8, HOST_USER32_CS, (uint64_t)loads[0].code); /* another entry */
    ck_assert(!linux_i386_fault(&thread, &uc));
    fault(TRAP_PROTECTION, 13 * 8, HOST_USER32_CS, (uint64_t)nop);
    ck_assert(!linux_i386_fault(&thread, &uc));
    fault(TRAP_PROTECTION, 13 * 8, HOST_USER32_CS, 16); /* no code to be read */
    ck_assert(!linux_i386_fault(&thread, &uc));
    fault(TRAP_PROTECTION, 0, HOST_USER32_CS, (uint64_t)loads[0].code);
    ck_assert(!linux_i386_fault(&thread, &uc));
    ck_assert_uint_eq(gs(), 0);
    clear_segment();
}
END_TEST

START_TEST(entries_are_given_out_once)
{
    int64_t first = ldt_take(), second = ldt_take();
    ck_assert_int_ge(first, 0);
    ck_assert_int_ge(second, 0);
    ck_assert_int_ne(first, second);
    ldt_give((uint32_t)first);
    ck_assert_int_eq(ldt_take(), first);
    ldt_give((uint32_t)first);
    ldt_give((uint32_t)second);
    int64_t n = 0;
    while (ldt_take() >= 0) {
        n++;
    }
    ck_assert_int_eq(n, 8192);
}
END_TEST

/* copyin of what cannot be read ends in the handler, as in the engine. */
static void on_fault(int signo, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    uint64_t resume = guest_fault_resume((uint64_t)at->uc_mcontext.gregs[REG_RIP]);
    (void)signo;
    (void)info;
    if (resume == 0) {
        abort();
    }
    at->uc_mcontext.gregs[REG_RIP] = (greg_t)resume;
}

static void setup(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
}

int main(void)
{
    Suite *s = suite_create("linux-i386 faults");
    TCase *c = tcase_create("faults");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, int80_is_a_call);
    tcase_add_test(c, int80_of_64_bit_code);
    tcase_add_test(c, int80_is_fetched);
    tcase_add_test(c, other_interrupts_are_not);
    tcase_add_loop_test(c, selectors_are_replaced, 0, sizeof loads / sizeof loads[0]);
    tcase_add_test(c, what_is_not_set_faults);
    tcase_add_test(c, entries_are_given_out_once);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
