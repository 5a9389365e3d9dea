/*
 * What every test needs of FreeBSD's interface: process, files, memory, time, signals. Sizes and offsets
 * are stated so that a slip here cannot pass for a fault of what is tested.
 */
#ifndef GUEST_ABI_H
#define GUEST_ABI_H

#include <stddef.h>
#include <stdint.h>

/* ---- process start (sys/sys/elf_common.h, sys/sys/exec.h) ---- */

struct freebsd_auxv {
    uint64_t type;
    uint64_t value;
};

enum {
    FREEBSD_AT_NULL = 0,
    FREEBSD_AT_PHDR = 3,
    FREEBSD_AT_PHENT = 4,
    FREEBSD_AT_PHNUM = 5,
    FREEBSD_AT_PAGESZ = 6,
    FREEBSD_AT_BASE = 7,
    FREEBSD_AT_FLAGS = 8,
    FREEBSD_AT_ENTRY = 9,
    FREEBSD_AT_EXECPATH = 15,
    FREEBSD_AT_CANARY = 16,
    FREEBSD_AT_CANARYLEN = 17,
    FREEBSD_AT_OSRELDATE = 18,
    FREEBSD_AT_NCPUS = 19,
    FREEBSD_AT_PAGESIZES = 20,
    FREEBSD_AT_PAGESIZESLEN = 21,
    FREEBSD_AT_TIMEKEEP = 22,
    FREEBSD_AT_STACKPROT = 23,
    FREEBSD_AT_EHDRFLAGS = 24,
    FREEBSD_AT_HWCAP = 25,
    FREEBSD_AT_BSDFLAGS = 27,
    FREEBSD_AT_ARGC = 28,
    FREEBSD_AT_ARGV = 29,
    FREEBSD_AT_ENVC = 30,
    FREEBSD_AT_ENVV = 31,
    FREEBSD_AT_PS_STRINGS = 32,
};

struct freebsd_ps_strings {
    char **argv;
    uint32_t argc;
    char **envv;
    uint32_t envc;
};
_Static_assert(sizeof(struct freebsd_ps_strings) == 32, "struct ps_strings");

enum {
    FREEBSD_AMD64_GET_FSBASE = 128,
    FREEBSD_AMD64_SET_FSBASE = 129,
    FREEBSD_AMD64_GET_GSBASE = 130,
    FREEBSD_AMD64_SET_GSBASE = 131
};

/* wait(2), sys/sys/wait.h */
enum { FREEBSD_WNOHANG = 1, FREEBSD_WUNTRACED = 2, FREEBSD_WCONTINUED = 4, FREEBSD_WNOWAIT = 8, FREEBSD_WEXITED = 16 };
enum { FREEBSD_P_PID = 0, FREEBSD_P_PGID = 2, FREEBSD_P_ALL = 7 };
enum { FREEBSD_RFFDG = 4, FREEBSD_RFPROC = 16, FREEBSD_RFMEM = 32, FREEBSD_RFCFDG = 1 << 12 };

/* ---- time (sys/sys/_clock_id.h, sys/sys/_timespec.h) ---- */

struct freebsd_timespec {
    int64_t sec;
    int64_t nsec;
};
struct freebsd_timeval {
    int64_t sec;
    int64_t usec;
};
struct freebsd_itimerval {
    struct freebsd_timeval interval;
    struct freebsd_timeval value;
};
enum {
    FREEBSD_CLOCK_REALTIME = 0,
    FREEBSD_CLOCK_VIRTUAL = 1,
    FREEBSD_CLOCK_PROF = 2,
    FREEBSD_CLOCK_MONOTONIC = 4,
    FREEBSD_CLOCK_UPTIME = 5,
    FREEBSD_CLOCK_UPTIME_PRECISE = 7,
    FREEBSD_CLOCK_UPTIME_FAST = 8,
    FREEBSD_CLOCK_REALTIME_PRECISE = 9,
    FREEBSD_CLOCK_REALTIME_FAST = 10,
    FREEBSD_CLOCK_MONOTONIC_PRECISE = 11,
    FREEBSD_CLOCK_MONOTONIC_FAST = 12,
    FREEBSD_CLOCK_SECOND = 13,
    FREEBSD_CLOCK_THREAD_CPUTIME_ID = 14,
    FREEBSD_CLOCK_PROCESS_CPUTIME_ID = 15,
    FREEBSD_TIMER_ABSTIME = 1,
};

struct freebsd_rusage {
    struct freebsd_timeval utime;
    struct freebsd_timeval stime;
    int64_t maxrss;
    int64_t rest[13];
};
_Static_assert(sizeof(struct freebsd_rusage) == 144, "struct rusage");

struct freebsd_rlimit {
    int64_t current;
    int64_t maximum;
};

/* ---- files (sys/sys/fcntl.h, stat.h, dirent.h, mount.h) ---- */

enum {
    FREEBSD_O_RDONLY = 0,
    FREEBSD_O_WRONLY = 1,
    FREEBSD_O_RDWR = 2,
    FREEBSD_O_NONBLOCK = 4,
    FREEBSD_O_APPEND = 8,
    FREEBSD_O_SHLOCK = 0x10,
    FREEBSD_O_EXLOCK = 0x20,
    FREEBSD_O_ASYNC = 0x40,
    FREEBSD_O_SYNC = 0x80,
    FREEBSD_O_NOFOLLOW = 0x100,
    FREEBSD_O_CREAT = 0x200,
    FREEBSD_O_TRUNC = 0x400,
    FREEBSD_O_EXCL = 0x800,
    FREEBSD_O_NOCTTY = 0x8000,
    FREEBSD_O_DIRECTORY = 0x20000,
    FREEBSD_O_EXEC = 0x40000,
    FREEBSD_O_CLOEXEC = 0x100000,
    FREEBSD_O_PATH = 0x400000,
    FREEBSD_O_RESOLVE_BENEATH = 0x800000,
};
enum {
    FREEBSD_AT_FDCWD = -100,
    FREEBSD_AT_EACCESS = 0x100,
    FREEBSD_AT_SYMLINK_NOFOLLOW = 0x200,
    FREEBSD_AT_SYMLINK_FOLLOW = 0x400,
    FREEBSD_AT_REMOVEDIR = 0x800,
    FREEBSD_AT_EMPTY_PATH = 0x4000,
};
enum {
    FREEBSD_F_DUPFD = 0,
    FREEBSD_F_GETFD = 1,
    FREEBSD_F_SETFD = 2,
    FREEBSD_F_GETFL = 3,
    FREEBSD_F_SETFL = 4,
    FREEBSD_F_DUP2FD = 10,
    FREEBSD_F_GETLK = 11,
    FREEBSD_F_SETLK = 12,
    FREEBSD_F_SETLKW = 13,
    FREEBSD_F_DUPFD_CLOEXEC = 17,
    FREEBSD_F_DUP2FD_CLOEXEC = 18,
    FREEBSD_F_RDLCK = 1,
    FREEBSD_F_UNLCK = 2,
    FREEBSD_F_WRLCK = 3,
    FREEBSD_FD_CLOEXEC = 1,
};
enum { FREEBSD_SEEK_SET = 0, FREEBSD_SEEK_CUR = 1, FREEBSD_SEEK_END = 2, FREEBSD_SEEK_DATA = 3, FREEBSD_SEEK_HOLE = 4 };
enum {
    FREEBSD_S_IFMT = 0170000,
    FREEBSD_S_IFIFO = 0010000,
    FREEBSD_S_IFCHR = 0020000,
    FREEBSD_S_IFDIR = 0040000,
    FREEBSD_S_IFREG = 0100000,
    FREEBSD_S_IFLNK = 0120000,
    FREEBSD_S_IFSOCK = 0140000
};
enum { FREEBSD_DT_FIFO = 1, FREEBSD_DT_DIR = 4, FREEBSD_DT_REG = 8, FREEBSD_DT_LNK = 10 };
enum { FREEBSD_UTIME_NOW = -1, FREEBSD_UTIME_OMIT = -2 };

struct freebsd_flock {
    int64_t start;
    int64_t len;
    int32_t pid;
    int16_t type;
    int16_t whence;
    int32_t sysid;
};
_Static_assert(sizeof(struct freebsd_flock) == 32, "struct flock");

struct freebsd_stat {
    uint64_t dev;
    uint64_t ino;
    uint64_t nlink;
    uint16_t mode;
    int16_t pad0;
    uint32_t uid;
    uint32_t gid;
    int32_t pad1;
    uint64_t rdev;
    struct freebsd_timespec atim;
    struct freebsd_timespec mtim;
    struct freebsd_timespec ctim;
    struct freebsd_timespec birthtim;
    int64_t size;
    int64_t blocks;
    int32_t blksize;
    uint32_t flags;
    uint64_t gen;
    uint64_t spare[10];
};
_Static_assert(sizeof(struct freebsd_stat) == 224, "struct stat");

/* The layout before inodes grew to 64 bits in FreeBSD 12. */
struct freebsd11_stat {
    uint32_t dev;
    uint32_t ino;
    uint16_t mode;
    uint16_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint32_t rdev;
    struct freebsd_timespec atim;
    struct freebsd_timespec mtim;
    struct freebsd_timespec ctim;
    int64_t size;
    int64_t blocks;
    int32_t blksize;
    uint32_t flags;
    uint32_t gen;
    int32_t spare;
    struct freebsd_timespec birthtim;
};
_Static_assert(sizeof(struct freebsd11_stat) == 120, "struct freebsd11_stat");

struct freebsd_dirent {
    uint64_t fileno;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    uint8_t pad0;
    uint16_t namlen;
    uint16_t pad1;
    char name[256];
};
_Static_assert(offsetof(struct freebsd_dirent, name) == 24, "struct dirent");

struct freebsd11_dirent {
    uint32_t fileno;
    uint16_t reclen;
    uint8_t type;
    uint8_t namlen;
    char name[256];
};

struct freebsd_statfs {
    uint32_t version;
    uint32_t type;
    uint64_t flags;
    uint64_t bsize;
    uint64_t iosize;
    uint64_t blocks;
    uint64_t bfree;
    int64_t bavail;
    uint64_t files;
    int64_t ffree;
    uint64_t counts[4];
    uint64_t spare[10];
    uint32_t namemax;
    uint32_t owner;
    int32_t fsid[2];
    char charspare[80];
    char fstypename[16];
    char mntfromname[1024];
    char mntonname[1024];
};
_Static_assert(sizeof(struct freebsd_statfs) == 2344, "struct statfs");
#define FREEBSD_STATFS_VERSION 0x20140518U

struct freebsd_iovec {
    void *base;
    uint64_t len;
};

/* ---- memory (sys/sys/mman.h) ---- */

enum { FREEBSD_PROT_NONE = 0, FREEBSD_PROT_READ = 1, FREEBSD_PROT_WRITE = 2, FREEBSD_PROT_EXEC = 4 };
#define FREEBSD_PROT_MAX(prot) ((prot) << 16)
enum {
    FREEBSD_MAP_SHARED = 1,
    FREEBSD_MAP_PRIVATE = 2,
    FREEBSD_MAP_FIXED = 0x10,
    FREEBSD_MAP_STACK = 0x400,
    FREEBSD_MAP_NOSYNC = 0x800,
    FREEBSD_MAP_ANON = 0x1000,
    FREEBSD_MAP_GUARD = 0x2000,
    FREEBSD_MAP_EXCL = 0x4000,
    FREEBSD_MAP_NOCORE = 0x20000,
    FREEBSD_MAP_PREFAULT_READ = 0x40000,
    FREEBSD_MAP_32BIT = 0x80000,
};
#define FREEBSD_MAP_ALIGNED(n) ((n) << 24)
enum { FREEBSD_MADV_NORMAL = 0, FREEBSD_MADV_DONTNEED = 4, FREEBSD_MADV_FREE = 5, FREEBSD_MADV_PROTECT = 10 };
enum { FREEBSD_INHERIT_SHARE = 0, FREEBSD_INHERIT_COPY = 1, FREEBSD_INHERIT_NONE = 2, FREEBSD_INHERIT_ZERO = 3 };
enum { FREEBSD_MINCORE_INCORE = 1 };
enum { FREEBSD_MS_ASYNC = 1, FREEBSD_MS_INVALIDATE = 2 };

/* ---- signals (sys/sys/signal.h) ---- */

enum {
    FREEBSD_SIGHUP = 1,
    FREEBSD_SIGINT = 2,
    FREEBSD_SIGQUIT = 3,
    FREEBSD_SIGILL = 4,
    FREEBSD_SIGTRAP = 5,
    FREEBSD_SIGABRT = 6,
    FREEBSD_SIGEMT = 7,
    FREEBSD_SIGFPE = 8,
    FREEBSD_SIGKILL = 9,
    FREEBSD_SIGBUS = 10,
    FREEBSD_SIGSEGV = 11,
    FREEBSD_SIGSYS = 12,
    FREEBSD_SIGPIPE = 13,
    FREEBSD_SIGALRM = 14,
    FREEBSD_SIGTERM = 15,
    FREEBSD_SIGURG = 16,
    FREEBSD_SIGSTOP = 17,
    FREEBSD_SIGTSTP = 18,
    FREEBSD_SIGCONT = 19,
    FREEBSD_SIGCHLD = 20,
    FREEBSD_SIGVTALRM = 26,
    FREEBSD_SIGPROF = 27,
    FREEBSD_SIGWINCH = 28,
    FREEBSD_SIGINFO = 29,
    FREEBSD_SIGUSR1 = 30,
    FREEBSD_SIGUSR2 = 31,
    FREEBSD_SIGTHR = 32,
    FREEBSD_SIGRTMIN = 65,
    FREEBSD_SIGRTMAX = 126,
};
enum {
    FREEBSD_SA_ONSTACK = 1,
    FREEBSD_SA_RESTART = 2,
    FREEBSD_SA_RESETHAND = 4,
    FREEBSD_SA_NOCLDSTOP = 8,
    FREEBSD_SA_NODEFER = 0x10,
    FREEBSD_SA_NOCLDWAIT = 0x20,
    FREEBSD_SA_SIGINFO = 0x40,
};
enum { FREEBSD_SIG_BLOCK = 1, FREEBSD_SIG_UNBLOCK = 2, FREEBSD_SIG_SETMASK = 3 };
enum {
    FREEBSD_SI_USER = 0x10001,
    FREEBSD_SI_QUEUE = 0x10002,
    FREEBSD_SI_TIMER = 0x10003,
    FREEBSD_SI_KERNEL = 0x10006,
    FREEBSD_SI_LWP = 0x10007
};
enum { FREEBSD_SS_ONSTACK = 1, FREEBSD_SS_DISABLE = 4, FREEBSD_MINSIGSTKSZ = 2048 };
enum {
    FREEBSD_ILL_PRVOPC = 5,
    FREEBSD_BUS_ADRALN = 1,
    FREEBSD_BUS_ADRERR = 2,
    FREEBSD_BUS_OBJERR = 3,
    FREEBSD_SEGV_MAPERR = 1,
    FREEBSD_SEGV_ACCERR = 2,
    FREEBSD_FPE_INTDIV = 2,
    FREEBSD_FPE_FLTDIV = 3,
    FREEBSD_TRAP_BRKPT = 1,
    FREEBSD_TRAP_TRACE = 2
};
enum {
    FREEBSD_CLD_EXITED = 1,
    FREEBSD_CLD_KILLED = 2,
    FREEBSD_CLD_DUMPED = 3,
    FREEBSD_CLD_STOPPED = 5,
    FREEBSD_CLD_CONTINUED = 6
};
/* Trap numbers as mc_trapno and si_trapno show them (sys/x86/include/trap.h). */
enum {
    FREEBSD_T_PRIVINFLT = 1,
    FREEBSD_T_BPTFLT = 3,
    FREEBSD_T_ARITHTRAP = 6,
    FREEBSD_T_PROTFLT = 9,
    FREEBSD_T_TRCTRAP = 10,
    FREEBSD_T_PAGEFLT = 12,
    FREEBSD_T_DIVIDE = 18
};

struct freebsd_sigset {
    uint32_t bits[4];
};

struct freebsd_stack {
    void *sp;
    uint64_t size;
    int32_t flags;
};
_Static_assert(sizeof(struct freebsd_stack) == 24, "stack_t");

struct freebsd_siginfo {
    int32_t signo;
    int32_t error;
    int32_t code;
    int32_t pid;
    uint32_t uid;
    int32_t status;
    void *addr;
    uint64_t value;
    int32_t trapno; /* of the union: also the timer's id */
    int32_t overrun;
    int32_t spare[8];
};
_Static_assert(sizeof(struct freebsd_siginfo) == 80, "siginfo_t");

struct freebsd_mcontext {
    uint64_t onstack;
    uint64_t rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
    uint32_t trapno;
    uint16_t fs, gs;
    uint64_t addr;
    uint32_t flags;
    uint16_t es, ds;
    uint64_t err, rip, cs, rflags, rsp, ss;
    int64_t len;
    int64_t fpformat;
    int64_t ownedfp;
    int64_t fpstate[64] __attribute__((aligned(16)));
    uint64_t fsbase, gsbase;
    uint64_t xfpustate, xfpustate_len;
    int64_t spare[4];
};
_Static_assert(sizeof(struct freebsd_mcontext) == 800, "mcontext_t");

struct freebsd_ucontext {
    struct freebsd_sigset sigmask;
    struct freebsd_mcontext mc;
    void *link;
    struct freebsd_stack stack;
    int32_t flags;
    int32_t spare[4];
};
_Static_assert(sizeof(struct freebsd_ucontext) == 880, "ucontext_t");

typedef void freebsd_handler(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context);

struct freebsd_sigaction {
    freebsd_handler *handler;
    int32_t flags;
    struct freebsd_sigset mask;
};
_Static_assert(sizeof(struct freebsd_sigaction) == 32, "struct sigaction");
#define FREEBSD_SIG_DFL ((freebsd_handler *)0)
#define FREEBSD_SIG_IGN ((freebsd_handler *)1)

/* ---- threads (sys/sys/thr.h, sys/sys/umtx.h) ---- */

struct freebsd_thr_param {
    void (*start_func)(void *);
    void *arg;
    char *stack_base;
    uint64_t stack_size;
    char *tls_base;
    uint64_t tls_size;
    int64_t *child_tid;
    int64_t *parent_tid;
    int32_t flags;
    void *rtp;
    void *spare[3];
};
_Static_assert(sizeof(struct freebsd_thr_param) == 104, "struct thr_param");
enum { FREEBSD_THR_SUSPENDED = 1, FREEBSD_THR_SYSTEM_SCOPE = 2 };

enum {
    FREEBSD_UMTX_OP_WAIT = 2,
    FREEBSD_UMTX_OP_WAKE = 3,
    FREEBSD_UMTX_OP_MUTEX_TRYLOCK = 4,
    FREEBSD_UMTX_OP_MUTEX_LOCK = 5,
    FREEBSD_UMTX_OP_MUTEX_UNLOCK = 6,
    FREEBSD_UMTX_OP_CV_WAIT = 8,
    FREEBSD_UMTX_OP_CV_SIGNAL = 9,
    FREEBSD_UMTX_OP_CV_BROADCAST = 10,
    FREEBSD_UMTX_OP_WAIT_UINT = 11,
    FREEBSD_UMTX_OP_RW_RDLOCK = 12,
    FREEBSD_UMTX_OP_RW_WRLOCK = 13,
    FREEBSD_UMTX_OP_RW_UNLOCK = 14,
    FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE = 15,
    FREEBSD_UMTX_OP_WAKE_PRIVATE = 16,
    FREEBSD_UMTX_OP_NWAKE_PRIVATE = 21,
    FREEBSD_UMTX_OP_SEM2_WAIT = 23,
    FREEBSD_UMTX_OP_SEM2_WAKE = 24,
};

/* A timeout with its kind: the size given in the fourth argument says that it is this and no bare timespec. */
struct freebsd_umtx_time {
    struct freebsd_timespec timeout;
    uint32_t flags;
    uint32_t clockid;
};
_Static_assert(sizeof(struct freebsd_umtx_time) == 24, "struct _umtx_time");
enum { FREEBSD_UMTX_ABSTIME = 1 };

#endif
