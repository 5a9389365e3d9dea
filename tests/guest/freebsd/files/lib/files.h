/*
 * What the tests of files need beyond abi.h: structures of the calls' other generations, numbers of sys/fcntl.h,
 * sys/mount.h, sys/stat.h, sys/extattr.h and the terminals, and a few helpers.
 */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include "guest.h"

/* Addresses that no process may touch: the first page, and the kernel's half. */
#define WILD      ((void *)8)
#define WILD_HIGH ((void *)0xffff800000000000UL)

enum {
    FREEBSD_O_DIRECT = 0x10000,
    FREEBSD_O_TTY_INIT = 0x80000,
    FREEBSD_O_VERIFY = 0x200000,
    FREEBSD_O_DSYNC = 0x1000000,
    FREEBSD_O_EMPTY_PATH = 0x2000000,
    FREEBSD_AT_RESOLVE_BENEATH = 0x2000,
};
enum {
    FREEBSD_F_GETOWN = 5,
    FREEBSD_F_SETOWN = 6,
    FREEBSD_F_OGETLK = 7,
    FREEBSD_F_OSETLK = 8,
    FREEBSD_F_OSETLKW = 9,
    FREEBSD_F_SETLK_REMOTE = 14,
    FREEBSD_F_READAHEAD = 15,
    FREEBSD_F_RDAHEAD = 16,
    FREEBSD_F_ADD_SEALS = 19,
    FREEBSD_F_GET_SEALS = 20,
    FREEBSD_F_ISUNIONSTACK = 21,
    FREEBSD_F_KINFO = 22,
    FREEBSD_F_SEAL_SEAL = 1,
    FREEBSD_F_SEAL_SHRINK = 2,
    FREEBSD_F_SEAL_GROW = 4,
    FREEBSD_F_SEAL_WRITE = 8,
};
enum { FREEBSD_LOCK_SH = 1, FREEBSD_LOCK_EX = 2, FREEBSD_LOCK_NB = 4, FREEBSD_LOCK_UN = 8 };
enum {
    FREEBSD_UF_NODUMP = 1,
    FREEBSD_UF_IMMUTABLE = 2,
    FREEBSD_UF_APPEND = 4,
    FREEBSD_UF_HIDDEN = 0x8000,
    FREEBSD_SF_IMMUTABLE = 0x20000,
};
enum { FREEBSD_S_IFBLK = 0060000, FREEBSD_S_IFWHT = 0160000 };
enum { FREEBSD_NAMESPACE_EMPTY = 0, FREEBSD_NAMESPACE_USER = 1, FREEBSD_NAMESPACE_SYSTEM = 2 };
enum { FREEBSD_MNT_WAIT = 1, FREEBSD_MNT_NOWAIT = 2 };
enum { FREEBSD_SHM_ANON = 1, FREEBSD_SHM_ALLOW_SEALING = 1 };
enum { FREEBSD_AF_UNIX = 1, FREEBSD_SOCK_STREAM = 1 };

/* struct nstat (sys/stat.h): NetBSD's, before FreeBSD 12. */
struct freebsd11_nstat {
    uint32_t dev;
    uint32_t ino;
    uint32_t mode;
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint32_t rdev;
    struct freebsd_timespec atim;
    struct freebsd_timespec mtim;
    struct freebsd_timespec ctim;
    int64_t size;
    int64_t blocks;
    uint32_t blksize;
    uint32_t flags;
    uint32_t gen;
    struct freebsd_timespec birthtim;
};
_Static_assert(sizeof(struct freebsd11_nstat) == 128, "struct nstat");

struct freebsd11_statfs {
    uint32_t version;
    uint32_t type;
    uint64_t flags;
    uint64_t bsize;
    uint64_t iosize;
    uint64_t blocks;
    uint64_t bfree;
    int64_t bavail;
    uint64_t files;
    int64_t ffree;
    uint64_t counts[4];
    uint64_t spare[10];
    uint32_t namemax;
    uint32_t owner;
    int32_t fsid[2];
    char charspare[80];
    char fstypename[16];
    char mntfromname[88];
    char mntonname[88];
};
_Static_assert(sizeof(struct freebsd11_statfs) == 472, "struct freebsd11_statfs");
#define FREEBSD11_STATFS_VERSION 0x20030518U

/* struct ostatfs (sys/mount.h), before FreeBSD 5. */
struct freebsd4_statfs {
    int64_t spare2;
    int64_t bsize;
    int64_t iosize;
    int64_t blocks;
    int64_t bfree;
    int64_t bavail;
    int64_t files;
    int64_t ffree;
    int32_t fsid[2];
    uint32_t owner;
    int32_t type;
    int32_t flags;
    int64_t syncwrites;
    int64_t asyncwrites;
    char fstypename[16];
    char mntonname[72];
    int64_t syncreads;
    int64_t asyncreads;
    int16_t spares1;
    char mntfromname[72];
    int16_t spares2;
    int64_t spare[2];
};
_Static_assert(sizeof(struct freebsd4_statfs) == 304, "struct ostatfs");

/* Runs the function as nobody, in a child; its raw wait status. The scratch directory is opened to it. */
int files_as_nobody(void (*function)(void));

/* fstatat without following; the negative error in place of what is asked for. */
int64_t files_size(const char *path);
int64_t files_mode(const char *path);
bool files_exists(const char *path);

/* A descriptor each: an unnamed pipe's reading end, a socket, /dev/null open for both. */
int files_pipe(void);
int files_socket(void);
int files_null(void);

/* A path of that many bytes, of one-byte directories that stay in place ("./././"); static. */
const char *files_long_path(size_t length);

/* The errors that every path can bring: what `call` gives for it. Used as FILES_PATH_ERRORS(SYS(chdir, path)). */
#define FILES_PATH_ERRORS(call)                                                                                        \
    do {                                                                                                               \
        const char *path = WILD;                                                                                       \
        CHECK_ERR(call, FREEBSD_EFAULT);                                                                               \
        path = WILD_HIGH;                                                                                              \
        CHECK_ERR(call, FREEBSD_EFAULT);                                                                               \
        path = "";                                                                                                     \
        CHECK_ERR(call, FREEBSD_ENOENT);                                                                               \
        path = "absent/below";                                                                                         \
        CHECK_ERR(call, FREEBSD_ENOENT);                                                                               \
        path = files_long_path(1024);                                                                                  \
        CHECK_ERR(call, FREEBSD_ENAMETOOLONG);                                                                         \
        path = files_long_name();                                                                                      \
        CHECK_ERR(call, FREEBSD_ENAMETOOLONG);                                                                         \
        path = files_in_file();                                                                                        \
        CHECK_ERR(call, FREEBSD_ENOTDIR);                                                                              \
        path = files_in_loop();                                                                                        \
        CHECK_ERR(call, FREEBSD_ELOOP);                                                                                \
    } while (0)

/* A name of 256 bytes; a path through a plain file; a path through a symbolic link to itself. */
const char *files_long_name(void);
const char *files_in_file(void);
const char *files_in_loop(void);

#endif
