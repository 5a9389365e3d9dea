/*
 * What a foreign file is, where the host's file cannot be it.
 *
 * An unprivileged user can neither give files away nor make set-id bits, device nodes and file flags that mean
 * anything; and a set-id bit on a foreign program must mean nothing to the host, whoever unpacks it. So such a file
 * belongs to the user, and what it would be at home stands in an extended attribute of its own, METADATA_ATTRIBUTE:
 * words of the form key=value with one space between, in this order, the first always there:
 *
 *     v=1                 the format
 *     type=char|block|socket
 *                         the host has an empty regular file in its place; without it the type is the host's
 *     dev=MAJOR:MINOR     of char and block
 *     uid=N gid=N         owner and group; without them 0
 *     mode=OCTAL          permissions with set-id and sticky bits, 1 to 4 digits; without it the host's
 *     flags=NAME,NAME     file flags by the names of chflags(1), but for uarch, which says nothing here
 *
 * A file without the attribute belongs to user and group 0, has the host's permissions, and no flags. Unknown words
 * are to be passed over, so that later versions may add some. Symbolic links, fifos and sockets can have no such attribute,
 * and of these their directory tells (metadata_names.h).
 *
 * The mark. A file that has the attribute has the host's sticky bit besides, METADATA_MARK, and then mode= tells whether
 * it is the file's own. So who asks for a file's status needs to read the attribute of marked files only, which are few:
 * on a regular file the bit means nothing to the host, and on a directory only as much as several users may write there.
 * Trees that were unpacked before there was a mark have none; their attributes are not noticed.
 *
 * Where real owners are to be had (subordinate ids), owner and group are the host's, and uid=, gid= say nothing.
 *
 * Both halves of the engine, and programs of their own, use this: no libc.
 */
#ifndef VFS_METADATA_TEXT_H
#define VFS_METADATA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METADATA_ATTRIBUTE "user.dragoman.metadata"
/* Attributes that begin so are ours: none is taken from an archive, none is shown to a guest. */
#define METADATA_PREFIX "user.dragoman."
/* FreeBSD's attributes of the `system` namespace, by this prefix and their name. */
#define METADATA_SYSTEM_PREFIX "user.dragoman.system."
/* Attributes that take a privilege, or mean something to the host (security.*, trusted.*, system.*), by this and their name. */
#define METADATA_KEPT_PREFIX "user.dragoman.xattr."
#define METADATA_MARK        01000u

enum {
    METADATA_FLAGS_MAX = 128, /* NUL included */
    METADATA_TEXT_MAX = 256,  /* longest value, NUL included */
};

enum metadata_type { METADATA_AS_HOST, METADATA_CHAR, METADATA_BLOCK, METADATA_SOCKET };

struct metadata {
    enum metadata_type type;
    uint32_t major, minor; /* of char and block */
    uint32_t uid, gid;
    bool has_mode;
    uint32_t mode; /* 07777 */
    char flags[METADATA_FLAGS_MAX];
};

/* Whether it says more than a file without the attribute does. */
bool metadata_matters(const struct metadata *m);

/* Writes the attribute's value, without a NUL behind it that would count. Returns its length. */
size_t metadata_format(const struct metadata *m, char out[METADATA_TEXT_MAX]);

/*
 * Reads a value of `size` bytes, which may be anything. Returns false, with `out` as for a file without the attribute,
 * where it is not of this format.
 */
bool metadata_parse(const char *text, size_t size, struct metadata *out);

/*
 * File flags as an archive spells them into `out`, without uarch. Returns false where they are not names with commas
 * between, or too long.
 */
bool metadata_take_flags(const char *text, char out[METADATA_FLAGS_MAX]);

#endif
