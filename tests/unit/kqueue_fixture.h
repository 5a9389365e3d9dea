/* What the tests of kqueues share: one kqueue in a process of the test's own. */
#ifndef TESTS_UNIT_KQUEUE_FIXTURE_H
#define TESTS_UNIT_KQUEUE_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/image.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue.h"

enum { GUEST_ENOENT = 2, GUEST_EBADF = 9, ROUNDS = 2000 };

__attribute__((weak)) int64_t host_call_intr(struct thread *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                             uint64_t e, uint64_t f)
{
    (void)t;
    long r = syscall(nr, a, b, c, d, e, f);
    return r < 0 ? -errno : r;
}

static uint8_t terminates(int signo)
{
    (void)signo;
    return SIGNAL_ACT_TERMINATE;
}

/* Threads of a test are not the engine's: it finds none, and so takes its locks. */
int threads_each(int (*fn)(struct thread *t, void *arg), void *arg)
{
    (void)fn;
    (void)arg;
    return 0;
}

static const uint8_t errno_map[] = {[EAGAIN] = 35};
static uint8_t signal_map[65], signal_numbers[129]; /* the guest's are the host's, as far as those go */
static struct personality personality;
static struct process process;
static struct descriptor_table table;
static struct thread thread;
static int kq;

static guest_ptr at(const void *p)
{
    return guest_addr((uint64_t)p);
}

static void setup(void)
{
    void *heap = mmap((void *)ARENA_BASE, ARENA_THREADS_SIZE + ARENA_HEAP_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    ck_assert_ptr_eq(heap, (void *)ARENA_BASE);
    for (int i = 0; i < 65; i++) {
        signal_map[i] = signal_numbers[i] = (uint8_t)i;
    }
    personality.errno_from_host = errno_map;
    personality.errno_from_host_count = sizeof errno_map;
    personality.signal_count = 128;
    personality.signal_from_host = signal_map;
    personality.signal_to_host = signal_numbers;
    personality.signal_default = terminates;
    process.personality = &personality;
    process.pid = getpid();
    process.descriptors = &table;
    thread.self = &thread;
    thread.proc = &process;
    thread.tid = getpid();
    kq = (int)freebsd_kqueue(&thread);
    ck_assert_int_ge(kq, 0);
}

static int64_t change(uint64_t ident, int filter, int flags, uint32_t fflags, int64_t data)
{
    struct kqueue_event e = {ident, (int16_t)filter, (uint16_t)flags, fflags, data, 0x1234, {0}};
    return freebsd_kevent(&thread, kq, at(&e), 1, guest_addr(0), 0, guest_addr(0));
}

/* Waits at most ms for one event. */
static int64_t fetch(struct kqueue_event *e, int ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};
    memset(e, 0, sizeof *e);
    return freebsd_kevent(&thread, kq, guest_addr(0), 0, at(e), 1, at(&ts));
}

static void expect_none(void)
{
    struct kqueue_event e;
    ck_assert_int_eq(fetch(&e, 0), 0);
}

static struct kqueue_event expect_one(uint64_t ident, int filter)
{
    struct kqueue_event e;
    ck_assert_int_eq(fetch(&e, 20000), 1);
    ck_assert_uint_eq(e.ident, ident);
    ck_assert_int_eq(e.filter, filter);
    ck_assert_uint_eq(e.udata, 0x1234);
    return e;
}

#endif
