/* The process that a request names: the caller, another guest of the user's, or one of the host's own. */
#ifndef SYSCALLS_FREEBSD_PROC_TARGET_H
#define SYSCALLS_FREEBSD_PROC_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/table.h"

struct thread;
struct sysctl_request;

struct proc_target {
    struct thread *t; /* who asks */
    int32_t pid;
    bool own;     /* it is the caller's process */
    bool guest;   /* it is a guest */
    bool forking; /* it is a fork's child on its way to the guest, and may still have what does not survive a fork */
    struct process_table_entry entry; /* what it says of itself: process_guest_entry() */
};

/* Finds process `pid`, -1 being the caller's. Returns 0 or -ESRCH. */
int proc_target_of(struct thread *t, int32_t pid, struct proc_target *out);

/* The same for a sysctl name that ends with the number. Returns 0, -EINVAL or -ESRCH. */
int proc_target(const struct sysctl_request *rq, struct proc_target *out);

/* "/proc/PID/FILE" of the host's. */
void proc_target_path(const struct proc_target *target, const char *file, char *to, size_t size);

/*
 * Copies n bytes of its memory. Returns 0; -EPERM: the host does not let the caller (which then may not debug it, in
 * FreeBSD's terms); -EFAULT: there is no such memory; -ESRCH.
 */
int proc_target_read(const struct proc_target *target, uint64_t address, void *to, size_t n);

/* The host's errors of opening what belongs to another, as p_candebug() gives them: 0 or more, or -errno. */
int64_t proc_target_error(int64_t r);

/* Hands out the file "/proc/PID/FILE" as the value. Returns 0 or -errno. */
int proc_target_put_file(struct sysctl_request *rq, const struct proc_target *target, const char *file);

#endif
