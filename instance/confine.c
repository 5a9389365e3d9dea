#include "instance/confine.h"

#include <errno.h>
#include <linux/capability.h>
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

/* The bounding set bounds what exec gives, also to the instance's root. Numbers that the kernel has not end the list. */
static int bound_capabilities(void)
{
    for (unsigned long c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) {
        bool kept = c < 64 && (container_capabilities >> c & 1) != 0;
        if (!kept && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0) {
            return -errno;
        }
    }
    return 0;
}

/* What is permitted now and a container has; nothing inheritable, so that a file's own inheritable set gives nothing. */
static int reduce_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &head, sets) != 0) {
        return -errno;
    }
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets[i].permitted &= (uint32_t)(container_capabilities >> 32 * i);
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
    int r = bound_capabilities();
    return r != 0 ? r : reduce_capabilities();
}

static int enter_filter(enum isolation_level least, int *done, const char **what)
{
    *what = "seccomp filter";
    /* The structure wants a pointer that may be written through; the kernel only reads. */
    struct sock_fprog program = {.len = instance_filter_length, .filter = (struct sock_filter *)instance_filter};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0) {
        *done |= CONFINE_FILTER;
        return 0;
    }
    return least >= ISOLATION_FULL || errno == ENOMEM ? -errno : 0;
}

int confine_guest(enum isolation_level least, int *done, const char **what)
{
    *done = 0;
    int r = drop_capabilities(what);
    if (r == 0) {
        r = no_new_privileges(what);
    }
    return r != 0 ? r : enter_filter(least, done, what);
}
