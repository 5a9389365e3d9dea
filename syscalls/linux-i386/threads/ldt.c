#include "syscalls/linux-i386/threads/ldt.h"

#include "base/host.h"
#include "base/lock.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"

#define ENTRIES 8192 /* LDT_ENTRIES, asm/ldt.h */
#define WRITE   0x11

/* Of the address space, as the table is; bit n of word i: entry 64 i + n is taken. */
static uint64_t taken[ENTRIES / 64];
static struct lock taken_lock;

int64_t ldt_take(void)
{
    int64_t entry = -ENOMEM;
    lock_acquire(&taken_lock);
    for (uint32_t i = ENTRIES / 64; i-- > 0 && entry < 0;) {
        if (~taken[i] != 0) {
            uint32_t bit = 63 - (uint32_t)__builtin_clzll(~taken[i]);
            taken[i] |= 1ULL << bit;
            entry = (int64_t)i * 64 + bit;
        }
    }
    lock_release(&taken_lock);
    return entry;
}

void ldt_give(uint32_t entry)
{
    lock_acquire(&taken_lock);
    taken[entry / 64] &= ~(1ULL << (entry % 64));
    lock_release(&taken_lock);
}

/* The host returns an int, and its negative ones not extended to 64 bits (arch/x86/kernel/ldt.c). */
static int64_t modify_ldt(uint64_t function, uint64_t data, uint64_t size)
{
    return (int32_t)host_call3(__NR_modify_ldt, function, data, size);
}

int64_t ldt_write(const struct linux_user_desc *d)
{
    return modify_ldt(WRITE, (uint64_t)d, sizeof *d);
}

int64_t linux_i386_modify_ldt(struct thread *t, int32_t function, guest_ptr data, uint64_t size)
{
    (void)t;
    struct guest_span span = guest_span(data.va, size);
    return modify_ldt((uint64_t)function, span.va, span.len);
}
