/*
 * The errors of sockets that have come to their end. A kqueue tells them in fflags (filt_soread()), and the guest can
 * still ask for them; the host gives an error once. So what a kqueue has taken is kept here, beside the descriptor,
 * until the guest takes it or closes the descriptor.
 */
#include "base/heap.h"
#include "base/host.h"
#include "base/personality.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue_private.h"

#define HOST_SOL_SOCKET 1
#define HOST_SO_ERROR   4
#define HOST_SO_DOMAIN  39
#define HOST_AF_INET    2
#define HOST_AF_INET6   10

struct kept_error {
    struct kept_error *next;
    int32_t fd, error; /* the host's number */
};

static struct kept_error **place_of(struct kqueue_group *group, int fd)
{
    struct kept_error **at = &group->errors;
    while (*at != NULL && (*at)->fd != fd) {
        at = &(*at)->next;
    }
    return at;
}

/*
 * The error that the host has, taken from it; 0: none. A local socket's peer that closes with data unread makes an
 * error in the host only. A reset of a half-closed connection is no broken pipe in FreeBSD (tcp_do_segment()).
 */
static int32_t take_from_host(int fd)
{
    int32_t domain = 0, error = 0;
    uint32_t size = sizeof domain;
    host_call5(__NR_getsockopt, fd, HOST_SOL_SOCKET, HOST_SO_DOMAIN, &domain, &size);
    if (domain != HOST_AF_INET && domain != HOST_AF_INET6) {
        return 0;
    }
    size = sizeof error;
    host_call5(__NR_getsockopt, fd, HOST_SOL_SOCKET, HOST_SO_ERROR, &error, &size);
    return error == EPIPE ? ECONNRESET : error;
}

/* Keeps it; without memory the kqueue tells it and the guest finds none, which is better than the other way round. */
static void keep(struct kqueue_group *group, int fd, int32_t error)
{
    struct kept_error **at = place_of(group, fd);
    if (*at == NULL) {
        *at = heap_alloc(sizeof **at);
    }
    if (*at != NULL) {
        (*at)->fd = fd;
        (*at)->error = error;
    }
}

uint32_t kqueue_socket_error(struct thread *t, struct kqueue_group *group, int fd, bool ask)
{
    const struct personality *p = t->proc->personality;
    int32_t error = ask ? take_from_host(fd) : 0;
    lock_acquire(&group->errors_lock);
    if (error != 0) {
        keep(group, fd, error);
    } else if (group->errors != NULL) {
        const struct kept_error *kept = *place_of(group, fd);
        error = kept != NULL ? kept->error : 0;
    }
    lock_release(&group->errors_lock);
    uint8_t guest = error > 0 && (uint32_t)error < p->errno_from_host_count ? p->errno_from_host[error] : 0;
    return guest != 0 ? guest : (uint32_t)error;
}

int32_t kqueue_kept_error(struct thread *t, int fd)
{
    struct kqueue_group *group = t->proc->descriptors->watchers;
    if (group == NULL || __atomic_load_n(&group->errors, __ATOMIC_RELAXED) == NULL) {
        return 0;
    }
    lock_acquire(&group->errors_lock);
    struct kept_error **at = place_of(group, fd), *kept = *at;
    int32_t error = 0;
    if (kept != NULL) {
        error = kept->error;
        *at = kept->next;
        heap_free(kept);
    }
    lock_release(&group->errors_lock);
    return error;
}

void kqueue_forget_errors(struct kqueue_group *group, uint32_t first, uint32_t last)
{
    if (__atomic_load_n(&group->errors, __ATOMIC_RELAXED) == NULL) {
        return;
    }
    lock_acquire(&group->errors_lock);
    for (struct kept_error **at = &group->errors; *at != NULL;) {
        struct kept_error *kept = *at;
        if ((uint32_t)kept->fd >= first && (uint32_t)kept->fd <= last) {
            *at = kept->next;
            heap_free(kept);
        } else {
            at = &kept->next;
        }
    }
    lock_release(&group->errors_lock);
}
