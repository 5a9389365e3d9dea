#include "cli/fault-report/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE           4096u
#define CACHE_PAGES    256u   /* unwinding reads word by word; a page is fetched once */
#define MAPPINGS_LIMIT 70000u /* a little more than the host's default vm.max_map_count */

struct cached_page {
    uint64_t address; /* of the page; UINT64_MAX: empty */
    unsigned char bytes[PAGE];
};

struct memory {
    int pid;
    int mem_fd; /* /proc/PID/mem, or -1: where process_vm_readv is refused */
    struct mapping *mappings;
    size_t mapping_count;
    struct cached_page cache[CACHE_PAGES];
};

/* Parses one line of /proc/PID/maps (proc(5)). Returns whether it is one. */
static bool parse_mapping(const char *line, struct mapping *out)
{
    char prot[5] = "";
    int name_at = 0;
    memset(out, 0, sizeof(*out));
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64 " %n", &out->start, &out->end, prot,
               &out->offset, &out->inode, &name_at) < 5) {
        return false;
    }
    out->readable = prot[0] == 'r';
    out->writable = prot[1] == 'w';
    out->executable = prot[2] == 'x';
    out->shared = prot[3] == 's';
    out->name = name_at ? strndup(line + name_at, strcspn(line + name_at, "\n")) : strdup("");
    return out->name != NULL;
}

static void read_mappings(struct memory *m)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/maps", m->pid);
    FILE *f = fopen(path, "re");
    if (!f) {
        return;
    }
    char *line = NULL;
    size_t line_size = 0, room = 0;
    while (m->mapping_count < MAPPINGS_LIMIT && getline(&line, &line_size, f) > 0) {
        if (m->mapping_count == room) {
            room = room ? room * 2 : 64;
            struct mapping *grown = realloc(m->mappings, room * sizeof(*grown));
            if (!grown) {
                break;
            }
            m->mappings = grown;
        }
        if (parse_mapping(line, &m->mappings[m->mapping_count])) {
            m->mapping_count++;
        }
    }
    free(line);
    fclose(f);
}

struct memory *memory_open(int pid)
{
    struct memory *m = calloc(1, sizeof(*m));
    if (!m) {
        return NULL;
    }
    m->pid = pid;
    for (size_t i = 0; i < CACHE_PAGES; i++) {
        m->cache[i].address = UINT64_MAX;
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", pid);
    m->mem_fd = open(path, O_RDONLY | O_CLOEXEC);
    read_mappings(m);
    if (!m->mapping_count) {
        if (m->mem_fd >= 0) {
            close(m->mem_fd);
        }
        free(m);
        return NULL;
    }
    return m;
}

int memory_pid(const struct memory *m)
{
    return m->pid;
}

static bool fetch_page(const struct memory *m, uint64_t page, unsigned char *to)
{
    struct iovec local = {to, PAGE};
    struct iovec remote = {(void *)page, PAGE}; // NOLINT(performance-no-int-to-ptr): an address over there
    if (process_vm_readv(m->pid, &local, 1, &remote, 1, 0) == PAGE) {
        return true;
    }
    /* Pages without read permission too: /proc/PID/mem reads what ptrace may. */
    return m->mem_fd >= 0 && (int64_t)page >= 0 && pread(m->mem_fd, to, PAGE, (off_t)page) == PAGE;
}

static const unsigned char *page_at(struct memory *m, uint64_t page)
{
    struct cached_page *slot = &m->cache[(page / PAGE) % CACHE_PAGES];
    if (slot->address != page) {
        slot->address = UINT64_MAX;
        if (!fetch_page(m, page, slot->bytes)) {
            return NULL;
        }
        slot->address = page;
    }
    return slot->bytes;
}

size_t memory_read_some(struct memory *m, uint64_t address, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        uint64_t at = address + done;
        if (at < address) {
            break; /* wrapped round */
        }
        const unsigned char *page = page_at(m, at & ~(uint64_t)(PAGE - 1));
        if (!page) {
            break;
        }
        size_t in_page = at & (PAGE - 1);
        size_t n = PAGE - in_page < size - done ? PAGE - in_page : size - done;
        memcpy((char *)to + done, page + in_page, n);
        done += n;
    }
    return done;
}

bool memory_read(struct memory *m, uint64_t address, void *to, size_t size)
{
    return memory_read_some(m, address, to, size) == size;
}

bool memory_u32(struct memory *m, uint64_t address, uint32_t *value)
{
    *value = 0;
    return memory_read(m, address, value, sizeof(*value));
}

bool memory_u64(struct memory *m, uint64_t address, uint64_t *value)
{
    *value = 0;
    return memory_read(m, address, value, sizeof(*value));
}

bool memory_string(struct memory *m, uint64_t address, char *to, size_t size)
{
    size_t n = memory_read_some(m, address, to, size - 1);
    to[n] = '\0';
    return memchr(to, '\0', n) != NULL;
}

const struct mapping *memory_mapping(const struct memory *m, uint64_t address)
{
    size_t low = 0, high = m->mapping_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (address >= m->mappings[middle].end) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < m->mapping_count && address >= m->mappings[low].start) {
        return &m->mappings[low];
    }
    return NULL;
}

void memory_neighbours(const struct memory *m, uint64_t address, const struct mapping **below,
                       const struct mapping **above)
{
    *below = *above = NULL;
    for (size_t i = 0; i < m->mapping_count; i++) {
        if (m->mappings[i].end <= address) {
            *below = &m->mappings[i];
        } else if (m->mappings[i].start > address) {
            *above = &m->mappings[i];
            return;
        }
    }
}

const struct mapping *memory_mappings(const struct memory *m, size_t *count)
{
    *count = m->mapping_count;
    return m->mappings;
}
