/* Who executes a file; see running.h. */
#include "syscalls/common/running.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/host_stat.h"
#include "process/table.h"

#define MAPS_MAX 65536 /* of the text of a process's mappings; a program's own are among the first */

static bool is_same(const struct statx *a, const char *path)
{
    struct statx b;

    return host_call5(__NR_statx, AT_FDCWD, path, 0, STATX_INO, &b) == 0 && a->stx_ino == b.stx_ino &&
           a->stx_dev_major == b.stx_dev_major && a->stx_dev_minor == b.stx_dev_minor;
}

/* Whether a process has the file mapped: that its program had this name once is not enough, as files are replaced. */
static bool has_mapped(int32_t pid, uint64_t ino)
{
    char name[32], wanted[32];
    struct text path = TEXT_ON(name), number = TEXT_ON(wanted);
    char *text = heap_alloc_unset(MAPS_MAX);
    bool found = false;

    if (!text) {
        return false;
    }
    text_format(&path, "/proc/%d/maps", pid);
    text_format(&number, " %lu ", (unsigned long)ino);
    text_cstr(&number);
    bool told = host_file_read(text_cstr(&path), text, MAPS_MAX) > 0;
    for (const char *s = told ? hot_strchr(text, ' ') : NULL; s && !found; s = hot_strchr(s + 1, ' ')) {
        found = hot_strncmp(s, wanted, number.length) == 0;
    }
    heap_free(text);
    return found;
}

static bool others_run(struct thread *t, const struct statx *x)
{
    struct process_table_entry e;
    struct host_stat now;

    for (uint32_t slot = 0; t->proc->table && slot < PROCESS_TABLE_SLOTS; slot++) {
        if (process_table_at(t->proc->table, slot, &e) == 0 && e.pid != t->proc->pid && is_same(x, e.program) &&
            host_stat_read(e.pid, &now) == 0 && now.start == e.start && has_mapped(e.pid, x->stx_ino)) {
            return true;
        }
    }
    return false;
}

int64_t check_not_running(struct thread *t, const struct vfs_path *path, bool follow)
{
    struct statx x;

    if (path->node.fs || host_call5(__NR_statx, path->dirfd, path->name, follow ? 0 : AT_SYMLINK_NOFOLLOW,
                                    STATX_TYPE | STATX_MODE | STATX_INO, &x) < 0) {
        return 0; /* no file, no program */
    }
    if ((x.stx_mode & S_IFMT) != S_IFREG || (x.stx_mode & 0111) == 0) {
        return 0;
    }
    if (host_call4(__NR_faccessat2, path->dirfd, path->name, 2, AT_EACCESS | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0) {
        return 0; /* permission is asked for first (vn_open_vnode()) */
    }
    if ((is_same(&x, t->proc->program) && has_mapped(t->proc->pid, x.stx_ino)) || others_run(t, &x)) {
        return -ETXTBSY;
    }
    return 0;
}
