/*
 * poll, ppoll, select, pselect. None is restarted after a signal (sys/kern/sys_generic.c turns ERESTART into
 * EINTR), and none writes the time left back.
 */
#include "syscalls/freebsd/events/poll.h"

#include "freebsd_syscalls.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/process_data.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define ENTRIES_ON_STACK 128
#define ENTRIES_MAX      1048576 /* the host's fs.nr_open */
#define HOST_SIGSET_SIZE 8
#define HOST_LOOKS       64      /* a host's table has room for these at least; the engine's descriptors are above */
#define IGNORES_END      0x0800u /* among an entry's events, where the host has no such */
#define NAP_NS           10000000
#define HIDDEN           (INT32_MIN + 1) /* for the host no descriptor */

/* Of these the numbers are the same. */
#define POLL_SAME (POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLNVAL | POLLRDNORM | POLLRDBAND)
_Static_assert(POLL_SAME == (FREEBSD_POLLIN | FREEBSD_POLLPRI | FREEBSD_POLLOUT | FREEBSD_POLLERR | FREEBSD_POLLHUP |
                             FREEBSD_POLLNVAL | FREEBSD_POLLRDNORM | FREEBSD_POLLRDBAND) &&
                   POLLIN == FREEBSD_POLLIN && POLLPRI == FREEBSD_POLLPRI && POLLOUT == FREEBSD_POLLOUT &&
                   POLLERR == FREEBSD_POLLERR && POLLHUP == FREEBSD_POLLHUP && POLLNVAL == FREEBSD_POLLNVAL &&
                   POLLRDNORM == FREEBSD_POLLRDNORM,
               "poll(2)");

uint16_t freebsd_poll_to_host(uint16_t guest)
{
    uint32_t host = guest & POLL_SAME;

    host |= guest & FREEBSD_POLLWRBAND ? POLLWRBAND : 0;
    host |= guest & FREEBSD_POLLRDHUP ? POLLRDHUP : 0;
    return (uint16_t)host;
}

uint16_t freebsd_poll_from_host(uint16_t host)
{
    uint32_t guest = host & POLL_SAME;

    guest |= host & POLLWRBAND ? FREEBSD_POLLWRBAND : 0;
    guest |= host & POLLRDHUP ? FREEBSD_POLLRDHUP : 0;
    return (uint16_t)guest;
}

/* A wait in whole milliseconds, as poll(2) has it, or -1 for no end; -2: it is none. */
static int64_t whole_milliseconds(const struct freebsd_timespec *ts)
{
    if (!ts) {
        return -1;
    }
    return ts->tv_nsec % 1000000 == 0 && ts->tv_sec < 1000000 ? ts->tv_sec * 1000 + ts->tv_nsec / 1000000 : -2;
}

static bool ignores_an_end(const struct poll_entry *entries, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if ((entries[i].events & IGNORES_END) != 0) {
            return true;
        }
    }
    return false;
}

/*
 * One host call over entries in host terms. Without a mask the plain call does, which has less to copy; but ppoll
 * leaves in *ts what is left, for a wait that an end breaks off and that has to go on.
 */
static int64_t host_poll(struct thread *t, struct poll_entry *entries, uint32_t n, struct freebsd_timespec *ts,
                         const uint64_t *mask)
{
    int64_t milliseconds = whole_milliseconds(ts);

    if (mask == NULL && milliseconds >= -1 && !ignores_an_end(entries, n)) {
        return host_call_intr(t, __NR_poll, (uint64_t)entries, n, (uint64_t)milliseconds, 0, 0, 0);
    }
    return host_call_intr(t, __NR_ppoll, (uint64_t)entries, n, (uint64_t)ts, (uint64_t)mask, HOST_SIGSET_SIZE, 0);
}

/*
 * The host calls a stream socket hung up before it was ever connected. One that was has been shut for reading as well.
 * One that is connected in between is not hung up any more: the next look tells.
 */
static bool never_connected(const struct poll_entry *e)
{
    struct poll_entry again = {.fd = e->fd, .events = POLLRDHUP};

    return (e->revents & (POLLHUP | POLLERR)) == POLLHUP && host_call3(__NR_poll, &again, 1, 0) >= 0 &&
           (again.revents & POLLRDHUP) == 0;
}

/* POLLINIGNEOF: an end is nothing, only what is left to read. */
static uint16_t without_end(const struct poll_entry *e, uint16_t events)
{
    int32_t bytes = 0;

    host_call3(__NR_ioctl, e->fd, FIONREAD, &bytes);
    return events & (uint16_t) ~(FREEBSD_POLLHUP | (bytes == 0 ? FREEBSD_POLLIN | FREEBSD_POLLRDNORM : 0));
}

/*
 * What the guest's kernel says where the host says that an end has come or an error is there: a pipe's end is readable
 * as well, and a writer without readers is hung up (pipe_poll()); a socket with an error is readable and writable
 * (soreadable(), sowriteable()). e is in host terms.
 */
static uint16_t settled(const struct poll_entry *e)
{
    const bool ignores_end = (e->events & IGNORES_END) != 0;
    uint16_t events = freebsd_poll_from_host(e->revents), asked = freebsd_poll_from_host(e->events);
    const uint16_t in = asked & (FREEBSD_POLLIN | FREEBSD_POLLRDNORM), out = asked & FREEBSD_POLLOUT;
    struct stat st;

    if ((events & (FREEBSD_POLLERR | FREEBSD_POLLHUP)) == 0 || host_call2(__NR_fstat, e->fd, &st) < 0) {
        return events;
    }
    if (S_ISSOCK(st.st_mode) && never_connected(e)) {
        return 0;
    }
    if (ignores_end && (events & FREEBSD_POLLERR) == 0) {
        return without_end(e, events);
    }
    if ((events & FREEBSD_POLLERR) != 0 && S_ISFIFO(st.st_mode)) {
        return (uint16_t)((events & ~FREEBSD_POLLERR) | FREEBSD_POLLHUP | out);
    }
    if ((events & FREEBSD_POLLERR) != 0 && S_ISSOCK(st.st_mode) && (in | out) != 0) {
        return (uint16_t)((events & ~FREEBSD_POLLERR) | in | out);
    }
    return (events & FREEBSD_POLLHUP) != 0 && !S_ISSOCK(st.st_mode) ? (uint16_t)(events | in) : events;
}

/* A process descriptor has hung up when the process has ended, and that is all it ever has (procdesc_poll()). */
static bool is_process(struct thread *t, int32_t fd)
{
    return freebsd_process(t)->has_described != 0 && descriptor_kind_of(t->proc->descriptors, fd) == DESCRIPTOR_PROCESS;
}

/* What the guest is told of an entry that the host has answered. */
static uint16_t told(struct thread *t, const struct poll_entry *e)
{
    if (e->fd == HIDDEN) {
        return FREEBSD_POLLNVAL;
    }
    return e->revents != 0 && is_process(t, e->fd) ? FREEBSD_POLLHUP : settled(e);
}

/* Puts the entries in host terms. Returns how many name descriptors of the engine, which the host must not see. */
static uint32_t prepare(struct thread *t, struct poll_entry *entries, uint32_t n)
{
    uint32_t hidden = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint16_t mark = entries[i].events & FREEBSD_POLLINIGNEOF ? IGNORES_END : 0;

        entries[i].events = is_process(t, entries[i].fd) ? POLLIN : freebsd_poll_to_host(entries[i].events) | mark;
        entries[i].revents = 0;
        if (entries[i].fd >= 0 && engine_descriptor(entries[i].fd)) {
            entries[i].fd = HIDDEN;
            hidden++;
        } else if (entries[i].fd < 0) {
            entries[i].fd = -1;
        }
    }
    return hidden;
}

/* Replaces the host's answers by what the guest is told. Returns how many there are. */
static int64_t settle(struct thread *t, struct poll_entry *entries, uint32_t n)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        entries[i].revents = told(t, &entries[i]);
        count += entries[i].revents != 0;
    }
    return count;
}

/* Sleeps a moment of *ts (NULL: no end), and shortens it. Returns 1, 0 (no time is left) or -EINTR. */
static int64_t nap(struct thread *t, struct freebsd_timespec *ts, const uint64_t *mask)
{
    struct freebsd_timespec moment = {0, NAP_NS};

    if (ts != NULL && ts->tv_sec == 0 && ts->tv_nsec <= NAP_NS) {
        moment = *ts;
        *ts = (struct freebsd_timespec){0, 0};
    } else if (ts != NULL) {
        ts->tv_sec -= ts->tv_nsec < NAP_NS;
        ts->tv_nsec += ts->tv_nsec < NAP_NS ? 1000000000 - NAP_NS : -NAP_NS;
    }
    if (moment.tv_nsec == 0) {
        return 0;
    }
    int64_t r = host_call_intr(t, __NR_ppoll, 0, 0, (uint64_t)&moment, (uint64_t)mask, HOST_SIGSET_SIZE, 0);
    return r < 0 ? r : 1;
}

/*
 * Waits until there is something to tell. What the host is always ready to say of an entry, and the guest's kernel is
 * not, would end every wait at once: then it is looked at every so often. Returns the number of answers or -errno.
 */
static int64_t wait_entries(struct thread *t, struct poll_entry *entries, uint32_t n, struct freebsd_timespec *ts,
                            const uint64_t *mask)
{
    for (;;) {
        int64_t r = host_poll(t, entries, n, ts, mask);

        if (r < 0) {
            return r;
        }
        int64_t count = settle(t, entries, n);

        if (r == 0 || count != 0) {
            return count;
        }
        r = nap(t, ts, mask);
        if (r <= 0) {
            return r;
        }
    }
}

static int64_t poll_entries(struct thread *t, struct poll_entry *entries, guest_ptr fds, uint32_t n,
                            struct freebsd_timespec *ts, guest_ptr mask)
{
    struct freebsd_timespec at_once = {0, 0};
    size_t size = (size_t)n * sizeof(*entries);
    struct signal_set set;
    uint64_t host_mask, *pass = NULL;
    int64_t r;

    if (copyin(entries, fds, size) < 0) {
        return -EFAULT;
    }
    if (prepare(t, entries, n) != 0) {
        ts = &at_once;
    }
    if (!guest_is_null(mask)) {
        if (COPYIN(&set, mask) < 0) {
            return -EFAULT;
        }
        host_mask = signal_mask_temporary(t, &set);
        pass = &host_mask;
    }
    r = wait_entries(t, entries, n, ts, pass);
    if (r < 0) {
        return r;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (copyout(guest_at(fds, i * sizeof(*entries) + 6), &entries[i].revents, sizeof(entries[i].revents)) < 0) {
            return -EFAULT;
        }
    }
    return r;
}

static int64_t poll_any(struct thread *t, guest_ptr fds, uint32_t n, struct freebsd_timespec *ts, guest_ptr mask)
{
    struct poll_entry few[ENTRIES_ON_STACK];
    struct poll_entry *many;
    int64_t r;

    if (n <= ENTRIES_ON_STACK) {
        return poll_entries(t, few, fds, n, ts, mask);
    }
    if (n > ENTRIES_MAX) {
        return -EINVAL;
    }
    many = heap_alloc((size_t)n * sizeof(*many));
    if (!many) {
        return -ENOMEM;
    }
    r = poll_entries(t, many, fds, n, ts, mask);
    heap_free(many);
    return r;
}

int64_t freebsd_poll(struct thread *t, guest_ptr fds, uint32_t nfds, int32_t timeout)
{
    struct freebsd_timespec ts = {timeout / 1000, timeout % 1000 * 1000000L};

    if (timeout < -1) {
        return -EINVAL; /* INFTIM is -1, nothing below it is legal */
    }
    return poll_any(t, fds, nfds, timeout < 0 ? NULL : &ts, guest_addr(0));
}

/* A timespec that may be absent. Returns 0 or -errno; *use is NULL for "no limit". */
static int64_t timeout_copyin(guest_ptr from, struct freebsd_timespec *ts, struct freebsd_timespec **use)
{
    *use = NULL;
    if (guest_is_null(from)) {
        return 0;
    }
    if (COPYIN(ts, from) < 0) {
        return -EFAULT;
    }
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= 1000000000) {
        return -EINVAL;
    }
    *use = ts;
    return 0;
}

int64_t freebsd_ppoll(struct thread *t, guest_ptr fds, uint32_t nfds, guest_ptr ts, guest_ptr set)
{
    struct freebsd_timespec time, *limit;
    int64_t r = timeout_copyin(ts, &time, &limit);

    return r < 0 ? r : poll_any(t, fds, nfds, limit, set);
}

/*
 * Whether a set has the bit of a descriptor that is not open, from `from` on: select_check_badfd(). The host does not
 * look beyond its table. Returns 0, -EBADF or -EFAULT.
 */
static int64_t check_set(guest_ptr set, int from, int nd)
{
    for (int fd = from; !guest_is_null(set) && fd < nd; fd += 64) {
        uint64_t word;

        if (COPYIN(&word, guest_at(set, (uint64_t)fd / 8)) < 0) {
            return -EFAULT;
        }
        for (; word != 0; word &= word - 1) {
            int bit = fd + __builtin_ctzll(word);

            if (bit < nd && (engine_descriptor(bit) || host_call3(__NR_fcntl, bit, F_GETFD, 0) < 0)) {
                return -EBADF;
            }
        }
    }
    return 0;
}

/* Descriptor sets are arrays of 64-bit words in both systems, so the host reads and writes the guest's own. */
static int64_t select_any(struct thread *t, int nd, const guest_ptr sets[3], struct freebsd_timespec *ts,
                          guest_ptr mask)
{
    struct {
        const void *mask;
        uint64_t size;
    } pass = {NULL, HOST_SIGSET_SIZE};
    struct signal_set set;
    uint64_t host_mask;

    if (nd < 0) {
        return -EINVAL;
    }
    for (int i = 0; i < 3; i++) {
        if (!guest_is_null(sets[i]) && !guest_range_ok(sets[i], ((uint64_t)nd + 63) / 64 * 8)) {
            return -EFAULT;
        }
        int64_t r = check_set(sets[i], HOST_LOOKS, nd);
        if (r < 0) {
            return r;
        }
    }
    if (!guest_is_null(mask)) {
        if (COPYIN(&set, mask) < 0) {
            return -EFAULT;
        }
        host_mask = signal_mask_temporary(t, &set);
        pass.mask = &host_mask;
    }
    return host_call_intr(t, __NR_pselect6, (uint64_t)nd, sets[0].va, sets[1].va, sets[2].va, (uint64_t)ts,
                          (uint64_t)&pass);
}

int64_t freebsd_select(struct thread *t, int32_t nd, guest_ptr in, guest_ptr ou, guest_ptr ex, guest_ptr tv)
{
    const guest_ptr sets[3] = {in, ou, ex};
    struct freebsd_timespec ts;

    if (guest_is_null(tv)) {
        return select_any(t, nd, sets, NULL, guest_addr(0));
    }
    if (COPYIN(&ts, tv) < 0) {
        return -EFAULT;
    }
    if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= 1000000) {
        return -EINVAL;
    }
    ts.tv_nsec *= 1000;
    return select_any(t, nd, sets, &ts, guest_addr(0));
}

int64_t freebsd_pselect(struct thread *t, int32_t nd, guest_ptr in, guest_ptr ou, guest_ptr ex, guest_ptr ts,
                        guest_ptr sm)
{
    const guest_ptr sets[3] = {in, ou, ex};
    struct freebsd_timespec time, *limit;
    int64_t r = timeout_copyin(ts, &time, &limit);

    return r < 0 ? r : select_any(t, nd, sets, limit, sm);
}
