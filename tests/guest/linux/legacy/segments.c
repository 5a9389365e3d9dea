/*
 * Segments of i386 programs: thread areas, the local descriptor table, and calls made with them in FS. Sources:
 * set_thread_area(2), modify_ldt(2), clone(2) (CLONE_SETTLS); arch/x86/kernel/tls.c, ldt.c.
 */
#include "conf.h"

#if defined(__i386__)
#include <asm/ldt.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static uint32_t words[4] = {0x01010101, 0x02020202, 0x03030303, 0x04040404};

static struct user_desc area(int entry, const void *base)
{
    struct user_desc d = {.entry_number = (unsigned)entry,
                          .base_addr = (unsigned)(uintptr_t)base,
                          .limit = 0xfffff,
                          .seg_32bit = 1,
                          .limit_in_pages = 1,
                          .useable = 1};
    return d;
}

static uint32_t load_fs(unsigned selector, uint32_t offset)
{
    uint32_t value;
    __asm__ volatile("mov %w1, %%fs\n mov %%fs:(%2), %0\n" : "=r"(value) : "r"(selector), "r"(offset));
    return value;
}

static void clear_fs(void)
{
    __asm__ volatile("mov %w0, %%fs" ::"r"(0));
}

static long by_vsyscall(long number)
{
    long r;
    __asm__ volatile("call *%%gs:0x10" : "=a"(r) : "0"(number) : "memory");
    return r;
}

TEST(thread_areas)
{
    struct user_desc d;
    for (int i = 0; i < 3; i++) {
        d = area(-1, words);
        CALL(syscall(SYS_set_thread_area, &d));
        DEC(d.entry_number);
    }
    d = area(13, words + 1);
    CALL(syscall(SYS_set_thread_area, &d));
    memset(&d, 0, sizeof d);
    d.entry_number = 13;
    CALL(syscall(SYS_get_thread_area, &d));
    say("base %d limit %#x 32bit %u contents %u read-only %u pages %u absent %u useable %u",
        d.base_addr == (unsigned)(uintptr_t)(words + 1), d.limit, d.seg_32bit, d.contents, d.read_exec_only,
        d.limit_in_pages, d.seg_not_present, d.useable);
    /* Emptied, it is free again. */
    struct user_desc empty = {.entry_number = 14, .read_exec_only = 1, .seg_not_present = 1};
    CALL(syscall(SYS_set_thread_area, &empty));
    d = (struct user_desc){.entry_number = 14};
    CALL(syscall(SYS_get_thread_area, &d));
    say("limit %#x 32bit %u read-only %u absent %u", d.limit, d.seg_32bit, d.read_exec_only, d.seg_not_present);
    d = area(-1, words);
    CALL(syscall(SYS_set_thread_area, &d));
    DEC(d.entry_number);
}

TEST(thread_area_errors)
{
    struct user_desc d = area(0, words);
    CALL(syscall(SYS_set_thread_area, &d));
    d = area(11, words);
    CALL(syscall(SYS_set_thread_area, &d));
    d = area(15, words);
    CALL(syscall(SYS_set_thread_area, &d));
    d = area(13, words);
    d.seg_32bit = 0;
    CALL(syscall(SYS_set_thread_area, &d));
    d = area(13, words);
    d.contents = 2;
    CALL(syscall(SYS_set_thread_area, &d));
    d = area(13, words);
    d.seg_not_present = 1;
    CALL(syscall(SYS_set_thread_area, &d));
    CALL(syscall(SYS_set_thread_area, LOW));
    CALL(syscall(SYS_get_thread_area, LOW));
    d.entry_number = 3;
    CALL(syscall(SYS_get_thread_area, &d));
}

/* FS is the program's, and what it selects may change below it. */
TEST(fs)
{
    struct user_desc d = area(13, words);
    unsigned selector = 13 * 8 + 3;
    CALL(syscall(SYS_set_thread_area, &d));
    HEX(load_fs(selector, 4));
    say("by int80 %d, by vsyscall %d", syscall(SYS_getppid) == getppid(), by_vsyscall(SYS_getppid) == getppid());
    uint32_t value;
    __asm__ volatile("mov %%fs:4, %0" : "=r"(value));
    say("after the calls %#x", value);
    d.base_addr += 4;
    CALL(syscall(SYS_set_thread_area, &d));
    __asm__ volatile("mov %%fs:4, %0" : "=r"(value));
    say("base moved: %#x", value);
    clear_fs();
    say("null again: %d", by_vsyscall(SYS_getppid) == getppid());
    __asm__ volatile("push %%fs\n pop %%fs" ::: "memory");
    for (int i = 0; i < 3; i++) {
        say("pushed and popped: %d", by_vsyscall(SYS_getppid) == getppid());
    }
}

TEST(es_ds)
{
    struct user_desc d = area(13, words);
    uint32_t value;
    CALL(syscall(SYS_set_thread_area, &d));
    __asm__ volatile("push %%es\n mov %w1, %%es\n mov $20, %%eax\n int $0x80\n mov %%es:8, %0\n pop %%es"
                     : "=&b"(value)
                     : "r"(13 * 8 + 3)
                     : "eax", "memory");
    HEX(value);
    unsigned ds, es, ss, cs, fs;
    __asm__ volatile("mov %%ds, %0\n mov %%es, %1\n mov %%ss, %2\n mov %%cs, %3\n mov %%fs, %4"
                     : "=r"(ds), "=r"(es), "=r"(ss), "=r"(cs), "=r"(fs));
    say("ds %#x es %#x ss %#x cs %#x fs %#x", ds & 0xffff, es & 0xffff, ss & 0xffff, cs & 0xffff, fs & 0xffff);
}

static void *other_thread(void *unused)
{
    struct user_desc d = {.entry_number = 13};
    (void)unused;
    CALL(syscall(SYS_get_thread_area, &d));
    say("inherited: %d", d.base_addr == (unsigned)(uintptr_t)words);
    HEX(load_fs(13 * 8 + 3, 0));
    d = area(13, words + 2);
    CALL(syscall(SYS_set_thread_area, &d));
    HEX(load_fs(13 * 8 + 3, 0));
    clear_fs();
    return NULL;
}

TEST(threads_have_their_own)
{
    struct user_desc d = area(13, words);
    pthread_t thread;
    CALL(syscall(SYS_set_thread_area, &d));
    pthread_create(&thread, NULL, other_thread, NULL);
    pthread_join(thread, NULL);
    HEX(load_fs(13 * 8 + 3, 0));
    clear_fs();
}

TEST(children_have_their_own)
{
    struct user_desc d = area(13, words);
    CALL(syscall(SYS_set_thread_area, &d));
    pid_t child = fork();
    if (child == 0) {
        HEX(load_fs(13 * 8 + 3, 8));
        d = area(13, words + 1);
        CALL(syscall(SYS_set_thread_area, &d));
        HEX(load_fs(13 * 8 + 3, 8));
        _exit(0);
    }
    ended("child", child);
    HEX(load_fs(13 * 8 + 3, 8));
    clear_fs();
}

/* A fault that is one: an entry that nobody has set. */
TEST(unset_entry)
{
    pid_t child = fork();
    if (child == 0) {
        __asm__ volatile("mov %w0, %%fs" ::"r"(14 * 8 + 3));
        _exit(0);
    }
    ended("loads an unset entry", child);
}

static int clone_child(void *unused)
{
    (void)unused;
    /* Without libc, whose own segment this was. */
    __asm__ volatile("xor %%ebx, %%ebx\n mov %%gs:0, %%eax\n cmp %0, %%eax\n setne %%bl\n add $7, %%ebx\n"
                     "mov $1, %%eax\n int $0x80" ::"r"(words[2])
                     : "eax", "ebx");
    return 0;
}

/* CLONE_SETTLS names the segment that GS selects already. */
TEST(clone_settls)
{
    static char stack[65536] __attribute__((aligned(16)));
    unsigned gs;
    __asm__ volatile("mov %%gs, %0" : "=r"(gs));
    struct user_desc d = area((int)((gs & 0xffff) >> 3), words + 2);
    pid_t child = clone(clone_child, stack + sizeof stack, CLONE_SETTLS | SIGCHLD, NULL, NULL, &d);
    ended("child", child);
    d = area(-1, words);
    CALL(clone(clone_child, stack + sizeof stack, CLONE_SETTLS | SIGCHLD, NULL, NULL, &d));
    d = area(5, words);
    CALL(clone(clone_child, stack + sizeof stack, CLONE_SETTLS | SIGCHLD, NULL, NULL, &d));
    CALL(clone(clone_child, stack + sizeof stack, CLONE_SETTLS | SIGCHLD, NULL, NULL, LOW));
}

TEST(ldt)
{
    struct user_desc d = area(3, words);
    uint64_t entries[8] = {0};
    CALL(syscall(SYS_modify_ldt, 1, &d, sizeof d));
    HEX(load_fs(3 * 8 + 7, 12));
    say("calls with it: %d %d", syscall(SYS_getppid) == getppid(), by_vsyscall(SYS_getppid) == getppid());
    uint32_t value;
    __asm__ volatile("mov %%fs:12, %0" : "=r"(value));
    HEX(value);
    clear_fs();
    say("read %s", syscall(SYS_modify_ldt, 0, entries, sizeof entries) > 0 ? "something" : "nothing");
    say("entry 3 %s, entry 2 %s", entries[3] != 0 ? "set" : "empty", entries[2] != 0 ? "set" : "empty");
    CALL(syscall(SYS_modify_ldt, 1, &d, sizeof d - 1));
    d.entry_number = 8192;
    CALL(syscall(SYS_modify_ldt, 1, &d, sizeof d));
    CALL(syscall(SYS_modify_ldt, 7, &d, sizeof d));
    CALL(syscall(SYS_modify_ldt, 1, LOW, sizeof d));
}
#endif
