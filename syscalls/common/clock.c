/* Reading the host's clocks, and when the vDSO is worth a look; see clock.h. */
#include "syscalls/common/clock.h"

#include "syscalls/entry/gate.h"
#include "syscalls/entry/vdso.h"

/*
 * The look costs as much as this many system calls or so. It happens when their count is this or a power of two
 * beyond, since a vfork child may be killed in the middle of it.
 */
#define READS_BEFORE_LOOK 1024

/* Belong to the address space, as the vDSO does. */
static uint32_t reads;
static bool looked;

static void look_at_vdso(struct thread *t)
{
    (void)t;
    struct vdso_examination e = {.image = host_vdso_image()};
    if (gate_call(t, vdso_examine, &e) == 0) {
        host_vdso_use((host_clock_function *)e.gettime, e.begin, e.end);
    }
    __atomic_store_n(&looked, true, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) int64_t read_by_call(struct thread *t, int32_t clock, struct __kernel_timespec *now)
{
    if (host_vdso_knows(clock) && !__atomic_load_n(&looked, __ATOMIC_RELAXED)) {
        uint32_t n = __atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
        if (n >= READS_BEFORE_LOOK && (n & (n - 1)) == 0) {
            look_at_vdso(t);
        }
    }
    return host_call2(__NR_clock_gettime, clock, now);
}

int64_t clock_read(struct thread *t, int32_t clock, struct __kernel_timespec *now)
{
    host_clock_function *gettime = host_clock_by_vdso(clock);
    return gettime != NULL ? gettime(clock, now) : read_by_call(t, clock, now);
}
