/* FreeBSD's file structures and flags: every converter, both ways where there are two. */
#include "syscalls/freebsd/events/poll.h"
#include "syscalls/freebsd/files/dirent.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/files/statfs.h"
#include "vfs/mounts.h"
#include "vfs/path.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

START_TEST(open_flags_to_host)
{
    ck_assert_int_eq(freebsd_open_flags_to_host(0), O_RDONLY);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_WRONLY | FREEBSD_O_CREAT | FREEBSD_O_TRUNC),
                     O_WRONLY | O_CREAT | O_TRUNC);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_RDWR | FREEBSD_O_APPEND | FREEBSD_O_CLOEXEC |
                                                FREEBSD_O_NONBLOCK | FREEBSD_O_EXCL | FREEBSD_O_NOCTTY),
                     O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_EXCL | O_NOCTTY);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_SYNC), O_SYNC);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_DSYNC), O_DSYNC);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_EXEC), O_PATH);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_NOFOLLOW | FREEBSD_O_DIRECTORY), O_NOFOLLOW | O_DIRECTORY);
}
END_TEST

START_TEST(open_access_modes_exclude_each_other)
{
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_ACCMODE), -EINVAL);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_EXEC | FREEBSD_O_WRONLY), -EINVAL);
    ck_assert_int_eq(freebsd_open_flags_to_host(FREEBSD_O_PATH | FREEBSD_O_RDWR), O_PATH);
}
END_TEST

START_TEST(status_flags_round_trip)
{
    static const uint32_t flags[] = {
        0,
        FREEBSD_O_WRONLY | FREEBSD_O_APPEND,
        FREEBSD_O_RDWR | FREEBSD_O_NONBLOCK,
        FREEBSD_O_RDWR | FREEBSD_O_ASYNC | FREEBSD_O_DIRECT,
        FREEBSD_O_WRONLY | FREEBSD_O_SYNC,
        FREEBSD_O_WRONLY | FREEBSD_O_DSYNC,
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        uint32_t host = (uint32_t)freebsd_open_flags_to_host(flags[i]);

        ck_assert_uint_eq(freebsd_open_flags_from_host(host | 0x8000 /* O_LARGEFILE */), flags[i]);
    }
}
END_TEST

START_TEST(locks_round_trip)
{
    static const int16_t types[] = {FREEBSD_F_RDLCK, FREEBSD_F_WRLCK};

    for (int i = 0; i < 2; i++) {
        struct freebsd_flock g = {.l_start = 10, .l_len = -4, .l_type = types[i], .l_whence = 1};
        struct freebsd_flock back = {.l_sysid = 9};
        struct flock h;

        ck_assert_int_eq(freebsd_flock_to_host(&g, &h), 0);
        ck_assert_int_eq(h.l_whence, SEEK_CUR);
        h.l_pid = 42;
        freebsd_flock_from_host(&h, &back);
        ck_assert_int_eq(back.l_type, types[i]);
        ck_assert_int_eq(back.l_start, 10);
        ck_assert_int_eq(back.l_len, -4);
        ck_assert_int_eq(back.l_pid, 42);
        ck_assert_int_eq(back.l_sysid, 0);
    }
}
END_TEST

START_TEST(a_free_range_changes_only_the_type)
{
    struct freebsd_flock g = {.l_start = 10, .l_len = 5, .l_type = FREEBSD_F_WRLCK, .l_pid = 7};
    struct flock h = {.l_type = F_UNLCK};

    freebsd_flock_from_host(&h, &g);
    ck_assert_int_eq(g.l_type, FREEBSD_F_UNLCK);
    ck_assert_int_eq(g.l_start, 10);
    ck_assert_int_eq(g.l_pid, 7);
    g.l_type = 0;
    ck_assert_int_eq(freebsd_flock_to_host(&g, &h), -EINVAL);
}
END_TEST

START_TEST(device_numbers)
{
    static const uint32_t parts[][2] = {{0, 0}, {8, 1}, {259, 300}, {0x12345, 0x6789a}, {0xfff, 0xfffff}};

    ck_assert_uint_eq(freebsd_makedev(8, 1), 0x801);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        uint64_t dev = freebsd_makedev(parts[i][0], parts[i][1]);

        ck_assert_uint_eq(freebsd_major(dev), parts[i][0]);
        ck_assert_uint_eq(freebsd_minor(dev), parts[i][1]);
    }
}
END_TEST

static struct statx sample_statx(void)
{
    struct statx x = {.stx_mask = STATX_BASIC_STATS | STATX_BTIME};

    x.stx_dev_major = 8;
    x.stx_dev_minor = 1;
    x.stx_ino = 0x123456789a;
    x.stx_nlink = 70000;
    x.stx_mode = S_IFREG | 04755;
    x.stx_uid = 1001;
    x.stx_gid = 1002;
    x.stx_size = 1ULL << 40;
    x.stx_blocks = 99;
    x.stx_blksize = 4096;
    x.stx_atime.tv_sec = 1;
    x.stx_mtime.tv_sec = -2;
    x.stx_mtime.tv_nsec = 3;
    x.stx_ctime.tv_sec = 4;
    x.stx_btime.tv_sec = 5;
    x.stx_attributes = STATX_ATTR_APPEND;
    return x;
}

START_TEST(stat_new)
{
    struct statx x = sample_statx();
    struct freebsd_stat st;

    freebsd_stat_from_host(&x, &st);
    ck_assert_uint_eq(st.st_dev, 0x801);
    ck_assert_uint_eq(st.st_ino, 0x123456789a);
    ck_assert_uint_eq(st.st_nlink, 70000);
    ck_assert_uint_eq(st.st_mode, S_IFREG | 04755);
    ck_assert_uint_eq(st.st_uid, 1001);
    ck_assert_uint_eq(st.st_gid, 1002);
    ck_assert_int_eq(st.st_size, 1LL << 40);
    ck_assert_int_eq(st.st_mtim.tv_sec, -2);
    ck_assert_int_eq(st.st_mtim.tv_nsec, 3);
    ck_assert_int_eq(st.st_birthtim.tv_sec, 5);
    ck_assert_uint_eq(st.st_flags, FREEBSD_UF_APPEND);
    x.stx_mask &= ~STATX_BTIME;
    freebsd_stat_from_host(&x, &st);
    ck_assert_int_eq(st.st_birthtim.tv_sec, -1);
}
END_TEST

START_TEST(stat_old_cuts_what_does_not_fit)
{
    struct statx x = sample_statx();
    struct freebsd_stat st;
    struct freebsd11_stat old;
    struct freebsd11_nstat older;

    freebsd_stat_from_host(&x, &st);
    freebsd11_stat_from_new(&st, &old);
    freebsd11_nstat_from_new(&st, &older);
    ck_assert_uint_eq(older.st_nlink, 70000);
    ck_assert_uint_eq(older.st_ino, 0x3456789a);
    ck_assert_int_eq(older.st_size, 1LL << 40);
    ck_assert_int_eq(older.st_birthtim.tv_sec, 5);
    ck_assert_uint_eq(old.st_dev, 0x801);
    ck_assert_uint_eq(old.st_ino, 0x3456789a);
    ck_assert_uint_eq(old.st_nlink, 0xffff);
    ck_assert_uint_eq(old.st_mode, S_IFREG | 04755);
    ck_assert_int_eq(old.st_size, 1LL << 40);
    ck_assert_int_eq(old.st_birthtim.tv_sec, 5);
}
END_TEST

/* A host entry with a name of n bytes, as getdents64 lays it out. */
static const struct host_dirent *host_entry(char *room, size_t n)
{
    struct host_dirent *h = (struct host_dirent *)room;

    memset(room, 0x5a, 512);
    h->d_ino = 77;
    h->d_off = 0x7000000000000001;
    h->d_type = 8;
    memset(room + 19, 'x', n);
    room[19 + n] = 0;
    h->d_reclen = (uint16_t)((19 + n + 1 + 7) & ~7u);
    return h;
}

START_TEST(directory_entries)
{
    char room[512] __attribute__((aligned(8)));

    for (size_t n = 1; n <= DIRENT_NAME_MAX; n++) {
        const struct host_dirent *h = host_entry(room, n);
        struct freebsd_dirent d;
        struct freebsd11_dirent old;
        uint32_t size = freebsd_dirent_from_host(h, &d);
        uint32_t old_size = freebsd11_dirent_from_host(h, &old);

        ck_assert_uint_eq(size, d.d_reclen);
        ck_assert_uint_eq(size % 8, 0);
        ck_assert_uint_ge(size, 24 + n + 1);
        ck_assert_uint_le(size * 3, h->d_reclen * 4u); /* what read_directory() counts on */
        ck_assert_uint_eq(d.d_namlen, n);
        ck_assert_uint_eq(strlen(d.d_name), n);
        ck_assert_int_eq(d.d_off, 0x7000000000000001);
        ck_assert_uint_eq(d.d_type, 8);
        ck_assert_uint_eq(old_size, old.d_reclen);
        ck_assert_uint_eq(old_size % 4, 0);
        ck_assert_uint_eq(old.d_fileno, 77);
        ck_assert_uint_eq(strlen(old.d_name), n);
    }
}
END_TEST

START_TEST(poll_bits)
{
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        uint16_t host = freebsd_poll_to_host((uint16_t)bits);
        uint16_t known = bits & 0x41ff;

        ck_assert_uint_eq(freebsd_poll_from_host(host), known);
    }
    ck_assert_uint_eq(freebsd_poll_to_host(FREEBSD_POLLRDHUP), POLLRDHUP);
    ck_assert_uint_eq(freebsd_poll_to_host(FREEBSD_POLLWRBAND), 0x200);
    ck_assert_uint_eq(freebsd_poll_from_host(POLLIN | POLLHUP), FREEBSD_POLLIN | FREEBSD_POLLHUP);
}
END_TEST

START_TEST(statfs_both_generations)
{
    struct statfs h = {.f_type = 0xef53, .f_bsize = 4096, .f_frsize = 1024, .f_blocks = 10, .f_bavail = 5};
    struct freebsd_statfs s;
    struct freebsd11_statfs old;
    uint32_t version;

    h.f_flags = 1 | 2 | 8;
    freebsd_statfs_from_host(&h, &s);
    ck_assert_uint_eq(s.f_bsize, 1024);
    ck_assert_uint_eq(s.f_iosize, 4096);
    ck_assert_uint_eq(s.f_flags, FREEBSD_MNT_LOCAL | FREEBSD_MNT_RDONLY | FREEBSD_MNT_NOSUID | FREEBSD_MNT_NOEXEC);
    memset(s.f_mntonname, 'm', 200);
    strcpy(s.f_fstypename, "ext4");
    freebsd11_statfs_from_new(&s, &old);
    memcpy(&version, old.same, sizeof(version));
    ck_assert_uint_eq(version, 0x20030518);
    ck_assert_uint_eq(strlen(old.f_mntonname), FREEBSD11_MNAMELEN - 1);
    ck_assert_str_eq(old.f_fstypename, "ext4");
}
END_TEST

START_TEST(statfs_of_freebsd4)
{
    struct statfs h = {.f_type = 0xef53, .f_bsize = 4096, .f_frsize = 512, .f_blocks = 10, .f_bavail = 5};
    struct freebsd_statfs s;
    struct freebsd4_statfs old;

    h.f_flags = 1;
    h.f_fsid.__val[1] = -7;
    freebsd_statfs_from_host(&h, &s);
    memset(s.f_mntonname, 'o', 200);
    memset(s.f_mntfromname, 'f', 200);
    strcpy(s.f_fstypename, "ext4");
    s.f_files = UINT64_MAX;
    memset(&old, 0x55, sizeof(old));
    freebsd4_statfs_from_new(&s, &old);
    ck_assert_int_eq(old.f_bsize, 512);
    ck_assert_int_eq(old.f_iosize, 4096);
    ck_assert_int_eq(old.f_blocks, 10);
    ck_assert_int_eq(old.f_bavail, 5);
    ck_assert_int_eq(old.f_files, INT64_MAX);
    ck_assert_int_eq(old.f_fsid[1], -7);
    ck_assert_int_eq(old.f_type, 0xef53);
    ck_assert_int_eq(old.f_flags, FREEBSD_MNT_LOCAL | FREEBSD_MNT_RDONLY);
    ck_assert_uint_eq(strlen(old.f_mntonname), FREEBSD4_MNAMELEN - 1);
    ck_assert_uint_eq(strlen(old.f_mntfromname), FREEBSD4_MNAMELEN - 1);
    ck_assert_str_eq(old.f_fstypename, "ext4");
    ck_assert_int_eq(old.f_spares1, 0);
    ck_assert_int_eq(old.f_spare[1], 0);
}
END_TEST

START_TEST(mount_lines)
{
    struct mount_entry e;

    ck_assert(mount_parse("36 35 98:0 /mnt1 /a\\040b rw,noatime master:1 - ext3 /dev/root rw,errors=continue", &e));
    ck_assert_uint_eq(e.id, 36);
    ck_assert_str_eq(e.on, "/a b");
    ck_assert_str_eq(e.type, "ext3");
    ck_assert_str_eq(e.from, "/dev/root");
    ck_assert(mount_parse("22 1 0:21 / /proc rw - proc proc rw", &e));
    ck_assert_str_eq(e.on, "/proc");
    ck_assert(!mount_parse("22 1 0:21 / /proc rw", &e));
    ck_assert(!mount_parse("", &e));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("FreeBSD files");
    TCase *tc = tcase_create("converters");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, open_flags_to_host);
    tcase_add_test(tc, open_access_modes_exclude_each_other);
    tcase_add_test(tc, status_flags_round_trip);
    tcase_add_test(tc, locks_round_trip);
    tcase_add_test(tc, a_free_range_changes_only_the_type);
    tcase_add_test(tc, device_numbers);
    tcase_add_test(tc, stat_new);
    tcase_add_test(tc, stat_old_cuts_what_does_not_fit);
    tcase_add_test(tc, directory_entries);
    tcase_add_test(tc, poll_bits);
    tcase_add_test(tc, statfs_both_generations);
    tcase_add_test(tc, statfs_of_freebsd4);
    tcase_add_test(tc, mount_lines);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
