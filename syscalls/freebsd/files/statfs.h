/* struct statfs in two generations (sys/mount.h). */
#ifndef SYSCALLS_FREEBSD_STATFS_H
#define SYSCALLS_FREEBSD_STATFS_H

#include <stdint.h>

#define FREEBSD_MNT_RDONLY  0x00000001u
#define FREEBSD_MNT_SYNC    0x00000002u
#define FREEBSD_MNT_NOEXEC  0x00000004u
#define FREEBSD_MNT_NOSUID  0x00000008u
#define FREEBSD_MNT_LOCAL   0x00001000u
#define FREEBSD_MNT_NOATIME 0x10000000u

#define FREEBSD_MNAMELEN   1024
#define FREEBSD11_MNAMELEN 88
#define FREEBSD_MFSNAMELEN 16

struct freebsd_statfs {
    uint32_t f_version, f_type;
    uint64_t f_flags, f_bsize, f_iosize, f_blocks, f_bfree;
    int64_t f_bavail;
    uint64_t f_files;
    int64_t f_ffree;
    uint64_t f_syncwrites, f_asyncwrites, f_syncreads, f_asyncreads, f_spare[10];
    uint32_t f_namemax, f_owner;
    int32_t f_fsid[2];
    char f_charspare[80];
    char f_fstypename[FREEBSD_MFSNAMELEN];
    char f_mntfromname[FREEBSD_MNAMELEN];
    char f_mntonname[FREEBSD_MNAMELEN];
};

_Static_assert(sizeof(struct freebsd_statfs) == 2344, "struct statfs");
_Static_assert(__builtin_offsetof(struct freebsd_statfs, f_fstypename) == 280, "f_fstypename");

struct freebsd11_statfs {
    char same[280]; /* up to the names the generations agree, save the version */
    char f_fstypename[FREEBSD_MFSNAMELEN];
    char f_mntfromname[FREEBSD11_MNAMELEN];
    char f_mntonname[FREEBSD11_MNAMELEN];
};

_Static_assert(sizeof(struct freebsd11_statfs) == 472, "struct freebsd11_statfs");

/* The generation before 5.0 (struct ostatfs): numbers are long, names shorter, some fields elsewhere. */
#define FREEBSD4_MNAMELEN 72

struct freebsd4_statfs {
    int64_t f_spare2, f_bsize, f_iosize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    int32_t f_fsid[2];
    uint32_t f_owner;
    int32_t f_type, f_flags;
    int64_t f_syncwrites, f_asyncwrites;
    char f_fstypename[FREEBSD_MFSNAMELEN];
    char f_mntonname[FREEBSD4_MNAMELEN];
    int64_t f_syncreads, f_asyncreads;
    int16_t f_spares1;
    char f_mntfromname[FREEBSD4_MNAMELEN];
    int16_t f_spares2;
    int64_t f_spare[2];
};

_Static_assert(sizeof(struct freebsd4_statfs) == 304, "struct ostatfs");
_Static_assert(__builtin_offsetof(struct freebsd4_statfs, f_fstypename) == 104, "f_fstypename");
_Static_assert(__builtin_offsetof(struct freebsd4_statfs, f_mntfromname) == 210, "f_mntfromname");

struct statfs;

/* The numbers; the names are left empty. */
void freebsd_statfs_from_host(const struct statfs *host, struct freebsd_statfs *guest);
void freebsd11_statfs_from_new(const struct freebsd_statfs *new, struct freebsd11_statfs *old);
void freebsd4_statfs_from_new(const struct freebsd_statfs *new, struct freebsd4_statfs *old);

#endif
