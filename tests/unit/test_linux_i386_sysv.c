/* i386's System V structures, made of the host's. Source: ipc/compat.c and its kin. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>

#include "syscalls/linux-i386/ipc/sysv.h"

static const struct ipc64_perm host_perm = {
    .key = -5, .uid = 70001, .gid = 2, .cuid = 65535, .cgid = 70004, .mode = 0640, .seq = 17};

START_TEST(permissions)
{
    struct semid64_ds host = {.sem_perm = host_perm, .sem_otime = 0x500000003LL, .sem_ctime = -2, .sem_nsems = 70000};
    struct linux_i386_semid ds;
    struct linux_i386_semid_old old;

    memset(&ds, 0x55, sizeof ds);
    memset(&old, 0x55, sizeof old);
    linux_i386_semid_from_host(&host, &ds);
    linux_i386_semid_old_from_host(&host, &old);
    ck_assert_int_eq(ds.perm.key, -5);
    ck_assert_uint_eq(ds.perm.uid, 70001);
    ck_assert_uint_eq(ds.perm.mode, 0640);
    ck_assert_uint_eq(ds.perm.seq, 17);
    ck_assert_uint_eq(ds.otime[0], 3);
    ck_assert_uint_eq(ds.otime[1], 5);
    ck_assert_uint_eq(ds.ctime[1], 0xffffffff);
    ck_assert_uint_eq(ds.nsems, 70000);
    ck_assert_uint_eq(ds.unused[1], 0);
    ck_assert_uint_eq(old.perm.uid, 65534); /* no room: overflowuid */
    ck_assert_uint_eq(old.perm.gid, 2);
    ck_assert_uint_eq(old.perm.cuid, 65535);
    ck_assert_uint_eq(old.perm.cgid, 65534);
    ck_assert_int_eq(old.otime, 3);
    ck_assert_uint_eq(old.nsems, 70000 & 0xffff);
    ck_assert_uint_eq(old.base, 0);
}
END_TEST

START_TEST(queues)
{
    struct msqid64_ds host = {.msg_perm = host_perm,
                              .msg_stime = 1,
                              .msg_rtime = 2,
                              .msg_ctime = 0x300000004LL,
                              .msg_cbytes = 65537,
                              .msg_qnum = 6,
                              .msg_qbytes = 7,
                              .msg_lspid = 70008,
                              .msg_lrpid = 9};
    struct linux_i386_msqid ds;
    struct linux_i386_msqid_old old;

    linux_i386_msqid_from_host(&host, &ds);
    linux_i386_msqid_old_from_host(&host, &old);
    ck_assert_uint_eq(ds.ctime[0], 4);
    ck_assert_uint_eq(ds.ctime[1], 3);
    ck_assert_uint_eq(ds.cbytes, 65537);
    ck_assert_int_eq(ds.lspid, 70008);
    ck_assert_int_eq(old.ctime, 4);
    ck_assert_uint_eq(old.cbytes, 1); /* loses its upper half, as by compat_ksys_old_msgctl() */
    ck_assert_uint_eq(old.qbytes, 7);
    ck_assert_uint_eq(old.lspid, 70008 & 0xffff);
}
END_TEST

START_TEST(memory)
{
    struct shmid64_ds host = {.shm_perm = host_perm,
                              .shm_segsz = 0x100001000ULL,
                              .shm_atime = 1,
                              .shm_dtime = 2,
                              .shm_ctime = 3,
                              .shm_cpid = 4,
                              .shm_lpid = 5,
                              .shm_nattch = 6};
    struct linux_i386_shmid ds;
    struct linux_i386_shmid_old old;

    linux_i386_shmid_from_host(&host, &ds);
    linux_i386_shmid_old_from_host(&host, &old);
    ck_assert_uint_eq(ds.segsz, 0x1000);
    ck_assert_uint_eq(ds.atime[0], 1);
    ck_assert_uint_eq(ds.nattch, 6);
    ck_assert_int_eq(old.segsz, 0x1000);
    ck_assert_int_eq(old.dtime, 2);
    ck_assert_uint_eq(old.lpid, 5);
    ck_assert_uint_eq(old.nattch, 6);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("linux_i386_sysv");
    TCase *c = tcase_create("structures");

    tcase_add_test(c, permissions);
    tcase_add_test(c, queues);
    tcase_add_test(c, memory);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
