/* FreeBSD's System V structures, made of the host's; and which flags of a get reach the host. */
#include "syscalls/freebsd/ipc/sysv.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct ipc64_perm host_perm = {
    .key = -5, .uid = 70001, .gid = 70002, .cuid = 70003, .cgid = 70004, .mode = 0640 | HOST_SHM_DEST};

static void check_perm(const struct freebsd_ipc_perm *p, int32_t id, uint16_t mode)
{
    ck_assert_uint_eq(p->uid, 70001);
    ck_assert_uint_eq(p->gid, 70002);
    ck_assert_uint_eq(p->cuid, 70003);
    ck_assert_uint_eq(p->cgid, 70004);
    ck_assert_uint_eq(p->mode, mode);
    ck_assert_uint_eq(p->seq, (uint32_t)id >> 16);
    ck_assert_int_eq(p->key, -5); /* keys are longs: the sign comes along */
}

static void check_old_perm(const struct freebsd_ipc_perm_old *p, uint16_t mode)
{
    ck_assert_uint_eq(p->uid, 70001 & 0xffff);
    ck_assert_uint_eq(p->cgid, 70004 & 0xffff);
    ck_assert_uint_eq(p->mode, mode);
    ck_assert_int_eq(p->key, -5);
}

START_TEST(semaphores)
{
    struct semid64_ds host = {.sem_perm = host_perm, .sem_nsems = 9, .sem_otime = 11, .sem_ctime = 12};
    struct freebsd_semid_ds ds;
    struct freebsd_semid_ds_old old;

    memset(&ds, 0x55, sizeof(ds));
    memset(&old, 0x55, sizeof(old));
    freebsd_semid_from_host(&host, 0x12345678, &ds);
    check_perm(&ds.perm, 0x12345678, 0640 | FREEBSD_SEM_ALLOC);
    ck_assert_uint_eq(ds.nsems, 9);
    ck_assert_int_eq(ds.otime, 11);
    ck_assert_int_eq(ds.ctime, 12);
    ck_assert_uint_eq(ds.base, 0); /* the kernel's addresses are nobody's business */
    freebsd_semid_to_old(&ds, &old);
    check_old_perm(&old.perm, 0640 | FREEBSD_SEM_ALLOC);
    ck_assert_uint_eq(old.nsems, 9);
    ck_assert_int_eq(old.otime, 11);
    ck_assert_int_eq(old.ctime, 12);
    ck_assert_int_eq(old.pad1, 0);
}
END_TEST

START_TEST(messages)
{
    struct msqid64_ds host = {.msg_perm = host_perm,
                              .msg_stime = 1,
                              .msg_rtime = 2,
                              .msg_ctime = 3,
                              .msg_cbytes = 4,
                              .msg_qnum = 5,
                              .msg_qbytes = 6,
                              .msg_lspid = 7,
                              .msg_lrpid = 8};
    struct freebsd_msqid_ds ds;
    struct freebsd_msqid_ds_old old;

    freebsd_msqid_from_host(&host, 0x7fff0001, &ds);
    check_perm(&ds.perm, 0x7fff0001, 0640);
    ck_assert(ds.stime == 1 && ds.rtime == 2 && ds.ctime == 3 && ds.cbytes == 4 && ds.qnum == 5 && ds.qbytes == 6);
    ck_assert(ds.lspid == 7 && ds.lrpid == 8 && ds.first == 0 && ds.last == 0);
    freebsd_msqid_to_old(&ds, &old);
    check_old_perm(&old.perm, 0640);
    ck_assert(old.stime == 1 && old.rtime == 2 && old.ctime == 3 && old.cbytes == 4 && old.qnum == 5);
    ck_assert(old.qbytes == 6 && old.lspid == 7 && old.lrpid == 8 && old.pad4[3] == 0);
}
END_TEST

START_TEST(segments)
{
    struct shmid64_ds host = {.shm_perm = host_perm,
                              .shm_segsz = 1ULL << 40,
                              .shm_atime = 1,
                              .shm_dtime = 2,
                              .shm_ctime = 3,
                              .shm_cpid = 4,
                              .shm_lpid = 5,
                              .shm_nattch = 100000};
    struct freebsd_shmid_ds ds;
    struct freebsd_shmid_ds_old old;

    freebsd_shmid_from_host(&host, 5, &ds);
    check_perm(&ds.perm, 5, 0640 | FREEBSD_SHMSEG_ALLOCATED | FREEBSD_SHMSEG_REMOVED);
    ck_assert_uint_eq(ds.segsz, 1ULL << 40);
    ck_assert(ds.atime == 1 && ds.dtime == 2 && ds.ctime == 3 && ds.cpid == 4 && ds.lpid == 5 && ds.nattch == 100000);
    freebsd_shmid_to_old(&ds, &old);
    ck_assert_int_eq(old.segsz, INT32_MAX); /* what has no room there */
    ck_assert_int_eq(old.nattch, INT16_MAX);
    ck_assert(old.atime == 1 && old.dtime == 2 && old.ctime == 3 && old.cpid == 4 && old.lpid == 5);
}
END_TEST

START_TEST(owner_and_permissions)
{
    struct freebsd_ipc_perm_old old = {.uid = 65535, .gid = 2, .mode = 07777};
    struct freebsd_ipc_perm perm;
    struct ipc64_perm host = {.key = 77};

    freebsd_ipc_perm_from_old(&old, &perm);
    freebsd_ipc_perm_to_host(&perm, &host);
    ck_assert_uint_eq(host.uid, 65535);
    ck_assert_uint_eq(host.gid, 2);
    ck_assert_uint_eq(host.mode, 0777);
    ck_assert_int_eq(host.key, 77);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("FreeBSD System V IPC");
    TCase *tc = tcase_create("converters");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, semaphores);
    tcase_add_test(tc, messages);
    tcase_add_test(tc, segments);
    tcase_add_test(tc, owner_and_permissions);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
