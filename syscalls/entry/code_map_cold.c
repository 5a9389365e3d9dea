/* The mapping of a call site, from /proc/self/maps: by its ioctl where the host has it (Linux 6.11), else by reading. */
#include "syscalls/entry/code_map.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"
#include "syscalls/entry/code_files.h"

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

/* A line is "low-high rwxp offset ...". Returns whether `at` lies in its mapping, and is what can be rewritten. */
static bool take_line(const char *line, uint64_t at, struct code_mapping *out, bool *found)
{
    char rights[5];
    unsigned long low, high;
    if (sscanf(line, "%lx-%lx %4s", &low, &high, rights) != 3 || at < low || at >= high) {
        return false;
    }
    *out = (struct code_mapping){low, high};
    *found = strcmp(rights, "r-xp") == 0;
    return true;
}

/* By pread: the descriptor is shared with vfork children, and its offset with it. */
static bool read_through(int maps, uint64_t at, struct code_mapping *out)
{
    static char text[1 << 14];
    size_t kept = 0;
    off_t offset = 0;
    ssize_t n;
    bool found = false;
    while ((n = pread(maps, text + kept, sizeof text - 1 - kept, offset)) > 0) {
        offset += n;
        kept += (size_t)n;
        text[kept] = '\0';
        char *line = text, *end;
        for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (take_line(line, at, out, &found)) {
                return found;
            }
        }
        kept = strlen(line);
        memmove(text, line, kept);
    }
    return false;
}

static bool look(uint64_t at, struct code_mapping *out)
{
    int maps = code_files_maps();
    bool found = false;
    if (maps < 0) {
        return false;
    }
    return ask(maps, at, out, &found) ? found : read_through(maps, at, out);
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
