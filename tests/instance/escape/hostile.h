/*
 * A hostile program, for Linux and FreeBSD, without any library: what it tries, each attempt says of itself.
 *
 *     hostile WAY NAME=VALUE...       WAY: guest  the calls of its own system
 *                                          raw    the host's, past the engine
 *
 * Prints `refused NAME` or `SUCCEEDED NAME` for each attempt. WAY raw takes the image's own syscall() for a call that
 * turns off the catching of calls: so every `syscall` after that is the host kernel's.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls that both systems have, by number; the Linux ones also by their own (linux_call). */
enum op {
    OPEN,
    READ,
    WRITE,
    CLOSE,
    CHMOD,
    CHOWN,
    STAT,
    ACCESS,
    UNLINK,
    LINK,
    SYMLINK,
    RENAME,
    TRUNCATE,
    READLINK,
    MKDIR,
    CHDIR,
    FCHDIR,
    CHROOT,
    UTIMES,
    KILL,
    FORK,
    EXIT,
    WAIT4,
    PTRACE,
    SOCKET,
    CONNECT,
    MOUNT,
    UNMOUNT,
    LOADFILE,
    REBOOT,
    MKNOD,
    OPENAT,
    IOCTL,
    SETSID,
    NANOSLEEP,
    GETPPID,
    MMAP,
    FCNTL,
    DUP,
    SETTIME,
    ACCT,
    EXECVE,
    FSYNC,
    OPS,
};

extern bool bsd; /* the calls are FreeBSD's */
extern bool raw;

/* A call by its system's number; negative errno. */
long call(long number, long a, long b, long c, long d, long e, long f);
long op(enum op what, long a, long b, long c);
long op6(enum op what, long a, long b, long c, long d, long e, long f);

void rest_ms(long ms);

/* Where calls are the host's, as Linux's guests or past the engine. */
static inline bool is_linux(void)
{
    return !bsd || raw;
}

/* Leaves the engine: afterwards calls are the host's. */
bool become_raw(void);

void *memset(void *to, int byte, size_t size);
size_t length(const char *s);
bool same(const char *a, const char *b);
void copy(char *to, const char *from);
void append(char *to, const char *from);
void append_number(char *to, long n);
long number(const char *s);
void say(const char *s);

/* The value of NAME=VALUE among the arguments; "" where it is missing. */
const char *given(const char *name);

void tell(const char *name, bool succeeded);

/* Whether this descriptor or this path gives the secret's text. */
bool reads_secret(long fd);
bool opens_secret(const char *path);

void try_files(void);
void try_proc(void);
void try_processes(void);
void try_network(void);
void try_kernel(void);

/* What the host looks at afterwards (tests/instance/escape/host). */
void use_streams(void);
void race_for_the_log(void);
void go_deep(void);
void lease_a_file(void);
void make_files(void);
void stop_and_go(void);
void take_terminals(void);
void replace_null(void);

/* What the guard of the disk has to find (tests/instance/escape/disk). */
void keep_nameless(void);

#define P(x) ((long)(x))

#endif
