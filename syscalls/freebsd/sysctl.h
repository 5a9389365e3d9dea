/* FreeBSD's sysctl tree: one flat table of leaves and the rules of sys/kern/kern_sysctl.c around it. */
#ifndef SYSCALLS_FREEBSD_SYSCTL_H
#define SYSCALLS_FREEBSD_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

#define SYSCTL_NAME_MAX 24     /* CTL_MAXNAME */
#define SYSCTL_AUTO     0x1000 /* second number of leaves that have none of their own: this plus the table's index */

/* sys/sys/sysctl.h: what a leaf holds. */
enum sysctl_type {
    SYSCTL_NODE = 1,
    SYSCTL_INT = 2,
    SYSCTL_STRING = 3,
    SYSCTL_OPAQUE = 5,
    SYSCTL_UINT = 6,
    SYSCTL_LONG = 7,
    SYSCTL_ULONG = 8,
    SYSCTL_U64 = 9,
};

/* One request: where the old value goes, and what of the name lies behind the leaf's own. */
struct sysctl_request {
    struct thread *t;
    guest_ptr old;
    uint64_t room; /* bytes at old */
    uint64_t done; /* bytes of the value so far, also those that found no room */
    const int32_t *rest;
    uint32_t rest_count;
};

/*
 * Hands out part of the value, as SYSCTL_OUT does: what fits is copied. Returns 0, -ENOMEM (no room for all),
 * -EFAULT. Without a place for the old value only the length is counted.
 */
int sysctl_put(struct sysctl_request *rq, const void *data, size_t size);
int sysctl_put_string(struct sysctl_request *rq, const char *s);

typedef int sysctl_reader(struct sysctl_request *rq);

struct sysctl_leaf {
    const char *name;
    int32_t mib[3]; /* {top, 0}: numbered automatically */
    uint8_t type;   /* enum sysctl_type */
    const char *format;
    int64_t number;                       /* the value of a number without reader */
    const char *text;                     /* the value of a string without reader */
    int64_t (*compute)(struct thread *t); /* a number */
    sysctl_reader *read;                  /* anything else */
};

extern const struct sysctl_leaf sysctl_leaves[];
extern const uint32_t sysctl_leaf_count;

/* A leaf's numbers; returns how many. */
uint32_t sysctl_mib_of(uint32_t leaf, int32_t mib[3]);

/* "14.2-RELEASE" for the release the guest sees. */
void freebsd_release_name(struct thread *t, char *to, size_t size);

/*
 * Sets the host's name or (`nr`) domain name from the guest's memory: for root, if the host lets it. Returns 0, -EPERM,
 * -EINVAL (longer than either system takes) or -EFAULT.
 */
int64_t freebsd_host_name_set(struct thread *t, long nr, guest_ptr from, uint64_t size);

sysctl_reader sysctl_osrelease, sysctl_version, sysctl_hostname, sysctl_clockrate, sysctl_boottime, sysctl_arandom,
    sysctl_hostuuid, sysctl_model, sysctl_loadavg, sysctl_cp_time, sysctl_pagesizes, sysctl_domainname;
sysctl_reader sysctl_proc_pathname, sysctl_proc_args, sysctl_proc_osrel, sysctl_proc_rlimit, sysctl_proc_pid;
sysctl_reader sysctl_route;

int64_t sysctl_ncpu(struct thread *t);
int64_t sysctl_maxcpus(struct thread *t);
int64_t sysctl_physmem(struct thread *t);
int64_t sysctl_usermem(struct thread *t);
int64_t sysctl_pages(struct thread *t);
int64_t sysctl_free_pages(struct thread *t);
int64_t sysctl_swap_total(struct thread *t);
int64_t sysctl_osreldate(struct thread *t);
int64_t sysctl_usrstack(struct thread *t);
int64_t sysctl_ps_strings(struct thread *t);
int64_t sysctl_maxfiles(struct thread *t);
int64_t sysctl_maxfilesperproc(struct thread *t);
int64_t sysctl_maxproc(struct thread *t);
int64_t sysctl_somaxconn(struct thread *t);
int64_t sysctl_hostid(struct thread *t);
int64_t sysctl_semmni(struct thread *t);
int64_t sysctl_semmns(struct thread *t);
int64_t sysctl_semmsl(struct thread *t);
int64_t sysctl_semopm(struct thread *t);
int64_t sysctl_semume(struct thread *t);
int64_t sysctl_semusz(struct thread *t);
int64_t sysctl_semvmx(struct thread *t);
int64_t sysctl_semaem(struct thread *t);
int64_t sysctl_msgmax(struct thread *t);
int64_t sysctl_msgmnb(struct thread *t);
int64_t sysctl_msgmni(struct thread *t);
int64_t sysctl_shmmax(struct thread *t);
int64_t sysctl_shmall(struct thread *t);
int64_t sysctl_shmmni(struct thread *t);
int64_t sysctl_shmseg(struct thread *t);
int64_t sysctl_tsc_freq(struct thread *t);

/* Reads a small host file; returns its length, NUL-terminated in the buffer, or -errno. */
int64_t host_read_file(const char *path, char *to, size_t size);

#endif
