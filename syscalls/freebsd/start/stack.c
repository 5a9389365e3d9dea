/*
 * The stack of a FreeBSD program before its first instruction.
 *
 * From the top down, as exec_copyout_strings() (sys/kern/kern_exec.c) lays it out where the signal trampoline
 * is not on the stack: struct ps_strings, path of the program, canary, page sizes, argument and environment
 * strings, room for FREEBSD_AT_COUNT auxiliary entries, environment vector, argument vector, argc. The
 * entries and their order are those of __elfN(freebsd_copyout_auxargs) (sys/kern/imgact_elf.c), as far as the release
 * has them.
 *
 * Left out, all of them optional to libc and rtld: AT_HWCAP and AT_HWCAP2 (amd64 sets neither), AT_FXRNG
 * (libc falls back to getentropy) and AT_KPRELOAD (a vDSO only for unwinding).
 */
#include <stddef.h>
#include <stdint.h>

#include "base/host.h"
#include "base/image.h"
#include "base/mem.h"
#include "loader/stack.h"
#include "syscalls/freebsd/start/program.h"

enum {
    WORD = 8,
    PAGE_SIZES = 3, /* MAXPAGESIZES of amd64 */
    PROT_ALL = 7,   /* sv_stackprot: what a program without PT_GNU_STACK gets */
};

struct builder {
    const struct stack_request *rq;
    uint64_t sp; /* lowest address given out so far */
};

static void put(const struct builder *b, uint64_t va, const void *bytes, uint64_t size)
{
    memcpy(b->rq->window + (va - b->rq->window_va), bytes, size);
}

static void put_word(const struct builder *b, uint64_t va, uint64_t value)
{
    put(b, va, &value, sizeof(value));
}

/* Sets `size` bytes aside; false where the window has no room for them. */
static bool take(struct builder *b, uint64_t size)
{
    if (size > b->sp - b->rq->window_va || b->sp - b->rq->window_va - size < WORD)
        return false;
    b->sp = (b->sp - size) & ~(uint64_t)(WORD - 1);
    return true;
}

static uint64_t strings_size(const char *const *strings, uint32_t count)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < count; i++)
        size += hot_strlen(strings[i]) + 1;
    return size;
}

/* Copies strings to *at and their addresses, NULL last, to `vector`. */
static void put_strings(const struct builder *b, const char *const *strings, uint32_t count, uint64_t vector,
                        uint64_t *at)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t size = hot_strlen(strings[i]) + 1;

        put(b, *at, strings[i], size);
        put_word(b, vector + (uint64_t)i * WORD, *at);
        *at += size;
    }
    put_word(b, vector + (uint64_t)count * WORD, 0);
}

struct auxv {
    struct freebsd_auxinfo entries[FREEBSD_AT_COUNT];
    uint32_t count;
    uint32_t release;
};

/* The first release whose kernel gives an entry of that type: sys/elf_common.h and x86/include/elf.h of each. */
static uint32_t since(uint64_t type)
{
    if (type <= FREEBSD_AT_STACKPROT)
        return 0;
    if (type == FREEBSD_AT_EHDRFLAGS)
        return 1200000;
    return type < FREEBSD_AT_USRSTACKBASE ? 1202000 : 1302000;
}

static void add(struct auxv *v, uint64_t type, uint64_t value)
{
    if (v->release < since(type))
        return;
    v->entries[v->count].type = type;
    v->entries[v->count].value = value;
    v->count++;
}

static void fill_auxv(const struct stack_request *rq, const struct stack_result *at, uint64_t canary,
                      uint64_t pagesizes, struct auxv *v)
{
    add(v, FREEBSD_AT_PHDR, rq->phdr);
    add(v, FREEBSD_AT_PHENT, rq->phentsize);
    add(v, FREEBSD_AT_PHNUM, rq->phnum);
    add(v, FREEBSD_AT_PAGESZ, 4096);
    add(v, FREEBSD_AT_FLAGS, 0);
    add(v, FREEBSD_AT_ENTRY, rq->entry);
    add(v, FREEBSD_AT_BASE, rq->base);
    add(v, FREEBSD_AT_EHDRFLAGS, rq->elf_flags);
    if (at->execpath != 0)
        add(v, FREEBSD_AT_EXECPATH, at->execpath);
    add(v, FREEBSD_AT_OSRELDATE, rq->osrel);
    add(v, FREEBSD_AT_CANARY, canary);
    add(v, FREEBSD_AT_CANARYLEN, STACK_RANDOM_BYTES);
    add(v, FREEBSD_AT_NCPUS, rq->ncpus);
    add(v, FREEBSD_AT_PAGESIZES, pagesizes);
    add(v, FREEBSD_AT_PAGESIZESLEN, (uint64_t)PAGE_SIZES * WORD);
    if (rq->timekeep != 0)
        add(v, FREEBSD_AT_TIMEKEEP, rq->timekeep);
    add(v, FREEBSD_AT_STACKPROT, rq->stack_prot != 0 ? (uint64_t)rq->stack_prot : PROT_ALL);
    add(v, FREEBSD_AT_BSDFLAGS, FREEBSD_ELF_BSDF_SIGFASTBLK);
    add(v, FREEBSD_AT_ARGC, rq->argc);
    add(v, FREEBSD_AT_ARGV, at->argv);
    add(v, FREEBSD_AT_ENVC, rq->envc);
    add(v, FREEBSD_AT_ENVV, at->envv);
    add(v, FREEBSD_AT_PS_STRINGS, at->ps_strings);
    add(v, FREEBSD_AT_USRSTACKBASE, (rq->top + 4095) & ~UINT64_C(4095));
    add(v, FREEBSD_AT_USRSTACKLIM, rq->stack_limit);
    add(v, FREEBSD_AT_NULL, 0);
}

/* What stands above the strings; false where there is no room. */
static bool put_top(struct builder *b, struct stack_result *out, uint64_t *canary, uint64_t *pagesizes)
{
    /* As where the host has transparent huge pages; 1 GiB pages are not to be had. */
    static const uint64_t sizes[PAGE_SIZES] = {4096, UINT64_C(2) << 20, 0};

    if (!take(b, sizeof(struct freebsd_ps_strings)))
        return false;
    out->ps_strings = b->sp;
    if (b->rq->execpath != NULL) {
        uint64_t size = hot_strlen(b->rq->execpath) + 1;

        if (!take(b, size))
            return false;
        out->execpath = b->sp;
        put(b, b->sp, b->rq->execpath, size);
    }
    if (!take(b, STACK_RANDOM_BYTES))
        return false;
    *canary = b->sp;
    put(b, *canary, b->rq->random, STACK_RANDOM_BYTES);
    if (!take(b, sizeof(sizes)))
        return false;
    *pagesizes = b->sp;
    put(b, *pagesizes, sizes, sizeof(sizes));
    return true;
}

int freebsd_build_stack(const struct stack_request *rq, struct stack_result *out)
{
    uint64_t string_bytes = strings_size(rq->argv, rq->argc) + strings_size(rq->envp, rq->envc);
    struct builder b = {.rq = rq, .sp = rq->top & ~(uint64_t)(WORD - 1)};
    struct freebsd_ps_strings ps = {0};
    struct auxv v = {.release = rq->osrel};
    uint64_t canary;
    uint64_t pagesizes;
    uint64_t strings;

    memset(out, 0, sizeof(*out));
    if (string_bytes > FREEBSD_ARG_MAX || !put_top(&b, out, &canary, &pagesizes) || !take(&b, string_bytes))
        return -E2BIG;
    strings = b.sp;
    if (!take(&b, sizeof(v.entries)))
        return -E2BIG;
    out->auxv = b.sp;
    if (!take(&b, ((uint64_t)rq->argc + 1 + rq->envc + 1 + 1) * WORD))
        return -E2BIG;
    out->arg = b.sp;
    out->argv = out->arg + WORD;
    out->envv = out->argv + ((uint64_t)rq->argc + 1) * WORD;

    put_word(&b, out->arg, rq->argc);
    put_strings(&b, rq->argv, rq->argc, out->argv, &strings);
    put_strings(&b, rq->envp, rq->envc, out->envv, &strings);
    fill_auxv(rq, out, canary, pagesizes, &v);
    out->auxv_bytes = v.count * (uint32_t)sizeof(v.entries[0]);
    put(&b, out->auxv, v.entries, sizeof(v.entries));
    ps.argvstr = out->argv;
    ps.nargvstr = rq->argc;
    ps.envstr = out->envv;
    ps.nenvstr = rq->envc;
    put(&b, out->ps_strings, &ps, sizeof(ps));

    /* exec_setregs(), sys/amd64/amd64/exec_machdep.c: as if a call had pushed a return address. */
    out->sp = ((out->arg - 8) & ~UINT64_C(15)) + 8;
    return 0;
}
