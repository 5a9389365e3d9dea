/* What a file has beside its name and status: data with holes, extended attributes, several names. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/metadata.h"
#include "instance/packer/pack.h"
#include "instance/unpack/acl.h"
#include "instance/unpack/attributes.h"
#include "instance/unpack/say.h"

struct link {
    dev_t device;
    ino_t inode;
    char *path;
};

/* Open addressing; `room` is a power of two, never more than three quarters full. */
struct links {
    size_t count, room;
    struct link all[];
};

static struct link *place_of(struct links *links, dev_t device, ino_t inode)
{
    size_t at = (size_t)((inode * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (links->room - 1);
    while (links->all[at].path != NULL && (links->all[at].inode != inode || links->all[at].device != device)) {
        at = (at + 1) & (links->room - 1);
    }
    return &links->all[at];
}

static int grow_links(struct packer *p)
{
    enum { ROOM_FIRST = 1024 };
    size_t room = p->links != NULL ? 2 * p->links->room : ROOM_FIRST;
    struct links *grown = calloc(1, sizeof *grown + room * sizeof grown->all[0]);
    if (grown == NULL) {
        return -1;
    }
    grown->room = room;
    for (size_t i = 0; p->links != NULL && i < p->links->room; i++) {
        if (p->links->all[i].path != NULL) {
            *place_of(grown, p->links->all[i].device, p->links->all[i].inode) = p->links->all[i];
            grown->count++;
        }
    }
    free(p->links);
    p->links = grown;
    return 0;
}

const char *links_note(struct packer *p, dev_t device, ino_t inode)
{
    if ((p->links == NULL || p->links->count * 4 >= p->links->room * 3) && grow_links(p) != 0) {
        return NULL; /* it becomes a file of its own */
    }
    struct link *found = place_of(p->links, device, inode);
    if (found->path != NULL) {
        return found->path;
    }
    *found = (struct link){device, inode, strdup(p->path)};
    p->links->count += found->path != NULL;
    return NULL;
}

void links_free(struct packer *p)
{
    for (size_t i = 0; p->links != NULL && i < p->links->room; i++) {
        free(p->links->all[i].path);
    }
    free(p->links);
    p->links = NULL;
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The name that an attribute has in the archive, or NULL: it is none of the file's own. */
static const char *own_name(const char *name, char room[XATTR_NAME_MAX + 16])
{
    if (begins(name, ATTRIBUTE_KEPT_PREFIX)) {
        return name + strlen(ATTRIBUTE_KEPT_PREFIX);
    }
    if (begins(name, METADATA_SYSTEM_PREFIX)) {
        snprintf(room, XATTR_NAME_MAX + 16, "system.%s", name + strlen(METADATA_SYSTEM_PREFIX));
        return room;
    }
    if (begins(name, METADATA_PREFIX) || begins(name, ATTRIBUTE_OVERLAY)) {
        return NULL;
    }
    return name;
}

/*
 * Of the host's other namespaces: what its security modules note of files is the host's own; the rest goes along where
 * the files' owners are real.
 */
static bool is_wanted(const struct packer *p, const char *name)
{
    if (begins(name, "user.")) {
        return true;
    }
    return p->owners && (strcmp(name, ATTRIBUTE_CAPABILITIES) == 0 || strcmp(name, ATTRIBUTE_ACL_ACCESS) == 0 ||
                         strcmp(name, ATTRIBUTE_ACL_DEFAULT) == 0);
}

/* Whether a name goes as it is: libarchive would encode other characters, and nobody decodes them. */
static bool is_plain(const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name <= ' ' || *name > '~' || *name == '=' || *name == '%') {
            return false;
        }
    }
    return true;
}

static void hex_name(const char *name, char *out)
{
    out += sprintf(out, "%s", ATTRIBUTE_HEX_PREFIX);
    for (; *name != '\0'; name++) {
        out += sprintf(out, "%02x", (unsigned char)*name);
    }
}

static int add_attribute(struct packer *p, int fd, const char *host, struct archive_entry *entry)
{
    char room[XATTR_NAME_MAX + 16];
    char hex[sizeof ATTRIBUTE_HEX_PREFIX + 2 * sizeof room];
    const char *name = is_wanted(p, host) ? own_name(host, room) : NULL;
    if (name == NULL) {
        return 0;
    }
    ssize_t size = fgetxattr(fd, host, p->buffer, PACK_BUFFER);
    if (size < 0) {
        return errno == ENODATA ? 0 : complain("%s: %s: %s", shown(p->path), shown(host), strerror(errno));
    }
    bool is_default = strcmp(name, ATTRIBUTE_ACL_DEFAULT) == 0;
    if ((is_default || strcmp(name, ATTRIBUTE_ACL_ACCESS) == 0) &&
        acl_to_entry(entry, is_default, p->buffer, (size_t)size)) {
        return 0;
    }
    if (!is_plain(name)) {
        hex_name(name, hex);
        name = hex;
    }
    archive_entry_xattr_add_entry(entry, name, p->buffer, (size_t)size);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int pack_attributes(struct packer *p, int fd, struct archive_entry *entry)
{
    enum { LIST_MAX = 65536, NAMES_MAX = LIST_MAX / 2 }; /* the host's own bound (XATTR_LIST_MAX) */
    static char list[LIST_MAX];
    static const char *names[NAMES_MAX];
    size_t count = 0;
    ssize_t size = flistxattr(fd, list, sizeof list);
    if (size < 0) {
        return errno == ENOTSUP ? 0 : complain("%s: its attributes: %s", shown(p->path), strerror(errno));
    }
    for (const char *at = list; at < list + size && count < NAMES_MAX; at += strlen(at) + 1) {
        names[count++] = at;
    }
    qsort(names, count, sizeof names[0], by_text);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        r = add_attribute(p, fd, names[i], entry);
    }
    return r;
}

int pack_sparse(struct packer *p, int fd, const struct stat *st, struct archive_entry *entry)
{
    off_t at = 0;
    if ((uint64_t)st->st_blocks * 512 >= (uint64_t)st->st_size) {
        return 0;
    }
    while (at < st->st_size) {
        off_t start = lseek(fd, at, SEEK_DATA);
        if (start < 0 && errno == ENXIO) {
            break;
        }
        off_t end = start >= 0 ? lseek(fd, start, SEEK_HOLE) : -1;
        if (end <= start) {
            archive_entry_sparse_clear(entry); /* a file system without such a map */
            return lseek(fd, 0, SEEK_SET) == 0 ? 0 : complain("%s: %s", shown(p->path), strerror(errno));
        }
        if (start == 0 && end >= st->st_size) {
            break; /* no hole: it is compressed, or small */
        }
        archive_entry_sparse_add_entry(entry, start, end - start);
        at = end;
    }
    if (at == 0 && lseek(fd, 0, SEEK_DATA) < 0) {
        archive_entry_sparse_add_entry(entry, 0, 0); /* nothing but a hole */
    }
    return lseek(fd, 0, SEEK_SET) == 0 ? 0 : complain("%s: %s", shown(p->path), strerror(errno));
}

int pack_fails_writing(const struct packer *p)
{
    int error = archive_errno(p->archive);
    const char *why = error > 0 ? strerror(error) : archive_error_string(p->archive);
    return complain("the archive cannot be written: %s%s", why != NULL ? why : "unknown",
                    error == ENOSPC || error == EDQUOT ? " (make room, or write it elsewhere)" : "");
}

/* Whether there is no data before `end`: holes may be long, and are not read. */
static bool is_hole(int fd, int64_t at, int64_t end)
{
    struct stat st;
    off_t data = lseek(fd, at, SEEK_DATA);
    return data >= end || (data < 0 && errno == ENXIO && fstat(fd, &st) == 0 && st.st_size >= end);
}

/* The file's next data, as much as the buffer holds: bytes, or -1 after complaining. */
static ssize_t next_data(struct packer *p, int fd, int64_t at, int64_t size, const char **data)
{
    static const char zeros[PACK_BUFFER];
    int64_t wanted = size - at < PACK_BUFFER ? size - at : PACK_BUFFER;
    if (is_hole(fd, at, at + wanted)) {
        *data = zeros;
        return (ssize_t)wanted;
    }
    *data = p->buffer;
    ssize_t n = pread(fd, p->buffer, (size_t)wanted, at);
    return n > 0 ? n
                 : complain("%s: %s", shown(p->path),
                            n < 0 ? strerror(errno) : "shortened while it was read (try again)");
}

int pack_data(struct packer *p, int fd, int64_t size)
{
    for (int64_t at = 0; at < size;) {
        const char *data;
        ssize_t n = next_data(p, fd, at, size, &data);
        if (n < 0) {
            return -1;
        }
        for (ssize_t done = 0; done < n;) {
            la_ssize_t written = archive_write_data(p->archive, data + done, (size_t)(n - done));
            if (written <= 0) {
                return pack_fails_writing(p);
            }
            done += written;
        }
        at += n;
        p->bytes += (uint64_t)n;
        progress_at(0, p->files, p->bytes);
    }
    return 0;
}
