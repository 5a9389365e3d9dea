/* The page that stands for the vDSO of an x32 program. Its signal handlers bring their own restorers. */
#ifndef SYSCALLS_LINUX_X32_VDSO_H
#define SYSCALLS_LINUX_X32_VDSO_H

#include <stdint.h>

#define LINUX_X32_VDSO_SIZE 4096
extern const uint8_t linux_x32_vdso[LINUX_X32_VDSO_SIZE];

#endif
