#include "guest.h"

#include "aio.h"

int64_t aio_finish(struct freebsd_aiocb *cb)
{
    const struct freebsd_aiocb *list[1] = {cb};
    struct freebsd_timespec limit = {10, 0};

    CHECK_OK(SYS(aio_suspend, list, 1, &limit));
    return SYS(aio_return, cb);
}

struct freebsd_aiocb aio_request(int fd, int64_t offset, const void *buf, uint64_t n)
{
    return (struct freebsd_aiocb){.fildes = fd, .offset = offset, .buf = buf, .nbytes = n};
}
