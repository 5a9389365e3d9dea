/*
 * Control messages (cmsg(3)) of guests with words of four bytes: heads of 12 bytes that align to 4, where the host's are of
 * 16 and align to 8; and for i386 times of 32 bits in them. Sources: net/compat.c (cmsghdr_from_user_compat_to_kern(),
 * put_cmsg_compat(), scm_detach_fds_compat()).
 */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_CONTROL_H
#define SYSCALLS_COMMON_LINUX_COMPAT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compat_cmsghdr {
    uint32_t length;
    int32_t level, type;
};

struct linux_cmsghdr {
    uint64_t length;
    int32_t level, type;
};

_Static_assert(sizeof(struct compat_cmsghdr) == 12 && sizeof(struct linux_cmsghdr) == 16, "struct cmsghdr");

/* Bytes that the host's form of `length` bytes of the guest's may take, either way. */
#define COMPAT_CONTROL_ROOM(length) (2 * (size_t)(length) + 64)

/* To the host's form, of which it returns the length; -EINVAL: they are no control messages. */
int64_t compat_control_to_host(const uint8_t *guest, uint32_t length, uint8_t *host);

/* What is to become of messages that are received. */
struct compat_control_reader {
    bool short_times;             /* those of the old options become of 32 bits */
    bool truncated;               /* out: something had no room */
    void (*drop)(void *, int fd); /* called for each descriptor that had none */
    void *argument;
};

/* From the host's form into `room` bytes. Returns how many have been used. */
uint32_t compat_control_from_host(struct compat_control_reader *rd, const uint8_t *host, uint64_t length,
                                  uint8_t *guest, uint32_t room);

/* Calls fn for each descriptor in messages of the host's form, until it returns other than 0. */
int64_t linux_control_descriptors(const uint8_t *host, uint64_t length, int64_t (*fn)(void *argument, int fd),
                                  void *argument);

#endif
