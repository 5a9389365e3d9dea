#ifndef CLI_SYSROOT_HINTS_H
#define CLI_SYSROOT_HINTS_H

/*
 * Gives a FreeBSD tree the dynamic linker's hints (var/run/ld-elf.so.hints) that a machine would have made as it booted;
 * hints that are there already stay. Nothing outside the tree is touched, whatever links are in it.
 * Returns 0 or -errno; the tree is usable without.
 */
int sysroot_make_hints(int tree);

#endif
