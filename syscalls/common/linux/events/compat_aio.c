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
#include "syscalls/common/linux/files/vectors.h"

#include <linux/aio_abi.h>
#include <linux/mman.h>

#define PAGE  4096
#define CHUNK 64

/* The head of a ring: struct aio_ring of fs/aio.c. Its events fill the pages that it has. */
struct ring {
    uint32_t id, nr, head, tail, magic, compat_features, incompat_features, header_length;
};

_Static_assert(sizeof(struct ring) == 32 && sizeof(struct io_event) == 32, "struct aio_ring");
_Static_assert(sizeof(struct iocb) == 64, "struct iocb");

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

static bool has_vector(const struct iocb *cb)
{
    return cb->aio_lio_opcode == IOCB_CMD_PREADV || cb->aio_lio_opcode == IOCB_CMD_PWRITEV;
}

/* Whether a request's memory is, or reaches into, what is not the guest's. */
static bool is_refused(const struct iocb *cb)
{
    return (cb->aio_lio_opcode == IOCB_CMD_PREAD || cb->aio_lio_opcode == IOCB_CMD_PWRITE) &&
           !guest_range_ok(guest_addr(cb->aio_buf), cb->aio_nbytes);
}

/*
 * Submits a request whose array of buffers has words of 4 bytes, or whose buffer the host is not to have. The host reads
 * both while it takes the request on, but keeps the request's address: so the request itself points elsewhere for that
 * moment.
 */
static int64_t submit_changed(uint64_t ctx, uint64_t request, const struct iocb *cb)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = has_vector(cb) ? compat_vector_get(guest_addr(cb->aio_buf), cb->aio_nbytes, room)
                                           : (struct linux_vector){GUEST_NOWHERE, cb->aio_nbytes};
    guest_ptr members = guest_at(guest_addr(request), __builtin_offsetof(struct iocb, aio_buf));
    uint64_t changed[2] = {v.va, v.count}, own[2] = {cb->aio_buf, cb->aio_nbytes};
    int64_t r;

    if (COPYOUT(members, &changed) < 0) {
        return -EFAULT;
    }
    r = host_call3(__NR_io_submit, ctx, 1, &request);
    return COPYOUT(members, &own) < 0 ? -EFAULT : r;
}

/*
 * Submits the first of `count` requests, and those behind it that the host can take as they are. Returns how many it has
 * taken, or -errno.
 */
static int64_t submit_some(uint64_t ctx, const uint64_t *requests, uint64_t count)
{
    struct iocb cb;
    uint64_t n = 0;

    for (; n < count; n++) {
        if (COPYIN(&cb, guest_addr(requests[n])) < 0 || has_vector(&cb) || is_refused(&cb)) {
            break;
        }
    }
    if (n == 0 && COPYIN(&cb, guest_addr(requests[0])) == 0) {
        return submit_changed(ctx, requests[0], &cb);
    }
    return host_call3(__NR_io_submit, ctx, n == 0 ? 1 : n, requests); /* what cannot be read is the host's to refuse */
}

/* The addresses of requests, of which `count` are wanted. */
static int64_t get_requests(guest_ptr from, uint64_t *requests, uint64_t count)
{
    uint32_t narrow[CHUNK];

    if (copyin(narrow, from, count * sizeof(narrow[0])) < 0) {
        return -EFAULT;
    }
    for (uint64_t i = 0; i < count; i++) {
        requests[i] = narrow[i];
    }
    return 0;
}

int64_t linux_compat_io_submit(struct thread *t, uint64_t ctx, int64_t nr, guest_ptr iocbpp)
{
    uint64_t requests[CHUNK];
    int64_t done = 0, r;

    (void)t;
    if (nr <= 0) {
        return host_call3(__NR_io_submit, ctx, nr, requests);
    }
    while (done < nr) {
        uint64_t count = nr - done < CHUNK ? (uint64_t)(nr - done) : CHUNK, at = 0;

        r = get_requests(guest_at(iocbpp, (uint64_t)done * sizeof(uint32_t)), requests, count);
        while (r >= 0 && at < count) {
            r = submit_some(ctx, requests + at, count - at);
            at += r > 0 ? (uint64_t)r : 0;
            if (r == 0) {
                return done + (int64_t)at;
            }
        }
        done += (int64_t)at;
        if (r == -EFAULT && done == 0) {
            return host_call3(__NR_io_submit, ctx, nr, GUEST_NOWHERE); /* if the context is one */
        }
        if (r < 0) {
            return done > 0 ? done : r;
        }
    }
    return done;
}
