/*
 * Asynchronous input and output of guests with words of 4 bytes. Sources: io_setup(2), io_submit(2), fs/aio.c.
 *
 * A context's name is the address of its ring, which the host maps somewhere above 4 GB. It is moved to where the guest
 * can name it, and the context is called by the new address from then on: aio_ring_mremap(). Requests and events have
 * 64-bit members throughout, but for arrays of buffers that requests point to.
 */
#include "linux_i386_syscalls.h"
#include "linux_x32_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "process/space.h"
#include "signals/signals.h"
#include "syscalls/common/linux/events/submit.h"

#include <linux/aio_abi.h>
#include <linux/mman.h>

#define PAGE 4096

/* The head of a ring: struct aio_ring of fs/aio.c. Its events fill the pages that it has. */
struct ring {
    uint32_t id, nr, head, tail, magic, compat_features, incompat_features, header_length;
};

_Static_assert(sizeof(struct ring) == 32 && sizeof(struct io_event) == 32, "struct aio_ring");

/* Bytes of the ring's mapping; 0: it cannot be read. */
static uint64_t ring_size(uint64_t ctx)
{
    struct ring ring;

    if (COPYIN(&ring, guest_addr(ctx)) < 0) {
        return 0;
    }
    return (sizeof(ring) + (uint64_t)ring.nr * sizeof(struct io_event) + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* Moves a new context's ring below 4 GB. Returns its new name or -errno. */
static int64_t move_ring(struct thread *t, uint64_t ctx)
{
    struct space_request rq = {.length = ring_size(ctx), .flags = SPACE_PRIVATE | SPACE_ANONYMOUS, .fd = -1};
    int64_t place = rq.length ? space_map(t, &rq) : -ENOMEM;
    int64_t r;

    if (place < 0) {
        return place;
    }
    r = host_call5(__NR_mremap, ctx, rq.length, rq.length, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    if (r < 0) {
        space_unmap(t, (uint64_t)place, rq.length);
    }
    return r;
}

int64_t linux_compat_io_setup(struct thread *t, uint32_t nr_reqs, guest_ptr ctx)
{
    uint64_t host = 0;
    uint32_t name;
    int64_t r;

    if (COPYIN(&name, ctx) < 0) {
        return -EFAULT;
    }
    if (name != 0) {
        return -EINVAL;
    }
    r = host_call2(__NR_io_setup, nr_reqs, &host);
    if (r < 0) {
        return r;
    }
    r = move_ring(t, host);
    if (r < 0) {
        host_call1(__NR_io_destroy, host);
        return r;
    }
    name = (uint32_t)r;
    if (COPYOUT(ctx, &name) < 0) {
        linux_compat_io_destroy(t, name);
        return -EFAULT;
    }
    return 0;
}

/* The host unmaps the ring; then its place may be used for something else. */
int64_t linux_compat_io_destroy(struct thread *t, uint64_t ctx)
{
    uint64_t size = ring_size(ctx);
    int64_t r = host_call_intr(t, __NR_io_destroy, ctx, 0, 0, 0, 0, 0);

    if (r == 0 && size) {
        space_unmap(t, ctx, size);
    }
    return host_restartable(t, r);
}

int64_t linux_compat_io_submit(struct thread *t, uint64_t ctx, int64_t nr, guest_ptr iocbpp)
{
    (void)t;
    return linux_io_submit(ctx, nr, iocbpp, sizeof(uint32_t));
}
