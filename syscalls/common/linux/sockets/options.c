/* Options of sockets, for 64-bit guests: the host's, in memory that is the guest's. Sources: net/socket.c, getsockopt(2). */
#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/peer_ids.h"

/* No value is longer; a greater length is no error where the value is shorter. */
#define OPTION_MOST (1 << 20)

static uint64_t value_of(guest_ptr value, int32_t length)
{
    return linux_host_memory(value, length < 0 ? 0 : length > OPTION_MOST ? OPTION_MOST : (uint64_t)length);
}

int64_t linux_any_setsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                             int32_t optlen)
{
    (void)t;
    return host_call5(__NR_setsockopt, fd, level, optname, value_of(optval, optlen), optlen);
}

int64_t linux_any_getsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                             guest_ptr optlen)
{
    int64_t r;
    int32_t room;

    if (COPYIN(&room, optlen) < 0) { /* the host finds what else is wrong first */
        return host_call5(__NR_getsockopt, fd, level, optname, optval.va, GUEST_NOWHERE);
    }
    r = host_call5(__NR_getsockopt, fd, level, optname, value_of(optval, room), optlen.va);
    return peer_ids_show_option(t, level, optname, optval, room, r);
}
