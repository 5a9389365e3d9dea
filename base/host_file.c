/* Opening and reading the host's files for the engine's own use; see host_file.h. */
#include "base/host_file.h"

#include <linux/fcntl.h>
#include <linux/resource.h>

#include "base/host.h"

int64_t host_open(const char *path, uint32_t flags)
{
    int64_t fd = host_call4(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
    struct rlimit64 limit;

    if (fd == -EMFILE && host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit) == 0 &&
        limit.rlim_cur < limit.rlim_max) {
        const struct rlimit64 lifted = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, &lifted, 0);
        fd = host_call4(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
        host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, &limit, 0);
    }
    return fd;
}

int64_t host_file_read(const char *path, char *to, size_t size)
{
    int64_t fd = host_open(path, O_RDONLY), done = 0, n;

    if (fd < 0) {
        return fd;
    }
    while ((size_t)done < size - 1 && (n = host_call3(__NR_read, fd, to + done, size - 1 - (size_t)done)) > 0) {
        done += n;
    }
    host_call1(__NR_close, fd);
    to[done] = '\0';
    return done;
}
