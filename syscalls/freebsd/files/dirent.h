/* Directory entries in two generations (sys/dirent.h). */
#ifndef SYSCALLS_FREEBSD_DIRENT_H
#define SYSCALLS_FREEBSD_DIRENT_H

#include <stdbool.h>
#include <stdint.h>

#include "syscalls/common/dirent.h"

struct freebsd_dirent {
    uint64_t d_fileno;
    int64_t d_off; /* cookie of the next entry */
    uint16_t d_reclen;
    uint8_t d_type, d_pad0;
    uint16_t d_namlen, d_pad1;
    char d_name[DIRENT_NAME_MAX + 1];
};

_Static_assert(__builtin_offsetof(struct freebsd_dirent, d_name) == 24, "struct dirent");

struct freebsd11_dirent {
    uint32_t d_fileno;
    uint16_t d_reclen;
    uint8_t d_type, d_namlen;
    char d_name[DIRENT_NAME_MAX + 1];
};

_Static_assert(__builtin_offsetof(struct freebsd11_dirent, d_name) == 8, "struct freebsd11_dirent");

/* One entry converted; returns its d_reclen, padding cleared. Type numbers are the same everywhere. */
uint32_t freebsd_dirent_from_host(const struct host_dirent *host, struct freebsd_dirent *guest);
uint32_t freebsd11_dirent_from_host(const struct host_dirent *host, struct freebsd11_dirent *guest);

#endif
