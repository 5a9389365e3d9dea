/*
 * Linux/amd64: what differs from FreeBSD. Sources: the manual pages of section 2, vdso(7).
 */
#include "abi.h"

#include <elf.h>

int64_t sys_clock_gettime(int clock, struct abi_timespec *out);
int64_t sys_sigaction(int signo, const void *action, void *old, uint64_t set_size);
int64_t sys_futex(void *word, int operation, uint32_t value, const void *timeout, void *word2, uint32_t value3);
int64_t sys_clone(uint64_t flags, void *stack, void *parent_tid, void *child_tid, void *tls);
int64_t sys_thread_exit(int status);
int64_t sys_sched_getaffinity(int tid, uint64_t size, void *mask);
int64_t sys_sched_setaffinity(int tid, uint64_t size, const void *mask);
int64_t sys_epoll_create1(int flags);
int64_t sys_epoll_ctl(int queue, int operation, int fd, void *event);
int64_t sys_epoll_wait(int queue, void *events, int count, int timeout);
void abi_restorer(void);

enum { CLOCK_MONOTONIC = 1, SA_RESTORER = 0x04000000 };
enum { FUTEX_WAIT = 0, FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129 };
enum { EPOLL_CTL_ADD = 1, EPOLLIN = 1 };
enum {
    CLONE_VM = 0x100,
    CLONE_FS = 0x200,
    CLONE_FILES = 0x400,
    CLONE_SIGHAND = 0x800,
    CLONE_THREAD = 0x10000,
    CLONE_SYSVSEM = 0x40000,
    CLONE_SETTLS = 0x80000,
    CLONE_PARENT_SETTID = 0x100000,
    CLONE_CHILD_CLEARTID = 0x200000,
};

static int64_t (*clock_function)(int clock, struct abi_timespec *out) = sys_clock_gettime;

static bool same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* __vdso_clock_gettime of the image at base; NULL where there is none. The table of symbols ends where DT_HASH says. */
static void *find_clock(const char *base)
{
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + ((const Elf64_Ehdr *)base)->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    const Elf64_Sym *symbols = NULL;
    const char *names = NULL;
    const uint32_t *hash = NULL;
    const char *bias = base;

    for (int i = 0; i < ((const Elf64_Ehdr *)base)->e_phnum; i++) {
        if (segment[i].p_type == PT_LOAD)
            bias = base + segment[i].p_offset - segment[i].p_vaddr;
        if (segment[i].p_type == PT_DYNAMIC)
            dynamic = (const Elf64_Dyn *)(base + segment[i].p_offset);
    }
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_SYMTAB)
            symbols = (const Elf64_Sym *)(bias + dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_STRTAB)
            names = bias + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_HASH)
            hash = (const uint32_t *)(bias + dynamic->d_un.d_ptr);
    }
    if (symbols == NULL || names == NULL || hash == NULL)
        return NULL;
    for (uint32_t i = 0; i < hash[1]; i++)
        if (symbols[i].st_shndx != SHN_UNDEF && same(names + symbols[i].st_name, "__vdso_clock_gettime"))
            return (void *)(bias + symbols[i].st_value);
    return NULL;
}

void abi_start(uint64_t *block)
{
    uint64_t *at = block + 1 + block[0] + 1;
    void *found = NULL;

    while (*at++ != 0)
        ;
    for (; at[0] != AT_NULL; at += 2)
        if (at[0] == AT_SYSINFO_EHDR)
            found = find_clock((const char *)at[1]);
    if (found != NULL) /* else as libc does: by the system call */
        clock_function = (int64_t(*)(int, struct abi_timespec *))found;
}

int64_t abi_clock(struct abi_timespec *out)
{
    return clock_function(CLOCK_MONOTONIC, out);
}

int64_t abi_handle(int signo, void (*handler)(int))
{
    struct {
        void (*handler)(int);
        uint64_t flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {handler, SA_RESTORER, abi_restorer, 0};

    return sys_sigaction(signo, &action, NULL, sizeof(action.mask));
}

int64_t abi_wait_word(uint32_t *word, uint32_t value)
{
    return sys_futex(word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

int64_t abi_wake_word(uint32_t *word)
{
    return sys_futex(word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void thread_main(void *argument)
{
    struct abi_thread *thread = argument;

    thread->function(thread->argument);
    sys_thread_exit(0);
    __builtin_trap();
}

int64_t abi_thread_start(struct abi_thread *thread)
{
    const uint64_t flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                           CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    uint64_t *stack = (uint64_t *)(thread->stack + sizeof(thread->stack)) - 2;
    int64_t id;

    stack[0] = (uint64_t)thread_main;
    stack[1] = (uint64_t)thread;
    thread->tls[0] = (uint64_t)thread->tls;
    thread->state = 1;
    id = sys_clone(flags, stack, &thread->state, &thread->state, thread->tls);
    return id < 0 ? id : 0;
}

/* The kernel writes 0 to the word and wakes, as for a shared futex, when the thread has left its stack. */
void abi_thread_join(struct abi_thread *thread)
{
    uint32_t *word = (uint32_t *)&thread->state;
    uint32_t id;

    while ((id = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != 0)
        sys_futex(word, FUTEX_WAIT, id, NULL, NULL, 0);
}

int64_t abi_get_cpus(uint8_t mask[ABI_CPU_BYTES])
{
    int64_t size = sys_sched_getaffinity(0, ABI_CPU_BYTES, mask);

    return size < 0 ? size : 0;
}

int64_t abi_pin(int cpu)
{
    uint8_t mask[ABI_CPU_BYTES] = {0};

    mask[cpu / 8] = (uint8_t)(1 << (cpu % 8));
    return sys_sched_setaffinity(0, sizeof(mask), mask);
}

struct epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

int64_t abi_queue_watch(int fd)
{
    struct epoll_event event = {EPOLLIN, (uint64_t)fd};
    int64_t queue = sys_epoll_create1(0);
    int64_t added = queue < 0 ? queue : sys_epoll_ctl((int)queue, EPOLL_CTL_ADD, fd, &event);

    return added < 0 ? added : queue;
}

int64_t abi_queue_poll(int queue)
{
    struct epoll_event events[8];

    return sys_epoll_wait(queue, events, 8, 0);
}
