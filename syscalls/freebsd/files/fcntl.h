/* FreeBSD's sys/fcntl.h: open flags, fcntl commands, *at flags, record locks; and their translation. */
#ifndef SYSCALLS_FREEBSD_FCNTL_H
#define SYSCALLS_FREEBSD_FCNTL_H

#include <stdint.h>

#include "base/guest.h"
#include "vfs/path.h"

#define FREEBSD_O_WRONLY          0x00000001u
#define FREEBSD_O_RDWR            0x00000002u
#define FREEBSD_O_ACCMODE         0x00000003u
#define FREEBSD_O_NONBLOCK        0x00000004u
#define FREEBSD_O_APPEND          0x00000008u
#define FREEBSD_O_SHLOCK          0x00000010u
#define FREEBSD_O_EXLOCK          0x00000020u
#define FREEBSD_O_ASYNC           0x00000040u
#define FREEBSD_O_SYNC            0x00000080u
#define FREEBSD_O_NOFOLLOW        0x00000100u
#define FREEBSD_O_CREAT           0x00000200u
#define FREEBSD_O_TRUNC           0x00000400u
#define FREEBSD_O_EXCL            0x00000800u
#define FREEBSD_O_NOCTTY          0x00008000u
#define FREEBSD_O_DIRECT          0x00010000u
#define FREEBSD_O_DIRECTORY       0x00020000u
#define FREEBSD_O_EXEC            0x00040000u
#define FREEBSD_O_TTY_INIT        0x00080000u
#define FREEBSD_O_CLOEXEC         0x00100000u
#define FREEBSD_O_VERIFY          0x00200000u
#define FREEBSD_O_PATH            0x00400000u
#define FREEBSD_O_RESOLVE_BENEATH 0x00800000u
#define FREEBSD_O_DSYNC           0x01000000u
#define FREEBSD_O_EMPTY_PATH      0x02000000u

#define FREEBSD_F_DUPFD          0
#define FREEBSD_F_GETFD          1
#define FREEBSD_F_SETFD          2
#define FREEBSD_F_GETFL          3
#define FREEBSD_F_SETFL          4
#define FREEBSD_F_GETOWN         5
#define FREEBSD_F_SETOWN         6
#define FREEBSD_F_OGETLK         7
#define FREEBSD_F_OSETLK         8
#define FREEBSD_F_OSETLKW        9
#define FREEBSD_F_DUP2FD         10
#define FREEBSD_F_GETLK          11
#define FREEBSD_F_SETLK          12
#define FREEBSD_F_SETLKW         13
#define FREEBSD_F_SETLK_REMOTE   14
#define FREEBSD_F_READAHEAD      15
#define FREEBSD_F_RDAHEAD        16
#define FREEBSD_F_DUPFD_CLOEXEC  17
#define FREEBSD_F_DUP2FD_CLOEXEC 18
#define FREEBSD_F_ADD_SEALS      19
#define FREEBSD_F_GET_SEALS      20
#define FREEBSD_F_ISUNIONSTACK   21
#define FREEBSD_F_KINFO          22

#define FREEBSD_FD_CLOEXEC 1

#define FREEBSD_F_RDLCK 1
#define FREEBSD_F_UNLCK 2
#define FREEBSD_F_WRLCK 3

#define FREEBSD_AT_EACCESS          0x0100u
#define FREEBSD_AT_SYMLINK_NOFOLLOW 0x0200u
#define FREEBSD_AT_SYMLINK_FOLLOW   0x0400u
#define FREEBSD_AT_REMOVEDIR        0x0800u
#define FREEBSD_AT_RESOLVE_BENEATH  0x2000u
#define FREEBSD_AT_EMPTY_PATH       0x4000u

#define FREEBSD_ALLPERMS    07777u
#define FREEBSD_ACCESSPERMS 0777u
#define FREEBSD_S_ISTXT     01000u

#define FREEBSD_EFTYPE  79
#define FREEBSD_ENOATTR 87

/* struct flock (fcntl(2)); the generation before 7.0 ends after l_whence. */
struct freebsd_flock {
    int64_t l_start, l_len;
    int32_t l_pid;
    int16_t l_type, l_whence;
    int32_t l_sysid; /* 0: this system */
    int32_t pad;
};

_Static_assert(sizeof(struct freebsd_flock) == 32, "struct flock");

#define FREEBSD_OFLOCK_SIZE 24

struct flock;

/*
 * Open flags in the host's terms. O_EXLOCK, O_SHLOCK, O_RESOLVE_BENEATH and O_EMPTY_PATH have no host flag:
 * the caller acts on them. Bits that FreeBSD does not know are ignored, as its kernel does. Returns the flags,
 * or -EINVAL for an impossible access mode (kern_openat()).
 */
int64_t freebsd_open_flags_to_host(uint32_t guest);

/* What F_GETFL answers for the host's status flags. */
uint32_t freebsd_open_flags_from_host(uint32_t host);

/* Lock descriptions both ways. To the host: 0, or -EINVAL for an unknown type. */
int freebsd_flock_to_host(const struct freebsd_flock *guest, struct flock *host);
void freebsd_flock_from_host(const struct flock *host, struct freebsd_flock *guest);

/*
 * Who gets a signal for fd: a process, the negative of a process group, 0 for nobody. -ENOTTY for what raises none;
 * setting it also -ESRCH, -EPERM (of another session). F_GETOWN, F_SETOWN, FIOGETOWN, FIOSETOWN.
 */
int64_t freebsd_get_owner(struct thread *t, int fd);
int64_t freebsd_set_owner(struct thread *t, int fd, int32_t owner);

/* A path argument with *at flags: what to hand to the host. */
struct freebsd_at {
    struct vfs_path path;
    uint32_t host_flags; /* the host's AT_* */
};

/*
 * Checks `flags` against `allowed` (-EINVAL), copies the path in and translates both. `follow_default` says
 * whether the call follows a final symbolic link when no flag speaks of it; `purpose` is what the call is about to do:
 * PATH_CHANGES and its like (vfs/path.h), or 0. Returns 0 or -errno.
 */
int freebsd_at_copyin(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t allowed,
                      bool follow_default, uint32_t purpose, struct freebsd_at *out);

#endif
