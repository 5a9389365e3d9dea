#include "instance/unpack/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "instance/unpack/acl.h"
#include "instance/unpack/attributes.h"
#include "instance/unpack/say.h"

enum { BLOCK = 256 * 1024 };

static struct archive_source *of(struct member_source *source)
{
    return (struct archive_source *)source;
}

static int fail_reading(const struct archive_source *a)
{
    const char *why = archive_error_string(a->archive);
    return complain("%s: cannot be read: %s", shown(a->name), why != NULL ? why : "it is damaged");
}

static bool set_type(struct archive_source *a, struct member *out)
{
    /* A hard link says so itself; the type beside it is its target's. */
    out->target = archive_entry_hardlink(a->entry);
    if (out->target != NULL) {
        out->type = MEMBER_HARDLINK;
        return true;
    }
    switch (archive_entry_filetype(a->entry)) {
    case AE_IFREG:
        out->type = MEMBER_FILE;
        return true;
    case AE_IFDIR:
        out->type = MEMBER_DIRECTORY;
        return true;
    case AE_IFLNK:
        out->type = MEMBER_SYMLINK;
        out->target = archive_entry_symlink(a->entry);
        return true;
    case AE_IFCHR:
        out->type = MEMBER_CHAR;
        return true;
    case AE_IFBLK:
        out->type = MEMBER_BLOCK;
        return true;
    case AE_IFIFO:
        out->type = MEMBER_FIFO;
        return true;
    case AE_IFSOCK:
        out->type = MEMBER_SOCKET;
        return true;
    default:
        return false;
    }
}

/* Numbers that do not fit are nobody's. */
static uint32_t id_of(int64_t id)
{
    return id >= 0 && id < UINT32_MAX ? (uint32_t)id : 0;
}

static void forget_attributes(struct archive_source *a)
{
    for (size_t i = 0; i < a->attribute_count; i++) {
        free(a->attributes[i].name);
        free(a->attributes[i].value);
    }
    a->attribute_count = 0;
}

/* A copy of a name, in which what stands for it in digits is put back. NULL: no memory. */
static char *plain_name(const char *name)
{
    static const char prefix[] = ATTRIBUTE_HEX_PREFIX;
    char *copy = strdup(name);
    if (copy == NULL || strncmp(name, prefix, strlen(prefix)) != 0) {
        return copy;
    }
    char *out = copy;
    unsigned byte;
    for (name += strlen(prefix); sscanf(name, "%2x", &byte) == 1 && byte != 0 && name[1] != '\0'; name += 2) {
        *out++ = (char)byte;
    }
    *out = '\0';
    return copy;
}

/* Takes the value, which may be NULL for want of memory. */
static int add_attribute(struct archive_source *a, const char *name, void *value, size_t size)
{
    if (a->attribute_count == a->attribute_room) {
        size_t room = a->attribute_room != 0 ? 2 * a->attribute_room : 8;
        struct member_attribute *grown = realloc(a->attributes, room * sizeof *grown);
        if (grown == NULL) {
            free(value);
            return complain("out of memory");
        }
        a->attributes = grown;
        a->attribute_room = room;
    }
    char *copy = plain_name(name);
    if (copy == NULL || value == NULL) {
        free(copy);
        free(value);
        return complain("out of memory");
    }
    a->attributes[a->attribute_count++] = (struct member_attribute){copy, value, size};
    return 0;
}

static int add_acl(struct archive_source *a, bool is_default, struct member *out)
{
    size_t size = 0;
    uint32_t mask = out->mode >> 3 & 7;
    void *value = acl_of_entry(a->entry, is_default, &size, &mask);
    /* What stat shows as the group's permissions is the mask (acl(5)). */
    out->mode = (out->mode & ~070u) | mask << 3;
    return value == NULL ? 0 : add_attribute(a, is_default ? ATTRIBUTE_ACL_DEFAULT : ATTRIBUTE_ACL_ACCESS, value, size);
}

static int take_attributes(struct archive_source *a, struct member *out)
{
    const char *name;
    const void *value;
    size_t size;
    archive_entry_xattr_reset(a->entry);
    while (archive_entry_xattr_next(a->entry, &name, &value, &size) == ARCHIVE_OK) {
        void *copy = name != NULL ? malloc(size + 1) : NULL;
        if (copy != NULL && size > 0) {
            memcpy(copy, value, size);
        }
        if (name != NULL && add_attribute(a, name, copy, size) != 0) {
            return -1;
        }
    }
    if (add_acl(a, false, out) != 0 || add_acl(a, true, out) != 0) {
        return -1;
    }
    out->attributes = a->attributes;
    out->attribute_count = a->attribute_count;
    return 0;
}

/*
 * An archive that was cut off between two members reads well, but for the zero blocks that tar(5) puts at its end.
 * @read: how many bytes came after the last member.
 */
static int check_end(const struct archive_source *a, int64_t read)
{
    enum { TAR_BLOCK = 512 };
    if (archive_file_count(a->archive) > 0 && read < TAR_BLOCK) {
        return complain("%s: cut off: its end is missing", shown(a->name));
    }
    return 0;
}

static int next(struct member_source *source, struct member *out)
{
    struct archive_source *a = of(source);
    forget_attributes(a);
    int64_t before = archive_filter_bytes(a->archive, 0);
    int r = archive_read_next_header(a->archive, &a->entry);
    if (r == ARCHIVE_EOF) {
        return check_end(a, archive_filter_bytes(a->archive, 0) - before);
    }
    /* A warning is about a name in no known encoding: its bytes are there all the same, and names are bytes here. */
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
        return fail_reading(a);
    }
    *out = (struct member){.path = archive_entry_pathname(a->entry), .size = -1, .flags = ""};
    if (out->path == NULL || !set_type(a, out)) {
        return complain("%s: holds %s, which is nothing that belongs in it", shown(a->name),
                        out->path != NULL ? shown(out->path) : "a file without a name");
    }
    out->mode = (uint32_t)archive_entry_perm(a->entry) & 07777;
    out->uid = id_of(archive_entry_uid(a->entry));
    out->gid = id_of(archive_entry_gid(a->entry));
    out->major = (uint32_t)archive_entry_rdevmajor(a->entry);
    out->minor = (uint32_t)archive_entry_rdevminor(a->entry);
    if (archive_entry_size_is_set(a->entry) != 0) {
        out->size = archive_entry_size(a->entry);
    }
    out->mtime =
        (struct timespec){.tv_sec = archive_entry_mtime(a->entry), .tv_nsec = archive_entry_mtime_nsec(a->entry)};
    const char *flags = archive_entry_fflags_text(a->entry);
    if (flags != NULL) {
        out->flags = flags;
    }
    return take_attributes(a, out) == 0 ? 1 : -1;
}

static int data(struct member_source *source, struct chunk *out)
{
    struct archive_source *a = of(source);
    la_int64_t offset = 0;
    int r = archive_read_data_block(a->archive, &out->data, &out->size, &offset);
    if (r == ARCHIVE_EOF) {
        return 0;
    }
    if (r != ARCHIVE_OK) {
        return fail_reading(a);
    }
    out->offset = offset;
    return 1;
}

int archive_start(struct archive_source *a, int fd, const char *name)
{
    *a = (struct archive_source){.source = {next, data}, .archive = archive_read_new(), .name = name};
    if (a->archive == NULL) {
        return complain("out of memory");
    }
    archive_read_support_filter_all(a->archive);
    archive_read_support_format_tar(a->archive);
    archive_read_support_format_empty(a->archive);
    if (archive_read_open_fd(a->archive, fd, BLOCK) != ARCHIVE_OK) {
        const char *why = archive_error_string(a->archive);
        complain("%s: no archive that can be read: %s", shown(name), why != NULL ? why : "unknown");
        archive_end(a);
        return -1;
    }
    return 0;
}

void archive_end(struct archive_source *a)
{
    archive_read_free(a->archive);
    a->archive = NULL;
    forget_attributes(a);
    free(a->attributes);
    a->attributes = NULL;
    a->attribute_room = 0;
}

int64_t archive_position(const struct archive_source *a)
{
    return archive_filter_bytes(a->archive, -1);
}
