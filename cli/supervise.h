/*
 * Standing behind a guest instead of becoming it: for --timeout and `trace -c`, which need somebody who outlives it.
 *
 * The guest stays in its supervisor's process group, session and terminal, so that ^C, ^Z and fg reach it from the
 * kernel as they would without a supervisor. The supervisor is the reaper of the guest's orphans, so that a timeout
 * finds them all, whatever group or session they moved to.
 */
#ifndef CLI_SUPERVISE_H
#define CLI_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct supervision {
    uint64_t timeout_ms; /* 0: none */
    int input;           /* a descriptor to read to its end, also when the guest has ended; -1: none */
    /* Called when `input` is readable; reads once and returns whether more can come. */
    bool (*readable)(void *context, int fd);
    void *context;
};

/* How the guest ended. */
struct supervised_end {
    int wait_status; /* as waitpid gives it */
    bool timed_out;
};

/*
 * Starts a child. Returns 0 in the child, which goes on to become the guest with the caller's signal mask; the child's
 * pid in the parent, which must call supervise(); a negative exit status after complaining.
 */
pid_t supervise_fork(void);

/*
 * Waits for the child and for the end of `input`, passing signals on and stopping when the child stops. A signal that
 * asks to end, when only `input` is left, ends the wait. Returns 0, or an exit status after
 * complaining (the child is then killed).
 */
int supervise(pid_t child, const struct supervision *how, struct supervised_end *end);

/*
 * Ends this process as the guest ended: the same exit status, the same death by signal (without a second core file), or
 * EXIT_TIMEOUT. Does not return.
 */
_Noreturn void end_as(const struct supervised_end *end);

/*
 * Sends `signal` to all descendants of this process but not to itself. Returns how many it reached; 0 also where /proc
 * cannot be read.
 */
unsigned signal_descendants(int signal);

#endif
