/* The list of personalities: a new one is a folder and a line here. */
#include "base/personality.h"

#include <stddef.h>

#include "syscalls/freebsd/abi.h"
#include "syscalls/linux-i386/abi.h"
#include "syscalls/linux-x32/abi.h"
#include "syscalls/linux/abi.h"

const struct personality *const personalities[] = {
    &freebsd_personality, &linux_personality, &linux_i386_personality, &linux_x32_personality, NULL,
};
