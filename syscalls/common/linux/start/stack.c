/*
 * The stack of a Linux program before its first instruction.
 *
 * From the top down, as bprm_execve() and create_elf_tables() leave it (fs/exec.c, fs/binfmt_elf.c): a word of the
 * kernel's that stays zero, the name by which the program was executed, variables and arguments, 16-byte boundary, the
 * name of the processor, random bytes, and from a 16-byte boundary at the stack pointer on upwards argc, argv, envp and
 * the auxiliary vector, whose entries are in the kernel's order. Words of the vectors are the program's, 8 or 4 bytes.
 */
#include <linux/auxvec.h>
#include <stddef.h>
#include <stdint.h>

#include "base/credentials.h"
#include "base/host.h"
#include "base/mem.h"
#include "loader/stack.h"
#include "syscalls/common/linux/start/start.h"

enum {
    RANDOM_BYTES = 16,
    KERNEL_WORD = 8, /* the host's and the guest's kernels are of 64 bits, whatever their programs are */
    ENTRIES_MAX = 32,
    PAGE = 4096,
    CLOCK_TICKS = 100, /* USER_HZ of x86 */
};

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#define AT_RSEQ_FEATURE 27
#define AT_RSEQ_ALIGNED 28
#define AT_VDSO_ENTRY   32 /* AT_SYSINFO */
#define AT_VDSO_HEADER  33 /* AT_SYSINFO_EHDR */

/* MAX_ARG_STRLEN, and the pages that strings may take at most: three quarters of the 8 MB that a stack has. */
#define STRING_MAX  (32ULL * PAGE)
#define STRINGS_MAX (6ULL << 20)

struct builder {
    const struct stack_request *rq;
    uint32_t word;
    uint64_t sp; /* lowest address given out so far */
};

struct auxv {
    uint64_t entries[2 * ENTRIES_MAX];
    uint32_t count;
};

static void put(const struct builder *b, uint64_t va, const void *bytes, uint64_t size)
{
    memcpy(b->rq->window + (va - b->rq->window_va), bytes, size);
}

/* Little-endian: a word of 4 bytes is the first half of one of 8. */
static void put_word(const struct builder *b, uint64_t va, uint64_t value)
{
    put(b, va, &value, b->word);
}

/* Sets `size` bytes aside; false where the window has no room for them. */
static bool take(struct builder *b, uint64_t size)
{
    if (size > b->sp - b->rq->window_va) {
        return false;
    }
    b->sp -= size;
    return true;
}

/* Sets a string's bytes aside and copies it there. */
static bool take_string(struct builder *b, const char *string, uint64_t *at)
{
    uint64_t size = hot_strlen(string) + 1;
    if (!take(b, size)) {
        return false;
    }
    put(b, b->sp, string, size);
    *at = b->sp;
    return true;
}

static uint64_t strings_size(const char *const *strings, uint32_t count)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t one = hot_strlen(strings[i]) + 1;
        if (one > STRING_MAX) {
            return STRINGS_MAX + 1;
        }
        size += one;
    }
    return size;
}

/* Copies strings to *at and their addresses, NULL last, to `vector`. */
static void put_strings(const struct builder *b, const char *const *strings, uint32_t count, uint64_t vector,
                        uint64_t *at)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t size = hot_strlen(strings[i]) + 1;
        put(b, *at, strings[i], size);
        put_word(b, vector + (uint64_t)i * b->word, *at);
        *at += size;
    }
    put_word(b, vector + (uint64_t)count * b->word, 0);
}

static void add(struct auxv *v, uint64_t type, uint64_t value)
{
    v->entries[2 * v->count] = type;
    v->entries[2 * v->count + 1] = value;
    v->count++;
}

static void add_if(struct auxv *v, uint64_t type, uint64_t value)
{
    if (value != 0) {
        add(v, type, value);
    }
}

static void add_ids(const struct credentials *c, struct auxv *v)
{
    add(v, AT_UID, c != NULL ? c->users.real : (uint64_t)host_call0(__NR_getuid));
    add(v, AT_EUID, c != NULL ? c->users.effective : (uint64_t)host_call0(__NR_geteuid));
    add(v, AT_GID, c != NULL ? c->groups.real : (uint64_t)host_call0(__NR_getgid));
    add(v, AT_EGID, c != NULL ? c->groups.effective : (uint64_t)host_call0(__NR_getegid));
    add(v, AT_SECURE, c != NULL && c->secure); /* else set-id bits have no effect */
}

static void fill_auxv(const struct stack_request *rq, uint64_t random, uint64_t platform, uint64_t execfn,
                      struct auxv *v)
{
    add_if(v, AT_VDSO_ENTRY, rq->vdso_entry);
    add_if(v, AT_VDSO_HEADER, rq->vdso);
    add_if(v, AT_MINSIGSTKSZ, rq->signal_stack_min);
    add(v, AT_HWCAP, rq->hwcap);
    add(v, AT_PAGESZ, PAGE);
    add(v, AT_CLKTCK, CLOCK_TICKS);
    add(v, AT_PHDR, rq->phdr);
    add(v, AT_PHENT, rq->phentsize);
    add(v, AT_PHNUM, rq->phnum);
    add(v, AT_BASE, rq->base);
    add(v, AT_FLAGS, 0);
    add(v, AT_ENTRY, rq->entry);
    add_ids(rq->credentials, v);
    add(v, AT_RANDOM, random);
    add(v, AT_HWCAP2, rq->hwcap2);
    add(v, AT_EXECFN, execfn);
    add(v, AT_PLATFORM, platform);
    add_if(v, AT_RSEQ_FEATURE, rq->rseq_size);
    add_if(v, AT_RSEQ_ALIGNED, rq->rseq_align);
    add(v, AT_NULL, 0);
}

/* Strings' bytes are the same for programs of both word sizes; where they begin is returned in *strings. */
static bool take_strings(struct builder *b, uint64_t size, uint64_t *strings, uint64_t *execfn)
{
    const char *name = b->rq->execfn != NULL ? b->rq->execfn : "";
    if (!take(b, KERNEL_WORD) || !take_string(b, name, execfn) || !take(b, size)) {
        return false;
    }
    *strings = b->sp;
    b->sp &= ~UINT64_C(15);
    return b->sp >= b->rq->window_va;
}

static int build(const struct stack_request *rq, uint32_t word, const char *processor, struct stack_result *out)
{
    uint64_t string_bytes = strings_size(rq->argv, rq->argc) + strings_size(rq->envp, rq->envc);
    struct builder b = {.rq = rq, .word = word, .sp = rq->top};
    struct auxv v = {.count = 0};
    uint64_t strings, execfn, platform;
    uint64_t pointers = (uint64_t)rq->argc + 1 + rq->envc + 1;

    memset(out, 0, sizeof *out);
    if (string_bytes > STRINGS_MAX || !take_strings(&b, string_bytes, &strings, &execfn) ||
        !take_string(&b, processor, &platform) || !take(&b, RANDOM_BYTES)) {
        return -E2BIG;
    }
    uint64_t random = b.sp;
    put(&b, random, rq->random, RANDOM_BYTES);
    fill_auxv(rq, random, platform, execfn, &v);
    if (!take(&b, 2ULL * v.count * word) || !take(&b, (pointers + 1) * word) || !take(&b, b.sp & 15)) {
        return -E2BIG;
    }
    out->sp = b.sp;
    out->argv = out->sp + word;
    out->envv = out->argv + ((uint64_t)rq->argc + 1) * word;
    out->auxv = out->argv + pointers * word;
    out->auxv_bytes = 2 * v.count * word;
    out->execpath = execfn;
    put_word(&b, out->sp, rq->argc);
    put_strings(&b, rq->argv, rq->argc, out->argv, &strings);
    put_strings(&b, rq->envp, rq->envc, out->envv, &strings);
    for (uint32_t i = 0; i < 2 * v.count; i++) {
        put_word(&b, out->auxv + (uint64_t)i * word, v.entries[i]);
    }
    return 0;
}

int linux_build_stack(const struct stack_request *rq, struct stack_result *out)
{
    return build(rq, 8, "x86_64", out);
}

int linux_build_stack_i386(const struct stack_request *rq, struct stack_result *out)
{
    return build(rq, 4, "i686", out);
}

int linux_build_stack_x32(const struct stack_request *rq, struct stack_result *out)
{
    return build(rq, 4, "x86_64", out);
}
