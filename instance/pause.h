/*
 * Pausing a running world, so that its files can be read while nobody changes them.
 *
 * All threads of all processes but the keeper's are stopped by ptrace(2) (PTRACE_SEIZE, PTRACE_INTERRUPT), which the
 * namespace's owner may do from outside. Unlike SIGSTOP, nobody inside notices: no parent hears of a stopped child, and what
 * was stopped already stays as it is. Calls that wait are gone on with; those that a stop interrupts anyway (signal(7),
 * "Interruption of system calls and library functions by stop signals") may return EINTR, as with the freezer of control
 * groups, which could not be had everywhere. When whoever holds them ends, however that happens, the kernel lets all go on.
 *
 * The keeper has to promise before that it starts no program meanwhile (KEEPER_PAUSE).
 */
#ifndef INSTANCE_PAUSE_H
#define INSTANCE_PAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pause {
    pid_t holder; /* the child that holds them; 0: none */
    int channel;  /* to it */
};

/*
 * Pauses the world whose /proc `proc` is open on; `mark`: of a world without namespaces, whose /proc is the host's, what its
 * processes are known by (instance/mark.h), else 0. Returns 0, or -1 with `why` telling what prevents it (and nothing is
 * paused). The caller should not be stopped from a terminal meanwhile.
 */
int pause_begin(int proc, uint64_t mark, struct pause *out, char *why, size_t size);

/* Whether all of them have been there, and still, since the beginning. */
bool pause_held(const struct pause *p);

/* Lets them go on. Nothing to do where there is no pause. */
void pause_end(struct pause *p);

#endif
