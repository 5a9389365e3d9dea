/*
 * System V shared memory. Sources: shmget(2), shmat(2), shmctl(2), sys/kern/sysv_shm.c.
 *
 * Rows: shmget shmat shmdt shmctl freebsd7_shmctl: shmget(2), shmat(2), shmctl(2), sys/kern/sysv_shm.c
 */
#include "guest.h"

#include "ipc.h"

#define PAGE 4096

static int64_t segment;

static bool make(size_t size)
{
    if (!ipc_available()) {
        return false;
    }
    segment = MUST(SYS(shmget, 0, size, 0600));
    return !guest_failed();
}

static void drop(void)
{
    CHECK_OK(SYS(shmctl, segment, FREEBSD_IPC_RMID, 0));
}

static struct freebsd_shmid_ds record(void)
{
    struct freebsd_shmid_ds ds;

    memset(&ds, 0x55, sizeof(ds));
    CHECK_OK(SYS(shmctl, segment, FREEBSD_IPC_STAT, &ds));
    return ds;
}

TEST(get)
{
    int64_t key = ipc_key(1);

    if (!ipc_available()) {
        return;
    }
    CHECK_ERR(SYS(shmget, key, 100, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(shmget, key, 0, FREEBSD_IPC_CREAT | 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmget, 0, 0, 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmget, 0, (uint64_t)-1, 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmget, key | 0x700000000, 100, 0), FREEBSD_ENOENT); /* keys are longs, and this is another */
    segment = MUST(SYS(shmget, key, 100, FREEBSD_IPC_CREAT | 0600));
    CHECK_EQ(SYS(shmget, key, 0, 0), segment);
    CHECK_EQ(SYS(shmget, key, 100, FREEBSD_IPC_CREAT | 0777), segment);
    CHECK_ERR(SYS(shmget, key, 101, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmget, key, 100, FREEBSD_IPC_CREAT | FREEBSD_IPC_EXCL), FREEBSD_EEXIST);
    CHECK_ERR(SYS(shmget, key | 0x700000000, 100, 0), FREEBSD_ENOENT);
    drop();
    CHECK_ERR(SYS(shmget, key, 100, 0), FREEBSD_ENOENT);
    segment = MUST(SYS(shmget, 0, 100, 0600 | 04000 | 010000)); /* flags that are none: huge pages on the host */
    CHECK_EQ(record().segsz, 100);
    drop();
}

static void write_in_child(void *argument)
{
    char *at = argument;

    CHECK_EQ(at[0], 'a'); /* shmat(2): attached segments are a child's too */
    at[1] = 'b';
    CHECK_OK(SYS(shmdt, at));
    CHECK_ERR(SYS(shmdt, at), FREEBSD_EINVAL);
}

TEST(attach)
{
    struct freebsd_shmid_ds ds;

    if (!make(3 * PAGE)) {
        return;
    }
    char *at = (char *)MUST(SYS(shmat, segment, 0, 0));
    CHECK_EQ((uint64_t)at % PAGE, 0);
    CHECK_EQ(at[3 * PAGE - 1], 0);
    at[0] = 'a';
    char *again = (char *)MUST(SYS(shmat, segment, 0, FREEBSD_SHM_RDONLY));
    CHECK(again != at);
    CHECK_EQ(again[0], 'a');
    ds = record();
    CHECK_EQ(ds.nattch, 2);
    CHECK_EQ(ds.lpid, SYS(getpid));
    CHECK_EQ(ds.cpid, SYS(getpid));
    CHECK_EQ(guest_in_child(write_in_child, at), 0);
    CHECK_EQ(again[1], 'b');
    CHECK_EQ(record().nattch, 2);
    CHECK_OK(SYS(shmdt, at));
    CHECK_OK(SYS(shmdt, again));
    CHECK_EQ(record().nattch, 0);
    CHECK_ERR(SYS(shmdt, at), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmdt, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmdt, at + 1), FREEBSD_EINVAL);
    drop();
    CHECK_ERR(SYS(shmat, segment, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmat, -1, 0, 0), FREEBSD_EINVAL);
}

/* a read-only segment is not written to, by the kernel neither */
TEST(read_only)
{
    if (!make(PAGE)) {
        return;
    }
    char *at = (char *)MUST(SYS(shmat, segment, 0, FREEBSD_SHM_RDONLY));
    int fd = guest_file("source", "text");
    CHECK_ERR(SYS(pread, fd, at, 4, 0), FREEBSD_EFAULT);
    CHECK_OK(SYS(shmdt, at));
    drop();
}

TEST(addresses)
{
    if (!make(2 * PAGE)) {
        return;
    }
    char *room = guest_pages(8 * PAGE);
    room[PAGE] = 'r';
    CHECK_ERR(SYS(shmat, segment, room + PAGE, 0), FREEBSD_ENOMEM); /* something is there */
    CHECK_EQ(room[PAGE], 'r');
    CHECK_ERR(SYS(shmat, segment, room + 1, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(munmap, room + PAGE, 2 * PAGE));
    CHECK_EQ(SYS(shmat, segment, room + PAGE, 0), (int64_t)(room + PAGE));
    room[2 * PAGE] = 's';
    CHECK_OK(SYS(shmdt, room + PAGE));
    CHECK_EQ(SYS(shmat, segment, room + PAGE + 77, FREEBSD_SHM_RND), (int64_t)(room + PAGE));
    CHECK_EQ(room[2 * PAGE], 's');
    CHECK_OK(SYS(shmdt, room + PAGE));
    /* over what is mapped: the segment's neighbours stay */
    room[3 * PAGE] = 'n';
    room[6 * PAGE] = 'm';
    CHECK_EQ(SYS(shmat, segment, room + 4 * PAGE, FREEBSD_SHM_REMAP), (int64_t)(room + 4 * PAGE));
    CHECK(room[5 * PAGE] == 's' && room[3 * PAGE] == 'n' && room[6 * PAGE] == 'm');
    CHECK_OK(SYS(shmdt, room + 4 * PAGE));
    CHECK_ERR(SYS(shmat, segment, (void *)0x7c000000, FREEBSD_SHM_REMAP), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(shmat, segment, (void *)0x7c000000, 0), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(shmat, segment, (void *)0xfffffffffffff000, 0), FREEBSD_ENOMEM);
    drop();
}

/* kern.ipc.shm_allow_removed is 1: a removed segment lives, and can be attached, as long as somebody has it */
TEST(removed)
{
    struct freebsd_shmid_ds ds;

    if (!make(PAGE)) {
        return;
    }
    char *at = (char *)MUST(SYS(shmat, segment, 0, 0));
    at[5] = 'x';
    drop();
    ds = record();
    CHECK_EQ(ds.perm.mode, 0600 | FREEBSD_SHMSEG_ALLOCATED | FREEBSD_SHMSEG_REMOVED);
    CHECK_EQ(ds.perm.key, 0);
    char *again = (char *)MUST(SYS(shmat, segment, 0, 0));
    CHECK_EQ(again[5], 'x');
    CHECK_OK(SYS(shmdt, at));
    CHECK_OK(SYS(shmdt, again));
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_STAT, &ds), FREEBSD_EINVAL);
}

/* what is attached goes at exec and at munmap */
TEST(unmapped)
{
    if (!make(PAGE)) {
        return;
    }
    char *at = (char *)MUST(SYS(shmat, segment, 0, 0));
    CHECK_OK(SYS(munmap, at, PAGE));
    CHECK_ERR(SYS(pread, guest_file("f", "text"), at, 1, 0), FREEBSD_EFAULT);
    drop();
}

TEST(records)
{
    struct freebsd_shmid_ds ds;
    int64_t now = (int64_t)(guest_clock(FREEBSD_CLOCK_REALTIME) / 1000000000);

    if (!make(5000)) {
        return;
    }
    CHECK_EQ(sizeof(ds), 80);
    ds = record();
    CHECK_EQ(ds.perm.uid, SYS(geteuid));
    CHECK_EQ(ds.perm.cgid, SYS(getegid));
    CHECK_EQ(ds.perm.mode, 0600 | FREEBSD_SHMSEG_ALLOCATED);
    CHECK_EQ(ds.perm.seq, segment >> 16 & 0xffff);
    CHECK_EQ(ds.segsz, 5000);
    CHECK_EQ(ds.nattch, 0);
    CHECK_EQ(ds.lpid, 0);
    CHECK_EQ(ds.atime, 0);
    CHECK(ds.ctime >= now - 2);
    ds.perm.mode = 07640;
    CHECK_OK(SYS(shmctl, segment, FREEBSD_IPC_SET, &ds));
    CHECK_EQ(record().perm.mode, 0640 | FREEBSD_SHMSEG_ALLOCATED);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_STAT, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_SET, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_SHM_LOCK, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_SHM_UNLOCK, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_SHM_STAT, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_SHM_INFO, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_INFO, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmctl, segment, 99, &ds), FREEBSD_EINVAL);
    drop();
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_SET, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_RMID, 0), FREEBSD_EINVAL);
}

TEST(old_records)
{
    struct freebsd_shmid_ds_old ds;

    if (!make(5000)) {
        return;
    }
    CHECK_EQ(sizeof(ds), 72);
    memset(&ds, 0x55, sizeof(ds));
    CHECK_OK(SYS(freebsd7_shmctl, segment, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.perm.uid, SYS(geteuid) & 0xffff);
    CHECK_EQ(ds.perm.mode, 0600 | FREEBSD_SHMSEG_ALLOCATED);
    CHECK_EQ(ds.segsz, 5000);
    CHECK_EQ(ds.nattch, 0);
    CHECK_EQ(ds.cpid, SYS(getpid));
    CHECK(ds.ctime != 0 && ds.atime == 0 && ds.internal == 0);
    ds.perm.mode = 0400;
    CHECK_OK(SYS(freebsd7_shmctl, segment, FREEBSD_IPC_SET, &ds));
    CHECK_OK(SYS(freebsd7_shmctl, segment, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.perm.mode, 0400 | FREEBSD_SHMSEG_ALLOCATED);
    CHECK_ERR(SYS(freebsd7_shmctl, segment, 77, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd7_shmctl, segment, FREEBSD_IPC_STAT, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd7_shmctl, segment, FREEBSD_IPC_SET, WILD), FREEBSD_EFAULT);
    CHECK_OK(SYS(freebsd7_shmctl, segment, FREEBSD_IPC_RMID, 0));
}

static void try_as_other(void *argument)
{
    struct freebsd_shmid_ds ds = {.segsz = 1};

    CHECK_EQ(SYS(shmget, *(int64_t *)argument, 1, 0600), segment); /* only attaching asks */
    CHECK_ERR(SYS(shmat, segment, 0, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(shmat, segment, 0, FREEBSD_SHM_RDONLY), FREEBSD_EACCES);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_STAT, &ds), FREEBSD_EACCES);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_SET, &ds), FREEBSD_EACCES);
    CHECK_ERR(SYS(shmctl, segment, FREEBSD_IPC_RMID, 0), FREEBSD_EACCES);
}

static void read_as_other(void *argument)
{
    char *room = guest_pages(PAGE);

    (void)argument;
    room[0] = 'k';
    CHECK_ERR(SYS(shmat, segment, 0, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(shmat, segment, room, FREEBSD_SHM_RND), FREEBSD_EACCES);
    CHECK_EQ(room[0], 'k'); /* nothing was replaced */
    CHECK_OK(SYS(shmdt, MUST(SYS(shmat, segment, 0, FREEBSD_SHM_RDONLY))));
}

TEST(permissions)
{
    struct freebsd_shmid_ds ds;
    int64_t key = ipc_key(2);

    if (!ipc_available()) {
        return;
    }
    segment = MUST(SYS(shmget, key, 1, FREEBSD_IPC_CREAT | 0600));
    if (!ipc_as_other_user(try_as_other, &key)) {
        guest_skip("not the superuser");
    } else {
        ds = record();
        ds.perm.mode = 0604;
        CHECK_OK(SYS(shmctl, segment, FREEBSD_IPC_SET, &ds));
        ipc_as_other_user(read_as_other, 0);
    }
    drop();
}
