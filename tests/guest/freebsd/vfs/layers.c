/*
 * The layers of a tree with a sysroot (vfs/layers.h), seen from inside: each test makes a little tree, and runs itself
 * again in it by `dragoman run -L`. What FreeBSD promises of paths in one tree (namei(9), realpath(2), open(2)) has to
 * hold across them.
 */
#include "lib/vfs.h"

static struct vfs_names names, again;

static const char *variable(const char *name)
{
    for (char **e = guest_envp; *e != NULL; e++)
        if (guest_starts(*e, name))
            return *e + guest_strlen(name);
    return NULL;
}

static void put(const char *tree, const char *name, const char *text)
{
    char path[1024];

    guest_format(path, sizeof(path), "%s/%s", tree, name);
    SYS(close, MUST(guest_file(path, text)));
}

static void put_link(const char *tree, const char *name, const char *target)
{
    char path[1024];

    guest_format(path, sizeof(path), "%s/%s", tree, name);
    CHECK_OK(SYS(symlink, target, path));
}

/* The program itself as tree/bin/self. */
static void put_self(const char *tree)
{
    static char buffer[65536];
    char path[1024];
    int64_t from = MUST(SYS(open, guest_self, FREEBSD_O_RDONLY)), n;

    guest_format(path, sizeof(path), "%s/bin/self", tree);
    int64_t to = MUST(SYS(open, path, FREEBSD_O_WRONLY | FREEBSD_O_CREAT, 0755));

    while ((n = SYS(read, from, buffer, sizeof(buffer))) > 0)
        CHECK_EQ(SYS(write, to, buffer, n), n);
    SYS(close, from);
    SYS(close, to);
}

static void make_tree(const char *tree)
{
    static const char *const directories[] = {"",        "bin",       "etc",    "lib",          "libexec", "usr",
                                              "usr/bin", "usr/lib",   "var",    "tmp",          "home",    "var/vfs-db",
                                              "dev",     "usr/local", "rescue", "usr/vfs-tree", "sys",     "usr/up"};
    char path[1024];

    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        guest_format(path, sizeof(path), "%s/%s", tree, directories[i]);
        CHECK_OK(SYS(mkdir, path, 0755));
    }
    put(tree, "bin/env", "the tree's");
    put(tree, "usr/bin/mine", "mine");
    put(tree, "etc/vfs-only", "only");
    put(tree, "etc/passwd", "the tree's");
    put(tree, "var/vfs-db/local", "local");
    put(tree, "tmp/vfs-hidden", "");
    put(tree, "home/vfs-hidden", "");
    put_link(tree, "etc/vfs-abs", "/etc/vfs-only");
    put_link(tree, "etc/vfs-out", "/tmp");
    put_link(tree, "usr/up/link", "../../etc/vfs-only");
    put_link(tree, "etc/vfs-loop", "vfs-loop");
    put_self(tree);
    put(tree, "bin/script", "#!/bin/self --status\n");
    guest_format(path, sizeof(path), "%s/bin/script", tree);
    CHECK_OK(SYS(chmod, path, 0755));
}

/* In a child: the case again, in the tree, with its verdict in the file "verdict". */
static void run_again(const char *dragoman, const char *tree, const char *name)
{
    char mode[64] = "auto", variable_of_tree[1100];
    char *argv[] = {"dragoman", "run", "--intercept", mode, "-L", (char *)tree, (char *)guest_self, (char *)name, NULL};
    char *envp[] = {variable_of_tree, NULL};
    int64_t out = SYS(open, "verdict", FREEBSD_O_WRONLY | FREEBSD_O_CREAT | FREEBSD_O_TRUNC, 0644);

    if (variable("GUEST_INTERCEPT=") != NULL)
        guest_format(mode, sizeof(mode), "%s", variable("GUEST_INTERCEPT="));
    guest_format(variable_of_tree, sizeof(variable_of_tree), "VFS_TREE=%s", tree);
    SYS(dup2, out, 1);
    SYS(dup2, out, 2);
    guest_exit((int)-SYS(execve, dragoman, argv, envp));
}

/* Whether this is inside the tree; if not, the case has been run there when this returns. */
static bool inside(const char *name)
{
    static unsigned trees;
    char here[900], tree[1000];
    const char *dragoman = variable("GUEST_DRAGOMAN="), *verdict;
    int pid, status;

    if (variable("VFS_TREE=") != NULL)
        return true;
    if (dragoman == NULL || guest_intercepted_by("seccomp")) {
        guest_skip(dragoman ? "a host program cannot be run from here" : "GUEST_DRAGOMAN does not name the program");
        return false;
    }
    CHECK_OK(SYS(__getcwd, here, sizeof(here)));
    guest_format(tree, sizeof(tree), "%s/tree%u", here, trees++);
    make_tree(tree);
    pid = guest_fork();
    if (pid == 0)
        run_again(dragoman, tree, name);
    status = guest_wait(pid);
    verdict = vfs_text("verdict");
    if (status != 0 || !guest_starts(verdict, "ok "))
        guest_fail(__FILE__, __LINE__, "in the tree, status 0x%x: %s", status, verdict);
    return false;
}

int guest_child(int argc, char **argv)
{
    (void)argc;
    return guest_strcmp(argv[1], "--status") == 0 ? 42 : 1;
}

static bool says(const char *path, const char *text)
{
    return guest_strcmp(vfs_text(path), text) == 0;
}

static bool real_path_is(const char *path, const char *wanted)
{
    char real[1024] = "";

    CHECK_OK(SYS(__realpathat, FREEBSD_AT_FDCWD, path, real, sizeof(real), 0));
    return guest_strcmp(real, wanted) == 0;
}

static bool working_directory_is(const char *wanted)
{
    char path[1024] = "";

    CHECK_OK(SYS(__getcwd, path, sizeof(path)));
    return guest_strcmp(path, wanted) == 0;
}

static unsigned times(const struct vfs_names *all, const char *name)
{
    unsigned n = 0;

    for (unsigned i = 0; i < all->count; i++)
        n += guest_strcmp(all->list[i].name, name) == 0;
    return n;
}

TEST(nearest_first)
{
    if (!inside("nearest_first"))
        return;
    CHECK(says("/etc/passwd", "the tree's"));
    CHECK(says("/etc/vfs-only", "only"));
    CHECK_EQ(vfs_mode("/etc/hostname", 0) < 0 ? vfs_mode("/etc/group", 0) & 0170000 : FREEBSD_S_IFREG, FREEBSD_S_IFREG);
    CHECK_EQ(vfs_mode("/usr/bin/id", 0) & 0170000, FREEBSD_S_IFREG); /* a program of the host's only */
    CHECK(says("/var/vfs-db/local", "local"));
    CHECK_EQ(vfs_mode("/var/log", 0) & 0170000, FREEBSD_S_IFDIR);
    CHECK_ERR(vfs_mode("/tmp/vfs-hidden", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/home/vfs-hidden", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/etc/vfs-nothing", 0), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/etc/vfs-only/x", 0), FREEBSD_ENOTDIR);
    CHECK_ERR(vfs_mode("/etc/vfs-loop", 0), FREEBSD_ELOOP);
}

/* /bin/env is the tree's, and the host's /usr/bin/env is the same program under another name of the host's directory. */
TEST(programs_are_one)
{
    if (!inside("programs_are_one"))
        return;
    CHECK(says("/bin/env", "the tree's"));
    CHECK_ERR(SYS(open, "/usr/bin/env", FREEBSD_O_RDONLY), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/sbin/env", FREEBSD_AT_SYMLINK_NOFOLLOW), FREEBSD_ENOENT);
    CHECK_ERR(vfs_mode("/usr/sbin/mine", 0), FREEBSD_ENOENT);
    CHECK_OK(SYS(chdir, "/usr/bin"));
    CHECK_ERR(SYS(access, "env", 0), FREEBSD_ENOENT);
    CHECK(says("../../bin/env", "the tree's"));
    CHECK_OK(vfs_names_of(".", &names));
    CHECK_EQ(times(&names, "env"), 0);
    CHECK_EQ(times(&names, "mine"), 1);
}

TEST(directories_of_both)
{
    if (!inside("directories_of_both"))
        return;
    CHECK_OK(vfs_names_of("/etc", &names));
    CHECK_EQ(times(&names, "vfs-only"), 1);
    CHECK_EQ(times(&names, "passwd"), 1);
    CHECK_EQ(times(&names, "group"), 1);
    CHECK_EQ(vfs_type_in(&names, "vfs-abs"), FREEBSD_DT_LNK);
    CHECK_OK(vfs_names_of("/", &names));
    CHECK_EQ(times(&names, "libexec"), 1);
    CHECK_EQ(times(&names, "tmp"), 1);
    CHECK_EQ(times(&names, "bin"), 1);
    CHECK_EQ(vfs_type_in(&names, "bin"), FREEBSD_DT_DIR); /* though it may be a link of the host's */
    CHECK_OK(vfs_names_of("/var", &names));
    CHECK_EQ(times(&names, "vfs-db"), 1);
    CHECK_EQ(times(&names, "log"), 1);
    CHECK_OK(vfs_names_of("/usr/vfs-tree", &names)); /* nowhere but in the tree: as the host lists it */
    CHECK_EQ(names.count, 2);
    CHECK_OK(vfs_names_of("/tmp", &names));
    CHECK_EQ(times(&names, "vfs-hidden"), 0);
}

TEST(positions)
{
    if (!inside("positions"))
        return;
    int fd = (int)MUST(SYS(open, "/etc", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));

    CHECK_OK(vfs_read_names(fd, &names, 8192));
    CHECK_EQ(SYS(lseek, fd, 0, 0), 0);
    CHECK_OK(vfs_read_names(fd, &again, 512));
    CHECK_EQ(again.count, names.count);
    for (unsigned i = 0; i < names.count; i++)
        CHECK_EQ(times(&again, names.list[i].name), 1);
    /* A name that is removed does not move those behind it. */
    unsigned half = names.count / 2;

    CHECK_EQ(SYS(lseek, fd, names.list[half].behind, 0), names.list[half].behind);
    CHECK_OK(SYS(unlink, "/etc/vfs-only"));
    CHECK_OK(vfs_read_names(fd, &again, 512));
    for (unsigned i = half + 1; i < names.count; i++)
        CHECK_EQ(times(&again, names.list[i].name), guest_strcmp(names.list[i].name, "vfs-only") != 0);
}

TEST(links_and_dots)
{
    if (!inside("links_and_dots"))
        return;
    CHECK(says("/etc/vfs-abs", "only"));
    CHECK(says("/usr/up/link", "only"));
    CHECK(says("/tmp/../etc/vfs-only", "only"));
    CHECK(says("/etc/vfs-out/../etc/vfs-only", "only"));
    CHECK(says("/../../usr/../etc/vfs-only", "only"));
    CHECK(says("/usr/share/../bin/mine", "mine")); /* up from a directory of the host's only */
    CHECK(real_path_is("/etc/vfs-abs", "/etc/vfs-only"));
    CHECK(real_path_is("/etc/vfs-out", "/tmp"));
    CHECK(real_path_is("/usr/up/link", "/etc/vfs-only"));
    CHECK(real_path_is("/usr/share/..", "/usr"));
    CHECK(real_path_is(variable("VFS_TREE="), "/")); /* the tree by its host's name */
    CHECK_EQ(guest_strcmp(vfs_link(FREEBSD_AT_FDCWD, "/etc/vfs-abs"), "/etc/vfs-only"), 0);
    CHECK_OK(SYS(symlink, "/etc/vfs-abs", "from-here")); /* the host's link, to the tree's */
    CHECK(says("from-here", "only"));
    CHECK(real_path_is("from-here", "/etc/vfs-only"));
    CHECK_OK(SYS(unlink, "from-here"));
}

TEST(working_directories)
{
    if (!inside("working_directories"))
        return;
    int etc = (int)MUST(SYS(open, "/etc", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));

    CHECK_OK(SYS(chdir, "/usr/bin"));
    CHECK(working_directory_is("/usr/bin"));
    CHECK(says("mine", "mine"));
    CHECK_EQ(vfs_mode("id", 0) & 0170000, FREEBSD_S_IFREG);
    CHECK_OK(SYS(chdir, "../share"));
    CHECK(working_directory_is("/usr/share"));
    CHECK(says("../bin/mine", "mine"));
    CHECK_OK(SYS(chdir, ".."));
    CHECK(working_directory_is("/usr"));
    CHECK(says("bin/mine", "mine"));
    CHECK_OK(SYS(chdir, "/"));
    CHECK(says("etc/vfs-only", "only"));
    CHECK(says("tmp/../bin/env", "the tree's"));
    CHECK_OK(SYS(fchdir, etc));
    CHECK(working_directory_is("/etc"));
    CHECK(says("../var/vfs-db/local", "local"));
    CHECK_OK(SYS(chdir, "/dev/fd"));
    CHECK(says("../../etc/vfs-only", "only"));
    CHECK(real_path_is("..", "/dev"));
}

TEST(beneath)
{
    if (!inside("beneath"))
        return;
    const int how = FREEBSD_O_RDONLY | FREEBSD_O_RESOLVE_BENEATH;
    int etc = (int)MUST(SYS(open, "/etc", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));

    MUST(SYS(openat, etc, "vfs-only", how));
    MUST(SYS(openat, etc, "group", how));
    CHECK_ERR(SYS(openat, etc, "vfs-abs", how), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(openat, etc, "../etc/vfs-only", how), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(openat, etc, "/etc/vfs-only", how), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(openat, etc, "vfs-nothing", how), FREEBSD_ENOENT);
}

/* A new name goes where its directory is: the outer program looks for it on the host. */
TEST(new_names)
{
    if (!inside("new_names")) {
        if (!guest_failed() && variable("GUEST_DRAGOMAN=") && !guest_intercepted_by("seccomp")) {
            bool there = false;

            for (int i = 0; i < 64 && !there; i++) {
                char path[64];

                guest_format(path, sizeof(path), "tree%d/etc/vfs-new", i);
                there = says(path, "new");
            }
            CHECK(there);
        }
        return;
    }
    SYS(close, MUST(guest_file("/etc/vfs-first", "new")));
    CHECK_OK(SYS(rename, "/etc/vfs-first", "/etc/vfs-new"));
    CHECK_ERR(SYS(open, "/etc/vfs-new", FREEBSD_O_CREAT | FREEBSD_O_EXCL | FREEBSD_O_WRONLY, 0600), FREEBSD_EEXIST);
    CHECK_OK(SYS(mkdir, "/usr/local/vfs-dir/", 0755));
    CHECK_OK(SYS(link, "/etc/vfs-new", "/usr/local/vfs-dir/link"));
    CHECK(says("/usr/local/vfs-dir/link", "new"));
    CHECK_ERR(SYS(rmdir, "/usr/local/vfs-dir"), FREEBSD_ENOTEMPTY);
    CHECK_OK(SYS(unlink, "/usr/local/vfs-dir/link"));
    CHECK_ERR(SYS(rmdir, "/usr/local/vfs-dir/."), FREEBSD_EINVAL);
    CHECK_ERR(SYS(rename, "/usr/local/vfs-dir/..", "/usr/local/x"), FREEBSD_EINVAL);
    CHECK_OK(SYS(rmdir, "/usr/local/vfs-dir"));
    CHECK_ERR(SYS(mkdir, "/etc", 0755), FREEBSD_EEXIST);
    CHECK_ERR(SYS(mkdir, "/usr/none/vfs", 0755), FREEBSD_ENOENT);
    /* What is in both shows the host's when the tree's is removed. */
    CHECK_OK(SYS(unlink, "/etc/passwd"));
    CHECK(!says("/etc/passwd", "the tree's"));
    CHECK_EQ(vfs_mode("/etc/passwd", 0) & 0170000, FREEBSD_S_IFREG);
}

static int status_of(const char *path)
{
    char *argv[] = {"name", "argument", NULL}, *envp[] = {NULL};
    int pid = guest_fork();

    if (pid == 0) {
        SYS(execve, path, argv, envp);
        guest_exit(1);
    }
    return guest_wait(pid);
}

TEST(scripts)
{
    if (!inside("scripts"))
        return;
    CHECK_EQ(status_of("/bin/script"), 42 << 8);
    CHECK_OK(SYS(chdir, "/bin"));
    CHECK_EQ(status_of("./script"), 42 << 8);
    CHECK_OK(SYS(chdir, "/usr/share"));
    CHECK_EQ(status_of("../../bin/script"), 42 << 8);
}
