/* The FreeBSD side of a process: made by whoever asks first. */
#include "syscalls/freebsd/process_data.h"

#include "base/heap.h"
#include "process/process.h"
#include "process/thread.h"

struct freebsd_process *freebsd_process(struct thread *t)
{
    struct process *p = t->proc;
    void *data = __atomic_load_n(&p->personality_data, __ATOMIC_ACQUIRE);
    if (data != NULL) {
        return data;
    }
    void *fresh = heap_alloc(sizeof(struct freebsd_process));
    if (fresh == NULL) {
        return NULL;
    }
    if (!__atomic_compare_exchange_n(&p->personality_data, &data, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        heap_free(fresh); /* another thread was first */
        return data;
    }
    return fresh;
}
