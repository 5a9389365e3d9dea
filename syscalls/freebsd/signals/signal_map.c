/* Signal numbers and default actions. Sources: sys/sys/signal.h, sys/kern/kern_sig.c; asm/signal.h. */
#include "base/host_signal.h"
#include "syscalls/freebsd/abi.h"

/* X(FreeBSD's number, the host's) */
#define SIGNALS(X)                                                                                                     \
    X(1, SIGHUP)                                                                                                       \
    X(2, SIGINT)                                                                                                       \
    X(3, SIGQUIT)                                                                                                      \
    X(FREEBSD_SIGILL, SIGILL)                                                                                          \
    X(FREEBSD_SIGTRAP, SIGTRAP)                                                                                        \
    X(6, SIGABRT)                                                                                                      \
    X(FREEBSD_SIGEMT, 34)                                                                                              \
    X(FREEBSD_SIGFPE, SIGFPE)                                                                                          \
    X(FREEBSD_SIGKILL, SIGKILL)                                                                                        \
    X(FREEBSD_SIGBUS, SIGBUS)                                                                                          \
    X(FREEBSD_SIGSEGV, SIGSEGV)                                                                                        \
    X(FREEBSD_SIGSYS, SIGSYS)                                                                                          \
    X(13, SIGPIPE)                                                                                                     \
    X(14, SIGALRM)                                                                                                     \
    X(15, SIGTERM)                                                                                                     \
    X(FREEBSD_SIGURG, SIGURG)                                                                                          \
    X(FREEBSD_SIGSTOP, SIGSTOP)                                                                                        \
    X(FREEBSD_SIGTSTP, SIGTSTP)                                                                                        \
    X(FREEBSD_SIGCONT, SIGCONT)                                                                                        \
    X(FREEBSD_SIGCHLD, SIGCHLD)                                                                                        \
    X(FREEBSD_SIGTTIN, SIGTTIN)                                                                                        \
    X(FREEBSD_SIGTTOU, SIGTTOU)                                                                                        \
    X(FREEBSD_SIGIO, SIGIO)                                                                                            \
    X(24, SIGXCPU)                                                                                                     \
    X(25, SIGXFSZ)                                                                                                     \
    X(26, SIGVTALRM)                                                                                                   \
    X(27, SIGPROF)                                                                                                     \
    X(FREEBSD_SIGWINCH, SIGWINCH)                                                                                      \
    X(FREEBSD_SIGINFO, 35)                                                                                             \
    X(30, SIGUSR1)                                                                                                     \
    X(31, SIGUSR2)                                                                                                     \
    X(FREEBSD_SIGTHR, 36)                                                                                              \
    X(FREEBSD_SIGLIBRT, 37)                                                                                            \
    X(65, 38)                                                                                                          \
    X(66, 39)                                                                                                          \
    X(67, 40)                                                                                                          \
    X(68, 41)                                                                                                          \
    X(69, 42)                                                                                                          \
    X(70, 43)                                                                                                          \
    X(71, 44)                                                                                                          \
    X(72, 45)                                                                                                          \
    X(73, 46)                                                                                                          \
    X(74, 47)                                                                                                          \
    X(75, 48)                                                                                                          \
    X(76, 49)                                                                                                          \
    X(77, 50)                                                                                                          \
    X(78, 51)                                                                                                          \
    X(79, 52)                                                                                                          \
    X(80, 53)                                                                                                          \
    X(81, 54)                                                                                                          \
    X(82, 55)                                                                                                          \
    X(83, 56)                                                                                                          \
    X(84, 57)                                                                                                          \
    X(85, 58)                                                                                                          \
    X(86, 59)                                                                                                          \
    X(87, 60)                                                                                                          \
    X(88, 61)                                                                                                          \
    X(89, 62)                                                                                                          \
    X(90, 63)                                                                                                          \
    X(91, 64)

#define TO_HOST(guest, host)   [guest] = (host),
#define FROM_HOST(guest, host) [host] = (guest),

const uint8_t freebsd_signal_to_host[FREEBSD_SIG_MAXSIG + 1] = {SIGNALS(TO_HOST)};
const uint8_t freebsd_signal_from_host[FREEBSD_HOST_SIGNALS] = {SIGNALS(FROM_HOST)};

uint8_t freebsd_signal_default(int signo)
{
    switch (signo) {
    case FREEBSD_SIGURG:
    case FREEBSD_SIGCHLD:
    case FREEBSD_SIGIO:
    case FREEBSD_SIGWINCH:
    case FREEBSD_SIGINFO:
        return SIGNAL_ACT_IGNORE;
    case FREEBSD_SIGSTOP:
    case FREEBSD_SIGTSTP:
    case FREEBSD_SIGTTIN:
    case FREEBSD_SIGTTOU:
        return SIGNAL_ACT_STOP;
    case FREEBSD_SIGCONT:
        return SIGNAL_ACT_CONTINUE;
    default:
        return SIGNAL_ACT_TERMINATE;
    }
}
