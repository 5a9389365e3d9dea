/* sendfile with an offset of 32 bits. Sources: sendfile(2), do_sendfile() in fs/read_write.c. */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "signals/signals.h"

static int64_t send_host(struct thread *t, int out_fd, int in_fd, int64_t *offset, uint64_t count)
{
    return host_restartable(
        t, host_call_intr(t, __NR_sendfile, (uint64_t)out_fd, (uint64_t)in_fd, (uint64_t)offset, count, 0, 0));
}

int64_t linux_i386_sendfile(struct thread *t, int32_t out_fd, int32_t in_fd, guest_ptr offset, uint64_t count)
{
    int32_t guest;
    int64_t host, r;

    if (guest_is_null(offset)) {
        return send_host(t, out_fd, in_fd, NULL, count);
    }
    if (COPYIN(&guest, offset) < 0) {
        return -EFAULT;
    }
    host = guest;
    if (host >= 0 && host + (int64_t)count > INT32_MAX) {
        count = (uint64_t)(INT32_MAX - host); /* no further than the offset goes */
    }
    if (host == INT32_MAX) {
        return -EOVERFLOW;
    }
    r = send_host(t, out_fd, in_fd, &host, count);
    guest = (int32_t)host;
    return COPYOUT(offset, &guest) < 0 ? -EFAULT : r;
}
