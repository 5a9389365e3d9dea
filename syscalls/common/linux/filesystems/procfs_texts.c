/*
 * The texts of /proc's files that the guest's kernel would write otherwise than the host's. Each is the host's text, line
 * by line, without what is the engine's and with what only the engine knows; it is taken when the file is opened, and
 * does not change under the reader. Sources: fs/proc/task_mmu.c, arch/x86/kernel/cpu/proc.c.
 */
#include "syscalls/common/linux/filesystems/procfs.h"

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"
#include "process/table.h"
#include "syscalls/common/linux/files/paths.h"
#include "syscalls/common/status_text.h"
#include "syscalls/common/text_file.h"

#define TEXT_FIRST  (32u << 10) /* room for a text at first; it is doubled until all fits */
#define TEXT_MOST   (64u << 20)
#define NAME_COLUMN 73 /* where a mapping's name begins: 25 + 8 * 6, as the host's kernel counts for 64-bit readers */
#define LOW_END     (1ULL << 32)

/* What is needed of the process whose mappings are shown. */
struct subject {
    struct thread *t;
    bool own;
    bool narrow; /* its addresses have 32 bits */
    uint64_t stack_low, stack_high;
    uint64_t heap_low, heap_high;
    uint64_t vdso; /* where it is among the engine's memory; 0: not there, or not known */
};

static uint64_t hexadecimal(const char **s)
{
    uint64_t n = 0;

    for (;; (*s)++) {
        char c = **s;

        if (c >= '0' && c <= '9') {
            n = n << 4 | (uint64_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            n = n << 4 | (uint64_t)(c - 'a' + 10);
        } else {
            return n;
        }
    }
}

/* Rooms of trampolines lie among the guest's mappings. */
static bool is_reserved(struct thread *t, uint64_t low, uint64_t high)
{
    struct address_space *space = t->proc->space;
    bool is = false;

    lock_acquire(&space->lock);
    for (uint32_t i = 0; i < space->reserved_count; i++) {
        is |= low < space->reserved[i].high && high > space->reserved[i].low;
    }
    lock_release(&space->lock);
    return is;
}

static bool is_engine(const struct subject *s, uint64_t low, uint64_t high)
{
    return (low < ENGINE_END && high > ENGINE_BASE && low != s->vdso) || (low < ARENA_END && high > ARENA_BASE) ||
           (s->narrow && high > LOW_END) || (s->own && is_reserved(s->t, low, high));
}

/* The name that the guest's kernel gives a range without a file; NULL: none. */
static const char *name_of(const struct subject *s, uint64_t low, uint64_t high)
{
    if (low < s->stack_high && high > s->stack_low) {
        return "[stack]";
    }
    if (low == s->vdso) {
        return "[vdso]";
    }
    return low < s->heap_high && high > s->heap_low ? "[heap]" : NULL;
}

/* "low-high rwxp offset device inode  name" of the host's. False: nothing of it is the guest's. */
static bool put_mapping(const struct subject *s, struct text *x, char *line)
{
    const char *at = line;
    uint64_t low = hexadecimal(&at), high;
    char *path = hot_strchr(line, '/'), *label = hot_strchr(line, '[');
    size_t begin = x->length;
    struct path_room room;
    const char *name;

    at += *at == '-';
    high = hexadecimal(&at);
    if (is_engine(s, low, high) || (label && !path && hot_strcmp(label, "[stack]") == 0)) {
        return false;
    }
    if (path) {
        text_bytes(x, line, (size_t)(path - line));
        text_str(x, linux_path_view(s->t, path, &room));
        text_char(x, '\n');
        return true;
    }
    text_str(x, line);
    name = label ? NULL : name_of(s, low, high);
    if (name) {
        while (x->length - begin < NAME_COLUMN && x->length < x->size) {
            text_char(x, ' ');
        }
        text_str(x, name);
    }
    text_char(x, '\n');
    return true;
}

/* In smaps a mapping's lines follow it; they begin with a capital. */
static void put_mappings(const struct subject *s, struct text *x, char *line)
{
    bool shown = true;

    while (*line) {
        char *end = hot_strchr(line, '\n');

        if (!end) {
            return;
        }
        *end = 0;
        if (*line < 'A' || *line > 'Z') {
            shown = put_mapping(s, x, line);
        } else if (shown) {
            text_str(x, line);
            text_char(x, '\n');
        }
        line = end + 1;
    }
}

static void find_subject(struct thread *t, int32_t pid, struct subject *s)
{
    const struct process *p = t->proc;
    struct process_table_entry entry;

    *s = (struct subject){.t = t, .own = pid == p->pid};
    if (s->own) {
        s->stack_high = p->stack_top;
        s->stack_low = p->stack_top - p->stack_size;
        s->heap_low = p->space->break_base;
        s->heap_high = p->space->break_now;
        s->vdso = p->personality->sigcode_is_vdso ? p->vdso.va : 0;
    } else if (process_table_other(t, pid, &entry) == 0) {
        s->stack_high = entry.stack_top;
        s->stack_low = entry.stack_top - entry.stack_size;
    }
    s->narrow = s->stack_high != 0 && s->stack_high <= LOW_END;
}

/* How a kernel for i386 begins what it tells of the processor's unit for floating point. */
static void put_processors(struct text *x, char *line)
{
    static const char unit[] = "fpu\t";

    while (*line) {
        char *end = hot_strchr(line, '\n');
        size_t n = end ? (size_t)(end - line) + 1 : hot_strlen(line);

        if (hot_strncmp(line, unit, sizeof(unit) - 1) == 0) {
            text_str(x, "fdiv_bug\t: no\nf00f_bug\t: no\ncoma_bug\t: no\n"); /* no processor with 64 bits has them */
        }
        if (hot_strncmp(line, "TLB size\t", 9) != 0) {
            text_bytes(x, line, n);
        }
        line += n;
    }
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++) {
        n += *text == '\n';
    }
    return n;
}

/* The whole of a file of the host's, from the heap. NULL with *error set. */
static char *read_whole(const char *host, int64_t *error)
{
    *error = -ENOMEM;
    for (size_t size = TEXT_FIRST; size <= TEXT_MOST; size *= 2) {
        char *text = heap_alloc_unset(size);
        int64_t n = text ? host_file_read(host, text, size) : -ENOMEM;

        if (n >= 0 && (size_t)n < size - 1) {
            return text;
        }
        heap_free(text);
        if (n < 0) {
            *error = n;
            return NULL;
        }
    }
    return NULL;
}

int64_t linux_proc_open(struct thread *t, const struct linux_proc_file *file, const char *host, uint32_t flags)
{
    int64_t r;
    char *from;
    struct text to = {0};
    struct subject s;

    if (file->kind == LINUX_PROC_MOUNTS || file->kind == LINUX_PROC_MOUNTINFO || file->kind == LINUX_PROC_MOUNTSTATS) {
        return linux_proc_mounts_open(t, file->kind, host, flags);
    }
    from = read_whole(host, &r);
    if (!from) {
        return r;
    }
    to.size = hot_strlen(from) + (count_lines(from) + 1) * NAME_COLUMN; /* no line becomes longer than by this much */
    to.size += file->kind == LINUX_PROC_STATUS ? status_text_room(t) : 0;
    to.at = heap_alloc_unset(to.size);
    r = -ENOMEM;
    if (to.at) {
        if (file->kind == LINUX_PROC_STATUS) {
            status_text_put(t, &to, from);
        } else if (file->kind == LINUX_PROC_CPUINFO) {
            put_processors(&to, from);
        } else {
            find_subject(t, file->pid, &s);
            put_mappings(&s, &to, from);
        }
        r = text_file_open(host, &to, flags);
    }
    heap_free(to.at);
    heap_free(from);
    return r;
}
