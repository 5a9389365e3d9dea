/* Files outside. */
#include "hostile.h"

static const char dots[] = "../../../../../../../../../../../..";

/* A place of its own, for as many calls as take two such. */
static const char *mine(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    copy(path, given("tmp"));
    append(path, "/");
    append(path, name);
    return path;
}

static void by_name(const char *secret)
{
    char stat[512];
    char moved[512];
    long times[4] = {0, 0, 0, 0};
    copy(moved, secret);
    append(moved, ".moved");
    tell("read", opens_secret(secret));
    long fd = op(OPEN, P(secret), 1, 0);
    tell("write", fd >= 0 && op(WRITE, fd, P("x"), 1) == 1);
    tell("chmod", op(CHMOD, P(secret), 0777, 0) == 0);
    tell("chown", op(CHOWN, P(secret), 0, 0) == 0);
    tell("stat", op(STAT, P(secret), P(stat), 0) == 0);
    tell("access", op(ACCESS, P(secret), 0, 0) == 0);
    tell("utimes", op(UTIMES, P(secret), P(times), 0) == 0);
    tell("truncate", op(TRUNCATE, P(secret), 0, 0) == 0);
    tell("rename", op(RENAME, P(secret), P(moved), 0) == 0);
    tell("rename-in", op(RENAME, P(secret), P(mine("taken")), 0) == 0);
    tell("link", op(LINK, P(secret), P(mine("linked")), 0) == 0);
    tell("unlink", op(UNLINK, P(secret), 0, 0) == 0);
    tell("list-directory", op(OPEN, P(given("outside")), 0, 0) >= 0);
}

static void by_links(const char *secret)
{
    char path[512];
    op(SYMLINK, P(secret), P(mine("link")), 0);
    tell("symbolic-link", opens_secret(mine("link")));
    copy(path, dots);
    append(path, secret);
    tell("dot-dot", opens_secret(path));
    op(SYMLINK, P(path), P(mine("dots")), 0);
    tell("dot-dot-link", opens_secret(mine("dots")));
    copy(path, "/proc/self/cwd/");
    append(path, dots);
    append(path, secret);
    tell("cwd-dot-dot", opens_secret(path));
    copy(path, given("shared"));
    append(path, "/way-out"); /* made outside: a link to the secret in a shared directory */
    tell("link-in-a-mount", opens_secret(path));
    copy(path, given("shared"));
    append(path, "/../secret"); /* its neighbour on the host */
    tell("mount-dot-dot", opens_secret(path));
    copy(path, given("shared"));
    append(path, "/read-only-there");
    tell("write-a-read-only-mount", op(OPEN, P(path), 1, 0) >= 0);
    if (is_linux()) { /* a descriptor for reading does for these */
        enum { FCHMOD = 91, FCHOWN = 93, FSETXATTR = 190, UTIMENSAT = 280 };
        long times[4] = {1, 0, 1, 0};
        long fd = op(OPEN, P(path), 0, 0);
        tell("change-a-read-only-mount", call(FCHMOD, fd, 0777, 0, 0, 0, 0) == 0 ||
                                             call(FCHOWN, fd, -1, -1, 0, 0, 0) == 0 ||
                                             call(UTIMENSAT, fd, 0, P(times), 0, 0, 0) == 0 ||
                                             call(FSETXATTR, fd, P("user.x"), P("x"), 1, 0, 0) == 0);
        op(CLOSE, fd, 0, 0);
    }
}

/* The classic: a chroot below the working directory leaves that outside of the root. */
static void by_chroot(const char *secret)
{
    char path[512];
    long root = op(OPEN, P("/"), 0, 0);
    op(MKDIR, P(mine("jail")), 0755, 0);
    long child = op(FORK, 0, 0, 0);
    if (child == 0) {
        op(CHROOT, P(mine("jail")), 0, 0);
        op(FCHDIR, root, 0, 0);
        for (int i = 0; i < 64; i++) {
            op(CHDIR, P(".."), 0, 0);
        }
        op(CHROOT, P("."), 0, 0);
        copy(path, ".");
        append(path, secret);
        op(EXIT, opens_secret(path) || opens_secret(secret) ? 1 : 0, 0, 0);
    }
    int status = 0;
    op6(WAIT4, child, P(&status), 0, 0, 0, 0);
    tell("chroot", child > 0 && status == 1 << 8);
}

/* A directory moves upwards while a walk goes through it. */
static void by_race(const char *secret)
{
    enum { ROUNDS = 3000 };
    char path[512];
    bool out = false;
    op(MKDIR, P(mine("a")), 0755, 0);
    op(MKDIR, P(mine("a/b")), 0755, 0);
    op(MKDIR, P(mine("a/b/c")), 0755, 0);
    long inner = op(OPEN, P(mine("a/b/c")), 0, 0);
    long child = op(FORK, 0, 0, 0);
    if (child == 0) {
        for (;;) {
            op(RENAME, P(mine("a/b/c")), P(mine("c")), 0);
            op(RENAME, P(mine("c")), P(mine("a/b/c")), 0);
        }
    }
    copy(path, dots);
    append(path, secret);
    for (int i = 0; i < ROUNDS && !out; i++) {
        out = reads_secret(op(OPENAT, inner, P(path), 0));
    }
    if (child > 0) { /* else everybody would be meant */
        op(KILL, child, 9, 0);
        op6(WAIT4, child, 0, 0, 0, 0, 0);
    }
    tell("rename-race", out);
}

/* What the starter had open: only 0, 1 and 2 are for the guest, and no directory is among the others. */
static void by_descriptors(const char *secret)
{
    char path[512];
    bool out = false;
    copy(path, "..");
    append(path, secret);
    for (long fd = 3; fd < 8192; fd++) {
        long r = op(OPENAT, fd, P(path), 0);
        out = out || reads_secret(r) || reads_secret(op(OPENAT, fd, P("secret"), 0));
        long copied = op(DUP, fd, 0, 0);
        out = out || reads_secret(copied);
    }
    tell("kept-descriptor", out);
}

void try_files(void)
{
    const char *secret = given("secret");
    by_descriptors(secret);
    by_links(secret);
    by_chroot(secret);
    by_race(secret);
    by_name(secret); /* last: where it succeeds there is no secret any more */
}
