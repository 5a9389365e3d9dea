/* The host's processes, as /proc lists them. */
#include "process/host_tree.h"

#include <linux/fcntl.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "process/host_stat.h"

#define FIRST_ROOM 256

/* linux/dirent.h has it for the kernel only. */
struct host_dirent {
    uint64_t ino;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* -1: the name is none. */
static int32_t number(const char *s)
{
    int64_t n = *s == '\0' ? -1 : 0;
    for (; *s >= '0' && *s <= '9' && n < INT32_MAX; s++) {
        n = n * 10 + (*s - '0');
    }
    return *s == '\0' && n <= INT32_MAX ? (int32_t)n : -1;
}

static int grow(struct host_tree *tree)
{
    uint32_t room = tree->room == 0 ? FIRST_ROOM : 2 * tree->room;
    struct host_process *list = heap_alloc_unset(room * sizeof *list);
    if (list == NULL) {
        return -ENOMEM;
    }
    if (tree->count > 0) {
        memcpy(list, tree->list, tree->count * sizeof *list);
    }
    heap_free(tree->list);
    tree->list = list;
    tree->room = room;
    return 0;
}

/* One that is gone meanwhile is left out. */
static int add(struct host_tree *tree, int32_t pid)
{
    struct host_stat stat;
    if (host_stat_read(pid, &stat) != 0) {
        return 0;
    }
    int r = tree->count == tree->room ? grow(tree) : 0;
    if (r == 0) {
        tree->list[tree->count++] = (struct host_process){
            .pid = pid, .parent = stat.parent, .group = stat.group, .session = stat.session, .state = stat.state};
    }
    return r;
}

int host_numbers_each(const char *directory, int (*fn)(void *arg, int32_t number), void *arg)
{
    uint8_t chunk[2048] __attribute__((aligned(8)));
    int64_t fd = host_open(directory, O_RDONLY | O_DIRECTORY);
    int64_t n = fd;
    while (!is_error(n) && (n = host_call3(__NR_getdents64, fd, chunk, sizeof chunk)) > 0) {
        for (int64_t at = 0; at < n;) {
            const struct host_dirent *d = (const struct host_dirent *)(chunk + at);
            int32_t found = number(d->name);
            int r = found >= 0 ? fn(arg, found) : 0;
            if (r != 0) {
                n = r;
                break;
            }
            at += d->size;
        }
    }
    if (!is_error(fd)) {
        host_call1(__NR_close, fd);
    }
    return n < 0 ? (int)n : 0;
}

static int add_to(void *tree, int32_t pid)
{
    return add(tree, pid);
}

int host_tree_read(struct host_tree *tree)
{
    *tree = (struct host_tree){NULL, 0, 0};
    int r = host_numbers_each("/proc", add_to, tree);
    if (r < 0) {
        host_tree_free(tree);
    }
    return r;
}

void host_tree_free(struct host_tree *tree)
{
    heap_free(tree->list);
    *tree = (struct host_tree){NULL, 0, 0};
}

static int32_t subtree_of(const struct host_tree *tree, int32_t pid)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        if (tree->list[i].pid == pid) {
            return tree->list[i].subtree;
        }
    }
    return 0;
}

void host_tree_mark(struct host_tree *tree, int32_t root)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        struct host_process *p = &tree->list[i];
        p->subtree = p->parent == root ? p->pid : 0;
    }
    /* Children mostly have higher numbers than their parents, so one pass does for nearly all. */
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < tree->count; i++) {
            struct host_process *p = &tree->list[i];
            int32_t above = p->subtree == 0 && p->parent != 0 ? subtree_of(tree, p->parent) : 0;
            if (above != 0) {
                p->subtree = above;
                more = true;
            }
        }
    }
}
