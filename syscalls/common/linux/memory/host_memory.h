/* Memory of the guest's that the host is handed as it is (base/guest.h). */
#ifndef SYSCALLS_COMMON_LINUX_HOST_MEMORY_H
#define SYSCALLS_COMMON_LINUX_HOST_MEMORY_H

#include "base/guest.h"

/* Its address for the host, or one that the host refuses where a part of it is the engine's. NULL stays NULL. */
static inline uint64_t linux_host_memory(guest_ptr p, uint64_t size)
{
    return guest_whole(p.va, size);
}

#endif
