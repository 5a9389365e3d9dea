/* Becoming the guest: the order of things between main() and the guest's first instruction. */
#include "loader/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/host_vdso.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "loader/host_state.h"
#include "loader/loader.h"
#include "loader/metadata.h"
#include "loader/stack.h"
#include "loader/start_request.h"
#include "loader/sysroots.h"
#include "process/handover.h"
#include "process/limits.h"
#include "process/process.h"
#include "process/space.h"
#include "process/table.h"
#include "process/thread.h"
#include "process/title.h"
#include "process/watch.h"
#include "vfs/rooted.h"

enum { EXIT_OWN_FAILURE = 125, EXIT_NOT_RUNNABLE = 126, EXIT_NOT_FOUND = 127 };

/* FreeBSD keeps 19 characters of a command's name (sys/sys/param.h, MAXCOMLEN). */
enum { COMMAND_LENGTH = 19 };

_Noreturn void start_fail(int status, const char *text)
{
    fprintf(stderr, "dragoman: %s\n", text);
    _exit(status);
}

/* A program that is there may lack something else that it needs. */
static int exit_status_of(int host_errno, bool found)
{
    return !found && (host_errno == ENOENT || host_errno == ENOTDIR) ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE;
}

/* What chooses a personality beside the file itself. */
struct wish {
    const char *forced; /* the user's --personality; NULL or "": none */
    bool keep;          /* as in struct exec_examination */
};

static const struct personality *choose(void *context, const struct elf_identity *id)
{
    const struct wish *wish = context;
    if (wish->forced != NULL && wish->forced[0] != '\0') {
        for (const struct personality *const *p = personalities; *p != NULL; p++) {
            if (strcmp((*p)->name, wish->forced) == 0) {
                return *p;
            }
        }
    }
    const struct personality *own = personality_recognising(id);
    return own != NULL && own->host_too && !wish->keep ? NULL : own;
}

int64_t exec_examine(void *argument)
{
    struct exec_examination *e = argument;
    struct wish wish = {NULL, e->keep};
    struct personality_chooser chooser = {choose, &wish};
    struct sysroot_view view;
    struct path_opener opener;
    sysroot_view_start(&view, e->settings, &opener);
    return program_examine(e->path, &opener, &chooser, e->program, e->error);
}

/* A script's interpreter gets: its path, the line's argument, the script, then the rest. */
static char **script_arguments(struct program *program, char **argv)
{
    size_t count = 0;
    while (argv[count] != NULL) {
        count++;
    }
    char **out = calloc(count + 4, sizeof *out);
    if (out == NULL) {
        start_fail(EXIT_OWN_FAILURE, "out of memory");
    }
    size_t n = 0;
    out[n++] = program->path;
    if (program->script_arg[0] != '\0') {
        out[n++] = program->script_arg;
    }
    out[n++] = program->script;
    for (size_t i = 1; i < count; i++) {
        out[n++] = argv[i];
    }
    return out;
}

static uint32_t count_strings(char **strings)
{
    uint32_t n = 0;
    while (strings[n] != NULL) {
        n++;
    }
    return n;
}

static void set_names(struct process *p, const struct program *program)
{
    char resolved[PATH_MAX];
    const char *path = realpath(program->host_path, resolved) != NULL ? resolved : program->host_path;
    hot_strlcpy(p->program, path, sizeof p->program);
    /* FreeBSD: do_execve(), sys/kern/kern_exec.c; Linux: begin_new_exec(), fs/exec.c. */
    const char *name = program->is_script && p->personality->scripts_name_processes ? program->script : program->path;
    const char *base = strrchr(name, '/');
    hot_strlcpy(p->command, base != NULL ? base + 1 : name, COMMAND_LENGTH + 1);
    host_set_name(p->command);
}

extern void *__libc_stack_end;

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * The release of the kernel that the guest sees: as asked; else that of the sysroot's system, or without one the
 * personality's default, but never less than the program was built for, as no kernel runs programs newer than itself.
 */
static uint32_t release_of(const struct settings *s, const struct program *program)
{
    if (s->osrel != 0) {
        return s->osrel;
    }
    uint32_t own = program->elf.id.osrel;
    uint32_t usual = s->sysroot_release != 0 ? s->sysroot_release : program->personality->default_release;
    return own > usual ? own : usual;
}

static void execute_first(struct thread *t, const struct program *program)
{
    int64_t r = metadata_execute_first(t, program);
    if (r != 0) {
        fprintf(stderr, "dragoman: %s: %s (its user may not execute it: look at its mode and owner inside)\n",
                program->path, strerror((int)-r));
        _exit(EXIT_NOT_RUNNABLE);
    }
}

static struct thread *make_thread(const struct start_request *rq, const struct program *program)
{
    if (!rq->handed_over) {
        memory_limits_begin();
    }
    int r = threads_init();
    if (r != 0) {
        fprintf(stderr, "dragoman: reserving the engine's memory: %s (a limit on address space, ulimit -v?)\n",
                strerror(-r));
        _exit(EXIT_OWN_FAILURE);
    }
    struct process *p = process_first(rq->settings, program->personality);
    struct thread *t = p != NULL ? thread_new(p) : NULL;
    if (t == NULL) {
        start_fail(EXIT_OWN_FAILURE, "out of memory");
    }
    if (!rq->handed_over && p->settings.sysroot[0] != '\0' && p->settings.sysroot_release == 0) {
        p->settings.sysroot_release = sysroot_release(p->settings.sysroot);
    }
    if (metadata_begin(t, rq->credentials) != 0) {
        start_fail(EXIT_OWN_FAILURE, "metadata: out of memory");
    }
    if (!rq->handed_over) {
        execute_first(t, program);
    }
    p->release = release_of(&p->settings, program);
    p->built_for = program->elf.id.osrel;
    p->start_time_ns = now_ns();
    p->table_start = rq->table_start;
    p->table_slot = rq->table_slot;
    set_names(p, program);
    return t;
}

/* The strings stand one after the other, as the personality laid them; the process may rewrite them later. */
static void note_arguments(struct process *p, const struct stack_request *rq, const struct stack_result *made)
{
    uint64_t first = 0;
    if (rq->argc == 0 || copyin(&first, guest_addr(made->argv), p->personality->word) != 0) {
        return;
    }
    p->args_start = guest_addr(first);
    for (uint32_t i = 0; i < rq->argc; i++) {
        p->args_size += strlen(rq->argv[i]) + 1;
    }
}

/*
 * The host's ps and /proc show the guest's arguments and variables, which follow one another, and its code for the
 * engine's. Short arguments are kept as they are now, as FreeBSD's kernel does.
 */
static void show_to_host(struct process *p, const struct loaded_program *loaded, const struct stack_request *rq,
                         const struct stack_result *made)
{
    struct process_host_view *v = &p->host_view;
    uint64_t first = 0;
    if (rq->envc > 0 && copyin(&first, guest_addr(made->envv), p->personality->word) != 0) {
        return;
    }
    v->variables = v->variables_end = first != 0 ? first : made->sp;
    for (uint32_t i = 0; i < rq->envc; i++) {
        v->variables_end += strlen(rq->envp[i]) + 1;
    }
    bool text = loaded->main.text_end > loaded->main.text_start;
    v->code_low = text ? loaded->main.text_start : loaded->main.lo;
    v->code_high = text ? loaded->main.text_end : loaded->main.hi;
    v->stack = (uint64_t)__libc_stack_end; /* stays: by its name in /proc/PID/maps others know what is the engine's */
    uint64_t args = p->args_size != 0 ? p->args_start.va : made->sp;
    /*
     * Words of four bytes go as they are: the host shows the bytes, up to a double word of zeros (proc_pid_auxv() of its
     * fs/proc/base.c).
     */
    if (p->personality->auxv_is_hosts) {
        v->auxv = made->auxv;
        v->auxv_bytes = made->auxv_bytes;
    }
    if (process_show_to_host(p, args, args + p->args_size) == -EINVAL && v->auxv_bytes != 0) {
        v->auxv = v->auxv_bytes = 0; /* longer than this host's own can be */
        process_show_to_host(p, args, args + p->args_size);
    }
    v->auxv = v->auxv_bytes = 0;
    if (p->args_size <= PROCESS_TITLE_MAX && copyin(p->title, guest_addr(args), p->args_size) == 0) {
        p->title_size = (uint32_t)p->args_size;
    }
}

/* What Linux's own programs are told, and the host tells dragoman. */
static void add_host_words(struct stack_request *rq)
{
    enum { MINSIGSTKSZ_WORD = 51, RSEQ_SIZE_WORD = 27, RSEQ_ALIGN_WORD = 28 }; /* newer than some headers */
    rq->hwcap = getauxval(AT_HWCAP);
    rq->hwcap2 = getauxval(AT_HWCAP2);
    rq->signal_stack_min = getauxval(MINSIGSTKSZ_WORD);
    rq->rseq_size = getauxval(RSEQ_SIZE_WORD);
    rq->rseq_align = getauxval(RSEQ_ALIGN_WORD);
}

static void lay_stack(struct thread *t, const struct program *program, const struct loaded_program *loaded, char **argv,
                      char **envp)
{
    struct rlimit stack;
    getrlimit(RLIMIT_STACK, &stack);
    struct stack_request rq = {.argc = count_strings(argv),
                               .envc = count_strings(envp),
                               .argv = (const char *const *)argv,
                               .envp = (const char *const *)envp,
                               .execpath = t->proc->program,
                               .osrel = t->proc->release,
                               .ncpus = host_cpu_count(),
                               .stack_limit = stack.rlim_cur};
    struct stack_result made;
    char name[PATH_MAX];
    if (is_rooted(&t->proc->settings) && rooted_guest_name(&t->proc->settings, t->proc->program, name, sizeof name)) {
        rq.execpath = name;
    }
    rq.execfn = program->is_script ? program->script : program->path;
    rq.credentials = t->proc->credentials;
    rq.vdso = t->proc->vdso.va;
    rq.vdso_entry = t->proc->vdso_entry.va;
    add_host_words(&rq);
    program_stack_request(program, loaded, &rq);
    if (getrandom(rq.random, sizeof rq.random, 0) != (ssize_t)sizeof rq.random) {
        start_fail(EXIT_OWN_FAILURE, "getrandom failed");
    }
    if (program->personality->build_stack(&rq, &made) != 0) {
        start_fail(EXIT_NOT_RUNNABLE, "argument list too long");
    }
    note_arguments(t->proc, &rq, &made);
    show_to_host(t->proc, loaded, &rq, &made);
    t->proc->ps_strings = guest_addr(made.ps_strings);
    t->proc->stack_top = loaded->stack.hi;
    t->proc->stack_size = loaded->stack.hi - loaded->stack.lo;
    memset(&t->start_regs, 0, sizeof t->start_regs);
    t->start_regs.rip = loaded->entry;
    t->start_regs.rsp = made.sp;
    t->start_regs.rdi = made.arg;
    t->start_regs.rflags = RFLAGS_INITIAL;
}

/*
 * The page of the signal trampoline, which FreeBSD's kernel keeps in a page shared by all processes. It is guest code:
 * its call traps, or is rewritten, like any other's.
 */
static void map_sigcode(struct process *p)
{
    const struct personality *who = p->personality;
    void *page = mmap((void *)ENGINE_SIGCODE, LOADER_PAGE, /* NOLINT(performance-no-int-to-ptr): base/image.h */
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (page == MAP_FAILED) {
        start_fail(EXIT_OWN_FAILURE, "out of memory");
    }
    memcpy(page, who->sigcode, who->sigcode_size);
    mprotect(page, LOADER_PAGE, PROT_READ | PROT_EXEC);
    p->sigcode = guest_addr((uint64_t)page);
    if (who->sigcode_is_vdso) {
        p->vdso = p->sigcode;
        p->vdso_entry = who->vdso_entry != 0 ? guest_at(p->sigcode, who->vdso_entry) : guest_addr(0);
    }
}

static void place_break(struct process *p, const struct loaded_program *loaded)
{
    struct rlimit data;
    getrlimit(RLIMIT_DATA, &data);
    uint64_t base = (loaded->break_base + LOADER_PAGE - 1) & ~(uint64_t)(LOADER_PAGE - 1);
    uint64_t most = UINT64_C(32) << 30; /* FreeBSD/amd64: maxdsiz */
    p->space->break_base = p->space->break_now = base;
    p->space->break_clear = loaded->break_clear;
    p->space->break_limit = base + (data.rlim_cur < most ? data.rlim_cur : most);
}

static void note_plan(struct address_space *s, const struct mapped_image *image)
{
    for (unsigned i = 0; i < image->plan.nranges; i++) {
        space_low_taken(s, image->plan.ranges[i].start, image->plan.ranges[i].end);
    }
}

/* Of a guest whose pointers have 32 bits the ledger keeps what is mapped. */
static void begin_space(struct process *p, const struct program *program, const struct loaded_program *loaded,
                        uint64_t stack_limit)
{
    enum { OLD_LAYOUT = 0x0200000 }; /* ADDR_COMPAT_LAYOUT */
    struct address_space *s = p->space;
    uint64_t end = p->personality->programs.space_end;
    s->read_executes = program->elf.read_executes;
    if (p->personality->word != 4) {
        return;
    }
    space_low_begin(s, end, elf_linux_mmap_top(end, stack_limit), (personality(0xffffffff) & OLD_LAYOUT) != 0);
    note_plan(s, &loaded->main);
    if (loaded->has_interp) {
        note_plan(s, &loaded->interp);
    }
    space_low_taken(s, loaded->stack.hi - STACK_GROWS_FROM, loaded->stack.hi);
}

static const struct loaded_program *load_and_lay(struct thread *t, const struct program *program, char **argv,
                                                 char **envp)
{
    static struct loaded_program loaded;
    struct loader_error err;
    struct rlimit stack, data;
    getrlimit(RLIMIT_STACK, &stack);
    getrlimit(RLIMIT_DATA, &data);
    if (program_load(program, stack.rlim_cur, data.rlim_max, &loaded, &err) != 0) {
        start_fail(EXIT_NOT_RUNNABLE, err.text);
    }
    begin_space(t->proc, program, &loaded, stack.rlim_cur);
    if (t->proc->personality->sigcode_size != 0) {
        map_sigcode(t->proc);
    }
    if (t->proc->personality->host_vdso) {
        t->proc->vdso = guest_addr(getauxval(AT_SYSINFO_EHDR));
    }
    place_break(t->proc, &loaded);
    lay_stack(t, program, &loaded, argv, envp);
    return &loaded;
}

/* What the loader has mapped is code like what the program maps itself. */
static void tell_of_code(struct thread *t, const struct mapped_image *image)
{
    for (unsigned i = 0; i < image->plan.nranges; i++) {
        const struct load_range *range = &image->plan.ranges[i];
        if (range->from_file && range->prot == (PROT_READ | PROT_EXEC)) {
            t->proc->hooks->code_mapped(t, range->start, range->end, range->offset);
        }
    }
}

static _Noreturn void run_host_program(const struct start_request *rq, const struct program *program)
{
    host_restore_signals(rq);
    execve(program->host_path, rq->argv, rq->envp);
    fprintf(stderr, "dragoman: %s: %s\n", program->host_path, strerror(errno));
    _exit(exit_status_of(errno, false));
}

/* Every later image of this process and its children finds the table where the first did, whatever its environment. */
static void join_table(struct process *p, bool handed_over)
{
    _Static_assert(sizeof *p->table <= ARENA_BASE + ARENA_FIRST_SIZE - ARENA_TABLE, "its room in the arena");
    void *at = (void *)ARENA_TABLE; // NOLINT(performance-no-int-to-ptr): base/image.h
    char *directory = p->settings.table_dir;
    if (p->settings.table_fd >= 0) {
        p->table = process_table_map_fd(p->settings.table_fd, true, at);
        return;
    }
    if (handed_over) {
        p->table = directory[0] != '\0' ? process_table_map(directory, true, at) : NULL;
    }
    for (unsigned i = 0; !handed_over && p->table == NULL; i++) {
        if (!process_table_directory(i, directory, sizeof p->settings.table_dir)) {
            directory[0] = '\0';
            return;
        }
        p->table = process_table_map(directory, true, at);
    }
}

_Noreturn void become_guest(struct start_request *rq)
{
    static struct program program;
    struct loader_error err;
    /* The user has named the program, or the old image has decided, by the file alone. */
    struct wish wish = {rq->handed_over ? NULL : rq->settings->personality, true};
    struct personality_chooser chooser = {choose, &wish};
    mallopt(M_MMAP_MAX, 0);
    static struct sysroot_view view;
    struct path_opener opener;
    sysroot_view_start(&view, rq->settings, &opener);
    int r = program_examine(rq->path, &opener, &chooser, &program, &err);
    if (r != 0) {
        start_fail(exit_status_of(-r, program.found), err.text);
    }
    if (sysroot_view_changed(&view)) {
        static struct settings changed; /* untouched otherwise: a page that is written costs every start */
        changed = *rq->settings;
        sysroot_view_settle(&view, &changed);
        rq->settings = &changed;
    }
    char **argv = program.is_script ? script_arguments(&program, rq->argv) : rq->argv;
    if (program.kind == PROGRAM_HOST) {
        rq->argv = argv;
        if (is_rooted(rq->settings)) {
            start_fail(EXIT_NOT_RUNNABLE,
                       "a program that cannot be read cannot run in a root of its own (chmod +r it)");
        }
        run_host_program(rq, &program);
    }
    host_exclude_own_ranges();
    host_vdso_init(getauxval(AT_SYSINFO_EHDR));
    struct thread *t = make_thread(rq, &program);
    join_table(t->proc, rq->handed_over);
    const struct loaded_program *loaded = load_and_lay(t, &program, argv, rq->envp);
    if (rq->closes >= 0) {
        close(rq->closes);
    }
    if (rq->from != NULL && rq->from == t->proc->personality && rq->from->take_over != NULL) {
        t->proc->personality->take_over(t, rq->personality_state, HANDOVER_PERSONALITY);
    }
    uint64_t host_ignored = host_signals_to_guest(t, rq);
    const char *why = process_arm(t);
    if (why != NULL) {
        start_fail(EXIT_OWN_FAILURE, why);
    }
    host_forget_libc(t);
    process_start_signals(t, host_ignored);
    if (t->proc->hooks->arm(t) != 0) {
        start_fail(EXIT_OWN_FAILURE, "interception: the host refuses it (dragoman doctor tells what it allows)");
    }
    uint64_t opened = process_table_open_faults();
    process_table_enter(t);
    if (rq->handed_over) {
        process_announce(t, WATCH_EXEC, 0);
    }
    process_table_close_faults(opened);
    tell_of_code(t, &loaded->main);
    if (loaded->has_interp) {
        tell_of_code(t, &loaded->interp);
    }
    if (t->proc->personality->program_begins != NULL) {
        t->proc->personality->program_begins(t);
    }
    thread_enter_first(t);
}

_Noreturn void engine_start(const struct settings *settings, const char *path, char **argv, char **envp)
{
    struct start_request rq = {.settings = settings,
                               .path = path,
                               .argv = argv,
                               .envp = envp,
                               .table_slot = PROCESS_TABLE_NO_SLOT,
                               .closes = -1};
    become_guest(&rq);
}
