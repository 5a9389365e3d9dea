/*
 * Values one after the other in a block of memory: how a plan or the start of a program is told to another process of
 * dragoman's own, of the same build. Numbers have eight bytes; a string has its length before it, and a NUL behind.
 */
#ifndef INSTANCE_PACK_H
#define INSTANCE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACK_MAX = 32 << 20 };

struct pack {
    char *bytes;
    size_t size, room;
    bool failed; /* for want of memory: everything after that is left out */
};

void pack_bytes(struct pack *p, const void *bytes, size_t size);
void pack_number(struct pack *p, uint64_t value);
void pack_string(struct pack *p, const char *text);      /* NULL, too */
void pack_strings(struct pack *p, char *const *strings); /* NULL-terminated; NULL counts as none */
void pack_free(struct pack *p);

/*
 * A sealed memory file with all of it, named `name`; closed on exec. Returns the descriptor, or -errno (-ENOMEM where
 * something did not fit).
 */
int pack_to_file(const struct pack *p, const char *name);

struct unpack {
    char *at, *end;
    bool failed; /* something did not fit: the values from there on are 0 and NULL */
};

/*
 * Reads such a file whole. What unpacks to a string points into the memory, which is never freed. Returns 0 or -errno
 * (-EINVAL: no sealed file, or too large).
 */
int unpack_file(int fd, struct unpack *u);

void unpack_bytes(struct unpack *u, void *to, size_t size);
uint64_t unpack_number(struct unpack *u);
char *unpack_string(struct unpack *u);
char **unpack_strings(struct unpack *u); /* never NULL but where it failed */

#endif
