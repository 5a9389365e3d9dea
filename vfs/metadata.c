/* Files with an attribute of ours; see metadata.h. Semantics: inode(7), chown(2), chmod(2), fs/attr.c, fs/inode.c. */
#include "vfs/metadata.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "vfs/metadata_acl.h"
#include "vfs/metadata_entry.h"
#include "vfs/metadata_file.h"
#include "vfs/metadata_names.h"
#include "vfs/metadata_rights.h"
#include "vfs/rooted.h"

#define MODE_BITS 07777u

static bool carries(const struct statx *x)
{
    return (x->stx_mode & S_IFMT) == S_IFREG || (x->stx_mode & S_IFMT) == S_IFDIR;
}

static bool is_link(const struct statx *x)
{
    return (x->stx_mode & S_IFMT) == S_IFLNK;
}

/* Whether a file has no attribute of its own, and its directory tells of it (metadata_entry.h). */
static bool is_told_of(const struct statx *x)
{
    return is_link(x) || (x->stx_mode & S_IFMT) == S_IFIFO || (x->stx_mode & S_IFMT) == S_IFSOCK;
}

/* Reads what stands beside a file. A link has no mark, as the host gives it no mode. */
static bool read_beside(const struct metadata_place *at, const struct statx *x, struct metadata *out)
{
    bool marked = (x->stx_mode & METADATA_MARK) != 0;
    if (is_link(x)) {
        return metadata_entry_read(at, out);
    }
    return marked && (carries(x) ? metadata_read(at, out) : is_told_of(x) && metadata_entry_read(at, out));
}

/* The host's ids as the guest takes them: the caller's own are root's, others stay. */
static void show_owner(const struct process *p, struct statx *x)
{
    x->stx_uid = x->stx_uid == p->host_user ? 0 : x->stx_uid;
    x->stx_gid = x->stx_gid == p->host_group ? 0 : x->stx_gid;
}

/* As Linux tells of them in statx(2); FreeBSD's are told of by name. */
static void show_flags(const struct metadata *m, struct statx *x)
{
    uint32_t bits = m->flags[0] != '\0' ? metadata_flag_bits(m) : 0;
    x->stx_attributes |= ((bits & METADATA_FIXED) != 0 ? STATX_ATTR_IMMUTABLE : 0) |
                         ((bits & METADATA_GROWS) != 0 ? STATX_ATTR_APPEND : 0);
}

static void show_type(const struct metadata *m, struct statx *x)
{
    static const uint16_t types[] = {
        [METADATA_CHAR] = S_IFCHR, [METADATA_BLOCK] = S_IFBLK, [METADATA_SOCKET] = S_IFSOCK};
    if (m->type == METADATA_AS_HOST || (x->stx_mode & S_IFMT) != S_IFREG) {
        return;
    }
    x->stx_mode = (uint16_t)(types[m->type] | (x->stx_mode & MODE_BITS));
    x->stx_rdev_major = m->major;
    x->stx_rdev_minor = m->minor;
    x->stx_size = 0;
    x->stx_blocks = 0;
}

void metadata_show(struct thread *t, const struct metadata_place *at, struct statx *x, struct metadata *found)
{
    struct metadata here, *m = found != NULL ? found : &here;
    bool emulated = metadata_is_emulated(t);
    bool marked = read_beside(at, x, m);
    if (emulated) {
        show_owner(t->proc, x);
    }
    if (!marked) {
        /* A fifo's mark that nothing is known of any more is none of its mode. */
        x->stx_mode &= emulated && is_told_of(x) ? (uint16_t)~METADATA_MARK : (uint16_t)~0;
        *m = (struct metadata){.uid = x->stx_uid, .gid = x->stx_gid, .mode = x->stx_mode & MODE_BITS};
        return;
    }
    if (emulated) {
        x->stx_uid = m->uid;
        x->stx_gid = m->gid;
    } else {
        m->uid = x->stx_uid;
        m->gid = x->stx_gid;
    }
    m->mode = m->has_mode ? m->mode : x->stx_mode & MODE_BITS;
    x->stx_mode = (uint16_t)((x->stx_mode & S_IFMT) | m->mode);
    show_type(m, x);
    if (!t->proc->personality->bsd_owners) {
        show_flags(m, x);
    }
}

int64_t metadata_stat(struct thread *t, const struct metadata_place *at, uint32_t mask, struct statx *x,
                      struct metadata *found)
{
    int64_t r = host_call5(__NR_statx, at->dirfd, at->name, at->flags,
                           mask | STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID, x);
    if (r == 0) {
        metadata_show(t, at, x, found);
    }
    return r;
}

/* A file that is about to be changed. */
struct subject {
    struct metadata_place at;
    struct statx host; /* as the host has it */
    struct metadata m; /* as the guest sees it */
};

static int64_t look(struct thread *t, const struct metadata_place *at, struct subject *s)
{
    struct statx shown;
    int64_t r = host_call5(__NR_statx, at->dirfd, at->name, at->flags, STATX_BASIC_STATS, &s->host);
    if (r < 0) {
        return r;
    }
    s->at = *at;
    shown = s->host;
    metadata_show(t, at, &shown, &s->m);
    return 0;
}

/*
 * The mode of the host's file. Where owners are emulated it must not mean more to the host than it does to the guest, nor
 * keep the guest's root out.
 */
static uint32_t host_mode(const struct thread *t, const struct subject *s, bool marked)
{
    bool directory = (s->host.stx_mode & S_IFMT) == S_IFDIR;
    if (!metadata_is_emulated(t)) {
        return s->m.mode | (marked ? METADATA_MARK : 0);
    }
    if (!marked) {
        return s->m.mode & 01777;
    }
    if (s->m.type != METADATA_AS_HOST) {
        return 0600 | METADATA_MARK; /* nothing that anybody should read or write */
    }
    return (s->m.mode & 0777) | (directory ? 0700 : 0600) | METADATA_MARK;
}

/* Whether the host's file cannot say it. */
static bool needs_attribute(const struct thread *t, const struct subject *s)
{
    const struct metadata *m = &s->m;
    bool directory = (s->host.stx_mode & S_IFMT) == S_IFDIR;
    if (m->type != METADATA_AS_HOST || m->flags[0] != '\0') {
        return true;
    }
    /* A directory that its owner has no way through; a file that he cannot read, nor the engine to execute it. */
    uint32_t needed = directory ? 0700 : 0400;
    return metadata_is_emulated(t) &&
           (m->uid != 0 || m->gid != 0 || (m->mode & 06000) != 0 || (m->mode & needed) != needed);
}

/* The same of a file that its directory tells of: of a fifo the sticky bit, too, which is the mark. */
static bool needs_entry(const struct thread *t, const struct subject *s)
{
    const struct metadata *m = &s->m;
    bool fifo = !is_link(&s->host) && ((m->mode & 07000) != 0 || (m->mode & 0600) != 0600);
    return m->flags[0] != '\0' || (is_link(&s->host) && m->has_mode) ||
           (metadata_is_emulated(t) && (m->uid != 0 || m->gid != 0 || fifo));
}

/* Writes it with the attribute, which the host lets be set only to a file that its owner may write. */
static int64_t store_marked(struct thread *t, struct subject *s)
{
    uint32_t now = s->host.stx_mode & MODE_BITS, want = host_mode(t, s, true);
    int64_t r = 0;
    if (metadata_is_emulated(t) && (now & 0200) == 0) {
        r = metadata_set_mode(&s->at, now | 0600);
        now |= 0600;
    }
    s->m.has_mode = true;
    r = r < 0 ? r : metadata_write(&s->at, &s->m);
    if (r == 0 && now != want) {
        r = metadata_set_mode(&s->at, want);
    }
    return r == -EACCES || r == -EROFS ? -EPERM : r;
}

static int64_t store_entry(struct thread *t, const struct subject *s)
{
    uint32_t now = s->host.stx_mode & MODE_BITS, want;
    struct metadata m = s->m;
    bool needed = needs_entry(t, s);
    int64_t r = 0;
    if (!metadata_is_emulated(t)) {
        m.uid = m.gid = 0;
    }
    m.has_mode = is_link(&s->host) ? m.has_mode : needed;
    m.mode = m.has_mode ? m.mode : 0;
    if (is_link(&s->host)) {
        return metadata_entry_write(&s->at, &m);
    }
    if (needed || (now & METADATA_MARK) != 0) {
        r = metadata_entry_write(&s->at, needed ? &m : NULL);
    }
    want = !needed                   ? s->m.mode & (metadata_is_emulated(t) ? 0777 : MODE_BITS)
           : metadata_is_emulated(t) ? (s->m.mode & 0777) | 0600 | METADATA_MARK
                                     : s->m.mode | METADATA_MARK;
    return r == 0 && want != now ? metadata_set_mode(&s->at, want) : r;
}

static int64_t store(struct thread *t, struct subject *s)
{
    if (is_told_of(&s->host)) {
        return store_entry(t, s);
    }
    uint32_t now = s->host.stx_mode & MODE_BITS, want = host_mode(t, s, false);
    int64_t r = 0;
    if (carries(&s->host) && needs_attribute(t, s)) {
        return store_marked(t, s);
    }
    if (now != want) {
        r = metadata_set_mode(&s->at, want);
    } else if (carries(&s->host) && metadata_set_mode(&s->at, want) == -EROFS) {
        return -EROFS; /* nothing changes, and may not */
    }
    if (r == 0 && carries(&s->host) && (now & METADATA_MARK) != 0) {
        metadata_remove(&s->at);
    }
    return r;
}

static bool capable(const struct thread *t, unsigned capability)
{
    return credentials_capable(credentials_of(t), capability);
}

/* chown_ok() and chgrp_ok() of fs/attr.c. */
static bool may_chown(struct thread *t, const struct metadata *m, uint32_t user, uint32_t group)
{
    const struct credentials *c = credentials_of(t);
    bool owner = c->fsuid == m->uid;
    bool user_ok = user == METADATA_KEEP || (owner && user == m->uid);
    bool group_ok = group == METADATA_KEEP || (owner && (group == m->gid || credentials_member(c, group)));
    return capable(t, CAPABILITY_CHOWN) || (user_ok && group_ok);
}

/* Of what is no directory, whoever asks (chown_common() of fs/open.c); of BSD's not if root does (ufs_chown()). */
static void drop_set_ids(const struct thread *t, struct subject *s)
{
    bool keeps = t->proc->personality->bsd_owners && t->proc->users.effective == 0;
    if ((s->host.stx_mode & S_IFMT) == S_IFDIR || keeps) {
        return;
    }
    s->m.mode &= ~(uint32_t)S_ISUID;
    if ((s->m.mode & S_IXGRP) != 0) {
        s->m.mode &= ~(uint32_t)S_ISGID;
    }
}

int64_t metadata_chown(struct thread *t, const struct metadata_place *at, uint32_t user, uint32_t group)
{
    struct subject s;
    int64_t r = look(t, at, &s);
    r = r < 0 ? r : metadata_may_alter(&s.m);
    if (r < 0) {
        return r;
    }
    if (!metadata_is_emulated(t)) {
        r = host_call5(__NR_fchownat, at->dirfd, at->name, user, group, at->flags);
        if (r == 0 && s.m.has_mode && (s.m.mode & 06000) != 0) {
            drop_set_ids(t, &s);
            r = store(t, &s);
        }
        return r;
    }
    if (!may_chown(t, &s.m, user, group)) {
        return -EPERM;
    }
    if (!carries(&s.host) && !is_told_of(&s.host)) {
        return s.host.stx_uid == t->proc->host_user ? 0 : -EPERM; /* a device of the host's: not kept */
    }
    s.m.uid = user == METADATA_KEEP ? s.m.uid : user;
    s.m.gid = group == METADATA_KEEP ? s.m.gid : group;
    drop_set_ids(t, &s);
    return store(t, &s);
}

int64_t metadata_chmod(struct thread *t, const struct metadata_place *at, uint32_t mode)
{
    struct subject s;
    int64_t r = look(t, at, &s);
    r = r < 0 ? r : metadata_may_alter(&s.m);
    if (r < 0) {
        return r;
    }
    if (is_link(&s.host) && !t->proc->personality->bsd_owners) {
        return -EOPNOTSUPP;
    }
    if (metadata_is_emulated(t)) {
        const struct credentials *c = credentials_of(t);
        if (c->fsuid != s.m.uid && !capable(t, CAPABILITY_FOWNER)) {
            return -EPERM;
        }
        if (!credentials_member(c, s.m.gid) && !capable(t, CAPABILITY_FSETID)) {
            mode &= ~(uint32_t)S_ISGID;
        }
    }
    s.m.mode = mode & MODE_BITS;
    s.m.has_mode |= is_link(&s.host);
    r = store(t, &s);
    if (r == 0 && metadata_is_emulated(t) && carries(&s.host)) {
        metadata_acl_follow_mode(at, s.m.mode);
    }
    return r;
}

int64_t metadata_set_flags(struct thread *t, const struct metadata_place *at, const char *names)
{
    struct subject s;
    int64_t r = look(t, at, &s);
    if (r < 0) {
        return r;
    }
    if (!carries(&s.host) && !is_told_of(&s.host)) {
        return names[0] == '\0' ? 0 : -EOPNOTSUPP;
    }
    if (!metadata_take_flags(names, s.m.flags)) {
        return -EINVAL;
    }
    return store(t, &s);
}

/* Of a directory's default list, for the mode that was asked for. */
static void inherit_list(struct subject *s, const struct metadata_place *directory, uint32_t asked)
{
    uint32_t mode = asked & 0777;
    if (carries(&s->host) && metadata_acl_inherit(directory, &s->at, (s->host.stx_mode & S_IFMT) == S_IFDIR, &mode)) {
        s->m.mode = (s->m.mode & 07000) | mode;
    }
}

/*
 * BSD's files have their directory's group, Linux's the maker's unless the directory has the set-group-id bit, which its
 * directories hand on (inode_init_owner() of fs/inode.c; ufs_makeinode()).
 */
static void inherit(struct thread *t, struct subject *s, uint32_t asked)
{
    struct metadata_entry e;
    struct statx x;
    bool bsd = t->proc->personality->bsd_owners;
    if ((s->at.flags & AT_EMPTY_PATH) != 0 || !metadata_parent_of(&s->at, &e) ||
        metadata_stat(t, &e.directory, 0, &x, NULL) < 0) {
        return;
    }
    bool hands_on = (x.stx_mode & S_ISGID) != 0;
    if (hands_on || bsd) {
        s->m.gid = x.stx_gid;
    }
    if (hands_on && !bsd && (s->host.stx_mode & S_IFMT) == S_IFDIR) {
        s->m.mode |= S_ISGID;
    }
    inherit_list(s, &e.directory, asked);
}

void metadata_made(struct thread *t, const struct metadata_place *at, uint32_t asked)
{
    const struct credentials *c;
    struct subject s;
    if (!metadata_is_emulated(t) || look(t, at, &s) < 0 || !(carries(&s.host) || is_told_of(&s.host))) {
        return;
    }
    const struct metadata before = s.m;
    c = credentials_of(t);
    s.m.uid = c->fsuid;
    s.m.gid = c->fsgid;
    inherit(t, &s, asked);
    if (is_told_of(&s.host)) {
        s.m.has_mode = false; /* and flags: what was said of an earlier file of that name */
        s.m.flags[0] = '\0';
    }
    if (carries(&s.host)
            ? needs_attribute(t, &s) || before.mode != s.m.mode
            : before.uid != s.m.uid || before.gid != s.m.gid || before.has_mode || before.flags[0] != '\0') {
        store(t, &s);
    }
    if ((s.host.stx_mode & S_IFMT) == S_IFDIR) {
        metadata_entry_for_all(at, &s.m);
    }
}

static int64_t make_node(struct thread *t, const struct metadata_place *at, uint32_t mode, uint32_t major,
                         uint32_t minor)
{
    const uint32_t how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    struct subject s;
    int64_t r = metadata_is_emulated(t) && !capable(t, CAPABILITY_MKNOD) ? -EPERM : metadata_may_make(t, at);
    if (r < 0) {
        return r;
    }
    int64_t fd = host_call4(__NR_openat, at->dirfd, at->name, how, (mode & 0777));
    if (fd < 0) {
        return fd;
    }
    const struct metadata_place file = {(int)fd, "", AT_EMPTY_PATH};
    struct metadata_entry e;
    r = look(t, &file, &s);
    if (r == 0) {
        s.m.type = (mode & S_IFMT) == S_IFCHR ? METADATA_CHAR : METADATA_BLOCK;
        s.m.major = major;
        s.m.minor = minor;
        s.m.mode |= mode & 07000;
        if (metadata_is_emulated(t)) {
            s.m.uid = credentials_of(t)->fsuid;
            s.m.gid = credentials_of(t)->fsgid;
            s.at = *at;
            inherit(t, &s, mode);
            s.at = file;
        }
        r = store(t, &s);
    }
    host_call1(__NR_close, fd);
    if (r == 0 && metadata_parent_of(at, &e)) {
        metadata_note_node(t, &e.directory);
    }
    if (r < 0) {
        host_call3(__NR_unlinkat, at->dirfd, at->name, 0);
    }
    return r;
}

void metadata_note_node(struct thread *t, const struct metadata_place *directory)
{
    const struct settings *s = &t->proc->settings;
    const struct metadata_place root = {VFS_AT_FDCWD, is_rooted(s) ? s->sysroot : "/", 0};
    if (t->proc->table != NULL) {
        t->proc->hooks->node_made(t);
    }
    metadata_remove_named(&root, METADATA_NO_NODES);
    metadata_set_named(directory, METADATA_HAS_NODES, "", 0, 0);
}

int64_t metadata_mknod(struct thread *t, const struct metadata_place *at, uint32_t mode, uint32_t major, uint32_t minor)
{
    if ((mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK) {
        return make_node(t, at, mode, major, minor);
    }
    bool emulated = metadata_is_emulated(t);
    struct subject s;
    int64_t r = metadata_may_make(t, at);
    r = r < 0 ? r : host_call4(__NR_mknodat, at->dirfd, at->name, emulated ? mode & ~07000u : mode, 0);
    if (r == 0) {
        metadata_made(t, at, mode);
    }
    if (r == 0 && emulated && (mode & 07000) != 0 && look(t, at, &s) == 0) {
        s.m.mode |= mode & 07000;
        r = store(t, &s);
    }
    return r;
}

/* capable_wrt_inode_uidgid() in generic_permission() of fs/namei.c */
static bool overrides(const struct credentials *c, const struct statx *x, uint32_t want)
{
    bool directory = (x->stx_mode & S_IFMT) == S_IFDIR;
    if (credentials_capable(c, CAPABILITY_DAC_OVERRIDE) &&
        (directory || (want & 1) == 0 || (x->stx_mode & 0111) != 0)) {
        return true;
    }
    return credentials_capable(c, CAPABILITY_DAC_READ_SEARCH) && (want == 4 || (directory && (want & 2) == 0));
}

/* acl_permission_check() of fs/namei.c */
bool metadata_permits(const struct credentials *c, uint32_t user, const struct metadata_place *at,
                      const struct statx *x, uint32_t want)
{
    uint32_t bits = x->stx_mode;
    int decision = -1;
    if (overrides(c, x, want)) {
        return true;
    }
    if (x->stx_uid == user) {
        bits >>= 6;
    } else {
        decision = carries(x) ? metadata_acl_decides(at, c, user, x, want) : -1;
        bits = credentials_member(c, x->stx_gid) ? bits >> 3 : bits;
    }
    return decision >= 0 ? decision != 0 : (want & ~bits & 7) == 0;
}

int64_t metadata_access(struct thread *t, const struct metadata_place *at, uint32_t mode, bool effective)
{
    struct credentials asking;
    struct statx x;
    int64_t r;
    if ((mode & ~7u) != 0) {
        return -EINVAL;
    }
    if (!metadata_is_emulated(t)) {
        return host_call4(__NR_faccessat2, at->dirfd, at->name, mode, at->flags | (effective ? AT_EACCESS : 0));
    }
    r = metadata_stat(t, at, 0, &x, NULL);
    if (r < 0 || mode == 0) {
        return r;
    }
    const struct credentials *c = credentials_of(t);
    memcpy(&asking, c, credentials_size(c));
    if (!effective) { /* do_faccessat() of fs/open.c: capabilities as an exec by the real user would have them */
        asking.fsuid = c->users.real;
        asking.fsgid = c->groups.real;
        asking.effective = c->users.real == 0 ? c->permitted : 0;
    }
    if (!metadata_permits(&asking, asking.fsuid, at, &x, mode)) {
        return -EACCES;
    }
    r = (mode & 2) != 0 ? host_call4(__NR_faccessat2, at->dirfd, at->name, 2, at->flags | AT_EACCESS) : 0;
    return r == -EROFS ? r : 0;
}

bool metadata_unlock(struct thread *t, const struct metadata_place *at)
{
    struct subject s;
    if (!metadata_is_emulated(t) || !capable(t, CAPABILITY_DAC_OVERRIDE) || look(t, at, &s) < 0 ||
        (s.host.stx_mode & S_IFMT) != S_IFREG || s.host.stx_uid != t->proc->host_user ||
        (s.host.stx_mode & 0600) == 0600) {
        return false;
    }
    return store_marked(t, &s) == 0;
}
