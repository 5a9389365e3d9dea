#include "process/host_list.h"

#include <linux/fcntl.h>

#include "base/host.h"
#include "base/host_file.h"

/* linux/dirent.h: struct linux_dirent64. */
struct host_dirent {
    uint64_t ino;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* 0: the name is no number. */
static int32_t number_of(const char *at)
{
    int32_t n = 0;
    while (*at >= '0' && *at <= '9' && n < INT32_MAX / 10) {
        n = n * 10 + (*at++ - '0');
    }
    return *at == '\0' ? n : 0;
}

int64_t host_list_numbers(const char *path, void (*fn)(int32_t number, void *arg), void *arg)
{
    char list[2048] __attribute__((aligned(8)));
    int64_t fd = host_open(path, O_RDONLY | O_DIRECTORY);
    if (is_error(fd)) {
        return fd;
    }
    int64_t n;
    while ((n = host_call3(__NR_getdents64, fd, list, sizeof list)) > 0) {
        for (int64_t at = 0; at < n;) {
            const struct host_dirent *d = (const struct host_dirent *)(list + at);
            int32_t number = number_of(d->name);
            if (number != 0) {
                fn(number, arg);
            }
            at += d->length;
        }
    }
    host_call1(__NR_close, fd);
    return 0;
}
