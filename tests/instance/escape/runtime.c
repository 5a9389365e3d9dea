/* What hostile programs rest on. */
#include "hostile.h"

bool bsd;
bool raw;
static char **arguments;

/* Linux: arch/x86/entry/syscalls/syscall_64.tbl. FreeBSD: sys/kern/syscalls.master (those of FreeBSD 10, too). */
static const short numbers[2][OPS] = {
    {[OPEN] = 2,      [READ] = 0,      [WRITE] = 1,   [CLOSE] = 3,     [CHMOD] = 90,     [CHOWN] = 92,
     [STAT] = 4,      [ACCESS] = 21,   [UNLINK] = 87, [LINK] = 86,     [SYMLINK] = 88,   [RENAME] = 82,
     [TRUNCATE] = 76, [READLINK] = 89, [MKDIR] = 83,  [CHDIR] = 80,    [FCHDIR] = 81,    [CHROOT] = 161,
     [UTIMES] = 235,  [KILL] = 62,     [FORK] = 57,   [EXIT] = 60,     [WAIT4] = 61,     [PTRACE] = 101,
     [SOCKET] = 41,   [CONNECT] = 42,  [MOUNT] = 165, [UNMOUNT] = 166, [LOADFILE] = 313, [REBOOT] = 169,
     [MKNOD] = 133,   [OPENAT] = 257,  [IOCTL] = 16,  [SETSID] = 112,  [NANOSLEEP] = 35, [GETPPID] = 110,
     [MMAP] = 9,      [FCNTL] = 72,    [DUP] = 32,    [SETTIME] = 164, [ACCT] = 163,     [EXECVE] = 59,
     [FSYNC] = 74},
    {[OPEN] = 5,       [READ] = 3,      [WRITE] = 4,   [CLOSE] = 6,     [CHMOD] = 15,      [CHOWN] = 16,
     [STAT] = 188,     [ACCESS] = 33,   [UNLINK] = 10, [LINK] = 9,      [SYMLINK] = 57,    [RENAME] = 128,
     [TRUNCATE] = 479, [READLINK] = 58, [MKDIR] = 136, [CHDIR] = 12,    [FCHDIR] = 13,     [CHROOT] = 61,
     [UTIMES] = 138,   [KILL] = 37,     [FORK] = 2,    [EXIT] = 1,      [WAIT4] = 7,       [PTRACE] = 26,
     [SOCKET] = 97,    [CONNECT] = 98,  [MOUNT] = 21,  [UNMOUNT] = 22,  [LOADFILE] = 304,  [REBOOT] = 55,
     [MKNOD] = 14,     [OPENAT] = 499,  [IOCTL] = 54,  [SETSID] = 147,  [NANOSLEEP] = 240, [GETPPID] = 39,
     [MMAP] = 477,     [FCNTL] = 92,    [DUP] = 41,    [SETTIME] = 122, [ACCT] = 51,       [EXECVE] = 59,
     [FSYNC] = 95},
};

long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    unsigned char carry;
    long result = number;
    __asm__ volatile("syscall"
                     : "+a"(result), "=@ccc"(carry), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "D"(a), "S"(b)
                     : "rcx", "r11", "memory");
    return bsd && !raw && carry ? -result : result;
}

long op6(enum op what, long a, long b, long c, long d, long e, long f)
{
    return call(numbers[bsd && !raw][what], a, b, c, d, e, f);
}

long op(enum op what, long a, long b, long c)
{
    return op6(what, a, b, c, 0, 0, 0);
}

void rest_ms(long ms)
{
    long time[2] = {ms / 1000, ms % 1000 * 1000000};
    op(NANOSLEEP, P(time), 0, 0);
}

/* The C library's syscall() in the engine's image, by its bytes. */
bool become_raw(void)
{
    static const unsigned char code[] = {0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x48, 0x89, 0xca, 0x4d,
                                         0x89, 0xc2, 0x4d, 0x89, 0xc8, 0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05};
    enum { DISPATCH = 59, PRCTL = 157 };
    for (const unsigned char *at = (const unsigned char *)0x7c001000; at < (const unsigned char *)0x7c180000 + 0xa0000;
         at++) {
        size_t n = 0;
        while (n < sizeof code && at[n] == code[n]) {
            n++;
        }
        if (n == sizeof code) {
            long (*gate)(long, long, long, long, long, long, long) = (void *)at;
            raw = gate(PRCTL, DISPATCH, 0, 0, 0, 0, 0) == 0;
            return raw;
        }
    }
    return false;
}

size_t length(const char *s)
{
    size_t n = 0;
    while (s[n] != '\0') {
        n++;
    }
    return n;
}

bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

void copy(char *to, const char *from)
{
    while ((*to++ = *from++) != '\0') {}
}

void append(char *to, const char *from)
{
    copy(to + length(to), from);
}

void append_number(char *to, long n)
{
    char digits[24];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    append(to, at);
}

long number(const char *s)
{
    long n = 0;
    while (*s >= '0' && *s <= '9') {
        n = n * 10 + *s++ - '0';
    }
    return n;
}

void say(const char *s)
{
    op(WRITE, 1, P(s), P(length(s)));
}

const char *given(const char *name)
{
    for (char **a = arguments; *a != NULL; a++) {
        size_t n = 0;
        while (name[n] != '\0' && (*a)[n] == name[n]) {
            n++;
        }
        if (name[n] == '\0' && (*a)[n] == '=') {
            return *a + n + 1;
        }
    }
    return "";
}

void tell(const char *name, bool succeeded)
{
    char line[128];
    copy(line, succeeded ? "SUCCEEDED " : "refused ");
    append(line, name);
    append(line, "\n");
    say(line);
}

bool reads_secret(long fd)
{
    char text[64] = "";
    if (fd < 0) {
        return false;
    }
    long n = op(READ, fd, P(text), sizeof text - 1);
    op(CLOSE, fd, 0, 0);
    return n > 0 && text[0] == 's' && text[1] == 'e' && text[2] == 'c' && text[3] == 'r';
}

bool opens_secret(const char *path)
{
    return reads_secret(op(OPEN, P(path), 0, 0));
}

void *memset(void *to, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = (char)byte;
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

extern int hostile(char **argv);

__attribute__((used, noreturn)) static void begin(long *block)
{
    char **argv = (char **)(block + 1);
    arguments = argv + 1;
    op(EXIT, hostile(argv), 0, 0);
    __builtin_unreachable();
}

/* FreeBSD gives the block's address in rdi, Linux 0 there. */
__asm__(".globl _start\n_start:\n test %rdi, %rdi\n jnz 1f\n mov %rsp, %rdi\n1: and $-16, %rsp\n call begin\n");
