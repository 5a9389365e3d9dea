/*
 * ptrace mode: a process beside the guest that stops its calls, for hosts that offer neither syscall user dispatch
 * nor seccomp filters.
 *
 * One tracer serves the first process and all that come from it. The engine speaks to it by two numbers that no host
 * call has, made from inside the engine's image; without a tracer they answer ENOSYS, so that nothing runs untraced
 * by mistake.
 */
#ifndef SYSCALLS_ENTRY_TRACER_H
#define SYSCALLS_ENTRY_TRACER_H

#include <stdint.h>

/* "From here on, this thread's calls from outside the engine's image are the guest's." Answers a positive number. */
#define TRACER_CALL_ARM 0x64726741

/* "Let go of this thread": another wants to trace it, and it will not return to the guest. */
#define TRACER_CALL_LEAVE 0x64726c76

/* The second call's argument and the first's: a number alone could be a slip. */
#define TRACER_CALL_KEY 0x7472616365ULL

/*
 * Starts a tracer for the calling process, which must be single-threaded with all signals blocked. Returns 0 once it
 * is traced, or -errno: EPERM where the host forbids it (or another tracer is there), ENOSYS before Linux 5.3.
 */
int tracer_start(void);

/*
 * The tracer itself: seizes `pid`, writes 0 or an errno (an int) to `report` and closes it, then serves until its last
 * tracee is gone. To be called in a process of its own.
 */
_Noreturn void tracer_main(int32_t pid, int report);

#endif
