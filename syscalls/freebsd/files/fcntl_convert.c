/* Translation of what fcntl.h describes. */
#include "syscalls/freebsd/files/fcntl.h"

#include "base/host.h"
#include "syscalls/common/flag_map.h"

#include <linux/fcntl.h>

/* Flags that mean the same in both systems; sync flags are told apart by hand, their bits overlap. */
static const struct flag_pair open_pairs[] = {
    {FREEBSD_O_NONBLOCK, O_NONBLOCK},   {FREEBSD_O_APPEND, O_APPEND},   {FREEBSD_O_ASYNC, FASYNC},
    {FREEBSD_O_NOFOLLOW, O_NOFOLLOW},   {FREEBSD_O_CREAT, O_CREAT},     {FREEBSD_O_TRUNC, O_TRUNC},
    {FREEBSD_O_EXCL, O_EXCL},           {FREEBSD_O_NOCTTY, O_NOCTTY},   {FREEBSD_O_DIRECT, O_DIRECT},
    {FREEBSD_O_DIRECTORY, O_DIRECTORY}, {FREEBSD_O_CLOEXEC, O_CLOEXEC}, {FREEBSD_O_PATH, O_PATH},
};

int64_t freebsd_open_flags_to_host(uint32_t guest)
{
    uint32_t mode = guest & FREEBSD_O_ACCMODE;
    uint32_t host = (uint32_t)flags_to_host(open_pairs, FLAG_COUNT(open_pairs), guest, NULL);

    if (guest & FREEBSD_O_PATH) {
        mode = 0;
    } else if (guest & FREEBSD_O_EXEC) {
        if (mode != 0) {
            return -EINVAL;
        }
        /* Neither readable nor writable: what the host calls a path descriptor. */
        host |= O_PATH;
    } else if (mode == FREEBSD_O_ACCMODE) {
        return -EINVAL;
    }
    if (guest & FREEBSD_O_SYNC) {
        host |= O_SYNC;
    } else if (guest & FREEBSD_O_DSYNC) {
        host |= O_DSYNC;
    }
    return host | mode; /* O_WRONLY and O_RDWR have the same numbers */
}

uint32_t freebsd_open_flags_from_host(uint32_t host)
{
    static const struct flag_pair status_pairs[] = {
        {FREEBSD_O_NONBLOCK, O_NONBLOCK}, {FREEBSD_O_APPEND, O_APPEND}, {FREEBSD_O_ASYNC, FASYNC},
        {FREEBSD_O_DIRECT, O_DIRECT},     {FREEBSD_O_PATH, O_PATH},
    };
    uint32_t guest = (uint32_t)flags_to_guest(status_pairs, FLAG_COUNT(status_pairs), host);

    if ((host & O_SYNC) == O_SYNC) {
        guest |= FREEBSD_O_SYNC;
    } else if (host & O_DSYNC) {
        guest |= FREEBSD_O_DSYNC;
    }
    return guest | (host & O_ACCMODE);
}

int freebsd_flock_to_host(const struct freebsd_flock *guest, struct flock *host)
{
    switch (guest->l_type) {
    case FREEBSD_F_RDLCK:
        host->l_type = F_RDLCK;
        break;
    case FREEBSD_F_WRLCK:
        host->l_type = F_WRLCK;
        break;
    case FREEBSD_F_UNLCK:
        host->l_type = F_UNLCK;
        break;
    default:
        return -EINVAL;
    }
    host->l_whence = guest->l_whence;
    host->l_start = guest->l_start;
    host->l_len = guest->l_len;
    host->l_pid = 0;
    return 0;
}

void freebsd_flock_from_host(const struct flock *host, struct freebsd_flock *guest)
{
    guest->l_type = FREEBSD_F_UNLCK;
    if (host->l_type == F_UNLCK) {
        return; /* fcntl(2): nothing in the way, the rest stays as the caller gave it */
    }
    guest->l_type = host->l_type == F_RDLCK ? FREEBSD_F_RDLCK : FREEBSD_F_WRLCK;
    guest->l_whence = host->l_whence;
    guest->l_start = host->l_start;
    guest->l_len = host->l_len;
    guest->l_pid = host->l_pid;
    guest->l_sysid = 0;
}

int freebsd_at_copyin(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t allowed,
                      bool follow_default, uint32_t purpose, struct freebsd_at *out)
{
    bool follow = follow_default;
    uint32_t how = purpose;
    int r;

    if (flags & ~allowed) {
        return -EINVAL;
    }
    if (flags & FREEBSD_AT_SYMLINK_NOFOLLOW) {
        follow = false;
    }
    if (flags & FREEBSD_AT_SYMLINK_FOLLOW) {
        follow = true;
    }
    how |= follow ? PATH_FOLLOW : 0;
    how |= flags & FREEBSD_AT_RESOLVE_BENEATH ? PATH_BENEATH : 0;
    how |= flags & FREEBSD_AT_EMPTY_PATH ? PATH_EMPTY : 0;
    out->host_flags = follow == follow_default ? 0 : follow ? AT_SYMLINK_FOLLOW : AT_SYMLINK_NOFOLLOW;
    if (flags & FREEBSD_AT_EACCESS) {
        out->host_flags |= AT_EACCESS;
    }
    if (flags & FREEBSD_AT_REMOVEDIR) {
        out->host_flags |= AT_REMOVEDIR;
    }
    r = path_copyin(t, dirfd, path, how, &out->path);
    if (r == PATH_IS_DESCRIPTOR) {
        out->host_flags &= ~(uint32_t)AT_SYMLINK_NOFOLLOW;
        out->host_flags |= follow_default ? 0 : AT_SYMLINK_FOLLOW;
        return 0;
    }
    return r;
}
