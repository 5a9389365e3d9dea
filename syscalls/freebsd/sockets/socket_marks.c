/* Marks kept with sockets; see socket_marks.h. */
#include "syscalls/freebsd/sockets/socket_marks.h"

#include "base/host.h"
#include "syscalls/freebsd/sockets/socket.h"

#include <asm/socket.h>

static int64_t set(int s, int name, int32_t value)
{
    return host_call5(__NR_setsockopt, s, SOL_SOCKET, name, &value, sizeof(value));
}

int64_t socket_marks(int s)
{
    return socket_int_option(s, SO_TIMESTAMPING_OLD);
}

int64_t socket_mark(int s, uint32_t mask, uint32_t value)
{
    int64_t old = socket_marks(s);

    return old < 0 ? old : set(s, SO_TIMESTAMPING_OLD, (int32_t)(((uint32_t)old & ~mask) | value));
}

int64_t socket_creds(int s)
{
    return socket_int_option(s, SO_PRIORITY);
}

int64_t socket_creds_set(int s, uint32_t creds)
{
    return set(s, SO_PRIORITY, (int32_t)creds);
}
