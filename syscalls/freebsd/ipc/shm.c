/*
 * POSIX shared memory. Anonymous objects are memfds; named ones are files in the host's /dev/shm under a prefix
 * of ours, slashes replaced, so that FreeBSD programs of one user meet and do not meet Linux programs by chance.
 * Sources: shm_open(2), sys/kern/uipc_shm.c.
 */
#include "freebsd_syscalls.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/ipc/shm.h"
#include "vfs/rooted.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/memfd.h>

#define SHM_ANON 1 /* an address, not a string (sys/mman.h) */

#define SHM_ALLOW_SEALING 0x1u
#define SHM_GROW_ON_WRITE 0x2u
#define SHM_LARGEPAGE     0x4u

#define SHM_RENAME_NOREPLACE 0x1u
#define SHM_RENAME_EXCHANGE  0x2u

#define FILE_MAX (SETTINGS_MOUNTS_MAX + 256)

bool freebsd_shm_name(const char *host)
{
    static const char directory[] = "/shm";
    const char *last = hot_strrchr(host, '/');
    size_t n = sizeof(directory) - 1;

    return last && (size_t)(last - host) >= n && hot_strncmp(last - n, directory, n) == 0 &&
           hot_strncmp(last + 1, FREEBSD_SHM_PREFIX, sizeof(FREEBSD_SHM_PREFIX) - 1) == 0;
}

/* The host file of an object's name, in FILE_MAX bytes. Returns 0 or -errno. */
static int64_t object_path(struct thread *t, guest_ptr path, char *out)
{
    char name[VFS_GUEST_PATH_MAX];
    struct text x = {out, FILE_MAX, 0};
    int64_t n = copyin_str(name, path, sizeof(name));

    if (n < 0) {
        return n;
    }
    if (name[0] != '/') {
        return -EINVAL;
    }
    if (n > 230) {
        return -ENAMETOOLONG;
    }
    for (int64_t i = 0; i < n; i++) {
        name[i] = name[i] == '/' ? '!' : name[i];
    }
    text_format(&x, "%s/" FREEBSD_SHM_PREFIX "%s", rooted_shared_memory(&t->proc->settings), name);
    text_cstr(&x);
    return 0;
}

static int64_t open_object(struct thread *t, guest_ptr path, uint32_t flags, uint32_t mode, uint32_t shmflags)
{
    const uint32_t allowed = FREEBSD_O_RDWR | FREEBSD_O_CREAT | FREEBSD_O_EXCL | FREEBSD_O_TRUNC | FREEBSD_O_CLOEXEC;
    char file[FILE_MAX];
    int64_t r;

    if ((flags & ~allowed) || (shmflags & ~(SHM_ALLOW_SEALING | SHM_GROW_ON_WRITE | SHM_LARGEPAGE))) {
        return -EINVAL;
    }
    if (shmflags & SHM_LARGEPAGE) {
        return -ENOTTY; /* shm_create_largepage(3): the machine has none to give */
    }
    if (path.va == SHM_ANON) {
        if ((flags & FREEBSD_O_ACCMODE) == 0) {
            return -EINVAL; /* it could never be written */
        }
        return host_call2(__NR_memfd_create, "SHM_ANON",
                          MFD_CLOEXEC | (shmflags & SHM_ALLOW_SEALING ? MFD_ALLOW_SEALING : 0));
    }
    r = object_path(t, path, file);
    if (r < 0) {
        return r;
    }
    if ((flags & FREEBSD_O_ACCMODE) == 0) {
        flags &= ~FREEBSD_O_TRUNC; /* only what may be written is truncated */
    }
    return host_call4(__NR_openat, AT_FDCWD, file,
                      freebsd_open_flags_to_host(flags) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                      mode & FREEBSD_ACCESSPERMS);
}

/* shm_open2(2): the descriptor is closed on exec unless the flags leave O_CLOEXEC out. */
int64_t freebsd_shm_open2(struct thread *t, guest_ptr path, int32_t flags, uint32_t mode, int32_t shmflags,
                          guest_ptr name)
{
    int64_t fd = open_object(t, path, (uint32_t)flags, mode, (uint32_t)shmflags);

    (void)name; /* for ktrace and procstat only */
    if (fd >= 0 && !((uint32_t)flags & FREEBSD_O_CLOEXEC)) {
        host_call3(__NR_fcntl, fd, F_SETFD, 0);
    }
    return fd;
}

/* The call before 13: always close-on-exec. */
int64_t freebsd12_shm_open(struct thread *t, guest_ptr path, int32_t flags, uint32_t mode)
{
    return open_object(t, path, (uint32_t)flags, mode, 0);
}

int64_t freebsd_shm_unlink(struct thread *t, guest_ptr path)
{
    char file[FILE_MAX];
    int64_t r = object_path(t, path, file);

    if (r == 0) {
        r = host_call3(__NR_unlinkat, AT_FDCWD, file, 0);
    }
    return r == -EPERM ? -EACCES : r; /* the host's directory is sticky */
}

int64_t freebsd_shm_rename(struct thread *t, guest_ptr path_from, guest_ptr path_to, int32_t flags)
{
    char from[FILE_MAX], to[FILE_MAX];
    uint32_t host = 0;
    int64_t r;

    if ((uint32_t)flags & ~(SHM_RENAME_NOREPLACE | SHM_RENAME_EXCHANGE) ||
        flags == (SHM_RENAME_NOREPLACE | SHM_RENAME_EXCHANGE)) {
        return -EINVAL;
    }
    r = object_path(t, path_from, from);
    r = r < 0 ? r : object_path(t, path_to, to);
    if (r < 0) {
        return r;
    }
    if (hot_strcmp(from, to) == 0) {
        return 0; /* without a look at whether it is there */
    }
    host |= (uint32_t)flags & SHM_RENAME_NOREPLACE ? RENAME_NOREPLACE : 0;
    host |= (uint32_t)flags & SHM_RENAME_EXCHANGE ? RENAME_EXCHANGE : 0;
    r = host_call5(__NR_renameat2, AT_FDCWD, from, AT_FDCWD, to, host);
    if (r == -ENOENT && host == RENAME_EXCHANGE) {
        r = host_call5(__NR_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE); /* nothing to exchange with */
    }
    return r == -EPERM ? -EACCES : r;
}
