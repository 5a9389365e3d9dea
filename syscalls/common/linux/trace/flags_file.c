/* Names of Linux's constants: files, memory, events. */
#include "syscalls/common/linux/trace/names.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/close_range.h>
#include <linux/eventpoll.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/random.h>
#include <linux/signalfd.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/timerfd.h>
#include <linux/xattr.h>

static const struct flag_name open_flags[] = {
    MASKED(O_ACCMODE, O_RDONLY),
    MASKED(O_ACCMODE, O_WRONLY),
    MASKED(O_ACCMODE, O_RDWR),
    BIT(O_CREAT),
    BIT(O_EXCL),
    BIT(O_NOCTTY),
    BIT(O_TRUNC),
    BIT(O_APPEND),
    BIT(O_NONBLOCK),
    BIT(O_SYNC),
    BIT(O_DSYNC),
    BIT(O_DIRECT),
    BIT(O_LARGEFILE),
    BIT(O_NOFOLLOW),
    BIT(O_NOATIME),
    BIT(O_CLOEXEC),
    BIT(O_PATH),
    BIT(O_TMPFILE),
    BIT(O_DIRECTORY),
    {FASYNC, FASYNC, "O_ASYNC"},
};
static const struct flag_name pipe_flags[] = {BIT(O_CLOEXEC), BIT(O_NONBLOCK), BIT(O_DIRECT)};
static const struct flag_name at_flags[] = {
    BIT(AT_SYMLINK_NOFOLLOW), BIT(AT_REMOVEDIR),        BIT(AT_SYMLINK_FOLLOW),  BIT(AT_NO_AUTOMOUNT),
    BIT(AT_EMPTY_PATH),       BIT(AT_STATX_FORCE_SYNC), BIT(AT_STATX_DONT_SYNC),
};
static const struct flag_name statx_flags[] = {
    {AT_STATX_SYNC_TYPE, AT_STATX_SYNC_AS_STAT, "AT_STATX_SYNC_AS_STAT"},
    {AT_STATX_SYNC_TYPE, AT_STATX_FORCE_SYNC, "AT_STATX_FORCE_SYNC"},
    {AT_STATX_SYNC_TYPE, AT_STATX_DONT_SYNC, "AT_STATX_DONT_SYNC"},
    BIT(AT_SYMLINK_NOFOLLOW),
    BIT(AT_NO_AUTOMOUNT),
    BIT(AT_EMPTY_PATH),
};
static const struct flag_name faccess_flags[] = {BIT(AT_EACCESS), BIT(AT_SYMLINK_NOFOLLOW), BIT(AT_EMPTY_PATH)};
static const struct flag_name access_flags[] = {
    {0, 0, "F_OK"}, FLAG_BIT(4, "R_OK"), FLAG_BIT(2, "W_OK"), FLAG_BIT(1, "X_OK")};
static const struct flag_name statx_mask[] = {
    {STATX_ALL, STATX_ALL, "STATX_ALL"},
    {STATX_BASIC_STATS, STATX_BASIC_STATS, "STATX_BASIC_STATS"},
    BIT(STATX_TYPE),
    BIT(STATX_MODE),
    BIT(STATX_NLINK),
    BIT(STATX_UID),
    BIT(STATX_GID),
    BIT(STATX_ATIME),
    BIT(STATX_MTIME),
    BIT(STATX_CTIME),
    BIT(STATX_INO),
    BIT(STATX_SIZE),
    BIT(STATX_BLOCKS),
    BIT(STATX_BTIME),
    BIT(STATX_MNT_ID),
};
static const struct flag_name prot_flags[] = {{0, 0, "PROT_NONE"}, BIT(PROT_READ),      BIT(PROT_WRITE),
                                              BIT(PROT_EXEC),      BIT(PROT_GROWSDOWN), BIT(PROT_GROWSUP)};
static const struct flag_name mmap_flags[] = {
    MASKED(MAP_TYPE, MAP_SHARED),
    MASKED(MAP_TYPE, MAP_PRIVATE),
    MASKED(MAP_TYPE, MAP_SHARED_VALIDATE),
    BIT(MAP_32BIT),
    BIT(MAP_FIXED),
    BIT(MAP_ANONYMOUS),
    BIT(MAP_NORESERVE),
    BIT(MAP_POPULATE),
    BIT(MAP_NONBLOCK),
    BIT(MAP_GROWSDOWN),
    BIT(MAP_DENYWRITE),
    BIT(MAP_EXECUTABLE),
    BIT(MAP_LOCKED),
    BIT(MAP_STACK),
    BIT(MAP_HUGETLB),
    BIT(MAP_SYNC),
    BIT(MAP_FIXED_NOREPLACE),
};
static const struct flag_name mremap_flags[] = {BIT(MREMAP_MAYMOVE), BIT(MREMAP_FIXED), BIT(MREMAP_DONTUNMAP)};
static const struct flag_name msync_flags[] = {BIT(MS_ASYNC), BIT(MS_INVALIDATE), BIT(MS_SYNC)};
static const struct flag_name mlockall_flags[] = {BIT(MCL_CURRENT), BIT(MCL_FUTURE), BIT(MCL_ONFAULT)};
static const struct value_name madvise_values[] = {
    VALUE(MADV_NORMAL),        VALUE(MADV_RANDOM),    VALUE(MADV_SEQUENTIAL),  VALUE(MADV_WILLNEED),
    VALUE(MADV_DONTNEED),      VALUE(MADV_FREE),      VALUE(MADV_REMOVE),      VALUE(MADV_DONTFORK),
    VALUE(MADV_DOFORK),        VALUE(MADV_MERGEABLE), VALUE(MADV_UNMERGEABLE), VALUE(MADV_HUGEPAGE),
    VALUE(MADV_NOHUGEPAGE),    VALUE(MADV_DONTDUMP),  VALUE(MADV_DODUMP),      VALUE(MADV_WIPEONFORK),
    VALUE(MADV_KEEPONFORK),    VALUE(MADV_COLD),      VALUE(MADV_PAGEOUT),     VALUE(MADV_POPULATE_READ),
    VALUE(MADV_POPULATE_WRITE)};
static const struct value_name whence_values[] = {VALUE(SEEK_SET), VALUE(SEEK_CUR), VALUE(SEEK_END), VALUE(SEEK_DATA),
                                                  VALUE(SEEK_HOLE)};
static const struct value_name fcntl_values[] = {
    VALUE(F_DUPFD),      VALUE(F_GETFD),     VALUE(F_SETFD),     VALUE(F_GETFL),         VALUE(F_SETFL),
    VALUE(F_GETLK),      VALUE(F_SETLK),     VALUE(F_SETLKW),    VALUE(F_SETOWN),        VALUE(F_GETOWN),
    VALUE(F_SETSIG),     VALUE(F_GETSIG),    {12, "F_GETLK64"},  {13, "F_SETLK64"},      {14, "F_SETLKW64"},
    VALUE(F_SETOWN_EX),  VALUE(F_GETOWN_EX), VALUE(F_OFD_GETLK), VALUE(F_OFD_SETLK),     VALUE(F_OFD_SETLKW),
    VALUE(F_SETLEASE),   VALUE(F_GETLEASE),  VALUE(F_NOTIFY),    VALUE(F_DUPFD_CLOEXEC), VALUE(F_SETPIPE_SZ),
    VALUE(F_GETPIPE_SZ), VALUE(F_ADD_SEALS), VALUE(F_GET_SEALS), VALUE(F_GET_RW_HINT),   VALUE(F_SET_RW_HINT)};
static const struct flag_name fd_flags[] = {BIT(FD_CLOEXEC)};
static const struct flag_name seal_flags[] = {BIT(F_SEAL_SEAL), BIT(F_SEAL_SHRINK), BIT(F_SEAL_GROW), BIT(F_SEAL_WRITE),
                                              BIT(F_SEAL_FUTURE_WRITE)};
static const struct value_name lock_values[] = {VALUE(F_RDLCK), VALUE(F_WRLCK), VALUE(F_UNLCK)};
static const struct flag_name flock_flags[] = {
    {11, 1, "LOCK_SH"}, {11, 2, "LOCK_EX"}, {11, 8, "LOCK_UN"}, FLAG_BIT(4, "LOCK_NB")};
static const struct flag_name fallocate_flags[] = {BIT(FALLOC_FL_KEEP_SIZE),      BIT(FALLOC_FL_PUNCH_HOLE),
                                                   BIT(FALLOC_FL_COLLAPSE_RANGE), BIT(FALLOC_FL_ZERO_RANGE),
                                                   BIT(FALLOC_FL_INSERT_RANGE),   BIT(FALLOC_FL_UNSHARE_RANGE)};
static const struct value_name fadvise_values[] = {VALUE(POSIX_FADV_NORMAL),     VALUE(POSIX_FADV_RANDOM),
                                                   VALUE(POSIX_FADV_SEQUENTIAL), VALUE(POSIX_FADV_WILLNEED),
                                                   VALUE(POSIX_FADV_DONTNEED),   VALUE(POSIX_FADV_NOREUSE)};
static const struct flag_name rename_flags[] = {BIT(RENAME_NOREPLACE), BIT(RENAME_EXCHANGE), BIT(RENAME_WHITEOUT)};
static const struct flag_name xattr_flags[] = {BIT(XATTR_CREATE), BIT(XATTR_REPLACE)};
static const struct flag_name rwf_flags[] = {BIT(RWF_HIPRI), BIT(RWF_DSYNC), BIT(RWF_SYNC), BIT(RWF_NOWAIT),
                                             BIT(RWF_APPEND)};
static const struct flag_name splice_flags[] = {FLAG_BIT(1, "SPLICE_F_MOVE"), FLAG_BIT(2, "SPLICE_F_NONBLOCK"),
                                                FLAG_BIT(4, "SPLICE_F_MORE"), FLAG_BIT(8, "SPLICE_F_GIFT")};
static const struct flag_name close_range_flags[] = {BIT(CLOSE_RANGE_UNSHARE), BIT(CLOSE_RANGE_CLOEXEC)};
static const struct flag_name memfd_flags[] = {BIT(MFD_CLOEXEC), BIT(MFD_ALLOW_SEALING), BIT(MFD_HUGETLB)};
static const struct flag_name random_flags[] = {BIT(GRND_NONBLOCK), BIT(GRND_RANDOM), BIT(GRND_INSECURE)};
static const struct flag_name eventfd_flags[] = {FLAG_BIT(O_CLOEXEC, "EFD_CLOEXEC"),
                                                 FLAG_BIT(O_NONBLOCK, "EFD_NONBLOCK"), FLAG_BIT(1, "EFD_SEMAPHORE")};
static const struct flag_name signalfd_flags[] = {BIT(SFD_CLOEXEC), BIT(SFD_NONBLOCK)};
static const struct flag_name timerfd_flags[] = {BIT(TFD_CLOEXEC), BIT(TFD_NONBLOCK)};
static const struct flag_name timerfd_set_flags[] = {BIT(TFD_TIMER_ABSTIME), BIT(TFD_TIMER_CANCEL_ON_SET)};
static const struct flag_name inotify_flags[] = {BIT(IN_CLOEXEC), BIT(IN_NONBLOCK)};
static const struct flag_name inotify_mask[] = {
    BIT(IN_ACCESS),      BIT(IN_MODIFY),     BIT(IN_ATTRIB),   BIT(IN_CLOSE_WRITE), BIT(IN_CLOSE_NOWRITE),
    BIT(IN_OPEN),        BIT(IN_MOVED_FROM), BIT(IN_MOVED_TO), BIT(IN_CREATE),      BIT(IN_DELETE),
    BIT(IN_DELETE_SELF), BIT(IN_MOVE_SELF),  BIT(IN_ONLYDIR),  BIT(IN_DONT_FOLLOW), BIT(IN_EXCL_UNLINK),
    BIT(IN_MASK_ADD),    BIT(IN_ISDIR),      BIT(IN_ONESHOT)};
static const struct flag_name epoll_flags[] = {FLAG_BIT(O_CLOEXEC, "EPOLL_CLOEXEC")};
static const struct value_name epoll_values[] = {VALUE(EPOLL_CTL_ADD), VALUE(EPOLL_CTL_DEL), VALUE(EPOLL_CTL_MOD)};
static const struct flag_name epoll_events[] = {
    FLAG_BIT(0x1, "EPOLLIN"),          FLAG_BIT(0x2, "EPOLLPRI"),          FLAG_BIT(0x4, "EPOLLOUT"),
    FLAG_BIT(0x8, "EPOLLERR"),         FLAG_BIT(0x10, "EPOLLHUP"),         FLAG_BIT(0x40, "EPOLLRDNORM"),
    FLAG_BIT(0x80, "EPOLLRDBAND"),     FLAG_BIT(0x100, "EPOLLWRNORM"),     FLAG_BIT(0x200, "EPOLLWRBAND"),
    FLAG_BIT(0x400, "EPOLLMSG"),       FLAG_BIT(0x2000, "EPOLLRDHUP"),     FLAG_BIT(1U << 28, "EPOLLEXCLUSIVE"),
    FLAG_BIT(1U << 29, "EPOLLWAKEUP"), FLAG_BIT(1U << 30, "EPOLLONESHOT"), FLAG_BIT(1U << 31, "EPOLLET")};
static const struct flag_name poll_events[] = {BIT(POLLIN),     BIT(POLLPRI),    BIT(POLLOUT),    BIT(POLLERR),
                                               BIT(POLLHUP),    BIT(POLLNVAL),   BIT(POLLRDNORM), BIT(POLLRDBAND),
                                               BIT(POLLWRNORM), BIT(POLLWRBAND), BIT(POLLMSG),    BIT(POLLRDHUP)};
static const struct flag_name mount_flags[] = {
    BIT(MS_RDONLY),  BIT(MS_NOSUID), BIT(MS_NODEV),    BIT(MS_NOEXEC),     BIT(MS_SYNCHRONOUS), BIT(MS_REMOUNT),
    BIT(MS_NOATIME), BIT(MS_BIND),   BIT(MS_MOVE),     BIT(MS_REC),        BIT(MS_SILENT),      BIT(MS_PRIVATE),
    BIT(MS_SLAVE),   BIT(MS_SHARED), BIT(MS_RELATIME), BIT(MS_STRICTATIME)};
static const struct flag_name umount_flags[] = {FLAG_BIT(1, "MNT_FORCE"), FLAG_BIT(2, "MNT_DETACH"),
                                                FLAG_BIT(4, "MNT_EXPIRE"), FLAG_BIT(8, "UMOUNT_NOFOLLOW")};
static const struct flag_name resolve_flags[] = {BIT(RESOLVE_NO_XDEV),     BIT(RESOLVE_NO_MAGICLINKS),
                                                 BIT(RESOLVE_NO_SYMLINKS), BIT(RESOLVE_BENEATH),
                                                 BIT(RESOLVE_IN_ROOT),     BIT(RESOLVE_CACHED)};
static const struct value_name ioctl_values[] = {
    VALUE(TCGETS),          VALUE(TCSETS),         VALUE(TCSETSW),      VALUE(TCSETSF),     VALUE(TCSBRK),
    VALUE(TCXONC),          VALUE(TCFLSH),         VALUE(TIOCEXCL),     VALUE(TIOCNXCL),    VALUE(TIOCSCTTY),
    VALUE(TIOCGPGRP),       VALUE(TIOCSPGRP),      VALUE(TIOCOUTQ),     VALUE(TIOCSTI),     VALUE(TIOCGWINSZ),
    VALUE(TIOCSWINSZ),      VALUE(FIONREAD),       VALUE(FIONBIO),      VALUE(TIOCNOTTY),   VALUE(TIOCGSID),
    VALUE(TIOCGPTN),        VALUE(TIOCSPTLCK),     VALUE(TIOCGPTPEER),  VALUE(FIOCLEX),     VALUE(FIONCLEX),
    VALUE(FIOASYNC),        VALUE(SIOCGIFCONF),    VALUE(SIOCGIFFLAGS), VALUE(SIOCGIFADDR), VALUE(SIOCGIFNAME),
    VALUE(SIOCGIFINDEX),    VALUE(SIOCGIFHWADDR),  VALUE(SIOCGIFMTU),   VALUE(SIOCATMARK),  VALUE(FICLONE),
    VALUE(FS_IOC_GETFLAGS), VALUE(FS_IOC_SETFLAGS)};

const struct trace_table linux_trace_file_tables[] = {
    FLAG_TABLE("open", open_flags),
    FLAG_TABLE("pipe", pipe_flags),
    FLAG_TABLE("at", at_flags),
    FLAG_TABLE("statx", statx_flags),
    FLAG_TABLE("faccess", faccess_flags),
    FLAG_TABLE("access", access_flags),
    FLAG_TABLE("statx_mask", statx_mask),
    FLAG_TABLE("prot", prot_flags),
    FLAG_TABLE("mmap", mmap_flags),
    FLAG_TABLE("mremap", mremap_flags),
    FLAG_TABLE("msync", msync_flags),
    FLAG_TABLE("mlockall", mlockall_flags),
    VALUE_TABLE("madvise", madvise_values),
    VALUE_TABLE("whence", whence_values),
    VALUE_TABLE("fcntl", fcntl_values),
    FLAG_TABLE("fdflags", fd_flags),
    FLAG_TABLE("seals", seal_flags),
    VALUE_TABLE("locktype", lock_values),
    FLAG_TABLE("flock", flock_flags),
    FLAG_TABLE("fallocate", fallocate_flags),
    VALUE_TABLE("fadvise", fadvise_values),
    FLAG_TABLE("rename", rename_flags),
    FLAG_TABLE("xattr", xattr_flags),
    FLAG_TABLE("rwf", rwf_flags),
    FLAG_TABLE("splice", splice_flags),
    FLAG_TABLE("close_range", close_range_flags),
    FLAG_TABLE("memfd", memfd_flags),
    FLAG_TABLE("random", random_flags),
    FLAG_TABLE("eventfd", eventfd_flags),
    FLAG_TABLE("signalfd", signalfd_flags),
    FLAG_TABLE("timerfd", timerfd_flags),
    FLAG_TABLE("timerfd_set", timerfd_set_flags),
    FLAG_TABLE("inotify", inotify_flags),
    FLAG_TABLE("inotify_mask", inotify_mask),
    FLAG_TABLE("epoll_create", epoll_flags),
    VALUE_TABLE("epoll_op", epoll_values),
    FLAG_TABLE("epoll", epoll_events),
    FLAG_TABLE("poll", poll_events),
    FLAG_TABLE("mount", mount_flags),
    FLAG_TABLE("umount", umount_flags),
    FLAG_TABLE("resolve", resolve_flags),
    VALUE_TABLE("ioctl", ioctl_values),
    {NULL, NULL, NULL, 0},
};
