#include "queue.h"

int queue;
struct freebsd_kevent queue_out[QUEUE_ROOM];

void queue_fresh(void)
{
    if (queue > 0) {
        SYS(close, queue);
    }
    queue = (int)MUST(SYS(kqueue));
}

int64_t queue_change(uint64_t ident, int filter, int flags, uint32_t fflags, int64_t data)
{
    struct freebsd_kevent k = {ident, (int16_t)filter, (uint16_t)flags, fflags, data, (void *)(ident + 0x1000), {0}};

    return SYS(kevent, queue, &k, 1, 0, 0, 0);
}

int64_t queue_take(int milliseconds)
{
    struct freebsd_timespec ts = {milliseconds / 1000, (int64_t)(milliseconds % 1000) * 1000000};

    memset(queue_out, 0x55, sizeof(queue_out));
    return SYS(kevent, queue, 0, 0, queue_out, QUEUE_ROOM, &ts);
}

struct freebsd_kevent queue_one(uint64_t ident, int filter)
{
    int64_t n = queue_take(10000);

    CHECK_EQ(n, 1);
    CHECK_EQ(queue_out[0].ident, ident);
    CHECK_EQ(queue_out[0].filter, filter);
    CHECK_EQ((uint64_t)queue_out[0].udata, ident + 0x1000);
    return queue_out[0];
}

void queue_none(void)
{
    CHECK_EQ(queue_take(30), 0);
}
