/* What socketcall(2) means; see socketcall.h. Source: compat_sys_socketcall() in net/compat.c. */
#include "syscalls/common/linux/sockets/socketcall.h"

#include "base/host.h"
#include "linux_i386_syscalls.h"

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

int64_t linux_socketcall_get(int32_t call, guest_ptr args, struct syscall_request *out)
{
    uint32_t words[6];

    if (call < 1 || call > CALLS_MAX) {
        return -EINVAL;
    }
    if (copyin(words, args, calls[call].arguments * sizeof words[0]) < 0) {
        return -EFAULT;
    }
    *out = (struct syscall_request){.number = calls[call].row, .entry = &linux_i386_syscall_table[calls[call].row]};
    for (int i = 0; i < calls[call].arguments; i++) {
        out->args[i] = words[i];
    }
    return 0;
}
