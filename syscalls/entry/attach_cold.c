/* The first process of an image, and the interception it runs under. */
#include <errno.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "loader/start_request.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/report.h"
#include "syscalls/entry/attach.h"
#include "syscalls/entry/gate.h"
#include "syscalls/entry/intercept.h"
#include "syscalls/entry/rewrite.h"
#include "syscalls/entry/tracer.h"

struct process *process_first(const struct settings *settings, const struct personality *personality)
{
    struct process *p = rewrite_init() == 0 ? process_new() : NULL;
    if (p != NULL) {
        p->hooks = &process_hooks;
        hot_strlcpy(p->personality_name, personality->name, sizeof p->personality_name);
        p->settings = *settings;
        p->personality = personality;
    }
    return p;
}

/* The ways in the order in which `auto` takes them: the cheaper first. `rewrite` goes on top of one of the first two. */
static const int32_t ways[] = {INTERCEPT_SUD, INTERCEPT_SECCOMP, INTERCEPT_PTRACE};

static const char *const refused[] = {
    [INTERCEPT_SUD] = "interception: the host has no syscall user dispatch (Linux 5.11; try --intercept seccomp)",
    [INTERCEPT_SECCOMP] = "interception: the host refuses a seccomp filter (try --intercept ptrace)",
    [INTERCEPT_PTRACE] = "interception: the host refuses ptrace, or somebody traces already (see dragoman doctor)",
};

/* Sets one way up for the whole process. Returns 0 or -errno: the host does not offer it. */
static int set_up(int32_t way)
{
    switch (way) {
    case INTERCEPT_SUD:
        return intercept_sud_available() ? 0 : -ENOSYS;
    case INTERCEPT_SECCOMP:
        return intercept_seccomp_install();
    case INTERCEPT_PTRACE:
        return tracer_start();
    default:
        return -EINVAL;
    }
}

/*
 * A filter or user dispatch stays armed below rewriting: it catches what is not rewritten. Not so a tracer, which tells
 * from a thread's stops on which side it is, and would miss a jump.
 */
static void choose_rewriting(struct settings *s)
{
    bool wanted = s->intercept_requested == INTERCEPT_AUTO || s->intercept_requested == INTERCEPT_REWRITE;
    s->rewrite = wanted && s->intercept_effective != INTERCEPT_PTRACE;
}

static const char *choose_way(struct settings *s)
{
    if (s->intercept_requested != INTERCEPT_AUTO && s->intercept_requested != INTERCEPT_REWRITE) {
        s->intercept_effective = s->intercept_requested;
        return set_up(s->intercept_requested) == 0 ? NULL : refused[s->intercept_requested];
    }
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (set_up(ways[i]) == 0) {
            s->intercept_effective = ways[i];
            choose_rewriting(s);
            bool missed = s->intercept_requested == INTERCEPT_REWRITE && !s->rewrite;
            return missed ? "interception: rewrite needs syscall user dispatch or a seccomp filter below it" : NULL;
        }
    }
    return "interception: the host offers no way of it (dragoman doctor tells what it lacks)";
}

const char *process_arm(struct thread *t)
{
    struct settings *s = &t->proc->settings;
    if (s->trace_fd >= 0) {
        s->trace_fd = engine_descriptor_adopt(s->trace_fd);
    }
    if (s->table_fd >= 0) {
        s->table_fd = engine_descriptor_adopt(s->table_fd);
    }
    if (s->report_fd > 0) {
        s->report_fd = engine_descriptor_adopt(s->report_fd);
    }
    if (gate_init() != 0) {
        return "out of memory";
    }
    /* After a guest's exec, filter and tracer are there already, and user dispatch is armed by each thread. */
    return s->intercept_effective != INTERCEPT_AUTO ? NULL : choose_way(s);
}
