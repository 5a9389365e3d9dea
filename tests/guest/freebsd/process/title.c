/*
 * Arguments, variables and the rest of a process's memory, as sysctl tells it to the process and to others; and titles.
 * Sources: setproctitle(3), sysctl_kern_proc_args() and its neighbours of sys/kern/kern_proc.c.
 */
#include "process.h"
#include "table.h"

#define TITLE_MAX 248 /* kern.ps_arg_cache_limit less sizeof(struct pargs) */

static int64_t set_title(int32_t pid, const void *title, uint64_t size)
{
    int32_t name[4] = {1, 14, PROC_ARGS, pid};

    return SYS(__sysctl, name, 4, 0, 0, title, size);
}

static bool arguments_are(int32_t pid, const char *first)
{
    char text[4096];
    uint64_t size = sizeof(text);

    return proc_get(PROC_ARGS, pid, text, &size) == 0 && size >= guest_strlen(first) + 1 &&
           guest_strcmp(text, first) == 0;
}

/* A child that gives itself a title and waits; the title is there when this returns. */
static int titled_child(const char *title)
{
    volatile uint32_t *word = guest_shared_pages(4096);
    int pid = guest_fork();

    if (pid == 0) {
        if (title != NULL)
            set_title(-1, title, guest_strlen(title) + 1);
        __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
        for (;;)
            guest_sleep_ms(1000);
    }
    for (int i = 0; i < 10000 && __atomic_load_n(word, __ATOMIC_SEQ_CST) == 0; i++)
        guest_sleep_ms(1);
    CHECK_EQ(*word, 1);
    return pid;
}

static void end(int pid)
{
    SYS(kill, pid, FREEBSD_SIGKILL);
    guest_wait(pid);
}

TEST(title_replaces_arguments)
{
    char old[64], all[4096], long_one[TITLE_MAX + 1];
    uint64_t size = sizeof(all);
    int32_t name[4] = {1, 14, PROC_ARGS, -1};

    CHECK_OK(proc_get(PROC_ARGS, -1, all, &size));
    CHECK_EQ(guest_strcmp(all, guest_argv[0]), 0);
    CHECK_OK(set_title(-1, "a title", 8));
    CHECK(arguments_are(-1, "a title"));
    CHECK(arguments_are((int32_t)SYS(getpid), "a title"));
    size = sizeof(old); /* the old value and the new one in one call */
    CHECK_OK(SYS(__sysctl, name, 4, old, &size, "another", 8));
    CHECK_EQ(guest_strcmp(old, "a title"), 0);
    CHECK(arguments_are(-1, "another"));
    memset(long_one, 'x', sizeof(long_one));
    CHECK_ERR(set_title(-1, long_one, TITLE_MAX + 1), FREEBSD_ENOMEM);
    CHECK_ERR(set_title(-1, WILD, 8), FREEBSD_EFAULT);
    CHECK(arguments_are(-1, "another"));
    long_one[TITLE_MAX - 1] = 0;
    CHECK_OK(set_title(-1, long_one, TITLE_MAX));
    CHECK(arguments_are(-1, long_one));
    /* Without a title the program's memory tells, by its ps_strings. */
    CHECK_OK(set_title(-1, "", 0));
    size = sizeof(all);
    CHECK_OK(proc_get(PROC_ARGS, -1, all, &size));
    CHECK_EQ(guest_strcmp(all, guest_argv[0]), 0);
    guest_argv[0][0] ^= 1;
    CHECK(arguments_are(-1, guest_argv[0]));
    guest_argv[0][0] ^= 1;
}

TEST(others_see_titles)
{
    int child = titled_child("child: idle"), plain = titled_child(NULL);

    CHECK(arguments_are(child, "child: idle"));
    CHECK(arguments_are(plain, guest_argv[0]));
    CHECK_ERR(set_title(child, "mine", 5), FREEBSD_EPERM);
    CHECK(arguments_are(child, "child: idle"));
    CHECK_ERR(set_title(0x7ffffff0, "mine", 5), FREEBSD_ESRCH);
    end(child);
    end(plain);
}

/* A fork's child has the title of its parent. */
TEST(title_is_inherited)
{
    CHECK_OK(set_title(-1, "of both", 8));
    int child = titled_child(NULL);
    CHECK(arguments_are(child, "of both"));
    CHECK_OK(set_title(-1, "", 0));
    CHECK(arguments_are(child, "of both"));
    end(child);
}

/* What a parent asks of its child: the same as of itself, as a fork has copied it all. */
TEST(memory_of_another)
{
    static const int32_t which[] = {PROC_ENV,    PROC_AUXV,  PROC_PS_STRINGS, PROC_SIGTRAMP, PROC_UMASK,
                                    PROC_GROUPS, PROC_OSREL, PROC_PATHNAME,   PROC_SV_NAME};
    static char own[16384], its[16384];
    int child = titled_child(NULL);

    for (unsigned i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
        uint64_t a = sizeof(own), b = sizeof(its);
        CHECK_OK(proc_get(which[i], -1, own, &a));
        CHECK_OK(proc_get(which[i], child, its, &b));
        if (a != b || memcmp(own, its, a) != 0 || a == 0)
            guest_fail(__FILE__, __LINE__, "kern.proc.%d differs: %lu and %lu bytes", which[i], a, b);
    }
    end(child);
}

TEST(variables_are_told)
{
    char text[65536];
    uint64_t size = sizeof(text), at = 0;

    CHECK_OK(proc_get(PROC_ENV, -1, text, &size));
    for (char **e = guest_envp; *e != NULL; e++) {
        REQUIRE(at < size);
        CHECK_EQ(guest_strcmp(text + at, *e), 0);
        at += guest_strlen(*e) + 1;
    }
    CHECK_EQ(at, size);
}
