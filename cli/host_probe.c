#include "cli/host_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/binfmt.h"
#include "cli/host_intercept.h"
#include "cli/host_linux.h"
#include "cli/sysroot_name.h"

/* arch/x86/include/uapi/asm/hwcap2.h; glibc has no name for it. */
#define HWCAP2_FSGSBASE_BIT (1ul << 1)

static void set(struct probe_result *r, enum probe_state state, const char *found, const char *step)
{
    r->state = state;
    snprintf(r->found, sizeof r->found, "%s", found);
    snprintf(r->step, sizeof r->step, "%s", step);
}

/* The first line of a file, without its newline. Returns whether it could be read. */
static bool read_line(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out, size - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return n >= 0;
}

static void look_kernel(struct probe_result *r)
{
    struct utsname u;
    unsigned major = 0;
    unsigned minor = 0;
    uname(&u);
    sscanf(u.release, "%u.%u", &major, &minor);
    if (major > 5 || (major == 5 && minor >= 11)) {
        set(r, PROBE_GOOD, u.release, "");
    } else if (major == 5 && minor >= 9) {
        set(r, PROBE_NOTE, u.release,
            "a kernel of 5.11 or later has user dispatch: without, programs cannot execute those of this host");
    } else {
        set(r, PROBE_BAD, u.release, "5.9 is the oldest that can work, 5.11 the oldest advised");
    }
}

static void look_fsgsbase(struct probe_result *r)
{
    if ((getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT) != 0) {
        set(r, PROBE_GOOD, "the kernel lets programs use it", "");
    } else {
        set(r, PROBE_BAD, "missing", "a kernel of 5.9 or later, without nofsgsbase on its command line, has it");
    }
}

static void look_proc(struct probe_result *r)
{
    if (access("/proc/self/maps", R_OK) == 0) {
        set(r, PROBE_GOOD, "mounted", "");
    } else {
        set(r, PROBE_NOTE, "/proc is not mounted",
            "mount -t proc proc /proc: programs that ask about themselves or others need it, and --timeout does");
    }
}

static void look_memfd(struct probe_result *r)
{
    int fd = memfd_create("dragoman-probe", MFD_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        set(r, PROBE_GOOD, "can be had", "");
    } else {
        set(r, PROBE_BAD, strerror(errno), "a kernel of 3.17 or later has it; in a container, allow memfd_create");
    }
}

static void look_membarrier(struct probe_result *r)
{
    long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    if (commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) != 0) {
        set(r, PROBE_GOOD, "with core synchronisation", "");
    } else {
        set(r, PROBE_NOTE, commands < 0 ? strerror(errno) : "without core synchronisation",
            "a kernel with CONFIG_MEMBARRIER has it: without, every call of a program with several threads traps");
    }
}

static void look_overcommit(struct probe_result *r)
{
    char mode[16];
    if (!read_line("/proc/sys/vm/overcommit_memory", mode, sizeof mode)) {
        set(r, PROBE_NOTE, "unknown", "");
    } else if (strcmp(mode, "2") == 0) {
        set(r, PROBE_NOTE, "2: reservations count as use",
            "sysctl vm.overcommit_memory=0: Go programs and others reserve far more memory than they use");
    } else {
        set(r, PROBE_GOOD, mode, "");
    }
}

static void look_files(struct probe_result *r)
{
    enum { FEW = 1024 };
    struct rlimit limit = {0};
    char found[64];
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max == RLIM_INFINITY) {
        set(r, PROBE_GOOD, "no limit", "");
        return;
    }
    snprintf(found, sizeof found, "%llu, at most %llu", (unsigned long long)limit.rlim_cur,
             (unsigned long long)limit.rlim_max);
    set(r, limit.rlim_max >= FEW ? PROBE_GOOD : PROBE_NOTE, found,
        limit.rlim_max >= FEW ? "" : "raise the hard limit (ulimit -Hn 4096)");
}

static void look_vsyscall(struct probe_result *r)
{
    char line[256];
    const char *found = "none";
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        if (strstr(line, "[vsyscall]") != NULL) {
            found = strstr(line, " r-x") != NULL ? "emulated, readable" : "execute-only";
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    if (strcmp(found, "none") == 0) {
        set(r, PROBE_GOOD, found, "");
    } else {
        set(r, PROBE_NOTE, found,
            "three old calls of Linux (time, gettimeofday, getcpu) can be made past dragoman at a fixed address; no "
            "FreeBSD program does; vsyscall=none on the kernel's command line removes them");
    }
}

static void look_yama(struct probe_result *r)
{
    char scope[16];
    if (!read_line("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof scope)) {
        set(r, PROBE_GOOD, "no restriction by Yama", "");
    } else if (strcmp(scope, "2") == 0 || strcmp(scope, "3") == 0) {
        set(r, PROBE_NOTE, scope, "sysctl kernel.yama.ptrace_scope=1: fault reports can then show a backtrace");
    } else {
        set(r, PROBE_GOOD, scope, "");
    }
}

static void look_binfmt(struct probe_result *r)
{
    set(r, PROBE_GOOD, binfmt_describe(), "");
}

/* As many names as there is room for. */
static int append_sysroot(void *context, const struct sysroot_entry *entry)
{
    struct sysroot_facts facts;
    char *found = context;
    size_t used = strlen(found);
    if (sysroot_recognise(entry->path, &facts) == 0) {
        snprintf(found + used, sizeof(((struct probe_result *)0)->found) - used, "%s%s", used > 0 ? ", " : "",
                 entry->name);
    }
    return 0;
}

static void look_sysroots(struct probe_result *r)
{
    extern char **environ;
    struct settings settings = {0};
    char found[sizeof r->found] = "";
    sysroot_take_folder(&settings, environ);
    sysroots_each(settings.sysroots, append_sysroot, found);
    if (found[0] != '\0') {
        set(r, PROBE_GOOD, found, "");
    } else {
        set(r, PROBE_NOTE, "none",
            "static programs need none; for others: dragoman sysroot add 14.2 base.txz (dragoman help sysroot)");
    }
}

const struct probe probe_table[] = {
    {"kernel", "kernel", look_kernel},
    {"fsgsbase", "FS and GS base instructions", look_fsgsbase},
    {"sud", "system call user dispatch", look_sud},
    {"seccomp", "seccomp", look_seccomp},
    {"ptrace", "ptrace", look_ptrace},
    {"yama", "ptrace scope", look_yama},
    {"proc", "/proc", look_proc},
    {"self-mem", "/proc/self/mem", look_self_mem},
    {"memfd", "memfd_create", look_memfd},
    {"membarrier", "membarrier", look_membarrier},
    {"overcommit", "memory overcommit", look_overcommit},
    {"open-files", "open files", look_files},
    {"vsyscall", "vsyscall page", look_vsyscall},
    {"ia32", "IA32 emulation", look_ia32},
    {"modify-ldt", "modify_ldt", look_ldt},
    {"x32", "x32", look_x32},
    {"binfmt", "binfmt_misc", look_binfmt},
    {"sysroots", "sysroots", look_sysroots},
    {NULL, NULL, NULL},
};
