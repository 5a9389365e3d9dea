/*
 * glibc's start, shortened for the images that become guests.
 *
 * The start of a static glibc asks the processor for its features and caches by some 70 CPUID instructions. On a
 * virtual machine each of them leaves for the hypervisor (1 to 5 µs): more than all the rest of a guest's start. What
 * they are for, choosing the fastest string functions, is nothing to a process that leaves libc for good after a few
 * hundred microseconds. So `dragoman run`, the image that follows a guest's exec, and the keeper of an isolated world (which
 * copies little; it is called with the word `run`, too) are begun here: what
 * __libc_start_main does (csu/libc-start.c), without the features, without GLIBC_TUNABLES and LD_* (they are the
 * guest's) and without what only dlopen needs. With no feature known, glibc's selectors take the functions that every
 * x86-64 has. Every other command goes to glibc's own start.
 *
 * The names below are glibc's own and may change with a release: the build tries this file with the libc at hand, and
 * leaves it out where that fails (cmake/LibcStart.cmake).
 */
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "loader/start.h"
#include "process/handover.h"

#define FLAG_PRESERVE_ARGV0 1ul /* AT_FLAGS: started by binfmt_misc, linux/binfmts.h */

/* glibc's, hidden: a static link sees them. */
extern char **__environ;
extern void *__libc_stack_end;
extern void *_dl_random;
extern long __x86_shared_non_temporal_threshold;
extern long __x86_rep_movsb_stop_threshold;
void _dl_aux_init(Elf64_auxv_t *auxv);
void __libc_setup_tls(void);
void __libc_early_init(bool initial);
void __init_misc(int argc, char **argv, char **envp);

/* The linker's and crt1.o's. */
extern const Elf64_Rela __rela_iplt_start[] __attribute__((weak)), __rela_iplt_end[] __attribute__((weak));
extern void (*const __preinit_array_start[])(int, char **, char **) __attribute__((weak));
extern void (*const __preinit_array_end[])(int, char **, char **) __attribute__((weak));
extern void (*const __init_array_start[])(int, char **, char **) __attribute__((weak));
extern void (*const __init_array_end[])(int, char **, char **) __attribute__((weak));
void _init(void);
void _start(void);

int main(int argc, char **argv, char **envp);

/*
 * The image's entry point. Declined, the stack and the registers are as the kernel left them (rdx: 0, no function for
 * the end).
 */
__asm__(".text\n"
        ".globl libc_start\n"
        ".type libc_start, @function\n"
        "libc_start:\n"
        "        mov     %rsp, %rbx\n"
        "        mov     %rsp, %rdi\n"
        "        xor     %ebp, %ebp\n"
        "        and     $-16, %rsp\n"
        "        call    libc_start_short\n"
        "        mov     %rbx, %rsp\n"
        "        xor     %edx, %edx\n"
        "        jmp     _start\n"
        ".size libc_start, . - libc_start\n");

__attribute__((used)) void libc_start_short(uint64_t *stack);

/* No function of libc may be called until the relocations are done: not even strcmp. */
static bool begins_with(const char *s, const char *prefix)
{
    while (*prefix != '\0') {
        if (*s++ != *prefix++) {
            return false;
        }
    }
    return true;
}

/* strcmp() of what stands behind the last slash. */
static bool is_last_part(const char *path, const char *name)
{
    const char *last = path;
    for (; *path != '\0'; path++) {
        last = *path == '/' ? path + 1 : last;
    }
    while (*name != '\0' && *last == *name) {
        last++;
        name++;
    }
    return *last == '\0' && *name == '\0';
}

static uint64_t aux_value(const Elf64_auxv_t *auxv, uint64_t type)
{
    for (; auxv->a_type != AT_NULL; auxv++) {
        if (auxv->a_type == type) {
            return auxv->a_un.a_val;
        }
    }
    return 0;
}

/* Whether this image is about to become a guest: the same tests as main() and engine_resume() make. */
static bool becomes_guest(char *const *argv, char *const *envp, const Elf64_auxv_t *auxv)
{
    static const char run[] = "run";
    bool handed_over =
        envp[0] != NULL && (begins_with(envp[0], HANDOVER_VARIABLE "=") || begins_with(envp[0], INSIDE_VARIABLE "="));
    bool by_kernel = (aux_value(auxv, AT_FLAGS) & FLAG_PRESERVE_ARGV0) != 0;
    bool asked = argv[0] != NULL && argv[1] != NULL && begins_with(argv[1], run) && argv[1][sizeof run - 1] == '\0';
    bool by_go = argv[0] != NULL && is_last_part(argv[0], GO_RUNNER);
    return handed_over || by_kernel || asked || by_go;
}

/* The addresses of functions that glibc has in several versions. */
static void choose_functions(void)
{
    for (const Elf64_Rela *r = __rela_iplt_start; r < __rela_iplt_end; r++) {
        /* NOLINTBEGIN(performance-no-int-to-ptr): a relocation holds addresses as numbers */
        uint64_t (*choose)(void) = (uint64_t(*)(void))r->r_addend;
        *(uint64_t *)r->r_offset = choose();
        /* NOLINTEND(performance-no-int-to-ptr) */
    }
}

/* sysdeps/x86/cacheinfo.h: three quarters of its default for the shared cache; 0 would mean that every copy is long. */
static void assume_caches(void)
{
    __x86_shared_non_temporal_threshold = 0x100000 * 3 / 4;
    __x86_rep_movsb_stop_threshold = __x86_shared_non_temporal_threshold;
}

/* The kernel's 16 random bytes (AT_RANDOM), in the thread's control block where compiled code looks for them. */
static void set_guards(void)
{
    const uint64_t *random = _dl_random;
    uint64_t stack_guard = random[0] & ~UINT64_C(0xff); /* a zero byte ends strings */
    __asm__ volatile("mov %0, %%fs:0x28\n\tmov %1, %%fs:0x30" : : "r"(stack_guard), "r"(random[1]));
}

static void call_all(void (*const *at)(int, char **, char **), void (*const *end)(int, char **, char **), int argc,
                     char **argv)
{
    for (; at < end; at++) {
        (*at)(argc, argv, __environ);
    }
}

void libc_start_short(uint64_t *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1), **envp = argv + argc + 1, **end = envp;
    while (*end != NULL) {
        end++;
    }
    Elf64_auxv_t *auxv = (Elf64_auxv_t *)(end + 1);
    if (!becomes_guest(argv, envp, auxv)) {
        return;
    }
    __environ = envp;
    __libc_stack_end = stack;
    _dl_aux_init(auxv);
    choose_functions();
    assume_caches();
    __libc_setup_tls();
    set_guards();
    __init_misc(argc, argv, envp);
    __libc_early_init(true);
    call_all(__preinit_array_start, __preinit_array_end, argc, argv);
    _init();
    call_all(__init_array_start, __init_array_end, argc, argv);
    exit(main(argc, argv, envp));
}
