/* Telling other guests from processes of the host. Sources: proc_pid_status(5), proc_pid_exe(5). */
#include <linux/fcntl.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/thread.h"
#include "process/host_record.h"
#include "process/host_stat.h"
#include "process/process.h"
#include "process/table.h"
#include "signals/signals.h"

#define STATUS_MAX       4096
#define OLD_CARRIER_MARK 0x51 /* FreeBSD's, whose guests were the only ones once */

static bool begins(const char *text, const char *with)
{
    while (*with != '\0' && *text == *with) {
        text++;
        with++;
    }
    return *with == '\0';
}

/* The value of a line of /proc/PID/status that holds a set of signals. */
static uint64_t set_of(const char *status, const char *name)
{
    for (const char *at = status; *at != '\0'; at++) {
        if ((at != status && at[-1] != '\n') || !begins(at, name)) {
            continue;
        }
        uint64_t set = 0;
        for (at += hot_strlen(name); *at == ':' || *at == '\t' || *at == ' '; at++) {}
        for (; *at != '\n' && *at != '\0'; at++) {
            set = set << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
        }
        return set;
    }
    return 0;
}

/* Whether the process catches the carrier: a dragoman that is no guest, or not yet, does not. */
static bool catches_carrier(int32_t pid)
{
    char path[48], status[STATUS_MAX];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%d/status", pid);
    if (host_file_read(text_cstr(&x), status, sizeof status) < 0) {
        return false;
    }
    return (set_of(status, "SigCgt") & signal_carrier_bit()) != 0;
}

static int64_t program_of(const char *link, char *to, size_t size)
{
    int64_t n = host_call4(__NR_readlinkat, AT_FDCWD, link, to, size - 1);
    to[n > 0 ? n : 0] = '\0';
    return n;
}

/* A fork's child has not entered itself in the table at once, and a vfork's never does: both run the same image. */
static bool runs_our_image(int32_t pid)
{
    char path[48], own[1024], its[1024];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%d/exe", pid);
    int64_t n = program_of("/proc/self/exe", own, sizeof own);
    return n > 0 && program_of(text_cstr(&x), its, sizeof its) == n && memcmp(own, its, (size_t)n) == 0;
}

enum process_sort process_sort_of(struct thread *t, int32_t pid)
{
    struct process_table_entry entry;
    struct host_stat stat;
    if (host_stat_read(pid, &stat) == 0 && stat.state == 'Z') {
        return PROCESS_ZOMBIE;
    }
    if (process_table_other(t, pid, &entry) == 0) {
        uint32_t mark = entry.carrier_mark != 0 ? entry.carrier_mark : OLD_CARRIER_MARK;
        return mark == t->proc->personality->carrier_mark ? PROCESS_GUEST : PROCESS_FOREIGN;
    }
    return runs_our_image(pid) && catches_carrier(pid) ? PROCESS_GUEST : PROCESS_FOREIGN;
}

/* The entry of a process or of the nearest of its forebears that has one, as long as all run one image. */
static bool entry_of_image(struct thread *t, int32_t pid, struct process_table_entry *entry)
{
    enum { DEPTH = 16 };
    struct host_record r;
    for (int i = 0; i < DEPTH; i++) {
        if (process_table_other(t, pid, entry) == 0) {
            return true;
        }
        if (host_record_read(pid, 0, &r) != 0 || (r.field[HOST_FLAGS] & HOST_PF_FORKNOEXEC) == 0) {
            break;
        }
        pid = (int32_t)r.field[HOST_PARENT];
    }
    return false;
}

bool process_guest_entry(struct thread *t, int32_t pid, struct process_table_entry *entry)
{
    struct host_record r;
    if (process_table_other(t, pid, entry) == 0) {
        return true;
    }
    if (process_sort_of(t, pid) != PROCESS_GUEST) {
        memset(entry, 0, sizeof *entry);
        return false;
    }
    if (!entry_of_image(t, pid, entry) || host_record_read(pid, 0, &r) != 0) {
        memset(entry, 0, sizeof *entry);
    } else if (entry->pid != pid) {
        entry->pid = pid;
        entry->start = (uint64_t)r.field[HOST_START];
        entry->parent = (int32_t)r.field[HOST_PARENT];
        entry->group = (int32_t)r.field[HOST_GROUP];
        entry->session = (int32_t)r.field[HOST_SESSION];
    }
    return true;
}
