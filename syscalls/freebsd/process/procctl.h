/* What procctl(2) keeps of a process (struct freebsd_inherited, control). Sources: procctl(2), sys/kern/kern_procctl.c. */
#ifndef SYSCALLS_FREEBSD_PROCCTL_H
#define SYSCALLS_FREEBSD_PROCCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

/* p_flag2 in sys/sys/proc.h has the same, at other places. */
enum {
    CONTROL_ASLR_ENABLE = 0x1,
    CONTROL_ASLR_DISABLE = 0x2,
    CONTROL_NOTRACE = 0x4,
    CONTROL_NOTRACE_EXEC = 0x8,
    CONTROL_PROTMAX_ENABLE = 0x10,
    CONTROL_PROTMAX_DISABLE = 0x20,
    CONTROL_TRAPCAP = 0x40,
    CONTROL_STACKGAP_DISABLE = 0x80,
    CONTROL_STACKGAP_DISABLE_EXEC = 0x100,
    CONTROL_WX_PERMIT = 0x200,
    CONTROL_LOGSIGEXIT_SET = 0x400,
    CONTROL_LOGSIGEXIT_ENABLE = 0x800,
    CONTROL_WX_DISALLOW_EXEC = 0x1000,
    CONTROL_NO_NEW_PRIVS = 0x4000,
    CONTROL_WX_ENFORCE = 0x2000, /* of this program: MAP_WXORX of its address space */
};

/* The maximum that a mapping gets for which none is given, PROC_PROTMAX_CTL; 0: all that there are. */
uint32_t freebsd_implied_prot_max(struct thread *t, uint32_t prot);

/* Whether this protection is not to be had, as memory would be writable and executable: PROC_WXMAP_CTL. */
bool freebsd_wx_forbidden(struct thread *t, uint32_t prot);

/* What is left of them in the next program. */
uint32_t freebsd_control_after_exec(uint32_t control);

/* The commands about reapers: procctl_reap.c. `data` is where the guest has its structure. */
int64_t freebsd_reap_acquire(struct thread *t, int32_t pid);
int64_t freebsd_reap_release(struct thread *t, int32_t pid);
int64_t freebsd_reap_status(struct thread *t, int32_t pid, guest_ptr data);
int64_t freebsd_reap_getpids(struct thread *t, int32_t pid, guest_ptr data);
int64_t freebsd_reap_kill(struct thread *t, int32_t pid, guest_ptr data);

#endif
