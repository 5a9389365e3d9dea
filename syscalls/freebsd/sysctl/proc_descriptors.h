/* Descriptors of any process, as the host shows them to who may look: proc_pid_fd(5), proc_pid_fdinfo(5). */
#ifndef SYSCALLS_FREEBSD_PROC_DESCRIPTORS_H
#define SYSCALLS_FREEBSD_PROC_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/stat.h>

#include "syscalls/freebsd/files/file_class.h"

struct proc_target;

#define PROC_LINK_MAX 1024

struct proc_descriptor {
    int32_t fd;
    enum file_class class;
    uint32_t flags;                          /* the host's, of open(2) */
    int64_t position;                        /* 0 where there is none */
    int32_t process;                         /* of a process descriptor: whose; 0: nobody's any more */
    uint32_t terminal_major, terminal_minor; /* of a pseudo-terminal's master: the slave's */
    struct statx stat;
    char link[PROC_LINK_MAX]; /* what the host calls it: a path, or "socket:[N]" and the like */
};

/*
 * Reads descriptor fd. Returns 0; -EBADF: there is none, or it is one of the engine's own; -EPERM, -ESRCH. A path is cut
 * where it does not fit.
 */
int64_t proc_descriptor_read(const struct proc_target *target, int32_t fd, struct proc_descriptor *out);

/* The same of "cwd", "root" or "exe"; out->fd is the caller's to set. */
int64_t proc_descriptor_of(const struct proc_target *target, const char *name, struct proc_descriptor *out);

/*
 * The numbers of a process's open descriptors, ascending, in a list from the heap (to be freed): *count of them; those
 * of the caller's own that only this call has opened may be among them, and are closed by then. Returns 0 or -errno.
 */
int64_t proc_descriptor_numbers(const struct proc_target *target, int32_t **list, uint32_t *count);

/* The number in a link such as "socket:[N]"; 0: it is none. */
uint64_t proc_link_number(const char *link);

#endif
