/* Linux's file structures with words of 4 bytes: every converter, and what does not fit. */
#include "syscalls/common/linux/files/positions.h"
#include "syscalls/common/linux/files/vectors.h"
#include "syscalls/common/linux/pairs.h"
#include "syscalls/linux-i386/files/directory.h"
#include "syscalls/linux-i386/files/fcntl.h"
#include "syscalls/linux-i386/files/stat.h"
#include "syscalls/linux-i386/files/statfs.h"
#include "syscalls/linux-i386/process/ids16.h"

#include <asm/statfs.h>
#include <check.h>
#include <errno.h>
#include <linux/fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct stat plain = {
    .st_dev = 0xfe01,
    .st_ino = 4711,
    .st_nlink = 2,
    .st_mode = 0100644,
    .st_uid = 1000,
    .st_gid = 100,
    .st_rdev = 0x0305,
    .st_size = 123456,
    .st_blksize = 4096,
    .st_blocks = 248,
    .st_atime = 1000000001,
    .st_atime_nsec = 1,
    .st_mtime = 1000000002,
    .st_mtime_nsec = 2,
    .st_ctime = 1000000003,
    .st_ctime_nsec = 3,
};

START_TEST(stat_of_a_plain_file)
{
    struct i386_stat out;

    memset(&out, 0xff, sizeof(out));
    ck_assert_int_eq(i386_stat_from_host(&plain, &out), 0);
    ck_assert_uint_eq(out.st_dev, 0xfe01);
    ck_assert_uint_eq(out.st_ino, 4711);
    ck_assert_uint_eq(out.st_mode, 0100644);
    ck_assert_uint_eq(out.st_nlink, 2);
    ck_assert_uint_eq(out.st_uid, 1000);
    ck_assert_uint_eq(out.st_gid, 100);
    ck_assert_uint_eq(out.st_rdev, 0x0305);
    ck_assert_uint_eq(out.st_size, 123456);
    ck_assert_uint_eq(out.st_blksize, 4096);
    ck_assert_uint_eq(out.st_blocks, 248);
    ck_assert_uint_eq(out.access.sec, 1000000001);
    ck_assert_uint_eq(out.access.nsec, 1);
    ck_assert_uint_eq(out.modified.sec, 1000000002);
    ck_assert_uint_eq(out.changed.nsec, 3);
    ck_assert_uint_eq(out.unused[0] | out.unused[1], 0);
}
END_TEST

/* cp_compat_stat(): inode, link count and size are refused, times, blocks and devices cut off. */
START_TEST(stat_overflows)
{
    struct i386_stat out;
    struct stat in = plain;

    in.st_ino = 0x100000000;
    ck_assert_int_eq(i386_stat_from_host(&in, &out), -EOVERFLOW);
    in.st_ino = 0xffffffff;
    ck_assert_int_eq(i386_stat_from_host(&in, &out), 0);
    in.st_nlink = 65536;
    ck_assert_int_eq(i386_stat_from_host(&in, &out), -EOVERFLOW);
    in.st_nlink = 65535;
    ck_assert_int_eq(i386_stat_from_host(&in, &out), 0);
    in.st_size = 0x80000000;
    ck_assert_int_eq(i386_stat_from_host(&in, &out), -EOVERFLOW);
    in.st_size = 0x7fffffff;
    in.st_blocks = 0x1200000001;
    in.st_mtime = 0x100000005;
    ck_assert_int_eq(i386_stat_from_host(&in, &out), 0);
    ck_assert_uint_eq(out.st_blocks, 1);
    ck_assert_uint_eq(out.modified.sec, 5);
}
END_TEST

/* cp_old_stat(): the devices are two bytes, the inode has 16 bits. */
START_TEST(oldstat)
{
    struct __old_kernel_stat out;
    struct stat in = plain;

    ck_assert_int_eq(i386_oldstat_from_host(&in, &out), 0);
    ck_assert_uint_eq(out.st_dev, 0xfe01);
    ck_assert_uint_eq(out.st_ino, 4711);
    ck_assert_uint_eq(out.st_rdev, 0x0305);
    ck_assert_uint_eq(out.st_size, 123456);
    ck_assert_uint_eq(out.st_mtime, 1000000002);
    in.st_dev = 0x12345678; /* major 0x456, minor 0x12378 */
    in.st_size = 0x180000002;
    ck_assert_int_eq(i386_oldstat_from_host(&in, &out), 0);
    ck_assert_uint_eq(out.st_dev, (uint16_t)(0x45600 | 0x12378));
    ck_assert_uint_eq(out.st_size, 0x80000002);
    in.st_ino = 65536;
    ck_assert_int_eq(i386_oldstat_from_host(&in, &out), -EOVERFLOW);
    in.st_ino = 65535;
    in.st_nlink = 65536;
    ck_assert_int_eq(i386_oldstat_from_host(&in, &out), -EOVERFLOW);
}
END_TEST

/* cp_stat64() refuses nothing; the inode is there twice. */
START_TEST(stat64)
{
    struct i386_stat64 out;
    struct stat in = plain;

    in.st_ino = 0x1234567890;
    in.st_nlink = 70000;
    in.st_uid = 100000;
    in.st_size = 0x180000002;
    in.st_blocks = 0x1200000001;
    i386_stat64_from_host(&in, &out);
    ck_assert_uint_eq(out.st_dev, 0xfe01);
    ck_assert_uint_eq(out.st_ino_low, 0x34567890);
    ck_assert_uint_eq(out.st_ino, 0x1234567890);
    ck_assert_uint_eq(out.st_mode, 0100644);
    ck_assert_uint_eq(out.st_nlink, 70000);
    ck_assert_uint_eq(out.st_uid, 100000);
    ck_assert_uint_eq(out.st_gid, 100);
    ck_assert_int_eq(out.st_size, 0x180000002);
    ck_assert_int_eq(out.st_blocks, 0x1200000001);
    ck_assert_uint_eq(out.access.sec, 1000000001);
    ck_assert_uint_eq(out.modified.nsec, 2);
    ck_assert_uint_eq(out.changed.sec, 1000000003);
    ck_assert_uint_eq(out.pad0 | out.pad3, 0);
}
END_TEST

static const struct statfs disk = {
    .f_type = 0xef53,
    .f_bsize = 4096,
    .f_blocks = 1000,
    .f_bfree = 900,
    .f_bavail = 800,
    .f_files = 700,
    .f_ffree = 600,
    .f_fsid = {.val = {5, -6}},
    .f_namelen = 255,
    .f_frsize = 4096,
    .f_flags = 0x1020,
};

START_TEST(statfs_both_generations)
{
    struct i386_statfs out;
    struct i386_statfs64 out64;

    ck_assert_int_eq(i386_statfs_from_host(&disk, &out), 0);
    ck_assert_int_eq(i386_statfs64_from_host(&disk, &out64), 0);
    ck_assert_uint_eq(out.f_type, 0xef53);
    ck_assert_uint_eq(out.f_bsize, 4096);
    ck_assert_uint_eq(out.f_blocks, 1000);
    ck_assert_uint_eq(out.f_bfree, 900);
    ck_assert_uint_eq(out.f_bavail, 800);
    ck_assert_uint_eq(out.f_files, 700);
    ck_assert_uint_eq(out.f_ffree, 600);
    ck_assert_int_eq(out.f_fsid[1], -6);
    ck_assert_uint_eq(out.f_namelen, 255);
    ck_assert_uint_eq(out.f_frsize, 4096);
    ck_assert_uint_eq(out.f_flags, 0x1020);
    ck_assert_uint_eq(out64.f_type, 0xef53);
    ck_assert_uint_eq(out64.f_blocks, 1000);
    ck_assert_uint_eq(out64.f_ffree, 600);
    ck_assert_int_eq(out64.f_fsid[0], 5);
    ck_assert_uint_eq(out64.f_flags, 0x1020);
    ck_assert_uint_eq(out64.f_spare[3], 0);
}
END_TEST

/* put_compat_statfs(): blocks and their sizes must fit, files too unless they are not known. */
START_TEST(statfs_overflows)
{
    struct i386_statfs out;
    struct i386_statfs64 out64;
    struct statfs in = disk;

    in.f_files = -1;
    in.f_ffree = -1;
    ck_assert_int_eq(i386_statfs_from_host(&in, &out), 0);
    ck_assert_uint_eq(out.f_files, UINT32_MAX);
    in.f_ffree = 0x100000000;
    ck_assert_int_eq(i386_statfs_from_host(&in, &out), -EOVERFLOW);
    in = disk;
    in.f_bavail = 0x100000000;
    ck_assert_int_eq(i386_statfs_from_host(&in, &out), -EOVERFLOW);
    ck_assert_int_eq(i386_statfs64_from_host(&in, &out64), 0);
    ck_assert_uint_eq(out64.f_bavail, 0x100000000);
    in.f_frsize = 0x100000000;
    ck_assert_int_eq(i386_statfs64_from_host(&in, &out64), -EOVERFLOW);
}
END_TEST

/* A record of getdents64's, as the host writes it. */
static struct linux_dirent64 *host_entry(uint64_t ino, int64_t off, uint8_t type, const char *name)
{
    static char record[300] __attribute__((aligned(8)));
    struct linux_dirent64 *h = (struct linux_dirent64 *)record;

    memset(record, 0xee, sizeof(record));
    h->d_ino = ino;
    h->d_off = off;
    h->d_reclen = (uint16_t)((19 + strlen(name) + 1 + 7) / 8 * 8);
    h->d_type = type;
    strcpy(h->d_name, name);
    return h;
}

/* compat_filldir(): words of 4 bytes, the type in the last byte. */
START_TEST(directory_entries)
{
    struct i386_dirent out;
    char longest[256];

    ck_assert_int_eq(i386_dirent_from_host(host_entry(12, 34, 8, "abc"), 56, &out), 16);
    ck_assert_uint_eq(out.d_ino, 12);
    ck_assert_uint_eq(out.d_off, 56);
    ck_assert_uint_eq(out.d_reclen, 16);
    ck_assert_str_eq(out.d_name, "abc");
    ck_assert_uint_eq(((uint8_t *)&out)[15], 8);
    ck_assert_int_eq(i386_dirent_from_host(host_entry(12, 34, 4, "abcd"), 56, &out), 16);
    ck_assert_str_eq(out.d_name, "abcd");
    ck_assert_uint_eq(((uint8_t *)&out)[15], 4);
    memset(longest, 'n', 255);
    longest[255] = 0;
    ck_assert_int_eq(i386_dirent_from_host(host_entry(1, 1, 4, longest), 1, &out), 268);
    ck_assert_str_eq(out.d_name, longest);
    ck_assert_int_eq(i386_dirent_from_host(host_entry(0x100000000, 1, 4, "x"), 1, &out), -EOVERFLOW);
}
END_TEST

/* hash2pos() and pos2maj_hash() of ext4. */
START_TEST(directory_positions)
{
    ck_assert_uint_eq(linux_position_fold(0), 0);
    ck_assert_uint_eq(linux_position_fold(77), 77);
    ck_assert_uint_eq(linux_position_fold(INT32_MAX), INT32_MAX);
    ck_assert_uint_eq(linux_position_fold(0x1234567889abcdef), 0x12345678);
    ck_assert_int_eq(linux_position_unfold(0x12345678), 0x1234567800000000);
    ck_assert_uint_eq(linux_position_fold(INT64_MAX), INT32_MAX); /* the end */
    ck_assert_int_eq(linux_position_unfold(INT32_MAX), INT64_MAX);
}
END_TEST

/* fixup_compat_flock(): a beginning that does not fit is refused, a length is shortened. */
START_TEST(locks_of_both_widths)
{
    struct i386_flock old = {F_WRLCK, SEEK_END, -5, 7, 99};
    struct i386_flock64 new = {F_RDLCK, SEEK_CUR, -0x500000000, 0x700000000, 99};
    struct flock host;

    i386_flock_to_host(&old, &host);
    ck_assert_int_eq(host.l_type, F_WRLCK);
    ck_assert_int_eq(host.l_whence, SEEK_END);
    ck_assert_int_eq(host.l_start, -5);
    ck_assert_int_eq(host.l_len, 7);
    ck_assert_int_eq(host.l_pid, 99);
    i386_flock64_to_host(&new, &host);
    ck_assert_int_eq(host.l_start, -0x500000000);
    ck_assert_int_eq(host.l_len, 0x700000000);
    memset(&new, 0, sizeof(new));
    i386_flock64_from_host(&host, &new);
    ck_assert_int_eq(new.l_type, F_RDLCK);
    ck_assert_int_eq(new.l_whence, SEEK_CUR);
    ck_assert_int_eq(new.l_start, -0x500000000);
    ck_assert_int_eq(new.l_len, 0x700000000);
    ck_assert_int_eq(new.l_pid, 99);
    host.l_start = INT32_MAX;
    ck_assert_int_eq(i386_flock_from_host(&host, &old), 0);
    ck_assert_int_eq(old.l_start, INT32_MAX);
    ck_assert_int_eq(old.l_len, INT32_MAX);
    host.l_start = 0x80000000;
    ck_assert_int_eq(i386_flock_from_host(&host, &old), -EOVERFLOW);
}
END_TEST

/* include/linux/highuid.h */
START_TEST(ids_of_16_bits)
{
    ck_assert_uint_eq(i386_id_widened(0), 0);
    ck_assert_uint_eq(i386_id_widened(65534), 65534);
    ck_assert_uint_eq(i386_id_widened(65535), UINT32_MAX);
    ck_assert_uint_eq(i386_id_widened(0x12340005), 5);
    ck_assert_uint_eq(i386_low_uid(65535), 65535);
    ck_assert_uint_eq(i386_low_uid(65536), 65534);
    ck_assert_uint_eq(i386_low_gid(UINT32_MAX), 65534);
}
END_TEST

START_TEST(a_pair_of_registers)
{
    ck_assert_int_eq(linux_pair(1, 0), 1);
    ck_assert_int_eq(linux_pair(0x80000000, 0), 0x80000000);
    ck_assert_int_eq(linux_pair(5, 2), 0x200000005);
    ck_assert_int_eq(linux_pair(0xffffffff, 0xffffffff), -1);
}
END_TEST

/* An array of 4-byte words where the guest can name it. */
START_TEST(vectors_are_widened)
{
    struct compat_iovec in[3] = {{0x1000, 10}, {0xfffff000, 0}, {0x2000, -1}};
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = compat_vector_get(guest_addr((uint64_t)in), 3, room);

    ck_assert_uint_eq(v.va, (uint64_t)room);
    ck_assert_uint_eq(v.count, 3);
    ck_assert_uint_eq(room[0].base, 0x1000);
    ck_assert_int_eq(room[0].length, 10);
    ck_assert_uint_eq(room[1].base, 0xfffff000);
    ck_assert_int_eq(room[2].length, -1); /* the host answers EINVAL */
}
END_TEST

START_TEST(vectors_stop_at_the_engine)
{
    struct compat_iovec in[3] = {{ENGINE_BASE - 16, 10}, {ENGINE_BASE - 16, 32}, {0x1000, 1}};
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = compat_vector_get(guest_addr((uint64_t)in), 3, room);

    ck_assert_uint_eq(v.count, 2);
    ck_assert_int_eq(room[0].length, 10);
    ck_assert_int_eq(room[1].length, 16);
    in[0].base = ENGINE_BASE + 4096;
    v = compat_vector_get(guest_addr((uint64_t)in), 3, room);
    ck_assert_uint_eq(v.count, 1);
    ck_assert_uint_eq(room[0].base, GUEST_NOWHERE);
}
END_TEST

START_TEST(vectors_of_64_bits_are_left_where_they_are)
{
    struct linux_iovec in[2] = {{0x1000, 10}, {ENGINE_BASE - 8, 8}}, room[LINUX_IOV_MAX];
    struct linux_vector v = linux_vector_get(guest_addr((uint64_t)in), 2, room);

    ck_assert_uint_eq(v.va, (uint64_t)in);
    in[1].length = 9;
    v = linux_vector_get(guest_addr((uint64_t)in), 2, room);
    ck_assert_uint_eq(v.va, (uint64_t)room);
    ck_assert_uint_eq(v.count, 2);
    ck_assert_int_eq(room[1].length, 8);
}
END_TEST

/* EINVAL for too many elements, EFAULT for ones that cannot be read: the host says so, after EBADF. */
START_TEST(vectors_the_host_refuses)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = compat_vector_get(guest_addr(0x1000), LINUX_IOV_MAX + 1, room);

    ck_assert_uint_eq(v.count, LINUX_IOV_MAX + 1);
    v = compat_vector_get(guest_addr(ENGINE_BASE), 1, room);
    ck_assert_uint_eq(v.va, GUEST_NOWHERE);
    ck_assert_uint_eq(v.count, 1);
    v = compat_vector_get(guest_addr(0), 0, room);
    ck_assert_uint_eq(v.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("Linux files");
    TCase *tc = tcase_create("conversions");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, stat_of_a_plain_file);
    tcase_add_test(tc, stat_overflows);
    tcase_add_test(tc, oldstat);
    tcase_add_test(tc, stat64);
    tcase_add_test(tc, statfs_both_generations);
    tcase_add_test(tc, statfs_overflows);
    tcase_add_test(tc, directory_entries);
    tcase_add_test(tc, directory_positions);
    tcase_add_test(tc, locks_of_both_widths);
    tcase_add_test(tc, ids_of_16_bits);
    tcase_add_test(tc, a_pair_of_registers);
    tcase_add_test(tc, vectors_are_widened);
    tcase_add_test(tc, vectors_stop_at_the_engine);
    tcase_add_test(tc, vectors_of_64_bits_are_left_where_they_are);
    tcase_add_test(tc, vectors_the_host_refuses);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
