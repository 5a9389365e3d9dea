/* Types in directory entries; see metadata_dirents.h. */
#include "syscalls/common/metadata_dirents.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/shared.h"
#include "process/table.h"
#include "syscalls/common/dirent.h"
#include "vfs/metadata.h"
#include "vfs/metadata_names.h"

enum { TYPE_REGULAR = 8, TYPE_SHIFT = 12 }; /* DT_REG, IFTODT() of dirent.h */

bool metadata_has_nodes(struct thread *t, int fd)
{
    const struct process_table *table = t->proc->table;
    uint64_t none = 0;
    if (table != NULL && guest_raw_load64(&table->no_nodes, &none) == 0 && none == 1) {
        return false;
    }
    return host_call4(__NR_fgetxattr, fd, METADATA_HAS_NODES, 0, 0) >= 0;
}

void metadata_dirents(struct thread *t, int fd, char *records, int64_t bytes)
{
    struct statx x;
    for (int64_t at = 0; at < bytes;) {
        struct host_dirent *h = (struct host_dirent *)(records + at);
        const struct metadata_place place = {fd, h->d_name, AT_SYMLINK_NOFOLLOW};
        if (h->d_type == TYPE_REGULAR && metadata_stat(t, &place, 0, &x, NULL) == 0) {
            h->d_type = (uint8_t)((x.stx_mode & S_IFMT) >> TYPE_SHIFT);
        }
        at += h->d_reclen;
    }
}
