/* How Linux's programs begin, of each word size: which files are theirs, and the stack that they find. */
#ifndef SYSCALLS_COMMON_LINUX_START_H
#define SYSCALLS_COMMON_LINUX_START_H

#include <stdbool.h>

struct elf_identity;
struct stack_request;
struct stack_result;

/*
 * personality.recognise of the three: programs of Linux, or such as are marked for no system, as most of Linux's are.
 * Their own system's kernel would run whatever is of its machine; here a mark of another system goes first.
 */
bool linux_recognise_amd64(const struct elf_identity *id);
bool linux_recognise_i386(const struct elf_identity *id);
bool linux_recognise_x32(const struct elf_identity *id);

/*
 * personality.build_stack: strings, vectors and auxiliary vector as create_elf_tables() leaves them (fs/binfmt_elf.c).
 * All registers of the program are zero but the stack pointer. Returns 0, or -E2BIG where the window has no room.
 */
int linux_build_stack(const struct stack_request *rq, struct stack_result *out);
int linux_build_stack_i386(const struct stack_request *rq, struct stack_result *out);
int linux_build_stack_x32(const struct stack_request *rq, struct stack_result *out);

#endif
