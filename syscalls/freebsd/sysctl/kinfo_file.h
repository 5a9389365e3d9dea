/*
 * What the kernel knows of a descriptor (sys/sys/user.h, struct kinfo_file): for fcntl(F_KINFO) and kern.proc.filedesc.
 * The places are the same in all releases since 8; what release 12 has widened has its old place as well.
 */
#ifndef SYSCALLS_FREEBSD_KINFO_FILE_H
#define SYSCALLS_FREEBSD_KINFO_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct host_socket;
struct proc_descriptor;
struct thread;

#define FREEBSD_KF_TYPE_VNODE    1
#define FREEBSD_KF_TYPE_SOCKET   2
#define FREEBSD_KF_TYPE_PIPE     3
#define FREEBSD_KF_TYPE_FIFO     4
#define FREEBSD_KF_TYPE_KQUEUE   5
#define FREEBSD_KF_TYPE_SHM      8
#define FREEBSD_KF_TYPE_PTS      10
#define FREEBSD_KF_TYPE_PROCDESC 11
#define FREEBSD_KF_TYPE_DEV      12
#define FREEBSD_KF_TYPE_UNKNOWN  255

/* kf_fd of what is no descriptor */
#define FREEBSD_KF_FD_CWD  (-1)
#define FREEBSD_KF_FD_ROOT (-2)
#define FREEBSD_KF_FD_TEXT (-5)
#define FREEBSD_KF_FD_CTTY (-6)

#define FREEBSD_KF_FLAG_READ  1
#define FREEBSD_KF_FLAG_WRITE 2

#define FREEBSD_KF_ATTR_VALID 1

struct freebsd_kinfo_file {
    int32_t kf_structsize, kf_type, kf_fd, kf_ref_count, kf_flags, kf_pad0;
    int64_t kf_offset;
    union {
        struct {
            int32_t kf_file_type, kf_spareint[3];
            uint64_t kf_spareint64[29];
            uint64_t kf_file_nlink, kf_file_fsid, kf_file_rdev, kf_file_fileid, kf_file_size;
            uint32_t kf_file_fsid11, kf_file_rdev11;
            uint16_t kf_file_mode, kf_file_pad0;
            uint32_t kf_file_pad1;
        };
        struct {
            uint32_t kf_sock_sendq; /* before release 12: kf_vnode_type */
            int32_t kf_sock_domain, kf_sock_type, kf_sock_protocol;
            uint8_t kf_sa_local[128], kf_sa_peer[128];
            uint64_t kf_sock_pcb, kf_sock_inpcb, kf_sock_unpconn;
            uint16_t kf_sock_snd_sb_state, kf_sock_rcv_sb_state;
            uint32_t kf_sock_recvq;
        };
        struct {
            uint8_t kf_pipe_before[272];
            uint64_t kf_pipe_addr, kf_pipe_peer;
            uint32_t kf_pipe_buffer_cnt;
        };
        struct {
            uint8_t kf_pts_before[272];
            uint32_t kf_pts_dev11, kf_pts_pad0;
            uint64_t kf_pts_dev;
        };
        struct {
            uint8_t kf_proc_before[272];
            int32_t kf_pid;
        };
    };
    uint16_t kf_status, kf_pad1;
    int32_t kf_ispare0;
    uint64_t kf_cap_rights[2], kf_cap_spare;
    char kf_path[1024];
};

_Static_assert(sizeof(struct freebsd_kinfo_file) == 1392, "KINFO_FILE_SIZE");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_file, kf_file_fileid) == 304, "kf_un");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_file, kf_sock_pcb) == 304, "kf_un");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_file, kf_pid) == 304, "kf_un");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_file, kf_status) == 336, "kf_status");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_file, kf_path) == 368, "kf_path");

/* Fills a record; socket: what the descriptor leads to, NULL if it is none or not known. kf_structsize is the whole. */
void kinfo_file_fill(struct thread *t, const struct proc_descriptor *d, const struct host_socket *socket,
                     struct freebsd_kinfo_file *k);

/* A socket's address, or its peer's, as a struct sockaddr_storage of FreeBSD's. */
void kinfo_socket_address(struct thread *t, const struct host_socket *s, bool peer, uint8_t to[128]);

/* The size of a record in a list: its path is cut to what there is of it. Sets kf_structsize. */
uint32_t kinfo_file_pack(struct freebsd_kinfo_file *k);

/* Fills the guest's structure at arg. Returns 0 or -errno (EINVAL: another size in kf_structsize). */
int64_t freebsd_kinfo_file(struct thread *t, int fd, guest_ptr arg);

#endif
