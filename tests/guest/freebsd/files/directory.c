/*
 * getdirentries(2) in both generations, getcwd, chdir. Sources: getdirentries(2), sys/sys/dirent.h,
 * sys/kern/vfs_syscalls.c kern_getdirentries.
 */
#include "guest.h"

enum { ENTRIES = 50 };

static char buffer[4096] __attribute__((aligned(8)));

static void fill(const char *name)
{
    char path[64];

    CHECK_OK(SYS(mkdir, name, 0755));
    for (int i = 0; i < ENTRIES; i++) {
        guest_format(path, sizeof(path), "%s/file%d", name, i);
        SYS(close, guest_file(path, ""));
    }
    guest_format(path, sizeof(path), "%s/sub", name);
    CHECK_OK(SYS(mkdir, path, 0755));
    guest_format(path, sizeof(path), "%s/lnk", name);
    CHECK_OK(SYS(symlink, "file0", path));
}

static int number_of(const char *name)
{
    int n = 0;

    if (!guest_starts(name, "file"))
        return -1;
    for (name += 4; *name >= '0' && *name <= '9'; name++)
        n = n * 10 + (*name - '0');
    return n;
}

static void check_entry(const struct freebsd_dirent *d)
{
    CHECK_EQ(d->reclen % 8, 0);
    CHECK(d->reclen >= 24 + d->namlen + 1);
    CHECK_EQ(d->namlen, guest_strlen(d->name));
    CHECK(d->fileno != 0);
    CHECK_EQ(d->pad0, 0);
    CHECK_EQ(d->pad1, 0);
    if (guest_starts(d->name, "file"))
        CHECK_EQ(d->type, FREEBSD_DT_REG);
    if (guest_strcmp(d->name, "sub") == 0 || guest_starts(d->name, "."))
        CHECK_EQ(d->type, FREEBSD_DT_DIR);
    if (guest_strcmp(d->name, "lnk") == 0)
        CHECK_EQ(d->type, FREEBSD_DT_LNK);
}

TEST(every_entry_once)
{
    bool seen[ENTRIES] = {false};
    int64_t base = -1;
    int others = 0;
    int fd;

    fill("once");
    fd = (int)MUST(SYS(open, "once", FREEBSD_O_DIRECTORY));
    for (;;) {
        int64_t got = SYS(getdirentries, fd, buffer, 512, &base);

        if (got <= 0) {
            CHECK_EQ(got, 0);
            break;
        }
        for (int64_t at = 0; at < got;) {
            struct freebsd_dirent *d = (struct freebsd_dirent *)(buffer + at);
            int n = number_of(d->name);

            check_entry(d);
            if (n >= 0) {
                CHECK(!seen[n]);
                seen[n] = true;
            } else {
                others++;
            }
            at += d->reclen;
            REQUIRE(d->reclen > 0);
        }
    }
    for (int i = 0; i < ENTRIES; i++)
        CHECK(seen[i]);
    CHECK_EQ(others, 4); /* . .. sub lnk */
}

/* An entry's cookie leads to the entry after it; the base is where this read began */
TEST(cookies_lead_back)
{
    int64_t base = -1;
    int64_t got;
    char third[32];
    struct freebsd_dirent *d = (struct freebsd_dirent *)buffer;
    int64_t cookie;
    int fd;

    fill("cookies");
    fd = (int)MUST(SYS(open, "cookies", FREEBSD_O_DIRECTORY));
    got = MUST(SYS(getdirentries, fd, buffer, sizeof(buffer), &base));
    CHECK_EQ(base, 0);
    REQUIRE(got > 100);
    d = (struct freebsd_dirent *)(buffer + d->reclen);
    cookie = d->off;
    d = (struct freebsd_dirent *)((char *)d + d->reclen);
    memcpy(third, d->name, sizeof(third));
    CHECK_EQ(SYS(lseek, fd, cookie, FREEBSD_SEEK_SET), cookie);
    got = MUST(SYS(getdirentries, fd, buffer, sizeof(buffer), &base));
    CHECK_EQ(base, cookie);
    CHECK_EQ(guest_strcmp(((struct freebsd_dirent *)buffer)->name, third), 0);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_SET), 0);
    got = MUST(SYS(getdirentries, fd, buffer, sizeof(buffer), 0));
    CHECK(got > 100);
}

TEST(old_layout)
{
    int count = 0;
    int64_t got;
    int fd;

    fill("oldlayout");
    fd = (int)MUST(SYS(open, "oldlayout", FREEBSD_O_DIRECTORY));
    while ((got = SYS(freebsd11_getdirentries, fd, buffer, sizeof(buffer), 0)) > 0) {
        for (int64_t at = 0; at < got;) {
            struct freebsd11_dirent *d = (struct freebsd11_dirent *)(buffer + at);

            REQUIRE(d->reclen > 0 && d->reclen % 4 == 0);
            CHECK_EQ(d->namlen, guest_strlen(d->name));
            count++;
            at += d->reclen;
        }
    }
    CHECK_EQ(got, 0);
    CHECK_EQ(count, ENTRIES + 4);
}

TEST(errors)
{
    int fd = guest_file("nodirectory", "x");

    CHECK_ERR(SYS(getdirentries, fd, buffer, 512, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getdirentries, 999, buffer, 512, 0), FREEBSD_EBADF);
    fd = (int)MUST(SYS(open, ".", FREEBSD_O_DIRECTORY));
    CHECK_ERR(SYS(getdirentries, fd, buffer, 8, 0), FREEBSD_EINVAL);
}

/* getcwd(3) is made of more; the call gives ENOMEM for a short buffer (vn_fullpath_any()), EINVAL for length 0 or 1 */
TEST(working_directory)
{
    char before[1024];
    char path[1024];

    CHECK_OK(SYS(__getcwd, before, sizeof(before)));
    CHECK_EQ(before[0], '/');
    CHECK_OK(SYS(mkdir, "cwd", 0755));
    CHECK_OK(SYS(chdir, "cwd"));
    CHECK_OK(SYS(__getcwd, path, sizeof(path)));
    CHECK(guest_starts(path, before) && guest_strcmp(path + guest_strlen(before), "/cwd") == 0);
    CHECK_ERR(SYS(__getcwd, path, 4), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(__getcwd, path, 1), FREEBSD_EINVAL);
    CHECK_OK(SYS(chdir, before));
}

TEST(change_directory)
{
    int here = (int)MUST(SYS(open, ".", FREEBSD_O_DIRECTORY));

    SYS(close, guest_file("nothere", "x"));
    CHECK_ERR(SYS(chdir, "nothere"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(chdir, "absent"), FREEBSD_ENOENT);
    CHECK_OK(SYS(chdir, "/"));
    CHECK_OK(SYS(fchdir, here));
    CHECK_ERR(SYS(fchdir, 999), FREEBSD_EBADF);
    CHECK_ERR(SYS(fchdir, guest_file("plainfile", "x")), FREEBSD_ENOTDIR);
}
