/* Linux/amd64 as a foreign system. */
#ifndef SYSCALLS_LINUX_ABI_H
#define SYSCALLS_LINUX_ABI_H

struct personality;

extern const struct personality linux_personality;

#endif
