/* Copying a tree of files as it lies on the disk: a layer of an instance with all that overlayfs and dragoman keep in it. */
#ifndef INSTANCE_COPY_H
#define INSTANCE_COPY_H

/*
 * Copies all that is in the directory `from` into the empty directory `to`, on the same file system: contents (shared,
 * where the file system can, else with their holes), names of one file, owners, modes, times, extended attributes, device
 * 0:0 (a whiteout), fifos and sockets. `links`, an empty directory there, holds what has several names meanwhile, and is
 * left empty or not. No path is used, and two descriptors whatever the depth. The tree must not change meanwhile.
 *
 * @what: its name, for a complaint. Returns 0, or COMPLAINED after complaining.
 */
int copy_inside(int from, int to, int links, const char *what);

#endif
