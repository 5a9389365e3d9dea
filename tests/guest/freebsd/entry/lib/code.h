/*
 * Making code at run time: call sites in the shapes that compilers, libc and Go give them, and others.
 */
#ifndef CODE_H
#define CODE_H

#include "guest.h"

enum code_form {
    CODE_EAX,     /* mov $number,%eax; syscall */
    CODE_RAX,     /* mov $number,%rax; syscall */
    CODE_MEMORY,  /* mov 8(%rsp),%rax; syscall: Go's */
    CODE_EAX_R10, /* mov $number,%eax; mov %rcx,%r10; syscall: libc's */
    CODE_MOVABS,  /* mov $number|ffffffff00000000,%rax; syscall: only 32 bits of it count */
    CODE_REX,     /* mov $number,%eax; rex.W syscall */
    CODE_LEA,     /* mov $number,%eax; lea 0(%rdi),%rdi; syscall */
    CODE_SHORT,   /* mov 8(%rsp),%eax; syscall: nothing as long as a jump, nor in the next two */
    CODE_THREE,   /* mov %rdx,%rax; syscall: to a probe, whose rbx is the number, from there */
    CODE_TWO,     /* mov %edx,%eax; syscall: likewise */
    CODE_FORMS,
};
enum code_end {
    CODE_TO_PROBE, /* jumps to a probe's back; the number in memory is the probe's */
    CODE_RETURN,   /* a function: code_function */
};
/*
 * Gives the result or the negative error. The number only counts in the forms that load it from memory; CODE_THREE and
 * CODE_TWO lose the third argument to it.
 */
typedef int64_t code_function(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t number);

#define CODE_PAGE     4096
#define CODE_SITE_MAX 32 /* bytes a site takes at most */

const char *code_form_name(enum code_form form);
/* Writes a site; its length. *call, if not NULL, becomes the offset of the `0f 05`. */
size_t code_site(uint8_t *at, enum code_form form, uint32_t number, enum code_end end, size_t *call);

/* Fresh private memory, readable and writable; at that address if it is not 0 (replacing what is there). */
uint8_t *code_pages(uint64_t at, size_t size);
/* From now on executable and no longer writable; and the reverse. False when the system refuses. */
bool code_seal(uint8_t *code, size_t size);
bool code_open(uint8_t *code, size_t size);
void code_free(uint8_t *code, size_t size);

static inline code_function *code_at(const uint8_t *at)
{
    return (code_function *)(uintptr_t)at;
}

#endif
