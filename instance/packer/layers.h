/*
 * Reading the files of an instance as it sees them: a directory that each of its layers may have a part of, as overlayfs
 * puts them together (Documentation/filesystems/overlayfs.rst, with the attributes of its userxattr). No mount is needed
 * for it, so it works where the host lets none be made.
 */
#ifndef INSTANCE_PACKER_LAYERS_H
#define INSTANCE_PACKER_LAYERS_H

#include <stddef.h>

/* One directory: its parts, topmost first, as open descriptors. */
struct layers_dir {
    int *fds;
    size_t count;
};

/* A name in it, and the topmost part that has it. */
struct layers_entry {
    char *name;
    size_t part;
};

struct layers_list {
    struct layers_entry *entries; /* in the order of their names' bytes */
    size_t count;
};

/* Functions return 0, or -1 after complaining (say.h); `path` is for messages. */

/* Lists what there is: names that an upper part hides are left out. */
int layers_list(const struct layers_dir *dir, const char *path, struct layers_list *out);
void layers_list_free(struct layers_list *list);

/* Opens the directory that an entry is. */
int layers_enter(const struct layers_dir *dir, const struct layers_entry *entry, const char *path,
                 struct layers_dir *out);

/* Opens the parts of a root, NULL-terminated paths, topmost first. */
int layers_open(char *const *paths, struct layers_dir *out);
void layers_close(struct layers_dir *dir);

#endif
