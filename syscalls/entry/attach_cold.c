/* The first process of an image: its hooks, and the interception it runs under. */
#include <errno.h>
#include <stddef.h>

#include "base/process.h"
#include "base/thread.h"
#include "loader/start_request.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/report.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/entry/attach.h"
#include "syscalls/entry/dispatch.h"
#include "syscalls/entry/gate.h"
#include "syscalls/entry/intercept.h"

static const struct process_hooks hooks = {
    .trap = syscall_trapped,
    .arm = intercept_arm,
    .fault = guest_died_of_fault,
    .forked = process_forked,
    .leaving = process_leaving,
    .signalled = kqueue_note_signal,
};

struct process *process_first(const struct settings *settings, const struct personality *personality)
{
    struct process *p = process_new();
    if (p != NULL) {
        p->hooks = &hooks;
        p->settings = *settings;
        p->personality = personality;
    }
    return p;
}

static int32_t mode_for(const struct settings *s)
{
    if (s->intercept_requested == INTERCEPT_AUTO || s->intercept_requested == INTERCEPT_REWRITE) {
        return intercept_sud_available() ? INTERCEPT_SUD : INTERCEPT_SECCOMP;
    }
    return s->intercept_requested;
}

const char *process_arm(struct thread *t)
{
    struct settings *s = &t->proc->settings;
    int32_t inherited = s->intercept_effective;
    s->intercept_effective = inherited != INTERCEPT_AUTO ? inherited : mode_for(s);
    if (s->trace_fd >= 0) {
        s->trace_fd = engine_descriptor_adopt(s->trace_fd);
    }
    if (gate_init() != 0) {
        return "out of memory";
    }
    if (s->intercept_effective == INTERCEPT_SUD && !intercept_sud_available()) {
        return "interception: the host has no syscall user dispatch (Linux 5.11; try --intercept seccomp)";
    }
    if (s->intercept_effective == INTERCEPT_SECCOMP && inherited == INTERCEPT_AUTO &&
        intercept_seccomp_install() != 0) {
        return "interception: the host refuses a seccomp filter (try --intercept ptrace)";
    }
    return NULL;
}
