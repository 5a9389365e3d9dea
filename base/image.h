/* Where the engine lives in every guest's address space. */
#ifndef BASE_IMAGE_H
#define BASE_IMAGE_H

#include <stdint.h>

/*
 * The executable is linked at ENGINE_BASE and stays below ENGINE_CALLS_END, and host calls are made from there only. The
 * range is a constant: a seccomp filter by instruction pointer outlives exec, so another build of dragoman must be
 * inside the range of the first. Above it, up to ENGINE_END, lies code that only guests run: trampolines, whose bytes
 * are partly the guest's own, and the signal trampoline.
 */
#define ENGINE_BASE      0x7c000000ULL
#define ENGINE_CALLS_END 0x7f000000ULL
#define ENGINE_SIGCODE   ENGINE_CALLS_END
#define ENGINE_ROOMS     0x7f010000ULL
#define ENGINE_END       0x80000000ULL

/*
 * The arena: thread regions and the engine's heap, one reservation, so that "is this ours" is one comparison.
 * It lies far below where the host puts stacks and mappings and where FreeBSD programs expect theirs.
 */
#define ARENA_BASE 0x7c0000000000ULL
/*
 * Its first 2 MB hold what every process has: the first thread's region, the beginning of the heap, and the process
 * table at the end. So one page of page tables maps all of it: each further one costs every fork 1 µs.
 */
#define ARENA_FIRST_SIZE   (2ULL << 20)
#define ARENA_TABLE        (ARENA_BASE + (15ULL << 16))
#define ARENA_THREADS_SIZE (4ULL << 30)
#define ARENA_HEAP_SIZE    (4ULL << 30)
#define ARENA_END          (ARENA_BASE + ARENA_THREADS_SIZE + ARENA_HEAP_SIZE)

/* The end of user space on amd64 (both systems): the last page stays unmapped. */
#define USER_END 0x7ffffffff000ULL

/* The same of Linux's programs with words of 4 bytes: IA32_PAGE_OFFSET (arch/x86/include/asm/page_64_types.h). */
#define USER_END_32 0xffffe000ULL

#endif
