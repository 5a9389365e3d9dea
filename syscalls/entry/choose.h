/* Which instruction before a `syscall` may be replaced by a jump. */
#ifndef SYSCALLS_ENTRY_CHOOSE_H
#define SYSCALLS_ENTRY_CHOOSE_H

#include <stddef.h>
#include <stdint.h>

#include "syscalls/entry/sites.h"

/* Code around a site, as copied from the guest. */
#define CODE_BEFORE 512
#define CODE_AFTER  512

struct code_window {
    uint64_t at;              /* address of the `syscall` */
    uint32_t before, after;   /* bytes known before it and after it */
    uint8_t starts_a_mapping; /* nothing lies before the window's first byte, so an instruction begins there */
    uint8_t bytes[CODE_BEFORE + 2 + CODE_AFTER];
};

struct patch_choice {
    uint8_t back;   /* bytes from the beginning of the instruction to the `syscall` */
    uint8_t length; /* of the instruction, 5 or more */
};

/*
 * Chooses the nearest instruction of at least five bytes before the site that can be executed elsewhere, together with
 * all that stand between it and the `syscall`. Returns REFUSED_NOT and the choice, or why there is none. Cold.
 */
enum site_refusal choose_patch(const struct code_window *w, struct patch_choice *out);

#endif
