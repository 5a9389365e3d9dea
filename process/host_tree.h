/* Which processes the host shows, and who descends from whom. Source: proc(5). */
#ifndef PROCESS_HOST_TREE_H
#define PROCESS_HOST_TREE_H

#include <stddef.h>
#include <stdint.h>

struct host_process {
    int32_t pid, parent, group, session;
    int32_t subtree; /* the child of the root that it descends from, itself included; 0: no descendant */
    char state;      /* see struct host_stat */
};

struct host_tree {
    struct host_process *list; /* from the heap, in the order of pids as the host lists them */
    uint32_t count, room;
};

/*
 * Calls fn for each name in a directory that is a number; a negative result ends it, and is the result. Returns 0 or
 * -errno. While it runs a descriptor is open.
 */
int host_numbers_each(const char *directory, int (*fn)(void *arg, int32_t number), void *arg);

/* Reads all processes. Returns 0, -ENOMEM, or -errno where /proc cannot be read. The caller gives the tree back. */
int host_tree_read(struct host_tree *tree);
void host_tree_free(struct host_tree *tree);

/* Sets `subtree` of all that descend from `root`, and clears it in the others. */
void host_tree_mark(struct host_tree *tree, int32_t root);

#endif
