/* kern.devname: the name below /dev of a device number (devname(3)). Semantics: sysctl_devname() of sys/kern/kern_conf.c. */
#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "process/host_record.h"
#include "process/thread.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

/* The majors of pseudo-terminals: Documentation/admin-guide/devices.txt. */
#define PTS_FIRST 136
#define PTS_LAST  143

/* The host's name for it: "DEVNAME=null" (Documentation/driver-api/driver-model). Returns 0 or -ENOENT. */
static int host_name(uint32_t major, uint32_t minor, char *to, size_t size)
{
    static const char key[] = "DEVNAME=";
    char path[64], text[512];
    struct text x = TEXT_ON(path);
    text_format(&x, "/sys/dev/char/%u:%u/uevent", major, minor);
    if (host_file_read(text_cstr(&x), text, sizeof text) <= 0) {
        return -ENOENT;
    }
    for (char *line = text; line != NULL; line = hot_strchr(line, '\n')) {
        line += *line == '\n';
        if (hot_strncmp(line, key, sizeof key - 1) == 0) {
            char *end = hot_strchr(line, '\n');
            if (end != NULL) {
                *end = '\0';
            }
            hot_strlcpy(to, line + sizeof key - 1, size);
            return 0;
        }
    }
    return -ENOENT;
}

/* Pseudo-terminals are in no list of the host's. */
static int name_of(uint64_t device, char *to, size_t size)
{
    uint32_t major = freebsd_major(device), minor = freebsd_minor(device);
    if (major >= PTS_FIRST && major <= PTS_LAST) {
        struct text x = {to, size, 0};
        text_format(&x, "pts/%u", (major - PTS_FIRST) * 256 + minor);
        text_cstr(&x);
        return 0;
    }
    return host_name(major, minor, to, size);
}

/* The new value is the number, as wide as the program's release has it; the old one is its name. */
int sysctl_devname(struct sysctl_request *rq)
{
    char name[64];
    uint64_t device = 0;
    if (guest_is_null(rq->new) || (rq->new_size != 4 && rq->new_size != 8)) {
        return -EINVAL;
    }
    int r = copyin(&device, rq->new, rq->new_size);
    r = r == 0 ? name_of(device, name, sizeof name) : r;
    return r < 0 ? r : sysctl_put_string(rq, name);
}
