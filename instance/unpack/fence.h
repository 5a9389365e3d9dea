/* The second fence around what is unpacked, behind the care that tree.c takes. */
#ifndef INSTANCE_UNPACK_FENCE_H
#define INSTANCE_UNPACK_FENCE_H

#include <stdbool.h>

/*
 * From now on this process, and what it executes (libarchive has some compressions from programs), can make, write and
 * remove files below these two directories only, whatever an archive makes of it; reading is as before. Returns whether
 * the host can do so: Landlock with links from one directory to another, Linux 5.19.
 */
bool fence_raise(int tree, int stage);

#endif
