/* All that the host's /proc says of a process, or of one of its threads. Sources: proc_pid_stat(5), proc_pid_status(5). */
#ifndef PROCESS_HOST_RECORD_H
#define PROCESS_HOST_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Positions in the file behind the state, which the manual numbers from 4 on. Times are in clock ticks. */
enum host_field {
    HOST_PARENT,
    HOST_GROUP,
    HOST_SESSION,
    HOST_TERMINAL, /* a device number in the form of host_major() */
    HOST_TERMINAL_GROUP,
    HOST_FLAGS, /* HOST_PF_* */
    HOST_MINOR_FAULTS,
    HOST_CHILDREN_MINOR_FAULTS,
    HOST_MAJOR_FAULTS,
    HOST_CHILDREN_MAJOR_FAULTS,
    HOST_USER_TIME,
    HOST_SYSTEM_TIME,
    HOST_CHILDREN_USER_TIME,
    HOST_CHILDREN_SYSTEM_TIME,
    HOST_PRIORITY,
    HOST_NICE,
    HOST_THREADS,
    HOST_START = 18,
    HOST_VIRTUAL_SIZE, /* bytes */
    HOST_RESIDENT,     /* pages */
    HOST_PROCESSOR = 35,
    HOST_RT_PRIORITY,
    HOST_POLICY,
    HOST_EXIT_CODE = 48,
    HOST_FIELDS,
};

/* include/linux/sched.h */
#define HOST_PF_FORKNOEXEC 0x00000040
#define HOST_PF_KTHREAD    0x00200000
#define HOST_PF_EXITING    0x00000004

#define HOST_TICKS 100 /* USER_HZ: sysconf(_SC_CLK_TCK) is 100 on every amd64 host */

#define HOST_STATUS_MAX 4096

struct host_record {
    int32_t id; /* of the process or thread */
    char state; /* R, S, D, T, t, Z, X, I */
    char name[64];
    int64_t field[HOST_FIELDS]; /* those that an older host does not have are 0 */
};

/* Reads the text of a `stat` file. Returns 0, or -EINVAL where it is none. */
int host_record_parse(const char *text, struct host_record *out);

/* Asks the host for a process, or (tid not 0) for one of its threads. Returns 0 or -errno. */
int host_record_read(int32_t pid, int32_t tid, struct host_record *out);

/*
 * Reads the `status` file of a process, or (tid not 0) of one of its threads, with a NUL behind it. What does not fit
 * is left out. Returns its length or -errno.
 */
int64_t host_status_read(int32_t pid, int32_t tid, char *text, size_t size);

/* The value of a line of such a text, behind the key with its colon and the blanks there; NULL: there is none. */
const char *host_status_find(const char *text, const char *key);

/* The number in such a line (of several the one of index `which`); 0: there is none. */
uint64_t host_status_number(const char *text, const char *key, unsigned which);

/* The same in base 16: a set of signals. */
uint64_t host_status_set(const char *text, const char *key);

/* How the host packs device numbers there. */
static inline uint32_t host_major(int64_t device)
{
    return (uint32_t)(device >> 8) & 0xfff;
}

static inline uint32_t host_minor(int64_t device)
{
    return ((uint32_t)device & 0xff) | ((uint32_t)(device >> 12) & 0xfff00);
}

#endif
