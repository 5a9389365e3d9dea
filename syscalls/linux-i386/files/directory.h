/* Directory entries and positions of i386. */
#ifndef SYSCALLS_LINUX_I386_DIRECTORY_H
#define SYSCALLS_LINUX_I386_DIRECTORY_H

#include <stdint.h>

/* struct linux_dirent64 of the host and of its guests. */
struct linux_dirent64 {
    uint64_t d_ino;
    int64_t d_off;
    uint16_t d_reclen;
    uint8_t d_type;
    char d_name[];
} __attribute__((packed, aligned(8)));

_Static_assert(__builtin_offsetof(struct linux_dirent64, d_name) == 19, "struct linux_dirent64");

#define LINUX_NAME_MAX 255

/* getdents(2)'s: the name, a NUL, and in the record's last byte the type. */
struct i386_dirent {
    uint32_t d_ino, d_off;
    uint16_t d_reclen;
    char d_name[LINUX_NAME_MAX + 1 + 1 + 3];
} __attribute__((packed, aligned(4)));

#define I386_DIRENT_HEAD 10
_Static_assert(__builtin_offsetof(struct i386_dirent, d_name) == I386_DIRENT_HEAD, "struct compat_linux_dirent");

/* readdir(2)'s of old, one at a time; d_off is where this entry begins. */
struct i386_old_dirent {
    uint32_t d_ino, d_off;
    uint16_t d_namlen;
    char d_name[LINUX_NAME_MAX + 1];
} __attribute__((packed, aligned(4)));

_Static_assert(__builtin_offsetof(struct i386_old_dirent, d_name) == 10, "struct compat_old_linux_dirent");

/*
 * Makes an entry of getdents(2) of the host's. `position` is what d_off is to be. Returns the record's length, or
 * -EOVERFLOW where the inode's number does not fit. Source: compat_filldir() in fs/readdir.c.
 */
int i386_dirent_from_host(const struct linux_dirent64 *host, uint32_t position, struct i386_dirent *out);

#endif
