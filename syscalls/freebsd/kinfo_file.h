/* fcntl(F_KINFO): what the kernel knows of a descriptor (sys/user.h, struct kinfo_file). */
#ifndef SYSCALLS_FREEBSD_KINFO_FILE_H
#define SYSCALLS_FREEBSD_KINFO_FILE_H

#include <stdint.h>

#include "base/guest.h"

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

#define FREEBSD_KF_ATTR_VALID 1

/* The parts that are filled in; everything between is zero here. */
struct freebsd_kinfo_file {
    int32_t kf_structsize, kf_type, kf_fd, kf_ref_count, kf_flags, kf_pad0;
    int64_t kf_offset;
    int32_t kf_file_type, kf_spareint[3];
    uint64_t kf_spareint64[29];
    uint64_t kf_file_nlink, kf_file_fsid, kf_file_rdev, kf_file_fileid, kf_file_size;
    uint32_t kf_file_fsid11, kf_file_rdev11;
    uint16_t kf_file_mode, kf_file_pad0;
    uint32_t kf_file_pad1;
    uint16_t kf_status, kf_pad1;
    int32_t kf_ispare0;
    uint64_t kf_cap_rights[2], kf_cap_spare;
    char kf_path[1024];
};

_Static_assert(sizeof(struct freebsd_kinfo_file) == 1392, "KINFO_FILE_SIZE");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_file, kf_path) == 368, "kf_path");

/* Fills the guest's structure at arg. Returns 0 or -errno (EINVAL: another size in kf_structsize). */
int64_t freebsd_kinfo_file(struct thread *t, int fd, guest_ptr arg);

#endif
