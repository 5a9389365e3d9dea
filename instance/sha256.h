/* SHA-256 (FIPS 180-4): the names of a container image's parts. */
#ifndef INSTANCE_SHA256_H
#define INSTANCE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_HEX = 65 }; /* digits, and a NUL */

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_end(struct sha256 *s, char hex[SHA256_HEX]);

#endif
