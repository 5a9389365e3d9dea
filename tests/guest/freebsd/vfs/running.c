/* A program that runs cannot be written to: ETXTBSY of open(2) and truncate(2); vn_writechk() in sys/kern/vfs_vnops.c. */
#include "lib/vfs.h"

static void copy_self(const char *to)
{
    static char buffer[65536];
    int64_t from = MUST(SYS(open, guest_self, FREEBSD_O_RDONLY)), n;
    int64_t out = MUST(SYS(open, to, FREEBSD_O_WRONLY | FREEBSD_O_CREAT | FREEBSD_O_TRUNC, 0755));

    while ((n = SYS(read, from, buffer, sizeof(buffer))) > 0)
        CHECK_EQ(SYS(write, out, buffer, n), n);
    SYS(close, from);
    SYS(close, out);
}

static int64_t open_to_write(const char *path, int more)
{
    int64_t fd = SYS(open, path, FREEBSD_O_WRONLY | more);

    if (fd >= 0)
        SYS(close, fd);
    return fd < 0 ? fd : 0;
}

/* Says on descriptor 1 that it runs, and does until descriptor 0 ends. */
int guest_child(int argc, char **argv)
{
    char c;

    (void)argc;
    (void)argv;
    SYS(write, 1, "x", 1);
    return SYS(read, 0, &c, 1) == 0 ? 0 : 1;
}

struct run {
    int pid, hold, said;
};

static struct run start(const char *path)
{
    int in[2], out[2];
    char *argv[] = {"copy", "--wait", NULL}, c;

    CHECK_OK(SYS(pipe2, in, 0));
    CHECK_OK(SYS(pipe2, out, 0));
    struct run r = {guest_fork(), in[1], out[0]};

    if (r.pid == 0) {
        SYS(dup2, in[0], 0);
        SYS(dup2, out[1], 1);
        SYS(close, in[1]);
        SYS(execve, path, argv, guest_envp);
        guest_exit(1);
    }
    SYS(close, in[0]);
    SYS(close, out[1]);
    CHECK_EQ(SYS(read, r.said, &c, 1), 1);
    return r;
}

static void end(struct run r)
{
    SYS(close, r.hold);
    CHECK(EXITED(guest_wait(r.pid), 0));
    SYS(close, r.said);
}

TEST(itself)
{
    copy_self("copy");
    CHECK_OK(open_to_write("copy", 0));
    CHECK_ERR(SYS(truncate, guest_self, 1), FREEBSD_ETXTBSY);
    CHECK_ERR(open_to_write(guest_self, 0), FREEBSD_ETXTBSY);
    CHECK_ERR(open_to_write(guest_self, FREEBSD_O_TRUNC), FREEBSD_ETXTBSY);
    CHECK_EQ(SYS(close, MUST(SYS(open, guest_self, FREEBSD_O_RDONLY))), 0);
}

TEST(another)
{
    struct freebsd_stat st;
    struct run r;

    copy_self("copy");
    r = start("./copy");
    CHECK_ERR(open_to_write("copy", 0), FREEBSD_ETXTBSY);
    CHECK_ERR(open_to_write("copy", FREEBSD_O_CREAT | FREEBSD_O_TRUNC), FREEBSD_ETXTBSY);
    CHECK_ERR(SYS(truncate, "copy", 0), FREEBSD_ETXTBSY);
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "copy", &st, 0));
    CHECK(st.size > 1000);
    /* Another file in its place is nobody's program. */
    copy_self("new");
    CHECK_OK(SYS(rename, "copy", "old"));
    CHECK_OK(SYS(rename, "new", "copy"));
    CHECK_OK(open_to_write("copy", 0));
    end(r);
    CHECK_OK(open_to_write("old", FREEBSD_O_TRUNC));
}
