/* For the programs of tests/instance/metadata: the same tests natively and under dragoman. */
#ifndef TESTS_INSTANCE_METADATA_TEST_H
#define TESTS_INSTANCE_METADATA_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static int make(const char *name, mode_t mode)
{
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    return fd >= 0 && write(fd, "text\n", 5) == 5 && fchmod(fd, mode) == 0 ? fd : -1;
}

static bool make_directory(const char *name, mode_t mode)
{
    return mkdir(name, 0700) == 0 && chmod(name, mode) == 0;
}

static bool belongs(const char *name, uid_t uid, gid_t gid)
{
    struct stat st;
    return lstat(name, &st) == 0 && st.st_uid == uid && st.st_gid == gid;
}

static bool has_mode(const char *name, mode_t mode)
{
    struct stat st;
    return lstat(name, &st) == 0 && st.st_mode == mode;
}

/* Runs a test's second half in a child as another user, whose reason becomes the test's. */
static char *shared;

static void as_user(uid_t uid, gid_t gid, void (*half)(void))
{
    int status;
    gid_t group = 100;
    shared[0] = '\0';
    pid_t pid = fork();
    if (pid == 0) {
        if (setgroups(1, &group) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0) {
            half();
        } else {
            snprintf(reason, sizeof reason, "ids (errno %d)", errno);
        }
        memcpy(shared, reason, sizeof reason);
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    memcpy(reason, shared, sizeof reason);
    CHECK(status == 0);
}

struct test {
    const char *name;
    void (*run)(void);
};

static bool is_wanted(const char *name, int argc, char **argv)
{
    bool wanted = argc < 2;
    for (int i = 1; i < argc; i++) {
        wanted |= strcmp(name, argv[i]) == 0;
    }
    return wanted;
}

/* Prints a line for each test that the arguments name, or for all; ends with one without a name. */
static int run_tests(const struct test *test, int argc, char **argv)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    umask(022);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (; test->name != NULL; test++) {
        if (!is_wanted(test->name, argc, argv)) {
            continue;
        }
        reason[0] = '\0';
        errno = 0;
        test->run();
        printf(reason[0] == '\0' ? "ok %s\n" : "not ok %s # %s\n", test->name, reason);
    }
    return 0;
}

#endif
