/* /proc/self/mem and /proc/self/maps, kept open out of the guest's sight. */
#include "syscalls/entry/code_files.h"

#include <linux/fcntl.h>

#include "base/host.h"
#include "process/descriptors.h"

/* Belong to the address space. A vfork child has copies of the descriptors, which serve it as well. */
static int memory = -1, maps = -1;
static bool parents; /* they are those of the address space that this one was forked from */
static bool missing; /* the host has no such files, or does not let us have them */
static bool asleep;  /* nobody is awake here but a vfork's child, and its own children */
static bool childs;  /* it has opened them, in its own table */

static int open_hidden(const char *path, int flags)
{
    int64_t fd = host_call4(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
    if (is_error(fd)) {
        missing |= fd != -EMFILE && fd != -ENFILE;
        return -1;
    }
    int moved = engine_descriptor_adopt((int)fd);
    if (moved < 0) {
        host_call1(__NR_close, fd);
        return -1;
    }
    return moved;
}

static void close_both(void)
{
    engine_descriptor_close(memory);
    engine_descriptor_close(maps);
    memory = maps = -1;
    parents = false;
}

bool code_files_open(bool alone, bool shares_memory, bool with_maps)
{
    bool have = memory >= 0 && !parents;
    if (have && (maps >= 0 || !with_maps)) {
        return true;
    }
    bool only = alone || (shares_memory && asleep);
    if (!only || missing) {
        return false;
    }
    /* From now on: a child may be killed between here and the end, and its parent has none of it. */
    childs = (have && childs) || !alone;
    if (!have) {
        close_both();
        memory = open_hidden("/proc/self/mem", O_RDWR);
    }
    if (memory >= 0 && with_maps) {
        maps = open_hidden("/proc/self/maps", O_RDONLY);
    }
    return memory >= 0 && (maps >= 0 || !with_maps);
}

void code_files_before_thread(bool alone, bool shares_memory)
{
    code_files_open(alone, shares_memory, true);
    asleep = false;
}

int code_files_memory(void)
{
    return parents ? -1 : memory;
}

int code_files_maps(void)
{
    return parents ? -1 : maps;
}

void code_files_before_fork(bool alone, bool shares_memory, bool waits)
{
    asleep = waits && (alone || (shares_memory && asleep));
    if (!waits && alone && memory >= 0) {
        close_both();
    }
}

void code_files_after_vfork(void)
{
    asleep = false;
    if (childs) {
        close_both(); /* in the table of whoever has them */
        childs = false;
    }
}

void code_files_after_fork(void)
{
    parents = memory >= 0;
}
