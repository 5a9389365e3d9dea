/*
 * EVFILT_SIGNAL: counts attempts to send, before the signal is looked at. Sources: kqueue(2); filt_sig*() and
 * tdsendsignal() of sys/kern/kern_sig.c.
 */
#include "queue.h"

#define SIGNAL FREEBSD_EVFILT_SIGNAL

static volatile uint32_t caught;

static void catch (int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    caught++;
}

static void watch(int signo)
{
    queue_fresh();
    caught = 0;
    CHECK_OK(queue_change((uint64_t)signo, SIGNAL, FREEBSD_EV_ADD, 0, 0));
    queue_none();
}

static void send(int signo)
{
    CHECK_OK(SYS(kill, SYS(getpid), signo));
}

TEST(caught)
{
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, catch, 0));
    watch(FREEBSD_SIGUSR1);
    send(FREEBSD_SIGUSR1);
    send(FREEBSD_SIGUSR1);
    CHECK_EQ(caught, 2);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR1, SIGNAL).data, 2);
    queue_none();
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
}

/* Blocked signals count when they are sent, and not again when they come through */
TEST(blocked)
{
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, catch, 0));
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    watch(FREEBSD_SIGUSR1);
    send(FREEBSD_SIGUSR1);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR1, SIGNAL).data, 1);
    queue_none();
    send(FREEBSD_SIGUSR1);
    send(FREEBSD_SIGUSR1);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR1, SIGNAL).data, 2);
    CHECK_EQ(caught, 0);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
    CHECK(caught >= 1);
    queue_none();
    send(FREEBSD_SIGUSR1);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR1, SIGNAL).data, 1);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
}

static void send_to_parent(void *parent)
{
    SYS(kill, *(int *)parent, FREEBSD_SIGUSR2);
}

/* From another process, blocked: who waits in kevent is woken, and the signal still waits for sigwait */
TEST(blocked_from_outside)
{
    int self = (int)SYS(getpid), child;
    struct freebsd_sigset set = {{0}};
    int32_t got = 0;

    CHECK_OK(guest_block(FREEBSD_SIGUSR2));
    watch(FREEBSD_SIGUSR2);
    child = guest_fork();
    if (child == 0) {
        guest_sleep_ms(50);
        send_to_parent(&self);
        guest_exit(0);
    }
    CHECK_EQ(queue_one(FREEBSD_SIGUSR2, SIGNAL).data, 1);
    queue_none();
    guest_set_add(&set, FREEBSD_SIGUSR2);
    CHECK_EQ(SYS(sigwait, &set, &got), 0);
    CHECK_EQ(got, FREEBSD_SIGUSR2);
    queue_none();
    CHECK_EQ(guest_wait(child), 0);
    CHECK_EQ(guest_in_child(send_to_parent, &self), 0);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR2, SIGNAL).data, 1);
    CHECK_EQ(SYS(sigwait, &set, &got), 0);
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR2));
}

/* Ignored ones count and disturb nobody; the wait for them goes on as if nothing had come */
TEST(ignored)
{
    struct freebsd_timespec time = {0, 100000000};
    int self = (int)SYS(getpid), child;
    uint64_t begin;

    CHECK_OK(guest_ignore(FREEBSD_SIGUSR2));
    watch(FREEBSD_SIGUSR2);
    child = guest_fork();
    if (child == 0) {
        guest_sleep_ms(30);
        send_to_parent(&self);
        guest_exit(0);
    }
    begin = guest_now();
    CHECK_OK(SYS(nanosleep, &time, 0));
    CHECK(guest_now() - begin >= 99000000);
    CHECK_EQ(guest_wait(child), 0);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR2, SIGNAL).data, 1);
    send(FREEBSD_SIGUSR2);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR2, SIGNAL).data, 1);
    CHECK_OK(guest_default(FREEBSD_SIGUSR2));
}

/* Several signals of one queue, of which the program handles none */
TEST(several)
{
    CHECK_OK(guest_ignore(FREEBSD_SIGUSR1));
    CHECK_OK(guest_ignore(FREEBSD_SIGUSR2));
    watch(FREEBSD_SIGUSR2);
    CHECK_OK(queue_change(FREEBSD_SIGUSR1, SIGNAL, FREEBSD_EV_ADD, 0, 0));
    CHECK_OK(queue_change(FREEBSD_SIGINFO, SIGNAL, FREEBSD_EV_ADD, 0, 0)); /* ignored by default */
    send(FREEBSD_SIGUSR1);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR1, SIGNAL).data, 1);
    send(FREEBSD_SIGINFO);
    CHECK_EQ(queue_one(FREEBSD_SIGINFO, SIGNAL).data, 1);
    send(FREEBSD_SIGUSR2);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR2, SIGNAL).data, 1);
    queue_none();
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    CHECK_OK(guest_default(FREEBSD_SIGUSR2));
}

/* SIGCHLD counts by default, where it does nothing; not when it is ignored (kqueue(2)) */
TEST(child_ends)
{
    int child;

    watch(FREEBSD_SIGCHLD);
    child = guest_fork();
    if (child == 0) {
        guest_exit(0);
    }
    CHECK_EQ(queue_one(FREEBSD_SIGCHLD, SIGNAL).data, 1);
    CHECK_EQ(guest_wait(child), 0);
    queue_none();
}

/* Any number can be watched; a signal that waits already is none of the knote's */
TEST(numbers)
{
    CHECK_OK(guest_block(FREEBSD_SIGUSR1));
    send(FREEBSD_SIGUSR1);
    watch(FREEBSD_SIGUSR1);
    CHECK_OK(guest_ignore(FREEBSD_SIGUSR1));
    CHECK_OK(guest_unblock(FREEBSD_SIGUSR1));
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    queue_fresh();
    CHECK_OK(queue_change(0, SIGNAL, FREEBSD_EV_ADD, 0, 0));
    CHECK_OK(queue_change(1000, SIGNAL, FREEBSD_EV_ADD, 0, 0));
    CHECK_OK(queue_change(UINT64_MAX, SIGNAL, FREEBSD_EV_ADD, 0, 0));
    queue_none();
}

/* Every queue has its own count; a deleted knote none */
TEST(two_queues)
{
    int first;

    CHECK_OK(guest_ignore(FREEBSD_SIGUSR1));
    watch(FREEBSD_SIGUSR1);
    first = queue;
    queue = 0;
    watch(FREEBSD_SIGUSR1);
    send(FREEBSD_SIGUSR1);
    CHECK_EQ(queue_one(FREEBSD_SIGUSR1, SIGNAL).data, 1);
    CHECK_OK(queue_change(FREEBSD_SIGUSR1, SIGNAL, FREEBSD_EV_DELETE, 0, 0));
    send(FREEBSD_SIGUSR1);
    queue_none();
    SYS(close, queue);
    queue = first;
    CHECK_EQ(queue_one(FREEBSD_SIGUSR1, SIGNAL).data, 2);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
}
