/*
 * The two files by which code is rewritten: /proc/self/mem, to write it, and /proc/self/maps, to know how it is mapped.
 *
 * The guest must not see them come and go among its descriptors. So they are opened only while no other thread could
 * look, are moved among the engine's own, and stay. They belong to the address space that opened them: a fork's child
 * opens its own. A process that is about to fork, and has one thread, closes them, which the child would have to do.
 *
 * A vfork's child has copies of them. If there are none yet it may open its own, though it is not alone, as long as its
 * parent is and sleeps: posix_spawn's makes some 130 calls at a few sites. They end with it.
 */
#ifndef SYSCALLS_ENTRY_CODE_FILES_H
#define SYSCALLS_ENTRY_CODE_FILES_H

#include <stdbool.h>

/*
 * Opens the one, or both (with_maps), if they are not open, and the calling thread is alone in its address space, or, being
 * a vfork's child (shares_memory), the only one awake. Returns whether they are open.
 */
bool code_files_open(bool alone, bool shares_memory, bool with_maps);

/* Their descriptors; -1: not open. */
int code_files_memory(void);
int code_files_maps(void);

/* Before a thread is made: afterwards it would be too late to open them. */
void code_files_before_thread(bool alone, bool shares_memory);

/* Before a fork, or (waits) a vfork. alone, shares_memory: of the caller, as above. */
void code_files_before_fork(bool alone, bool shares_memory, bool waits);

/* In the parent of a vfork's child that is gone. */
void code_files_after_vfork(void);

/* In a fork's child: what is open is the parent's. */
void code_files_after_fork(void);

#endif
