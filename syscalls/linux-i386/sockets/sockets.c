/*
 * i386's sockets: the calls whose structures hold times of 32 bits, and the one call that once was all of them. Sources:
 * net/compat.c (compat_sys_socketcall()), socketcall(2).
 */
#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "syscalls/common/linux/sockets/compat_message.h"
#include "syscalls/common/linux/sockets/compat_sockopt.h"
#include "syscalls/common/linux/time/compat_time.h"
#include "syscalls/linux-i386/time/time32.h"

int64_t linux_i386_recvmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags)
{
    return compat_recvmsg(t, fd, msg, flags, true);
}

int64_t linux_i386_getsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                              guest_ptr optlen)
{
    return compat_getsockopt(t, fd, level, optname, optval, optlen, true);
}

int64_t linux_i386_setsockopt(struct thread *t, int32_t fd, int32_t level, int32_t optname, guest_ptr optval,
                              int32_t optlen)
{
    return compat_setsockopt(t, fd, level, optname, optval, optlen, true);
}

/* The limit's rest is written when something has been received: __sys_recvmmsg(). */
int64_t linux_i386_recvmmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags,
                            guest_ptr timeout)
{
    struct __kernel_timespec ts;

    if (guest_is_null(timeout)) {
        return compat_recvmmsg(t, fd, msg, vlen, flags, NULL, true);
    }
    if (linux_i386_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    int64_t r = compat_recvmmsg(t, fd, msg, vlen, flags, &ts, true);
    return r > 0 && linux_i386_timespec_put(timeout, &ts) < 0 ? -EFAULT : r;
}

int64_t linux_i386_recvmmsg_time64(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags,
                                   guest_ptr timeout)
{
    return compat_recvmmsg_time64(t, fd, msg, vlen, flags, timeout, true);
}

/* The calls of socketcall by their numbers there (linux/net.h): the row that does it, and how many arguments it has. */
#define CALLS_MAX 20
static const struct {
    uint16_t row;
    uint8_t arguments;
} calls[CALLS_MAX + 1] = {
    [1] = {359, 3},                   /* socket */
    [2] = {361, 3},                   /* bind */
    [3] = {362, 3},                   /* connect */
    [4] = {363, 2},                   /* listen */
    [5] = {364, 3},                   /* accept: accept4 without flags */
    [6] = {367, 3},                   /* getsockname */
    [7] = {368, 3},                   /* getpeername */
    [8] = {360, 4},                   /* socketpair */
    [9] = {369, 4},                   /* send: sendto without an address */
    [10] = {371, 4},                  /* recv: recvfrom likewise */
    [11] = {369, 6},                  /* sendto */
    [12] = {371, 6},                  /* recvfrom */
    [13] = {373, 2},                  /* shutdown */
    [14] = {366, 5},                  /* setsockopt */
    [15] = {365, 5},                  /* getsockopt */
    [16] = {370, 3}, [17] = {372, 3}, /* sendmsg, recvmsg */
    [18] = {364, 4},                  /* accept4 */
    [19] = {337, 5},                  /* recvmmsg */
    [20] = {345, 4},                  /* sendmmsg */
};

int64_t linux_i386_socketcall(struct thread *t, int32_t call, guest_ptr args)
{
    uint64_t wide[SYSCALL_MAX_ARGS] = {0};
    uint32_t words[6];

    if (call < 1 || call > CALLS_MAX) {
        return -EINVAL;
    }
    if (copyin(words, args, calls[call].arguments * sizeof words[0]) < 0) {
        return -EFAULT;
    }
    for (int i = 0; i < calls[call].arguments; i++) {
        wide[i] = words[i];
    }
    syscall_function function = linux_i386_syscall_table[calls[call].row].call;
    return function != NULL ? function(t, wide) : -ENOSYS;
}
