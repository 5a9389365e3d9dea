/* FreeBSD's struct kinfo_vmentry (sys/sys/user.h): the same places in all releases since 8. */
#ifndef SYSCALLS_FREEBSD_KINFO_VMENTRY_H
#define SYSCALLS_FREEBSD_KINFO_VMENTRY_H

#include <stdint.h>

#include "syscalls/freebsd/sysctl/kinfo_file.h"

#define FREEBSD_KVME_TYPE_VNODE  2
#define FREEBSD_KVME_TYPE_SWAP   3
#define FREEBSD_KVME_TYPE_DEVICE 4
#define FREEBSD_KVME_TYPE_GUARD  9

#define FREEBSD_KVME_FLAG_COW        0x01
#define FREEBSD_KVME_FLAG_NOCOREDUMP 0x04
#define FREEBSD_KVME_FLAG_SUPER      0x08
#define FREEBSD_KVME_FLAG_GROWS_DOWN 0x20
#define FREEBSD_KVME_FLAG_USER_WIRED 0x40

struct freebsd_kinfo_vmentry {
    int32_t kve_structsize, kve_type;
    uint64_t kve_start, kve_end, kve_offset, kve_vn_fileid;
    uint32_t kve_vn_fsid11;
    int32_t kve_flags;
    int32_t kve_resident, kve_private_resident; /* pages */
    int32_t kve_protection;                     /* 1 read, 2 write, 4 execute */
    int32_t kve_ref_count, kve_shadow_count, kve_vn_type;
    uint64_t kve_vn_size;
    uint32_t kve_vn_rdev11;
    uint16_t kve_vn_mode, kve_status;
    uint64_t kve_vn_fsid, kve_vn_rdev;
    int32_t kve_spare[8];
    char kve_path[1024];
};

_Static_assert(sizeof(struct freebsd_kinfo_vmentry) == 1160, "KINFO_VMENTRY_SIZE");
_Static_assert(__builtin_offsetof(struct freebsd_kinfo_vmentry, kve_path) == 136, "kve_path");

#endif
