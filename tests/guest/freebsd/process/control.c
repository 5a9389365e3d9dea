/*
 * procctl: what a process may say of itself, and what of others. Sources: procctl(2), sys/kern/kern_procctl.c,
 * sys/sys/procctl.h.
 */
#include "lib/process.h"

enum {
    SPROTECT = 1,
    REAP_ACQUIRE,
    REAP_RELEASE,
    REAP_STATUS,
    REAP_GETPIDS,
    REAP_KILL,
    TRACE_CTL,
    TRACE_STATUS,
    TRAPCAP_CTL,
    TRAPCAP_STATUS,
    PDEATHSIG_CTL,
    PDEATHSIG_STATUS,
    ASLR_CTL,
    ASLR_STATUS,
    PROTMAX_CTL,
    PROTMAX_STATUS,
    STACKGAP_CTL,
    STACKGAP_STATUS,
    NO_NEW_PRIVS_CTL,
    NO_NEW_PRIVS_STATUS,
    WXMAP_CTL,
    WXMAP_STATUS,
    KPTI_CTL = 0x10000000,
    KPTI_STATUS,
};
enum { ENABLE = 1, DISABLE = 2, THIRD = 3 };

struct reaper_status {
    uint32_t flags, children, descendants;
    int32_t reaper, pid;
    uint32_t pad[15];
};
struct reaper_pidinfo {
    int32_t pid, subtree;
    uint32_t flags, pad[15];
};
struct reaper_pids {
    uint32_t count, pad[15];
    struct reaper_pidinfo *pids;
};
struct reaper_kill {
    int32_t sig;
    uint32_t flags;
    int32_t subtree;
    uint32_t killed;
    int32_t failed_pid;
    uint32_t pad[15];
};

static int64_t set(int command, int value)
{
    return SYS(procctl, FREEBSD_P_PID, 0, command, &value);
}

static int get(int command)
{
    int value = 0x55555555;

    CHECK_OK(SYS(procctl, FREEBSD_P_PID, SYS(getpid), command, &value));
    return value;
}

TEST(arguments)
{
    int value = 1;

    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, 0, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, 99, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, -1, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_ALL, 0, TRACE_CTL, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PGID, 0, TRACE_STATUS, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 999999, TRACE_STATUS, &value), FREEBSD_ESRCH);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 999999, PDEATHSIG_STATUS, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, TRACE_STATUS, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, TRACE_CTL, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_ACQUIRE, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PGID, 0, REAP_STATUS, &value), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, SYS(getppid), REAP_ACQUIRE, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 999999, REAP_RELEASE, 0), FREEBSD_ESRCH);
}

static void states(void *unused)
{
    (void)unused;
    CHECK_EQ(get(TRACE_STATUS), 0);
    CHECK_OK(set(TRACE_CTL, DISABLE));
    CHECK_EQ(get(TRACE_STATUS), -1);
    CHECK_OK(set(TRACE_CTL, ENABLE));
    CHECK_EQ(get(TRACE_STATUS), 0);
    CHECK_ERR(set(TRACE_CTL, 4), FREEBSD_EINVAL);
    CHECK_EQ(get(TRAPCAP_STATUS), DISABLE);
    CHECK_OK(set(TRAPCAP_CTL, ENABLE));
    CHECK_EQ(get(TRAPCAP_STATUS), ENABLE);
    CHECK_ERR(set(TRAPCAP_CTL, 3), FREEBSD_EINVAL);
    CHECK_EQ(get(PROTMAX_STATUS), THIRD);
    CHECK_OK(set(PROTMAX_CTL, DISABLE));
    CHECK_EQ(get(PROTMAX_STATUS), DISABLE);
    CHECK_ERR(set(PROTMAX_CTL, 4), FREEBSD_EINVAL);
    CHECK_EQ(get(STACKGAP_STATUS), 1 | 4);
    CHECK_OK(set(STACKGAP_CTL, 2 | 8));
    CHECK_EQ(get(STACKGAP_STATUS), 2 | 8);
    CHECK_ERR(set(STACKGAP_CTL, 1), FREEBSD_EINVAL); /* not to be had back */
    CHECK_OK(set(STACKGAP_CTL, 4));
    CHECK_EQ(get(STACKGAP_STATUS), 2 | 4);
    CHECK_ERR(set(STACKGAP_CTL, 1 | 2), FREEBSD_EINVAL);
    CHECK_ERR(set(STACKGAP_CTL, 16), FREEBSD_EINVAL);
    CHECK_EQ(get(NO_NEW_PRIVS_STATUS), DISABLE);
    CHECK_ERR(set(NO_NEW_PRIVS_CTL, DISABLE), FREEBSD_EINVAL);
    CHECK_OK(set(NO_NEW_PRIVS_CTL, ENABLE));
    CHECK_EQ(get(NO_NEW_PRIVS_STATUS), ENABLE);
    CHECK_EQ(get(WXMAP_STATUS), 0);
    CHECK_OK(set(WXMAP_CTL, 1));
    CHECK_EQ(get(WXMAP_STATUS), 1);
    CHECK_ERR(set(WXMAP_CTL, 3), FREEBSD_EINVAL);
    CHECK_ERR(set(SPROTECT, 1), FREEBSD_EPERM);
    CHECK_ERR(set(SPROTECT, 3), FREEBSD_EINVAL);
    CHECK_ERR(set(SPROTECT, 1 | 0x40), FREEBSD_EINVAL);
    CHECK_ERR(set(KPTI_CTL, 1), FREEBSD_EPERM);
    CHECK_EQ(get(KPTI_STATUS) & 0xff, DISABLE);
}

TEST(own_states)
{
    CHECK_EQ(guest_in_child(states, NULL), 0);
}

static void maximum(void *unused)
{
    char *pages = guest_pages(4096), *read_only;

    (void)unused;
    CHECK_OK(set(PROTMAX_CTL, ENABLE));
    CHECK_EQ((uint32_t)get(PROTMAX_STATUS), ENABLE | 0x80000000u);
    read_only = (char *)SYS(mmap, 0, 4096, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, -1, 0);
    CHECK_ERR(SYS(mprotect, read_only, 4096, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE), FREEBSD_EACCES);
    CHECK_OK(SYS(mprotect, read_only, 4096, FREEBSD_PROT_NONE));
    CHECK_OK(SYS(mprotect, pages, 4096, FREEBSD_PROT_READ | FREEBSD_PROT_EXEC)); /* from before */
    CHECK_OK(set(PROTMAX_CTL, DISABLE));
    read_only = (char *)SYS(mmap, 0, 4096, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, -1, 0);
    CHECK_OK(SYS(mprotect, read_only, 4096, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE));
}

/* PROC_PROTMAX_CTL: mappings for which no maximum is given have what they begin with as theirs */
TEST(implied_maximum)
{
    CHECK_EQ(guest_in_child(maximum, NULL), 0);
}

/* In a program whose parent has asked for it, no memory is both writable and executable, until it allows that itself. */
static int strict_child(void)
{
    const int both = FREEBSD_PROT_WRITE | FREEBSD_PROT_EXEC;
    char *pages = guest_pages(4096);
    int wrong = 0;

    wrong |= (uint32_t)get(WXMAP_STATUS) == (2 | 0x80000000u) ? 0 : 1;
    wrong |= SYS(mmap, 0, 4096, both, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, -1, 0) == -FREEBSD_EACCES ? 0 : 2;
    wrong |= SYS(mprotect, pages, 4096, both) == -FREEBSD_EACCES ? 0 : 4;
    wrong |= set(WXMAP_CTL, 1) == 0 && get(WXMAP_STATUS) == 3 ? 0 : 8;
    wrong |= SYS(mprotect, pages, 4096, both) == 0 ? 0 : 16;
    return wrong;
}

/* What the new image finds: the trace state as asked, randomisation off */
int guest_child(int argc, char **argv)
{
    (void)argc;
    if (guest_strcmp(argv[1], "--strict") == 0)
        return strict_child();
    return (get(TRACE_STATUS) == -1 ? 0 : 1) | ((uint32_t)get(ASLR_STATUS) == DISABLE ? 0 : 2) |
           (get(STACKGAP_STATUS) == (1 | 4) ? 0 : 4) | (get(TRAPCAP_STATUS) == ENABLE ? 0 : 8);
}

/* PROC_TRACE_CTL_DISABLE_EXEC holds for the next program; a stack gap's absence without DISABLE_EXEC does not */
TEST(across_exec)
{
    char *argv[] = {"name", "--states", NULL};
    char *none[] = {NULL};
    int pid = guest_fork();

    CHECK((uint32_t)get(ASLR_STATUS) == (THIRD | 0x80000000u) || get(ASLR_STATUS) == THIRD);
    if (pid == 0) {
        set(TRACE_CTL, THIRD);
        set(ASLR_CTL, DISABLE);
        set(STACKGAP_CTL, 2);
        set(TRAPCAP_CTL, ENABLE);
        SYS(execve, guest_self, argv, none);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

/* PROC_WXMAP_CTL */
TEST(writable_or_executable)
{
    char *argv[] = {"name", "--strict", NULL};
    char *none[] = {NULL};
    int pid = guest_fork();

    if (pid == 0) {
        set(WXMAP_CTL, 2);
        if (get(WXMAP_STATUS) != 2)
            guest_exit(61);
        SYS(execve, guest_self, argv, none);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

static void death_signal(void *unused)
{
    (void)unused;
    CHECK_EQ(get(PDEATHSIG_STATUS), 0);
    CHECK_OK(set(PDEATHSIG_CTL, FREEBSD_SIGUSR1));
    CHECK_EQ(get(PDEATHSIG_STATUS), FREEBSD_SIGUSR1);
    CHECK_ERR(set(PDEATHSIG_CTL, 129), FREEBSD_EINVAL);
    CHECK_ERR(set(PDEATHSIG_CTL, -1), FREEBSD_EINVAL);
    CHECK_OK(set(PDEATHSIG_CTL, 0));
    CHECK_EQ(get(PDEATHSIG_STATUS), 0);
}

TEST(signal_of_the_parents_death)
{
    int value = FREEBSD_SIGTERM;

    CHECK_EQ(guest_in_child(death_signal, NULL), 0);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, SYS(getppid), PDEATHSIG_CTL, &value), FREEBSD_EINVAL);
}

static int32_t ready[2];

/* A reaper with a child, a grandchild, and an orphan that was a grandchild. */
static void reaper(void *unused)
{
    static struct reaper_pidinfo infos[8];
    struct reaper_pids pids = {.count = 8, .pids = infos};
    struct reaper_status s;
    struct reaper_kill k;
    int self = (int)SYS(getpid), child, status, found = 0;
    int64_t orphan = 0;

    (void)unused;
    CHECK_OK(SYS(pipe2, ready, 0));
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_RELEASE, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_ACQUIRE, 0));
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, self, REAP_ACQUIRE, 0), FREEBSD_EBUSY);
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_STATUS, &s));
    CHECK_EQ(s.flags, 1);
    CHECK_EQ(s.reaper, self);
    CHECK_EQ(s.pid, -1);
    CHECK_EQ(s.children, 0);
    child = guest_fork();
    if (child == 0) {
        int64_t grandchild = process_sleeping();

        SYS(write, ready[1], &grandchild, 8);
        guest_sleep_ms(60000);
        guest_exit(0);
    }
    CHECK_EQ(SYS(read, ready[0], &orphan, 8), 8);
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_STATUS, &s));
    CHECK_EQ(s.children, 1);
    CHECK_EQ(s.descendants, 2);
    CHECK_EQ(s.pid, child);
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, child, REAP_STATUS, &s)); /* of whoever reaps for it */
    CHECK_EQ(s.flags, 0);
    CHECK_EQ(s.reaper, self);
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_GETPIDS, &pids));
    for (int i = 0; i < 2; i++) {
        found += infos[i].pid == child && infos[i].flags == 3;
        found += infos[i].pid == orphan && infos[i].flags == 1 && infos[i].subtree == child ? 2 : 0;
    }
    CHECK_EQ(found, 3);
    CHECK_EQ(infos[2].flags, 0);
    pids.pids = WILD;
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_GETPIDS, &pids), FREEBSD_EFAULT);
    memset(&k, 0, sizeof(k));
    k.sig = FREEBSD_SIGKILL;
    k.flags = 3;
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_KILL, &k), FREEBSD_EINVAL);
    k.flags = 2;
    k.subtree = 999999;
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_KILL, &k), FREEBSD_ESRCH);
    k.flags = 1; /* children only */
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_KILL, &k));
    CHECK_EQ(k.killed, 1);
    CHECK_EQ(k.failed_pid, -1);
    CHECK_EQ(SYS(wait4, child, &status, 0, 0), child);
    CHECK(KILLED(status, FREEBSD_SIGKILL));
    k.flags = 0; /* the orphan is the reaper's now */
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_KILL, &k));
    CHECK_EQ(k.killed, 1);
    CHECK_EQ(SYS(wait4, -1, &status, 0, 0), orphan);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_KILL, &k), FREEBSD_ESRCH);
    k.sig = 0;
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_KILL, &k), FREEBSD_EINVAL);
    CHECK_ERR(SYS(procctl, FREEBSD_P_PID, 0, REAP_KILL, WILD), FREEBSD_EFAULT);
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_RELEASE, 0));
    CHECK_OK(SYS(procctl, FREEBSD_P_PID, 0, REAP_STATUS, &s));
    CHECK_EQ(s.flags & 1, 0);
    CHECK(s.reaper != self);
}

TEST(reapers)
{
    CHECK_EQ(guest_in_child(reaper, NULL), 0);
}
