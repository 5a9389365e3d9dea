/* The texts of procfs(5)'s files; what they tell is what kern.proc.* tells. */
#ifndef SYSCALLS_FREEBSD_PROCFS_H
#define SYSCALLS_FREEBSD_PROCFS_H

#include <stddef.h>
#include <stdint.h>

struct text;
struct thread;

/* Appends a file's text for that process. 0 or -errno; what does not fit is cut. */
typedef int64_t procfs_writer(struct thread *t, int32_t pid, struct text *x);

procfs_writer procfs_cmdline, procfs_etype, procfs_map, procfs_osrel, procfs_rlimit, procfs_status;

/* kern.proc.WHICH.PID, into `to`: returns its length or -errno. */
int64_t procfs_ask(struct thread *t, int32_t which, int32_t pid, void *to, size_t size);

#define PROCFS_PATHNAME 12 /* sys/sysctl.h: KERN_PROC_PATHNAME */

#endif
