/*
 * Exec: the old image validates, so that the guest gets its errno; what survives goes into a sealed memfd; the
 * host's exec starts dragoman again (process/handover.h). A host program is executed as it is.
 */
#include "syscalls/common/exec.h"

#include <linux/fcntl.h>
#include <linux/memfd.h>

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "loader/loader.h"
#include "loader/start.h"
#include "process/credentials.h"
#include "process/descriptors.h"
#include "process/enter.h"
#include "process/handover.h"
#include "process/limits.h"
#include "process/report.h"
#include "process/table.h"
#include "process/thread.h"
#include "process/watch.h"
#include "signals/signals.h"
#include "syscalls/common/aio.h"
#include "syscalls/entry/gate.h"
#include "syscalls/entry/ways.h"
#include "vfs/rooted.h"

#define SELF         "/proc/self/exe"
#define VECTOR_SLACK 4 /* a script's interpreter, its argument, the script; and the NULL */

/* The strings of an exec, copied in: path, arguments, variables, each with its NUL. */
struct exec_strings {
    char *bytes;
    size_t used, size;
    uint32_t argc, envc;
    size_t argv_at, envp_at; /* where each group begins */
};

/* Most of it is never written to: it comes from the heap as it is, and each part is set by who needs it. */
struct exec {
    struct exec_strings strings;
    struct program program;
    struct loader_error error;
    struct exec_examination examination;
    struct handover handover;
    int32_t descriptor;             /* struct exec_request */
    struct credentials credentials; /* of what is executed, where they are kept */
    bool closes;                    /* it is to be closed on exec, when the program is read */
};

/*
 * Heap memory for an exec, which never comes back to free it where it succeeds. That is no matter but in a vfork child,
 * whose memory is its parent's.
 */
static void *scratch_alloc(struct thread *t, unsigned which, size_t size)
{
    void *block = heap_alloc_unset(size);
    if (t->proc->shares_memory) {
        t->proc->exec_scratch[which] = block;
    }
    return block;
}

static void scratch_free(struct thread *t, unsigned which, void *block)
{
    if (t->proc->shares_memory) {
        t->proc->exec_scratch[which] = NULL;
    }
    heap_free(block);
}

/* Copies one vector's strings. Returns how many, -EFAULT, or -E2BIG. */
static int64_t take_vector(struct exec_strings *s, guest_ptr vector, uint32_t word, size_t string_max)
{
    uint32_t n = 0;
    for (;; n++) {
        uint64_t at = 0;
        if (copyin(&at, guest_at(vector, (uint64_t)word * n), word) !=
            0) { /* at any alignment, as fueword() reads it */
            return -EFAULT;
        }
        if (at == 0) {
            return n;
        }
        size_t room = s->size - s->used;
        int64_t length = copyin_str(s->bytes + s->used, guest_addr(at), room < string_max ? room : string_max);
        if (length < 0) {
            return length == -ENAMETOOLONG ? -E2BIG : length;
        }
        s->used += (size_t)length + 1;
    }
}

static int take_strings(struct exec_strings *s, const struct exec_request *rq, uint32_t word)
{
    size_t most = rq->string_max != 0 ? rq->string_max : s->size;
    s->used = hot_strlcpy(s->bytes, rq->path, s->size) + 1;
    s->argv_at = s->used;
    int64_t n = rq->argv_optional && guest_is_null(rq->argv) ? 0 : take_vector(s, rq->argv, word, most);
    if (n < 0) {
        return (int)n;
    }
    if (n == 0 && rq->argv_optional) {
        s->bytes[s->used++] = '\0';
        n = 1;
    }
    s->argc = (uint32_t)n;
    s->envp_at = s->used;
    n = guest_is_null(rq->envp) ? 0
                                : take_vector(s, rq->envp, word, most); /* exec_copyin_args(), sys/kern/kern_exec.c */
    s->envc = n < 0 ? 0 : (uint32_t)n;
    return n < 0 ? (int)n : 0;
}

/* Fills a host vector with pointers to consecutive strings. */
static char **point_at(char **vector, char *strings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        *vector++ = strings;
        strings += hot_strlen(strings) + 1;
    }
    return vector;
}

/*
 * The host's exec itself. Signals have been blocked and none is recorded; the mask that the new program starts
 * with is set just before, and host_call_intr declines when a signal comes in between.
 */
static int64_t host_exec(struct thread *t, const char *path, char *const *argv, char *const *envp, uint64_t mask)
{
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
    int64_t r = host_call_intr(t, __NR_execve, (uint64_t)path, (uint64_t)argv, (uint64_t)envp, 0, 0, 0);
    return r;
}

static int write_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        int64_t n = host_call3(__NR_write, fd, at, size);
        if (is_error(n) && n != -EINTR) {
            return (int)n;
        }
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

static void fill_handover(struct thread *t, struct exec *e)
{
    struct handover *h = &e->handover;
    memset(h, 0, sizeof *h);
    h->magic = HANDOVER_MAGIC;
    h->version = HANDOVER_VERSION;
    h->size = sizeof *h;
    h->argc = e->strings.argc;
    h->envc = e->strings.envc;
    h->strings_size = e->strings.used;
    h->credentials_size = t->proc->credentials != NULL ? credentials_size(&e->credentials) : 0;
    h->mask = t->mask;
    h->settings = t->proc->settings;
    h->table_start = t->proc->table_start;
    h->table_slot = t->proc->table_slot;
    h->closes = e->closes ? e->descriptor : -1;
    hot_strlcpy(h->from, t->proc->personality->name, sizeof h->from);
    if (t->proc->personality->hand_over != NULL) {
        t->proc->personality->hand_over(t, h->personality, sizeof h->personality);
    }
    for (int signo = 1; signo <= t->proc->personality->signal_count; signo++) {
        /* An ignored SIGCHLD is at its default again in FreeBSD (execsigs(), sys/kern/kern_sig.c), not in Linux. */
        if (t->proc->actions[signo].handler == SIGNAL_IGNORE &&
            (t->proc->personality->signals_are_hosts || t->proc->personality->signal_to_host[signo] != SIGCHLD)) {
            signal_set_add(&h->ignored, signo);
        }
    }
}

/* What is found of the file that was asked for, which may be a script, before anything is said of its contents. */
static int64_t may_execute_found(struct thread *t, const struct program *program)
{
    if (t->proc->credentials == NULL || !program->found) {
        return 0;
    }
    return credentials_may_execute(t, program->is_script ? program->script_host_path : program->host_path);
}

/* Returns the sealed memfd, which survives exec, or -errno. */
static int64_t make_handover(struct thread *t, struct exec *e)
{
    int64_t fd = host_call2(__NR_memfd_create, "dragoman-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (is_error(fd)) {
        return fd;
    }
    fill_handover(t, e);
    int r = write_all((int)fd, &e->handover, sizeof e->handover);
    if (r == 0) {
        r = write_all((int)fd, e->strings.bytes, e->strings.used);
    }
    if (r == 0) {
        r = write_all((int)fd, &e->credentials, e->handover.credentials_size);
    }
    if (r != 0) {
        host_call1(__NR_close, fd);
        return r;
    }
    host_call3(__NR_fcntl, fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return fd;
}

/* Whether a signal's number says the same to both. */
static bool keeps_numbers(const struct personality *a, const struct personality *b)
{
    return a == b || (a->signals_are_hosts && b->signals_are_hosts);
}

/* Starts dragoman again for a foreign program. Its host argv is the guest's first argument, for ps. */
static int64_t exec_foreign(struct thread *t, struct exec *e)
{
    int64_t fd = make_handover(t, e);
    if (is_error(fd)) {
        return fd;
    }
    char variable[64];
    struct text x = TEXT_ON(variable);
    text_format(&x, HANDOVER_VARIABLE "=%d", (int)fd);
    char *argv[] = {e->strings.argc > 0 ? e->strings.bytes + e->strings.argv_at : e->program.path, NULL};
    char *envp[] = {(char *)text_cstr(&x), NULL};
    int trace_fd = t->proc->settings.trace_fd, table_fd = t->proc->settings.table_fd;
    int report_fd = t->proc->settings.report_fd;
    signals_queue_to_host(t, !keeps_numbers(t->proc->personality, e->program.personality));
    if (e->closes) {
        host_call3(__NR_fcntl, e->descriptor, F_SETFD, 0);
    }
    host_call3(__NR_fcntl, fd, F_SETFD, 0);
    host_call3(__NR_fcntl, trace_fd, F_SETFD, 0);
    if (table_fd >= 0) {
        host_call3(__NR_fcntl, table_fd, F_SETFD, 0);
    }
    if (report_fd > 0) {
        host_call3(__NR_fcntl, report_fd, F_SETFD, 0);
    }
    int64_t r = host_exec(t, SELF, argv, envp, ~0UL);
    host_call3(__NR_fcntl, trace_fd, F_SETFD, FD_CLOEXEC);
    if (table_fd >= 0) {
        host_call3(__NR_fcntl, table_fd, F_SETFD, FD_CLOEXEC);
    }
    if (report_fd > 0) {
        host_call3(__NR_fcntl, report_fd, F_SETFD, FD_CLOEXEC);
    }
    if (e->closes) {
        host_call3(__NR_fcntl, e->descriptor, F_SETFD, FD_CLOEXEC);
    }
    host_call1(__NR_close, fd);
    return r;
}

static int is_other(struct thread *other, void *self)
{
    const struct thread *t = self;
    return other != t && other->proc == t->proc;
}

/* Executes a host program with the guest-visible mask and dispositions. */
static int64_t exec_host(struct thread *t, struct exec *e)
{
    struct exec_strings *s = &e->strings;
    char **vectors = scratch_alloc(t, 1, (s->argc + s->envc + 2 * VECTOR_SLACK) * sizeof *vectors);
    if (vectors == NULL) {
        return -ENOMEM;
    }
    char **argv = vectors, **next = argv;
    char *arguments = s->bytes + s->argv_at;
    uint32_t argc = s->argc;
    if (e->program.is_script) {
        *next++ = e->program.path;
        if (e->program.script_arg[0] != '\0') {
            *next++ = e->program.script_arg;
        }
        /* The host's interpreter would not find what lies in the sysroot by the guest's name. */
        *next++ = t->proc->settings.sysroot[0] != '\0' ? e->program.script_host_path : e->program.script;
        arguments += argc > 0 ? hot_strlen(arguments) + 1 : 0;
        argc -= argc > 0 ? 1 : 0;
    }
    next = point_at(next, arguments, argc);
    *next++ = NULL;
    char **envp = next;
    *point_at(next, s->bytes + s->envp_at, s->envc) = NULL;
    signals_leave_to_host(t, !threads_each(is_other, t));
    signals_queue_to_host(t, true);
    uint64_t opened = process_table_open_faults();
    process_announce(t, WATCH_EXEC, 0);
    if (t->proc->personality->leave_to_host != NULL) {
        t->proc->personality->leave_to_host(t, true);
    }
    memory_limits_leave(true);
    process_table_leave(t); /* what comes is no guest; a foreign program writes over the entry itself */
    process_table_close_faults(opened);
    int64_t r = host_exec(t, e->program.host_path, argv, envp, t->host_mask);
    opened = process_table_open_faults();
    process_table_enter(t);
    process_table_close_faults(opened);
    memory_limits_leave(false);
    if (t->proc->personality->leave_to_host != NULL) {
        t->proc->personality->leave_to_host(t, false);
    }
    signals_restore(t);
    scratch_free(t, 1, vectors);
    return r;
}

/*
 * A seccomp filter outlives exec, and every call of a host program comes from outside the engine: it would die of its
 * first one. EPERM, as from a security policy (execve(2), mac(4)). Nor would it see a root that the engine keeps.
 */
static bool filter_forbids(struct thread *t, const struct program *program)
{
    if (program->kind != PROGRAM_HOST) {
        return false;
    }
    if (is_rooted(&t->proc->settings)) { /* only what cannot be read: the host would not have it in the guest's root */
        report_unsupported(t, "execve", (int)t->call_number, "a program that cannot be read, in a root of its own");
        return true;
    }
    if (t->proc->settings.intercept_effective != INTERCEPT_SECCOMP) {
        return false;
    }
    report_unsupported(t, "execve", (int)t->call_number, "a host program under --intercept seccomp");
    return true;
}

/* With the program examined: the old image's end, or -errno. */
static int64_t replace_image(struct thread *t, struct exec *e)
{
    uint64_t all = ~0UL, old;
    int64_t r;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof old);
    ways_tell(t);
    report_flush(t);
    descriptors_before_exec(t);
    if (t->recorded) {
        r = -EINTR;
    } else {
        r = e->program.kind == PROGRAM_HOST ? exec_host(t, e) : exec_foreign(t, e);
    }
    descriptors_exec_failed(t);
    if (t->recorded) {
        old = ~0UL; /* as record() left it: no other may come before this one is delivered */
    }
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &old, 0, sizeof old);
    if (r == -EINTR) {
        t->call_flags |= CALL_NOT_MADE; /* the kernel's execve does not fail for a signal */
        r = -ERESTART;
    }
    return r;
}

static int64_t exec_with(struct thread *t, struct exec *e, const struct exec_request *rq)
{
    unsigned word = (t->call_flags & CALL_COMPAT) != 0 ? 4 : t->proc->personality->word;
    int64_t r = take_strings(&e->strings, rq, word);
    if (r != 0) {
        return r;
    }
    const struct process *p = t->proc;
    e->examination = (struct exec_examination){.path = e->strings.bytes,
                                               .settings = &p->settings,
                                               .keep = p->personality->keeps_programs || p->settings.isolated ||
                                                       is_rooted(&p->settings) ||
                                                       p->settings.intercept_effective == INTERCEPT_SECCOMP,
                                               .program = &e->program,
                                               .error = &e->error};
    e->program.found = e->program.is_script = false;
    r = gate_call(t, exec_examine, &e->examination);
    int64_t allowed = may_execute_found(t, &e->program);
    if (r != 0 || allowed < 0) {
        return allowed < 0 ? allowed : r;
    }
    if (filter_forbids(t, &e->program)) {
        return -EPERM;
    }
    r = t->proc->credentials != NULL ? credentials_of_program(t, e->program.host_path, &e->credentials) : 0;
    if (r < 0) {
        return r;
    }
    e->descriptor = rq->descriptor;
    e->closes = rq->descriptor >= 0 && (host_call2(__NR_fcntl, rq->descriptor, F_GETFD) & FD_CLOEXEC) != 0;
    if (e->closes && e->program.is_script) {
        return -ENOENT; /* its interpreter could not open it (execveat(2)) */
    }
    aio_rundown(t);
    /* An errand (process/everywhere.h) that is still pending would be the new image's, which would die of it. */
    lock_acquire(&t->proc->everywhere);
    r = replace_image(t, e);
    lock_release(&t->proc->everywhere);
    return r;
}

int64_t do_execve(struct thread *t, const struct exec_request *rq)
{
    struct exec *e = scratch_alloc(t, 0, sizeof *e + rq->strings_max);
    if (e == NULL) {
        return -ENOMEM;
    }
    e->strings = (struct exec_strings){.bytes = (char *)(e + 1), .size = rq->strings_max};
    int64_t r = exec_with(t, e, rq);
    scratch_free(t, 0, e);
    return r;
}
