/* Message queues. */
#ifndef SYSCALLS_COMMON_LINUX_MQUEUE_H
#define SYSCALLS_COMMON_LINUX_MQUEUE_H

#include <stdint.h>

#include "base/host_signal.h"

struct thread;

/* mq_notify(2) with the event in hand. Returns 0 or -errno. */
int64_t linux_mq_notify(struct thread *t, int32_t mqdes, const struct sigevent *event);

#endif
