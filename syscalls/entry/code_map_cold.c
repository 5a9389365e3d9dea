/* The mapping of a call site, from /proc/self/maps: by its ioctl where the host has it (Linux 6.11), else by reading. */
#include "syscalls/entry/code_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"

/* linux/fs.h of 6.11: struct procmap_query and its flags. */
struct procmap_query {
    uint64_t size, query_flags, query_addr;
    uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
    uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
    uint64_t vma_name_addr, build_id_addr;
};
_Static_assert(sizeof(struct procmap_query) == 104, "linux/fs.h");
#define PROCMAP_QUERY _IOWR('f', 17, struct procmap_query)
enum { QUERY_READABLE = 1, QUERY_WRITABLE = 2, QUERY_EXECUTABLE = 4, QUERY_SHARED = 8 };

static bool ask(int maps, uint64_t at, struct code_mapping *out, bool *found)
{
    struct procmap_query q = {.size = sizeof q, .query_addr = at};
    if (ioctl(maps, PROCMAP_QUERY, &q) != 0) {
        return false;
    }
    const uint64_t all = QUERY_READABLE | QUERY_WRITABLE | QUERY_EXECUTABLE | QUERY_SHARED;
    *out = (struct code_mapping){q.vma_start, q.vma_end};
    *found = (q.vma_flags & all) == (QUERY_READABLE | QUERY_EXECUTABLE);
    return true;
}

/* A line is "low-high rwxp offset ...". */
static bool read_through(int maps, uint64_t at, struct code_mapping *out)
{
    FILE *file = fdopen(dup(maps), "r");
    char line[512], rights[5];
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        unsigned long low, high;
        found = sscanf(line, "%lx-%lx %4s", &low, &high, rights) == 3 && low <= at && at < high;
        *out = (struct code_mapping){low, high};
    }
    if (file != NULL) {
        fclose(file);
    }
    return found && strcmp(rights, "r-xp") == 0;
}

static bool look(uint64_t at, struct code_mapping *out)
{
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    bool found = false;
    if (maps < 0) {
        return false;
    }
    if (!ask(maps, at, out, &found)) {
        found = read_through(maps, at, out);
    }
    close(maps);
    return found;
}

bool code_mapping_of(struct thread *t, uint64_t at, struct code_mapping *out)
{
    static struct code_mapping last;
    static uint32_t last_changes;
    uint32_t changes = __atomic_load_n(&t->proc->space->changes, __ATOMIC_SEQ_CST);
    if (changes != last_changes || at < last.low || at >= last.high) {
        last = (struct code_mapping){0, 0};
        if (!look(at, &last)) {
            last.high = last.low;
            return false;
        }
        last_changes = changes;
    }
    *out = last;
    return true;
}
