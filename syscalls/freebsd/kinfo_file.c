/* fcntl(F_KINFO); see kinfo_file.h. The path is what FreeBSD's realpath and Go's tools ask for. */
#include "syscalls/freebsd/kinfo_file.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/file_class.h"
#include "syscalls/freebsd/filesystems.h"
#include "syscalls/freebsd/stat.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

static int32_t vnode_type(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return 1;
    case S_IFDIR:
        return 2;
    case S_IFBLK:
        return 3;
    case S_IFCHR:
        return 4;
    case S_IFLNK:
        return 5;
    case S_IFSOCK:
        return 6;
    case S_IFIFO:
        return 7;
    default:
        return 0;
    }
}

static const uint8_t types[] = {
    [FILE_VNODE] = FREEBSD_KF_TYPE_VNODE,   [FILE_FIFO] = FREEBSD_KF_TYPE_FIFO,
    [FILE_PIPE] = FREEBSD_KF_TYPE_PIPE,     [FILE_SOCKET] = FREEBSD_KF_TYPE_SOCKET,
    [FILE_SHM] = FREEBSD_KF_TYPE_SHM,       [FILE_PTS] = FREEBSD_KF_TYPE_PTS,
    [FILE_KQUEUE] = FREEBSD_KF_TYPE_KQUEUE, [FILE_PROCESS] = FREEBSD_KF_TYPE_PROCDESC,
    [FILE_OTHER] = FREEBSD_KF_TYPE_UNKNOWN,
};

static int32_t kinfo_flags(uint32_t host)
{
    uint32_t mode = host & O_ACCMODE;
    int32_t flags = (mode != O_WRONLY ? 1 : 0) | (mode != O_RDONLY ? 2 : 0);

    flags |= host & O_APPEND ? 0x04 : 0;
    flags |= host & FASYNC ? 0x08 : 0;
    flags |= (host & O_SYNC) == O_SYNC ? 0x10 : 0;
    flags |= host & O_NONBLOCK ? 0x20 : 0;
    flags |= host & O_DIRECT ? 0x40 : 0;
    return flags;
}

int64_t freebsd_kinfo_file(struct thread *t, int fd, guest_ptr arg)
{
    struct freebsd_kinfo_file k;
    struct freebsd_stat st;
    char path[VFS_HOST_PATH_MAX];
    int32_t size;
    uint32_t mode;
    int64_t class;
    int64_t r = copyin(&size, arg, sizeof(size));

    if (r < 0) {
        return r;
    }
    if (size != (int32_t)sizeof(k)) {
        return -EINVAL;
    }
    r = freebsd_stat_descriptor(t, fd, &st);
    if (r < 0) {
        return r;
    }
    memset(&k, 0, sizeof(k));
    r = path_of_descriptor(fd, path, sizeof(path));
    if (r > 0 && path[0] == '/') {
        const char *node = freebsd_node_name(path);

        hot_strlcpy(k.kf_path, node ? node : path_guest_view(t, path), sizeof(k.kf_path));
    }
    k.kf_structsize = size;
    k.kf_fd = fd;
    k.kf_ref_count = 1;
    class = freebsd_file_class(t, fd, &mode);
    k.kf_type = class < 0 ? FREEBSD_KF_TYPE_UNKNOWN : types[class];
    k.kf_status = FREEBSD_KF_ATTR_VALID;
    k.kf_flags = kinfo_flags((uint32_t)host_call3(__NR_fcntl, fd, F_GETFL, 0));
    r = host_call3(__NR_lseek, fd, 0, 1);
    k.kf_offset = r < 0 ? 0 : r;
    k.kf_file_type = vnode_type(st.st_mode);
    k.kf_file_nlink = st.st_nlink;
    k.kf_file_fsid = st.st_dev;
    k.kf_file_rdev = st.st_rdev;
    k.kf_file_fileid = st.st_ino;
    k.kf_file_size = (uint64_t)st.st_size;
    k.kf_file_fsid11 = (uint32_t)st.st_dev;
    k.kf_file_rdev11 = (uint32_t)st.st_rdev;
    k.kf_file_mode = st.st_mode;
    return copyout(arg, &k, sizeof(k));
}
