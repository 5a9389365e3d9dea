/*
 * Numbers: FreeBSD's sys/signal.h and Linux's asm-generic/siginfo.h. The code names per signal are the same on
 * both systems (POSIX), the numbers are not: FPE_INTOVF and FPE_INTDIV change places.
 */
#include "cli/fault-report/names.h"

#include <stddef.h>
#include <string.h>

struct number_name {
    int number;
    const char *name;
};

struct system_names {
    const char *personality;
    const struct number_name *signals;
    const struct number_name *codes; /* whatever the signal */
    const struct number_name *fpe;
    const struct number_name *trap;
};

static const struct number_name freebsd_signals[] = {
    {1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},  {4, "SIGILL"},  {5, "SIGTRAP"},  {6, "SIGABRT"},
    {7, "SIGEMT"},   {8, "SIGFPE"},   {9, "SIGKILL"},  {10, "SIGBUS"}, {11, "SIGSEGV"}, {12, "SIGSYS"},
    {13, "SIGPIPE"}, {14, "SIGALRM"}, {15, "SIGTERM"}, {16, "SIGURG"}, {24, "SIGXCPU"}, {25, "SIGXFSZ"},
    {30, "SIGUSR1"}, {31, "SIGUSR2"}, {0, NULL},
};

static const struct number_name linux_signals[] = {
    {1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},  {4, "SIGILL"},   {5, "SIGTRAP"},
    {6, "SIGABRT"},  {7, "SIGBUS"},   {8, "SIGFPE"},   {9, "SIGKILL"},  {10, "SIGUSR1"},
    {11, "SIGSEGV"}, {12, "SIGUSR2"}, {13, "SIGPIPE"}, {14, "SIGALRM"}, {15, "SIGTERM"},
    {24, "SIGXCPU"}, {25, "SIGXFSZ"}, {31, "SIGSYS"},  {0, NULL},
};

static const struct number_name freebsd_codes[] = {
    {0, "SI_NOINFO"},       {0x10001, "SI_USER"},    {0x10002, "SI_QUEUE"},
    {0x10003, "SI_TIMER"},  {0x10004, "SI_ASYNCIO"}, {0x10005, "SI_MESGQ"},
    {0x10006, "SI_KERNEL"}, {0x10007, "SI_LWP"},     {0, NULL},
};

static const struct number_name linux_codes[] = {
    {0, "SI_USER"}, {-1, "SI_QUEUE"}, {-2, "SI_TIMER"}, {-6, "SI_TKILL"}, {0x80, "SI_KERNEL"}, {0, NULL},
};

static const struct number_name freebsd_fpe[] = {
    {1, "FPE_INTOVF"}, {2, "FPE_INTDIV"}, {3, "FPE_FLTDIV"}, {4, "FPE_FLTOVF"}, {5, "FPE_FLTUND"},
    {6, "FPE_FLTRES"}, {7, "FPE_FLTINV"}, {8, "FPE_FLTSUB"}, {9, "FPE_FLTIDO"}, {0, NULL},
};

static const struct number_name linux_fpe[] = {
    {1, "FPE_INTDIV"}, {2, "FPE_INTOVF"}, {3, "FPE_FLTDIV"}, {4, "FPE_FLTOVF"}, {5, "FPE_FLTUND"},
    {6, "FPE_FLTRES"}, {7, "FPE_FLTINV"}, {8, "FPE_FLTSUB"}, {0, NULL},
};

static const struct number_name freebsd_trap[] = {
    {1, "TRAP_BRKPT"}, {2, "TRAP_TRACE"}, {3, "TRAP_DTRACE"}, {4, "TRAP_CAP"}, {0, NULL},
};

static const struct number_name linux_trap[] = {
    {1, "TRAP_BRKPT"}, {2, "TRAP_TRACE"}, {3, "TRAP_BRANCH"}, {4, "TRAP_HWBKPT"}, {0, NULL},
};

/* The same numbers on both systems. */
static const struct number_name segv_codes[] = {
    {1, "SEGV_MAPERR"},
    {2, "SEGV_ACCERR"},
    {0, NULL},
};
static const struct number_name bus_codes[] = {
    {1, "BUS_ADRALN"},
    {2, "BUS_ADRERR"},
    {3, "BUS_OBJERR"},
    {0, NULL},
};
static const struct number_name ill_codes[] = {
    {1, "ILL_ILLOPC"}, {2, "ILL_ILLOPN"}, {3, "ILL_ILLADR"}, {4, "ILL_ILLTRP"}, {5, "ILL_PRVOPC"},
    {6, "ILL_PRVREG"}, {7, "ILL_COPROC"}, {8, "ILL_BADSTK"}, {0, NULL},
};

static const struct system_names systems[] = {
    {"freebsd", freebsd_signals, freebsd_codes, freebsd_fpe, freebsd_trap},
    {"linux", linux_signals, linux_codes, linux_fpe, linux_trap},
};

static const struct system_names *names_of(const char *personality)
{
    if (strncmp(personality, "linux", 5) == 0) {
        return &systems[1];
    }
    return &systems[0];
}

static const char *look_up(const struct number_name *table, int number)
{
    for (; table->name; table++) {
        if (table->number == number) {
            return table->name;
        }
    }
    return NULL;
}

const char *signal_name(const char *personality, int signo)
{
    return look_up(names_of(personality)->signals, signo);
}

const char *signal_code_name(const char *personality, int signo, int code)
{
    const struct system_names *names = names_of(personality);
    const char *common = look_up(names->codes, code);
    const char *name = look_up(names->signals, signo);
    if (common || !name) {
        return common;
    }
    if (strcmp(name, "SIGSEGV") == 0) {
        return look_up(segv_codes, code);
    }
    if (strcmp(name, "SIGBUS") == 0) {
        return look_up(bus_codes, code);
    }
    if (strcmp(name, "SIGILL") == 0) {
        return look_up(ill_codes, code);
    }
    if (strcmp(name, "SIGFPE") == 0) {
        return look_up(names->fpe, code);
    }
    if (strcmp(name, "SIGTRAP") == 0) {
        return look_up(names->trap, code);
    }
    return NULL;
}
