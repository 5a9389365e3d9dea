#include "instance/packer/layers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/unpack/attributes.h"
#include "instance/unpack/say.h"

enum { OPEN_DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* What the attribute `opaque` of a directory says: 'y', nothing below counts; 'x', whiteouts are marked files; 0. */
static char opaque_of(int fd)
{
    char value[2] = "";
    return fgetxattr(fd, ATTRIBUTE_OVERLAY "opaque", value, sizeof value) == 1 ? value[0] : 0;
}

/* What hides a name: a device 0:0, or, in a directory that says so, an empty file with an attribute. */
static bool is_whiteout(int dir, const char *name, unsigned char type, bool marked)
{
    struct stat st;
    bool may_be = type == DT_CHR || type == DT_UNKNOWN || (marked && type == DT_REG);
    if (!may_be || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    if (S_ISCHR(st.st_mode)) {
        return st.st_rdev == 0;
    }
    if (!marked || !S_ISREG(st.st_mode) || st.st_size != 0) {
        return false;
    }
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    bool is = fd >= 0 && fgetxattr(fd, ATTRIBUTE_OVERLAY "whiteout", NULL, 0) >= 0;
    if (fd >= 0) {
        close(fd);
    }
    return is;
}

/* A name as one part has it. */
struct found {
    char *name;
    size_t part;
    bool whiteout;
};

struct finds {
    struct found *all;
    size_t count, room;
};

static int add_find(struct finds *finds, const char *name, size_t part, bool whiteout)
{
    if (finds->count == finds->room) {
        size_t room = finds->room != 0 ? 2 * finds->room : 64;
        struct found *grown = realloc(finds->all, room * sizeof *grown);
        if (grown == NULL) {
            return complain("out of memory");
        }
        finds->all = grown;
        finds->room = room;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        return complain("out of memory");
    }
    finds->all[finds->count++] = (struct found){copy, part, whiteout};
    return 0;
}

static int read_part(struct finds *finds, int dir, size_t part, const char *path)
{
    int fd = openat(dir, ".", OPEN_DIRECTORY);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (stream == NULL) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return complain("%s: %s", shown(path), strerror(error));
    }
    bool marked = opaque_of(dir) == 'x';
    int r = 0;
    errno = 0;
    for (struct dirent *entry = readdir(stream); entry != NULL && r == 0; entry = readdir(stream)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            r = add_find(finds, entry->d_name, part, is_whiteout(dir, entry->d_name, entry->d_type, marked));
        }
        errno = 0;
    }
    if (r == 0 && errno != 0) {
        r = complain("%s: %s", shown(path), strerror(errno));
    }
    closedir(stream);
    return r;
}

static int by_name_and_part(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->part > y->part) - (x->part < y->part);
}

int layers_list(const struct layers_dir *dir, const char *path, struct layers_list *out)
{
    struct finds finds = {0};
    int r = 0;
    *out = (struct layers_list){0};
    for (size_t part = 0; part < dir->count && r == 0; part++) {
        r = read_part(&finds, dir->fds[part], part, path);
    }
    if (finds.count > 0) {
        qsort(finds.all, finds.count, sizeof *finds.all, by_name_and_part);
    }
    out->entries = calloc(finds.count + 1, sizeof *out->entries);
    if (out->entries == NULL) {
        r = complain("out of memory");
    }
    const char *last = NULL;
    for (size_t i = 0; i < finds.count; i++) {
        struct found *f = &finds.all[i];
        bool first = last == NULL || strcmp(last, f->name) != 0;
        last = first ? f->name : last;
        if (first && !f->whiteout && r == 0 && out->entries != NULL) {
            char *copy = strdup(f->name);
            r = copy == NULL ? complain("out of memory") : 0;
            out->entries[out->count] = (struct layers_entry){copy, f->part};
            out->count += copy != NULL;
        }
    }
    for (size_t i = 0; i < finds.count; i++) {
        free(finds.all[i].name);
    }
    free(finds.all);
    return r;
}

void layers_list_free(struct layers_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i].name);
    }
    free(list->entries);
    *list = (struct layers_list){0};
}

int layers_enter(const struct layers_dir *dir, const struct layers_entry *entry, const char *path,
                 struct layers_dir *out)
{
    *out = (struct layers_dir){.fds = calloc(dir->count, sizeof *out->fds)};
    if (out->fds == NULL) {
        return complain("out of memory");
    }
    for (size_t part = entry->part; part < dir->count; part++) {
        int fd = openat(dir->fds[part], entry->name, OPEN_DIRECTORY);
        if (fd < 0 && errno == ENOENT) {
            continue;
        }
        if (fd < 0 && (errno == ENOTDIR || errno == ELOOP) && out->count > 0) {
            break; /* a file below hides the directories of that name further below, and so does a whiteout */
        }
        if (fd < 0) {
            return complain("%s: %s", shown(path), strerror(errno));
        }
        out->fds[out->count++] = fd;
        if (opaque_of(fd) == 'y') {
            break;
        }
    }
    return 0;
}

int layers_open(char *const *paths, struct layers_dir *out)
{
    size_t count = 0;
    while (paths[count] != NULL) {
        count++;
    }
    *out = (struct layers_dir){.fds = calloc(count + 1, sizeof *out->fds)};
    if (out->fds == NULL) {
        return complain("out of memory");
    }
    for (; *paths != NULL; paths++) {
        int fd = open(*paths, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            return complain("%s: %s", shown(*paths), strerror(errno));
        }
        out->fds[out->count++] = fd;
    }
    return 0;
}

void layers_close(struct layers_dir *dir)
{
    for (size_t i = 0; i < dir->count; i++) {
        close(dir->fds[i]);
    }
    free(dir->fds);
    *dir = (struct layers_dir){0};
}
