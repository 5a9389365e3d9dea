/* See credentials.h. Semantics: credentials(7), capabilities(7), security/commoncap.c. */
#include "process/credentials.h"

#include <linux/fcntl.h>
#include <linux/securebits.h>
#include <linux/stat.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/host_stat.h"
#include "process/process.h"
#include "process/table.h"
#include "vfs/metadata.h"
#include "vfs/metadata_rights.h"

/* A user's with these ids, and root's with all capabilities, and no further groups. */
static void init(struct credentials *c, uint32_t user, uint32_t group)
{
    uint64_t mine = user == 0 ? CAPABILITIES_ALL : 0;
    *c = (struct credentials){.users = {user, user, user},
                              .groups = {group, group, group},
                              .fsuid = user,
                              .fsgid = group,
                              .effective = mine,
                              .permitted = mine,
                              .bounding = CAPABILITIES_ALL};
}

static void take(struct process *p, struct credentials *c)
{
    p->credentials = c;
    process_ids_read(p);
    p->ids_changed = c->secure || c->users.real != c->users.effective || c->groups.real != c->groups.effective;
}

int credentials_begin(struct process *p, const struct credentials *from)
{
    struct credentials *c = heap_alloc(sizeof *c);
    if (c == NULL) {
        return -ENOMEM;
    }
    if (from != NULL) {
        memcpy(c, from, credentials_size(from));
    } else {
        init(c, p->settings.first_user, p->settings.first_group);
        c->group_count = p->settings.first_group_count;
        memcpy(c->group, p->settings.first_groups, c->group_count * sizeof c->group[0]);
    }
    take(p, c);
    return 0;
}

struct credentials *credentials_copy(const struct thread *t)
{
    const struct credentials *from = credentials_of(t);
    struct credentials *c = heap_alloc_unset(sizeof *c);
    if (c != NULL) {
        memcpy(c, from, credentials_size(from));
    }
    return c;
}

/* Capabilities about files: what a file system user other than root gives up (CAP_FS_MASK, linux/capability.h). */
static const uint64_t file_capabilities =
    UINT64_C(1) << CAPABILITY_CHOWN | UINT64_C(1) << CAPABILITY_MKNOD | UINT64_C(1) << CAPABILITY_DAC_OVERRIDE |
    UINT64_C(1) << CAPABILITY_DAC_READ_SEARCH | UINT64_C(1) << CAPABILITY_FOWNER | UINT64_C(1) << CAPABILITY_FSETID |
    UINT64_C(1) << CAPABILITY_LINUX_IMMUTABLE | UINT64_C(1) << 32 /* MAC_OVERRIDE */;

static bool any_root(const struct process_ids *u)
{
    return u->real == 0 || u->effective == 0 || u->saved == 0;
}

void credentials_fix_capabilities(struct credentials *c, const struct process_ids *old, uint32_t old_fsuid)
{
    if ((c->securebits & SECBIT_NO_SETUID_FIXUP) != 0) {
        return;
    }
    if (any_root(old) && !any_root(&c->users)) {
        if ((c->securebits & SECBIT_KEEP_CAPS) == 0) {
            c->permitted = c->effective = 0;
        }
        c->ambient = 0;
    }
    if (old->effective == 0 && c->users.effective != 0) {
        c->effective = 0;
    }
    if (old->effective != 0 && c->users.effective == 0) {
        c->effective = c->permitted;
    }
    if (old->effective != c->users.effective) {
        return; /* the file system's id went with it */
    }
    if (old_fsuid == 0 && c->fsuid != 0) {
        c->effective &= ~file_capabilities;
    }
    if (old_fsuid != 0 && c->fsuid == 0) {
        c->effective |= c->permitted & file_capabilities;
    }
}

/* One that has just been made is not in the table yet, and has its parent's. */
int credentials_of_other(struct thread *t, int32_t pid, struct process_table_ids *out)
{
    enum { GENERATIONS = 4 };
    struct host_stat stat;
    for (int i = 0; i < GENERATIONS && pid > 0; i++) {
        if (process_table_ids_of(t, pid, out) == 0) {
            return 0;
        }
        pid = host_stat_read(pid, &stat) == 0 ? stat.parent : 0;
    }
    return -ESRCH;
}

/* Whether a process is the thread's own user's, by the effective id. What is no guest belongs to root, as its files do. */
static bool is_of_same_user(struct thread *t, const struct credentials *c, int32_t pid)
{
    struct process_table_ids ids;
    uint32_t user = credentials_of_other(t, pid, &ids) == 0 ? ids.users.effective : 0;
    return user == c->users.real || user == c->users.effective;
}

/* To go on, everybody may tell everybody of his session. */
static bool continues(int32_t pid, int signo)
{
    return signo == SIGCONT && host_call1(__NR_getsid, pid) == host_call1(__NR_getsid, 0);
}

int64_t credentials_may_signal(struct thread *t, int32_t pid, int signo)
{
    const struct credentials *c = t->proc->credentials != NULL ? credentials_of(t) : NULL;
    if (c == NULL || pid == t->proc->pid || credentials_capable(c, CAPABILITY_KILL)) {
        return 0;
    }
    return continues(pid, signo) || is_of_same_user(t, c, pid) ? 0 : -EPERM;
}

int64_t credentials_may_schedule(struct thread *t, int32_t pid)
{
    const struct credentials *c = t->proc->credentials != NULL ? credentials_of(t) : NULL;
    return c == NULL || pid == t->proc->pid || credentials_capable(c, CAPABILITY_SYS_NICE) || is_of_same_user(t, c, pid)
               ? 0
               : -EPERM;
}

static void take_set_ids(struct credentials *c, const struct statx *x)
{
    if (c->no_new_privs || (x->stx_mode & S_IFMT) != S_IFREG) {
        return;
    }
    if ((x->stx_mode & S_ISUID) != 0) {
        c->users.effective = x->stx_uid;
    }
    if ((x->stx_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
        c->groups.effective = x->stx_gid;
    }
}

/*
 * What a program has that the thread executes, whose file has the status `x` as the guest sees it: set-id bits give their
 * effects (bprm_fill_uid() of fs/exec.c, cap_bprm_creds_from_file() of security/commoncap.c).
 */
static void exec(const struct thread *t, const struct statx *x, struct credentials *out)
{
    const struct credentials *old = credentials_of(t);
    struct credentials *c = out;
    memcpy(c, old, credentials_size(old));
    take_set_ids(c, x);
    bool changed = c->users.effective != old->users.effective || c->groups.effective != old->groups.effective;
    bool root = (c->securebits & SECBIT_NOROOT) == 0 && (c->users.effective == 0 || c->users.real == 0);
    c->users.saved = c->fsuid = c->users.effective;
    c->groups.saved = c->fsgid = c->groups.effective;
    if (changed) {
        c->ambient = 0;
    }
    c->permitted = root ? c->bounding | c->inheritable : c->ambient;
    c->effective = root ? (c->users.effective == 0 ? c->permitted : 0) : c->ambient;
    c->securebits &= ~(uint32_t)SECBIT_KEEP_CAPS;
    c->secure = changed || c->users.real != c->users.effective || c->groups.real != c->groups.effective;
}

int64_t credentials_may_execute(struct thread *t, const char *host_path)
{
    const struct metadata_place file = {AT_FDCWD, host_path, 0};
    int64_t r = metadata_way(t, file.dirfd, file.name, true);
    return r < 0 ? r : metadata_access(t, &file, 1, true);
}

int64_t credentials_of_program(struct thread *t, const char *host_path, struct credentials *out)
{
    const struct metadata_place file = {AT_FDCWD, host_path, 0};
    struct statx x;
    int64_t r = credentials_may_execute(t, host_path);
    if (r == 0) {
        r = metadata_stat(t, &file, 0, &x, NULL);
    }
    if (r == 0) {
        exec(t, &x, out);
    }
    return r;
}

int64_t credentials_execute_first(struct thread *t, const char *host_path)
{
    struct process *p = t->proc;
    struct credentials *c = heap_alloc_unset(sizeof *c);
    int64_t r = c != NULL ? credentials_of_program(t, host_path, c) : -ENOMEM;
    if (r != 0) {
        heap_free(c);
        return r;
    }
    heap_free(p->credentials);
    take(p, c);
    return 0;
}
