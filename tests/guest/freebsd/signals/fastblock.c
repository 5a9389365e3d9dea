/*
 * Blocking all signals by a word in memory. Sources: sigfastblock(2), sys/sys/signalvar.h, sys/kern/kern_sig.c
 * (sys_sigfastblock(), sigfastblock_setpend(), trapsignal(), ast_sig()).
 */
#include "guest.h"

enum { SETPTR = 1, UNBLOCK = 2, UNSETPTR = 3, PEND = 1, INC = 0x10 };

static volatile uint32_t word __attribute__((aligned(4)));
static volatile uint32_t count, last;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    last = (uint32_t)signo;
    count++;
}

static int64_t send_self(int signo)
{
    return SYS(kill, SYS(getpid), signo);
}

static void begin(void)
{
    word = count = last = 0;
    CHECK_OK(SYS(sigfastblock, SETPTR, &word));
}

static void end(void)
{
    word = 0;
    CHECK_OK(SYS(sigfastblock, UNSETPTR, 0));
}

/* Rows: sigfastblock: sigfastblock(2), sys/kern/kern_sig.c sys_sigfastblock() */
TEST(errors)
{
    word = 0;
    CHECK_ERR(SYS(sigfastblock, 0, &word), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigfastblock, 4, &word), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigfastblock, UNBLOCK, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigfastblock, UNSETPTR, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigfastblock, SETPTR, (const char *)&word + 1), FREEBSD_EINVAL);
    begin();
    CHECK_ERR(SYS(sigfastblock, SETPTR, &word), FREEBSD_EBUSY);
    CHECK_ERR(SYS(sigfastblock, UNBLOCK, 0), FREEBSD_EBUSY); /* nothing is pending */
    word = INC;
    CHECK_ERR(SYS(sigfastblock, UNBLOCK, 0), FREEBSD_EBUSY);
    CHECK_ERR(SYS(sigfastblock, UNSETPTR, 0), FREEBSD_EBUSY);
    end();
}

static const int numbers[] = {FREEBSD_SIGUSR1, 40, 75, 100, FREEBSD_SIGSEGV};

static void kept_while_the_word_counts(int signo, bool by_child)
{
    CHECK_OK(guest_handle(signo, note, 0));
    begin();
    word += INC;
    word += INC;
    if (by_child) {
        int pid = guest_fork();

        if (pid == 0)
            guest_exit(SYS(kill, SYS(getppid), signo) != 0);
        CHECK(EXITED(guest_wait(pid), 0));
    } else {
        CHECK_OK(send_self(signo));
    }
    SYS(getpid);
    CHECK_EQ(count, 0);
    CHECK_EQ(word, 2 * INC | PEND);
    word -= INC;
    SYS(getpid);
    CHECK_EQ(count, 0);
    word -= INC;
    CHECK_EQ(word, PEND);
    CHECK_OK(SYS(sigfastblock, UNBLOCK, 0));
    CHECK_EQ(word, 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(last, signo);
    CHECK_OK(send_self(signo));
    CHECK_EQ(count, 2);
    end();
    guest_default(signo);
}

TEST(keeps_what_one_sends_oneself)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        kept_while_the_word_counts(numbers[i], false);
}

TEST(keeps_what_others_send)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        kept_while_the_word_counts(numbers[i], true);
}

static void sender(void *argument)
{
    int64_t target = *(int64_t *)argument;

    for (uint32_t i = 0; i < 400; i++) {
        while (i > count + 50) /* at most 128 are kept */
            SYS(sched_yield);
        SYS(thr_kill, target, 75);
    }
}

/* While it computes, too; and nothing is lost */
TEST(keeps_what_comes_between_calls)
{
    struct guest_thread thread;
    int64_t self = 0;
    uint64_t patience = guest_now() + 30000000000U;

    MUST(SYS(thr_self, &self));
    CHECK_OK(guest_handle(75, note, 0));
    begin();
    REQUIRE(guest_thread_start(&thread, sender, &self) == 0);
    while (count < 400 && guest_now() < patience) {
        uint32_t before;

        __atomic_fetch_add(&word, INC, __ATOMIC_SEQ_CST);
        before = count;
        for (volatile int i = 0; i < 2000; i++)
            continue;
        if (count != before)
            guest_fail(__FILE__, __LINE__, "a handler ran while the word was %u", word);
        if (__atomic_sub_fetch(&word, INC, __ATOMIC_SEQ_CST) == PEND)
            CHECK_OK(SYS(sigfastblock, UNBLOCK, 0));
    }
    CHECK_EQ(count, 400);
    guest_thread_join(&thread);
    end();
    guest_default(75);
}

static void fault_while_blocked(void *argument)
{
    (void)argument;
    guest_handle(FREEBSD_SIGSEGV, note, 0);
    begin();
    word = INC;
    *(volatile char *)8 = 1;
}

static void word_that_is_gone(void *argument)
{
    char *page = guest_pages(4096);

    (void)argument;
    guest_default(FREEBSD_SIGSEGV);
    guest_handle(FREEBSD_SIGUSR1, note, 0);
    SYS(sigfastblock, SETPTR, page);
    SYS(munmap, page, 4096);
    send_self(FREEBSD_SIGUSR1);
    guest_exit(3);
}

/* A fault cannot wait: it ends the process, as a blocked one does; so does a word that cannot be read */
TEST(faults_end_the_process)
{
    CHECK(KILLED(guest_in_child(fault_while_blocked, NULL), FREEBSD_SIGSEGV));
    CHECK(KILLED(guest_in_child(word_that_is_gone, NULL), FREEBSD_SIGSEGV));
}

static void inherited(void *argument)
{
    (void)argument;
    CHECK_ERR(SYS(sigfastblock, SETPTR, &word), FREEBSD_EBUSY);
    word = INC;
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 0);
    word = PEND;
    CHECK_OK(SYS(sigfastblock, UNBLOCK, 0));
    CHECK_EQ(count, 1);
}

static void own_word(void *argument)
{
    static uint32_t own __attribute__((aligned(4)));

    (void)argument;
    CHECK_ERR(SYS(sigfastblock, UNSETPTR, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(sigfastblock, SETPTR, &own));
    CHECK_OK(SYS(sigfastblock, UNSETPTR, 0));
}

/* A fork's child has its parent's word, a thread has none */
TEST(children_and_threads)
{
    struct guest_thread thread;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    begin();
    CHECK(EXITED(guest_in_child(inherited, NULL), 0));
    REQUIRE(guest_thread_start(&thread, own_word, NULL) == 0);
    guest_thread_join(&thread);
    end();
    guest_default(FREEBSD_SIGUSR1);
}
