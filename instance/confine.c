#include "instance/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "instance/filter/filter.h"
#include "instance/landlock.h"

/*
 * What podman leaves root in a container. None of it reaches beyond the user namespace; what is left out (CAP_SYS_ADMIN
 * before all) opens much of the kernel that has been written for root alone.
 */
static const uint64_t container_capabilities = 1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_FOWNER |
                                               1ull << CAP_FSETID | 1ull << CAP_KILL | 1ull << CAP_NET_BIND_SERVICE |
                                               1ull << CAP_SETFCAP | 1ull << CAP_SETGID | 1ull << CAP_SETPCAP |
                                               1ull << CAP_SETUID | 1ull << CAP_SYS_CHROOT;

static int no_new_privileges(const char **what)
{
    *what = "no_new_privs";
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

/* A host without keys, or a container that refuses this, has none for a guest either. */
static int own_keyring(const char **what)
{
    *what = "session keyring";
    long r = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    return r >= 0 || errno == ENOSYS || errno == EPERM || errno == EOPNOTSUPP ? 0 : -errno;
}

int confine_world(enum isolation_level least, int engine, int *done, const char **what)
{
    *done = 0;
    int r = own_keyring(what);
    if (r == 0) {
        r = no_new_privileges(what);
    }
    if (r != 0) {
        return r;
    }
    *what = "Landlock";
    if (landlock_version() < CONFINE_LANDLOCK_OLDEST) {
        return least >= ISOLATION_FULL ? -EOPNOTSUPP : 0;
    }
    r = landlock_world(engine, what);
    if (r == 0) {
        *done = CONFINE_LANDLOCK;
    }
    return r;
}

int confine_places(enum isolation_level least, const struct landlock_place *places, size_t count, int *done,
                   const char **what)
{
    *done = 0;
    int r = own_keyring(what);
    if (r == 0) {
        r = no_new_privileges(what);
    }
    if (r != 0) {
        return r;
    }
    int version = landlock_version();
    *what = "Landlock of version 6 (Linux 6.12)";
    if (least >= ISOLATION_FENCED && version < CONFINE_LANDLOCK_ALONE) {
        return -EOPNOTSUPP;
    }
    r = version >= CONFINE_LANDLOCK_OLDEST ? landlock_places(places, count, what) : 0;
    if (r == 0 && version >= CONFINE_LANDLOCK_ALONE) {
        *done = CONFINE_LANDLOCK;
    }
    return r;
}

/* The bounding set bounds what exec gives, also to the instance's root. Numbers that the kernel has not end the list. */
static int bound_capabilities(uint64_t keep)
{
    for (unsigned long c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) {
        bool kept = c < 64 && (keep >> c & 1) != 0;
        if (!kept && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0) {
            return -errno;
        }
    }
    return 0;
}

/* What is permitted now and a container has; nothing inheritable, so that a file's own inheritable set gives nothing. */
static int reduce_capabilities(uint64_t keep)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &head, sets) != 0) {
        return -errno;
    }
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets[i].permitted &= (uint32_t)(keep >> 32 * i);
        sets[i].effective = sets[i].permitted;
        sets[i].inheritable = 0;
    }
    return syscall(SYS_capset, &head, sets) == 0 ? 0 : -errno;
}

static int drop_capabilities(const char **what)
{
    *what = "capabilities";
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
        return -errno; /* EINVAL: before Linux 4.3, which has none */
    }
    int r = bound_capabilities(container_capabilities);
    return r != 0 ? r : reduce_capabilities(container_capabilities);
}

static int enter_filter(const struct sock_filter *code, unsigned short length, bool must, int *done, const char **what)
{
    *what = "seccomp filter";
    /* The structure wants a pointer that may be written through; the kernel only reads. */
    struct sock_fprog program = {.len = length, .filter = (struct sock_filter *)code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0) {
        *done |= CONFINE_FILTER;
        return 0;
    }
    return must || errno == ENOMEM ? -errno : 0;
}

int confine_guest(enum isolation_level least, int *done, const char **what)
{
    *done = 0;
    int r = drop_capabilities(what);
    if (r == 0) {
        r = no_new_privileges(what);
    }
    return r != 0 ? r : enter_filter(instance_filter, instance_filter_length, least >= ISOLATION_FULL, done, what);
}

/* Who may not change the bounding set has nothing that it would bound: no_new_privs stands before that. */
static int drop_all_capabilities(const char **what)
{
    *what = "capabilities";
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
        return -errno;
    }
    int r = bound_capabilities(0);
    return r != 0 && r != -EPERM ? r : reduce_capabilities(0);
}

int confine_guest_fenced(enum isolation_level least, bool network, int *done, const char **what)
{
    bool must = least >= ISOLATION_FENCED;
    *done = 0;
    int r = drop_all_capabilities(what);
    r = r != 0 ? r : no_new_privileges(what);
    r = r != 0 ? r : enter_filter(instance_filter, instance_filter_length, must, done, what);
    r = r != 0 ? r : enter_filter(instance_fence, instance_fence_length, must, done, what);
    if (r == 0 && !network) {
        r = enter_filter(instance_fence_network, instance_fence_network_length, must, done, what);
    }
    return r;
}

int confine_broker(const char **what)
{
    int r = drop_all_capabilities(what);
    return r != 0 ? r : no_new_privileges(what);
}

int confine_disk(const char **what)
{
    enum { X32 = 0x40000000 };
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(unsigned)X32),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1), /* of all kinds of calls the number */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    int done = 0;
    return enter_filter(code, sizeof code / sizeof code[0], true, &done, what);
}

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

#define ASK(number)                                                                                                    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

int confine_changes(void)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), /* other kinds of calls are the other filters' to refuse */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ASK(SYS_fchmod),
        ASK(SYS_fchown),
        ASK(SYS_utimensat),
        ASK(SYS_fsetxattr),
        ASK(SYS_fremovexattr),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
    return r >= 0 ? (int)r : errno == EINVAL || errno == ENOSYS ? -EOPNOTSUPP : -errno;
}
