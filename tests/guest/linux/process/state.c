/*
 * What a process has: prctl(2), getrlimit(2), getrusage(2), credentials(7), capabilities(7), personality(2).
 */
#include "conf.h"

#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

TEST(prctl_options)
{
    char name[17] = "";
    int value = -1;

    CALL(prctl(PR_SET_NAME, "a-name-that-is-too-long"));
    CALL(prctl(PR_GET_NAME, name));
    TEXT(name);
    CALL(prctl(PR_GET_DUMPABLE));
    CALL(prctl(PR_SET_DUMPABLE, 7));
    CALL(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    CALL(prctl(PR_GET_PDEATHSIG, &value));
    DEC(value);
    CALL(prctl(PR_SET_PDEATHSIG, 99));
    CALL(prctl(PR_GET_PDEATHSIG, WILD));
    CALL(prctl(PR_SET_CHILD_SUBREAPER, 1));
    CALL(prctl(PR_GET_CHILD_SUBREAPER, &value));
    DEC(value);
    CALL(prctl(PR_GET_KEEPCAPS));
    CALL(prctl(PR_SET_KEEPCAPS, 2));
    CALL(prctl(PR_GET_TIMERSLACK));
    CALL(prctl(PR_SET_TIMERSLACK, 12345));
    CALL(prctl(PR_GET_TIMERSLACK));
    CALL(prctl(PR_CAPBSET_READ, 0) >= 0);
    CALL(prctl(PR_CAPBSET_READ, 99));
    CALL(prctl(PR_GET_TSC, &value));
    DEC(value);
    CALL(prctl(PR_GET_SECUREBITS));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(9999));
    CALL(prctl(PR_SET_NAME, WILD));
    CALL(prctl(PR_SET_DUMPABLE, 0));
    CALL(prctl(PR_GET_DUMPABLE));
}

TEST(limits)
{
    struct rlimit limit;
    struct rlimit64 large;

    for (int i = 0; i < 16; i++) {
        if (getrlimit(i, &limit) != 0)
            say("limit %d: %s", i, conf_errno(errno));
    }
    CALL(getrlimit(16, &limit));
    CALL(getrlimit(RLIMIT_CORE, &limit));
    limit.rlim_cur = limit.rlim_max = 12345;
    CALL(setrlimit(RLIMIT_CORE, &limit));
    CALL(getrlimit(RLIMIT_CORE, &limit));
    say("%lld %lld", (long long)limit.rlim_cur, (long long)limit.rlim_max);
    limit.rlim_cur = 20000;
    CALL(setrlimit(RLIMIT_CORE, &limit));
    CALL(setrlimit(99, &limit));
    large.rlim_cur = 0x123456789abLL;
    large.rlim_max = RLIM64_INFINITY;
    CALL(prlimit64(0, RLIMIT_FSIZE, &large, NULL));
    memset(&large, 0, sizeof(large));
    CALL(prlimit64(getpid(), RLIMIT_FSIZE, NULL, &large));
    HEX(large.rlim_cur);
    HEX(large.rlim_max);
    getrlimit(RLIMIT_FSIZE, &limit);
    say("~%#llx %d", (unsigned long long)limit.rlim_cur, limit.rlim_max == RLIM_INFINITY);
    CALL(prlimit64(0x7ffffff, RLIMIT_FSIZE, NULL, &large));
    CALL(syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, WILD, NULL));
    CALL(syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, WILD));
    memset(&limit, 0x55, sizeof(limit));
    CALL(syscall(SYS_getrlimit, RLIMIT_CORE, &limit));
    CALL(syscall(SYS_getrlimit, RLIMIT_CORE, WILD));
    CALL(syscall(SYS_setrlimit, RLIMIT_CORE, WILD));
}

static void say_limit(const char *what, int resource)
{
    struct rlimit limit = {1, 1};

    getrlimit(resource, &limit);
    say("%s %lld MB, %s", what, (long long)limit.rlim_cur >> 20,
        limit.rlim_max == RLIM_INFINITY ? "no maximum" : "a maximum");
}

/* Memory of 32 and of 512 MB below a limit of 256, which the program itself is far from. */
static void limited(int resource)
{
    struct rlimit limit = {256 << 20, RLIM_INFINITY};

    CALL(setrlimit(resource, &limit));
    say_limit("own", resource);
    MAPPED(mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    MAPPED(mmap(NULL, 512 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (fork() == 0) {
        say_limit("child's", resource);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    if (fork() == 0) {
        execl("/bin/sh", "sh", "-c", resource == RLIMIT_AS ? "ulimit -Sv" : "ulimit -Sd", NULL);
        _exit(1);
    }
    wait(NULL);
}

/* What the engine takes counts in neither. */
TEST(limits_on_memory)
{
    limited(RLIMIT_AS);
    limited(RLIMIT_DATA);
}

TEST(usage)
{
    struct rusage usage;
    long long before = conf_now();

    while (conf_now() - before < 30)
        ;
    memset(&usage, 0x55, sizeof(usage));
    CALL(getrusage(RUSAGE_SELF, &usage));
    DEC(usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec > 1000);
    DEC(usage.ru_maxrss > 100 && usage.ru_minflt > 10 && usage.ru_nvcsw >= 0);
    say("%ld %ld %ld", (long)usage.ru_ixrss, (long)usage.ru_idrss, (long)usage.ru_nsignals);
    CALL(getrusage(RUSAGE_CHILDREN, &usage));
    CALL(getrusage(RUSAGE_THREAD, &usage));
    CALL(getrusage(9, &usage));
    CALL(syscall(SYS_getrusage, RUSAGE_SELF, WILD));
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    memset(&usage, 0, sizeof(usage));
    DEC(wait4(child, NULL, 0, &usage) == child);
    DEC(usage.ru_minflt > 0);
}

TEST(credentials)
{
    uid_t r;
    uid_t e;
    uid_t s;
    gid_t groups[100];

    CALL(getresuid(&r, &e, &s));
    DEC(r == getuid() && e == geteuid() && s == e);
    CALL(getresgid(&r, &e, &s));
    DEC(r == getgid() && e == getegid() && s == e);
    OK(getgroups(100, groups));
    CALL(getgroups(-1, groups));
    if (geteuid() != 0)
        return;
    gid_t mine[3] = {5, 70000, 9};

    CALL(setgroups(3, mine));
    CALL(getgroups(100, groups));
    say("%u %u %u", groups[0], groups[1], groups[2]);
    CALL(getgroups(2, groups));
    CALL(setgroups(70000, mine));
    CALL(setregid(7, 8));
    CALL(setresgid(-1, 9, 10));
    CALL(getresgid(&r, &e, &s));
    say("%u %u %u", r, e, s);
    CALL(setfsuid(5));
    CALL(setfsuid(-1));
    CALL(setfsgid(6));
    CALL(setfsgid(-1));
    CALL(setresuid(70001, 70002, 70003));
    CALL(getresuid(&r, &e, &s));
    say("%u %u %u", r, e, s);
    CALL(setuid(70003));
    CALL(setuid(0));
    CALL(seteuid(70001));
    CALL(setreuid(70002, -1));
    CALL(setresuid(5, -1, -1));
    CALL(setgid(11));
    CALL(setgroups(0, NULL));
    say("%u %u", getuid(), geteuid());
}

TEST(capabilities)
{
    struct __user_cap_header_struct header = {0, 0};
    struct __user_cap_data_struct data[2];

    CALL(syscall(SYS_capget, &header, NULL));
    HEX(header.version);
    CALL(syscall(SYS_capget, &header, data));
    CALL(syscall(SYS_capset, &header, data));
    header.pid = 0x7ffffff;
    CALL(syscall(SYS_capget, &header, data));
    header.version = 5;
    CALL(syscall(SYS_capget, &header, data));
    CALL(syscall(SYS_capget, WILD, data));
}

TEST(personalities)
{
    DEC(personality(0xffffffff) & ~PER_MASK & ~ADDR_NO_RANDOMIZE & ~READ_IMPLIES_EXEC);
    WORD(personality(0xffffffff) & PER_MASK);
    int now = personality(0xffffffff);

    DEC(personality((unsigned)now | ADDR_NO_RANDOMIZE | UNAME26) == now);
    DEC(personality(0xffffffff) == (now | (int)ADDR_NO_RANDOMIZE | (int)UNAME26));
}

TEST(security)
{
    CALL(prctl(PR_SET_SECCOMP, 9, NULL));
    CALL(syscall(SYS_seccomp, 0, 1, NULL));
    CALL(syscall(SYS_seccomp, 99, 0, NULL));
    CALL(syscall(SYS_seccomp, 1, 0, WILD));
    CALL(syscall(SYS_keyctl, 9999, 0, 0, 0, 0));
    CALL(syscall(SYS_add_key, WILD, "x", NULL, 0, 0));
    CALL(syscall(SYS_request_key, WILD, "x", NULL, 0));
    CALL(syscall(SYS_landlock_create_ruleset, NULL, 0, 8));
    CALL(syscall(SYS_ioprio_get, 9, 0));
    CALL(syscall(SYS_ioprio_set, 9, 0, 0));
    CALL(syscall(SYS_ioprio_set, 1, 0, 0xffff));
    CALL(syscall(SYS_ptrace, 0x9999, 0, 0, 0));
    CALL(syscall(SYS_ptrace, 16, 0x7ffffff, 0, 0));
}
