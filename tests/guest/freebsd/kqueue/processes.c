/*
 * EVFILT_PROC and EVFILT_PROCDESC. Sources: kqueue(2); filt_procattach(), filt_proc(), knote_fork() of
 * sys/kern/kern_event.c; procdesc_kqops_event() of sys/kern/sys_procdesc.c.
 */
#include "queue.h"

#define PROC  FREEBSD_EVFILT_PROC
#define EXIT  FREEBSD_NOTE_EXIT
#define FORK  FREEBSD_NOTE_FORK
#define EXEC  FREEBSD_NOTE_EXEC
#define TRACK FREEBSD_NOTE_TRACK
#define CHILD FREEBSD_NOTE_CHILD
#define LAST  (FREEBSD_EV_EOF | FREEBSD_EV_ONESHOT | FREEBSD_EV_CLEAR)

static int32_t gate[2];

/* A child waits for its parent here, who lets it go by a byte. */
static void hold(void)
{
    char c;

    SYS(read, gate[0], &c, 1);
}

static void let_go(void)
{
    CHECK_EQ(SYS(write, gate[1], "g", 1), 1);
}

static void prepare(void)
{
    queue_fresh();
    CHECK_OK(SYS(pipe2, gate, 0));
}

static void done(void)
{
    SYS(close, gate[0]);
    SYS(close, gate[1]);
}

int guest_child(int argc, char **argv)
{
    (void)argc;
    return guest_starts(argv[1], "--seven") ? 7 : 1;
}

static void execute(void)
{
    char *argv[] = {"again", "--seven", 0}, *envp[] = {0};

    SYS(execve, guest_self, argv, envp);
    guest_exit(99);
}

/* data is the wait status, of an exit and of a signal; the event is the last and its knote is gone */
TEST(exit_status)
{
    struct freebsd_kevent e;
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        hold();
        guest_exit(5);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0));
    queue_none();
    let_go();
    e = queue_one((uint64_t)pid, PROC);
    CHECK_EQ(e.flags, LAST);
    CHECK_EQ(e.fflags, EXIT);
    CHECK_EQ(e.data, 5 << 8);
    CHECK_ERR(queue_change((uint64_t)pid, PROC, FREEBSD_EV_DELETE, 0, 0), FREEBSD_ENOENT);
    CHECK_EQ(guest_wait(pid), 5 << 8);

    pid = guest_fork();
    if (pid == 0) {
        hold();
        guest_exit(0);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0));
    CHECK_OK(SYS(kill, pid, FREEBSD_SIGKILL));
    CHECK_EQ(queue_one((uint64_t)pid, PROC).data, FREEBSD_SIGKILL);
    CHECK_EQ(guest_wait(pid), FREEBSD_SIGKILL);
    done();
}

/* A zombie has ended: its event is there at once. One that nobody waits for the end of is not found any more */
TEST(zombie)
{
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        guest_exit(3);
    }
    guest_sleep_ms(100);
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0));
    CHECK_EQ(queue_one((uint64_t)pid, PROC).data, 3 << 8);
    CHECK_EQ(guest_wait(pid), 3 << 8);
    CHECK_ERR(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0), FREEBSD_ESRCH);
    CHECK_ERR(queue_change(0, PROC, FREEBSD_EV_ADD, EXIT, 0), FREEBSD_ESRCH);
    CHECK_ERR(queue_change(1ULL << 40, PROC, FREEBSD_EV_ADD, EXIT, 0), FREEBSD_ESRCH);
    done();
}

/* Without NOTE_EXIT the end is not told, and the knote goes with the process (EV_DROP) */
TEST(end_not_asked_for)
{
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        hold();
        guest_exit(0);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, FORK, 0));
    let_go();
    CHECK_EQ(guest_wait(pid), 0);
    queue_none();
    CHECK_ERR(queue_change((uint64_t)pid, PROC, FREEBSD_EV_DELETE, 0, 0), FREEBSD_ENOENT);
    done();
}

TEST(fork_and_exec)
{
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        int child;

        hold();
        child = guest_fork();
        if (child == 0) {
            guest_exit(0);
        }
        guest_wait(child);
        hold();
        execute();
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT | FORK | EXEC, 0));
    let_go();
    CHECK_EQ(queue_one((uint64_t)pid, PROC).fflags, FORK);
    queue_none();
    let_go();
    CHECK_EQ(queue_one((uint64_t)pid, PROC).fflags & EXEC, EXEC);
    CHECK_EQ(guest_wait(pid), 7 << 8);
    done();
}

/* What has happened until it is looked at is one event */
TEST(notes_add_up)
{
    struct freebsd_kevent e;
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        int child;

        hold();
        child = guest_fork();
        if (child == 0) {
            guest_exit(0);
        }
        guest_wait(child);
        execute();
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT | FORK | EXEC, 0));
    let_go();
    CHECK_EQ(guest_wait(pid), 7 << 8);
    e = queue_one((uint64_t)pid, PROC);
    CHECK_EQ(e.fflags, EXIT | FORK | EXEC);
    CHECK_EQ(e.data, 7 << 8);
    done();
}

/* A process that watches itself sees its fork when fork(2) returns */
TEST(own_fork)
{
    int self = (int)SYS(getpid), pid;

    prepare();
    CHECK_OK(queue_change((uint64_t)self, PROC, FREEBSD_EV_ADD, FORK, 0));
    pid = guest_fork();
    if (pid == 0) {
        guest_exit(0);
    }
    CHECK_EQ(queue_take(0), 1);
    CHECK_EQ(queue_out[0].fflags, FORK);
    CHECK_EQ(guest_wait(pid), 0);
    queue_none();
    done();
}

/* What the events of one tracked family have been. */
struct family {
    int child, grandchild;
    uint32_t of_parent, of_child, of_grandchild;
    int64_t parent_of_child, parent_of_grandchild;
};

static void collect(struct family *f, int parent, int ends)
{
    for (int rounds = 0; ends > 0 && rounds < 50; rounds++) {
        int64_t n = queue_take(5000);

        REQUIRE(n > 0);
        for (int64_t i = 0; i < n; i++) {
            const struct freebsd_kevent *e = &queue_out[i];
            int pid = (int)e->ident;

            CHECK_EQ((uint64_t)e->udata, (uint64_t)parent + 0x1000); /* children have their parent's */
            if ((e->fflags & CHILD) != 0) {
                CHECK_EQ(e->fflags, CHILD);
                CHECK_EQ(e->flags & FREEBSD_EV_ONESHOT, FREEBSD_EV_ONESHOT);
                if (e->data == parent) {
                    f->child = pid;
                    f->parent_of_child = e->data;
                } else {
                    f->grandchild = pid;
                    f->parent_of_grandchild = e->data;
                }
            } else if (pid == parent) {
                f->of_parent |= e->fflags;
            } else if (pid == f->child) {
                f->of_child |= e->fflags;
            } else if (pid == f->grandchild) {
                f->of_grandchild |= e->fflags;
            } else {
                guest_fail(__FILE__, __LINE__, "an event of process %d", pid);
            }
            ends -= (e->fflags & EXIT) != 0;
        }
    }
}

/* NOTE_TRACK: each child comes with NOTE_CHILD and its parent as data, and is followed from then on */
TEST(track)
{
    struct family f = {0};
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        int child;

        hold();
        child = guest_fork();
        if (child == 0) {
            int grandchild = guest_fork();

            if (grandchild == 0) {
                execute();
            }
            guest_wait(grandchild);
            guest_exit(0);
        }
        guest_wait(child);
        guest_exit(0);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, TRACK | EXIT | FORK | EXEC, 0));
    let_go();
    collect(&f, pid, 3);
    CHECK_EQ(f.of_parent, FORK | EXIT);
    CHECK(f.child > 0 && f.grandchild > 0);
    CHECK_EQ(f.parent_of_child, pid);
    CHECK_EQ(f.parent_of_grandchild, f.child);
    CHECK_EQ(f.of_child, FORK | EXIT);
    CHECK_EQ(f.of_grandchild, EXEC | EXIT);
    CHECK_EQ(guest_wait(pid), 0);
    queue_none();
    done();
}

/* The same for vfork(2), whose child has its parent's memory until it executes */
TEST(track_vfork)
{
    struct family f = {0};
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        char *argv[] = {"again", "--seven", 0}, *envp[] = {0};
        int64_t child;
        int32_t status = 0;

        hold();
        child = SYS(vfork);
        if (child == 0) {
            SYS(execve, guest_self, argv, envp);
            SYS(exit, 99);
        }
        SYS(wait4, child, &status, 0, 0);
        guest_exit(status >> 8);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, TRACK | EXIT | EXEC, 0));
    let_go();
    collect(&f, pid, 2);
    CHECK(f.child > 0);
    CHECK_EQ(f.of_parent, EXIT); /* NOTE_FORK was not asked for */
    CHECK_EQ(f.of_child, EXEC | EXIT);
    CHECK_EQ(guest_wait(pid), 7 << 8);
    done();
}

/* Many children at once: none is lost, however many ring */
TEST(track_many)
{
    enum { CHILDREN = 60 };
    int pid, children = 0, ends = 0;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        hold();
        for (int i = 0; i < CHILDREN; i++) {
            if (guest_fork() == 0) {
                guest_exit(0);
            }
        }
        for (int i = 0; i < CHILDREN; i++) {
            guest_wait(-1);
        }
        guest_exit(0);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, TRACK | EXIT, 0));
    let_go();
    guest_sleep_ms(200); /* unheard for a while */
    while (ends < CHILDREN + 1) {
        int64_t n = queue_take(5000);

        REQUIRE(n > 0);
        for (int64_t i = 0; i < n; i++) {
            children += (queue_out[i].fflags & CHILD) != 0;
            ends += (queue_out[i].fflags & EXIT) != 0;
            CHECK_EQ(queue_out[i].fflags & FREEBSD_NOTE_TRACKERR, 0);
        }
    }
    CHECK_EQ(children, CHILDREN);
    CHECK_EQ(guest_wait(pid), 0);
    queue_none();
    done();
}

/* The status of a process that is no child of the watcher's */
TEST(status_of_others)
{
    int32_t report[2], self = (int32_t)SYS(getpid), pid = 0;
    int child;

    prepare();
    CHECK_OK(SYS(pipe2, report, 0));
    child = guest_fork();
    if (child == 0) {
        int grandchild = guest_fork();

        if (grandchild == 0) {
            int32_t me = (int32_t)SYS(getpid);

            SYS(write, report[1], &me, 4);
            hold();
            guest_exit(11);
        }
        guest_wait(grandchild);
        guest_exit(0);
    }
    CHECK_EQ(SYS(read, report[0], &pid, 4), 4);
    CHECK(pid > 0 && pid != self);
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0));
    let_go();
    CHECK_EQ(queue_one((uint64_t)pid, PROC).data, 11 << 8);
    CHECK_EQ(guest_wait(child), 0);
    SYS(close, report[0]);
    SYS(close, report[1]);
    done();
}

/* Of one that dies of a signal, too: it says nothing itself. As a zombie, and when it has been waited for. */
static void death_of_other(bool waited)
{
    int32_t report[2], pid = 0;
    int child;

    prepare();
    CHECK_OK(SYS(pipe2, report, 0));
    child = guest_fork();
    if (child == 0) {
        int grandchild = guest_fork();

        if (grandchild == 0) {
            int32_t me = (int32_t)SYS(getpid);

            SYS(write, report[1], &me, 4);
            hold();
            SYS(kill, me, FREEBSD_SIGTERM);
            guest_exit(11);
        }
        if (waited)
            guest_wait(grandchild);
        for (;;)
            guest_sleep_ms(1000);
    }
    CHECK_EQ(SYS(read, report[0], &pid, 4), 4);
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0));
    let_go();
    if (waited) /* it is gone before the queue is looked at */
        while (SYS(kill, pid, 0) == 0)
            guest_sleep_ms(1);
    int64_t data = queue_one((uint64_t)pid, PROC).data;
    SYS(kill, child, FREEBSD_SIGKILL);
    guest_wait(child);
    SYS(close, report[0]);
    SYS(close, report[1]);
    done();
    if (data == 0 && waited)
        SKIP("Linux tells it from 6.15 on (PIDFD_GET_INFO)");
    CHECK_EQ(data, FREEBSD_SIGTERM);
}

TEST(death_of_others)
{
    death_of_other(false);
}

TEST(death_of_others_waited_for)
{
    death_of_other(true);
}

/* Of a child that dies of a signal that the host has not: 7 is SIGEMT */
TEST(death_by_own_signal)
{
    prepare();
    int pid = guest_fork();
    if (pid == 0) {
        hold();
        SYS(kill, SYS(getpid), 7);
        guest_exit(11);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0));
    let_go();
    CHECK_EQ(queue_one((uint64_t)pid, PROC).data & 0x7f, 7);
    int status = 0;
    CHECK_EQ(SYS(wait4, pid, &status, 0, 0), pid);
    CHECK_EQ(status & 0x7f, 7);
    done();
}

/* A fork is told of, too, where its process has no descriptor left. */
TEST(fork_without_descriptors)
{
    struct {
        int64_t now, most;
    } limit;
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        hold();
        SYS(getrlimit, 8 /* RLIMIT_NOFILE */, &limit);
        limit.now = 64;
        SYS(setrlimit, 8, &limit);
        while (SYS(dup, 0) >= 0)
            continue;
        guest_wait(guest_fork() == 0 ? (guest_exit(0), 0) : -1);
        hold(); /* its end would tell, too */
        guest_exit(3);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, FORK, 0));
    let_go();
    CHECK_EQ(queue_one((uint64_t)pid, PROC).fflags, FORK);
    let_go();
    CHECK_EQ(guest_wait(pid), 3 << 8);
    done();
}

/* An exec that fails leaves a kqueue as it was. */
TEST(failed_exec_marks_nothing)
{
    char *argv[] = {"x", 0}, *envp[] = {0};
    int kq = (int)SYS(kqueue), file = guest_file("no program", "\177ELF");

    SYS(close, file);
    SYS(chmod, "no program", 0755);
    CHECK_EQ(SYS(fcntl, kq, 1 /* F_GETFD */), 0);
    CHECK(SYS(execve, "no program", argv, envp) < 0);
    CHECK_EQ(SYS(fcntl, kq, 1), 0);
    CHECK_OK(SYS(unlink, "no program"));
    SYS(close, kq);
}

/* What is asked for can be changed; a deleted knote hears no more */
TEST(change_and_delete)
{
    int pid;

    prepare();
    pid = guest_fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++) {
            int child;

            hold();
            child = guest_fork();
            if (child == 0) {
                guest_exit(0);
            }
            guest_wait(child);
        }
        guest_exit(0);
    }
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT, 0));
    let_go();
    queue_none();
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_ADD, EXIT | FORK, 0));
    let_go();
    CHECK_EQ(queue_one((uint64_t)pid, PROC).fflags, FORK);
    CHECK_OK(queue_change((uint64_t)pid, PROC, FREEBSD_EV_DELETE, 0, 0));
    let_go();
    CHECK_EQ(guest_wait(pid), 0);
    queue_none();
    done();
}

/* EVFILT_PROCDESC: the end of a process by its descriptor */
TEST(process_descriptor)
{
    struct freebsd_kevent e;
    int32_t fd = -1;
    struct guest_result r;
    int pid;

    prepare();
    r = guest_call_raw(FREEBSD_SYS_pdfork, (uint64_t)&fd, 0, 0, 0, 0, 0);
    CHECK_EQ(r.carry, 0);
    if (r.rdx == 1) {
        hold();
        guest_exit(9);
    }
    pid = (int)r.rax;
    CHECK_ERR(queue_change((uint64_t)fd, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(queue_change((uint64_t)fd, FREEBSD_EVFILT_VNODE, FREEBSD_EV_ADD, FREEBSD_NOTE_ALL, 0), FREEBSD_EINVAL);
    CHECK_OK(queue_change((uint64_t)fd, FREEBSD_EVFILT_PROCDESC, FREEBSD_EV_ADD, EXIT, 0));
    queue_none();
    let_go();
    e = queue_one((uint64_t)fd, FREEBSD_EVFILT_PROCDESC);
    CHECK_EQ(e.flags, LAST);
    CHECK_EQ(e.fflags, EXIT);
    CHECK_EQ(e.data, 9 << 8);
    CHECK_EQ(guest_wait(pid), 9 << 8);
    SYS(close, fd);
    CHECK_ERR(queue_change(999, FREEBSD_EVFILT_PROCDESC, FREEBSD_EV_ADD, EXIT, 0), FREEBSD_EBADF);
    done();
}
