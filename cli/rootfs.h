/*
 * --rootfs: a directory as the program's whole root, kept by the engine alone (vfs/rooted.h).
 */
#ifndef CLI_ROOTFS_H
#define CLI_ROOTFS_H

#include "cli/options.h"

option_setter set_rootfs;

/*
 * Before a start: puts the volumes and --read-only into the settings of a request that has a root, makes the volumes'
 * places, and goes to its working directory. Returns 0, or an exit status after complaining.
 */
int rootfs_begin(struct run_request *request);

#endif
