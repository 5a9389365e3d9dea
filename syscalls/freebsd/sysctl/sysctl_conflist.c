/*
 * vfs.conflist, which getvfsbyname(3) reads: the kinds of file systems that GENERIC has, and the host's, as it is theirs
 * that statfs(2) names. Layout: struct xvfsconf of sys/sys/mount.h; semantics: sysctl_vfs_conflist() of
 * sys/kern/vfs_init.c; the host's list: /proc/filesystems.
 */
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sysctl/host_text.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define SYNTHETIC 0x00080000 /* VFCF_SYNTHETIC: data is not that of any device */

struct freebsd_xvfsconf {
    uint64_t operations;
    char name[MOUNT_KIND_NAME_MAX];
    int32_t number, references, flags, pad;
    uint64_t next;
};
_Static_assert(sizeof(struct freebsd_xvfsconf) == 48, "struct xvfsconf");

static int put(struct sysctl_request *rq, int32_t *number, const char *name, size_t length, uint32_t flags)
{
    struct freebsd_xvfsconf conf = {.number = ++*number, .flags = (int32_t)flags};

    memcpy(conf.name, name, length < sizeof conf.name ? length : sizeof conf.name - 1);
    return sysctl_put(rq, &conf, sizeof conf);
}

static bool is_known(const char *name, size_t length)
{
    const char *kind;
    uint32_t flags;

    for (unsigned i = 0; (kind = freebsd_mount_kind(i, &flags)) != NULL; i++) {
        if (hot_strlen(kind) == length && hot_strncmp(kind, name, length) == 0) {
            return true;
        }
    }
    return false;
}

int sysctl_conflist(struct sysctl_request *rq)
{
    struct host_text text;
    const char *kind;
    uint32_t flags;
    int32_t number = 0;
    int r = 0;

    for (unsigned i = 0; r == 0 && (kind = freebsd_mount_kind(i, &flags)) != NULL; i++) {
        r = put(rq, &number, kind, hot_strlen(kind), flags);
    }
    if (r < 0 || host_text_read(&text, "/proc/filesystems") < 0) {
        return r;
    }
    /* "nodev\tNAME" or "\tNAME" */
    for (const char *line = text.at; r == 0 && line != NULL; line = host_text_next(line)) {
        const char *name = hot_strchr(line, '\t'), *end = name != NULL ? hot_strchr(name, '\n') : NULL;
        if (end != NULL && !is_known(name + 1, (size_t)(end - name) - 1)) {
            r = put(rq, &number, name + 1, (size_t)(end - name) - 1, *line == '\t' ? 0 : SYNTHETIC);
        }
    }
    host_text_free(&text);
    return r;
}
