/*
 * FreeBSD/amd64: what differs from Linux. Sources: the manual pages of section 2, sys/sys/umtx.h, thr.h, cpuset.h,
 * event.h.
 */
#include "abi.h"

int64_t sys_clock_gettime(int clock, struct abi_timespec *out);
int64_t sys_sigaction(int signo, const void *action, void *old);
int64_t sys_umtx_op(void *object, int operation, uint64_t value, void *argument1, void *argument2);
int64_t sys_thr_new(const void *param, int size);
int64_t sys_thr_exit(int64_t *state);
int64_t sys_cpuset_getaffinity(int level, int which, int64_t id, uint64_t size, void *mask);
int64_t sys_cpuset_setaffinity(int level, int which, int64_t id, uint64_t size, const void *mask);
int64_t sys_kqueue(void);
int64_t sys_kevent(int queue, const void *changes, int change_count, void *events, int event_count,
                   const struct abi_timespec *timeout);

enum { CLOCK_MONOTONIC = 4 };
enum { UMTX_OP_WAIT = 2, UMTX_OP_WAIT_UINT_PRIVATE = 15, UMTX_OP_WAKE_PRIVATE = 16 };
enum { CPU_LEVEL_WHICH = 3, CPU_WHICH_TID = 1 };
enum { EVFILT_READ = -1, EV_ADD = 1 };

struct kevent {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
    uint64_t ext[4];
};
_Static_assert(sizeof(struct kevent) == 64, "struct kevent");

struct thr_param {
    void (*start_func)(void *);
    void *arg;
    char *stack_base;
    uint64_t stack_size;
    char *tls_base;
    uint64_t tls_size;
    int64_t *child_tid;
    int64_t *parent_tid;
    int32_t flags;
    void *rtp;
    void *spare[3];
};
_Static_assert(sizeof(struct thr_param) == 104, "struct thr_param");

void abi_start(uint64_t *block)
{
    (void)block;
}

int64_t abi_clock(struct abi_timespec *out)
{
    return sys_clock_gettime(CLOCK_MONOTONIC, out);
}

int64_t abi_handle(int signo, void (*handler)(int))
{
    struct {
        void (*handler)(int);
        int32_t flags;
        uint32_t mask[4];
    } action = {handler, 0, {0}};

    return sys_sigaction(signo, &action, NULL);
}

int64_t abi_wait_word(uint32_t *word, uint32_t value)
{
    return sys_umtx_op(word, UMTX_OP_WAIT_UINT_PRIVATE, value, NULL, NULL);
}

int64_t abi_wake_word(uint32_t *word)
{
    return sys_umtx_op(word, UMTX_OP_WAKE_PRIVATE, 1, NULL, NULL);
}

static void thread_main(void *argument)
{
    struct abi_thread *thread = argument;

    thread->function(thread->argument);
    sys_thr_exit(&thread->state);
    __builtin_trap();
}

int64_t abi_thread_start(struct abi_thread *thread)
{
    struct thr_param param = {0};

    thread->tls[0] = (uint64_t)thread->tls;
    thread->state = 0;
    param.start_func = thread_main;
    param.arg = thread;
    param.stack_base = thread->stack;
    param.stack_size = sizeof(thread->stack);
    param.tls_base = (char *)thread->tls;
    param.tls_size = sizeof(thread->tls);
    param.parent_tid = &thread->id;
    return sys_thr_new(&param, sizeof(param));
}

/* thr_exit stores 1 and wakes when the thread has left its stack. */
void abi_thread_join(struct abi_thread *thread)
{
    while (__atomic_load_n(&thread->state, __ATOMIC_ACQUIRE) == 0)
        sys_umtx_op(&thread->state, UMTX_OP_WAIT, 0, NULL, NULL);
}

int64_t abi_get_cpus(uint8_t mask[ABI_CPU_BYTES])
{
    return sys_cpuset_getaffinity(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, ABI_CPU_BYTES, mask);
}

int64_t abi_pin(int cpu)
{
    uint8_t mask[ABI_CPU_BYTES] = {0};

    mask[cpu / 8] = (uint8_t)(1 << (cpu % 8));
    return sys_cpuset_setaffinity(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, sizeof(mask), mask);
}

int64_t abi_queue_watch(int fd)
{
    struct kevent change = {.ident = (uint64_t)fd, .filter = EVFILT_READ, .flags = EV_ADD};
    int64_t queue = sys_kqueue();
    int64_t added = queue < 0 ? queue : sys_kevent((int)queue, &change, 1, NULL, 0, NULL);

    return added < 0 ? added : queue;
}

int64_t abi_queue_poll(int queue)
{
    const struct abi_timespec at_once = {0, 0};
    struct kevent events[8];

    return sys_kevent(queue, NULL, 0, events, 8, &at_once);
}
