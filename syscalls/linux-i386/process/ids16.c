/* The calls whose user and group ids have 16 bits. Sources: kernel/uid16.c, include/linux/highuid.h. */
#include "syscalls/linux-i386/process/ids16.h"

#include "linux_i386_syscalls.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/process/emulated_ids.h"
#include "vfs/metadata.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>

#define OVERFLOW_ID  65534 /* DEFAULT_OVERFLOWUID */
#define GROUPS_MAX   65536 /* NGROUPS_MAX (linux/limits.h) */
#define GROUPS_CHUNK 256

/* What the host's administrator has set; ids of more than 16 bits are rare, so it is asked for when one is met. */
static uint16_t overflow_id(const char *file)
{
    char digits[16];
    uint32_t value = 0;

    if (host_file_read(file, digits, sizeof(digits)) <= 0) {
        return OVERFLOW_ID;
    }
    for (const char *s = digits; *s >= '0' && *s <= '9'; s++) {
        value = value * 10 + (uint32_t)(*s - '0');
    }
    return (uint16_t)value;
}

uint16_t i386_low_uid(uint32_t uid)
{
    return uid > UINT16_MAX ? overflow_id("/proc/sys/kernel/overflowuid") : (uint16_t)uid;
}

uint16_t i386_low_gid(uint32_t gid)
{
    return gid > UINT16_MAX ? overflow_id("/proc/sys/kernel/overflowgid") : (uint16_t)gid;
}

int64_t linux_i386_chown(struct thread *t, guest_ptr filename, uint32_t user, uint32_t group)
{
    return (metadata_is_kept(t) ? linux_emulated_chown : linux_any_chown)(t, filename, i386_id_widened(user),
                                                                          i386_id_widened(group));
}

int64_t linux_i386_lchown(struct thread *t, guest_ptr filename, uint32_t user, uint32_t group)
{
    return (metadata_is_kept(t) ? linux_emulated_lchown : linux_any_lchown)(t, filename, i386_id_widened(user),
                                                                            i386_id_widened(group));
}

int64_t linux_i386_fchown(struct thread *t, int32_t fd, uint32_t user, uint32_t group)
{
    uint32_t wide_user = i386_id_widened(user), wide_group = i386_id_widened(group);

    int64_t r = rooted_descriptor(t, fd);

    if (r < 0) {
        return r;
    }
    return metadata_is_kept(t) ? linux_emulated_fchown(t, fd, wide_user, wide_group)
                               : host_call3(__NR_fchown, fd, wide_user, wide_group);
}

/* One of the setuid family; what is not an argument of it is 0. */
static int64_t set_ids(struct thread *t, long nr, uint32_t a, uint32_t b, uint32_t c)
{
    return t->proc->credentials ? linux_emulated_set_ids(t, nr, a, b, c) : host_call3(nr, a, b, c);
}

int64_t linux_i386_setuid(struct thread *t, uint32_t uid)
{
    return set_ids(t, __NR_setuid, i386_id_widened(uid), 0, 0);
}

int64_t linux_i386_setgid(struct thread *t, uint32_t gid)
{
    return set_ids(t, __NR_setgid, i386_id_widened(gid), 0, 0);
}

int64_t linux_i386_setreuid(struct thread *t, uint32_t ruid, uint32_t euid)
{
    return set_ids(t, __NR_setreuid, i386_id_widened(ruid), i386_id_widened(euid), 0);
}

int64_t linux_i386_setregid(struct thread *t, uint32_t rgid, uint32_t egid)
{
    return set_ids(t, __NR_setregid, i386_id_widened(rgid), i386_id_widened(egid), 0);
}

int64_t linux_i386_setresuid(struct thread *t, uint32_t ruid, uint32_t euid, uint32_t suid)
{
    return set_ids(t, __NR_setresuid, i386_id_widened(ruid), i386_id_widened(euid), i386_id_widened(suid));
}

int64_t linux_i386_setresgid(struct thread *t, uint32_t rgid, uint32_t egid, uint32_t sgid)
{
    return set_ids(t, __NR_setresgid, i386_id_widened(rgid), i386_id_widened(egid), i386_id_widened(sgid));
}

/* These two answer the id before, in full: no 16 bits there. */
int64_t linux_i386_setfsuid(struct thread *t, uint32_t uid)
{
    return set_ids(t, __NR_setfsuid, i386_id_widened(uid), 0, 0);
}

int64_t linux_i386_setfsgid(struct thread *t, uint32_t gid)
{
    return set_ids(t, __NR_setfsgid, i386_id_widened(gid), 0, 0);
}

int64_t linux_i386_getuid(struct thread *t)
{
    return i386_low_uid((uint32_t)(t->proc->credentials ? linux_emulated_getuid(t) : host_call0(__NR_getuid)));
}

int64_t linux_i386_geteuid(struct thread *t)
{
    return i386_low_uid((uint32_t)(t->proc->credentials ? linux_emulated_geteuid(t) : host_call0(__NR_geteuid)));
}

int64_t linux_i386_getgid(struct thread *t)
{
    return i386_low_gid((uint32_t)(t->proc->credentials ? linux_emulated_getgid(t) : host_call0(__NR_getgid)));
}

int64_t linux_i386_getegid(struct thread *t)
{
    return i386_low_gid((uint32_t)(t->proc->credentials ? linux_emulated_getegid(t) : host_call0(__NR_getegid)));
}

/* The three ids of a kind; `nr` is getresuid or getresgid. */
static int64_t get_three(struct thread *t, long nr, uint32_t id[3])
{
    const struct process_ids *ids;

    if (!t->proc->credentials) {
        return host_call3(nr, &id[0], &id[1], &id[2]);
    }
    ids = nr == __NR_getresuid ? &credentials_of(t)->users : &credentials_of(t)->groups;
    id[0] = ids->real;
    id[1] = ids->effective;
    id[2] = ids->saved;
    return 0;
}

static int64_t put_three(const guest_ptr to[3], const uint16_t id[3])
{
    for (int i = 0; i < 3; i++) {
        if (COPYOUT(to[i], &id[i]) < 0) {
            return -EFAULT;
        }
    }
    return 0;
}

int64_t linux_i386_getresuid(struct thread *t, guest_ptr ruid, guest_ptr euid, guest_ptr suid)
{
    uint32_t id[3];
    int64_t r = get_three(t, __NR_getresuid, id);

    return r < 0 ? r
                 : put_three((guest_ptr[]){ruid, euid, suid},
                             (uint16_t[]){i386_low_uid(id[0]), i386_low_uid(id[1]), i386_low_uid(id[2])});
}

int64_t linux_i386_getresgid(struct thread *t, guest_ptr rgid, guest_ptr egid, guest_ptr sgid)
{
    uint32_t id[3];
    int64_t r = get_three(t, __NR_getresgid, id);

    return r < 0 ? r
                 : put_three((guest_ptr[]){rgid, egid, sgid},
                             (uint16_t[]){i386_low_gid(id[0]), i386_low_gid(id[1]), i386_low_gid(id[2])});
}

/* The host's list of `count` groups, as 16 bits each. */
static int64_t put_groups(guest_ptr to, const uint32_t *groups, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint16_t low = i386_low_gid(groups[i]);

        if (COPYOUT(guest_at(to, (uint64_t)i * sizeof(low)), &low) < 0) {
            return -EFAULT;
        }
    }
    return count;
}

int64_t linux_i386_getgroups(struct thread *t, int32_t gidsetsize, guest_ptr grouplist)
{
    uint32_t few[GROUPS_CHUNK], *groups = few;
    int64_t count = t->proc->credentials ? credentials_of(t)->group_count : host_call2(__NR_getgroups, 0, 0), r;

    if (t->proc->credentials && gidsetsize > 0) {
        return count > gidsetsize ? -EINVAL : put_groups(grouplist, credentials_of(t)->group, count);
    }
    if (gidsetsize <= 0 || count < 0) {
        return gidsetsize < 0 ? -EINVAL : count;
    }
    if (count > GROUPS_CHUNK) {
        groups = heap_alloc_unset((size_t)count * sizeof(*groups));
    }
    if (!groups) {
        return -ENOMEM;
    }
    r = count > gidsetsize ? -EINVAL : host_call2(__NR_getgroups, count, groups);
    r = r < 0 ? r : put_groups(grouplist, groups, r);
    if (groups != few) {
        heap_free(groups);
    }
    return r;
}

static int64_t get_groups(guest_ptr from, uint32_t *groups, int32_t count)
{
    uint16_t low;

    for (int32_t i = 0; i < count; i++) {
        if (COPYIN(&low, guest_at(from, (uint64_t)i * sizeof(low))) < 0) {
            return -EFAULT;
        }
        groups[i] = i386_id_widened(low);
    }
    return 0;
}

int64_t linux_i386_setgroups(struct thread *t, int32_t gidsetsize, guest_ptr grouplist)
{
    uint32_t few[GROUPS_CHUNK], *groups = few;
    int64_t r;

    if (t->proc->credentials && (gidsetsize <= 0 || gidsetsize > CREDENTIALS_GROUPS_MAX)) {
        return linux_emulated_set_groups(t, gidsetsize, NULL);
    }
    if (gidsetsize <= 0 || gidsetsize > GROUPS_MAX) {
        return host_call2(__NR_setgroups, gidsetsize, few); /* none, or the host's to refuse */
    }
    if (gidsetsize > GROUPS_CHUNK) {
        groups = heap_alloc_unset((size_t)gidsetsize * sizeof(*groups));
    }
    if (!groups) {
        return -ENOMEM;
    }
    /* Whether the caller may comes first: a list that cannot be read is the host's to refuse after that. */
    r = get_groups(grouplist, groups, gidsetsize);
    if (t->proc->credentials && r == 0) {
        r = linux_emulated_set_groups(t, gidsetsize, groups);
    } else if (!t->proc->credentials) {
        r = host_call2(__NR_setgroups, gidsetsize, r < 0 ? GUEST_NOWHERE : (uint64_t)groups);
    }
    if (groups != few) {
        heap_free(groups);
    }
    return r;
}
