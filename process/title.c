/* Titles of processes: see title.h. Semantics: sysctl_kern_proc_args() of sys/kern/kern_proc.c. */
#include "process/title.h"

#include <linux/prctl.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "process/table.h"

int64_t process_show_to_host(struct process *p, uint64_t args, uint64_t args_end)
{
    const struct process_host_view *v = &p->host_view;
    uint64_t brk = (uint64_t)host_call1(__NR_brk, 0); /* nobody's here (loader/break_reserve.c), but it is one value */
    struct prctl_mm_map map = {
        .start_code = v->code_low,
        .end_code = v->code_high,
        .start_data = v->code_high,
        .end_data = v->code_high,
        .start_brk = brk,
        .brk = brk,
        .start_stack = v->stack,
        .arg_start = args,
        .arg_end = args_end,
        .env_start = v->variables,
        .env_end = v->variables_end,
        .auxv = (__typeof__(((struct prctl_mm_map *)0)->auxv))v->auxv,
        .auxv_size = v->auxv_bytes,
        .exe_fd = UINT32_MAX,
    };
    return host_call5(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}

/*
 * The host shows a range whose last byte is no NUL up to the first NUL (get_mm_cmdline() of its fs/proc/base.c): so the
 * range stays, however long the title is.
 */
static void show_title(struct process *p)
{
    if (p->title_shown || p->shares_memory || p->host_view.stack == 0) {
        return;
    }
    p->title[sizeof p->title - 1] = '.';
    uint64_t at = (uint64_t)p->title;
    p->title_shown = process_show_to_host(p, at, at + sizeof p->title) == 0;
}

static void show_arguments(struct process *p)
{
    if (p->title_shown && !p->shares_memory) {
        process_show_to_host(p, p->args_start.va, p->args_start.va + p->args_size);
        p->title_shown = false;
    }
}

void process_title_set(struct thread *t, const char *text, uint32_t size)
{
    struct process *p = t->proc;
    size = size < PROCESS_TITLE_MAX ? size : PROCESS_TITLE_MAX;
    lock_acquire(&p->title_lock);
    memcpy(p->title, text, size);
    p->title[size] = '\0';
    p->title_size = size;
    if (size != 0) {
        show_title(p);
    } else {
        show_arguments(p);
    }
    lock_release(&p->title_lock);
    process_table_enter(t);
}

uint32_t process_title(struct thread *t, char to[PROCESS_TITLE_MAX])
{
    struct process *p = t->proc;
    lock_acquire(&p->title_lock);
    uint32_t size = p->title_size;
    memcpy(to, p->title, size);
    lock_release(&p->title_lock);
    return size;
}
