/*
 * Calls about the system at large: names, identifiers, the processor, kernel environment, modules, jails, process
 * control. Where the guest's kernel would only do something for a privileged system administrator, the answer is
 * the one everybody else gets.
 */
#include <linux/prctl.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/context.h"
#include "syscalls/freebsd/process_data.h"

#define UUID_MAX   2048
#define UUID_EPOCH 0x01b21dd213814000ULL /* 15 October 1582 to 1970, in 100 ns */

/* Login names are set for a session by login(1); without one, the user's name. */
static void login_name(struct thread *t, char name[FREEBSD_MAXLOGNAME])
{
    struct freebsd_process *fp = freebsd_process(t);
    name[0] = '\0';
    if (fp != NULL) {
        hot_strlcpy(name, fp->login, FREEBSD_MAXLOGNAME);
    }
    if (name[0] == '\0' && t->proc->users.real == 0) {
        hot_strlcpy(name, "root", FREEBSD_MAXLOGNAME);
    }
}

int64_t freebsd_getlogin(struct thread *t, guest_ptr namebuf, uint32_t namelen)
{
    char name[FREEBSD_MAXLOGNAME];
    login_name(t, name);
    size_t size = hot_strlen(name) + 1;
    return size > namelen ? -ERANGE : copyout(namebuf, name, size);
}

int64_t freebsd_setlogin(struct thread *t, guest_ptr namebuf)
{
    char name[FREEBSD_MAXLOGNAME];
    struct freebsd_process *fp = freebsd_process(t);
    if (t->proc->users.effective != 0) {
        return -EPERM;
    }
    int64_t r = copyin_str(name, namebuf, sizeof name);
    if (r < 0) {
        return r == -ENAMETOOLONG ? -EINVAL : r;
    }
    if (fp == NULL) {
        return -ENOMEM;
    }
    hot_strlcpy(fp->login, name, sizeof fp->login);
    return 0;
}

int64_t freebsd_getloginclass(struct thread *t, guest_ptr namebuf, uint64_t namelen)
{
    static const char class[] = "default";
    (void)t;
    return namelen < sizeof class ? -ENAMETOOLONG : copyout(namebuf, class, sizeof class);
}

int64_t freebsd_setloginclass(struct thread *t, guest_ptr namebuf)
{
    (void)t;
    (void)namebuf;
    return -EPERM;
}

/* DCE version 1: 100-nanosecond ticks, a clock sequence and a node; the node is random, with the bit that says so. */
int64_t freebsd_uuidgen(struct thread *t, guest_ptr store, int32_t count)
{
    (void)t;
    struct __kernel_timespec now;
    uint8_t random[8];
    if (count < 1 || count > UUID_MAX) {
        return -EINVAL;
    }
    host_clock_read(CLOCK_REALTIME, &now);
    if (host_call3(__NR_getrandom, random, sizeof random, 0) != sizeof random) {
        return -EIO;
    }
    uint64_t ticks = UUID_EPOCH + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
    for (int32_t i = 0; i < count; i++, ticks++) {
        uint8_t uuid[16];
        uint32_t low = (uint32_t)ticks;
        uint16_t mid = (uint16_t)(ticks >> 32), high = (uint16_t)((ticks >> 48 & 0x0fff) | 0x1000);
        memcpy(uuid, &low, 4);
        memcpy(uuid + 4, &mid, 2);
        memcpy(uuid + 6, &high, 2);
        memcpy(uuid + 8, random, 8);
        uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
        uuid[10] |= 1;
        int r = copyout(guest_at(store, (uint64_t)i * sizeof uuid), uuid, sizeof uuid);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/*
 * kenv(2), sys/kern/kern_environment.c: the kernel environment is empty, as of a kernel that no loader has started. Of
 * what is asked for, dumps come first, then the privilege to change, then the name.
 */
int64_t freebsd_kenv(struct thread *t, int32_t what, guest_ptr name, guest_ptr value, int32_t len)
{
    enum { KENV_GET, KENV_SET, KENV_UNSET, KENV_DUMP, KENV_DUMP_LOADER, KENV_DUMP_STATIC, KENV_NAME_MAX = 128 };
    char text[KENV_NAME_MAX + 1];
    (void)t;
    (void)value;
    (void)len;
    switch (what) {
    case KENV_DUMP:
        return 0;
    case KENV_DUMP_LOADER:
    case KENV_DUMP_STATIC:
        return -ENOENT; /* kept only by kernels that ask for it (PRESERVE_EARLY_KENV) */
    case KENV_SET:
    case KENV_UNSET:
        return -EPERM;
    default:
        break;
    }
    int64_t r = copyin_str(text, name, sizeof text);
    if (r < 0) {
        return r;
    }
    return what == KENV_GET ? -ENOENT : -EINVAL;
}

/* sys/sys/procctl.h */
enum {
    PROC_REAP_ACQUIRE = 2,
    PROC_REAP_RELEASE = 3,
    PROC_PDEATHSIG_CTL = 11,
    PROC_PDEATHSIG_STATUS = 12,
    PROC_NO_NEW_PRIVS_CTL = 19,
    PROC_NO_NEW_PRIVS_STATUS = 20,
};
#define PROC_NO_NEW_PRIVS_ENABLE  1
#define PROC_NO_NEW_PRIVS_DISABLE 2

static int64_t death_signal(struct thread *t, int32_t com, guest_ptr data)
{
    const struct personality *p = t->proc->personality;
    int32_t signo;
    if (com == PROC_PDEATHSIG_STATUS) {
        int32_t host = 0;
        host_call2(__NR_prctl, PR_GET_PDEATHSIG, &host);
        signo = p->signal_from_host[host & 63];
        return COPYOUT(data, &signo);
    }
    int r = COPYIN(&signo, data);
    if (r < 0) {
        return r;
    }
    if (signo < 0 || signo > p->signal_count || (signo != 0 && p->signal_to_host[signo] == 0)) {
        return -EINVAL;
    }
    return host_call2(__NR_prctl, PR_SET_PDEATHSIG, signo == 0 ? 0 : p->signal_to_host[signo]);
}

static int64_t reaper(bool acquire)
{
    int32_t now = 0;
    host_call2(__NR_prctl, PR_GET_CHILD_SUBREAPER, &now);
    if (acquire == (now != 0)) {
        return acquire ? -EBUSY : -EINVAL;
    }
    return host_call2(__NR_prctl, PR_SET_CHILD_SUBREAPER, acquire ? 1 : 0);
}

static int64_t no_new_privileges(int32_t com, guest_ptr data)
{
    int32_t value;
    if (com == PROC_NO_NEW_PRIVS_STATUS) {
        bool on = host_call5(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
        value = on ? PROC_NO_NEW_PRIVS_ENABLE : PROC_NO_NEW_PRIVS_DISABLE;
        return COPYOUT(data, &value);
    }
    int r = COPYIN(&value, data);
    if (r < 0) {
        return r;
    }
    if (value != PROC_NO_NEW_PRIVS_ENABLE) {
        return -EINVAL;
    }
    return host_call5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int64_t freebsd_procctl(struct thread *t, int32_t idtype, int64_t id, int32_t com, guest_ptr data)
{
    if (idtype != 0 || (id != 0 && id != t->proc->pid)) {
        return idtype != 0 && idtype != 2 ? -EINVAL : -EPERM; /* of others: P_PID and P_PGID */
    }
    switch (com) {
    case PROC_REAP_ACQUIRE:
    case PROC_REAP_RELEASE:
        return reaper(com == PROC_REAP_ACQUIRE);
    case PROC_PDEATHSIG_CTL:
    case PROC_PDEATHSIG_STATUS:
        return death_signal(t, com, data);
    case PROC_NO_NEW_PRIVS_CTL:
    case PROC_NO_NEW_PRIVS_STATUS:
        return no_new_privileges(com, data);
    default:
        return -EINVAL;
    }
}
