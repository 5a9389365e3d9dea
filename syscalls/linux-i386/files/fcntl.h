/* Record locks of i386 (struct compat_flock and compat_flock64 of the kernel's include/linux/compat.h). */
#ifndef SYSCALLS_LINUX_I386_FCNTL_H
#define SYSCALLS_LINUX_I386_FCNTL_H

#include <stdint.h>

struct flock;

struct i386_flock {
    int16_t l_type, l_whence;
    int32_t l_start, l_len, l_pid;
};

_Static_assert(sizeof(struct i386_flock) == 16, "struct flock");

struct i386_flock64 {
    int16_t l_type, l_whence;
    int64_t l_start, l_len;
    int32_t l_pid;
} __attribute__((packed, aligned(4)));

_Static_assert(sizeof(struct i386_flock64) == 24, "struct flock64");
_Static_assert(__builtin_offsetof(struct i386_flock64, l_start) == 4, "l_start");

/* fcntl64's own numbers, beside the old ones for the old structure (asm-generic/fcntl.h). */
#define I386_F_GETLK64  12
#define I386_F_SETLK64  13
#define I386_F_SETLKW64 14

void i386_flock_to_host(const struct i386_flock *in, struct flock *host);
void i386_flock64_to_host(const struct i386_flock64 *in, struct flock *host);
void i386_flock64_from_host(const struct flock *host, struct i386_flock64 *out);

/*
 * A lock that was found. Returns 0, or -EOVERFLOW if it begins beyond 2 GB; one that ends there is told as one of the
 * greatest length (fixup_compat_flock() in fs/fcntl.c).
 */
int i386_flock_from_host(const struct flock *host, struct i386_flock *out);

#endif
