/* SO_NOSIGPIPE; see nosigpipe.h. */
#include "syscalls/freebsd/sockets/nosigpipe.h"

#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sockets/socket.h"

void nosigpipe_used(struct thread *t)
{
    __atomic_store_n(&freebsd_inherited(t)->quiet_pipes, 1, __ATOMIC_RELAXED);
}

void nosigpipe_received(struct thread *t, int fd)
{
    if (socket_int_option(fd, HOST_SO_SELECT_ERR_QUEUE) == 1) {
        nosigpipe_used(t);
    }
}

bool nosigpipe_is_set(struct thread *t, int fd)
{
    if (__atomic_load_n(&freebsd_inherited(t)->quiet_pipes, __ATOMIC_RELAXED) == 0) {
        return false;
    }
    return socket_int_option(fd, HOST_SO_SELECT_ERR_QUEUE) == 1;
}
