/*
 * /proc as procfs(5) shows it, and what mount(8) tells of it. Sources: procfs(5), sys/fs/procfs, pseudofs_vnops.c in
 * sys/fs/pseudofs; getfsstat(2).
 */
#include "lib/vfs.h"

static struct vfs_names names;
static char self[48];

static const char *own(const char *file)
{
    guest_format(self, sizeof(self), "/proc/%d/%s", (int)SYS(getpid), file);
    return self;
}

TEST(root)
{
    char number[16];

    guest_format(number, sizeof(number), "%d", (int)SYS(getpid));
    CHECK_OK(vfs_names_of("/proc", &names));
    CHECK_EQ(vfs_type_in(&names, "curproc"), FREEBSD_DT_LNK);
    CHECK_EQ(vfs_type_in(&names, number), FREEBSD_DT_DIR);
    for (unsigned i = 2; i < names.count; i++)
        CHECK(guest_strcmp(names.list[i].name, "curproc") == 0 || (names.list[i].name[0] <= '9'));
    CHECK_EQ(guest_strcmp(vfs_link(FREEBSD_AT_FDCWD, "/proc/curproc"), number), 0);
    CHECK_EQ(vfs_mode("/proc/curproc", FREEBSD_AT_SYMLINK_NOFOLLOW), FREEBSD_S_IFLNK | 0444);
    CHECK_ERR(vfs_mode("/proc/self", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/proc/cpuinfo", 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(open, "/proc/meminfo", FREEBSD_O_RDONLY), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/proc/0", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/proc/-1", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/proc/curproc/maps", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/proc/curproc/fd", 0), FREEBSD_ENOENT);
}

TEST(a_process)
{
    static const char *const files[] = {"cmdline", "etype", "map", "mem", "osrel", "rlimit", "status"};

    CHECK_OK(vfs_names_of("/proc/curproc", &names));
    CHECK_EQ(names.count, 2 + 8);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        CHECK_EQ(vfs_type_in(&names, files[i]), FREEBSD_DT_REG);
        CHECK_EQ(vfs_mode(own(files[i]), 0) & 0170000, FREEBSD_S_IFREG);
    }
    CHECK_EQ(vfs_type_in(&names, "file"), FREEBSD_DT_LNK);
    CHECK_EQ(guest_strcmp(vfs_link(FREEBSD_AT_FDCWD, own("file")), guest_self), 0);
    CHECK_EQ(vfs_mode(own("status"), 0), FREEBSD_S_IFREG | 0444);
    CHECK_EQ(vfs_mode(own("osrel"), 0), FREEBSD_S_IFREG | 0600);
}

TEST(status)
{
    char start[128];
    const char *text = vfs_text("/proc/curproc/status"), *name = guest_self;
    unsigned fields = 1;

    for (const char *s = guest_self; *s; s++)
        name = *s == '/' ? s + 1 : name;
    guest_format(start, sizeof(start), "%s %d %d %d ", name, (int)SYS(getpid), (int)SYS(getppid), (int)SYS(getpgrp));
    CHECK(guest_starts(text, start));
    for (; *text && *text != '\n'; text++)
        fields += *text == ' ';
    CHECK_EQ(fields, 15); /* name to session, terminal, flags, three times, channel, three ids with groups, jail */
    CHECK_EQ(guest_strcmp(text, "\n"), 0);
}

TEST(short_texts)
{
    const char *text = vfs_text("/proc/curproc/cmdline");
    unsigned lines = 0;

    CHECK_EQ(guest_strcmp(text, guest_argv[0]), 0);
    CHECK_EQ(guest_strcmp(vfs_text("/proc/curproc/etype"), "FreeBSD ELF64\n"), 0);
    text = vfs_text("/proc/curproc/osrel");
    CHECK(text[0] >= '1' && text[0] <= '9' && guest_strlen(text) == 8);
    text = vfs_text("/proc/curproc/rlimit");
    CHECK(guest_starts(text, "cpu -1 -1\nfsize "));
    CHECK(vfs_contains(text, "\nnofile "));
    for (; *text; text++)
        lines += *text == '\n';
    CHECK_EQ(lines, 16);
}

/* The map has the program, with what it may do with it, and nothing of the engine's. */
TEST(map)
{
    char line[1200];
    const char *text = vfs_text("/proc/curproc/map");

    guest_format(line, sizeof(line), " vnode %s NCH -1\n", guest_self);
    CHECK(vfs_contains(text, line));
    CHECK(vfs_contains(text, " r-x 1 0 0x0 COW NC vnode "));
    CHECK(vfs_contains(text, " rw- "));
    CHECK(!vfs_contains(text, "dragoman\n") && !vfs_contains(text, "/dragoman NCH"));
    CHECK(!vfs_contains(text, "["));
    CHECK(!vfs_contains(text, "0x7c0000"));
}

/* An open text is a file of its own length to read, and of none to look at; it cannot be written. */
TEST(open_texts)
{
    struct freebsd_stat st;
    char a[16], b[16];
    int fd = (int)MUST(SYS(open, "/proc/curproc/status", FREEBSD_O_RDONLY));

    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.mode, FREEBSD_S_IFREG | 0444);
    CHECK_EQ(st.size, 0);
    CHECK_EQ(st.nlink, 1);
    CHECK_EQ(SYS(read, fd, a, 8), 8);
    CHECK_EQ(SYS(lseek, fd, 0, 1), 8);
    CHECK_EQ(SYS(pread, fd, b, 8, 0), 8);
    CHECK_EQ(memcmp(a, b, 8), 0);
    CHECK_ERR(SYS(write, fd, a, 1), FREEBSD_EBADF);
    CHECK_ERR(SYS(ftruncate, fd, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(openat, fd, "x", FREEBSD_O_RDONLY), FREEBSD_ENOTDIR);
    SYS(close, fd);
    CHECK_ERR(SYS(open, "/proc/curproc/status", FREEBSD_O_RDWR), SYS(geteuid) == 0 ? FREEBSD_EPERM : FREEBSD_EACCES);
    CHECK_ERR(SYS(open, "/proc/curproc/status", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY), FREEBSD_ENOTDIR);
    CHECK_OK(SYS(access, "/proc/curproc/status", 4));
    CHECK_ERR(SYS(access, "/proc/curproc/status", 1), FREEBSD_EACCES);
}

TEST(memory)
{
    static volatile uint64_t word = 0x1122334455667788;
    uint64_t seen = 0;
    int fd = (int)MUST(SYS(open, "/proc/curproc/mem", FREEBSD_O_RDONLY));

    CHECK_EQ(SYS(pread, fd, &seen, 8, &word), 8);
    CHECK(seen == word);
    SYS(close, fd);
}

int guest_child(int argc, char **argv)
{
    (void)argc;
    return guest_strcmp(argv[1], "--again") == 0 && guest_starts(guest_self, "/") ? 43 : 1;
}

/* The link to the program leads to what can be executed again. */
TEST(executing_itself)
{
    char *argv[] = {"again", "--again", NULL};
    int pid = guest_fork();

    if (pid == 0) {
        SYS(execve, "/proc/curproc/file", argv, guest_envp);
        guest_exit(1);
    }
    CHECK_EQ(guest_wait(pid), 43 << 8);
    CHECK_ERR(SYS(execve, "/proc/curproc/exe", argv, guest_envp), FREEBSD_ENOENT);
    CHECK_ERR(SYS(execve, "/proc/curproc/status", argv, guest_envp), FREEBSD_EACCES);
}

TEST(from_inside)
{
    char path[1024], wanted[48];

    guest_format(wanted, sizeof(wanted), "/proc/%d", (int)SYS(getpid));
    CHECK_OK(SYS(chdir, "/proc/curproc"));
    CHECK_OK(SYS(__getcwd, path, sizeof(path)));
    CHECK_EQ(guest_strcmp(path, wanted), 0);
    CHECK_EQ(guest_strcmp(vfs_text("etype"), "FreeBSD ELF64\n"), 0);
    CHECK_EQ(guest_strcmp(vfs_text("../curproc/etype"), "FreeBSD ELF64\n"), 0);
    CHECK_ERR(SYS(open, "maps", FREEBSD_O_RDONLY), FREEBSD_ENOENT);
    CHECK_OK(SYS(__realpathat, FREEBSD_AT_FDCWD, "../../dev/../proc/curproc", path, sizeof(path), 0));
    CHECK_EQ(guest_strcmp(path, wanted), 0);
    CHECK_OK(SYS(chdir, "/"));
    CHECK_EQ(guest_strcmp(vfs_text("proc/curproc/etype"), "FreeBSD ELF64\n"), 0);
}

static void see_both(void *parent)
{
    char path[64], start[64];

    guest_format(path, sizeof(path), "/proc/%d/etype", *(int *)parent);
    CHECK_EQ(guest_strcmp(vfs_text(path), "FreeBSD ELF64\n"), 0);
    guest_format(start, sizeof(start), "%d", (int)SYS(getpid));
    CHECK_EQ(guest_strcmp(vfs_link(FREEBSD_AT_FDCWD, "/proc/curproc"), start), 0);
}

TEST(others)
{
    char path[64];
    int me = (int)SYS(getpid), pid;

    CHECK(EXITED(guest_in_child(see_both, &me), 0));
    pid = guest_fork();
    if (pid == 0)
        guest_exit(0);
    guest_wait(pid);
    guest_format(path, sizeof(path), "/proc/%d/status", pid);
    CHECK_ERR(SYS(open, path, FREEBSD_O_RDONLY), FREEBSD_ENOENT);
}

/* Each of FreeBSD's file systems once, and nothing else in their places. */
TEST(mounts)
{
    static struct freebsd_statfs all[256];
    int64_t n = MUST(SYS(getfsstat, all, sizeof(all), 2));
    unsigned devfs = 0, fdescfs = 0, procfs = 0;

    CHECK(n > 3);
    CHECK_EQ(SYS(getfsstat, NULL, 0, 2), n);
    for (int64_t i = 0; i < n; i++) {
        devfs += guest_strcmp(all[i].fstypename, "devfs") == 0 && guest_strcmp(all[i].mntonname, "/dev") == 0;
        fdescfs += guest_strcmp(all[i].fstypename, "fdescfs") == 0 && guest_strcmp(all[i].mntonname, "/dev/fd") == 0;
        procfs += guest_strcmp(all[i].fstypename, "procfs") == 0 && guest_strcmp(all[i].mntonname, "/proc") == 0;
        CHECK(!guest_starts(all[i].mntonname, "/proc/") && !guest_starts(all[i].mntonname, "/dev/s"));
    }
    CHECK_EQ(devfs, 1);
    CHECK_EQ(fdescfs, 1);
    CHECK_EQ(procfs, 1);
    CHECK_OK(SYS(statfs, "/proc/curproc/status", &all[0]));
    CHECK_EQ(guest_strcmp(all[0].fstypename, "procfs"), 0);
    n = MUST(SYS(open, "/proc/curproc/status", FREEBSD_O_RDONLY));
    CHECK_OK(SYS(fstatfs, n, &all[0]));
    CHECK_EQ(guest_strcmp(all[0].fstypename, "procfs"), 0);
    SYS(close, n);
}
