/*
 * By which ways the calls of a process came in, told at its end and before it executes another program; to the report
 * directory as a line
 *
 *   {"pid":1,"program":"/x","personality":"freebsd","ways":{"rewritten":9,"trapped":3},
 *    "sites":{"seen":2,"rewritten":1,"refused":{"short":1}}}
 *
 * and to `dragoman trace -c` as two lines that no line of a call can be taken for, since those begin with a number:
 *
 *   ways PID REWRITTEN TRAPPED
 *   sites PID SEEN REWRITTEN [REASON=COUNT...]
 *
 * Numbers are what has come since the process was last told of (an exec can fail), or since its fork: readers add up
 * all lines. Sites belong to the address space, so a vfork child says nothing of them. Who is killed says nothing.
 */
#ifndef SYSCALLS_ENTRY_WAYS_H
#define SYSCALLS_ENTRY_WAYS_H

struct thread;

/* Tells, if the settings name somebody to tell. */
void ways_tell(struct thread *t);

/* In a fork's or vfork's child: what the parent has counted is not its own. */
void ways_after_fork(struct thread *t);

#endif
