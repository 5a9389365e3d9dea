/*
 * What root of its own may do and sees of FreeBSD: chown(2), chflags(2), mknod(2), extattr_get_file(2), setuid(2),
 * ufs_chown(), ufs_setattr() and ufs_makeinode() in sys/ufs/ufs/ufs_vnops.c. For `dragoman run --metadata emulated`.
 */
#include "../guest/freebsd/files/lib/files.h"
#include "../guest/freebsd/process/lib/table.h"

enum { SYSTEM = FREEBSD_NAMESPACE_SYSTEM, USER = FREEBSD_NAMESPACE_USER };
enum {
    UCHG = 2,
    UAPPND = 4,
    NODUMP = 1,
    UUNLNK = 0x10,
    SCHG = 0x20000,
    SAPPND = 0x40000,
    SUNLNK = 0x100000,
    HIDDEN = 0x8000
};

static bool is(const char *path, uint32_t uid, uint32_t gid, uint32_t mode)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, FREEBSD_AT_SYMLINK_NOFOLLOW) == 0 && st.uid == uid &&
           st.gid == gid && (st.mode & 07777) == mode;
}

static uint32_t flags_of(const char *path)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, 0) == 0 ? st.flags : UINT32_MAX;
}

TEST(owners)
{
    int fd = guest_file("owned", "x");

    CHECK_EQ(SYS(getuid), 0);
    CHECK(is("owned", 0, 0, 0644) || is("owned", 0, 0, 0600));
    CHECK_OK(SYS(chown, "owned", 5, 7));
    CHECK_OK(SYS(fchmod, fd, 06755));
    CHECK(is("owned", 5, 7, 06755));
    CHECK_OK(SYS(fchown, fd, 6, -1)); /* root's change leaves set-id bits */
    CHECK(is("owned", 6, 7, 06755));
    CHECK_OK(SYS(mkdir, "directory", 0755));
    CHECK_OK(SYS(chown, "directory", -1, 50));
    guest_file("directory/in", "x");
    struct freebsd_stat st;
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "directory/in", &st, 0));
    CHECK_EQ(st.gid, 50); /* a file has its directory's group */
}

TEST(flags)
{
    int fd = guest_file("flagged", "x");

    CHECK_OK(SYS(chflags, "flagged", UCHG | NODUMP | HIDDEN));
    CHECK_EQ(flags_of("flagged"), UCHG | NODUMP | HIDDEN);
    CHECK_ERR(SYS(open, "flagged", FREEBSD_O_WRONLY, 0), FREEBSD_EPERM);
    CHECK(SYS(open, "flagged", FREEBSD_O_RDONLY, 0) >= 0);
    CHECK_OK(SYS(fchflags, fd, SCHG));
    CHECK_EQ(flags_of("flagged"), SCHG);
    CHECK_OK(SYS(chflags, "flagged", 0));
    CHECK_EQ(flags_of("flagged"), 0);
    CHECK(SYS(open, "flagged", FREEBSD_O_WRONLY, 0) >= 0);
    CHECK_ERR(SYS(chflags, "flagged", 0x80000000u), FREEBSD_EOPNOTSUPP);
}

static uint32_t flags_of_link(const char *path)
{
    struct freebsd_stat st;

    return SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, FREEBSD_AT_SYMLINK_NOFOLLOW) == 0 ? st.flags : UINT32_MAX;
}

/* ufs_remove(), ufs_rename(), ufs_link(), ufs_rmdir(), ufs_setattr() of sys/ufs/ufs/ufs_vnops.c */
static void holds(uint32_t flag, bool links)
{
    int64_t times[4] = {1000, 0, 1000, 0};

    CHECK_OK(SYS(chflags, "held", flag));
    CHECK_ERR(SYS(unlink, "held"), FREEBSD_EPERM);
    CHECK_ERR(SYS(rename, "held", "moved"), FREEBSD_EPERM);
    CHECK_ERR(SYS(rename, "free", "held"), FREEBSD_EPERM);
    if (links) { /* what may not be removed may be changed */
        CHECK_OK(SYS(chmod, "held", 0644));
        CHECK_OK(SYS(utimensat, FREEBSD_AT_FDCWD, "held", times, 0));
        CHECK_OK(SYS(link, "held", "another"));
        CHECK_ERR(SYS(unlink, "another"), FREEBSD_EPERM);
        CHECK_OK(SYS(chflags, "held", 0));
        CHECK_OK(SYS(unlink, "another"));
    } else {
        CHECK_ERR(SYS(link, "held", "another"), FREEBSD_EPERM);
        CHECK_ERR(SYS(chmod, "held", 0600), FREEBSD_EPERM);
        CHECK_ERR(SYS(chown, "held", 5, 5), FREEBSD_EPERM);
        CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "held", times, 0), FREEBSD_EPERM);
        CHECK_ERR(SYS(truncate, "held", 0), FREEBSD_EPERM);
        CHECK_OK(SYS(chflags, "held", 0));
    }
}

TEST(flags_hold)
{
    guest_file("held", "x");
    guest_file("free", "x");
    holds(UCHG, false);
    holds(SCHG, false);
    holds(UAPPND, false);
    holds(SAPPND, false);
    holds(UUNLNK, true);
    holds(SUNLNK, true);
    CHECK_OK(SYS(unlink, "held"));
    CHECK_OK(SYS(mkdir, "kept", 0755));
    guest_file("kept/in", "x");
    CHECK_OK(SYS(chflags, "kept", SCHG));
    CHECK_ERR(SYS(unlink, "kept/in"), FREEBSD_EPERM);
    CHECK_ERR(SYS(open, "kept/new", FREEBSD_O_WRONLY | FREEBSD_O_CREAT, 0600), FREEBSD_EPERM);
    CHECK_ERR(SYS(mkdir, "kept/new", 0700), FREEBSD_EPERM);
    CHECK_ERR(SYS(symlink, "x", "kept/new"), FREEBSD_EPERM);
    CHECK_ERR(SYS(mkfifo, "kept/new", 0600), FREEBSD_EPERM);
    CHECK_ERR(SYS(rename, "free", "kept/new"), FREEBSD_EPERM);
    CHECK_ERR(SYS(rmdir, "kept"), FREEBSD_EPERM);
    CHECK_OK(SYS(chflags, "kept", SAPPND));
    CHECK(SYS(open, "kept/new", FREEBSD_O_WRONLY | FREEBSD_O_CREAT, 0600) >= 0);
    CHECK_ERR(SYS(unlink, "kept/new"), FREEBSD_EPERM);
    CHECK_ERR(SYS(rmdir, "kept"), FREEBSD_EPERM);
    CHECK_OK(SYS(chflags, "kept", 0));
}

TEST(links)
{
    CHECK_OK(SYS(symlink, "nowhere", "l"));
    CHECK_OK(SYS(lchown, "l", 5, 6));
    CHECK(is("l", 5, 6, 0777) || is("l", 5, 6, 0755));
    CHECK_OK(SYS(lchmod, "l", 0700));
    CHECK(is("l", 5, 6, 0700));
    CHECK_OK(SYS(lchflags, "l", UCHG | NODUMP));
    CHECK_EQ(flags_of_link("l"), UCHG | NODUMP);
    CHECK(is("l", 5, 6, 0700));
    CHECK_ERR(SYS(unlink, "l"), FREEBSD_EPERM);
    CHECK_ERR(SYS(lchown, "l", 0, 0), FREEBSD_EPERM);
    CHECK_OK(SYS(lchflags, "l", 0));
    CHECK_OK(SYS(rename, "l", "m"));
    CHECK(is("m", 5, 6, 0700));
    CHECK_OK(SYS(mkfifo, "fifo", 0600));
    CHECK_OK(SYS(chown, "fifo", 7, 8));
    CHECK_OK(SYS(chflags, "fifo", SCHG));
    CHECK_EQ(flags_of("fifo"), SCHG);
    CHECK(is("fifo", 7, 8, 0600));
    CHECK_ERR(SYS(rename, "fifo", "m"), FREEBSD_EPERM);
    CHECK_OK(SYS(chflags, "fifo", 0));
    CHECK_OK(SYS(rename, "fifo", "m"));
    CHECK(is("m", 7, 8, 0600));
    CHECK_OK(SYS(mkdir, "of-another", 0755));
    CHECK_OK(SYS(chown, "of-another", 9, 10));
    CHECK_OK(SYS(symlink, "x", "of-another/l"));
    CHECK(is("of-another/l", 0, 10, 0777) || is("of-another/l", 0, 10, 0755)); /* the directory's group */
}

static int type_in(const char *directory, const char *name)
{
    char buffer[2048];
    int64_t base, n;
    int fd = (int)SYS(open, directory, FREEBSD_O_RDONLY, 0), type = -1;

    while ((n = SYS(getdirentries, fd, buffer, sizeof(buffer), &base)) > 0) {
        for (int64_t at = 0; at < n; at += ((struct freebsd_dirent *)(buffer + at))->reclen) {
            const struct freebsd_dirent *d = (const struct freebsd_dirent *)(buffer + at);

            type = d->namlen == guest_strlen(name) && memcmp(d->name, name, d->namlen) == 0 ? d->type : type;
        }
    }
    return type;
}

TEST(types)
{
    CHECK_OK(SYS(mkdir, "types", 0755));
    CHECK_OK(SYS(mknodat, FREEBSD_AT_FDCWD, "types/char", 0020600, 0x103));
    CHECK_OK(SYS(mknodat, FREEBSD_AT_FDCWD, "types/block", 0060600, 0x103));
    guest_file("types/file", "x");
    CHECK_EQ(type_in("types", "char"), 2);
    CHECK_EQ(type_in("types", "block"), 6);
    CHECK_EQ(type_in("types", "file"), 8);
}

TEST(root_may)
{
    guest_file("read-only", "text");
    CHECK_OK(SYS(chmod, "read-only", 0444));
    CHECK_OK(SYS(truncate, "read-only", 1));
    CHECK(SYS(open, "read-only", FREEBSD_O_WRONLY, 0) >= 0);
}

TEST(nodes)
{
    struct freebsd_stat st;

    CHECK_OK(SYS(mknodat, FREEBSD_AT_FDCWD, "node", 0020600, 0x1403));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "node", &st, 0));
    CHECK_EQ(st.mode, 0020600);
    CHECK_EQ(st.rdev, 0x1403);
    CHECK(SYS(open, "node", FREEBSD_O_RDONLY, 0) < 0);
}

TEST(system_attributes)
{
    char buffer[64];

    guest_file("attributed", "x");
    CHECK_OK(SYS(chmod, "attributed", 04755)); /* which has an attribute of its own, where modes are emulated */
    CHECK_EQ(SYS(extattr_set_file, "attributed", SYSTEM, "label", "low", 3), 3);
    CHECK_EQ(SYS(extattr_get_file, "attributed", SYSTEM, "label", buffer, 64), 3);
    CHECK_EQ(SYS(extattr_list_file, "attributed", SYSTEM, buffer, 64), 6);
    CHECK_EQ(memcmp(buffer, "\5label", 6), 0);
    CHECK_EQ(SYS(extattr_list_file, "attributed", USER, buffer, 64), 0);
    CHECK_ERR(SYS(extattr_get_file, "attributed", USER, "dragoman.metadata", buffer, 64), 87); /* ENOATTR */
    CHECK_OK(SYS(extattr_delete_file, "attributed", SYSTEM, "label"));
    CHECK_OK(SYS(chmod, "attributed", 0444));
    CHECK_EQ(SYS(extattr_set_file, "attributed", SYSTEM, "name", "x", 1), 1);
    CHECK_OK(SYS(extattr_delete_file, "attributed", SYSTEM, "name"));
}

/* sys/sys/acl.h */
struct acl {
    uint32_t most, count;
    int32_t spare[4];
    struct {
        uint32_t tag, id, permissions;
        uint16_t type, flags;
    } entries[254];
};

TEST(lists)
{
    static const uint32_t tags[5] = {1, 2, 4, 16, 32}, permissions[5] = {6, 4, 4, 4, 0};
    struct acl acl = {.most = 254, .count = 5}, got = {.most = 254};

    guest_file("listed", "x");
    CHECK_OK(SYS(chmod, "listed", 0600));
    for (int i = 0; i < 5; i++) {
        acl.entries[i].tag = tags[i];
        acl.entries[i].permissions = permissions[i];
        acl.entries[i].id = tags[i] == 2 ? 1001 : UINT32_MAX;
    }
    CHECK_OK(SYS(__acl_set_file, "listed", 2, &acl));
    CHECK(is("listed", 0, 0, 0640));
    CHECK_OK(SYS(__acl_get_file, "listed", 2, &got));
    CHECK_EQ(got.count, 5);
    CHECK_EQ(got.entries[1].id, 1001);
    CHECK_OK(SYS(chmod, "listed", 0660));
    CHECK_OK(SYS(__acl_get_file, "listed", 2, &got));
    CHECK_EQ(got.entries[3].permissions, 6);
    CHECK_OK(SYS(mkdir, "list-giver", 0755));
    CHECK_OK(SYS(__acl_set_file, "list-giver", 3, &acl));
    CHECK_ERR(SYS(__acl_set_file, "listed", 3, &acl), FREEBSD_EINVAL);
    CHECK_OK(SYS(__acl_get_file, "list-giver", 3, &got));
    CHECK_EQ(got.count, 5);
    CHECK_OK(SYS(__acl_delete_file, "list-giver", 3));
    CHECK_OK(SYS(__acl_get_file, "list-giver", 3, &got));
    CHECK_EQ(got.count, 0);
}

/* The last: nothing comes back from it. */
/* What others are told of a process: by kern.proc.*. */
TEST(processes)
{
    static char record[KINFO_PROC_SIZE];
    uint64_t size;
    int self = (int)SYS(getpid), other = guest_fork();

    if (other == 0) {
        SYS(setgid, 7);
        SYS(setresuid, 4, 5, 6);
        while (SYS(getppid) == self) {
            SYS(poll, NULL, 0, 50);
        }
        guest_exit(0);
    }
    for (int i = 0; i < 100 && KI(record, uint32_t, KI_UID) != 5; i++) {
        SYS(poll, NULL, 0, 20);
        size = sizeof(record);
        CHECK_OK(proc_get(PROC_PID, other, record, &size));
    }
    CHECK_EQ(KI(record, uint32_t, KI_UID), 5);
    CHECK_EQ(KI(record, uint32_t, KI_RUID), 4);
    CHECK_EQ(KI(record, uint32_t, KI_GROUPS), 7);
    SYS(kill, other, 9);
    guest_wait(other);
    size = sizeof(record);
    CHECK_OK(proc_get(PROC_PID, self, record, &size));
    CHECK(KI(record, uint32_t, KI_UID) == 0 && KI(record, uint32_t, KI_GROUPS) == 0);
}

/* The suite gives the program as `first` set-id bits: they count also where nobody has executed it. */
TEST(set_id)
{
    uint32_t users[3], groups[3];
    const char *name = guest_argv[0];

    for (const char *s = name; *s != 0; s++) {
        name = *s == '/' ? s + 1 : name;
    }
    bool first = name[0] == 'f' && name[1] == 'i';
    uint32_t user = first ? 5 : 0, group = first ? 6 : 0;
    CHECK_OK(SYS(getresuid, &users[0], &users[1], &users[2]));
    CHECK_OK(SYS(getresgid, &groups[0], &groups[1], &groups[2]));
    CHECK(users[0] == 0 && users[1] == user && users[2] == user);
    CHECK(groups[0] == 0 && groups[1] == group && groups[2] == group);
    CHECK_EQ(SYS(issetugid), first);
}

TEST(zz_dropped)
{
    int32_t groups[2] = {65534, 100};

    guest_file("roots", "x");
    CHECK_OK(SYS(chmod, "roots", 0600));
    CHECK_OK(SYS(chmod, ".", 0777));
    CHECK_OK(SYS(mkdir, "secret", 0700));
    guest_file("secret/f", "x");
    CHECK_OK(SYS(mkdir, "sticky", 0777));
    CHECK_OK(SYS(chmod, "sticky", 01777));
    guest_file("sticky/f", "x");
    CHECK_OK(SYS(mkdir, "closed", 0755));
    guest_file("closed/f", "x");
    int self = (int)SYS(getpid), other = guest_fork();
    if (other == 0) { /* as long as it can be sent signals */
        while (SYS(getppid) == self) {
            SYS(poll, NULL, 0, 50);
        }
        guest_exit(0);
    }
    CHECK_OK(SYS(setgroups, 2, groups));
    CHECK_OK(SYS(setgid, 65534));
    CHECK_OK(SYS(setuid, 1001));
    CHECK_EQ(SYS(geteuid), 1001);
    CHECK_ERR(SYS(setuid, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(seteuid, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(setgroups, 1, groups), FREEBSD_EPERM);
    CHECK_ERR(SYS(open, "roots", FREEBSD_O_RDONLY, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(chown, "roots", 1001, -1), FREEBSD_EPERM);
    CHECK_ERR(SYS(chflags, "roots", UCHG), FREEBSD_EPERM);
    guest_file("mine", "x");
    CHECK_OK(SYS(chflags, "mine", UCHG));
    CHECK_ERR(SYS(chflags, "mine", SCHG), FREEBSD_EPERM);
    CHECK_OK(SYS(chflags, "mine", 0));
    struct freebsd_stat st;
    CHECK_ERR(SYS(fstatat, FREEBSD_AT_FDCWD, "secret/f", &st, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(open, "secret/f", FREEBSD_O_RDONLY, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(chdir, "secret"), FREEBSD_EACCES);
    CHECK_ERR(SYS(unlink, "secret/f"), FREEBSD_EACCES);
    CHECK_ERR(SYS(unlink, "closed/f"), FREEBSD_EACCES);
    CHECK_ERR(SYS(rename, "closed/f", "g"), FREEBSD_EACCES);
    CHECK_ERR(SYS(rename, "mine", "closed/f"), FREEBSD_EACCES);
    CHECK_ERR(SYS(open, "closed/new", FREEBSD_O_WRONLY | FREEBSD_O_CREAT, 0600), FREEBSD_EACCES);
    CHECK_ERR(SYS(mkdir, "closed/new", 0700), FREEBSD_EACCES);
    CHECK_ERR(SYS(mkdir, "closed/f", 0700), FREEBSD_EEXIST);
    CHECK_ERR(SYS(symlink, "x", "closed/new"), FREEBSD_EACCES);
    CHECK_ERR(SYS(link, "mine", "closed/new"), FREEBSD_EACCES);
    CHECK_ERR(SYS(truncate, "roots", 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(unlink, "sticky/f"), FREEBSD_EPERM);
    CHECK_ERR(SYS(rename, "mine", "sticky/f"), FREEBSD_EPERM);
    CHECK_ERR(SYS(utimensat, FREEBSD_AT_FDCWD, "closed/f", NULL, 0), FREEBSD_EACCES);
    CHECK_OK(SYS(symlink, "x", "sticky/own"));
    CHECK(is("sticky/own", 1001, 0, 0777) || is("sticky/own", 1001, 0, 0755));
    CHECK_OK(SYS(unlink, "sticky/own"));
    SYS(poll, NULL, 0, 300); /* until the other has begun */
    CHECK_ERR(SYS(kill, other, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(kill, other, 15), FREEBSD_EPERM);
    CHECK(SYS(open, "listed", FREEBSD_O_RDONLY, 0) >= 0); /* by its list */
    CHECK_ERR(SYS(__acl_delete_file, "listed", 2), FREEBSD_EINVAL);
    char value[8];
    CHECK_ERR(SYS(extattr_set_file, "closed/f", USER, "a", "b", 1), FREEBSD_EACCES);
    CHECK_ERR(SYS(extattr_get_file, "roots", USER, "a", value, 8), FREEBSD_EACCES);
    CHECK_ERR(SYS(extattr_get_file, "mine", SYSTEM, "a", value, 8), FREEBSD_EPERM);
    CHECK_ERR(SYS(setpriority, 0, other, 10), FREEBSD_EPERM);
}
