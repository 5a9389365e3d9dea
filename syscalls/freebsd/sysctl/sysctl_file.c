/*
 * kern.file: all open files of all processes, as far as the caller may look at them. Semantics: sysctl_kern_file() of
 * sys/kern/kern_descrip.c; sys/sys/file.h (struct xfile).
 */
#include <linux/fcntl.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/host_record.h"
#include "process/host_tree.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/status_text.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/sysctl/kernel_address.h"
#include "syscalls/freebsd/sysctl/proc_descriptors.h"
#include "syscalls/freebsd/sysctl/proc_target.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define SIZE_BEFORE_12 80 /* it ends behind xf_flag there, with padding */

struct freebsd_xfile {
    uint64_t xf_size;
    int32_t xf_pid;
    uint32_t xf_uid;
    int32_t xf_fd, pad1;
    uint64_t xf_file;
    int16_t xf_type, pad2;
    int32_t xf_count, xf_msgcount, pad3;
    int64_t xf_offset;
    uint64_t xf_data, xf_vnode;
    uint32_t xf_flag;
    int32_t pad4;
    int64_t pad5[6];
};
_Static_assert(sizeof(struct freebsd_xfile) == 128, "struct xfile");
_Static_assert(__builtin_offsetof(struct freebsd_xfile, xf_data) == 56, "struct xfile");

/* sys/sys/file.h: DTYPE_* */
static const uint8_t types[] = {
    [FILE_VNODE] = 1, [FILE_SOCKET] = 2, [FILE_PIPE] = 3,     [FILE_FIFO] = 4,   [FILE_KQUEUE] = 5,
    [FILE_SHM] = 8,   [FILE_PTS] = 10,   [FILE_PROCESS] = 12, [FILE_OTHER] = 13,
};

/* One list's work; large, hence from the heap. */
struct files {
    struct sysctl_request *rq;
    struct proc_target target;
    struct proc_descriptor one;
    uint32_t uid;
    uint32_t size; /* of a record */
};

static uint64_t data_of(const struct proc_descriptor *d)
{
    uint64_t number = proc_link_number(d->link);
    switch (d->class) {
    case FILE_SOCKET:
        return kernel_address_of_socket(number);
    case FILE_PIPE:
        return kernel_address_of_pipe(number, (d->flags & O_ACCMODE) != O_RDONLY);
    default:
        return kernel_address(d->stat.stx_ino, 9);
    }
}

static int put(struct files *f)
{
    const struct proc_descriptor *d = &f->one;
    bool vnode = d->class == FILE_VNODE || d->class == FILE_FIFO;
    uint64_t device = freebsd_makedev(d->stat.stx_dev_major, d->stat.stx_dev_minor);
    struct freebsd_xfile x = {
        .xf_size = f->size,
        .xf_pid = f->target.pid,
        .xf_uid = f->uid,
        .xf_fd = d->fd,
        .xf_file = kernel_address(((uint64_t)(uint32_t)f->target.pid << 20) + (uint32_t)d->fd, 40),
        .xf_type = types[d->class],
        .xf_count = 1,
        .xf_offset = d->position,
        .xf_data = data_of(d),
        .xf_vnode = vnode ? kernel_address_of_vnode(device, d->stat.stx_ino) : 0,
        .xf_flag = (d->flags & O_ACCMODE) + 1, /* FREAD and FWRITE */
    };
    return sysctl_put(f->rq, &x, f->size);
}

/* Processes that end meanwhile, or may not be looked at, have no files here. */
static int put_process(struct files *f, int32_t pid)
{
    char text[HOST_STATUS_MAX];
    int32_t *list;
    uint32_t count;
    int r = 0;
    if (proc_target_of(f->rq->t, pid, &f->target) != 0 || status_text_read(f->rq->t, pid, 0, text, sizeof text) <= 0 ||
        proc_descriptor_numbers(&f->target, &list, &count) != 0) {
        return 0;
    }
    f->uid = (uint32_t)host_status_number(text, "Uid", 1);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        if (proc_descriptor_read(&f->target, list[i], &f->one) == 0) {
            r = put(f);
        }
    }
    heap_free(list);
    return r;
}

int sysctl_file(struct sysctl_request *rq)
{
    enum { MORE = 64 };
    struct host_tree tree;
    struct files *f = heap_alloc_unset(sizeof *f);
    if (f == NULL) {
        return -ENOMEM;
    }
    f->rq = rq;
    f->size = freebsd_built_for(rq->t) >= 1200000 ? sizeof(struct freebsd_xfile) : SIZE_BEFORE_12;
    int r = host_tree_read(&tree);
    for (uint32_t i = 0; r == 0 && i < tree.count; i++) {
        r = put_process(f, tree.list[i].pid);
    }
    host_tree_free(&tree);
    rq->done += guest_is_null(rq->old) ? (uint64_t)MORE * f->size : 0; /* files that are opened until the next call */
    heap_free(f);
    return r;
}
