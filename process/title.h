/*
 * What others see as a process's arguments: what it was started with, or the title that it has given itself.
 *
 * Theory. FreeBSD's kernel keeps a copy of short arguments, which sysctl kern.proc.args replaces (setproctitle(3)), and
 * looks into the process's memory where it has none. The host looks into memory always, in a range that a process may
 * choose (PR_SET_MM_MAP of prctl(2), which asks for no privilege): at first the guest's own strings on its stack, and
 * from its first title on the buffer here. So the host's ps, pgrep and /proc show what the guest's show. A host that
 * cannot do that goes on to show the command line of dragoman.
 */
#ifndef PROCESS_TITLE_H
#define PROCESS_TITLE_H

#include <stdint.h>

#include "base/process.h"

struct thread;

/* Sets, or with size 0 drops, the title: size bytes, NUL included, at most PROCESS_TITLE_MAX. */
void process_title_set(struct thread *t, const char *text, uint32_t size);

/* Copies the title. Returns its size; 0: there is none. */
uint32_t process_title(struct thread *t, char to[PROCESS_TITLE_MAX]);

/* Tells the host where it finds arguments and variables: p->host_view. An -errno concerns the host's view alone. */
int64_t process_show_to_host(struct process *p, uint64_t args, uint64_t args_end);

#endif
