#include "syscalls/linux-i386/signals/segments.h"

#include "base/shared.h"
#include "base/thread.h"

#define RPL_USER 3

struct linux_i386_segments linux_i386_segments_now(void)
{
    struct linux_i386_segments s;
    __asm__ volatile("mov %%gs, %0" : "=r"(s.gs));
    __asm__ volatile("mov %%fs, %0" : "=r"(s.fs));
    __asm__ volatile("mov %%es, %0" : "=r"(s.es));
    __asm__ volatile("mov %%ds, %0" : "=r"(s.ds));
    return s;
}

/* Selectors 0 to 3 are null. */
static uint16_t of_user(uint16_t selector)
{
    return selector <= RPL_USER ? selector : selector | RPL_USER;
}

static void load(int (*load_segment)(uint32_t), uint16_t now, uint16_t next)
{
    next = of_user(next);
    if (next != now && load_segment(next) != 0) {
        load_segment(0);
    }
}

void linux_i386_segments_load(struct thread *t, const struct linux_i386_segments *s)
{
    struct linux_i386_segments now = linux_i386_segments_now();
    load(guest_load_gs, now.gs, s->gs);
    load(guest_load_fs, now.fs, s->fs);
    load(guest_load_es, now.es, s->es);
    load(guest_load_ds, now.ds, s->ds);
    if (linux_i386_segments_now().fs <= RPL_USER) {
        __asm__ volatile("wrfsbase %0" ::"r"(t));
    }
}

void linux_i386_segments_flat(void)
{
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" ::"r"(HOST_USER_DS));
}
