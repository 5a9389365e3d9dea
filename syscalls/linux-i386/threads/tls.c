/* See tls.h. Semantics: arch/x86/kernel/tls.c, do_set_thread_area() and its kin. */
#include "syscalls/linux-i386/threads/tls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "syscalls/linux-i386/threads/ldt.h"

#define NR_SET_THREAD_AREA 243 /* of 32-bit calls */
#define NR_GET_THREAD_AREA 244
#define ENTRY_FIRST        12 /* GDT_ENTRY_TLS_MIN of a 64-bit kernel */
#define ENTRY_ANY          UINT32_MAX

/* struct user_desc's flags (asm/ldt.h). */
#define FLAG_32BIT       0x01u
#define FLAG_CONTENTS    0x06u /* 2 and 4: code */
#define FLAG_CODE        0x04u
#define FLAG_READ_ONLY   0x08u
#define FLAG_NOT_PRESENT 0x20u
#define FLAGS_EMPTY      (FLAG_READ_ONLY | FLAG_NOT_PRESENT)
#define FLAGS_KNOWN      0x7fu

/* The host's calls of 32-bit programs want addresses below 4 GB, as the image's are. One thread at a time. */
static struct linux_user_desc low;
static struct lock low_lock;

/* Whether the host has such calls: 0: not tried yet. It is the host's, so the same for every process. */
static enum { UNKNOWN, THERE, ABSENT } emulation;

/* A 32-bit call with `low`, which is left as the host leaves it. -ENOSYS: the host has none. */
static int64_t host_call32(uint32_t number, struct linux_user_desc *desc)
{
    lock_acquire(&low_lock);
    low = *desc;
    int64_t r = host_int80(number, (uint32_t)(uint64_t)&low, 0);
    *desc = low;
    lock_release(&low_lock);
    return r == -EFAULT ? -ENOSYS : r;
}

static bool by_gdt(const struct thread *t)
{
    if (t->proc->settings.ia32_absent) {
        return false;
    }
    if (emulation == UNKNOWN) {
        struct linux_user_desc first = {.entry_number = ENTRY_FIRST};
        emulation = host_call32(NR_GET_THREAD_AREA, &first) == 0 ? THERE : ABSENT;
    }
    return emulation == THERE;
}

static bool is_empty(const struct linux_user_desc *d)
{
    uint32_t flags = d->flags & FLAGS_KNOWN;
    return d->base_addr == 0 && d->limit == 0 && (flags == FLAGS_EMPTY || flags == 0);
}

/* tls_desc_okay(): data segments of 32 bits, which are present. */
static bool is_okay(const struct linux_user_desc *d)
{
    return is_empty(d) ||
           ((d->flags & FLAG_32BIT) != 0 && (d->flags & FLAG_CODE) == 0 && (d->flags & FLAG_NOT_PRESENT) == 0);
}

/* The slot that an entry's number means: of the GDT, or of the LDT where that stands for it. -1: none. */
static int slot_of(const struct thread *t, uint32_t entry)
{
    if (entry - ENTRY_FIRST < THREAD_SEGMENTS) {
        return (int)(entry - ENTRY_FIRST);
    }
    for (int i = 0; i < THREAD_SEGMENTS && !by_gdt(t); i++) {
        if (t->segments[i].ldt_set && t->segments[i].ldt == entry) {
            return i; /* a program that asks its GS which entry it has sees the LDT's */
        }
    }
    return -1;
}

/* get_free_idx() */
static int64_t free_entry(const struct thread *t)
{
    for (uint32_t i = 0; i < THREAD_SEGMENTS; i++) {
        if (!t->segments[i].set) {
            return ENTRY_FIRST + i;
        }
    }
    return -ESRCH;
}

/* Segment registers that hold the old selector of a slot follow, as the host lets them (do_set_thread_area()). */
static void reload(uint32_t old, uint32_t next)
{
    uint16_t gs, fs;
    __asm__ volatile("mov %%gs, %0" : "=r"(gs));
    __asm__ volatile("mov %%fs, %0" : "=r"(fs));
    if (gs == old) {
        guest_load_gs(next);
    }
    if (fs == old) {
        guest_load_fs(next);
    }
}

/* Writes a slot's segment to an entry of the LDT that is the thread's own. */
static int64_t write_ldt(struct thread *t, int slot)
{
    struct thread_segment *s = &t->segments[slot];
    uint32_t old = s->ldt_set ? ldt_selector(s->ldt) : UINT32_MAX;
    if (!s->ldt_own) {
        int64_t entry = ldt_take();
        if (is_error(entry)) {
            return entry;
        }
        s->ldt = (uint16_t)entry;
        s->ldt_own = s->ldt_set = true;
    }
    struct linux_user_desc d = {s->ldt, s->base, s->limit, s->flags};
    int64_t r = ldt_write(&d);
    if (r == 0) {
        reload(old, ldt_selector(s->ldt));
    }
    return r;
}

static void note(struct thread *t, int slot, const struct linux_user_desc *d)
{
    struct thread_segment *s = &t->segments[slot];
    s->base = d->base_addr;
    s->limit = d->limit;
    s->flags = d->flags & FLAGS_KNOWN;
    s->set = !is_empty(d);
}

/* Without the host's own: entry -1 has been replaced by one that is free. */
static int64_t set_by_ldt(struct thread *t, int slot, const struct linux_user_desc *d)
{
    note(t, slot, d);
    return write_ldt(t, slot);
}

int64_t linux_i386_set_thread_area(struct thread *t, guest_ptr info)
{
    struct linux_user_desc d;
    if (COPYIN(&d, info) != 0) {
        return -EFAULT;
    }
    if (by_gdt(t)) {
        bool any = d.entry_number == ENTRY_ANY;
        int64_t r = host_call32(NR_SET_THREAD_AREA, &d);
        return r == 0 && any && COPYOUT(info, &d.entry_number) != 0 ? -EFAULT : r;
    }
    if (!is_okay(&d)) {
        return -EINVAL;
    }
    if (d.entry_number == ENTRY_ANY) {
        int64_t entry = free_entry(t);
        if (is_error(entry)) {
            return entry;
        }
        d.entry_number = (uint32_t)entry;
        if (COPYOUT(info, &d.entry_number) != 0) {
            return -EFAULT;
        }
    }
    int slot = slot_of(t, d.entry_number);
    return slot < 0 ? -EINVAL : set_by_ldt(t, slot, &d);
}

int64_t linux_i386_get_thread_area(struct thread *t, guest_ptr info)
{
    struct linux_user_desc d;
    if (COPYIN(&d.entry_number, info) != 0) {
        return -EFAULT;
    }
    if (by_gdt(t)) {
        int64_t r = host_call32(NR_GET_THREAD_AREA, &d);
        return r == 0 && COPYOUT(info, &d) != 0 ? -EFAULT : r;
    }
    int slot = slot_of(t, d.entry_number);
    if (slot < 0) {
        return -EINVAL;
    }
    const struct thread_segment *s = &t->segments[slot];
    d.base_addr = s->base;
    d.limit = s->limit;
    d.flags = s->set ? s->flags : FLAGS_EMPTY;
    return COPYOUT(info, &d);
}

/* struct thread's start_tls: base, limit (20 bits of it), flags, and one more than the slot. */
enum { WANTED_LIMIT = 32, WANTED_FLAGS = 52, WANTED_SLOT = 59 };
#define LIMIT_MAX 0xfffffu

int64_t linux_i386_tls_wanted(struct thread *t, guest_ptr desc)
{
    struct linux_user_desc d;
    if (COPYIN(&d, desc) != 0) {
        return -EFAULT;
    }
    int slot = slot_of(t, d.entry_number);
    if (!is_okay(&d) || slot < 0) {
        return -EINVAL;
    }
    return (int64_t)(d.base_addr | (uint64_t)(d.limit & LIMIT_MAX) << WANTED_LIMIT |
                     (uint64_t)(d.flags & FLAGS_KNOWN) << WANTED_FLAGS | ((uint64_t)slot + 1) << WANTED_SLOT);
}

/* Sets the slot that start_tls names. */
static void set_wanted(struct thread *t)
{
    uint64_t w = t->start_tls;
    uint32_t slot = (uint32_t)(w >> WANTED_SLOT) - 1;
    struct linux_user_desc d = {ENTRY_FIRST + slot, (uint32_t)w, (uint32_t)(w >> WANTED_LIMIT) & LIMIT_MAX,
                                (uint32_t)(w >> WANTED_FLAGS) & FLAGS_KNOWN};
    t->start_tls = 0;
    if (by_gdt(t)) {
        host_call32(NR_SET_THREAD_AREA, &d);
    } else {
        set_by_ldt(t, (int)slot, &d);
    }
}

void linux_i386_tls_started(struct thread *t)
{
    if (t->start_tls != 0) {
        set_wanted(t);
    }
    /* Entries of the LDT are the process's, so those of the creator's are copied. A vfork's child does with the same. */
    for (int i = 0; i < THREAD_SEGMENTS && !t->forked; i++) {
        if (t->segments[i].set && !t->segments[i].ldt_own && !by_gdt(t)) {
            write_ldt(t, i);
        }
    }
}

void linux_i386_tls_ended(struct thread *t)
{
    for (int i = 0; i < THREAD_SEGMENTS; i++) {
        if (t->segments[i].ldt_own) {
            ldt_give(t->segments[i].ldt);
            t->segments[i].ldt_own = false;
        }
    }
}
