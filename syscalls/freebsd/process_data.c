/* The FreeBSD side of a process. */
#include "syscalls/freebsd/process_data.h"

#include "base/mem.h"
#include "process/handover.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/process/procctl.h"

_Static_assert(sizeof(struct freebsd_process) <= PERSONALITY_DATA_MAX, "base/process.h");
_Static_assert(HANDOVER_PERSONALITY == PERSONALITY_INHERITED_MAX, "process/handover.h");
_Static_assert(sizeof(struct freebsd_inherited) <= PERSONALITY_INHERITED_MAX, "base/process.h");

struct freebsd_process *freebsd_process(struct thread *t)
{
    return t->proc->personality_data;
}

/* What procctl(2) has said of the process alone ends with the program. */
void freebsd_hand_over(struct thread *t, void *block, uint32_t size)
{
    struct freebsd_inherited *out = block;
    (void)size;
    *out = *freebsd_inherited(t);
    out->size = sizeof *out;
    out->special_directories = t->proc->special_directories;
    out->control = freebsd_control_after_exec(out->control);
}

void freebsd_take_over(struct thread *t, const void *block, uint32_t size)
{
    const struct freebsd_inherited *in = block;
    if (size >= sizeof *in && in->size == sizeof *in) {
        *freebsd_inherited(t) = *in;
        t->proc->special_directories = in->special_directories;
    }
}

uint32_t freebsd_umask_high(struct thread *t)
{
    return __atomic_load_n(&freebsd_inherited(t)->umask_high, __ATOMIC_RELAXED);
}
