/* The mapping of a call site: by the host's ioctl where it has it (Linux 6.11), else by reading its list. */
#include "syscalls/entry/code_map.h"

#include <linux/ioctl.h>

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"
#include "syscalls/entry/code_files.h"
#include "syscalls/entry/gate.h"

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
    if (is_error(host_call3(__NR_ioctl, maps, PROCMAP_QUERY, &q))) {
        return false;
    }
    const uint64_t all = QUERY_READABLE | QUERY_WRITABLE | QUERY_EXECUTABLE | QUERY_SHARED;
    *out = (struct code_mapping){q.vma_start, q.vma_end};
    *found = (q.vma_flags & all) == (QUERY_READABLE | QUERY_EXECUTABLE);
    return true;
}

static bool look(struct thread *t, uint64_t at, struct code_mapping *out)
{
    int maps = code_files_maps();
    bool found = false;
    if (maps < 0) {
        return false;
    }
    if (ask(maps, at, out, &found)) {
        return found;
    }
    struct code_map_reading reading = {.maps = maps, .at = at};
    bool read = gate_call_held(t, code_map_read, &reading) != 0;
    *out = reading.mapping;
    return read;
}

bool code_mapping_of(struct thread *t, uint64_t at, struct code_mapping *out)
{
    static struct code_mapping last;
    static uint32_t last_changes;
    uint32_t changes = __atomic_load_n(&t->proc->space->changes, __ATOMIC_SEQ_CST);
    if (changes != last_changes || at < last.low || at >= last.high) {
        last = (struct code_mapping){0, 0};
        if (!look(t, at, &last)) {
            last.high = last.low;
            return false;
        }
        last_changes = changes;
    }
    *out = last;
    return true;
}
