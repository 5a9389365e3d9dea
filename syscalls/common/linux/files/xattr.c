/* Extended attributes by path: xattr(7). */
#include "linux_syscalls.h"

#include "syscalls/common/linux/calls_at.h"

static int64_t set(struct thread *t, long nr, guest_ptr path, uint32_t follow, guest_ptr name, guest_ptr value,
                   uint64_t size, int32_t flags)
{
    return linux_call_path(t, nr, path, follow, linux_memory(name, 1), linux_memory(value, size), size,
                           (uint32_t)flags);
}

int64_t linux_any_setxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size,
                           int32_t flags)
{
    return set(t, __NR_setxattr, path, PATH_FOLLOW, name, value, size, flags);
}

int64_t linux_any_lsetxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size,
                            int32_t flags)
{
    return set(t, __NR_lsetxattr, path, 0, name, value, size, flags);
}

static int64_t get(struct thread *t, long nr, guest_ptr path, uint32_t follow, guest_ptr name, guest_ptr value,
                   uint64_t size)
{
    struct guest_span s = guest_span(value.va, size);

    return linux_call_path(t, nr, path, follow, linux_memory(name, 1), s.va, s.len, 0);
}

int64_t linux_any_getxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size)
{
    return get(t, __NR_getxattr, path, PATH_FOLLOW, name, value, size);
}

int64_t linux_any_lgetxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size)
{
    return get(t, __NR_lgetxattr, path, 0, name, value, size);
}

static int64_t list(struct thread *t, long nr, guest_ptr path, uint32_t follow, guest_ptr names, uint64_t size)
{
    struct guest_span s = guest_span(names.va, size);

    return linux_call_path(t, nr, path, follow, s.va, s.len, 0, 0);
}

int64_t linux_any_listxattr(struct thread *t, guest_ptr path, guest_ptr list_, uint64_t size)
{
    return list(t, __NR_listxattr, path, PATH_FOLLOW, list_, size);
}

int64_t linux_any_llistxattr(struct thread *t, guest_ptr path, guest_ptr list_, uint64_t size)
{
    return list(t, __NR_llistxattr, path, 0, list_, size);
}

int64_t linux_any_removexattr(struct thread *t, guest_ptr path, guest_ptr name)
{
    return linux_call_path(t, __NR_removexattr, path, PATH_FOLLOW, linux_memory(name, 1), 0, 0, 0);
}

int64_t linux_any_lremovexattr(struct thread *t, guest_ptr path, guest_ptr name)
{
    return linux_call_path(t, __NR_lremovexattr, path, 0, linux_memory(name, 1), 0, 0, 0);
}
