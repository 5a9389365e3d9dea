/* Which instruction before a `syscall` may be replaced by a jump. */
#ifndef SYSCALLS_ENTRY_CHOOSE_H
#define SYSCALLS_ENTRY_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "syscalls/entry/sites.h"

/* Code around a site, as copied from the guest. */
#define CODE_BEFORE 512
#define CODE_AFTER  512

/* How far before a site something that leads to it is looked for. */
#define CHOICE_LEAD 48

struct code_window {
    uint64_t at;              /* address of the `syscall` */
    uint32_t before, after;   /* bytes known before it and after it */
    uint8_t starts_a_mapping; /* nothing lies before the window's first byte, so an instruction begins there */
    uint8_t bytes[CODE_BEFORE + 2 + CODE_AFTER];
};

/*
 * What the chosen instruction leaves behind, still to be seen when the `syscall` is reached: `target`, a register,
 * holds what is loaded from an address, or the address itself, or a constant (address without registers).
 */
struct patch_effect {
    bool loads;         /* from the address, `size` bytes */
    uint8_t size;       /* 4 or 8; of 4, the upper half becomes zero */
    int8_t target;      /* indices into struct cpu_context, as of 64-bit words */
    int8_t base, index; /* -1: none */
    uint8_t scale;
    int64_t displacement; /* or the constant */
};

struct patch_choice {
    uint8_t back;   /* bytes from the beginning of the instruction to the `syscall` */
    uint8_t length; /* of the instruction; less than 5: it stands right before the `syscall` */
    struct patch_effect effect;
    /*
     * What must be seen beside the effect, where the instruction may have been entered behind its first byte; one of
     * these is enough, and where none is set nothing else need be seen.
     */
    bool has_before;  /* the effect of the instruction before it, too */
    bool wide;        /* a value of more than 32 bits, which the instruction leaves only with its prefix */
    uint64_t entries; /* a call, from where the stack says, of a place as many bytes before the site as a bit tells */
    struct patch_effect before;
};

/*
 * Chooses the nearest instruction of at least five bytes before the site that can be executed elsewhere, together with
 * all that stand between it and the `syscall`, and whose effect can be checked; else, where there is none, one of two to
 * four bytes right before the `syscall`. A jump over that ends in bytes that stay as they are: the `syscall`'s, and,
 * with two bytes, the one behind it. Returns REFUSED_NOT and the choice, or why there is none. Cold.
 */
enum site_refusal choose_patch(const struct code_window *w, struct patch_choice *out);

/* Copies from the guest's memory. Returns whether it could. */
typedef bool code_memory_reader(void *context, void *to, uint64_t from, size_t size);

/* Whether the registers, at the `syscall`, are as the instructions chosen leave them. */
bool choice_seen(const struct patch_choice *c, const struct cpu_context *regs, code_memory_reader *read_memory,
                 void *context);

#endif
