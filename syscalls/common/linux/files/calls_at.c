/* Calls of translated paths; see calls_at.h. Apart, so that the usual call does not carry the translated name's room. */
#include "syscalls/common/linux/calls_at.h"

#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/linux/files/rooted_paths.h"
#include "vfs/by_descriptor.h"

int64_t linux_call_translated_at(struct thread *t, long nr, int dirfd, guest_ptr path, uint32_t follow, uint64_t c,
                                 uint64_t d, uint64_t e)
{
    struct linux_path p;
    int64_t r = linux_path(t, dirfd, path, follow | linux_rooted_purpose(t, nr, c), &p);

    if (r < 0) {
        return r;
    }
    r = host_call5(nr, p.dirfd, p.name, c, d, e);
    return r == -EPERM && nr == __NR_utimensat && t->proc->settings.changes_by_descriptor
               ? times_by_descriptor(p.dirfd, (const char *)p.name, (follow & PATH_FOLLOW) != 0, c)
               : r;
}

int64_t linux_call_translated_path(struct thread *t, long nr, guest_ptr path, uint32_t follow, uint64_t b, uint64_t c,
                                   uint64_t d, uint64_t e)
{
    struct linux_path p;
    int64_t r = linux_path(t, VFS_AT_FDCWD, path, follow | linux_rooted_purpose(t, nr, b), &p);

    return r < 0 ? r : host_call5(nr, p.name, b, c, d, e);
}
