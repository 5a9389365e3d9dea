/*
 * What the guest's kernel would have behind a descriptor: its f_type (sys/file.h). Many calls work on files of a file
 * system only and refuse everything else, where the host makes no difference: getvnode() in sys/kern/vfs_syscalls.c.
 */
#ifndef SYSCALLS_FREEBSD_FILE_CLASS_H
#define SYSCALLS_FREEBSD_FILE_CLASS_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

enum file_class {
    FILE_VNODE, /* a file, a directory, a device: anything opened by its name */
    FILE_FIFO,  /* opened by its name; it is a vnode as well, but its operations are a pipe's */
    FILE_PIPE,
    FILE_SOCKET,
    FILE_SHM, /* an anonymous object of shm_open(2) */
    FILE_PTS, /* the master's side of a pseudo-terminal */
    FILE_KQUEUE,
    FILE_PROCESS,
    FILE_OTHER, /* eventfd, timerfd */
};

/*
 * The class of fd; *mode receives the file's type and permission bits, 0 where the host has no such. Returns the class
 * or -EBADF. A named object of shm_open(2) passes for the file it is here.
 */
int64_t freebsd_file_class(struct thread *t, int fd, uint32_t *mode);

/* 0 when fd leads to a vnode, -EINVAL or -EBADF when not, as getvnode() answers. */
int64_t freebsd_require_vnode(struct thread *t, int fd);

/* Whether fd is an object of shm_open(2) with a name. */
bool freebsd_is_named_shm(int fd);

/* Whether fd is a character device that is open. */
bool freebsd_is_character_device(struct thread *t, int fd);

#endif
