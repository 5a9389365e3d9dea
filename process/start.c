/* A process's first steps with signals, for the loader, which knows processes but not signals. */
#include "process/process.h"

#include "base/thread.h"
#include "signals/signals.h"

void process_start_mask(struct thread *t, const struct signal_set *handed, uint64_t host_mask)
{
    struct signal_set mask = handed != NULL ? *handed : signal_set_from_host(t, host_mask);
    signal_mask_set(t, &mask);
}

void process_start_signals(struct thread *t, uint64_t host_ignored)
{
    signals_arm_thread(t);
    signals_init(t, host_ignored);
}
