#include "instance/unpack/acl.h"

#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* linux/posix_acl_xattr.h: little-endian; a header with the version, then the entries, ordered by tag and id. */
struct host_entry {
    uint16_t tag, perm;
    uint32_t id;
};

enum { VERSION = 2, NO_ID = -1, TAGS = 6 };

static const struct {
    uint16_t host;
    int archive;
} tags[TAGS] = {
    {0x01, ARCHIVE_ENTRY_ACL_USER_OBJ}, {0x02, ARCHIVE_ENTRY_ACL_USER}, {0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ},
    {0x08, ARCHIVE_ENTRY_ACL_GROUP},    {0x10, ARCHIVE_ENTRY_ACL_MASK}, {0x20, ARCHIVE_ENTRY_ACL_OTHER},
};

static int by_tag(const void *a, const void *b)
{
    const struct host_entry *x = a;
    const struct host_entry *y = b;
    uint16_t xt = le16toh(x->tag);
    uint16_t yt = le16toh(y->tag);
    uint32_t xi = le32toh(x->id);
    uint32_t yi = le32toh(y->id);
    return xt != yt ? (xt > yt) - (xt < yt) : (xi > yi) - (xi < yi);
}

static bool to_host(int tag, int permset, int id, struct host_entry *out)
{
    for (int i = 0; i < TAGS; i++) {
        if (tags[i].archive == tag) {
            bool named = tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP;
            *out = (struct host_entry){htole16(tags[i].host), htole16((uint16_t)(permset & 7)),
                                       htole32(named ? (uint32_t)id : (uint32_t)NO_ID)};
            return true;
        }
    }
    return false;
}

void *acl_of_entry(struct archive_entry *entry, bool is_default, size_t *size, uint32_t *mask)
{
    int wanted = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
    int count = archive_entry_acl_reset(entry, wanted);
    int type, permset, tag, id;
    const char *name;
    if (count <= 0) {
        return NULL;
    }
    char *value = malloc(sizeof(uint32_t) + (size_t)count * sizeof(struct host_entry));
    size_t used = sizeof(uint32_t);
    uint32_t version = htole32(VERSION);
    if (value == NULL) {
        return NULL;
    }
    memcpy(value, &version, sizeof version);
    while (count-- > 0 && archive_entry_acl_next(entry, wanted, &type, &permset, &tag, &id, &name) == ARCHIVE_OK) {
        struct host_entry one;
        if (to_host(tag, permset, id, &one)) {
            memcpy(value + used, &one, sizeof one);
            used += sizeof one;
        }
        if (tag == ARCHIVE_ENTRY_ACL_MASK && !is_default) {
            *mask = (uint32_t)permset & 7;
        }
    }
    qsort(value + sizeof(uint32_t), (used - sizeof(uint32_t)) / sizeof(struct host_entry), sizeof(struct host_entry),
          by_tag);
    *size = used;
    return value;
}

bool acl_to_entry(struct archive_entry *entry, bool is_default, const void *value, size_t size)
{
    int type = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
    uint32_t version;
    const char *at = value;
    if (size < sizeof version || (size - sizeof version) % sizeof(struct host_entry) != 0) {
        return false;
    }
    memcpy(&version, at, sizeof version);
    if (le32toh(version) != VERSION) {
        return false;
    }
    for (size_t used = sizeof version; used < size; used += sizeof(struct host_entry)) {
        struct host_entry one;
        memcpy(&one, at + used, sizeof one);
        for (int i = 0; i < TAGS; i++) {
            if (tags[i].host == le16toh(one.tag)) {
                archive_entry_acl_add_entry(entry, type, le16toh(one.perm) & 7, tags[i].archive, (int)le32toh(one.id),
                                            NULL);
            }
        }
    }
    return true;
}
