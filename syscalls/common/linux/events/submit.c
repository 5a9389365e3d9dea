/* Submitting requests; see submit.h. Sources: io_submit(2), fs/aio.c. */
#include "syscalls/common/linux/events/submit.h"

#include "base/host.h"
#include "syscalls/common/linux/files/vectors.h"

#include <linux/aio_abi.h>

#define CHUNK 64

_Static_assert(sizeof(struct iocb) == 64, "struct iocb");

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

/* Whether a request cannot go to the host as it stands in the guest's memory. */
static bool must_change(const struct iocb *cb, uint32_t word)
{
    if (has_vector(cb)) {
        return word == sizeof(uint32_t) || !guest_vector_ok(guest_addr(cb->aio_buf), cb->aio_nbytes);
    }
    return is_refused(cb);
}

/* The array of buffers of a request, in the host's layout and without what is not the guest's. */
static struct linux_vector vector_of(const struct iocb *cb, uint32_t word, struct linux_iovec *room)
{
    guest_ptr at = guest_addr(cb->aio_buf);

    if (!has_vector(cb)) {
        return (struct linux_vector){GUEST_NOWHERE, cb->aio_nbytes};
    }
    return word == sizeof(uint32_t) ? compat_vector_get(at, cb->aio_nbytes, room)
                                    : linux_vector_get(at, cb->aio_nbytes, room);
}

/*
 * Submits a request whose array of buffers has words of 4 bytes, or whose buffers the host is not to have. The host reads
 * both while it takes the request on, but keeps the request's address: so the request itself points elsewhere for that
 * moment.
 */
static int64_t submit_changed(uint64_t ctx, uint64_t request, const struct iocb *cb, uint32_t word)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = vector_of(cb, word, room);
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
static int64_t submit_some(uint64_t ctx, const uint64_t *requests, uint64_t count, uint32_t word)
{
    struct iocb cb;
    uint64_t n = 0;

    for (; n < count; n++) {
        if (COPYIN(&cb, guest_addr(requests[n])) < 0 || must_change(&cb, word)) {
            break;
        }
    }
    if (n == 0 && COPYIN(&cb, guest_addr(requests[0])) == 0) {
        return submit_changed(ctx, requests[0], &cb, word);
    }
    return host_call3(__NR_io_submit, ctx, n == 0 ? 1 : n, requests); /* what cannot be read is the host's to refuse */
}

/* The addresses of requests, of which `count` are wanted. */
static int64_t get_requests(guest_ptr from, uint64_t *requests, uint64_t count, uint32_t word)
{
    uint32_t narrow[CHUNK];

    if (word == sizeof(uint64_t)) {
        return copyin(requests, from, count * sizeof(requests[0]));
    }
    if (copyin(narrow, from, count * sizeof(narrow[0])) < 0) {
        return -EFAULT;
    }
    for (uint64_t i = 0; i < count; i++) {
        requests[i] = narrow[i];
    }
    return 0;
}

int64_t linux_io_submit(uint64_t ctx, int64_t nr, guest_ptr iocbpp, uint32_t word)
{
    uint64_t requests[CHUNK];
    int64_t done = 0, r;

    if (nr <= 0) {
        return host_call3(__NR_io_submit, ctx, nr, requests);
    }
    while (done < nr) {
        uint64_t count = nr - done < CHUNK ? (uint64_t)(nr - done) : CHUNK, at = 0;

        r = get_requests(guest_at(iocbpp, (uint64_t)done * word), requests, count, word);
        while (r >= 0 && at < count) {
            r = submit_some(ctx, requests + at, count - at, word);
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
