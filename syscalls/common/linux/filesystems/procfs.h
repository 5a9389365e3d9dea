/*
 * The files of /proc that are not the host's as they stand. In the host's eyes a guest is dragoman: its executable, its
 * mappings with the engine's among them, the processor that is there in truth. Where guests ask, these say what the
 * guest's own kernel would. All else of /proc is the host's.
 */
#ifndef SYSCALLS_COMMON_LINUX_PROCFS_H
#define SYSCALLS_COMMON_LINUX_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;

enum linux_proc_kind {
    LINUX_PROC_PLAIN, /* the host's own */
    LINUX_PROC_EXE,   /* /proc/PID/exe */
    LINUX_PROC_LINK,  /* another link of the host's: its target may be in the sysroot */
    LINUX_PROC_FD,    /* /proc/PID/fd and fdinfo: the engine's descriptors are among the host's */
    LINUX_PROC_MAPS,  /* /proc/PID/maps */
    LINUX_PROC_SMAPS, /* /proc/PID/smaps: the same lines, each with more behind it */
    LINUX_PROC_CPUINFO,
    LINUX_PROC_STATUS, /* /proc/PID/status, where the engine keeps ids */
    LINUX_PROC_MOUNTS, /* these three in a root of the guest's own: /proc/PID/mounts */
    LINUX_PROC_MOUNTINFO,
    LINUX_PROC_MOUNTSTATS,
    LINUX_PROC_ROOT, /* /proc/PID/root and what is below: the guest's root, `rest` is the path from there */
};

struct linux_proc_file {
    enum linux_proc_kind kind;
    int32_t pid;      /* whose; 0: nobody's */
    const char *rest; /* LINUX_PROC_ROOT: in the path that was asked for, begins with a slash or is empty */
};

/*
 * What the absolute path `path` names, as spelled: one with ".." in it is the host's. A process that is no guest has the
 * host's files.
 */
struct linux_proc_file linux_proc_find(struct thread *t, const char *path);

/* The executable of a guest, as the host names it, into `to`. Returns its length, or -errno: -ENOENT, -ENAMETOOLONG. */
int64_t linux_proc_executable(struct thread *t, int32_t pid, char *to, size_t size);

/*
 * Opens what linux_proc_find() found to have a text of its own (MAPS, SMAPS, CPUINFO, STATUS): a file with the text as it is
 * now. `host`: the host's name of the file; `flags`: open(2)'s. Returns the descriptor or -errno.
 */
int64_t linux_proc_open(struct thread *t, const struct linux_proc_file *file, const char *host, uint32_t flags);

/* The same of the mounts (MOUNTS, MOUNTINFO, MOUNTSTATS). */
int64_t linux_proc_mounts_open(struct thread *t, enum linux_proc_kind kind, const char *host, uint32_t flags);

#endif
