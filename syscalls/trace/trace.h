/*
 * Tracing: one line per call, in the guest's names, written with one host write.
 *
 *   pid[/tid] name(argument, argument, …) = result
 *   pid[/tid] name(argument, argument, …) = -1 ERRNO (text)
 *
 * Arguments that the call reads are printed before it runs, since it may change them; from the first argument
 * that it writes on, after it.  Calls that do not return when they succeed (execve) are written when they
 * start, as «unfinished», and written again when they fail.
 *
 * TRACE_JSON writes an object per line:
 *   {"pid":…,"tid":…,"time":seconds,"call":"openat","args":["…"],"result":3,"error":null,"duration":seconds}
 * `result` is null where the call did not return.  TRACE_COUNT writes what `dragoman trace -c` adds up:
 *   pid tid name result errno_name duration_ns
 * with "-" for no error.
 */
#ifndef SYSCALLS_TRACE_TRACE_H
#define SYSCALLS_TRACE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"
#include "base/personality.h"
#include "base/settings.h"
#include "base/syscall_table.h"

struct thread;

#define TRACE_LINE_SIZE 8192

/* A call being traced; on the dispatcher's stack between trace_enter() and trace_exit(). */
struct trace_call {
    const struct syscall_request *request;
    struct syscall_request meant; /* where the guest's call is another one in disguise */
    uint64_t wall_ns;             /* CLOCK_REALTIME at entry */
    uint64_t start_ns;            /* CLOCK_MONOTONIC at entry */
    uint32_t next_arg;            /* the first that is not printed yet */
    struct text line;
    char buffer[TRACE_LINE_SIZE];
};

/* Whether call `number` is to be traced. */
static inline bool trace_wanted(const struct settings *s, uint32_t number)
{
    return s->trace_mode != TRACE_OFF && s->trace_fd >= 0 && settings_trace_shows(s, number);
}

/* Before the call runs. `rq` must stay valid until trace_exit(). */
void trace_enter(struct thread *t, struct trace_call *c, const struct syscall_request *rq);

/* After it: writes the line. `result` as the handler gave it (-errno in host numbers). */
void trace_exit(struct thread *t, struct trace_call *c, int64_t result);

#endif
