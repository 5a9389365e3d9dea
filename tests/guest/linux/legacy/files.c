/*
 * Files by the calls that only i386 has: the older generations of stat and statfs, ids of 16 bits, offsets in two
 * registers, locks of both widths, directories by getdents and readdir, times of 32 bits, ioctl with words of 4 bytes.
 */
#include "conf.h"

#if defined(__i386__)
#include <dirent.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

struct old_stat {
    unsigned short dev, ino, mode, nlink, uid, gid, rdev;
    unsigned size, atime, mtime, ctime;
};

struct short_stat {
    unsigned dev, ino;
    unsigned short mode, nlink, uid, gid;
    unsigned rdev, size, blksize, blocks, times[6], unused[2];
};

struct long_stat {
    unsigned long long dev;
    unsigned pad0, low_ino, mode, nlink, uid, gid;
    unsigned long long rdev;
    unsigned pad3;
    long long size;
    unsigned blksize;
    unsigned long long blocks;
    unsigned times[6];
    unsigned long long ino;
} __attribute__((packed, aligned(4)));

#define FAR_LOW  5
#define FAR_HIGH 1 /* 4 GB and 5 bytes */

static int small_file(void)
{
    int fd = conf_file("file", "0123456789");

    symlink("file", "link");
    return fd;
}

static int large_file(void)
{
    int fd = open64("large", O_RDWR | O_CREAT, 0644);

    CALL(syscall(SYS_ftruncate64, fd, FAR_LOW, FAR_HIGH));
    return fd;
}

TEST(stat_of_three_ages)
{
    int fd = small_file(), times[2] = {1000, 2000};
    struct short_stat s = {0}, l = {0}, f = {0};
    struct long_stat s64 = {0}, l64 = {0}, f64 = {0}, at = {0};
    struct old_stat o = {0};

    CALL(syscall(SYS_utime, "file", times));
    CALL(syscall(SYS_stat, "file", &s));
    say("%o %u %u %u %u", s.mode, s.nlink, s.size, s.times[0], s.times[2]);
    CALL(syscall(SYS_lstat, "link", &l));
    say("%o %u", l.mode & 0170000, l.size);
    CALL(syscall(SYS_fstat, fd, &f));
    say("%d %d", memcmp(&s, &f, sizeof s), f.blksize == 4096);
    CALL(syscall(SYS_stat64, "file", &s64));
    say("%o %u %lld %u %d", s64.mode, s64.nlink, s64.size, s64.times[0], s64.ino == s.ino && s64.low_ino == s.ino);
    CALL(syscall(SYS_lstat64, "link", &l64));
    CALL(syscall(SYS_fstat64, fd, &f64));
    CALL(syscall(SYS_fstatat64, AT_FDCWD, "link", &at, AT_SYMLINK_NOFOLLOW));
    say("%d %d", memcmp(&l64.size, &at.size, 8), f64.size == s64.size);
    CALL(syscall(SYS_fstatat64, fd, "", &at, AT_EMPTY_PATH));
    CALL(syscall(SYS_fstatat64, fd, "", &at, 0x80000));
    CALL(syscall(SYS_stat64, "none", &s64));
    CALL(syscall(SYS_stat64, WILD, &s64));
    CALL(syscall(SYS_stat, "file", LOW));
    /* Whether the inode's number has 16 bits depends on the file system. */
    long r = syscall(SYS_oldstat, "file", &o);
    say("oldstat %d", r == (s.ino > 65535 ? -1 : 0));
    r = syscall(SYS_oldlstat, "link", &o);
    say("oldlstat %d", r == (l.ino > 65535 ? -1 : 0));
    r = syscall(SYS_oldfstat, fd, &o);
    say("oldfstat %d", r == (s.ino > 65535 ? -1 : 0));
    CALL(syscall(SYS_oldstat, "none", &o));
}

TEST(what_is_too_large)
{
    int fd = large_file();
    struct short_stat s;
    struct long_stat s64 = {0};
    long long position = 0;

    CALL(syscall(SYS_stat, "large", &s));
    CALL(syscall(SYS_fstat, fd, &s));
    CALL(syscall(SYS_stat64, "large", &s64));
    say("%lld", s64.size);
    CALL(syscall(SYS_open, "large", O_RDONLY));
    CALL(syscall(SYS_open, "large", O_RDWR | O_TRUNC));
    CALL(syscall(SYS_openat, AT_FDCWD, "large", O_RDWR));
    OK(syscall(SYS_open, "large", O_PATH));
    CALL(syscall(SYS_stat64, "large", &s64));
    say("%lld", s64.size);
    HEX((unsigned)syscall(SYS_lseek, fd, 0x7fffffff, SEEK_SET));
    HEX((unsigned)syscall(SYS_lseek, fd, 0x7fffffff, SEEK_CUR));
    HEX((unsigned)syscall(SYS_lseek, fd, 0, SEEK_END));
    CALL(syscall(SYS__llseek, fd, 2, 7, &position, SEEK_SET));
    say("%llx", position);
    CALL(syscall(SYS__llseek, fd, -1, -3, &position, SEEK_CUR));
    say("%llx", position);
    CALL(syscall(SYS__llseek, fd, 0, 0, LOW, SEEK_SET));
    CALL(syscall(SYS__llseek, fd, 0, 0, &position, 77));
    CALL(syscall(SYS_truncate64, "large", 9, 0));
    CALL(syscall(SYS_truncate, "large", -1));
    CALL(syscall(SYS_truncate, "large", 5));
    CALL(syscall(SYS_ftruncate, fd, 4));
    CALL(syscall(SYS_lseek, fd, 0, SEEK_END));
}

TEST(offsets_in_two_registers)
{
    int fd = large_file();
    char text[16] = "", more[16] = "";
    struct iovec parts[2] = {{text, 2}, {more, 3}};

    CALL(syscall(SYS_pwrite64, fd, "abcde", 5, FAR_LOW, FAR_HIGH));
    CALL(syscall(SYS_pread64, fd, text, 3, FAR_LOW, FAR_HIGH));
    TEXT(text);
    CALL(syscall(SYS_preadv, fd, parts, 2, FAR_LOW, FAR_HIGH));
    TEXT(more);
    CALL(syscall(SYS_pwritev, fd, parts, 2, FAR_LOW + 5, FAR_HIGH));
    CALL(syscall(SYS_preadv2, fd, parts, 2, FAR_LOW + 5, FAR_HIGH, 0));
    CALL(syscall(SYS_pwritev2, fd, parts, 2, 0, 0, RWF_APPEND));
    CALL(syscall(SYS_preadv2, fd, parts, 2, 0, 0, 0x4000));
    CALL(syscall(SYS_preadv, fd, parts, 2, 0, -1));
    parts[1].iov_len = -1;
    CALL(syscall(SYS_readv, fd, parts, 2));
    CALL(syscall(SYS_readv, fd, parts, 1025));
    CALL(syscall(SYS_readv, fd, LOW, 1));
    CALL(syscall(SYS_readv, 99, LOW, 1));
    CALL(syscall(SYS_writev, fd, parts, 0));
    CALL(syscall(SYS_fadvise64, fd, 0, FAR_HIGH, 4096, POSIX_FADV_DONTNEED));
    CALL(syscall(SYS_fadvise64_64, fd, 0, FAR_HIGH, 4096, 1, 99));
    CALL(syscall(SYS_readahead, fd, 0, FAR_HIGH, 4096));
    CALL(syscall(SYS_sync_file_range, fd, 0, FAR_HIGH, 4096, 0, SYNC_FILE_RANGE_WRITE));
    CALL(syscall(SYS_fallocate, fd, 0, 0, FAR_HIGH, 8192, 0));
    CALL(syscall(SYS_fallocate, fd, 0, 0, -1, 1, 0));
    CALL(syscall(SYS_fanotify_mark, -1, 1, 1, 0, AT_FDCWD, "."));
}

TEST(statfs_of_both_ages)
{
    int fd = small_file();
    unsigned buf[32] = {0}, buf64[32] = {0};

    small_file();
    OK(syscall(SYS_fstatfs64, fd, 84, buf64));
    DEC(buf64[14]); /* the longest name */
    OK(syscall(SYS_statfs64, ".", 84, buf64));
    CALL(syscall(SYS_statfs64, ".", 88, buf64));
    CALL(syscall(SYS_statfs64, "none", 84, buf64));
    long r = syscall(SYS_statfs, ".", buf);
    say("%d", r == 0 ? buf[0] == buf64[0] && buf[1] == buf64[1] && buf[9] == buf64[14] : errno == EOVERFLOW);
    r = syscall(SYS_fstatfs, fd, buf);
    say("%d", r == 0 || errno == EOVERFLOW);
    CALL(syscall(SYS_fstatfs, 99, buf));
    CALL(syscall(SYS_ustat, 0xffff, buf));
}

struct lock {
    short type, whence;
    int start, length, pid;
};

struct lock64 {
    short type, whence;
    long long start, length;
    int pid;
} __attribute__((packed, aligned(4)));

TEST(locks)
{
    int fd = small_file();
    struct lock old = {F_WRLCK, SEEK_SET, 0, 10, 0};
    struct lock64 new = {F_WRLCK, SEEK_SET, 0x100000000, 5, 0};

    CALL(syscall(SYS_fcntl, fd, 6 /* F_SETLK */, &old));
    CALL(syscall(SYS_fcntl64, fd, 13 /* F_SETLK64 */, &new));
    CALL(syscall(SYS_fcntl, fd, 13, &new));
    pid_t child = fork();
    if (child == 0) {
        old = (struct lock){F_RDLCK, SEEK_SET, 3, 0, 0};
        CALL(syscall(SYS_fcntl64, fd, 5 /* F_GETLK */, &old));
        say("%d %d %d %d", old.type, old.start, old.length, old.pid == getppid());
        new = (struct lock64){F_RDLCK, SEEK_SET, 0x80000000, 0, 0};
        CALL(syscall(SYS_fcntl64, fd, 12 /* F_GETLK64 */, &new));
        say("%d %llx %llx %d", new.type, new.start, new.length, new.pid == getppid());
        old = (struct lock){F_RDLCK, SEEK_SET, 100, 0, 0};
        CALL(syscall(SYS_fcntl64, fd, 5, &old)); /* the lock is where its offset does not reach */
        CALL(syscall(SYS_fcntl64, fd, 6, &old));
        new = (struct lock64){F_UNLCK, SEEK_SET, 0, 0, 0};
        CALL(syscall(SYS_fcntl64, fd, 36 /* F_OFD_GETLK */, &new));
        exit(0);
    }
    ended("the child", child);
    CALL(syscall(SYS_fcntl64, 99, 5, LOW));
    CALL(syscall(SYS_fcntl64, fd, 5, LOW));
    CALL(syscall(SYS_fcntl64, fd, 999, 0));
    CALL(syscall(SYS_fcntl64, fd, F_DUPFD, -1));
    CALL(syscall(SYS_fcntl64, fd, F_GETFD));
}

TEST(times_of_32_bits)
{
    int fd = small_file(), times[4] = {-5, 999999, 7, 1000000};
    struct short_stat s;

    CALL(syscall(SYS_utimes, "file", times));
    times[3] = 5;
    CALL(syscall(SYS_utimes, "file", times));
    CALL(syscall(SYS_stat, "file", &s));
    say("%d.%u %d.%u", (int)s.times[0], s.times[1], (int)s.times[2], s.times[3]);
    CALL(syscall(SYS_futimesat, AT_FDCWD, "file", NULL));
    times[1] = 0x3ffffffe; /* UTIME_OMIT */
    CALL(syscall(SYS_utimensat, fd, NULL, times, 0));
    CALL(syscall(SYS_stat, "file", &s));
    say("%d.%u", (int)s.times[2], s.times[3]);
    CALL(syscall(SYS_utimensat, AT_FDCWD, "file", times, 99));
    CALL(syscall(SYS_utime, "none", times));
    CALL(syscall(SYS_utime, "file", LOW));
}

TEST(sendfile_of_32_bits)
{
    int fd = small_file(), to = conf_file("to", ""), offset = 3;

    CALL(syscall(SYS_sendfile, to, fd, &offset, 4));
    DEC(offset);
    CALL(syscall(SYS_sendfile, to, fd, NULL, 4));
    offset = 0x7fffffff;
    CALL(syscall(SYS_sendfile, to, fd, &offset, 4));
    offset = -1;
    CALL(syscall(SYS_sendfile, to, fd, &offset, 4));
    CALL(syscall(SYS_sendfile, to, fd, LOW, 4));
}

TEST(ids_of_16_bits)
{
    int fd = small_file();
    unsigned short ids[3] = {1, 1, 1}, groups[4];
    struct short_stat s;

    DEC(syscall(SYS_getuid) == (long)getuid() && syscall(SYS_geteuid) == (long)geteuid());
    DEC(syscall(SYS_getgid) == (long)getgid() && syscall(SYS_getegid) == (long)getegid());
    CALL(syscall(SYS_getresuid, &ids[0], &ids[1], &ids[2]));
    DEC(ids[2] == getuid());
    CALL(syscall(SYS_getresgid, &ids[0], &ids[1], LOW));
    CALL(syscall(SYS_setreuid, 0xffff, 0xffff));
    CALL(syscall(SYS_setregid, 0xffff, 0xffff));
    CALL(syscall(SYS_setresuid, 0xffff, 0xffff, 0xffff));
    CALL(syscall(SYS_setresgid, 0xffff, 0xffff, 0xffff));
    CALL(syscall(SYS_setuid, getuid()));
    CALL(syscall(SYS_setgid, getgid()));
    DEC(syscall(SYS_setfsuid, 0xffff) == (long)getuid());
    DEC(syscall(SYS_setfsgid, 0xffff) == (long)getgid());
    CALL(syscall(SYS_chown, "file", 0xffff, 0xffff));
    CALL(syscall(SYS_lchown, "link", 0xffff, 0xffff));
    CALL(syscall(SYS_fchown, fd, 0xffff, 0xffff));
    CALL(syscall(SYS_getgroups, -1, groups));
    OK(syscall(SYS_getgroups, 0, NULL));
    CALL(syscall(SYS_setgroups, -1, groups));
    if (getuid() == 0) {
        CALL(syscall(SYS_setgroups, 2, (unsigned short[]){7, 65534}));
        CALL(syscall(SYS_getgroups, 4, groups));
        say("%u %u", groups[0], groups[1]);
        CALL(syscall(SYS_getgroups, 1, groups));
        CALL(syscall(SYS_chown32, "file", 100000, 70000));
        CALL(syscall(SYS_stat, "file", &s));
        say("%u %u", s.uid, s.gid);
    }
}

/* The names of a directory by one of the two calls, added up, as their order is the file system's. */
static void list(int d, bool old)
{
    char buf[400] __attribute__((aligned(4)));
    unsigned names = 0, sum = 0, types = 0;
    long n;

    syscall(SYS_lseek, d, 0, SEEK_SET);
    while ((n = old ? syscall(SYS_readdir, d, buf, 1) : syscall(SYS_getdents, d, buf, sizeof buf)) > 0) {
        for (long at = 0; at < n;) {
            unsigned short length;

            memcpy(&length, buf + at + 8, 2);
            for (const char *c = buf + at + 10; *c; c++) {
                sum += (unsigned)*c;
            }
            types += old ? 0 : (unsigned)buf[at + length - 1];
            names++;
            at += old ? n : length;
        }
    }
    say("%u names, %u, %u, %ld", names, sum, types, n);
}

TEST(directories)
{
    char buf[400] __attribute__((aligned(8))), name[32];
    int d = open(".", O_RDONLY | O_DIRECTORY);

    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "file-with-name-%d", i);
        close(open(name, O_WRONLY | O_CREAT, 0644));
    }
    list(d, false);
    list(d, true);
    CALL(syscall(SYS_lseek, d, 0, SEEK_SET));
    CALL(syscall(SYS_getdents, d, buf, 11));
    OK(syscall(SYS_getdents, d, buf, 200));
    OK(syscall(SYS_getdents64, d, buf, 200));
    CALL(syscall(SYS_getdents, d, LOW, 200));
    CALL(syscall(SYS_getdents, 99, buf, 200));

    DIR *dir = opendir(".");
    static struct {
        long position; /* behind the entry */
        char name[32];
    } entry[300];
    int count = 0, wrong = 0;
    for (struct dirent *e; count < 300 && (e = readdir(dir)); count++) {
        snprintf(entry[count].name, sizeof entry[count].name, "%.31s", e->d_name);
        entry[count].position = telldir(dir);
    }
    for (int i = 0; i + 1 < count; i += 7) {
        seekdir(dir, entry[i].position);
        struct dirent *e = readdir(dir);
        wrong += !e || strcmp(e->d_name, entry[i + 1].name) != 0;
    }
    say("%d entries, %d not found again", count, wrong);
}

TEST(requests)
{
    int fd = small_file(), s = socket(AF_INET, SOCK_DGRAM, 0), n = 0;
    struct ifreq interface = {.ifr_name = "lo"};
    char list[1024];
    struct ifconf all = {.ifc_len = sizeof list, .ifc_buf = list};

    CALL(syscall(SYS_ioctl, fd, FIONREAD, &n));
    DEC(n);
    long flags = syscall(SYS_ioctl, fd, FS_IOC_GETFLAGS, &n);
    say("FS_IOC_GETFLAGS %d", flags == 0 || errno == ENOTTY);
    CALL(syscall(SYS_ioctl, fd, FIGETBSZ, &n));
    CALL(syscall(SYS_ioctl, fd, 0xdead, &n));
    CALL(syscall(SYS_ioctl, 99, 0xdead, &n));
    CALL(syscall(SYS_ioctl, fd, TCGETS, LOW));
    CALL(syscall(SYS_ioctl, s, SIOCGIFADDR, &interface));
    HEX(((struct sockaddr_in *)&interface.ifr_addr)->sin_addr.s_addr);
    CALL(syscall(SYS_ioctl, s, SIOCGIFFLAGS, LOW));
    CALL(syscall(SYS_ioctl, s, SIOCGIFCONF, &all));
    say("%d, whole records: %d, the first: %s", all.ifc_len > 0, all.ifc_len % (int)sizeof interface, list);
    all.ifc_buf = NULL;
    CALL(syscall(SYS_ioctl, s, SIOCGIFCONF, &all));
    CALL(syscall(SYS_ioctl, s, SIOCGIFMAP, &interface));
    CALL(syscall(SYS_ioctl, s, SIOCGSTAMP_OLD, list));
}

TEST(requests_in_advance)
{
    unsigned long ctx = 0, none = 0;
    char first[] = "hello", second[] = "world";
    struct iovec parts[2] = {{second, 5}, {first, 2}};
    int fd = conf_file("aio", ""), soon[2] = {0, 1000000};
    struct iocb one = {.aio_data = 1,
                       .aio_lio_opcode = IOCB_CMD_PWRITE,
                       .aio_fildes = (unsigned)fd,
                       .aio_buf = (uintptr_t)first,
                       .aio_nbytes = 5};
    struct iocb two = {.aio_data = 2,
                       .aio_lio_opcode = IOCB_CMD_PWRITEV,
                       .aio_fildes = (unsigned)fd,
                       .aio_buf = (uintptr_t)parts,
                       .aio_nbytes = 2,
                       .aio_offset = 5};
    struct iocb bad = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = 99};
    struct iocb *requests[3] = {&one, &two, &bad};
    struct io_event events[4];
    long long mask = 0, soon64[2] = {0, 1000};
    unsigned set[2] = {(uintptr_t)&mask, 8};

    CALL(syscall(SYS_io_setup, 0, &none));
    CALL(syscall(SYS_io_setup, 8, LOW));
    CALL(syscall(SYS_io_setup, 8, &ctx));
    CALL(syscall(SYS_io_setup, 8, &ctx));
    HEX(((unsigned *)ctx)[4]); /* the ring's magic number */
    CALL(syscall(SYS_io_submit, ctx, 3, requests));
    CALL(syscall(SYS_io_submit, ctx, 1, requests + 2));
    CALL(syscall(SYS_io_submit, 8, 1, requests));
    CALL(syscall(SYS_io_submit, ctx, 1, LOW));
    CALL(syscall(SYS_io_getevents, ctx, 2, 4, events, NULL));
    for (int i = 0; i < 2; i++) {
        say("%llu: %lld, %d", events[i].data, events[i].res, events[i].obj == (uintptr_t)requests[events[i].data - 1]);
    }
    char text[16] = "";
    CALL(pread(fd, text, 15, 0));
    TEXT(text);
    DEC(two.aio_buf == (uintptr_t)parts && two.aio_nbytes == 2);
    CALL(syscall(SYS_io_getevents, ctx, 1, 4, events, soon));
    CALL(syscall(SYS_io_pgetevents, ctx, 1, 4, events, soon, set));
    CALL(syscall(SYS_io_pgetevents_time64, ctx, 1, 4, events, soon64, set));
    CALL(syscall(SYS_io_cancel, ctx, &one, events));
    CALL(syscall(SYS_io_destroy, ctx));
    CALL(syscall(SYS_io_destroy, ctx));
}

TEST(memory_of_a_process)
{
    char text[16] = "", from[] = "remote";
    struct iovec local = {text, 6}, remote = {from, 6};

    CALL(syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0));
    TEXT(text);
    CALL(syscall(SYS_process_vm_writev, getpid(), &remote, 1, &local, 1, 0));
    CALL(syscall(SYS_process_vm_readv, getpid(), LOW, 1, LOW, 1, 0));
    remote.iov_base = LOW;
    CALL(syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0));
    CALL(syscall(SYS_vmsplice, 99, &local, 1, 0));
    int pipes[2];
    CALL(pipe(pipes));
    CALL(syscall(SYS_vmsplice, pipes[1], &local, 1, 0));
}

TEST(quotas_and_mounts)
{
    char buf[200];

    CALL(syscall(SYS_quotactl, 0x80000700, "none", 0, buf));
    CALL(syscall(SYS_quotactl, 0x80000100, NULL, 0, NULL));
    CALL(syscall(SYS_quotactl, 0x12345600, LOW, 0, buf));
    CALL(syscall(SYS_umount, "none"));
    CALL(syscall(SYS_open_by_handle_at, AT_FDCWD, LOW, 0));
    OK(syscall(SYS_add_key, "user", "conformance", "payload", 7, KEY_SPEC_PROCESS_KEYRING));
    CALL(syscall(SYS_keyctl, KEYCTL_INSTANTIATE_IOV, 1, LOW, 1, 0));
    CALL(syscall(SYS_keyctl, 999, 0, 0, 0, 0));
}
#endif
