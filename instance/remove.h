/* Removing a whole tree of files. */
#ifndef INSTANCE_REMOVE_H
#define INSTANCE_REMOVE_H

/*
 * Removes `name` in the directory `dirfd`, with all that is below it. Links are removed, not followed; directories that
 * may not be written are made writable first; other file systems that are mounted inside are left alone, and the
 * removal then fails. Returns 0 (also where nothing is there) or -errno, of the first that could not be removed.
 */
int remove_tree(int dirfd, const char *name);

/* Removes all that is in the directory `fd`, which is taken. Returns 0 or -errno. */
int remove_inside(int fd);

#endif
