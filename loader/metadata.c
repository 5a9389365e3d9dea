#include "loader/metadata.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/personality.h"
#include "base/process.h"
#include "base/syscall_table.h"
#include "loader/loader.h"
#include "process/credentials.h"
#include "vfs/rooted.h"

/*
 * The tables are constants, so that processes without metadata share them and no call asks which function it is. Here
 * they are a copy of this process's, for the moment of the change writable.
 */
static int use_alternatives(const struct syscall_rows *rows, uint32_t mode)
{
    uintptr_t first = (uintptr_t)rows->syscalls & ~(uintptr_t)(LOADER_PAGE - 1);
    uintptr_t end = (uintptr_t)(rows->syscalls + rows->count);
    void *pages = (void *)first; // NOLINT(performance-no-int-to-ptr): the pages of the table
    size_t size = (end - first + LOADER_PAGE - 1) & ~(size_t)(LOADER_PAGE - 1);
    if (rows->alternatives == NULL || rows->alternatives[0].call == NULL) {
        return 0;
    }
    if (mprotect(pages, size, PROT_READ | PROT_WRITE) != 0) {
        return -errno;
    }
    for (const struct syscall_alternative *a = rows->alternatives; a->call != NULL; a++) {
        if (mode == METADATA_ROOTED ? a->from == mode : mode >= a->from) {
            struct syscall_entry *row = (struct syscall_entry *)(uintptr_t)&rows->syscalls[a->number];
            row->call = a->call;
        }
    }
    return mprotect(pages, size, PROT_READ) == 0 ? 0 : -errno;
}

/* The personality's own, and those of others whose calls its programs can make. */
static int use_all_alternatives(const struct personality *who, uint32_t mode)
{
    const struct syscall_rows own = {who->syscalls, who->syscall_count, who->alternatives};
    int r = use_alternatives(&own, mode);
    for (const struct syscall_rows *o = who->other_rows; r == 0 && o != NULL && o->syscalls != NULL; o++) {
        r = use_alternatives(o, mode);
    }
    return r;
}

int metadata_begin(struct process *p, const struct credentials *from)
{
    if (is_rooted(&p->settings)) {
        int rooted = use_all_alternatives(p->personality, METADATA_ROOTED);
        if (rooted != 0) {
            return rooted;
        }
    }
    if (p->settings.metadata == METADATA_OFF) {
        return 0;
    }
    p->host_user = geteuid();
    p->host_group = getegid();
    int r = p->settings.metadata == METADATA_EMULATED ? credentials_begin(p, from) : 0;
    return r != 0 ? r : use_all_alternatives(p->personality, p->settings.metadata);
}
