/* The one call that once was all calls on sockets, of i386 alone: socketcall(2). */
#ifndef SYSCALLS_COMMON_LINUX_SOCKETCALL_H
#define SYSCALLS_COMMON_LINUX_SOCKETCALL_H

#include "base/guest.h"
#include "base/syscall_table.h"

/* The call that number `call` means, with its arguments from memory. Returns 0, -EINVAL (there is no such) or -EFAULT. */
int64_t linux_socketcall_get(int32_t call, guest_ptr args, struct syscall_request *out);

#endif
