/* The names of a sysroot's files; see sysroot.h. */
#include "vfs/sysroot.h"

#include "base/mem.h"

#include <stddef.h>

const char *sysroot_strip(const char *sysroot, const char *host)
{
    size_t n = hot_strlen(sysroot);

    if (n == 0 || hot_strncmp(host, sysroot, n) != 0) {
        return NULL;
    }
    if (host[n] == 0) {
        return "/";
    }
    return host[n] == '/' ? host + n : NULL;
}
