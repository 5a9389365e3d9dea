/* Calls on many messages; see messages.h. Sources: net/socket.c (__sys_sendmmsg(), do_recvmmsg()), recvmmsg(2). */
#include "syscalls/common/linux/sockets/messages.h"

#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "process/descriptors.h"
#include "syscalls/common/linux/time/compat_time.h"

#define NS_PER_SECOND 1000000000

int64_t linux_refuse_hidden(void *argument, int fd)
{
    (void)argument;
    return is_hidden(fd) ? -EBADF : 0;
}

/* How long the message at `at` was, for the guest. */
static int64_t tell_length(const struct linux_message_kind *kind, guest_ptr at, int64_t bytes)
{
    uint32_t length = (uint32_t)bytes;

    return COPYOUT(guest_at(at, kind->header), &length);
}

int64_t linux_messages_send(struct thread *t, const struct linux_message_kind *kind, int32_t fd, guest_ptr messages,
                            uint32_t count, uint32_t flags)
{
    uint32_t done = 0;
    int64_t r = count == 0 ? host_call4(__NR_sendmmsg, fd, 0, 0, flags) : 0;

    for (count = count > LINUX_MESSAGES_MAX ? LINUX_MESSAGES_MAX : count; done < count; done++) {
        guest_ptr at = guest_at(messages, (uint64_t)done * kind->whole);

        r = kind->send(t, fd, at, flags);
        r = r < 0 ? r : tell_length(kind, at, r);
        if (r < 0) {
            break;
        }
    }
    return done > 0 ? done : r;
}

static struct __kernel_timespec now(void)
{
    struct __kernel_timespec time = {0, 0};

    host_clock_read(CLOCK_MONOTONIC, &time);
    return time;
}

/* What is left until `end`, at least nothing. Returns whether there is something. */
static bool left(const struct __kernel_timespec *end, struct __kernel_timespec *out)
{
    struct __kernel_timespec time = now();

    out->tv_sec = end->tv_sec - time.tv_sec;
    out->tv_nsec = end->tv_nsec - time.tv_nsec;
    if (out->tv_nsec < 0) {
        out->tv_sec--;
        out->tv_nsec += NS_PER_SECOND;
    }
    if (out->tv_sec < 0) {
        *out = (struct __kernel_timespec){0, 0};
    }
    return out->tv_sec != 0 || out->tv_nsec != 0;
}

/* The moment a limit from now on ends; far ones at the end of time (timespec64_add_safe()). */
static struct __kernel_timespec end_of(const struct __kernel_timespec *limit)
{
    struct __kernel_timespec end = now();

    end.tv_nsec += limit->tv_nsec;
    if (end.tv_nsec >= NS_PER_SECOND) {
        end.tv_nsec -= NS_PER_SECOND;
        end.tv_sec++;
    }
    if (__builtin_add_overflow(end.tv_sec, limit->tv_sec, &end.tv_sec)) {
        end.tv_sec = INT64_MAX;
    }
    return end;
}

/* An error that the socket has kept comes before all messages: sock_error(). */
static int64_t kept_error(int32_t fd, uint32_t flags)
{
    const int level = 1, so_error = 4;
    int32_t error = 0, size = sizeof error;

    if ((flags & MSG_ERRQUEUE) != 0) {
        return 0;
    }
    int64_t r = host_call5(__NR_getsockopt, fd, level, so_error, &error, &size);
    return r < 0 ? r : -(int64_t)error;
}

int64_t linux_messages_receive(struct thread *t, const struct linux_message_kind *kind, int32_t fd, guest_ptr messages,
                               uint32_t count, uint32_t flags, struct __kernel_timespec *limit)
{
    struct __kernel_timespec end = {0, 0};
    uint32_t done = 0, told = 0;

    if (limit != NULL) {
        if (!linux_timespec_valid(limit)) {
            return -EINVAL;
        }
        end = end_of(limit);
    }
    int64_t r = kept_error(fd, flags);
    while (r >= 0 && done < count) {
        guest_ptr at = guest_at(messages, (uint64_t)done * kind->whole);

        r = kind->receive(t, fd, at, flags & ~MSG_WAITFORONE, &told);
        r = r < 0 ? r : tell_length(kind, at, r);
        if (r < 0) {
            break;
        }
        done++;
        flags |= (flags & MSG_WAITFORONE) != 0 ? MSG_DONTWAIT : 0;
        if ((limit != NULL && !left(&end, limit)) || (told & MSG_OOB) != 0) {
            break;
        }
    }
    return done > 0 ? done : r;
}
