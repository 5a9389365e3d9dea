/*
 * What does asynchronous I/O for a process is not one of its threads: neither it nor another process sees more than there
 * are. Sources: struct kinfo_proc of sys/sys/user.h (ki_numthreads), KERN_PROC_INC_THREAD of sys/sys/sysctl.h; aio(4)
 * has its work done by processes of the kernel's.
 */
#include "guest.h"

#include "aio.h"

enum { KINFO_PROC_SIZE = 1088, KI_NUMTHREADS = 596 };

static char records[8 * KINFO_PROC_SIZE];

/* The number of threads that process `pid` is said to have, and *listed the number of records of them. */
static int threads_of(int32_t pid, uint64_t *listed)
{
    int32_t name[4] = {1, 14, 1 | 16 /* KERN_PROC_PID, KERN_PROC_INC_THREAD */, pid};
    uint64_t size = sizeof(records);

    CHECK_OK(SYS(__sysctl, name, 4, records, &size, 0, 0));
    *listed = size / KINFO_PROC_SIZE;
    return *(int32_t *)(records + KI_NUMTHREADS);
}

TEST(none_is_seen)
{
    char byte;
    uint64_t listed;
    int fd = guest_file("read", "x");
    struct freebsd_aiocb request = {.fildes = fd, .buf = &byte, .nbytes = 1};
    int32_t self = (int32_t)SYS(getpid);

    CHECK_OK(SYS(aio_read, &request));
    while (SYS(aio_error, &request) == FREEBSD_EINPROGRESS)
        guest_sleep_ms(1);
    CHECK_EQ(SYS(aio_return, &request), 1);
    CHECK_EQ(threads_of(self, &listed), 1);
    CHECK_EQ(listed, 1);
    int child = guest_fork();
    if (child == 0)
        guest_exit(threads_of(self, &listed) == 1 && listed == 1 ? 0 : 1);
    CHECK_EQ(guest_wait(child), 0);
    SYS(close, fd);
    CHECK_OK(SYS(unlink, "read"));
}

/* A guest's thread cannot hide behind the name of such a one. */
static void wait_for_word(void *word)
{
    guest_await(word, 1);
}

TEST(no_guest_is_hidden)
{
    static struct guest_thread thread;
    static uint32_t word;
    uint64_t listed;

    REQUIRE(guest_thread_start(&thread, wait_for_word, &word) == 0);
    CHECK_OK(SYS(thr_set_name, thread.tid, "dragoman-engine"));
    CHECK_EQ(threads_of((int32_t)SYS(getpid), &listed), 2);
    CHECK_EQ(listed, 2);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    SYS(_umtx_op, &word, 3, 1, 0, 0); /* UMTX_OP_WAKE */
    guest_thread_join(&thread);
}
