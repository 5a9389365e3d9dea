/* FreeBSD's sysctl tree: one flat table of leaves and the rules of sys/kern/kern_sysctl.c around it. */
#ifndef SYSCALLS_FREEBSD_SYSCTL_H
#define SYSCALLS_FREEBSD_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

#define SYSCTL_NAME_MAX 24     /* CTL_MAXNAME */
#define SYSCTL_DEPTH    6      /* components of a leaf's name at most */
#define SYSCTL_AUTO     0x1000 /* number of a node that has none of its own: this plus the first leaf's place below it */

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
    void *into;    /* the engine itself asks, and this is the place for the old value; NULL: `old` is */
    const int32_t *rest;
    uint32_t rest_count;
    const struct sysctl_leaf *leaf; /* whose value it is */
    guest_ptr new;                  /* for leaves that take one: the new value, or what is asked about; or null */
    uint64_t new_size;
};

/*
 * Hands out part of the value, as SYSCTL_OUT does: what fits is copied. Returns 0, -ENOMEM (no room for all),
 * -EFAULT. Without a place for the old value only the length is counted.
 */
int sysctl_put(struct sysctl_request *rq, const void *data, size_t size);
int sysctl_put_string(struct sysctl_request *rq, const char *s);

/* A number in the size that the leaf's type has. */
int sysctl_put_number(struct sysctl_request *rq, int64_t value);

/*
 * Asks for a value on the engine's behalf. Returns how many bytes of it are in `to`, or -errno (ENOMEM: it is longer;
 * ENOENT: there is no such name).
 */
int64_t sysctl_ask(struct thread *t, const int32_t *mib, uint32_t count, void *to, size_t size);

typedef int sysctl_reader(struct sysctl_request *rq);

struct sysctl_leaf {
    const char *name;
    int32_t mib[4]; /* numbers that FreeBSD has fixed; 0: given by the tree */
    bool is_zero;   /* the third is fixed, and 0 */
    bool takes_new; /* a new value is no error: the reader looks at it */
    uint8_t type;   /* enum sysctl_type */
    const char *format;
    int64_t number;                       /* the value of a number without reader; a reader's own otherwise */
    const char *text;                     /* the value of a string without reader; a reader's own otherwise */
    int64_t (*compute)(struct thread *t); /* a number */
    sysctl_reader *read;                  /* anything else */
};

extern const struct sysctl_leaf sysctl_leaves[];
extern const uint32_t sysctl_leaf_count;

/* What is said of nodes and leaves, by their names. */
struct sysctl_description {
    const char *name, *text;
};

extern const struct sysctl_description sysctl_descriptions[];
extern const uint32_t sysctl_description_count;

struct text;

/* A leaf's numbers, *count of them. */
const int32_t *sysctl_oid(uint32_t leaf, uint32_t *count);

/*
 * The leaf of a name by numbers; *used receives how many of them are its own. Returns -ENOENT, or -EISDIR where
 * the name stops above the leaves.
 */
int64_t sysctl_find(const int32_t *mib, uint32_t count, uint32_t *used);

/* A leaf whose first *count components are `name`, which may be that of a node above it; -ENOENT. */
int64_t sysctl_find_name(const char *name, uint32_t *count);

/* Appends the name of what numbers stand for; those that stand for nothing appear as they are. */
void sysctl_name_of(struct text *x, const int32_t *mib, uint32_t count);

/* The leaf with the lowest numbers behind these; -ENOENT: none. */
int64_t sysctl_next(const int32_t *mib, uint32_t count);

/* The release that the program was built for, by which some layouts are chosen; the guest's where it does not say. */
uint32_t freebsd_built_for(const struct thread *t);

/* "14.2-RELEASE" for the release the guest sees. */
void freebsd_release_name(struct thread *t, char *to, size_t size);

sysctl_reader sysctl_osrelease, sysctl_version, sysctl_hostname, sysctl_clockrate, sysctl_boottime, sysctl_arandom,
    sysctl_hostuuid, sysctl_model, sysctl_loadavg, sysctl_cp_time, sysctl_cp_times, sysctl_pagesizes, sysctl_domainname;
sysctl_reader sysctl_proc_all, sysctl_proc_processes, sysctl_proc_pid, sysctl_proc_group, sysctl_proc_session,
    sysctl_proc_terminal, sysctl_proc_user, sysctl_proc_real_user, sysctl_proc_gid, sysctl_proc_real_gid;
sysctl_reader sysctl_proc_processes_threads, sysctl_proc_pid_threads, sysctl_proc_group_threads,
    sysctl_proc_session_threads, sysctl_proc_terminal_threads, sysctl_proc_user_threads, sysctl_proc_real_user_threads,
    sysctl_proc_gid_threads, sysctl_proc_real_gid_threads;
sysctl_reader sysctl_proc_env, sysctl_proc_auxv, sysctl_proc_ps_strings, sysctl_proc_umask, sysctl_proc_groups,
    sysctl_proc_sv_name, sysctl_proc_sigtramp, sysctl_proc_filedesc, sysctl_proc_cwd, sysctl_proc_nfds,
    sysctl_proc_vmmap;
sysctl_reader sysctl_devname, sysctl_file, sysctl_tcp_pcblist, sysctl_udp_pcblist, sysctl_raw_pcblist,
    sysctl_local_stream_pcblist, sysctl_local_dgram_pcblist, sysctl_local_seqpacket_pcblist;
sysctl_reader sysctl_proc_pathname, sysctl_proc_args, sysctl_proc_osrel, sysctl_proc_rlimit;
sysctl_reader sysctl_route;

sysctl_reader sysctl_vmtotal, sysctl_conflist;

/* The kinds of file systems that GENERIC has, by index, and what they are (VFCF_*); NULL past the last. */
#define MOUNT_KIND_NAME_MAX 16 /* MFSNAMELEN */
const char *freebsd_mount_kind(unsigned index, uint32_t *flags);

int64_t sysctl_lastpid(struct thread *t);
int64_t sysctl_openfiles(struct thread *t);
int64_t sysctl_active_pages(struct thread *t);
int64_t sysctl_inactive_pages(struct thread *t);
int64_t sysctl_wired_pages(struct thread *t);
int64_t sysctl_forwarding(struct thread *t);
int64_t sysctl_forwarding6(struct thread *t);
int64_t sysctl_clockrate_mhz(struct thread *t);
int64_t sysctl_ncpu(struct thread *t);
int64_t sysctl_maxcpus(struct thread *t);
int64_t sysctl_cpusetsize(struct thread *t);
int64_t sysctl_cpusetsizemin(struct thread *t);
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
/* System V IPC: limits (the leaf's number: where in the host's structure) and tables (the leaf's number: of what). */
enum { SYSCTL_IPC_QUEUES, SYSCTL_IPC_SEMAPHORES, SYSCTL_IPC_SEGMENTS, SYSCTL_IPC_KINDS };
sysctl_reader sysctl_sem_limit, sysctl_msg_limit, sysctl_shm_limit, sysctl_ipc_count, sysctl_ipc_table;

/* Counters of the host's /proc/vmstat and /proc/stat (the leaf's text: which; its number: in how many of it), and swap. */
sysctl_reader sysctl_vm_counter, sysctl_stat_counter, sysctl_swap_info;
int64_t sysctl_swap_devices(struct thread *t);
int64_t sysctl_free_minimum(struct thread *t);
int64_t sysctl_free_target(struct thread *t);

/* Statistics of disks, for devstat(3). */
sysctl_reader sysctl_devstat_all;
int64_t sysctl_devstat_count(struct thread *t);

sysctl_reader sysctl_msgbuf, sysctl_console, sysctl_name_cache, sysctl_jail_size;
int64_t sysctl_buffers(struct thread *t);
int64_t sysctl_msgbuf_open(struct thread *t);
int64_t sysctl_last_cpu(struct thread *t);
int64_t sysctl_sockets(struct thread *t);

int64_t sysctl_tsc_freq(struct thread *t);

#endif
