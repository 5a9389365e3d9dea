#include "syscalls/trace/trace.h"

#include <linux/time.h>
#include <stddef.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/trace/args.h"

#define TAIL_ROOM    256  /* kept free for what follows the arguments */
#define ARGUMENT_MAX 4096 /* text of one argument */

static uint64_t now_ns(int clock)
{
    struct __kernel_timespec ts = {0, 0};
    host_clock_read(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Nanoseconds as seconds with nine decimals: exact, and a JSON number. */
static void seconds(struct text *out, uint64_t ns)
{
    text_udec(out, ns / 1000000000u);
    text_char(out, '.');
    uint64_t rest = ns % 1000000000u;
    for (uint64_t digit = 100000000u; digit != 0; digit /= 10) {
        text_char(out, (char)('0' + rest / digit % 10));
    }
}

/* Appends text as the inside of a JSON string. */
static void json_escape(struct text *out, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (s[i] == '"' || s[i] == '\\') {
            text_char(out, '\\');
            text_char(out, s[i]);
        } else if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] >= 0x7f) {
            text_char(out, '?');
        } else {
            text_char(out, s[i]);
        }
    }
}

/* What is known of a call whose number the table does not have: six words. */
static const struct syscall_arg unknown_args[] = {
    {"arg1", NULL, ARG_HEX, LENGTH_ONE, 0}, {"arg2", NULL, ARG_HEX, LENGTH_ONE, 0},
    {"arg3", NULL, ARG_HEX, LENGTH_ONE, 0}, {"arg4", NULL, ARG_HEX, LENGTH_ONE, 0},
    {"arg5", NULL, ARG_HEX, LENGTH_ONE, 0}, {"arg6", NULL, ARG_HEX, LENGTH_ONE, 0},
};
static const struct syscall_entry unknown_entry = {
    .args = unknown_args,
    .nargs = sizeof(unknown_args) / sizeof(unknown_args[0]),
    .result = ARG_LONG,
};

static const struct syscall_entry *entry_of(const struct trace_call *c)
{
    const struct syscall_entry *entry = c->request->entry;
    return entry != NULL && entry->name != NULL ? entry : &unknown_entry;
}

static void call_name(struct text *out, const struct trace_call *c)
{
    if (entry_of(c)->name != NULL) {
        text_str(out, entry_of(c)->name);
    } else {
        text_format(out, "syscall_%u", c->request->number);
    }
}

static struct trace_view view_of(struct thread *t, struct trace_call *c)
{
    return (struct trace_view){
        .names = t->proc->personality->trace,
        .entry = entry_of(c),
        .args = c->request->args,
        .string_max = t->proc->settings.trace_string_size,
    };
}

/* The guest's process and thread; the thread only where it is not the first. */
static void who(struct thread *t, struct text *out)
{
    text_dec(out, t->proc->pid);
    if (t->tid != t->proc->pid) {
        text_char(out, '/');
        text_dec(out, t->proc->personality->trace->thread_id(t));
    }
    text_char(out, ' ');
}

static void head(struct thread *t, struct trace_call *c)
{
    struct text *line = &c->line;
    switch (t->proc->settings.trace_mode) {
    case TRACE_JSON:
        text_format(line, "{\"pid\":%d,\"tid\":%ld,\"time\":", t->proc->pid, t->proc->personality->trace->thread_id(t));
        seconds(line, c->wall_ns);
        text_str(line, ",\"call\":\"");
        call_name(line, c);
        text_str(line, "\",\"args\":[");
        break;
    case TRACE_COUNT:
        text_format(line, "%d %ld ", t->proc->pid, t->proc->personality->trace->thread_id(t));
        call_name(line, c);
        break;
    default:
        who(t, line);
        call_name(line, c);
        text_char(line, '(');
        break;
    }
}

/*
 * Prints arguments from next_arg on; before the call only up to the first that it writes.
 * Never inlined: the buffer should not lie on the stack while the call runs.
 */
static void __attribute__((noinline)) arguments(struct thread *t, struct trace_call *c, struct trace_view *v)
{
    char buffer[ARGUMENT_MAX];
    bool json = t->proc->settings.trace_mode == TRACE_JSON;
    if (t->proc->settings.trace_mode == TRACE_COUNT) {
        return;
    }
    for (; c->next_arg < v->entry->nargs; c->next_arg++) {
        if (!v->done && trace_arg_is_output(v, c->next_arg)) {
            return;
        }
        if (!trace_arg_is_given(v, c->next_arg)) {
            c->next_arg = v->entry->nargs;
            return;
        }
        struct text one = TEXT_ON(buffer);
        v->out = &one;
        trace_arg(v, c->next_arg);
        if (c->next_arg != 0) {
            text_str(&c->line, json ? "," : ", ");
        }
        if (json) {
            text_char(&c->line, '"');
            json_escape(&c->line, one.at, one.length);
            text_char(&c->line, '"');
        } else {
            text_bytes(&c->line, one.at, one.length);
        }
    }
}

static bool leaves(const struct trace_view *v)
{
    for (const char *const *name = v->names->leaving; v->entry->name != NULL && *name != NULL; name++) {
        if (hot_strcmp(*name, v->entry->name) == 0) {
            return true;
        }
    }
    return false;
}

/* The guest's errno for a host result. */
static uint32_t guest_errno(const struct personality *p, int64_t result)
{
    uint32_t host = (uint32_t)-result;
    if (host >= GUEST_ERRNO_BASE) {
        return host - GUEST_ERRNO_BASE;
    }
    if (host < p->errno_from_host_count && p->errno_from_host[host] != 0) {
        return p->errno_from_host[host];
    }
    return host;
}

static const struct trace_errno *errno_entry(const struct trace_names *names, uint32_t number)
{
    return number < names->errno_count && names->errnos[number].name != NULL ? &names->errnos[number] : NULL;
}

static void text_outcome(struct thread *t, struct trace_view *v, struct text *line)
{
    text_str(line, ") = ");
    if (t->call_flags & CALL_REGS_SET) {
        text_char(line, '?');
    } else if (!v->failed) {
        v->out = line;
        trace_result(v);
    } else if (v->result == -ERESTART) {
        text_str(line, "? ERESTART (interrupted by a signal)");
    } else {
        uint32_t number = guest_errno(t->proc->personality, v->result);
        const struct trace_errno *e = errno_entry(v->names, number);
        if (e != NULL) {
            text_format(line, "-1 %s (%s)", e->name, e->text);
        } else {
            text_format(line, "-1 errno %u", number);
        }
    }
}

/* The error's name for the machine-readable modes; NULL where there is none. */
static const char *error_name(struct thread *t, const struct trace_view *v)
{
    if (!v->failed) {
        return NULL;
    }
    if (v->result == -ERESTART) {
        return "ERESTART";
    }
    const struct trace_errno *e = errno_entry(v->names, guest_errno(t->proc->personality, v->result));
    return e != NULL ? e->name : "EUNKNOWN";
}

static void json_outcome(struct thread *t, struct trace_view *v, struct trace_call *c)
{
    const char *error = error_name(t, v);
    text_str(&c->line, "],\"result\":");
    if (t->call_flags & CALL_REGS_SET) {
        text_str(&c->line, "null");
    } else {
        text_dec(&c->line, v->failed ? -1 : v->result);
    }
    text_str(&c->line, error != NULL ? ",\"error\":\"" : ",\"error\":");
    text_str(&c->line, error != NULL ? error : "null");
    text_str(&c->line, error != NULL ? "\",\"duration\":" : ",\"duration\":");
    seconds(&c->line, now_ns(CLOCK_MONOTONIC) - c->start_ns);
    text_char(&c->line, '}');
}

static void count_outcome(struct thread *t, struct trace_view *v, struct trace_call *c)
{
    const char *error = error_name(t, v);
    text_format(&c->line, " %ld %s %lu", v->failed ? -1L : v->result, error != NULL ? error : "-",
                now_ns(CLOCK_MONOTONIC) - c->start_ns);
}

/* Writes the line with the room that was kept for its end; `end` has the newline. */
static void finish(struct thread *t, struct trace_call *c, const char *end)
{
    struct settings *s = &t->proc->settings;
    c->line.size = sizeof(c->buffer);
    text_str(&c->line, end);
    if (s->trace_mode != TRACE_OFF && text_write(&c->line, s->trace_fd) == -EPIPE) {
        s->trace_mode = TRACE_OFF; /* nobody reads it any more: the guest goes on untraced */
    }
}

static void begin(struct trace_call *c)
{
    c->line = (struct text){c->buffer, sizeof(c->buffer) - TAIL_ROOM, 0};
    c->next_arg = 0;
}

/* A call that may never come back is written now. */
static void write_early(struct thread *t, struct trace_call *c, const struct trace_view *v)
{
    bool never = v->entry->result == ARG_VOID;
    switch (t->proc->settings.trace_mode) {
    case TRACE_JSON:
        finish(t, c, "],\"result\":null,\"error\":null,\"duration\":0}\n");
        begin(c);
        head(t, c);
        break;
    case TRACE_COUNT:
        if (never) {
            finish(t, c, " ? - 0\n");
        }
        break;
    default:
        finish(t, c, never ? ") = ?\n" : " <unfinished ...>\n");
        begin(c);
        who(t, &c->line);
        text_str(&c->line, "<... ");
        call_name(&c->line, c);
        text_str(&c->line, " resumed>");
        c->next_arg = v->entry->nargs;
        break;
    }
}

void trace_enter(struct thread *t, struct trace_call *c, const struct syscall_request *rq)
{
    const struct trace_names *names = t->proc->personality->trace;
    c->request = names->meant != NULL ? names->meant(rq, &c->meant) : rq;
    c->wall_ns = now_ns(CLOCK_REALTIME);
    begin(c);
    struct trace_view v = view_of(t, c);
    head(t, c);
    /* A call without a result ends the thread: what it would write is never seen. */
    v.done = v.entry->result == ARG_VOID && v.entry->name != NULL;
    v.failed = v.done;
    arguments(t, c, &v);
    if (v.done || leaves(&v)) {
        write_early(t, c, &v);
    }
    c->start_ns = now_ns(CLOCK_MONOTONIC);
}

void trace_exit(struct thread *t, struct trace_call *c, int64_t result)
{
    struct trace_view v = view_of(t, c);
    v.done = true;
    v.result = result;
    v.failed = is_error(result) && (t->call_flags & CALL_RAW_RESULT) == 0;
    arguments(t, c, &v);
    c->line.size = sizeof(c->buffer);
    switch (t->proc->settings.trace_mode) {
    case TRACE_JSON:
        json_outcome(t, &v, c);
        break;
    case TRACE_COUNT:
        count_outcome(t, &v, c);
        break;
    default:
        text_outcome(t, &v, &c->line);
        break;
    }
    finish(t, c, "\n");
}
