#include "cli/host_linux.h"

#include <asm/ldt.h>
#include <asm/unistd.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/host_probe.h"

enum { I386_GETPID = 20 };

/* Where the kernel has no IA32 emulation the instruction is a fault, or the call has no number. */
static int try_int80(void)
{
    long r;
    __asm__ volatile("int $0x80" : "=a"(r) : "0"(I386_GETPID) : "r8", "r9", "r10", "r11", "memory");
    return (int)r == getpid() ? 0 : ENOSYS;
}

static int try_ldt(void)
{
    struct user_desc d = {
        .entry_number = 0, .base_addr = 0, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1};
    return (int)syscall(SYS_modify_ldt, 1, &d, sizeof d) == 0 ? 0 : ENOSYS;
}

static int try_x32(void)
{
    return syscall((long)__X32_SYSCALL_BIT + SYS_getpid) == getpid() ? 0 : ENOSYS;
}

bool host_runs_i386(void)
{
    return probe_in_child(try_int80) == 0;
}

bool host_runs_x32(void)
{
    return probe_in_child(try_x32) == 0;
}

static void tell(struct probe_result *r, bool good, const char *found, const char *step)
{
    r->state = good ? PROBE_GOOD : PROBE_NOTE;
    snprintf(r->found, sizeof r->found, "%s", found);
    snprintf(r->step, sizeof r->step, "%s", good ? "" : step);
}

void look_ia32(struct probe_result *r)
{
    bool has = host_runs_i386();
    tell(r, has, has ? "the kernel has it" : "none",
         "i386 programs need none here: dragoman answers their calls, with segments from modify_ldt");
}

void look_ldt(struct probe_result *r)
{
    bool has = probe_in_child(try_ldt) == 0;
    tell(r, has, has ? "can be had" : "refused",
         "a kernel with CONFIG_MODIFY_LDT_SYSCALL has it; i386 programs need it where there is no IA32 emulation");
}

/* Most kernels have none, and nothing is amiss without. */
void look_x32(struct probe_result *r)
{
    tell(r, true, host_runs_x32() ? "the kernel has it" : "none; dragoman answers its programs' calls", "");
}
