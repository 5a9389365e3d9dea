/*
 * Threads by thr_new(2).
 */
#include "guest.h"

enum { STACK_SIZE = 64 * 1024 };

static void thread_main(void *argument)
{
    struct guest_thread *thread = argument;

    thread->function(thread->argument);
    SYS(thr_exit, &thread->state);
    __builtin_trap();
}

int guest_thread_start(struct guest_thread *thread, void (*function)(void *), void *argument)
{
    struct freebsd_thr_param param = {0};

    thread->state = 0;
    thread->tid = 0;
    thread->function = function;
    thread->argument = argument;
    thread->stack = guest_pages(STACK_SIZE);
    if (thread->stack == NULL)
        return -FREEBSD_ENOMEM;
    thread->tls[0] = (uint64_t)thread->tls;
    param.start_func = thread_main;
    param.arg = thread;
    param.stack_base = thread->stack;
    param.stack_size = STACK_SIZE;
    param.tls_base = (char *)thread->tls;
    param.tls_size = sizeof(thread->tls);
    param.parent_tid = &thread->tid;
    return (int)SYS(thr_new, &param, sizeof(param));
}

void guest_thread_join(struct guest_thread *thread)
{
    while (__atomic_load_n(&thread->state, __ATOMIC_ACQUIRE) == 0)
        SYS(_umtx_op, &thread->state, FREEBSD_UMTX_OP_WAIT, 0, 0, 0);
    SYS(munmap, thread->stack, STACK_SIZE);
}

bool guest_await(const volatile uint32_t *word, uint32_t value)
{
    for (int i = 0; i < 10000; i++) {
        if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
            return true;
        guest_sleep_ms(1);
    }
    return false;
}

/* Places in struct kinfo_proc (sys/sys/user.h), and its SSLEEP. */
enum { RECORD_SIZE = 1088, RECORD_STATE = 388, RECORD_THREAD = 600, RECORD_SWITCHES = 736, ASLEEP = 3 };

/* How often the thread has given the processor up, if it sleeps; -1: it does not. */
static int64_t sleeps_since(int pid, int64_t tid)
{
    static char records[64 * RECORD_SIZE];
    const int32_t name[4] = {1, 14, 1 | 16, pid}; /* kern.proc.pid, with a record for each thread */
    uint64_t size = sizeof(records);

    if (SYS(__sysctl, name, 4, records, &size, 0, 0) != 0)
        return -1;
    for (const char *r = records; r + RECORD_SIZE <= records + size; r += RECORD_SIZE)
        if (tid == 0 || *(const int32_t *)(r + RECORD_THREAD) == tid)
            return r[RECORD_STATE] == ASLEEP ? *(const int64_t *)(r + RECORD_SWITCHES) : -1;
    return -1;
}

void guest_await_asleep(int pid, int64_t tid)
{
    enum { LOOKS = 3 };
    int64_t before = -1;
    int same = 0;

    for (int i = 0; i < 2000 && same < LOOKS; i++) {
        int64_t now = sleeps_since(pid, tid);

        same = now >= 0 && now == before ? same + 1 : 0;
        before = now;
        guest_sleep_ms(5);
    }
}
