/* struct kinfo_file; see kinfo_file.h. Semantics: kern_fill_kinfo() and the fo_fill_kinfo of each kind of file. */
#include "syscalls/freebsd/sysctl/kinfo_file.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/host_sockets.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/sysctl/kernel_address.h"
#include "syscalls/freebsd/sysctl/proc_descriptors.h"
#include "syscalls/freebsd/sysctl/proc_target.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define RELEASE_12 1200000u

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
    int32_t flags = (mode != O_WRONLY ? FREEBSD_KF_FLAG_READ : 0) | (mode != O_RDONLY ? FREEBSD_KF_FLAG_WRITE : 0);

    flags |= host & O_APPEND ? 0x04 : 0;
    flags |= host & FASYNC ? 0x08 : 0;
    flags |= (host & O_SYNC) == O_SYNC ? 0x10 : 0;
    flags |= host & O_NONBLOCK ? 0x20 : 0;
    flags |= host & O_DIRECT ? 0x40 : 0;
    return flags;
}

static void fill_vnode(const struct proc_descriptor *d, struct freebsd_kinfo_file *k)
{
    struct freebsd_stat st;
    freebsd_stat_from_host(&d->stat, &st);
    k->kf_file_type = vnode_type(st.st_mode);
    k->kf_file_nlink = st.st_nlink;
    k->kf_file_fsid = st.st_dev;
    k->kf_file_rdev = st.st_rdev;
    k->kf_file_fileid = st.st_ino;
    k->kf_file_size = (uint64_t)st.st_size;
    k->kf_file_fsid11 = (uint32_t)st.st_dev;
    k->kf_file_rdev11 = (uint32_t)st.st_rdev;
    k->kf_file_mode = st.st_mode;
}

/* A path is the guest's, as it would name the socket; an abstract name is none to it. */
static void local_address(struct thread *t, const struct host_socket *s, uint8_t to[128])
{
    char name[sizeof s->name + 1];
    struct path_room room;
    memcpy(name, s->name, s->name_length);
    name[s->name_length] = '\0';
    const char *path = path_guest_view(t, name, &room);
    size_t n = hot_strlen(path);
    n = n < FREEBSD_UNIX_PATH_MAX ? n : FREEBSD_UNIX_PATH_MAX;
    to[0] = (uint8_t)(n + 2);
    to[1] = FREEBSD_AF_UNIX;
    memcpy(to + 2, path, n);
}

void kinfo_socket_address(struct thread *t, const struct host_socket *s, bool peer, uint8_t to[128])
{
    static const struct host_socket nameless = {.family = HOST_AF_UNIX};
    memset(to, 0, 128);
    if (s->family == HOST_AF_UNIX) {
        local_address(t, peer ? &nameless : s, to);
        return;
    }
    bool six = s->family == HOST_AF_INET6;
    uint16_t port = peer ? s->peer_port : s->local_port;
    to[0] = six ? 28 : 16;
    to[1] = six ? FREEBSD_AF_INET6 : FREEBSD_AF_INET;
    to[2] = (uint8_t)(port >> 8);
    to[3] = (uint8_t)port;
    memcpy(to + (six ? 8 : 4), peer ? s->peer : s->local, six ? 16 : 4);
}

static void fill_socket(struct thread *t, const struct proc_descriptor *d, const struct host_socket *s,
                        struct freebsd_kinfo_file *k)
{
    uint64_t inode = proc_link_number(d->link);
    memset(&k->kf_sock_sendq, 0, 304);
    k->kf_sock_pcb = kernel_address_of_pcb(inode);
    if (s == NULL) {
        return;
    }
    k->kf_sock_sendq = t->proc->release >= RELEASE_12 ? s->unsent : 0;
    k->kf_sock_recvq = t->proc->release >= RELEASE_12 ? s->received : 0;
    k->kf_sock_domain = freebsd_family_from_host(s->family);
    k->kf_sock_type = s->type;
    k->kf_sock_protocol = s->protocol;
    kinfo_socket_address(t, s, false, k->kf_sa_local);
    kinfo_socket_address(t, s, true, k->kf_sa_peer);
    if (s->family == HOST_AF_UNIX) {
        k->kf_sock_unpconn = s->peer_inode != 0 ? kernel_address_of_pcb(s->peer_inode) : 0;
    } else {
        k->kf_sock_inpcb = kernel_address_of_pcb(inode);
    }
}

static void fill_by_class(struct thread *t, const struct proc_descriptor *d, const struct host_socket *socket,
                          struct freebsd_kinfo_file *k)
{
    switch (d->class) {
    case FILE_SOCKET:
        fill_socket(t, d, socket, k);
        break;
    case FILE_PIPE:
        k->kf_pipe_addr = kernel_address_of_pipe(proc_link_number(d->link), (d->flags & O_ACCMODE) != O_RDONLY);
        k->kf_pipe_peer = kernel_address_of_pipe(proc_link_number(d->link), (d->flags & O_ACCMODE) == O_RDONLY);
        break;
    case FILE_PROCESS:
        k->kf_pid = d->process;
        break;
    case FILE_PTS:
        k->kf_pts_dev = freebsd_makedev(d->terminal_major, d->terminal_minor);
        k->kf_pts_dev11 = (uint32_t)k->kf_pts_dev;
        break;
    case FILE_KQUEUE:
    case FILE_OTHER:
        break;
    default:
        fill_vnode(d, k);
    }
}

void kinfo_file_fill(struct thread *t, const struct proc_descriptor *d, const struct host_socket *socket,
                     struct freebsd_kinfo_file *k)
{
    memset(k, 0, sizeof *k);
    k->kf_structsize = sizeof *k;
    k->kf_fd = d->fd;
    k->kf_ref_count = 1;
    k->kf_type = types[d->class];
    k->kf_status = FREEBSD_KF_ATTR_VALID;
    k->kf_flags = kinfo_flags(d->flags);
    k->kf_offset = d->position;
    fill_by_class(t, d, socket, k);
    if (d->link[0] == '/' && d->class != FILE_SHM && d->class != FILE_PTS) {
        char path[PROC_LINK_MAX];
        struct path_room room;
        hot_strlcpy(path, d->link, sizeof path);
        const char *node = freebsd_node_name(path);
        hot_strlcpy(k->kf_path, node ? node : path_guest_view(t, path, &room), sizeof k->kf_path);
    }
}

uint32_t kinfo_file_pack(struct freebsd_kinfo_file *k)
{
    size_t size = __builtin_offsetof(struct freebsd_kinfo_file, kf_path) + hot_strlen(k->kf_path) + 1;
    k->kf_structsize = (int32_t)((size + 7) & ~(size_t)7);
    return (uint32_t)k->kf_structsize;
}

/* Only a socket makes it look at the host's sockets. */
static void fill_own(struct thread *t, const struct proc_descriptor *d, struct freebsd_kinfo_file *k)
{
    struct host_sockets sockets = {NULL, 0, 0};
    if (d->class == FILE_SOCKET) {
        host_sockets_read(&sockets, HOST_SOCKETS_ALL);
    }
    kinfo_file_fill(t, d, host_sockets_find(&sockets, proc_link_number(d->link)), k);
    host_sockets_free(&sockets);
}

int64_t freebsd_kinfo_file(struct thread *t, int fd, guest_ptr arg)
{
    struct freebsd_kinfo_file k;
    struct proc_target target;
    struct proc_descriptor d;
    int32_t size;
    int64_t r = copyin(&size, arg, sizeof(size));

    if (r < 0) {
        return r;
    }
    if (size != (int32_t)sizeof(k)) {
        return -EINVAL;
    }
    r = proc_target_of(t, -1, &target);
    r = r == 0 ? proc_descriptor_read(&target, fd, &d) : r;
    if (r < 0) {
        return r;
    }
    fill_own(t, &d, &k);
    return copyout(arg, &k, sizeof(k));
}
