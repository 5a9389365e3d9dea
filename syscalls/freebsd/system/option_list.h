/*
 * The lists of options that nmount(2) and jail_set(2) take: pairs of name and value in an iovec. Semantics:
 * copyinuio() in sys/kern/subr_uio.c, vfs_buildopts() and vfs_copyopt() in sys/kern/vfs_mount.c.
 */
#ifndef SYSCALLS_FREEBSD_OPTION_LIST_H
#define SYSCALLS_FREEBSD_OPTION_LIST_H

#include <stdint.h>

#include "base/guest.h"

struct option_list {
    guest_ptr vector;
    uint32_t count; /* entries: two for each option */
};

struct option_value {
    guest_ptr at;
    uint64_t size;
};

/* The vector alone: -EINVAL (too many entries, lengths that add up to too much), -EFAULT, or 0. */
int option_list_vector(const struct option_list *list);

/* The options in it: each name must end with a NUL, values have their limits. Returns 0, -EINVAL or -EFAULT. */
int option_list_check(const struct option_list *list);

/* The option's value. Returns 0, -ENOENT or -EFAULT. */
int option_list_find(const struct option_list *list, const char *name, struct option_value *value);

/* A value that is a number. Returns 0, -ENOENT, -EINVAL (of another size) or -EFAULT. */
int option_list_number(const struct option_list *list, const char *name, int32_t *number);

/* A value that is a string, copied into `size` bytes. Returns 0, -ENOENT, -EINVAL, -ENAMETOOLONG or -EFAULT. */
int option_list_string(const struct option_list *list, const char *name, char *to, uint64_t size);

/* Says in the option "errmsg", if there is one, what was wrong. */
void option_list_explain(const struct option_list *list, const char *text);

#endif
