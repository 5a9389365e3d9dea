/*
 * The two files by which code is rewritten: /proc/self/mem, to write it, and /proc/self/maps, to know how it is mapped.
 *
 * The guest must not see them come and go among its descriptors. So they are opened only while no other thread could
 * look, are moved among the engine's own, and stay. They belong to the address space that opened them: a fork's child
 * opens its own. A process that is about to fork, and has one thread, closes them: the host copies its table of
 * descriptors up to the highest.
 */
#ifndef SYSCALLS_ENTRY_CODE_FILES_H
#define SYSCALLS_ENTRY_CODE_FILES_H

#include <stdbool.h>

/* Opens both if they are not open, and the calling thread is alone in its address space. Returns whether they are. */
bool code_files_open(bool alone);

/* Their descriptors; -1: not open. */
int code_files_memory(void);
int code_files_maps(void);

/* Before a fork or vfork; alone: there is one thread. */
void code_files_before_fork(bool alone);

/* In a fork's child: what is open is the parent's. */
void code_files_after_fork(void);

#endif
