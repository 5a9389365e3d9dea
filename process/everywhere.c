/* A host call made by every thread of the process. */
#include "process/everywhere.h"

#include <linux/futex.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/process.h"
#include "process/enter.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"

#define LOOK_NS 10000000 /* how often we look whether a thread has ended instead of answering */

struct round {
    struct thread *self;
    struct errand *errand;
};

/* Whether the thread is one of the process's others; a vfork child's stands in the same memory, and is none. */
static bool is_other(const struct thread *t, const struct round *r)
{
    return t != r->self && t->proc == r->self->proc;
}

static int send(struct thread *t, void *arg)
{
    const struct round *r = arg;
    if (is_other(t, r)) {
        __atomic_store_n(&t->errand, r->errand, __ATOMIC_RELEASE);
        signals_send_errand(t);
    }
    return 0;
}

static int is_due(struct thread *t, void *arg)
{
    const struct round *r = arg;
    return is_other(t, r) && __atomic_load_n(&t->errand, __ATOMIC_ACQUIRE) == r->errand;
}

static void wait_for_all(struct round *r)
{
    struct __kernel_timespec look = {.tv_nsec = LOOK_NS};
    for (;;) {
        uint32_t done = __atomic_load_n(&r->errand->done, __ATOMIC_ACQUIRE);
        if (!threads_each_of_all(is_due, r)) {
            return;
        }
        host_call4(__NR_futex, &r->errand->done, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, done, &look);
    }
}

int64_t call_everywhere(struct thread *t, long number, uint64_t a, uint64_t b, uint64_t c)
{
    int64_t result = host_call3(number, a, b, c);
    if (is_error(result)) {
        return result;
    }
    struct errand errand = {.number = number, .arguments = {a, b, c}};
    struct round round = {t, &errand};
    signals_take_errands();
    threads_each_of_all(send, &round);
    wait_for_all(&round);
    if (errand.failed != 0) {
        process_abort(t, "this host has changed the credentials of some threads only");
    }
    return result;
}
