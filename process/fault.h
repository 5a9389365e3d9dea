/* The report on a guest that dies of a fault: the dying thread's side. */
#ifndef PROCESS_FAULT_H
#define PROCESS_FAULT_H

#include "base/cpu_context.h"
#include "base/signal_types.h"

struct thread;

/*
 * Reports that the guest is about to die of `sig`, a fault at `regs`: runs libexec/dragoman/fault-report on the
 * process where the settings ask for it (a report directory, or remarks allowed), waiting at most 10 seconds;
 * where the tool cannot be had or fails, writes signal and registers itself. Returns when the process may die.
 *
 * Leaves the host's signals blocked. A second thread that faults meanwhile waits for the first one's report.
 */
void fault_report(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs);

#endif
