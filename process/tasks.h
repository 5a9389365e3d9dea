/* The threads of a host process: what FreeBSD does to a process, the host does to each of its threads. */
#ifndef PROCESS_TASKS_H
#define PROCESS_TASKS_H

#include <stdint.h>

/*
 * Calls fn for the host id of each thread of process pid, as /proc lists them, until it answers other than 0; -ESRCH is
 * no answer, as threads end meanwhile. Without /proc, for the first thread alone. Returns fn's last answer, or -ESRCH:
 * there is no such process.
 */
int64_t tasks_each(int32_t pid, int64_t (*fn)(int32_t tid, void *arg), void *arg);

#endif
