/*
 * What the cases ask of a system: the same functions on both, over its own numbers and structures.
 *
 * Every sys_ function is one stub with one `syscall` in it, shaped as that system's libc shapes it
 * (calls_linux.S, calls_freebsd.S), and returns the result or the negative error number of its system. An abi_
 * function is for what the two systems spell differently; none does more than one system call unless it says so.
 */
#ifndef BENCH_ABI_H
#define BENCH_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__FreeBSD__)
#include "abi_freebsd.h"
#elif defined(__linux__)
#include "abi_linux.h"
#else
#error "no ABI for this target"
#endif

/* The same on both systems. */
enum { ABI_PROT_READ = 1, ABI_PROT_WRITE = 2, ABI_MAP_PRIVATE = 2, ABI_SEEK_SET = 0, ABI_CPU_BYTES = 128 };
enum { ABI_RUSAGE_SELF = 0, ABI_RUSAGE_CHILDREN = -1, ABI_AT_FDCWD = -100 };

struct abi_timespec {
    int64_t sec;
    int64_t nsec;
};
struct abi_rusage {
    struct {
        int64_t sec;
        int64_t usec;
    } user, system;
    int64_t rest[14];
};
_Static_assert(sizeof(struct abi_rusage) == 144, "struct rusage is as long on both systems");

int64_t sys_exit(int status) __attribute__((noreturn));
int64_t sys_getpid(void);
int64_t sys_getppid(void);
int64_t sys_getuid(void);
int64_t sys_read(int fd, void *buffer, uint64_t size);
int64_t sys_write(int fd, const void *buffer, uint64_t size);
int64_t sys_pread(int fd, void *buffer, uint64_t size, int64_t offset);
int64_t sys_openat(int folder, const char *path, int flags, int mode);
int64_t sys_close(int fd);
int64_t sys_fstatat(int folder, const char *path, struct abi_stat *out, int flags);
int64_t sys_pipe2(int fds[2], int flags);
int64_t sys_dup2(int from, int to);
int64_t sys_mmap(void *at, uint64_t size, int prot, int flags, int fd, int64_t offset);
int64_t sys_munmap(void *at, uint64_t size);
int64_t sys_kill(int pid, int signo);
int64_t sys_fork(void);
int64_t sys_vfork(void);
int64_t sys_execve(const char *path, char *const argv[], char *const envp[]);
int64_t sys_wait4(int pid, int *status, int options, struct abi_rusage *usage);
int64_t sys_sched_yield(void);
int64_t sys_getrusage(int who, struct abi_rusage *usage);

/* Called first of all, with the block that argc stands at. */
void abi_start(uint64_t *block);
/* The monotonic clock as a program of that system reads it: Linux through its vDSO, FreeBSD by the system call. */
int64_t abi_clock(struct abi_timespec *out);
int64_t abi_handle(int signo, void (*handler)(int));

/* Blocks while *word is value; may return early or with an error, as the caller looks again anyway. */
int64_t abi_wait_word(uint32_t *word, uint32_t value);
/* Wakes one waiter; the result is not negative. */
int64_t abi_wake_word(uint32_t *word);

/* A thread; its memory is the caller's and may be used again after the join. */
struct abi_thread {
    _Alignas(16) char stack[32 * 1024];
    uint64_t tls[8];
    _Alignas(8) int64_t state;
    int64_t id;
    void (*function)(void *);
    void *argument;
};
int64_t abi_thread_start(struct abi_thread *thread);
void abi_thread_join(struct abi_thread *thread);

/* The CPUs that this thread may use, a bit each; restricts it to one. */
int64_t abi_get_cpus(uint8_t mask[ABI_CPU_BYTES]);
int64_t abi_pin(int cpu);

/* A kernel queue (kqueue, epoll) that watches fd for input; asks it once without waiting: the number of events. */
int64_t abi_queue_watch(int fd);
int64_t abi_queue_poll(int queue);

#endif
