/* The users of an instance's root, as its own passwd(5) and group(5) tell. */
#ifndef INSTANCE_USERS_H
#define INSTANCE_USERS_H

#include <stddef.h>
#include <stdint.h>

enum { USER_GROUPS_MAX = 64, USER_TEXT_MAX = 256 };

struct user_ids {
    uint32_t user, group;
    uint32_t groups[USER_GROUPS_MAX]; /* beside `group` */
    size_t group_count;
    char login[USER_TEXT_MAX]; /* "": passwd does not have the user; and then no shell, and "/" for a home */
    char home[USER_TEXT_MAX];
    char shell[USER_TEXT_MAX];
};

/*
 * Whom "USER" or "USER:GROUP" means, names or numbers; NULL or "": root. `root`: a descriptor of the
 * world's root, whose links lead nowhere else; -1: the caller is in it. The files belong to the
 * instance and may hold, or be, anything. Returns 0, or -ENOENT with `what` (of `size`) telling who is unknown.
 */
int users_find(int root, const char *text, struct user_ids *out, char *what, size_t size);

#endif
