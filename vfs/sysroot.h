/* Host names of what lies in a sysroot. */
#ifndef VFS_SYSROOT_H
#define VFS_SYSROOT_H

/* What follows the sysroot's prefix in an absolute host path ("/" for the sysroot itself), or NULL outside it. */
const char *sysroot_strip(const char *sysroot, const char *host);

#endif
