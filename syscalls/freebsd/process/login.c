/* Login names and classes. Semantics: getlogin(2), getloginclass(2), sys/kern/kern_prot.c, kern_loginclass.c. */
#include "syscalls/freebsd/process/login.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "vfs/path.h"

#define USERS_MAX ((64u << 10) - 64) /* bytes of the host's list of users that are read; a heap block holds them */

static uint64_t decimal(const char *at)
{
    uint64_t value = 0;
    while (*at >= '0' && *at <= '9') {
        value = value * 10 + (uint64_t)(*at++ - '0');
    }
    return value;
}

/* The name in a line "name:password:number:..." if its number is `user`. */
static bool name_in(const char *line, uint32_t user, char name[FREEBSD_MAXLOGNAME])
{
    const char *first = hot_strchr(line, ':');
    const char *second = first != NULL ? hot_strchr(first + 1, ':') : NULL;
    if (second == NULL || second[1] < '0' || second[1] > '9' || decimal(second + 1) != user) {
        return false;
    }
    size_t length = (size_t)(first - line);
    if (length >= FREEBSD_MAXLOGNAME) {
        return false;
    }
    memcpy(name, line, length);
    name[length] = '\0';
    return true;
}

void freebsd_user_name(struct thread *t, uint32_t user, char name[FREEBSD_MAXLOGNAME])
{
    static const char users[] = "/etc/passwd";
    char file[VFS_HOST_PATH_MAX];
    struct rooted_where where;

    hot_strlcpy(file, users, sizeof file);
    if (is_rooted(&t->proc->settings) && rooted_host_name(&t->proc->settings, users, file, sizeof file, &where) < 0) {
        return;
    }
    char *text = heap_alloc_unset(USERS_MAX);
    if (text == NULL || host_file_read(file, text, USERS_MAX) <= 0) {
        heap_free(text);
        return;
    }
    for (char *line = text, *end; *line != '\0'; line = end + 1) {
        end = hot_strchr(line, '\n');
        if (end == NULL) {
            end = line + hot_strlen(line) - 1;
        } else {
            *end = '\0';
        }
        if (name_in(line, user, name)) {
            break;
        }
    }
    heap_free(text);
}

/*
 * Who logged in, when no setlogin(2) has said so: the user that the host's audit knows the login by, and without one
 * the user whose process it is. A host that keeps its users elsewhere than in a file has no name for us.
 */
static void host_login(struct thread *t, char name[FREEBSD_MAXLOGNAME])
{
    char number[16];
    uint32_t user = t->proc->users.real;
    if (host_file_read("/proc/self/loginuid", number, sizeof number) > 0 && decimal(number) < UINT32_MAX) {
        user = (uint32_t)decimal(number);
    }
    freebsd_user_name(t, user, name);
}

int64_t freebsd_getlogin(struct thread *t, guest_ptr namebuf, uint32_t namelen)
{
    char name[FREEBSD_MAXLOGNAME] = "";
    struct freebsd_process *fp = freebsd_process(t);
    lock_acquire(&fp->lock);
    hot_strlcpy(name, freebsd_inherited(t)->login, sizeof name);
    lock_release(&fp->lock);
    if (name[0] == '\0') {
        host_login(t, name);
    }
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
    lock_acquire(&fp->lock);
    hot_strlcpy(freebsd_inherited(t)->login, name, sizeof name);
    lock_release(&fp->lock);
    return 0;
}

int64_t freebsd_getloginclass(struct thread *t, guest_ptr namebuf, uint64_t namelen)
{
    char name[FREEBSD_MAXLOGNAME];
    struct freebsd_process *fp = freebsd_process(t);
    lock_acquire(&fp->lock);
    const char *set = freebsd_inherited(t)->login_class;
    hot_strlcpy(name, set[0] != '\0' ? set : "default", sizeof name);
    lock_release(&fp->lock);
    size_t size = hot_strlen(name) + 1;
    return size > namelen ? -ENAMETOOLONG : copyout(namebuf, name, size);
}

/* A jail's root may as well. */
int64_t freebsd_setloginclass(struct thread *t, guest_ptr namebuf)
{
    char name[FREEBSD_MAXLOGNAME];
    struct freebsd_process *fp = freebsd_process(t);
    if (t->proc->users.effective != 0) {
        return -EPERM;
    }
    int64_t r = copyin_str(name, namebuf, sizeof name);
    if (r < 0) {
        return r;
    }
    if (name[0] == '\0') {
        return -EINVAL;
    }
    lock_acquire(&fp->lock);
    hot_strlcpy(freebsd_inherited(t)->login_class, name, sizeof name);
    lock_release(&fp->lock);
    return 0;
}

/* The permission bits are the host's mask, which others may change; it has none for the bits above them. */
int64_t freebsd_umask(struct thread *t, uint32_t newmask)
{
    enum { PERMISSIONS = 0777, ABOVE = 07000 };
    uint32_t old = __atomic_exchange_n(&freebsd_inherited(t)->umask_high, newmask & ABOVE, __ATOMIC_RELAXED);
    return host_call1(__NR_umask, newmask & PERMISSIONS) | old;
}
