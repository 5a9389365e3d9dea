/* Records of directories in the forms that Linux's programs read. */
#ifndef SYSCALLS_COMMON_LINUX_DIRECTORIES_H
#define SYSCALLS_COMMON_LINUX_DIRECTORIES_H

#include <stdint.h>

#include "syscalls/common/directory_list.h"

/* With words of 8 bytes (getdents(2)): the type is in the record's last byte. */
struct linux_dirent {
    uint64_t d_ino;
    int64_t d_off;
    uint16_t d_reclen;
    char d_name[];
};

_Static_assert(__builtin_offsetof(struct linux_dirent, d_name) == 18, "getdents(2)");

/* A host's record in one of these forms; `to` has room for DIRENT_RECORD_MAX bytes. Returns the record's length. */
int32_t linux_dirent64_record(const struct host_dirent *from, void *to);
int32_t linux_dirent_record(const struct host_dirent *from, void *to);

/* The same with the positions that callers with words of 4 bytes are given. */
int32_t linux_compat_dirent64_record(const struct host_dirent *from, void *to);

/*
 * getdents(2) of a directory that the host does not write as it stands: a merged one, and the process's own descriptors.
 * Returns bytes written, -errno, or -ENOSYS: it is any other. Positions in these have 31 bits.
 */
int64_t linux_directory_special(struct thread *t, int fd, guest_ptr dirent, uint32_t count,
                                directory_record_fn *record);

#endif
