/* The host's directory entries: getdents64(2). */
#ifndef SYSCALLS_COMMON_DIRENT_H
#define SYSCALLS_COMMON_DIRENT_H

#include <stddef.h>
#include <stdint.h>

#define DIRENT_NAME_MAX 255

/* A record: 8-aligned, name NUL-terminated at byte 19. */
struct host_dirent {
    uint64_t d_ino;
    int64_t d_off; /* cookie of the next entry */
    uint16_t d_reclen;
    uint8_t d_type;
    char d_name[];
} __attribute__((packed, aligned(8)));

/* The longest record, of the host's and of every guest's. */
#define DIRENT_RECORD_MAX 288

/*
 * The length of a record's name. The record is only as long as the name asks for: its end is in the last word, or, where
 * the name begins there, in the one before.
 */
static inline size_t host_dirent_name_length(const struct host_dirent *h)
{
    size_t room = h->d_reclen - offsetof(struct host_dirent, d_name);
    size_t n = room > sizeof(uint64_t) ? room - sizeof(uint64_t) : 0;

    while (n < room && h->d_name[n] != 0) {
        n++;
    }
    return n > DIRENT_NAME_MAX ? DIRENT_NAME_MAX : n;
}

#endif
