/*
 * File flags of Linux's (chattr(1)) where metadata is kept: those that the guest's root may set and the host's user not are
 * kept as FreeBSD's that mean the same. Semantics: ioctl_iflags(2), fileattr_set_prepare() of fs/ioctl.c.
 */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/files/emulated.h"

static const struct {
    const char *name, *users; /* as root sets it, and the file's owner in FreeBSD */
    int32_t flag;
} kept[] = {
    {"schg", "uchg", FS_IMMUTABLE_FL},
    {"sappnd", "uappnd", FS_APPEND_FL},
    {"nodump", "nodump", FS_NODUMP_FL},
};

#define KEPT_FLAGS (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL)

static size_t word_length(const char *at)
{
    size_t n = 0;

    while (at[n] && at[n] != ',') {
        n++;
    }
    return n;
}

static bool is_word(const char *at, size_t n, const char *name)
{
    return hot_strlen(name) == n && hot_strncmp(at, name, n) == 0;
}

/* The flag of a name, 0: none of Linux's. */
static int32_t flag_of(const char *at, size_t n)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (is_word(at, n, kept[i].name) || is_word(at, n, kept[i].users)) {
            return kept[i].flag;
        }
    }
    return 0;
}

static int32_t flags_of_names(const char *names)
{
    int32_t flags = 0;

    for (const char *at = names; *at;) {
        size_t n = word_length(at);

        flags |= flag_of(at, n);
        at += n + (at[n] == ',');
    }
    return flags;
}

static void add_word(char names[METADATA_FLAGS_MAX], const char *word, size_t n)
{
    size_t used = hot_strlen(names);

    if (used + n + 2 <= METADATA_FLAGS_MAX) {
        if (used > 0) {
            names[used++] = ',';
        }
        memcpy(names + used, word, n);
        names[used + n] = 0;
    }
}

/* The names that stay, and those of flags that come. */
static void change_names(const char *now, int32_t flags, char names[METADATA_FLAGS_MAX])
{
    int32_t had = 0;

    names[0] = 0;
    for (const char *at = now; *at;) {
        size_t n = word_length(at);
        int32_t flag = flag_of(at, n);

        if (flag == 0 || (flags & flag)) {
            add_word(names, at, n);
            had |= flag;
        }
        at += n + (at[n] == ',');
    }
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (flags & kept[i].flag & ~had) {
            add_word(names, kept[i].name, hot_strlen(kept[i].name));
        }
    }
}

/* The owner, and the two that mean something who has the capability: 0 or -EPERM. */
static int64_t may_set(struct thread *t, const struct statx *x, bool privileged)
{
    uint32_t user = t->proc->users.effective;
    bool owner = user == 0 || user == x->stx_uid, able = user == 0;

    if (metadata_is_emulated(t)) {
        const struct credentials *c = credentials_of(t);

        owner = c->fsuid == x->stx_uid || credentials_capable(c, CAPABILITY_FOWNER);
        able = credentials_capable(c, CAPABILITY_LINUX_IMMUTABLE);
    }
    return owner && (able || !privileged) ? 0 : -EPERM;
}

static int64_t set_flags(struct thread *t, const struct metadata_place *at, const struct statx *x,
                         const struct metadata *m, int32_t want)
{
    char names[METADATA_FLAGS_MAX];
    int32_t host = 0, now = flags_of_names(m->flags);
    int64_t r = host_call3(__NR_ioctl, at->dirfd, FS_IOC_GETFLAGS, &host);

    int64_t allowed = may_set(t, x, (want ^ now) & (FS_IMMUTABLE_FL | FS_APPEND_FL));

    if (allowed < 0) {
        return allowed;
    }
    if (r == 0 && ((want ^ host) & ~KEPT_FLAGS)) {
        host = (host & KEPT_FLAGS) | (want & ~KEPT_FLAGS);
        r = host_call3(__NR_ioctl, at->dirfd, FS_IOC_SETFLAGS, &host);
        if (r < 0) {
            return r;
        }
    }
    change_names(m->flags, want, names);
    return metadata_set_flags(t, at, names);
}

bool linux_emulated_inode_flags(struct thread *t, int32_t fd, uint32_t cmd, guest_ptr arg, int64_t *result)
{
    const uint32_t get[2] = {(uint32_t)FS_IOC_GETFLAGS, FS_IOC32_GETFLAGS};
    const uint32_t set[2] = {(uint32_t)FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS};
    bool sets = cmd == set[0] || cmd == set[1];
    struct metadata_place at;
    struct metadata m;
    struct statx x;
    int32_t flags = 0;

    if (!sets && cmd != get[0] && cmd != get[1]) {
        return false;
    }
    *result = linux_place_of(fd, &at);
    *result = *result < 0 ? *result : metadata_stat(t, &at, STATX_BASIC_STATS, &x, &m);
    if (*result < 0 || ((x.stx_mode & S_IFMT) != S_IFREG && (x.stx_mode & S_IFMT) != S_IFDIR)) {
        return *result < 0; /* of others the host says that they have none */
    }
    if (sets) {
        *result = COPYIN(&flags, arg) < 0 ? -EFAULT : set_flags(t, &at, &x, &m, flags);
        return true;
    }
    if (host_call3(__NR_ioctl, fd, FS_IOC_GETFLAGS, &flags) < 0) {
        flags = 0;
    }
    flags = (flags & ~KEPT_FLAGS) | flags_of_names(m.flags);
    *result = COPYOUT(arg, &flags);
    return true;
}

int64_t linux_emulated_ioctl(struct thread *t, int32_t fd, uint32_t cmd, guest_ptr arg)
{
    int64_t r;

    return linux_emulated_inode_flags(t, fd, cmd, arg, &r) ? r : linux_any_ioctl(t, fd, cmd, arg);
}
