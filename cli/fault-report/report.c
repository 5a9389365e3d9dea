/*
 * What needs only the facts is written first and cannot fail. The sections that read the guest's memory and
 * files each run in a process of their own, with a time limit: libelf, libunwind and capstone meet whatever the
 * guest left there, and one that crashes or never ends costs its section and nothing else.
 */
#include "cli/fault-report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpu_context.h"
#include "cli/fault-report/disassemble.h"
#include "cli/fault-report/names.h"
#include "cli/fault-report/output.h"
#include "cli/fault-report/place.h"
#include "cli/fault-report/unwind.h"

#define FRAMES_MAX      64
#define SECTION_SECONDS 2
#define SECTION_MEMORY  (4ULL << 30)
#define NULL_PAGE       4096u
#define STACK_NEAR      65536u /* how far from rsp a fault still looks like the stack's */

/* What a section works with. */
struct view {
    const struct fault_facts *facts;
    const struct cpu_context *regs;
    struct memory *memory;
    struct images *images;
};

static void write_headline(const struct fault_facts *f)
{
    const char *signal = signal_name(f->personality, f->signo);
    const char *code = signal_code_name(f->personality, f->signo, f->code);
    char number[32], code_number[32];
    snprintf(number, sizeof(number), "signal %d", f->signo);
    snprintf(code_number, sizeof(code_number), "code %d", f->code);
    say("dragoman: %s died of %s (%s)", f->program, signal ? signal : number, code ? code : code_number);
    if (f->flags & FAULT_HAS_ADDRESS) {
        say(" at 0x%" PRIx64, f->address);
    }
    say("\n  pid %d, thread %d, %s", f->pid, f->guest_tid, f->personality);
    if (f->trapno) {
        say(", trap %u, error code 0x%x", f->trapno, f->error_code);
    }
    say("\n");
}

static void write_registers32(const struct fault_facts *f)
{
    const struct cpu_context *r = (const struct cpu_context *)f->registers;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"eax", r->rax}, {"ebx", r->rbx},       {"ecx", r->rcx},         {"edx", r->rdx},
        {"esi", r->rsi}, {"edi", r->rdi},       {"ebp", r->rbp},         {"esp", r->rsp},
        {"eip", r->rip}, {"eflags", r->rflags}, {"gs.base", f->fs_base},
    };
    say("registers\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        say("  %-7s %08" PRIx32 "%s", rows[i].name, (uint32_t)rows[i].value, i % 4 == 3 ? "\n" : "");
    }
    say("\n");
}

static void write_registers(const struct fault_facts *f)
{
    const struct cpu_context *r = (const struct cpu_context *)f->registers;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"rax", r->rax}, {"rbx", r->rbx}, {"rcx", r->rcx},       {"rdx", r->rdx},         {"rsi", r->rsi},
        {"rdi", r->rdi}, {"rbp", r->rbp}, {"rsp", r->rsp},       {"r8", r->r8},           {"r9", r->r9},
        {"r10", r->r10}, {"r11", r->r11}, {"r12", r->r12},       {"r13", r->r13},         {"r14", r->r14},
        {"r15", r->r15}, {"rip", r->rip}, {"rflags", r->rflags}, {"fs.base", f->fs_base},
    };
    say("registers\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        say("  %-7s %016" PRIx64 "%s", rows[i].name, rows[i].value, i % 3 == 2 ? "\n" : "");
    }
    say("\n");
}

static void write_calls(const struct fault_facts *f)
{
    if (!f->call_count) {
        return;
    }
    say("last calls of the thread, oldest first\n");
    for (uint32_t i = 0; i < f->call_count && i < FAULT_CALLS; i++) {
        const struct fault_fact_call *c = &f->calls[i];
        say("  %.*s(", FAULT_NAME_MAX, c->name);
        for (int n = 0; n < c->nargs && n < 6; n++) {
            say("%s0x%" PRIx64, n > 0 ? ", " : "", c->args[n]);
        }
        say(")");
        if (c->state == FAULT_CALL_RUNNING) {
            say(" still running\n");
        } else if (c->result < 0 && c->result >= -4095) {
            say(" failed with errno %" PRId64 "\n", -c->result);
        } else {
            say(" = 0x%" PRIx64 "\n", (uint64_t)c->result);
        }
    }
}

static void write_mapping(const struct view *v, uint64_t address, const char *what)
{
    const struct mapping *map = memory_mapping(v->memory, address), *below, *above;
    if (map) {
        say("  %s 0x%" PRIx64 " is in 0x%" PRIx64 "-0x%" PRIx64 " %c%c%c%c %s\n", what, address, map->start, map->end,
            map->readable ? 'r' : '-', map->writable ? 'w' : '-', map->executable ? 'x' : '-', map->shared ? 's' : 'p',
            map->name[0] ? map->name : "(anonymous)");
        return;
    }
    say("  %s 0x%" PRIx64 " is not mapped", what, address);
    memory_neighbours(v->memory, address, &below, &above);
    if (below) {
        say("; below it 0x%" PRIx64 "-0x%" PRIx64 " %s", below->start, below->end, below->name);
    }
    if (above) {
        say("; above it 0x%" PRIx64 "-0x%" PRIx64 " %s", above->start, above->end, above->name);
    }
    say("\n");
}

static void section_map(const struct view *v)
{
    const struct fault_facts *f = v->facts;
    say("memory\n");
    write_mapping(v, v->regs->rip, "rip");
    write_mapping(v, v->regs->rsp, "rsp");
    if (!(f->flags & FAULT_HAS_ADDRESS)) {
        return;
    }
    write_mapping(v, f->address, "the fault's address");
    uint64_t from_rsp = f->address - v->regs->rsp + STACK_NEAR;
    if (f->address < NULL_PAGE) {
        say("  near address 0: a null pointer, most likely\n");
    } else if (from_rsp < 2 * STACK_NEAR && !memory_mapping(v->memory, f->address)) {
        say("  close to rsp: the stack has overflowed\n");
    }
}

static void section_code(const struct view *v)
{
    struct place here;
    place_find(v->memory, v->images, v->regs->rip, &here);
    say("code\n");
    disassemble(v->memory, v->images, (v->facts->flags & FAULT_CODE32) != 0, v->regs->rip, here.start);
}

static void write_frame(const struct view *v, int number, const struct frame *f)
{
    struct place p;
    place_find(v->memory, v->images, frame_address(f), &p);
    uint64_t back = f->exact ? 0 : 1; /* what frame_address() took off */
    say("  #%-2d 0x%012" PRIx64 " ", number, f->reg[DW_RIP]);
    if (p.name[0]) {
        say("%s+0x%" PRIx64, p.name, p.offset + back);
        if (p.file[0]) {
            say(" at %s:%d", p.file, p.line);
        } else if (p.module[0]) {
            say(" (%s)", p.module);
        }
    } else if (p.module[0]) {
        say("%s+0x%" PRIx64, p.module, p.module_offset + back);
    } else {
        say("?");
    }
    say("%s\n", f->signal ? "  interrupted by a signal" : "");
}

static void section_backtrace(const struct view *v)
{
    struct unwinder u;
    struct frame f;
    say("backtrace\n");
    if (!unwind_start(&u, v->memory, v->images, v->facts, &f)) {
        say("  the unwinder could not be started\n");
        return;
    }
    for (int i = 0; i < FRAMES_MAX; i++) {
        write_frame(v, i, &f);
        if (!unwind_step(&u, &f)) {
            return;
        }
    }
    say("  ... more frames than the %d shown\n", FRAMES_MAX);
}

static void limit(int resource, rlim_t to)
{
    struct rlimit r;
    if (getrlimit(resource, &r) == 0 && (r.rlim_max == RLIM_INFINITY || to <= r.rlim_max)) {
        r.rlim_cur = to;
        (void)setrlimit(resource, &r);
    }
}

static void run_section(const struct fault_facts *f, void (*section)(const struct view *))
{
    struct view v = {.facts = f, .regs = (const struct cpu_context *)f->registers};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CPU, SECTION_SECONDS);
    limit(RLIMIT_AS, SECTION_MEMORY);
    limit(RLIMIT_CORE, 0);
    v.memory = memory_open(f->pid);
    v.images = v.memory ? images_new(v.memory) : NULL;
    if (!v.images) {
        say("  the memory of process %d cannot be read\n", f->pid);
        _exit(1);
    }
    section(&v);
    _exit(0);
}

/* Waits for the section's process, at most SECTION_SECONDS; SIGCHLD is blocked, so that it is not missed. */
static int wait_bounded(pid_t child, const sigset_t *chld)
{
    struct timespec limit_time = {SECTION_SECONDS, 0};
    int status = 0;
    pid_t done;
    while ((done = waitpid(child, &status, WNOHANG)) == 0) {
        if (sigtimedwait(chld, NULL, &limit_time) < 0 && errno == EAGAIN) {
            kill(child, SIGKILL);
            waitpid(child, NULL, 0);
            say("  (cut short after %d seconds)\n", SECTION_SECONDS);
            return 0;
        }
    }
    return done < 0 ? 0 : status;
}

static void isolated(const struct fault_facts *f, const char *name, void (*section)(const struct view *))
{
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    pid_t child = fork();
    if (child == 0) {
        run_section(f, section);
    }
    if (child < 0) {
        say("%s\n  no process to write it with: %s\n", name, strerror(errno));
        return;
    }
    int status = wait_bounded(child, &chld);
    if (WIFSIGNALED(status)) {
        say("  (cut short: %s failed on what it found)\n", name);
    }
}

void report_write(const struct fault_facts *facts)
{
    write_headline(facts);
    (facts->flags & FAULT_CODE32) != 0 ? write_registers32(facts) : write_registers(facts);
    isolated(facts, "code", section_code);
    isolated(facts, "backtrace", section_backtrace);
    isolated(facts, "memory", section_map);
    write_calls(facts);
}
