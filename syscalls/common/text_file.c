#include "syscalls/common/text_file.h"

#include "base/format.h"
#include "base/host.h"

#include <linux/fcntl.h>
#include <linux/memfd.h>

int64_t text_file_open(const char *name, const struct text *content, uint32_t flags)
{
    char path[64];
    struct text x = TEXT_ON(path);
    int64_t fd, again;

    text_str(&x, name);
    fd = host_call2(__NR_memfd_create, text_cstr(&x), MFD_CLOEXEC);
    if (fd < 0) {
        return fd;
    }
    again = content->length > 0 ? text_write(content, (int)fd) : 0;
    if (again >= 0) {
        host_call2(__NR_fchmod, fd, 0444);
        x.length = 0;
        text_format(&x, "/proc/self/fd/%d", (int)fd);
        again = host_call4(__NR_openat, AT_FDCWD, text_cstr(&x), (flags & (O_CLOEXEC | O_NONBLOCK)) | O_RDONLY, 0);
    }
    host_call1(__NR_close, fd);
    return again;
}
